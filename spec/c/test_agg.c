/* SPDX-License-Identifier: Apache-2.0
 * The aggregation stage: replay against a plain model; any order, duplication and batching; live
 * line, late trades, restarts, quarantine. */
#include "agg_rig.h"

/* ---- a model that could not be plainer ---- */

static int by_order(const void *x, const void *y)
{
    const trade *a = x, *b = y;

    if (a->tick.market != b->tick.market)
        return a->tick.market < b->tick.market ? -1 : 1;
    if (a->tick.time_ns != b->tick.time_ns)
        return a->tick.time_ns < b->tick.time_ns ? -1 : 1;
    return (a->tick.id_key > b->tick.id_key) - (a->tick.id_key < b->tick.id_key);
}

/* Values at 10^-3 and 10^-8 as integers: enough for rig_trades(). */
static int64_t scaled(int64_t m, int exp, int to)
{
    while (exp-- > to)
        m *= 10;
    return m;
}

/* "market interval time open high low close volume trades" of every bucket, from sorted trades. */
static char **model(wick *w, const trade *given, uint32_t n, const char *interval, uint32_t *out)
{
    trade *t = malloc(n * sizeof *t);
    char **rows = calloc(n + 1, sizeof *rows);
    uint32_t code = (uint32_t)wick_interval(interval, strlen(interval)), k = 0;

    memcpy(t, given, n * sizeof *t);
    qsort(t, n, sizeof *t, by_order);
    for (uint32_t i = 0, j; i < n; i = j) {
        int64_t begin = wick_bucket(code, t[i].tick.time_ns), high = 0, low = INT64_MAX, volume = 0,
                price = 0, open;
        char text[5][64];
        open = scaled(t[i].tick.price, t[i].tick.price_exp, -3);
        for (j = i; j < n && t[j].tick.market == t[i].tick.market &&
                    wick_bucket(code, t[j].tick.time_ns) == begin;
             j++) {
            price = scaled(t[j].tick.price, t[j].tick.price_exp, -3);
            high = price > high ? price : high;
            low = price < low ? price : low;
            volume += scaled(t[j].tick.qty, t[j].tick.qty_exp, -8);
        }
        dec_text(open, -3, text[0], 64);
        dec_text(high, -3, text[1], 64);
        dec_text(low, -3, text[2], 64);
        dec_text(price, -3, text[3], 64);
        dec_text(volume, -8, text[4], 64);
        rows[k] = calloc(1, 512);
        snprintf(rows[k++], 512, "%s %s %lld %s %s %s %s %s %u",
                 wick_market_name(w, t[i].tick.market), interval, (long long)begin, text[0],
                 text[1], text[2], text[3], text[4], j - i);
    }
    free(t);
    *out = k;
    return rows;
}

static char *brief(wick *w, const wick_candle *c, char *out, size_t size)
{
    char text[5][64], interval[16];

    for (int f = WICK_F_OPEN; f <= WICK_F_VOLUME; f++)
        wick_candle_text(c, f, text[f - WICK_F_OPEN], 64);
    wick_interval_text(c->interval, interval, sizeof interval);
    snprintf(out, size, "%s %s %lld %s %s %s %s %s %llu", wick_market_name(w, c->market), interval,
             (long long)c->time_ns, text[0], text[1], text[2], text[3], text[4],
             (unsigned long long)c->trades);
    return out;
}

/* Cut trades into records at random. */
static uint32_t cut(const trade *t, uint32_t n, uint32_t most, record **log)
{
    uint32_t k = 0;

    for (uint32_t i = 0, size; i < n; i += size) {
        size = 1 + (uint32_t)rig_random(most);
        size = size < n - i ? size : n - i;
        log[k++] = rig_record(t + i, size, NULL, 0);
    }
    return k;
}

static void drop(record **log, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        rig_record_free(log[i]);
}

