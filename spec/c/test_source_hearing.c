/* SPDX-License-Identifier: Apache-2.0
 * Marks of one connection: lag, confirmations before, behind and without repeated trades,
 * quiet markets, feeds that run behind, reconnects, stalls. Times are in ms. */
#include "source_rig.h"

static struct {                                     /* of the running test */
    hearing h;
    marks   m;
    char    text[4096];
} e;

static int64_t known_since;

static int64_t since(void *user, uint32_t market, int sure)
{
    (void)user;
    (void)market;
    return sure ? 0 : known_since * MS;
}

static void begin(uint32_t repeats, int confirms)
{
    rig_open(NULL, NULL);
    memset(&e, 0, sizeof e);
    hearing_init(&e.h, w, 7);
    e.h.repeats = repeats;
    e.h.confirms = confirms;
    e.m.w = w;
}

static int end(void **state)
{
    hearing_fini(&e.h);
    mem_free(w, e.m.list);
    return rig_end(state);
}

static void trade(uint32_t market, int64_t time, int64_t recv, uint32_t flags)
{
    wick_tick t = {.market = market, .time_ns = time * MS, .flags = flags};

    assert_int_equal(hearing_ticks(&e.h, &t, 0, 1, recv * MS, &e.m), WICK_OK);
}

static void confirm(uint32_t market, int64_t recv)
{
    assert_int_equal(hearing_confirmed(&e.h, market, recv * MS, 0, &e.m), WICK_OK);
}

static void frame(int64_t recv)
{
    assert_int_equal(hearing_frames(&e.h, recv * MS, 0, 0, &e.m), WICK_OK);
}

static void expect(const char *text)
{
    size_t n = 0;

    e.text[0] = '\0';
    for (uint32_t i = 0; i < e.m.count; i++) {
        const wick_mark *m = &e.m.list[i];

        assert_int_equal(m->conn, 7);
        int64_t ns = m->kind == WICK_MARK_OPEN ? m->from_ns : m->to_ns;
        int begun = ns == INT64_MAX;

        n += (size_t)snprintf(e.text + n, sizeof e.text - n, "%s%s", n ? " " : "",
                              begun ? "begun" : MARK_NAMES[m->kind]);
        if (m->market != WICK_NO_MARKET)
            n += (size_t)snprintf(e.text + n, sizeof e.text - n, " %u", m->market);
        if (!begun)
            n += (size_t)snprintf(e.text + n, sizeof e.text - n, " %lld", (long long)(ns / MS));
    }
    assert_string_equal(e.text, text);
    e.m.count = 0;
}

/* The owner is named once, and nothing is claimed. */
static void what_another_source_speaks_for_is_not_covered(void **state)
{
    char lines[] = "market=x\nowner=kraken=V:A-B\nowner=other=V:";
    owners o;
    (void)state;
    begin(3, 1);
    o = (owners){.w = w, .options = lines};
    uint32_t mine = (uint32_t)wick_market(w, "V:A-B", 5);
    uint32_t theirs = (uint32_t)wick_market(w, "V:C-D", 5);
    o.self = e.h.source = (uint32_t)wick_market(w, "kraken", 6);
    e.h.owners = &o;
    assert_int_equal(owners_other(&o, mine), WICK_NO_MARKET);
    assert_int_equal(owners_other(&o, theirs), wick_market(w, "other", 5));
    assert_int_equal(owners_other(&o, (uint32_t)wick_market(w, "W:A-B", 5)), WICK_NO_MARKET);
    confirm(theirs, 99000);
    trade(theirs, 98000, 99100, 0);
    assert_int_equal(e.m.count, 1);
    assert_int_equal(e.m.list->kind, WICK_MARK_SOURCE);
    assert_int_equal(e.m.list->source, wick_market(w, "other", 5));
    e.m.count = 0;
    for (int i = 1; i < 20; i++)
        trade(theirs, 98000 + i, 99100 + i, 0);
    frame(110000);
    assert_int_equal(hearing_left(&e.h, theirs, 0, &e.m), WICK_OK);
    assert_int_equal(hearing_close(&e.h, 0, &e.m), WICK_OK);
    expect("");
}

static void opens_at_the_newest_repeated_trade_when_the_confirmation_is_behind_them(void **state)
{
    (void)state;
    begin(3, 1);
    trade(1, 99000, 100000, 0);
    trade(1, 99500, 100000, 0);
    trade(1, 99700, 100000, 0);
    frame(100000);
    expect("begun 1");
    confirm(1, 100020);
    expect("open 1 99720");
    frame(100020);
    expect("alive 99720");
}

