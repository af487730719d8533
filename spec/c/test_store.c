/* SPDX-License-Identifier: Apache-2.0
 * The store: commits whole or not at all, once, fenced; revisions; what queries and restores
 * answer, open parents included; migrations; files that are none of ours; full disks, kills. */
#include "file_rig.h"

#include "../../src/agg/fold.h"
#include "../../src/core/time.h"
#include "../../src/store/migrate.h"

#define MIN_NS (60 * NS_PER_S)
#define T0 (1700000100LL * NS_PER_S)        /* a whole 5m and 1m: 2023-11-14T22:15:00Z */

static uint32_t interval(const char *text)
{
    return (uint32_t)wick_interval(text, strlen(text));
}

static wick_stage *store;

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

static commit *begin(uint64_t epoch, uint32_t partition, uint64_t next)
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

static void give(commit *c)
{
    assert_int_equal(store->ops->commit(store, c), WICK_OK);
}

static rig_wait give_and_wait(commit *c)
{
    give(c);
    return rig_await(WICK_EV_COMMITTED, -1);
}

/* A commit of one row. */
static rig_wait give_row(uint64_t epoch, uint64_t next, wick_candle row)
{
    commit *c = begin(epoch, 0, next);

    put(c, row);
    return give_and_wait(c);
}

static rig_wait query(uint32_t market, const char *kind, int64_t start,
                      int64_t end, uint32_t limit, uint32_t flags)
{
    wick_query q = {.start_ns = start,
                    .end_ns = end,
                    .market = market,
                    .interval = interval(kind),
                    .limit = limit,
                    .flags = flags};

    assert_int_equal(wick_store_query(store, &q, 77), WICK_OK);
    return rig_await(WICK_EV_CANDLES, 77);
}

static rig_wait all(uint32_t market, const char *kind, uint32_t flags)
{
    return query(market, kind, INT64_MIN, INT64_MAX, 0, flags);
}

static void open_store(void)
{
    rig_open(NULL, NULL);
    if (wick_store_open(w, NULL, 5, &store) != WICK_OK)
        fail_msg("%s", wick_error(w));
}

#define P(...) ((const int64_t[]){__VA_ARGS__, 0})
#define CLOSED (WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE)

/* ---- commits --------------------------------------------------------------------------------- */

static void a_committed_candle_comes_back_byte_for_byte(void **state)
{
    commit *c;
    wick_candle x, y, z;
    rig_wait r;

    (void)state;
    open_store();
    x = candle(rig_market("Kraken:BTC-EUR"), "1m", T0, CLOSED, P(101, 99, 105, 100));
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
    c = begin(1, 0, 10);
    put(c, x);
    put(c, y);
    put(c, z);
    r = give_and_wait(c);
    assert_int_equal(r.status, WICK_OK);
    assert_int_equal(r.count, 3);
    assert_memory_equal(r.candles, ((wick_candle[]){x, y, z}), 3 * sizeof x);
    rig_shut();
    open_store();                           /* and from the file */
    r = all(rig_market("Kraken:BTC-EUR"), "1m", WICK_Q_PARTIAL);
    assert_int_equal(r.count, 3);
    assert_memory_equal(r.candles, ((wick_candle[]){x, y, z}), 3 * sizeof x);
    r = all(rig_market("Kraken:BTC-EUR"), "1m", 0);
    assert_int_equal(r.count, 2);           /* only what is closed */
}

static void an_open_candle_is_replaced_and_a_closed_one_is_revised(void **state)
{
    uint32_t m;
    commit *c;
    rig_wait r;

    (void)state;
    open_store();
    m = rig_market("V:A-B");
    for (uint64_t i = 1; i <= 3; i++) {
        r = give_row(1, i, candle(m, "1m", T0, i == 3 ? CLOSED : 0, P(100, 100 + (int64_t)i)));
        assert_int_equal(r.count, 1);
        assert_int_equal(r.candles[0].rev, 0);
    }
    c = begin(1, 0, 4);                     /* the same values: not a revision */
    put(c, candle(m, "1m", T0, CLOSED, P(100, 103)));
    assert_int_equal(give_and_wait(c).count, 0);
    for (uint64_t i = 5; i <= 6; i++) {
        r = give_row(1, i, candle(m, "1m", T0, CLOSED, P(100, 200 + (int64_t)i)));
        assert_int_equal(r.count, 1);
        assert_int_equal(r.candles[0].rev, i - 4);
    }
    assert_int_equal(wick_store_rows(store, "revisions", 3), WICK_OK);
    r = rig_await(WICK_EV_ROWS, 3);
    assert_non_null(strstr(r.text, "\"rev\":0"));
    assert_non_null(strstr(r.text, "\"rev\":1"));
    assert_null(strstr(r.text, "\"rev\":2"));
    r = all(m, "1m", WICK_Q_PARTIAL);
    assert_int_equal(r.count, 1);           /* what closed is open no more */
    r = give_row(1, 7, candle(m, "1m", T0, 0, P(100, 300)));    /* and does not open again */
    assert_int_equal(r.candles[0].flags & WICK_CANDLE_CLOSED, WICK_CANDLE_CLOSED);
    assert_int_equal(r.candles[0].rev, 3);
}

