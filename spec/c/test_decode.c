/* SPDX-License-Identifier: Apache-2.0
 * Messages in, trades out: every way a table can say where they are, whole, cut at every byte, and
 * by a learnt shape as by the general way. */
#include "decode_rig.h"

static const char JOINED[] = "{\"stream\":\"btcusdt@t\",\"data\":{\"e\":\"t\",\"E\":1617566591315,"
                             "\"s\":\"BTCUSDT\",\"a\":665076760,"
                             "\"p\":\"58001.03000000\",\"q\":\"0.08620500\",\"f\":745,\"l\":747,"
                             "\"T\":1617566591314,\"m\":true}}";
static const char JOINED_ROW[] =
    "BTCUSDT,1617566591314000000,665076760,58001.03000000,0.08620500,sell,live\n";

static void a_message_becomes_a_tick(void **state)
{
    rig *r = rig_open(PLAN_JOINED, NULL);
    wick_batch b;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wick_decode(r->d, JOINED, strlen(JOINED), WICK_FORM_FRAME, 5), 1);
        assert_int_equal(wick_decoder_batch(r->d, &b), WICK_OK);
        assert_int_equal(b.tick_count, 1);
        assert_int_equal(b.ticks->time_ns, 1617566591314000000);
        assert_int_equal(b.ticks->price, 5800103);
        assert_int_equal(b.ticks->price_exp, -2);
        assert_int_equal(b.ticks->qty, 86205);
        assert_int_equal(b.ticks->qty_exp, -6);
        assert_int_equal(b.ticks->trades, 3);
        assert_int_equal(b.ticks->flags, WICK_TICK_SELL | WICK_TICK_ORDERED);
        assert_int_equal(b.ticks->id_key, 665076760);
        assert_memory_equal(b.bytes + b.ticks->id_at, "665076760", b.ticks->id_len);
        assert_string_equal(wick_market_name(r->w, b.ticks->market), "Joined:BTC-USDT");
        assert_string_equal(wick_market_symbol(r->w, b.ticks->market), "BTCUSDT");
    }
    rig_close(r);
}

static void a_batch_grows_until_it_is_taken(void **state)
{
    rig *r = rig_open(PLAN_JOINED, NULL);
    wick_batch b;

    (void)state;
    for (int i = 0; i < 500; i++)
        assert_int_equal(wick_decode(r->d, JOINED, strlen(JOINED), WICK_FORM_FRAME, 5), 1);
    wick_decoder_batch(r->d, &b);
    assert_int_equal(b.tick_count, 500);
    assert_int_equal(b.byte_count, 500 * 9);
    assert_int_equal(wick_decode(r->d, "{}", 2, WICK_FORM_FRAME, 5), 0);
    wick_decoder_batch(r->d, &b);
    assert_int_equal(b.tick_count, 0);
    rig_close(r);
}

/* The same trade, written otherwise: field order, white space, escapes, numbers for strings, twice.
 */
static void any_writing_of_the_same_json_is_the_same_trade(void **state)
{
    static const char *const SAME[] = {
        "{\"data\":{\"m\":true,\"T\":1617566591314,\"l\":747,\"f\":745,\"q\":\"0.08620500\",\"p\":"
        "\"58001.03000000\","
        "\"a\":665076760,\"s\":\"BTCUSDT\",\"e\":\"t\"}}",
        " {\t\"data\" :\r\n{ \"e\" : \"t\" , "
        "\"s\":\"BTCUSDT\",\"a\":665076760,\"p\":\"58001.03000000\",\"q\":\"0.08620500\" ,"
        "\"f\":745,\"l\":747,\"T\":1617566591314,\"m\":true } } ",
        "{\"d\\u0061ta\":{\"\\u0065\":\"\\u0074\",\"s\":\"BTC\\u0055SDT\",\"a\":"
        "\"66507676\\u0030\",\"p\":\"58001\\u002e03000000\","
        "\"q\":\"0.08620500\",\"f\":\"745\",\"l\":\"747\",\"T\":\"1617566591314\",\"m\":true}}",
        "{\"data\":{\"e\":\"x\",\"s\":\"nobody\",\"p\":\"0\"},\"data\":{\"e\":\"no\",\"e\":\"t\","
        "\"s\":\"ETHUSDT\",\"s\":\"BTCUSDT\","
        "\"a\":665076760,\"p\":1,\"p\":58001.03000000,\"q\":0.08620500,\"f\":745,\"l\":747,\"T\":"
        "1617566591314,"
        "\"m\":false,\"m\":true}}",
        "{\"data\":{\"e\":\"t\",\"x\":{\"e\":\"y\",\"p\":[1,{\"p\":2}]},\"s\":\"BTCUSDT\",\"a\":"
        "665076760,\"p\":\"58001.03000000\","
        "\"q\":\"0.08620500\",\"f\":745,\"l\":747,\"T\":1617566591314,\"m\":true,\"y\":[[],{},"
        "\"\\\\\\\"\"]},\"z\":null}",
        "{\"data\":{\"e\":\"t\",\"s\":\"BTCUSDT\",\"a\":665076760,\"p\":\"58001.03000000\",\"q\":"
        "\"0.08620500\",\"f\":745,"
        "\"l\":747,\"T\":1617566591314.0,\"m\":true,\"é\":\"ü€😀\"}}"};
    rig *r = rig_open(PLAN_JOINED, NULL);

    (void)state;
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++) {
            assert_string_equal(rig_text(r, SAME[i]), JOINED_ROW);
            assert_string_equal(rig_text(r, JOINED), JOINED_ROW);
        }
    rig_close(r);
}

