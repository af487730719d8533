/* SPDX-License-Identifier: Apache-2.0
 * Recordings that go on where the log ends: cut anywhere and read again, every trade comes once. Behind
 * the source stands a log that keeps what it was told, or the real one.
 * lint: allow column lines of recordings and plans */
#include "source_rig.h"
#include "../../src/core/place.h"

#define PLAN HEAD_PLAN TRADE_PLAN CSV_PLAN

static const char *path;

/* ---- a log that is cut ---- */

enum { TRADES_MAX = 60000, PLACES_MAX = 64 };

static struct {                                     /* what lasts over the cuts */
    uint8_t  count[TRADES_MAX];                     /* of each id */
    uint64_t ticks, doubled;
    int64_t  last_ns;
    int      descending;
    wick_mark places[PLACES_MAX];
    char     markets[PLACES_MAX][32];
    uint32_t place_count;
} had;

typedef struct cut_log { wick_stage base; uint32_t takes, max; } cut_log;

static wick_mark *place_at(uint64_t conn, const char *market)
{
    for (uint32_t i = 0; i < had.place_count; i++)
        if (had.places[i].conn == conn && strcmp(had.markets[i], market) == 0)
            return &had.places[i];
    return NULL;
}

static void remember(const wick_mark *m)
{
    wick_mark *at = place_at(m->conn, wick_market_name(w, m->market));

    if (!at) {
        assert_true(had.place_count < PLACES_MAX);
        snprintf(had.markets[had.place_count], 32, "%s", wick_market_name(w, m->market));
        at = &had.places[had.place_count++];
    }
    *at = *m;
}

static int cut_take(wick_stage *s, const wick_batch *b)
{
    cut_log *k = (cut_log *)s;

    if (b->tick_count && k->takes == k->max)
        return WICK_E_AGAIN;                        /* for good */
    k->takes += b->tick_count > 0;
    for (uint32_t i = 0; i < b->tick_count; i++) {
        const wick_tick *t = &b->ticks[i];

        assert_true(t->id_len > 0 && t->id_at + t->id_len <= b->byte_count);
        assert_true(t->id_key < TRADES_MAX);
        had.doubled += had.count[t->id_key]++ > 0;
        had.descending |= t->time_ns < had.last_ns;
        had.last_ns = t->time_ns;
        had.ticks++;
    }
    for (uint32_t i = 0; i < b->mark_count; i++)
        if (b->marks[i].kind == WICK_MARK_PLACE)
            remember(&b->marks[i]);
    return WICK_OK;
}

static void cut_place(wick_stage *s, wick_mark *m)
{
    const wick_mark *at = place_at(m->conn, wick_market_name(s->w, m->market));

    m->from_ns = at ? at->from_ns : INT64_MIN;
    m->repeats = at ? at->repeats : 0;
}

static void cut_close(wick_stage *s) { (void)s; }
static const stage_ops CUT = {.kind = "bus", .take = cut_take, .place = cut_place, .close = cut_close};

/* Read the file into the log, which ends after `max` batches with trades. 1: all of it was read. */
static int play(uint32_t max, int *status)
{
    wick_event ev;
    wick_stage *s;
    cut_log *k;
    int ended = 0;

    rig_open(NULL, NULL);
    s = source_at(PLAN, "file:", path, "place=test\nfollow=1\n");
    k = stage_new(w, &CUT, sizeof *k, 0, SINK_STATS);
    k->max = max;
    assert_int_equal(wick_link(w, s, &k->base), WICK_OK);
    for (int turn = 0; turn < 200000 && !ended && wick_stage_stat(s, "held") != 1; turn++)
        ended = event(&ev) == WICK_EV_END;
    *status = ended ? ev.status : *status;
    rig_shut();
    return ended;
}

/* Cut it after every `step` batches until all of it was read: `trades` came, each once. */
static void expect_all(uint32_t step, uint64_t trades)
{
    int status = WICK_OK, cuts = 0;

    memset(&had, 0, sizeof had);
    while (!play(step, &status))
        assert_true(cuts++ < 5000);
    assert_int_equal(status, WICK_OK);
    assert_int_equal(had.ticks, trades);
    assert_int_equal(had.doubled, 0);
    assert_true(play(1000, &status));   /* and once more: nothing is new */
    assert_int_equal(had.ticks, trades);
}

static FILE *make(const char *name)
{
    FILE *f = fopen(path = rig_path(name), "wb");

    assert_non_null(f);
    return f;
}

/* ---- rows ---- */

static void rows(FILE *f, const char *symbol, int from, int count, int every)
{
    for (int i = 0; i < count; i++)
        fprintf(f, "%s,%d,1.5,2,%d\n", symbol, 1000 + i / every, from + i);
}

