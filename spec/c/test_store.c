/* SPDX-License-Identifier: Apache-2.0
 * The store: commits whole or not at all, once, fenced; revisions; what queries and restores
 * answer, open parents included; migrations; files that are none of ours; full disks, kills. */
#include "data_rig.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "../../src/agg/fold.h"
#include "../../src/core/time.h"
#include "../../src/store/migrate.h"

#define MIN_NS (60 * NS_PER_S)
#define T0 (1700000100LL * NS_PER_S)        /* a whole 5m and 1m: 2023-11-14T22:15:00Z */

static uint32_t interval(const char *text)
{
    return (uint32_t)wick_interval(text, strlen(text));
}

/* A candle of one trade for each price of a 0-terminated list, `at` apart within its bucket. */
static wick_candle candle(uint32_t market, const char *kind, int64_t time_ns, uint32_t flags,
                          const int64_t *prices)
{
    uint32_t code = interval(kind);
    wick_candle c;

    fold_begin(&c, market, code, time_ns, wick_bucket_end(code, time_ns));
    for (int i = 0; prices[i]; i++) {
        wick_tick t = {.time_ns = time_ns + i * NS_PER_S,
                       .price = prices[i],
                       .qty = 15,
                       .qty_exp = -1,
                       .market = market,
                       .trades = 1,
                       .flags = i % 2 ? WICK_TICK_SELL : WICK_TICK_BUY,
                       .nth = (uint16_t)i};
        assert_int_equal(fold_tick(&c, &t, NULL, 7, (uint32_t)i), 1);
    }
    c.flags = flags;
    return c;
}

static void put(commit *c, wick_candle x)
{
    wick_candle *at = commit_candle(c);

    assert_non_null(at);
    *at = x;
}

static commit *begin(wick *w, uint64_t epoch, uint32_t partition, uint64_t next)
{
    commit *c = commit_new(w);

    assert_non_null(c);
    snprintf(c->log_id, sizeof c->log_id, "log-one");
    c->topic = "tick-data";
    c->epoch = epoch;
    if (next) {
        commit_offset *o = commit_offset_add(c);

        assert_non_null(o);
        *o =
            (commit_offset){.partition = partition, .next_offset = next, .window_offset = next / 2};
    }
    return c;
}

static void give(wick_stage *store, commit *c)
{
    assert_int_equal(store->ops->commit(store, c), WICK_OK);
}

static rig_wait give_and_wait(wick *w, wick_stage *store, commit *c)
{
    give(store, c);
    return rig_await(w, WICK_EV_COMMITTED, -1);
}

static rig_wait query(wick *w, wick_stage *store, uint32_t market, const char *kind, int64_t start,
                      int64_t end, uint32_t limit, uint32_t flags)
{
    wick_query q = {.start_ns = start,
                    .end_ns = end,
                    .market = market,
                    .interval = interval(kind),
                    .limit = limit,
                    .flags = flags};

    assert_int_equal(wick_store_query(store, &q, 77), WICK_OK);
    return rig_await(w, WICK_EV_CANDLES, 77);
}

static rig_wait all(wick *w, wick_stage *store, uint32_t market, const char *kind, uint32_t flags)
{
    return query(w, store, market, kind, INT64_MIN, INT64_MAX, 0, flags);
}

static void open_store(const char *dir, wick **w, wick_stage **store)
{
    *w = rig_open(dir, NULL, NULL);
    if (wick_store_open(*w, NULL, 5, store) != WICK_OK)
        fail_msg("%s", wick_error(*w));
}

static void shut(wick *w, wick_stage *store)
{
    wick_stage_close(store);
    wick_close(w);
}

#define P(...) ((const int64_t[]){__VA_ARGS__, 0})
#define CLOSED (WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE)

/* ---- commits --------------------------------------------------------------------------------- */

static void a_committed_candle_comes_back_byte_for_byte(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    commit *c;
    wick_candle x, y, z;
    rig_wait r;

    (void)state;
    open_store(dir, &w, &store);
    x = candle(rig_market(w, "Kraken:BTC-EUR"), "1m", T0, CLOSED, P(101, 99, 105, 100));
    y = x;
    y.time_ns += MIN_NS;
    y.end_ns += MIN_NS;
    y.volume_hi = 0x0123456789abcdef;       /* over 64 bits, and below 0 */
    y.quote_hi = -5;
    y.quote_lo = 17;
    y.first = (wick_key){.time_ns = -3,
                         .seq = UINT64_MAX,
                         .id_key = 1ull << 63,
                         .offset = 9,
                         .index = 3,
                         .id_len = 40};
    memset(y.first.id, 0xee, 40);
    y.digest = UINT64_MAX;
    y.open_exp = -128;
    y.high = INT64_MIN;
    z = x;
    z.time_ns += 2 * MIN_NS;
    z.end_ns += 2 * MIN_NS;
    z.flags = 0;
    c = begin(w, 1, 0, 10);
    put(c, x);
    put(c, y);
    put(c, z);
    r = give_and_wait(w, store, c);
    assert_int_equal(r.status, WICK_OK);
    assert_int_equal(r.count, 3);
    assert_memory_equal(r.candles, ((wick_candle[]){x, y, z}), 3 * sizeof x);
    free(r.candles);
    shut(w, store);
    open_store(dir, &w, &store);            /* and from the file */
    r = all(w, store, rig_market(w, "Kraken:BTC-EUR"), "1m", WICK_Q_PARTIAL);
    assert_int_equal(r.count, 3);
    assert_memory_equal(r.candles, ((wick_candle[]){x, y, z}), 3 * sizeof x);
    free(r.candles);
    r = all(w, store, rig_market(w, "Kraken:BTC-EUR"), "1m", 0);
    assert_int_equal(r.count, 2);           /* only what is closed */
    free(r.candles);
    shut(w, store);
    rig_remove(dir);
}

static void an_open_candle_is_replaced_and_a_closed_one_is_revised(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    uint32_t m;
    commit *c;
    rig_wait r;

    (void)state;
    open_store(dir, &w, &store);
    m = rig_market(w, "V:A-B");
    for (uint64_t i = 1; i <= 3; i++) {
        c = begin(w, 1, 0, i);
        put(c, candle(m, "1m", T0, i == 3 ? CLOSED : 0, P(100, 100 + (int64_t)i)));
        r = give_and_wait(w, store, c);
        assert_int_equal(r.count, 1);
        assert_int_equal(r.candles[0].rev, 0);
        free(r.candles);
    }
    c = begin(w, 1, 0, 4);                  /* the same values: not a revision */
    put(c, candle(m, "1m", T0, CLOSED, P(100, 103)));
    assert_int_equal(give_and_wait(w, store, c).count, 0);
    for (uint64_t i = 5; i <= 6; i++) {
        c = begin(w, 1, 0, i);
        put(c, candle(m, "1m", T0, CLOSED, P(100, 200 + (int64_t)i)));
        r = give_and_wait(w, store, c);
        assert_int_equal(r.count, 1);
        assert_int_equal(r.candles[0].rev, i - 4);
        free(r.candles);
    }
    assert_int_equal(wick_store_rows(store, "revisions", 3), WICK_OK);
    r = rig_await(w, WICK_EV_ROWS, 3);
    assert_non_null(strstr(r.text, "\"rev\":0"));
    assert_non_null(strstr(r.text, "\"rev\":1"));
    assert_null(strstr(r.text, "\"rev\":2"));
    r = all(w, store, m, "1m", WICK_Q_PARTIAL);
    assert_int_equal(r.count, 1);           /* what closed is open no more */
    free(r.candles);
    c = begin(w, 1, 0, 7);                  /* and does not open again */
    put(c, candle(m, "1m", T0, 0, P(100, 300)));
    r = give_and_wait(w, store, c);
    assert_int_equal(r.candles[0].flags & WICK_CANDLE_CLOSED, WICK_CANDLE_CLOSED);
    assert_int_equal(r.candles[0].rev, 3);
    free(r.candles);
    shut(w, store);
    rig_remove(dir);
}

