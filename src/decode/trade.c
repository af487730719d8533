/* SPDX-License-Identifier: Apache-2.0
 * One trade: the texts of its fields to a tick, or the reason why it is refused. */
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "../core/dec.h"
#include "../core/time.h"
#include "counted.h"
#include "trade.h"
#include "names.h"

static inline view field_text(wick_decoder *d, const field *in, cells c, uint8_t *room)
{
    return in->plain ? c.val[c.at[in->slot]] : field_view(d, in, c, room);
}

/* A decimal of the trade; signed_ok: a negative one is its absolute value. */
static const char *amount(view v, const scale *by, int64_t *m, int8_t *exp, const char *bad)
{
    int e, rc = v.text && v.len ? fast_decimal(v.text, v.len, m, &e) : DEC_NOT;

    if (rc == DEC_OK && by)
        rc = value_scale(m, &e, by->m, by->exp);
    if (rc != DEC_OK)
        return rc == DEC_OVERFLOW ? "overflow" : bad;
    *exp = (int8_t)e;
    return *m == 0 || *m == INT64_MIN ? bad : NULL;
}

static const char *time_of(wick_decoder *d, const rule *r, cells c, wick_tick *t)
{
    const field *in = &r->fields[F_TIME], *plus = &r->fields[F_NS];
    uint8_t room[FIELD_ROOM + PAD];
    view v = field_text(d, in, c, room);
    int64_t ns;

    if (!v.text || !v.len) {
        if (view_holds(v))
            return "bad-time";
        if (!(in->flags & FIELD_RECEIVED) || d->recv_ns <= 0)
            return "no-time";
        t->time_ns = d->recv_ns;
        t->flags |= WICK_TICK_RECEIVED;
        return NULL;
    }
    if (!trade_time(v, in, &t->time_ns) || t->time_ns < d->f->since_ns)
        return "bad-time";
    t->flags |= trade_seconds(v, in);
    if (!plus->used)
        return NULL;
    v = field_text(d, plus, c, room);
    if (!v.text || !v.len)
        return NULL;                    /* venues leave it out where they have none */
    if (!trade_time(v, plus, &ns) || ns >= NS_PER_S)
        return "bad-time";
    t->flags &= ~(uint32_t)WICK_TICK_SECONDS;
    t->time_ns += ns;
    return NULL;
}

/* How many of the venue's trades it stands for: a count, or last - first + 1. */
static const char *count_of(wick_decoder *d, const rule *r, cells c, wick_tick *t)
{
    uint8_t room[FIELD_ROOM + PAD];
    int64_t n = 1, first;
    view v;

    if (r->fields[F_COUNT].used) {
        v = field_text(d, &r->fields[F_COUNT], c, room);
        if (view_holds(v) || (v.text && v.len && !fast_integer(v.text, v.len, &n)))
            return "bad-count";
    } else if (r->fields[F_FIRST].used) {
        v = field_text(d, &r->fields[F_FIRST], c, room);
        if (!v.text || !v.len)
            return NULL;
        if (!fast_integer(v.text, v.len, &first))
            return "bad-count";
        v = field_text(d, &r->fields[F_LAST], c, room);
        if (!v.text || !fast_integer(v.text, v.len, &n) || n < first)
            return "bad-count";
        n = n - first + 1;
    }
    if (n < 1 || n > UINT32_MAX)
        return "bad-count";
    t->trades = (uint32_t)n;
    return NULL;
}

int trade_room(wick_decoder *d)
{
    uint32_t cap = d->tick_cap ? d->tick_cap * 2 : 64;
    wick_tick *ticks = mem_resize(d->w, d->ticks, cap * sizeof *ticks);
    raw *raws;

    if (!ticks)
        return 0;
    d->ticks = ticks;
    if (!(raws = mem_resize(d->w, d->raws, cap * sizeof *raws)))
        return 0;
    d->raws = raws;
    d->tick_cap = cap;
    return 1;
}

