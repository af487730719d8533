/* SPDX-License-Identifier: Apache-2.0
 * A WebSocket connection over a socket: client (with its opening handshake) and server (after an HTTP upgrade).
 * Pings are answered and the closing handshake is kept here. As with sockets, callbacks come from the loop, and a
 * connection ends once: by closed(), or by its owner's wsconn_abort(); then it must not be touched again. */
#ifndef WICK_NET_WSCONN_H
#define WICK_NET_WSCONN_H

#include "sock.h"
#include "ws.h"

enum { WSCONN_MESSAGE_BYTES = 16 << 20, WSCONN_FRAGMENTS = 65536, WSCONN_BATCH = 256, WSCONN_CLOSE_MS = 3000 };

typedef struct wsconn wsconn;

typedef struct wsconn_ops {
    void (*opened)(wsconn *c, void *user);                      /* client: the handshake is done */
    /* Text and binary messages in order, at most WSCONN_BATCH, borrowed. After wsconn_flow(c, 0) from in here no
     * further call comes until wsconn_flow(c, 1). */
    void (*messages)(wsconn *c, void *user, const ws_message *m, uint32_t count);
    void (*pong)(wsconn *c, void *user);                        /* NULL: not interested */
    void (*writable)(wsconn *c, void *user);                    /* the output queue has run empty */
    /* status: OK for a clean close, else WICK_E_*; code: the close code (WS_ABNORMAL: none came). */
    void (*closed)(wsconn *c, void *user, int status, int code, const char *why);
} wsconn_ops;

typedef struct wsconn_conf {            /* zeroed: the defaults */
    const char *headers;                /* client: "name: value\n" lines to send along */
    const char *protocol;               /* client: Sec-WebSocket-Protocol to ask for */
    const char *ca_file;                /* client: instead of the system's CAs */
    int         insecure;               /* client: any certificate will do (tests) */
    int         timeout_ms;             /* client: connect and handshake together, default SOCK_CONNECT_MS */
    size_t      max_message;            /* default WSCONN_MESSAGE_BYTES */
    uint32_t    max_fragments;          /* default WSCONN_FRAGMENTS */
    size_t      queue_bytes;            /* bound of the output, default SOCK_QUEUE_BYTES */
} wsconn_conf;

/* Connect to a ws:// or wss:// URL. ARG: not a URL (wick_error); later failures end in closed(). */
int  wsconn_connect(wick *w, const char *url, const wsconn_conf *conf, const wsconn_ops *ops, void *user,
                    wsconn **out);
/* Speak WebSocket on a stream that was upgraded; `rest` came behind the request. Takes over s on success. */
int  wsconn_accept(sock *s, const uint8_t *rest, size_t rest_size, const wsconn_conf *conf,
                   const wsconn_ops *ops, void *user, wsconn **out);

/* Queue a message: OK; AGAIN: too much waits (writable() will come), nothing was queued; CLOSED; NOMEM. */
int  wsconn_send(wsconn *c, int kind, const void *bytes, size_t size);          /* WS_TEXT or WS_BINARY */
int  wsconn_send_parts(wsconn *c, int kind, const void *bytes, size_t size, uint32_t parts);    /* fragmented */
int  wsconn_ping(wsconn *c, const void *bytes, size_t size);
size_t wsconn_waiting(const wsconn *c);         /* bytes of output not yet taken by the kernel */
void wsconn_flow(wsconn *c, int on);            /* off: read nothing more; the peer feels it */
void wsconn_close(wsconn *c, int code, const char *reason);    /* closing handshake; closed() comes */
void wsconn_abort(wsconn *c);                   /* cut at once, without a close frame; no callback comes */
void wsconn_take(wsconn *c, void *user);        /* what its callbacks get from now on */

#endif
