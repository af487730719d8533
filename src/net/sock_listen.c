/* SPDX-License-Identifier: Apache-2.0
 * Being called: listening sockets and what they accept, plain or TLS. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sock_tls.h"

enum { BACKLOG = 511, ACCEPTS_MAX = 64 };       /* accepted in one turn of the loop */

void sock_name_peer(sock *s, const struct sockaddr *addr)
{
    const struct sockaddr_in6 *six = (const void *)addr;
    const struct sockaddr_in *four = (const void *)addr;
    char text[INET6_ADDRSTRLEN] = "";

    if (addr->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof text);
        snprintf(s->peer, sizeof s->peer, "[%s]:%u", text, ntohs(six->sin6_port));
    } else {
        inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
        snprintf(s->peer, sizeof s->peer, "%s:%u", text, ntohs(four->sin_port));
    }
}

static void welcome(sock_listener *l, int fd, const struct sockaddr *addr)
{
    sock *s = sock_new(l->w, l->vhost ? &SOCK_LWS : &SOCK_TCP);

    if (!s) {
        close(fd);
        return;
    }
    s->vhost = l->vhost;
    sock_name_peer(s, addr);
    if (s->drv->adopt(s, fd) < 0) {
        ctx_log(l->w, 1, "%s", wick_error(l->w));
        sock_freed(s);
        return;
    }
    l->accepted(l->user, s);
}

static void ready(uv_poll_t *h, int status, int events)
{
    sock_listener *l = h->data;
    struct sockaddr_storage addr;
    socklen_t size;
    int fd;

    (void)status, (void)events;
    for (int i = 0; i < ACCEPTS_MAX && l->fd >= 0; i++) {
        size = sizeof addr;
        fd = accept4(l->fd, (struct sockaddr *)&addr, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            welcome(l, fd, (struct sockaddr *)&addr);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            ctx_log(l->w, 1, "accept on port %d: %s", l->port, strerror(errno));
            uv_poll_stop(h); /* it would fail again at once: a sweep resumes it */
            l->paused = 1;
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

void sock_listeners_resume(sockets *n)
{
    for (sock_listener *l = n->listeners; l; l = l->next)
        if (l->paused) {
            l->paused = 0;
            uv_poll_start(&l->poll, UV_READABLE, ready);
        }
}

/* Bind and listen; the port that came of it goes to l->port. */
static int open_fd(sock_listener *l, const char *addr, const struct addrinfo *at)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;
    int on = 1, off = 0, fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return ctx_fail(l->w, WICK_E_IO, "listen on %s: %s", addr, strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&name, &size) < 0) {
        int error = errno;

        close(fd);
        return ctx_fail(l->w, WICK_E_IO, "listen on %s port %d: %s", addr, l->port,
                        strerror(error));
    }
    l->fd = fd;
    l->port = ntohs(at->ai_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                              : ((struct sockaddr_in *)&name)->sin_port);
    return WICK_OK;
}

static int bind_addr(sock_listener *l, const char *addr)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *list;
    char text[8];
    int rc;

    snprintf(text, sizeof text, "%d", l->port);
    if (strcmp(addr, "localhost") == 0)
        addr = "127.0.0.1";
    if (getaddrinfo(addr, text, &hints, &list) != 0)
        return ctx_fail(l->w, WICK_E_ARG, "listen on '%s': not an address", addr);
    rc = open_fd(l, addr, list);
    freeaddrinfo(list);
    return rc;
}

int sock_listen(wick *w, const char *addr, int port, const sock_tls *tls,
                void (*accepted)(void *user, sock *s), void *user, sock_listener **out)
{
    sock_listener *l;
    int rc;

    if (!w)
        return WICK_E_ARG;
    if (!addr || port < 0 || port > 65535 || !accepted || !out)
        return ctx_fail(w, WICK_E_ARG, "listen: needs an address and a port from 0 to 65535");
    if ((rc = sockets_get(w)) < 0)
        return rc;
    if (!(l = mem_zero(w, sizeof *l)))
        return ctx_fail(w, WICK_E_NOMEM, "listen: no memory");
    *l = (sock_listener){.w = w, .fd = -1, .port = port, .accepted = accepted, .user = user};
    if ((tls && (rc = sock_vhost_get(w, tls, &l->vhost)) < 0) || (rc = bind_addr(l, addr)) < 0)
        goto failed;
    if ((rc = uv_poll_init(&w->loop, &l->poll, l->fd)) < 0) {
        close(l->fd);
        rc = ctx_fail(w, WICK_E_IO, "listen: %s", uv_strerror(rc));
        goto failed;
    }
    l->poll.data = l;
    uv_poll_start(&l->poll, UV_READABLE, ready);
    l->next = w->sockets->listeners;
    w->sockets->listeners = l;
    *out = l;
    return WICK_OK;

failed:
    mem_free(w, l);
    return rc;
}

int sock_listener_port(const sock_listener *l)
{
    return l->port;
}

static void gone(uv_handle_t *h)
{
    sock_listener *l = h->data;

    l->w->sockets->handles--;
    mem_free(l->w, l);
}

void sock_listener_close(sock_listener *l)
{
    sock_listener **at;

    if (!l)
        return;
    for (at = &l->w->sockets->listeners; *at != l; at = &(*at)->next)
        ;
    *at = l->next;
    uv_poll_stop(&l->poll);
    close(l->fd);                               /* now, so that its port is free at once */
    l->fd = -1;
    l->w->sockets->handles++;
    uv_close((uv_handle_t *)&l->poll, gone);
}
