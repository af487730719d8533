/* SPDX-License-Identifier: Apache-2.0
 * The hot small pieces, inline. They read whole words: PAD bytes behind every text must be readable,
 * and a 0 must follow a message (the decoder keeps its own padded copy of what it reads).
 * lint: allow size inline code of the hot path */
#ifndef WICK_DECODE_FAST_H
#define WICK_DECODE_FAST_H

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "value.h"

enum { PAD = 64 };

#ifdef __SSE2__
/* One bit a byte of 16 that is no digit. */
static inline unsigned fast_odd(const uint8_t *p)
{
    __m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8((char)('0' + 128)));

    return (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(9 - 128))));
}

/* One bit a byte of 16 that is not '0'. */
static inline unsigned fast_some(const uint8_t *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

    return ~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('0')));
}
#endif

/* Digits at p, counted up to 16. */
static inline unsigned fast_digits(const uint8_t *p)
{
#ifdef __SSE2__
    return (unsigned)__builtin_ctz(fast_odd(p) | 0x10000u);
#else
    unsigned n = 0;

    while (n < 16 && (uint8_t)(p[n] - '0') <= 9)
        n++;
    return n;
#endif
}

/* n <= 8 digits as a number; every one was checked. */
static inline uint64_t fast_eight(const uint8_t *p, unsigned n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t v;

    if (n == 0)
        return 0;
    memcpy(&v, p, 8);
    v = (v - 0x3030303030303030u) << (64 - 8 * n);     /* leading digits become 0 */
    v = v * 10 + (v >> 8);
    return ((v & 0x000000ff000000ffu) * 0x000f424000000064u +
            (v >> 16 & 0x000000ff000000ffu) * 0x0000271000000001u) >> 32;
#else
    uint64_t m = 0;

    while (n--)
        m = m * 10 + (uint64_t)(*p++ - '0');
    return m;
#endif
}

static const uint64_t FAST_POWER[17] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
    100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000};

/* n <= 16 digits as a number. */
static inline uint64_t fast_number(const uint8_t *p, unsigned n)
{
    return n <= 8 ? fast_eight(p, n) : fast_eight(p, n - 8) * 100000000u + fast_eight(p + n - 8, 8);
}

/* value_integer() */
static inline int fast_integer(const uint8_t *p, size_t size, int64_t *out)
{
    if (size == 0 || size > 15 || fast_digits(p) < size)
        return value_integer(p, size, out);
    *out = (int64_t)fast_number(p, (unsigned)size);
    return 1;
}

/* value_decimal() */
static inline int fast_decimal(const uint8_t *text, size_t size, int64_t *m, int *exp)
{
#ifdef __SSE2__
    int minus = *text == '-';
    const uint8_t *p = text + minus;
    unsigned n = (unsigned)size - (unsigned)minus, odd, point, last, parts, all;
    uint64_t v;

    if (size - 1 > 15)
        return value_decimal(text, size, m, exp);
    all = (1u << n) - 1;
    odd = fast_odd(p) & all;
    point = (unsigned)__builtin_ctz(odd | 1u << n);
    if (odd & (odd - 1) || point == 0 || point == n - 1 || (odd && p[point] != '.'))
        return value_decimal(text, size, m, exp);
    last = fast_some(p) & all & ~odd;               /* digits but 0; trailing zeros are cut */
    last = 31u - (unsigned)__builtin_clz(last << 1 | 1);        /* where the last of them ends */
    if (last <= point) {
        v = fast_number(p, last);
        *exp = v ? (int)(point - last) : 0;
    } else {
        parts = last - point - 1;
        v = fast_number(p, point) * FAST_POWER[parts] + fast_number(p + point + 1, parts);
        *exp = -(int)parts;
    }
    *m = minus ? -(int64_t)v : (int64_t)v;
    return 0;
#else
    return value_decimal(text, size, m, exp);
#endif
}

/* Copy n bytes, up to 15 more may be written and read. */
static inline void fast_copy(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        memcpy(to + i, from + i, 16);
}

/* The first and last eight bytes of a text of `size` bytes, 0 where it has none. */
static inline void fast_ends(const uint8_t *p, size_t size, uint64_t *first, uint64_t *last)
{
    memcpy(first, p, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (size < 8)
        *first &= size ? ~(uint64_t)0 >> (64 - 8 * size) : 0;
#else
    if (size < 8)
        *first &= size ? ~(uint64_t)0 << (64 - 8 * size) : 0;
#endif
    *last = 0;
    if (size > 8)
        memcpy(last, p + size - 8, 8);
}

#endif
