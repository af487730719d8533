/* SPDX-License-Identifier: Apache-2.0
 * Writing WebSocket frames: the header, and the mask over the payload. */
#include <string.h>

#include "ws.h"

size_t ws_head(uint8_t *out, int opcode, int fin, uint64_t size, const uint8_t *key)
{
    int width = size < 126 ? 0 : size < 65536 ? 2 : 8;
    size_t at = 2;

    out[0] = (uint8_t)((fin ? 0x80 : 0) | opcode);
    out[1] = (uint8_t)((key ? 0x80 : 0) | (width == 0 ? (int)size : width == 2 ? 126 : 127));
    for (int i = width - 1; i >= 0; i--)
        out[at++] = (uint8_t)(size >> (8 * i));
    if (key) {
        memcpy(out + at, key, 4);
        at += 4;
    }
    return at;
}

static void xor8(uint8_t *to, const uint8_t *from, uint64_t k)
{
    uint64_t v;

    memcpy(&v, from, sizeof v);
    v ^= k;
    memcpy(to, &v, sizeof v);
}

void ws_mask(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *key, uint64_t at)
{
    uint8_t turned[8];
    uint64_t k;
    size_t i = 0;

    for (size_t j = 0; j < 8; j++)
        turned[j] = key[(at + j) & 3];
    memcpy(&k, turned, 8);
    for (; size - i >= 32; i += 32) {
        xor8(to + i, from + i, k);
        xor8(to + i + 8, from + i + 8, k);
        xor8(to + i + 16, from + i + 16, k);
        xor8(to + i + 24, from + i + 24, k);
    }
    for (; size - i >= 8; i += 8)
        xor8(to + i, from + i, k);
    for (; i < size; i++)
        to[i] = from[i] ^ turned[i & 7];
}
