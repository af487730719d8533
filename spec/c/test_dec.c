/* SPDX-License-Identifier: Apache-2.0
 * Exact decimals: reading, printing, comparing, sums of 38 digits, vwap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/dec.h"

static const char *round_trip(const char *text)
{
    static char out[DEC_TEXT_MAX];
    int64_t m;
    int exp, rc = dec_parse(text, strlen(text), &m, &exp);

    if (rc != DEC_OK)
        return rc == DEC_NOT ? "not" : "overflow";
    dec_text(m, exp, out, sizeof out);
    return out;
}

static void text_is_read_exactly_and_printed_plainly(void **state)
{
    static const char *const CASES[][2] = {
        { "0", "0" }, { "-0", "0" }, { "0.000", "0" }, { "0e999999999999", "0" }, { "1", "1" },
        { "+1", "1" }, { "-1", "-1" }, { "007", "7" }, { "1.50", "1.5" }, { "8250.12", "8250.12" },
        { ".5", "0.5" }, { "5.", "5" }, { "1e3", "1000" }, { "1E-7", "0.0000001" },
        { "6.44e-06", "0.00000644" }, { "100", "100" }, { "0.10", "0.1" }, { "-0.05", "-0.05" },
        { "9223372036854775807", "9223372036854775807" },
        { "-9223372036854775807", "-9223372036854775807" }, { "9223372036854775808", "overflow" },
        { "-9223372036854775808", "overflow" },
        { "92233720368547758070000", "92233720368547758070000" },
        { "123456789012345678901", "overflow" },
        { "0.1234567890123456789", "0.1234567890123456789" }, { "9.3e18", "9300000000000000000" },
        { "1000000000000000000000000000000", "1000000000000000000000000000000" },
        { "0.00000000000000000000000000001", "0.00000000000000000000000000001" },
        { "1.0000000000000000000000000000000000000000", "1" }, { "1e128", "overflow" },
        { "1e-129", "overflow" },
        { "1e99999999999999999999", "overflow" }, { "1e-99999999999999999999", "overflow" },
        { "", "not" }, { "-", "not" }, { ".", "not" }, { "e5", "not" }, { "1e", "not" },
        { "1e+", "not" }, { "1 ", "not" }, { " 1", "not" }, { "1.2.3", "not" }, { "0x10", "not" },
        { "nan", "not" }, { "inf", "not" }, { "1_000", "not" }, { "1,5", "not" }, { "--1", "not" },
        { "+-1", "not" }, { "1e5.0", "not" }, { "99999999999999999999999999x", "not" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_string_equal(round_trip(CASES[i][0]), CASES[i][1]);
}

static void the_smallest_number_has_128_places(void **state)
{
    const char *text = round_trip("10e-129");

    (void)state;
    assert_int_equal(strlen(text), 130);
    assert_int_equal(strspn(text + 2, "0"), 127);
    assert_string_equal(text + 129, "1");
}

static void a_mantissa_has_no_trailing_zeros(void **state)
{
    int64_t m;
    int exp;

    (void)state;
    assert_int_equal(wick_dec_parse("8250.1200", 9, &m, &exp), WICK_OK);
    assert_int_equal(m, 825012);
    assert_int_equal(exp, -2);
    assert_int_equal(wick_dec_parse("8250", 4, &m, &exp), WICK_OK);
    assert_int_equal(m, 825);
    assert_int_equal(exp, 1);
    assert_int_equal(wick_dec_parse("8250x", 5, &m, &exp), WICK_E_DATA);
    assert_int_equal(wick_dec_parse("1e200", 5, &m, &exp), WICK_E_DATA);
    assert_int_equal(wick_dec_parse(NULL, 0, &m, &exp), WICK_E_ARG);
}

static void text_is_cut_as_snprintf_cuts(void **state)
{
    char out[8] = "zzzzzzz";

    (void)state;
    assert_int_equal(wick_dec_text(0, 12345678, -2, out, sizeof out), 9);
    assert_string_equal(out, "123456.");
    assert_int_equal(wick_dec_text(0, 12345678, -2, NULL, 0), 9);
    assert_int_equal(wick_dec_text(-1, UINT64_MAX, 0, out, sizeof out), 2);
    assert_string_equal(out, "-1");
    assert_int_equal(wick_dec_text(0, 1, 100000, out, sizeof out), WICK_E_ARG);
}

static void sums_of_128_bits_print_all_their_digits(void **state)
{
    char out[DEC_TEXT_MAX];
    i128 m = 1;

    (void)state;
    for (int i = 0; i < 38; i++)
        m *= 10;
    dec_text(m - 1, 0, out, sizeof out);
    assert_string_equal(out, "99999999999999999999999999999999999999");
    dec_text(-(m - 1), -38, out, sizeof out);
    assert_string_equal(out, "-0.99999999999999999999999999999999999999");
    dec_text(m, -40, out, sizeof out);
    assert_string_equal(out, "0.01");
    dec_text((i128)1 << 126, 0, out, sizeof out);
    assert_string_equal(out, "85070591730234615865843651857942052864");
    assert_true(dec_text(INT64_MAX, DEC_EXP_MIN * 2, out, sizeof out) < DEC_TEXT_MAX);
    assert_true(dec_text(-(m - 1), DEC_EXP_MAX * 2, out, sizeof out) < DEC_TEXT_MAX);
}

static void values_compare_whatever_their_exponents(void **state)
{
    static const struct { int64_t a; int ae; int64_t b; int be, want;
    } CASES[] = {
        { 1, 0, 10, -1, 0 }, { 1, 0, 11, -1, -1 }, { 1, 127, INT64_MAX, -128, 1 },
        { -1, 127, INT64_MAX, -128, -1 }, { 0, 127, 0, -128, 0 }, { 0, 0, 1, -128, -1 },
        { 0, 0, -1, -128, 1 }, { INT64_MAX, 0, INT64_MAX, 1, -1 }, { INT64_MAX, 0, 1, 19, -1 },
        { INT64_MAX, 0, 1, 20, -1 }, { -INT64_MAX, 0, -1, 20, 1 }, { -INT64_MAX, 1, -1, 0, -1 },
        { INT64_MIN, 0, INT64_MIN, 0, 0 }, { 1000000000000000000, 1, 1, 19, 0 },
        { 5, -3, 5, -3, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(dec_cmp(CASES[i].a, CASES[i].ae, CASES[i].b, CASES[i].be), CASES[i].want);
        assert_int_equal(dec_cmp(CASES[i].b, CASES[i].be, CASES[i].a, CASES[i].ae), -CASES[i].want);
    }
}

static void sums_stop_at_38_digits_and_stay_as_they_were(void **state)
{
    i128 most = 1;
    dec128 s = {0}, before;

    (void)state;
    for (int i = 0; i < 38; i++)
        most *= 10;
    assert_true(dec_add(&s, most - 1, 0));
    before = s;
    assert_false(dec_add(&s, 1, 0));
    assert_memory_equal(&s, &before, sizeof s);
    assert_false(dec_add(&s, 1, -1));
    assert_true(dec_add(&s, -(most - 1), 0));
    assert_true(s.m == 0);
    assert_true(dec_add(&s, 5, -3));
    assert_int_equal(s.exp, -3);
    assert_true(dec_add(&s, 1, 34));
    assert_false(dec_add(&s, 1, 35));
    s = (dec128){ 1, 0 };
    assert_false(dec_add(&s, 1, -38));
    assert_true(dec_add(&s, 1, -37));
}

static void common_trailing_zeros_go_and_others_stay(void **state)
{
    i128 m[3] = { 1000, 500, 0 }, none[2] = { 0 },
         big[1] = { (i128)1000000000000000000 * 1000000000000000000 };
    int exp = -5;

    (void)state;
    dec_strip128(m, 3, &exp);
    assert_true(m[0] == 10 && m[1] == 5 && m[2] == 0);
    assert_int_equal(exp, -3);
    dec_strip128(none, 2, &exp);
    assert_int_equal(exp, 0);
    dec_strip128(big, 1, &exp);
    assert_true(big[0] == 1);
    assert_int_equal(exp, 36);
    m[0] = -2000;
    exp = 0;
    dec_strip128(m, 1, &exp);
    assert_true(m[0] == -2);
}

static const char *vwap(i128 quote, int qe, i128 volume, int ve, int digits)
{
    static char out[DEC_TEXT_MAX];
    dec128 v;

    if (!dec_div(quote, qe, volume, ve, digits, &v))
        return "none";
    dec_text(v.m, v.exp, out, sizeof out);
    return out;
}

static void a_vwap_is_rounded_half_to_even(void **state)
{
    i128 most = 1;

    (void)state;
    for (int i = 0; i < 38; i++)
        most *= 10;
    assert_string_equal(vwap(10, 0, 3, 0, 4), "3.3333");
    assert_string_equal(vwap(20, 0, 3, 0, 4), "6.6667");
    assert_string_equal(vwap(5, 0, 10, 0, 0), "0");         /* 0.5 */
    assert_string_equal(vwap(15, 0, 10, 0, 0), "2");        /* 1.5 */
    assert_string_equal(vwap(25, 0, 10, 0, 0), "2");        /* 2.5 */
    assert_string_equal(vwap(250001, -4, 10, 0, 0), "3");   /* 2.50001 */
    assert_string_equal(vwap(12345, -4, 1, 0, 3), "1.234"); /* 1.2345 */
    assert_string_equal(vwap(12355, -4, 1, 0, 3), "1.236");
    assert_string_equal(vwap(123451, -5, 1, 0, 3), "1.235");
    assert_string_equal(vwap(-25, 0, 10, 0, 0), "-2");
    assert_string_equal(vwap(1, 0, 0, 0, 4), "none");
    assert_string_equal(vwap(0, 0, 7, 0, 4), "0");
    assert_string_equal(vwap(most - 1, 0, most - 1, 0, 8), "1");
    assert_string_equal(vwap(most / 3, 0, most - 1, 0, 30), "0.333333333333333333333333333333");
    assert_string_equal(vwap(1, 0, most - 1, 0, 4), "0");
    assert_string_equal(vwap(most - 1, 200, 1, 0, 4), "none");
    assert_string_equal(vwap(most - 1, -240, 1, 0, 4), "0");
    assert_string_equal(vwap(4995, -50, 1, -47, 4), "4.995");
}

