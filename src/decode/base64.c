/* SPDX-License-Identifier: Apache-2.0
 * Base64 of recordings, undone. */
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