static void a_replay_gives_what_the_plain_model_gives(void **state)
{
    static const char *const INTERVALS[] = { "7m", "1m", "1h", "1d" };
    enum { N = 3000 };
    rig r = rig_open("7m,1m,1h,1d");
    trade *t = rig_trades(N, 0, 2, 5 * 3600 * SECOND);
    record **log = calloc(N, sizeof *log);
    uint32_t k, count, rows, at = 0;
    wick_candle *c;
    char text[512];

    (void)state;
    count = cut(t, N, 50, log);
    c = rig_replay(r.w, log, count, 1, &rows);
    for (uint32_t m = 0; m < 2; m++)
        for (int i = 0; i < 4; i++) {
            char **want = model(r.w, t, N, INTERVALS[i], &k);
            for (uint32_t j = 0; j < k; j++)
                if (strncmp(want[j], wick_market_name(r.w, m), 12) == 0) {
                    assert_true(at < rows);
                    assert_string_equal(brief(r.w, &c[at++], text, sizeof text), want[j]);
                }
            rig_free_texts(want, k);
        }
    assert_int_equal(at, rows);
    free(c);
    drop(log, count);
    free(log);
    free(t);
    rig_close(&r);
}

/* Flags of the last candle: a trade, an unheard stretch in later minutes, then one in a whole
 * minute. */
static uint32_t behind_an_uncovered_span(uint32_t mark_flags)
{
    rig r = rig_open("1m");
    trade t[] = { rig_trade(0, T0 + 10 * SECOND, 100, 0, 1, 0, 1),
                  rig_trade(0, T0 + 250 * SECOND, 101, 0, 1, 0, 2) };
    wick_mark m[] = { { .kind = WICK_MARK_OPEN, .conn = 1, .from_ns = T0, .flags = mark_flags },
                      { .kind = WICK_MARK_CLOSE, .conn = 1, .to_ns = T0 + 20 * SECOND, .at = 1 },
                      { .kind = WICK_MARK_OPEN, .conn = 2, .from_ns = T0 + 130 * SECOND, .at = 1,
                        .flags = mark_flags },
                      { .kind = WICK_MARK_CLOSE, .conn = 2, .to_ns = T0 + 400 * SECOND, .at = 2 } };
    record *log = rig_record(t, 2, m, 4);
    uint32_t rows, flags;
    wick_candle *c = rig_replay(r.w, &log, 1, 1, &rows);

    assert_int_equal(rows, 2);
    flags = c[1].flags;
    free(c);
    rig_record_free(log);
    rig_close(&r);
    return flags;
}

static void the_first_candle_behind_an_uncovered_span_has_no_previous_close(void **state)
{
    (void)state;
    assert_true(behind_an_uncovered_span(0) & WICK_CANDLE_COMPLETE);
    assert_false(behind_an_uncovered_span(WICK_MARK_F_OPEN_PREV) & WICK_CANDLE_COMPLETE);
}

static void any_order_duplication_and_batching_gives_the_same_bytes(void **state)
{
    enum { N = 1500 };
    rig r = rig_open("1m,5m,1h");
    trade *t = rig_trades(N, 0, 2, 3600 * SECOND);
    record **log = calloc(3 * N, sizeof *log);
    uint32_t count, rows, n, m;
    wick_candle *c;
    char **first, **again;

    (void)state;
    count = cut(t, N, 20, log);
    c = rig_replay(r.w, log, count, 1, &rows);
    first = rig_texts(r.w, c, rows, 1, 0, &n);
    free(c);
    drop(log, count);
    for (int round = 0; round < 20; round++) {
        trade *more = malloc(2 * N * sizeof *more);
        memcpy(more, t, N * sizeof *more);
        for (uint32_t i = 0; i < N; i++)
            more[N + i] = t[rig_random(N)];
        rig_shuffle(more, 2 * N);
        count = cut(more, 2 * N, 1 + (uint32_t)rig_random(300), log);
        c = rig_replay(r.w, log, count, 1, &rows);
        again = rig_texts(r.w, c, rows, 1, 0, &m);
        rig_same(first, n, again, m);
        rig_free_texts(again, m);
        free(c);
        free(more);
        drop(log, count);
    }
    rig_free_texts(first, n);
    free(log);
    free(t);
    rig_close(&r);
}

/* ---- the live line ---- */

static wick_mark mark(uint32_t kind, uint32_t market, uint64_t conn, int64_t ns)
{
    return (wick_mark){
        .kind = kind, .market = market, .conn = conn, .from_ns = ns, .to_ns = ns, .repeats = 20
    };
}

