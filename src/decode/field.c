/* SPDX-License-Identifier: Apache-2.0
 * Fields of a trade: their text, and what it means. */
#include <string.h>

#include "../core/dec.h"
#include "names.h"
#include "trade.h"

view field_cut(const wick_feed *f, strips cuts, view v)
{
    int done[2] = {0};                  /* of each side one, the first that is there */

    for (uint32_t i = cuts.at; v.text && i < cuts.at + cuts.count; i++) {
        const strip *s = &f->strips[i];
        const uint8_t *at = v.text + (s->suffix && v.len > s->text.len ? v.len - s->text.len : 0);

        if (done[s->suffix] || v.len < s->text.len ||
            memcmp(at, feed_text(f, s->text), s->text.len) != 0)
            continue;
        done[s->suffix] = 1;
        v.text += s->suffix ? 0 : s->text.len;
        v.len -= s->text.len;
    }
    return v;
}

cells cells_of(wick_decoder *d, const rule *r, const uint32_t *slots, view *val, uint32_t *at)
{
    val[0] = (view){0};
    for (uint8_t i = 0; i < r->slots; i++) {
        at[i] = i + 1u;
        val[i + 1] = r->slot[i]->member ? tok_key(d, slots[i]) : tok_view(d, slots[i]);
    }
    return (cells){val, at};
}

static view joined(const wick_decoder *d, const field *in, cells c, uint8_t *room)
{
    uint32_t at = 0;

    for (uint8_t i = 0; i < in->parts; i++) {
        view v = c.val[c.at[in->slot + i]];

        if (!v.text || !v.len || at + v.len + in->with.len > FIELD_ROOM)
            return (view){.type = v.type};
        for (uint32_t n = 0; i && n < in->with.len; n++)
            room[at++] = (uint8_t)feed_text(d->f, in->with)[n];
        fast_copy(room + at, v.text, v.len);
        at += v.len;
    }
    return view_text(room, at);
}

view field_view(wick_decoder *d, const field *in, cells c, uint8_t room[FIELD_ROOM + PAD])
{
    view v;

    if (!in->parts)                     /* a constant of the table stands in `with` */
        return in->with.len
                   ? view_text(feed_text(d->f, in->with), in->with.len)
                   : (view){0};
    v = in->parts == 1 ? c.val[c.at[in->slot]] : joined(d, in, c, room);
    if (in->cuts.count)
        v = field_cut(d->f, in->cuts, v);
    return in->bound >= 0 ? bound_find(&d->bound, (uint32_t)in->bound, v) : v;
}

int field_meaning(const wick_decoder *d, const field *in, view v)
{
    uint64_t head, tail;

    if (!v.text)
        return -1;
    fast_ends(v.text, v.len, &head, &tail);
    for (uint32_t i = in->value; i < in->value + in->values; i++) {
        const mean *m = &d->f->means[i];

        if (m->head == head && m->text.len == v.len &&
            (v.len <= 8 || memcmp(feed_text(d->f, m->text), v.text, v.len) == 0))
            return m->what;
    }
    return -1;
}

static uint32_t turned(uint32_t side)
{
    return side == WICK_TICK_BUY ? WICK_TICK_SELL : side == WICK_TICK_SELL ? WICK_TICK_BUY : 0;
}

/* What a value whose sign is the side comes to: above 0, below it, or 0. 0: it is no number. */
static int signed_value(view v, int64_t *n)
{
    int exp, rc = value_decimal(v.text, v.len, n, &exp);

    if (rc == DEC_OVERFLOW)
        *n = *v.text == '-' ? -1 : 1;
    return rc != DEC_NOT;
}

int field_side(const wick_decoder *d, const field *in, view v, int64_t qty)
{
    uint32_t side = 0;
    int64_t bits;

    if (in->parts && in->flags & (FIELD_SIGN | FIELD_BITS) && (!v.text || !v.len))
        return view_holds(v) ? -1 : 0;
    if (in->flags & FIELD_SIGN) {
        if (in->parts && !signed_value(v, &qty))
            return -1;
        side = qty < 0 ? WICK_TICK_SELL : qty > 0 ? WICK_TICK_BUY : 0;
    } else if (in->flags & FIELD_BITS) {
        if (!fast_integer(v.text, v.len, &bits))
            return -1;
        if (bits & in->bits[MEAN_BUY])
            side |= WICK_TICK_BUY;
        if (bits & in->bits[MEAN_SELL])
            side |= WICK_TICK_SELL;
        if (side == (WICK_TICK_BUY | WICK_TICK_SELL) || bits & in->bits[MEAN_UNKNOWN])
            side = 0;
        side = in->flags & FIELD_MAKER ? turned(side) : side;
        return (int)(side | (bits & in->bits[MEAN_REVERSED] ? WICK_TICK_REVERSED : 0u));
    } else {
        int what = field_meaning(d, in, v);

        side = what == MEAN_BUY ? WICK_TICK_BUY : what == MEAN_SELL ? WICK_TICK_SELL : 0;
    }
    return (int)(in->flags & FIELD_MAKER ? turned(side) : side);
}

int field_scale(const wick_decoder *d, const field *in, view symbol, const scale **by)
{
    *by = NULL;
    for (uint32_t i = in->scale; i < in->scale + in->scales; i++) {
        const scale *s = &d->f->scales[i];

        if (names_glob(feed_text(d->f, s->glob), s->glob.len, symbol.text, symbol.len)) {
            *by = s;
            return 1;
        }
    }
    return !in->scales;
}
