/* SPDX-License-Identifier: Apache-2.0
 * Looking up who speaks for a market; once for each market of a connection. */
#include "owners.h"

#include <string.h>

static int fits(const char *pattern, size_t size, const char *name)
{
    if (size == 0 || pattern[size - 1] == ':')
        return strncmp(name, pattern, size) == 0;
    return strlen(name) == size && memcmp(name, pattern, size) == 0;
}

uint32_t owners_other(const owners *o, uint32_t market)
{
    const char *name = o ? wick_market_name(o->w, market) : NULL, *value;
    size_t size;

    for (const char *at = o ? o->options : NULL; (value = options_find(at, "owner", &size));
         at = value + size) {
        const char *cut = memchr(value, '=', size);
        size_t source = cut ? (size_t)(cut - value) : size;
        int64_t id;

        if (!cut || !fits(cut + 1, size - source - 1, name ? name : ""))
            continue;
        id = wick_market(o->w, value, source);
        return id < 0 || (uint32_t)id == o->self ? WICK_NO_MARKET : (uint32_t)id;
    }
    return WICK_NO_MARKET;
}

int owners_mark(const owners *o, uint32_t market, uint64_t conn, uint32_t at, marks *out)
{
    wick_mark *mark = marks_add(out, WICK_MARK_SOURCE, market, conn, at);

    if (!mark)
        return WICK_E_NOMEM;
    mark->source = owners_other(o, market);
    return WICK_OK;
}
