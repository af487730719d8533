/* SPDX-License-Identifier: Apache-2.0
 * The streamer's session, word for word: welcome, subscriptions, refusals, keep-alive. */
#include "sim_rig.h"

#define TWO "markets=Coinbase:BTC-USD,Kraken:ETH-BTC\nsettle=0\n"
#define ADD(subs) "{\"action\":\"SubAdd\",\"subs\":[" subs "]}"
#define BTC "\"0~Coinbase~BTC~USD\""

static void welcome_is_the_first_frame_and_complete(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, TWO);
    r.now += 912 * NS_PER_S;
    rig_connect(&r, "/v2?api_key=K");
    assert_int_equal(r.count, 1);
    char *name = strstr(r.heard[0], "\"SOCKET_ID\":\"");

    assert_non_null(name);
    memset(name + 13, 'x', 6);
    char *client = strstr(r.heard[0], "\"CLIENT_ID\":");
    memset(client + 12, '1', 4);
    assert_string_equal(
        r.heard[0],
        "{\"TYPE\":\"20\",\"MESSAGE\":\"STREAMERWELCOME\",\"SERVER_UPTIME_SECONDS\":912,\"SERVER_"
        "NAME\":\"ccc-streamer01\","
        "\"SERVER_TIME_MS\":1700000912000,\"CLIENT_ID\":1111,\"DATA_FORMAT\":\"JSON\",\"SOCKET_"
        "ID\":\"xxxxxx\","
        "\"SOCKETS_ACTIVE\":1,\"SOCKETS_REMAINING\":0,\"RATELIMIT_MAX_SECOND\":30,\"RATELIMIT_MAX_"
        "MINUTE\":60,"
        "\"RATELIMIT_MAX_HOUR\":1200,\"RATELIMIT_MAX_DAY\":10000,\"RATELIMIT_MAX_MONTH\":20000,"
        "\"RATELIMIT_REMAINING_SECOND\":29,\"RATELIMIT_REMAINING_MINUTE\":59,\"RATELIMIT_REMAINING_"
        "HOUR\":1199,"
        "\"RATELIMIT_REMAINING_DAY\":9999,\"RATELIMIT_REMAINING_MONTH\":19999}");
    rig_close(&r);
}

static void a_subscription_brings_twenty_trades_then_16_and_in_the_end_3(void **state)
{
    rig r;
    sim_conn *c;

    (void)state;
    rig_open(&r, TWO);
    c = rig_connect(&r, "/v2");
    rig_forget(&r);
    rig_say(&r, c, ADD(BTC ",\"0~Kraken~ETH~BTC\""));
    assert_int_equal(r.count, 20 + 1 + 20 + 1 + 1);
    for (int i = 0; i < 20; i++) {
        assert_non_null(
            strstr(r.heard[i], "\"M\":\"Coinbase\",\"FSYM\":\"BTC\",\"TSYM\":\"USD\",\"F\":\""));
        assert_non_null(
            strstr(r.heard[21 + i], "\"M\":\"Kraken\",\"FSYM\":\"ETH\",\"TSYM\":\"BTC\""));
    }
    assert_string_equal(
        r.heard[20],
        "{\"TYPE\":\"16\",\"MESSAGE\":\"SUBSCRIBECOMPLETE\",\"SUB\":\"0~Coinbase~BTC~USD\"}");
    assert_string_equal(
        r.heard[41],
        "{\"TYPE\":\"16\",\"MESSAGE\":\"SUBSCRIBECOMPLETE\",\"SUB\":\"0~Kraken~ETH~BTC\"}");
    assert_string_equal(
        r.heard[42],
        "{\"TYPE\":\"3\",\"MESSAGE\":\"LOADCOMPLETE\",\"INFO\":\"All your valid subs have "
        "been loaded.\"}");
    rig_close(&r);
}

static void option_early_sends_16_before_the_payload(void **state)
{
    rig r;
    sim_conn *c;

    (void)state;
    rig_open(&r, TWO "early=1\n");
    c = rig_connect(&r, "/v2");
    rig_forget(&r);
    rig_say(&r, c, ADD(BTC));
    assert_int_equal(r.count, 22);
    assert_non_null(strstr(r.heard[0], "\"TYPE\":\"16\""));
    assert_true(rig_is_trade(r.heard[1]));
    rig_close(&r);
}

