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

/* The delimiter that ends the value in [begin, end): its number, *back: how far behind. Negative:
 * the value holds some itself, or there is none near. */
static int ends_at(const marks *m, uint32_t begin, uint32_t end, uint8_t *back)
{
    uint32_t n = 0;

    while (n < m->delims && m->at[n] < begin)
        n++;
    if (n == m->delims || m->at[n] < end || m->at[n] - end > UINT8_MAX)
        return -1;
    *back = (uint8_t)(m->at[n] - end);
    return (int)n;
}

static op run_op(uint32_t from, uint32_t to, uint8_t kind)
{
    uint32_t len = to - from, last = len ? (len - 1) % 16 + 1 : 0;

    return (op){.at = (uint16_t)from, .len = (uint16_t)len, .kind = kind,
                .mask = (uint16_t)((1u << last) - 1)};
}

/* Odd bytes of a value are none of the runs'. */
static uint32_t odd_of(const uint8_t *p, uint32_t n)
{
    uint32_t odd = 0;

    for (; n; n--, p++)
        odd += shape_odd(*p);
    return odd;
}

/* The runs and holes of the message on the tape; 0: it is not of a kind that can be learnt. What is
 * fixed is part of its run, and is read where the shape keeps it. */
static int draw(shape *s, const tape *from_tape, const uint8_t *fixed, const marks *m, size_t size)
{
    uint32_t from = 0;
    int delim;

    s->ops = 0;
    s->odd = m->odd;
    s->delims = m->delims;
    for (uint32_t i = 0; i < from_tape->count; i++) {
        const tok *t = &from_tape->toks[i];
        op *o = &s->op[s->ops];

        s->val[i] = (view){.type = t->type};
        if (t->type < TOK_STRING)
            continue;
        s->val[i].len = t->len;
        if (fixed[i]) {
            s->val[i].text = t->type == TOK_NULL ? NULL : s->bytes + t->at;
            continue;
        }
        *o = run_op(from, t->at, hole_of(t->type));
        o->val = (uint16_t)i;
        from = t->at + t->len;
        if ((delim = ends_at(m, t->at, from, &o->back)) < 0)
            return 0;
        o->delim = (uint16_t)delim;
        s->odd -= odd_of(s->bytes + t->at, t->len);
        s->ops++;
    }
    s->op[s->ops] = run_op(from, (uint32_t)size, HOLE_END);
    return 1;
}

void shape_learn(wick_decoder *d, const rule *r, size_t size)
{
    shape_store *st = d->shapes;
    uint8_t fixed[SHAPE_TOKS] = {0};
    marks m;
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
    shape_marks(s->bytes, size, &m);
    quick_learn(d, r, &s->quick);
    for (uint32_t n = 0; n < s->trades; n++)
        for (uint8_t i = 0; i < r->slots; i++)
            s->slots[n][i] = st->notes[n][i] == PATH_NONE ? 0 : st->notes[n][i];
    if (!draw(s, &d->tape, fixed, &m, size)) {
        s->delims = UINT32_MAX;                         /* fits nothing */
        return;
    }
    if (st->count < SHAPES)
        st->count++;
    else
        st->next = (st->next + 1) % SHAPES;
    st->last = (uint32_t)(s - st->rows);
}
