/* SPDX-License-Identifier: Apache-2.0
 * One hash for everything the simulator makes up. No state. */
#ifndef WICK_SIM_HASH_H
#define WICK_SIM_HASH_H

#include <stdint.h>

static inline uint64_t sim_mix(uint64_t x) /* a bijection with good avalanche */
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static inline uint64_t sim_hash(uint64_t seed, uint64_t a, uint64_t b)
{
    return sim_mix(seed + sim_mix(a * 0x9e3779b97f4a7c15u + sim_mix(b + 0x632be59bd9b4e019u)));
}

#endif
