/* SPDX-License-Identifier: Apache-2.0
 * Exact decimals: parsing, comparing, 38-digit sums and the one division (a vwap). Text of
 * values is dec_text.c. */
#include "dec.h"

#include <stdlib.h>

const uint64_t DEC_TEN[20] = { 1ULL,
                               10ULL,
                               100ULL,
                               1000ULL,
                               10000ULL,
                               100000ULL,
                               1000000ULL,
                               10000000ULL,
                               100000000ULL,
                               1000000000ULL,
                               10000000000ULL,
                               100000000000ULL,
                               1000000000000ULL,
                               10000000000000ULL,
                               100000000000000ULL,
                               1000000000000000ULL,
                               10000000000000000ULL,
                               100000000000000000ULL,
                               1000000000000000000ULL,
                               10000000000000000000ULL };

/* 10^n, n in 0..38 */
static u128 ten(int n)
{
    return n <= 19 ? DEC_TEN[n] : (u128)DEC_TEN[19] * DEC_TEN[n - 19];
}

static u128 magnitude(i128 m)
{
    return m < 0 ? (u128)0 - (u128)m : (u128)m;
}

static int fits(i128 m)
{
    return magnitude(m) < ten(38);
}

void dec_strip(int64_t *mantissa, int *exp)
{
    int64_t m = *mantissa;

    if (m == 0)
        *exp = 0;
    while (m != 0 && m % 10 == 0) {
        m /= 10;
        ++*exp;
    }
    *mantissa = m;
}

/* 2^64 is 1 modulo 5, so the halves' remainders add up. */
static int by_ten(u128 m)
{
    return !(m & 1) && ((uint64_t)(m >> 64) % 5 + (uint64_t)m % 5) % 5 == 0;
}

static u128 tenth(u128 m)
{
    return m >> 64 ? m / 10 : (uint64_t)m / 10;
}

void dec_strip128(i128 *m, int n, int *exp)
{
    int some = 0;

    for (int i = 0; i < n; i++)
        some |= m[i] != 0;
    if (!some)
        *exp = 0;
    while (some) {
        for (int i = 0; i < n; i++)
            if (!by_ten(magnitude(m[i])))
                return;
        for (int i = 0; i < n; i++)
            m[i] = m[i] < 0 ? -(i128)tenth(magnitude(m[i])) : (i128)tenth(magnitude(m[i]));
        ++*exp;
    }
}

int dec_cmp(int64_t a, int a_exp, int64_t b, int b_exp)
{
    int diff = a_exp - b_exp;
    i128 x = a, y = b;

    if (a == 0 || b == 0 || (a < 0) != (b < 0))
        return (a > b) - (a < b);
    if (diff > 19)                              /* 10^20 alone is over any int64 */
        return a < 0 ? -1 : 1;
    if (diff < -19)
        return b < 0 ? 1 : -1;
    if (diff > 0)
        x *= (i128)DEC_TEN[diff];
    else
        y *= (i128)DEC_TEN[-diff];
    return (x > y) - (x < y);
}

int dec_scale(i128 *m, int n)
{
    if (*m == 0)
        return 1;
    if (n > 38 || magnitude(*m) >= ten(38 - n))
        return 0;
    *m *= (i128)ten(n);
    return 1;
}

int dec_add(dec128 *into, i128 add, int add_exp)
{
    i128 a = into->m, sum;
    int exp = into->exp < add_exp ? into->exp : add_exp;

    if (!fits(add) || !dec_scale(&a, into->exp - exp) || !dec_scale(&add, add_exp - exp) ||
        __builtin_add_overflow(a, add, &sum) || !fits(sum))
        return 0;
    into->m = sum;
    into->exp = exp;
    return 1;
}

/* ---- parsing --------------------------------------------------------------------------------- */

struct digits {
    uint64_t m;                                 /* without the zeros that are still pending */
    int64_t pending, behind; /* zeros at the end so far; digits behind the point */
    int      any, over;
};