static void a_message_cut_anywhere_is_refused_whole(void **state)
{
    static const char *const PLANS[] = {PLAN_JOINED, PLAN_ROWS, PLAN_NESTED, PLAN_SCALED};
    static const char *const MESSAGES[] = {
        JOINED,
        "{\"arg\":{\"ch\":\"trade\",\"id\":\"UNIUSDT\",\"type\":\"mc\"},\"data\":[[\"1\",\"2\","
        "\"3\",\"buy\"]]}",
        "{\"ch\":\"trades\",\"events\":[{\"trades\":[{\"id\":\"A-B\",\"px\":\"1\",\"sz\":\"1\","
        "\"time\":\"1970-01-02\"}]}]}",
        "{\"symbol\":\"XUSD\",\"trades\":[[1,\"Buy\",2,3]],\"n\":\"\\u20ac\"}"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        rig *r = rig_open(PLANS[i], NULL);

        rig_text(r, MESSAGES[i]);
        assert_int_equal(r->rc, 1);
        for (size_t n = 0; n < strlen(MESSAGES[i]); n++) {
            rig_bytes(r, MESSAGES[i], n, WICK_FORM_FRAME);
            assert_int_equal(r->rc, WICK_E_DATA);
            assert_int_equal(strncmp(wick_decoder_reason(r->d), "malformed", 9), 0);
            assert_string_equal(wick_decoder_payload(r->d), "unknown");
        }
        rig_text(r, MESSAGES[i]);
        assert_int_equal(r->rc, 1);
        rig_close(r);
    }
}

static const char *const NO_JSON[] = {"",
                                  " ",
                                  "{",
                                  "}",
                                  "{]",
                                  "[1,]",
                                  "[,1]",
                                  "{\"a\":1,}",
                                  "{\"a\" 1}",
                                  "{a:1}",
                                  "{\"a\":01}",
                                  "[1.]",
                                  "[.5]",
                                  "[-]",
                                  "[+1]",
                                  "[1e]",
                                  "[1e+]",
                                  "[0x1]",
                                  "[NaN]",
                                  "[Infinity]",
                                  "[tru]",
                                  "[True]",
                                  "[nul]",
                                  "\"a",
                                  "[\"\\x\"]",
                                  "[\"\\u12\"]",
                                  "[\"\\ud800\"]",
                                  "[\"\\udc00\\ud800\"]",
                                  "[\"\t\"]",
                                  "[\"\x01\"]",
                                  "[\"\xff\"]",
                                  "[\"\xc0\x80\"]",
                                  "[\"\xed\xa0\x80\"]",
                                  "[\"\xf4\x90\x80\x80\"]",
                                  "[\"\xe2\x82\"]",
                                  "{}{}",
                                  "{} x",
                                  "[1 2]",
                                  "[\"a\" \"b\"]",
                                  "{1:2}",
                                  "[1]]",
                                  "\xef\xbb\xbf{}",
                                  "'a'",
                                  "[1,2",
                                  "{\"a\":}"};