static void a_late_delta_is_merged_into_the_stored_row_once(void **state)
{
    uint32_t m;
    wick_candle base, late, want, none;
    rig_wait r;

    (void)state;
    open_store();
    m = rig_market("V:A-B");
    base = candle(m, "1m", T0, CLOSED, P(100, 110));
    late = candle(m, "1m", T0, WICK_CANDLE_CLOSED | WICK_CANDLE_DELTA, P(150));
    want = base;
    assert_int_equal(fold_merge(&want, &late), 1);
    want.flags = WICK_CANDLE_CLOSED;        /* those of the delta */
    want.rev = 1;
    none = candle(m, "1m", T0 + 5 * MIN_NS, WICK_CANDLE_CLOSED | WICK_CANDLE_DELTA, P(9));
    for (int i = 0; i < 3; i++) {           /* the first, the deltas, and the deltas once more */
        commit *c = begin(1, 0, i ? 11 : 10);

        put(c, i ? late : base);
        if (i)
            put(c, none);
        r = give_and_wait(c);
        assert_int_equal(r.status, WICK_OK);
        assert_int_equal(r.count, i == 0 ? 1 : i == 1 ? 2 : 0);
    }
    r = all(m, "1m", 0);
    assert_int_equal(r.count, 2);
    assert_memory_equal(&r.candles[0], &want, sizeof want);
    assert_int_equal(r.candles[1].trades, 1);   /* of a bucket that had no row */
    assert_int_equal(r.candles[1].flags, WICK_CANDLE_CLOSED);
    none = candle(m, "1m", T0, CLOSED | WICK_CANDLE_DELTA, P(0));    /* flags alone */
    r = give_row(1, 12, none);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.candles[0].flags, CLOSED);
    assert_int_equal(r.candles[0].trades, 3);
    assert_int_equal(r.candles[0].rev, 2);
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

static asker *restore_at(const char *log, uint64_t end)
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
    RIG_UNTIL(a->done);
    assert_int_equal(a->rc, WICK_OK);
    return a;
}

static asker *restore(const char *log)
{
    return restore_at(log, UINT64_MAX);
}

/* Another context on the same file becomes the test's own, and at the next call the first again. */
static void turn(wick **other, wick_stage **its_store)
{
    wick *was = w;
    wick_stage *had = store;

    w = *other;
    store = *its_store;
    *other = was;
    *its_store = had;
}

static void a_writer_whose_epoch_is_over_is_refused(void **state)
{
    wick_stage *first_store;
    uint64_t epoch;
    asker *a;
    commit *c;
    wick *first;
    rig_wait r;

    (void)state;
    open_store();
    epoch = restore("log-one")->state->epoch;
    assert_int_equal(give_row(epoch, 5, candle(rig_market("V:A-B"), "1m", T0, CLOSED, P(1))).status,
                     WICK_OK);
    first = w;
    first_store = store;
    open_store();
    a = restore("log-one");
    assert_int_equal(a->state->epoch, epoch + 1);
    assert_int_equal(a->state->offset_count, 1);
    assert_int_equal(a->state->offsets[0].next_offset, 5);
    assert_int_equal(a->state->offsets[0].window_offset, 2);
    turn(&first, &first_store);
    r = give_row(epoch, 6, candle(rig_market("V:A-B"), "1m", T0, CLOSED, P(2)));
    assert_int_equal(r.status, WICK_E_CLOSED);
    assert_non_null(strstr(r.text, "epoch"));
    c = begin(epoch, 0, 7);
    assert_int_equal(store->ops->commit(store, c), WICK_E_CLOSED);
    commit_free(c);
    turn(&first, &first_store);
    r = give_row(epoch + 1, 6, candle(rig_market("V:A-B"), "1m", T0 + MIN_NS, CLOSED, P(3)));
    assert_int_equal(r.status, WICK_OK);
    r = all(rig_market("V:A-B"), "1m", 0);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.candles[0].open, 1);     /* what was refused left nothing */
    rig_shut();
    w = first;
}

