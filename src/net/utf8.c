/* SPDX-License-Identifier: Apache-2.0
 * UTF-8 validation: runs of ASCII 32 bytes at a time, the rest by Unicode's table of well-formed
 * sequences (no overlong forms, no surrogates, nothing above U+10FFFF). */
#include "utf8.h"

#include <string.h>

static uint64_t high_bits(const uint8_t *at)
{
    uint64_t v;

    memcpy(&v, at, sizeof v);
    return v & 0x8080808080808080u;
}

static const uint8_t *skip_ascii(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 32 &&
           !(high_bits(at) | high_bits(at + 8) | high_bits(at + 16) | high_bits(at + 24)))
        at += 32;
    while (end - at >= 8 && !high_bits(at))
        at += 8;
    while (at < end && *at < 0x80)
        at++;
    return at;
}

static int step(utf8 *u, uint8_t c)
{
    if (u->need) {
        if (c < u->low || c > u->high)
            return -1;
        u->need--;
        u->low = 0x80;
        u->high = 0xbf;
        return 0;
    }
    if (c < 0xc2 || c > 0xf4)
        return -1;
    u->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    u->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    u->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    return 0;
}

int utf8_feed(utf8 *u, const uint8_t *bytes, size_t size)
{
    const uint8_t *at = bytes, *end = bytes + size;

    while (at < end) {
        if (!u->need && *at < 0x80)
            at = skip_ascii(at, end);
        else if (step(u, *at++) < 0)
            return -1;
    }
    return 0;
}