static void what_is_no_json_is_refused(void **state)
{
    char deep[300];
    rig *r = rig_open(PLAN_JOINED, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof NO_JSON / sizeof *NO_JSON; i++) {
        rig_text(r, NO_JSON[i]);
        if (r->rc != WICK_E_DATA)
            fail_msg("taken: %s", NO_JSON[i]);
    }
    memset(deep, '[', 66);
    memset(deep + 66, ']', 66);
    rig_bytes(r, deep, 132, WICK_FORM_FRAME);
    assert_string_equal(wick_decoder_reason(r->d), "malformed: too deep");
    rig_bytes(r, deep + 1, 130, WICK_FORM_FRAME);
    assert_int_equal(r->rc, 0);
    rig_bytes(r, "[\"\0\"]", 5, WICK_FORM_FRAME);
    assert_int_equal(r->rc, WICK_E_DATA);
    rig_close(r);
}

/* A trade's own value is refused with its reason; nothing of it is left. */
static void a_bad_trade_is_refused_with_its_reason(void **state)
{
    static const char *const BAD[][2] = {
        {"\"p\":\"0\",\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"p\":\"-1\",\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"p\":\"abc\",\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"p\":\"\",\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"p\":null,\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"p\":{},\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"p\":\"1,5\",\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"p\":\"NaN\",\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"p\":true,\"q\":\"1\",\"T\":1", "bad-price"},
        {"\"p\":\"9223372036854775808\",\"q\":\"1\",\"T\":1", "overflow"},
        {"\"p\":1,\"q\":0.00,\"T\":1", "bad-qty"},
        {"\"p\":1,\"q\":-3,\"T\":1", "bad-qty"},
        {"\"p\":1,\"q\":\"1e999\",\"T\":1", "overflow"},
        {"\"p\":1,\"q\":1", "no-time"},
        {"\"p\":1,\"q\":1,\"T\":\"x\"", "bad-time"},
        {"\"p\":1,\"q\":1,\"T\":-1", "bad-time"},
        {"\"p\":1,\"q\":1,\"T\":99999999999999", "bad-time"},
        {"\"p\":1,\"q\":1,\"T\":1617566591314000", "bad-time"},
        {"\"p\":1,\"q\":1,\"T\":1,\"f\":5,\"l\":4", "bad-count"},
        {"\"p\":1,\"q\":1,\"T\":1,\"f\":5,\"l\":\"x\"", "bad-count"},
        {"\"p\":1,\"q\":1,\"T\":1,\"s\":\"\"", "no-symbol"},
        {"\"p\":1,\"q\":1,\"T\":1,\"s\":null", "no-symbol"},
        {"\"p\":1,\"q\":1,\"T\":1,\"s\":\"A\\u0001B\"", "bad-symbol"}};
    rig *r = rig_open(PLAN_JOINED, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        char text[512];

        snprintf(text, sizeof text, "{\"data\":{\"e\":\"t\",\"s\":\"BTCUSDT\",%s}}", BAD[i][0]);
        rig_text(r, text);
        assert_int_equal(r->rc, WICK_E_DATA);
        assert_string_equal(wick_decoder_reason(r->d), BAD[i][1]);
        assert_string_equal(wick_decoder_payload(r->d), "trade");
        rig_text(r, JOINED);
        assert_int_equal(r->rc, 1);
    }
    rig_close(r);
}

static void one_bad_trade_of_many_is_left_out_alone(void **state)
{
    rig *r = rig_open(PLAN_ROWS, NULL);

    (void)state;
    rig_text(r, "{\"arg\":{\"ch\":\"trade\",\"id\":\"UNIUSDT\",\"type\":\"sp\"},\"data\":[[3,\"7\","
                "\"1\",\"buy\"],[2,\"0\",\"1\",\"buy\"],"
                "[1,\"5\",\"1\",\"odd\"],[\"x\",5,1,\"sell\"]]}");
    assert_int_equal(r->rc, 2);
    assert_string_equal(r->rows, "UNIUSDT,1000000,,5,1,,live\nUNIUSDT,3000000,,7,1,buy,live\n");
    assert_int_equal(wick_decoder_refused(r->d), 2);
    assert_string_equal(wick_decoder_refusal(r->d, 0), "bad-time");
    assert_string_equal(wick_decoder_refusal(r->d, 1), "bad-price");
    assert_null(wick_decoder_refusal(r->d, 2));
    assert_string_equal(wick_decoder_reason(r->d), "");
    rig_close(r);
}

