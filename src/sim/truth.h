/* SPDX-License-Identifier: Apache-2.0
 * The truth of a simulation: per market and minute what happened and what was delivered, folded
 * exactly and on its own (it shares no code with agg, so that it can judge it). A trade counts as
 * delivered once, however often it was. */
#ifndef WICK_SIM_TRUTH_H
#define WICK_SIM_TRUTH_H

#include "../core/dec.h"
#include "../core/mem.h"
#include "spot.h"

enum {
    SIM_SEEN = 65536, /* trades back to which a market's deliveries are told apart */
    SIM_ROWS_MAX = 1 << 20 /* minutes a market, about two years */
};

typedef struct sim_fold {
    uint64_t trades;
    sim_fact first, last;               /* by (time, id, ordinal); they carry open and close */
    int64_t  high, low;
    int8_t   high_exp, low_exp;
    int16_t  volume_exp, quote_exp;
    i128     volume, quote;
} sim_fold;

typedef struct sim_row {
    int64_t  minute_ns;
    sim_fold all, got;                  /* what happened; what was delivered of it */
} sim_row;

typedef struct sim_ledger {             /* one market; zeroed at the begin */
    sim_row  *rows;                     /* ascending */
    uint32_t  count, cap;
    uint64_t *seen;                     /* ring of bits by ordinal */
    int64_t   begin_ns;                 /* its first trade */
} sim_ledger;

void sim_ledger_fini(sim_ledger *l, wick *w);
/* A trade happened; ordinals ascend. */
int  sim_ledger_happened(sim_ledger *l, wick *w, const sim_fact *f);
/* It was delivered: 1, or 0: again. */
int  sim_ledger_delivered(sim_ledger *l, wick *w, const sim_fact *f);
/* The row of a minute, NULL: nothing happened then. */
const sim_row *sim_ledger_row(const sim_ledger *l, int64_t minute_ns);

/* 0: a sum went over 38 digits. */
int  sim_fold_take(sim_fold *o, const sim_fact *f);

/* The row's delivered candle as a line of CSV; size of out at least SIM_LINE_MAX. */
enum { SIM_LINE_MAX = 2048 };
extern const char SIM_TRUTH_HEAD[];
int sim_truth_line(const sim_row *r, const sim_spot *m, int64_t begin_ns, int64_t clock_ns,
                   char *out);
void sim_truth_candle(const sim_row *r, int64_t begin_ns, int64_t clock_ns, wick_candle *out);

#endif
