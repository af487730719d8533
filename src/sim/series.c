/* SPDX-License-Identifier: Apache-2.0
 * The history of a simulated market, minute by minute. */
#include "series.h"

#include "../core/time.h"

#define MINUTE_NS (60 * NS_PER_S)
enum { UNIT_EXP = -10, QUIET_ONE_IN = 64, BACK_MAX = 10080 };

static i128 to_unit(i128 m, int exp)
{
    for (; exp < UNIT_EXP; exp++)
        m /= 10;
    if (exp > UNIT_EXP && !dec_scale(&m, exp - UNIT_EXP))
        return 0;
    return m;
}

static int quiet(const sim_market *m, int64_t minute)
{
    return sim_hash(m->spot.seed, 0x7175696574, (uint64_t)minute) % QUIET_ONE_IN == 0;
}

/* Whether the ledger decides about a minute: it began after the market did, and all of it has been
 * played. */
static int known(const sim *s, const sim_market *m, int64_t minute)
{
    return s->recorded || (m->ledger.begin_ns && minute * MINUTE_NS >= m->ledger.begin_ns &&
                           (minute + 1) * MINUTE_NS <= s->clock_ns);
}

/* The last price before the end of a minute; 0: there was none. */
static int64_t close_of(sim *s, sim_market *m, int64_t minute)
{
    for (int back = 0; back < BACK_MAX; back++, minute--) {
        const sim_row *r = known(s, m, minute) ? sim_ledger_row(&m->ledger, minute * MINUTE_NS)
                                               : NULL;

        if (r)
            return (int64_t)to_unit(r->all.last.price, r->all.last.price_exp);
        if (known(s, m, minute) || quiet(m, minute))
            continue;
        return (int64_t)to_unit(sim_spot_price(&m->spot, (minute + 1) * MINUTE_NS - 1),
                                m->spot.tick_exp);
    }
    return 0;
}

static void from_row(const sim_fold *o, int64_t open, sim_bar *b)
{
    int64_t high = (int64_t)to_unit(o->high, o->high_exp),
            low = (int64_t)to_unit(o->low, o->low_exp);

    b->open = open ? open : (int64_t)to_unit(o->first.price, o->first.price_exp);
    b->high = high > b->open ? high : b->open;
    b->low = low < b->open ? low : b->open;
    b->close = (int64_t)to_unit(o->last.price, o->last.price_exp);
    b->volume = to_unit(o->volume, o->volume_exp);
    b->quote = to_unit(o->quote, o->quote_exp);
}

static void from_seed(sim_market *m, int64_t minute, int64_t open, int64_t close, int running,
                      sim_bar *b)
{
    uint64_t h = sim_hash(m->spot.seed, 0x6d696e757465, (uint64_t)minute);
    int64_t top = open > close ? open : close, bottom = open < close ? open : close,
            reach = top / 4096 + 1;

    b->open = open;
    b->close = close;
    b->high = top + (int64_t)((h & 0xffff) * (uint64_t)reach >> 18);
    b->low = bottom - (int64_t)((h >> 16 & 0xffff) * (uint64_t)reach >> 18);
    b->volume = running ? 0 : to_unit((i128)(1 + (h >> 32) % 4000000), m->spot.qty_shift - 5);
    b->quote = b->volume * ((i128)(b->high + b->low) / 2) / 10000000000;
}

static void minute_bar(sim *s, sim_market *m, int64_t minute, int64_t open, int64_t now_ns,
                       sim_bar *b)
{
    const sim_row *r = known(s, m, minute) ? sim_ledger_row(&m->ledger, minute * MINUTE_NS) : NULL;
    int running = now_ns < (minute + 1) * MINUTE_NS;

    *b = (sim_bar){.open = open, .high = open, .low = open, .close = open};
    if (r)
        from_row(&r->all, open, b);
    else if (running && !s->recorded)
        from_seed(m, minute, open,
                  (int64_t)to_unit(sim_spot_price(&m->spot, now_ns), m->spot.tick_exp), 1, b);
    else if (!known(s, m, minute) && !quiet(m, minute))
        from_seed(m, minute, open, close_of(s, m, minute), 0, b);
}

void sim_series_bar(sim *s, uint32_t index, int64_t from_s, int64_t to_s, int64_t now_ns,
                    sim_bar *out)
{
    sim_market *m = s->markets + index;
    int64_t listing = s->recorded && m->ledger.count ? m->ledger.rows[0].minute_ns
                                                     : s->conf.listing_ns;
    int64_t minute = from_s / 60, end = to_s / 60, open;

    *out = (sim_bar){.empty = 1};
    if (minute * MINUTE_NS < listing)
        minute = (listing + MINUTE_NS - 1) / MINUTE_NS;
    if ((end - 1) * MINUTE_NS > now_ns)
        end = now_ns / MINUTE_NS + 1;
    if (minute >= end || from_s < 0)
        return;
    open = minute * MINUTE_NS > listing ? close_of(s, m, minute - 1) : 0;
    if (!open && !s->recorded)
        open = (int64_t)to_unit(sim_spot_price(&m->spot, minute * MINUTE_NS), m->spot.tick_exp);
    for (; minute < end; minute++) {
        sim_bar b;

        minute_bar(s, m, minute, open, now_ns, &b);
        open = b.close;
        if (out->empty) {
            *out = b;
            continue;
        }
        out->high = b.high > out->high ? b.high : out->high;
        out->low = b.low < out->low ? b.low : out->low;
        out->close = b.close;
        out->volume += b.volume;
        out->quote += b.quote;
    }
}

i128 sim_series_round(i128 n)
{
    i128 unit = 100000000,
         top = 100000000000; /* from 10 on, two decimals are four digits or more */

    for (; unit > 1 && n < top; top /= 10)
        unit /= 10;
    return (n + unit / 2) / unit * unit;
}