static void newest_first_is_turned_round_and_kinds_name_markets(void **state)
{
    rig *r = rig_open(PLAN_ROWS, NULL);
    wick_batch b;

    (void)state;
    rig_text(r, "{\"action\":\"snapshot\",\"arg\":{\"ch\":\"trade\",\"id\":\"UNIUSDT\",\"type\":"
                "\"mc\"},\"data\":[[\"2\",\"7\",\"1\",\"buy\"],"
                "[\"1\",\"5\",\"1.50\",\"sell\"]]}");
    assert_string_equal(
        r->rows, "UNIUSDT,1000000,,5,1.50,sell,snapshot\nUNIUSDT,2000000,,7,1,buy,snapshot\n");
    wick_decoder_batch(r->d, &b);
    rig_text(r, "{\"arg\":{\"ch\":\"trade\",\"id\":\"UNIUSDT\",\"type\":\"sp\"},\"data\":[[\"2\","
                "\"7\",\"1\",\"buy\"]]}");
    assert_string_equal(r->rows, "UNIUSDT,2000000,,7,1,buy,live\n");
    assert_true(wick_market(r->w, "Rows:UNI-USDT", 13) !=
                wick_market(r->w, "Rows:UNI-USDT.PERP", 18));
    assert_non_null(
        wick_market_symbol(r->w, (uint32_t)wick_market(r->w, "Rows:UNI-USDT.PERP", 18)));
    rig_close(r);
}

static void equal_trades_without_ids_are_numbered(void **state)
{
    static const char TWO[] = "{\"arg\":{\"ch\":\"trade\",\"id\":\"UNIUSDT\",\"type\":\"sp\"},"
                              "\"data\":[[1,\"5\",\"1\",\"buy\"],"
                              "[1,\"5.0\",\"1\",\"buy\"],[1,\"5\",\"1\",\"sell\"]]}";
    static const int WANT[] = {0, 0, 1, 1, 2, 3};       /* sell, buy, buy; twice */
    rig *r = rig_open(PLAN_ROWS, NULL);
    wick_batch b;

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(wick_decode(r->d, TWO, strlen(TWO), WICK_FORM_FRAME, 1), 3);
    wick_decoder_batch(r->d, &b);
    for (int i = 0; i < 6; i++)
        assert_int_equal(b.ticks[i].nth, WANT[i]);
    rig_text(
        r, "{\"event\":\"unsub\",\"arg\":{\"id\":\"UNIUSDT\"}}"); /* what comes next repeats them */
    assert_int_equal(wick_decode(r->d, TWO, strlen(TWO), WICK_FORM_FRAME, 1), 3);
    wick_decoder_batch(r->d, &b);
    assert_int_equal(b.ticks[0].nth, 0);
    rig_close(r);
}

/* The ordinals of a message's trades as text; data: [[time,price],...], newest first. */
static const char *ordinals(rig *r, const char *action, const char *data)
{
    static char out[32];
    char text[512];
    wick_batch b;

    snprintf(text, sizeof text,
             "{\"action\":\"%s\",\"arg\":{\"ch\":\"trade\",\"id\":\"UNIUSDT\",\"type\":\"sp\"},"
             "\"data\":%s}", action, data);
    assert_true(wick_decode(r->d, text, strlen(text), WICK_FORM_FRAME, 1) > 0);
    wick_decoder_batch(r->d, &b);
    for (uint32_t i = 0; i < b.tick_count; i++)
        out[i] = (char)('0' + b.ticks[i].nth);
    out[b.tick_count] = 0;
    return out;
}

#define A "[1,\"5\",\"1\",\"buy\"]"
#define B "[2,\"6\",\"1\",\"buy\"]"

static void a_snapshot_that_comes_twice_repeats_what_is_known(void **state)
{
    rig *r = rig_open(PLAN_ROWS, NULL);

    (void)state;
    assert_string_equal(ordinals(r, "update", "[" A "," A "]"), "01");
    assert_string_equal(ordinals(r, "snapshot", "[" B "," A "," A "]"), "010");
    assert_string_equal(ordinals(r, "snapshot", "[" B "," A "," A "]"), "010");
    assert_string_equal(ordinals(r, "update", "[" B "]"), "1");     /* another one at that time */
    assert_string_equal(ordinals(r, "update", "[" B "]"), "2");
    assert_string_equal(ordinals(r, "snapshot", "[" B "," B "," B "," A "," A "," A "]"), "012012");
    assert_string_equal(ordinals(r, "update", "[" A "]"), "3");
    rig_close(r);
}