/* Three symbols one after another, many of one time: a grouped file as exchanges give them. */
static void rows_grouped_by_symbol_come_by_time_and_once(void **state)
{
    FILE *f = make("grouped.csv");

    (void)state;
    fputs("symbol,time,price,qty,id\n", f);
    rows(f, "A", 0, 20000, 1);
    rows(f, "B", 20000, 20000, 7);
    rows(f, "C", 40000, 15000, 20000);              /* all at one time */
    fclose(f);
    expect_all(1, 55000);
    assert_int_equal(had.descending, 0);
    expect_all(1000, 55000);
    assert_int_equal(had.descending, 0);
}

static void rows_in_no_order_come_by_time_and_once(void **state)
{
    FILE *f = make("mixed.csv");

    (void)state;
    fputs("symbol,time,price,qty,id\n", f);
    for (int i = 0; i < 30000; i++)
        fprintf(f, "%c,%d,1.5,2,%d\n", 'A' + i % 3, 1000 + i * 7919 % 30000 / 10, i);
    fclose(f);
    expect_all(1, 30000);
    assert_int_equal(had.descending, 0);
}

static void a_pile_keeps_the_order_of_equals(void **state)
{
    wick_tick t[6] = {{.time_ns = 5}, {.time_ns = 7}, {.time_ns = 5}, {.time_ns = 6}, {.time_ns = 5}, {.time_ns = 1}};
    static const uint32_t order[6] = {5, 0, 2, 4, 3, 1};
    wick_batch b = {.ticks = t, .tick_count = 6, .bytes = (const uint8_t *)"abcdef", .byte_count = 6}, out;
    pile p;

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        t[i].nth = (uint16_t)i;
        t[i].id_at = i;
        t[i].id_len = 1;
    }
    rig_open(NULL, NULL);
    pile_init(&p, w);
    assert_int_equal(pile_add(&p, &b), WICK_OK);
    assert_int_equal(pile_end(&p), WICK_OK);
    assert_int_equal(pile_next(&p, &out), 1);
    assert_int_equal(out.tick_count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(out.ticks[i].nth, order[i]);
        assert_int_equal(out.bytes[out.ticks[i].id_at], "abcdef"[order[i]]);
    }
    assert_int_equal(pile_next(&p, &out), 0);
    p.max = 6 * (sizeof *t + 8) + 5;                 /* a byte too few */
    p.tick_count = 0;
    p.ids.size = 0;
    assert_int_equal(pile_add(&p, &b), WICK_E_AGAIN);
    pile_fini(&p);
}

static void rows_over_the_bound_are_told_with_it(void **state)
{
    FILE *f = make("large.csv");
    wick_event ev;
    wick_stage *s;

    (void)state;
    fputs("symbol,time,price,qty,id\n", f);
    rows(f, "A", 0, 50000, 1);
    fclose(f);
    rig_open(NULL, NULL);
    s = source_at(PLAN, "file:", path, "follow=1\n");
    ((source *)s)->pile.max = 1 << 20;
    assert_int_equal(event_end(&ev, 20000), WICK_EV_END);
    assert_int_equal(ev.status, WICK_E_DATA);
    assert_non_null(strstr(ev.data, "over 1 MiB"));
}

/* ---- frames ---- */

/* Two connections that take turns; times of trades fall back and run ahead of their receipt. */
static void frames_come_once_whatever_their_trades_times(void **state)
{
    FILE *f = make("a.jsonl");

    (void)state;
    for (int i = 0; i < 300; i++)
        fprintf(f, "{\"t\":\"recv\",\"conn\":\"c%d\",\"ts\":%d.%d,\"data\":\"{\\\"e\\\":\\\"t\\\",\\\"s\\\":\\\"%c\\\","
                "\\\"t\\\":%d,\\\"p\\\":\\\"1\\\",\\\"q\\\":\\\"1\\\",\\\"i\\\":%d}\"}\n", i % 2, 100 + i / 40, i / 4 % 10,
                'A' + i % 3, 100000 + i / 4 * 100 + i * 7919 % 900 - 300, i);
    fclose(f);
    expect_all(1, 300);
    expect_all(2, 300);
    expect_all(7, 300);
}

/* ---- the real log ---- */

/* The file twice into the log: how many ticks that made. */
static int64_t log_into(const char *url, const char *options)
{
    wick_stage *s, *bus;
    int64_t ticks;

    rig_open(NULL, NULL);
    if (wick_bus_open(w, url, 5, &bus) < 0)
        fail_msg("%s", wick_error(w));
    for (int round = 0; round < 2; round++) {
        s = source_at(PLAN, "file:", path, options);
        assert_int_equal(wick_link(w, s, bus), WICK_OK);
        assert_int_equal(rig_await(WICK_EV_END, 3).status, WICK_OK);
        wick_stage_close(s);
    }
    assert_int_equal(wick_stage_drain(bus, 6), WICK_OK);
    rig_await(WICK_EV_DRAINED, 6);
    ticks = wick_stage_stat(bus, "ticks");
    rig_shut();
    return ticks;
}

