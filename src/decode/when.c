/* SPDX-License-Identifier: Apache-2.0
 * Times as venues write them, to nanoseconds: numbers in any unit with a fraction or an exponent,
 * and ISO 8601, with separators or without, with 0 to 9 digits of a second (more are cut off) and
 * Z, an offset, or nothing. */
#include <string.h>

#include "../core/dec.h"
#include "../core/time.h"
#include "value.h"

static const int64_t POWER[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
                                  1000000000};

/* n digits at *p, moved past. */
static int number(const uint8_t **p, const uint8_t *end, int n, int *out)
{
    *out = 0;
    if (end - *p < n)
        return 0;
    for (; n; n--, (*p)++) {
        if ((uint8_t)(**p - '0') > 9)
            return 0;
        *out = *out * 10 + (**p - '0');
    }
    return 1;
}

static int mark(const uint8_t **p, const uint8_t *end, const char *any)
{
    if (*p == end || !**p || !strchr(any, **p))
        return 0;
    (*p)++;
    return 1;
}

static int64_t fraction(const uint8_t **p, const uint8_t *end)
{
    int64_t ns = 0;
    int n = 0;

    if (!mark(p, end, ".,"))
        return 0;
    for (; *p < end && (uint8_t)(**p - '0') <= 9; (*p)++)
        if (n < 9) {
            ns = ns * 10 + (**p - '0');
            n++;
        }
    return n ? ns * POWER[9 - n] : -1;
}

/* Z, +hh:mm, +hhmm, +hh, " UTC": seconds east; nothing leaves *east as it is. */
static int zone(const uint8_t **p, const uint8_t *end, int *east)
{
    int hours, minutes = 0, minus;

    while (mark(p, end, " "))
        continue;
    if (*p == end)
        return 1;
    *east = 0;
    if (mark(p, end, "Zz"))
        return 1;
    if (end - *p == 3 && memcmp(*p, "UTC", 3) == 0) {
        *p = end;
        return 1;
    }
    minus = **p == '-';
    if (!mark(p, end, "+-") || !number(p, end, 2, &hours) || hours > 18)
        return 0;
    mark(p, end, ":");
    if (*p < end && (!number(p, end, 2, &minutes) || minutes > 59))
        return 0;
    *east = (hours * 3600 + minutes * 60) * (minus ? -1 : 1);
    return 1;
}

static int month_days(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* hh:mm[:ss[.fraction]] or hhmm[ss[.fraction]], as seconds and ns of a day. */
static int clock(const uint8_t **p, const uint8_t *end, int *seconds, int64_t *ns)
{
    int hour, minute, second = 0, apart;

    *ns = 0;
    if (!number(p, end, 2, &hour))
        return 0;
    apart = mark(p, end, ":");
    if (!number(p, end, 2, &minute))
        return 0;
    if (apart ? mark(p, end, ":") : *p < end && (uint8_t)(**p - '0') <= 9)
        if (!number(p, end, 2, &second) || (*ns = fraction(p, end)) < 0)
            return 0;
    *seconds = hour * 3600 + minute * 60 + second;
    return hour <= 23 && minute <= 59 && second <= 60;
}

/* YYYY-MM-DD, alone or with a clock behind a T or a blank; YYYYMMDD with a clock, and perhaps
 * nothing between them. */
static int iso(const uint8_t *p, const uint8_t *end, int east, int64_t *out)
{
    int year, month, day, apart, seconds = 0;
    int64_t ns = 0;

    if (!number(&p, end, 4, &year))
        return 0;
    apart = mark(&p, end, "-/");
    if (!number(&p, end, 2, &month) || (apart && !mark(&p, end, "-/")) || !number(&p, end, 2, &day))
        return 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return 0;
    if (p < end || !apart) {                    /* a date of eight digits alone is a number */
        if ((!mark(&p, end, "Tt ") && apart) || !clock(&p, end, &seconds, &ns) ||
            !zone(&p, end, &east) || p != end)
            return 0;
    }
    if (year > 2201)
        return 0;
    *out = (days_from_civil(year, month, day) * 86400 + seconds - east) * NS_PER_S + ns;
    return 1;
}

/* A number with a fraction or an exponent: m * 10^exp units of 10^-unit seconds. */
static int odd(const uint8_t *text, size_t size, int unit, int64_t *out)
{
    i128 wide;
    int64_t m;
    int exp, rc = dec_parse((const char *)text, size, &m, &exp);

    if (rc == DEC_OVERFLOW && size > 18 && memchr(text, '.', size)) /* digits beyond ns: cut off */
        rc = dec_parse((const char *)text, 20, &m, &exp);
    if (rc != DEC_OK || m < 0)
        return 0;
    exp += 9 - unit;
    for (wide = m; exp > 0 && wide < TIME_END_NS; exp--)
        wide *= 10;
    for (; exp < 0 && wide; exp++)
        wide /= 10;
    if (wide >= TIME_END_NS)
        return 0;
    *out = (int64_t)wide;
    return 1;
}

int value_time(const uint8_t *text, size_t size, int unit, int64_t *ns)
{
    return value_local(text, size, unit, 0, ns);
}

int value_local(const uint8_t *text, size_t size, int unit, int east, int64_t *ns)
{
    int64_t v;

    if (unit == UNIT_ISO) {
        if (!iso(text, text + size, east, ns))
            return 0;
    } else if (value_integer(text, size, &v)) {
        if (v > TIME_END_NS / POWER[9 - unit])
            return 0;
        *ns = v * POWER[9 - unit];
    } else if (!odd(text, size, unit, ns)) {
        return 0;
    }
    return *ns >= 0 && *ns < TIME_END_NS;
}
