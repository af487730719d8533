/* SPDX-License-Identifier: Apache-2.0
 * Trades the short way: every early return leaves no trace, what is kept is written last. */
#include <string.h>

#include "counted.h"
#include "quick.h"

static int plain_or_none(const field *in)
{
    return in->plain || (!in->used && !in->parts);
}

/* What it is bound to is not in the message. */
static int bound(const field *in)
{
    return in->bound >= 0 && in->parts;
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
    q->able = !bound(&f[F_SYMBOL]) && !bound(&f[F_VENUE]) && !bound(&f[F_KIND]);
}

static inline view at(const field *in, cells c)
{
    return c.val[c.at[in->slot]];
}

/* The names of a market into *row; which row is theirs, QUICK_ROWS: they are not kept. */
static inline uint32_t place(quick_span names, cells c, quick_row *row)
{
    view first = c.val[names.first], last = c.val[names.last];
    uint64_t hash = 0;
    size_t i, len = (size_t)(last.text - first.text) + last.len;

    if (!names.able || len > QUICK_BYTES || (!first.text | !last.text && names.first))
        return QUICK_ROWS;
    for (i = 0; i * 8 < len; i++) {
        row->word[i] = fast_word(first.text + i * 8, len - i * 8);
        hash = (hash ^ row->word[i]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    row->len = (uint32_t)len;
    return (uint32_t)hash % QUICK_ROWS;
}

static inline known *market_of(const wick_decoder *d, const quick *q, quick_span names, cells c)
{
    quick_row want;
    uint32_t i = place(names, c, &want);
    const quick_row *row = &q->rows[i];
    uint64_t differ;

    if (i == QUICK_ROWS || !row->known)
        return NULL;
    differ = row->len ^ want.len;
    for (uint32_t n = 0; n * 8 < want.len; n++)
        differ |= row->word[n] ^ want.word[n];
    return differ ? NULL : &d->known.rows[row->known - 1];
}

void quick_note(wick_decoder *d, quick *q, quick_span names, cells c)
{
    quick_row row = {.known = d->raws[d->tick_count - 1].known + 1};
    uint32_t i = q->able ? place(names, c, &row) : QUICK_ROWS;

    if (i < QUICK_ROWS)
        q->rows[i] = row;
}

/* The values stand in a message: FRONT bytes before them can be read. */
#ifdef __SSE2__
static const int8_t KEEP[32] = {0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
                                -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

static inline __m128i load(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

/* The last n <= 16 bytes of v, digits, as a number: pairs, fours, eights. */
static inline uint64_t number(__m128i v, unsigned n)
{
    const __m128i zero = _mm_setzero_si128();
    uint64_t eights;

    v = _mm_and_si128(_mm_sub_epi8(v, _mm_set1_epi8('0')), load(KEEP + n));
    v = _mm_packs_epi32(_mm_madd_epi16(_mm_unpacklo_epi8(v, zero), _mm_set1_epi32(10 | 1 << 16)),
                        _mm_madd_epi16(_mm_unpackhi_epi8(v, zero), _mm_set1_epi32(10 | 1 << 16)));
    v = _mm_madd_epi16(v, _mm_set1_epi32(100 | 1 << 16));
    v = _mm_madd_epi16(_mm_packs_epi32(v, v), _mm_set1_epi32(10000 | 1 << 16));
    eights = (uint64_t)_mm_cvtsi128_si64(v);
    return (eights & UINT32_MAX) * 100000000u + (eights >> 32);
}

static inline int64_t whole(const uint8_t *p, unsigned n)
{
    return (int64_t)number(load(p + n - 16), n);
}

/* fast_parts(): the digits before the point are moved up to those behind it. */
static inline void parts(const uint8_t *p, unsigned n, unsigned point, int64_t *m, int8_t *exp)
{
    unsigned some = fast_some(p) & ((1u << n) - 1) & ~(1u << point), /* digits but 0: where the */
             last = 31u - (unsigned)__builtin_clz(some << 1 | 1),    /* last of them ends */
             more = last > point ? last - point - 1 : 0, end = last + (last <= point);
    __m128i a = load(p + end - 16), b = load(p + end - 17);

    a = _mm_xor_si128(b, _mm_and_si128(_mm_xor_si128(a, b), load(KEEP + more)));
    *m = (int64_t)number(a, end - 1);
    *exp = (int8_t)((int)point - (int)end + 1);
}
#else
static inline int64_t whole(const uint8_t *p, unsigned n)
{
    return (int64_t)fast_number(p, n);
}

static inline void parts(const uint8_t *p, unsigned n, unsigned point, int64_t *m, int8_t *exp)
{
    int e;

    fast_parts(p, n, point, m, &e);
    *exp = (int8_t)e;
}
#endif

/* A decimal above 0. */
static inline int amount(view v, int64_t *m, int8_t *exp)
{
    unsigned point = v.point;

    if (!v.text || (!point && !(point = fast_point(v.text, v.len))))
        return 0;
    parts(v.text, v.len, point, m, exp);
    return *m > 0;
}

/* Up to 15 digits. */
static inline int integer(view v, int64_t *n)
{
    if (!v.text || !trade_plain(v))
        return 0;
    *n = whole(v.text, v.len);
    return 1;
}

static inline int time_of(view v, const field *in, int64_t *ns)
{
    int64_t n;

    if (in->unit > UNIT_NUMBER_NS || !integer(v, &n))
        return v.text && v.len && trade_time(v, in, ns);
    return trade_whole(n, in->unit, ns);
}

static inline int moment(const wick_decoder *d, const rule *r, cells c, int64_t *ns)
{
    const field *in = &r->fields[F_TIME], *plus = &r->fields[F_NS];
    int64_t more;

    if (!time_of(at(in, c), in, ns) || *ns < d->f->since_ns)
        return 0;
    if (!plus->used)
        return 1;
    if (!time_of(at(plus, c), plus, &more) || more >= NS_PER_S)
        return 0;
    *ns += more;
    return 1;
}

static inline int count_of(const rule *r, cells c, uint32_t *trades)
{
    const field *f = r->fields;
    int64_t n = 1, first;

    if (f[F_COUNT].used) {
        if (!integer(at(&f[F_COUNT], c), &n))
            return 0;
    } else if (f[F_FIRST].used) {
        if (!integer(at(&f[F_FIRST], c), &first) || !integer(at(&f[F_LAST], c), &n) || n < first)
            return 0;
        n = n - first + 1;
    }
    *trades = (uint32_t)n;
    return n >= 1 && n <= UINT32_MAX;
}

/* The number that it counts by; -1: it has none, or none that says anything. */
static inline int sequence_of(const rule *r, cells c, int64_t *seq)
{
    const field *in = &r->fields[F_SEQ];
    view v;

    *seq = -1;
    if (!in->used || !counted_any(in))
        return 1;
    v = at(in, c);
    return !v.text || !v.len || integer(v, seq);
}

/* field_side() of a text, which is remembered. */
static inline int side_of(wick_decoder *d, const rule *r, quick *q, cells c)
{
    const field *in = &r->fields[F_SIDE];
    quick_side *row;
    uint64_t word;
    view v;

    if (!in->used)
        return 0;
    if (!in->parts)                     /* the sign of a quantity, and ours are above 0 */
        return field_side(d, in, (view){0}, 1);
    v = at(in, c);
    if (!v.text || v.len - 1 > 7)
        return field_side(d, in, v, 1);
    word = fast_word(v.text, v.len);
    row = &q->sides[(word * 0x9e3779b97f4a7c15u) >> 60];
    if (row->word != word || row->len != v.len)
        *row = (quick_side){word, v.len, field_side(d, in, v, 1)};
    return row->side;
}

int quick_add(wick_decoder *d, const rule *r, quick *q, quick_span names, cells c)
{
    view id, price, qty;
    wick_tick *t;                       /* behind the others, none of them yet */
    known *k, *lead;
    int64_t key, seq;
    int side;

    if (!q->able || !(k = market_of(d, q, names, c)) ||
        (d->tick_count == d->tick_cap && !trade_room(d)) ||
        (d->ids.cap - d->ids.size < ID_MAX + PAD && !buf_room(&d->ids, ID_MAX + PAD)))
        return 0;
    t = &d->ticks[d->tick_count];
    *t = (wick_tick){.market = k->market, .id_at = (uint32_t)d->ids.size};
    id = at(&r->fields[F_ID], c);
    price = at(&r->fields[F_PRICE], c);
    qty = at(&r->fields[F_QTY], c);
    if (!id.text || id.len - 1 >= ID_MAX || !amount(price, &t->price, &t->price_exp) ||
        !amount(qty, &t->qty, &t->qty_exp) || !moment(d, r, c, &t->time_ns) ||
        !count_of(r, c, &t->trades) || !sequence_of(r, c, &seq) ||
        (side = side_of(d, r, q, c)) < 0)
        return 0;
    t->flags = (uint32_t)side;
    if (!r->fields[F_NS].used)
        t->flags |= trade_seconds(at(&r->fields[F_TIME], c), &r->fields[F_TIME]);
    t->id_len = id.len;
    fast_copy(d->ids.data + d->ids.size, id.text, id.len);
    d->ids.size += id.len;
    if (d->f->ids == IDS_ORDERED) {
        t->id_key = integer(id, &key) ? (uint64_t)key : wick_id_key(id.text, id.len);
        t->flags |= counted_id(d, &r->fields[F_ID], t->id_key);
    }
    if (seq >= 0)
        counted_seq(d, &r->fields[F_SEQ], seq, t);
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
