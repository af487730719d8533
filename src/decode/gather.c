/* SPDX-License-Identifier: Apache-2.0
 * From a message's tape to its trades, oldest first, or to what a message of the session speaks of.
 */
#include <string.h>

#include "message.h"
#include "shape.h"

typedef struct walk {
    wick_decoder *d;
    const rule *r;
    scope s;
    const path *each;                   /* to trades, or to what a control names */
    int      control;
    uint32_t level, members;            /* [] and {} so far; {} alone */
    uint32_t named;                     /* symbols so far */
    const char *why;
} walk;

static void fill(walk *k, uint32_t *slots)
{
    const rule *r = k->r;
    const tape *t = &k->d->tape;
    const tok *in = &t->toks[k->s.at[k->s.levels]];

    memset(slots, 0xff, r->slots * sizeof *slots);
    if (in->type == TOK_OBJECT)
        for (uint32_t i = (uint32_t)(in - t->toks) + 1; i < in->next; i = t->toks[i].next)
            if (r->direct[t->toks[i].key])
                slots[r->direct[t->toks[i].key] - 1] = i;
    for (uint8_t i = 0; i < r->slots; i++) {
        const part *p = r->slot[i];

        if (p->same)
            slots[i] = slots[p->same - 1];
        else if (p->member)
            slots[i] = k->s.member[p->member - 1];
        else if (!p->direct)
            slots[i] = path_find(t, &p->path, &k->s);
    }
}

/* Whether the price can stand in a value of this type: members in an object, positions in an
 * array. */
static int shaped(const rule *r, uint8_t type)
{
    const path *p = &r->fields[F_PRICE].part[0].path;

    if (p->base != BASE_HERE || !p->count)
        return 1;
    return type == (p->steps[0].kind == STEP_KEY ? TOK_OBJECT : TOK_ARRAY);
}

static void one(walk *k)
{
    uint32_t slots[SLOTS_MAX], at[SLOTS_MAX];
    view val[SLOTS_MAX + 1];
    const char *why;

    if (k->r->keeps && !match_trade(k->d, k->r, &k->s))
        return;
    if (!shaped(k->r, k->d->tape.toks[k->s.at[k->s.levels]].type)) {
        decoder_refuse(k->d, "bad-shape");
        return;
    }
    fill(k, slots);
    shape_note(k->d, slots);
    if ((why = trade_add(k->d, k->r, cells_of(k->d, k->r, slots, val, at))))
        decoder_refuse(k->d, why);
}

/* Columns: as many trades as the arrays have rows, and all of them the same number. */
static void rows(walk *k)
{
    int64_t count = -1;

    for (uint8_t i = 0; i < k->r->slots; i++) {
        path p = k->r->slot[i]->path;
        uint32_t at;
        uint8_t n = 0;

        while (n < p.count && p.steps[n].kind != STEP_ROW)
            n++;
        if (k->r->slot[i]->member || n == p.count)
            continue;
        p.count = n;
        at = path_find(&k->d->tape, &p, &k->s);
        if (at == PATH_NONE)
            continue;
        if (k->d->tape.toks[at].type != TOK_ARRAY ||
            (count >= 0 && count != k->d->tape.toks[at].count)) {
            k->why = "bad-shape";
            return;
        }
        count = k->d->tape.toks[at].count;
    }
    for (int64_t i = 0; i < count; i++) {
        k->s.row = (uint32_t)(k->r->newest >> k->level & 1 ? count - 1 - i : i);
        one(k);
    }
}

static void name(walk *k)
{
    wick_decoder *d = k->d;
    const rule *r = k->r;
    uint32_t slots[SLOTS_MAX], at[SLOTS_MAX];
    uint8_t room[FIELD_ROOM + PAD];
    view val[SLOTS_MAX + 1], symbol, key;
    int rc = 0;

    for (uint8_t i = 0; i < r->slots; i++)
        slots[i] = r->slot[i]->member ? k->s.member[r->slot[i]->member - 1]
                                      : path_find(&d->tape, &r->slot[i]->path, &k->s);
    symbol = field_view(d, &r->fields[F_ABOUT], cells_of(d, r, slots, val, at), room);
    if (symbol.text && symbol.len) {
        if (k->named++)
            rc = buf_add(&d->control_symbol, "\n", 1);
        rc = rc < 0 ? rc : buf_add(&d->control_symbol, symbol.text, symbol.len);
    }
    key = r->bind_member ? tok_key(d, k->s.member[r->bind_member - 1])
                         : tok_view(d, path_find(&d->tape, &r->bind_key, &k->s));
    if (r->bind >= 0 && symbol.text) {
        if (key.text && rc >= 0)
            rc = bound_set(&d->bound, (uint32_t)r->bind, key, symbol.text, symbol.len);
    }
    if (r->unbind >= 0)
        bound_drop(&d->bound, (uint32_t)r->unbind, key);
    if (rc < 0)
        k->why = rc == WICK_E_NOMEM ? "no memory" : "too many symbols";
}

