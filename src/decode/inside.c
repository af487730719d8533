/* SPDX-License-Identifier: Apache-2.0
 * Texts inside of a message, opened where they stand, so that all paths lead on through them and
 * nothing behind knows of it; and arrays of messages. What stands in texts is at most MESSAGE_MAX
 * bytes a message, in the scratch buffer. */
#include <string.h>

#include "inside.h"

typedef struct mark {
    uint32_t at, more;                  /* a token; how many it and those before it brought */
} mark;

opened *inside_made(wick_decoder *d)
{
    opened *o = d->opened;

    if (o || !(d->opened = o = mem_zero(d->w, sizeof *o)))
        return o;
    o->spare.w = o->inner.w = o->list.w = o->about.w = d->w;
    buf_init(&o->address, d->w, 2 * ADDRESS_MAX + PAD);
    buf_init(&o->flat, d->w, MESSAGE_MAX);
    buf_init(&o->loose, d->w, MESSAGE_MAX);
    return o;
}

void inside_fini(wick_decoder *d)
{
    opened *o = d->opened;

    if (!o)
        return;
    tape_fini(&o->spare);
    tape_fini(&o->inner);
    tape_fini(&o->list);
    tape_fini(&o->about);
    buf_fini(&o->address);
    buf_fini(&o->flat);
    buf_fini(&o->loose);
    mem_free(d->w, o);
}

int inside_copy(tape *out, const tape *in, uint32_t from, uint32_t n, uint32_t text, uint8_t flags)
{
    uint32_t first = out->count;

    for (uint32_t i = from; i < from + n; i++) {
        tok *t = tape_add(out);

        if (!t)
            return 0;
        *t = in->toks[i];
        t->next = t->next - from + first;
        t->at += text;
        t->key_at += text;
        t->flags = (uint8_t)(t->flags | flags);
    }
    return 1;
}

/* ---- which texts ---- */

/* Marks the strings that a path leads to from token at, in the order of the tape. 0: no memory. */
static int find(wick_decoder *d, const path *p, uint32_t at, uint8_t n)
{
    mark m = {0};

    for (; n < p->count; n++) {
        const step *go = &p->steps[n];
        const tok *in = &d->tape.toks[at];

        if (go->kind == STEP_EACH || go->kind == STEP_MEMBERS) {
            if (in->type == (go->kind == STEP_EACH ? TOK_ARRAY : TOK_OBJECT))
                for (uint32_t i = at + 1; i < in->next; i = d->tape.toks[i].next)
                    if (!find(d, p, i, (uint8_t)(n + 1)))
                        return 0;
            return 1;
        }
        at = go->kind == STEP_KEY ? path_member(&d->tape, at, go->key)
                                  : path_element(&d->tape, at, go->at);
        if (at == PATH_NONE)
            return 1;
    }
    m.at = at;
    return d->tape.toks[at].type != TOK_STRING || buf_add(&d->order, &m, sizeof m) == WICK_OK;
}

/* ---- the tape with all of them opened ---- */

/* Token t, opened, behind those of spare. */
static const char *one(wick_decoder *d, const inside *in, const tok *t)
{
    opened *o = d->opened;
    uint32_t first = o->spare.count;
    const char *why;
    size_t size = 0;
    tok *top;

    if ((why = inside_text(d, in, t, &size)))
        return why;
    if (!o->inner.count) {              /* looked at: shapes must not take it for any text */
        if (!(top = tape_add(&o->spare)))
            return tape_why(&o->spare);
        *top = *t;
        top->flags |= TOK_LOOKED;
        return NULL;
    }
    if (!inside_copy(&o->spare, &o->inner, 0, o->inner.count, (uint32_t)d->scratch.size,
                     TOK_SCRATCH | TOK_KEY_SCRATCH))
        return tape_why(&o->spare);
    top = &o->spare.toks[first];
    top->key = t->key;
    top->key_at = t->key_at;
    top->key_len = t->key_len;
    top->flags = (uint8_t)(TOK_SCRATCH | (t->flags & (TOK_KEY_ESCAPED | TOK_KEY_SCRATCH)));
    d->scratch.size += size;
    return NULL;
}

/* How many tokens came in before token at. */
static uint32_t shift(const mark *m, uint32_t count, uint32_t at)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t mid = low + (high - low) / 2;

        if (m[mid].at < at)
            low = mid + 1;
        else
            high = mid;
    }
    return low ? m[low - 1].more : 0;
}

static const char *rebuild(wick_decoder *d, const inside *in)
{
    opened *o = d->opened;
    mark *m = (mark *)(void *)d->order.data;
    uint32_t count = (uint32_t)(d->order.size / sizeof *m), n = 0, more = 0;
    const char *why;
    tape was;

    o->spare.count = 0;
    for (uint32_t i = 0; i < d->tape.count; i++) {
        if (n < count && m[n].at == i) {
            if ((why = one(d, in, &d->tape.toks[i])))
                return why;
            more = o->spare.count - i - 1;
            m[n++].more = more;
        } else if (!tape_add(&o->spare)) {
            return tape_why(&o->spare);
        } else {
            o->spare.toks[i + more] = d->tape.toks[i];
        }
    }
    n = 0;
    more = 0;
    for (uint32_t i = 0; i < d->tape.count; i++) {
        tok *t = &o->spare.toks[i + more];

        if (n < count && m[n].at == i) {
            more = m[n++].more;
            if (t->flags & TOK_LOOKED)
                t->next = i + more + 1;
        } else {
            t->next = d->tape.toks[i].next + shift(m, count, d->tape.toks[i].next);
        }
    }
    was = d->tape;
    d->tape = o->spare;
    o->spare = was;
    return NULL;
}

const char *inside_open(wick_decoder *d, size_t size)
{
    const wick_feed *f = d->f;
    const tok *root;
    const char *why;

    if (!inside_made(d))
        return "no memory";
    for (uint32_t n = 0; n < f->inside_count; n++) {
        const inside *in = &f->insides[n];
        int good = 1;

        d->order.size = 0;
        root = d->tape.toks;
        if (f->listed && root->type == TOK_ARRAY)
            for (uint32_t i = 1; good && i < root->next; i = root[i].next)
                good = find(d, &in->path, i, 0);
        else
            good = find(d, &in->path, 0, 0);
        if (!good)
            return "no memory";
        if (d->order.size && (why = rebuild(d, in)))
            return why;
    }
    return buf_room(&d->scratch, size + d->scratch.size + PAD) ? NULL : "no memory";
}

/* ---- an array of messages ---- */

void inside_list(wick_decoder *d)
{
    tape was = d->opened->list;

    d->opened->list = d->tape;
    d->tape = was;
}

uint32_t inside_next(wick_decoder *d, uint32_t i, const char **why)
{
    const tape *list = &d->opened->list;

    i = i ? i : 1;
    if (i == list->toks[0].next)
        return 0;
    d->tape.count = 0;
    if (!inside_copy(&d->tape, list, i, list->toks[i].next - i, 0, 0)) {
        *why = tape_why(&d->tape);
        return 0;
    }
    return list->toks[i].next;
}
