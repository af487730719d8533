/* SPDX-License-Identifier: Apache-2.0
 * The identity window of a market: which trades it has seen lately. It holds the last `keep` trades always (64,
 * or as many as the venue repeats at a subscription, at most 4096), and of those before them the ones within
 * `span_ns` of the newest trade time, WINDOW_MAX in all. Replay remembers every trade instead (struct idset).
 *
 * A trade that is older than what the window reaches back to cannot be told from a new one by its identity: it is
 * taken as new, unless it is part of a snapshot and its time was heard before (agg.c). */
#ifndef WICK_AGG_WINDOW_H
#define WICK_AGG_WINDOW_H

#include "../core/ctx.h"

enum { WINDOW_KEEP = 64, WINDOW_MAX = 4096 };

typedef struct ident { uint64_t lo, hi; } ident;    /* 128 bits; 0,0 stands for none */

/* XXH3 of the id's bytes, or of time, price, quantity, side and ordinal where there is none. */
ident ident_of(const wick_tick *t, const uint8_t *id);

typedef struct window_row {                         /* 32 bytes */
    ident    id;                                    /* 0: taken out again */
    int64_t  time_ns;
    uint64_t offset;                                /* of its record in the log; UINT64_MAX: not known */
} window_row;

typedef struct window {
    window_row *rows;                               /* ring, a power of two; free running head..tail */
    uint32_t   *slots;                              /* open addressing, 2 * cap: low 16 bits of id.lo, place + 1 */
    uint32_t    head, tail, cap;
    uint32_t    keep, placeless;                    /* placeless: rows whose offset is not known */
    int64_t     newest_ns;
    int64_t     lost_ns;                            /* greatest time that it has let go; INT64_MIN: none */
} window;

void window_init(window *k);
void window_fini(wick *w, window *k);
/* 1: seen before; 0: it is new and remembered now; NOMEM. */
int  window_see(wick *w, window *k, ident id, int64_t time_ns, uint64_t offset, int64_t span_ns);
/* What must be written so that the rest is in the log from window_oldest() on: the last `keep`, and everything from
 * the first row on that has no place in the log. Oldest first, at most max; returns how many. */
uint32_t window_ids(const window *k, ident *out, uint32_t max);
/* Forget the places: all of it is written from now on, and the log is not needed for it. */
void window_pin(window *k);
/* A trade of a record that was counted already: remember it, and where it stands if that was not known. */
int  window_again(wick *w, window *k, ident id, int64_t time_ns, uint64_t offset, int64_t span_ns);
/* Take back what window_ids() gave, as seen at time_ns. */
int  window_restore(wick *w, window *k, const ident *ids, uint32_t count, int64_t time_ns);
/* Offset of the oldest record with a trade that window_ids() leaves out; UINT64_MAX: none. */
uint64_t window_oldest(const window *k);

typedef struct idset {                              /* 16 bytes a slot, at most 7 of 8 in use */
    ident   *slots;
    uint64_t count, cap;
} idset;
int  idset_see(wick *w, idset *s, ident id);        /* as window_see() */
void idset_fini(wick *w, idset *s);

#endif
