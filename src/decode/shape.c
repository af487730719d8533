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
    uint16_t tok;
    uint16_t delims;                    /* the value ends in front of the delimiter that comes so many on, */
    uint8_t  back;                      /* and so many bytes lie between them */
    uint8_t  kind;                      /* HOLE_* */
} op;

typedef struct shape {
    const rule *r;
    uint32_t ops, toks, trades;
    op       op[SHAPE_TOKS + 1];
    tok      tok[SHAPE_TOKS];
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

/* Whether the run stands at p. Both are padded: 16 bytes at a time. */
static inline int same(const uint8_t *p, const uint8_t *run, uint32_t len)
{
#ifdef __SSE2__
    for (;; p += 16, run += 16, len -= 16) {
        __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)run);
        unsigned differ = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) ^ 0xffffu;

        if (len <= 16)
            return (differ & ((1u << len) - 1)) == 0;
        if (differ)
            return 0;
    }
#else
    return memcmp(p, run, len) == 0;
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

static const uint8_t *word(const uint8_t *p, tok *t)
{
    if (memcmp(p, "true", 4) == 0) {
        t->type = TOK_TRUE;
        return p + 4;
    }
    if (memcmp(p, "false", 5) == 0) {
        t->type = TOK_FALSE;
        return p + 5;
    }
    t->type = TOK_NULL;
    return memcmp(p, "null", 4) == 0 ? p + 4 : NULL;
}

/* One bit a byte of the message: , ] or }. A form feed counts too; no JSON holds one. */
static void find_delims(const uint8_t *p, size_t size, uint64_t *words)
{
    for (size_t n = 0; n * 64 < size; n++, p += 64) {
        uint64_t bits = 0;

#ifdef __SSE2__
        for (int i = 0; i < 4; i++) {
            __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
            __m128i low = _mm_or_si128(v, _mm_set1_epi8(0x20));
            __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(low, _mm_set1_epi8('}')), _mm_cmpeq_epi8(low, _mm_set1_epi8(',')));

            bits |= (uint64_t)(unsigned)_mm_movemask_epi8(hit) << (16 * i);
        }
#else
        for (int i = 0; i < 64; i++)
            bits |= (uint64_t)((p[i] | 0x20) == '}' || (p[i] | 0x20) == ',') << i;
#endif
        words[n] = bits;
    }
    words[(size + 63) / 64] = 0;
}

/* Read the message by this shape: its tokens then say where the values are. */
static int fits(shape *s, const uint8_t *bytes, size_t size, const uint64_t *words)
{
    const uint8_t *p = bytes, *end = bytes + size, *stop, *from = bytes;
    const uint64_t *last = words + (size + 63) / 64;
    uint64_t bits = *words;

    for (const op *o = s->op;; o++) {
        tok *t = &s->tok[o->tok];
        unsigned n = o->delims;

        if (!same(p, s->bytes + o->at, o->len))
            return 0;
        p += o->len;
        t->at = (uint32_t)(p - bytes);
        if (o->kind >= HOLE_FIXED) {
            if (o->kind == HOLE_END)
                return p == end;
            continue;
        }
        for (;; bits &= bits - 1) {
            for (; !bits; bits = *words, from += 64)
                if (++words >= last)
                    return 0;
            if (--n == 0)
                break;
        }
        stop = from + (unsigned)__builtin_ctzll(bits) - o->back;
        bits &= bits - 1;
        t->len = (uint32_t)(stop - p);
        if (stop < p)
            return 0;
        if (o->kind == HOLE_STRING ? !string(p, stop, end)
                                   : o->kind == HOLE_NUMBER ? !number(p, stop, end) : word(p, t) != stop)
            return 0;
        p = stop;
    }
}

int shape_try(wick_decoder *d, const uint8_t *bytes, size_t size)
{
    shape_store *st = d->shapes;
    tape own = d->tape;
    uint64_t words[WORDS + 1];
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
        d->base = bytes;
        d->tape.toks = s->tok;
        for (uint32_t n = 0; n < s->trades; n++)
            if ((why = trade_add(d, s->r, s->slots[n])))
                decoder_refuse(d, why);
        d->tape = own;
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

/* The runs and holes of the message on the tape; 0: it is not of a kind that can be learnt. */
static int draw(shape *s, const uint8_t *fixed, size_t size)
{
    uint32_t from = 0, seen = 0;

    s->ops = 0;
    for (uint32_t i = 0; i < s->toks; i++) {
        const tok *t = &s->tok[i];
        op *o = &s->op[s->ops];

        if (t->type < TOK_STRING)
            continue;
        s->ops++;
        *o = (op){.at = (uint16_t)from, .len = (uint16_t)(t->at - from), .tok = (uint16_t)i, .kind = fixed[i] ? HOLE_FIXED : hole_of(t->type)};
        from = t->at;
        if (fixed[i])
            continue;
        from += t->len;
        if (!(o->delims = count_delims(s->bytes, seen, t->at, from, &o->back)))
            return 0;
        seen = from + o->back + 1u;
    }
    s->op[s->ops] = (op){.at = (uint16_t)from, .len = (uint16_t)(size - from), .kind = HOLE_END};
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
    s->toks = d->tape.count;
    s->trades = st->noted;
    memcpy(s->bytes, d->base, size);
    memset(s->bytes + size, 0, RUN_PAD);
    memcpy(s->slots, st->notes, sizeof s->slots);
    memcpy(s->tok, d->tape.toks, s->toks * sizeof *s->tok);
    if (!draw(s, fixed, size)) {
        s->op[0] = (op){.len = 0, .kind = HOLE_END};    /* fits nothing but nothing */
        return;
    }
    if (st->count < SHAPES)
        st->count++;
    else
        st->next = (st->next + 1) % SHAPES;
    st->last = (uint32_t)(s - st->rows);
}
