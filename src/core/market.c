/* SPDX-License-Identifier: Apache-2.0
 * Names of markets and sources: a table of rows, and a hash of their names over it. */
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "ctx.h"

static uint32_t slot_of(const market_table *t, const char *name, size_t size)
{
    uint32_t at = (uint32_t)XXH3_64bits(name, size) & (t->slot_count - 1);

    while (t->slots[at]) {
        const market_row *row = &t->rows[t->slots[at] - 1];

        if (row->name_len == size && memcmp(row->name, name, size) == 0)
            break;
        at = (at + 1) & (t->slot_count - 1);
    }
    return at;
}

/* Twice as many rows and four times as many slots, so that at most half of the slots are ever
 * taken. */
static int grow(wick *w)
{
    market_table *t = &w->markets;
    uint32_t cap = t->cap ? t->cap * 2 : 64;
    uint32_t *slots = mem_zero(w, (size_t)cap * 2 * sizeof *slots);
    market_row *rows;

    if (!slots)
        return WICK_E_NOMEM;
    if (!(rows = mem_resize(w, t->rows, cap * sizeof *rows))) {
        mem_free(w, slots);
        return WICK_E_NOMEM;
    }
    mem_free(w, t->slots);
    t->rows = rows;
    t->slots = slots;
    t->cap = cap;
    t->slot_count = cap * 2;
    for (uint32_t i = 0; i < t->count; i++)
        t->slots[slot_of(t, rows[i].name, rows[i].name_len)] = i + 1;
    return WICK_OK;
}

int64_t wick_market(wick *w, const char *name, size_t size)
{
    market_table *t;
    uint32_t at;
    char *copy;

    if (!w)
        return WICK_E_ARG;
    if (!name || size == 0 || size > MARKET_NAME_MAX || memchr(name, 0, size))
        return ctx_fail(w, WICK_E_ARG, "market: a name has 1 to %d bytes, none of them 0",
                        MARKET_NAME_MAX);
    t = &w->markets;
    if (t->slot_count && t->slots[at = slot_of(t, name, size)])
        return t->slots[at] - 1;
    if (t->count == MARKET_MAX)
        return ctx_fail(w, WICK_E_NOMEM, "market '%.*s': there are %d already", (int)size, name,
                        MARKET_MAX);
    if (t->count == t->cap && grow(w) < 0)
        return ctx_fail(w, WICK_E_NOMEM, "market '%.*s': no memory", (int)size, name);
    if (!(copy = mem_text(w, name, size)))
        return ctx_fail(w, WICK_E_NOMEM, "market '%.*s': no memory", (int)size, name);
    at = slot_of(t, name, size);
    t->rows[t->count] = (market_row){.name = copy, .name_len = (uint32_t)size};
    t->slots[at] = ++t->count;
    return t->count - 1;
}

const char *wick_market_name(wick *w, uint32_t market)
{
    return w && market < w->markets.count ? w->markets.rows[market].name : NULL;
}

const char *wick_market_symbol(wick *w, uint32_t market)
{
    return w && market < w->markets.count ? w->markets.rows[market].symbol : NULL;
}

int wick_market_set_symbol(wick *w, uint32_t market, const char *symbol, size_t size)
{
    market_row *row;
    char *copy;

    if (!w)
        return WICK_E_ARG;
    if (market >= w->markets.count || !symbol || size == 0 || size > MARKET_NAME_MAX ||
        memchr(symbol, 0, size))
        return ctx_fail(w, WICK_E_ARG, "symbol of market %u: unknown market, or not 1 to %d bytes",
                        market, MARKET_NAME_MAX);
    row = &w->markets.rows[market];
    if (row->symbol && strlen(row->symbol) == size && memcmp(row->symbol, symbol, size) == 0)
        return WICK_OK;
    if (!(copy = mem_text(w, symbol, size)))
        return ctx_fail(w, WICK_E_NOMEM, "symbol of market %s: no memory", row->name);
    mem_free(w, row->symbol);
    row->symbol = copy;
    return WICK_OK;
}

/* murmur2 as Kafka's Java client has it: seed 0x9747b28c, the result made positive. */
uint32_t market_partition(const char *name, size_t size, uint32_t partitions)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t h = 0x9747b28cU ^ (uint32_t)size;
    size_t i = 0;

    for (; i + 4 <= size; i += 4) {
        const uint8_t *b = (const uint8_t *)name + i;
        uint32_t k = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;

        k *= m;
        k ^= k >> 24;
        k *= m;
        h = h * m ^ k;
    }
    if (i < size) {
        for (size_t j = size; j-- > i;)
            h ^= (uint32_t)(uint8_t)name[j] << (8 * (j - i));
        h *= m;
    }
    h ^= h >> 13;
    h *= m;
    h ^= h >> 15;
    return (h & 0x7fffffff) % (partitions ? partitions : 1);
}

void market_fini(wick *w)
{
    market_table *t = &w->markets;

    for (uint32_t i = 0; i < t->count; i++) {
        mem_free(w, t->rows[i].name);
        mem_free(w, t->rows[i].symbol);
        eras_fini(w, &t->rows[i].eras);
    }
    mem_free(w, t->rows);
    mem_free(w, t->slots);
    *t = (market_table){0};
}