static void offsets_that_go_back_are_not_applied(void **state)
{
    commit *c;
    rig_wait r;
    uint32_t m;

    (void)state;
    open_store();
    m = rig_market("V:A-B");
    c = begin(1, 3, 100);
    put(c, candle(m, "1m", T0, 0, P(5)));
    give_and_wait(c);
    c = begin(1, 3, 90);                    /* an older one once more: taken, without effect */
    put(c, candle(m, "1m", T0, 0, P(4)));
    r = give_and_wait(c);
    assert_int_equal(r.status, WICK_OK);
    assert_int_equal(r.count, 0);
    c = begin(1, 3, 90);                    /* partly: an error */
    *commit_offset_add(c) = (commit_offset){.partition = 4, .next_offset = 1};
    r = give_and_wait(c);
    assert_int_equal(r.status, WICK_E_DATA);
    r = all(m, "1m", WICK_Q_PARTIAL);
    assert_int_equal(r.candles[0].open, 5);
}

/* ---- queries --------------------------------------------------------------------------------- */

/* Twelve minutes of closed 1m candles, the 5m that are over, and an open 1m behind them. */
static void twelve_minutes(const char *name, wick_candle fives[3])
{
    uint32_t m = rig_market(name);
    commit *c = begin(1, 0, 1);
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
    give_and_wait(c);
}

static void queries_take_range_limit_order_and_the_candle_before(void **state)
{
    wick_candle fives[3];
    uint32_t m;
    rig_wait r;

    (void)state;
    open_store();
    twelve_minutes("V:A-B", fives);
    m = rig_market("V:A-B");
    r = query(m, "1m", T0 + 2 * MIN_NS, T0 + 6 * MIN_NS, 0, 0);
    assert_int_equal(r.count, 4);           /* [start, end) */
    assert_int_equal(r.candles[0].time_ns, T0 + 2 * MIN_NS);
    r = query(m, "1m", T0 + 2 * MIN_NS, T0 + 6 * MIN_NS, 2, WICK_Q_PREV);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.candles[0].time_ns, T0 + MIN_NS);
    r = query(m, "1m", INT64_MIN, INT64_MAX, 2, WICK_Q_DESC);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.candles[0].time_ns, T0 + 11 * MIN_NS);
    assert_int_equal(r.candles[1].time_ns, T0 + 10 * MIN_NS);
    r = query(m, "1m", T0, INT64_MAX, 3, WICK_Q_PREV | WICK_Q_DESC | WICK_Q_PARTIAL);
    assert_int_equal(r.count, 3);           /* there is none before */
    assert_int_equal(r.candles[0].time_ns, T0 + 12 * MIN_NS);
    assert_int_equal(r.candles[0].flags & WICK_CANDLE_CLOSED, 0);
    assert_int_equal(query(m, "1h", INT64_MIN, INT64_MAX, 0, 0).count, 0);
    assert_int_equal(
        query(rig_market("V:NO-NE"), "1m", INT64_MIN, INT64_MAX, 0, 0).count, 0);
}

static void open_parents_are_merged_when_they_are_read(void **state)
{
    wick_candle fives[3], hour;
    rig_wait r;
    uint32_t m;

    (void)state;
    open_store();
    twelve_minutes("V:A-B", fives);
    m = rig_market("V:A-B");
    r = all(m, "5m", WICK_Q_PARTIAL);
    assert_int_equal(r.count, 3);
    assert_memory_equal(r.candles, fives, sizeof fives);
    r = all(m, "5m", WICK_Q_PARTIAL | WICK_Q_DESC);
    assert_memory_equal(&r.candles[0], &fives[2], sizeof *fives);
    r = query(m, "5m", T0, T0 + 10 * MIN_NS, 0, WICK_Q_PARTIAL);
    assert_int_equal(r.count, 2);
    r = all(m, "5m", 0);
    assert_int_equal(r.count, 2);
    fold_begin(&hour, m, interval("1h"), wick_bucket(interval("1h"), T0),
               wick_bucket_end(interval("1h"), wick_bucket(interval("1h"), T0)));
    for (int i = 0; i < 3; i++)
        fold_merge(&hour, &fives[i]);
    r = all(m, "1h", WICK_Q_PARTIAL);
    assert_int_equal(r.count, 1);
    assert_memory_equal(r.candles, &hour, sizeof hour); /* not complete: covered from T0 on only */
}

/* Of four candles the second has a gap inside, the third stands behind one, the fourth behind none:
 * by the ledger as it is now, whatever was known when they were written. */
