/* SPDX-License-Identifier: Apache-2.0
 * How fast ticks become candles on one core: 1m bars by fold_tick(), 5m, 15m and 1h of them by
 * fold_merge() when a bar closes; 200 markets, exact, with order keys and digest. The identity
 * window is measured apart. */
#include "../../src/agg/bar.h"
#include "../../src/agg/window.h"
#include "../../src/core/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MARKETS = 200,
    TICKS = 1 << 16,
    PER_MINUTE = 300 * MARKETS,
    RECORD = 1024,
    ROUNDS = 300,
    PARENTS = 3,
    WINDOW_ROUNDS = 60
};

typedef struct rows { bar base[MARKETS]; wick_candle parents[MARKETS][PARENTS]; } rows;

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

/* Prices of two digits behind the point and quantities of eight, trailing zeros stripped as
 * decoders do; ids in order, the side by chance. */
static void make(wick_tick *ticks, uint8_t (*ids)[8])
{
    uint64_t x = 88172645463325252ULL;

    for (int64_t i = 0; i < TICKS; i++) {
        wick_tick *t = &ticks[i];
        int price_exp = -2, qty_exp = -8;
        char id[16];
        *t = (wick_tick){ .time_ns = 1600000000 * NS_PER_S +
                                     i * (60 * NS_PER_S / PER_MINUTE) / 1000000 * 1000000,
                          .market = (uint32_t)(next(&x) % MARKETS),
                          .trades = 1,
                          .id_len = 8,
                          .id_at = (uint32_t)i * 8,
                          .id_key = (uint64_t)(10000000 + i) };
        snprintf(id, sizeof id, "%lld", (long long)(10000000 + i));
        memcpy(ids[i], id, 8);
        t->price = (int64_t)(5000000 + next(&x) % 20000);
        t->qty = (int64_t)(1 + next(&x) % 500000000);
        dec_strip(&t->price, &price_exp);
        dec_strip(&t->qty, &qty_exp);
        t->price_exp = (int8_t)price_exp;
        t->qty_exp = (int8_t)qty_exp;
        t->flags = WICK_TICK_ORDERED | (next(&x) & 1 ? WICK_TICK_BUY : WICK_TICK_SELL);
    }
}

static void roll(rows *r, uint32_t market, const uint32_t *intervals, int64_t time_ns)
{
    wick_candle c;

    bar_read(&r->base[market], &c);
    for (int i = 0; i < PARENTS; i++) {
        wick_candle *p = &r->parents[market][i];
        if (c.trades && c.time_ns >= p->end_ns) {
            int64_t begin = wick_bucket(intervals[i + 1], c.time_ns);
            fold_begin(p, market, intervals[i + 1], begin,
                       wick_bucket_end(intervals[i + 1], begin));
        }
        fold_merge(p, &c);
    }
    time_ns = wick_bucket(intervals[0], time_ns);
    bar_begin(&r->base[market], market, intervals[0], time_ns,
              wick_bucket_end(intervals[0], time_ns));
}

static uint64_t fold_all(rows *r, const wick_tick *ticks, const uint32_t *intervals)
{
    uint64_t digest = 0;

    memset(r, 0, sizeof *r);
    for (uint32_t record = 0; record < TICKS / RECORD; record++)
        for (uint32_t i = 0; i < RECORD; i++) {
            const wick_tick *t = &ticks[record * RECORD + i];
            bar *b = &r->base[t->market];
            if (t->time_ns >= b->end_ns)
                roll(r, t->market, intervals, t->time_ns);
            bar_tick(b, t, NULL, record, i);
        }
    for (uint32_t m = 0; m < MARKETS; m++) {
        roll(r, m, intervals, INT64_MAX / 2);
        digest += r->parents[m][PARENTS - 1].digest;
    }
    return digest;
}

/* The same trades as new ones of a later time: windows fill up to what they hold of ten minutes,
 * and let go. */
static uint64_t window_all(window *w, const wick_tick *ticks, uint8_t (*ids)[8], int round)
{
    int64_t later = round * (ticks[TICKS - 1].time_ns - ticks[0].time_ns);
    uint64_t known = 0;

    for (uint32_t i = 0; i < TICKS; i++) {
        ids[i][0] = (uint8_t)round;
        known += (uint64_t)window_see(NULL, &w[ticks[i].market], ident_of(&ticks[i], ids[i]),
                                      ticks[i].time_ns + later, i, 600 * NS_PER_S);
    }
    return known;
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

static double least(double a, double b)
{
    return a < b ? a : b;
}

int main(void)
{
    static const char *const NAMES[PARENTS + 1] = { "1m", "5m", "15m", "1h" };
    uint32_t intervals[PARENTS + 1];
    wick_tick *ticks = malloc(TICKS * sizeof *ticks);
    uint8_t (*ids)[8] = malloc(TICKS * sizeof *ids);
    rows *r = malloc(sizeof *r);
    window *w = malloc(MARKETS * sizeof *w);
    double fold = 1e9, seen = 1e9, bare = 1e9, at;
    uint64_t check = 0;

    if (!ticks || !ids || !r || !w)
        return 1;
    for (int i = 0; i <= PARENTS; i++)
        intervals[i] = (uint32_t)wick_interval(NAMES[i], strlen(NAMES[i]));
    make(ticks, ids);
    for (int m = 0; m < MARKETS; m++)
        window_init(&w[m]);
    for (int i = 0; i < ROUNDS; i++) {
        at = now_s();
        check += fold_all(r, ticks, intervals);
        fold = least(fold, now_s() - at);
        at = now_s();
        check += sum_all(ticks);
        bare = least(bare, now_s() - at);
        if (i >= WINDOW_ROUNDS)
            continue;
        at = now_s();
        check += window_all(w, ticks, ids, i);
        seen = least(seen, now_s() - at);
    }
    printf("fold: %.0f M ticks/s (goal 100)\n", TICKS / fold * 1e-6);
    printf("fold: %.2f of a bare sum over the same ticks (%.0f M ticks/s)\n", bare / fold,
           TICKS / bare * 1e-6);
    printf("identity window: %.0f M ticks/s, with the fold %.0f (check %016llx)\n",
           TICKS / seen * 1e-6, TICKS / (seen + fold) * 1e-6, (unsigned long long)check);
    for (int m = 0; m < MARKETS; m++)
        window_fini(NULL, &w[m]);
    free(ticks);
    free(ids);
    free(r);
    free(w);
    return 0;
}
