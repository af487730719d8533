/* SPDX-License-Identifier: Apache-2.0
 * Text to exact values. The plain forms are read eight digits at a time; whatever is odd goes to
 * core/dec.c. */
#include <stdio.h>
#include <string.h>

#include "../core/dec.h"
#include "value.h"

/* Eight bytes: 1 and their number, or 0 where one is no digit. */
static inline int eight(const uint8_t *p, uint64_t *out)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t v;

    memcpy(&v, p, 8);
    v -= 0x3030303030303030u;
    if ((v | (v + 0x7676767676767676u)) & 0x8080808080808080u)
        return 0;
    v = v * 10 + (v >> 8);
    *out = ((v & 0x000000ff000000ffu) * 0x000f424000000064u +
            (v >> 16 & 0x000000ff000000ffu) * 0x0000271000000001u) >> 32;
    return 1;
#else
    *out = 0;
    for (int i = 0; i < 8; i++) {
        if ((uint8_t)(p[i] - '0') > 9)
            return 0;
        *out = *out * 10 + (uint64_t)(p[i] - '0');
    }
    return 1;
#endif
}

/* Up to 18 digits appended to *m; 0: one is none. */
static inline int digits(const uint8_t *p, size_t n, uint64_t *m)
{
    uint64_t v;

    for (; n >= 8; n -= 8, p += 8) {
        if (!eight(p, &v))
            return 0;
        *m = *m * 100000000u + v;
    }
    for (; n; n--, p++) {
        if ((uint8_t)(*p - '0') > 9)
            return 0;
        *m = *m * 10 + (uint64_t)(*p - '0');
    }
    return 1;
}

int value_decimal(const uint8_t *text, size_t size, int64_t *m, int *exp)
{
    const uint8_t *p = text, *end = text + size, *point;
    uint64_t v = 0;
    size_t whole, parts = 0, n = size;
    int minus = size && *p == '-';

    p += minus;
    n -= (size_t)minus;
    point = n <= 20 && n ? memchr(p, '.', n) : NULL;
    whole = point ? (size_t)(point - p) : n;
    if (point)
        parts = (size_t)(end - point) - 1;
    if (n == 0 || n > 19 || !whole || (point && !parts))
        return dec_parse((const char *)text, size, m, exp);
    while (parts && end[-1] == '0') {            /* trailing zeros are cut as text: no division */
        end--;
        parts--;
    }
    n = 0;
    while (!parts && n + 1 < whole && p[whole - 1 - n] == '0')
        n++;
    if (whole - n + parts > 18 || !digits(p, whole - n, &v) || !digits(p + whole + 1, parts, &v))
        return dec_parse((const char *)text, size, m, exp);
    *exp = v ? parts ? -(int)parts : (int)n : 0;
    *m = minus ? -(int64_t)v : (int64_t)v;
    return DEC_OK;
}

int value_scale(int64_t *m, int *exp, int64_t by, int by_exp)
{
    if (__builtin_mul_overflow(*m, by, m))
        return DEC_OVERFLOW;
    *exp += by_exp;
    dec_strip(m, exp);
    return *exp < DEC_EXP_MIN || *exp > DEC_EXP_MAX ? DEC_OVERFLOW : DEC_OK;
}

int value_integer(const uint8_t *text, size_t size, int64_t *out)
{
    uint64_t v = 0;

    if (size == 0 || size > 19)
        return 0;
    if (size < 19) {
        if (!digits(text, size, &v))
            return 0;
        *out = (int64_t)v;
        return 1;
    }
    if (!digits(text, 18, &v) || (uint8_t)(text[18] - '0') > 9)
        return 0;
    *out = (int64_t)v;
    return !__builtin_mul_overflow(*out, 10, out) &&
           !__builtin_add_overflow(*out, text[18] - '0', out);
}

/* Digits, sign, point and exponent of a number that dec_parse() accepts: where they stand. */
typedef struct shape {
    const uint8_t *whole, *part;
    size_t wholes, parts;
    long   exp;
} shape;

static int take(const uint8_t *p, size_t size, shape *s)
{
    const uint8_t *end = p + size;
    int minus = 0;

    memset(s, 0, sizeof *s);
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    for (s->whole = p; p < end && (uint8_t)(*p - '0') <= 9; p++)
        s->wholes++;
    if (p < end && *p == '.')
        for (s->part = ++p; p < end && (uint8_t)(*p - '0') <= 9; p++)
            s->parts++;
    if (p < end && (*p | 0x20) == 'e') {
        if (++p < end && (*p == '-' || *p == '+'))
            minus = *p++ == '-';
        for (; p < end && (uint8_t)(*p - '0') <= 9 && s->exp < 100000; p++)
            s->exp = s->exp * 10 + (*p - '0');
        s->exp = minus ? -s->exp : s->exp;
    }
    return p == end && s->wholes + s->parts > 0;
}

/* Digit n (from 0) of a number's digits, point left out; '0' beyond them. */
static char nth(const char *digit, long count, long n)
{
    return n >= 0 && n < count ? digit[n] : '0';
}

/* The digits of the value itself: what a venue wrote is longer than anyone reads. */
static int canonical(const uint8_t *text, size_t size, const scale *by, char *out, size_t room)
{
    int64_t m;
    int exp;

    if (dec_parse((const char *)text, size, &m, &exp) != DEC_OK ||
        value_scale(&m, &exp, by ? by->m : 1, by ? by->exp : 0) != DEC_OK)
        return snprintf(out, room, "%s", "");
    return dec_text(m < 0 ? -(i128)m : m, exp, out, room);
}

int value_digits(const uint8_t *text, size_t size, const scale *by, char *out, size_t room)
{
    char digit[256], plain[420];
    shape s;
    long count, point, at = 0, lead = 0;

    if (!take(text, size, &s) || s.wholes + s.parts > sizeof digit)
        return canonical(text, size, by, out, room);
    memcpy(digit, s.whole, s.wholes);
    if (s.parts)
        memcpy(digit + s.wholes, s.part, s.parts);
    count = (long)(s.wholes + s.parts);
    point = (long)s.wholes + s.exp;
    if (by && by->m != 1)                       /* a true factor: the product's own digits */
        return canonical(text, size, by, out, room);
    point += by ? by->exp : 0;
    while (lead < count - 1 && lead < point - 1 && digit[lead] == '0')
        lead++;
    if (point > 150 || point < -150)
        return canonical(text, size, by, out, room);
    if (point <= 0)
        plain[at++] = '0';
    for (long n = lead; n < point; n++)
        plain[at++] = nth(digit, count, n);
    if (count > point) {
        plain[at++] = '.';
        for (long n = point; n < count; n++)
            plain[at++] = nth(digit, count, n);
    }
    return snprintf(out, room, "%.*s", (int)at, plain);
}
