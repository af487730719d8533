/* SPDX-License-Identifier: Apache-2.0
 * Eras of markets: a short list in the order of time. */
#include <string.h>

#include "ctx.h"
#include "eras.h"

market_era *eras_at(const market_eras *e, int64_t time_ns)
{
    uint32_t i = e->count;

    while (i > 1 && e->list[i - 1].from_ns > time_ns)
        i--;
    return i ? &e->list[i - 1] : NULL;
}

static int room(wick *w, market_eras *e)
{
    uint32_t cap = e->cap ? e->cap * 2 : 1;
    market_era *list;

    if (e->count < e->cap)
        return WICK_OK;
    if (e->count == ERAS_MAX) {
        memmove(e->list, e->list + 1, --e->count * sizeof *e->list);
        return WICK_OK;
    }
    if (!(list = mem_resize(w, e->list, cap * sizeof *list)))
        return WICK_E_NOMEM;
    e->list = list;
    e->cap = cap;
    return WICK_OK;
}

int eras_put(wick *w, market_eras *e, const market_era *era)
{
    market_era *at = eras_at(e, era->from_ns);
    uint32_t i;

    if (at && at->from_ns == era->from_ns) {
        *at = *era;
        return WICK_OK;
    }
    if (room(w, e) < 0)
        return WICK_E_NOMEM;
    for (i = e->count++; i > 0 && e->list[i - 1].from_ns > era->from_ns; i--)
        e->list[i] = e->list[i - 1];
    e->list[i] = *era;
    return WICK_OK;
}

void eras_fini(wick *w, market_eras *e)
{
    mem_free(w, e->list);
    *e = (market_eras){0};
}

/* ---- what a context knows ---- */

int market_put_era(wick *w, uint32_t market, const market_era *era)
{
    return market < w->markets.count ? eras_put(w, &w->markets.rows[market].eras, era) : WICK_OK;
}

const char *market_symbol_at(wick *w, uint32_t market, int64_t time_ns)
{
    const market_era *era = market < w->markets.count
                          ? eras_at(&w->markets.rows[market].eras, time_ns) : NULL;

    return era && era->symbol ? era->symbol : wick_market_symbol(w, market);
}

const char *market_text(wick *w, const char *text)
{
    int64_t id = text ? wick_market(w, text, strlen(text)) : WICK_E_ARG;

    return id < 0 ? NULL : wick_market_name(w, (uint32_t)id);
}