/* Trades in nearly their order (each up to ten seconds late), an OPEN in front and a sign of
 * life a second. */
static uint32_t live_log(trade *t, uint32_t n, record **log)
{
    wick_mark open[2] = { mark(WICK_MARK_OPEN, 0, 1, T0), mark(WICK_MARK_OPEN, 1, 1, T0) }, end;
    uint32_t k = 1;

    for (uint32_t i = 0; i + 1 < n; i++)
        if (rig_random(4) == 0 && t[i + 1].tick.time_ns - t[i].tick.time_ns < 10 * SECOND) {
            trade x = t[i];
            t[i] = t[i + 1];
            t[i + 1] = x;
        }
    log[0] = rig_record(NULL, 0, open, 2);
    for (uint32_t i = 0, size; i < n; i += size) {
        wick_mark alive = mark(WICK_MARK_ALIVE, WICK_NO_MARKET, 1, t[i].tick.time_ns - SECOND);
        size = 1 + (uint32_t)rig_random(9);
        size = size < n - i ? size : n - i;
        log[k++] = rig_record(t + i, size, &alive, 1);
    }
    end = mark(WICK_MARK_CLOSE, WICK_NO_MARKET, 1, t[n - 1].tick.time_ns + 30 * 86400 * SECOND);
    log[k++] = rig_record(NULL, 0, &end, 1);
    return k;
}

static void the_live_line_gives_what_a_replay_gives(void **state)
{
    enum { N = 3000 };
    rig r = rig_open("1m,5m,1h,1d");
    trade *t = rig_trades(N, 0, 2, 4 * 3600 * SECOND);
    record **log = calloc(N + 2, sizeof *log);
    uint32_t count = live_log(t, N, log), rows, n, m;
    wick_candle *c = rig_replay(r.w, log, count, 0, &rows);
    char **want = rig_texts(r.w, c, rows, 0, 1, &n), **have;

    (void)state;
    rig_live(&r);
    r.bus->log = log;
    r.bus->count = count;
    for (uint32_t i = 0; i < count; i += 17) {
        fake_pump(r.bus, i);
        if (rig_random(3) == 0)
            rig_drain(&r);
    }
    fake_pump(r.bus, count);
    rig_drain(&r);
    have = rig_texts(r.w, r.store->rows, r.store->row_count, 0, 0, &m);
    rig_same(want, n, have, m);
    assert_true(wick_stage_stat(r.agg, "trades") == N);
    assert_int_equal(wick_stage_stat(r.agg, "duplicates"), 0);
    rig_free_texts(want, n);
    rig_free_texts(have, m);
    free(c);
    drop(log, count);
    free(log);
    free(t);
    rig_close(&r);
}

/* Kill it behind a commit at a random place, again and again, and start over from the store. */
static void a_restart_anywhere_gives_the_same_rows(void **state)
{
    enum { N = 2500 };

    (void)state;
    for (int round = 0; round < 8; round++) {
        rig r = rig_open("1m,5m,1h,1d,1w");
        trade *t = rig_trades(N, 0, 2, 30 * 3600 * SECOND);
        trade *twice = malloc(2 * N * sizeof *twice);
        record **log = calloc(2 * N + 2, sizeof *log);
        uint32_t rows, n, m, k = 0, count;
        wick_candle *c;
        char **want, **have;

        for (uint32_t i = 0; i < N; i++) {              /* some come again within the last sixty */
            twice[k++] = t[i];
            if (rig_random(5) == 0 && i > 30)
                twice[k++] = t[i - rig_random(25)];
        }
        count = live_log(twice, k, log);
        c = rig_replay(r.w, log, count, 0, &rows);
        want = rig_texts(r.w, c, rows, 0, 1, &n);
        rig_live(&r);
        r.bus->log = log;
        r.bus->count = count;
        for (uint32_t i = 0; i < count; i += 1 + (uint32_t)rig_random(count / 6)) {
            fake_pump(r.bus, i);
            if (rig_random(2))
                rig_drain(&r);
            fake_pump(r.bus, i + (uint32_t)rig_random(10));
            wick_stage_close(r.agg);
            rig_live(&r);
        }
        fake_pump(r.bus, count);
        rig_drain(&r);
        have = rig_texts(r.w, r.store->rows, r.store->row_count, 0, 0, &m);
        rig_same(want, n, have, m);
        rig_free_texts(want, n);
        rig_free_texts(have, m);
        free(c);
        drop(log, count);
        free(log);
        free(twice);
        free(t);
        rig_close(&r);
    }
}

