/* SPDX-License-Identifier: Apache-2.0
 * Channels 2 (ticker), 5 (index over all venues of a pair) and 24 (candles): derived from the
 * trades that happen, with their sums since the subscription began. Updates are sparse: at most one
 * a second of trade time, changed fields only. */
#include <string.h>

#include "../core/time.h"
#include "world.h"

enum { TICKERS_MAX = 65536, TEXT_MAX = 2048 };

typedef struct span { /* an hour or a day: what happened in it, and the price it opened with */
    int64_t  at_ns;                     /* its begin, 0: none yet */
    sim_fold fold;
    int64_t  open;                      /* the last price before it */
    int      open_exp;
} span;

typedef struct sim_ticker {
    struct sim_ticker *next;
    uint32_t channel, unit;
    char     venue[SIM_PART_MAX + 1], base[SIM_PART_MAX + 1], quote[SIM_PART_MAX + 1];
    sim_trade last;                     /* ordinal, id and price of the newest trade */
    int      known;                     /* there was one */
    int64_t  sent_ns, price_sent;       /* trade time of the last update; its price */
    int      price_sent_exp;
    span     hour, day, candle;
} sim_ticker;

int sim_ticker_covers(const sim_ticker *t, const sim_spot *m)
{
    return strcmp(t->base, m->base) == 0 && strcmp(t->quote, m->quote) == 0 &&
           (strcmp(t->venue, "CCCAGG") == 0 || strcmp(t->venue, m->venue) == 0);
}

sim_ticker *sim_ticker_get(sim *s, uint32_t channel, const char *venue, const char *base,
                           const char *quote, uint32_t unit)
{
    sim_ticker *t;
    uint32_t count = 0;

    for (t = s->tickers; t; t = t->next, count++)
        if (t->channel == channel && t->unit == unit && strcmp(t->base, base) == 0 &&
            strcmp(t->quote, quote) == 0 && strcmp(t->venue, venue) == 0)
            return t;
    if (count == TICKERS_MAX || !(t = mem_zero(s->w, sizeof *t)))
        return NULL;
    t->channel = channel;
    t->unit = unit;
    sim_put(t->venue, venue);
    sim_put(t->base, base);
    sim_put(t->quote, quote);
    t->next = s->tickers;
    s->tickers = t;
    return t;
}

void sim_tickers_fini(sim *s)
{
    for (sim_ticker *t = s->tickers, *next; t; t = next) {
        next = t->next;
        mem_free(s->w, t);
    }
    s->tickers = NULL;
}

/* 1: a new span has begun with this trade. */
static int roll(span *p, const sim_ticker *t, const sim_fact *f, int64_t length)
{
    int64_t at = f->time_ns - f->time_ns % length;
    int turned = at > p->at_ns;

    if (turned) {
        memset(p, 0, sizeof *p);
        p->at_ns = at;
        p->open = t->known ? t->last.fact.price : f->price;
        p->open_exp = t->known ? t->last.fact.price_exp : f->price_exp;
    }
    return turned;
}

static char *number(char *at, const char *key, i128 mantissa, int exp)
{
    at = sim_put(sim_put(sim_put(at, ",\""), key), "\":");
    return sim_put_number(at, mantissa, exp);
}

static char *head(char *at, const sim_ticker *t)
{
    at = sim_put_u64(sim_put(at, "{\"TYPE\":\""), t->channel);
    at = sim_put(sim_put(at, "\",\"MARKET\":\""), t->venue);
    at = sim_put(sim_put(at, "\",\"FROMSYMBOL\":\""), t->base);
    return sim_put(sim_put(sim_put(at, "\",\"TOSYMBOL\":\""), t->quote), "\"");
}

/* The highest or lowest price of a span: of its own trades and the one it opened with. */
static sim_fact reach(const span *p, int high)
{
    sim_fact f = {.price = p->open, .price_exp = (int8_t)p->open_exp};
    sim_fold o = p->fold;

    if (o.trades)
        sim_fold_take(&o, &f);
    else
        return f;
    f.price = high ? o.high : o.low;
    f.price_exp = high ? o.high_exp : o.low_exp;
    return f;
}

static char *sums(char *at, const span *p, const char *of, int full)
{
    char key[32];
    sim_fact high = reach(p, 1), low = reach(p, 0);

    *sim_put(sim_put(key, "VOLUME"), of) = '\0';
    at = number(at, key, p->fold.volume, p->fold.volume_exp);
    *sim_put(sim_put(sim_put(key, "VOLUME"), of), "TO") = '\0';
    at = number(at, key, p->fold.quote, p->fold.quote_exp);
    if (!full)
        return at;
    *sim_put(sim_put(key, "OPEN"), of) = '\0';
    at = number(at, key, p->open, p->open_exp);
    *sim_put(sim_put(key, "HIGH"), of) = '\0';
    at = number(at, key, high.price, high.price_exp);
    *sim_put(sim_put(key, "LOW"), of) = '\0';
    return number(at, key, low.price, low.price_exp);
}

