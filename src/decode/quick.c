/* SPDX-License-Identifier: Apache-2.0
 * Trades the short way: every early return leaves no trace, what is kept is written last. */
#include <string.h>

#include "counted.h"
#include "quick.h"

static int plain_or_none(const field *in)
{
    return in->plain || (!in->used && !in->parts);
}

/* The slots of a field that names the market; 0: too many, or they name it not alone. */
static int names_of(const field *in, quick *q)
{
    if (in->bound >= 0 || q->names + in->parts > QUICK_NAMES)
        return !in->parts;
    for (uint8_t i = 0; i < in->parts; i++)
        q->name[q->names++] = (uint8_t)(in->slot + i);
    return 1;
}

void quick_learn(const wick_decoder *d, const rule *r, quick *q)
{
    static const uint8_t plain[] = {F_NS, F_COUNT, F_FIRST, F_LAST, F_SIDE, F_SEQ};
    const field *f = r->fields;

    memset(q, 0, sizeof *q);
    if (d->f->ids == IDS_NONE || !f[F_ID].plain || !f[F_PRICE].plain || f[F_PRICE].scales ||
        !f[F_QTY].plain || f[F_QTY].scales || !f[F_TIME].plain || f[F_SNAPSHOT].used ||
        !f[F_SYMBOL].parts ||
        (f[F_FIRST].used && !f[F_LAST].plain))
        return;
    for (size_t i = 0; i < sizeof plain; i++)
        if (!plain_or_none(&f[plain[i]]))
            return;
    q->able = names_of(&f[F_SYMBOL], q) && names_of(&f[F_VENUE], q) && names_of(&f[F_KIND], q);
}

static inline view at(const field *in, cells c)
{
    return c.val[c.at[in->slot]];
}

/* The names of a market into *row; where its row is, QUICK_ROWS: it has none. */
static inline uint32_t place(const quick *q, cells c, quick_row *row)
{
    uint64_t hash = 0;

    for (uint32_t i = 0; i < q->names; i++) {
        view v = c.val[c.at[q->name[i]]];

        if (!v.text || v.len - 1 > 15)
            return QUICK_ROWS;
        fast_ends(v.text, v.len, &row->head[i], &row->tail[i]);
        row->len[i] = (uint8_t)v.len;
        hash = (hash ^ row->head[i] ^ (row->tail[i] << 31 | row->tail[i] >> 33) ^ v.len) *
               0x9e3779b97f4a7c15u;
    }
    return (uint32_t)(hash >> 40) % QUICK_ROWS;
}

static inline known *market_of(wick_decoder *d, const quick *q, cells c)
{
    quick_row want;
    uint32_t i = place(q, c, &want);
    const quick_row *row = &q->rows[i];
    uint64_t differ = 0;

    if (i == QUICK_ROWS || !row->known)
        return NULL;
    for (uint32_t n = 0; n < q->names; n++)
        differ |= (row->head[n] ^ want.head[n]) | (row->tail[n] ^ want.tail[n]) |
                  (uint64_t)(row->len[n] ^ want.len[n]);
    return differ ? NULL : &d->known.rows[row->known - 1];
}

void quick_note(wick_decoder *d, quick *q, cells c)
{
    quick_row row = {.known = d->raws[d->tick_count - 1].known + 1};
    uint32_t i = q->able ? place(q, c, &row) : QUICK_ROWS;

    if (i < QUICK_ROWS)
        q->rows[i] = row;
}

/* A decimal above 0. */
static inline int amount(view v, int64_t *m, int8_t *exp)
{
    int e;

    if (!v.text || !v.len || fast_decimal(v.text, v.len, m, &e) != 0)
        return 0;
    *exp = (int8_t)e;
    return *m > 0;
}

static inline int moment(const rule *r, cells c, int64_t *ns)
{
    const field *in = &r->fields[F_TIME];
    view v = at(in, c);
    int64_t more;

    if (!v.text || !v.len || !trade_time(v, in, ns))
        return 0;
    if (!(in = &r->fields[F_NS])->used)
        return 1;
    v = at(in, c);
    if (!v.text || !v.len || !trade_time(v, in, &more) || more >= NS_PER_S)
        return 0;
    *ns += more;
    return 1;
}

static inline int count_of(const rule *r, cells c, uint32_t *trades)
{
    const field *f = r->fields;
    int64_t n = 1, first;
    view v;

    if (f[F_COUNT].used) {
        v = at(&f[F_COUNT], c);
        if (!v.text || !fast_integer(v.text, v.len, &n))
            return 0;
    } else if (f[F_FIRST].used) {
        v = at(&f[F_FIRST], c);
        if (!v.text || !fast_integer(v.text, v.len, &first))
            return 0;
        v = at(&f[F_LAST], c);
        if (!v.text || !fast_integer(v.text, v.len, &n) || n < first)
            return 0;
        n = n - first + 1;
    }
    *trades = (uint32_t)n;
    return n >= 1 && n <= UINT32_MAX;
}

static inline int side_of(wick_decoder *d, const rule *r, cells c, const wick_tick *t)
{
    const field *in = &r->fields[F_SIDE];

    return in->used ? field_side(d, in, in->parts ? at(in, c) : (view){0}, t->qty) : 0;
}

int quick_add(wick_decoder *d, const rule *r, const quick *q, cells c)
{
    view id, price, qty;
    wick_tick *t;                       /* behind the others, none of them yet */
    known *k, *lead;
    int side;

    if (!q->able || !(k = market_of(d, q, c)) ||
        (d->tick_count == d->tick_cap && !trade_room(d)) ||
        (d->ids.cap - d->ids.size < ID_MAX + PAD && !buf_room(&d->ids, ID_MAX + PAD)))
        return 0;
    t = &d->ticks[d->tick_count];
    *t = (wick_tick){.market = k->market, .id_at = (uint32_t)d->ids.size};
    id = at(&r->fields[F_ID], c);
    price = at(&r->fields[F_PRICE], c);
    qty = at(&r->fields[F_QTY], c);
    if (!id.text || id.len - 1 >= ID_MAX || !amount(price, &t->price, &t->price_exp) ||
        !amount(qty, &t->qty, &t->qty_exp) || !moment(r, c, &t->time_ns) ||
        !count_of(r, c, &t->trades) || (side = side_of(d, r, c, t)) < 0)
        return 0;
    t->flags = (uint32_t)side;
    t->id_len = id.len;
    fast_copy(d->ids.data + d->ids.size, id.text, id.len);
    d->ids.size += id.len;
    if (d->f->ids == IDS_ORDERED) {
        t->id_key = trade_key(id);
        t->flags |= counted_id(&r->fields[F_ID], t->id_key);
    }
    if (r->fields[F_SEQ].flags & (FIELD_ORDER | FIELD_GAPLESS))
        counted_seq(at(&r->fields[F_SEQ], c), &r->fields[F_SEQ], t);
    lead = &d->known.rows[k->lead];
    if (!lead->first)
        lead->first = d->message;
    if (r->snapshot == SNAPSHOT_ALWAYS ||
        (r->snapshot == SNAPSHOT_FIRST && lead->first == d->message))
        t->flags |= WICK_TICK_SNAPSHOT;
    d->raws[d->tick_count++] =
        (raw){.price = price.text, .price_len = price.len, .qty = qty.text,
              .qty_len = qty.len, .known = (uint32_t)(k - d->known.rows)};
    return 1;
}
