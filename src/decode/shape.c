/* SPDX-License-Identifier: Apache-2.0
 * Learnt shapes. Messages of a venue differ in their values alone: a shape is the bytes between the
 * values of one message that the general way has read, and where its fields were. The next one is
 * compared with it run by run; any difference, and the general way reads it. What a rule tests is part
 * of the runs, so the same rule fits. Where a value ends is not searched for byte by byte, each end
 * waiting for the one before: the delimiters of the whole message are found first, 16 bytes at a time,
 * and every value ends at the nth of them. */
#include <string.h>

#include "decoder.h"

enum { SHAPE_BYTES = 2048, SHAPE_TOKS = 128, SHAPE_TRADES = 8, RUN_PAD = 16, WORDS = SHAPE_BYTES / 64 + 1 };
enum { HOLE_STRING, HOLE_NUMBER, HOLE_WORD, HOLE_FIXED, HOLE_END };

typedef struct op {
    uint16_t at, len;                   /* the run in front of it, in bytes[] */
    uint16_t mask;                      /* of its first 16 bytes */
    uint16_t val;
    uint16_t delims;                    /* the value ends in front of the delimiter that comes so many on, */
    uint8_t  back;                      /* and so many bytes lie between them */
    uint8_t  kind;                      /* HOLE_* */
} op;

typedef struct shape {
    const rule *r;
    uint32_t ops, trades;
    op       op[SHAPE_TOKS + 1];
    view     val[SHAPE_TOKS + 1];       /* by token; val[0] is nothing: a message is no scalar; the last is spare */
    uint32_t slots[SHAPE_TRADES][SLOTS_MAX];
    uint8_t  bytes[SHAPE_BYTES + RUN_PAD];
} shape;

struct shape_store {
    shape    rows[SHAPES];
    uint32_t count, next, last;         /* next is replaced, last has fitted last */
    uint32_t misses;                    /* since a shape has fitted */
    uint32_t noted;                     /* trades of the message being read, over SHAPE_TRADES: too many */
    uint32_t notes[SHAPE_TRADES][SLOTS_MAX];
};

void shape_fini(wick_decoder *d)
{
    mem_free(d->w, d->shapes);
    d->shapes = NULL;
}

void shape_forget(wick_decoder *d)
{
    if (d->shapes)
        d->shapes->count = 0;
}

void shape_note(wick_decoder *d, const uint32_t *slots)
{
    shape_store *st = d->shapes;

    if (!st)
        return;
    if (st->noted < SHAPE_TRADES)
        memcpy(st->notes[st->noted], slots, sizeof st->notes[0]);
    st->noted += st->noted <= SHAPE_TRADES;
}

/* Whether the run of o stands at p. Both are padded: 16 bytes at a time. */
static inline int same(const uint8_t *p, const uint8_t *run, const op *o)
{
#ifdef __SSE2__
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)run);

    if (~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & o->mask)
        return 0;
    return o->len <= 16 || memcmp(p + 16, run + 16, o->len - 16u) == 0;
#else
    return memcmp(p, run, o->len) == 0;
#endif
}

/* Whether a plain string stands at p and ends at stop. Its closing quote is the begin of the next run. */
static inline int string(const uint8_t *p, const uint8_t *stop, const uint8_t *end)
{
#ifdef __SSE2__
    size_t n = (size_t)(stop - p);
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    unsigned bits = (unsigned)_mm_movemask_epi8(_mm_or_si128(odd, _mm_cmplt_epi8(v, _mm_set1_epi8(0x20))));

    if (n < 16)
        return (bits & ((1u << n) - 1)) == 0;
    if (bits)
        return 0;
#endif
    return json_plain(p, end) == stop;
}

/* Whether a JSON number stands at p and ends at stop. */
static inline int number(const uint8_t *p, const uint8_t *stop, const uint8_t *end)
{
#ifdef __SSE2__
    size_t n = (size_t)(stop - p);

    if (n - 1 < 16) {
        unsigned odd = fast_odd(p) & ((1u << n) - 1);
        unsigned point = odd ? (unsigned)__builtin_ctz(odd) : (unsigned)n;

        if ((odd & (odd - 1)) == 0 && point && point != n - 1 && (!odd || p[point] == '.'))
            return *p != '0' || point == 1;
        if (n == 1)
            return odd == 0;
    }
#endif
    return json_number(p, end) == stop;
}

