/* SPDX-License-Identifier: Apache-2.0
 * From the values of a trade's fields to a tick.
 * lint: allow size inline code of the hot path */
#ifndef WICK_DECODE_TRADE_H
#define WICK_DECODE_TRADE_H

#include "../core/time.h"
#include "decoder.h"

/* The values of a rule's slots: slot i is val[at[i]]; val[0] is nothing. */
typedef struct cells { const view *val; const uint32_t *at; } cells;
/* The cells of the tokens in slots, into room for SLOTS_MAX + 1 and SLOTS_MAX of them. */
cells cells_of(wick_decoder *d, const rule *r, const uint32_t *slots, view *val, uint32_t *at);
/* One trade, appended; the reason why it is refused, NULL: it is there. */
const char *trade_add(wick_decoder *d, const rule *r, cells c);
/* The text of a field: parts joined into room, prefix and suffix cut; those alone by field_cut(). */
enum { FIELD_ROOM = 512 };
view field_view(wick_decoder *d, const field *in, cells c, uint8_t room[FIELD_ROOM + PAD]);
view field_cut(const wick_feed *f, strips cuts, view v);
/* MEAN_* of a value, negative: the table names it not. */
int field_meaning(const wick_decoder *d, const field *in, view v);
/* WICK_TICK_* of the taker's side, from what the venue says; negative: it is not readable. */
int field_side(const wick_decoder *d, const field *in, view v, int64_t qty);
/* What scales this field for a symbol, *by NULL: nothing. 0: the table scales, but not this one. */
int field_scale(const wick_decoder *d, const field *in, view symbol, const scale **by);
int trade_room(wick_decoder *d);        /* for one more tick; 0: no memory */

/* Whether v is 1 to 15 digits. */
static inline int trade_plain(view v)
{
    return v.len - 1 < 15 && (v.point == v.len || fast_digits(v.text) >= v.len);
}

/* n whole units of UNIT_NUMBER_* since 1970; 0: out of range. */
static inline int trade_whole(int64_t n, int unit, int64_t *ns)
{
    static const int64_t by[] = {1000000000, 0, 0, 1000000, 0, 0, 1000, 0, 0, 1};
    static const int64_t end[] = {TIME_END_NS / 1000000000, 0, 0, TIME_END_NS / 1000000, 0, 0,
                                  TIME_END_NS / 1000, 0, 0, TIME_END_NS};

    if (n >= end[unit])
        return 0;
    *ns = n * by[unit];
    return 1;
}

/* WICK_TICK_SECONDS or 0 of a time that trade_time() has read. */
static inline uint32_t trade_seconds(view v, const field *in)
{
    return in->unit == UNIT_NUMBER_S && !in->finer && trade_plain(v) ? WICK_TICK_SECONDS : 0;
}

/* value_local() in the field's unit, or in its finer one; short whole numbers first. */
static inline int trade_time(view v, const field *in, int64_t *ns)
{
    return (in->unit <= UNIT_NUMBER_NS && trade_plain(v) &&
            trade_whole((int64_t)fast_number(v.text, v.len), in->unit, ns)) ||
           value_local(v.text, v.len, in->unit, in->east, ns) ||
           (in->finer && value_time(v.text, v.len, in->finer - 1, ns));
}

/* wick_id_key() */
static inline uint64_t trade_key(view id)
{
    return trade_plain(id) ? fast_number(id.text, id.len) : wick_id_key(id.text, id.len);
}

#endif