static void a_late_delta_is_merged_into_the_stored_row_once(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    uint32_t m;
    wick_candle base, late, want, none;
    rig_wait r;

    (void)state;
    open_store(dir, &w, &store);
    m = rig_market(w, "V:A-B");
    base = candle(m, "1m", T0, CLOSED, P(100, 110));
    late = candle(m, "1m", T0, WICK_CANDLE_CLOSED | WICK_CANDLE_DELTA, P(150));
    want = base;
    assert_int_equal(fold_merge(&want, &late), 1);
    want.flags = WICK_CANDLE_CLOSED;        /* those of the delta */
    want.rev = 1;
    none = candle(m, "1m", T0 + 5 * MIN_NS, WICK_CANDLE_CLOSED | WICK_CANDLE_DELTA, P(9));
    for (int i = 0; i < 3; i++) {           /* the first, the deltas, and the deltas once more */
        commit *c = begin(w, 1, 0, i ? 11 : 10);

        put(c, i ? late : base);
        if (i)
            put(c, none);
        r = give_and_wait(w, store, c);
        assert_int_equal(r.status, WICK_OK);
        assert_int_equal(r.count, i == 0 ? 1 : i == 1 ? 2 : 0);
        free(r.candles);
    }
    r = all(w, store, m, "1m", 0);
    assert_int_equal(r.count, 2);
    assert_memory_equal(&r.candles[0], &want, sizeof want);
    assert_int_equal(r.candles[1].trades, 1);   /* of a bucket that had no row */
    assert_int_equal(r.candles[1].flags, WICK_CANDLE_CLOSED);
    free(r.candles);
    none = candle(m, "1m", T0, CLOSED | WICK_CANDLE_DELTA, P(0));    /* flags alone */
    {
        commit *c = begin(w, 1, 0, 12);

        put(c, none);
        r = give_and_wait(w, store, c);
        assert_int_equal(r.count, 1);
        assert_int_equal(r.candles[0].flags, CLOSED);
        assert_int_equal(r.candles[0].trades, 3);
        assert_int_equal(r.candles[0].rev, 2);
        free(r.candles);
    }
    shut(w, store);
    rig_remove(dir);
}

/* ---- fencing --------------------------------------------------------------------------------- */

typedef struct asker { wick_stage stage; commit *state; int rc, done; } asker;
static void asker_close(wick_stage *s) { commit_free(((asker *)s)->state); }
static const stage_ops ASKER = {.kind = "agg", .close = asker_close};

static void restored(wick_stage *s, int rc, commit *state)
{
    asker *a = (asker *)s;

    a->rc = rc;
    a->state = state;
    a->done = 1;
}

static asker *restore_at(wick *w, wick_stage *store, const char *log, uint64_t end)
{
    asker *a = stage_new(w, &ASKER, sizeof *a, 0, NULL);
    restore_ask ask = {.asker = &a->stage,
                       .log_id = log,
                       .log_end = end,
                       .topic = "tick-data",
                       .base = interval("1m"),
                       .largest = interval("1M"),
                       .done = restored};

    assert_int_equal(store->ops->restore(store, &ask), WICK_OK);
    RIG_UNTIL(w, a->done);
    assert_int_equal(a->rc, WICK_OK);
    return a;
}

static asker *restore(wick *w, wick_stage *store, const char *log)
{
    return restore_at(w, store, log, UINT64_MAX);
}

static void a_writer_whose_epoch_is_over_is_refused(void **state)
{
    char *dir = rig_dir();
    wick *one, *two;
    wick_stage *first, *second;
    asker *a, *b;
    commit *c;
    rig_wait r;

    (void)state;
    open_store(dir, &one, &first);
    open_store(dir, &two, &second);         /* two contexts on one file */
    a = restore(one, first, "log-one");
    c = begin(one, a->state->epoch, 0, 5);
    put(c, candle(rig_market(one, "V:A-B"), "1m", T0, CLOSED, P(1)));
    r = give_and_wait(one, first, c);
    assert_int_equal(r.status, WICK_OK);
    free(r.candles);
    b = restore(two, second, "log-one");
    assert_int_equal(b->state->epoch, a->state->epoch + 1);
    assert_int_equal(b->state->offset_count, 1);
    assert_int_equal(b->state->offsets[0].next_offset, 5);
    assert_int_equal(b->state->offsets[0].window_offset, 2);
    c = begin(one, a->state->epoch, 0, 6);
    put(c, candle(rig_market(one, "V:A-B"), "1m", T0, CLOSED, P(2)));
    r = give_and_wait(one, first, c);
    assert_int_equal(r.status, WICK_E_CLOSED);
    assert_non_null(strstr(r.text, "epoch"));
    c = begin(one, a->state->epoch, 0, 7);
    assert_int_equal(first->ops->commit(first, c), WICK_E_CLOSED);
    commit_free(c);
    c = begin(two, b->state->epoch, 0, 6);
    put(c, candle(rig_market(two, "V:A-B"), "1m", T0 + MIN_NS, CLOSED, P(3)));
    r = give_and_wait(two, second, c);
    assert_int_equal(r.status, WICK_OK);
    free(r.candles);
    r = all(two, second, rig_market(two, "V:A-B"), "1m", 0);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.candles[0].open, 1);     /* what was refused left nothing */
    free(r.candles);
    wick_stage_close(&a->stage);
    wick_stage_close(&b->stage);
    shut(one, first);
    shut(two, second);
    rig_remove(dir);
}

