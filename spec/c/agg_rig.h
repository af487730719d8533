/* SPDX-License-Identifier: Apache-2.0
 * What the aggregation tests share: a log and a store that are not real, random trades, and candles as text. */
#ifndef WICK_SPEC_AGG_RIG_H
#define WICK_SPEC_AGG_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/agg/agg.h"
#include "../../src/core/time.h"

#define SECOND NS_PER_S
#define MINUTE (60 * NS_PER_S)
#define T0 (1700000000LL / 3600 * 3600 * NS_PER_S)      /* a full hour */

static uint64_t rig_seed = 88172645463325252ULL;

static inline uint64_t rig_random(uint64_t below)
{
    rig_seed ^= rig_seed << 13;
    rig_seed ^= rig_seed >> 7;
    rig_seed ^= rig_seed << 17;
    return rig_seed % below;
}

/* ---- trades ---- */

typedef struct trade {
    wick_tick tick;                         /* id_at is set when it is packed */
    char      id[24];
} trade;

static inline trade rig_trade(uint32_t market, int64_t time_ns, int64_t price, int price_exp, int64_t qty,
                              int qty_exp, uint64_t id)
{
    trade t = { .tick = { .time_ns = time_ns, .market = market, .trades = 1 } };
    int exp = price_exp;

    dec_strip(&price, &exp);
    t.tick.price = price;
    t.tick.price_exp = (int8_t)exp;
    exp = qty_exp;
    dec_strip(&qty, &exp);
    t.tick.qty = qty;
    t.tick.qty_exp = (int8_t)exp;
    t.tick.flags = id % 3 == 0 ? WICK_TICK_BUY : id % 3 == 1 ? WICK_TICK_SELL : 0;
    if (id) {
        t.tick.flags |= WICK_TICK_ORDERED;
        snprintf(t.id, sizeof t.id, "%llu", (unsigned long long)id);
        t.tick.id_len = (uint32_t)strlen(t.id);
        t.tick.id_key = id;
    }
    return t;
}

/* n trades of markets 0..markets-1 over `span`, in the order of (time, id), many at equal times. */
static inline trade *rig_trades(uint32_t n, uint32_t first_market, uint32_t markets, int64_t span)
{
    trade *all = calloc(n, sizeof *all);
    int64_t at = T0;

    assert_non_null(all);
    for (uint32_t i = 0; i < n; i++) {
        if (rig_random(3))
            at += (int64_t)rig_random((uint64_t)(span / n * 3)) / 1000000 * 1000000;
        all[i] = rig_trade(first_market + (uint32_t)rig_random(markets), at, (int64_t)(50000 + rig_random(2000)), -3,
                           (int64_t)(1 + rig_random(100000)), -5 - (int)rig_random(3), 1000 + i);
    }
    return all;
}

static inline void rig_shuffle(trade *all, uint32_t n)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = (uint32_t)rig_random(i);
        trade t = all[i - 1];
        all[i - 1] = all[k];
        all[k] = t;
    }
}

/* One record. */
typedef struct record {
    wick_batch b;
    wick_tick *ticks;
    wick_mark *marks;
    uint8_t   *bytes;
} record;

static inline record *rig_record(const trade *t, uint32_t n, const wick_mark *marks, uint32_t mark_count)
{
    record *r = calloc(1, sizeof *r);
    uint32_t at = 0;

    assert_non_null(r);
    r->ticks = calloc(n + 1, sizeof *r->ticks);
    r->marks = calloc(mark_count + 1, sizeof *r->marks);
    r->bytes = calloc(n + 1, 24);
    for (uint32_t i = 0; i < n; i++) {
        r->ticks[i] = t[i].tick;
        r->ticks[i].id_at = at;
        memcpy(r->bytes + at, t[i].id, t[i].tick.id_len);
        at += t[i].tick.id_len;
    }
    if (mark_count)
        memcpy(r->marks, marks, mark_count * sizeof *marks);
    r->b = (wick_batch){ .ticks = r->ticks, .marks = r->marks, .bytes = r->bytes, .tick_count = n,
                         .mark_count = mark_count, .byte_count = at };
    return r;
}

static inline void rig_record_free(record *r)
{
    free(r->ticks);
    free(r->marks);
    free(r->bytes);
    free(r);
}

/* ---- candles as text ---- */

