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

/* n <= 32 bytes, a constant: the compiler makes wide steps of it. */
static inline void xor_block(uint8_t *to, const uint8_t *from, uint64_t k, size_t n)
{
    uint64_t v[4];

    memcpy(v, from, n);
    for (size_t i = 0; i < n / 8; i++)
        v[i] ^= k;
    memcpy(to, v, n);
}

void ws_mask(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *key, uint64_t at)
{
    uint8_t turned[8];
    uint64_t k;
    size_t i = 0;

    for (size_t j = 0; j < 8; j++)
        turned[j] = key[(at + j) & 3];
    memcpy(&k, turned, 8);
    for (; size - i >= 32; i += 32)
        xor_block(to + i, from + i, k, 32);
    for (; size - i >= 8; i += 8)
        xor_block(to + i, from + i, k, 8);
    for (; i < size; i++)
        to[i] = from[i] ^ turned[i & 7];
}