static void offsets_that_go_back_are_not_applied(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    commit *c;
    rig_wait r;
    uint32_t m;

    (void)state;
    open_store(dir, &w, &store);
    m = rig_market(w, "V:A-B");
    c = begin(w, 1, 3, 100);
    put(c, candle(m, "1m", T0, 0, P(5)));
    free(give_and_wait(w, store, c).candles);
    c = begin(w, 1, 3, 90);                 /* an older one once more: taken, without effect */
    put(c, candle(m, "1m", T0, 0, P(4)));
    r = give_and_wait(w, store, c);
    assert_int_equal(r.status, WICK_OK);
    assert_int_equal(r.count, 0);
    c = begin(w, 1, 3, 90);                 /* partly: an error */
    *commit_offset_add(c) = (commit_offset){.partition = 4, .next_offset = 1};
    r = give_and_wait(w, store, c);
    assert_int_equal(r.status, WICK_E_DATA);
    r = all(w, store, m, "1m", WICK_Q_PARTIAL);
    assert_int_equal(r.candles[0].open, 5);
    free(r.candles);
    shut(w, store);
    rig_remove(dir);
}

/* ---- queries --------------------------------------------------------------------------------- */

/* Twelve minutes of closed 1m candles, the 5m that are over, and an open 1m behind them. */
static void twelve_minutes(wick *w, wick_stage *store, const char *name, wick_candle fives[3])
{
    uint32_t m = rig_market(w, name);
    commit *c = begin(w, 1, 0, 1);
    commit_market *x = commit_market_add(c);

    *x = (commit_market){.market = m, .watermark_ns = T0 + 12 * MIN_NS, .covered_from_ns = T0,
                         .covered_to_ns = T0 + 12 * MIN_NS};
    for (int i = 0; i < 3; i++)
        fold_begin(&fives[i], m, interval("5m"), T0 + i * 5 * MIN_NS, T0 + (i + 1) * 5 * MIN_NS);
    for (int i = 0; i < 13; i++) {
        wick_candle row = candle(m, "1m", T0 + i * MIN_NS, i < 12 ? CLOSED : WICK_CANDLE_COMPLETE,
                                 P(100 + i, 90 + i, 110 - i));

        assert_int_equal(fold_merge(&fives[i / 5], &row), 1);
        put(c, row);
    }
    for (int i = 0; i < 3; i++)
        fives[i].flags = i < 2 ? CLOSED : 0;    /* what is not over is not heard whole yet */
    put(c, fives[0]);
    put(c, fives[1]);
    free(give_and_wait(w, store, c).candles);
}

static void queries_take_range_limit_order_and_the_candle_before(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    wick_candle fives[3];
    uint32_t m;
    rig_wait r;

    (void)state;
    open_store(dir, &w, &store);
    twelve_minutes(w, store, "V:A-B", fives);
    m = rig_market(w, "V:A-B");
    r = query(w, store, m, "1m", T0 + 2 * MIN_NS, T0 + 6 * MIN_NS, 0, 0);
    assert_int_equal(r.count, 4);           /* [start, end) */
    assert_int_equal(r.candles[0].time_ns, T0 + 2 * MIN_NS);
    free(r.candles);
    r = query(w, store, m, "1m", T0 + 2 * MIN_NS, T0 + 6 * MIN_NS, 2, WICK_Q_PREV);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.candles[0].time_ns, T0 + MIN_NS);
    free(r.candles);
    r = query(w, store, m, "1m", INT64_MIN, INT64_MAX, 2, WICK_Q_DESC);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.candles[0].time_ns, T0 + 11 * MIN_NS);
    assert_int_equal(r.candles[1].time_ns, T0 + 10 * MIN_NS);
    free(r.candles);
    r = query(w, store, m, "1m", T0, INT64_MAX, 3, WICK_Q_PREV | WICK_Q_DESC | WICK_Q_PARTIAL);
    assert_int_equal(r.count, 3);           /* there is none before */
    assert_int_equal(r.candles[0].time_ns, T0 + 12 * MIN_NS);
    assert_int_equal(r.candles[0].flags & WICK_CANDLE_CLOSED, 0);
    free(r.candles);
    assert_int_equal(query(w, store, m, "1h", INT64_MIN, INT64_MAX, 0, 0).count, 0);
    assert_int_equal(
        query(w, store, rig_market(w, "V:NO-NE"), "1m", INT64_MIN, INT64_MAX, 0, 0).count, 0);
    shut(w, store);
    rig_remove(dir);
}

static void open_parents_are_merged_when_they_are_read(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    wick_candle fives[3], hour;
    rig_wait r;
    uint32_t m;

    (void)state;
    open_store(dir, &w, &store);
    twelve_minutes(w, store, "V:A-B", fives);
    m = rig_market(w, "V:A-B");
    r = all(w, store, m, "5m", WICK_Q_PARTIAL);
    assert_int_equal(r.count, 3);
    assert_memory_equal(r.candles, fives, sizeof fives);
    free(r.candles);
    r = all(w, store, m, "5m", WICK_Q_PARTIAL | WICK_Q_DESC);
    assert_memory_equal(&r.candles[0], &fives[2], sizeof *fives);
    free(r.candles);
    r = query(w, store, m, "5m", T0, T0 + 10 * MIN_NS, 0, WICK_Q_PARTIAL);
    assert_int_equal(r.count, 2);
    free(r.candles);
    r = all(w, store, m, "5m", 0);
    assert_int_equal(r.count, 2);
    free(r.candles);
    fold_begin(&hour, m, interval("1h"), wick_bucket(interval("1h"), T0),
               wick_bucket_end(interval("1h"), wick_bucket(interval("1h"), T0)));
    for (int i = 0; i < 3; i++)
        fold_merge(&hour, &fives[i]);
    r = all(w, store, m, "1h", WICK_Q_PARTIAL);
    assert_int_equal(r.count, 1);
    assert_memory_equal(r.candles, &hour, sizeof hour); /* not complete: covered from T0 on only */
    free(r.candles);
    shut(w, store);
    rig_remove(dir);
}

/* Of four candles the second has a gap inside, the third stands behind one, the fourth behind none:
 * by the ledger as it is now, whatever was known when they were written. */
