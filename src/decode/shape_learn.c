/* SPDX-License-Identifier: Apache-2.0
 * Learning: a message that the general way has read, drawn as runs of bytes and the values between.
 */
#include <string.h>

#include "shape.h"

void shape_note(wick_decoder *d, const uint32_t *slots)
{
    shape_store *st = d->shapes;

    if (!st)
        return;
    if (st->noted < SHAPE_TRADES)
        memcpy(st->notes[st->noted], slots, sizeof st->notes[0]);
    st->noted += st->noted <= SHAPE_TRADES;
}

/* Tokens whose content a test of this rule or one before it has looked at: another one might be
 * another rule. That a value is there, and whether it is a string or a number, stands in the runs.
 */
static void mark_tested(const wick_decoder *d, const rule *r, uint8_t *fixed)
{
    scope s = {.levels = 0};

    for (const rule *q = d->f->rules; q <= r; q++)
        for (uint32_t i = q->test; !(q->flags & RULE_CSV) && i < q->test + q->tests; i++) {
            const test *t = &d->f->tests[i];
            uint32_t at = t->op == OP_PRESENT || t->op == OP_ABSENT
                              ? PATH_NONE
                              : path_find(&d->tape, &t->path, &s);

            if (at != PATH_NONE && (t->op != OP_KIND || d->tape.toks[at].type > TOK_NUMBER))
                fixed[at] = 1;
        }
}

static int learnable(const wick_decoder *d, const rule *r, size_t size)
{
    const shape_store *st = d->shapes;

    if (!st || size > SHAPE_BYTES || r->keeps || r->control.len || d->tape.count > SHAPE_TOKS ||
        !st->noted || st->noted > SHAPE_TRADES || d->refused ||
        d->tape.toks[0].type == TOK_STRING || (*d->base != '{' && *d->base != '['))
        return 0;
    if (st->count == SHAPES && st->misses & (st->misses - 1))
        return 0; /* the venue has more shapes than we keep: learn ever more rarely */
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

/* Where the value in [begin, end) of the message ends: *commas behind the last value's, which is at
 * `from`, or the message's end in place of the last, *back: how far behind. 0: the value holds some
 * itself, or it is too far. */
static int ends_at(const uint8_t *bytes, uint32_t size, uint32_t from, const tok *t, op *o)
{
    uint32_t end = t->at + t->len, at = from;

    o->commas = 1;
    for (; at < size && (at < end || bytes[at] != ','); at++) {
        if (bytes[at] != ',')
            continue;
        if (at >= t->at)
            return 0;
        o->commas++;
    }
    o->back = (uint8_t)(at - end);
    return at - end <= UINT8_MAX;
}

/* The ops of the bytes in [from, to), the last of them with the hole of this kind behind it. */
static op *run(op *o, const uint8_t *bytes, uint32_t from, uint32_t to, uint8_t kind)
{
    for (;; from += (uint32_t)sizeof o->run, o++) {
        int more = to - from > sizeof o->run;
        uint32_t len = more ? (uint32_t)sizeof o->run : to - from;

        *o = (op){.mask = (uint16_t)((1u << len) - 1), .len = (uint8_t)len,
                  .kind = more ? HOLE_MORE : kind};
        memcpy(o->run, bytes + from, len);
        if (!more)
            return o;
    }
}

/* The runs and holes of the message on the tape; 0: it is not of a kind that can be learnt. What is
 * fixed is part of its run, and is read where the shape keeps it. place[]: of a token in val[]. */
static int draw(shape *s, const tape *from_tape, const uint8_t *fixed, uint32_t size,
                uint32_t *place)
{
    uint32_t from = 0, comma = 0, kept = 0;
    op *o = s->op;

    s->holes = 0;
    for (uint32_t i = 0; i < from_tape->count; i++)
        kept += from_tape->toks[i].type >= TOK_STRING && !fixed[i];
    for (uint32_t i = 0; i < from_tape->count; i++) {
        const tok *t = &from_tape->toks[i];

        if (t->type < TOK_STRING || fixed[i]) {
            place[i] = ++kept;
            s->val[kept] = (view){.type = t->type};
            if (t->type >= TOK_STRING) {
                s->val[kept].len = t->len;
                s->val[kept].text = t->type == TOK_NULL ? NULL : s->bytes + t->at;
            }
            continue;
        }
        place[i] = ++s->holes;
        s->val[s->holes] = (view){.type = t->type};
        o = run(o, s->bytes, from, t->at, hole_of(t->type));
        if (!ends_at(s->bytes, size, comma, t, o))
            return 0;
        from = t->at + t->len;
        comma = from + o++->back + 1;
    }
    run(o, s->bytes, from, size, HOLE_END);
    return 1;
}

/* The values of a trade that name its market; they must follow one another. */
static quick_span names_of(const shape *s, const rule *r, const uint32_t *slots)
{
    static const uint8_t which[] = {F_SYMBOL, F_VENUE, F_KIND};
    uint8_t named[SHAPE_TOKS + 1] = {0};
    quick_span in = {.able = 1};

    for (size_t i = 0; i < sizeof which; i++) {
        const field *f = &r->fields[which[i]];

        for (uint8_t n = 0; n < f->parts; n++) {
            uint32_t at = slots[f->slot + n];

            if (!at || at > s->holes)
                continue;                       /* the same in every message */
            named[at] = 1;
            in.first = (uint16_t)(!in.first || at < in.first ? at : in.first);
            in.last = (uint16_t)(at > in.last ? at : in.last);
        }
    }
    for (uint32_t at = in.first; at && at <= in.last; at++)
        in.able &= named[at];
    return in;
}

void shape_learn(wick_decoder *d, const rule *r, size_t size)
{
    shape_store *st = d->shapes;
    uint8_t fixed[SHAPE_TOKS] = {0};
    uint32_t place[SHAPE_TOKS];
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
    memset(s->bytes + size, 0, PAD);
    if (!draw(s, &d->tape, fixed, (uint32_t)size, place)) {
        s->op[0] = (op){.kind = HOLE_END};              /* fits nothing */
        return;
    }
    quick_learn(d, r, &s->quick);
    for (uint32_t n = 0; n < s->trades; n++) {
        for (uint8_t i = 0; i < r->slots; i++)
            s->slots[n][i] = st->notes[n][i] == PATH_NONE ? 0 : place[st->notes[n][i]];
        s->names[n] = names_of(s, r, s->slots[n]);
    }
    if (st->count < SHAPES)
        st->count++;
    else
        st->next = (st->next + 1) % SHAPES;
    st->last = (uint32_t)(s - st->rows);
}
