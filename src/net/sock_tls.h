/* SPDX-License-Identifier: Apache-2.0
 * TLS: a layer of ours over TCP for streams that we open, libwebsockets for those that we accept. */
#ifndef WICK_NET_SOCK_TLS_H
#define WICK_NET_SOCK_TLS_H

#include "sockets.h"

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
