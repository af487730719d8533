/* SPDX-License-Identifier: Apache-2.0
 * Paths into a message, and the tests that tell one kind of message from another. */
#ifndef WICK_DECODE_PATH_H
#define WICK_DECODE_PATH_H

#include "json.h"

enum { PATH_STEPS_MAX = 8, PATH_LEVELS_MAX = 4 };
#define PATH_NONE UINT32_MAX
enum { BASE_HERE = 0, BASE_CONN = 254, BASE_ROOT = 255 };      /* or how many levels up */
enum { STEP_KEY, STEP_AT, STEP_EACH, STEP_MEMBERS, STEP_ROW };

typedef struct span { uint32_t at, len; } span; /* text of a plan, in feed->text */
typedef struct strips { uint32_t at, count; } strips;   /* prefixes and suffixes, in feed->strips */

typedef struct step {
    uint8_t  kind;                      /* STEP_* */
    uint16_t key;                       /* KEY: id in feed->keys */
    int32_t  at;                        /* AT: from 0, or negative from the end */
} step;

typedef struct path {
    uint8_t base, count;                /* BASE_* or levels up; steps */
    step    steps[PATH_STEPS_MAX];
} path;

enum { OP_IS, OP_NOT, OP_PREFIX, OP_SUFFIX, OP_CONTAINS, OP_PRESENT, OP_ABSENT, OP_KIND, OP_BOUND };

typedef struct test {
    path     path;
    uint8_t  op;                        /* OP_* */
    uint8_t  group;                     /* 0: must hold; others: all of one group must hold */
    uint32_t first, count;              /* values, in feed->values; BOUND: first is the table */
    strips   cuts;                      /* BOUND: cut off before it is looked up */
} test;

/* Where a field is looked for: a trade, what it stands in, up to the whole message (0). A key or a position on the
 * way to it is a level of its own, unless a list follows: those two are one. */
typedef struct scope {
    uint32_t at[PATH_STEPS_MAX + 1];    /* tokens, outermost first */
    uint32_t member[PATH_LEVELS_MAX];   /* of the nth {}: the token whose key it was, else PATH_NONE */
    uint32_t levels;                    /* at[levels] is the trade itself */
    uint32_t row;                       /* columns: which row */
} scope;

/* [] and {} */
static inline int path_lists(const step *s)
{
    return s->kind == STEP_EACH || s->kind == STEP_MEMBERS;
}

/* The token that a path leads to, PATH_NONE: there is none. The last of equal keys counts. */
uint32_t path_find(const tape *t, const path *p, const scope *s);
/* The last member with this key, PATH_NONE. */
uint32_t path_member(const tape *t, uint32_t object, uint16_t key);
/* Element `at` (from 0, or negative from the end), PATH_NONE. */
uint32_t path_element(const tape *t, uint32_t array, int32_t at);

#endif