/* Read a run of digits; trailing zeros only count once another digit follows. */
static size_t run(struct digits *d, const char *p, size_t at, size_t size, int fraction)
{
    for (; at < size && p[at] >= '0' && p[at] <= '9'; at++) {
        unsigned digit = (unsigned)(p[at] - '0');
        d->any = 1;
        d->behind += fraction;
        if (digit == 0) {
            d->pending += d->m != 0;
            continue;
        }
        if (d->m && (d->pending >= 18 || d->m > (uint64_t)INT64_MAX / DEC_TEN[d->pending + 1]))
            d->over = 1;
        if (!d->over)
            d->m = d->m * (d->m ? DEC_TEN[d->pending + 1] : 1) + digit;
        if (d->m > INT64_MAX)
            d->over = 1;
        d->pending = 0;
    }
    return at;
}

/* [+-] digits behind an e; 0 if there are none. Held within +-10^9, which no text can make up
 * for. */
static size_t power(const char *p, size_t at, size_t size, int64_t *out)
{
    int negative = at < size && p[at] == '-';
    size_t first;
    int64_t e = 0;

    if (at < size && (p[at] == '-' || p[at] == '+'))
        at++;
    for (first = at; at < size && p[at] >= '0' && p[at] <= '9'; at++)
        if (e < 1000000000)
            e = e * 10 + (p[at] - '0');
    *out = negative ? -e : e;
    return at > first ? at : 0;
}

int dec_parse(const char *text, size_t size, int64_t *mantissa, int *exp)
{
    struct digits d = {0};
    int negative = size > 0 && text[0] == '-';
    size_t at = size > 0 && (text[0] == '-' || text[0] == '+');
    int64_t e = 0;

    at = run(&d, text, at, size, 0);
    if (at < size && text[at] == '.')
        at = run(&d, text, at + 1, size, 1);
    if (!d.any)
        return DEC_NOT;
    if (at < size && (text[at] == 'e' || text[at] == 'E') && !(at = power(text, at + 1, size, &e)))
        return DEC_NOT;
    if (at != size)
        return DEC_NOT;
    e += d.pending - d.behind;
    if (!d.over && d.m == 0)
        e = 0;
    if (d.over || e < DEC_EXP_MIN || e > DEC_EXP_MAX)
        return DEC_OVERFLOW;
    *mantissa = negative ? -(int64_t)d.m : (int64_t)d.m;
    *exp = (int)e;
    return DEC_OK;
}

/* ---- division -------------------------------------------------------------------------------- */

/* rem * 10 / v for rem < v < 10^38, whose product needs 130 bits: ten additions that never leave
 * 128. */
static unsigned next_digit(u128 *rem, u128 v)
{
    u128 sum = 0;
    unsigned digit = 0;

    for (int i = 0; i < 10; i++) {
        sum += *rem;
        if (sum >= v) {
            sum -= v;
            digit++;
        }
    }
    *rem = sum;
    return digit;
}

/* Drop n digits of r, with `rest` telling whether something stood behind them already; to even
 * on a tie. */
static u128 drop(u128 r, int n, int rest)
{
    u128 unit, low;

    if (n > 38)
        return 0;
    unit = ten(n);
    low = r % unit;
    r /= unit;
    if (low > unit - low || (low == unit - low && (rest || (r & 1))))
        r++;
    return r;
}

int dec_div(i128 quote, int quote_exp, i128 volume, int volume_exp, int digits, dec128 *out)
{
    u128 v = magnitude(volume), q = magnitude(quote), r, rem;
    int more = quote_exp - volume_exp + digits;

    if (volume == 0 || !fits(quote) || !fits(volume))
        return 0;
    r = q / v;
    rem = q % v;
    for (; more > 0 && (r || rem); more--) {
        unsigned digit = next_digit(&rem, v);
        if (r >= ten(37))
            return 0;
        r = r * 10 + digit;
    }
    if (more < 0)
        r = drop(r, -more, rem != 0);
    else if (rem > v - rem || (rem == v - rem && (r & 1)))
        r++;
    out->m = (quote < 0) != (volume < 0) ? -(i128)r : (i128)r;
    out->exp = -digits;
    return fits(out->m);
}

int wick_dec_parse(const char *text, size_t size, int64_t *mantissa, int *exp)
{
    if (!text || !mantissa || !exp)
        return WICK_E_ARG;
    return dec_parse(text, size, mantissa, exp) == DEC_OK ? WICK_OK : WICK_E_DATA;
}
