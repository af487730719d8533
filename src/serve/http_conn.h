/* SPDX-License-Identifier: Apache-2.0
 * One HTTP connection and its requests in flight: http_conn.c and http_flight.c. */
#ifndef WICK_SERVE_HTTP_CONN_H
#define WICK_SERVE_HTTP_CONN_H

#include "http_read.h"
#include "serve.h"

typedef struct http_slot {              /* a request, from its last byte until its answer is written */
    uint64_t    id;
    uint8_t     emitted, answered, head_only, keep, minor, upgrade;
    uint64_t    since;                  /* uv_now() when it came */
    size_t      sent;                   /* bytes of out that the socket has taken */
    buf         out;                    /* the answer */
} http_slot;

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
