/* SPDX-License-Identifier: Apache-2.0
 * Inside of TLS: what sock_lws.c (streams) and sock_vhost.c (lws itself, certificates) share. */
#ifndef WICK_NET_SOCK_LWS_H
#define WICK_NET_SOCK_LWS_H

#include <libwebsockets.h>

#include "sock_tls.h"

#define SOCK_LWS_PROTOCOL "wick"

int  sock_lws_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                       size_t size);
struct lws_vhost *sock_vhost_lws(const struct sock_vhost *v);
void sock_lws_enter(wick *w);           /* from here to leave, lws's log is this context's */
void sock_lws_leave(void);

#endif
