/* SPDX-License-Identifier: Apache-2.0
 * Who speaks on a WebSocket that arrived at the HTTP server: a stage whose ops->peer is set takes connections from
 * wick_serve_upgrade(). It sends with wsconn_send() and friends; what it has open when it closes it must abort. */
#ifndef WICK_NET_WS_PEER_H
#define WICK_NET_WS_PEER_H

#include "../core/stage.h"
#include "wsconn.h"

typedef struct ws_peer {
    /* A connection stands: *user goes to the other callbacks. target and headers ("name: value\n" lines) are
     * those of its request, borrowed. Negative: refused, the connection is cut and closed() does not come. */
    int  (*opened)(wick_stage *s, wsconn *c, const char *target, const char *headers, void **user);
    wsconn_ops ops;                     /* opened is not called; messages, pong, writable, closed are */
} ws_peer;

#endif
