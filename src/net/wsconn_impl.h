/* SPDX-License-Identifier: Apache-2.0
 * Inside of a WebSocket connection, shared by wsconn.c, wsconn_open.c and wsconn_send.c. */
#ifndef WICK_NET_WSCONN_IMPL_H
#define WICK_NET_WSCONN_IMPL_H

#include "handshake.h"
#include "wsconn.h"

enum { WSCONN_DIALING, WSCONN_SHAKING, WSCONN_OPEN, WSCONN_CLOSING, WSCONN_DEAD };

struct wsconn {
    wick       *w;
    sock       *s;                      /* NULL once it is closed */
    const wsconn_ops *ops;
    void       *user;
    ws_reader   reader;
    uint8_t     state, flowing, handles;
    int         peer_code;              /* of the close frame that came, 0: none */
    buf         held;                   /* handshake; then bytes read that must wait for wsconn_flow() */
    buf         protocol;               /* 0-terminated when one was asked for */
    char        key[HANDSHAKE_KEY];
    uv_timer_t  deadline, resume;
    uint32_t    keys_left;
    uint8_t     keys[256];              /* random: mask keys to come */
};

wsconn *wsconn_new(wick *w, int side, const wsconn_conf *conf, const wsconn_ops *ops, void *user);
void wsconn_release(wsconn *c);
void wsconn_end(wsconn *c, int how, int status, int code, const char *why);
void wsconn_resumed(uv_timer_t *t);
void wsconn_feed(wsconn *c, uint8_t *in, size_t size);
int  wsconn_frame(wsconn *c, int opcode, const void *bytes, size_t size);
extern const sock_ops WSCONN_SOCK;

#endif
