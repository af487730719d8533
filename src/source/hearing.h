/* SPDX-License-Identifier: Apache-2.0
 * What one connection hears: its lag, the markets it is subscribed to, and the marks that follow
 * (design.md, coverage). Ticks and facts in the order of receipt go in, marks come out.
 *
 * An OPEN says "covered from the confirmation, less the lag", so it waits until the lag is known: from
 * a live trade of the connection (exact), or from the trades that this market's subscription repeated
 * (then it begins at the newest of them), or, if neither comes for HEARING_WAIT_NS, from the connection
 * before, where that lag was small. Until then an OPEN with from_ns INT64_MAX in front of a market's first
 * trade says that this connection has begun. A feed may run an hour behind its venue, so a lag is never guessed;
 * nor is the venue's own clock asked, which may be real while its trades are recorded ones.
 *
 * Where a venue tells times in whole seconds, up to one of them is in the lag, and a second that was not heard from
 * its begin was not heard: the OPEN begins that much later. */
/* lint: allow size the rules of its heading belong to the fields below */
#ifndef WICK_SOURCE_HEARING_H
#define WICK_SOURCE_HEARING_H

#include "../core/table.h"
#include "lag.h"
#include "marks.h"
#include "owners.h"

#define HEARING_SECOND_NS INT64_C(1000000000)
#define HEARING_WAIT_NS   (10 * HEARING_SECOND_NS)

typedef struct heard {                  /* a market on this connection */
    uint32_t slot;                      /* market + 1; 0: empty */
    uint32_t state;                     /* HEARD_* */
    uint64_t count, before;             /* trades since subscribed; of them before the confirmation */
    int64_t  confirm_ns, first_ns;      /* receipt of the confirmation, of the first trade */
    int64_t  lag_ns;                    /* least (receipt - trade time) of its own trades */
    int      coarse;                    /* trades of its tell their times in whole seconds */
    const char *symbol;                 /* as this connection spells it */
} heard;
enum { HEARD_TRADES = 0, HEARD_CONFIRMED = 1, HEARD_OPEN = 2, HEARD_LEFT = 3,
       HEARD_OTHER = 4 };               /* another source speaks for it: nothing is claimed */

typedef struct hearing {
    wick    *w;
    uint64_t conn;
    uint32_t source, repeats, flags;    /* of its marks */
    const owners *owners;               /* NULL: it speaks for all that it hears */
    int      confirms;                  /* the feed confirms each subscription */
    int      live, due;                 /* live: a trade came that no subscription repeated */
    int64_t  last_ns, check_ns, alive_recv_ns, alive_to_ns; /* last frame; look at who waits; ALIVE */
    int      recorded;                  /* covers up to its last frame: older trades are no lag */
    int      coarse;                    /* those of some market do */
    int64_t  carried_ns;                /* lag of the connection before, or LAG_NONE */
    lag      lag;
    int64_t  burst_ns;                  /* least lag of this burst's live trades, or LAG_NONE */
    heard   *slots;                     /* a table (core/table.h) */
    uint32_t slot_count, used, waiting, open;   /* waiting: confirmed and not yet open */
    heard   *last;
    /* When a market that nobody confirmed was subscribed, 0: not known; sure: only if the venue said so. */
    int64_t (*since)(void *user, uint32_t market, int sure);
    void    *user;
} hearing;

void hearing_init(hearing *h, wick *w, uint64_t conn);
void hearing_fini(hearing *h);
/* All return OK or NOMEM; `at` is a mark's place. */
int  hearing_confirmed(hearing *h, uint32_t market, int64_t recv_ns, uint32_t at, marks *out);
int  hearing_left(hearing *h, uint32_t market, uint32_t at, marks *out);
/* ticks[from..to) of a batch, received at recv_ns. */
int  hearing_ticks(hearing *h, const wick_tick *ticks, uint32_t from, uint32_t to, int64_t recv_ns, marks *out);
/* Behind a burst, last_ns the receipt of its last frame: OPENs that can be told now, and ALIVE. more:
 * what was received by then is not all in it, so nothing is claimed. While we catch up with what waits,
 * the live trades of the burst themselves say how far behind we are. */
int  hearing_frames(hearing *h, int64_t last_ns, int more, uint32_t at, marks *out);
int  hearing_close(hearing *h, uint32_t at, marks *out);

#endif
