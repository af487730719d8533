/* SPDX-License-Identifier: Apache-2.0
 * The HTTP server's inside: its bounds, its counters, its table of connections. */
#ifndef WICK_SERVE_SERVE_H
#define WICK_SERVE_SERVE_H

#include "../core/stage.h"
#include "../net/sock.h"

enum {
    SERVE_CONNS_MAX = 1024,             /* a power of two: a request's id ends in its connection's place */
    SERVE_FLIGHT_MAX = 16,              /* requests of one connection that are not fully answered */
    SERVE_AHEAD_BYTES = 1 << 20,        /* answers waiting on a connection before it may ask for more */
    SERVE_PIECE_BYTES = 256 << 10,      /* of an answer, handed to the socket at a time */
    SERVE_REQUEST_MS = 10000,           /* for a whole request, from its first byte or the connection's */
    SERVE_IDLE_MS = 60000,              /* between requests */
    SERVE_STUCK_MS = 30000,             /* output that does not move */
    SERVE_ANSWER_MS = 120000,           /* for the script to answer */
    SERVE_SWEEP_MS = 250
};
#define SERVE_OUT_BYTES ((size_t)512 << 20)     /* answers waiting on all connections: then 503 */

enum {                                  /* wick_stage.stats of a server */
    SERVE_OPEN, SERVE_ACCEPTED, SERVE_REQUESTS, SERVE_REFUSED, SERVE_BYTES_IN, SERVE_BYTES_OUT,
    SERVE_UPGRADES, SERVE_TIMEOUTS, SERVE_IN_FLIGHT
};

struct http_conn;

typedef struct server {
    wick_stage  st;
    sock_listener *listener;
    uv_timer_t *sweep;                  /* on the heap: it outlives the server until the loop turns */
    struct http_conn *conns[SERVE_CONNS_MAX];
    uint64_t    next_id;
    size_t      waiting;                /* bytes of answers on all connections */
} server;

#endif
