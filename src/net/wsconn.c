/* SPDX-License-Identifier: Apache-2.0
 * One WebSocket connection: what comes from the socket goes through ws_read() and on in batches;
 * pings and closing are dealt with here. Opening (client and server) is in wsconn_open.c. */
#include <stdio.h>
#include <string.h>

#include "wsconn_impl.h"

static void gone(uv_handle_t *h)
{
    wsconn *c = h->data;

    if (--c->handles)
        return;
    ws_reader_fini(&c->reader);
    buf_fini(&c->held);
    buf_fini(&c->protocol);
    mem_free(c->w, c);
}

/* No callback comes after this; the memory goes when the loop has turned. */
void wsconn_release(wsconn *c)
{
    if (c->state == WSCONN_DEAD)
        return;
    c->state = WSCONN_DEAD;
    uv_close((uv_handle_t *)&c->deadline, gone);
    uv_close((uv_handle_t *)&c->resume, gone);
}

/* The end as its owner sees it. */
void wsconn_end(wsconn *c, int how, int status, int code, const char *why)
{
    const wsconn_ops *ops = c->ops;
    char text[160];

    if (c->state == WSCONN_DEAD)
        return;
    snprintf(text, sizeof text, "%s", why);     /* it may point into what is released */
    sock_close(c->s, how);
    c->s = NULL;
    wsconn_release(c);
    if (ops->closed)
        ops->closed(c, c->user, status, code, text);
}

void wsconn_abort(wsconn *c)
{
    if (!c || c->state == WSCONN_DEAD)
        return;
    sock_close(c->s, SOCK_ABORT);
    c->s = NULL;
    wsconn_release(c);
}

static int send_close(wsconn *c, int code, const char *reason, size_t size)
{
    uint8_t body[WS_CONTROL_MAX];
    size_t n = 0;

    if (code != WS_NO_CODE) {
        body[0] = (uint8_t)(code >> 8);
        body[1] = (uint8_t)code;
        n = size < sizeof body - 2 ? size : sizeof body - 2;
        memcpy(body + 2, reason, n);
        n += 2;
    }
    sock_bound(c->s, SIZE_MAX / 2);             /* the last frame always has room */
    return wsconn_frame(c, WS_CLOSE, body, n);
}

static void closing_late(uv_timer_t *t)
{
    wsconn *c = t->data;

    if (c->peer_code)                           /* both close frames are through, only TCP hangs */
        wsconn_end(c, SOCK_ABORT, WICK_OK, c->peer_code, "closed");
    else
        wsconn_end(c, SOCK_ABORT, WICK_E_IO, WS_ABNORMAL,
                   "the peer did not answer the close frame");
}

void wsconn_close(wsconn *c, int code, const char *reason)
{
    int open = c && c->state == WSCONN_OPEN;

    if (!c || c->state == WSCONN_DEAD || c->state == WSCONN_CLOSING)
        return;
    if (open)
        send_close(c, code, reason ? reason : "", reason ? strlen(reason) : 0);
    c->state = WSCONN_CLOSING;
    c->held.size = 0;
    sock_flow(c->s, 1);
    uv_timer_start(&c->deadline, closing_late, open ? WSCONN_CLOSE_MS : 0, 0);
}

/* The peer's close frame: it is answered in kind. A server ends TCP, a client lets it. */
static void on_close(wsconn *c, const ws_message *m)
{
    int code = (int)m->code;
    char reason[WS_CONTROL_MAX + 1];

    snprintf(reason, sizeof reason, "%.*s", (int)m->size, (const char *)m->bytes);
    c->peer_code = code;
    if (c->state == WSCONN_OPEN)
        send_close(c, code, "", 0);
    if (c->reader.side == WS_SERVER) {
        wsconn_end(c, SOCK_GRACEFUL, WICK_OK, code, reason);
        return;
    }
    c->state = WSCONN_CLOSING;
    uv_timer_start(&c->deadline, closing_late, WSCONN_CLOSE_MS, 0);
}

static void on_control(wsconn *c, const ws_message *m)
{
    if (m->kind == WS_CLOSE)
        on_close(c, m);
    else if (m->kind == WS_PING && c->state == WSCONN_OPEN)
        wsconn_frame(c, WS_PONG, m->bytes, m->size); /* over the bound: this one goes unanswered */
    else if (m->kind == WS_PONG && c->ops->pong)
        c->ops->pong(c, c->user);
}

static void violated(wsconn *c, int rc)
{
    int code = rc == WICK_E_NOMEM ? WS_INTERNAL : c->reader.error;
    const char *why = rc == WICK_E_NOMEM ? "no memory" : c->reader.why;

    if (c->state == WSCONN_OPEN)
        send_close(c, code, why, strlen(why));
    wsconn_end(c, SOCK_GRACEFUL, rc, code, why);
}

static void deliver(wsconn *c, const ws_message *batch, uint32_t *count)
{
    uint32_t n = *count;

    *count = 0;
    if (n && c->state == WSCONN_OPEN)
        c->ops->messages(c, c->user, batch, n);
}

/* Whether the messages gathered so far must be handed on before anything else is read. */
static int due(const ws_message *m, const uint8_t *in, size_t size, uint32_t count)
{
    return count == WSCONN_BATCH || m->bytes < in || m->bytes > in + size;
}

void wsconn_feed(wsconn *c, uint8_t *in, size_t size)
{
    ws_message batch[WSCONN_BATCH], m;
    uint32_t count = 0;
    size_t used;
    int rc = 0;

    while (c->state != WSCONN_DEAD && !c->peer_code && (c->flowing || c->state == WSCONN_CLOSING)) {
        rc = ws_read(&c->reader, in, size, &used, &m);
        in += used;
        size -= used;
        if (rc <= 0)
            break;
        if (rc == WS_TEXT || rc == WS_BINARY) {
            batch[count++] = m;
            if (due(&m, in - used, used, count))
                deliver(c, batch, &count);
        } else {
            deliver(c, batch, &count);
            if (c->state != WSCONN_DEAD)
                on_control(c, &m);
        }
    }
    deliver(c, batch, &count);
    if (c->state == WSCONN_DEAD || c->peer_code)
        return;
    if (rc < 0)
        violated(c, rc);
    else if (size && buf_add(&c->held, in, size) < 0)
        violated(c, WICK_E_NOMEM);
}

/* From the loop: what waited, then what comes. */
void wsconn_resumed(uv_timer_t *t)
{
    wsconn *c = t->data;
    buf rest = c->held;

    if (!c->flowing || c->state != WSCONN_OPEN)
        return;
    c->held.data = NULL;
    c->held.size = c->held.cap = 0;
    if (rest.size)
        wsconn_feed(c, rest.data, rest.size);
    buf_fini(&rest);
    if (c->state == WSCONN_OPEN && c->flowing && !c->held.size)
        sock_flow(c->s, 1);
}

void wsconn_flow(wsconn *c, int on)
{
    if (c->state == WSCONN_DEAD || c->flowing == (on != 0))
        return;
    c->flowing = on != 0;
    if (c->state != WSCONN_OPEN)
        return;
    if (on)
        uv_timer_start(&c->resume, wsconn_resumed, 0, 0);  /* from the loop, never from in here */
    else
        sock_flow(c->s, 0);
}

void wsconn_take(wsconn *c, void *user)
{
    c->user = user;
}
