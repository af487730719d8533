/* SPDX-License-Identifier: Apache-2.0
 * How a WebSocket connection begins: a client dials and shakes hands, a server takes over a stream.
 */
#include <stdio.h>
#include <string.h>

#include "wsconn_impl.h"

wsconn *wsconn_new(wick *w, int side, const wsconn_conf *conf, const wsconn_ops *ops, void *user)
{
    static const wsconn_conf DEFAULTS;
    wsconn *c = mem_zero(w, sizeof *c);

    if (!c)
        return NULL;
    if (!conf)
        conf = &DEFAULTS;
    c->w = w;
    c->ops = ops;
    c->user = user;
    c->flowing = 1;
    c->handles = 2;
    ws_reader_init(&c->reader, w, side,
                   conf->max_message ? conf->max_message : WSCONN_MESSAGE_BYTES,
                   conf->max_fragments ? conf->max_fragments : WSCONN_FRAGMENTS);
    buf_init(&c->held, w, 4 * SOCK_RX_BYTES);
    buf_init(&c->protocol, w, 256);
    uv_timer_init(&w->loop, &c->deadline);
    uv_timer_init(&w->loop, &c->resume);
    c->deadline.data = c->resume.data = c;
    return c;
}

static void opening_late(uv_timer_t *t)
{
    wsconn_end(t->data, SOCK_ABORT, WICK_E_IO, WS_ABNORMAL, "no answer to the handshake in time");
}

static void opened(sock *s, void *user)
{
    wsconn *c = user;

    c->state = WSCONN_SHAKING;
    if (sock_write(s, c->held.data, c->held.size) < 0)
        wsconn_end(c, SOCK_ABORT, WICK_E_IO, WS_ABNORMAL, "the handshake could not be sent");
    c->held.size = 0;
}

/* The server's answer, gathered in c->held; what comes behind it are frames already. */
static void shake(wsconn *c, const uint8_t *bytes, size_t size)
{
    const char *protocol = c->protocol.size ? (const char *)c->protocol.data : NULL;
    char why[160] = "the answer to the handshake is too large";
    size_t used = 0;
    buf all;
    int rc = buf_add(&c->held, bytes, size);

    if (rc == WICK_OK)
        rc = handshake_reply(c->w, c->held.data, c->held.size, c->key, protocol, &used, why,
                             sizeof why);
    if (rc < 0)
        wsconn_end(c, SOCK_ABORT, rc, WS_ABNORMAL, why);
    if (rc <= 0)
        return;
    c->state = WSCONN_OPEN;
    uv_timer_stop(&c->deadline);
    all = c->held;
    c->held.data = NULL;
    c->held.size = c->held.cap = 0;
    if (c->ops->opened)
        c->ops->opened(c, c->user);
    if (c->state != WSCONN_DEAD && used < all.size)
        wsconn_feed(c, all.data + used, all.size - used);
    buf_fini(&all);
}

static void data(sock *s, void *user, uint8_t *bytes, size_t size)
{
    wsconn *c = user;

    (void)s;
    if (c->state == WSCONN_SHAKING)
        shake(c, bytes, size);
    else
        wsconn_feed(c, bytes, size);
}

static void writable(sock *s, void *user)
{
    wsconn *c = user;

    (void)s;
    if (c->state == WSCONN_OPEN && c->ops->writable)
        c->ops->writable(c, c->user);
}

static void closed(sock *s, void *user, int status, const char *why)
{
    wsconn *c = user;

    (void)s;
    c->s = NULL;
    if (c->peer_code)
        wsconn_end(c, SOCK_ABORT, WICK_OK, c->peer_code, "closed");
    else if (status == WICK_OK && c->state != WSCONN_DIALING)
        wsconn_end(c, SOCK_ABORT, WICK_E_IO, WS_ABNORMAL,
                   "the connection ended without a close frame");
    else
        wsconn_end(c, SOCK_ABORT, status, WS_ABNORMAL, why);
}

const sock_ops WSCONN_SOCK = {
    .opened = opened, .data = data, .writable = writable, .closed = closed};

static int prepare(wsconn *c, const net_url *url, const wsconn_conf *conf)
{
    int rc = handshake_ask(c->w, url, conf ? conf->headers : NULL, conf ? conf->protocol : NULL,
                           c->key, &c->held);

    if (rc == WICK_OK && conf && conf->protocol &&
        buf_add(&c->protocol, conf->protocol, strlen(conf->protocol) + 1) < 0)
        return ctx_fail(c->w, WICK_E_NOMEM, "connect to %s: no memory", url->authority);
    return rc;
}

int wsconn_connect(wick *w, const char *url, const wsconn_conf *conf, const wsconn_ops *ops,
                   void *user, wsconn **out)
{
    sock_tls tls = {.ca_file = conf ? conf->ca_file : NULL, .insecure = conf && conf->insecure};
    int timeout = conf && conf->timeout_ms ? conf->timeout_ms : SOCK_CONNECT_MS, rc;
    net_url to;
    wsconn *c;

    if (!w)
        return WICK_E_ARG;
    if (!ops || !ops->messages || !out)
        return ctx_fail(w, WICK_E_ARG, "connect: needs callbacks");
    if ((rc = url_parse(w, url, &to)) < 0)
        return rc;
    if (!(c = wsconn_new(w, WS_CLIENT, conf, ops, user)))
        return ctx_fail(w, WICK_E_NOMEM, "connect to %s: no memory", to.authority);
    if ((rc = prepare(c, &to, conf)) < 0 ||
        (rc = sock_connect(w, to.host, to.port, to.tls ? &tls : NULL, timeout, &WSCONN_SOCK, c,
                           &c->s)) < 0) {
        wsconn_release(c);
        return rc;
    }
    if (conf && conf->queue_bytes)
        sock_bound(c->s, conf->queue_bytes);
    uv_timer_start(&c->deadline, opening_late, (uint64_t)timeout, 0);
    *out = c;
    return WICK_OK;
}

int wsconn_accept(sock *s, const uint8_t *rest, size_t rest_size, const wsconn_conf *conf,
                  const wsconn_ops *ops, void *user, wsconn **out)
{
    wick *w = sock_context(s);
    wsconn *c = wsconn_new(w, WS_SERVER, conf, ops, user);

    if (!c)
        return ctx_fail(w, WICK_E_NOMEM, "upgrade: no memory");
    if (rest_size && buf_add(&c->held, rest, rest_size) < 0) {
        wsconn_release(c);
        return ctx_fail(w, WICK_E_NOMEM, "upgrade: no memory");
    }
    c->s = s;
    c->state = WSCONN_OPEN;
    sock_take(s, &WSCONN_SOCK, c);
    sock_flow(s, 0);                            /* until the loop turns: no callback from in here */
    if (conf && conf->queue_bytes)
        sock_bound(s, conf->queue_bytes);
    uv_timer_start(&c->resume, wsconn_resumed, 0, 0);
    *out = c;
    return WICK_OK;
}