static void a_candle_behind_a_gap_says_so_by_the_ledger_as_it_is(void **state)
{
    static const uint32_t WANT[4] = {CLOSED, WICK_CANDLE_CLOSED,
                                     WICK_CANDLE_CLOSED | WICK_CANDLE_BEHIND, CLOSED};
    int64_t at = T0 + 2 * MIN_NS;
    commit_market *x;
    commit_span *s;
    commit *c;
    rig_wait r;
    uint32_t m;

    (void)state;
    open_store();
    m = rig_market("V:A-B");
    c = begin(1, 0, 10);
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
    give_and_wait(c);
    for (uint32_t desc = 0; desc < 2; desc++) {
        r = all(m, "1m", desc ? WICK_Q_DESC : 0);
        assert_int_equal(r.count, 4);
        for (int i = 0; i < 4; i++)
            assert_int_equal(r.candles[desc ? 3 - i : i].flags, WANT[i] | WICK_CANDLE_OPEN_PREV);
    }
    r = query(m, "1m", at, INT64_MAX, 0, 0);    /* the one before is not asked for */
    assert_int_equal(r.candles[0].flags, WANT[2] | WICK_CANDLE_OPEN_PREV);
    c = begin(1, 0, 11);                    /* it turns out that nothing was missed */
    s = commit_span_add(c);
    *s = (commit_span){m, SPAN_MISSING, at - MIN_NS + 2 * NS_PER_S, 0, 0, ""};
    give_and_wait(c);
    r = all(m, "1m", 0);
    assert_int_equal(r.candles[2].flags, CLOSED | WICK_CANDLE_OPEN_PREV);
}

static void rows_are_json_with_what_is_not_known_as_null(void **state)
{
    commit *c;
    commit_market *x;
    commit_refusal *bad;
    rig_wait r;

    (void)state;
    open_store();
    c = begin(1, 0, 10);
    x = commit_market_add(c);
    *x = (commit_market){.market = rig_market("V:\"\n-B"), .watermark_ns = T0};
    x->covered_from_ns = INT64_MAX;
    x->covered_to_ns = INT64_MIN;
    bad = commit_refusal_add(c);
    *bad = (commit_refusal){.reason = "bad-price", .market = WICK_NO_MARKET, .partition = 2};
    bad->offset = UINT64_MAX >> 1;
    bad->tick.time_ns = T0;
    give_and_wait(c);
    assert_int_equal(wick_store_rows(store, "markets", 1), WICK_OK);
    r = rig_await(WICK_EV_ROWS, 1);
    assert_string_equal(r.text, "{\"market\":\"V:\\\"\\u000a-B\",\"symbol\":null,\"base\":null,"
                                "\"watermark_ns\":\"1700000100000000000\",\"covered_from_ns\":null,"
                                "\"covered_to_ns\":null,\"open_prev\":0}\n");
    assert_int_equal(wick_store_rows(store, "quarantine", 1), WICK_OK);
    r = rig_await(WICK_EV_ROWS, 1);
    assert_non_null(strstr(r.text, "\"reason\":\"bad-price\",\"market\":null"));
    assert_non_null(strstr(r.text, "\"offset\":\"9223372036854775807\""));
}

static void all_markets_come_sorted_by_name(void **state)
{
    wick_candle fives[3];
    rig_wait r;

    (void)state;
    open_store();
    twelve_minutes("Z:A-B", fives);
    twelve_minutes("A:A-B", fives);
    r = query(WICK_NO_MARKET, "5m", INT64_MIN, INT64_MAX, 0, WICK_Q_PARTIAL);
    assert_int_equal(r.count, 6);
    assert_int_equal(r.candles[0].market, rig_market("A:A-B"));
    assert_int_equal(r.candles[5].market, rig_market("Z:A-B"));
    r = query(WICK_NO_MARKET, "5m", INT64_MIN, INT64_MAX, 4, WICK_Q_PARTIAL);
    assert_int_equal(r.count, 4);
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
    char path[256], sql[512];
    sqlite3 *db;
    sqlite3_stmt *q;

    (void)state;
    open_store();
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
}

/* ---- restore --------------------------------------------------------------------------------- */

/* Twelve minutes, and a commit with the state of their market. */
static void fill_to_restore(wick_candle fives[3])
{
    uint32_t m = rig_market("V:A-B");
    commit_market *x;
    commit_span *s;
    commit *c;

    wick_market_set_symbol(w, m, "AB", 2);
    twelve_minutes("V:A-B", fives);
    c = begin(1, 2, 40);
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
    give_and_wait(c);
}

