/* SPDX-License-Identifier: Apache-2.0
 * Rows by market; contracts in table.h. */
#include "table.h"

#include <string.h>

static uint32_t name_of(const uint8_t *row)
{
    uint32_t name;

    memcpy(&name, row, sizeof name);
    return name;
}

void *table_row(void *rows, uint32_t count, size_t size, uint32_t market)
{
    uint32_t i = market * 0x9e3779b1u & (count - 1), name;
    uint8_t *all = rows;

    while ((name = name_of(all + i * size)) && name != market + 1)
        i = (i + 1) & (count - 1);
    return all + i * size;
}

int table_room(wick *w, void *rows, uint32_t *count, size_t size, uint32_t used)
{
    uint32_t more = *count ? *count * 2 : 16;
    uint8_t *old, *all;

    if (*count && used < *count / 2)
        return WICK_OK;
    if (!(all = mem_zero(w, more * size)))
        return WICK_E_NOMEM;
    memcpy(&old, rows, sizeof old);         /* a pointer to any type: read and written as bytes */
    for (uint32_t i = 0; i < *count; i++)
        if (name_of(old + i * size))
            memcpy(table_row(all, more, size, name_of(old + i * size) - 1), old + i * size, size);
    mem_free(w, old);
    memcpy(rows, &all, sizeof all);
    *count = more;
    return WICK_OK;
}
