/* SPDX-License-Identifier: Apache-2.0
 * One libuv loop a context: polling it for events, a host's view of it, and timers. */
#include "loop.h"

#include <limits.h>

/* A script's timer. A wick_timer() with a tag that runs already starts it anew. */
typedef struct timers {
    uv_timer_t     uv;
    wick          *w;
    uint32_t       tag;
    struct timers *next;
} timers;

enum { TIMER_DAYS_MAX = 365 };

static void timer_gone(uv_handle_t *h)
{
    timers *t = h->data;

    mem_free(t->w, t);
}

static void timer_unlink(timers *t)
{
    timers **at = &t->w->timers;

    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    uv_close((uv_handle_t *)&t->uv, timer_gone);
}

static void timer_fired(uv_timer_t *uv)
{
    timers *t = uv->data;
    wick_event ev = {.kind = WICK_EV_TIMER, .tag = t->tag};

    if (event_push(t->w, &ev, NULL, NULL) <
        0) { /* the queue is full: again when it has been read */
        uv_timer_start(uv, timer_fired, 1, 0);
        return;
    }
    timer_unlink(t);
}

static timers *timer_find(wick *w, uint32_t tag)
{
    timers *t = w->timers;

    while (t && t->tag != tag)
        t = t->next;
    return t;
}

int wick_timer(wick *w, uint32_t tag, int64_t after_ms)
{
    timers *t;

    if (!w)
        return WICK_E_ARG;
    if (after_ms < 0 || after_ms > (int64_t)TIMER_DAYS_MAX * 86400000)
        return ctx_fail(w, WICK_E_ARG, "timer: %lld ms is not between 0 and %d days",
                        (long long)after_ms, TIMER_DAYS_MAX);
    if (!(t = timer_find(w, tag))) {
        if (!(t = mem_zero(w, sizeof *t)))
            return ctx_fail(w, WICK_E_NOMEM, "timer: no memory");
        t->w = w;
        t->tag = tag;
        uv_timer_init(&w->loop, &t->uv);
        t->uv.data = t;
        t->next = w->timers;
        w->timers = t;
    }
    uv_update_time(&w->loop);                       /* a long script has made the loop's time old */
    uv_timer_start(&t->uv, timer_fired, (uint64_t)after_ms, 0);
    return WICK_OK;
}

int wick_timer_cancel(wick *w, uint32_t tag)
{
    timers *t;

    if (!w)
        return WICK_E_ARG;
    if ((t = timer_find(w, tag)))
        timer_unlink(t);
    return WICK_OK;
}

int loop_open(wick *w)
{
    int rc = uv_loop_init(&w->loop);

    if (rc < 0)
        return ctx_fail(w, WICK_E_IO, "open the loop: %s", uv_strerror(rc));
    w->loop.data = w;
    return WICK_OK;
}

void loop_close(wick *w)
{
    while (w->timers)
        timer_unlink(w->timers);
    while (uv_loop_close(&w->loop) == UV_EBUSY) /* handles that are closing have callbacks to run */
        uv_run(&w->loop, UV_RUN_ONCE);
}

static void wake(uv_timer_t *t)
{
    (void)t;                                        /* its only work was to end uv_run() */
}

static void gone(uv_handle_t *h)
{
    *(int *)h->data = 1;
}

/* Run the loop until there is an event or the deadline is over. */
static void run(wick *w, int timeout_ms)
{
    uv_timer_t deadline;
    int closed = 0;
    uint64_t until;

    uv_update_time(&w->loop);
    until = uv_now(&w->loop) + (uint64_t)timeout_ms;
    uv_timer_init(&w->loop, &deadline);
    deadline.data = &closed;
    if (timeout_ms > 0)
        uv_timer_start(&deadline, wake, (uint64_t)timeout_ms, 0);
    while (event_waiting(w) == 0) {
        uv_run(&w->loop, UV_RUN_ONCE);
        if (timeout_ms > 0 ? uv_now(&w->loop) >= until : !uv_loop_alive(&w->loop))
            break;
    }
    uv_close((uv_handle_t *)&deadline, gone);
    while (!closed)
        uv_run(&w->loop, UV_RUN_NOWAIT);
}

int wick_poll(wick *w, wick_event *out, int max, int timeout_ms)
{
    if (!w)
        return WICK_E_ARG;
    if (!out || max < 1)
        return ctx_fail(w, WICK_E_ARG, "poll: room for %d events", max);
    event_return(w);                                /* what is run now may reuse what was lent */
    uv_run(&w->loop, UV_RUN_NOWAIT);
    if (event_waiting(w) == 0 && timeout_ms != 0 && (timeout_ms > 0 || uv_loop_alive(&w->loop)))
        run(w, timeout_ms);
    return event_take(w, out, max);
}

int wick_fd(wick *w)
{
    return w ? uv_backend_fd(&w->loop) : WICK_E_ARG;
}

int wick_timeout(wick *w)
{
    if (!w)
        return WICK_E_ARG;
    if (event_waiting(w))
        return 0;
    uv_update_time(&w->loop);
    return uv_loop_alive(&w->loop) ? uv_backend_timeout(&w->loop)
                                   : -1; /* uv says 0 of an idle loop */
}
