/* SPDX-License-Identifier: Apache-2.0
 * The table of places; contracts in places.h. */
#include "places.h"

void places_close(places *p)
{
    mem_free(p->w, p->slots);
    p->slots = NULL;
    p->slot_count = p->used = p->dirty = 0;
}

static bus_place *probe(bus_place *slots, uint32_t slot_count, uint64_t conn, uint32_t market)
{
    uint32_t i = ((uint32_t)(conn >> 32) ^ market * 0x9e3779b1u) & (slot_count - 1);

    while (slots[i].name && !(slots[i].conn == conn && slots[i].market == market))
        i = (i + 1) & (slot_count - 1);
    return &slots[i];
}

int places_room(places *p, uint32_t more)
{
    uint32_t cap = p->slot_count ? p->slot_count : 16;
    bus_place *slots;

    while (((uint64_t)p->used + more) * 2 > cap)
        cap *= 2;
    if (!more || cap == p->slot_count)
        return WICK_OK;
    if (!(slots = mem_zero(p->w, cap * sizeof *slots)))
        return WICK_E_NOMEM;
    for (uint32_t i = 0; i < p->slot_count; i++)
        if (p->slots[i].name)
            *probe(slots, cap, p->slots[i].conn, p->slots[i].market) = p->slots[i];
    mem_free(p->w, p->slots);
    p->slots = slots;
    p->slot_count = cap;
    return WICK_OK;
}

void places_note(places *p, const wick_mark *m)
{
    bus_place *at = probe(p->slots, p->slot_count, m->conn, m->market);
    const char *name = wick_market_name(p->w, m->market);

    if (at->name && (m->from_ns < at->ns || (m->from_ns == at->ns && m->repeats <= at->count)))
        return;
    p->used += !at->name;
    p->dirty += !at->dirty;
    *at = (bus_place){.conn = m->conn, .ns = m->from_ns, .name = name ? name : "",
                      .market = m->market, .count = m->repeats, .dirty = 1};
}

const bus_place *places_find(const places *p, uint64_t conn, uint32_t market)
{
    const bus_place *at = p->slot_count ? probe(p->slots, p->slot_count, conn, market) : NULL;

    return at && at->name ? at : NULL;
}

int64_t places_last(const places *p, uint64_t conn)
{
    int64_t last = INT64_MIN;

    for (uint32_t i = 0; i < p->slot_count; i++)
        if (p->slots[i].name && p->slots[i].conn == conn && p->slots[i].ns > last)
            last = p->slots[i].ns;
    return last;
}

void places_kept(places *p)
{
    for (uint32_t i = 0; i < p->slot_count; i++)
        p->slots[i].dirty = 0;
    p->dirty = 0;
}

int places_changed(places *p, bus_place **out, uint32_t *count)
{
    uint32_t n = 0;

    *out = NULL;
    *count = 0;
    if (!p->dirty)
        return WICK_OK;
    if (!(*out = mem_alloc(p->w, p->dirty * sizeof **out)))
        return WICK_E_NOMEM;
    for (uint32_t i = 0; i < p->slot_count && n < p->dirty; i++)
        if (p->slots[i].dirty) {
            p->slots[i].dirty = 0;
            (*out)[n++] = p->slots[i];
        }
    p->dirty = 0;
    *count = n;
    return WICK_OK;
}