static inline char *rig_row(wick *w, const wick_candle *c, int with_rev, char *out, size_t size)
{
    static const int FIELDS[] = { WICK_F_TIME, WICK_F_OPEN, WICK_F_HIGH, WICK_F_LOW, WICK_F_CLOSE, WICK_F_VOLUME,
                                  WICK_F_QUOTE, WICK_F_BUY, WICK_F_SELL, WICK_F_VWAP };
    char interval[16];
    int n;

    wick_interval_text(c->interval, interval, sizeof interval);
    n = snprintf(out, size, "%s %s", wick_market_name(w, c->market), interval);
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        out[n++] = ' ';
        n += wick_candle_text(c, FIELDS[i], out + n, size - (size_t)n);
    }
    n += snprintf(out + n, size - (size_t)n, " n=%llu d=%016llx f=%u", (unsigned long long)c->trades,
                  (unsigned long long)c->digest, c->flags);
    if (with_rev)
        snprintf(out + n, size - (size_t)n, " rev=%u", c->rev);
    return out;
}

/* ---- a store that is not real ---- */

typedef struct fake_store {
    wick_stage stage;
    wick_candle *rows;  uint32_t row_count, row_cap;
    commit_market *markets;  uint8_t **ids;  uint32_t market_count;
    commit_span *spans;  uint32_t span_count;
    commit_era eras[16];  uint32_t era_count;
    commit_offset offsets[64];  uint32_t offset_count;
    uint32_t commits, refusals;
    const char *reasons[64];
    int hold;                               /* says AGAIN */
} fake_store;

static inline wick_candle *fake_find(fake_store *s, uint32_t market, uint32_t interval, int64_t time_ns)
{
    for (uint32_t i = 0; i < s->row_count; i++)
        if (s->rows[i].market == market && s->rows[i].interval == interval && s->rows[i].time_ns == time_ns)
            return &s->rows[i];
    return NULL;
}

static inline void fake_put(fake_store *s, const wick_candle *c)
{
    wick_candle *old = fake_find(s, c->market, c->interval, c->time_ns);

    if (!old) {
        if ((c->flags & WICK_CANDLE_DELTA) && c->trades == 0)
            return;
        if (s->row_count == s->row_cap) {
            s->row_cap = s->row_cap ? s->row_cap * 2 : 256;
            s->rows = realloc(s->rows, s->row_cap * sizeof *s->rows);
        }
        s->rows[s->row_count] = *c;
        s->rows[s->row_count++].flags &= ~(uint32_t)WICK_CANDLE_DELTA;
        return;
    }
    if (c->flags & WICK_CANDLE_DELTA) {
        assert_true(old->flags & WICK_CANDLE_CLOSED);
        assert_true(fold_merge(old, c));
        old->flags = c->flags & ~(uint32_t)WICK_CANDLE_DELTA;
        old->rev++;
        return;
    }
    assert_false(old->flags & WICK_CANDLE_CLOSED);      /* a closed row is never replaced */
    *old = *c;
}

static inline int fake_commit(wick_stage *stage, commit *c)
{
    fake_store *s = (fake_store *)stage;

    if (s->hold)
        return WICK_E_AGAIN;
    for (uint32_t i = 0; i < c->candle_count; i++)
        fake_put(s, &c->candles[i]);
    for (uint32_t i = 0; i < c->market_count; i++) {
        uint32_t k = 0;
        while (k < s->market_count && s->markets[k].market != c->markets[i].market)
            k++;
        if (k == s->market_count) {
            s->markets = realloc(s->markets, ++s->market_count * sizeof *s->markets);
            s->ids = realloc(s->ids, s->market_count * sizeof *s->ids);
            s->ids[k] = NULL;
        }
        s->markets[k] = c->markets[i];
        s->ids[k] = realloc(s->ids[k], c->markets[i].ids_len + 1);
        memcpy(s->ids[k], c->bytes + c->markets[i].ids_at, c->markets[i].ids_len);
    }
    for (uint32_t i = 0; i < c->span_count; i++) {
        uint32_t k = 0;
        while (k < s->span_count && (s->spans[k].market != c->spans[i].market ||
               s->spans[k].from_ns != c->spans[i].from_ns || s->spans[k].state != c->spans[i].state))
            k++;
        if (c->spans[i].to_ns <= c->spans[i].from_ns) {
            assert_true(k < s->span_count);             /* only what was told is taken back */
            s->spans[k] = s->spans[--s->span_count];
            continue;
        }
        if (k == s->span_count)
            s->spans = realloc(s->spans, ++s->span_count * sizeof *s->spans);
        s->spans[k] = c->spans[i];
    }
    for (uint32_t i = 0; i < c->era_count; i++) {
        uint32_t k = 0;
        while (k < s->era_count && (s->eras[k].market != c->eras[i].market ||
               s->eras[k].era.from_ns != c->eras[i].era.from_ns))
            k++;
        assert_true(k < 16);
        s->era_count += k == s->era_count;
        s->eras[k] = c->eras[i];
    }
    for (uint32_t i = 0; i < c->offset_count; i++) {
        uint32_t k = 0;
        while (k < s->offset_count && s->offsets[k].partition != c->offsets[i].partition)
            k++;
        s->offset_count += k == s->offset_count;
        assert_true(c->offsets[i].window_offset <= c->offsets[i].next_offset);
        s->offsets[k] = c->offsets[i];
    }
    for (uint32_t i = 0; i < c->refusal_count && s->refusals < 64; i++)
        s->reasons[s->refusals++] = c->refusals[i].reason;
    s->commits++;
    commit_free(c);
    return WICK_OK;
}