static void what_a_new_subscription_repeats_is_known_after_a_restart(void **state)
{
    rig r = rig_open("1m");
    trade *t = rig_trades(50, 0, 1, 50 * MINUTE);
    record *log[2];

    (void)state;
    log[0] = rig_record(t, 50, NULL, 0);
    log[1] = rig_record(t + 30, 20, NULL, 0);
    rig_live(&r);
    r.bus->log = log;
    r.bus->count = 2;
    fake_pump(r.bus, 1);
    rig_drain(&r);
    wick_stage_close(r.agg);
    rig_live(&r);
    assert_int_equal(r.bus->at, 1); /* nothing of the log is needed for the last 64 */
    fake_pump(r.bus, 2);
    rig_drain(&r);
    assert_int_equal(wick_stage_stat(r.agg, "duplicates"), 20);
    drop(log, 2);
    free(t);
    rig_close(&r);
}

/* The log is lost, the store is not: what it holds comes again by another log. */
static void trades_of_a_log_that_is_gone_are_not_counted_again(void **state)
{
    rig r = rig_open("1m,5m");
    trade *t = rig_trades(300, 0, 1, 300 * MINUTE), late;
    wick_mark open = mark(WICK_MARK_OPEN, 0, 1, T0), again = mark(WICK_MARK_OPEN, 0, 2, T0);
    uint64_t sum = 0;
    record *log[4];
    wick_candle *c;

    (void)state;
    for (uint32_t i = 0; i < 300; i++)              /* all times differ, a minute apart */
        t[i] = rig_trade(0, T0 + i * MINUTE + 5 * SECOND, 100 + i % 7, 0, 1, 0, 1000 + i);
    log[0] = rig_record(t, 250, &open, 1);
    log[1] = rig_record(t + 50, 200, &again, 1);    /* 64 of them are in the window */
    log[2] = rig_record(t + 250, 50, NULL, 0);
    late = rig_trade(0, T0 + 100 * MINUTE + 9 * SECOND, 999, 0, 1, 0, 5000);
    log[3] = rig_record(&late, 1, NULL, 0);
    rig_live(&r);
    r.bus->log = log;
    r.bus->count = 4;
    fake_pump(r.bus, 1);
    rig_drain(&r);
    wick_stage_close(r.agg);
    r.store->offset_count = 0;                      /* a new log: the store says what it knows */
    r.store->markets[0].known_to_ns = t[249].tick.time_ns;
    rig_live(&r);
    r.bus->at = 1;
    fake_pump(r.bus, 4);
    rig_drain(&r);
    assert_int_equal(wick_stage_stat(r.agg, "duplicates"), 64);
    assert_int_equal(wick_stage_stat(r.agg, "quarantined"), 200 - 64 + 1);
    for (uint32_t i = 0; i < r.store->refusals; i++)
        assert_string_equal(r.store->reasons[i], "other-log");
    for (uint32_t i = 0; i < r.store->row_count; i++)
        if (r.store->rows[i].interval == (uint32_t)wick_interval("1m", 2))
            sum += r.store->rows[i].trades;
    assert_int_equal(sum, 300);
    assert_non_null(c = fake_find(r.store, 0, (uint32_t)wick_interval("1m", 2), T0 + 60 * MINUTE));
    assert_int_equal(c->flags, WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE);
    assert_int_equal(c->rev, 0);
    drop(log, 4);
    free(t);
    rig_close(&r);
}

/* It is older than the connection that tells of it, and not what a subscription repeats: nobody
 * can say whether it was counted. */
