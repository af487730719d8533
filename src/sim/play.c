/* SPDX-License-Identifier: Apache-2.0
 * The simulator's time. At a rate the world's clock runs beside the wall clock, begun an hour
 * before it; flat out it is pulled by those who listen, and while nobody does it runs beside the
 * wall clock too (one trade a millisecond). It never passes the wall clock. It begins with the
 * first subscription, and each market with its own. */
#include <string.h>

#include "../core/time.h"
#include "world.h"

#define HOUR (3600 * NS_PER_S)

static int64_t slot_ns(const sim *s)
{
    return s->conf.rate_milli ? 1000 * NS_PER_S / s->conf.rate_milli : NS_PER_MS;
}

/* The world begins: an hour ago, so that `count` trades flat out end before now, or where it was
 * told to. Its first 20 blocks have just happened then, for the replay that a subscription is
 * answered with. */
static void begin(sim *s, int64_t now_ns)
{
    int64_t from = now_ns - HOUR, length = (int64_t)s->conf.count * NS_PER_MS;

    if (!s->conf.rate_milli && length > HOUR)
        from = now_ns - length;
    if (s->conf.start_ns)
        from = s->conf.start_ns < now_ns ? s->conf.start_ns : now_ns;
    s->begun = 1;
    s->begun_ns = s->wall_ns = s->settled_ns = now_ns;
    s->clock_ns = s->conf.live ? s->opened_ns : from;
    if (s->recorded)
        return;
    if (s->conf.live) { /* the world has always been there; from the begin on it is told */
        s->slot = sim_slot_at(&s->slots, s->opened_ns);
        return;
    }
    uint64_t m = s->slots.count, now = sim_slot_at(&s->slots, now_ns + 1);
    uint64_t slot = (sim_slot_at(&s->slots, from) + m - 1) / m * m;

    s->slot = slot + SIM_REPLAY * m < now ? slot + SIM_REPLAY * m : slot > now ? slot : now;
    s->clock_ns = sim_slot_time(&s->slots, s->slot);
    s->first_block = slot / m;
}

int sim_full(const sim *s)
{
    return (s->conf.count && s->happened >= s->conf.count) || (s->tape_over && !s->fifo_count);
}

int sim_begin(sim *s, uint32_t index, int64_t now_ns)
{
    sim_market *m = s->markets + index;
    uint64_t last, block;

    if (!s->begun)
        begin(s, now_ns);
    if (s->settled_ns < now_ns && s->happened < SIM_REPLAY * (uint64_t)s->market_count + 1)
        s->settled_ns = now_ns;                     /* one SubAdd a market is still one beginning */
    if (m->begun)
        return WICK_OK;
    if (!m->latest && !(m->latest = mem_zero(s->w, SIM_REPLAY * sizeof *m->latest)))
        return WICK_E_NOMEM;
    m->begun = 1;
    if (s->recorded)
        return WICK_OK;
    last = s->slot / s->slots.count; /* the first of its blocks that has not happened */
    if (sim_slot_of(&s->slots, last, index) < s->slot)
        last++;
    block = last > s->first_block + SIM_REPLAY ? last - SIM_REPLAY : s->first_block;
    for (; block < last && !sim_full(s); block++) {
        sim_trade t;
        int rc;

        sim_spot_trade(&m->spot, index, block,
                       sim_slot_time(&s->slots, sim_slot_of(&s->slots, block, index)), &t);
        if ((rc = sim_happens(s, &t)) < 0)
            return rc;
    }
    return WICK_OK;
}

/* What is next and when; 0: nothing. */
static int peek(sim *s, int64_t limit_ns, sim_trade *t, int64_t *due_ns)
{
    uint32_t market;

    if (sim_full(s))
        return 0;
    if (s->recorded) {
        if (!s->fifo_count)
            return 0;
        *due_ns = s->begun_ns - HOUR + (int64_t)s->happened * slot_ns(s);
        *t = s->fifo[s->fifo_head];
        return 1;
    }
    for (;; s->slot++) {
        if ((*due_ns = sim_slot_time(&s->slots, s->slot)) > limit_ns)
            return 0;
        market = sim_slot_market(&s->slots, s->slot);
        if (s->markets[market].begun)
            break;
    }
    sim_spot_trade(&s->markets[market].spot, market, s->slot / s->slots.count, *due_ns, t);
    return 1;
}

