/* SPDX-License-Identifier: Apache-2.0
 * A pile of trades; contracts in pile.h. */
#include "pile.h"

void pile_init(pile *p, wick *w)
{
    *p = (pile){.w = w, .max = PILE_MAX};
    buf_init(&p->ids, w, PILE_MAX);
    buf_init(&p->out_ids, w, PILE_MAX);
}

void pile_fini(pile *p)
{
    mem_free(p->w, p->ticks);
    mem_free(p->w, p->runs);
    mem_free(p->w, p->out);
    buf_fini(&p->ids);
    buf_fini(&p->out_ids);
    *p = (pile){.w = p->w, .on = p->on};
}

/* ---- the heap of runs ---- */

static int before(const pile *p, const run *a, const run *b)
{
    int64_t x = p->ticks[a->next].time_ns, y = p->ticks[b->next].time_ns;

    return x < y || (x == y && a->next < b->next);
}

static void swap(run *a, run *b)
{
    run t = *a;

    *a = *b;
    *b = t;
}

static void sink(pile *p)
{
    uint32_t i = 0, least;

    while ((least = 2 * i + 1) < p->run_count) {
        if (least + 1 < p->run_count && before(p, &p->runs[least + 1], &p->runs[least]))
            least++;
        if (!before(p, &p->runs[least], &p->runs[i]))
            return;
        swap(&p->runs[least], &p->runs[i]);
        i = least;
    }
}

/* The run that grew so far ends. */
static int end_run(pile *p)
{
    uint32_t i = p->run_count;

    if (p->begin == p->tick_count)
        return WICK_OK;
    if (MEM_GROW(p->w, p->runs, p->run_cap, (uint64_t)i + 1, UINT32_MAX) < 0)
        return WICK_E_NOMEM;
    p->runs[p->run_count++] = (run){p->begin, p->tick_count};
    p->begin = p->tick_count;
    for (; i && before(p, &p->runs[i], &p->runs[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&p->runs[i], &p->runs[(i - 1) / 2]);
    return WICK_OK;
}

/* ---- in and out ---- */

static int add(pile *p, wick_tick t, const uint8_t *id)
{
    uint32_t n = p->tick_count;

    if (n > p->begin && t.time_ns < p->ticks[n - 1].time_ns && end_run(p) < 0)
        return WICK_E_NOMEM;
    t.id_at = (uint32_t)p->ids.size;
    if (t.id_len && buf_add(&p->ids, id, t.id_len) < 0)
        return WICK_E_NOMEM;
    p->ticks[p->tick_count++] = t;
    return WICK_OK;
}

int pile_add(pile *p, const wick_batch *b)
{
    size_t ids = 0, held = p->tick_count * sizeof *p->ticks + p->run_count * sizeof *p->runs;
    int rc;

    for (uint32_t i = 0; i < b->tick_count; i++)
        ids += b->ticks[i].id_len;
    if (held + p->ids.size + ids + b->tick_count * (sizeof *b->ticks + sizeof(run)) > p->max)
        return WICK_E_AGAIN;
    rc = MEM_GROW(p->w, p->ticks, p->tick_cap, (uint64_t)p->tick_count + b->tick_count, UINT32_MAX);
    for (uint32_t i = 0; i < b->tick_count && rc == WICK_OK; i++)
        rc = add(p, b->ticks[i], b->bytes + b->ticks[i].id_at);
    return rc;
}

int pile_end(pile *p)
{
    if (!p->out && !(p->out = mem_alloc(p->w, PILE_BATCH * sizeof *p->out)))
        return WICK_E_NOMEM;
    return end_run(p);
}

int pile_next(pile *p, wick_batch *out)
{
    uint32_t n = 0;

    p->out_ids.size = 0;
    while (n < PILE_BATCH && p->run_count) {
        wick_tick *t = &p->out[n++];

        *t = p->ticks[p->runs->next++];
        if (t->id_len && buf_add(&p->out_ids, p->ids.data + t->id_at, t->id_len) < 0)
            return WICK_E_NOMEM;
        t->id_at = (uint32_t)p->out_ids.size - t->id_len;
        if (p->runs->next == p->runs->end)
            *p->runs = p->runs[--p->run_count];
        sink(p);
    }
    *out = (wick_batch){.ticks = p->out, .bytes = p->out_ids.data, .tick_count = n,
                        .byte_count = (uint32_t)p->out_ids.size};
    return n > 0;
}
