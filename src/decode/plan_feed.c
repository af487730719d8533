/* SPDX-License-Identifier: Apache-2.0
 * The lines of a plan that describe the feed as a whole. */
#include <string.h>

#include "../core/time.h"
#include "plan_read.h"

static int name_read(reader *r) { return plan_span(r, 1, &r->f->name); }
static int venue_read(reader *r) { return plan_span(r, 1, &r->f->venue); }
static int split_read(reader *r) { return plan_span(r, 1, &r->f->split); }

static int head_read(reader *r)
{
    int64_t version;

    return plan_int(r, 1, 1, 1, &version);
}

static int ids_read(reader *r)
{
    static const char *const names[] = {"ordered", "unordered", "none", NULL};
    int i = plan_choice(r, 1, names);

    r->f->ids = (uint8_t)(i < 0 ? 0 : i);
    return i < 0 ? i : WICK_OK;
}

static int open_read(reader *r)
{
    static const char *const names[] = {"first", "previous", NULL};
    int i = plan_choice(r, 1, names);

    r->f->open_prev = i == 1;
    return i < 0 ? i : WICK_OK;
}

static int case_read(reader *r)
{
    static const char *const names[] = {"upper", "keep", NULL};
    int i = plan_choice(r, 1, names);

    r->f->keep_case = i == 1;
    return i < 0 ? i : WICK_OK;
}

static int press_read(reader *r)
{
    static const char *const names[] = {"auto", "gzip", "zlib", "deflate", "none", NULL};
    int i = plan_choice(r, 1, names);

    r->f->compression = (uint8_t)(i < 0 ? 0 : i);
    return i < 0 ? i : WICK_OK;
}

static int repeats_read(reader *r)
{
    int64_t n;

    if (plan_int(r, 1, 0, 100000, &n) < 0)
        return WICK_E_DATA;
    r->f->repeats = (uint32_t)n;
    return WICK_OK;
}

/* since SECONDS */
static int since_read(reader *r)
{
    int64_t s;

    if (plan_int(r, 1, 0, TIME_END_NS / NS_PER_S, &s) < 0)
        return WICK_E_DATA;
    r->f->since_ns = s * NS_PER_S;
    return WICK_OK;
}

static int pair_add(reader *r, pair **rows, uint32_t *count, uint32_t *cap)
{
    pair *p = plan_more(r, rows, count, cap, sizeof *p, PLAN_LIST_MAX);

    if (!p || plan_span(r, 1, &p->from) < 0 || plan_span(r, 2, &p->to) < 0)
        return WICK_E_DATA;
    return p->to.len > KEY_MAX ? plan_refuse(r, "a name is too long") : WICK_OK;
}

static int alias_read(reader *r)
{
    return pair_add(r, &r->f->aliases, &r->f->alias_count, &r->f->alias_cap);
}

static int kind_read(reader *r)
{
    return pair_add(r, &r->f->kinds, &r->f->kind_count, &r->f->kind_cap);
}

static int quote_read(reader *r)
{
    span *s =
        plan_more(r, &r->f->quotes, &r->f->quote_count, &r->f->quote_cap, sizeof *s, PLAN_LIST_MAX);

    return s ? plan_span(r, 1, s) : WICK_E_DATA;
}

static int pattern_read(reader *r)
{
    wick_feed *f = r->f;
    pattern *p = plan_more(r, &f->patterns, &f->pattern_count, &f->pattern_cap, sizeof *p, 1024);

    if (!p || plan_span(r, 1, &p->text) < 0 || plan_span(r, 2, &p->kind) < 0 ||
        plan_span(r, 3, &p->where) < 0)
        return WICK_E_DATA;
    return WICK_OK;
}

/* A currency that a symbol leaves out: of the pattern above. */
static int pattern_coin(reader *r, int quote)
{
    wick_feed *f = r->f;
    pattern *p = f->pattern_count ? &f->patterns[f->pattern_count - 1] : NULL;

    if (!p || r->size[1] > KEY_MAX)
        return plan_refuse(r, "a currency without a pattern, or too long");
    return plan_span(r, 1, quote ? &p->quote : &p->base);
}

static int pattern_base_read(reader *r) { return pattern_coin(r, 0); }
static int pattern_quote_read(reader *r) { return pattern_coin(r, 1); }

static int packed_read(reader *r)
{
    if (plan_span(r, 1, &r->f->separator) < 0)
        return WICK_E_DATA;
    r->f->packed = 1;
    return r->f->separator.len == 1 ? WICK_OK : plan_refuse(r, "packed wants one byte");
}

static int pack_read(reader *r)
{
    wick_feed *f = r->f;
    pack *p = plan_more(r, &f->packs, &f->pack_count, &f->pack_cap, sizeof *p, 256);

    if (!p)
        return WICK_E_DATA;
    p->name = p->mask = f->name_count;
    return plan_span(r, 1, &p->when);
}

