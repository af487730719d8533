/* SPDX-License-Identifier: Apache-2.0
 * The tail of the log in memory: a ring of records. With a file behind it only what readers still
 * want, and a bound; without one it is the log, and what some reader still wants may not go. */
#include "bus.h"

/* The least offset that some reader still wants. */
static uint64_t wanted(const bus *b)
{
    uint64_t least = UINT64_MAX;

    for (const bus_reader *r = b->readers; r; r = r->next)
        if (r->pos < least)
            least = r->pos;
    return least;
}

static void drop_first(bus *b)
{
    bus_tail *t = &b->tail;
    bus_record *r = t->ring[t->head++ & (t->cap - 1)];

    t->bytes -= r->cap + sizeof *r;
    t->from = r->offset + 1;
    if (!(b->drv->flags & BUS_DURABLE)) {
        bus_head *h = &b->heads[r->partition];

        h->gone = r->offset;
        h->gone_ns = r->last_ns > h->gone_ns ? r->last_ns : h->gone_ns;
        b->trims++;
        b->stage.stats[BUS_TRIMMED]++;
    }
    record_free(b->stage.w, r);
}

static const bus_record *first(const bus_tail *t)
{
    return t->head == t->end ? NULL : t->ring[t->head & (t->cap - 1)];
}

static int grow(bus *b)
{
    bus_tail *t = &b->tail;
    uint32_t cap = t->cap ? t->cap * 2 : 64, count = t->end - t->head;
    bus_record **ring = mem_alloc(b->stage.w, cap * sizeof *ring);

    if (!ring)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        ring[i] = t->ring[(t->head + i) & (t->cap - 1)];
    mem_free(b->stage.w, t->ring);
    t->ring = ring;
    t->cap = cap;
    t->head = 0;
    t->end = count;
    return 1;
}

int tail_room(bus *b, const record_list *more)
{
    bus_tail *t = &b->tail;
    uint32_t count = 0;

    for (const bus_record *r = more->first; r; r = r->next)
        count++;
    while (t->cap - (t->end - t->head) < count)
        if (!grow(b))
            return 0;
    if (b->drv->flags & BUS_DURABLE)
        return 1;
    for (uint64_t least = wanted(b); t->bytes + more->bytes > TAIL_MEMORY_BYTES && first(t);) {
        if (first(t)->offset >= least)
            return 0;
        drop_first(b);
    }
    return 1;
}

void tail_put(bus *b, bus_record *r)
{
    bus_tail *t = &b->tail;

    r->next = NULL;
    t->ring[t->end++ & (t->cap - 1)] = r;
    t->bytes += r->cap + sizeof *r;
}

void tail_trim(bus *b)
{
    uint64_t least = wanted(b);

    while (first(&b->tail) &&
           (first(&b->tail)->offset < least || b->tail.bytes > TAIL_DURABLE_BYTES))
        drop_first(b);
}

uint32_t tail_drop_old(bus *b, int64_t before_ms)
{
    uint64_t least = wanted(b);
    uint32_t count = 0;

    while (first(&b->tail) && first(&b->tail)->offset < least &&
           first(&b->tail)->wrote_ms < before_ms) {
        drop_first(b);
        count++;
    }
    return count;
}

void tail_free(bus *b)
{
    while (first(&b->tail))
        drop_first(b);
    mem_free(b->stage.w, b->tail.ring);
    b->tail = (bus_tail){0};
}