#undef A
#undef B

static void fields_are_inherited_from_outer_levels(void **state)
{
    rig *r = rig_open(PLAN_NESTED, NULL);

    (void)state;
    rig_text(
        r,
        "{\"ch\":\"trades\",\"events\":[{\"type\":\"snapshot\",\"trades\":[{\"id\":\"BTC-USD\","
        "\"tid\":\"b\",\"px\":\"2\",\"sz\":"
        "\"1\",\"time\":\"2026-08-09T21:05:42.514318Z\",\"side\":\"SELL\"},{\"id\":\"BTC-USD\","
        "\"tid\":\"a\",\"px\":\"1\",\"sz\":\"1\","
        "\"time\":\"2026-08-09 "
        "23:05:42+02:00\",\"side\":\"BUY\"}]},{\"type\":\"update\",\"trades\":[{\"id\":\"ETH-USD\","
        "\"tid\":\"c\","
        "\"px\":\"3\",\"sz\":\"1\",\"time\":\"2026-08-09T21:05:43.000000001Z\",\"side\":\"\"}]}]}");
    assert_string_equal(r->rows, "BTC-USD,1786309542000000000,a,1,1,sell,snapshot\n"
                                 "BTC-USD,1786309542514318000,b,2,1,buy,snapshot\n"
                                 "ETH-USD,1786309543000000001,c,3,1,,live\n");
    rig_text(r, "{\"ch\":\"trades\",\"events\":[]}");
    assert_int_equal(r->rc, 0);
    rig_text(r, "{\"ch\":\"trades\",\"events\":null}");
    assert_int_equal(r->rc, 0);
    rig_text(r, "{\"ch\":\"trades\",\"events\":{}}");
    assert_string_equal(wick_decoder_reason(r->d), "bad-shape");
    rig_text(r, "{\"ch\":\"trades\"}");
    assert_string_equal(wick_decoder_reason(r->d), "bad-shape");
    rig_close(r);
}

static void keys_can_be_symbols_and_the_first_message_a_snapshot(void **state)
{
    rig *r = rig_open(PLAN_NESTED, NULL);

    (void)state;
    rig_text(r, "{\"ch\":\"keyed\",\"update\":{\"BTC-USD\":[{\"t\":1000001,\"p\":\"1\",\"q\":2,"
                "\"i\":3},{\"t\":1000002,\"p\":\"1\",\"q\":2,"
                "\"i\":4}],\"E\\u0054H-USD\":[{\"t\":5,\"p\":1,\"q\":1,\"i\":\"x\"}]}}");
    assert_string_equal(r->rows,
                        "BTC-USD,1000001000,3,1,2,,snapshot\nBTC-USD,1000002000,4,1,2,,snapshot\n"
                        "ETH-USD,5000,x,1,1,,snapshot\n");
    rig_text(r, "{\"ch\":\"keyed\",\"update\":{\"BTC-USD\":[{\"t\":1000003,\"p\":\"1\",\"q\":2,"
                "\"i\":5}]}}");
    assert_string_equal(r->rows, "BTC-USD,1000003000,5,1,2,,live\n");
    rig_text(r, "{\"ch\":\"subs\",\"list\":[{\"names\":[\"BTC-USD\"]},{\"names\":[\"ETH-USD\"]}]}");
    rig_text(r,
             "{\"ch\":\"subs\",\"list\":[{\"names\":[\"BTC-USD\"]}]}");     /* said twice */
    rig_text(r, "{\"ch\":\"keyed\",\"update\":{\"BTC-USD\":[{\"t\":1000003,\"p\":\"1\",\"q\":2,"
                "\"i\":5}]}}");
    assert_string_equal(r->rows, "BTC-USD,1000003000,5,1,2,,live\n");
    rig_close(r);
}

