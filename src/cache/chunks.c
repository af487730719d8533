/* SPDX-License-Identifier: Apache-2.0
 * Chunks: a hash of them, a list by last use, and the joining of what is known. */
#include "chunks.h"

#include <string.h>

int chunks_open(chunks *k, wick *w, int64_t *stats, uint64_t most)
{
    *k = (chunks){.w = w, .stats = stats, .most = most, .slot_count = 1024};
    if (!(k->slots = mem_zero(w, k->slot_count * sizeof(chunk *))))
        return WICK_E_NOMEM;
    return WICK_OK;
}

static chunk **slot(const chunks *k, uint32_t market, uint32_t interval, int64_t begin_ns)
{
    uint64_t h = ((uint64_t)market << 32 | interval) * 0x9e3779b97f4a7c15u ^ (uint64_t)begin_ns;

    h *= 0xd6e8feb86659fd93u;
    return &k->slots[(h ^ h >> 32) & (k->slot_count - 1)];
}

static void unuse(chunks *k, chunk *c)
{
    *(c->older ? &c->older->newer : &k->oldest) = c->newer;
    *(c->newer ? &c->newer->older : &k->newest) = c->older;
}

static void use(chunks *k, chunk *c)
{
    c->newer = NULL;
    c->older = k->newest;
    *(k->newest ? &k->newest->newer : &k->oldest) = c;
    k->newest = c;
}

static void count(chunks *k)
{
    k->stats[CACHE_ROWS] = (int64_t)(k->used - k->count);
    k->stats[CACHE_CHUNKS] = k->count;
}

void chunks_drop(chunks *k, chunk *c)
{
    chunk **at = slot(k, c->market, c->interval, c->begin_ns);

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    unuse(k, c);
    k->used -= c->count + 1;
    k->count--;
    count(k);
    mem_free(k->w, c->rows);
    mem_free(k->w, c);
}

void chunks_close(chunks *k)
{
    while (k->oldest)
        chunks_drop(k, k->oldest);
    mem_free(k->w, k->slots);
}

static chunk *find(const chunks *k, uint32_t market, uint32_t interval, int64_t begin_ns)
{
    chunk *c = *slot(k, market, interval, begin_ns);

    while (c && (c->market != market || c->interval != interval || c->begin_ns != begin_ns))
        c = c->next;
    return c;
}

chunk *chunks_find(chunks *k, uint32_t market, uint32_t interval, int64_t time_ns)
{
    chunk *c = find(k, market, interval, cache_chunk(interval, time_ns));

    if (c) {
        unuse(k, c);
        use(k, c);
    }
    return c;
}

/* Four times as many slots; without memory for them the lists only get longer. */
static void spread(chunks *k)
{
    chunks wide = *k;

    wide.slot_count *= 4;
    if (!(wide.slots = mem_zero(k->w, wide.slot_count * sizeof(chunk *))))
        return;
    for (chunk *c = k->oldest; c; c = c->newer) {
        chunk **at = slot(&wide, c->market, c->interval, c->begin_ns);

        c->next = *at;
        *at = c;
    }
    mem_free(k->w, k->slots);
    k->slots = wide.slots;
    k->slot_count = wide.slot_count;
}

static chunk *make(chunks *k, uint32_t market, uint32_t interval, int64_t begin_ns)
{
    chunk *c = mem_zero(k->w, sizeof *c), **at;

    if (!c)
        return NULL;
    if (k->count >= k->slot_count)
        spread(k);
    at = slot(k, market, interval, begin_ns);
    *c = (chunk){.next = *at, .market = market, .interval = interval, .begin_ns = begin_ns};
    *at = c;
    use(k, c);
    k->used++;
    k->count++;
    return c;
}

uint32_t chunk_from(const chunk *c, int64_t time_ns)
{
    uint32_t low = 0, high = c->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (c->rows[middle].time_ns < time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Rows [from, to) of the chunk become `rows`. */
static int put_rows(chunks *k, chunk *c, uint32_t from, uint32_t to, const wick_candle *rows,
                    uint32_t n)
{
    uint32_t total = c->count - (to - from) + n;

    if (MEM_GROW(k->w, c->rows, c->cap, total, total > CACHE_BUCKETS ? total : CACHE_BUCKETS) < 0)
        return 0;
    if (c->count > to)
        memmove(c->rows + from + n, c->rows + to, (c->count - to) * sizeof *c->rows);
    if (n)
        memcpy(c->rows + from, rows, n * sizeof *rows);
    k->used += n;
    k->used -= to - from;
    c->count = total;
    return 1;
}

int chunks_fill(chunks *k, uint32_t market, uint32_t interval, int64_t lo, int64_t hi,
                const wick_candle *rows, uint32_t n)
{
    int64_t begin = cache_chunk(interval, lo);
    chunk *c = chunks_find(k, market, interval, lo);
    uint32_t from = 0, to;

    if (!c && !(c = make(k, market, interval, begin)))
        return 0;
    to = c->count;
    if (c->hi_ns > c->lo_ns && lo <= c->hi_ns && hi >= c->lo_ns) {
        from = chunk_from(c, lo);
        to = chunk_from(c, hi);
        lo = lo < c->lo_ns ? lo : c->lo_ns;
        hi = hi > c->hi_ns ? hi : c->hi_ns;
    }
    if (!put_rows(k, c, from, to, rows, n)) {
        chunks_drop(k, c);
        return 0;
    }
    c->lo_ns = lo;
    c->hi_ns = hi;
    while (k->used > k->most && k->oldest != c) {
        k->stats[CACHE_EVICTED]++;
        chunks_drop(k, k->oldest);
    }
    count(k);
    return 1;
}
