/* SPDX-License-Identifier: Apache-2.0
 * A compiled feed table: what wick_feed_new() reads from the plan text that lua/wick/feed/plan.lua
 * writes. Immutable once it is made, shared by counting. */
#ifndef WICK_DECODE_PLAN_H
#define WICK_DECODE_PLAN_H

#include "../core/ctx.h"
#include "rule.h"

enum { PLAN_RULES_MAX = 256, PLAN_LIST_MAX = 16384, PLAN_TABLES_MAX = 16,
       PLAN_INSIDE_MAX = 8 };
enum { IDS_ORDERED, IDS_UNORDERED, IDS_NONE };
enum { PRESS_AUTO, PRESS_GZIP, PRESS_ZLIB, PRESS_DEFLATE, PRESS_NONE };

typedef struct pattern { span text, kind, where, base, quote; } pattern;    /* see names.c */
typedef struct pair { span from, to; } pair;
typedef struct preset { int16_t table; span key, symbol; } preset;               /* bound from the start */
typedef struct inside {                 /* texts of a message that hold more than a text, see inside.c */
    path    path;
    span    cut;                        /* between the parts of a list; empty: JSON stands in them */
    uint8_t base64, press;              /* press: PRESS_* of what base64 gives */
} inside;
typedef struct pack { span when; uint32_t name, names, mask, masks; } pack;     /* feed->names: key ids */

struct wick_feed {
    wick   *w;
    uint32_t refs;
    span    name, venue, split, separator;
    uint8_t ids, open_prev, compression, keep_case, packed;
    uint32_t repeats;
    int64_t since_ns;                   /* trades before it are refused */
    keyset  keys;
    buf     text;                       /* what spans point into */
    rule    *rules;    uint32_t rule_count, rule_cap;
    test    *tests;    uint32_t test_count, test_cap;
    span    *values;   uint32_t value_count, value_cap;
    strip   *strips;   uint32_t strip_count, strip_cap;
    scale   *scales;   uint32_t scale_count, scale_cap;
    mean    *means;    uint32_t mean_count, mean_cap;
    pattern *patterns; uint32_t pattern_count, pattern_cap;
    pair    *aliases;  uint32_t alias_count, alias_cap;
    pair    *kinds;    uint32_t kind_count, kind_cap;
    span    *quotes;   uint32_t quote_count, quote_cap;         /* longest first */
    pack    *packs;    uint32_t pack_count, pack_cap;
    uint16_t *names;   uint32_t name_count, name_cap;
    span    *tables;   uint32_t table_count, table_cap;         /* of bound symbols */
    preset  *presets;  uint32_t preset_count, preset_cap;
    inside  *insides;  uint32_t inside_count, inside_cap;
    span    *fronts;   uint32_t front_count, front_cap;         /* cut off where JSON stands behind it */
    uint8_t listed, conn, texts;        /* arrays hold messages; the address is asked for; plain text is known */
};

static inline const char *feed_text(const wick_feed *f, span s) { return (const char *)f->text.data + s.at; }
void feed_ref(wick_feed *f);
int  feed_rows(const wick_feed *f);             /* it reads CSV */
/* Give the parts of a rule's fields their slots once all of it is read. DATA: it cannot be. */
int rule_layout(wick_feed *f, rule *r);

#endif