/* Whether true, false or null stands there. */
static int word(const uint8_t *p, const uint8_t *stop, view *v)
{
    size_t n = (size_t)(stop - p);

    v->type = *p == 't' ? TOK_TRUE : *p == 'f' ? TOK_FALSE : TOK_NULL;
    if (v->type == TOK_NULL)
        v->text = NULL;
    return (n == 4 && (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0)) ||
           (n == 5 && memcmp(p, "false", 5) == 0);
}

#ifdef __SSE2__
static inline uint64_t delims16(const uint8_t *p)
{
    __m128i low = _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8(0x20));

    return (unsigned)_mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(low, _mm_set1_epi8('}')), _mm_cmpeq_epi8(low, _mm_set1_epi8(','))));
}
#endif

/* One bit a byte of the message: , ] or }. A form feed counts too; no JSON holds one. */
static inline void find_delims(const uint8_t *p, size_t size, uint64_t *words)
{
    for (const uint8_t *end = p + size; p < end; p += 64) {
#ifdef __SSE2__
        *words++ = delims16(p) | delims16(p + 16) << 16 | delims16(p + 32) << 32 | delims16(p + 48) << 48;
#else
        uint64_t bits = 0;

        for (int i = 0; i < 64; i++)
            bits |= (uint64_t)((p[i] | 0x20) == '}' || (p[i] | 0x20) == ',') << i;
        *words++ = bits;
#endif
    }
}

/* Read the message by this shape: val[] then says where the values are. */
static int fits(shape *s, const uint8_t *bytes, size_t size, const uint64_t *words)
{
    const uint8_t *p = bytes, *end = bytes + size, *stop, *from = bytes;
    const uint64_t *last = words + (size + 63) / 64;
    uint64_t bits = *words;

    for (const op *o = s->op;; o++) {
        view *v = &s->val[o->val];

        if (!same(p, s->bytes + o->at, o))
            return 0;
        p += o->len;
        if (o->kind == HOLE_END)
            return p == end;
        v->text = p;
        if (o->kind == HOLE_FIXED)
            continue;
        for (unsigned n = o->delims;; bits &= bits - 1) {
            for (; !bits; bits = *words, from += 64)
                if (++words >= last)
                    return 0;
            if (--n == 0)
                break;
        }
        stop = from + (unsigned)__builtin_ctzll(bits) - o->back;
        bits &= bits - 1;
        if (stop < p)
            return 0;
        v->len = (uint32_t)(stop - p);
        if (o->kind == HOLE_STRING ? !string(p, stop, end)
                                   : o->kind == HOLE_NUMBER ? !number(p, stop, end) : !word(p, stop, v))
            return 0;
        p = stop;
    }
}

int shape_try(wick_decoder *d, const uint8_t *bytes, size_t size)
{
    shape_store *st = d->shapes;
    uint64_t words[WORDS];
    shape *s;
    const char *why;

    if (!st && !(d->shapes = st = mem_zero(d->w, sizeof *st)))
        return 0;                       /* without memory: the general way will say so */
    st->noted = 0;
    if (size > SHAPE_BYTES)
        return 0;
    if (st->count)
        find_delims(bytes, size, words);
    for (uint32_t i = 0; i < st->count; i++) {
        s = &st->rows[(st->last + i) % st->count];
        if (!fits(s, bytes, size, words))
            continue;
        st->last = (uint32_t)(s - st->rows);
        st->misses = 0;
        d->payload = feed_text(d->f, s->r->payload);
        for (uint32_t n = 0; n < s->trades; n++)
            if ((why = trade_add(d, s->r, (cells){s->val, s->slots[n]})))
                decoder_refuse(d, why);
        return 1;
    }
    return 0;
}

/* Tokens whose content a test of this rule or one before it has looked at: another one might be another rule. That
 * a value is there, and whether it is a string or a number, stands in the runs. */
static void mark_tested(const wick_decoder *d, const rule *r, uint8_t *fixed)
{
    scope s = {.levels = 0};

    for (const rule *q = d->f->rules; q <= r; q++)
        for (uint32_t i = q->test; !(q->flags & RULE_CSV) && i < q->test + q->tests; i++) {
            const test *t = &d->f->tests[i];
            uint32_t at = t->op == OP_PRESENT || t->op == OP_ABSENT ? PATH_NONE : path_find(&d->tape, &t->path, &s);

            if (at != PATH_NONE && (t->op != OP_KIND || d->tape.toks[at].type > TOK_NUMBER))
                fixed[at] = 1;
        }
}