static void a_candle_behind_a_gap_says_so_by_the_ledger_as_it_is(void **state)
{
    static const uint32_t WANT[4] = {CLOSED, WICK_CANDLE_CLOSED,
                                     WICK_CANDLE_CLOSED | WICK_CANDLE_BEHIND, CLOSED};
    int64_t at = T0 + 2 * MIN_NS;
    char *dir = rig_dir();
    wick_stage *store;
    commit_market *x;
    commit_span *s;
    commit *c;
    rig_wait r;
    uint32_t m;
    wick *w;

    (void)state;
    open_store(dir, &w, &store);
    m = rig_market(w, "V:A-B");
    c = begin(w, 1, 0, 10);
    x = commit_market_add(c);
    *x = (commit_market){.market = m, .flags = WICK_MARK_F_OPEN_PREV, .watermark_ns = T0 + MIN_NS,
                         .covered_from_ns = T0, .covered_to_ns = T0 + 9 * MIN_NS};
    for (int i = 0; i < 4; i++)
        put(c, candle(m, "1m", T0 + i * MIN_NS,
                      i == 1 ? WICK_CANDLE_CLOSED : CLOSED | WICK_CANDLE_OPEN_PREV, P(5, 6, 7)));
    s = commit_span_add(c);                 /* from its first trade to its last but one */
    *s = (commit_span){m, SPAN_MISSING, T0 + MIN_NS, T0 + MIN_NS + NS_PER_S + 1, 0, "not heard"};
    s = commit_span_add(c);                 /* from the last trade to the first one behind */
    *s = (commit_span){m, SPAN_MISSING, at - MIN_NS + 2 * NS_PER_S, at + 1, 0, "not heard"};
    free(give_and_wait(w, store, c).candles);
    for (uint32_t desc = 0; desc < 2; desc++) {
        r = all(w, store, m, "1m", desc ? WICK_Q_DESC : 0);
        assert_int_equal(r.count, 4);
        for (int i = 0; i < 4; i++)
            assert_int_equal(r.candles[desc ? 3 - i : i].flags, WANT[i] | WICK_CANDLE_OPEN_PREV);
        free(r.candles);
    }
    r = query(w, store, m, "1m", at, INT64_MAX, 0, 0);      /* the one before is not asked for */
    assert_int_equal(r.candles[0].flags, WANT[2] | WICK_CANDLE_OPEN_PREV);
    free(r.candles);
    c = begin(w, 1, 0, 11);                 /* it turns out that nothing was missed */
    s = commit_span_add(c);
    *s = (commit_span){m, SPAN_MISSING, at - MIN_NS + 2 * NS_PER_S, 0, 0, ""};
    free(give_and_wait(w, store, c).candles);
    r = all(w, store, m, "1m", 0);
    assert_int_equal(r.candles[2].flags, CLOSED | WICK_CANDLE_OPEN_PREV);
    free(r.candles);
    shut(w, store);
    rig_remove(dir);
}

static void rows_are_json_with_what_is_not_known_as_null(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    commit *c;
    commit_market *x;
    commit_refusal *bad;
    rig_wait r;

    (void)state;
    open_store(dir, &w, &store);
    c = begin(w, 1, 0, 10);
    x = commit_market_add(c);
    *x = (commit_market){.market = rig_market(w, "V:\"\n-B"), .watermark_ns = T0};
    x->covered_from_ns = INT64_MAX;
    x->covered_to_ns = INT64_MIN;
    bad = commit_refusal_add(c);
    *bad = (commit_refusal){.reason = "bad-price", .market = WICK_NO_MARKET, .partition = 2};
    bad->offset = UINT64_MAX >> 1;
    bad->tick.time_ns = T0;
    free(give_and_wait(w, store, c).candles);
    assert_int_equal(wick_store_rows(store, "markets", 1), WICK_OK);
    r = rig_await(w, WICK_EV_ROWS, 1);
    assert_string_equal(r.text, "{\"market\":\"V:\\\"\\u000a-B\",\"symbol\":null,\"base\":null,"
                                "\"watermark_ns\":\"1700000100000000000\",\"covered_from_ns\":null,"
                                "\"covered_to_ns\":null,\"open_prev\":0}\n");
    assert_int_equal(wick_store_rows(store, "quarantine", 1), WICK_OK);
    r = rig_await(w, WICK_EV_ROWS, 1);
    assert_non_null(strstr(r.text, "\"reason\":\"bad-price\",\"market\":null"));
    assert_non_null(strstr(r.text, "\"offset\":\"9223372036854775807\""));
    shut(w, store);
    rig_remove(dir);
}

static void all_markets_come_sorted_by_name(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    wick_candle fives[3];
    rig_wait r;

    (void)state;
    open_store(dir, &w, &store);
    twelve_minutes(w, store, "Z:A-B", fives);
    twelve_minutes(w, store, "A:A-B", fives);
    r = query(w, store, WICK_NO_MARKET, "5m", INT64_MIN, INT64_MAX, 0, WICK_Q_PARTIAL);
    assert_int_equal(r.count, 6);
    assert_int_equal(r.candles[0].market, rig_market(w, "A:A-B"));
    assert_int_equal(r.candles[5].market, rig_market(w, "Z:A-B"));
    free(r.candles);
    r = query(w, store, WICK_NO_MARKET, "5m", INT64_MIN, INT64_MAX, 4, WICK_Q_PARTIAL);
    assert_int_equal(r.count, 4);
    free(r.candles);
    shut(w, store);
    rig_remove(dir);
}

static void every_statement_on_candles_uses_their_key(void **state)
{
    static const char *const SQL[] = {
        "SELECT * FROM candle WHERE market = 1 AND method = 0 AND kind = 0 AND interval = '1m' AND "
        "time_ns >= 1 AND"
        " time_ns < 9 ORDER BY time_ns LIMIT 5",
        "SELECT * FROM candle WHERE market = 1 AND method = 0 AND kind = 0 AND interval = '1m' AND "
        "time_ns < 9 ORDER"
        " BY time_ns DESC LIMIT 1",
        "SELECT interval FROM candle WHERE market = 1 AND method = 0 AND kind = 0 AND interval > "
        "'1' ORDER BY"
        " interval LIMIT 1",
        "SELECT * FROM candle WHERE market = 1 AND method = 0 AND kind = 0 AND interval = '1m' AND "
        "time_ns = 4",
        "SELECT 1 FROM coverage WHERE market = 1 AND from_ns < 9 AND to_ns > 2 AND state = 1 LIMIT "
        "1",
        "SELECT * FROM candle_open WHERE market = 1 AND method = 0 AND kind = 0 AND interval = '1m'"
        " AND time_ns >= 1 AND time_ns < 9 ORDER BY time_ns LIMIT 5",
        "SELECT min(time_ns), max(time_ns) FROM candle_open WHERE market = 1 AND method = 0 AND"
        " kind = 0 AND interval = '1m'",
        "DELETE FROM candle WHERE market = 1 AND method = 0 AND kind = 0 AND interval = '1m' AND "
        "time_ns < 4",
    };
    char *dir = rig_dir(), path[256], sql[512];
    wick *w;
    wick_stage *store;
    sqlite3 *db;
    sqlite3_stmt *q;

    (void)state;
    open_store(dir, &w, &store);
    snprintf(path, sizeof path, "%s/wick.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof SQL / sizeof *SQL; i++) {
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", SQL[i]);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
        while (sqlite3_step(q) == SQLITE_ROW) {
            const char *detail = (const char *)sqlite3_column_text(q, 3);

            assert_null(strstr(detail, "SCAN"));
            assert_null(strstr(detail, "TEMP B-TREE"));
        }
        sqlite3_finalize(q);
    }
    sqlite3_close(db);
    shut(w, store);
    rig_remove(dir);
}

/* ---- restore --------------------------------------------------------------------------------- */