static void a_log_answers_how_far_it_was_told_over_restarts(void **state)
{
    FILE *f = make("b.csv");

    (void)state;
    fputs("symbol,time,price,qty,id\n", f);
    rows(f, "A", 0, 9000, 2);
    rows(f, "B", 9000, 9000, 3);
    fclose(f);
    assert_int_equal(log_into("memory:", "place=test\nfollow=1\n"), 18000);
    assert_int_equal(log_into("memory:", "follow=1\n"), 36000); /* nobody asked to go on */
    assert_int_equal(log_into("sqlite:log.db", "place=test\nfollow=1\n"), 18000);
    assert_int_equal(log_into("sqlite:log.db", "place=test\nfollow=1\n"), 0);
    assert_int_equal(log_into("sqlite:log.db", "place=other\nfollow=1\n"), 18000);
    f = fopen(path, "ab");                          /* it has grown, in front and behind */
    rows(f, "C", 18000, 100, 1);
    rows(f, "A", 18100, 1, 1);
    fputs("A,9999999,1.5,2,18101\n", f);
    fclose(f);
    assert_int_equal(log_into("sqlite:log.db", "place=test\nfollow=1\n"), 101); /* behind where A stood: only what is newer */
}

static void a_log_tells_the_newest_time_of_a_live_source(void **state)
{
    wick_tick t = {.time_ns = 1700000000000 * MS, .price = 1, .qty = 1, .trades = 1};
    wick_mark m = {.kind = WICK_MARK_PLACE, .market = WICK_NO_MARKET, .conn = place_key("sim", 3, 0), .at = 1,
                   .from_ns = t.time_ns, .repeats = 1, .source = WICK_NO_MARKET};
    wick_batch b = {.ticks = &t, .tick_count = 1, .marks = &m, .mark_count = 1, .recv_ns = t.time_ns};
    wick_stage *bus;

    (void)state;
    for (int round = 0; round < 2; round++) {
        rig_open(NULL, NULL);
        assert_int_equal(wick_bus_open(w, "sqlite:placed.db", 5, &bus), WICK_OK);
        t.market = rig_market("V:A-B");
        assert_int_equal(wick_bus_last_ms(bus, "sim"), round ? 1700000000000 : 0);
        assert_int_equal(bus->ops->take(bus, &b), WICK_OK);
        assert_int_equal(wick_bus_last_ms(bus, "sim"), 1700000000000);
        assert_int_equal(wick_bus_last_ms(bus, "other"), 0);
        rig_shut();
    }
    assert_int_equal(wick_bus_last_ms(NULL, "sim"), WICK_E_ARG);
}

/* ---- memory that ends ---- */

static void every_allocation_may_fail(void **state)
{
    FILE *f = make("few.csv");
    char url[128];

    (void)state;
    fputs("symbol,time,price,qty,id\nA,5,1,1,1\nB,3,1,1,2\nA,1,1,1,3\n", f);
    fclose(f);
    snprintf(url, sizeof url, "file:%s", path);
    for (int n = 0; n < 150; n++) {
        wick_event ev;
        wick_stage *s = NULL, *bus;
        wick_feed *feed;

        rig_open(&RIG_HOST, NULL);
        feed = feed_of(PLAN);
        assert_int_equal(wick_bus_open(w, "memory:", 5, &bus), WICK_OK);
        shortage = (struct rig_shortage){.left = n, .on = 1, .once = 1};
        if (wick_source_open(w, feed, url, "place=test\nfollow=1\n", 1, &s) == WICK_OK) {
            assert_int_equal(wick_link(w, s, bus), WICK_OK);
            if (event_end(&ev, 200) == WICK_EV_END && ev.status == WICK_OK)
                assert_int_equal(wick_stage_stat(s, "trades") + wick_stage_stat(s, "refused"), 3);
        }
        shortage.on = 0;
        wick_feed_unref(feed);
        rig_shut();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(rows_grouped_by_symbol_come_by_time_and_once),
        RIG_TEST(rows_in_no_order_come_by_time_and_once),
        RIG_TEST(a_pile_keeps_the_order_of_equals),
        RIG_TEST(rows_over_the_bound_are_told_with_it),
        RIG_TEST(frames_come_once_whatever_their_trades_times),
        RIG_TEST(a_log_answers_how_far_it_was_told_over_restarts),
        RIG_TEST(a_log_tells_the_newest_time_of_a_live_source),
        RIG_TEST(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
