/* SPDX-License-Identifier: Apache-2.0
 * Faults of connections: what becomes of those that stand, and of those that come while a fault
 * lasts. */
#include "world.h"

static void strike_one(sim_conn *c, const sim_fault *f, int on, int64_t now_ns)
{
    switch (f->kind) {
    case SIM_CUT:
    case SIM_CUT_HOLD:
        if (on)
            sim_leave(c, SIM_CUTS);
        break;
    case SIM_FORCE_DISCONNECT:
        if (on && !c->closing)
            sim_expel(c);
        break;
    case SIM_SILENT:
        c->muted = on;
        break;
    case SIM_STALL:
        c->stalled = on && !c->closing;
        break;
    case SIM_NO_HEARTBEAT:
        c->quiet = on;
        break;
    case SIM_SLOW:
        c->slow = on ? f->amount : 0;
        c->slow_ns = now_ns;
        c->slow_left = c->slow;
        break;
    default:
        break;
    }
}

void sim_strike(sim *s, const sim_fault *f, int turn, int64_t now_ns)
{
    for (sim_conn *c = s->conns; c; c = c->next)
        strike_one(c, f, turn > 0, now_ns);
    if (f->kind == SIM_RATE_LIMIT && turn > 0)
        s->refuse_next = !f->to_ns;                 /* a point: the next connection */
    if (f->kind == SIM_CUT_HOLD && turn > 0)
        s->frozen = 1;
    if (f->kind == SIM_CUT && turn > 0 && f->amount) {
        s->unheard = (uint64_t)f->amount;
        s->frozen = 1;
    }
}

void sim_strike_time(sim *s, int64_t now_ns)
{
    if (!s->begun)
        return;
    for (uint32_t i = 0; i < s->conf.fault_count; i++) {
        sim_fault *f = s->conf.faults + i;
        int turn = sim_fault_time(f, now_ns - s->begun_ns);

        if (turn && !sim_fault_of_trade(f))
            sim_strike(s, f, turn, now_ns);
    }
}

void sim_strike_new(sim *s, sim_conn *c, int64_t now_ns)
{
    for (uint32_t i = 0; i < s->conf.fault_count; i++) {
        const sim_fault *f = s->conf.faults + i;

        if (!sim_fault_of_trade(f) && f->to_ns && f->on)
            strike_one(c, f, 1, now_ns);
    }
}

int sim_refuses(sim *s, sim_fault_kind kind)
{
    if (kind == SIM_RATE_LIMIT && s->refuse_next) {
        s->refuse_next = 0;
        return 1;
    }
    for (uint32_t i = 0; i < s->conf.fault_count; i++) {
        const sim_fault *f = s->conf.faults + i;

        if (f->kind == kind && f->to_ns && f->on)
            return 1;
    }
    return 0;
}
