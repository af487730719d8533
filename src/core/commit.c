/* SPDX-License-Identifier: Apache-2.0
 * Building a commit: six growing arrays and the bytes they point into. */
#include "commit.h"

#include <string.h>

commit *commit_new(wick *w)
{
    commit *c = mem_zero(w, sizeof *c);

    if (c)
        c->w = w;
    return c;
}

void commit_free(commit *c)
{
    if (!c)
        return;
    mem_free(c->w, c->candles);
    mem_free(c->w, c->spans);
    mem_free(c->w, c->markets);
    mem_free(c->w, c->eras);
    mem_free(c->w, c->refusals);
    mem_free(c->w, c->offsets);
    mem_free(c->w, c->bytes);
    mem_free(c->w, c);
}

/* Room for one more element of `size` bytes in *array: its address, zeroed; NULL: no memory. */
static void *one_more(commit *c, void **array, uint32_t *count, uint32_t *cap, size_t size)
{
    uint8_t *at;

    if (mem_grow(c->w, array, cap, (uint64_t)*count + 1, size, UINT32_MAX) < 0)
        return NULL;
    at = (uint8_t *)*array + (size_t)(*count)++ * size;
    return memset(at, 0, size);
}

#define ONE_MORE(c, array, count, cap) \
    one_more(c, (void **)&(c)->array, &(c)->count, &(c)->cap, sizeof *(c)->array)

wick_candle *commit_candle(commit *c)
{
    return ONE_MORE(c, candles, candle_count, candle_cap);
}

commit_span *commit_span_add(commit *c)
{
    return ONE_MORE(c, spans, span_count, span_cap);
}

commit_market *commit_market_add(commit *c)
{
    return ONE_MORE(c, markets, market_count, market_cap);
}

commit_era *commit_era_add(commit *c)
{
    return ONE_MORE(c, eras, era_count, era_cap);
}

commit_refusal *commit_refusal_add(commit *c)
{
    return ONE_MORE(c, refusals, refusal_count, refusal_cap);
}

commit_offset *commit_offset_add(commit *c)
{
    return ONE_MORE(c, offsets, offset_count, offset_cap);
}

int commit_bytes(commit *c, const void *bytes, uint32_t size, uint32_t *at)
{
    if (MEM_GROW(c->w, c->bytes, c->byte_cap, (uint64_t)c->byte_count + size, UINT32_MAX) < 0)
        return WICK_E_NOMEM;
    if (size)
        memcpy(c->bytes + c->byte_count, bytes, size);
    *at = c->byte_count;
    c->byte_count += size;
    return WICK_OK;
}
