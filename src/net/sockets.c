/* SPDX-License-Identifier: Apache-2.0
 * What all streams of a context share: the list of them, who has output to flush, whose time is
 * over, and the end of them all with the context. */
#include "sockets.h"

#include "sock_tls.h"

enum { SWEEP_MS = 100 };

static void link_sock(sockets *n, sock *s)
{
    s->next = n->all;
    if (n->all)
        n->all->prev = s;
    n->all = s;
}

static void unlink_sock(sockets *n, sock *s)
{
    if (s->prev)
        s->prev->next = s->next;
    else
        n->all = s->next;
    if (s->next)
        s->next->prev = s->prev;
}

sock *sock_new(wick *w, const sock_driver *drv)
{
    sock *s = mem_zero(w, sizeof *s);

    if (!s)
        return NULL;
    s->w = w;
    s->drv = drv;
    s->fd = -1;
    s->flowing = 1;
    s->bound = SOCK_QUEUE_BYTES;
    link_sock(w->sockets, s);
    return s;
}

void sock_freed(sock *s)
{
    sockets *n = s->w->sockets;

    for (sock **at = &n->dirty; s->dirty && *at; at = &(*at)->dirty_next)
        if (*at == s) {
            *at = s->dirty_next;
            break;
        }
    unlink_sock(n, s);
    sock_dial_free(s);
    mem_free(s->w, s->queue);
    mem_free(s->w, s);
}

static void flush_dirty(uv_idle_t *h)
{
    sockets *n = h->data;
    sock *list = n->dirty;

    n->dirty = NULL;
    uv_idle_stop(h);
    for (sock *s = list, *next; s; s = next) {
        next = s->dirty_next;
        s->dirty = 0;
        if (s->state == SOCK_DIALING)
            sock_dial_step(s);
        else if (s->state != SOCK_DEAD)
            s->drv->flush(s);
        else if (s->freed)
            sock_freed(s);
    }
}

void sock_mark(sock *s)
{
    sockets *n = s->w->sockets;

    if (s->dirty)
        return;
    s->dirty = 1;
    s->dirty_next = n->dirty;
    n->dirty = s;
    uv_idle_start(&n->flush, flush_dirty);
}

static void sweep(uv_timer_t *t)
{
    sockets *n = t->data;
    uint64_t now = uv_now(&n->w->loop);
    int more = n->listeners != NULL;

    for (sock *s = n->all, *next; s; s = next) {
        next = s->next;
        if (!s->deadline || s->state == SOCK_DEAD)
            continue;
        more = 1;
        if (now < s->deadline)
            continue;
        if (s->state == SOCK_DIALING) {
            sock_dial_timeout(s);
        } else {
            s->state = SOCK_DEAD;
            n->lingering--;
            s->drv->destroy(s);
        }
    }
    sock_listeners_resume(n);
    if (!more) {
        uv_timer_stop(t);
        n->sweeping = 0;
    }
}

void sock_watch(sock *s, uint64_t after_ms)
{
    sockets *n = s->w->sockets;

    s->deadline = after_ms ? uv_now(&s->w->loop) + after_ms : 0;
    if (after_ms && !n->sweeping) {
        n->sweeping = 1;
        uv_timer_start(&n->sweep, sweep, SWEEP_MS, SWEEP_MS);
    }
}

void sockets_handle_gone(uv_handle_t *h)
{
    ((sockets *)h->data)->handles--;
}

/* The end of the context: whatever is still open is cut, and the loop turns until all is released.
 */
static void end(wick *w)
{
    sockets *n = w->sockets;

    while (n->listeners)
        sock_listener_close(n->listeners);
    for (sock *s = n->all, *next; s; s = next) {
        next = s->next;
        s->ops = NULL;
        if (s->state != SOCK_DEAD) {
            s->state = SOCK_DEAD;
            s->drv->destroy(s);
        }
    }
    while (n->all)
        uv_run(&w->loop, UV_RUN_ONCE);
    sock_lws_close(n);
    sock_trusts_free(n);
    uv_close((uv_handle_t *)&n->flush, sockets_handle_gone);
    uv_close((uv_handle_t *)&n->sweep, sockets_handle_gone);
    while (n->handles)
        uv_run(&w->loop, UV_RUN_ONCE);
    mem_free(w, n->rx);
    mem_free(w, n);
    w->sockets = NULL;
}

int sockets_get(wick *w)
{
    sockets *n = w->sockets;

    if (n)
        return WICK_OK;
    if (!(n = mem_zero(w, sizeof *n)) || !(n->rx = mem_alloc(w, SOCK_RX_BYTES))) {
        mem_free(w, n);
        return ctx_fail(w, WICK_E_NOMEM, "sockets: no memory");
    }
    if (ctx_at_end(w, end) < 0) {
        mem_free(w, n->rx);
        mem_free(w, n);
        return ctx_fail(w, WICK_E_AGAIN, "sockets: the context has no room for their end");
    }
    n->w = w;
    n->handles = 2;
    uv_idle_init(&w->loop, &n->flush);
    uv_timer_init(&w->loop, &n->sweep);
    n->flush.data = n->sweep.data = n;
    w->sockets = n;
    return WICK_OK;
}
