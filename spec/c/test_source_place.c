/* SPDX-License-Identifier: Apache-2.0
 * Recordings that go on where the log ends: cut anywhere and read again, every trade comes once. Behind
 * the source stands a log that keeps what it was told, or the real one.
 * lint: allow column lines of recordings and plans */
#include <unistd.h>

#include "source_rig.h"
#include "../../src/core/place.h"

#define PLAN HEAD_PLAN TRADE_PLAN CSV_PLAN

static char dir[] = "/tmp/wick-spec-XXXXXX";
static char path[64];

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

static void remember(wick *w, const wick_mark *m)
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
            remember(s->w, &b->marks[i]);
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
static int play(const char *options, uint32_t max, int *status, char *why)
{
    char url[128];
    wick_event ev = {0};
    wick_stage *s;
    wick_feed *f;
    cut_log *k;
    wick *w;
    int ended = 0;

    assert_int_equal(wick_open(NULL, &w), WICK_OK);
    f = feed_of(w, PLAN);
    snprintf(url, sizeof url, "file:%s", path);
    assert_int_equal(wick_source_open(w, f, url, options, 3, &s), WICK_OK);
    wick_feed_unref(f);
    k = stage_new(w, &CUT, sizeof *k, 0, SINK_STATS);
    k->max = max;
    assert_int_equal(wick_link(w, s, &k->base), WICK_OK);
    for (int turn = 0; turn < 200000 && !ended && wick_stage_stat(s, "held") != 1; turn++)
        if (wick_poll(w, &ev, 1, 0) == 1 && ev.kind == WICK_EV_END) {
            ended = 1;
            *status = ev.status;
            snprintf(why, 512, "%s", (const char *)ev.data);
        }
    wick_stage_close(s);
    wick_stage_close(&k->base);
    wick_close(w);
    return ended;
}

/* Cut it after every `step` batches until all of it was read: `trades` came, each once. */
static void expect_all(uint32_t step, uint64_t trades)
{
    char why[512];
    int status = WICK_OK, cuts = 0;

    memset(&had, 0, sizeof had);
    while (!play("place=test\nfollow=1\n", step, &status, why))
        assert_true(cuts++ < 5000);
    assert_int_equal(status, WICK_OK);
    assert_int_equal(had.ticks, trades);
    assert_int_equal(had.doubled, 0);
    assert_true(play("place=test\nfollow=1\n", 1000, &status, why));   /* and once more: nothing is new */
    assert_int_equal(had.ticks, trades);
}

static FILE *make(const char *name)
{
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "wb");
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
    wick *w;

    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        t[i].nth = (uint16_t)i;
        t[i].id_at = i;
        t[i].id_len = 1;
    }
    assert_int_equal(wick_open(NULL, &w), WICK_OK);
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
    wick_close(w);
}

