/* SPDX-License-Identifier: Apache-2.0
 * Inside of the sockets of one context: its streams, listeners and what they share. */
#ifndef WICK_NET_SOCKETS_H
#define WICK_NET_SOCKETS_H

#include "sock_driver.h"

struct lws_context;

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

#endif
