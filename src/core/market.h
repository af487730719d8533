/* SPDX-License-Identifier: Apache-2.0
 * Names of markets and sources as small numbers: interned once, never forgotten. */
#ifndef WICK_CORE_MARKET_H
#define WICK_CORE_MARKET_H

#include "eras.h"

enum { MARKET_MAX = 1 << 20, MARKET_NAME_MAX = 200 };

typedef struct market_row {
    char    *name, *symbol;                     /* symbol NULL: not known */
    uint32_t name_len, flags;
    market_eras eras;                           /* empty: one source, as far as is known */
} market_row;

typedef struct market_table {
    market_row *rows;
    uint32_t   *slots;                          /* open addressing over rows + 1, a power of two */
    uint32_t    count, cap, slot_count;
} market_table;

/* murmur2 of the name by Java's rule, positive, modulo partitions: Kafka's partition of a market.
 */
uint32_t market_partition(const char *name, size_t size, uint32_t partitions);
void market_fini(wick *w);

#endif