static void a_late_trade_of_a_time_that_a_lost_log_told_of_makes_its_bucket_incomplete(void **state)
{
    rig r = rig_open("1m");
    trade t[4] = { rig_trade(0, T0 + 10 * SECOND, 100, 0, 1, 0, 1),
                   rig_trade(0, T0 + 90 * SECOND, 101, 0, 1, 0, 2),
                   rig_trade(0, T0 + 200 * SECOND, 102, 0, 1, 0, 4),
                   rig_trade(0, T0 + 30 * SECOND, 103, 0, 1, 0, 3) };
    wick_mark open[2] = { mark(WICK_MARK_OPEN, 0, 1, T0),
                          mark(WICK_MARK_ALIVE, WICK_NO_MARKET, 1, T0 + 95 * SECOND) },
              again = mark(WICK_MARK_OPEN, 0, 2, T0 + 100 * SECOND),
              alive = mark(WICK_MARK_ALIVE, WICK_NO_MARKET, 2, T0 + 205 * SECOND);
    record *log[3] = { NULL, NULL, rig_record(t + 2, 2, &alive, 1) };
    wick_candle *c;

    (void)state;
    again.repeats = 1;
    open[1].at = 2;
    log[0] = rig_record(t, 2, open, 2);
    log[1] = rig_record(t + 1, 1, &again, 1);
    rig_live(&r);
    r.bus->log = log;
    r.bus->count = 3;
    fake_pump(r.bus, 1);
    rig_drain(&r);
    wick_stage_close(r.agg);
    r.store->offset_count = 0;
    r.store->markets[0].known_to_ns = t[1].tick.time_ns;
    rig_live(&r);
    r.bus->at = 1;
    fake_pump(r.bus, 3);
    rig_drain(&r);
    assert_int_equal(r.store->refusals, 1);
    assert_string_equal(r.store->reasons[0], "other-log");
    assert_non_null(c = fake_find(r.store, 0, (uint32_t)wick_interval("1m", 2), T0));
    assert_int_equal(c->flags, WICK_CANDLE_CLOSED);
    assert_int_equal(c->trades, 1);
    assert_int_equal(c->rev, 1);
    assert_non_null(c = fake_find(r.store, 0, (uint32_t)wick_interval("1m", 2), T0 + MINUTE));
    assert_int_equal(c->flags, WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE);
    drop(log, 3);
    rig_close(&r);
}

static void a_number_over_all_of_a_lost_log_is_a_new_trade(void **state)
{
    rig r = rig_open("1m");
    trade t[3] = { rig_trade(0, T0 + 10 * SECOND, 100, 0, 1, 0, 7),
                   rig_trade(0, T0 + 20 * SECOND, 101, 0, 1, 0, 8),
                   rig_trade(0, T0 + 20 * SECOND, 102, 0, 1, 0, 9) };
    wick_mark open = mark(WICK_MARK_OPEN, 0, 1, T0);
    record *log[2];

    (void)state;
    for (int i = 0; i < 3; i++)
        t[i].tick.flags |= WICK_TICK_ID_COUNTS;
    log[0] = rig_record(t, 2, &open, 1);
    log[1] = rig_record(t, 3, NULL, 0);
    rig_live(&r);
    r.bus->log = log;
    r.bus->count = 2;
    fake_pump(r.bus, 1);
    rig_drain(&r);
    wick_stage_close(r.agg);
    r.store->offset_count = 0;
    r.store->markets[0].known_to_ns = t[1].tick.time_ns;
    rig_live(&r);
    r.bus->at = 1;
    fake_pump(r.bus, 2);
    rig_drain(&r);
    assert_int_equal(r.store->refusals, 0);
    assert_int_equal(fake_find(r.store, 0, (uint32_t)wick_interval("1m", 2), T0)->trades, 3);
    drop(log, 2);
    rig_close(&r);
}

