/* SPDX-License-Identifier: Apache-2.0
 * Marks of one connection: lag, confirmations before, behind and without repeated trades,
 * quiet markets, feeds that run behind, reconnects, stalls. Times are in ms. */
#include "source_rig.h"

typedef struct ear {
    hearing h;
    marks   m;
    wick   *w;
    char    text[4096];
} ear;

static int64_t known_since;

static int64_t since(void *user, uint32_t market, int sure)
{
    (void)user;
    (void)market;
    return sure ? 0 : known_since * MS;
}

static void ear_open(ear *e, uint32_t repeats, int confirms)
{
    memset(e, 0, sizeof *e);
    assert_int_equal(wick_open(NULL, &e->w), WICK_OK);
    hearing_init(&e->h, e->w, 7);
    e->h.repeats = repeats;
    e->h.confirms = confirms;
    e->m.w = e->w;
}

static void ear_close(ear *e)
{
    hearing_fini(&e->h);
    mem_free(e->w, e->m.list);
    wick_close(e->w);
}

static void trade(ear *e, uint32_t market, int64_t time, int64_t recv, uint32_t flags)
{
    wick_tick t = {.market = market, .time_ns = time * MS, .flags = flags};

    assert_int_equal(hearing_ticks(&e->h, &t, 0, 1, recv * MS, &e->m), WICK_OK);
}

static void confirm(ear *e, uint32_t market, int64_t recv)
{
    assert_int_equal(hearing_confirmed(&e->h, market, recv * MS, 0, &e->m), WICK_OK);
}

static void frame(ear *e, int64_t recv)
{
    assert_int_equal(hearing_frames(&e->h, recv * MS, 0, 0, &e->m), WICK_OK);
}

static void expect(ear *e, const char *text)
{
    static const char *const names[] = {"", "open", "alive", "gap", "close"};
    size_t n = 0;

    e->text[0] = '\0';
    for (uint32_t i = 0; i < e->m.count; i++) {
        const wick_mark *m = &e->m.list[i];

        assert_int_equal(m->conn, 7);
        int64_t ns = m->kind == WICK_MARK_OPEN ? m->from_ns : m->to_ns;
        int begun = ns == INT64_MAX;

        n += (size_t)snprintf(e->text + n, sizeof e->text - n, "%s%s", n ? " " : "",
                              begun ? "begun" : names[m->kind]);
        if (m->market != WICK_NO_MARKET)
            n += (size_t)snprintf(e->text + n, sizeof e->text - n, " %u", m->market);
        if (!begun)
            n += (size_t)snprintf(e->text + n, sizeof e->text - n, " %lld", (long long)(ns / MS));
    }
    assert_string_equal(e->text, text);
    e->m.count = 0;
}

/* The owner is named once, and nothing is claimed. */
static void what_another_source_speaks_for_is_not_covered(void **state)
{
    char lines[] = "market=x\nowner=kraken=V:A-B\nowner=other=V:";
    owners o;
    ear e;

    (void)state;
    ear_open(&e, 3, 1);
    o = (owners){.w = e.w, .options = lines};
    uint32_t mine = (uint32_t)wick_market(e.w, "V:A-B", 5);
    uint32_t theirs = (uint32_t)wick_market(e.w, "V:C-D", 5);
    o.self = e.h.source = (uint32_t)wick_market(e.w, "kraken", 6);
    e.h.owners = &o;
    assert_int_equal(owners_other(&o, mine), WICK_NO_MARKET);
    assert_int_equal(owners_other(&o, theirs), wick_market(e.w, "other", 5));
    assert_int_equal(owners_other(&o, (uint32_t)wick_market(e.w, "W:A-B", 5)), WICK_NO_MARKET);
    confirm(&e, theirs, 99000);
    trade(&e, theirs, 98000, 99100, 0);
    assert_int_equal(e.m.count, 1);
    assert_int_equal(e.m.list->kind, WICK_MARK_SOURCE);
    assert_int_equal(e.m.list->source, wick_market(e.w, "other", 5));
    e.m.count = 0;
    for (int i = 1; i < 20; i++)
        trade(&e, theirs, 98000 + i, 99100 + i, 0);
    frame(&e, 110000);
    assert_int_equal(hearing_left(&e.h, theirs, 0, &e.m), WICK_OK);
    assert_int_equal(hearing_close(&e.h, 0, &e.m), WICK_OK);
    expect(&e, "");
    ear_close(&e);
}

static void opens_at_the_newest_repeated_trade_when_the_confirmation_is_behind_them(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 3, 1);
    trade(&e, 1, 99000, 100000, 0);
    trade(&e, 1, 99500, 100000, 0);
    trade(&e, 1, 99700, 100000, 0);
    frame(&e, 100000);
    expect(&e, "begun 1");
    confirm(&e, 1, 100020);
    expect(&e, "open 1 99720");
    frame(&e, 100020);
    expect(&e, "alive 99720");
    ear_close(&e);
}

