/* SPDX-License-Identifier: Apache-2.0
 * Inside of the sockets: the stream, what a transport must do (plain TCP, TLS), and what it reports. */
#ifndef WICK_NET_SOCK_IMPL_H
#define WICK_NET_SOCK_IMPL_H

#include "sock.h"

struct lws;
struct lws_context;
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
    uint8_t     dirty;                  /* in sockets.dirty */
    uint8_t     finished;               /* our end is sent */
    uint8_t     freed;                  /* nothing refers to it but sockets.dirty */
    uint8_t    *queue;                  /* output: queue[head .. head + size) */
    size_t      head, size, cap, bound;
    uint64_t    sent;
    uint64_t    deadline;               /* by uv_now(), 0: none */
    char        peer[64];
    char        why[160];
    struct sock_dial *dial;             /* while connecting */
    uv_poll_t   poll;                   /* sock_tcp.c */
    int         fd, events;
    struct sock_trust *trust;           /* TLS that we opened: sock_tls.c */
    struct ssl_st *ssl;
    struct sock_vhost *vhost;           /* TLS that we accepted: sock_lws.c */
    struct lws *wsi;
};

struct sock_listener {
    wick       *w;
    uv_poll_t   poll;
    int         fd, port, paused;
    struct sock_vhost *vhost;           /* TLS */
    void      (*accepted)(void *user, sock *s);
    void       *user;
    sock_listener *next;                /* in sockets.listeners */
};

typedef struct sockets {                /* once a context, made by the first socket */
    wick       *w;
    sock       *all, *dirty;
    sock_listener *listeners;
    uv_idle_t   flush;                  /* runs while something is dirty */
    uv_timer_t  sweep;                  /* looks after deadlines */
    uint32_t    handles, lingering;
    uint8_t     sweeping;
    uint8_t    *rx;                     /* SOCK_RX_BYTES, shared: data is taken at once */
    struct sock_trust *trusts;
    struct lws_context *lws;            /* made by the first TLS listener */
    struct lws *lws_inside;             /* whose callback is running */
    uv_prepare_t lws_before;            /* around polling: whose lws speaks */
    uv_check_t  lws_after;
    struct sock_vhost *vhosts;
} sockets;

int  sockets_get(wick *w);              /* makes w->sockets when it is not there */
void sockets_handle_gone(uv_handle_t *h);
sock *sock_new(wick *w, const sock_driver *drv);
void sock_mark(sock *s);                /* dirty: flush() will be called from the loop */
void sock_watch(sock *s, uint64_t after_ms);    /* set its deadline; 0: none */
void sock_name_peer(sock *s, const struct sockaddr *addr);
void sock_dial_step(sock *s);
void sock_dial_timeout(sock *s);
int  sock_dial_pending(const sock *s);  /* a lookup still refers to s */
const char *sock_dial_host(const sock *s, int *port);   /* as it was given to sock_connect() */
void sock_dial_free(sock *s);
void sock_listeners_resume(sockets *n);

/* What drivers report. After sock_on_data() and _on_end() they look at s->state and s->flowing. */
void sock_on_open(sock *s);
void sock_on_refused(sock *s, const char *why);         /* this address failed, try the next */
void sock_on_data(sock *s, uint8_t *bytes, size_t size);
void sock_on_end(sock *s);
void sock_on_sent(sock *s, size_t size);                /* the kernel took the queue's first bytes */
void sock_fail(sock *s, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void sock_freed(sock *s);

/* TLS that we open: a layer over TCP. */
int  sock_trust_get(wick *w, const sock_tls *tls, struct sock_trust **out);
void sock_trusts_free(sockets *n);
/* 1: the handshake is done; 0: it goes on after *events; -1: s->why. */
int  sock_tls_shake(sock *s, int *events);
ssize_t sock_tls_recv(sock *s, uint8_t *to, size_t size);           /* as recv() and send() */
ssize_t sock_tls_send(sock *s, const uint8_t *from, size_t size);
void sock_tls_finish(sock *s);
void sock_tls_free(sock *s);

/* TLS that we accept. */
int  sock_vhost_get(wick *w, const sock_tls *tls, struct sock_vhost **out);
void sock_lws_close(sockets *n);

#endif
