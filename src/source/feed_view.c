/* SPDX-License-Identifier: Apache-2.0
 * Questions to feeds and decoders; contracts in feed_view.h. */
#include "feed_view.h"

#include <string.h>

#include "../decode/decoder.h"

void feed_hold(wick_feed *f)
{
    feed_ref(f);
}

uint32_t feed_repeats(const wick_feed *f)
{
    return f->repeats;
}

int feed_open_prev(const wick_feed *f)
{
    return f->open_prev;
}

int feed_confirms(const wick_feed *f)
{
    for (uint32_t i = 0; i < f->rule_count; i++) {
        const rule *r = &f->rules[i];

        if (r->control.len == strlen("subscribed") && r->fields[F_ABOUT].used &&
            memcmp(feed_text(f, r->control), "subscribed", r->control.len) == 0)
            return 1;
    }
    return 0;
}

int feed_csv(const wick_feed *f)
{
    return feed_rows(f);
}

const char *feed_venue(const wick_feed *f, size_t *size)
{
    span s = f->venue.len ? f->venue : f->name;

    *size = s.len;
    return feed_text(f, s);
}

/* Where ids give no order the decoder numbers the rows of such a file, so they have to come as
 * they are. */
int decoder_newest_first(const wick_decoder *d)
{
    return d->csv && d->csv->newest && d->f->ids == IDS_ORDERED;
}

const char *decoder_symbols(const wick_decoder *d, size_t *size)
{
    *size = d->control && d->control_symbol.size ? d->control_symbol.size - 1 : 0;
    return (const char *)d->control_symbol.data;
}

/* Whether a market's name needs more than the symbol: a venue or a kind that stands beside it. */
static int named_by_more(const wick_feed *f)
{
    for (uint32_t i = 0; i < f->rule_count; i++)
        if (f->rules[i].flags & RULE_TRADES &&
            (f->rules[i].fields[F_VENUE].used || f->rules[i].fields[F_KIND].used))
            return 1;
    return 0;
}

static uint32_t put(uint32_t *out, uint32_t n, uint32_t max, uint32_t market)
{
    for (uint32_t i = 0; i < n; i++)
        if (out[i] == market)
            return n;
    if (n < max)
        out[n++] = market;
    return n;
}

uint32_t decoder_markets(wick_decoder *d, const char *symbol, size_t size, uint32_t *out,
                         uint32_t max)
{
    view v = view_text(symbol, size), none = {0};
    const market_table *all = &d->w->markets;
    uint32_t n = 0;
    int64_t row;

    if (!size || size > KNOWN_KEY_MAX)
        return 0;
    if (!named_by_more(d->f)) {
        row = known_find(&d->known, d->f, v, none, none);
        return row < 0 ? 0 : put(out, n, max, d->known.rows[row].market);
    }
    for (uint32_t i = 0; i < d->known.count; i++) {
        const known *k = &d->known.rows[i];

        if (k->symbol_len == size && memcmp(d->known.text.data + k->at, symbol, size) == 0)
            n = put(out, n, max, k->market);
    }
    for (uint32_t i = 0; i < all->count && !n; i++) /* a connection before this one has met it */
        if (all->rows[i].symbol && strlen(all->rows[i].symbol) == size &&
            memcmp(all->rows[i].symbol, symbol, size) == 0)
            n = put(out, n, max, i);
    return n;
}