static void a_confirmation_may_name_several_symbols(void **state)
{
    rig *r = rig_open(PLAN_NESTED, NULL);
    wick_control c;

    (void)state;
    rig_text(r, "{\"ch\":\"subs\",\"list\":[{\"names\":[\"A-B\",\"C-D\"]},{\"names\":[\"E-F\"]}]}");
    assert_int_equal(wick_decoder_control(r->d, &c), WICK_OK);
    assert_string_equal(c.kind, "subscribed");
    assert_string_equal(c.symbol, "A-B\nC-D\nE-F");
    assert_string_equal(wick_decoder_payload(r->d), "session");
    rig_text(r, "{\"ch\":\"else\"}");
    assert_int_equal(wick_decoder_control(r->d, &c), WICK_E_AGAIN);
    assert_string_equal(wick_decoder_payload(r->d), "other");
    rig_close(r);
}

static void columns_are_read_row_by_row(void **state)
{
    rig *r = rig_open(PLAN_NESTED, NULL);

    (void)state;
    rig_text(r, "{\"ch\":\"columns\",\"s\":\"BTC-USD\",\"t\":[1,2.5],\"p\":[\"1.5\",2],\"q\":[1,1],"
                "\"i\":[\"a\",\"b\"]}");
    assert_string_equal(r->rows,
                        "BTC-USD,1000000000,a,1.5,1,,live\nBTC-USD,2500000000,b,2,1,,live\n");
    rig_text(r, "{\"ch\":\"columns\",\"s\":\"BTC-USD\",\"t\":[1],\"p\":[\"1.5\",2],\"q\":[1,1],"
                "\"i\":[\"a\",\"b\"]}");
    assert_string_equal(wick_decoder_reason(r->d), "bad-shape");
    rig_close(r);
}

static void a_channel_number_stands_for_its_symbol_while_it_is_bound(void **state)
{
    static const char TE[] = "[17,\"te\",[571236730,1610282216700,-0.19346843,1056.93262773]]";
    static const char ROW[] =
        "tETHEUR,1610282216700000000,571236730,1056.93262773,0.19346843,sell,live\n";
    rig *r = rig_open(PLAN_BOUND, NULL);

    (void)state;
    rig_text(r, TE);
    assert_int_equal(r->rc, 0);
    assert_string_equal(wick_decoder_payload(r->d), "other");
    rig_text(
        r,
        "{\"event\":\"subscribed\",\"channel\":\"trades\",\"chanId\":17,\"symbol\":\"tETHEUR\"}");
    for (int i = 0; i < 3; i++)
        assert_string_equal(rig_text(r, TE), ROW);
    rig_text(r, "[17,\"tu\",[571236730,1610282216700,-0.19346843,1056.93262773]]");
    assert_int_equal(r->rc, 0);
    assert_string_equal(wick_decoder_payload(r->d), "repeat");
    rig_text(r, "[17,[[2,1610282216701,0.1,5],[1,1610282216700,-0.1,6]]]");
    assert_string_equal(r->rows, "tETHEUR,1610282216700000000,1,6,0.1,sell,snapshot\n"
                                 "tETHEUR,1610282216701000000,2,5,0.1,buy,snapshot\n");
    rig_text(r, "{\"event\":\"unsubscribed\",\"chanId\":17}");
    rig_text(r, TE);
    assert_string_equal(wick_decoder_payload(r->d), "other");
    rig_close(r);
}

static void scaled_integers_are_the_decimals_they_stand_for(void **state)
{
    static const char SEQ[] = "{\"seq\":9,\"symbol\":\"BTCUSD\",\"trades\":[[1,\"Buy\",5,2000]]}";
    rig *r = rig_open(PLAN_SCALED, NULL);
    wick_batch b;

    (void)state;
    rig_text(
        r,
        "{\"seq\":77,\"symbol\":\"BTCUSD\",\"trades\":[[1625323774580255942,\"Buy\",117770,26]]}");
    assert_string_equal(r->rows, "BTCUSD,1625323774580255942,,11.7770,0.026,buy,live\n");
    rig_text(r, "{\"symbol\":\"sBTCUSD\",\"trades\":[[1625323774580255942,\"Sell\",117770,1000]]}");
    assert_string_equal(r->rows, "sBTCUSD,1625323774580255942,,0.00117770,1.000,sell,live\n");
    assert_int_equal(wick_decode(r->d, SEQ, strlen(SEQ), WICK_FORM_FRAME, 1), 1);
    wick_decoder_batch(r->d, &b);
    assert_int_equal(b.ticks->seq, 9);
    assert_int_equal(b.ticks->qty, 2);
    assert_int_equal(b.ticks->price_exp, -4);
    rig_close(r);
}

