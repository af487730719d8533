/* SPDX-License-Identifier: Apache-2.0
 * Learnt shapes. Messages of a venue differ in their values alone: a shape is the bytes between the
 * values of one message that the general way has read, and where its fields were. The next one is
 * compared with it run by run; any difference, and the general way reads it. What a rule tests is
 * part of the runs, so the same rule fits. Where a value ends is not searched for, each end waiting
 * for the one before: commas are found 64 bytes at a time, and every value ends so many bytes
 * before one that the shape knows by its number, or before the message's end. */
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

/* Whether the run of o stands at p, 16 bytes at once: p is padded. No run holds a 0, so it differs
 * where the message ends. */
static inline int same(const uint8_t *p, const op *o)
{
#ifdef __SSE2__
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)o->run);

    return (~(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) & o->mask) == 0;
#else
    return memcmp(p, o->run, o->len) == 0;
#endif
}

/* Whether a JSON number stands at p and ends at stop. */
static inline int number(const uint8_t *p, const uint8_t *stop, const uint8_t *end, view *v)
{
    unsigned point = fast_point(p, (size_t)(stop - p));

    v->point = (uint8_t)point;
    return point ? *p != '0' || point == 1 : json_number(p, end) == stop;
}

/* Whether no string ends between p and stop, and nothing there is escaped or not of ASCII. */
static inline int plain(const uint8_t *p, const uint8_t *stop)
{
    for (; (size_t)(stop - p) > 16; p += 16)
        if (fast_text(p) < 16)
            return 0;
    return fast_text(p) >= (size_t)(stop - p);
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

/* The commas of a message in their order; 64 bytes are looked at together. */
typedef struct commas {
    const uint8_t *block, *end;         /* where the bits count from; the message's end */
    uint64_t bits;                      /* those of the block that have not been passed */
} commas;

/* The n-th comma from here on, the message's end where there are less. */
static inline const uint8_t *pass(commas *c, unsigned n)
{
    const uint8_t *at;

    for (;; c->bits &= c->bits - 1) {
        while (!c->bits) {
            if (c->end - c->block <= 64)
                return c->end;
            c->block += 64;
            c->bits = fast_commas(c->block);
        }
        if (--n == 0)
            break;
    }
    at = c->block + __builtin_ctzll(c->bits);
    c->bits &= c->bits - 1;
    return at;
}

/* Read the message by this shape: val[] then says where the values are. */
static int fits(shape *s, const uint8_t *bytes, size_t size)
{
    commas c = {bytes, bytes + size, fast_commas(bytes)};
    const uint8_t *p = bytes, *stop;
    view *v = s->val + 1;

    for (const op *o = s->op;; o++) {
        if (!same(p, o))
            return 0;
        p += o->len;
        if (o->kind >= HOLE_MORE) {
            if (o->kind == HOLE_END)
                return p == c.end;
            continue;
        }
        stop = pass(&c, o->commas) - o->back;
        if (stop < p)
            return 0;
        v->text = p;
        v->len = (uint32_t)(stop - p);
        if (!(o->kind == HOLE_NUMBER   ? number(p, stop, c.end, v)
              : o->kind == HOLE_STRING ? plain(p, stop)
                                       : word(p, stop, v)))
            return 0;
        p = stop;
        v++;
    }
}

static void add(wick_decoder *d, shape *s, uint32_t n)
{
    cells c = {s->val, s->slots[n]};
    const char *why;

    if (quick_add(d, s->r, &s->quick, s->names[n], c))
        return;
    if ((why = trade_add(d, s->r, c)))
        decoder_refuse(d, why);
    else
        quick_note(d, &s->quick, s->names[n], c);
}

int shape_try(wick_decoder *d, const uint8_t *bytes, size_t size)
{
    shape_store *st = d->shapes;
    shape *s;

    if (!st && !(d->shapes = st = mem_zero(d->w, sizeof *st)))
        return 0;                       /* without memory: the general way will say so */
    st->noted = 0;
    if (size > SHAPE_BYTES || !st->count)
        return 0;
    for (uint32_t i = 0; i < st->count; i++) {
        uint32_t at = st->last + i;

        s = &st->rows[at < st->count ? at : at - st->count];
        if (!fits(s, bytes, size))
            continue;
        st->last = (uint32_t)(s - st->rows);
        st->misses = 0;
        d->payload = feed_text(d->f, s->r->payload);
        for (uint32_t n = 0; n < s->trades; n++)
            add(d, s, n);
        return 1;
    }
    return 0;
}
