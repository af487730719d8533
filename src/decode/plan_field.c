/* SPDX-License-Identifier: Apache-2.0
 * The lines of a plan that describe one field: where it stands, and how its text becomes a value.
 */
#include <string.h>

#include "../core/dec.h"
#include "plan_read.h"

static int field_read(reader *r)
{
    static const char *const names[] = {"symbol", "time",     "ns",    "venue", "kind",  "price",
                                        "qty",    "side",     "id",    "seq",   "count", "first",
                                        "last",   "snapshot", "about", "at",    NULL};
    int which = plan_choice(r, 1, names);

    if (!r->rule || which < 0)
        return plan_refuse(r, "a field wants a rule and a known name");
    r->field = &r->rule->fields[which];
    if (r->field->used)
        return plan_refuse(r, "a field stands there twice");
    r->field->used = 1;
    r->field->bound = -1;
    r->field->cuts.at = r->f->strip_count;
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
    strips *cuts = r->field ? &r->field->cuts : r->test ? &r->test->cuts : NULL;
    strip *s;

    if (!cuts ||
        !(s = plan_more(r, &f->strips, &f->strip_count, &f->strip_cap, sizeof *s, PLAN_LIST_MAX)))
        return plan_refuse(r, "strip without a field, or too many");
    s->suffix = suffix;
    cuts->at = cuts->count ? cuts->at : f->strip_count - 1;
    cuts->count++;
    return plan_span(r, 1, &s->text);
}

static int prefix_read(reader *r) { return strip_add(r, 0); }
static int suffix_read(reader *r) { return strip_add(r, 1); }

static scale *scale_add(reader *r)
{
    wick_feed *f = r->f;
    scale *s;

    if (!r->field ||
        !(s = plan_more(r, &f->scales, &f->scale_count, &f->scale_cap, sizeof *s, PLAN_LIST_MAX))) {
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

/* unit U; finer U: of times that are none in the first. */
static int unit_read(reader *r)
{
    static const char *const names[] = {"s", "ms", "us", "ns", "iso", NULL};
    static const uint8_t units[] = {UNIT_NUMBER_S, UNIT_NUMBER_MS, UNIT_NUMBER_US, UNIT_NUMBER_NS,
                                    UNIT_ISO};
    int which = plan_choice(r, 1, names);

    if (!r->field || which < 0)
        return plan_refuse(r, "a unit wants a field, and s, ms, us, ns or iso");
    if (*r->word[0] == 'u')
        r->field->unit = units[which];
    else
        r->field->finer = (uint8_t)(units[which] + 1);
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

    return r->field && which >= 0 ? which
                                  : plan_refuse(r, "a value wants a field and a known meaning");
}

static int mean_read(reader *r)
{
    wick_feed *f = r->f;
    int which = meaning(r);
    mean *m;

    if (which < 0 ||
        !(m = plan_more(r, &f->means, &f->mean_count, &f->mean_cap, sizeof *m, PLAN_LIST_MAX)))
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
    static const char *const names[] = {"optional", "sign",          "maker",
                                        "received", "chronological", "gapless", NULL};
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

const line_row plan_field_lines[] = {
    {"field", 1, field_read}, {">from", 1, from_read}, {"member", 1, member_read},
    {"with", 1, with_read}, {"prefix", 1, prefix_read}, {"suffix", 1, suffix_read},
    {"scale", 2, scale_read}, {"factor", 2, factor_read}, {"unit", 1, unit_read},
    {"finer", 1, unit_read}, {"east", 1, east_read}, {"mean", 2, mean_read},
    {"bit", 2, bit_read}, {"flag", 1, flag_read}, {"table", 1, bound_read}, {NULL, 0, NULL}};
