/* SPDX-License-Identifier: Apache-2.0
 * The simulator's world made and unmade, and its markets. */
#include <string.h>

#include "../core/time.h"
#include "world.h"

#define HOUR (3600 * NS_PER_S)

int sim_open(wick *w, const char *options, int live, int64_t now_ns, sim **out)
{
    static const int64_t LIMITS[SIM_LIMITS] = {50, 1000, 20000, 200000, 2000000};
    sim *s = mem_zero(w, sizeof *s);
    int rc;

    if (!s)
        return WICK_E_NOMEM;
    s->w = w;
    s->opened_ns = s->wall_ns = now_ns;
    s->conf.seed = 1;
    s->conf.live = live;
    s->conf.rate_milli = 100000;
    s->conf.form = SIM_FORM_NS | SIM_FORM_CCSEQ;
    s->conf.heartbeat_ns = s->conf.ping_ns = 30 * NS_PER_S;
    s->conf.settle_ns = live ? 0 : 50 * NS_PER_MS;
    s->conf.listing_ns = 1420070400 * NS_PER_S;      /* 2015-01-01 */
    memcpy(s->conf.limits, LIMITS, sizeof LIMITS);
    if ((rc = sim_conf_read(s, "markets=5")) < 0 || (rc = sim_conf_read(s, options)) < 0) {
        sim_close(s);
        return rc;
    }
    s->slots.seed = s->conf.seed;
    s->slots.count = s->market_count;
    s->slots.rate_milli = s->conf.rate_milli;
    *out = s;
    return WICK_OK;
}

void sim_close(sim *s)
{
    if (!s)
        return;
    while (s->conns)
        sim_gone(s->conns);
    sim_tickers_fini(s);
    for (uint32_t i = 0; i < s->market_count; i++) {
        sim_ledger_fini(&s->markets[i].ledger, s->w);
        mem_free(s->w, s->markets[i].latest);
    }
    mem_free(s->w, s->markets);
    mem_free(s->w, s->held);
    mem_free(s->w, s->fifo);
    mem_free(s->w, s->conf.keys);
    mem_free(s->w, s);
}

int sim_market_add(sim *s, const char *name, size_t size, uint32_t *out)
{
    sim_spot spot;
    const char *why = sim_spot_parse(&spot, name, size);
    sim_market *m;

    if (why)
        return ctx_fail(s->w, WICK_E_ARG, "sim: market '%.*s': %s", (int)(size < 100 ? size : 100),
                        name, why);
    for (uint32_t i = 0; i < s->market_count; i++) {
        const sim_spot *o = &s->markets[i].spot;

        if (!strcmp(o->base, spot.base) && !strcmp(o->venue, spot.venue) &&
            !strcmp(o->quote, spot.quote)) {
            *out = i;
            return WICK_OK;
        }
    }
    if (s->market_count == SIM_MARKETS_MAX)
        return ctx_fail(s->w, WICK_E_ARG, "sim: more than %d markets", SIM_MARKETS_MAX);
    if (s->market_count == s->market_cap) {
        uint32_t cap = s->market_cap ? s->market_cap * 2 : 8;
        sim_market *markets = mem_resize(s->w, s->markets, cap * sizeof *markets);

        if (!markets)
            return ctx_fail(s->w, WICK_E_NOMEM, "sim: no memory for markets");
        s->markets = markets;
        s->market_cap = cap;
    }
    m = s->markets + s->market_count;
    memset(m, 0, sizeof *m);
    m->spot = spot;
    sim_spot_init(&m->spot, s->conf.seed);
    m->head_size = (uint32_t)sim_trade_head(m->head, sizeof m->head, &m->spot);
    *out = s->market_count++;
    return WICK_OK;
}

/* A world that was begun at its start and goes on behind `after` has had a part of its count. */
static void had(sim *s, int64_t from)
{
    uint64_t count = s->conf.count,
             part = sim_slot_at(&s->slots, from) - sim_slot_at(&s->slots, s->conf.start_ns);

    if (count)
        s->conf.count = count > part ? count - part : 1;
}

int64_t sim_from(sim *s, int64_t now_ns)
{
    int64_t from = s->conf.start_ns ? s->conf.start_ns : now_ns - HOUR;

    if (s->conf.after_ns && (!s->conf.start_ns || s->conf.after_ns >= from)) {
        from = s->conf.after_ns + 1;
        if (s->conf.start_ns)
            had(s, from);
    }
    s->opened_ns = s->wall_ns = from < now_ns ? from : now_ns;
    return s->opened_ns;
}
