/* SPDX-License-Identifier: Apache-2.0
 * What a decoder remembers: symbols and the markets they stand for, names bound by earlier messages,
 * and how many equal trades without ids there were. All bounded. */
#ifndef WICK_DECODE_KNOWN_H
#define WICK_DECODE_KNOWN_H

#include "plan.h"
#include "value.h"

enum { KNOWN_MAX = 1 << 16, KNOWN_KEY_MAX = 256, NTH_MAX = 1 << 17 };

typedef struct known {
    uint64_t hash, head, tail;          /* its key's first and last eight bytes tell most of them apart */
    uint32_t at, len, symbol_len;       /* its key; the symbol is the first part of it */
    uint32_t market;
    uint64_t first;                     /* ordinal of the first message with trades of its market, 0: none yet */
    uint32_t lead;                      /* the row that says so: one a market, whatever its kinds are called */
    uint32_t epoch;                     /* of the lead: equal trades are counted afresh in each */
    uint64_t shown;                     /* of the lead: ordinal of the last message with older trades of it, 0: live */
    int64_t  shown_ns;                  /* ones came since; the time of its last one, where those have no ids */
} known;

typedef struct known_table {
    wick     *w;
    known    *rows;
    uint32_t *slots;                    /* row + 1; open addressing, a power of two */
    uint32_t  count, cap, slot_count;
    buf       text;
} known_table;

/* Row of a symbol with its venue and kind, made when new. Negative: it cannot be named, or too many
 * (WICK_E_DATA), NOMEM. The padded one wants PAD readable bytes behind the symbol (fast.h). */
int64_t known_padded(known_table *k, const wick_feed *f, view symbol, view venue, view kind);
int64_t known_find(known_table *k, const wick_feed *f, view symbol, view venue, view kind);
/* The symbol was unsubscribed: what comes after the next subscription may repeat trades. A confirmation alone says
 * nothing: venues send it before the first trades or behind them, and again for those they have confirmed already. */
void known_ended(known_table *k, const char *symbol, size_t size);
void known_fini(known_table *k);

typedef struct bound_table { known_table rows; buf text; } bound_table;
int  bound_set(bound_table *b, uint32_t table, view key, const void *symbol, size_t size);
void bound_drop(bound_table *b, uint32_t table, view key);
/* The symbol bound to a key, text NULL: none. Good until the next bound_set(). */
view bound_find(const bound_table *b, uint32_t table, view key);
void bound_fini(bound_table *b);

typedef struct nth_slot { uint64_t hash, count; } nth_slot;
typedef struct nth_table {              /* two generations: the older one is forgotten whole */
    wick     *w;
    nth_slot *now, *old;
    uint32_t  count, size, old_size;
} nth_table;
/* Ordinal of a trade among its equals, from 0; negative: no memory. */
int  nth_next(nth_table *n, uint64_t hash);
void nth_fini(nth_table *n);

#endif