static void bad_messages_are_answered_each_in_its_way(void **state)
{
    static const char *const CASES[][2] = {
        {"{\"action\":", "{\"TYPE\":\"500\",\"MESSAGE\":\"INVALID_JSON\",\"INFO\":\"We could not "
                         "parse your message as "
                         "JSON.\"}"},
        {"[1,]", "INVALID_JSON"},
        {"{\"action\":\"SubAdd\",\"subs\":[\"\\x\"]}", "INVALID_JSON"},
        {"{} x", "INVALID_JSON"},
        {"{}", "{\"TYPE\":\"500\",\"MESSAGE\":\"INVALID_PARAMETER\",\"PARAMETER\":\"action\","
               "\"INFO\":\"The action is "
               "SubAdd or SubRemove.\"}"},
        {"[1]", "\"PARAMETER\":\"action\""},
        {"{\"action\":\"Subscribe\",\"subs\":[]}", "\"PARAMETER\":\"action\""},
        {"{\"action\":\"SubAdd\",\"subs\":\"0~Coinbase~BTC~USD\"}", "\"PARAMETER\":\"subs\""},
        {"{\"action\":\"SubAdd\"}", "\"PARAMETER\":\"subs\""},
        {ADD("\"0~Coinbase~BTC\""), "\"MESSAGE\":\"INVALID_SUB\",\"PARAMETER\":\"0~Coinbase~BTC\""},
        {ADD("\"5~CCCAGG~NOSUCH~USD\""),
         "{\"TYPE\":\"500\",\"MESSAGE\":\"INVALID_SUB\",\"PARAMETER\":\"5~CCCAGG~NOSUCH~USD\","
         "\"INFO\":\"We have not "
         "integrated any of the exchanges NOSUCH trades on or we have not currently mapped it.\"}"},
        {ADD("\"5~CCCAGG~BTC~EUR\""),
         "We have not integrated any of the exchanges BTC~EUR pair trades on or we have not "
         "currently mapped it."},
        {ADD("\"0~CCCAGG~BTC~USD\""), "INVALID_SUB"},
        {ADD("\"16~Coinbase~BTC~USD\""), "INVALID_SUB"},
        {ADD("\"24~Coinbase~BTC~USD~h\""), "INVALID_SUB"},
        {ADD("\"0~*~BTC~USD\""), "INVALID_SUB"},
        {ADD("7"), "INVALID_SUB"},
        {"{\"action\":\"SubRemove\",\"subs\":[\"0~Kraken~ETH~BTC\"]}",
         "{\"TYPE\":\"500\",\"MESSAGE\":\"SUBSCRIPTION_UNRECOGNIZED\",\"PARAMETER\":\"0~Kraken~ETH~"
         "BTC\"}"},
    };
    rig r;
    sim_conn *c;

    (void)state;
    rig_open(&r, TWO);
    c = rig_connect(&r, "/v2");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        rig_forget(&r);
        rig_say(&r, c, CASES[i][0]);
        if (r.count == 0 || !strstr(r.heard[0], CASES[i][1]))
            fail_msg("%s: %s", CASES[i][0], r.count ? r.heard[0] : "nothing");
    }
    rig_close(&r);
}

static void twice_is_already_active_and_removal_is_17_each_then_18(void **state)
{
    rig r;
    sim_conn *c;

    (void)state;
    rig_open(&r, TWO);
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD(BTC));
    rig_forget(&r);
    rig_say(&r, c, ADD(BTC));
    assert_int_equal(r.count, 2);
    assert_string_equal(
        r.heard[0], "{\"TYPE\":\"500\",\"MESSAGE\":\"SUBSCRIPTION_ALREADY_ACTIVE\",\"PARAMETER\":"
                    "\"0~Coinbase~BTC~USD\"}");
    rig_forget(&r);
    rig_say(&r, c,
            "{ \"subs\" : [\"0~Coinbase~BTC~USD\", \"0~No~BTC~USD\"], \"x\":{\"a\":[1e5,null]},"
            "\"action\":\"Sub\\u0052emove\" }");
    assert_int_equal(r.count, 3);
    assert_string_equal(
        r.heard[0],
        "{\"TYPE\":\"17\",\"MESSAGE\":\"UNSUBSCRIBECOMPLETE\",\"SUB\":\"0~Coinbase~BTC~USD\"}");
    assert_string_equal(
        r.heard[2], "{\"TYPE\":\"18\",\"MESSAGE\":\"UNSUBSCRIBEALLCOMPLETE\",\"INFO\":\"Removed 1 "
                    "subs.\",\"INFO_OBJ\":{\"valid\":1,\"invalid\":1}}");
    rig_forget(&r);
    rig_play(&r, c, NS_PER_S);
    assert_int_equal(rig_trades(&r), 0);
    rig_close(&r);
}

