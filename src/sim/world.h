/* SPDX-License-Identifier: Apache-2.0
 * Inside the simulator: the world, its markets and its clients, shared by this room's files. */
#ifndef WICK_SIM_WORLD_H
#define WICK_SIM_WORLD_H

#include "conf.h"
#include "conn.h"
#include "market.h"
#include "report.h"
#include "slots.h"

enum { SIM_HELD_MAX = 4096, SIM_FIFO = 65536 };

typedef struct sim_held {               /* a trade that is late */
    sim_trade trade;
    uint64_t  due;                      /* 0: behind its market's next */
} sim_held;

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
    int         begun, recorded, frozen, fifo_was_full, more, refuse_next, tape_over;
    uint64_t    slot, first_block, happened, delivered;
    uint64_t    unheard;                /* trades still to happen in the moment of a cut */
    int64_t     opened_ns, begun_ns, clock_ns, wall_ns, last_ns, settled_ns;
    int64_t     call_window[SIM_LIMITS];    /* REST: which second, minute ... it is */
    int64_t     calls[SIM_LIMITS];          /* and the calls in it */
};

/* sim_play.c */
int  sim_full(const sim *s);            /* all trades have happened; some may be late */
/* sim_strike.c: faults of connections, by time and by trade. */
void sim_strike_time(sim *s, int64_t now_ns);
void sim_strike(sim *s, const sim_fault *f, int turn, int64_t now_ns);
void sim_strike_new(sim *s, sim_conn *c, int64_t now_ns);
int  sim_refuses(sim *s, sim_fault_kind kind);      /* a new connection meets this fault */
/* sim_emit.c: a trade happens, with whatever faults do to it; late ones that are due. */
int  sim_emit(sim *s, sim_trade *t, int64_t now_ns);
void sim_emit_held(sim *s, int all);
int  sim_happens(sim *s, sim_trade *t);     /* into the ledger and the latest, without sending it */
/* sim_index.c: channels 2, 5 and 24. */
struct sim_ticker *sim_ticker_get(sim *s, uint32_t channel, const char *venue, const char *base,
                                  const char *quote, uint32_t unit);
int  sim_ticker_covers(const struct sim_ticker *t, const sim_spot *m);
void sim_ticker_first(sim_conn *c, struct sim_ticker *t);
void sim_ticker_trade(sim *s, const sim_trade *t);
void sim_tickers_fini(sim *s);

#endif
