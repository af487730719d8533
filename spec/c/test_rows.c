/* SPDX-License-Identifier: Apache-2.0
 * wick_candles_text(): bytes of every format, the rule of the open, names to be quoted, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/wick.h"

static wick *W;

static int setup(void **state)
{
    (void)state;
    return wick_open(NULL, &W);
}

static int teardown(void **state)
{
    (void)state;
    wick_close(W);
    return 0;
}

static wick_candle candle(const char *market, const char *interval, int64_t at_s)
{
    wick_candle c;

    memset(&c, 0, sizeof c);
    c.market = (uint32_t)wick_market(W, market, strlen(market));
    c.interval = (uint32_t)wick_interval(interval, strlen(interval));
    c.time_ns = at_s * 1000000000;
    c.end_ns = wick_bucket_end(c.interval, c.time_ns);
    c.flags = WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE;
    c.open = 141597, c.open_exp = -8;
    c.high = 141658, c.high_exp = -8;
    c.low = 141597, c.low_exp = -8;
    c.close = 141597, c.close_exp = -8;
    c.volume_lo = 522, c.volume_exp = 0;
    c.quote_lo = 73944343, c.quote_exp = -8;
    c.trades = 3;
    return c;
}

static const char *text(const wick_candle *c, uint32_t n, int format, int flags,
                        const char *columns)
{
    const char *out = NULL;
    int64_t size = wick_candles_text(W, c, n, format, flags, columns, &out);

    if (size < 0)
        return wick_error(W);
    assert_int_equal(strlen(out), size);
    return out;
}

static void test_csv_is_the_documented_row(void **state)
{
    wick_candle c = candle("Binance:XRP-ETH", "1m", 1570752060);

    (void)state;
    assert_int_equal(wick_market_set_symbol(W, c.market, "XRPETH", 6), WICK_OK);
    assert_string_equal(
        text(&c, 1, WICK_FMT_CSV, WICK_FMT_HEADER, NULL),
        "market,symbol,interval,time,open,high,low,close,volume,quote_volume,trades,closed,"
        "complete,method,rev\n"
        "Binance:XRP-ETH,XRPETH,1m,1570752060000,0.00141597,0.00141658,0.00141597,0.00141597,522,"
        "0.73944343,3,true,true,trades,0\n");
    assert_string_equal(text(&c, 0, WICK_FMT_CSV, 0, NULL), "");
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, WICK_FMT_HEADER | WICK_FMT_CRLF, "rev,time"),
                        "rev,time\r\n0,1570752060000\r\n");
}

static void test_json_has_three_shapes(void **state)
{
    wick_candle c[2] = {candle("Kraken:BTC-EUR", "1m", 60), candle("Kraken:BTC-EUR", "1m", 120)};
    const char *cols = "time,open,closed";

    (void)state;
    c[1].flags = 0;
    assert_string_equal(text(c, 2, WICK_FMT_NDJSON, 0, cols),
                        "{\"time\":60000,\"open\":0.00141597,\"closed\":true}\n"
                        "{\"time\":120000,\"open\":0.00141597,\"closed\":false}\n");
    assert_string_equal(text(c, 2, WICK_FMT_JSON_OBJECTS, WICK_FMT_STRINGS | WICK_FMT_S,
                             "time,open"),
                        "[{\"time\":60,\"open\":\"0.00141597\"},"
                        "{\"time\":120,\"open\":\"0.00141597\"}]");
    assert_string_equal(text(c, 2, WICK_FMT_JSON_ROWS, WICK_FMT_US, "time,trades"),
                        "[[60000000,3],[120000000,3]]");
    assert_string_equal(text(c, 2, WICK_FMT_JSON_COLUMNS, WICK_FMT_NS, "time,complete"),
                        "{\"time\":[60000000000,120000000000],\"complete\":[true,false]}");
    assert_string_equal(text(c, 0, WICK_FMT_JSON_OBJECTS, 0, NULL), "[]");
    assert_string_equal(text(c, 0, WICK_FMT_JSON_COLUMNS, 0, "time,rev"),
                        "{\"time\":[],\"rev\":[]}");
}

static void test_close_time_is_one_unit_before_the_end(void **state)
{
    wick_candle c = candle("Kraken:BTC-EUR", "1m", -60);

    (void)state;
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, 0, "time,close_time"), "-60000,-1\n");
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, WICK_FMT_NS, "close_time"), "-1\n");
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, WICK_FMT_S, "close_time"), "-1\n");
}

static wick_candle priced(const char *market, const char *interval, int64_t at, int64_t open,
                          int64_t close)
{
    wick_candle c = candle(market, interval, at);

    c.flags |= WICK_CANDLE_OPEN_PREV;
    c.open = open, c.close = close;
    c.high = open > close ? open : close;
    c.low = open < close ? open : close;
    c.open_exp = c.high_exp = c.low_exp = c.close_exp = 0;
    return c;
}

static void test_open_is_the_previous_close_where_the_venue_says_so(void **state)
{
    wick_candle c[6] = {
        priced("Bitget:A-B", "1m", 60, 10, 12),  priced("Bitget:A-B", "1m", 240, 14, 15),
        priced("Bitget:A-B", "1m", 300, 9, 8),   priced("Bitget:A-B", "5m", 300, 20, 21),
        priced("Bitget:C-B", "5m", 300, 30, 31), priced("Bitget:C-B", "5m", 600, 40, 41),
    };

    (void)state;
    c[2].flags &= ~(uint32_t)WICK_CANDLE_COMPLETE;      /* an uncovered span inside of it alone */
    c[5].flags |= WICK_CANDLE_BEHIND;                   /* behind one */
    c[5].flags &= ~(uint32_t)WICK_CANDLE_COMPLETE;
    assert_string_equal(text(c, 6, WICK_FMT_CSV, 0, "open,high,low,close,prev_close"),
                        "10,12,10,12,\n12,15,12,15,12\n15,15,8,8,15\n20,21,20,21,\n30,31,30,31,\n"
                        "40,41,40,41,31\n");
    assert_string_equal(text(c, 3, WICK_FMT_CSV, WICK_FMT_PREV, "open,high,low"),
                        "12,15,12\n15,15,8\n");
    assert_string_equal(text(c, 3, WICK_FMT_JSON_COLUMNS, WICK_FMT_PREV, "open,low"),
                        "{\"open\":[12,15],\"low\":[12,8]}");
    assert_string_equal(text(c, 3, WICK_FMT_JSON_ROWS, WICK_FMT_PREV, "open"), "[[12],[15]]");
    assert_string_equal(text(c, 1, WICK_FMT_JSON_ROWS, WICK_FMT_PREV, "open"), "[]");
    assert_string_equal(text(c + 1, 1, WICK_FMT_CSV, WICK_FMT_GO_ON, "open"), "12\n");
    assert_string_equal(text(c + 2, 1, WICK_FMT_CSV, WICK_FMT_GO_ON, "open"), "15\n");
    assert_string_equal(text(c + 3, 1, WICK_FMT_CSV, WICK_FMT_GO_ON, "open"), "20\n");
    assert_string_equal(text(c + 2, 1, WICK_FMT_CSV, 0, "open"), "9\n");
    assert_string_equal(text(c, 3, WICK_FMT_JSON_ROWS, WICK_FMT_PREV | WICK_FMT_REVERSE, "open"),
                        "[[15],[12]]");
    assert_string_equal(text(c, 3, WICK_FMT_JSON_ROWS, WICK_FMT_PREV | WICK_FMT_LESS, "open,close"),
                        "[[12,15]]");
    assert_string_equal(text(c, 1, WICK_FMT_CSV, WICK_FMT_PREV | WICK_FMT_LESS, "open"), "");
    assert_string_equal(text(c, 0, WICK_FMT_CSV, WICK_FMT_PREV | WICK_FMT_LESS, "open"), "");
    assert_string_equal(text(c, 3, WICK_FMT_JSON_ROWS, WICK_FMT_REVERSE, "open"),
                        "[[15],[12],[10]]");
}

