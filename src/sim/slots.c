/* SPDX-License-Identifier: Apache-2.0
 * Slots of time, one trade each: when a slot's trade happens and whose it is, forwards and
 * backwards. */
#include "slots.h"

#include "../core/dec.h"
#include "../core/time.h"

/* Slot times stand on a grid that is finer than half a slot, so that two slots never meet: 1 ms, 1
 * us or 1 ns. */
static int64_t grid(int64_t period_ns)
{
    return period_ns >= 4 * NS_PER_MS ? NS_PER_MS : period_ns >= 4000 ? 1000 : 1;
}

int64_t sim_slot_time(const sim_slots *z, uint64_t slot)
{
    if (!z->rate_milli)
        return (int64_t)slot * NS_PER_MS;
    int64_t period = 1000 * NS_PER_S / z->rate_milli, unit = grid(period);
    int64_t begin = (int64_t)((i128)slot * (1000 * NS_PER_S) / z->rate_milli);
    int64_t choices = period / unit - 1;

    begin = (begin + unit - 1) / unit * unit;
    if (choices < 2)
        return begin;
    return begin + (int64_t)(sim_hash(z->seed, 0x736c6f74, slot) % (uint64_t)choices) * unit;
}

uint64_t sim_slot_at(const sim_slots *z, int64_t time_ns)
{
    int64_t rate = z->rate_milli ? z->rate_milli : 1000000;
    uint64_t slot = time_ns <= 0 ? 0 : (uint64_t)((i128)time_ns * rate / (1000 * NS_PER_S));

    while (slot > 0 && sim_slot_time(z, slot - 1) >= time_ns)
        slot--;
    while (sim_slot_time(z, slot) < time_ns)
        slot++;
    return slot;
}

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/* How a block deals its slots: market = (slot * mul + add) mod M, mul without a common divisor with
 * M. */
static void deal(sim_slots *z, uint64_t block)
{
    uint64_t h = sim_hash(z->seed, 0x6465616c, block);

    if (z->block == block && z->mul)
        return;
    z->block = block;
    z->add = (h >> 32) % z->count;
    z->mul = 1 + (uint32_t)h % z->count;
    while (divisor(z->mul, z->count) != 1)
        z->mul++;
}

uint32_t sim_slot_market(sim_slots *z, uint64_t slot)
{
    deal(z, slot / z->count);
    return (uint32_t)((slot % z->count * z->mul + z->add) % z->count);
}

uint64_t sim_slot_of(sim_slots *z, uint64_t block, uint32_t market)
{
    uint64_t at = 0;

    deal(z, block);
    while ((at * z->mul + z->add) % z->count != market)
        at++;
    return block * z->count + at;
}
