/* SPDX-License-Identifier: Apache-2.0
 * The lines of a plan that describe one rule: how its messages are told, and where their fields are. */
#include <string.h>

#include "../core/dec.h"
#include "plan_read.h"

static int rule_begin(reader *r, uint8_t flags)
{
    wick_feed *f = r->f;
    rule *made = plan_more(r, &f->rules, &f->rule_count, &f->rule_cap, sizeof *made, PLAN_RULES_MAX);

    if (!made)
        return WICK_E_DATA;
    r->rule = made;
    r->field = NULL;
    r->test = NULL;
    made->flags = flags;
    made->bind = made->unbind = -1;
    made->test = f->test_count;
    return plan_span(r, 1, &made->payload);
}

static int rule_read(reader *r) { return rule_begin(r, 0); }
static int csv_read(reader *r) { return rule_begin(r, RULE_CSV); }

/* One more test of the rule: of the message (when), or of each trade (where), which stand behind those. */
static int test_add(reader *r, int where)
{
    static const char *const ops[] = {"is", "not", "prefix", "suffix", "contains", "present", "absent", "kind",
                                      "bound", NULL};
    wick_feed *f = r->f;
    int op = plan_choice(r, 2, ops), table;

    if (!r->rule || op < 0 || (!where && r->rule->keeps))
        return plan_refuse(r, "a test wants a rule and a known operation, when before where");
    if (!(r->test = plan_more(r, &f->tests, &f->test_count, &f->test_cap, sizeof *r->test, PLAN_LIST_MAX)))
        return WICK_E_DATA;
    r->test->op = (uint8_t)op;
    r->test->group = where ? 0 : (uint8_t)r->rule->groups;
    r->test->first = f->value_count;
    if (!where)
        r->rule->tests++;
    else if (!r->rule->keeps++)
        r->rule->keep = f->test_count - 1;
    if (op == OP_BOUND) {
        if ((table = plan_table(r, 3)) < 0)
            return WICK_E_DATA;
        r->test->first = (uint32_t)table;
    }
    return plan_path(r, 1, &r->test->path);
}

static int when_read(reader *r) { return test_add(r, 0); }
static int where_read(reader *r) { return test_add(r, 1); }

static int value_read(reader *r)
{
    wick_feed *f = r->f;
    span *s;

    if (!r->test || r->test->op == OP_BOUND)
        return plan_refuse(r, "a value without a test");
    s = plan_more(r, &f->values, &f->value_count, &f->value_cap, sizeof *s, PLAN_LIST_MAX);
    if (!s)
        return WICK_E_DATA;
    r->test->count++;
    return plan_span(r, 1, s);
}

static int any_read(reader *r)
{
    if (!r->rule || r->rule->groups >= 250)
        return plan_refuse(r, "an alternative without a rule, or too many");
    r->rule->groups++;
    return WICK_OK;
}

static int control_read(reader *r)
{
    return r->rule ? plan_span(r, 1, &r->rule->control) : plan_refuse(r, "control without a rule");
}

/* A path with [] and {} steps. */
static int walk_read(reader *r, path *out)
{
    uint32_t levels = 0;

    if (plan_path(r, 1, out) < 0)
        return WICK_E_DATA;
    for (uint8_t i = 0; i < out->count; i++) {
        uint8_t kind = out->steps[i].kind;

        levels += kind == STEP_EACH || kind == STEP_MEMBERS;
        if (kind == STEP_ROW)
            return plan_refuse(r, "a path to trades has no row");
    }
    return levels > PATH_LEVELS_MAX - 1 ? plan_refuse(r, "too many levels") : WICK_OK;
}

static int named_read(reader *r)
{
    return r->rule ? walk_read(r, &r->rule->named) : plan_refuse(r, "a path without a rule");
}

static int trades_read(reader *r)
{
    if (!r->rule)
        return plan_refuse(r, "trades without a rule");
    r->rule->flags |= RULE_TRADES;
    return walk_read(r, &r->rule->each);
}

/* order N newest|oldest: of level N, from 0 */
static int order_read(reader *r)
{
    static const char *const names[] = {"oldest", "newest", NULL};
    int64_t level;
    int which = plan_choice(r, 2, names);

    if (!r->rule || which < 0 || plan_int(r, 1, 0, PATH_LEVELS_MAX, &level) < 0)
        return plan_refuse(r, "order wants a rule, a level and oldest or newest");
    if (which == 1)
        r->rule->newest |= (uint8_t)(1 << level);
    return WICK_OK;
}

static int snapshot_read(reader *r)
{
    static const char *const names[] = {"no", "always", "first", NULL};
    int which = plan_choice(r, 1, names);

    if (!r->rule || which < 0)
        return plan_refuse(r, "snapshot wants a rule, and no, always or first");
    r->rule->snapshot = (uint8_t)which;
    return WICK_OK;
}

static int columns_read(reader *r)
{
    int64_t n;

    if (!r->rule || plan_int(r, 1, 1, 1000, &n) < 0)
        return plan_refuse(r, "columns wants a rule and a number");
    r->rule->columns = (uint32_t)n;
    r->rule->flags |= RULE_HEADLESS;
    return WICK_OK;
}

