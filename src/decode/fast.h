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

enum { PAD = 64, FRONT = 32 };

#ifdef __SSE2__
/* One bit a byte of 16 that is no digit. */
static inline unsigned fast_odd(const uint8_t *p)
{
    __m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8((char)('0' + 128)));

    return (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(9 - 128))));
}

/* One bit a byte of 64 that is a comma. */
static inline uint64_t fast_commas(const uint8_t *p)
{
    uint64_t bits = 0;

    for (int i = 0; i < 64; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));

        bits |= (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8(','))) << i;
    }
    return bits;
}

/* Bytes of 16 before the first that is a quote, a backslash, a control, or not of ASCII. */
static inline unsigned fast_text(const uint8_t *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    odd = _mm_or_si128(odd, _mm_cmplt_epi8(v, _mm_set1_epi8(0x20)));
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(odd) | 0x10000u);
}

/* One bit a byte of 16 that is not '0'. */
static inline unsigned fast_some(const uint8_t *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

    return ~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('0')));
}
#else
static inline uint64_t fast_commas(const uint8_t *p)
{
    uint64_t bits = 0;

    for (int i = 0; i < 64; i++)
        bits |= (uint64_t)(p[i] == ',') << i;
    return bits;
}

static inline unsigned fast_text(const uint8_t *p)
{
    unsigned n = 0;

    while (n < 16 && p[n] >= 0x20 && p[n] < 0x80 && p[n] != '"' && p[n] != '\\')
        n++;
    return n;
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

/* Where the point stands in a text of 1 to 16 digits with at most one point between them; n: there is
 * none. 0: it is something else. */
static inline unsigned fast_point(const uint8_t *p, size_t n)
{
    unsigned point, odd;

    if (n - 1 > 15)
        return 0;
#ifdef __SSE2__
    odd = fast_odd(p) | 0x10000u;
    point = (unsigned)__builtin_ctz(odd);
    if (point >= n)
        return (unsigned)n;
    odd = (unsigned)__builtin_ctz((odd & (odd - 1)) | 0x10000u);
#else
    point = fast_digits(p);
    if (point >= n)
        return (unsigned)n;
    odd = point + 1 + fast_digits(p + point + 1);
#endif
    return p[point] == '.' && odd >= n && point != n - 1 ? point : 0;
}

/* What value_decimal() makes of n bytes whose point fast_point() has found. */
static inline void fast_parts(const uint8_t *p, unsigned n, unsigned point, int64_t *m, int *exp)
{
    unsigned last, parts;
    uint64_t v;

#ifdef __SSE2__
    last = fast_some(p) & ((1u << n) - 1) & ~(1u << point);     /* digits but 0; trailing zeros are cut */
    last = 31u - (unsigned)__builtin_clz(last << 1 | 1);        /* where the last of them ends */
#else
    for (last = n; last && (last - 1 == point || p[last - 1] == '0'); last--)
        continue;
#endif
    if (last <= point) {
        v = fast_number(p, last);
        *exp = v ? (int)(point - last) : 0;
    } else {
        parts = last - point - 1;
        v = fast_number(p, point) * FAST_POWER[parts] + fast_number(p + point + 1, parts);
        *exp = -(int)parts;
    }
    *m = (int64_t)v;
}

/* value_decimal() */
static inline int fast_decimal(const uint8_t *text, size_t size, int64_t *m, int *exp)
{
    unsigned point = fast_point(text, size);

    if (!point)
        return value_decimal(text, size, m, exp);
    fast_parts(text, (unsigned)size, point, m, exp);
    return 0;
}

/* Copy n bytes, up to 15 more may be written and read. */
static inline void fast_copy(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i += 16)
        memcpy(to + i, from + i, 16);
}

/* The first eight bytes of a text, 0 behind its n where those are less. */
static inline uint64_t fast_word(const uint8_t *p, size_t n)
{
    uint64_t v;

    memcpy(&v, p, 8);
    if (n >= 8)
        return v;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return n ? v & ~(uint64_t)0 >> (64 - 8 * n) : 0;
#else
    return n ? v & ~(uint64_t)0 << (64 - 8 * n) : 0;
#endif
}

/* The first and last eight bytes of a text of `size` bytes, 0 where it has none. */
static inline void fast_ends(const uint8_t *p, size_t size, uint64_t *first, uint64_t *last)
{
    *first = fast_word(p, size);
    *last = size > 8 ? fast_word(p + size - 8, 8) : 0;
}

#endif