static inline int fake_restore(wick_stage *stage, const restore_ask *ask)
{
    fake_store *s = (fake_store *)stage;
    commit *c = commit_new(stage->w);

    c->epoch = 7;
    for (uint32_t i = 0; i < s->row_count; i++)
        *commit_candle(c) = s->rows[i];
    for (uint32_t i = 0; i < s->market_count; i++) {
        commit_market *m = commit_market_add(c);
        uint32_t at;
        *m = s->markets[i];
        commit_bytes(c, s->ids[i], m->ids_len, &at);
        m->ids_at = at;
        m->known_to_ns = m->known_to_ns ? m->known_to_ns : INT64_MIN;
    }
    for (uint32_t i = 0; i < s->span_count; i++)
        *commit_span_add(c) = s->spans[i];
    for (uint32_t i = 0; i < s->era_count; i++)
        *commit_era_add(c) = s->eras[i];
    for (uint32_t i = 0; i < s->offset_count; i++)
        *commit_offset_add(c) = s->offsets[i];
    ask->done(ask->asker, WICK_OK, c);
    return WICK_OK;
}

static inline void fake_close(wick_stage *stage)
{
    fake_store *s = (fake_store *)stage;

    for (uint32_t i = 0; i < s->market_count; i++)
        free(s->ids[i]);
    free(s->ids);
    free(s->rows);
    free(s->markets);
    free(s->spans);
}

static const stage_ops FAKE_STORE = { .kind = "store", .commit = fake_commit, .restore = fake_restore,
                                      .close = fake_close };

/* ---- a log that is not real ---- */

typedef struct fake_bus {
    wick_stage stage;
    record   **log;  uint32_t count;        /* offset = place * 2 + 10: ascending, with holes */
    uint32_t at;
    int      sought;
} fake_bus;

static inline uint64_t fake_offset(uint32_t i) { return (uint64_t)i * 2 + 10; }

static inline const char *fake_log_id(wick_stage *s)
{
    (void)s;
    return "fake-log";
}

static inline uint64_t fake_log_end(wick_stage *s)
{
    (void)s;
    return UINT64_MAX;
}

static inline int fake_seek(wick_stage *stage, wick_stage *reader, const commit_offset *from, uint32_t count)
{
    fake_bus *b = (fake_bus *)stage;

    (void)reader;
    b->at = 0;
    b->sought = 1;
    while (count && b->at < b->count && fake_offset(b->at) < from[0].window_offset)
        b->at++;
    return WICK_OK;
}

static inline void fake_bus_close(wick_stage *s) { (void)s; }

static const stage_ops FAKE_BUS = { .kind = "bus", .log_id = fake_log_id, .log_end = fake_log_end, .seek = fake_seek,
                                    .close = fake_bus_close };

/* Push records [at, until) of the log. */
static inline void fake_pump(fake_bus *b, uint32_t until)
{
    for (; b->at < until && b->at < b->count; b->at++) {
        wick_batch batch = b->log[b->at]->b;
        batch.offset = fake_offset(b->at);
        if (batch.recv_ns == 0)
            batch.recv_ns = T0 + 1000000 * MINUTE;
        assert_int_equal(stage_push(&b->stage, &batch), WICK_OK);
    }
}

