/* SPDX-License-Identifier: Apache-2.0
 * Small binary forms: numbers of 1 to 10 bytes, low 7 bits first. Writers get room beforehand (PACK_MAX bytes a
 * number); a reader never leaves its bytes: the first bad number sets `bad`, and from there on all reads are 0.
 * lint: allow size it is all inline code, called for every field of every tick */
#ifndef WICK_CORE_PACK_H
#define WICK_CORE_PACK_H

#include <string.h>

#include "../wick.h"

enum { PACK_MAX = 10 };

static inline uint8_t *pack_u64(uint8_t *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

/* Signed: small numbers of either sign are short. */
static inline uint8_t *pack_i64(uint8_t *p, int64_t v)
{
    return pack_u64(p, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

typedef struct unpack {
    const uint8_t *p, *end;
    int bad;
} unpack;

static inline uint64_t unpack_slow(unpack *u)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64 && u->p < u->end; shift += 7) {
        uint8_t b = *u->p++;

        v |= (uint64_t)(b & 0x7f) << shift;
        if (b < 0x80)
            return v;
    }
    u->bad = 1;
    u->p = u->end;
    return 0;
}

static inline uint64_t unpack_u64(unpack *u)
{
    if (u->p < u->end && *u->p < 0x80)
        return *u->p++;
    return unpack_slow(u);
}

static inline int64_t unpack_i64(unpack *u)
{
    uint64_t v = unpack_u64(u);

    return (int64_t)((v >> 1) ^ (~(v & 1) + 1));
}

/* The next `size` bytes, or NULL. */
static inline const uint8_t *unpack_bytes(unpack *u, uint64_t size)
{
    const uint8_t *at = u->p;

    if (size > (uint64_t)(u->end - u->p)) {
        u->bad = 1;
        u->p = u->end;
        return NULL;
    }
    u->p += size;
    return at;
}

#endif