static void rows_over_the_bound_are_told_with_it(void **state)
{
    char url[128], why[512] = "";
    wick_event ev = {0};
    wick_stage *s;
    wick_feed *f;
    FILE *file = make("large.csv");
    wick *w;

    (void)state;
    fputs("symbol,time,price,qty,id\n", file);
    rows(file, "A", 0, 50000, 1);
    fclose(file);
    assert_int_equal(wick_open(NULL, &w), WICK_OK);
    f = feed_of(w, PLAN);
    snprintf(url, sizeof url, "file:%s", path);
    assert_int_equal(wick_source_open(w, f, url, "follow=1\n", 3, &s), WICK_OK);
    ((source *)s)->pile.max = 1 << 20;
    for (int turn = 0; turn < 20000 && ev.kind != WICK_EV_END; turn++)
        if (wick_poll(w, &ev, 1, 0) == 1 && ev.kind == WICK_EV_END)
            snprintf(why, sizeof why, "%s", (const char *)ev.data);
    assert_int_equal(ev.status, WICK_E_DATA);
    assert_non_null(strstr(why, "over 1 MiB"));
    wick_stage_close(s);
    wick_feed_unref(f);
    wick_close(w);
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

static void log_into(const char *url, const char *options, int64_t *ticks)
{
    char file[128];
    wick_event ev = {0};
    wick_stage *s, *bus;
    wick_conf *c;
    wick_feed *f;
    wick *w;

    assert_int_equal(wick_conf_new(&c), WICK_OK);
    assert_int_equal(wick_conf_set(c, "data.dir", dir), WICK_OK);
    assert_int_equal(wick_open(c, &w), WICK_OK);
    wick_conf_free(c);
    f = feed_of(w, PLAN);
    if (wick_bus_open(w, url, 5, &bus) < 0)
        fail_msg("%s", wick_error(w));
    for (int round = 0; round < 2; round++) {
        snprintf(file, sizeof file, "file:%s", path);
        assert_int_equal(wick_source_open(w, f, file, options, 3, &s), WICK_OK);
        assert_int_equal(wick_link(w, s, bus), WICK_OK);
        while (ev.kind != WICK_EV_END)
            assert_true(wick_poll(w, &ev, 1, 5000) == 1);
        assert_int_equal(ev.status, WICK_OK);
        ev.kind = 0;
        wick_stage_close(s);
    }
    assert_int_equal(wick_stage_drain(bus, 6), WICK_OK);
    while (ev.kind != WICK_EV_DRAINED)
        assert_true(wick_poll(w, &ev, 1, 5000) == 1);
    *ticks = wick_stage_stat(bus, "ticks");
    wick_stage_close(bus);
    wick_feed_unref(f);
    wick_close(w);
}

static void a_log_answers_how_far_it_was_told_over_restarts(void **state)
{
    FILE *f = make("b.csv");
    int64_t ticks;

    (void)state;
    fputs("symbol,time,price,qty,id\n", f);
    rows(f, "A", 0, 9000, 2);
    rows(f, "B", 9000, 9000, 3);
    fclose(f);
    log_into("memory:", "place=test\nfollow=1\n", &ticks);
    assert_int_equal(ticks, 18000);
    log_into("memory:", "follow=1\n", &ticks);      /* nobody asked to go on */
    assert_int_equal(ticks, 36000);
    log_into("sqlite:log.db", "place=test\nfollow=1\n", &ticks);
    assert_int_equal(ticks, 18000);
    log_into("sqlite:log.db", "place=test\nfollow=1\n", &ticks);
    assert_int_equal(ticks, 0);
    log_into("sqlite:log.db", "place=other\nfollow=1\n", &ticks);
    assert_int_equal(ticks, 18000);
    f = fopen(path, "ab");                          /* it has grown, in front and behind */
    rows(f, "C", 18000, 100, 1);
    rows(f, "A", 18100, 1, 1);
    fputs("A,9999999,1.5,2,18101\n", f);
    fclose(f);
    log_into("sqlite:log.db", "place=test\nfollow=1\n", &ticks);
    assert_int_equal(ticks, 101);                   /* behind where A stood: only what is newer */
}

static void a_log_tells_the_newest_time_of_a_live_source(void **state)
{
    wick_tick t = {.time_ns = 1700000000000 * MS, .price = 1, .qty = 1, .trades = 1};
    wick_mark m = {.kind = WICK_MARK_PLACE, .market = WICK_NO_MARKET, .conn = place_key("sim", 3, 0), .at = 1,
                   .from_ns = t.time_ns, .repeats = 1, .source = WICK_NO_MARKET};
    wick_batch b = {.ticks = &t, .tick_count = 1, .marks = &m, .mark_count = 1, .recv_ns = t.time_ns};
    wick_stage *bus;
    wick_conf *c;
    wick *w;

    (void)state;
    assert_int_equal(wick_conf_new(&c), WICK_OK);
    assert_int_equal(wick_conf_set(c, "data.dir", dir), WICK_OK);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(wick_open(c, &w), WICK_OK);
        assert_int_equal(wick_bus_open(w, "sqlite:placed.db", 5, &bus), WICK_OK);
        t.market = (uint32_t)wick_market(w, "V:A-B", 5);
        assert_int_equal(wick_bus_last_ms(bus, "sim"), round ? 1700000000000 : 0);
        assert_int_equal(bus->ops->take(bus, &b), WICK_OK);
        assert_int_equal(wick_bus_last_ms(bus, "sim"), 1700000000000);
        assert_int_equal(wick_bus_last_ms(bus, "other"), 0);
        wick_stage_close(bus);
        wick_close(w);
    }
    assert_int_equal(wick_bus_last_ms(NULL, "sim"), WICK_E_ARG);
    wick_conf_free(c);
}

/* ---- memory that ends ---- */

static struct { int64_t left; } scarce;

static void *resize(void *user, void *old, size_t size)
{
    (void)user;
    if (!size) {
        free(old);
        return NULL;
    }
    if (scarce.left > 0 && --scarce.left == 0)
        return NULL;
    return realloc(old, size);
}

static void every_allocation_may_fail(void **state)
{
    FILE *f = make("few.csv");
    char url[128];

    (void)state;
    fputs("symbol,time,price,qty,id\nA,5,1,1,1\nB,3,1,1,2\nA,1,1,1,3\n", f);
    fclose(f);
    snprintf(url, sizeof url, "file:%s", path);
    for (int64_t n = 1; n < 150; n++) {
        wick_host host = {.resize = resize};
        wick_event ev = {0};
        wick_stage *s = NULL, *bus;
        wick_feed *feed;
        wick *w;

        scarce.left = 0;
        assert_int_equal(wick_open_host(NULL, &host, &w), WICK_OK);
        feed = feed_of(w, PLAN);
        assert_int_equal(wick_bus_open(w, "memory:", 5, &bus), WICK_OK);
        scarce.left = n;
        if (wick_source_open(w, feed, url, "place=test\nfollow=1\n", 1, &s) == WICK_OK) {
            assert_int_equal(wick_link(w, s, bus), WICK_OK);
            for (int turn = 0; turn < 200 && ev.kind != WICK_EV_END && ev.kind != WICK_EV_CLOSED; turn++)
                wick_poll(w, &ev, 1, 0);
            if (ev.kind == WICK_EV_END && ev.status == WICK_OK)
                assert_int_equal(wick_stage_stat(s, "trades") + wick_stage_stat(s, "refused"), 3);
            wick_stage_close(s);
        }
        scarce.left = 0;
        wick_feed_unref(feed);
        wick_stage_close(bus);
        wick_close(w);
    }
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_grouped_by_symbol_come_by_time_and_once),
        cmocka_unit_test(rows_in_no_order_come_by_time_and_once),
        cmocka_unit_test(a_pile_keeps_the_order_of_equals),
        cmocka_unit_test(rows_over_the_bound_are_told_with_it),
        cmocka_unit_test(frames_come_once_whatever_their_trades_times),
        cmocka_unit_test(a_log_answers_how_far_it_was_told_over_restarts),
        cmocka_unit_test(a_log_tells_the_newest_time_of_a_live_source),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
