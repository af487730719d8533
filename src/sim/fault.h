/* SPDX-License-Identifier: Apache-2.0
 * Scripted faults, NAME[:AMOUNT]@WHEN. WHEN: "12s" (once, so long after the first subscription),
 * "12s-20s" (all that time), "n5000" (once, at the 5000th trade), "p0.001" (each trade with that
 * probability, seeded). */
#ifndef WICK_SIM_FAULT_H
#define WICK_SIM_FAULT_H

#include <stdint.h>

enum { SIM_FAULTS_MAX = 16 };

typedef enum sim_fault_kind {
    /* of a trade */
    SIM_DROP, /* never sent, and CCSEQ has no hole */
    SIM_GAP, /* AMOUNT trades of its market are never sent; CCSEQ has the hole */
    SIM_LATE, /* sent AMOUNT trades later */
    SIM_REORDER, /* sent behind the next trade of its market */
    SIM_DUP, /* sent AMOUNT times more */
    SIM_FRAGMENT, /* its message comes in AMOUNT frames */
    SIM_GARBAGE, /* behind it comes a message that is not JSON */
    SIM_BAD_FRAME, /* behind it comes a text that is not UTF-8: the client must close */
    /* of connections */
    SIM_CUT, /* all are cut; flat out, the next AMOUNT trades happen unheard */
    SIM_CUT_HOLD, /* all are cut; nothing happens until somebody subscribes again */
    SIM_SILENT, /* those that stand say nothing more, the world goes on */
    SIM_STALL, /* the same, and nothing is read or written: what waits is stuck */
    SIM_NO_HEARTBEAT,
    SIM_SLOW, /* at most AMOUNT trades a second for each; the world waits for them */
    SIM_RATE_LIMIT, /* new ones are answered with a 429 and closed */
    SIM_FORCE_DISCONNECT, /* FORCE_DISCONNECT, then closed */
    SIM_FAULT_KINDS
} sim_fault_kind;

typedef struct sim_fault {
    sim_fault_kind kind;
    int64_t  amount;
    int64_t  from_ns, to_ns;            /* since the begin; to_ns 0: a point; from_ns -1: no time */
    uint64_t nth;                       /* trade, 0: none */
    uint64_t chance;                    /* of 2^64, 0: none */
    int      on, done;                  /* on: its span holds now, or a point waits for its trade */
} sim_fault;

/* NULL: fine. Else what is wrong, in `why`. */
const char *sim_fault_parse(const char *text, char *why, unsigned size, sim_fault *out);
/* Whether it hits trade number `nth` (from 1); a waiting point is used up. */
int  sim_fault_hits(sim_fault *f, uint64_t seed, uint64_t nth);
/* Time moves to `since_ns` after the begin. 1: it begins now, -1: it ends now, 0: neither. */
int  sim_fault_time(sim_fault *f, int64_t since_ns);

static inline int sim_fault_of_trade(const sim_fault *f)
{
    return f->kind < SIM_CUT;
}

#endif