static void keys_are_demanded_and_one_socket_a_key(void **state)
{
    rig r;
    sim_conn *c;

    (void)state;
    rig_open(&r, TWO "keys=A,B\nmax_sockets=1\n");
    c = rig_connect(&r, "/v2");
    assert_string_equal(
        r.heard[0],
        "{\"TYPE\":\"401\",\"MESSAGE\":\"UNAUTHORIZED\",\"PARAMETER\":\"format\",\"INFO\":\"We "
        "only support JSON format with a valid api_key.\"}");
    assert_int_equal(sim_closing(c), SIM_LEAVES);
    sim_gone(c);
    rig_forget(&r);
    rig_connect(&r, "/v2?api_key=A");
    assert_non_null(strstr(r.heard[0], "STREAMERWELCOME"));
    rig_connect(&r, "/v2?x=1&api_key=B");
    assert_non_null(strstr(r.heard[1], "STREAMERWELCOME"));
    c = sim_connect(r.s, "/v2", "host: x\nauthorization: Apikey A\n", r.now);
    rig_take(&r, c);
    assert_string_equal(
        r.heard[2],
        "{\"TYPE\":\"429\",\"MESSAGE\":\"TOO_MANY_SOCKETS_MAX_1_PER_CLIENT\",\"INFO\":\"You "
        "have reached your maximum sockets open for your subscription\"}");
    rig_close(&r);
}

static void heartbeats_and_pings_every_30_s_and_slow_pongs_end_it(void **state)
{
    rig r;
    sim_conn *c;
    sim_message m;

    (void)state;
    rig_open(&r, TWO);
    c = rig_connect(&r, "/v2");
    rig_forget(&r);
    rig_play(&r, c, 29 * NS_PER_S);
    assert_int_equal(r.count + r.pings, 0);
    rig_play(&r, c, NS_PER_S);
    assert_string_equal(r.heard[0],
                        "{\"TYPE\":\"999\",\"MESSAGE\":\"HEARTBEAT\",\"TIMEMS\":1700000030000}");
    assert_int_equal(r.pings, 1);
    for (int i = 0; i < 2; i++) {                   /* two pongs in a row over 10 s late */
        r.now += 30 * NS_PER_S;
        sim_play(r.s, r.now, 10);
        r.now += 11 * NS_PER_S;
        sim_pong(c, r.now);
    }
    while (sim_next(c, &m) && !strstr(m.bytes, "FORCE"))
        sim_sent(c);
    assert_int_equal(m.size, strlen("{\"TYPE\":\"500\",\"MESSAGE\":\"FORCE_DISCONNECT\"}"));
    assert_int_equal(sim_closing(c), SIM_LEAVES);
    rig_close(&r);
}

static void trades_have_the_vendors_shape_and_ids_and_sequences_ascend(void **state)
{
    rig r;
    sim_conn *c;
    char now[64];
    uint64_t id = 0, seq = 0;
    int64_t time = 0;

    (void)state;
    rig_open(&r, TWO "rate=0\ncount=3000\n");
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD(BTC));
    rig_play(&r, c, NS_PER_S);
    assert_int_equal(rig_trades(&r), 3000);
    for (uint32_t i = 0; i < r.count; i++) {
        if (!rig_is_trade(r.heard[i]))
            continue;
        uint64_t n = strtoull(rig_field(r.heard[i], "ID", now), NULL, 10);
        uint64_t q = strtoull(rig_field(r.heard[i], "CCSEQ", now), NULL, 10);
        int64_t t = strtoll(rig_field(r.heard[i], "TS", now), NULL, 10) * NS_PER_S;

        t += strtoll(rig_field(r.heard[i], "TSNS", now), NULL, 10);
        assert_true(n > id && t > time && (seq == 0 || q == seq + 1));
        assert_true(t < r.now);
        id = n, seq = q, time = t;
        assert_non_null(strstr(r.heard[i], ",\"F\":\""));
    }
    rig_close(&r);
}

static void options_shape_the_trades(void **state)
{
    rig r;
    sim_conn *c;
    char text[64];

    (void)state;
    rig_open(&r, TWO "ns=0\nccseq=0\nf=number\n");
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD(BTC));
    assert_null(rig_field(r.heard[1], "TSNS", text));
    assert_null(rig_field(r.heard[1], "CCSEQ", text));
    assert_null(strstr(r.heard[1], "\"F\":\""));
    assert_non_null(rig_field(r.heard[1], "F", text));
    rig_close(&r);
}