static void a_coarser_base_takes_over_what_was_open_in_the_finer_one(void **state)
{
    rig r = rig_open("1m,5m");
    trade t[3] = { rig_trade(0, T0 + 10 * SECOND, 100, 0, 1, 0, 1),
                   rig_trade(0, T0 + 90 * SECOND, 101, 0, 2, 0, 2),
                   rig_trade(0, T0 + 400 * SECOND, 102, 0, 4, 0, 3) };
    wick_mark open = mark(WICK_MARK_OPEN, 0, 1, T0),
              alive = mark(WICK_MARK_ALIVE, WICK_NO_MARKET, 1, T0 + 500 * SECOND);
    record *log[2] = { rig_record(t, 2, &open, 1), rig_record(t + 2, 1, &alive, 1) };
    wick_candle *c;

    (void)state;
    rig_live(&r);
    r.bus->log = log;
    r.bus->count = 2;
    fake_pump(r.bus, 1);
    rig_drain(&r);
    wick_stage_close(r.agg);
    assert_int_equal(wick_agg_open(r.w, "intervals=5m\n", 0, &r.agg), WICK_OK);
    assert_int_equal(wick_link(r.w, &r.bus->stage, r.agg), WICK_OK);
    assert_int_equal(wick_link(r.w, r.agg, &r.store->stage), WICK_OK);
    r.bus->at = 1;
    fake_pump(r.bus, 2);
    rig_drain(&r);
    assert_non_null(c = fake_find(r.store, 0, (uint32_t)wick_interval("5m", 2), T0));
    assert_int_equal(c->trades, 2);
    assert_int_equal(c->volume_lo, 3);
    drop(log, 2);
    rig_close(&r);
}

static void late_trades_revise_the_candle_and_every_parent(void **state)
{
    rig r = rig_open("1m,5m,1h");
    wick_mark open = mark(WICK_MARK_OPEN, 0, 1, T0),
              alive = mark(WICK_MARK_ALIVE, WICK_NO_MARKET, 1, T0 + 7 * MINUTE);
    trade t[4] = { rig_trade(0, T0 + 10 * SECOND, 100, 0, 1, 0, 1),
                   rig_trade(0, T0 + 50 * SECOND, 105, 0, 1, 0, 2),
                   rig_trade(0, T0 + 30 * SECOND, 90, 0, 2, 0, 3),
                   rig_trade(0, T0 + 90 * SECOND, 200, 0, 5, 0, 4) };
    record *log[3];
    wick_candle *c;
    char text[64];

    (void)state;
    log[0] = rig_record(t, 2, &open, 1);
    log[1] = rig_record(NULL, 0, &alive, 1);
    log[2] = rig_record(t + 2, 2, NULL, 0);
    rig_live(&r);
    r.bus->log = log;
    r.bus->count = 3;
    fake_pump(r.bus, 2);
    rig_drain(&r);
    assert_non_null(c = fake_find(r.store, 0, (uint32_t)wick_interval("1m", 2), T0));
    assert_int_equal(c->flags, WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE);
    assert_int_equal(c->trades, 2);
    assert_int_equal(c->rev, 0);
    fake_pump(r.bus, 3);
    rig_drain(&r);
    assert_non_null(c = fake_find(r.store, 0, (uint32_t)wick_interval("1m", 2), T0));
    assert_int_equal(c->trades, 3);
    assert_int_equal(c->rev, 1);
    wick_candle_text(c, WICK_F_LOW, text, sizeof text);
    assert_string_equal(text, "90");
    wick_candle_text(c, WICK_F_CLOSE, text, sizeof text);
    assert_string_equal(text, "105");
    assert_non_null(c = fake_find(r.store, 0, (uint32_t)wick_interval("1m", 2), T0 + MINUTE));
    assert_int_equal(c->flags, WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE);
    assert_non_null(c = fake_find(r.store, 0, (uint32_t)wick_interval("5m", 2), T0));
    assert_int_equal(c->trades, 4);
    assert_int_equal(c->rev, 1);
    wick_candle_text(c, WICK_F_VOLUME, text, sizeof text);
    assert_string_equal(text, "9");
    assert_null(fake_find(r.store, 0, (uint32_t)wick_interval("1h", 2), T0));
    assert_int_equal(wick_stage_stat(r.agg, "late"), 2);
    drop(log, 3);
    rig_close(&r);
}

