/* SPDX-License-Identifier: Apache-2.0
 * Inside the simulator: the world, its markets and its clients, shared by the sim_*.c files. */
#ifndef WICK_SOURCE_SIM_WORLD_H
#define WICK_SOURCE_SIM_WORLD_H

#include "sim.h"
#include "sim_fault.h"
#include "sim_text.h"

enum { SIM_REPLAY = 20, SIM_HELD_MAX = 4096, SIM_FIFO = 65536, SIM_LIMITS = 5 };

typedef struct sim_conf {
    uint64_t seed, count;               /* count 0: for ever */
    int64_t  rate_milli, start_ns, after_ns, listing_ns, heartbeat_ns, ping_ns, settle_ns;
    int64_t  max_sockets, max_subs;     /* 0: no bound */
    int      form, live, hold, early, refuse_open, channels;
    char    *keys;                      /* "A,B", NULL: none is asked for */
    int64_t  limits[SIM_LIMITS];        /* REST calls a second, minute, hour, day, month */
    sim_fault faults[SIM_FAULTS_MAX];
    uint32_t fault_count;
} sim_conf;

typedef struct sim_market {
    sim_spot   spot;
    char       head[160];
    uint32_t   head_size, latest_count;
    int        begun;                   /* somebody has subscribed: its trades happen */
    uint64_t   gap, dropped, next;      /* trades to withhold; hidden from CCSEQ; recording: next ordinal */
    sim_trade *latest;                  /* ring of SIM_REPLAY, made when it begins */
    sim_ledger ledger;
} sim_market;

typedef struct sim_held { sim_trade trade; uint64_t due; } sim_held;   /* late; due 0: behind its market's next */

typedef struct sim_sub { uint32_t channel, market, unit; struct sim_ticker *ticker; } sim_sub;

struct sim_conn {
    sim      *s;
    sim_conn *next;
    void     *user;
    buf       out;                      /* records that wait, from out_at on */
    size_t    out_at;
    sim_sub  *subs;
    uint32_t  sub_count, sub_cap, trade_subs, id;
    uint8_t  *hears;                    /* a byte a market: subscribed to its trades */
    uint64_t  key;                      /* hash of its API key, 0: none */
    int       muted, stalled, quiet, closing, slow_pongs, pings, dead, out_of_memory;
    int64_t   next_heartbeat_ns, next_ping_ns, ping_ns;    /* ping_ns: when the open ping went out, 0: none */
    int64_t   slow, slow_ns, slow_left; /* trades a second (0: no bound), since when, and left */
};

struct sim {
    wick       *w;
    sim_conf    conf;
    sim_market *markets;
    uint32_t    market_count, market_cap, conn_count, next_conn, held_count, fifo_head, fifo_count;
    sim_slots   slots;
    sim_conn   *conns;
    struct sim_ticker *tickers;
    sim_held   *held;
    sim_trade  *fifo;                   /* of a recording */
    int         begun, recorded, frozen, fifo_was_full, more, refuse_next;
    uint64_t    slot, first_block, happened, delivered, unheard;        /* unheard: trades still to happen while all are cut */
    int64_t     opened_ns, begun_ns, clock_ns, wall_ns, last_ns, settled_ns;
    int64_t     call_window[SIM_LIMITS], calls[SIM_LIMITS];    /* REST: which second, minute ... it is; calls in it */
};

/* sim_conf.c */
int  sim_conf_read(sim *s, const char *options);
/* sim_play.c: a market is subscribed for the first time; the world too, with its first. */
int  sim_begin(sim *s, uint32_t market, int64_t now_ns);
int  sim_market_add(sim *s, const char *name, size_t size, uint32_t *out);
/* sim_conn.c: queue a message; parts 1, fact NULL but for trades. A failure closes the client. */
void sim_say(sim_conn *c, const char *text, size_t size, const sim_fact *fact, uint32_t parts);
void sim_say_trade(sim_conn *c, const sim_trade *t);
void sim_ping(sim_conn *c);
void sim_leave(sim_conn *c, int how);
void sim_expel(sim_conn *c);            /* FORCE_DISCONNECT */
int  sim_listens(const sim_conn *c);    /* it stands, is not muted and has subscribed to trades */
int  sim_has_room(sim_conn *c, int64_t now_ns);
/* sim_strike.c: faults of connections, by time and by trade. */
void sim_strike_time(sim *s, int64_t now_ns);
void sim_strike(sim *s, const sim_fault *f, int turn, int64_t now_ns);
void sim_strike_new(sim *s, sim_conn *c, int64_t now_ns);
int  sim_refuses(sim *s, sim_fault_kind kind);      /* a new connection meets this fault */
/* sim_emit.c: a trade happens, with whatever faults do to it; late ones that are due. */
int  sim_emit(sim *s, sim_trade *t, int64_t now_ns);
void sim_emit_held(sim *s, int all);
int  sim_happens(sim *s, sim_trade *t);     /* into the ledger and the latest, without sending it */
/* sim_session.c */
void sim_welcome(sim_conn *c, int64_t now_ns);
void sim_keep_alive(sim_conn *c, int64_t now_ns);   /* heartbeat, ping, slow pongs */
int  sim_let_in(const char *keys, const char *target, const char *headers, uint64_t *key);   /* 1, 0; -1: no key */
/* sim_index.c: channels 2, 5 and 24. */
struct sim_ticker *sim_ticker_get(sim *s, uint32_t channel, const char *venue, const char *base, const char *quote,
                                  uint32_t unit);
int  sim_ticker_covers(const struct sim_ticker *t, const sim_spot *m);
void sim_ticker_first(sim_conn *c, struct sim_ticker *t);
void sim_ticker_trade(sim *s, const sim_trade *t);
void sim_tickers_fini(sim *s);

#endif