static int is_list(const rule *r)
{
    for (uint8_t i = 0; i < r->each.count; i++)
        if (r->each.steps[i].kind == STEP_EACH || r->each.steps[i].kind == STEP_MEMBERS)
            return 1;
    return r->flags & RULE_COLUMNS;
}

/* Equal trades are counted afresh from each snapshot on, for it may repeat what was sent before it.
 * A list is a snapshot of its own; messages of one trade are one, until a live trade comes or time
 * goes back. */
static void count_afresh(const wick_decoder *d, const rule *r, const wick_tick *t, known *lead)
{
    if (!(t->flags & WICK_TICK_SNAPSHOT)) {
        lead->shown = lead->shown == d->message ? d->message : 0;
        return;
    }
    if (lead->shown != d->message && (!lead->shown || is_list(r) || t->time_ns < lead->shown_ns))
        lead->epoch++;
    lead->shown = d->message;
    lead->shown_ns = t->time_ns;
}

static const char *identity(wick_decoder *d, const rule *r, cells c, known *lead, wick_tick *t)
{
    const field *in = &r->fields[F_ID];
    uint8_t room[FIELD_ROOM + PAD];
    view v = d->f->ids == IDS_NONE ? (view){0} : field_text(d, in, c, room);
    int nth;

    if (v.text && v.len) {
        if (v.len > ID_MAX)
            return "bad-id";
        t->id_at = (uint32_t)d->ids.size;
        t->id_len = v.len;
        if (d->ids.cap - d->ids.size < ID_MAX + PAD && !buf_room(&d->ids, ID_MAX + PAD))
            return "no memory";
        fast_copy(d->ids.data + d->ids.size, v.text, v.len);
        d->ids.size += v.len;
        if (d->f->ids == IDS_ORDERED) {
            t->id_key = trade_key(v);
            t->flags |= counted_id(d, in, t->id_key);
        }
        return NULL;
    }
    if (view_holds(v))
        return "bad-id";
    count_afresh(d, r, t, lead);
    const uint64_t same[] = {(uint64_t)t->time_ns, (uint64_t)t->price, (uint64_t)t->qty,
                             (uint64_t)t->market << 32 | lead->epoch,
                             (uint64_t)(uint8_t)t->price_exp << 16 |
                                 (uint64_t)(uint8_t)t->qty_exp << 8 |
                                 (t->flags & (WICK_TICK_BUY | WICK_TICK_SELL))};

    if ((nth = nth_next(&d->nth, XXH3_64bits(same, sizeof same))) < 0)
        return "no memory";
    t->nth = (uint16_t)nth;
    return NULL;
}

static void sequence(wick_decoder *d, const rule *r, cells c, wick_tick *t)
{
    const field *in = &r->fields[F_SEQ];
    uint8_t room[FIELD_ROOM + PAD];
    int64_t n;
    view v = {0};

    if (in->used && counted_any(in))
        v = field_text(d, in, c, room);
    if (v.text && v.len && fast_integer(v.text, v.len, &n))
        counted_seq(d, in, n, t);
    if (!(in->flags & FIELD_ORDER) && d->csv == r && r->newest && d->f->ids != IDS_ORDERED)
        t->seq = ((uint64_t)1 << 62) - d->row;  /* newest first: a later row is the older trade */
}

static int is_snapshot(wick_decoder *d, const rule *r, cells c, known *k)
{
    const field *in = &r->fields[F_SNAPSHOT];
    uint8_t room[FIELD_ROOM + PAD];

    if (r->snapshot == SNAPSHOT_ALWAYS)
        return 1;
    if (r->snapshot == SNAPSHOT_FIRST && k->first == d->message)
        return 1;
    return in->used && field_meaning(d, in, field_text(d, in, c, room)) == MEAN_YES;
}

