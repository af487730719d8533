/* SPDX-License-Identifier: Apache-2.0
 * Time is int64 nanoseconds UTC; intervals and their buckets [begin, end). No clock is read here. Any thread.
 * Fixed lengths count from 1970-01-01, weeks from Monday 2000-01-03, months and years are the calendar's. */
#ifndef WICK_CORE_TIME_H
#define WICK_CORE_TIME_H

#include "../wick.h"

/* An interval's code is unit << 24 | n, n in 1..2^24-1. */
enum { UNIT_SECOND = 1, UNIT_MINUTE, UNIT_HOUR, UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_YEAR };

#define NS_PER_MS  1000000LL
#define NS_PER_S   1000000000LL
#define NS_PER_DAY (86400LL * NS_PER_S)
/* Times of trades and of queries lie in 1970 .. 2200, [0, TIME_END_NS). */
#define TIME_END_NS (84371LL * NS_PER_DAY)      /* 2201-01-01 */

typedef struct civil {                          /* proleptic Gregorian */
    int64_t year;
    int month, day;                             /* 1..12, 1..31 */
} civil;

int64_t days_from_civil(int64_t year, int month, int day);  /* since 1970-01-01 */
civil   civil_from_days(int64_t days);
/* Length of a fixed interval in ns, 0 for months and years. */
int64_t interval_length(uint32_t interval);

#endif
