/* SPDX-License-Identifier: Apache-2.0
 * A recording played by the simulator: ticks of any source as trades of the vendor, in a bounded
 * queue. */
#include <string.h>

#include "../core/time.h"
#include "sim_world.h"

/* A tick as the vendor's trade: OK, or AGAIN: its market has no such name, it is left out. */
static int record(sim *s, const wick_tick *t, const uint8_t *ids, sim_trade *out)
{
    const char *name = wick_market_name(s->w, t->market);
    uint32_t market;
    int rc;

    if (!name || t->price < 0 || t->qty < 0 || t->id_len > SIM_ID_MAX)
        return WICK_E_AGAIN;
    rc = sim_market_add(s, name, strlen(name), &market);
    if (rc < 0)
        return rc == WICK_E_ARG ? WICK_E_AGAIN : rc;
    memset(out, 0, sizeof *out);
    out->fact.time_ns = t->time_ns;
    out->fact.price = t->price, out->fact.price_exp = t->price_exp;
    out->fact.qty = t->qty, out->fact.qty_exp = t->qty_exp;
    out->fact.ordinal = s->markets[market].next++;
    out->fact.market = market;
    out->fact.flags = t->flags & WICK_TICK_SELL  ? SIM_SELL
                      : t->flags & WICK_TICK_BUY ? SIM_BUY
                                                 : SIM_UNKNOWN;
    out->recv_ns = t->time_ns + 50 * NS_PER_MS;
    out->ccseq = out->fact.ordinal + 1;
    out->id_len = t->id_len;
    if (t->id_len) {
        memcpy(out->id, ids + t->id_at, t->id_len);
    } else { /* as the vendor does it: seconds and a counter */
        char *end = sim_put_u64(out->id, (uint64_t)(t->time_ns / NS_PER_S));

        *end++ = '.';
        out->id_len = (uint32_t)(sim_put_u64(end, out->fact.ordinal) - out->id);
    }
    out->fact.id_key = wick_id_key(out->id, out->id_len);
    return WICK_OK;
}

void sim_recording(sim *s)
{
    s->recorded = 1;
    s->market_count = 0;                            /* the recording says which there are */
}

int sim_take(sim *s, const wick_batch *b)
{
    if (!s->fifo && !(s->fifo = mem_alloc(s->w, SIM_FIFO * sizeof *s->fifo)))
        return ctx_fail(s->w, WICK_E_NOMEM, "sim: no memory for a recording");
    if (b->tick_count > SIM_FIFO - s->fifo_count && s->fifo_count) {
        s->fifo_was_full = 1;
        return WICK_E_AGAIN;
    }
    if (b->tick_count > SIM_FIFO)
        return ctx_fail(s->w, WICK_E_ARG, "sim: a batch of more than %d trades", SIM_FIFO);
    for (uint32_t i = 0; i < b->tick_count; i++) {
        int rc = record(s, b->ticks + i, b->bytes,
                        s->fifo + (s->fifo_head + s->fifo_count) % SIM_FIFO);

        if (rc < 0)
            return rc;
        s->fifo_count += rc == WICK_OK;
    }
    return WICK_OK;
}

int sim_wants(const sim *s)
{
    return s->fifo_count < SIM_FIFO / 2;
}