static void a_restore_gives_what_open_parents_are_made_of(void **state)
{
    wick_candle fives[3], sum, hour;
    uint32_t open = 0;
    commit *c;
    asker *a;

    (void)state;
    open_store();
    fill_to_restore(fives);
    rig_shut();
    open_store();
    a = restore("log-one");
    c = a->state;
    assert_string_equal(wick_market_symbol(w, rig_market("V:A-B")), "AB");
    assert_int_equal(c->market_count, 1);
    assert_int_equal(c->markets->market, rig_market("V:A-B"));
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
}

static void candles_keep_the_symbol_and_rule_of_the_source_that_spoke_then(void **state)
{
    static const char CSV[] = "OLD/SYM 0\nOLD/SYM 0\nnew~sym 4\nnew~sym 4\n";
    char text[256] = "";
    commit *c;
    asker *a;
    uint32_t m;
    rig_wait r;

    (void)state;
    open_store();
    m = rig_market("V:A-B");
    c = begin(1, 0, 10);
    *commit_market_add(c) = (commit_market){.market = m, .flags = WICK_MARK_F_OPEN_PREV,
                                            .watermark_ns = T0 + 5 * MIN_NS, .covered_from_ns = T0,
                                            .covered_to_ns = T0 + 5 * MIN_NS};
    *commit_era_add(c) = (commit_era){m, 0, {INT64_MIN, market_text(w, "old"),
                                             market_text(w, "OLD/SYM"), 0, 0}};
    *commit_era_add(c) = (commit_era){m, 0, {T0 + 2 * MIN_NS, market_text(w, "new"),
                                             market_text(w, "new~sym"), WICK_MARK_F_OPEN_PREV, 1}};
    for (int i = 0; i < 4; i++)
        put(c, candle(m, "1m", T0 + i * MIN_NS, CLOSED, P(5, 6, 7)));
    give_and_wait(c);
    rig_shut();
    open_store();                           /* another context: nothing but the store tells it */
    m = rig_market("V:A-B");
    r = all(WICK_NO_MARKET, "1m", 0);
    assert_int_equal(r.count, 4);
    for (uint32_t i = 0; i < r.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %u\n",
                 market_symbol_at(w, m, r.candles[i].time_ns),
                 r.candles[i].flags & WICK_CANDLE_OPEN_PREV);
    assert_string_equal(text, CSV);
    a = restore("log-one");
    assert_int_equal(a->state->era_count, 2);
    assert_int_equal(a->state->eras[0].era.from_ns, INT64_MIN);
    assert_ptr_equal(a->state->eras[1].era.source, market_text(w, "new"));
    assert_int_equal(a->state->eras[1].era.number, 1);
}

static void a_log_that_is_not_known_has_no_offsets_but_its_markets(void **state)
{
    wick_candle fives[3];
    asker *a;

    (void)state;
    open_store();
    fill_to_restore(fives);
    a = restore("log-one");
    assert_int_equal(a->state->markets->known_to_ns, INT64_MIN);
    wick_stage_close(&a->stage);
    a = restore("another log");
    assert_int_equal(a->state->offset_count, 0);
    assert_int_equal(a->state->market_count, 1);
    assert_int_equal(a->state->candle_count, 5);
    assert_int_equal(a->state->epoch, 1);
    assert_int_equal(a->state->markets->known_to_ns, T0 + 12 * MIN_NS + 2 * NS_PER_S);
    wick_stage_close(&a->stage);
    {                                       /* what comes by the new log is not of a lost one */
        commit *c = begin(1, 0, 1);
        rig_wait r;

        memcpy(c->log_id, "another log", 12);
        put(c, candle(rig_market("V:A-B"), "1m", T0 + 20 * MIN_NS, 0, P(5)));
        r = give_and_wait(c);
        assert_int_equal(r.status, WICK_OK);
    }
    a = restore("another log");
    assert_int_equal(a->state->markets->known_to_ns, T0 + 12 * MIN_NS + 2 * NS_PER_S);
    wick_stage_close(&a->stage);
    a = restore("a third log");
    assert_int_equal(a->state->markets->known_to_ns, T0 + 20 * MIN_NS);
}

static void a_log_that_lost_its_end_is_like_another_one(void **state)
{
    wick_candle fives[3];
    asker *a;

    (void)state;
    open_store();
    fill_to_restore(fives);                 /* it was read up to offset 39 */
    a = restore_at("log-one", 39);
    assert_int_equal(a->state->markets->known_to_ns, INT64_MIN);
    wick_stage_close(&a->stage);
    a = restore_at("log-one", 38);
    assert_int_equal(a->state->markets->known_to_ns, T0 + 12 * MIN_NS + 2 * NS_PER_S);
    assert_int_equal(a->state->offset_count, 2);
}