static void opens_with_the_burst_when_the_confirmation_is_in_front(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 3, 1);
    confirm(&e, 1, 100000);
    expect(&e, "");
    trade(&e, 1, 99000, 100010, 0);
    trade(&e, 1, 99700, 100010, 0);
    expect(&e, "begun 1");                      /* nothing tells how many of them are repeated */
    frame(&e, 100010);
    expect(&e, "open 1 99690 alive 99700");
    ear_close(&e);
}

static void a_live_trade_opens_every_market_that_waits(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 1);
    confirm(&e, 1, 100000);
    confirm(&e, 2, 100100);
    frame(&e, 105000);
    expect(&e, "");
    trade(&e, 2, 106950, 107000, 0);
    expect(&e, "open 1 99950 open 2 100050");
    ear_close(&e);
}

static void a_day_old_repeated_trade_is_no_lag_for_another_market(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 2, 1);
    trade(&e, 1, 1000, 86401000, 0);
    confirm(&e, 1, 86401000);
    expect(&e, "begun 1 open 1 1000");
    confirm(&e, 2, 86401000);
    frame(&e, 86402000);
    expect(&e, "alive 2000");                   /* market 2 waits: nothing tells its lag */
    trade(&e, 2, 86402900, 86403000, 0);
    trade(&e, 2, 86402950, 86403000, 0);
    frame(&e, 86403000);                        /* these two may be repeated ones: still proven */
    expect(&e, "begun 2 open 2 86400950 alive 86402950");
    ear_close(&e);
}

/* A feed that runs an hour behind and catches up: the lag at each moment counts. */
static void a_feed_that_lags_is_covered_in_its_own_time(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 1);
    confirm(&e, 1, 7200000);
    frame(&e, 7200500);
    expect(&e, "");
    trade(&e, 1, 3600010, 7200510, 0);
    frame(&e, 7200510);
    expect(&e, "open 1 3599500 alive 3600010");
    for (int i = 0; i < 200; i++)
        trade(&e, 1, 3601000 + i * 1000, 7200600, 0);
    frame(&e, 7201600);
    expect(&e, "alive 3801000");
    ear_close(&e);
}

static void alive_comes_at_most_once_a_second_and_ascends(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 1);
    confirm(&e, 1, 1000);
    trade(&e, 1, 1090, 1100, 0);
    for (int64_t t = 1100; t < 3200; t += 100)
        frame(&e, t);
    expect(&e, "open 1 990 alive 1090 alive 2090 alive 3090");
    for (int i = 0; i < 100; i++)
        trade(&e, 1, 3000, 4200, 0);
    frame(&e, 4200);                            /* the lag has grown: nothing new is known */
    expect(&e, "");
    ear_close(&e);
}

static void a_quiet_connection_uses_the_small_lag_of_the_one_before(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 1);
    e.h.carried_ns = 50 * MS;
    confirm(&e, 1, 100000);
    frame(&e, 109000);
    expect(&e, "");
    frame(&e, 110001);
    expect(&e, "open 1 99950 alive 109951");
    ear_close(&e);
}

static void a_great_lag_is_not_carried_over(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 1);
    e.h.carried_ns = 3600000 * MS;
    confirm(&e, 1, 100000);
    frame(&e, 200000);
    expect(&e, "");
    assert_int_equal(hearing_close(&e.h, 0, &e.m), WICK_OK);
    expect(&e, "");
    ear_close(&e);
}

static void close_covers_up_to_the_last_frame_less_the_lag(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 1);
    confirm(&e, 1, 1000);
    trade(&e, 1, 1950, 2000, 0);
    frame(&e, 2500);
    expect(&e, "open 1 950 alive 2450");
    frame(&e, 3000);
    assert_int_equal(hearing_close(&e.h, 0, &e.m), WICK_OK);
    expect(&e, "close 2950");
    ear_close(&e);
}

static void what_waited_in_the_socket_is_taken_for_older(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 1);
    confirm(&e, 1, 1000);
    trade(&e, 1, 1100, 1150, 0);
    frame(&e, 1150);
    expect(&e, "open 1 950 alive 1100");
    lag_stalled(&e.h.lag, 5000 * MS);
    frame(&e, 6500);
    expect(&e, "alive 1450");
    ear_close(&e);
}

static void leaving_closes_one_market_and_it_can_come_back(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 1, 1);
    trade(&e, 1, 900, 1000, 0);
    confirm(&e, 1, 1000);
    trade(&e, 2, 950, 1000, 0);
    confirm(&e, 2, 1000);
    expect(&e, "begun 1 open 1 900 begun 2 open 2 950");
    trade(&e, 2, 1950, 2000, 0);
    frame(&e, 2000);
    assert_int_equal(hearing_left(&e.h, 1, 0, &e.m), WICK_OK);
    expect(&e, "alive 1950 close 1 1950");
    trade(&e, 1, 2000, 2100, 0);                /* a straggler opens nothing */
    confirm(&e, 1, 5000);
    expect(&e, "open 1 4950");
    ear_close(&e);
}

