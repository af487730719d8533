/* SPDX-License-Identifier: Apache-2.0
 * A trade happens: it is written into the ledger and told to whoever has subscribed, unless a fault
 * has other plans. */
#include <string.h>

#include "../core/time.h"
#include "world.h"

static const char GARBAGE[] = "{\"TYPE\":\"0\",\"M\":\"Coinbase\",\"FSYM\":\"BTC\",\"TSYM\":";
static const char NOT_UTF8[] = "{\"TYPE\":\"0\",\"M\":\"\xff\xfe\xc0\"}";

static void remember(sim_market *m, const sim_trade *t)
{
    if (m->latest)
        m->latest[m->latest_count++ % SIM_REPLAY] = *t;
}

static int write_down(sim *s, sim_trade *t)
{
    sim_market *m = s->markets + t->fact.market;

    if (!(s->conf.form & SIM_FORM_NS))              /* what is not sent does not count */
        t->fact.time_ns -= t->fact.time_ns % NS_PER_S;
    if (t->fact.time_ns > s->last_ns)
        s->last_ns = t->fact.time_ns;
    s->happened++;
    t->ccseq -= m->dropped;
    if (!m->latest && !(m->latest = mem_zero(s->w, SIM_REPLAY * sizeof *m->latest)))
        return WICK_E_NOMEM;
    return sim_ledger_happened(&m->ledger, s->w, &t->fact);
}

int sim_happens(sim *s, sim_trade *t)
{
    int rc = write_down(s, t);

    remember(s->markets + t->fact.market, t);
    return rc;
}

static void tell(sim *s, const sim_trade *t, uint32_t parts)
{
    sim_market *m = s->markets + t->fact.market;
    char text[SIM_TRADE_MAX], *end = NULL;

    for (sim_conn *c = s->conns; c; c = c->next) {
        if (!c->hears[t->fact.market] || !sim_listens(c))
            continue;
        if (!end)
            end = sim_put_trade(text, m->head, m->head_size, t, s->conf.form);
        sim_say(c, text, (size_t)(end - text), &t->fact, parts);
        c->slow_left--;
    }
    if (s->tickers)
        sim_ticker_trade(s, t);
}

static void behind(sim *s, const char *text, size_t size, int fatal)
{
    for (sim_conn *c = s->conns; c; c = c->next)
        if (sim_listens(c)) {
            sim_say(c, text, size, NULL, !fatal);
            if (fatal)
                c->dead = 1; /* the client must close: nothing more would arrive */
        }
}

static int hold(sim *s, const sim_trade *t, uint64_t due)
{
    if (!s->held && !(s->held = mem_alloc(s->w, SIM_HELD_MAX * sizeof *s->held)))
        return WICK_E_NOMEM;
    if (s->held_count == SIM_HELD_MAX)
        return WICK_E_AGAIN;                        /* so many are late already: this one is not */
    s->held[s->held_count].trade = *t;
    s->held[s->held_count++].due = due;
    return WICK_OK;
}

static void release(sim *s, uint32_t i)
{
    sim_trade t = s->held[i].trade;

    memmove(s->held + i, s->held + i + 1, (--s->held_count - i) * sizeof *s->held);
    t.recv_ns = t.recv_ns > s->last_ns ? t.recv_ns : s->last_ns + NS_PER_MS;
    remember(s->markets + t.fact.market, &t);
    tell(s, &t, 1);
}

void sim_emit_held(sim *s, int all)
{
    for (uint32_t i = 0; i < s->held_count;)
        if (all || (s->held[i].due && s->held[i].due <= s->happened))
            release(s, i);
        else
            i++;
}

/* Those that a reordering holds back until another trade of their market was told. */
static void follow(sim *s, uint32_t market)
{
    for (uint32_t i = 0; i < s->held_count;)
        if (!s->held[i].due && s->held[i].trade.fact.market == market)
            release(s, i);
        else
            i++;
}

/* The amounts of the faults that hit this trade, 0: not hit; and a bit for each fault of
 * connections that does. */
static uint32_t judge(sim *s, int64_t hit[SIM_FAULT_KINDS])
{
    uint32_t conns = 0;

    memset(hit, 0, SIM_FAULT_KINDS * sizeof *hit);
    for (uint32_t i = 0; i < s->conf.fault_count; i++) {
        sim_fault *f = s->conf.faults + i;

        if (!sim_fault_of_trade(f) && f->from_ns >= 0)
            continue;                               /* sim_strike_time() sees to it */
        if (!sim_fault_hits(f, s->conf.seed + i, s->happened))
            continue;
        if (sim_fault_of_trade(f))
            hit[f->kind] = f->amount;
        else
            conns |= 1u << i;
    }
    return conns;
}

static int emit_struck(sim *s, sim_trade *t, const int64_t hit[SIM_FAULT_KINDS])
{
    sim_market *m = s->markets + t->fact.market;
    int rc = WICK_E_AGAIN;

    if (hit[SIM_GAP] && !m->gap)
        m->gap = (uint64_t)hit[SIM_GAP];
    if (m->gap) {
        m->gap--;
        return WICK_OK;
    }
    if (hit[SIM_DROP]) {
        m->dropped++;
        return WICK_OK;
    }
    if (hit[SIM_LATE])
        rc = hold(s, t, s->happened + (uint64_t)hit[SIM_LATE]);
    else if (hit[SIM_REORDER])
        rc = hold(s, t, 0);
    if (rc != WICK_E_AGAIN)
        return rc;
    remember(m, t);
    tell(s, t, hit[SIM_FRAGMENT] ? (uint32_t)hit[SIM_FRAGMENT] : 1);
    for (int64_t i = 0; i < hit[SIM_DUP]; i++)
        tell(s, t, 1);
    follow(s, t->fact.market);
    return WICK_OK;
}

int sim_emit(sim *s, sim_trade *t, int64_t now_ns)
{
    int64_t hit[SIM_FAULT_KINDS];
    uint32_t conns;
    int rc = write_down(s, t);

    if (rc < 0)
        return rc;
    if (!s->conf.fault_count) {
        remember(s->markets + t->fact.market, t);
        tell(s, t, 1);
        return WICK_OK;
    }
    conns = judge(s, hit);
    if ((rc = emit_struck(s, t, hit)) < 0)
        return rc;
    if (s->held_count)
        sim_emit_held(s, 0);
    if (hit[SIM_GARBAGE])
        behind(s, GARBAGE, sizeof GARBAGE - 1, 0);
    if (hit[SIM_BAD_FRAME])
        behind(s, NOT_UTF8, sizeof NOT_UTF8 - 1, 1);
    for (uint32_t i = 0; conns; i++, conns >>= 1)
        if (conns & 1)
            sim_strike(s, s->conf.faults + i, 1, now_ns);
    return WICK_OK;
}

int sim_delivered(sim *s, const sim_fact *fact)
{
    sim_market *m = s->markets + fact->market;
    int rc = sim_ledger_delivered(&m->ledger, s->w, fact);

    s->delivered += rc > 0;
    return rc < 0 ? rc : WICK_OK;
}