/* ---- migrations and files -------------------------------------------------------------------- */

static rig_wait migrate(const char *direction)
{
    assert_int_equal(wick_store_migrate(store, direction, 8), WICK_OK);
    return rig_await(WICK_EV_DONE, 8);
}

static void migrations_go_down_one_by_one_and_up_again(void **state)
{
    migration list[MIGRATE_MAX];
    int count = migrate_list(MIGRATE_FILES, "sqlite", list);
    rig_wait r;

    (void)state;
    assert_true(count >= 6);
    open_store();
    for (int i = 0; i < count; i++)
        assert_int_equal(migrate("down").status, WICK_OK);
    assert_int_equal(wick_store_rows(store, "migrations", 4), WICK_OK);
    r = rig_await(WICK_EV_ROWS, 4);
    assert_null(strstr(r.text, "applied\""));
    assert_int_equal(migrate("down").status, WICK_OK);
    assert_int_equal(migrate("up").status, WICK_OK);
    assert_int_equal(wick_store_rows(store, "migrations", 4), WICK_OK);
    r = rig_await(WICK_EV_ROWS, 4);
    assert_null(strstr(r.text, "pending"));
    r = give_row(1, 10, candle(rig_market("V:A-B"), "1m", T0, CLOSED, P(1)));
    assert_int_equal(r.status, WICK_OK);
    assert_int_equal(wick_store_migrate(store, "sideways", 1), WICK_E_ARG);
    assert_int_equal(wick_store_rows(store, "passwords", 1), WICK_E_ARG);
}

