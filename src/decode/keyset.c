/* SPDX-License-Identifier: Apache-2.0
 * The keys that a plan names, as small numbers: a key is told by its first and last eight bytes and
 * its size. */
#include <string.h>

#include "json.h"

/* Eight bytes from p of a key of `size` bytes, 0 behind it; reads on up to `end` where that is
 * cheaper. */
static inline uint64_t head(const uint8_t *p, size_t size, const uint8_t *end)
{
    uint64_t v = 0;

    if (size >= 8 || end - p >= 8) {
        memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return size >= 8 ? v : v & (((uint64_t)1 << (8 * size)) - 1);
#else
        return size >= 8 ? v : size ? v & ~(uint64_t)0 << (8 * (8 - size)) : 0;
#endif
    }
    memcpy(&v, p, size);
    return v;
}

static inline uint64_t tail(const uint8_t *p, size_t size)
{
    uint64_t v = 0;

    if (size > 8)
        memcpy(&v, p + size - 8, 8);
    return v;
}

static inline uint32_t mix(uint64_t first, uint64_t last, size_t size)
{
    return (uint32_t)(((first ^ (last << 29 | last >> 35) ^ size) * 0x9e3779b97f4a7c15u) >> 32);
}

static int same(const keyset *k, const struct keyset_row *r, const uint8_t *key, size_t size)
{
    return r->size == size && (size <= 16 || memcmp(k->text.data + r->at, key, size) == 0);
}

uint16_t keyset_find(const keyset *k, const uint8_t *key, size_t size, const uint8_t *end)
{
    uint64_t first, last;
    uint32_t i;

    if (!k || !k->slot_count)
        return 0;
    first = head(key, size, end);
    last = tail(key, size);
    for (i = mix(first, last, size) & (k->slot_count - 1); k->slots[i];
         i = (i + 1) & (k->slot_count - 1)) {
        const struct keyset_row *r = &k->rows[k->slots[i] - 1];

        if (r->first == first && r->last == last && same(k, r, key, size))
            return k->slots[i];
    }
    return 0;
}

static int grow(keyset *k)
{
    uint32_t cap = k->cap ? k->cap * 2 : 64, count = cap * 4;
    uint16_t *slots = mem_zero(k->text.w, count * sizeof *slots);
    struct keyset_row *rows = slots ? mem_resize(k->text.w, k->rows, cap * sizeof *rows) : NULL;

    if (!rows) {
        mem_free(k->text.w, slots);
        return WICK_E_NOMEM;
    }
    mem_free(k->text.w, k->slots);
    k->rows = rows;
    k->slots = slots;
    k->cap = cap;
    k->slot_count = count;
    for (uint32_t n = 0; n < k->count; n++) {
        uint32_t i = mix(rows[n].first, rows[n].last, rows[n].size) & (count - 1);

        while (slots[i])
            i = (i + 1) & (count - 1);
        slots[i] = (uint16_t)(n + 1);
    }
    return WICK_OK;
}

int keyset_add(keyset *k, const void *key, size_t size)
{
    const uint8_t *bytes = key;
    uint16_t id = keyset_find(k, bytes, size, bytes + size);
    uint32_t i;

    if (id)
        return id;
    if (k->count >= JSON_KEYS_MAX || (k->count == k->cap && grow(k) < 0))
        return WICK_E_NOMEM;
    k->rows[k->count] = (struct keyset_row){head(bytes, size, bytes + size), tail(bytes, size),
                                            (uint32_t)size, (uint32_t)k->text.size};
    if (buf_add(&k->text, bytes, size) < 0)
        return WICK_E_NOMEM;
    i = mix(k->rows[k->count].first, k->rows[k->count].last, size) & (k->slot_count - 1);
    while (k->slots[i])
        i = (i + 1) & (k->slot_count - 1);
    k->slots[i] = (uint16_t)++k->count;
    return (int)k->count;
}

void keyset_fini(keyset *k)
{
    mem_free(k->text.w, k->rows);
    mem_free(k->text.w, k->slots);
    buf_fini(&k->text);
    memset(k, 0, sizeof *k);
}
