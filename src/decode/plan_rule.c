/* SPDX-License-Identifier: Apache-2.0
 * The lines of a plan that describe one rule: how its messages are told, and where their fields
 * are. */
#include <string.h>

#include "plan_read.h"

static int rule_begin(reader *r, uint8_t flags)
{
    wick_feed *f = r->f;
    rule *made =
        plan_more(r, &f->rules, &f->rule_count, &f->rule_cap, sizeof *made, PLAN_RULES_MAX);

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

/* One more test of the rule: of the message (when), or of each trade (where), which stand behind
 * those. */
static int test_add(reader *r, int where)
{
    static const char *const ops[] = {"is",      "not",    "prefix", "suffix", "contains",
                                      "present", "absent", "kind",   "bound",  NULL};
    wick_feed *f = r->f;
    int op = plan_choice(r, 2, ops), table;

    if (!r->rule || op < 0 || (!where && r->rule->keeps))
        return plan_refuse(r, "a test wants a rule and a known operation, when before where");
    if (!(r->test = plan_more(r, &f->tests, &f->test_count, &f->test_cap, sizeof *r->test,
                              PLAN_LIST_MAX)))
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
    if (plan_path(r, 1, &r->test->path) < 0)
        return WICK_E_DATA;
    if (!where && r->test->path.count == 0 && r->test->path.base != BASE_CONN &&
        (op == OP_IS || (op >= OP_PREFIX && op <= OP_CONTAINS))) {
        r->rule->flags |= RULE_TEXT;
        f->texts = 1;
    }
    return WICK_OK;
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

/* Lists that are missing hold no trades. */
static int lax_read(reader *r)
{
    if (!r->rule)
        return plan_refuse(r, "optional without a rule");
    r->rule->flags |= RULE_OPTIONAL;
    return WICK_OK;
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

/* The key that is bound is that of a {} level, not a value. */
static int bind_member_read(reader *r)
{
    int64_t level;

    if (!r->rule || plan_int(r, 1, 1, PATH_LEVELS_MAX - 1, &level) < 0)
        return plan_refuse(r, "bindmember wants a rule and a level");
    r->rule->bind_member = (uint8_t)level;
    return WICK_OK;
}

/* Lines that begin with > hold a path. */
const line_row plan_rule_lines[] = {
    {"rule", 1, rule_read},         {"csv", 1, csv_read},           {">when", 2, when_read},
    {">bound", 3, when_read},       {">where", 2, where_read},      {"value", 1, value_read},
    {"any", 0, any_read},           {"control", 1, control_read},   {">trades", 1, trades_read},
    {">named", 1, named_read},      {"order", 2, order_read},       {"snapshot", 1, snapshot_read},
    {"optional", 0, lax_read},
    {"columns", 1, columns_read},   {">bind", 2, bind_read},        {">unbind", 2, unbind_read},
    {"bindmember", 1, bind_member_read},
    {NULL, 0, NULL}};