/* Twelve minutes, and a commit with the state of their market. */
static void fill_to_restore(wick *w, wick_stage *store, wick_candle fives[3])
{
    uint32_t m = rig_market(w, "V:A-B");
    commit_market *x;
    commit_span *s;
    commit *c;

    wick_market_set_symbol(w, m, "AB", 2);
    twelve_minutes(w, store, "V:A-B", fives);
    c = begin(w, 1, 2, 40);
    x = commit_market_add(c);
    *x = (commit_market){.market = m, .flags = WICK_MARK_F_OPEN_PREV, .ids_len = 32};
    x->watermark_ns = T0 + 12 * MIN_NS;
    x->covered_from_ns = T0;
    x->covered_to_ns = T0 + 13 * MIN_NS;
    assert_int_equal(commit_bytes(c, "0123456789abcdef0123456789ABCDEF", 32, &x->ids_at), WICK_OK);
    s = commit_span_add(c);
    *s = (commit_span){m, SPAN_OBSERVED, T0, T0 + 12 * MIN_NS, UINT64_MAX, "open"};
    s = commit_span_add(c);                 /* over before any open bucket began */
    *s = (commit_span){m, SPAN_MISSING, 5, 9, 0, "gap"};
    free(give_and_wait(w, store, c).candles);
}

static void a_restore_gives_what_open_parents_are_made_of(void **state)
{
    char *dir = rig_dir();
    wick_candle fives[3], sum, hour;
    wick_stage *store;
    uint32_t open = 0;
    commit *c;
    asker *a;
    wick *w;

    (void)state;
    open_store(dir, &w, &store);
    fill_to_restore(w, store, fives);
    shut(w, store);
    open_store(dir, &w, &store);
    a = restore(w, store, "log-one");
    c = a->state;
    assert_string_equal(wick_market_symbol(w, rig_market(w, "V:A-B")), "AB");
    assert_int_equal(c->market_count, 1);
    assert_int_equal(c->markets->market, rig_market(w, "V:A-B"));
    assert_int_equal(c->markets->flags, WICK_MARK_F_OPEN_PREV);
    assert_int_equal(c->markets->watermark_ns, T0 + 12 * MIN_NS);
    assert_int_equal(c->markets->ids_len, 32);
    assert_memory_equal(c->bytes + c->markets->ids_at, "0123456789abcdef0123456789ABCDEF", 32);
    assert_int_equal(c->offset_count, 2);
    assert_int_equal(c->span_count, 1);
    assert_int_equal(c->spans[0].conn, UINT64_MAX);
    assert_string_equal(c->spans[0].evidence, "open");
    fold_begin(&sum, 0, interval("1h"), 0, 0);
    fold_begin(&hour, 0, interval("1h"), 0, 0);
    for (int i = 0; i < 3; i++)
        fold_merge(&hour, &fives[i]);
    for (uint32_t i = 0; i < c->candle_count; i++) {
        open += !(c->candles[i].flags & WICK_CANDLE_CLOSED);
        fold_merge(&sum, &c->candles[i]);
    }
    assert_int_equal(open, 1);
    assert_int_equal(c->candle_count, 5);           /* 5m, 5m, 1m, 1m, and the open one */
    assert_int_equal(sum.digest, hour.digest);      /* disjoint, and all of it */
    assert_int_equal(sum.trades, hour.trades);
    wick_stage_close(&a->stage);
    shut(w, store);
    rig_remove(dir);
}

static void candles_keep_the_symbol_and_rule_of_the_source_that_spoke_then(void **state)
{
    static const char CSV[] = "OLD/SYM 0\nOLD/SYM 0\nnew~sym 4\nnew~sym 4\n";
    char *dir = rig_dir(), text[256] = "";
    wick_stage *store;
    commit *c;
    asker *a;
    uint32_t m;
    rig_wait r;
    wick *w;

    (void)state;
    open_store(dir, &w, &store);
    m = rig_market(w, "V:A-B");
    c = begin(w, 1, 0, 10);
    *commit_market_add(c) = (commit_market){.market = m, .flags = WICK_MARK_F_OPEN_PREV,
                                            .watermark_ns = T0 + 5 * MIN_NS, .covered_from_ns = T0,
                                            .covered_to_ns = T0 + 5 * MIN_NS};
    *commit_era_add(c) = (commit_era){m, 0, {INT64_MIN, market_text(w, "old"),
                                             market_text(w, "OLD/SYM"), 0, 0}};
    *commit_era_add(c) = (commit_era){m, 0, {T0 + 2 * MIN_NS, market_text(w, "new"),
                                             market_text(w, "new~sym"), WICK_MARK_F_OPEN_PREV, 1}};
    for (int i = 0; i < 4; i++)
        put(c, candle(m, "1m", T0 + i * MIN_NS, CLOSED, P(5, 6, 7)));
    free(give_and_wait(w, store, c).candles);
    shut(w, store);
    open_store(dir, &w, &store);            /* another context: nothing but the store tells it */
    m = rig_market(w, "V:A-B");
    r = all(w, store, WICK_NO_MARKET, "1m", 0);
    assert_int_equal(r.count, 4);
    for (uint32_t i = 0; i < r.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %u\n",
                 market_symbol_at(w, m, r.candles[i].time_ns),
                 r.candles[i].flags & WICK_CANDLE_OPEN_PREV);
    assert_string_equal(text, CSV);
    free(r.candles);
    a = restore(w, store, "log-one");
    assert_int_equal(a->state->era_count, 2);
    assert_int_equal(a->state->eras[0].era.from_ns, INT64_MIN);
    assert_ptr_equal(a->state->eras[1].era.source, market_text(w, "new"));
    assert_int_equal(a->state->eras[1].era.number, 1);
    wick_stage_close(&a->stage);
    shut(w, store);
    rig_remove(dir);
}

static void a_log_that_is_not_known_has_no_offsets_but_its_markets(void **state)
{
    char *dir = rig_dir();
    wick_candle fives[3];
    wick_stage *store;
    asker *a;
    wick *w;

    (void)state;
    open_store(dir, &w, &store);
    fill_to_restore(w, store, fives);
    a = restore(w, store, "log-one");
    assert_int_equal(a->state->markets->known_to_ns, INT64_MIN);
    wick_stage_close(&a->stage);
    a = restore(w, store, "another log");
    assert_int_equal(a->state->offset_count, 0);
    assert_int_equal(a->state->market_count, 1);
    assert_int_equal(a->state->candle_count, 5);
    assert_int_equal(a->state->epoch, 1);
    assert_int_equal(a->state->markets->known_to_ns, T0 + 12 * MIN_NS + 2 * NS_PER_S);
    wick_stage_close(&a->stage);
    {                                       /* what comes by the new log is not of a lost one */
        commit *c = begin(w, 1, 0, 1);
        rig_wait r;

        memcpy(c->log_id, "another log", 12);
        put(c, candle(rig_market(w, "V:A-B"), "1m", T0 + 20 * MIN_NS, 0, P(5)));
        r = give_and_wait(w, store, c);
        assert_int_equal(r.status, WICK_OK);
        free(r.candles);
    }
    a = restore(w, store, "another log");
    assert_int_equal(a->state->markets->known_to_ns, T0 + 12 * MIN_NS + 2 * NS_PER_S);
    wick_stage_close(&a->stage);
    a = restore(w, store, "a third log");
    assert_int_equal(a->state->markets->known_to_ns, T0 + 20 * MIN_NS);
    wick_stage_close(&a->stage);
    shut(w, store);
    rig_remove(dir);
}

