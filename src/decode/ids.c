/* SPDX-License-Identifier: Apache-2.0
 * Ids as keys of order: monotone, so that most comparisons need no bytes. */
#include <string.h>

#include "../wick.h"
#include "value.h"

uint64_t wick_id_key(const void *id, size_t size)
{
    const uint8_t *p = id, *end = p + size;
    uint64_t key = 0;
    int64_t n;

    if (size < 19 && value_integer(p, size, &n))
        return (uint64_t)n;
    while (p < end && (uint8_t)(*p - '0') <= 9)
        p++;
    if (p == end && size) {                     /* a long number; leading zeros say nothing */
        for (p = id; p < end - 1 && *p == '0'; p++)
            continue;
        return value_integer(p, (size_t)(end - p), &n) ? (uint64_t)n : INT64_MAX;
    }
    p = id;
    for (size_t i = 0; i < 8; i++)
        key = key << 8 | (i < size ? p[i] : 0);
    return (uint64_t)1 << 63 | key >> 1;
}