static void the_vwap_of_a_candle_has_the_prices_digits_and_four_more(void **state)
{
    wick_candle c = { .open = 82501,
                      .open_exp = -1,
                      .high = 8251,
                      .low = 8250,
                      .close = 825,
                      .close_exp = 1,
                      .volume_lo = 3,
                      .quote_lo = 24751 };
    char out[64];

    (void)state;
    assert_int_equal(wick_candle_text(&c, WICK_F_VWAP, out, sizeof out), 10);
    assert_string_equal(out, "8250.33333");
    c.open = 825;
    c.open_exp = 1;
    wick_candle_text(&c, WICK_F_VWAP, out, sizeof out);
    assert_string_equal(out, "8250.3333");
    c.volume_lo = 0;
    assert_int_equal(wick_candle_text(&c, WICK_F_VWAP, out, sizeof out), 0);
    assert_string_equal(out, "");
    assert_int_equal(wick_candle_text(&c, WICK_F_PRICE, out, sizeof out), WICK_E_ARG);
    assert_int_equal(wick_candle_text(NULL, WICK_F_OPEN, out, sizeof out), WICK_E_ARG);
}

static void a_tick_has_its_time_price_and_quantity(void **state)
{
    wick_tick t = { .time_ns = 1570752011620000000, .price = 141342, .price_exp = -8, .qty = 23 };
    char out[64];

    (void)state;
    wick_tick_text(&t, WICK_F_PRICE, out, sizeof out);
    assert_string_equal(out, "0.00141342");
    wick_tick_text(&t, WICK_F_QTY, out, sizeof out);
    assert_string_equal(out, "23");
    wick_tick_text(&t, WICK_F_TIME, out, sizeof out);
    assert_string_equal(out, "1570752011620000000");
    assert_int_equal(wick_tick_text(&t, WICK_F_OPEN, out, sizeof out), WICK_E_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_read_exactly_and_printed_plainly),
        cmocka_unit_test(the_smallest_number_has_128_places),
        cmocka_unit_test(a_mantissa_has_no_trailing_zeros),
        cmocka_unit_test(text_is_cut_as_snprintf_cuts),
        cmocka_unit_test(sums_of_128_bits_print_all_their_digits),
        cmocka_unit_test(values_compare_whatever_their_exponents),
        cmocka_unit_test(sums_stop_at_38_digits_and_stay_as_they_were),
        cmocka_unit_test(common_trailing_zeros_go_and_others_stay),
        cmocka_unit_test(a_vwap_is_rounded_half_to_even),
        cmocka_unit_test(the_vwap_of_a_candle_has_the_prices_digits_and_four_more),
        cmocka_unit_test(a_tick_has_its_time_price_and_quantity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
