/* SPDX-License-Identifier: Apache-2.0
 * The name of an input in the log as a number: what a WICK_MARK_PLACE has as its conn. */
#ifndef WICK_CORE_PLACE_H
#define WICK_CORE_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* seed: the key of what the name stands in, 0: of nothing. */
static inline uint64_t place_key(const char *name, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(name, size, seed);
}

#endif