static void test_numbers_are_exact_to_38_digits(void **state)
{
    wick_candle c = candle("Kraken:BTC-EUR", "1d", 0);

    (void)state;
    c.volume_lo = UINT64_MAX, c.volume_hi = 1, c.volume_exp = -20;
    c.open = INT64_MAX, c.open_exp = -30;
    c.high = 5, c.high_exp = 3;
    c.digest = 0xfedcba9876543210u;
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, 0, "volume,open,high,digest"),
                        "0.36893488147419103231,0.000000000009223372036854775807,5000,"
                        "fedcba9876543210\n");
    assert_string_equal(text(&c, 1, WICK_FMT_JSON_ROWS, 0, "digest"), "[[\"fedcba9876543210\"]]");
}

static void test_short_and_general_writer_agree(void **state)
{
    static const uint64_t MANTISSAS[] = {0, 1, 9, 10, 100, 1230, 99999, 1000000007, UINT64_MAX / 10,
                                         UINT64_MAX, 10000000000000000000u};
    wick_candle c = candle("Kraken:BTC-EUR", "1d", 0);

    (void)state;
    for (size_t i = 0; i < sizeof MANTISSAS / sizeof *MANTISSAS; i++)
        for (int16_t exp = -20; exp <= 3; exp++) {
            char want[400];

            c.volume_lo = MANTISSAS[i], c.volume_exp = exp;
            wick_candle_text(&c, WICK_F_VOLUME, want, sizeof want - 1);
            strcat(want, "\n");
            assert_string_equal(text(&c, 1, WICK_FMT_CSV, 0, "volume"), want);
        }
}

