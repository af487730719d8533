/* SPDX-License-Identifier: Apache-2.0
 * Calling out: the name is looked up off the loop, then its addresses are tried in turn, each with
 * a fair share of the time that is left. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "sock_tls.h"

enum { HOST_MAX = 253 };

typedef struct sock_dial {
    uv_getaddrinfo_t req;
    sock       *s;
    struct addrinfo *list, *at;         /* at: the next one to try */
    uint64_t    until;
    int         pending, resolved;
    int         port;
    char        host[HOST_MAX + 1];
} sock_dial;

static void fail(sock *s, const char *why)
{
    char text[sizeof s->why];

    snprintf(text, sizeof text, "%s", why);
    sock_fail(s, WICK_E_IO, "connect to %s port %d: %s", s->dial->host, s->dial->port, text);
}

static void looked_up(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
    sock *s = ((sock_dial *)req->data)->s;
    sock_dial *d = s->dial;

    d->pending = 0;
    d->list = d->at = list;
    d->resolved = 1;
    if (s->state == SOCK_DEAD) {        /* its owner is gone, and only the lookup kept it */
        s->freed = 1;
        sock_mark(s);
    } else if (status < 0) {
        fail(s, uv_strerror(status));
    } else {
        sock_mark(s);
    }
}

int sock_dial_pending(const sock *s)
{
    return s->dial && s->dial->pending;
}

const char *sock_dial_host(const sock *s, int *port)
{
    *port = s->dial->port;
    return s->dial->host;
}

/* A literal needs no lookup off the loop. */
static int literal(sock_dial *d, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};

    if (getaddrinfo(d->host, port, &hints, &d->list) != 0)
        return 0;
    d->at = d->list;
    d->resolved = 1;
    return 1;
}

static int look_up(sock *s)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    sock_dial *d = s->dial;
    char port[8];
    int rc;

    snprintf(port, sizeof port, "%d", d->port);
    if (literal(d, port)) {
        sock_mark(s);
        return WICK_OK;
    }
    d->req.data = d;
    if ((rc = uv_getaddrinfo(&s->w->loop, &d->req, looked_up, d->host, port, &hints)) < 0)
        return ctx_fail(s->w, WICK_E_IO, "look up %s: %s", d->host, uv_strerror(rc));
    d->pending = 1;
    return WICK_OK;
}

static uint32_t addresses_left(const sock_dial *d)
{
    uint32_t n = 1;

    for (const struct addrinfo *a = d->at; a; a = a->ai_next)
        n++;
    return n;
}

void sock_dial_step(sock *s)
{
    sock_dial *d = s->dial;
    uint64_t now = uv_now(&s->w->loop);
    struct addrinfo *at;
    int rc;

    if (!d->resolved)
        return;
    while ((at = d->at) && now < d->until) {
        d->at = at->ai_next;
        sock_name_peer(s, at->ai_addr);
        if ((rc = s->drv->connect(s, at->ai_addr)) == WICK_OK) {
            sock_watch(s, (d->until - now) / addresses_left(d) + 1);
            return;
        }
    }
    if (!s->why[0])
        snprintf(s->why, sizeof s->why, "no address");
    fail(s, s->why);
}

void sock_on_refused(sock *s, const char *why)
{
    snprintf(s->why, sizeof s->why, "%s", why);
    s->drv->again(s);
}

void sock_dial_timeout(sock *s)
{
    sock_dial *d = s->dial;

    if (!d->resolved) {
        uv_cancel((uv_req_t *)&d->req);
        fail(s, "the name is not resolved in time");
    } else if (!d->at || uv_now(&s->w->loop) >= d->until) {
        fail(s, "timed out");
    } else {
        sock_watch(s, d->until - uv_now(&s->w->loop));
        sock_on_refused(s, "timed out");
    }
}

void sock_dial_free(sock *s)
{
    if (!s->dial)
        return;
    if (s->dial->list)
        freeaddrinfo(s->dial->list);
    mem_free(s->w, s->dial);
    s->dial = NULL;
}

static int check(wick *w, const char *host, int port, const sock_ops *ops, sock **out)
{
    if (!w)
        return WICK_E_ARG;
    if (!host || !*host || strlen(host) > HOST_MAX || port < 1 || port > 65535 || !ops || !out)
        return ctx_fail(w, WICK_E_ARG, "connect: needs a host of at most %d bytes and a port",
                        HOST_MAX);
    if (fault_hit(w, "sock.connect"))
        return ctx_fail(w, WICK_E_IO, "connect to %s port %d: fault asked for", host, port);
    return sockets_get(w);
}

int sock_connect(wick *w, const char *host, int port, const sock_tls *tls, int timeout_ms,
                 const sock_ops *ops, void *user, sock **out)
{
    uint64_t limit = timeout_ms > 0 ? (uint64_t)timeout_ms : SOCK_CONNECT_MS;
    struct sock_trust *trust = NULL;
    sock *s;
    int rc;

    if ((rc = check(w, host, port, ops, out)) < 0)
        return rc;
    if (tls && (rc = sock_trust_get(w, tls, &trust)) < 0)
        return rc;
    if (!(s = sock_new(w, &SOCK_TCP)))
        return ctx_fail(w, WICK_E_NOMEM, "connect: no memory");
    sock_take(s, ops, user);
    s->trust = trust;
    if (!(s->dial = mem_zero(w, sizeof *s->dial))) {
        sock_freed(s);
        return ctx_fail(w, WICK_E_NOMEM, "connect: no memory");
    }
    s->dial->s = s;
    s->dial->port = port;
    memcpy(s->dial->host, host, strlen(host) + 1);
    uv_update_time(&w->loop);                   /* a long script has made the loop's time old */
    s->dial->until = uv_now(&w->loop) + limit;
    if ((rc = look_up(s)) < 0) {
        sock_freed(s);
        return rc;
    }
    sock_watch(s, limit);
    *out = s;
    return WICK_OK;
}
