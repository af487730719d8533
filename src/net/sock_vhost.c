/* SPDX-License-Identifier: Apache-2.0
 * libwebsockets itself, once a context that accepts TLS, and its vhosts: one for each certificate.
 */
#include <errno.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sock_lws.h"

enum { VHOSTS_MAX = 64, CLOSE_TURNS = 8 };

struct sock_vhost {
    struct lws_vhost *lws;
    struct sock_vhost *next;
    char  name[16];                     /* lws keeps the pointer */
    char *cert, *key;
    SSL_CTX *unused;                    /* see start() */
};

/* lws has one log a process, and does not say which context speaks: that is the one this thread is
 * in. */
static _Thread_local wick *speaking;

static void say(int level, const char *line)
{
    size_t n = strcspn(line, "\n");

    if (speaking)
        ctx_log(speaking, level == LLL_ERR ? 1 : 3, "lws: %.*s", (int)(n < 500 ? n : 500), line);
}

void sock_lws_enter(wick *w)
{
    speaking = w;
}

void sock_lws_leave(void)
{
    speaking = NULL;
}

static void before(uv_prepare_t *h)
{
    sock_lws_enter(h->loop->data);
}

static void after(uv_check_t *h)
{
    (void)h;
    sock_lws_leave();
}

static const struct lws_protocols PROTOCOLS[] = {
    {.name = SOCK_LWS_PROTOCOL, .callback = sock_lws_callback, .rx_buffer_size = SOCK_RX_BYTES},
    {0},
};

static int open_context(wick *w)
{
    sockets *n = w->sockets;
    struct lws_context_creation_info info = {0};
    void *loops[] = {&w->loop};

    if (n->lws)
        return WICK_OK;
    lws_set_log_level(LLL_ERR | LLL_WARN, say);
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN |
                   LWS_SERVER_OPTION_NO_LWS_SYSTEM_STATES;
    info.foreign_loops = loops;
    info.pt_serv_buf_size = SOCK_RX_BYTES;
    info.pcontext = &n->lws;
    info.gid = info.uid = -1;
    sock_lws_enter(w);
    n->lws = lws_create_context(&info);
    sock_lws_leave();
    if (!n->lws)
        return ctx_fail(w, WICK_E_IO,
                        "TLS: libwebsockets cannot start; is libwebsockets-evlib-uv installed?");
    uv_prepare_init(&w->loop, &n->lws_before);
    uv_check_init(&w->loop, &n->lws_after);
    n->lws_before.data = n->lws_after.data = n;
    uv_prepare_start(&n->lws_before, before);
    uv_check_start(&n->lws_after, after);
    uv_unref((uv_handle_t *)&n->lws_before);
    uv_unref((uv_handle_t *)&n->lws_after);
    return WICK_OK;
}

static void vhost_free(wick *w, struct sock_vhost *v)
{
    SSL_CTX_free(v->unused);
    mem_free(w, v->cert);
    mem_free(w, v->key);
    mem_free(w, v);
}

/* The end of lws: it closes its own handles on our loop, which must turn for that. */
void sock_lws_close(sockets *n)
{
    wick *w = n->w;

    if (n->lws) {
        uv_close((uv_handle_t *)&n->lws_before, sockets_handle_gone);
        uv_close((uv_handle_t *)&n->lws_after, sockets_handle_gone);
        n->handles += 2;
        sock_lws_enter(w);
        lws_context_destroy(n->lws);            /* closes what it has on the loop */
        for (int i = 0; n->lws && i < CLOSE_TURNS; i++)
            uv_run(&w->loop, UV_RUN_NOWAIT);
        if (n->lws)
            lws_context_destroy(
                n->lws); /* on a foreign loop it frees itself only when asked again */
        sock_lws_leave();
    }
    while (n->vhosts) {
        struct sock_vhost *v = n->vhosts;

        n->vhosts = v->next;
        vhost_free(w, v);
    }
}

static int readable(wick *w, const char *path)
{
    if (access(path, R_OK) != 0)
        return ctx_fail(w, WICK_E_IO, "TLS: read %s: %s", path, strerror(errno));
    return WICK_OK;
}

static int start(wick *w, struct sock_vhost *v)
{
    struct lws_context_creation_info info = {0};

    info.vhost_name = v->name;
    info.protocols = PROTOCOLS;
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
    info.alpn = "http/1.1";
    info.ssl_cert_filepath = v->cert;
    info.ssl_private_key_filepath = v->key;
    /* lws would make a client's SSL_CTX too, load all CAs into it, and lose it where a process has
     * two contexts (it finds it again by an index that is global). */
    if (!(v->unused = SSL_CTX_new(TLS_client_method())))
        return ctx_fail(w, WICK_E_NOMEM, "TLS: no memory");
    info.provided_client_ssl_ctx = v->unused;
    sock_lws_enter(w);
    v->lws = lws_create_vhost(w->sockets->lws, &info);
    sock_lws_leave();
    return v->lws ? WICK_OK
                  : ctx_fail(w, WICK_E_IO, "TLS: %s and %s cannot be used", v->cert, v->key);
}

int sock_vhost_get(wick *w, const sock_tls *tls, struct sock_vhost **out)
{
    struct sock_vhost *v;
    uint32_t count = 0;
    int rc;

    if (!tls->cert_file || !tls->key_file)
        return ctx_fail(w, WICK_E_ARG, "TLS: a server needs a certificate and its key");
    for (v = w->sockets->vhosts; v; v = v->next, count++)
        if (strcmp(v->cert, tls->cert_file) == 0 && strcmp(v->key, tls->key_file) == 0) {
            *out = v;
            return WICK_OK;
        }
    if (count == VHOSTS_MAX)
        return ctx_fail(w, WICK_E_AGAIN, "TLS: more than %d certificates", VHOSTS_MAX);
    if ((rc = readable(w, tls->cert_file)) < 0 || (rc = readable(w, tls->key_file)) < 0 ||
        (rc = open_context(w)) < 0)
        return rc;
    if (!(v = mem_zero(w, sizeof *v)))
        return ctx_fail(w, WICK_E_NOMEM, "TLS: no memory");
    v->cert = mem_text(w, tls->cert_file, strlen(tls->cert_file));
    v->key = mem_text(w, tls->key_file, strlen(tls->key_file));
    snprintf(v->name, sizeof v->name, "server%u", count);
    rc = v->cert && v->key ? start(w, v) : ctx_fail(w, WICK_E_NOMEM, "TLS: no memory");
    if (rc < 0) {
        vhost_free(w, v);
        return rc;
    }
    v->next = w->sockets->vhosts;
    *out = w->sockets->vhosts = v;
    return WICK_OK;
}

struct lws_vhost *sock_vhost_lws(const struct sock_vhost *v)
{
    return v->lws;
}