static void opens_with_the_burst_when_the_confirmation_is_in_front(void **state)
{
    (void)state;
    begin(3, 1);
    confirm(1, 100000);
    expect("");
    trade(1, 99000, 100010, 0);
    trade(1, 99700, 100010, 0);
    expect("begun 1");                      /* nothing tells how many of them are repeated */
    frame(100010);
    expect("open 1 99690 alive 99700");
}

static void a_live_trade_opens_every_market_that_waits(void **state)
{
    (void)state;
    begin(0, 1);
    confirm(1, 100000);
    confirm(2, 100100);
    frame(105000);
    expect("");
    trade(2, 106950, 107000, 0);
    expect("open 1 99950 open 2 100050");
}

static void a_day_old_repeated_trade_is_no_lag_for_another_market(void **state)
{
    (void)state;
    begin(2, 1);
    trade(1, 1000, 86401000, 0);
    confirm(1, 86401000);
    expect("begun 1 open 1 1000");
    confirm(2, 86401000);
    frame(86402000);
    expect("alive 2000");                   /* market 2 waits: nothing tells its lag */
    trade(2, 86402900, 86403000, 0);
    trade(2, 86402950, 86403000, 0);
    frame(86403000);                        /* these two may be repeated ones: still proven */
    expect("begun 2 open 2 86400950 alive 86402950");
}

/* A feed that runs an hour behind and catches up: the lag at each moment counts. */
static void a_feed_that_lags_is_covered_in_its_own_time(void **state)
{
    (void)state;
    begin(0, 1);
    confirm(1, 7200000);
    frame(7200500);
    expect("");
    trade(1, 3600010, 7200510, 0);
    frame(7200510);
    expect("open 1 3599500 alive 3600010");
    for (int i = 0; i < 200; i++)
        trade(1, 3601000 + i * 1000, 7200600, 0);
    frame(7201600);
    expect("alive 3801000");
}

static void alive_comes_at_most_once_a_second_and_ascends(void **state)
{
    (void)state;
    begin(0, 1);
    confirm(1, 1000);
    trade(1, 1090, 1100, 0);
    for (int64_t t = 1100; t < 3200; t += 100)
        frame(t);
    expect("open 1 990 alive 1090 alive 2090 alive 3090");
    for (int i = 0; i < 100; i++)
        trade(1, 3000, 4200, 0);
    frame(4200);                            /* the lag has grown: nothing new is known */
    expect("");
}

static void a_quiet_connection_uses_the_small_lag_of_the_one_before(void **state)
{
    (void)state;
    begin(0, 1);
    e.h.carried_ns = 50 * MS;
    confirm(1, 100000);
    frame(109000);
    expect("");
    frame(110001);
    expect("open 1 99950 alive 109951");
}

/* Confirmed at 10.6 s, a trade of 11.3 s is told as 11. */
static void whole_seconds_open_behind_the_one_they_hide(void **state)
{
    (void)state;
    begin(0, 1);
    confirm(1, 10600);
    trade(1, 11000, 11350, WICK_TICK_SECONDS);
    expect("open 1 12000");
}

static void a_great_lag_is_not_carried_over(void **state)
{
    (void)state;
    begin(0, 1);
    e.h.carried_ns = 3600000 * MS;
    confirm(1, 100000);
    frame(200000);
    expect("");
    assert_int_equal(hearing_close(&e.h, 0, &e.m), WICK_OK);
    expect("");
}

static void close_covers_up_to_the_last_frame_less_the_lag(void **state)
{
    (void)state;
    begin(0, 1);
    confirm(1, 1000);
    trade(1, 1950, 2000, 0);
    frame(2500);
    expect("open 1 950 alive 2450");
    frame(3000);
    assert_int_equal(hearing_close(&e.h, 0, &e.m), WICK_OK);
    expect("close 2950");
}

static void what_waited_in_the_socket_is_taken_for_older(void **state)
{
    (void)state;
    begin(0, 1);
    confirm(1, 1000);
    trade(1, 1100, 1150, 0);
    frame(1150);
    expect("open 1 950 alive 1100");
    lag_stalled(&e.h.lag, 5000 * MS);
    frame(6500);
    expect("alive 1450");
}

static void leaving_closes_one_market_and_it_can_come_back(void **state)
{
    (void)state;
    begin(1, 1);
    trade(1, 900, 1000, 0);
    confirm(1, 1000);
    trade(2, 950, 1000, 0);
    confirm(2, 1000);
    expect("begun 1 open 1 900 begun 2 open 2 950");
    trade(2, 1950, 2000, 0);
    frame(2000);
    assert_int_equal(hearing_left(&e.h, 1, 0, &e.m), WICK_OK);
    expect("alive 1950 close 1 1950");
    trade(1, 2000, 2100, 0);                /* a straggler opens nothing */
    confirm(1, 5000);
    expect("open 1 4950");
}

