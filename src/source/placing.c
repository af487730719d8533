/* SPDX-License-Identifier: Apache-2.0
 * Places of trades; the rules are in placing.h. */
#include "placing.h"

#include <string.h>

#include "../core/stage.h"

void placing_fini(placing *p)
{
    mem_free(p->w, p->slots);
    mem_free(p->w, p->in_log);
    mem_free(p->w, p->kept);
    p->slots = NULL;
    p->in_log = NULL;
    p->kept = NULL;
}

static placed *market_of(placing *p, uint32_t market)
{
    wick_mark m = {.conn = p->key, .market = market};
    placed *at;

    if (table_room(p->w, &p->slots, &p->slot_count, sizeof *p->slots, p->used) < 0)
        return NULL;
    at = table_row(p->slots, p->slot_count, sizeof *p->slots, market);
    if (!at->slot) {
        p->log->ops->place(p->log, &m);
        *at = (placed){.slot = market + 1, .ns = INT64_MIN, .log_ns = m.from_ns,
                       .log_count = m.repeats};
        p->used++;
    }
    return at;
}

int placing_begin(placing *p, const wick_batch *b)
{
    p->count = b->tick_count;
    p->noted = 0;
    if (b->tick_count > p->cap) {
        uint8_t *in_log = mem_resize(p->w, p->in_log, b->tick_count);
        wick_tick *kept;

        p->in_log = in_log ? in_log : p->in_log;
        kept = in_log ? mem_resize(p->w, p->kept, b->tick_count * sizeof *kept) : NULL;
        if (!kept)
            return WICK_E_NOMEM;
        p->kept = kept;
        p->cap = b->tick_count;
    }
    if (b->tick_count)
        memset(p->in_log, 0, b->tick_count);
    return WICK_OK;
}

int placing_ticks(placing *p, const wick_batch *b, uint32_t from, uint32_t to, int64_t ns)
{
    for (uint32_t i = from; i < to; i++) {
        int64_t at_ns = ns == INT64_MIN ? b->ticks[i].time_ns : ns;
        placed *m = market_of(p, b->ticks[i].market);

        if (!m)
            return WICK_E_NOMEM;
        if (m->ns < at_ns) {
            m->ns = at_ns;
            m->count = 0;
        }
        m->count++;
        p->in_log[i] = m->ns < m->log_ns || (m->ns == m->log_ns && m->count <= m->log_count);
        m->touched |= !p->in_log[i];
        p->noted |= !p->in_log[i];
    }
    return WICK_OK;
}

void placing_live(placing *p, const wick_batch *b)
{
    for (uint32_t i = 0; i < b->tick_count; i++)
        if (b->ticks[i].time_ns > p->newest_ns) {
            p->newest_ns = b->ticks[i].time_ns;
            p->noted = 1;
        }
}

static int note(placing *p, uint32_t market, int64_t ns, uint32_t count, uint32_t at, marks *out)
{
    wick_mark *m = marks_add(out, WICK_MARK_PLACE, market, p->key, at);

    if (!m)
        return WICK_E_NOMEM;
    m->source = p->source;
    m->from_ns = ns;
    m->repeats = count;
    return WICK_OK;
}

/* Ticks that are not in the log; the marks stay, their places move. Where all are, "alive" says
 * nothing new. */
static void leave_out(placing *p, wick_batch *b, marks *out)
{
    uint32_t n = 0, m = 0, kept = 0;

    for (uint32_t i = 0; i <= b->tick_count; i++) {
        for (; m < out->count && out->list[m].at == i; m++)
            out->list[m].at = n;
        if (i < b->tick_count && !p->in_log[i])
            p->kept[n++] = b->ticks[i];
    }
    for (m = 0; m < out->count; m++)
        if (n || out->list[m].kind != WICK_MARK_ALIVE)
            out->list[kept++] = out->list[m];
    out->count = kept;
    b->ticks = p->kept;
    b->tick_count = n;
}

int placing_end(placing *p, wick_batch *b, marks *out)
{
    const void *in = b->tick_count ? memchr(p->in_log, 1, b->tick_count) : NULL;

    if (in)
        leave_out(p, b, out);
    if (!p->noted)
        return WICK_OK;
    if (!p->used)                               /* live */
        return note(p, WICK_NO_MARKET, p->newest_ns, 1, b->tick_count, out);
    for (uint32_t i = 0; i < b->tick_count; i++) {
        placed *m = table_row(p->slots, p->slot_count, sizeof *p->slots, b->ticks[i].market);

        if (!m->touched)
            continue;
        m->touched = 0;
        if (note(p, m->slot - 1, m->ns, m->count, b->tick_count, out) < 0)
            return WICK_E_NOMEM;
    }
    return WICK_OK;
}
