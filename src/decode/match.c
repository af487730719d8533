/* SPDX-License-Identifier: Apache-2.0
 * Which rule a message falls under, and the text behind a token. */
#include <string.h>

#include "message.h"
#include "trade.h"

/* Unescape once: the token then points into the scratch buffer, which had room for the whole
 * message before it was read, so that it never moves under a view. */
static const uint8_t *plain(wick_decoder *d, uint32_t at, int scratch, uint32_t *len)
{
    uint8_t *to = buf_room(&d->scratch, *len);

    if (!to)
        return NULL;
    *len = (uint32_t)json_unescape((scratch ? d->scratch.data : d->base) + at, *len, to);
    d->scratch.size += *len;
    return to;
}

view tok_view(wick_decoder *d, uint32_t i)
{
    tok *t;
    const uint8_t *text;

    if (i == PATH_NONE)
        return (view){0};
    t = &d->tape.toks[i];
    if (t->type < TOK_STRING || t->type == TOK_NULL)
        return (view){.type = t->type};
    if (t->flags & TOK_ESCAPED) {
        uint32_t len = t->len;

        if (!(text = plain(d, t->at, t->flags & TOK_SCRATCH, &len)))
            return (view){0};
        t->at = (uint32_t)(text - d->scratch.data);
        t->len = len;
        t->flags = (uint8_t)((t->flags & ~TOK_ESCAPED) | TOK_SCRATCH);
    }
    return (view){.text = (t->flags & TOK_SCRATCH ? d->scratch.data : d->base) + t->at,
                  .len = t->len, .type = t->type};
}

view tok_key(wick_decoder *d, uint32_t i)
{
    tok *t;
    const uint8_t *text;
    uint32_t len;

    if (i == PATH_NONE)
        return (view){0};
    t = &d->tape.toks[i];
    if (t->flags & TOK_KEY_ESCAPED) {
        len = t->key_len;
        if (!(text = plain(d, t->key_at, t->flags & TOK_KEY_SCRATCH, &len)))
            return (view){0};
        t->key_at = (uint32_t)(text - d->scratch.data);
        t->key_len = (uint16_t)len;
        t->flags = (uint8_t)((t->flags & ~TOK_KEY_ESCAPED) | TOK_KEY_SCRATCH);
    }
    return view_text((t->flags & TOK_KEY_SCRATCH ? d->scratch.data : d->base) + t->key_at,
                     t->key_len);
}

static int equal(const char *value, size_t size, view v)
{
    return v.len == size && memcmp(v.text, value, size) == 0;
}

static int holds(uint8_t op, const char *value, size_t size, view v)
{
    if (op == OP_IS || op == OP_NOT)
        return equal(value, size, v);
    if (v.len < size)
        return 0;
    if (op == OP_PREFIX)
        return memcmp(v.text, value, size) == 0;
    if (op == OP_SUFFIX)
        return memcmp(v.text + v.len - size, value, size) == 0;
    return size == 0 || memmem(v.text, v.len, value, size) != NULL;
}

static int is_kind(const char *name, uint8_t type)
{
    static const char *const names[] = {"",       "object", "array", "string",
                                        "number", "bool",   "bool",  "null"};

    return strcmp(name, names[type]) == 0 ||
           (strcmp(name, "scalar") == 0 && type >= TOK_STRING && type != TOK_NULL);
}

static int passes(wick_decoder *d, const test *q, const scope *s)
{
    const wick_feed *f = d->f;
    uint32_t at = path_find(&d->tape, &q->path, s);
    uint8_t type = at == PATH_NONE ? TOK_NONE : d->tape.toks[at].type;
    view v;

    if (q->op == OP_PRESENT)
        return type != TOK_NONE;
    if (q->op == OP_ABSENT)
        return type == TOK_NONE;
    if (type == TOK_NONE)
        return q->op == OP_NOT;
    v = tok_view(d, at);
    if (q->op == OP_BOUND)
        return bound_find(&d->bound, q->first, field_cut(f, q->cuts, v)).text != NULL;
    if (type == TOK_NULL)
        v = (view){.text = (const uint8_t *)"null", .len = 4, .type = TOK_NULL};
    for (uint32_t i = q->first; i < q->first + q->count; i++) {
        const char *value = feed_text(f, f->values[i]);

        if (q->op == OP_KIND ? is_kind(value, type)
                             : v.text && holds(q->op, value, f->values[i].len, v))
            return q->op != OP_NOT;
    }
    return q->op == OP_NOT;
}

/* All tests of group 0 hold and, where there are others, all of one of them. */
static int fits(wick_decoder *d, const rule *r)
{
    const test *q = &d->f->tests[r->test], *end = q + r->tests;
    const scope s = {.levels = 0};
    int good;

    for (; q < end && q->group == 0; q++)
        if (!passes(d, q, &s))
            return 0;
    if (!r->groups)
        return 1;
    while (q < end) {
        uint8_t group = q->group;

        for (good = 1; q < end && q->group == group; q++)
            good = good && passes(d, q, &s);
        if (good)
            return 1;
    }
    return 0;
}

int match_trade(wick_decoder *d, const rule *r, const scope *s)
{
    for (uint32_t i = r->keep; i < r->keep + r->keeps; i++)
        if (!passes(d, &d->f->tests[i], s))
            return 0;
    return 1;
}

int match_text(wick_decoder *d)
{
    for (uint32_t i = 0; i < d->f->inside_count; i++)
        if (!d->f->insides[i].path.count &&
            (d->f->insides[i].cut.len || d->f->insides[i].base64))
            return 1;
    for (uint32_t i = 0; i < d->f->rule_count; i++)
        if (d->f->rules[i].flags & RULE_TEXT && fits(d, &d->f->rules[i]))
            return 1;
    return 0;
}

const rule *match_rule(wick_decoder *d)
{
    for (uint32_t i = 0; i < d->f->rule_count; i++) {
        const rule *r = &d->f->rules[i];

        if (!(r->flags & RULE_CSV) && fits(d, r))
            return r;
    }
    return NULL;
}
