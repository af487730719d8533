/* SPDX-License-Identifier: Apache-2.0
 * Trades as feed check prints them: the venue's own digits and spelling. */
#include <stdio.h>
#include <string.h>

#include "decoder.h"

int wick_decoder_digits(const wick_decoder *d, uint32_t i, int which, char *out, size_t size)
{
    const raw *r;

    if (!d || i >= d->tick_count - d->first || (which != WICK_F_PRICE && which != WICK_F_QTY))
        return WICK_E_ARG;
    r = &d->raws[d->first + i];
    if (which == WICK_F_PRICE)
        return value_digits(r->price, r->price_len, r->price_by, out, size);
    return value_digits(r->qty, r->qty_len, r->qty_by, out, size);
}

/* A cell, quoted where RFC 4180 asks for it; returns the place behind it, at most room. */
static size_t cell(char *out, size_t at, size_t room, const uint8_t *text, size_t size)
{
    int quote = 0;

    for (size_t i = 0; i < size; i++)
        quote = quote || strchr(",\"\r\n", text[i] ? text[i] : 'x');
    if (quote && at < room)
        out[at++] = '"';
    for (size_t i = 0; i < size && at < room; i++) {
        if (text[i] == '"')
            out[at++] = '"';
        if (at < room)
            out[at++] = (char)text[i];
    }
    if (quote && at < room)
        out[at++] = '"';
    return at;
}

int wick_decoder_row(const wick_decoder *d, uint32_t i, char *out, size_t size)
{
    enum { ROOM = 2048 };
    char text[ROOM + 8], price[512], qty[512];
    const wick_tick *t;
    const known *k;
    size_t at;

    if (!d || i >= d->tick_count - d->first)
        return WICK_E_ARG;
    t = &d->ticks[d->first + i];
    k = &d->known.rows[d->raws[d->first + i].known];
    wick_decoder_digits(d, i, WICK_F_PRICE, price, sizeof price);
    wick_decoder_digits(d, i, WICK_F_QTY, qty, sizeof qty);
    at = cell(text, 0, ROOM, d->known.text.data + k->at, k->symbol_len);
    at += (size_t)snprintf(text + at, 32, ",%lld,", (long long)t->time_ns);
    at = cell(text, at, ROOM, d->ids.data ? d->ids.data + t->id_at : NULL, t->id_len);
    return snprintf(out, size, "%.*s,%s,%s,%s,%s", (int)at, text, price, qty,
                    t->flags & WICK_TICK_BUY ? "buy" : t->flags & WICK_TICK_SELL ? "sell" : "",
                    t->flags & WICK_TICK_SNAPSHOT ? "snapshot" : "live");
}
