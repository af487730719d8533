/* SPDX-License-Identifier: Apache-2.0
 * The HTTP server's inside: its table of connections, and the requests in flight on each. */
#ifndef WICK_SERVE_SERVE_H
#define WICK_SERVE_SERVE_H

#include "../core/stage.h"
#include "../net/sock.h"
#include "http_read.h"

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

typedef struct http_slot {              /* a request, from its last byte until its answer is written */
    uint64_t    id;
    uint8_t     emitted, answered, head_only, keep, minor, upgrade;
    uint64_t    since;                  /* uv_now() when it came */
    size_t      sent;                   /* bytes of out that the socket has taken */
    buf         out;                    /* the answer */
} http_slot;

typedef struct server server;

typedef struct http_conn {
    server     *sv;
    sock       *s;
    uint32_t    place;                  /* in the server's table */
    http_reader reader;
    http_slot   flight[SERVE_FLIGHT_MAX];   /* a ring: first, count */
    uint32_t    first, count;
    uint8_t     ended;                  /* the peer sends no more */
    uint8_t     stopped;                /* no more is read: what is in flight is the last */
    uint8_t     held;                   /* no more is read until the upgrade in flight is answered */
    uint8_t     fresh;                  /* nothing was ever asked */
    uint64_t    since;                  /* begin of the wait for a request */
    uint64_t    moved, moved_sent;      /* when output moved last, and how far it was */
    size_t      waiting;                /* bytes of answers in flight */
} http_conn;

struct server {
    wick_stage  st;
    sock_listener *listener;
    uv_timer_t *sweep;                  /* on the heap: it outlives the server until the loop turns */
    http_conn  *conns[SERVE_CONNS_MAX];
    uint64_t    next_id;
    size_t      waiting;                /* bytes of answers on all connections */
};

/* http_conn.c */
void http_conn_accept(server *sv, sock *s);
/* Write what can be written, read on, close when all is done. c may be gone after it. */
void http_conn_pump(http_conn *c);
void http_conn_free(http_conn *c, int how);             /* closes its socket */
void http_conn_sweep(http_conn *c, uint64_t now);       /* deadlines; c may be gone after it */
/* http_flight.c: requests in flight */
http_slot *http_slot_find(http_conn *c, uint64_t id);   /* NULL: no such request waits for an answer */
http_slot *http_slot_push(http_conn *c);                /* there must be room */
void http_slot_pop(http_conn *c);
void http_slot_emit(http_conn *c, http_slot *slot);     /* as WICK_EV_REQUEST; or it is answered 503 */
/* Set a slot's answer. ARG: status or headers; NOMEM. */
int  http_slot_answer(http_conn *c, http_slot *slot, int status, const char *headers, const void *body,
                      size_t size);
/* Answer by the server itself; the connection ends behind it. */
void http_slot_problem(http_conn *c, http_slot *slot, int status, const char *detail);

#endif
