/* SPDX-License-Identifier: Apache-2.0
 * Intervals and their buckets: which bucket holds a time, where it ends, which interval is built
 * of which. Times are any int64; a bucket edge that would leave its range is the range's end. */
#include "time.h"

#include <stdio.h>
#include <string.h>

enum { N_MAX = (1 << 24) - 1, MONDAY = 10959 };         /* 2000-01-03, in days */

/* Of a unit, months and years roughly. */
static const int64_t SECONDS[8] = { 0, 1, 60, 3600, 86400, 604800, 30 * 86400, 365 * 86400 };
#define LONGEST_S (200LL * 365 * 86400) /* 200 years: buckets stay within the int64 */

static uint32_t unit_of(uint32_t interval) { return interval >> 24; }
static int64_t n_of(uint32_t interval) { return interval & N_MAX; }

static int known(uint32_t interval)
{
    return unit_of(interval) >= UNIT_SECOND && unit_of(interval) <= UNIT_YEAR &&
           n_of(interval) > 0 && n_of(interval) * SECONDS[unit_of(interval)] <= LONGEST_S;
}

int64_t interval_length(uint32_t interval)
{
    if (!known(interval) || unit_of(interval) >= UNIT_MONTH)
        return 0;
    return SECONDS[unit_of(interval)] * n_of(interval) * NS_PER_S;
}

/* Months of a calendar interval, 0 for fixed lengths. */
static int64_t months(uint32_t interval)
{
    return unit_of(interval) == UNIT_MONTH  ? n_of(interval)
           : unit_of(interval) == UNIT_YEAR ? n_of(interval) * 12
                                            : 0;
}

static int64_t origin(uint32_t interval)
{
    return unit_of(interval) == UNIT_WEEK ? MONDAY * NS_PER_DAY : 0;
}

/* The unit of an interval's text at p: one letter, upper case ISO letters where iso. 0: none. */
static uint32_t unit_from(char c, int iso, int time_part)
{
    static const char PLAIN[] = " smhdwMy", DATE[] = "    DWMY", TIME[] = " SMH";
    const char *at = c == ' ' || c == 0 ? NULL : strchr(!iso ? PLAIN : time_part ? TIME : DATE, c);

    return at ? (uint32_t)(at - (!iso ? PLAIN : time_part ? TIME : DATE)) : 0;
}

int64_t wick_interval(const char *text, size_t size)
{
    size_t at = 0;
    int iso, time_part;
    int64_t n = 0;
    uint32_t unit;

    if (!text)
        return WICK_E_ARG;
    iso = size > 0 && text[0] == 'P';
    time_part = iso && size > 1 && text[1] == 'T';
    at = (size_t)(iso + time_part);
    if (at < size && text[at] == '0')
        return WICK_E_DATA;
    for (; at < size && text[at] >= '0' && text[at] <= '9'; at++)
        if ((n = n * 10 + (text[at] - '0')) > N_MAX)
            return WICK_E_DATA;
    if (n == 0 || at + 1 != size || !(unit = unit_from(text[at], iso, time_part)))
        return WICK_E_DATA;
    return known(unit << 24 | (uint32_t)n) ? (int64_t)unit << 24 | n : WICK_E_DATA;
}

int wick_interval_text(uint32_t interval, char *out, size_t size)
{
    if ((!out && size > 0) || !known(interval))
        return WICK_E_ARG;
    return snprintf(out, size, "%lld%c", (long long)n_of(interval), " smhdwMy"[unit_of(interval)]);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Begin of month m, counted from 1970-01, held within the int64. */
static int64_t month_begin(int64_t m)
{
    int64_t y = 1970 + floor_div(m, 12), ns;
    int month = (int)(m - floor_div(m, 12) * 12) + 1;

    if (__builtin_mul_overflow(days_from_civil(y, month, 1), NS_PER_DAY, &ns))
        return m < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

static int64_t month_of(int64_t time_ns)
{
    civil c = civil_from_days(floor_div(time_ns, NS_PER_DAY));
    return (c.year - 1970) * 12 + c.month - 1;
}

int64_t wick_bucket(uint32_t interval, int64_t time_ns)
{
    int64_t length = interval_length(interval), n = months(interval), rest, begin;

    if (!known(interval))
        return time_ns;
    if (n)
        return month_begin(floor_div(month_of(time_ns), n) * n);
    rest = time_ns % length -
           origin(interval) % length; /* no sum that could overflow: both are remainders */
    rest = rest < 0 ? rest + length : rest;
    rest = rest < 0 ? rest + length : rest;
    return __builtin_sub_overflow(time_ns, rest, &begin) ? INT64_MIN : begin;
}

int64_t wick_bucket_end(uint32_t interval, int64_t bucket_ns)
{
    int64_t end;

    if (!known(interval))
        return bucket_ns;
    if (months(interval))
        return month_begin(month_of(bucket_ns) + months(interval));
    return __builtin_add_overflow(bucket_ns, interval_length(interval), &end) ? INT64_MAX : end;
}

int wick_interval_divides(uint32_t interval, uint32_t of)
{
    int64_t a = interval_length(interval), b = interval_length(of);

    if (!known(interval) || !known(of))
        return 0;
    if (months(interval))
        return months(of) % months(interval) == 0 && months(of) > 0;
    if (months(of)) /* calendar buckets are built from days, or what divides them */
        return NS_PER_DAY % a == 0;
    return b % a == 0 && (origin(of) - origin(interval)) % a == 0;
}