static int pack_name(reader *r, int mask)
{
    wick_feed *f = r->f;
    pack *p = f->pack_count ? &f->packs[f->pack_count - 1] : NULL;
    uint16_t *id;
    int key;

    if (!p || (!mask && p->masks))
        return plan_refuse(r, "it stands in no pack, or names stand behind masks");
    if (r->size[1] > KEY_MAX || (key = keyset_add(&f->keys, r->word[1], r->size[1])) < 0)
        return plan_refuse(r, "a name is too long, or there are too many");
    if (!(id = plan_more(r, &f->names, &f->name_count, &f->name_cap, sizeof *id, PLAN_LIST_MAX)))
        return WICK_E_DATA;
    *id = (uint16_t)key;
    if (mask) {
        p->mask = p->masks ? p->mask : f->name_count - 1;
        return ++p->masks > 63 ? plan_refuse(r, "a mask has 63 bits at most") : WICK_OK;
    }
    return ++p->names > 255 ? plan_refuse(r, "too many names") : WICK_OK;
}

static int unmasked_read(reader *r) { return pack_name(r, 0); }
static int masked_read(reader *r) { return pack_name(r, 1); }

/* Elements of an array are messages of their own. */
static int listed_read(reader *r)
{
    r->f->listed = 1;
    return WICK_OK;
}

static int front_read(reader *r)
{
    wick_feed *f = r->f;
    span *s = plan_more(r, &f->fronts, &f->front_count, &f->front_cap, sizeof *s, 64);

    return s ? plan_span(r, 1, s) : WICK_E_DATA;
}

/* preset TABLE KEY SYMBOL: bound before any message says so */
static int preset_read(reader *r)
{
    wick_feed *f = r->f;
    preset *p = plan_more(r, &f->presets, &f->preset_count, &f->preset_cap, sizeof *p,
                          PLAN_LIST_MAX);
    int table = p ? plan_table(r, 1) : -1;

    if (table < 0 || plan_span(r, 2, &p->key) < 0 || plan_span(r, 3, &p->symbol) < 0)
        return WICK_E_DATA;
    p->table = (int16_t)table;
    return !p->key.len || !p->symbol.len || p->key.len > KEY_MAX || p->symbol.len > KEY_MAX
               ? plan_refuse(r, "a bound name is empty or too long") : WICK_OK;
}

static int inside_read(reader *r)
{
    wick_feed *f = r->f;
    inside *in = plan_more(r, &f->insides, &f->inside_count, &f->inside_cap, sizeof *in,
                           PLAN_INSIDE_MAX);

    if (!in || plan_path(r, 1, &in->path) < 0)
        return WICK_E_DATA;
    in->press = PRESS_NONE;
    for (uint8_t i = 0; i < in->path.count; i++)
        if (in->path.steps[i].kind == STEP_ROW)
            return plan_refuse(r, "a path to texts has no row");
    return in->path.base == BASE_HERE || in->path.base == BASE_ROOT
               ? WICK_OK : plan_refuse(r, "a path to texts begins at the message");
}

/* undo: how the text of the line above was packed; cut: what stands between its parts. */
static int undo_read(reader *r)
{
    static const char *const names[] = {"auto", "gzip", "zlib", "deflate", "base64", NULL};
    inside *in = r->f->inside_count ? &r->f->insides[r->f->inside_count - 1] : NULL;
    int i = plan_choice(r, 1, names);

    if (!in || in->cut.len || i < 0)
        return plan_refuse(r, "undo wants a path above it and a known way");
    in->base64 = 1;
    r->f->texts |= !in->path.count;
    if (i < PRESS_NONE)
        in->press = (uint8_t)i;
    return WICK_OK;
}

static int cut_read(reader *r)
{
    inside *in = r->f->inside_count ? &r->f->insides[r->f->inside_count - 1] : NULL;

    if (!in || in->base64 || !r->size[1])
        return plan_refuse(r, "cut wants a path above it whose text is plain");
    r->f->texts |= !in->path.count;
    return plan_span(r, 1, &in->cut);
}

const line_row plan_feed_lines[] = {{"wick-plan", 1, head_read},
                                    {"name", 1, name_read},
                                    {"venue", 1, venue_read},
                                    {"ids", 1, ids_read},
                                    {"open", 1, open_read},
                                    {"case", 1, case_read},
                                    {"compression", 1, press_read},
                                    {"repeats", 1, repeats_read}, {"since", 1, since_read},
                                    {"split", 1, split_read},
                                    {"alias", 2, alias_read},
                                    {"kind", 2, kind_read},
                                    {"quote", 1, quote_read},
                                    {"pattern", 3, pattern_read},
                                    {"patternbase", 1, pattern_base_read},
                                    {"patternquote", 1, pattern_quote_read},
                                    {"packed", 1, packed_read},
                                    {"pack", 1, pack_read},
                                    {"packname", 1, unmasked_read},
                                    {"packmask", 1, masked_read},
                                    {"listed", 0, listed_read},
                                    {"front", 1, front_read},
                                    {"preset", 3, preset_read},
                                    {">inside", 1, inside_read},
                                    {"undo", 1, undo_read},
                                    {"cut", 1, cut_read},
                                    {NULL, 0, NULL}};