static void what_cannot_be_folded_goes_to_quarantine_with_its_reason(void **state)
{
    static const char *const WANT[] = { "bad-price",           "bad-qty", "bad-time", "future",
                                        "late-beyond-horizon", "overflow" };
    rig r = rig_open("1m");
    int64_t now = T0 + 100 * 86400 * SECOND;
    trade t[8] = { rig_trade(0, now, 0, 0, 1, 0, 1),
                   rig_trade(0, now, 1, 0, -1, 0, 2),
                   rig_trade(0, -1, 1, 0, 1, 0, 3),
                   rig_trade(0, now + 11 * SECOND, 1, 0, 1, 0, 4),
                   rig_trade(0, now, 1, 0, 1, 0, 5),
                   rig_trade(0, now + 1, 1, 0, 1, 0, 6),
                   rig_trade(0, now - 2 * 86400 * SECOND, 1, 0, 1, 0, 7),
                   rig_trade(0, now, INT64_MAX / 10 * 10 + 1, 120, INT64_MAX / 10 * 10 + 1, 120,
                             8) };
    record *log[1] = { rig_record(t, 8, NULL, 0) };

    (void)state;
    log[0]->b.recv_ns = now;
    rig_live(&r);
    r.bus->log = log;
    r.bus->count = 1;
    fake_pump(r.bus, 1);
    rig_drain(&r);
    assert_int_equal(r.store->refusals, 6);
    for (uint32_t i = 0; i < 6; i++)
        assert_string_equal(r.store->reasons[i], WANT[i]);
    assert_int_equal(r.store->row_count, 1);
    assert_int_equal(r.store->rows[0].trades, 2);
    drop(log, 1);
    rig_close(&r);
}

static void a_full_store_holds_the_line_and_loses_nothing(void **state)
{
    enum { N = 1000 };
    rig r = rig_open("1m");
    trade *t = calloc(N, sizeof *t);
    wick_batch b;
    record *log[1];
    uint32_t pushed = 0;

    (void)state;
    for (uint32_t i = 0; i < N; i++)
        t[i] = rig_trade(0, T0 + i, 5, 0, 1, 0, i + 1);
    log[0] = rig_record(t, N, NULL, 0);
    rig_live(&r);
    r.store->hold = 1;
    for (b = log[0]->b; pushed < 2000; pushed++) {
        b.offset = pushed + 1;
        if (stage_push(&r.bus->stage, &b) == WICK_E_AGAIN)
            break;
    }
    assert_int_equal(pushed, 2 * AGG_TICKS / N);        /* one commit waits, a second is full */
    r.store->hold = 0;
    rig_drain(&r);
    assert_int_equal(stage_push(&r.bus->stage, &b), WICK_OK);
    rig_drain(&r);
    assert_int_equal(r.store->rows[0].trades, N);       /* the same thousand, again and again */
    drop(log, 1);
    free(t);
    rig_close(&r);
}

/* ---- memory that fails ---- */

typedef struct scarce { int64_t left; int hit; } scarce;

static void *scarce_resize(void *user, void *old, size_t size)
{
    scarce *s = user;

    if (size == 0) {
        free(old);
        return NULL;
    }
    if (s->left > 0 && --s->left == 0) {
        s->hit = 1;
        return NULL;
    }
    return realloc(old, size);
}

/* A replay in which the nth allocation fails ends with a status, or as if nothing had happened. */
static int replay_with(scarce *s, record **log, uint32_t count, int64_t nth)
{
    wick_host host = { .user = s, .resize = scarce_resize };
    wick_stage *stage = NULL;
    wick_event ev[8];
    wick *w;
    int rc, n;

    s->left = s->hit = 0;
    assert_int_equal(wick_open_host(NULL, &host, &w), WICK_OK);
    wick_market(w, "Test:AAA-USD", 12);
    wick_market(w, "Test:BBB-USD", 12);
    s->left = nth;
    rc = wick_agg_open(w, "replay=1\npartial=1\n", 0, &stage);
    for (uint32_t i = 0; i < count && rc == WICK_OK; i++)
        rc = stage->ops->take(stage, &log[i]->b);
    if (rc == WICK_OK)
        rc = wick_agg_finish(stage, 5);
    for (int done = 0; rc == WICK_OK && !done;) {
        n = wick_poll(w, ev, 8, 1000);
        assert_true(n >= 0 || s->hit);
        for (int i = 0; i < n; i++)
            done |= ev[i].kind == WICK_EV_DONE;
        done |= s->hit;                         /* the event itself may be what found no room */
    }
    s->left = 0;
    wick_stage_close(stage);
    wick_close(w);
    return s->hit;
}