static int learnable(const wick_decoder *d, const rule *r, size_t size)
{
    const shape_store *st = d->shapes;

    if (!st || size > SHAPE_BYTES || r->keeps || r->control.len || d->tape.count > SHAPE_TOKS || !st->noted || st->noted > SHAPE_TRADES ||
        d->refused || d->tape.toks[0].type == TOK_STRING || (*d->base != '{' && *d->base != '['))
        return 0;
    if (st->count == SHAPES && st->misses & (st->misses - 1))
        return 0;                       /* the venue has more shapes than we keep: learn ever more rarely */
    for (uint8_t i = 0; i < r->slots; i++)
        if (r->slot[i]->member)
            return 0;
    for (uint32_t i = 0; i < d->tape.count; i++)
        if (d->tape.toks[i].flags)
            return 0;
    return 1;
}

static uint8_t hole_of(uint8_t type)
{
    return type == TOK_STRING ? HOLE_STRING : type == TOK_NUMBER ? HOLE_NUMBER : HOLE_WORD;
}

/* Delimiters from `from` to the first at or behind `to`; *back: how far behind. 0: the value holds some itself. */
static uint16_t count_delims(const uint8_t *p, uint32_t from, uint32_t begin, uint32_t to, uint8_t *back)
{
    uint16_t n = 1;

    for (uint32_t i = from; i < to; i++)
        if ((p[i] | 0x20) == '}' || (p[i] | 0x20) == ',') {
            if (i >= begin)
                return 0;
            n++;
        }
    for (*back = 0; *back < 250; ++*back)
        if ((p[to + *back] | 0x20) == '}' || (p[to + *back] | 0x20) == ',')
            return n;
    return 0;
}

static op run_op(uint32_t from, uint32_t to, uint8_t kind)
{
    uint32_t len = to - from;

    return (op){.at = (uint16_t)from, .len = (uint16_t)len, .kind = kind,
                .mask = (uint16_t)(len < 16 ? (1u << len) - 1 : 0xffffu)};
}

/* The runs and holes of the message on the tape; 0: it is not of a kind that can be learnt. */
static int draw(shape *s, const tape *from_tape, const uint8_t *fixed, size_t size)
{
    uint32_t from = 0, seen = 0;

    s->ops = 0;
    for (uint32_t i = 0; i < from_tape->count; i++) {
        const tok *t = &from_tape->toks[i];
        op *o = &s->op[s->ops];

        s->val[i] = (view){.type = t->type};
        if (t->type < TOK_STRING)
            continue;
        s->ops++;
        s->val[i].len = t->len;
        *o = run_op(from, t->at, fixed[i] ? HOLE_FIXED : hole_of(t->type));
        o->val = (uint16_t)(fixed[i] && t->type == TOK_NULL ? SHAPE_TOKS : i);
        from = t->at;
        if (fixed[i])
            continue;
        from += t->len;
        if (!(o->delims = count_delims(s->bytes, seen, t->at, from, &o->back)))
            return 0;
        seen = from + o->back + 1u;
    }
    s->op[s->ops] = run_op(from, (uint32_t)size, HOLE_END);
    return 1;
}

void shape_learn(wick_decoder *d, const rule *r, size_t size)
{
    shape_store *st = d->shapes;
    uint8_t fixed[SHAPE_TOKS] = {0};
    shape *s;

    if (st)
        st->misses++;
    if (!learnable(d, r, size))
        return;
    s = &st->rows[st->count < SHAPES ? st->count : st->next];
    mark_tested(d, r, fixed);
    s->r = r;
    s->trades = st->noted;
    memcpy(s->bytes, d->base, size);
    memset(s->bytes + size, 0, RUN_PAD);
    for (uint32_t n = 0; n < s->trades; n++)
        for (uint8_t i = 0; i < r->slots; i++)
            s->slots[n][i] = st->notes[n][i] == PATH_NONE ? 0 : st->notes[n][i];
    if (!draw(s, &d->tape, fixed, size)) {
        s->op[0] = run_op(0, 0, HOLE_END);              /* fits nothing but nothing */
        return;
    }
    if (st->count < SHAPES)
        st->count++;
    else
        st->next = (st->next + 1) % SHAPES;
    st->last = (uint32_t)(s - st->rows);
}
