/* SPDX-License-Identifier: Apache-2.0
 * Dates in symbols, as venues write the day on which an instrument ends. */
#include <string.h>

#include "names.h"

static int two(const char *p)
{
    return (p[0] - '0') * 10 + p[1] - '0';
}

static size_t count_digits(const char *text, size_t size)
{
    size_t n = 0;

    while (n < size && text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

/* SEP: 9; 0: it is none. */
static int month_of(const char *text)
{
    static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";

    for (int i = 0; i < 12; i++)
        if (strncasecmp(months + 3 * i, text, 3) == 0)
            return i + 1;
    return 0;
}

int date_of(const char *text, size_t size, int day_first, char out[6])
{
    size_t lead = count_digits(text, size);
    const char *year = text, *rest = text + lead;
    int day, month;

    if (lead == size && (size == 6 || (size == 8 && !day_first))) {
        year = day_first ? text + 4 : text + size - 6;
        month = two(text + (day_first ? 2 : size - 4));
        day = two(day_first ? text : text + size - 2);
    } else if (!day_first && (lead == 1 || lead == 2) && size > lead + 4 && size < lead + 8) {
        day = lead == 2 ? two(text) : *text - '0';
        month = month_of(rest);
        year = text + size - 2;
        if (size == lead + 6 || count_digits(rest + 3, size - lead - 3) != size - lead - 3)
            return 0;
    } else {
        return 0;
    }
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return 0;
    out[0] = year[0];
    out[1] = year[1];
    out[2] = (char)('0' + month / 10);
    out[3] = (char)('0' + month % 10);
    out[4] = (char)('0' + day / 10);
    out[5] = (char)('0' + day % 10);
    return 1;
}
