/* SPDX-License-Identifier: Apache-2.0
 * The fold: one function takes a trade into a candle, one merges two candles. Live, replay, roll-up, rebuild and
 * the store's late deltas all call these two. Any order and grouping of calls gives the same bytes. No state. */
#ifndef WICK_AGG_FOLD_H
#define WICK_AGG_FOLD_H

#include "../core/dec.h"
#include "../wick.h"

/* An empty candle of a bucket: trades 0, exponents and keys 0, method TRADES. */
void fold_begin(wick_candle *c, uint32_t market, uint32_t interval, int64_t time_ns, int64_t end_ns);

/* Take a trade in. `id` is its id (t->id_len bytes, may be NULL where that is 0), offset and index its place in the
 * log. The caller has found the bucket. 0: a sum would go over 38 digits, the candle is as it was. */
int fold_tick(wick_candle *c, const wick_tick *t, const uint8_t *id, uint64_t offset, uint32_t index);

/* Merge the trades of `from` into `into`: prices, sums, keys, count, digest; methods that differ become MIXED.
 * Market, bucket, interval, rev and flags of `into` stay as they are, but OPEN_PREV is taken over. An empty candle
 * (trades 0) may stand on either side. 0: over 38 digits, `into` is as it was.
 * A WICK_CANDLE_DELTA is merged into a stored row by this call; then the row takes the delta's flags (less DELTA),
 * which are those of the whole bucket, and its rev counts up. A delta may have no trades: only flags changed. */
int fold_merge(wick_candle *into, const wick_candle *from);

/* <0, 0, >0: the total order of trades (time, seq, id where ordered, place in the log). */
int fold_key_cmp(const wick_key *a, const wick_key *b);

/* Place of a trade in that order. */
wick_key fold_key(const wick_tick *t, const uint8_t *id, uint64_t offset, uint32_t index);

/* What stands for a trade's id in its hash (hash.h): its number, XXH3 of its bytes, or its ordinal without id. */
uint64_t fold_name(const wick_tick *t, const uint8_t *id);

/* Put sums in their one form, without common trailing zeros. */
void fold_sums(wick_candle *c, i128 volume, i128 buy, i128 sell, int volume_exp, i128 quote, int quote_exp);

#endif
