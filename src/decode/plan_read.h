/* SPDX-License-Identifier: Apache-2.0
 * Reading a plan text: a line is a word and at most three arguments, each percent-encoded. */
#ifndef WICK_DECODE_PLAN_READ_H
#define WICK_DECODE_PLAN_READ_H

#include "plan.h"

enum { LINE_WORDS = 4, LINE_MAX_BYTES = 4096, KEY_MAX = 40 };

typedef struct reader {
    wick_feed *f;
    rule      *rule;                    /* the rule, field and test that lines speak of; NULL: none yet */
    field     *field;
    test      *test;
    char      *word[LINE_WORDS];        /* decoded, 0-terminated */
    size_t     size[LINE_WORDS];
    uint32_t   words, line;
    char       path[LINE_MAX_BYTES];    /* the last `path` word as it stood, encoded */
    const char *why;
} reader;

/* Handlers return 0 or a negative status, and say why in r->why. */
typedef int (*line_reader)(reader *r);
typedef struct line_row { const char *name; uint32_t args; line_reader read; } line_row;
/* Each ends with a NULL name. */
extern const line_row plan_feed_lines[], plan_rule_lines[], plan_field_lines[];

int plan_refuse(reader *r, const char *why);
/* Percent-decoding in place; a lone % is the empty word. Its size, negative: broken. */
long plan_decode(char *word);
/* Copy a word into the feed's text. */
int plan_span(reader *r, uint32_t word, span *out);
/* A whole number in [min, max]. */
int plan_int(reader *r, uint32_t word, int64_t min, int64_t max, int64_t *out);
/* One of a NULL-terminated list: its place, or negative. */
int plan_choice(reader *r, uint32_t word, const char *const *names);
/* A path, from its encoded word. */
int plan_path(reader *r, uint32_t word, path *out);
/* One more element of size bytes, zeroed, in an array of the feed; NULL: too many or no memory. */
void *plan_more(reader *r, void *array, uint32_t *count, uint32_t *cap, size_t size, uint32_t max);
/* Number of a table of bound symbols, made when new. */
int plan_table(reader *r, uint32_t word);

#endif
