/* SPDX-License-Identifier: Apache-2.0
 * Ordinals of equal trades that have no ids: two equal lines can be two real trades. A generation
 * holds NTH_MAX / 2 different trades; when it is full it becomes the old one, and the one before
 * that is forgotten. */
#include "known.h"

static nth_slot *slot(nth_slot *rows, uint32_t size, uint64_t hash)
{
    uint32_t i = (uint32_t)hash & (size - 1);

    while (rows[i].count && rows[i].hash != hash)
        i = (i + 1) & (size - 1);
    return &rows[i];
}

static int grow(nth_table *n)
{
    uint32_t size = n->size ? n->size * 2 : 1024;
    nth_slot *rows = mem_zero(n->w, size * sizeof *rows);

    if (!rows)
        return 0;
    for (uint32_t i = 0; i < n->size; i++)
        if (n->now[i].count)
            *slot(rows, size, n->now[i].hash) = n->now[i];
    mem_free(n->w, n->now);
    n->now = rows;
    n->size = size;
    return 1;
}

static int turn(nth_table *n)
{
    mem_free(n->w, n->old);
    n->old = n->now;
    n->old_size = n->size;
    n->now = NULL;
    n->size = n->count = 0;
    return grow(n);
}

int nth_next(nth_table *n, uint64_t hash)
{
    nth_slot *s;

    if (n->count * 2 >= n->size && !(n->size >= NTH_MAX ? turn(n) : grow(n)))
        return WICK_E_NOMEM;
    s = slot(n->now, n->size, hash);
    if (!s->count) {
        s->hash = hash;
        s->count = n->old ? slot(n->old, n->old_size, hash)->count : 0;
        n->count++;
    }
    return s->count < UINT16_MAX ? (int)s->count++ : UINT16_MAX;
}

void nth_fini(nth_table *n)
{
    mem_free(n->w, n->now);
    mem_free(n->w, n->old);
    *n = (nth_table){.w = n->w};
}
