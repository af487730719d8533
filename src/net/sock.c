/* SPDX-License-Identifier: Apache-2.0
 * The door to every stream: its output queue and its end. How bytes move is left to the drivers
 * (sock_tcp.c, sock_lws.c), who is called to sock_dial.c, who calls to sock_listen.c. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sockets.h"

enum {
    QUEUE_MIN = 4096, QUEUE_KEEP = 64 << 10,    /* an empty queue keeps no more than this */
    LINGER_MS = 2000,                           /* for the peer to read the end and close */
    STUCK_MS = 30000,                           /* output of a closed stream that does not move */
    LINGERING_MAX = 1024
};

void sock_take(sock *s, const sock_ops *ops, void *user)
{
    s->ops = ops;
    s->user = user;
}

const char *sock_peer(const sock *s)
{
    return s->peer;
}

wick *sock_context(const sock *s)
{
    return s->w;
}

size_t sock_waiting(const sock *s)
{
    return s->size;
}

uint64_t sock_sent(const sock *s)
{
    return s->sent;
}

void sock_bound(sock *s, size_t bytes)
{
    s->bound = bytes;
}

/* Room for more bytes behind what waits; the old ones move to the front when that is cheap. */
static int reserve(sock *s, size_t more)
{
    size_t cap = s->cap ? s->cap : QUEUE_MIN;
    uint8_t *queue;

    if (s->head + s->size + more <= s->cap)
        return WICK_OK;
    if (s->size + more <= s->cap && s->head >= s->size) {
        memcpy(s->queue, s->queue + s->head, s->size);
        s->head = 0;
        return WICK_OK;
    }
    while (cap < s->size + more)
        cap *= 2;
    if (!(queue = mem_alloc(s->w, cap)))
        return WICK_E_NOMEM;
    if (s->size)
        memcpy(queue, s->queue + s->head, s->size);
    mem_free(s->w, s->queue);
    s->queue = queue;
    s->cap = cap;
    s->head = 0;
    return WICK_OK;
}

int sock_put(sock *s, size_t size, uint8_t **to)
{
    if (s->state != SOCK_OPEN || s->broken)
        return WICK_E_CLOSED;
    if (s->size && (size > s->bound || s->size > s->bound - size))
        return WICK_E_AGAIN;
    if (fault_hit(s->w, "sock.write") || reserve(s, size) < 0)
        return WICK_E_NOMEM;
    *to = s->queue + s->head + s->size;
    s->size += size;
    sock_mark(s);
    return WICK_OK;
}

int sock_write2(sock *s, const void *a, size_t a_size, const void *b, size_t b_size)
{
    uint8_t *to;
    int rc;

    if (a_size > SIZE_MAX / 4 || b_size > SIZE_MAX / 4)
        return WICK_E_NOMEM;
    if ((rc = sock_put(s, a_size + b_size, &to)) < 0)
        return rc;
    if (a_size)
        memcpy(to, a, a_size);
    if (b_size)
        memcpy(to + a_size, b, b_size);
    return WICK_OK;
}

int sock_write(sock *s, const void *bytes, size_t size)
{
    return sock_write2(s, bytes, size, NULL, 0);
}

void sock_flow(sock *s, int on)
{
    if (s->state == SOCK_DEAD || s->flowing == (on != 0))
        return;
    s->flowing = on != 0;
    if (s->state != SOCK_DIALING)
        s->drv->update(s);
}

static void linger(sock *s)
{
    sockets *n = s->w->sockets;

    s->state = SOCK_LINGERING;
    s->ops = NULL;
    s->flowing = 1;                             /* what still comes is read and dropped */
    n->lingering++;
    sock_watch(s, s->size ? STUCK_MS : LINGER_MS);
    s->drv->update(s);
    sock_mark(s);                               /* an empty queue has its end to send */
}

void sock_close(sock *s, int how)
{
    if (!s || s->state >= SOCK_LINGERING)
        return;
    s->ops = NULL;
    if (how == SOCK_GRACEFUL && s->state == SOCK_OPEN && !s->broken &&
        s->w->sockets->lingering < LINGERING_MAX && (s->size || !s->ended)) {
        linger(s);
        return;
    }
    s->state = SOCK_DEAD;
    s->drv->destroy(s);
}

void sock_on_open(sock *s)
{
    s->state = SOCK_OPEN;
    sock_watch(s, 0);
    sock_dial_free(s);
    if (s->ops && s->ops->opened)
        s->ops->opened(s, s->user);
}

void sock_on_data(sock *s, uint8_t *bytes, size_t size)
{
    if (s->state == SOCK_OPEN && s->ops && s->ops->data)
        s->ops->data(s, s->user, bytes, size);
}

void sock_on_broken(sock *s)
{
    if (s->state == SOCK_OPEN && !s->flowing && s->ops && s->ops->broken)
        s->ops->broken(s, s->user);
}

void sock_on_end(sock *s)
{
    s->ended = 1;
    if (s->state == SOCK_LINGERING) {
        if (s->size == 0)
            sock_fail(s, WICK_OK, "closed");
    } else if (s->state == SOCK_OPEN && s->ops && s->ops->ended && !s->broken) {
        s->drv->update(s);
        s->ops->ended(s, s->user);
    } else if (s->state == SOCK_OPEN) {
        sock_fail(s, WICK_OK, "closed by the peer");
    }
}

static void queue_empty(sock *s)
{
    s->head = 0;
    if (s->cap > QUEUE_KEEP) {
        mem_free(s->w, s->queue);
        s->queue = NULL;
        s->cap = 0;
    }
}

void sock_on_sent(sock *s, size_t size)
{
    s->head += size;
    s->size -= size;
    s->sent += size;
    if (s->state == SOCK_LINGERING)
        sock_watch(s, s->size ? STUCK_MS : LINGER_MS);
    if (s->size)
        return;
    queue_empty(s);
    if (s->state == SOCK_OPEN && size && s->ops && s->ops->writable)
        s->ops->writable(s, s->user);
    if (s->state != SOCK_LINGERING || s->size || s->finished)
        return;
    s->finished = 1;
    if (s->ended)
        sock_fail(s, WICK_OK, "closed");
    else
        s->drv->finish(s);
}

void sock_fail(sock *s, int status, const char *fmt, ...)
{
    const sock_ops *ops = s->ops;
    va_list args;

    if (s->state == SOCK_DEAD)
        return;
    va_start(args, fmt);
    vsnprintf(s->why, sizeof s->why, fmt, args);
    va_end(args);
    if (s->state == SOCK_LINGERING)
        s->w->sockets->lingering--;
    s->state = SOCK_DEAD;
    s->ops = NULL;
    s->drv->destroy(s);                         /* s itself stays until the loop has turned */
    if (ops && ops->closed)
        ops->closed(s, s->user, status, s->why);
}
