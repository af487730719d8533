/* SPDX-License-Identifier: Apache-2.0
 * Learnt shapes. Messages of a venue differ in their values alone: a shape is the bytes between the
 * values of one message that the general way has read, and where its fields were. The next one is
 * compared with it run by run; any difference, and the general way reads it. What a rule tests is
 * part of the runs, so the same rule fits. Where a value ends is not searched for byte by byte,
 * each end waiting for the one before: the delimiters of the whole message are found first, 16
 * bytes at a time, and every value ends at one that the shape knows by its number. */
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

/* Whether the run of o stands at p. Both are padded: 16 bytes at a time. No run holds a 0, so it
 * differs in the piece where the message ends, if not before. */
static inline int same(const uint8_t *p, const uint8_t *run, const op *o)
{
#ifdef __SSE2__
    size_t left = o->len;
    unsigned equal;

    for (;; p += 16, run += 16, left -= 16) {
        __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i b = _mm_loadu_si128((const __m128i *)(const void *)run);

        equal = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));
        if (left <= 16)
            return (~equal & o->mask) == 0;
        if (equal != 0xffffu)
            return 0;
    }
#else
    for (size_t i = 0; i < o->len; i++)
        if (p[i] != run[i])
            return 0;
    return 1;
#endif
}

/* Whether a JSON number stands at p and ends at stop. */
static inline int number(const uint8_t *p, const uint8_t *stop, const uint8_t *end)
{
#ifdef __SSE2__
    const uint8_t *from = p + (*p == '-');
    size_t n = (size_t)(stop - from);

    if (n - 1 < 16) {
        unsigned odd = fast_odd(from) & ((1u << n) - 1);
        unsigned point = (unsigned)__builtin_ctz(odd | 1u << n);

        if ((odd & (odd - 1)) == 0 && point && point != n - 1 && (!odd || from[point] == '.'))
            return *from != '0' || point == 1;
    }
#endif
    return json_number(p, end) == stop;
}

/* Whether true, false or null stands there. Which of them is as good as random: no branches. */
static inline int word(const uint8_t *p, const uint8_t *stop, view *v)
{
    static const char text[3][8] = {"true", "fals", "null"};
    size_t i = (size_t)(*p == 'f') + 2 * (size_t)(*p == 'n'), size = 4 + (*p == 'f');
    unsigned differ = memcmp(p, text[i], 4) != 0;

    v->type = (uint8_t)(TOK_TRUE + i);
    v->text = i == 2 ? NULL : p;
    differ |= (size_t)(stop - p) ^ size ? 1 : 0;
    return !(differ | (unsigned)(p[size - 1] ^ "eel"[i]));
}

#ifdef __SSE2__
static inline uint64_t marks16(const uint8_t *p, __m128i *odd)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i low = _mm_or_si128(v, _mm_set1_epi8(0x20));
    __m128i text =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    *odd = _mm_sub_epi8(*odd, _mm_or_si128(text, _mm_cmplt_epi8(v, _mm_set1_epi8(0x20))));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(low, _mm_set1_epi8('}')),
                                                    _mm_cmpeq_epi8(low, _mm_set1_epi8(','))));
}
#endif

/* Where the delimiters are, and how many odd bytes there are. A form feed counts as a delimiter
 * too; no JSON holds one. */
void shape_marks(const uint8_t *bytes, size_t size, marks *m)
{
    uint32_t count = 0;
#ifdef __SSE2__
    __m128i odd = _mm_setzero_si128();
    size_t i;

    for (i = 0; i < size; i += 64) {
        const uint8_t *p = bytes + i;
        uint64_t bits = marks16(p, &odd) | marks16(p + 16, &odd) << 16 |
                        marks16(p + 32, &odd) << 32 | marks16(p + 48, &odd) << 48;

        for (; bits; bits &= bits - 1)
            m->at[count++] = (uint16_t)(i + (unsigned)__builtin_ctzll(bits));
    }
    odd = _mm_sad_epu8(odd, _mm_setzero_si128());
    m->odd = (uint32_t)(_mm_cvtsi128_si32(odd) + _mm_extract_epi16(odd, 4));
    m->odd -= (uint32_t)(i - size);             /* the zeros behind it were counted */
#else
    m->odd = 0;
    for (size_t i = 0; i < size; i++) {
        m->odd += shape_odd(bytes[i]);
        m->at[count] = (uint16_t)i;
        count += (bytes[i] | 0x20) == '}' || (bytes[i] | 0x20) == ',';
    }
#endif
    m->delims = count;
}

/* Read the message by this shape: val[] then says where the values are. The runs hold all the odd
 * bytes that there are, so a string has none, and is plain. */
static int fits(shape *s, const uint8_t *bytes, size_t size, const marks *m)
{
    const uint8_t *p = bytes, *end = bytes + size, *stop;

    if (s->delims != m->delims || s->odd != m->odd)
        return 0;
    for (const op *o = s->op;; o++) {
        view *v = &s->val[o->val];

        if (!same(p, s->bytes + o->at, o))
            return 0;
        p += o->len;
        if (o->kind == HOLE_END)
            return p == end;
        stop = bytes + m->at[o->delim] - o->back;
        if (stop < p)
            return 0;
        v->text = p;
        v->len = (uint32_t)(stop - p);
        if (o->kind != HOLE_STRING &&
            !(o->kind == HOLE_NUMBER ? number(p, stop, end) : word(p, stop, v)))
            return 0;
        p = stop;
    }
}

static void add(wick_decoder *d, shape *s, cells c)
{
    const char *why;

    if (quick_add(d, s->r, &s->quick, c))
        return;
    if ((why = trade_add(d, s->r, c)))
        decoder_refuse(d, why);
    else
        quick_note(d, &s->quick, c);
}

int shape_try(wick_decoder *d, const uint8_t *bytes, size_t size)
{
    shape_store *st = d->shapes;
    marks m;
    shape *s;

    if (!st && !(d->shapes = st = mem_zero(d->w, sizeof *st)))
        return 0;                       /* without memory: the general way will say so */
    st->noted = 0;
    if (size > SHAPE_BYTES || !st->count)
        return 0;
    shape_marks(bytes, size, &m);
    for (uint32_t i = 0; i < st->count; i++) {
        uint32_t at = st->last + i;

        s = &st->rows[at < st->count ? at : at - st->count];
        if (!fits(s, bytes, size, &m))
            continue;
        st->last = (uint32_t)(s - st->rows);
        st->misses = 0;
        d->payload = feed_text(d->f, s->r->payload);
        for (uint32_t n = 0; n < s->trades; n++)
            add(d, s, (cells){s->val, s->slots[n]});
        return 1;
    }
    return 0;
}