static void packed_text_is_read_by_its_mask(void **state)
{
    rig *r = rig_open(PLAN_PACKED, NULL);
    wick_control c;

    (void)state;
    rig_text(r, "0~Coinbase~BTC~USD~1~42~1500000000~0.5~2000~1000~1f");
    assert_string_equal(r->rows, "Coinbase~BTC~USD,1500000000000000000,42,2000,0.5,sell,live\n");
    rig_text(r, "0~thore~BTC~USD~10~1583904070~4.98~7989~e");
    assert_string_equal(r->rows, "thore~BTC~USD,1583904070000000000,,7989,4.98,buy,live\n");
    rig_text(r, "\"0~thore~BTC~USD~4~1583904070~4.98~7989~e\"");
    assert_string_equal(r->rows, "thore~BTC~USD,1583904070000000000,,7989,4.98,,live\n");
    rig_text(r, "0~A~B~C~1~7~1~1~1~f|0~A~B~C~2~8~2~1~1~f|999~HEARTBEAT|");
    assert_int_equal(r->rc, 2);
    assert_int_equal(wick_decoder_control(r->d, &c), WICK_OK);
    assert_string_equal(c.kind, "heartbeat");
    rig_text(r, "{\"TYPE\":\"0\",\"M\":\"A\",\"F\":\"B\",\"T\":\"C\",\"S\":9,\"ID\":\"x\",\"TS\":1,"
                "\"NS\":5,\"Q\":1,\"P\":9.2E-7}|{\"TYPE\":999}");
    assert_string_equal(r->rows, "A~B~C,1000000005,x,0.00000092,1,sell,live\n");
    rig_text(r, "5~CCCAGG~BTC~USD~1~2");
    assert_string_equal(wick_decoder_payload(r->d), "legacy");
    rig_text(r, "plain words");
    assert_int_equal(r->rc, WICK_E_DATA);
    rig_close(r);
}

static void a_split_message_is_all_or_nothing(void **state)
{
    rig *r = rig_open(PLAN_PACKED, NULL);

    (void)state;
    rig_text(
        r, "{\"TYPE\":0,\"M\":\"A\",\"F\":\"B\",\"T\":\"C\",\"TS\":1,\"Q\":1,\"P\":1}|{\"TYPE\":");
    assert_int_equal(r->rc, WICK_E_DATA);
    assert_string_equal(r->rows, "");
    rig_close(r);
}

static void only_elements_that_are_trades_are_taken(void **state)
{
    rig *r = rig_open(PLAN_MIXED, NULL);

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_string_equal(
            rig_text(r, "{\"ch\":\"list\",\"channel\":\"trades.BTC-PERPETUAL.raw\",\"items\":[["
                        "\"t\",42,\"0.05\",\"1\",5],"
                        "[\"o\",1,\"0.06\",\"0\"],[\"t\"],{},[\"T\",43,\"0.07\",\"2\",6]]}"),
            "BTC-PERPETUAL,5000000000,42,0.05,1,,live\nBTC-PERPETUAL,6000000000,43,0.07,2,,live\n");
    assert_true(wick_market(r->w, "Mixed:BTC-USD.PERP", 18) >= 0);
    assert_string_equal(
        wick_market_symbol(r->w, (uint32_t)wick_market(r->w, "Mixed:BTC-USD.PERP", 18)),
        "BTC-PERPETUAL");
    rig_text(r, "{\"ch\":\"list\",\"channel\":\"trades.BTC-29SEP23.100ms\",\"items\":[[\"t\",42,"
                "\"0.05\",\"1\",5]]}");
    assert_string_equal(
        wick_market_symbol(r->w, (uint32_t)wick_market(r->w, "Mixed:BTC-USD.230929", 20)),
        "BTC-29SEP23");
    rig_text(r, "{\"ch\":\"list\",\"channel\":\"x\",\"items\":[[\"o\",1]]}");
    assert_int_equal(r->rc, 0);
    rig_close(r);
}

