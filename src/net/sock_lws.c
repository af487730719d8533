/* SPDX-License-Identifier: Apache-2.0
 * TLS for streams that we accept, by libwebsockets' raw role on the context's own loop. */
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "sock_lws.h"

enum { WRITE_MAX = 64 << 10 };

/* s is ours alone from here on. Inside of its own callback lws closes it when that returns. */
static void forget(sock *s)
{
    struct lws *wsi = s->wsi;

    s->wsi = NULL;
    if (!wsi)
        return;
    lws_set_opaque_user_data(wsi, NULL);
    if (s->w->sockets->lws_inside != wsi)
        lws_set_timeout(wsi, 1, LWS_TO_KILL_SYNC);
}

static void on_writable(sock *s)
{
    struct lws *wsi = s->wsi;
    size_t n;

    while (s->wsi == wsi && s->size && !lws_partial_buffered(wsi) && !lws_send_pipe_choked(wsi)) {
        n = s->size < WRITE_MAX ? s->size : WRITE_MAX;
        if (lws_write(wsi, s->queue + s->head, n, LWS_WRITE_RAW) < (int)n) {
            sock_fail(s, WICK_E_IO, "the TLS connection is lost");
            return;
        }
        sock_on_sent(s, n);
    }
    if (s->wsi == wsi && (s->size || (s->state == SOCK_LINGERING && !s->finished)))
        lws_callback_on_writable(wsi);
}

static int report(sock *s, enum lws_callback_reasons reason, void *in, size_t size)
{
    switch (reason) {
    case LWS_CALLBACK_RAW_RX:
        if (size)
            sock_on_data(s, in, size);
        break;
    case LWS_CALLBACK_RAW_WRITEABLE:
        on_writable(s);
        break;
    case LWS_CALLBACK_RAW_CLOSE:
        s->wsi = NULL;
        sock_fail(s, WICK_OK, "closed by the peer");
        break;
    default:
        return 0;
    }
    return s->wsi ? 0 : -1;                     /* given up in there: lws closes it now */
}

int sock_lws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                      size_t size)
{
    sock *s = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    struct lws *outer;
    sockets *n;
    int rc;

    (void)user;
    if (!s || s->wsi != wsi)
        return reason == LWS_CALLBACK_RAW_RX || reason == LWS_CALLBACK_RAW_WRITEABLE ? -1 : 0;
    n = s->w->sockets;
    outer = n->lws_inside;
    n->lws_inside = wsi;
    rc = report(s, reason, in, size);
    n->lws_inside = outer;
    return rc;
}

static int adopt(sock *s, int fd)
{
    lws_adopt_desc_t desc = {0};

    desc.vh = sock_vhost_lws(s->vhost);
    desc.type = LWS_ADOPT_SOCKET | LWS_ADOPT_ALLOW_SSL;
    desc.fd.sockfd = fd;
    desc.vh_prot_name = SOCK_LWS_PROTOCOL;
    desc.opaque = s;
    s->state = SOCK_OPEN;
    sock_lws_enter(s->w);
    s->wsi = lws_adopt_descriptor_vhost_via_info(&desc);
    sock_lws_leave();
    if (s->wsi)
        return WICK_OK;
    s->state = SOCK_DEAD;
    return ctx_fail(s->w, WICK_E_IO, "accept: TLS could not take the connection");
}

static void update(sock *s)
{
    if (s->wsi)
        lws_rx_flow_control(s->wsi, s->flowing);
}

static void flush(sock *s)
{
    if (s->state == SOCK_LINGERING && !s->size && !s->finished)
        sock_on_sent(s, 0);
    if (s->wsi && s->size)
        lws_callback_on_writable(s->wsi);
}

static void finish(sock *s)
{
    if (lws_partial_buffered(s->wsi)) {         /* lws has taken it, the kernel has not */
        s->finished = 0;
        lws_callback_on_writable(s->wsi);
        return;
    }
    SSL_shutdown(lws_get_ssl(s->wsi));
    shutdown(lws_get_socket_fd(s->wsi), SHUT_WR);
}

static void destroy(sock *s)
{
    forget(s);
    s->freed = 1;
    sock_mark(s);
}

const sock_driver SOCK_LWS = {NULL, NULL, adopt, update, flush, finish, destroy};
