/* SPDX-License-Identifier: Apache-2.0
 * The WebSocket transport: one connection at a time, a new one at each reopen. Whether and when to
 * reconnect is the script's decision; TLS, handshake, ping and close frames are net/wsconn.c. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../net/wsconn.h"
#include "source.h"

enum { HEADERS_MAX = 16384 };

typedef struct ws_transport {
    transport base;
    wsconn  *conn;                      /* NULL: none; it may still be connecting */
    session *session;                   /* NULL until the handshake is done */
    char    *url, *headers, *protocol, *ca;
    int      insecure, flow;
} ws_transport;

static void opened(wsconn *c, void *user)
{
    ws_transport *t = user;
    int rc = source_opened(t->base.src, &t->session);

    if (rc == WICK_OK && (rc = source_address(t->session, t->url)) == WICK_OK)
        return;
    t->session = NULL;
    t->conn = NULL;
    wsconn_abort(c);
    source_closed(t->base.src, NULL, rc, wick_error(t->base.w));
}

/* All that is given at once is one burst; a full list says that the read went on behind it. */
static void messages(wsconn *c, void *user, const ws_message *m, uint32_t count)
{
    ws_transport *t = user;
    int64_t now = ctx_now_ns(t->base.w);

    (void)c;
    for (uint32_t i = 0; i < count; i++)
        source_message(t->base.src, t->session, m[i].bytes, m[i].size,
                       m[i].kind == WS_BINARY ? WICK_FORM_BINARY : WICK_FORM_FRAME, now);
    if (count == WSCONN_BATCH)
        source_burst_cut(t->base.src);
    else
        source_burst_end(t->base.src);
}

static void closed(wsconn *c, void *user, int status, int code, const char *why)
{
    ws_transport *t = user;
    session *s = t->session;
    char text[400];

    (void)c;
    t->conn = NULL;
    t->session = NULL;
    if (code && code != WS_ABNORMAL)
        snprintf(text, sizeof text, "%s%sclose code %d", why ? why : "",
                 why && *why ? ", " : "", code);
    else
        snprintf(text, sizeof text, "%s", why ? why : "connection lost");
    source_closed(t->base.src, s, status, text);
}

static const wsconn_ops OPS = {.opened = opened, .messages = messages, .closed = closed};

static int connect_now(ws_transport *t)
{
    wsconn_conf conf = {.headers = t->headers, .protocol = t->protocol, .ca_file = t->ca,
                        .insecure = t->insecure};
    int rc = wsconn_connect(t->base.w, t->url, &conf, &OPS, t, &t->conn);

    if (rc < 0)
        return rc;
    if (!t->flow)
        wsconn_flow(t->conn, 0);
    return WICK_OK;
}

/* Every header= line, as "name: value\n". */
static int read_headers(ws_transport *t, const char *options)
{
    buf b;
    int rc = WICK_OK;

    buf_init(&b, t->base.w, HEADERS_MAX);
    for (const char *at = options; *at && rc == WICK_OK;) {
        size_t line = strcspn(at, "\n");

        if (line > 7 && memcmp(at, "header=", 7) == 0) {
            if (!memchr(at + 7, ':', line - 7) || memchr(at, '\r', line))
                rc = ctx_fail(t->base.w, WICK_E_ARG, "source: header= takes 'Name: value'");
            else if (buf_add(&b, at + 7, line - 7) < 0 || buf_add(&b, "\n", 1) < 0)
                rc = ctx_fail(t->base.w, WICK_E_NOMEM, "source: headers over %d bytes",
                              HEADERS_MAX);
        }
        at += line + (at[line] == '\n');
    }
    if (rc == WICK_OK && b.size && !(t->headers = mem_text(t->base.w, (char *)b.data, b.size)))
        rc = WICK_E_NOMEM;
    buf_fini(&b);
    return rc;
}

static int read_text(ws_transport *t, const char *options, const char *key, char **out)
{
    size_t size;
    const char *value = options_find(options, key, &size);

    return value && !(*out = mem_text(t->base.w, value, size)) ? WICK_E_NOMEM : WICK_OK;
}

static void release(transport *base)
{
    ws_transport *t = (ws_transport *)base;

    if (t->conn)
        wsconn_abort(t->conn);
    mem_free(base->w, t->url);
    mem_free(base->w, t->headers);
    mem_free(base->w, t->protocol);
    mem_free(base->w, t->ca);
}

static int open_ws(transport *base, const char *url, const char *options)
{
    ws_transport *t = (ws_transport *)base;
    int64_t insecure = 0;
    int rc;

    t->flow = 1;
    rc = read_headers(t, options);
    if (rc == WICK_OK)
        rc = read_text(t, options, "protocol", &t->protocol);
    if (rc == WICK_OK)
        rc = read_text(t, options, "ca", &t->ca);
    if (rc == WICK_OK && options_int(options, "insecure", 0, &insecure) < 0)
        rc = ctx_fail(base->w, WICK_E_ARG, "source: insecure= takes 0 or 1");
    t->insecure = insecure != 0;
    if (rc == WICK_OK && !(t->url = mem_text(base->w, url, strlen(url))))
        rc = WICK_E_NOMEM;
    if (rc == WICK_OK)
        rc = connect_now(t);
    if (rc < 0)
        release(base);
    return rc;
}

static int reopen(transport *base)
{
    ws_transport *t = (ws_transport *)base;

    if (t->conn)
        return ctx_fail(base->w, WICK_E_ARG, "source: it is connecting already");
    return connect_now(t);
}

static void flow(transport *base, int on)
{
    ws_transport *t = (ws_transport *)base;

    t->flow = on;
    if (t->conn)
        wsconn_flow(t->conn, on);
}

static int send_text(transport *base, const void *text, size_t size)
{
    ws_transport *t = (ws_transport *)base;

    if (!t->session)
        return ctx_fail(base->w, WICK_E_CLOSED, "source: no connection to send on");
    return wsconn_send(t->conn, WS_TEXT, text, size);
}

static const char *const SCHEMES[] = {"ws://", "wss://", NULL};
static const char *const KEYS[] = {"header", "protocol", "ca", "insecure", NULL};

const transport_ops transport_ws = {
    .name = "ws", .schemes = SCHEMES, .keys = KEYS, .self_size = sizeof(ws_transport),
    .open = open_ws, .reopen = reopen, .flow = flow, .send = send_text, .close = release,
};
