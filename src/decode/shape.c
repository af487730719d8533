/* SPDX-License-Identifier: Apache-2.0
 * Learnt shapes. Messages of a venue differ in their values alone: a shape is the bytes between the
 * values of one message that the general way has read, and where its fields were. The next one is
 * compared with it run by run; any difference, and the general way reads it. What a rule tests is
 * part of the runs, so the same rule fits. Where a value ends is not searched for byte by byte,
 * each end waiting for the one before: the delimiters of the whole message are found first, 16
 * bytes at a time, and every value ends at the nth of them. */
#include <string.h>

#include "shape.h"

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

/* Whether a plain string stands at p and ends at stop. Its closing quote is the begin of the next
 * run. */
static inline int string(const uint8_t *p, const uint8_t *stop, const uint8_t *end)
{
#ifdef __SSE2__
    size_t n = (size_t)(stop - p);
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i odd =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    unsigned bits =
        (unsigned)_mm_movemask_epi8(_mm_or_si128(odd, _mm_cmplt_epi8(v, _mm_set1_epi8(0x20))));

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
    __m128i low =
        _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8(0x20));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(low, _mm_set1_epi8('}')),
                                                    _mm_cmpeq_epi8(low, _mm_set1_epi8(','))));
}
#endif

/* One bit a byte of the message: , ] or }. A form feed counts too; no JSON holds one. */
static inline void find_delims(const uint8_t *p, size_t size, uint64_t *words)
{
    for (const uint8_t *end = p + size; p < end; p += 64) {
#ifdef __SSE2__
        *words++ =
            delims16(p) | delims16(p + 16) << 16 | delims16(p + 32) << 32 | delims16(p + 48) << 48;
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
        if (o->kind == HOLE_STRING   ? !string(p, stop, end)
            : o->kind == HOLE_NUMBER ? !number(p, stop, end)
                                     : !word(p, stop, v))
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
