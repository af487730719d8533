/* SPDX-License-Identifier: Apache-2.0
 * Bytes that recordings write as text, undone: base64, and literals of Python. */
#include <string.h>

#include "frames.h"

int base64_add(buf *out, const uint8_t *p, size_t size)
{
    static const char names[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *to = buf_room(out, size / 4 * 3 + 3);
    uint32_t bits = 0, have = 0;

    if (!to)
        return WICK_E_NOMEM;
    while (size && p[size - 1] == '=')
        size--;
    for (size_t i = 0; i < size; i++) {
        const char *at = p[i] ? strchr(names, p[i]) : NULL;

        if (!at)
            return WICK_E_DATA;
        bits = bits << 6 | (uint32_t)(at - names);
        have += 6;
        if (have >= 8) {
            have -= 8;
            *to++ = (uint8_t)(bits >> have);
            out->size++;
        }
    }
    return WICK_OK;
}

static int hex_of(uint8_t c)
{
    uint8_t low = (uint8_t)(c | 0x20);

    return (uint8_t)(c - '0') <= 9 ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

int bytes_literal(const uint8_t *p, size_t size, uint8_t *to, size_t *written)
{
    static const char names[] = "\\'\"nrtabfv", stand[] = "\\'\"\n\r\t\a\b\f\v";
    const uint8_t *end = p + size - 1;
    uint8_t quote = p[1], *from = to;
    const char *at;

    *written = 0;
    for (p += 2; p < end; p++) {
        if (*p == quote)
            return 0;
        if (*p != '\\') {
            *to++ = *p;
        } else if (end - p > 3 && p[1] == 'x' && hex_of(p[2]) >= 0 && hex_of(p[3]) >= 0) {
            *to++ = (uint8_t)(hex_of(p[2]) << 4 | hex_of(p[3]));
            p += 3;
        } else if (++p < end && *p && (at = strchr(names, *p))) {
            *to++ = (uint8_t)stand[at - names];
        } else {
            return 0;
        }
    }
    if (*end != quote)
        return 0;
    *written = (size_t)(to - from);
    return 1;
}