/* Open candles stood among the closed ones before migration 7. */
static void a_store_of_an_older_schema_keeps_its_open_candles(void **state)
{
    wick_candle fives[3];
    rig_wait before, after;
    sqlite3_stmt *q;
    sqlite3 *db;
    uint32_t m;
    int count;

    (void)state;
    open_store();
    twelve_minutes("V:A-B", fives);
    m = rig_market("V:A-B");
    before = all(m, "1m", WICK_Q_PARTIAL);
    assert_int_equal(before.count, 13);
    assert_int_equal(before.candles[12].flags & WICK_CANDLE_CLOSED, 0);
    for (count = migrate_list(MIGRATE_FILES, "sqlite", (migration[MIGRATE_MAX]){{0}}); count > 6;
         count--)
        assert_int_equal(migrate("down").status, WICK_OK);
    rig_shut();
    assert_int_equal(sqlite3_open(rig_path("wick.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM candle WHERE interval = '1m'", -1,
                                        &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(q, 0), 13);     /* all in one table */
    sqlite3_finalize(q);
    sqlite3_close(db);
    open_store();
    m = rig_market("V:A-B");
    after = all(m, "1m", 0);
    assert_int_equal(after.count, 12);
    after = all(m, "1m", WICK_Q_PARTIAL);
    assert_int_equal(after.count, 13);
    assert_memory_equal(after.candles, before.candles, 13 * sizeof *before.candles);
    after = all(m, "5m", WICK_Q_PARTIAL);
    assert_memory_equal(after.candles, fives, sizeof fives);
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

static void refused(const char *word)
{
    rig_open(NULL, NULL);
    file_refused(wick_store_open(w, NULL, 0, &store), "wick.db", word);
}

static void a_file_that_is_not_ours_is_refused_with_its_reason(void **state)
{
    (void)state;
    file_nonsense("wick.db");
    refused("not a database");
    unlink(rig_path("wick.db"));
    file_sql("wick.db", "CREATE TABLE shopping (list TEXT)");
    refused("another program");
    unlink(rig_path("wick.db"));
    open_store();
    rig_shut();
    file_sql("wick.db", "INSERT INTO migration VALUES (99, 'future', 'x', 0)");
    refused("newer");
    file_sql("wick.db", "DELETE FROM migration WHERE version = 99;"
                        "UPDATE migration SET checksum = 'x' WHERE version = 2");
    refused("0002_candle");
    rig_open(NULL, NULL);
    assert_int_equal(wick_store_open(w, "oracle:x", 0, &store), WICK_E_ARG);
    assert_int_equal(wick_store_open(w, "sqlite:", 0, &store), WICK_E_ARG);
    assert_true(wick_store_open(w, "sqlite:/proc/nowhere/wick.db", 0, &store) < 0);
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
    char path[256], noise[4096];
    sqlite3 *other;
    commit *c;
    rig_wait r;
    FILE *f;

    (void)state;
    snprintf(path, sizeof path, "%s/wick.db", dir);
    open_store();
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    c = begin(1, 0, 1);
    put(c, candle(rig_market("V:A-B"), "1m", T0, CLOSED, P(7)));
    give(c);
    r = rig_await(WICK_EV_FULL, -1);
    spoken(r.text, path, "another process", "data.dir of its own");
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    r = rig_await(WICK_EV_COMMITTED, -1);
    assert_int_equal(r.status, WICK_OK);
    assert_int_equal(sqlite3_exec(other, "DROP TABLE coverage", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    rig_shut();
    rig_open(NULL, NULL);
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
}

static void a_missing_data_dir_is_made(void **state)
{
    (void)state;
    rig_open(NULL, "data.dir", rig_path("a/b"), NULL);
    assert_int_equal(wick_store_open(w, NULL, 5, &store), WICK_OK);
    assert_int_equal(access(rig_path("a/b/wick.db"), R_OK), 0);
}

static void opening_fails_cleanly_at_every_allocation(void **state)
{
    int rc = WICK_E_NOMEM, tries = 0;

    (void)state;
    rig_open(&RIG_HOST, NULL);
    for (; rc < 0; tries++) {
        shortage = (struct rig_shortage){.on = 1, .left = tries};
        rc = wick_store_open(w, NULL, 3, &store);
        shortage.on = 0;
        assert_true(rc == WICK_OK || (rc < 0 && tries < 100 && *wick_error(w)));
    }
    assert_true(tries > 3);
}

static void a_commit_survives_a_shortage_of_memory(void **state)
{
    (void)state;
    rig_open(&RIG_HOST, NULL);
    assert_int_equal(wick_store_open(w, NULL, 5, &store), WICK_OK);
    for (long fail = 0; fail < 6; fail++) {
        commit *c = begin(1, 0, 10 + (uint64_t)fail);

        put(c, candle(rig_market("V:A-B"), "1m", T0 + fail * MIN_NS, CLOSED, P(1)));
        shortage = (struct rig_shortage){.on = 1, .left = fail};
        give(c);
        shortage.on = 0;
        RIG_UNTIL(wick_stage_stat(store, "commits") == fail + 1);
    }
}

/* ---- failing --------------------------------------------------------------------------------- */

static void a_commit_that_fails_is_kept_and_tried_again(void **state)
{
    commit *c, *more;
    rig_wait r;

    (void)state;
    open_store();
    assert_int_equal(wick_fault(w, "store.commit", 1), WICK_OK);
    c = begin(1, 0, 10);
    put(c, candle(rig_market("V:A-B"), "1m", T0, CLOSED, P(1)));
    give(c);
    more = begin(1, 0, 11);
    assert_int_equal(store->ops->commit(store, more), WICK_E_AGAIN);
    r = rig_await(WICK_EV_FULL, 5);
    assert_int_equal(r.status, WICK_E_IO);
    r = rig_await(WICK_EV_COMMITTED, 5);
    assert_int_equal(r.status, WICK_OK);
    assert_int_equal(r.count, 1);
    give(more);
    assert_int_equal(rig_await(WICK_EV_COMMITTED, 5).status, WICK_OK);
    assert_int_equal(wick_stage_drain(store, 9), WICK_OK);
    rig_await(WICK_EV_DRAINED, 9);
}

/* One commit of 300 rows, all of one generation: half of it would show. */
static commit *generation(uint64_t n)
{
    uint32_t m = rig_market("V:A-B");
    commit *c = begin(1, 0, n);

    for (int i = 0; i < 300; i++)
        put(c, candle(m, "1m", T0 + i * MIN_NS, 0, P((int64_t)n)));
    return c;
}

static void full_disk_child(void)
{
    uint64_t n = 0;
    int full = 0;

    open_store();
    file_limit(600 << 10);
    while (!full && n < 500) {
        rig_wait r = {.kind = WICK_EV_COMMITTED, .any_tag = 1},
                 f = {.kind = WICK_EV_FULL, .any_tag = 1};

        give(generation(++n));
        for (int i = 0; i < 2000 && !r.found && !f.found; i++) {
            wick_event ev[8];
            int k = wick_poll(w, ev, 8, 10);

            for (int j = 0; j < k; j++) {
                rig_see(&r, &ev[j]);
                rig_see(&f, &ev[j]);
            }
        }
        full = f.found;
    }
    file_limit(0);                          /* room again: the commit that waited goes through */
    if (!full)
        _exit(3);
    rig_await(WICK_EV_COMMITTED, -1);
    rig_wait r = all(rig_market("V:A-B"), "1m", WICK_Q_PARTIAL);
    if (r.count != 300)
        _exit(4);
    for (int i = 0; i < 300; i++)
        if (r.candles[i].open != (int64_t)n)
            _exit(5);
    rig_shut();
}

static void a_full_disk_loses_nothing(void **state)
{
    (void)state;
    file_child(full_disk_child);
}

static void killed_child(int tell)
{
    open_store();
    for (int64_t n = 1;; n++) {
        give_and_wait(generation((uint64_t)n));
        if (write(tell, &n, sizeof n) != sizeof n)
            _exit(1);
    }
}

static void kill_nine_leaves_whole_commits(void **state)
{
    for (int round = 0; round < 4; round++) {
        int64_t acked = file_killed(killed_child, round * 7 + 1, 300000 * round);
        int rows = 0;
        rig_wait r;

        open_store();
        r = all(rig_market("V:A-B"), "1m", WICK_Q_PARTIAL);
        assert_int_equal(r.count, 300);
        for (uint32_t i = 0; i < r.count; i++)
            rows += r.candles[i].open == r.candles[0].open;
        assert_int_equal(rows, 300);        /* of one commit */
        assert_true(r.candles[0].open >= acked);
        assert_int_equal(wick_store_rows(store, "offsets", 1), WICK_OK);
        r = rig_await(WICK_EV_ROWS, 1);
        assert_non_null(strstr(r.text, "\"next_offset\":\""));
        assert_int_equal(rig_end(state) | rig_begin(state), 0);
    }
}

static void candles_past_their_retention_go(void **state)
{
    commit *c;
    uint32_t m, left = 0;
    int64_t now;

    (void)state;
    rig_open(NULL, "retention", "1h", NULL);
    now = wick_bucket(interval("1m"), wick_now_ns(w));
    assert_int_equal(wick_store_open(w, NULL, 5, &store), WICK_OK);
    m = rig_market("V:A-B");
    c = begin(1, 0, 10);
    put(c, candle(m, "1m", now - 120 * MIN_NS, CLOSED, P(1)));
    put(c, candle(m, "1m", now - 5 * MIN_NS, CLOSED, P(2)));
    give_and_wait(c);
    for (int i = 0; i < 500 && left != 1; i++) {
        left = all(m, "1m", 0).count;
        rig_poll(NULL, NULL, 20);
    }
    assert_int_equal(left, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_committed_candle_comes_back_byte_for_byte),
        RIG_TEST(an_open_candle_is_replaced_and_a_closed_one_is_revised),
        RIG_TEST(a_late_delta_is_merged_into_the_stored_row_once),
        RIG_TEST(a_writer_whose_epoch_is_over_is_refused),
        RIG_TEST(offsets_that_go_back_are_not_applied),
        RIG_TEST(queries_take_range_limit_order_and_the_candle_before),
        RIG_TEST(open_parents_are_merged_when_they_are_read),
        RIG_TEST(a_candle_behind_a_gap_says_so_by_the_ledger_as_it_is),
        RIG_TEST(rows_are_json_with_what_is_not_known_as_null),
        RIG_TEST(all_markets_come_sorted_by_name),
        RIG_TEST(every_statement_on_candles_uses_their_key),
        RIG_TEST(a_restore_gives_what_open_parents_are_made_of),
        RIG_TEST(candles_keep_the_symbol_and_rule_of_the_source_that_spoke_then),
        RIG_TEST(a_log_that_lost_its_end_is_like_another_one),
        RIG_TEST(a_log_that_is_not_known_has_no_offsets_but_its_markets),
        RIG_TEST(migrations_go_down_one_by_one_and_up_again),
        RIG_TEST(a_store_of_an_older_schema_keeps_its_open_candles),
        RIG_TEST(a_list_of_migrations_prefers_the_dialect_and_has_no_hole),
        RIG_TEST(a_file_that_is_not_ours_is_refused_with_its_reason),
        RIG_TEST(errors_say_what_helps_and_no_statements),
        RIG_TEST(a_missing_data_dir_is_made),
        RIG_TEST(opening_fails_cleanly_at_every_allocation),
        RIG_TEST(a_commit_survives_a_shortage_of_memory),
        RIG_TEST(a_commit_that_fails_is_kept_and_tried_again),
        RIG_TEST(a_full_disk_loses_nothing),
        RIG_TEST(kill_nine_leaves_whole_commits),
        RIG_TEST(candles_past_their_retention_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
