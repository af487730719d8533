/* SPDX-License-Identifier: Apache-2.0
 * Intervals in the order of their lengths, and their roots (plan.h). */
#include "plan.h"
#include "../core/time.h"

#include <stdlib.h>
#include <string.h>

/* For sorting alone: a month is 30 days, a year 365. */
static int64_t about(uint32_t interval)
{
    int64_t length = interval_length(interval), n = interval & 0xffffff;

    if (length)
        return length;
    return n * NS_PER_DAY * (interval >> 24 == UNIT_YEAR ? 365 : 30);
}

static int shorter(const void *a, const void *b)
{
    const struct plan_row *x = a, *y = b;
    int64_t i = about(x->interval), j = about(y->interval);

    return i != j ? (i > j) - (i < j) : (x->asked > y->asked) - (x->asked < y->asked);
}

static void find_roots(plan *p)
{
    qsort(p->rows, p->count, sizeof *p->rows, shorter);
    p->roots = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t root = i;
        for (uint32_t k = 0; k < i; k++) /* the longest root that divides it: fewest merges */
            if (p->rows[k].root == k &&
                wick_interval_divides(p->rows[k].interval, p->rows[i].interval))
                root = k;
        p->rows[i].root = root;
        p->roots += root == i;
    }
}

static int add(wick *w, plan *p, uint32_t interval)
{
    for (uint32_t i = 0; i < p->count; i++)
        if (p->rows[i].interval == interval)
            return WICK_OK;
    if (p->count == PLAN_MAX)
        return ctx_fail(w, WICK_E_ARG, "intervals: at most %d", PLAN_MAX);
    p->rows[p->count] = (struct plan_row){ interval, 0, p->count };
    p->count++;
    return WICK_OK;
}

/* 1m, or 1s, or what else divides all: seconds do, whatever there is. */
static int add_base(wick *w, plan *p)
{
    static const uint32_t BASES[] = { (uint32_t)UNIT_MINUTE << 24 | 1,
                                      (uint32_t)UNIT_SECOND << 24 | 1 };
    uint32_t k = 0;

    for (uint32_t i = 0; i < p->count; i++)
        if (!wick_interval_divides(BASES[0], p->rows[i].interval))
            k = 1;
    if (add(w, p, BASES[k]) < 0)
        return WICK_E_ARG;
    ctx_log(w, 2, "intervals: %s is kept too, all others are made of it", k ? "1s" : "1m");
    find_roots(p);
    return WICK_OK;
}

int plan_make(wick *w, const char *list, size_t size, int one_root, plan *out)
{
    size_t at = 0;

    *out = (plan){0};
    while (at < size) {
        size_t n = 0;
        int64_t code;
        while (at < size && (list[at] == ' ' || list[at] == ','))
            at++;
        while (at + n < size && list[at + n] != ',' && list[at + n] != ' ')
            n++;
        if (n == 0)
            break;
        if ((code = wick_interval(list + at, n)) < 0)
            return ctx_fail(w, WICK_E_ARG, "intervals: '%.*s' is none: n + one of s m h d w M y",
                            (int)(n < 40 ? n : 40), list + at);
        if (add(w, out, (uint32_t)code) < 0)
            return WICK_E_ARG;
        at += n;
    }
    if (out->count == 0)
        return ctx_fail(w, WICK_E_ARG, "intervals: none is named");
    find_roots(out);
    return one_root && out->roots > 1 ? add_base(w, out) : WICK_OK;
}
