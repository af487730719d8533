/* SPDX-License-Identifier: Apache-2.0
 * The CryptoCompare simulator without sockets and without a clock: its caller says what time it is,
 * hands in what clients send, and takes out what they are to be sent. Its owner may be a server
 * (sim_stage.c) or a source in the same process (source_sim.c). One thread. */
#ifndef WICK_SIM_SIM_H
#define WICK_SIM_SIM_H

#include "../core/stage.h"
#include "truth.h"

typedef struct sim sim;
typedef struct sim_conn sim_conn;       /* one client */

enum { SIM_ROOM = 256 << 10 }; /* bytes that wait for a client while the world goes on for it */

/* options: "key=value" lines, see sim_conf.c. live: the world catches up flat out and then follows
 * the clock. ARG with wick_error(). */
int  sim_open(wick *w, const char *options, int live, int64_t now_ns, sim **out);
/* live: the time to begin at: `after`, `start`, or an hour ago. Ask once, before all else. */
int64_t sim_from(sim *s, int64_t now_ns);
void sim_close(sim *s);                 /* NULL is fine; frees its clients too */

/* A client connects; target and headers ("name: value\n") are its request's. NULL: cut it. */
sim_conn *sim_connect(sim *s, const char *target, const char *headers, int64_t now_ns);
void sim_gone(sim_conn *c); /* it is not there any more; what waited for it was not delivered */
void sim_hear(sim_conn *c, const char *text, size_t size, int64_t now_ns);
void sim_pong(sim_conn *c, int64_t now_ns);

/* Let time move to now_ns: heartbeats, pings, faults, and at most `budget` trades. Returns how many
 * trades happened; negative: the truth cannot be kept any more (NOMEM, or DATA: over 38 digits). */
int  sim_play(sim *s, int64_t now_ns, uint32_t budget);
/* Ns until it must be played again if nothing else happens, 0: at once. */
int64_t sim_wait(const sim *s, int64_t now_ns);

typedef struct sim_message {
    uint32_t kind;                      /* WS_TEXT or WS_PING */
    uint32_t parts; /* frames to cut it into; 0: it is no UTF-8, the client must close */
    uint32_t size;
    const char *bytes;                  /* borrowed until sim_sent() */
    const sim_fact *fact; /* the trade in it, NULL: none; sim_delivered() when it has left */
} sim_message;
int  sim_next(sim_conn *c, sim_message *out);       /* 0: nothing waits */
void sim_sent(sim_conn *c);             /* that message is on its way */
int  sim_delivered(sim *s, const sim_fact *fact);   /* OK or NOMEM */

enum { SIM_STANDS = 0, SIM_LEAVES = 1, SIM_CUTS = 2 };
/* What is to be done when nothing waits any more: LEAVES: close politely, CUTS: once a pong has
 * shown that all has arrived, abort without a close frame. */
int  sim_closing(const sim_conn *c);
int  sim_cut_done(const sim_conn *c);   /* CUTS, and all has arrived */
int  sim_stalled(const sim_conn *c);    /* read nothing from it and send nothing */

/* Trades of a recording instead of synthetic ones, said before the first client comes; then
 * batches: OK, AGAIN (enough for now), NOMEM, or the error. */
void sim_recording(sim *s);
void sim_recording_over(sim *s);        /* there is no more of it */
int  sim_take(sim *s, const wick_batch *b);
int  sim_wants(const sim *s);           /* there is room for another batch */

#endif
