/* SPDX-License-Identifier: Apache-2.0
 * One rule of a plan: which messages it takes, and what it makes of them. */
#ifndef WICK_DECODE_RULE_H
#define WICK_DECODE_RULE_H

#include "field.h"

enum { RULE_TRADES = 1, RULE_CSV = 2, RULE_COLUMNS = 4, RULE_NEWEST = 8, RULE_HEADLESS = 16, RULE_OPTIONAL = 32,
       RULE_TEXT = 64 };                        /* it tests the text of the whole message */
enum { SNAPSHOT_NO, SNAPSHOT_ALWAYS, SNAPSHOT_FIRST };

typedef struct rule {
    span     payload, control;
    uint32_t test, tests;               /* feed->tests */
    uint32_t groups;                    /* alternatives among them; 0: none */
    uint32_t keep, keeps;               /* feed->tests that each trade must pass, others are skipped */
    path     each;                      /* to trades, with [] and {} steps */
    path     named;                     /* to what a control speaks of, likewise */
    uint8_t  flags, snapshot;           /* RULE_*, SNAPSHOT_* */
    uint8_t  newest;                    /* bit n: level n (from 0) has its newest first */
    uint8_t  slots;                     /* of a trade */
    uint32_t columns;                   /* CSV without a header: how many it has */
    int16_t  bind, unbind;              /* tables, -1: none */
    path     bind_key;
    uint8_t  bind_member;               /* n: the key is that of the nth {} level */
    field    fields[FIELD_MAX];
    const part *slot[SLOTS_MAX];        /* into fields */
    uint8_t *direct;                    /* by key: slot + 1 of a field that is a plain member of the trade */
} rule;

#endif
