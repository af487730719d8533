/* SPDX-License-Identifier: Apache-2.0
 * TLS for streams that we open: OpenSSL over sock_tcp.c's socket, with SNI, ALPN and the
 * certificate checked. Not by libwebsockets: the raw role of 4.1 begins a client's TLS before it
 * has connected. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "sock_tls.h"

struct sock_trust { /* what is trusted: shared by all streams that trust the same */
    SSL_CTX *ctx;
    BIO_METHOD *io;
    char    *ca;
    int      insecure;
    struct sock_trust *next;
};

enum { TRUSTS_MAX = 64 };

static const char *last_error(void)
{
    unsigned long e = ERR_get_error();
    const char *text = e ? ERR_reason_error_string(e) : NULL;

    ERR_clear_error();
    return text ? text : "the connection ended";
}

/* OpenSSL's own socket writes raise SIGPIPE when the peer is gone, and a library sets no signals.
 */
static int io_write(BIO *b, const char *bytes, int size)
{
    ssize_t n = send(((sock *)BIO_get_data(b))->fd, bytes, (size_t)size, MSG_NOSIGNAL);

    BIO_clear_retry_flags(b);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_write(b);
    return (int)n;
}

static int io_read(BIO *b, char *to, int size)
{
    ssize_t n = recv(((sock *)BIO_get_data(b))->fd, to, (size_t)size, 0);

    BIO_clear_retry_flags(b);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        BIO_set_retry_read(b);
    else if (n == 0)
        BIO_set_flags(b, BIO_FLAGS_IN_EOF);
    return (int)n;
}

static long io_ctrl(BIO *b, int what, long number, void *at)
{
    (void)number, (void)at;
    if (what == BIO_CTRL_EOF)
        return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0;
    return what == BIO_CTRL_FLUSH;
}

static int io_open(struct sock_trust *t)
{
    return (t->io = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "wick")) &&
           BIO_meth_set_write(t->io, io_write) && BIO_meth_set_read(t->io, io_read) &&
           BIO_meth_set_ctrl(t->io, io_ctrl);
}

static BIO *io_new(sock *s)
{
    BIO *b = BIO_new(s->trust->io);

    if (b) {
        BIO_set_data(b, s);
        BIO_set_init(b, 1);
    }
    return b;
}

static int trust_open(wick *w, struct sock_trust *t)
{
    SSL_CTX *ctx = t->ctx = SSL_CTX_new(TLS_client_method());

    if (!ctx || !io_open(t))
        return ctx_fail(w, WICK_E_NOMEM, "TLS: %s", last_error());
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(ctx, t->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    if (t->ca ? SSL_CTX_load_verify_file(ctx, t->ca) == 1
              : SSL_CTX_set_default_verify_paths(ctx) == 1)
        return WICK_OK;
    return ctx_fail(w, WICK_E_IO, "TLS: read certificates from %s: %s",
                    t->ca ? t->ca : "the system", last_error());
}

static void trust_free(wick *w, struct sock_trust *t)
{
    SSL_CTX_free(t->ctx);
    BIO_meth_free(t->io);
    mem_free(w, t->ca);
    mem_free(w, t);
}

int sock_trust_get(wick *w, const sock_tls *tls, struct sock_trust **out)
{
    const char *ca = tls->ca_file;
    struct sock_trust *t;
    uint32_t count = 0;
    int rc;

    for (t = w->sockets->trusts; t; t = t->next, count++)
        if (t->insecure == !!tls->insecure && !t->ca == !ca && (!ca || strcmp(t->ca, ca) == 0)) {
            *out = t;
            return WICK_OK;
        }
    if (count == TRUSTS_MAX)
        return ctx_fail(w, WICK_E_AGAIN, "TLS: more than %d files of certificates", TRUSTS_MAX);
    if (!(t = mem_zero(w, sizeof *t)) || (ca && !(t->ca = mem_text(w, ca, strlen(ca))))) {
        mem_free(w, t);
        return ctx_fail(w, WICK_E_NOMEM, "TLS: no memory");
    }
    t->insecure = !!tls->insecure;
    if ((rc = trust_open(w, t)) < 0) {
        trust_free(w, t);
        return rc;
    }
    t->next = w->sockets->trusts;
    *out = w->sockets->trusts = t;
    return WICK_OK;
}

void sock_trusts_free(sockets *n)
{
    while (n->trusts) {
        struct sock_trust *t = n->trusts;

        n->trusts = t->next;
        trust_free(n->w, t);
    }
}

/* The name that the certificate must be for; an address has no SNI. */
static int expect(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    if (uv_ip4_addr(host, 0, &four) == 0 || uv_ip6_addr(host, 0, &six) == 0)
        return X509_VERIFY_PARAM_set1_ip_asc(param, host);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(param, host, 0) && SSL_set_tlsext_host_name(ssl, host);
}

static int start(sock *s)
{
    static const unsigned char ALPN[] = "\x08http/1.1";
    BIO *io;
    int port;

    ERR_clear_error();
    s->ssl = SSL_new(s->trust->ctx);
    if (s->ssl && (io = io_new(s)))
        SSL_set_bio(s->ssl, io, io);
    if (s->ssl && SSL_get_rbio(s->ssl) && expect(s->ssl, sock_dial_host(s, &port)) == 1 &&
        SSL_set_alpn_protos(s->ssl, ALPN, sizeof ALPN - 1) == 0)
        return 0;
    snprintf(s->why, sizeof s->why, "TLS: %s", last_error());
    return -1;
}

int sock_tls_shake(sock *s, int *events)
{
    long verdict;
    int rc, error;

    if (!s->ssl && start(s) < 0)
        return -1;
    ERR_clear_error();
    rc = SSL_connect(s->ssl);
    if (rc == 1)
        return 1;
    error = SSL_get_error(s->ssl, rc);
    *events = error == SSL_ERROR_WANT_WRITE ? UV_WRITABLE : UV_READABLE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return 0;
    verdict = SSL_get_verify_result(s->ssl);
    snprintf(s->why, sizeof s->why, "TLS: %s",
             verdict != X509_V_OK && !s->trust->insecure ? X509_verify_cert_error_string(verdict)
                                                         : last_error());
    return -1;
}

/* What SSL_read() and SSL_write() said, as recv() and send() would: errno EAGAIN, or another. */
static ssize_t answer(sock *s, int rc)
{
    int error = SSL_get_error(s->ssl, rc);

    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        errno = EAGAIN;
        return -1;
    }
    if (error == SSL_ERROR_SSL &&
        ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return 0;
    if (error != SSL_ERROR_SYSCALL || errno == 0 || errno == EAGAIN)
        errno = EPROTO;
    return -1;
}

/* A record holds 16 KiB: several are read to fill the buffer, as one recv() would. */
ssize_t sock_tls_recv(sock *s, uint8_t *to, size_t size)
{
    size_t got = 0;
    int rc = 1;

    ERR_clear_error();
    while (got < size && (rc = SSL_read(s->ssl, to + got, (int)(size - got))) > 0)
        got += (size_t)rc;
    return got ? (ssize_t)got : answer(s, rc);
}

ssize_t sock_tls_send(sock *s, const uint8_t *from, size_t size)
{
    int rc;

    ERR_clear_error();
    rc = SSL_write(s->ssl, from, (int)size);
    return rc > 0 ? rc : answer(s, rc);
}

void sock_tls_finish(sock *s)
{
    ERR_clear_error();
    SSL_shutdown(s->ssl);
    ERR_clear_error();
}

void sock_tls_free(sock *s)
{
    SSL_free(s->ssl);
    s->ssl = NULL;
}