static void a_log_that_lost_its_end_is_like_another_one(void **state)
{
    char *dir = rig_dir();
    wick_candle fives[3];
    wick_stage *store;
    asker *a;
    wick *w;

    (void)state;
    open_store(dir, &w, &store);
    fill_to_restore(w, store, fives);               /* it was read up to offset 39 */
    a = restore_at(w, store, "log-one", 39);
    assert_int_equal(a->state->markets->known_to_ns, INT64_MIN);
    wick_stage_close(&a->stage);
    a = restore_at(w, store, "log-one", 38);
    assert_int_equal(a->state->markets->known_to_ns, T0 + 12 * MIN_NS + 2 * NS_PER_S);
    assert_int_equal(a->state->offset_count, 2);
    wick_stage_close(&a->stage);
    shut(w, store);
    rig_remove(dir);
}

/* ---- migrations and files -------------------------------------------------------------------- */

static rig_wait migrate(wick *w, wick_stage *store, const char *direction)
{
    assert_int_equal(wick_store_migrate(store, direction, 8), WICK_OK);
    return rig_await(w, WICK_EV_DONE, 8);
}

static void migrations_go_down_one_by_one_and_up_again(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    migration list[MIGRATE_MAX];
    int count = migrate_list(MIGRATE_FILES, "sqlite", list);
    rig_wait r;

    (void)state;
    assert_true(count >= 6);
    open_store(dir, &w, &store);
    for (int i = 0; i < count; i++)
        assert_int_equal(migrate(w, store, "down").status, WICK_OK);
    assert_int_equal(wick_store_rows(store, "migrations", 4), WICK_OK);
    r = rig_await(w, WICK_EV_ROWS, 4);
    assert_null(strstr(r.text, "applied\""));
    assert_int_equal(migrate(w, store, "down").status, WICK_OK);
    assert_int_equal(migrate(w, store, "up").status, WICK_OK);
    assert_int_equal(wick_store_rows(store, "migrations", 4), WICK_OK);
    r = rig_await(w, WICK_EV_ROWS, 4);
    assert_null(strstr(r.text, "pending"));
    {
        commit *c = begin(w, 1, 0, 10);

        put(c, candle(rig_market(w, "V:A-B"), "1m", T0, CLOSED, P(1)));
        r = give_and_wait(w, store, c);
        assert_int_equal(r.status, WICK_OK);
        free(r.candles);
    }
    assert_int_equal(wick_store_migrate(store, "sideways", 1), WICK_E_ARG);
    assert_int_equal(wick_store_rows(store, "passwords", 1), WICK_E_ARG);
    shut(w, store);
    rig_remove(dir);
}

/* Open candles stood among the closed ones before migration 7. */
static void a_store_of_an_older_schema_keeps_its_open_candles(void **state)
{
    char *dir = rig_dir(), path[256];
    wick_candle fives[3];
    wick_stage *store;
    rig_wait before, after;
    sqlite3_stmt *q;
    sqlite3 *db;
    uint32_t m;
    wick *w;
    int count;

    (void)state;
    open_store(dir, &w, &store);
    twelve_minutes(w, store, "V:A-B", fives);
    m = rig_market(w, "V:A-B");
    before = all(w, store, m, "1m", WICK_Q_PARTIAL);
    assert_int_equal(before.count, 13);
    assert_int_equal(before.candles[12].flags & WICK_CANDLE_CLOSED, 0);
    for (count = migrate_list(MIGRATE_FILES, "sqlite", (migration[MIGRATE_MAX]){{0}}); count > 6;
         count--)
        assert_int_equal(migrate(w, store, "down").status, WICK_OK);
    shut(w, store);
    snprintf(path, sizeof path, "%s/wick.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM candle WHERE interval = '1m'", -1,
                                        &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(q, 0), 13);     /* all in one table */
    sqlite3_finalize(q);
    sqlite3_close(db);
    open_store(dir, &w, &store);
    m = rig_market(w, "V:A-B");
    after = all(w, store, m, "1m", 0);
    assert_int_equal(after.count, 12);
    free(after.candles);
    after = all(w, store, m, "1m", WICK_Q_PARTIAL);
    assert_int_equal(after.count, 13);
    assert_memory_equal(after.candles, before.candles, 13 * sizeof *before.candles);
    free(after.candles);
    after = all(w, store, m, "5m", WICK_Q_PARTIAL);
    assert_memory_equal(after.candles, fives, sizeof fives);
    free(after.candles);
    free(before.candles);
    shut(w, store);
    rig_remove(dir);
}

static void a_list_of_migrations_prefers_the_dialect_and_has_no_hole(void **state)
{
    static const migrate_file GOOD[] = {{"0002_b.up.sql", "all"},
                                        {"0001_a.up.sql", "a"},
                                        {"0001_a.down.sql", "A"},
                                        {"0002_b.pg.up.sql", "pg"},
                                        {"0002_b.down.sql", "B"},
                                        {"notes.txt", ""},
                                        {0, 0}};
    static const migrate_file HOLE[] = {{"0002_b.up.sql", "all"}, {"0002_b.down.sql", "B"}, {0, 0}};
    static const migrate_file NO_WAY_BACK[] = {{"0001_b.up.sql", "all"}, {0, 0}};
    migration list[MIGRATE_MAX];

    (void)state;
    assert_int_equal(migrate_list(GOOD, "sqlite", list), 2);
    assert_string_equal(list[1].up, "all");
    assert_int_equal(migrate_list(GOOD, "pg", list), 2);
    assert_string_equal(list[1].up, "pg");
    assert_string_equal(list[1].name, "b");
    assert_int_equal(migrate_list(HOLE, "sqlite", list), -1);
    assert_int_equal(migrate_list(NO_WAY_BACK, "sqlite", list), -1);
}

static void refused(const char *dir, const char *word)
{
    wick *w = rig_open(dir, NULL, NULL);
    wick_stage *store;

    assert_true(wick_store_open(w, NULL, 0, &store) < 0);
    if (!strstr(wick_error(w), word) || !strstr(wick_error(w), "wick.db"))
        fail_msg("'%s' does not say '%s'", wick_error(w), word);
    wick_close(w);
}