static int bind_to(reader *r, int16_t *out)
{
    int table = r->rule ? plan_table(r, 2) : -1;

    if (table < 0)
        return plan_refuse(r, "bind wants a rule and a table");
    *out = (int16_t)table;
    return plan_path(r, 1, &r->rule->bind_key);
}

static int bind_read(reader *r)
{
    return r->rule ? bind_to(r, &r->rule->bind) : plan_refuse(r, "bind without a rule");
}

static int unbind_read(reader *r)
{
    return r->rule ? bind_to(r, &r->rule->unbind) : plan_refuse(r, "unbind without a rule");
}

static int field_read(reader *r)
{
    static const char *const names[] = {"symbol", "time", "ns", "venue", "kind", "price", "qty", "side", "id", "seq",
                                        "count", "first", "last", "snapshot", "about", "at", NULL};
    int which = plan_choice(r, 1, names);

    if (!r->rule || which < 0)
        return plan_refuse(r, "a field wants a rule and a known name");
    r->field = &r->rule->fields[which];
    if (r->field->used)
        return plan_refuse(r, "a field stands there twice");
    r->field->used = 1;
    r->field->bound = -1;
    r->field->strip = r->f->strip_count;
    r->field->scale = r->f->scale_count;
    r->field->value = r->f->mean_count;
    return WICK_OK;
}

static part *part_add(reader *r)
{
    if (!r->field || r->field->parts == FIELD_PARTS_MAX) {
        plan_refuse(r, "a part without a field, or too many parts");
        return NULL;
    }
    return &r->field->part[r->field->parts++];
}

static int from_read(reader *r)
{
    part *p = part_add(r);

    return p ? plan_path(r, 1, &p->path) : WICK_E_DATA;
}

static int member_read(reader *r)
{
    part *p = part_add(r);
    int64_t level;

    if (!p || plan_int(r, 1, 1, PATH_LEVELS_MAX - 1, &level) < 0)
        return WICK_E_DATA;
    p->member = (uint8_t)level;
    return WICK_OK;
}

static int with_read(reader *r)
{
    return r->field ? plan_span(r, 1, &r->field->with) : plan_refuse(r, "with without a field");
}

static int strip_add(reader *r, int suffix)
{
    wick_feed *f = r->f;
    strip *s;

    if (!r->field || !(s = plan_more(r, &f->strips, &f->strip_count, &f->strip_cap, sizeof *s, PLAN_LIST_MAX)))
        return plan_refuse(r, "strip without a field, or too many");
    s->suffix = suffix;
    r->field->strips++;
    return plan_span(r, 1, &s->text);
}

static int prefix_read(reader *r) { return strip_add(r, 0); }
static int suffix_read(reader *r) { return strip_add(r, 1); }

static scale *scale_add(reader *r)
{
    wick_feed *f = r->f;
    scale *s;

    if (!r->field || !(s = plan_more(r, &f->scales, &f->scale_count, &f->scale_cap, sizeof *s, PLAN_LIST_MAX))) {
        plan_refuse(r, "scale without a field, or too many");
        return NULL;
    }
    r->field->scales++;
    return plan_span(r, 1, &s->glob) < 0 ? NULL : s;
}

/* scale GLOB N: an integer scaled by 10^N */
static int scale_read(reader *r)
{
    scale *s = scale_add(r);
    int64_t digits;

    if (!s || plan_int(r, 2, -60, 60, &digits) < 0)
        return WICK_E_DATA;
    s->m = 1;
    s->exp = (int)-digits;
    return WICK_OK;
}

/* factor GLOB D: times an exact decimal */
static int factor_read(reader *r)
{
    scale *s = scale_add(r);

    if (!s || dec_parse(r->word[2], r->size[2], &s->m, &s->exp) != DEC_OK || s->m <= 0)
        return plan_refuse(r, "a factor is a decimal over 0");
    return s->exp < -60 || s->exp > 60 ? plan_refuse(r, "a factor is out of range") : WICK_OK;
}

static int unit_read(reader *r)
{
    static const char *const names[] = {"s", "ms", "us", "ns", "iso", NULL};
    static const uint8_t units[] = {UNIT_NUMBER_S, UNIT_NUMBER_MS, UNIT_NUMBER_US, UNIT_NUMBER_NS, UNIT_ISO};
    int which = plan_choice(r, 1, names);

    if (!r->field || which < 0)
        return plan_refuse(r, "a unit wants a field, and s, ms, us, ns or iso");
    r->field->unit = units[which];
    return WICK_OK;
}

static int east_read(reader *r)
{
    int64_t seconds;

    if (!r->field || plan_int(r, 1, -64800, 64800, &seconds) < 0)
        return plan_refuse(r, "an offset wants a field and seconds");
    r->field->east = (int32_t)seconds;
    return WICK_OK;
}

static int meaning(reader *r)
{
    static const char *const names[] = {"buy", "sell", "yes", "unknown", "reversed", NULL};
    int which = plan_choice(r, 1, names);

    return r->field && which >= 0 ? which : plan_refuse(r, "a value wants a field and a known meaning");
}

