/* SPDX-License-Identifier: Apache-2.0
 * Inside of a stream: what a transport must do (TCP, TLS that we accept), and what it reports. */
#ifndef WICK_NET_SOCK_DRIVER_H
#define WICK_NET_SOCK_DRIVER_H

#include "sock.h"

struct lws;
struct ssl_st;

typedef struct sock_driver {            /* none of these calls back before it has returned */
    int  (*connect)(sock *s, const struct sockaddr *addr);  /* then sock_on_open() or _on_refused() */
    void (*again)(sock *s);             /* give this attempt up; sock_mark() when ready for the next */
    int  (*adopt)(sock *s, int fd);     /* an accepted fd: the driver's from now on */
    void (*update)(sock *s);            /* s->flowing or s->ended has changed */
    void (*flush)(sock *s);             /* from the loop: write what the kernel takes */
    void (*finish)(sock *s);            /* all is written: tell the peer that nothing follows */
    void (*destroy)(sock *s);           /* let go of the connection; sock_freed() when done with s */
} sock_driver;
extern const sock_driver SOCK_TCP, SOCK_LWS;

enum { SOCK_DIALING, SOCK_OPEN, SOCK_LINGERING, SOCK_DEAD };

struct sock {
    wick       *w;
    const sock_driver *drv;
    const sock_ops *ops;
    void       *user;
    sock       *prev, *next;            /* in sockets.all */
    sock       *dirty_next;
    uint8_t     state, flowing;
    uint8_t     ended;                  /* the peer sends no more */
    uint8_t     broken;                 /* no output is possible; what came before may be unread */
    uint8_t     finished;               /* our end is sent */
    uint8_t     dirty, freed;           /* in sockets.dirty; and nothing else refers to it */
    uint8_t    *queue;                  /* output: queue[head .. head + size) */
    size_t      head, size, cap, bound;
    uint64_t    sent;
    uint64_t    deadline;               /* by uv_now(), 0: none */
    char        peer[64], why[160];
    struct sock_dial *dial;             /* while connecting */
    uv_poll_t   poll;                   /* sock_tcp.c */
    int         fd, events;
    struct sock_trust *trust;           /* TLS that we opened: sock_tls.c */
    struct ssl_st *ssl;
    struct sock_vhost *vhost;           /* TLS that we accepted: sock_lws.c */
    struct lws *wsi;
};

/* What drivers report. After sock_on_data() and _on_end() they look at s->state and s->flowing. */
void sock_on_open(sock *s);
void sock_on_refused(sock *s, const char *why);         /* this address failed, try the next */
void sock_on_data(sock *s, uint8_t *bytes, size_t size);
void sock_on_end(sock *s);
void sock_on_broken(sock *s);                           /* after setting s->broken */
void sock_on_sent(sock *s, size_t size);                /* the kernel took the queue's first bytes */
void sock_fail(sock *s, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void sock_freed(sock *s);

#endif