/* No confirmations and nobody who says "subscribed": covered from the first trade on, not
 * before. */
static void without_any_confirmation_the_first_trade_opens(void **state)
{
    (void)state;
    begin(0, 0);
    trade(1, 500, 2000, WICK_TICK_SNAPSHOT);
    expect("begun 1");
    trade(1, 1900, 2000, 0);
    expect("open 1 1900");
}

static void a_confirmation_that_never_comes_is_given_up_after_a_while(void **state)
{
    (void)state;
    begin(2, 1);
    trade(1, 900, 1000, 0);
    trade(1, 950, 1000, 0);
    trade(1, 1900, 2000, 0);
    frame(2000);
    expect("begun 1");
    trade(1, 11900, 12000, 0);
    expect("open 1 11900");
}

static void a_recording_without_confirmations_is_covered_since_it_subscribed(void **state)
{
    (void)state;
    begin(0, 0);
    e.h.since = since;
    known_since = 100;
    trade(1, 2900, 3000, 0);
    expect("open 1 0");
    trade(2, 2950, 3000, WICK_TICK_SNAPSHOT);   /* known lag: opens at once */
    frame(3000);
    expect("begun 2 open 2 50 alive 2900");
}

static void snapshots_alone_are_covered_behind_the_newest_of_them(void **state)
{
    (void)state;
    begin(0, 0);
    e.h.since = since;
    known_since = 10000;
    trade(1, 4000, 10500, WICK_TICK_SNAPSHOT);
    trade(1, 6000, 10500, WICK_TICK_SNAPSHOT);
    frame(10500);
    expect("begun 1 open 1 5500 alive 6000");
    frame(40000);
    assert_int_equal(hearing_close(&e.h, 0, &e.m), WICK_OK);
    expect("alive 35500 close 35500");
}

/* 50 trades of lag 0, then a read that stood in the socket for 5 s: it is not alive up to now. */
static void a_backlog_is_not_taken_for_the_newest(void **state)
{
    (void)state;
    begin(0, 1);
    confirm(1, 1000);
    for (int i = 0; i < 50; i++)
        trade(1, 1000 + i, 1000 + i, 0);
    frame(1050);
    expect("open 1 1000 alive 1050");
    trade(1, 1060, 6000, 0);
    trade(1, 1070, 6000, 0);
    frame(6000);
    expect("alive 1070");
    assert_int_equal(hearing_frames(&e.h, 8000 * MS, 1, 0, &e.m), WICK_OK);
    expect("");                             /* more of that time follows */
    frame(8001);
    expect("alive 8001");
}

static void many_markets_are_kept_apart(void **state)
{
    (void)state;
    begin(0, 1);
    for (uint32_t m = 0; m < 5000; m++)
        confirm(m * 7, 1000);
    assert_int_equal(e.m.count, 0);
    trade(35, 1090, 1100, 0);
    assert_int_equal(e.m.count, 5000);
    for (uint32_t i = 0; i < e.m.count; i++)
        assert_int_equal(e.m.list[i].from_ns, 990 * MS);
}

#define EAR_TEST(test) cmocka_unit_test_setup_teardown(test, rig_begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EAR_TEST(what_another_source_speaks_for_is_not_covered),
        EAR_TEST(opens_at_the_newest_repeated_trade_when_the_confirmation_is_behind_them),
        EAR_TEST(opens_with_the_burst_when_the_confirmation_is_in_front),
        EAR_TEST(a_live_trade_opens_every_market_that_waits),
        EAR_TEST(a_day_old_repeated_trade_is_no_lag_for_another_market),
        EAR_TEST(a_feed_that_lags_is_covered_in_its_own_time),
        EAR_TEST(alive_comes_at_most_once_a_second_and_ascends),
        EAR_TEST(a_quiet_connection_uses_the_small_lag_of_the_one_before),
        EAR_TEST(whole_seconds_open_behind_the_one_they_hide),
        EAR_TEST(a_great_lag_is_not_carried_over),
        EAR_TEST(close_covers_up_to_the_last_frame_less_the_lag),
        EAR_TEST(what_waited_in_the_socket_is_taken_for_older),
        EAR_TEST(leaving_closes_one_market_and_it_can_come_back),
        EAR_TEST(without_any_confirmation_the_first_trade_opens),
        EAR_TEST(a_confirmation_that_never_comes_is_given_up_after_a_while),
        EAR_TEST(a_recording_without_confirmations_is_covered_since_it_subscribed),
        EAR_TEST(snapshots_alone_are_covered_behind_the_newest_of_them),
        EAR_TEST(a_backlog_is_not_taken_for_the_newest),
        EAR_TEST(many_markets_are_kept_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
