/* SPDX-License-Identifier: Apache-2.0
 * One client of the simulator, inside. */
#ifndef WICK_SIM_CONN_H
#define WICK_SIM_CONN_H

#include "sim.h"

struct sim_ticker;

typedef struct sim_sub { uint32_t channel, market, unit; struct sim_ticker *ticker; } sim_sub;

struct sim_conn {
    sim      *s;
    sim_conn *next;
    buf       out;                      /* records that wait, from out_at on */
    size_t    out_at;
    sim_sub  *subs;
    uint32_t  sub_count, sub_cap, trade_subs, id;
    uint8_t  *hears;                    /* a byte a market: subscribed to its trades */
    uint64_t  key;                      /* hash of its API key, 0: none */
    int       muted, stalled, quiet;    /* faults: says nothing; and reads nothing; no heartbeat */
    int       closing, dead, out_of_memory; /* SIM_LEAVES ...; dead: it is told nothing more */
    int       pings, slow_pongs;        /* not yet answered; answered late in a row */
    int64_t   next_heartbeat_ns, next_ping_ns;
    int64_t   ping_ns;                  /* when the oldest open ping went out, 0: none */
    int64_t   slow, slow_ns, slow_left; /* trades a second (0: no bound), since when, and left */
};

/* Queue a message; parts 1, fact NULL but for trades. A failure closes the client. */
void sim_say(sim_conn *c, const char *text, size_t size, const sim_fact *fact, uint32_t parts);
void sim_say_trade(sim_conn *c, const sim_trade *t);
void sim_ping(sim_conn *c);
void sim_leave(sim_conn *c, int how);
void sim_expel(sim_conn *c);            /* FORCE_DISCONNECT */
int  sim_listens(const sim_conn *c);    /* it stands, is not muted and has subscribed to trades */
int  sim_has_room(sim_conn *c, int64_t now_ns);
/* Whether a request's API key is among them (NULL: all are let in): 1, 0; -1: it has none. */
int  sim_let_in(const char *keys, const char *target, const char *headers, uint64_t *key);

/* sim_session.c */
void sim_welcome(sim_conn *c, int64_t now_ns);
void sim_keep_alive(sim_conn *c, int64_t now_ns);   /* heartbeat, ping, slow pongs */
/* sim_subs.c: 0: there is no such thing, and why is in info. */
enum { SIM_SUB_MAX = 200, SIM_INFO_MAX = 6 * SIM_SUB_MAX + 400 };
int  sim_sub_resolve(sim *s, const char *text, sim_sub *out, char *info);
sim_sub *sim_sub_find(sim_conn *c, const sim_sub *x);
int  sim_sub_keep(sim_conn *c, const sim_sub *x, int64_t now_ns);  /* NOMEM; its markets begin */
void sim_sub_drop(sim_conn *c, sim_sub *have);
void sim_sub_first(sim_conn *c, const sim_sub *x); /* what a new subscription is answered with */

#endif
