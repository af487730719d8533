/* SPDX-License-Identifier: Apache-2.0
 * Identities seen lately (window.h): a ring in the order of arrival and a table of places over
 * it. */
#include "window.h"

#include <string.h>

#include <xxhash.h>

enum { CAP_MIN = 64 };
#define RESTORED UINT64_MAX

ident ident_of(const wick_tick *t, const uint8_t *id)
{
    struct { int64_t time_ns, price, qty; int32_t exps, rest; } of = {0};
    XXH128_hash_t h;

    if (t->id_len) {
        h = XXH3_128bits(id, t->id_len);
    } else {
        of.time_ns = t->time_ns;
        of.price = t->price;
        of.qty = t->qty;
        of.exps = t->price_exp * 256 + t->qty_exp;
        of.rest = (int32_t)((t->flags & (WICK_TICK_BUY | WICK_TICK_SELL)) << 16 | t->nth);
        h = XXH3_128bits_withSeed(&of, sizeof of, 1);
    }
    return (ident){ h.low64, h.high64 | 1 };        /* never 0,0 */
}

void window_init(window *k)
{
    *k = (window){ .keep = WINDOW_KEEP, .newest_ns = INT64_MIN, .lost_ns = INT64_MIN };
}

void window_fini(wick *w, window *k)
{
    mem_free(w, k->rows);
    mem_free(w, k->slots);
    k->rows = NULL;
    k->slots = NULL;
    k->head = k->tail = k->cap = 0;
}

static window_row *row_at(const window *k, uint32_t i)
{
    return &k->rows[i & (k->cap - 1)];
}

/* A slot carries 16 bits of its identity, which are its home too: most others are told apart
 * without a look. */
static uint32_t slot_of(ident id, uint32_t place)
{
    return (uint32_t)(uint16_t)id.lo << 16 | (place + 1);
}

static window_row *row_of(const window *k, uint32_t slot)
{
    return &k->rows[(slot & 0xffff) - 1];
}

/* The slot that holds id, or the empty one where it belongs. */
static uint32_t find(const window *k, ident id)
{
    uint32_t mask = 2 * k->cap - 1, i = (uint32_t)id.lo & mask;

    for (; k->slots[i]; i = (i + 1) & mask) {
        const ident *have;
        if (k->slots[i] >> 16 != (uint16_t)id.lo)
            continue;
        have = &row_of(k, k->slots[i])->id;
        if (have->lo == id.lo && have->hi == id.hi)
            break;
    }
    return i;
}

/* Empty a slot and close the run behind it. */
static void unslot(window *k, uint32_t hole)
{
    uint32_t mask = 2 * k->cap - 1, i = hole;

    while (k->slots[i = (i + 1) & mask]) {
        uint32_t home = k->slots[i] >> 16 & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        k->slots[hole] = k->slots[i];
        hole = i;
    }
    k->slots[hole] = 0;
}

static void drop_row(window *k, window_row *r)
{
    unslot(k, find(k, r->id));
    k->placeless -= r->offset == RESTORED;
    r->id = (ident){ 0, 0 };
}

static int grow(wick *w, window *k)
{
    uint32_t cap = k->cap ? k->cap * 2 : CAP_MIN, n = 0;
    window_row *rows = mem_alloc(w, cap * sizeof *rows);
    uint32_t *slots = mem_zero(w, 2 * cap * sizeof *slots);
    window old = *k;

    if (!rows || !slots) {
        mem_free(w, rows);
        mem_free(w, slots);
        return WICK_E_NOMEM;
    }
    k->rows = rows;
    k->slots = slots;
    k->cap = cap;
    for (uint32_t i = old.head; i != old.tail; i++) {
        rows[n] = *row_at(&old, i);
        if (rows[n].id.lo | rows[n].id.hi)
            slots[find(k, rows[n].id)] = slot_of(rows[n].id, n);
        n++;
    }
    k->head = 0;
    k->tail = n;
    mem_free(w, old.rows);
    mem_free(w, old.slots);
    return WICK_OK;
}

/* Let go of the oldest arrivals until at most `room` stand there, and of what has left the span. */
static void let_go(window *k, uint32_t room, int64_t span_ns)
{
    int64_t since;

    if (__builtin_sub_overflow(k->newest_ns, span_ns, &since))
        since = INT64_MIN;
    for (; k->head != k->tail; k->head++) {
        window_row *r = row_at(k, k->head);
        uint32_t count = k->tail - k->head;
        if (!(r->id.lo | r->id.hi))
            continue;
        if (count <= room && (count <= k->keep || r->time_ns >= since))
            return;
        if (r->time_ns > k->lost_ns)
            k->lost_ns = r->time_ns;
        drop_row(k, r);
    }
}