static void memory_that_runs_out_anywhere_leaves_nothing_behind(void **state)
{
    enum { N = 300 };
    trade *t = rig_trades(N, 0, 2, 3600 * SECOND);
    record **log = calloc(N, sizeof *log);
    uint32_t count = cut(t, N, 30, log);
    int64_t nth = 1;
    scarce s;

    (void)state;
    while (replay_with(&s, log, count, nth))
        nth++;
    assert_true(nth > 20);
    drop(log, count);
    free(log);
    free(t);
}

static void memory_that_runs_out_in_the_live_line_leaves_nothing_behind(void **state)
{
    enum { N = 300 };
    trade *t = rig_trades(N, 0, 2, 3600 * SECOND);
    record **log = calloc(N + 2, sizeof *log);
    uint32_t count = live_log(t, N, log);
    int64_t nth = 1;
    scarce s = { 0, 1 };

    (void)state;
    for (; s.hit; nth++) {
        wick_host host = { .user = &s, .resize = scarce_resize };
        fake_bus *bus;
        fake_store *store;
        wick_stage *stage = NULL;
        wick *w;
        int rc;
        s = (scarce){ 0, 0 };
        assert_int_equal(wick_open_host(NULL, &host, &w), WICK_OK);
        wick_market(w, "Test:AAA-USD", 12);
        wick_market(w, "Test:BBB-USD", 12);
        bus = stage_new(w, &FAKE_BUS, sizeof *bus, 0, NULL);
        store = stage_new(w, &FAKE_STORE, sizeof *store, 0, NULL);
        s.left = nth;
        rc = wick_agg_open(w, NULL, 0, &stage);
        s.left = rc < 0 ? 0 : s.left;
        if (rc == WICK_OK) {
            int64_t left = s.left;
            s.left = 0;                         /* links and the fake store are not what is tried */
            wick_link(w, &bus->stage, stage);
            wick_link(w, stage, &store->stage);
            s.left = left;
        }
        for (uint32_t i = 0; i < count && rc == WICK_OK; i++) {
            wick_batch b = log[i]->b;
            b.offset = fake_offset(i);
            rc = stage->ops->take(stage, &b);
            if (i % 40 == 39 && rc == WICK_OK)
                wick_stage_drain(stage, 1);
        }
        s.left = 0;
        wick_stage_close(stage);
        wick_stage_close(&bus->stage);
        wick_stage_close(&store->stage);
        wick_close(w);
    }
    assert_true(nth > 50);
    drop(log, count);
    free(log);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_gives_what_the_plain_model_gives),
        cmocka_unit_test(the_first_candle_behind_an_uncovered_span_has_no_previous_close),
        cmocka_unit_test(any_order_duplication_and_batching_gives_the_same_bytes),
        cmocka_unit_test(the_live_line_gives_what_a_replay_gives),
        cmocka_unit_test(a_restart_anywhere_gives_the_same_rows),
        cmocka_unit_test(what_a_new_subscription_repeats_is_known_after_a_restart),
        cmocka_unit_test(trades_of_a_log_that_is_gone_are_not_counted_again),
        cmocka_unit_test(
            a_late_trade_of_a_time_that_a_lost_log_told_of_makes_its_bucket_incomplete),
        cmocka_unit_test(a_number_over_all_of_a_lost_log_is_a_new_trade),
        cmocka_unit_test(a_coarser_base_takes_over_what_was_open_in_the_finer_one),
        cmocka_unit_test(late_trades_revise_the_candle_and_every_parent),
        cmocka_unit_test(what_cannot_be_folded_goes_to_quarantine_with_its_reason),
        cmocka_unit_test(a_full_store_holds_the_line_and_loses_nothing),
        cmocka_unit_test(memory_that_runs_out_anywhere_leaves_nothing_behind),
        cmocka_unit_test(memory_that_runs_out_in_the_live_line_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
