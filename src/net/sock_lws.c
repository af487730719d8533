/* SPDX-License-Identifier: Apache-2.0
 * TLS by libwebsockets' raw role on the context's own loop: handshakes, certificates, ALPN. Names are
 * looked up by sock_dial.c (lws would block), the name itself is kept for SNI and the certificate. */
#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "sock_lws.h"

enum { WRITE_MAX = 64 << 10 };

/* lws closes wsi by itself, once the loop turns; s is ours again. */
static void forget(sock *s)
{
    if (!s->wsi)
        return;
    lws_set_opaque_user_data(s->wsi, NULL);
    lws_set_timeout(s->wsi, 1, LWS_TO_KILL_ASYNC);
    s->wsi = NULL;
}

/* lws compares names, but no addresses. */
static int address_fits(sock *s, const char *host)
{
    X509 *cert = SSL_get_peer_certificate(lws_get_ssl(s->wsi));
    int ok = cert && X509_check_ip_asc(cert, host, 0) == 1;

    X509_free(cert);
    return ok;
}

static int is_address(const char *host)
{
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    return uv_ip4_addr(host, 0, &four) == 0 || uv_ip6_addr(host, 0, &six) == 0;
}

static void on_connected(sock *s)
{
    int port;
    const char *host = sock_dial_host(s, &port);

    if (!sock_vhost_insecure(s->vhost) && is_address(host) && !address_fits(s, host)) {
        sock_on_refused(s, "the certificate is for another address");
        return;
    }
    sock_on_open(s);
    if (s->wsi && !s->flowing)
        lws_rx_flow_control(s->wsi, 0);
}

static void on_refused(sock *s, const char *why, size_t size)
{
    char text[sizeof s->why];

    snprintf(text, sizeof text, "%.*s", why ? (int)size : 11, why ? why : "TLS failed");
    s->wsi = NULL;                              /* lws has given it up already */
    if (s->calling)
        snprintf(s->why, sizeof s->why, "%s", text);
    else
        sock_on_refused(s, text);
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

/* What lws reports. A connection without its sock was given up before: it is to go. */
int sock_lws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    sock *s = wsi ? lws_get_opaque_user_data(wsi) : NULL;

    (void)user;
    switch (reason) {
    case LWS_CALLBACK_RAW_CONNECTED:
        if (s)
            on_connected(s);
        break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        if (s)
            on_refused(s, in, size);
        return 0;
    case LWS_CALLBACK_RAW_RX:
        if (s && size)
            sock_on_data(s, in, size);
        break;
    case LWS_CALLBACK_RAW_WRITEABLE:
        if (s)
            on_writable(s);
        break;
    case LWS_CALLBACK_RAW_CLOSE:
        if (s) {
            s->wsi = NULL;
            if (s->state == SOCK_DIALING)
                sock_on_refused(s, "closed during the TLS handshake");
            else
                sock_fail(s, WICK_OK, "closed by the peer");
        }
        return 0;
    default:
        return 0;
    }
    return s && s->wsi == wsi ? 0 : -1;
}

static int dial(sock *s, const struct sockaddr *addr)
{
    struct lws_client_connect_info info = {0};
    char ip[64];
    int port, insecure = sock_vhost_insecure(s->vhost);
    const char *host = sock_dial_host(s, &port);

    if (addr->sa_family == AF_INET6)
        uv_ip6_name((const struct sockaddr_in6 *)(const void *)addr, ip, sizeof ip);
    else
        uv_ip4_name((const struct sockaddr_in *)(const void *)addr, ip, sizeof ip);
    info.context = s->w->sockets->lws;
    info.vhost = sock_vhost_lws(s->vhost);
    info.address = ip;
    info.host = info.origin = host;
    info.port = port;
    info.path = "/";
    info.method = "RAW";
    info.local_protocol_name = SOCK_LWS_PROTOCOL;
    info.alpn = "http/1.1";
    info.opaque_user_data = s;
    info.pwsi = &s->wsi;
    info.ssl_connection = LCCSCF_USE_SSL;
    if (insecure)
        info.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED | LCCSCF_ALLOW_EXPIRED | LCCSCF_ALLOW_INSECURE;
    if (insecure || is_address(host))
        info.ssl_connection |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
    s->why[0] = '\0';
    s->calling = 1;
    sock_lws_enter(s->w);
    if (!lws_client_connect_via_info(&info))
        s->wsi = NULL;
    sock_lws_leave();
    s->calling = 0;
    if (!s->wsi && !s->why[0])
        snprintf(s->why, sizeof s->why, "no connection");
    return s->wsi ? WICK_OK : WICK_E_IO;
}

static void again(sock *s)
{
    forget(s);
    sock_mark(s);
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
    if (sock_dial_pending(s))
        return;
    s->freed = 1;
    sock_mark(s);
}

const sock_driver SOCK_LWS = {dial, again, adopt, update, flush, finish, destroy};