static void wrong_options_are_refused_with_what_is_allowed(void **state)
{
    static const char *const CASES[][2] = {
        {"rate=-1", "rate '-1' is not trades a second"},
        {"rate=x", "rate 'x'"},
        {"rate=0.0001", "rate"},
        {"markets=0", "markets"},
        {"markets=BTC-USD", "a market is VENUE:BASE-QUOTE"},
        {"markets=a:b-c,", "market ''"},
        {"seed=-1", "seed"},
        {"count=1.5", "count"},
        {"nonsense=1", "no option 'nonsense'; there are rate seed"},
        {"rate", "no option 'rate'"},
        {"fault=cat@12s", "no fault 'cat'; there are drop, gap, late"},
        {"fault=cut", "say when, as cut@12s"},
        {"fault=cut@", "say when"},
        {"fault=cut@20s-12s", "say when"},
        {"fault=cut@n0", "say when"},
        {"fault=drop@p2", "say when"},
        {"fault=drop@p0", "say when"},
        {"fault=cut:x@n5", "the amount behind ':'"},
        {"limits=1,2,3", "limits"},
        {"hold=2", "hold"},
        {"heartbeat=5", "heartbeat"},
    };
    wick *w;
    sim *s = NULL;

    (void)state;
    assert_int_equal(wick_open(NULL, &w), WICK_OK);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(sim_open(w, CASES[i][0], 0, T0, &s), WICK_E_ARG);
        if (!strstr(wick_error(w), CASES[i][1]))
            fail_msg("%s: %s", CASES[i][0], wick_error(w));
    }
    wick_close(w);
}

static void index_ticker_and_candles_come_as_snapshot_then_updates(void **state)
{
    rig r;
    sim_conn *c;
    char text[64];
    uint32_t updates = 0, with_price = 0, turns = 0;

    (void)state;
    rig_open(&r, TWO "rate=100\n");
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD("\"5~CCCAGG~BTC~USD\",\"2~Coinbase~BTC~USD\",\"24~Coinbase~BTC~USD~m\""));
    assert_int_equal(r.count, 8);
    assert_non_null(strstr(
        r.heard[1],
        "{\"TYPE\":\"5\",\"MARKET\":\"CCCAGG\",\"FROMSYMBOL\":\"BTC\",\"TOSYMBOL\":\"USD\","));
    assert_non_null(rig_field(r.heard[1], "MEDIAN", text));
    assert_non_null(rig_field(r.heard[3], "BID", text));
    assert_non_null(rig_field(r.heard[3], "OPENDAY", text));
    assert_non_null(strstr(r.heard[5], "\"UNIT\":\"m\",\"ACTION\":\"I\""));
    rig_forget(&r);
    for (int i = 0; i < 700; i++)
        rig_play(&r, c, NS_PER_S / 10);
    assert_int_equal(rig_trades(&r), 0);
    for (uint32_t i = 0; i < r.count; i++) {
        updates += strncmp(r.heard[i], "{\"TYPE\":\"5\"", 11) == 0;
        with_price += strncmp(r.heard[i], "{\"TYPE\":\"5\"", 11) == 0 &&
                      rig_field(r.heard[i], "PRICE", text);
        turns += strstr(r.heard[i], "\"ACTION\":\"I\"") != NULL;
        assert_null(rig_field(r.heard[i], "OPENDAY", text));
    }
    assert_in_range(updates, 60, 71);
    assert_true(with_price > 0);
    assert_in_range(turns, 1, 2);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(welcome_is_the_first_frame_and_complete),
        cmocka_unit_test(a_subscription_brings_twenty_trades_then_16_and_in_the_end_3),
        cmocka_unit_test(option_early_sends_16_before_the_payload),
        cmocka_unit_test(bad_messages_are_answered_each_in_its_way),
        cmocka_unit_test(twice_is_already_active_and_removal_is_17_each_then_18),
        cmocka_unit_test(keys_are_demanded_and_one_socket_a_key),
        cmocka_unit_test(heartbeats_and_pings_every_30_s_and_slow_pongs_end_it),
        cmocka_unit_test(trades_have_the_vendors_shape_and_ids_and_sequences_ascend),
        cmocka_unit_test(options_shape_the_trades),
        cmocka_unit_test(wrong_options_are_refused_with_what_is_allowed),
        cmocka_unit_test(index_ticker_and_candles_come_as_snapshot_then_updates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