static void a_confirmation_may_hold_trades_itself(void **state)
{
    rig *r = rig_open(PLAN_MIXED, NULL);
    wick_control c;

    (void)state;
    rig_text(r,
             "{\"type\":\"subscribed\",\"ch\":\"trades\",\"id\":\"BTC_KRW\",\"contents\":{"
             "\"trades\":[{\"px\":\"2\",\"sz\":\"1\",\"at\":"
             "\"2020-01-29 "
             "12:24:18.830039\"},{\"px\":\"1\",\"sz\":\"1\",\"at\":\"2020-01-29T03:24:17Z\"}]}}");
    assert_string_equal(
        r->rows,
        "BTC_KRW,1580268257000000000,,1,1,,snapshot\nBTC_KRW,1580268258830039000,,2,1,,snapshot\n");
    assert_int_equal(wick_decoder_control(r->d, &c), WICK_OK);
    assert_string_equal(c.kind, "subscribed");
    assert_string_equal(c.symbol, "BTC_KRW");
    rig_close(r);
}

/* Lists in lists: what is no list, or is not there, is no empty list. */
static void a_missing_inner_list_is_not_silent(void **state)
{
    static const char *const BAD[] = {"[{}]", "[\"x\"]", "[null]", "[[]]", "[{\"trades\":5}]",
                                      "[{\"trades\":[\"x\"]}]", "[{\"trades\":[null]}]",
                                      "[{\"trades\":[[1,2]]}]"};
    static const char GOOD[] =
        "{\"ch\":\"trades\",\"events\":[{},{\"trades\":null},{\"trades\":[{\"id\":\"BTC-USD\","
        "\"tid\":\"b\",\"px\":\"2\",\"sz\":\"1\",\"time\":\"2026-08-09T21:05:42Z\"}]}]}";
    static const char HEAD[] = "rule trade\n>when ./kch is\nvalue trades\n";
    char plan[sizeof PLAN_NESTED + 16], text[256];
    const char *at = strstr(PLAN_NESTED, HEAD) + sizeof HEAD - 1;
    rig *r = rig_open(PLAN_NESTED, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        snprintf(text, sizeof text, "{\"ch\":\"trades\",\"events\":%s}", BAD[i]);
        rig_text(r, text);
        assert_int_equal(r->rc, WICK_E_DATA);
        assert_string_equal(wick_decoder_reason(r->d), "bad-shape");
    }
    for (int i = 0; i < 3; i++) {
        rig_text(r, GOOD);
        assert_int_equal(r->rc, 1);
        assert_int_equal(wick_decoder_refused(r->d), 1);        /* the others are kept */
    }
    rig_close(r);
    snprintf(plan, sizeof plan, "%.*soptional\n%s", (int)(at - PLAN_NESTED), PLAN_NESTED, at);
    r = rig_open(plan, NULL);
    rig_text(r, GOOD);
    assert_int_equal(r->rc, 1);
    assert_int_equal(wick_decoder_refused(r->d), 0);
    rig_text(r, "{\"ch\":\"trades\",\"events\":[\"x\"]}");
    assert_string_equal(wick_decoder_reason(r->d), "bad-shape");
    rig_close(r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_becomes_a_tick),
        cmocka_unit_test(a_batch_grows_until_it_is_taken),
        cmocka_unit_test(any_writing_of_the_same_json_is_the_same_trade),
        cmocka_unit_test(a_message_cut_anywhere_is_refused_whole),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(a_bad_trade_is_refused_with_its_reason),
        cmocka_unit_test(one_bad_trade_of_many_is_left_out_alone),
        cmocka_unit_test(newest_first_is_turned_round_and_kinds_name_markets),
        cmocka_unit_test(equal_trades_without_ids_are_numbered),
        cmocka_unit_test(a_snapshot_that_comes_twice_repeats_what_is_known),
        cmocka_unit_test(fields_are_inherited_from_outer_levels),
        cmocka_unit_test(keys_can_be_symbols_and_the_first_message_a_snapshot),
        cmocka_unit_test(a_confirmation_may_name_several_symbols),
        cmocka_unit_test(columns_are_read_row_by_row),
        cmocka_unit_test(a_channel_number_stands_for_its_symbol_while_it_is_bound),
        cmocka_unit_test(scaled_integers_are_the_decimals_they_stand_for),
        cmocka_unit_test(packed_text_is_read_by_its_mask),
        cmocka_unit_test(a_split_message_is_all_or_nothing),
        cmocka_unit_test(only_elements_that_are_trades_are_taken),
        cmocka_unit_test(a_confirmation_may_hold_trades_itself),
        cmocka_unit_test(a_missing_inner_list_is_not_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
