/* SPDX-License-Identifier: Apache-2.0
 * Subscriptions of the streamer: what a text like 0~Coinbase~BTC~USD stands for, and a client's
 * list. */
#include <string.h>

#include "world.h"

/* The parts of "0~Coinbase~BTC~USD"; how many, 0: too many or too long. */
static int split(const char *sub, char part[5][SIM_PART_MAX + 1])
{
    int n = 0;

    for (const char *at = sub;; n++) {
        size_t size = strcspn(at, "~");

        if (n == 5 || size > SIM_PART_MAX)
            return 0;
        memcpy(part[n], at, size);
        part[n][size] = '\0';
        if (!at[size])
            return n + 1;
        at += size + 1;
    }
}

static int find_market(const sim *s, const char *venue, const char *base, const char *quote)
{
    for (uint32_t i = 0; i < s->market_count; i++) {
        const sim_spot *m = &s->markets[i].spot;

        if (strcmp(m->base, base) == 0 && strcmp(m->quote, quote) == 0 &&
            strcmp(m->venue, venue) == 0)
            return (int)i;
    }
    return -1;
}

static int has_base(const sim *s, const char *base, const char *quote)
{
    int found = 0;

    for (uint32_t i = 0; i < s->market_count; i++)
        if (strcmp(s->markets[i].spot.base, base) == 0)
            found |= 1 | (strcmp(s->markets[i].spot.quote, quote) == 0 ? 2 : 0);
    return found;
}

/* Resolve a subscription; 0: there is no such thing, and why is in info. */
int sim_sub_resolve(sim *s, const char *text, sim_sub *out, char *info)
{
    char part[5][SIM_PART_MAX + 1];
    int n = split(text, part), index, unit, at;
    const char *what = n > 2 ? part[2] : text;

    memset(out, 0, sizeof *out);
    unit = n == 5 && strlen(part[4]) == 1 && strchr("mHD", part[4][0]) ? part[4][0] : 0;
    index = n > 1 && strcmp(part[1], "CCCAGG") == 0;
    info = sim_put(info, "We have not integrated any of the exchanges ");
    if (n >= 4 && has_base(s, part[2], part[3]))
        info = sim_put(sim_put(sim_put(sim_put(info, part[2]), "~"), part[3]), " pair");
    else
        info = sim_put(info, what);
    *sim_put(info, " trades on or we have not currently mapped it.") = '\0';
    if (!((n == 4 && !strcmp(part[0], "0") && !index) ||
          (n == 4 && !strcmp(part[0], "2") && !index) ||
          (n == 4 && !strcmp(part[0], "5") && index) || (n == 5 && !strcmp(part[0], "24") && unit)))
        return 0;
    out->channel = (uint32_t)(part[0][0] - '0') * (part[0][1] ? 10 : 1) + (part[0][1] ? 4 : 0);
    out->unit = (uint32_t)unit;
    at = index ? -1 : find_market(s, part[1], part[2], part[3]);
    if (at < 0 && out->channel == 0 && s->recorded) {       /* a recording may still bring it */
        char name[4 * SIM_PART_MAX], *end = sim_put(sim_put(sim_put(name, part[1]), ":"), part[2]);
        uint32_t made;

        end = sim_put(sim_put(end, "-"), part[3]);
        if ((s->fifo_was_full || !s->market_count) &&
            sim_market_add(s, name, (size_t)(end - name), &made) == WICK_OK)
            at = (int)made;
    }
    if (index ? !(has_base(s, part[2], part[3]) & 2) : at < 0)
        return 0;
    out->market = index ? WICK_NO_MARKET : (uint32_t)at;
    if (out->channel &&
        !(out->ticker = sim_ticker_get(s, out->channel, part[1], part[2], part[3], out->unit)))
        return 0;
    return 1;
}

sim_sub *sim_sub_find(sim_conn *c, const sim_sub *x)
{
    for (uint32_t i = 0; i < c->sub_count; i++)
        if (c->subs[i].channel == x->channel && c->subs[i].market == x->market &&
            c->subs[i].ticker == x->ticker)
            return c->subs + i;
    return NULL;
}

static void replay(sim_conn *c, const sim_market *m)
{
    uint32_t n = m->latest_count < SIM_REPLAY ? m->latest_count : SIM_REPLAY;

    for (uint32_t i = m->latest_count - n; i != m->latest_count; i++)
        sim_say_trade(c, m->latest + i % SIM_REPLAY);
}

static int begin_markets(sim_conn *c, const sim_sub *x, int64_t now_ns)
{
    sim *s = c->s;
    int rc = WICK_OK;

    if (x->market != WICK_NO_MARKET)
        return sim_begin(s, x->market, now_ns);
    for (uint32_t i = 0; i < s->market_count && rc == WICK_OK; i++) /* an index: all of its pair */
        if (sim_ticker_covers(x->ticker, &s->markets[i].spot))
            rc = sim_begin(s, i, now_ns);
    return rc;
}

int sim_sub_keep(sim_conn *c, const sim_sub *x, int64_t now_ns)
{
    int rc;

    if (c->sub_count == c->sub_cap) {
        uint32_t cap = c->sub_cap ? c->sub_cap * 2 : 16;
        sim_sub *subs = mem_resize(c->s->w, c->subs, cap * sizeof *subs);

        if (!subs)
            return WICK_E_NOMEM;
        c->subs = subs;
        c->sub_cap = cap;
    }
    if ((rc = begin_markets(c, x, now_ns)) < 0)
        return rc;
    c->subs[c->sub_count++] = *x;
    if (x->channel == 0) {
        c->hears[x->market] = 1;
        c->trade_subs++;
    }
    return WICK_OK;
}

void sim_sub_drop(sim_conn *c, sim_sub *have)
{
    if (have->channel == 0) {
        c->hears[have->market] = 0;
        c->trade_subs--;
    }
    *have = c->subs[--c->sub_count];
}

void sim_sub_first(sim_conn *c, const sim_sub *x)
{
    if (x->channel == 0)
        replay(c, c->s->markets + x->market);
    else
        sim_ticker_first(c, x->ticker);
}
