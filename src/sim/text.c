/* SPDX-License-Identifier: Apache-2.0
 * Exact numbers and trades as JSON text. */
#include "text.h"

#include <stdio.h>
#include <string.h>

#include "../core/time.h"

static const char PAIRS[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748495051525354"
    "5556575859606162636465666768697071727374757677787980818283848586878889909192939495969798"
    "99";

char *sim_put(char *at, const char *text)
{
    size_t size = strlen(text);

    memcpy(at, text, size);
    return at + size;
}

char *sim_put_u64(char *at, uint64_t n)
{
    char digits[20], *p = digits + sizeof digits;

    for (; n >= 100; n /= 100)
        memcpy(p -= 2, PAIRS + 2 * (n % 100), 2);
    if (n >= 10)
        memcpy(p -= 2, PAIRS + 2 * n, 2);
    else
        *--p = (char)('0' + n);
    size_t size = (size_t)(digits + sizeof digits - p);

    memcpy(at, p, size);
    return at + size;
}

/* JavaScript's form of digits * 10^exp, the digits without zeros at either end. */
static char *put_digits(char *at, const char *digits, int count, int exp)
{
    int point = count + exp;                        /* the point stands behind so many digits */

    if (count == 1 && digits[0] == '0') {
        *at++ = '0';
    } else if (point > 0 && exp >= 0) {
        memcpy(at, digits, (size_t)count);
        memset(at + count, '0', (size_t)exp);
        at += point;
    } else if (point > 0) {
        memcpy(at, digits, (size_t)point);
        at[point] = '.';
        memcpy(at + point + 1, digits + point, (size_t)(count - point));
        at += count + 1;
    } else if (point > -6) {
        at = sim_put(at, "0.");
        memset(at, '0', (size_t)-point);
        memcpy(at - point, digits, (size_t)count);
        at += count - point;
    } else {
        *at++ = digits[0];
        if (count > 1) {
            *at++ = '.';
            memcpy(at, digits + 1, (size_t)count - 1);
            at += count - 1;
        }
        at = sim_put(at, "e-");
        at = sim_put_u64(at, (uint64_t)(1 - point));
    }
    return at;
}

char *sim_put_decimal(char *at, int64_t mantissa, int exp)
{
    char digits[24];
    char *end = sim_put_u64(digits, (uint64_t)mantissa);

    if (exp > 20) /* no market is like that; keep within SIM_NUMBER_MAX */
        exp = 20;
    return put_digits(at, digits, (int)(end - digits), exp);
}

char *sim_put_number(char *at, i128 mantissa, int exp)
{
    char digits[48], *p = digits + sizeof digits;

    for (; mantissa && mantissa % 10 == 0; exp++)
        mantissa /= 10;
    if (mantissa <= INT64_MAX)
        return sim_put_decimal(at, (int64_t)mantissa, exp);
    for (; mantissa; mantissa /= 10)
        *--p = (char)('0' + (int)(mantissa % 10));
    return put_digits(at, p, (int)(digits + sizeof digits - p), exp > 20 ? 20 : exp);
}

char *sim_put_quoted(char *at, const char *text, size_t size)
{
    *at++ = '"';
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\') {
            *at++ = '\\';
            *at++ = (char)c;
        } else if (c < ' ') {
            at += sprintf(at, "\\u%04x", c);
        } else {
            *at++ = (char)c;
        }
    }
    *at++ = '"';
    return at;
}

size_t sim_trade_head(char *out, size_t size, const sim_spot *m)
{
    int n = snprintf(
        out, size, "{\"TYPE\":\"0\",\"M\":\"%s\",\"FSYM\":\"%s\",\"TSYM\":\"%s\",\"F\":", m->venue,
        m->base, m->quote);

    return n < 0 || (size_t)n >= size ? 0 : (size_t)n;
}

static char *put_key(char *at, const char *key, size_t size)
{
    memcpy(at, key, size);
    return at + size;
}
#define KEY(at, text) put_key(at, text, sizeof(text) - 1)

static char *put_total(char *at, const sim_fact *f)
{
    int exp = f->price_exp + f->qty_exp;
    int64_t total;

    if (__builtin_mul_overflow(f->price, f->qty, &total))
        return sim_put_number(at, (i128)f->price * f->qty, exp);
    for (; total && total % 10 == 0; exp++)
        total /= 10;
    return sim_put_decimal(at, total, exp);
}

char *sim_put_trade(char *at, const char *head, size_t head_size, const sim_trade *t, int form)
{
    const sim_fact *f = &t->fact;
    int64_t ts = f->time_ns / NS_PER_S, rts = t->recv_ns / NS_PER_S;

    at = put_key(at, head, head_size);
    if (!(form & SIM_FORM_F_NUMBER))
        *at++ = '"';
    at = sim_put_u64(at, f->flags);
    if (!(form & SIM_FORM_F_NUMBER))
        *at++ = '"';
    if (!(form & SIM_FORM_NO_ID)) {
        at = KEY(at, ",\"ID\":\"");
        at = put_key(at, t->id, t->id_len);
        *at++ = '"';
    }
    at = sim_put_u64(KEY(at, ",\"TS\":"), (uint64_t)ts);
    at = sim_put_decimal(KEY(at, ",\"Q\":"), f->qty, f->qty_exp);
    at = sim_put_decimal(KEY(at, ",\"P\":"), f->price, f->price_exp);
    at = put_total(KEY(at, ",\"TOTAL\":"), f);
    at = sim_put_u64(KEY(at, ",\"RTS\":"), (uint64_t)rts);
    if (form & SIM_FORM_CCSEQ)
        at = sim_put_u64(KEY(at, ",\"CCSEQ\":"), t->ccseq);
    if (form & SIM_FORM_NS) {
        at = sim_put_u64(KEY(at, ",\"TSNS\":"), (uint64_t)(f->time_ns - ts * NS_PER_S));
        at = sim_put_u64(KEY(at, ",\"RTSNS\":"), (uint64_t)(t->recv_ns - rts * NS_PER_S));
    }
    *at++ = '}';
    return at;
}