static int mean_read(reader *r)
{
    wick_feed *f = r->f;
    int which = meaning(r);
    mean *m;

    if (which < 0 || !(m = plan_more(r, &f->means, &f->mean_count, &f->mean_cap, sizeof *m, PLAN_LIST_MAX)))
        return WICK_E_DATA;
    m->what = which;
    for (size_t i = 0; i < 8 && i < r->size[2]; i++)
        ((uint8_t *)&m->head)[i] = (uint8_t)r->word[2][i];
    r->field->values++;
    return plan_span(r, 2, &m->text);
}

static int bit_read(reader *r)
{
    int which = meaning(r);
    int64_t bits;

    if (which < 0 || plan_int(r, 2, 1, UINT32_MAX, &bits) < 0)
        return WICK_E_DATA;
    r->field->bits[which] = (uint32_t)bits;
    r->field->flags |= FIELD_BITS;
    return WICK_OK;
}

static int flag_read(reader *r)
{
    static const char *const names[] = {"optional", "sign", "maker", "received", "chronological", NULL};
    int which = plan_choice(r, 1, names);

    if (!r->field || which < 0)
        return plan_refuse(r, "a flag wants a field and a known name");
    r->field->flags |= (uint8_t)(1 << which);
    return WICK_OK;
}

static int bound_read(reader *r)
{
    int table = r->field ? plan_table(r, 1) : -1;

    if (table < 0)
        return plan_refuse(r, "bound wants a field and a table");
    r->field->bound = (int16_t)table;
    return WICK_OK;
}

/* Lines that begin with > hold a path. */
const line_row plan_rule_lines[] = {
    {"rule", 1, rule_read}, {"csv", 1, csv_read}, {">when", 2, when_read}, {">bound", 3, when_read},
    {"value", 1, value_read}, {"any", 0, any_read}, {"control", 1, control_read}, {">trades", 1, trades_read}, {">named", 1, named_read}, {">where", 2, where_read},
    {"order", 2, order_read}, {"snapshot", 1, snapshot_read}, {"columns", 1, columns_read},
    {">bind", 2, bind_read}, {">unbind", 2, unbind_read}, {"field", 1, field_read}, {">from", 1, from_read},
    {"member", 1, member_read}, {"with", 1, with_read}, {"prefix", 1, prefix_read}, {"suffix", 1, suffix_read},
    {"scale", 2, scale_read}, {"factor", 2, factor_read}, {"unit", 1, unit_read}, {"east", 1, east_read}, {"mean", 2, mean_read},
    {"bit", 2, bit_read}, {"flag", 1, flag_read}, {"table", 1, bound_read}, {NULL, 0, NULL}};

static int same_path(const path *a, const path *b)
{
    if (a->base != b->base || a->count != b->count)
        return 0;
    for (uint8_t i = 0; i < a->count; i++)
        if (a->steps[i].kind != b->steps[i].kind || a->steps[i].key != b->steps[i].key ||
            a->steps[i].at != b->steps[i].at)
            return 0;
    return 1;
}

/* The part that already has this path, or a new slot; a plain member of the trade is found by its key. */
static void place(rule *r, part *p, const part *const *had)
{
    for (uint8_t i = 0; !p->member && i < r->slots; i++)
        if (had[i] && !had[i]->member && same_path(&had[i]->path, &p->path))
            p->same = (uint8_t)(i + 1);
    if (!p->same && !p->member && p->path.base == BASE_HERE && p->path.count == 1 &&
        p->path.steps[0].kind == STEP_KEY) {
        r->direct[p->path.steps[0].key] = (uint8_t)(r->slots + 1);
        p->direct = 1;
    }
}

/* What a rule that decodes trades must name. */
static int whole(const rule *r)
{
    if (!(r->flags & RULE_TRADES) && !r->fields[F_PRICE].used)
        return 1;
    return r->fields[F_TIME].used && r->fields[F_PRICE].used && r->fields[F_QTY].used &&
           r->fields[F_PRICE].parts == 1 && r->fields[F_QTY].parts == 1 &&  /* their digits are lent out */
           r->fields[F_FIRST].used == r->fields[F_LAST].used;
}

int rule_layout(wick_feed *f, rule *r)
{
    const part *had[SLOTS_MAX] = {0};

    if (!whole(r))
        return WICK_E_DATA;
    if (!(r->direct = mem_zero(f->w, f->keys.count + 1)))
        return WICK_E_NOMEM;
    for (int i = 0; i < FIELD_MAX; i++) {
        field *in = &r->fields[i];

        in->slot = r->slots;
        in->plain = in->parts == 1 && !in->part[0].member && in->bound < 0 && !in->strips;
        for (uint8_t n = 0; n < in->parts; n++) {
            part *p = &in->part[n];

            if (r->slots == SLOTS_MAX)
                return WICK_E_DATA;
            place(r, p, had);
            for (uint8_t k = 0; k < p->path.count; k++)
                if (p->path.steps[k].kind == STEP_ROW)
                    r->flags |= RULE_COLUMNS;
            r->slot[r->slots] = had[r->slots] = p;
            r->slots++;
        }
    }
    return WICK_OK;
}
