/* SPDX-License-Identifier: Apache-2.0
 * Coverage of one market (design.md §7): what marks and trades say about when it was heard. Spans of time that were
 * not heard are gaps (gaps.h); before from_ns and behind to_ns nothing was heard. Only what is in the log goes in, so
 * everybody who reads it decides the same.
 *
 * A connection is fresh until it has delivered the trades that its subscription repeats. A known one among them
 * proves that nothing is missing since; else the gap lasts from the last known trade (or the last sign of life) to
 * the oldest of them, or to the OPEN; where trades are numbered, their numbers say it. A late trade is not where the
 * venue began to repeat: one that is older than the last known trade or out of an order that the others keep says
 * nothing, and of a market whose trades have come so late, the oldest proves only what lies so much behind it.
 * Until a connection that has begun says from when it covers (an OPEN, or one with from_ns INT64_MAX before it:
 * "begun"), the watermark stands still. */
/* lint: allow size the rules of its heading belong to the fields below */
#ifndef WICK_AGG_COVER_H
#define WICK_AGG_COVER_H

#include "gaps.h"

enum { COVER_PAST = 64, COVER_WAIT = 4096 };
enum { COVER_NEVER = 0, COVER_CLOSED = 1, COVER_BEGUN = 2, COVER_OPEN = 3 };

typedef struct cover_span { int64_t from_ns, to_ns; } cover_span;

typedef struct cover {
    int64_t  from_ns, to_ns;            /* INT64_MAX, INT64_MIN: never heard */
    int64_t  watermark_ns, delay_ns;
    int64_t  top[2];                    /* the two greatest trade times */
    uint64_t conn;
    uint32_t state;                     /* COVER_* */
    uint32_t changed;                   /* counts changes of gaps, from_ns and state */
    gaps     gaps;
    /* The fresh connection. */
    int      fresh, proven;
    int64_t  open_ns;                   /* from when the last OPEN covers; INT64_MIN: not known */
    uint32_t seen, repeats;             /* trades since it began; how many of them may be repeated ones */
    cover_gap gap;                      /* not in gaps yet */
    int64_t  trade_ns, bound_ns;        /* the last known trade before it; it ends there at the latest */
    struct cover_order {                /* new trades that may be repeated ones, as they came */
        int64_t first_ns, last_ns, least_ns;
        uint32_t count, downs;
    } order;
    int64_t  late_ns;                   /* how late trades have come while we listened */
    int64_t  past[COVER_PAST];          /* to_ns before each of the last trades, free running by `arrived` */
    uint32_t arrived, known_at;         /* known_at: `arrived` of the last known trade, 0: none */
    int64_t  known_ns;
    cover_span snapshot;                /* trades marked as older ones since the OPEN: to_ns before, the oldest */
    int64_t  before_ns;                 /* the last trade before those */
} cover;

typedef struct cover_kept {             /* what is kept with the market's state, beside marks and gaps */
    struct gaps_top numbers;
    int64_t  last_ns, trade_ns, late_ns, spare;
} cover_kept;

void cover_init(cover *c, int64_t delay_ns);
void cover_fini(wick *w, cover *c);
/* From when on a connection has delivered everything, if this is the oldest trade that it repeats. */
int64_t cover_began(const cover *c, int64_t time_ns);
/* The oldest of those that it repeats, this one among them. Where nearly all come in the order of their times, one
 * that does not is late, and the first is the oldest. */
int64_t cover_oldest(struct cover_order *o, int64_t time_ns);
cover_kept cover_keep(const cover *c);
void cover_again(cover *c, const cover_kept *k);
/* A mark that concerns this market. OK or NOMEM. */
int  cover_mark(wick *w, cover *c, const wick_mark *m);
/* A trade, known (1), new (0), or one that may be either, before it is folded. */
enum { COVER_UNSURE = 2 };
int  cover_trade(wick *w, cover *c, const wick_tick *t, int known);
/* [begin, end) was heard from its first to its last instant. */
int  cover_complete(const cover *c, int64_t begin_ns, int64_t end_ns);
/* Whether a trade of that time must have been heard before. */
int  cover_heard(const cover *c, int64_t time_ns);
/* Close everything up to here early: never goes back. */
void cover_push(cover *c, int64_t watermark_ns);
/* From cut_ns on another source is heard: up to there what is missing stays missing. */
int  cover_cut(wick *w, cover *c, int64_t cut_ns);

#endif