/* Which market: the symbol in the trade, or the one that the caller named. */
static const char *market_of(wick_decoder *d, const rule *r, cells c, view *symbol, known **out)
{
    uint8_t room[FIELD_ROOM + PAD], venue_room[FIELD_ROOM + PAD], kind_room[FIELD_ROOM + PAD];
    view venue = {0}, kind = {0};
    int64_t row;

    *symbol = field_text(d, &r->fields[F_SYMBOL], c, room);
    if (!symbol->text || !symbol->len) {
        if (view_holds(*symbol))
            return "bad-symbol";
        if (!d->symbol)
            return "no-symbol";
        *symbol = view_text(d->symbol, strlen(d->symbol));
    }
    if (r->fields[F_VENUE].used)
        venue = field_text(d, &r->fields[F_VENUE], c, venue_room);
    if (r->fields[F_KIND].used)
        kind = field_text(d, &r->fields[F_KIND], c, kind_room);
    if ((row = known_padded(&d->known, d->f, *symbol, venue, kind)) < 0)
        return row == WICK_E_NOMEM ? "no memory" : "bad-symbol";
    *out = &d->known.rows[row];
    symbol->text = d->known.text.data + (*out)->at;     /* room ends here */
    symbol->len = (*out)->symbol_len;
    return NULL;
}

/* Price, quantity, time and side. */
static const char *values(wick_decoder *d, const rule *r, cells c, wick_tick *t, raw *at,
                          view symbol)
{
    uint8_t room[FIELD_ROOM + PAD];
    const field *side = &r->fields[F_SIDE];
    view price = field_text(d, &r->fields[F_PRICE], c, room), v, said = {0};
    const char *why;
    int flags;

    if (!field_scale(d, &r->fields[F_PRICE], symbol, &at->price_by))
        return "no-scale";
    if ((why = amount(price, at->price_by, &t->price, &t->price_exp, "bad-price")))
        return why;
    if (t->price < 0)
        return "bad-price";
    v = field_text(d, &r->fields[F_QTY], c, room);
    if (!field_scale(d, &r->fields[F_QTY], symbol, &at->qty_by))
        return "no-scale";
    if ((why = amount(v, at->qty_by, &t->qty, &t->qty_exp, "bad-qty")))
        return why;
    at->price = price.text;
    at->price_len = price.len;
    at->qty = v.text;
    at->qty_len = v.len;
    if ((why = time_of(d, r, c, t)))
        return why;
    if (side->parts)
        said = field_text(d, side, c, room);
    if (side->used) {
        if ((flags = field_side(d, side, said, t->qty)) < 0)
            return "bad-side";
        t->flags |= (uint32_t)flags;
    }
    if (t->qty < 0) {
        if (!(side->flags & FIELD_SIGN) || side->parts)
            return "bad-qty";
        t->qty = -t->qty;
    }
    return NULL;
}

const char *trade_add(wick_decoder *d, const rule *r, cells c)
{
    wick_tick *t;
    raw *at;
    known *k;
    uint64_t first;
    view symbol;
    const char *why;

    if (d->tick_count == d->tick_cap && !trade_room(d))
        return "no memory";
    t = &d->ticks[d->tick_count];
    at = &d->raws[d->tick_count];
    *t = (wick_tick){.trades = 1};
    if ((why = market_of(d, r, c, &symbol, &k)))
        return why;
    t->market = k->market;
    at->known = (uint32_t)(k - d->known.rows);
    if ((why = values(d, r, c, t, at, symbol)) || (why = count_of(d, r, c, t)))
        return why;
    k = &d->known.rows[k->lead];
    first = k->first;
    k->first = first ? first : d->message;
    if (is_snapshot(d, r, c, k))
        t->flags |= WICK_TICK_SNAPSHOT;
    if ((why = identity(d, r, c, k, t))) {
        k->first = first;
        return why;
    }
    sequence(d, r, c, t);
    d->tick_count++;
    return NULL;
}
