/* SPDX-License-Identifier: Apache-2.0
 * Quarantine: trades that are not folded. With a store behind they are rows of the commit, else
 * events. */
#include "agg_work.h"

#include <stdio.h>
#include <string.h>

static int has_store(const agg *a)
{
    return a->stage.out_count > 0;
}

/* Bytes of a trade's id; 0 where it has none, or one that lies outside of its batch. */
static uint32_t id_size(const wick_batch *b, const wick_tick *t)
{
    return t->id_at <= b->byte_count && t->id_len <= b->byte_count - t->id_at ? t->id_len : 0;
}

/* "Kraken:BTC-EUR 1609459200000000000 29000.5 0.1 id": what the trade was. */
static void describe(agg *a, const wick_batch *b, const wick_tick *t, char *out, size_t size)
{
    const char *name = wick_market_name(a->stage.w, t->market);
    char price[DEC_TEXT_MAX], qty[DEC_TEXT_MAX];
    uint32_t id_len = id_size(b, t);

    dec_text(t->price, t->price_exp, price, sizeof price);
    dec_text(t->qty, t->qty_exp, qty, sizeof qty);
    snprintf(out, size, "%.200s %lld %.80s %.80s %.*s", name ? name : "?", (long long)t->time_ns,
             price, qty, (int)(id_len < 64 ? id_len : 64),
             id_len ? (const char *)b->bytes + t->id_at : "");
}

static int as_row(agg *a, const wick_batch *b, uint32_t i, const char *reason)
{
    const wick_tick *t = &b->ticks[i];
    commit_refusal *r;
    uint32_t at = 0, len = id_size(b, t);

    if (rows_begin(a) < 0 ||
        commit_bytes(a->rows.c, len ? b->bytes + t->id_at : NULL, len, &at) < 0 ||
        !(r = commit_refusal_add(a->rows.c)))
        return WICK_E_NOMEM;
    *r = (commit_refusal){ .reason = reason,
                           .market = t->market,
                           .partition = b->partition,
                           .offset = b->offset,
                           .index = i,
                           .tick = *t,
                           .id_at = at,
                           .id_len = len };
    if (!wick_market_name(a->stage.w, t->market))
        r->market = WICK_NO_MARKET;
    a->dirty = 1;
    return WICK_OK;
}

int agg_refuse(agg *a, const wick_batch *b, uint32_t i, const char *reason)
{
    agg_refused *x;

    a->stage.stats[AGG_QUARANTINED]++;
    if (has_store(a))
        return as_row(a, b, i, reason);
    if (!a->refused && !(a->refused = mem_alloc(a->stage.w, AGG_REFUSED * sizeof *a->refused)))
        return WICK_E_NOMEM;
    if (a->refused_count == AGG_REFUSED)
        agg_tell_refused(a);
    x = &a->refused[a->refused_count++];
    x->r = (wick_refusal){ .reason = reason,
                           .market = b->ticks[i].market,
                           .partition = b->partition,
                           .offset = b->offset,
                           .index = i,
                           .time_ns = b->ticks[i].time_ns };
    describe(a, b, &b->ticks[i], x->text, sizeof x->text);
    return WICK_OK;
}

void agg_tell_refused(agg *a)
{
    wick *w = a->stage.w;
    uint32_t n = a->refused_count;
    size_t size = n * (sizeof(wick_refusal) + sizeof a->refused->text);
    wick_refusal *list;
    char *text;
    wick_event ev = { .kind = WICK_EV_REFUSED, .from = a->stage.id, .tag = a->stage.tag, .count = n,
                      .stride = sizeof *list };

    a->refused_count = 0;
    if (n == 0)
        return;
    if (!(list = mem_alloc(w, size))) {
        ctx_log(w, 0, "agg: no memory to tell of %u refused trades", n);
        return;
    }
    text = (char *)(list + n);
    for (uint32_t i = 0; i < n; i++, text += sizeof a->refused->text) {
        list[i] = a->refused[i].r;
        list[i].text = memcpy(text, a->refused[i].text, sizeof a->refused->text);
    }
    ev.data = list;
    if (event_push(w, &ev, list, mem_release) < 0)
        ctx_log(w, 0, "agg: %u refused trades were not told, the script does not poll", n);
}
