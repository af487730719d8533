/* SPDX-License-Identifier: Apache-2.0
 * What the simulator has to say about itself: its truth, by market and time. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

static int by_name(const void *a, const void *b)
{
    const sim_spot *x = &(*(const sim_market *const *)a)->spot,
                   *y = &(*(const sim_market *const *)b)->spot;
    char left[3 * SIM_PART_MAX + 4], right[3 * SIM_PART_MAX + 4];

    *sim_put(sim_put(sim_put(sim_put(sim_put(left, x->venue), ":"), x->base), "-"),
             x->quote) = '\0';
    *sim_put(sim_put(sim_put(sim_put(sim_put(right, y->venue), ":"), y->base), "-"),
             y->quote) = '\0';
    return strcmp(left, right);
}

/* Call `line` for each minute in which something was delivered. */
static int each(const sim *s, int (*line)(const sim *, const sim_market *, const sim_row *, buf *),
                buf *out)
{
    const sim_market **order = mem_alloc(s->w, s->market_count * sizeof *order);
    int rc = order ? WICK_OK : WICK_E_NOMEM;

    for (uint32_t i = 0; order && i < s->market_count; i++)
        order[i] = s->markets + i;
    if (order)
        qsort(order, s->market_count, sizeof *order, by_name);
    for (uint32_t i = 0; i < s->market_count && rc == WICK_OK; i++)
        for (uint32_t k = 0; k < order[i]->ledger.count && rc == WICK_OK; k++)
            if (order[i]->ledger.rows[k].got.trades)
                rc = line(s, order[i], order[i]->ledger.rows + k, out);
    mem_free(s->w, order);
    return rc;
}

static int csv(const sim *s, const sim_market *m, const sim_row *r, buf *out)
{
    char text[SIM_LINE_MAX];
    int n = sim_truth_line(r, &m->spot, m->ledger.begin_ns, s->last_ns, text);

    return buf_add(out, text, (size_t)n);
}

static int candle(const sim *s, const sim_market *m, const sim_row *r, buf *out)
{
    char name[3 * SIM_PART_MAX + 4], *end;
    wick_candle c;
    int64_t id;

    sim_truth_candle(r, m->ledger.begin_ns, s->last_ns, &c);
    end = sim_put(sim_put(sim_put(sim_put(sim_put(name, m->spot.venue), ":"), m->spot.base), "-"),
                  m->spot.quote);
    if ((id = wick_market(s->w, name, (size_t)(end - name))) < 0)
        return (int)id;
    c.market = (uint32_t)id;
    return buf_add(out, &c, sizeof c);
}

int sim_truth_csv(const sim *s, buf *out)
{
    int rc = buf_text(out, SIM_TRUTH_HEAD);

    return rc == WICK_OK ? each(s, csv, out) : rc;
}

int sim_truth_candles(const sim *s, buf *out)
{
    return each(s, candle, out);
}

int sim_over(const sim *s)
{
    return sim_full(s) && s->held_count == 0;
}

uint64_t sim_happened(const sim *s)
{
    return s->happened;
}

uint64_t sim_heard(const sim *s)
{
    return s->delivered;
}

int64_t sim_clock(const sim *s)
{
    return s->last_ns;
}