static int put(wick *w, window *k, ident id, int64_t time_ns, uint64_t offset, int64_t span_ns)
{
    let_go(k, WINDOW_MAX - 1, span_ns);
    if (k->tail - k->head == k->cap && grow(w, k) < 0)
        return WICK_E_NOMEM;
    *row_at(k, k->tail) = (window_row){ id, time_ns, offset };
    k->slots[find(k, id)] = slot_of(id, k->tail & (k->cap - 1));
    k->tail++;
    k->placeless += offset == RESTORED;
    if (time_ns > k->newest_ns)
        k->newest_ns = time_ns;
    return 0;
}

int window_see(wick *w, window *k, ident id, int64_t time_ns, uint64_t offset, int64_t span_ns)
{
    if (k->cap && k->slots[find(k, id)])
        return 1;
    return put(w, k, id, time_ns, offset, span_ns);
}

int window_again(wick *w, window *k, ident id, int64_t time_ns, uint64_t offset, int64_t span_ns)
{
    uint32_t slot = k->cap ? find(k, id) : 0;

    if (k->cap && k->slots[slot]) {
        window_row *r = row_of(k, k->slots[slot]);
        if (r->offset != RESTORED)
            return 1;
        drop_row(k, r);
    }
    return put(w, k, id, time_ns, offset, span_ns);
}

/* The first row that is written: `keep` from the end, or further to the front. */
static uint32_t first_written(const window *k)
{
    uint32_t n = 0, i = k->tail;

    for (uint32_t at = k->head; k->placeless && at != k->tail; at++)
        if (row_at(k, at)->offset == RESTORED && (row_at(k, at)->id.lo | row_at(k, at)->id.hi))
            return at;
    while (i != k->head && n < k->keep) {
        const window_row *r = row_at(k, --i);
        n += (r->id.lo | r->id.hi) != 0;
    }
    return i;
}

uint32_t window_ids(const window *k, ident *out, uint32_t max)
{
    uint32_t n = 0;

    for (uint32_t i = first_written(k); i != k->tail && n < max; i++) {
        const window_row *r = row_at(k, i);
        if (r->id.lo | r->id.hi)
            out[n++] = r->id;
    }
    return n;
}

void window_pin(window *k)
{
    k->placeless = 0;
    for (uint32_t i = k->head; i != k->tail; i++) {
        window_row *r = row_at(k, i);
        r->offset = RESTORED;
        k->placeless += (r->id.lo | r->id.hi) != 0;
    }
}

int window_restore(wick *w, window *k, const ident *ids, uint32_t count, int64_t time_ns)
{
    for (uint32_t i = 0; i < count; i++)
        if ((ids[i].lo | ids[i].hi) && window_see(w, k, ids[i], time_ns, RESTORED, INT64_MAX) < 0)
            return WICK_E_NOMEM;
    return WICK_OK;
}

uint64_t window_oldest(const window *k)
{
    uint32_t end = first_written(k);

    for (uint32_t i = k->head; i != end; i++) {
        const window_row *r = row_at(k, i);
        if (r->id.lo | r->id.hi)
            return r->offset;                       /* arrivals come in the order of the log */
    }
    return UINT64_MAX;
}

/* ---- every identity -------------------------------------------------------------------------- */

static uint64_t spot(const idset *s, ident id)
{
    uint64_t mask = s->cap - 1, i = id.lo & mask;

    while ((s->slots[i].lo | s->slots[i].hi) &&
           (s->slots[i].lo != id.lo || s->slots[i].hi != id.hi))
        i = (i + 1) & mask;
    return i;
}

static int idset_grow(wick *w, idset *s)
{
    idset more = { NULL, s->count, s->cap ? s->cap * 2 : 1024 };

    if (!(more.slots = mem_zero(w, more.cap * sizeof *more.slots)))
        return WICK_E_NOMEM;
    for (uint64_t i = 0; i < s->cap; i++)
        if (s->slots[i].lo | s->slots[i].hi)
            more.slots[spot(&more, s->slots[i])] = s->slots[i];
    mem_free(w, s->slots);
    *s = more;
    return WICK_OK;
}

int idset_see(wick *w, idset *s, ident id)
{
    uint64_t i;

    if (s->count >= s->cap / 8 * 7 && idset_grow(w, s) < 0)
        return WICK_E_NOMEM;
    i = spot(s, id);
    if (s->slots[i].lo | s->slots[i].hi)
        return 1;
    s->slots[i] = id;
    s->count++;
    return 0;
}

void idset_fini(wick *w, idset *s)
{
    mem_free(w, s->slots);
    *s = (idset){0};
}