/* TYPE 2 and 5: everything, or what usually changes (and PRICE only if it did). */
static char *quote(char *at, sim_ticker *t, int full)
{
    const sim_fact *f = &t->last.fact;
    int same = f->price == t->price_sent && f->price_exp == t->price_sent_exp, up;
    sim_fold two = {0};

    sim_fold_take(&two, f);
    sim_fold_take(&two,
                  &(sim_fact){.price = t->price_sent, .price_exp = (int8_t)t->price_sent_exp});
    up = two.high == f->price && two.high_exp == f->price_exp;
    at = sim_put_u64(sim_put(head(at, t), ",\"FLAGS\":"), same ? 4 : up ? 1 : 2);
    if (full || !same)
        at = number(at, "PRICE", f->price, f->price_exp);
    if (full && t->channel == 2) {
        at = number(at, "BID", f->price, f->price_exp);
        at = number(at, "ASK", (i128)f->price * 10 + 1, f->price_exp - 1);
    } else if (full) {
        at = number(at, "MEDIAN", f->price, f->price_exp);
    }
    at = number(at, "LASTUPDATE", f->time_ns / NS_PER_S, 0);
    at = number(at, "LASTVOLUME", f->qty, f->qty_exp);
    at = number(at, "LASTVOLUMETO", (i128)f->price * f->qty, f->price_exp + f->qty_exp);
    at = sim_put_quoted(sim_put(at, ",\"LASTTRADEID\":"), t->last.id, t->last.id_len);
    at = sums(at, &t->hour, "HOUR", full);
    at = sums(at, &t->day, "DAY", full);
    at = sums(at, &t->day, "24HOUR", full);
    t->price_sent = f->price;
    t->price_sent_exp = f->price_exp;
    return sim_put(at, "}");
}

static char *candle(char *at, const sim_ticker *t, char action)
{
    const span *p = &t->candle;
    sim_fact high = reach(p, 1), low = reach(p, 0);
    const sim_fold *o = &p->fold;

    at = number(head(at, t), "TS", p->at_ns / NS_PER_S, 0);
    at = sim_put(at, ",\"UNIT\":\"");
    *at++ = (char)t->unit;
    at = sim_put(at, "\",\"ACTION\":\"");
    *at++ = action;
    *at++ = '"';
    at = number(at, "OPEN", p->open, p->open_exp);
    at = number(at, "HIGH", high.price, high.price_exp);
    at = number(at, "LOW", low.price, low.price_exp);
    at = o->trades ? number(at, "CLOSE", o->last.price, o->last.price_exp)
                   : number(at, "CLOSE", p->open, p->open_exp);
    at = number(at, "VOLUMEFROM", o->volume, o->volume_exp);
    at = number(at, "VOLUMETO", o->quote, o->quote_exp);
    if (o->trades) {
        at = number(at, "TOTALTRADES", (i128)o->trades, 0);
        at = number(at, "FIRSTTS", o->first.time_ns / NS_PER_S, 0);
        at = number(at, "LASTTS", o->last.time_ns / NS_PER_S, 0);
        at = number(at, "FIRSTPRICE", o->first.price, o->first.price_exp);
        at = number(at, "MAXPRICE", o->high, o->high_exp);
        at = number(at, "MINPRICE", o->low, o->low_exp);
        at = number(at, "LASTPRICE", o->last.price, o->last.price_exp);
    }
    return sim_put(at, "}");
}

static void tell(sim *s, const sim_ticker *t, const char *text, const char *end)
{
    for (sim_conn *c = s->conns; c; c = c->next)
        for (uint32_t i = 0;
             i < c->sub_count && !c->muted && !c->stalled && !c->closing && !c->dead; i++)
            if (c->subs[i].ticker == t)
                sim_say(c, text, (size_t)(end - text), NULL, 1);
}

static int64_t unit_length(uint32_t unit)
{
    return unit == 'm' ? 60 * NS_PER_S : unit == 'H' ? 3600 * NS_PER_S : NS_PER_DAY;
}

/* Take a trade in and say what has to be said; s NULL: nothing. */
static void take(sim *s, sim_ticker *t, const sim_trade *trade)
{
    char text[TEXT_MAX];
    const sim_fact *f = &trade->fact;

    if (t->channel == 24) {
        span old = t->candle;

        if (f->time_ns < old.at_ns)
            return; /* late: corrections of past candles are not simulated */
        if (old.at_ns && f->time_ns - old.at_ns >= unit_length(t->unit) && s)
            tell(s, t, text, candle(text, t, 'U')); /* the last word on the old one */
        if (roll(&t->candle, t, f, unit_length(t->unit)) && s)
            tell(s, t, text, candle(text, t, 'I')); /* empty, as soon as the period begins */
        sim_fold_take(&t->candle.fold, f);
    } else {
        roll(&t->hour, t, f, 3600 * NS_PER_S);
        roll(&t->day, t, f, NS_PER_DAY);
        sim_fold_take(&t->hour.fold, f);
        sim_fold_take(&t->day.fold, f);
    }
    t->last = *trade;
    t->known = 1;
    if (s && f->time_ns - t->sent_ns >= NS_PER_S) {
        t->sent_ns = f->time_ns;
        tell(s, t, text, t->channel == 24 ? candle(text, t, 'U') : quote(text, t, 0));
    }
}

void sim_ticker_trade(sim *s, const sim_trade *trade)
{
    for (sim_ticker *t = s->tickers; t; t = t->next)
        if (sim_ticker_covers(t, &s->markets[trade->fact.market].spot))
            take(s, t, trade);
}

void sim_ticker_first(sim_conn *c, sim_ticker *t)
{
    sim *s = c->s;
    char text[TEXT_MAX], *end;

    for (uint32_t i = 0; i < s->market_count && !t->known; i++) {
        const sim_market *m = s->markets + i;

        if (!sim_ticker_covers(t, &m->spot))
            continue;
        for (uint32_t k = m->latest_count < SIM_REPLAY ? 0 : m->latest_count - SIM_REPLAY;
             k < m->latest_count; k++)
            take(NULL, t, m->latest + k % SIM_REPLAY);
    }
    if (!t->known)
        return;
    end = t->channel == 24 ? candle(text, t, 'I') : quote(text, t, 1);
    sim_say(c, text, (size_t)(end - text), NULL, 1);
}
