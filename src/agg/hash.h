/* SPDX-License-Identifier: Apache-2.0
 * The 64-bit hash of a trade that digests add up: two rounds of 64 x 64 -> 128 bit products, folded. The secrets
 * have their top bit set, so that no time, price or quantity (all below 2^63) makes a factor zero. */
#ifndef WICK_AGG_HASH_H
#define WICK_AGG_HASH_H

#include <string.h>

#include "../core/dec.h"

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    u128 p = (u128)a * b;
    return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/* True when a trade's id is a number below 2^63 - 1, which is its own hash, or it has none. */
static inline int hash_is_short(const wick_tick *t)
{
    return t->id_key < (uint64_t)INT64_MAX && (t->id_key != 0 || t->id_len == 0);
}

/* name: the id's number or hash; without id, the trade's ordinal among its equals. Side and exponents are taken out
 * of the tick's word at 48 at once: flags in its low half, then the two exponents (little-endian, as all we run on). */
static inline uint64_t hash_trade(const wick_tick *t, uint64_t name)
{
    uint64_t word;

    _Static_assert(offsetof(wick_tick, flags) == 48 && offsetof(wick_tick, price_exp) == 52 &&
                   offsetof(wick_tick, qty_exp) == 53 && (WICK_TICK_BUY | WICK_TICK_SELL) == 3, "hash_trade()");
    memcpy(&word, (const char *)t + 48, sizeof word);
    word = (word & 0x0000ffff00000003ULL) ^ (uint64_t)t->id_len << 8;
    return hash_mix(hash_mix((uint64_t)t->time_ns ^ 0xa0761d6478bd642fULL, name ^ 0xe7037ed1a0b428dbULL) ^ word,
                    hash_mix((uint64_t)t->price ^ 0x8ebc6af09c88c6e3ULL, (uint64_t)t->qty ^ 0xd6e8feb86659fd93ULL) ^
                    0x9e3779b97f4a7c15ULL);
}

#endif
