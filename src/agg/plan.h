/* SPDX-License-Identifier: Apache-2.0
 * Which intervals are kept and what each is made of: roots are folded trade by trade, the others merged of a root's
 * closed buckets. One root is enough where an interval divides all others. */
#ifndef WICK_AGG_PLAN_H
#define WICK_AGG_PLAN_H

#include "../core/ctx.h"

enum { PLAN_MAX = 32 };

typedef struct plan {                   /* rows shortest first */
    uint32_t count, roots;
    struct plan_row {
        uint32_t interval;
        uint32_t root;                  /* row that it is made of; its own place: it is a root */
        uint32_t asked;                 /* its place in the list that was asked for */
    } rows[PLAN_MAX];
} plan;

/* From "1m,5m,1h" (blanks allowed, twice the same is once). ARG with wick_error(). With one_root, a list without a
 * common base gets 1m, or 1s, besides. */
int plan_make(wick *w, const char *list, size_t size, int one_root, plan *out);

#endif