static void leaf(walk *k, uint32_t at)
{
    int deeper = k->s.at[k->s.levels] != at;

    if (deeper)
        k->s.at[++k->s.levels] = at;
    if (k->control)
        name(k);
    else if (k->r->flags & RULE_COLUMNS)
        rows(k);
    else
        one(k);
    k->s.levels -= (uint32_t)deeper;
}

/* No list, or no way to it, where the path to the trades wants one. Missing it may be where the
 * table says so. Inside of a list its element is refused alone. */
static void misshapen(walk *k, int missing)
{
    if (k->control || (missing && k->r->flags & RULE_OPTIONAL))
        return;
    if (k->level)
        decoder_refuse(k->d, "bad-shape");
    else
        k->why = "bad-shape";
}

static void follow(walk *k, uint32_t at, uint8_t n);

static void child(walk *k, uint32_t at, uint8_t n, int member)
{
    k->s.levels++;
    k->level++;
    k->s.at[k->s.levels] = at;
    if (member)
        k->s.member[k->members++] = at;
    follow(k, at, (uint8_t)(n + 1));
    if (member)
        k->s.member[--k->members] = PATH_NONE;
    k->s.levels--;
    k->level--;
}

static void children(walk *k, uint32_t at, uint8_t n)
{
    wick_decoder *d = k->d;
    const tok *in = &d->tape.toks[at];
    int member = k->each->steps[n].kind == STEP_MEMBERS;
    uint32_t end = in->next, i;
    size_t mark = d->order.size;

    if (in->type != (member ? TOK_OBJECT : TOK_ARRAY)) {
        if (in->type != TOK_NULL)               /* many write an empty list so */
            misshapen(k, 0);
        return;
    }
    if (k->control || !(k->r->newest >> k->level & 1)) {
        for (i = at + 1; i < end && !k->why; i = d->tape.toks[i].next)
            child(k, i, n, member);
        return;
    }
    for (i = at + 1; i < end; i = d->tape.toks[i].next)
        if (buf_add(&d->order, &i, sizeof i) < 0) {
            k->why = "no memory";
            return;
        }
    for (size_t p = d->order.size; p > mark && !k->why; p -= sizeof i) {
        memcpy(&i, d->order.data + p - sizeof i, sizeof i);
        child(k, i, n, member);
    }
    d->order.size = mark;
}

/* Step n and those behind it from token at. */
static void follow(walk *k, uint32_t at, uint8_t n)
{
    uint32_t had = k->s.levels;
    uint8_t in;

    for (; n < k->each->count; n++) {
        const step *go = &k->each->steps[n];

        if (path_lists(go)) {
            children(k, at, n);
            break;
        }
        if (k->s.at[k->s.levels] != at)
            k->s.at[++k->s.levels] = at;
        in = k->d->tape.toks[at].type;
        at = go->kind == STEP_KEY ? path_member(&k->d->tape, at, go->key)
                                  : path_element(&k->d->tape, at, go->at);
        if (at == PATH_NONE) {
            misshapen(k, in == TOK_NULL || in == (go->kind == STEP_KEY ? TOK_OBJECT : TOK_ARRAY));
            break;
        }
    }
    if (n == k->each->count)
        leaf(k, at);
    k->s.levels = had;
}

const char *gather(wick_decoder *d, const rule *r, int control)
{
    walk k = {.d = d, .r = r, .each = control ? &r->named : &r->each, .control = control};

    d->order.size = 0;
    for (uint32_t i = 0; i < PATH_LEVELS_MAX; i++)
        k.s.member[i] = PATH_NONE;
    follow(&k, 0, 0);
    return k.why;
}