static void test_vwap_is_null_without_volume(void **state)
{
    wick_candle c = candle("Kraken:BTC-EUR", "1d", 0);

    (void)state;
    c.volume_lo = c.quote_lo = 0;
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, 0, "vwap,rev"), ",0\n");
    assert_string_equal(text(&c, 1, WICK_FMT_JSON_ROWS, WICK_FMT_STRINGS, "vwap"), "[[null]]");
    c.volume_lo = 2, c.quote_lo = 5, c.quote_exp = 0, c.high_exp = 0;
    assert_string_equal(text(&c, 1, WICK_FMT_JSON_ROWS, WICK_FMT_STRINGS, "vwap"), "[[\"2.5\"]]");
}

static void test_names_are_quoted_where_they_must_be(void **state)
{
    wick_candle c = candle("X:a,b\"c", "1m", 0);

    (void)state;
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, 0, "market,symbol"), "\"X:a,b\"\"c\",\n");
    assert_int_equal(wick_market_set_symbol(W, c.market, "a\n\\", 3), WICK_OK);
    assert_string_equal(text(&c, 1, WICK_FMT_JSON_ROWS, 0, "market,symbol"),
                        "[[\"X:a,b\\\"c\",\"a\\u000a\\\\\"]]");
}

static void test_ids_are_text_or_null(void **state)
{
    wick_candle c = candle("Kraken:BTC-EUR", "1m", 0);

    (void)state;
    c.first.id_len = 3;
    memcpy(c.first.id, "907", 3);
    assert_string_equal(text(&c, 1, WICK_FMT_JSON_ROWS, 0, "first_id,last_id"), "[[\"907\",null]]");
}

static void test_mistakes_are_named(void **state)
{
    wick_candle c = candle("Kraken:BTC-EUR", "1m", 0);
    const char *out;

    (void)state;
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, 0, "time,opne"), "columns: no column 'opne'");
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, 0, "time,"), "columns: no column ''");
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, 0, "rev,time,rev"),
                        "columns: 'rev' stands there twice");
    assert_int_equal(wick_candles_text(W, &c, 1, 9, 0, NULL, &out), WICK_E_ARG);
    c.market = 77;
    assert_string_equal(text(&c, 1, WICK_FMT_CSV, 0, NULL), "candles as text: no market 77");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_csv_is_the_documented_row), T(test_json_has_three_shapes),
        T(test_close_time_is_one_unit_before_the_end),
        T(test_open_is_the_previous_close_where_the_venue_says_so),
        T(test_numbers_are_exact_to_38_digits), T(test_short_and_general_writer_agree),
        T(test_vwap_is_null_without_volume),
        T(test_names_are_quoted_where_they_must_be), T(test_ids_are_text_or_null),
        T(test_mistakes_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
