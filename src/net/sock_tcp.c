/* SPDX-License-Identifier: Apache-2.0
 * TCP: our own recv() and send() under uv_poll, with TLS over it where we open it (sock_tls.c). Not
 * by libwebsockets, whose raw role closes a connection whose peer has only finished sending (its
 * answer is lost), and drops what was received before a reset. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sock_tls.h"

enum { READS_MAX = 4, SEND_MAX = 1 << 20 };     /* a turn of the loop, so that others get theirs */

static void ready(uv_poll_t *h, int status, int events);

static void listen_for(sock *s, int events)
{
    if (s->events == events)
        return;
    s->events = events;
    if (events)
        uv_poll_start(&s->poll, events, ready);
    else
        uv_poll_stop(&s->poll);
}

static void update(sock *s)
{
    int events = s->size ? UV_WRITABLE : 0;

    if (s->broken) { /* libuv has stopped it: what waits is read by flush() */
        if (s->flowing)
            sock_mark(s);
        return;
    }
    if (s->flowing && !s->ended)
        events |= UV_READABLE;
    listen_for(s, events);
}

/* Read while the peer has sent and the owner wants it. */
static void receive(sock *s)
{
    uint8_t *rx = s->w->sockets->rx;
    ssize_t n = SOCK_RX_BYTES;

    for (int i = 0; (s->broken || (i < READS_MAX && n == SOCK_RX_BYTES)) && s->flowing; i++) {
        if (s->state == SOCK_DEAD || s->ended)
            return;
        n = s->ssl ? sock_tls_recv(s, rx, SOCK_RX_BYTES) : recv(s->fd, rx, SOCK_RX_BYTES, 0);
        if (n > 0) {
            sock_on_data(s, rx, (size_t)n);
        } else if (n == 0) {
            sock_on_end(s);
            return;
        } else if (errno != EAGAIN && errno != EINTR) {
            sock_fail(s, WICK_E_IO, "%s", strerror(errno));
            return;
        } else if (errno == EAGAIN) {
            if (s->broken)
                sock_fail(s, WICK_E_IO, "connection lost");
            return;
        }
    }
}

/* No output any more. What came before is still to be read, unless it was all. */
static void broke(sock *s)
{
    s->broken = 1;
    listen_for(s, 0);
    if (s->ended)
        sock_fail(s, WICK_E_IO, "connection lost");
    else if (s->flowing)
        receive(s);
    else
        sock_on_broken(s);
}

static void flush(sock *s)
{
    const uint8_t *from;
    size_t size;
    ssize_t n;

    while (s->size && !s->broken) {
        from = s->queue + s->head;
        size = s->size < SEND_MAX ? s->size : SEND_MAX;
        n = s->ssl ? sock_tls_send(s, from, size) : send(s->fd, from, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            s->broken = 1;
            break;
        }
        sock_on_sent(s, (size_t)n);
        if (s->state == SOCK_DEAD)
            return;
    }
    if (s->broken)
        broke(s);
    else if (s->state == SOCK_LINGERING && !s->size && !s->finished)
        sock_on_sent(s, 0);
    if (s->state != SOCK_DEAD)
        update(s);
}

static void shake(sock *s)
{
    int events = 0, rc = s->trust ? sock_tls_shake(s, &events) : 1;

    if (rc == 0) {
        listen_for(s, events);
    } else if (rc < 0) {
        listen_for(s, 0);
        sock_on_refused(s, s->why);
    } else {
        sock_on_open(s);
        if (s->state == SOCK_OPEN) {
            listen_for(s, 0);                   /* bytes may have come with the handshake */
            update(s);
        }
    }
}

static void connected(sock *s)
{
    socklen_t size = sizeof errno;
    int error = 0;

    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        listen_for(s, 0);
        sock_on_refused(s, strerror(error));
    } else {
        shake(s);
    }
}

static void ready(uv_poll_t *h, int status, int events)
{
    sock *s = h->data;

    if (s->state == SOCK_DEAD)
        return;
    if (status < 0)
        s->events = 0;                          /* an error makes libuv stop the handle */
    if (s->state == SOCK_DIALING && s->ssl) {
        shake(s);
        return;
    }
    if (s->state == SOCK_DIALING) {
        connected(s);
        return;
    }
    if (status < 0) {
        broke(s);
        return;
    }
    if (events & UV_WRITABLE)
        flush(s);
    if (s->state != SOCK_DEAD && events & UV_READABLE)
        receive(s);
}

static int use_fd(sock *s, int fd)
{
    int on = 1, rc;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if ((rc = uv_poll_init(&s->w->loop, &s->poll, fd)) < 0)
        return rc;
    s->poll.data = s;
    s->fd = fd;
    s->events = 0;
    return 0;
}

static int dial(sock *s, const struct sockaddr *addr)
{
    socklen_t size = addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                 : sizeof(struct sockaddr_in);
    int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), rc;

    if (fd >= 0 && (connect(fd, addr, size) == 0 || errno == EINPROGRESS)) {
        if ((rc = use_fd(s, fd)) == 0) {
            listen_for(s, UV_WRITABLE);
            return WICK_OK;
        }
        errno = -rc;
    }
    snprintf(s->why, sizeof s->why, "%s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return WICK_E_IO;
}

static void attempt_gone(uv_handle_t *h)
{
    sock *s = h->data;

    sock_tls_free(s);
    close(s->fd);
    s->fd = -1;
    if (s->state == SOCK_DEAD)
        s->freed = 1;
    sock_mark(s);
}

static void again(sock *s)
{
    uv_close((uv_handle_t *)&s->poll, attempt_gone);
}

static int adopt(sock *s, int fd)
{
    int rc = use_fd(s, fd);

    if (rc < 0) {
        close(fd);
        return ctx_fail(s->w, WICK_E_IO, "accept: %s", uv_strerror(rc));
    }
    s->state = SOCK_OPEN;
    update(s);
    return WICK_OK;
}

static void finish(sock *s)
{
    if (s->ssl)
        sock_tls_finish(s);
    shutdown(s->fd, SHUT_WR);
}

static void gone(uv_handle_t *h)
{
    sock *s = h->data;

    sock_tls_free(s);
    close(s->fd);
    sock_freed(s);
}

static void destroy(sock *s)
{
    if (s->fd >= 0 && !uv_is_closing((uv_handle_t *)&s->poll)) {
        uv_close((uv_handle_t *)&s->poll, gone);
    } else if (s->fd < 0 && !sock_dial_pending(s)) {
        s->freed = 1;                           /* no handle whose end could be waited for */
        sock_mark(s);
    }
}

const sock_driver SOCK_TCP = {dial, again, adopt, update, flush, finish, destroy};
