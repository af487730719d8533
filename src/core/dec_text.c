/* SPDX-License-Identifier: Apache-2.0
 * Exact values as text: decimals without exponent and trailing zeros, and the fields of candles
 * and ticks. */
#include "dec.h"

#include <stdio.h>

/* Bytes that do not fit are counted and not written. */
typedef struct sink { char *out; size_t size, at; } sink;

static void put(sink *s, char c)
{
    if (s->at + 1 < s->size)
        s->out[s->at] = c;
    s->at++;
}

static void zeros(sink *s, int n)
{
    while (n-- > 0)
        put(s, '0');
}

/* Decimal digits of m, most significant first, without trailing zeros (dropped into *exp);
 * returns how many. */
static int split(u128 m, int *exp, char digits[40])
{
    const uint64_t E19 = 10000000000000000000ULL;
    uint64_t part[3] = { (uint64_t)(m % E19), (uint64_t)(m / E19 % E19),
                         (uint64_t)(m / E19 / E19) };
    char text[64];
    int n, from = 0;

    snprintf(text, sizeof text, "%02u%019llu%019llu", (unsigned)part[2],
             (unsigned long long)part[1], (unsigned long long)part[0]);
    for (n = 40; n > 0 && text[n - 1] == '0'; n--)
        ++*exp;
    while (from < n && text[from] == '0')
        from++;
    for (int i = from; i < n; i++)
        digits[i - from] = text[i];
    return n - from;
}

int dec_text(i128 mantissa, int exp, char *out, size_t size)
{
    sink s = { out, size, 0 };
    char digits[40];
    u128 m = mantissa < 0 ? (u128)0 - (u128)mantissa : (u128)mantissa;
    int n = m ? split(m, &exp, digits) : 0, point = n + exp, i = 0;

    if (mantissa < 0)
        put(&s, '-');
    if (n == 0 || point <= 0)
        put(&s, '0');
    while (i < n && i < point)
        put(&s, digits[i++]);
    if (n > 0)
        zeros(&s, point - n);
    if (i < n) {
        put(&s, '.');
        zeros(&s, -point);
        while (i < n)
            put(&s, digits[i++]);
    }
    if (size > 0)
        out[s.at < size ? s.at : size - 1] = 0;
    return (int)s.at;
}

int wick_dec_text(int64_t hi, uint64_t lo, int exp, char *out, size_t size)
{
    if ((!out && size > 0) || exp < -1000 || exp > 1000)
        return WICK_E_ARG;
    return dec_text(dec_join(hi, lo), exp, out, size);
}

static int empty(char *out, size_t size)
{
    if (size > 0)
        out[0] = 0;
    return 0;
}

/* Sum of price * qty over sum of qty: the price's digits and four more. Without volume there is
 * none: "". */
static int vwap_text(const wick_candle *c, char *out, size_t size)
{
    int exps[4] = { c->open_exp, c->high_exp, c->low_exp, c->close_exp }, digits = 0;
    dec128 v;

    for (int i = 0; i < 4; i++)
        if (-exps[i] > digits)
            digits = -exps[i];
    if (!dec_div(dec_join(c->quote_hi, c->quote_lo), c->quote_exp,
                 dec_join(c->volume_hi, c->volume_lo), c->volume_exp, digits + 4, &v))
        return empty(out, size);
    return dec_text(v.m, v.exp, out, size);
}

int wick_candle_text(const wick_candle *c, int field, char *out, size_t size)
{
    if (!c || (!out && size > 0))
        return WICK_E_ARG;
    switch (field) {
    case WICK_F_TIME:   return dec_text(c->time_ns, 0, out, size);
    case WICK_F_OPEN:   return dec_text(c->open, c->open_exp, out, size);
    case WICK_F_HIGH:   return dec_text(c->high, c->high_exp, out, size);
    case WICK_F_LOW:    return dec_text(c->low, c->low_exp, out, size);
    case WICK_F_CLOSE:  return dec_text(c->close, c->close_exp, out, size);
    case WICK_F_VOLUME:
        return dec_text(dec_join(c->volume_hi, c->volume_lo), c->volume_exp, out, size);
    case WICK_F_QUOTE:
        return dec_text(dec_join(c->quote_hi, c->quote_lo), c->quote_exp, out, size);
    case WICK_F_BUY:    return dec_text(dec_join(c->buy_hi, c->buy_lo), c->volume_exp, out, size);
    case WICK_F_SELL:   return dec_text(dec_join(c->sell_hi, c->sell_lo), c->volume_exp, out, size);
    case WICK_F_VWAP:   return vwap_text(c, out, size);
    default:            return WICK_E_ARG;
    }
}

int wick_tick_text(const wick_tick *t, int field, char *out, size_t size)
{
    if (!t || (!out && size > 0))
        return WICK_E_ARG;
    switch (field) {
    case WICK_F_TIME:  return dec_text(t->time_ns, 0, out, size);
    case WICK_F_PRICE: return dec_text(t->price, t->price_exp, out, size);
    case WICK_F_QTY:   return dec_text(t->qty, t->qty_exp, out, size);
    default:           return WICK_E_ARG;
    }
}
