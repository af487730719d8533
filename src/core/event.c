/* SPDX-License-Identifier: Apache-2.0
 * The completion queue: a growing ring of events, and the loan of those that the last poll gave
 * out. */
#include <string.h>

#include "ctx.h"

void mem_release(wick *w, void *block)
{
    mem_free(w, block);
}

uint32_t event_waiting(const wick *w)
{
    return w->events.tail - w->events.head;
}

static int grow(wick *w)
{
    event_queue *q = &w->events;
    uint32_t cap = q->cap ? q->cap * 2 : 64, waiting = event_waiting(w);
    event_slot *ring;

    if (cap > EVENT_MAX)
        return WICK_E_AGAIN;
    if (!(ring = mem_alloc(w, cap * sizeof *ring)))
        return WICK_E_NOMEM;
    for (uint32_t i = 0; i < waiting; i++)
        ring[i] = q->ring[(q->head + i) & (q->cap - 1)];
    mem_free(w, q->ring);
    *q = (event_queue){.ring = ring, .tail = waiting, .cap = cap, .lent = q->lent,
                       .lent_count = q->lent_count, .lent_cap = q->lent_cap};
    return WICK_OK;
}

int event_push(wick *w, const wick_event *ev, void *owned, void (*release)(wick *, void *))
{
    event_queue *q = &w->events;
    int rc = WICK_OK;

    if (event_waiting(w) == q->cap && (rc = grow(w)) < 0) {
        if (release)
            release(w, owned);
        return rc;
    }
    q->ring[q->tail++ & (q->cap - 1)] = (event_slot){*ev, release, owned};
    return WICK_OK;
}

int event_copy(wick *w, wick_event ev, const void *data, size_t size)
{
    char *copy = mem_alloc(w, size + 1);        /* a 0 behind it: text may be read as such */

    if (!copy)
        return WICK_E_NOMEM;
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    ev.data = copy;
    return event_push(w, &ev, copy, mem_release);
}

int event_take(wick *w, wick_event *out, int max)
{
    event_queue *q = &w->events;
    uint32_t n = event_waiting(w), room = max > 0 ? (uint32_t)max : 0;

    event_return(w);
    if (n > room)
        n = room;
    if (MEM_GROW(w, q->lent, q->lent_cap, n, EVENT_MAX) < 0)
        return ctx_fail(w, WICK_E_NOMEM, "poll: no memory for %u events", n);
    for (uint32_t i = 0; i < n; i++) {
        q->lent[i] = q->ring[q->head++ & (q->cap - 1)];
        out[i] = q->lent[i].ev;
    }
    q->lent_count = n;
    return (int)n;
}

void event_return(wick *w)
{
    event_queue *q = &w->events;

    for (uint32_t i = 0; i < q->lent_count; i++)
        if (q->lent[i].release)
            q->lent[i].release(w, q->lent[i].owned);
    q->lent_count = 0;
}

void event_fini(wick *w)
{
    event_queue *q = &w->events;

    event_return(w);
    for (; q->head != q->tail; q->head++) {
        event_slot *slot = &q->ring[q->head & (q->cap - 1)];

        if (slot->release)
            slot->release(w, slot->owned);
    }
    mem_free(w, q->ring);
    mem_free(w, q->lent);
    *q = (event_queue){0};
}