/* No confirmations and nobody who says "subscribed": covered from the first trade on, not
 * before. */
static void without_any_confirmation_the_first_trade_opens(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 0);
    trade(&e, 1, 500, 2000, WICK_TICK_SNAPSHOT);
    expect(&e, "begun 1");
    trade(&e, 1, 1900, 2000, 0);
    expect(&e, "open 1 1900");
    ear_close(&e);
}

static void a_confirmation_that_never_comes_is_given_up_after_a_while(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 2, 1);
    trade(&e, 1, 900, 1000, 0);
    trade(&e, 1, 950, 1000, 0);
    trade(&e, 1, 1900, 2000, 0);
    frame(&e, 2000);
    expect(&e, "begun 1");
    trade(&e, 1, 11900, 12000, 0);
    expect(&e, "open 1 11900");
    ear_close(&e);
}

static void a_recording_without_confirmations_is_covered_since_it_subscribed(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 0);
    e.h.since = since;
    known_since = 100;
    trade(&e, 1, 2900, 3000, 0);
    expect(&e, "open 1 0");
    trade(&e, 2, 2950, 3000, WICK_TICK_SNAPSHOT);   /* known lag: opens at once */
    frame(&e, 3000);
    expect(&e, "begun 2 open 2 50 alive 2900");
    ear_close(&e);
}

static void snapshots_alone_are_covered_behind_the_newest_of_them(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 0);
    e.h.since = since;
    known_since = 10000;
    trade(&e, 1, 4000, 10500, WICK_TICK_SNAPSHOT);
    trade(&e, 1, 6000, 10500, WICK_TICK_SNAPSHOT);
    frame(&e, 10500);
    expect(&e, "begun 1 open 1 5500 alive 6000");
    frame(&e, 40000);
    assert_int_equal(hearing_close(&e.h, 0, &e.m), WICK_OK);
    expect(&e, "alive 35500 close 35500");
    ear_close(&e);
}

/* 50 trades of lag 0, then a read that stood in the socket for 5 s: it is not alive up to now. */
static void a_backlog_is_not_taken_for_the_newest(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 1);
    confirm(&e, 1, 1000);
    for (int i = 0; i < 50; i++)
        trade(&e, 1, 1000 + i, 1000 + i, 0);
    frame(&e, 1050);
    expect(&e, "open 1 1000 alive 1050");
    trade(&e, 1, 1060, 6000, 0);
    trade(&e, 1, 1070, 6000, 0);
    frame(&e, 6000);
    expect(&e, "alive 1070");
    assert_int_equal(hearing_frames(&e.h, 8000 * MS, 1, 0, &e.m), WICK_OK);
    expect(&e, "");                             /* more of that time follows */
    frame(&e, 8001);
    expect(&e, "alive 8001");
    ear_close(&e);
}

static void many_markets_are_kept_apart(void **state)
{
    ear e;

    (void)state;
    ear_open(&e, 0, 1);
    for (uint32_t m = 0; m < 5000; m++)
        confirm(&e, m * 7, 1000);
    assert_int_equal(e.m.count, 0);
    trade(&e, 35, 1090, 1100, 0);
    assert_int_equal(e.m.count, 5000);
    for (uint32_t i = 0; i < e.m.count; i++)
        assert_int_equal(e.m.list[i].from_ns, 990 * MS);
    ear_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_another_source_speaks_for_is_not_covered),
        cmocka_unit_test(opens_at_the_newest_repeated_trade_when_the_confirmation_is_behind_them),
        cmocka_unit_test(opens_with_the_burst_when_the_confirmation_is_in_front),
        cmocka_unit_test(a_live_trade_opens_every_market_that_waits),
        cmocka_unit_test(a_day_old_repeated_trade_is_no_lag_for_another_market),
        cmocka_unit_test(a_feed_that_lags_is_covered_in_its_own_time),
        cmocka_unit_test(alive_comes_at_most_once_a_second_and_ascends),
        cmocka_unit_test(a_quiet_connection_uses_the_small_lag_of_the_one_before),
        cmocka_unit_test(a_great_lag_is_not_carried_over),
        cmocka_unit_test(close_covers_up_to_the_last_frame_less_the_lag),
        cmocka_unit_test(what_waited_in_the_socket_is_taken_for_older),
        cmocka_unit_test(leaving_closes_one_market_and_it_can_come_back),
        cmocka_unit_test(without_any_confirmation_the_first_trade_opens),
        cmocka_unit_test(a_confirmation_that_never_comes_is_given_up_after_a_while),
        cmocka_unit_test(a_recording_without_confirmations_is_covered_since_it_subscribed),
        cmocka_unit_test(snapshots_alone_are_covered_behind_the_newest_of_them),
        cmocka_unit_test(a_backlog_is_not_taken_for_the_newest),
        cmocka_unit_test(many_markets_are_kept_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