static void run_sql(const char *dir, const char *file, const char *sql)
{
    char path[256];
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/%s", dir, file);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_file_that_is_not_ours_is_refused_with_its_reason(void **state)
{
    char *dir = rig_dir(), path[256];
    wick *w;
    wick_stage *store;
    FILE *f;

    (void)state;
    snprintf(path, sizeof path, "%s/wick.db", dir);
    f = fopen(path, "w");
    for (int i = 0; i < 500; i++)
        fputs("this is no database at all; ", f);
    fclose(f);
    refused(dir, "not a database");
    unlink(path);
    run_sql(dir, "wick.db", "CREATE TABLE shopping (list TEXT)");
    refused(dir, "another program");
    unlink(path);
    open_store(dir, &w, &store);
    shut(w, store);
    run_sql(dir, "wick.db", "INSERT INTO migration VALUES (99, 'future', 'x', 0)");
    refused(dir, "newer");
    run_sql(dir, "wick.db",
            "DELETE FROM migration WHERE version = 99; UPDATE migration SET checksum = 'x' WHERE "
            "version = 2");
    refused(dir, "0002_candle");
    w = rig_open(dir, NULL, NULL);
    assert_int_equal(wick_store_open(w, "oracle:x", 0, &store), WICK_E_ARG);
    assert_int_equal(wick_store_open(w, "sqlite:", 0, &store), WICK_E_ARG);
    assert_true(wick_store_open(w, "sqlite:/proc/nowhere/wick.db", 0, &store) < 0);
    wick_close(w);
    rig_remove(dir);
}

/* What the operator reads: what was tried, on which file, why, what to do; never a statement. */
static void spoken(const char *text, const char *file, const char *why, const char *what_next)
{
    static const char *const NEVER[] = {"SELECT", "INSERT", "REPLACE", "BEGIN", "COMMIT", "CREATE"};

    if (!strstr(text, file) || !strstr(text, why) || !strstr(text, what_next))
        fail_msg("'%s' does not say '%s', '%s', '%s'", text, file, why, what_next);
    for (size_t i = 0; i < sizeof NEVER / sizeof *NEVER; i++)
        if (strstr(text, NEVER[i]))
            fail_msg("'%s' has a statement in it", text);
}

static void errors_say_what_helps_and_no_statements(void **state)
{
    char *dir = rig_dir(), path[256], noise[4096];
    wick_stage *store;
    sqlite3 *other;
    commit *c;
    rig_wait r;
    wick *w;
    FILE *f;

    (void)state;
    snprintf(path, sizeof path, "%s/wick.db", dir);
    open_store(dir, &w, &store);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    c = begin(w, 1, 0, 1);
    put(c, candle(rig_market(w, "V:A-B"), "1m", T0, CLOSED, P(7)));
    give(store, c);
    r = rig_await(w, WICK_EV_FULL, -1);
    spoken(r.text, path, "another process", "data.dir of its own");
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    r = rig_await(w, WICK_EV_COMMITTED, -1);
    assert_int_equal(r.status, WICK_OK);
    free(r.candles);
    assert_int_equal(sqlite3_exec(other, "DROP TABLE coverage", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    shut(w, store);
    w = rig_open(dir, NULL, NULL);
    assert_int_equal(wick_store_open(w, NULL, 0, &store), WICK_E_IO);
    spoken(wick_error(w), path, "no such table: coverage", "wick migrate status");
    assert_non_null(f = fopen(path, "r+b"));
    memset(noise, 0xa5, sizeof noise);
    for (long at = 4096; at < 10 * 4096; at += 4096) {
        assert_int_equal(fseek(f, at, SEEK_SET), 0);
        assert_int_equal(fwrite(noise, sizeof noise, 1, f), 1);
    }
    fclose(f);
    assert_true(wick_store_open(w, NULL, 0, &store) < 0);
    spoken(wick_error(w), path, "it is damaged", "bring back a copy");
    assert_true(wick_store_open(w, "sqlite:/proc/version", 0, &store) < 0);
    spoken(wick_error(w), "/proc/version", "", "");
    wick_close(w);
    rig_remove(dir);
}

static void a_missing_data_dir_is_made(void **state)
{
    char *dir = rig_dir(), inner[256];
    wick *w;
    wick_stage *store;

    (void)state;
    snprintf(inner, sizeof inner, "%s/a/b", dir);
    open_store(inner, &w, &store);
    shut(w, store);
    rig_remove(dir);
}

static void opening_fails_cleanly_at_every_allocation(void **state)
{
    static rig_shortage shortage;
    const wick_host host = {.user = &shortage, .resize = rig_short_resize};
    char *dir = rig_dir();
    wick *w = rig_open(dir, &host, NULL);
    int rc = WICK_E_NOMEM, tries = 0;
    wick_stage *store;

    (void)state;
    for (; rc < 0; tries++) {
        shortage = (rig_shortage){.on = 1, .left = tries};
        rc = wick_store_open(w, NULL, 3, &store);
        shortage.on = 0;
        assert_true(rc == WICK_OK || (rc < 0 && tries < 100 && *wick_error(w)));
    }
    assert_true(tries > 3);
    shut(w, store);
    rig_remove(dir);
}

static void a_commit_survives_a_shortage_of_memory(void **state)
{
    static rig_shortage shortage;
    const wick_host host = {.user = &shortage, .resize = rig_short_resize};
    char *dir = rig_dir();
    wick *w = rig_open(dir, &host, NULL);
    wick_stage *store;

    (void)state;
    assert_int_equal(wick_store_open(w, NULL, 5, &store), WICK_OK);
    for (long fail = 0; fail < 6; fail++) {
        commit *c = begin(w, 1, 0, 10 + (uint64_t)fail);

        put(c, candle(rig_market(w, "V:A-B"), "1m", T0 + fail * MIN_NS, CLOSED, P(1)));
        shortage = (rig_shortage){.on = 1, .left = fail};
        give(store, c);
        shortage.on = 0;
        RIG_UNTIL(w, wick_stage_stat(store, "commits") == fail + 1);
    }
    shut(w, store);
    rig_remove(dir);
}

/* ---- failing --------------------------------------------------------------------------------- */

static void a_commit_that_fails_is_kept_and_tried_again(void **state)
{
    char *dir = rig_dir();
    wick *w;
    wick_stage *store;
    commit *c, *more;
    rig_wait r;

    (void)state;
    open_store(dir, &w, &store);
    assert_int_equal(wick_fault(w, "store.commit", 1), WICK_OK);
    c = begin(w, 1, 0, 10);
    put(c, candle(rig_market(w, "V:A-B"), "1m", T0, CLOSED, P(1)));
    give(store, c);
    more = begin(w, 1, 0, 11);
    assert_int_equal(store->ops->commit(store, more), WICK_E_AGAIN);
    r = rig_await(w, WICK_EV_FULL, 5);
    assert_int_equal(r.status, WICK_E_IO);
    r = rig_await(w, WICK_EV_COMMITTED, 5);
    assert_int_equal(r.status, WICK_OK);
    assert_int_equal(r.count, 1);
    free(r.candles);
    give(store, more);
    assert_int_equal(rig_await(w, WICK_EV_COMMITTED, 5).status, WICK_OK);
    assert_int_equal(wick_stage_drain(store, 9), WICK_OK);
    rig_await(w, WICK_EV_DRAINED, 9);
    shut(w, store);
    rig_remove(dir);
}

/* One commit of 300 rows, all of one generation: half of it would show. */
static commit *generation(wick *w, uint64_t n)
{
    uint32_t m = rig_market(w, "V:A-B");
    commit *c = begin(w, 1, 0, n);

    for (int i = 0; i < 300; i++)
        put(c, candle(m, "1m", T0 + i * MIN_NS, 0, P((int64_t)n)));
    return c;
}

static void full_disk_child(const char *dir)
{
    struct rlimit limit = {.rlim_cur = 600 << 10, .rlim_max = RLIM_INFINITY};
    wick *w;
    wick_stage *store;
    uint64_t n = 0;
    int full = 0;

    signal(SIGXFSZ, SIG_IGN);
    open_store(dir, &w, &store);
    setrlimit(RLIMIT_FSIZE, &limit);
    while (!full && n < 500) {
        rig_wait r = {.kind = WICK_EV_COMMITTED, .any_tag = 1},
                 f = {.kind = WICK_EV_FULL, .any_tag = 1};

        give(store, generation(w, ++n));
        for (int i = 0; i < 2000 && !r.found && !f.found; i++) {
            wick_event ev[8];
            int k = wick_poll(w, ev, 8, 10);

            for (int j = 0; j < k; j++) {
                rig_see(&r, &ev[j]);
                rig_see(&f, &ev[j]);
            }
        }
        free(r.candles);
        full = f.found;
    }
    limit.rlim_cur = RLIM_INFINITY;         /* room again: the commit that waited goes through */
    setrlimit(RLIMIT_FSIZE, &limit);
    if (!full)
        _exit(3);
    free(rig_await(w, WICK_EV_COMMITTED, -1).candles);
    rig_wait r = all(w, store, rig_market(w, "V:A-B"), "1m", WICK_Q_PARTIAL);
    if (r.count != 300)
        _exit(4);
    for (int i = 0; i < 300; i++)
        if (r.candles[i].open != (int64_t)n)
            _exit(5);
    shut(w, store);
    _exit(0);
}

static void a_full_disk_loses_nothing(void **state)
{
    char *dir = rig_dir();
    int status;
    pid_t pid;

    (void)state;
    if ((pid = fork()) == 0)
        full_disk_child(dir);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    rig_remove(dir);
}

static void killed_child(const char *dir, int tell)
{
    wick *w;
    wick_stage *store;

    open_store(dir, &w, &store);
    for (uint64_t n = 1;; n++) {
        rig_wait r = give_and_wait(w, store, generation(w, n));

        free(r.candles);
        if (write(tell, &n, sizeof n) != sizeof n)
            _exit(1);
    }
}

static void kill_nine_leaves_whole_commits(void **state)
{
    (void)state;
    for (int round = 0; round < 4; round++) {
        char *dir = rig_dir();
        uint64_t acked = 0, n;
        int pipes[2], status, rows = 0;
        wick *w;
        wick_stage *store;
        rig_wait r;
        pid_t pid;

        assert_int_equal(pipe(pipes), 0);
        if ((pid = fork()) == 0)
            killed_child(dir, pipes[1]);
        close(pipes[1]);
        while (acked < (uint64_t)(round * 7 + 1) && read(pipes[0], &n, sizeof n) == sizeof n)
            acked = n;
        for (volatile int spin = 0; spin < 300000 * round;
             spin++) /* somewhere in the midst of the next */
            ;
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        while (read(pipes[0], &n, sizeof n) == sizeof n)
            acked = n;
        close(pipes[0]);
        open_store(dir, &w, &store);
        r = all(w, store, rig_market(w, "V:A-B"), "1m", WICK_Q_PARTIAL);
        assert_int_equal(r.count, 300);
        for (uint32_t i = 0; i < r.count; i++)
            rows += r.candles[i].open == r.candles[0].open;
        assert_int_equal(rows, 300);        /* of one commit */
        assert_true((uint64_t)r.candles[0].open >= acked);
        free(r.candles);
        assert_int_equal(wick_store_rows(store, "offsets", 1), WICK_OK);
        r = rig_await(w, WICK_EV_ROWS, 1);
        assert_non_null(strstr(r.text, "\"next_offset\":\""));
        shut(w, store);
        rig_remove(dir);
    }
}

static void candles_past_their_retention_go(void **state)
{
    char *dir = rig_dir();
    wick *w = rig_open(dir, NULL, "retention", "1h", NULL);
    wick_stage *store;
    int64_t now = wick_bucket(interval("1m"), wick_now_ns(w));
    commit *c;
    rig_wait r;
    uint32_t m, left = 0;

    (void)state;
    assert_int_equal(wick_store_open(w, NULL, 5, &store), WICK_OK);
    m = rig_market(w, "V:A-B");
    c = begin(w, 1, 0, 10);
    put(c, candle(m, "1m", now - 120 * MIN_NS, CLOSED, P(1)));
    put(c, candle(m, "1m", now - 5 * MIN_NS, CLOSED, P(2)));
    free(give_and_wait(w, store, c).candles);
    for (int i = 0; i < 500 && left != 1; i++) {
        r = all(w, store, m, "1m", 0);
        left = r.count;
        free(r.candles);
        rig_poll(w, NULL, NULL, 20);
    }
    assert_int_equal(left, 1);
    shut(w, store);
    rig_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_committed_candle_comes_back_byte_for_byte),
        cmocka_unit_test(an_open_candle_is_replaced_and_a_closed_one_is_revised),
        cmocka_unit_test(a_late_delta_is_merged_into_the_stored_row_once),
        cmocka_unit_test(a_writer_whose_epoch_is_over_is_refused),
        cmocka_unit_test(offsets_that_go_back_are_not_applied),
        cmocka_unit_test(queries_take_range_limit_order_and_the_candle_before),
        cmocka_unit_test(open_parents_are_merged_when_they_are_read),
        cmocka_unit_test(a_candle_behind_a_gap_says_so_by_the_ledger_as_it_is),
        cmocka_unit_test(rows_are_json_with_what_is_not_known_as_null),
        cmocka_unit_test(all_markets_come_sorted_by_name),
        cmocka_unit_test(every_statement_on_candles_uses_their_key),
        cmocka_unit_test(a_restore_gives_what_open_parents_are_made_of),
        cmocka_unit_test(candles_keep_the_symbol_and_rule_of_the_source_that_spoke_then),
        cmocka_unit_test(a_log_that_lost_its_end_is_like_another_one),
        cmocka_unit_test(a_log_that_is_not_known_has_no_offsets_but_its_markets),
        cmocka_unit_test(migrations_go_down_one_by_one_and_up_again),
        cmocka_unit_test(a_store_of_an_older_schema_keeps_its_open_candles),
        cmocka_unit_test(a_list_of_migrations_prefers_the_dialect_and_has_no_hole),
        cmocka_unit_test(a_file_that_is_not_ours_is_refused_with_its_reason),
        cmocka_unit_test(errors_say_what_helps_and_no_statements),
        cmocka_unit_test(a_missing_data_dir_is_made),
        cmocka_unit_test(opening_fails_cleanly_at_every_allocation),
        cmocka_unit_test(a_commit_survives_a_shortage_of_memory),
        cmocka_unit_test(a_commit_that_fails_is_kept_and_tried_again),
        cmocka_unit_test(a_full_disk_loses_nothing),
        cmocka_unit_test(kill_nine_leaves_whole_commits),
        cmocka_unit_test(candles_past_their_retention_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