static void step(sim *s)
{
    if (s->recorded) {
        s->fifo_head = (s->fifo_head + 1) % SIM_FIFO;
        s->fifo_count--;
    } else {
        s->slot++;
    }
}

/* How many listen, and whether all of them have room. */
static int audience(sim *s, int64_t now_ns, int *room)
{
    int count = 0;

    *room = 1;
    for (sim_conn *c = s->conns; c; c = c->next)
        if (sim_listens(c)) {
            count++;
            *room &= sim_has_room(c, now_ns);
        }
    return count;
}

/* Up to when trades may happen now, -1: none may. *pulled: it is the listeners who set the pace. */
static int64_t horizon(sim *s, int64_t now_ns, int listeners, int *pulled)
{
    int64_t passed = now_ns > s->wall_ns ? now_ns - s->wall_ns : 0;

    s->wall_ns = now_ns;
    *pulled = 0;
    if (listeners)
        s->frozen = 0;
    if (!s->begun || now_ns < s->settled_ns + s->conf.settle_ns ||
        (!listeners && (s->conf.hold || s->frozen)))
        return -1;
    if (listeners && (s->conf.rate_milli == 0 || s->conf.live)) {
        *pulled = 1;
        return s->recorded ? INT64_MAX : now_ns;
    }
    s->clock_ns += passed;
    if (s->clock_ns > now_ns)
        s->clock_ns = now_ns;
    return s->clock_ns;
}

static void beat(sim *s, int64_t now_ns)
{
    for (sim_conn *c = s->conns; c; c = c->next) {
        if (!c->closing && !c->stalled && !c->muted && !c->dead)
            sim_keep_alive(c, now_ns);
    }
}

int sim_play(sim *s, int64_t now_ns, uint32_t budget)
{
    int room, listeners, pulled, done = 0, rc = WICK_OK, dry = 0;
    int64_t limit, due = 0;
    sim_trade t;

    beat(s, now_ns);
    sim_strike_time(s, now_ns);
    listeners = audience(s, now_ns, &room);
    limit = horizon(s, now_ns, listeners, &pulled);
    while ((uint32_t)done < budget && rc == WICK_OK && (s->unheard || (limit >= 0 && room))) {
        dry = !peek(s, s->unheard ? now_ns : limit, &t, &due) || (!s->unheard && due > limit);
        if (dry)
            break;
        if ((pulled || s->unheard) && due > s->clock_ns)
            s->clock_ns = due;
        s->unheard -= s->unheard > 0;               /* those of a cut happen in its moment */
        step(s);
        rc = sim_emit(s, &t, now_ns);
        done++;
        listeners = audience(s, now_ns, &room);
        if (pulled && !listeners && !s->unheard)
            break;
    }
    if (pulled && dry && !s->recorded && !sim_full(s))
        s->clock_ns = now_ns;                       /* caught up */
    if (rc == WICK_OK && sim_full(s))
        sim_emit_held(s, 1);
    s->more = (uint32_t)done == budget;
    return rc < 0 ? rc : done;
}

int64_t sim_wait(const sim *s, int64_t now_ns)
{
    int64_t wait = NS_PER_S / 4, due;

    if (s->more)
        return 0;
    if (s->begun && now_ns < s->settled_ns + s->conf.settle_ns)
        return s->settled_ns + s->conf.settle_ns - now_ns;
    if (!s->begun || sim_full(s))
        return wait;
    due = s->recorded ? s->begun_ns - HOUR + (int64_t)s->happened * slot_ns(s)
                      : sim_slot_time(&s->slots, s->slot);
    due -= s->clock_ns;
    return due < 2 * NS_PER_MS ? 2 * NS_PER_MS : due < wait ? due : wait;
}
