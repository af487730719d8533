/* SPDX-License-Identifier: Apache-2.0
 * The one door to the cache. A commit that has touched a series since a query was asked makes the
 * store's answer to it stale: generations tell. */
#include "cache.h"

#include <stdio.h>
#include <string.h>

static const cache_driver *const DRIVERS[] = {&cache_memory_driver};
static const char *const STATS[] = {"hits", "misses", "puts", "stale", "rows", "chunks", "evicted",
                                    NULL};

int64_t cache_chunk_ns(uint32_t interval)
{
    int64_t first = wick_bucket(interval, 0), length = wick_bucket_end(interval, first) - first,
            chunk;

    /* January and leap years are the longest; what does not fit the int64 is one chunk */
    return __builtin_mul_overflow(length, CACHE_BUCKETS, &chunk) || chunk <= 0 ? INT64_MAX : chunk;
}

int64_t cache_chunk(uint32_t interval, int64_t time_ns)
{
    int64_t length = cache_chunk_ns(interval), rest = time_ns % length;

    rest = rest < 0 ? rest + length : rest;
    return time_ns < INT64_MIN + rest ? INT64_MIN : time_ns - rest;
}

int cache_key(wick *w, uint32_t market, uint32_t interval, int64_t chunk_ns,
              char out[CACHE_KEY_MAX])
{
    const char *name = wick_market_name(w, market);
    char text[24];

    if (!name || wick_interval_text(interval, text, sizeof text) < 0)
        return WICK_E_ARG;
    return snprintf(out, CACHE_KEY_MAX, "ohlcv:%s:%s:%lld", name, text,
                    (long long)(chunk_ns / 1000000000));
}

static uint64_t *touched(cache *c, uint32_t market, uint32_t interval)
{
    uint64_t h = ((uint64_t)market << 32 | interval) * 0x9e3779b97f4a7c15u;

    return &c->touched[(h >> 40) % CACHE_TOUCHED];
}

static void changed(wick_stage *s, const wick_candle *rows, uint32_t count)
{
    cache *c = (cache *)s;

    c->generation++;
    for (uint32_t i = 0; i < count; i++)
        if (rows[i].flags & WICK_CANDLE_CLOSED)         /* open rows are never kept */
            *touched(c, rows[i].market, rows[i].interval) = c->generation;
    c->drv->changed(c, rows, count);
}

static void forgotten(wick_stage *s, int64_t before_ns)
{
    cache *c = (cache *)s;

    c->generation++;
    for (int i = 0; i < CACHE_TOUCHED; i++)         /* answers on their way may hold what is gone */
        c->touched[i] = c->generation;
    c->drv->forgotten(c, before_ns);
}

static void close_cache(wick_stage *s)
{
    ((cache *)s)->drv->close((cache *)s);
}

static const stage_ops OPS = {.kind = "cache",
                              .changed = changed,
                              .forgotten = forgotten,
                              .close = close_cache};

static int is_cache(const wick_stage *s)
{
    return s && strcmp(s->ops->kind, "cache") == 0;
}

int wick_cache_query(wick_stage *s, const wick_query *q, uint32_t tag)
{
    int rc;

    if (!is_cache(s) || !q)
        return WICK_E_ARG;
    rc = q->market == WICK_NO_MARKET ? 0 : ((cache *)s)->drv->query((cache *)s, q, tag);
    s->stats[rc == 1 ? CACHE_HITS : CACHE_MISSES]++;
    return rc;
}

uint64_t wick_cache_generation(wick_stage *s)
{
    return is_cache(s) ? ((cache *)s)->generation : 0;
}

int wick_cache_put(wick_stage *s, const wick_query *q, uint64_t generation, const wick_candle *rows,
                   uint32_t n)
{
    cache *c = (cache *)s;

    if (!is_cache(s) || !q || (n && !rows))
        return WICK_E_ARG;
    if (q->market == WICK_NO_MARKET)
        return 0;
    if (generation > c->generation || *touched(c, q->market, q->interval) > generation) {
        s->stats[CACHE_STALE]++;
        return 0;
    }
    s->stats[CACHE_PUTS]++;
    return c->drv->put(c, q, rows, n);
}

int wick_cache_open(wick *w, const char *url, uint32_t tag, wick_stage **out)
{
    size_t size;
    cache *c;
    int rc;

    if (!w || !out)
        return WICK_E_ARG;
    if (!url)
        url = conf_text(w->conf, "cache.url");
    size = strcspn(url, ":");
    for (size_t i = 0; i < sizeof DRIVERS / sizeof *DRIVERS; i++) {
        if (strncmp(url, DRIVERS[i]->name, size) != 0 || DRIVERS[i]->name[size] || url[size] != ':')
            continue;
        if (!(c = stage_new(w, &OPS, DRIVERS[i]->self_size, tag, STATS)))
            return WICK_E_NOMEM;
        c->drv = DRIVERS[i];
        if ((rc = c->drv->open(c, url + size + 1)) < 0) {
            stage_abandon(&c->stage);
            return rc;
        }
        *out = &c->stage;
        return WICK_OK;
    }
    return ctx_fail(w, WICK_E_ARG, "cache.url: no driver for '%.*s:'; there is memory:",
                    (int)size, url); /* what is behind may be secret */
}
