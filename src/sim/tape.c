/* SPDX-License-Identifier: Apache-2.0
 * A recording played by the simulator: ticks of any source as trades of the vendor, in a bounded
 * queue. */
#include <string.h>

#include "../core/time.h"
#include "world.h"

/* The venue gave no id: as the vendor does it, seconds and a counter in the second. */
static void name_it(sim_market *m, sim_trade *t)
{
    int64_t second = t->fact.time_ns / NS_PER_S;
    char *end = sim_put_u64(t->id, (uint64_t)second);

    m->named = second == m->named_s ? m->named + 1 : 0;
    m->named_s = second;
    *end++ = '.';
    for (uint64_t least = 100; least > 1 && m->named < least; least /= 10)
        *end++ = '0';
    t->id_len = (uint32_t)(sim_put_u64(end, m->named) - t->id);
}

/* A tick as the vendor's trade: 1, or 0: its market has no name of that kind, it is left out. */
static int record(sim *s, const wick_tick *t, const uint8_t *ids, sim_trade *out)
{
    const char *name = wick_market_name(s->w, t->market);
    uint32_t market;
    int rc;

    if (!name || t->price < 0 || t->qty < 0 || t->id_len > SIM_ID_MAX)
        return 0;
    rc = sim_market_add(s, name, strlen(name), &market);
    if (rc < 0)
        return rc == WICK_E_ARG ? 0 : rc;
    memset(out, 0, sizeof *out);
    out->fact.time_ns = t->time_ns;
    out->fact.price = t->price, out->fact.price_exp = t->price_exp;
    out->fact.qty = t->qty, out->fact.qty_exp = t->qty_exp;
    out->fact.ordinal = s->markets[market].next++;
    out->fact.market = market;
    out->fact.flags = t->flags & WICK_TICK_BUY ? SIM_BUY : SIM_UNKNOWN;
    if (t->flags & WICK_TICK_SELL)
        out->fact.flags = SIM_SELL;
    out->recv_ns = t->time_ns + 50 * NS_PER_MS;
    out->ccseq = out->fact.ordinal + 1;
    out->id_len = t->id_len;
    if (t->id_len) {
        memcpy(out->id, ids + t->id_at, t->id_len);
    } else {
        name_it(s->markets + market, out);
    }
    out->fact.id_key = wick_id_key(out->id, out->id_len);
    return 1;
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
        sim_trade *t = s->fifo + (s->fifo_head + s->fifo_count) % SIM_FIFO;
        int rc = record(s, b->ticks + i, b->bytes, t);

        if (rc < 0)
            return rc;
        s->fifo_count += (uint32_t)rc;
    }
    return WICK_OK;
}

void sim_recording_over(sim *s)
{
    s->tape_over = s->recorded;
}

int sim_wants(const sim *s)
{
    return s->fifo_count < SIM_FIFO / 2;
}