/* ---- a whole line ---- */

typedef struct rig {
    wick       *w;
    fake_bus   *bus;
    fake_store *store;
    wick_stage *agg;
} rig;

static inline rig rig_open(const char *intervals)
{
    rig r = {0};
    wick_conf *conf;

    assert_int_equal(wick_conf_new(&conf), WICK_OK);
    assert_int_equal(wick_conf_set(conf, "intervals", intervals), WICK_OK);
    assert_int_equal(wick_open(conf, &r.w), WICK_OK);
    wick_conf_free(conf);
    assert_int_equal(wick_market(r.w, "Test:AAA-USD", 12), 0);
    assert_int_equal(wick_market(r.w, "Test:BBB-USD", 12), 1);
    return r;
}

static inline void rig_live(rig *r)
{
    if (!r->bus)
        r->bus = stage_new(r->w, &FAKE_BUS, sizeof *r->bus, 0, NULL);
    if (!r->store)
        r->store = stage_new(r->w, &FAKE_STORE, sizeof *r->store, 0, NULL);
    assert_int_equal(wick_agg_open(r->w, NULL, 0, &r->agg), WICK_OK);
    assert_int_equal(wick_link(r->w, &r->bus->stage, r->agg), WICK_OK);
    assert_int_equal(wick_link(r->w, r->agg, &r->store->stage), WICK_OK);
    assert_true(r->bus->sought);
}

static inline void rig_drain(rig *r)
{
    wick_event ev[16];
    int n, done = 0;

    assert_int_equal(wick_stage_drain(r->agg, 99), WICK_OK);
    while (!done) {
        assert_true((n = wick_poll(r->w, ev, 16, 1000)) > 0);
        for (int i = 0; i < n; i++)
            done |= ev[i].kind == WICK_EV_DRAINED && ev[i].tag == 99;
    }
}

static inline void rig_close(rig *r)
{
    wick_stage_close(r->agg);
    if (r->bus)
        wick_stage_close(&r->bus->stage);
    if (r->store)
        wick_stage_close(&r->store->stage);
    wick_close(r->w);
}

static inline int rig_by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Rows as sorted text; free() each and the list. */
static inline char **rig_texts(wick *w, const wick_candle *rows, uint32_t n, int with_rev, int closed_only,
                               uint32_t *out)
{
    char **all = calloc(n + 1, sizeof *all);
    uint32_t k = 0;

    for (uint32_t i = 0; i < n; i++)
        if (!closed_only || (rows[i].flags & WICK_CANDLE_CLOSED))
            all[k++] = rig_row(w, &rows[i], with_rev, calloc(1, 4096), 4096);
    qsort(all, k, sizeof *all, rig_by_text);
    *out = k;
    return all;
}

static inline void rig_free_texts(char **all, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        free(all[i]);
    free(all);
}

static inline void rig_same(char **a, uint32_t n, char **b, uint32_t m)
{
    for (uint32_t i = 0; i < n && i < m; i++)
        assert_string_equal(a[i], b[i]);
    assert_int_equal(n, m);
}

/* Replay records in a context of its own line; returns its rows (free()). */
static inline wick_candle *rig_replay(wick *w, record **log, uint32_t count, int partial, uint32_t *rows)
{
    wick_stage *stage;
    wick_candle *out = NULL;
    wick_event ev[64];
    int n, done = 0;

    assert_int_equal(wick_agg_open(w, partial ? "replay=1\npartial=1\n" : "replay=1\n", 0, &stage), WICK_OK);
    for (uint32_t i = 0; i < count; i++) {
        wick_batch b = log[i]->b;
        b.offset = i;
        assert_int_equal(stage->ops->take(stage, &b), WICK_OK);
    }
    *rows = 0;
    assert_int_equal(wick_agg_finish(stage, 5), WICK_OK);
    while (!done) {
        assert_true((n = wick_poll(w, ev, 64, 1000)) > 0);
        for (int i = 0; i < n; i++) {
            done |= ev[i].kind == WICK_EV_DONE && ev[i].tag == 5;
            if (ev[i].kind != WICK_EV_CANDLES || ev[i].tag != 5)
                continue;
            out = realloc(out, (*rows + ev[i].count) * sizeof *out);
            memcpy(out + *rows, ev[i].data, ev[i].count * sizeof *out);
            *rows += ev[i].count;
        }
    }
    wick_stage_close(stage);
    return out;
}

#endif
