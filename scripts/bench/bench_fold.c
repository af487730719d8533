/* SPDX-License-Identifier: Apache-2.0
 * How fast ticks become candles on one core: 1m bars by fold_tick(), 5m, 15m and 1h of them by fold_merge() when a
 * bar closes; 200 markets, exact, with order keys and digest. The identity window is measured apart. */
#include "../../src/agg/bar.h"
#include "../../src/agg/window.h"
#include "../../src/core/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MARKETS = 200, TICKS = 1 << 16, PER_MINUTE = 100 * MARKETS, ROUNDS = 200, PARENTS = 3 };

typedef struct row { bar base; wick_candle parents[PARENTS]; } row;

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t next(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Prices of two digits behind the point and quantities of eight, trailing zeros stripped as decoders do; ids in
 * order, the side by chance. */
static void make(wick_tick *ticks)
{
    uint64_t x = 88172645463325252ULL;

    for (int64_t i = 0; i < TICKS; i++) {
        wick_tick *t = &ticks[i];
        int price_exp = -2, qty_exp = -8;
        *t = (wick_tick){ .time_ns = 1600000000 * NS_PER_S + i * (60 * NS_PER_S / PER_MINUTE) / 1000000 * 1000000,
                          .market = (uint32_t)(next(&x) % MARKETS), .trades = 1, .id_len = 8,
                          .id_key = (uint64_t)(10000000 + i) };
        t->price = (int64_t)(5000000 + next(&x) % 20000);
        t->qty = (int64_t)(1 + next(&x) % 500000000);
        dec_strip(&t->price, &price_exp);
        dec_strip(&t->qty, &qty_exp);
        t->price_exp = (int8_t)price_exp;
        t->qty_exp = (int8_t)qty_exp;
        t->flags = WICK_TICK_ORDERED | (next(&x) & 1 ? WICK_TICK_BUY : WICK_TICK_SELL);
    }
}

static void roll(row *r, uint32_t market, const uint32_t *intervals, int64_t time_ns)
{
    wick_candle c;

    bar_read(&r->base, &c);
    for (int i = 0; i < PARENTS; i++) {
        wick_candle *p = &r->parents[i];
        if (c.trades && c.time_ns >= p->end_ns) {
            int64_t begin = wick_bucket(intervals[i + 1], c.time_ns);
            fold_begin(p, market, intervals[i + 1], begin, wick_bucket_end(intervals[i + 1], begin));
        }
        fold_merge(p, &c);
    }
    time_ns = wick_bucket(intervals[0], time_ns);
    bar_begin(&r->base, market, intervals[0], time_ns, wick_bucket_end(intervals[0], time_ns));
}

static uint64_t fold_all(row *rows, const wick_tick *ticks, const uint32_t *intervals)
{
    uint64_t digest = 0;

    memset(rows, 0, MARKETS * sizeof *rows);
    for (uint32_t i = 0; i < TICKS; i++) {
        row *r = &rows[ticks[i].market];
        if (ticks[i].time_ns >= r->base.end_ns)
            roll(r, ticks[i].market, intervals, ticks[i].time_ns);
        bar_tick(&r->base, &ticks[i], NULL, i / 1000, i % 1000);
    }
    for (int m = 0; m < MARKETS; m++)
        digest += rows[m].base.fast.digest + rows[m].parents[2].digest;
    return digest;
}

/* What the memory gives: every word of every tick added up. */
static uint64_t sum_all(const wick_tick *ticks)
{
    const uint64_t *words = (const uint64_t *)ticks;
    uint64_t sum = 0;

    for (size_t i = 0; i < TICKS * sizeof *ticks / 8; i++)
        sum += words[i];
    return sum;
}

int main(void)
{
    static const char *const NAMES[PARENTS + 1] = { "1m", "5m", "15m", "1h" };
    uint32_t intervals[PARENTS + 1];
    wick_tick *ticks = malloc(TICKS * sizeof *ticks);
    row *rows = malloc(MARKETS * sizeof *rows);
    double best = 1e9, bare = 1e9, at;
    uint64_t check = 0;

    if (!ticks || !rows)
        return 1;
    for (int i = 0; i <= PARENTS; i++)
        intervals[i] = (uint32_t)wick_interval(NAMES[i], strlen(NAMES[i]));
    make(ticks);
    for (int i = 0; i < ROUNDS; i++) {
        at = now_s();
        check += fold_all(rows, ticks, intervals);
        best = now_s() - at < best ? now_s() - at : best;
        at = now_s();
        check += sum_all(ticks);
        bare = now_s() - at < bare ? now_s() - at : bare;
    }
    printf("fold: %.0f M ticks/s (goal 100)\n", TICKS / best * 1e-6);
    printf("fold: %.2f of a bare sum over the same ticks (%.0f M ticks/s), check %016llx\n", bare / best,
           TICKS / bare * 1e-6, (unsigned long long)check);
    free(ticks);
    free(rows);
    return 0;
}
