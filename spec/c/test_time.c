/* SPDX-License-Identifier: Apache-2.0
 * Times, intervals and buckets: boundaries, weeks, months, leap years, the ends of the range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../src/core/time.h"

static int64_t at(const char *text)
{
    int64_t ns;

    assert_int_equal(wick_time_parse(text, strlen(text), &ns), WICK_OK);
    return ns;
}

static uint32_t every(const char *text)
{
    int64_t code = wick_interval(text, strlen(text));

    assert_true(code > 0);
    return (uint32_t)code;
}

static const char *text_of(int64_t ns)
{
    static char out[64];

    wick_time_text(ns, out, sizeof out);
    return out;
}

static void times_are_read_in_every_form(void **state)
{
    static const char *const SAME[] = {
        "2021-04-05T20:25:58Z", "2021-04-05 20:25:58", "2021-04-05t20:25:58z",
        "2021-04-05T20:25:58.000000000Z", "2021-04-05T22:25:58+02:00", "2021-04-05T22:25:58+0200",
        "2021-04-05 22:25:58+02", "2021-04-06T01:55:58+05:30", "2021-04-05T12:55:58-07:30",
        "2021-04-05T20:25:58.0",
    };

    (void)state;
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++)
        assert_int_equal(at(SAME[i]), 1617654358 * NS_PER_S);
    assert_int_equal(at("2021-04-05"), 1617580800 * NS_PER_S);
    assert_int_equal(at("2021-04-05T20:25:58.1"), 1617654358100000000);
    assert_int_equal(at("2021-04-05T20:25:58.123456789Z"), 1617654358123456789);
    assert_int_equal(at("1970-01-01"), 0);
    assert_int_equal(at("2200-12-31T23:59:59.999999999Z"), TIME_END_NS - 1);
    assert_int_equal(at("2016-12-31T23:59:60Z"), at("2017-01-01"));
    assert_int_equal(at("2000-02-29"), 951782400 * NS_PER_S);
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const BAD[] = {
        "", "2021", "2021-4-5", "2021-13-01", "2021-00-01", "2021-02-29", "1900-02-29",
        "2021-04-31", "2021-04-05T", "2021-04-05T20", "2021-04-05T20:25", "2021-04-05T24:00:00Z",
        "2021-04-05T20:60:00Z", "2021-04-05T20:25:61Z", "2021-04-05T20:25:60Z",
        "2021-04-05T20:25:58.Z", "2021-04-05T20:25:58.1234567890Z", "2021-04-05T20:25:58ZZ",
        "2021-04-05T20:25:58+24:00", "2021-04-05T20:25:58+02:60", "2021-04-05T20:25:58+2",
        "2021-04-05T20:25:58 ", "2021-04-05  20:25:58", "1969-12-31", "2201-01-01",
        "1970-01-01T00:00:00+00:01", "9999-12-31", "0000-01-01", "2021-04-05Z", "x021-04-05",
        "2021/04/05",
    };
    int64_t ns;

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_int_equal(wick_time_parse(BAD[i], strlen(BAD[i]), &ns), WICK_E_DATA);
    assert_int_equal(wick_time_parse(NULL, 0, &ns), WICK_E_ARG);
}

static void times_print_as_they_are_read(void **state)
{
    (void)state;
    assert_string_equal(text_of(0), "1970-01-01T00:00:00Z");
    assert_string_equal(text_of(-1), "1969-12-31T23:59:59.999999999Z");
    assert_string_equal(text_of(1617654358100000000), "2021-04-05T20:25:58.1Z");
    assert_string_equal(text_of(INT64_MAX), "2262-04-11T23:47:16.854775807Z");
    assert_string_equal(text_of(INT64_MIN), "1677-09-21T00:12:43.145224192Z");
}

static void the_calendar_is_the_systems(void **state)
{
    (void)state;
    for (int64_t day = -100000; day < 100000; day += 7) {
        time_t t = (time_t)(day * 86400);
        struct tm tm;
        civil c = civil_from_days(day);
        gmtime_r(&t, &tm);
        assert_int_equal(c.year, tm.tm_year + 1900);
        assert_int_equal(c.month, tm.tm_mon + 1);
        assert_int_equal(c.day, tm.tm_mday);
        assert_int_equal(days_from_civil(c.year, c.month, c.day), day);
    }
}

static void intervals_are_case_sensitive_and_bounded(void **state)
{
    static const char *const GOOD[][2] = {
        { "1s", "1s" }, { "1m", "1m" }, { "15m", "15m" }, { "4h", "4h" }, { "1d", "1d" },
        { "1w", "1w" }, { "1M", "1M" }, { "1y", "1y" }, { "PT5M", "5m" }, { "PT30S", "30s" },
        { "PT1H", "1h" }, { "P1D", "1d" }, { "P1W", "1w" }, { "P1M", "1M" }, { "P1Y", "1y" },
        { "200y", "200y" }, { "7h", "7h" }, { "60m", "60m" },
    };
    static const char *const BAD[] = {
        "", "m", "0m", "01m", "1", "1x", "1H", "1D", "1W", "1Y", "1S", "-1m", "1 m", " 1m", "1m ",
        "1mm", "1.5h", "PT", "P", "P5M5", "PT1D", "P1H", "p1d", "Pt5m", "PT5m", "201y", "16777216s",
        "99999999999999999999s", "11000w", "P1",
    };
    char out[32];

    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        wick_interval_text(every(GOOD[i][0]), out, sizeof out);
        assert_string_equal(out, GOOD[i][1]);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        assert_true(wick_interval(BAD[i], strlen(BAD[i])) < 0);
    assert_true(wick_interval("1m", 2) != wick_interval("1M", 2));
    assert_int_equal(wick_interval_text(0, out, sizeof out), WICK_E_ARG);
}

static void check(const char *interval, const char *time, const char *begin, const char *end)
{
    int64_t b = wick_bucket(every(interval), at(time));

    assert_int_equal(b, at(begin));
    assert_int_equal(wick_bucket_end(every(interval), b), at(end));
}

static void buckets_begin_where_they_should(void **state)
{
    (void)state;
    check("1m", "2021-04-05T20:25:58.999", "2021-04-05T20:25:00Z", "2021-04-05T20:26:00Z");
    check("1m", "2021-04-05T20:25:00", "2021-04-05T20:25:00Z", "2021-04-05T20:26:00Z");
    check("4h", "2021-04-05T03:59:59", "2021-04-05", "2021-04-05T04:00:00Z");
    check("7h", "1970-01-01T06:59:59", "1970-01-01", "1970-01-01T07:00:00Z");
    check("1w", "1970-01-05", "1970-01-05", "1970-01-12");
    check("1w", "1970-01-11T23:59:59", "1970-01-05", "1970-01-12");
    check("1w", "2021-01-03T12:00:00", "2020-12-28", "2021-01-04");
    check("1w", "2020-02-29", "2020-02-24", "2020-03-02");
    check("2w", "2000-01-16T23:59:59", "2000-01-03", "2000-01-17");
    check("2w", "2000-01-17", "2000-01-17", "2000-01-31");
    check("1M", "2020-02-29T23:59:59", "2020-02-01", "2020-03-01");
    check("1M", "2021-12-31", "2021-12-01", "2022-01-01");
    check("3M", "2021-12-31", "2021-10-01", "2022-01-01");
    check("5M", "1970-06-01", "1970-06-01", "1970-11-01");
    check("1y", "2000-07-01", "2000-01-01", "2001-01-01");
    check("3y", "1972-12-31", "1970-01-01", "1973-01-01");
    check("3d", "1970-01-05", "1970-01-04", "1970-01-07");
}

static void every_bucket_is_whole_before_1970_and_at_the_ends_of_time(void **state)
{
    static const char *const ALL[] = { "1s", "7m", "1h", "7h", "1d", "3d",  "1w",
                                       "2w", "1M", "7M", "1y", "3y", "200y" };

    (void)state;
    assert_string_equal(text_of(wick_bucket(every("1w"), 0)), "1969-12-29T00:00:00Z");
    assert_string_equal(text_of(wick_bucket(every("1d"), -1)), "1969-12-31T00:00:00Z");
    assert_string_equal(text_of(wick_bucket(every("1M"), -1)), "1969-12-01T00:00:00Z");
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) {
        uint32_t code = every(ALL[i]);
        uint64_t x = 99;
        assert_true(wick_bucket(code, INT64_MIN) <=
                    wick_bucket_end(code, wick_bucket(code, INT64_MIN)));
        assert_true(wick_bucket_end(code, wick_bucket(code, INT64_MAX)) == INT64_MAX);
        for (int k = 0; k < 3000; k++) {
            int64_t t, b, e;
            x = x * 6364136223846793005ULL + 1442695040888963407ULL;
            t = (int64_t)x / 4;
            b = wick_bucket(code, t);
            e = wick_bucket_end(code, b);
            assert_true(b <= t && t < e);
            assert_int_equal(wick_bucket(code, b), b);
            assert_int_equal(wick_bucket(code, e - 1), b);
            assert_int_equal(wick_bucket(code, e), e);
        }
    }
}

static void an_interval_divides_what_is_made_of_its_whole_buckets(void **state)
{
    static const char *const YES[][2] = {
        { "1m", "5m" }, { "1m", "1m" }, { "60s", "1m" }, { "1m", "60s" }, { "1m", "1d" },
        { "1m", "1M" }, { "1d", "1w" }, { "1d", "1M" }, { "1h", "1y" }, { "1M", "1y" },
        { "1w", "2w" }, { "7m", "7h" }, { "3M", "1y" }, { "1d", "7d" }, { "12M", "1y" },
    };
    static const char *const NO[][2] = {
        { "5m", "1m" }, { "7m", "1h" }, { "1w", "1M" }, { "1M", "1w" }, { "7h", "1d" },
        { "7d", "1w" }, { "1w", "7d" }, { "2d", "2w" }, { "2d", "1M" }, { "5M", "1y" },
        { "7h", "1M" }, { "3d", "1w" }, { "1M", "30d" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof YES / sizeof *YES; i++)
        assert_true(wick_interval_divides(every(YES[i][0]), every(YES[i][1])));
    for (size_t i = 0; i < sizeof NO / sizeof *NO; i++)
        assert_false(wick_interval_divides(every(NO[i][0]), every(NO[i][1])));
    assert_false(wick_interval_divides(0, every("1d")));
    assert_false(wick_interval_divides(every("1m"), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_in_every_form),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(times_print_as_they_are_read),
        cmocka_unit_test(the_calendar_is_the_systems),
        cmocka_unit_test(intervals_are_case_sensitive_and_bounded),
        cmocka_unit_test(buckets_begin_where_they_should),
        cmocka_unit_test(every_bucket_is_whole_before_1970_and_at_the_ends_of_time),
        cmocka_unit_test(an_interval_divides_what_is_made_of_its_whole_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
