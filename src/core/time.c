/* SPDX-License-Identifier: Apache-2.0
 * The calendar, and times as text: RFC 3339 and its plain relatives. */
#include "time.h"

#include <stdio.h>

int64_t days_from_civil(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year; /* years begin in March: the leap day comes last */
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

civil civil_from_days(int64_t days)
{
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, d = z - era * 146097;
    int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    int64_t of_year = d - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    civil c = { y + era * 400 + (m >= 10), (int)(m < 10 ? m + 3 : m - 9),
                (int)(of_year - (153 * m + 2) / 5 + 1) };
    return c;
}

/* Exactly n digits at *p, or -1. */
static int number(const char **p, const char *end, int n)
{
    int v = 0;

    if (end - *p < n)
        return -1;
    for (int i = 0; i < n; i++) {
        if ((*p)[i] < '0' || (*p)[i] > '9')
            return -1;
        v = v * 10 + ((*p)[i] - '0');
    }
    *p += n;
    return v;
}

static int skip(const char **p, const char *end, char c)
{
    if (*p == end || **p != c)
        return 0;
    ++*p;
    return 1;
}

/* "YYYY-MM-DD" to days since 1970. */
static int date(const char **p, const char *end, int64_t *days)
{
    static const int LAST[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int y = number(p, end, 4), m, d, leap;

    if (y < 0 || !skip(p, end, '-') || (m = number(p, end, 2)) < 1 || m > 12 || !skip(p, end, '-'))
        return 0;
    leap = m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    if ((d = number(p, end, 2)) < 1 || d > LAST[m - 1] + leap)
        return 0;
    *days = days_from_civil(y, m, d);
    return 1;
}

/* ".123" to ns; 0..9 digits behind the point, but one at least. */
static int fraction(const char **p, const char *end, int64_t *ns)
{
    int64_t scale = NS_PER_S;
    const char *first;

    *ns = 0;
    if (!skip(p, end, '.'))
        return 1;
    for (first = *p; *p < end && **p >= '0' && **p <= '9'; ++*p) {
        if ((scale /= 10) == 0)
            return 0;
        *ns += (**p - '0') * scale;
    }
    return *p > first;
}

/* "HH:MM:SS[.f]"; a leap second is the instant behind it. */
static int clock_time(const char **p, const char *end, int64_t *ns)
{
    int h = number(p, end, 2), m, s;
    int64_t f;

    if (h < 0 || h > 23 || !skip(p, end, ':') || (m = number(p, end, 2)) < 0 || m > 59 ||
        !skip(p, end, ':') || (s = number(p, end, 2)) < 0 || s > 60 || (s == 60 && m != 59) ||
        !fraction(p, end, &f))
        return 0;
    *ns = ((h * 60 + m) * 60LL + s) * NS_PER_S + (s == 60 ? 0 : f);
    return 1;
}

/* Nothing, "Z", "+hh:mm", "+hhmm" or "+hh" to seconds; nothing is UTC. */
static int offset(const char **p, const char *end, int64_t *seconds)
{
    int sign, h, m = 0;

    *seconds = 0;
    if (*p == end || skip(p, end, 'Z') || skip(p, end, 'z'))
        return 1;
    if (**p != '+' && **p != '-')
        return 0;
    sign = *(*p)++ == '-' ? -1 : 1;
    if ((h = number(p, end, 2)) < 0 || h > 23)
        return 0;
    if (*p < end) {
        skip(p, end, ':');
        if ((m = number(p, end, 2)) < 0 || m > 59)
            return 0;
    }
    *seconds = sign * (h * 60 + m) * 60;
    return 1;
}

int wick_time_parse(const char *text, size_t size, int64_t *time_ns)
{
    const char *p = text, *end = text + size;
    int64_t days, ns = 0, east = 0;

    if (!text || !time_ns)
        return WICK_E_ARG;
    if (!date(&p, end, &days))
        return WICK_E_DATA;
    if (p < end && (!(skip(&p, end, 'T') || skip(&p, end, 't') || skip(&p, end, ' ')) ||
                    !clock_time(&p, end, &ns) || !offset(&p, end, &east)))
        return WICK_E_DATA;
    if (p != end || days < -1 || days > 84371)
        return WICK_E_DATA;
    ns += days * NS_PER_DAY - east * NS_PER_S;
    if (ns < 0 || ns >= TIME_END_NS)
        return WICK_E_DATA;
    *time_ns = ns;
    return WICK_OK;
}

int wick_time_text(int64_t time_ns, char *out, size_t size)
{
    int64_t days = time_ns / NS_PER_DAY - (time_ns % NS_PER_DAY < 0), ns = time_ns % NS_PER_DAY;
    char tail[16] = "";
    civil c = civil_from_days(days);
    int s, f, n = 0;

    if (!out && size > 0)
        return WICK_E_ARG;
    if (ns < 0)
        ns += NS_PER_DAY;
    s = (int)(ns / NS_PER_S);
    f = (int)(ns % NS_PER_S);
    if (f)
        n = snprintf(tail, sizeof tail, ".%09d", f);
    while (n > 0 && tail[n - 1] == '0')
        tail[--n] = 0;
    return snprintf(out, size, "%04lld-%02d-%02dT%02d:%02d:%02d%sZ", (long long)c.year, c.month,
                    c.day, s / 3600, s / 60 % 60, s % 60, tail);
}
