/* SPDX-License-Identifier: Apache-2.0
 * A worker thread: a queue of jobs in, a queue of finished ones out, and uv_async to wake the loop.
 */
#include "worker.h"

typedef struct job_list { job *first, *last; } job_list;

struct worker {
    wick       *w;
    uv_thread_t thread;
    uv_mutex_t  lock;
    uv_cond_t   more;
    uv_async_t  woken;
    job_list    todo, finished;     /* under the lock */
    int         ending;             /* under the lock */
    int         gone;
};

static void put(job_list *l, job *j)
{
    j->next = NULL;
    if (l->last)
        l->last->next = j;
    else
        l->first = j;
    l->last = j;
}

static job *get(job_list *l)
{
    job *j = l->first;

    if (j && !(l->first = j->next))
        l->last = NULL;
    return j;
}

static void work(void *arg)
{
    worker *k = arg;
    job *j;

    uv_mutex_lock(&k->lock);
    for (;;) {
        while (!(j = get(&k->todo)) && !k->ending)
            uv_cond_wait(&k->more, &k->lock);
        if (!j)
            break;
        uv_mutex_unlock(&k->lock);
        j->run(j);
        uv_mutex_lock(&k->lock);
        put(&k->finished, j);
        uv_async_send(&k->woken);
    }
    uv_mutex_unlock(&k->lock);
}

static void finish(worker *k)
{
    job_list done;
    job *j;

    uv_mutex_lock(&k->lock);
    done = k->finished;
    k->finished = (job_list){0};
    uv_mutex_unlock(&k->lock);
    while ((j = get(&done)))
        j->done(j);
}

static void woken(uv_async_t *a)
{
    finish(a->data);
}

static void gone(uv_handle_t *h)
{
    ((worker *)h->data)->gone = 1;
}

/* End the async handle and free what worker_open() made up to here. */
static void end(worker *k)
{
    uv_close((uv_handle_t *)&k->woken, gone);
    while (!k->gone)
        uv_run(&k->w->loop, UV_RUN_NOWAIT);
    uv_cond_destroy(&k->more);
    uv_mutex_destroy(&k->lock);
    mem_free(k->w, k);
}

int worker_open(wick *w, const char *name, worker **out)
{
    worker *k = mem_zero(w, sizeof *k);
    int rc;

    if (!k)
        return ctx_fail(w, WICK_E_NOMEM, "start the thread of %s: no memory", name);
    k->w = w;
    if ((rc = uv_mutex_init(&k->lock)) < 0)
        goto no_lock;
    if ((rc = uv_cond_init(&k->more)) < 0)
        goto no_cond;
    if ((rc = uv_async_init(&w->loop, &k->woken, woken)) < 0)
        goto no_async;
    k->woken.data = k;
    if ((rc = uv_thread_create(&k->thread, work, k)) < 0) {
        end(k);
        return ctx_fail(w, WICK_E_IO, "start the thread of %s: %s", name, uv_strerror(rc));
    }
    *out = k;
    return WICK_OK;

no_async:
    uv_cond_destroy(&k->more);
no_cond:
    uv_mutex_destroy(&k->lock);
no_lock:
    mem_free(w, k);
    return ctx_fail(w, WICK_E_IO, "start the thread of %s: %s", name, uv_strerror(rc));
}

void worker_post(worker *k, job *j)
{
    uv_mutex_lock(&k->lock);
    put(&k->todo, j);
    uv_cond_signal(&k->more);
    uv_mutex_unlock(&k->lock);
}

void worker_close(worker *k)
{
    if (!k)
        return;
    uv_mutex_lock(&k->lock);
    k->ending = 1;                          /* the thread still runs what was posted */
    uv_cond_signal(&k->more);
    uv_mutex_unlock(&k->lock);
    uv_thread_join(&k->thread);
    finish(k);
    for (job *j; (j = get(&k->todo));) {    /* posted by one of those done() */
        j->run(j);
        j->done(j);
    }
    end(k);
}
