/* SPDX-License-Identifier: Apache-2.0
 * The eras of a market: stretches of time in which one source speaks for it, each with the symbol that this
 * source knows it by and its rule of the open (design.md, markets). A market has one at most, until `sources` or
 * `markets` name another source. */
#ifndef WICK_CORE_ERAS_H
#define WICK_CORE_ERAS_H

#include "../wick.h"

enum { ERAS_MAX = 64 };                 /* that are told apart: of more, the oldest becomes the next one's */

typedef struct market_era {
    int64_t  from_ns;                   /* INT64_MIN: the first; else the begin of a base bucket */
    const char *source, *symbol;        /* names of the context, the same text is the same pointer; NULL: not known */
    uint32_t flags;                     /* WICK_MARK_F_* */
    uint32_t number;                    /* from 0 on: identities of trades are told apart by it */
} market_era;

typedef struct market_eras {            /* ascending */
    market_era *list;
    uint32_t count, cap;
} market_eras;

/* The era of a time, INT64_MAX: the last; NULL: there is none. */
market_era *eras_at(const market_eras *e, int64_t time_ns);
/* One more, or in place of the one that begins then. OK or NOMEM. */
int  eras_put(wick *w, market_eras *e, const market_era *era);
void eras_fini(wick *w, market_eras *e);

/* For text: the eras that a context knows of, and the symbol at a time (what wick_market_symbol() says, where
 * none is known). */
int  market_put_era(wick *w, uint32_t market, const market_era *era);
const char *market_symbol_at(wick *w, uint32_t market, int64_t time_ns);
/* A text as a name of the context; NULL: it is none (empty, too long), or no memory. */
const char *market_text(wick *w, const char *text);

#endif
