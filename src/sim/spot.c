/* SPDX-License-Identifier: Apache-2.0
 * The simulator's markets: their names, what they are like, their price at any time and any of
 * their trades. Integers alone; everything follows from the seed and the name, so that another list
 * of markets does not change a price. */
#include "spot.h"

#include <stdio.h>
#include <string.h>

/* Middle prices in units of 10^-10 USD. */
static const struct { const char *name; int64_t worth;
} COINS[] = {
    {"BTC", 612345600000000}, {"ETH", 26543200000000}, {"SOL", 1457800000000},
    {"XRP", 5873000000},      {"ADA", 3456000000},     {"DOGE", 1123400000},
    {"LTC", 678900000000},    {"LINK", 113400000000},  {"DOT", 42120000000},
    {"UNI", 67810000000},     {"AVAX", 264300000000},  {"SHIB", 174000},
    {"USD", 10000000000},     {"USDT", 9998000000},    {"EUR", 10930000000},
    {"GBP", 12980000000},
};
enum { COIN_COUNT = (int)(sizeof COINS / sizeof *COINS), TRADED = 12 };
static const char *const FIRST[] = {
    "Coinbase:BTC-USD", "Coinbase:ETH-USD", "Kraken:BTC-EUR",   "Kraken:ETH-BTC",
    "Bitstamp:XRP-USD", "Binance:SOL-USDT", "Kraken:DOGE-USD",  "Coinbase:SHIB-USD",
    "Bitstamp:LTC-EUR", "Gemini:LINK-USD",  "Binance:ADA-USDT", "Bitfinex:DOT-USD",
};
enum { FIRST_COUNT = (int)(sizeof FIRST / sizeof *FIRST) };
static const char *const VENUES[] = {"Cexio", "Bitfinex", "Gemini", "itBit",
                                     "Exmo",  "Lmax",     "OKEX",   "Bybit"};
enum { VENUE_COUNT = (int)(sizeof VENUES / sizeof *VENUES) };

void sim_spot_name(uint32_t i, char *out, size_t size)
{
    static const char *const QUOTES[] = {"GBP", "EUR", "USDT", "USD"};
    uint32_t k = i - FIRST_COUNT;

    if (i < FIRST_COUNT)
        snprintf(out, size, "%s", FIRST[i]);
    else if (k < VENUE_COUNT * TRADED) /* behind the first ones quotes are not those of FIRST */
        snprintf(out, size, "%s:%s-%s", VENUES[k % VENUE_COUNT], COINS[k / VENUE_COUNT].name,
                 QUOTES[k % 2]);
    else
        snprintf(out, size, "%s:X%u-%s", VENUES[k % VENUE_COUNT], k / VENUE_COUNT,
                 QUOTES[2 + k % 2]);
}

static int plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c <= ' ' || c == '"' || c == '\\' || c == '~' || c == ',' || c == 0x7f)
            return 0;
    }
    return size > 0 && size <= SIM_PART_MAX;
}

const char *sim_spot_parse(sim_spot *m, const char *name, size_t size)
{
    const char *colon = memchr(name, ':', size), *dash = NULL, *end = name + size;

    memset(m, 0, sizeof *m);
    if (!colon)
        return "a market is VENUE:BASE-QUOTE";
    dash = memchr(colon, '-', (size_t)(end - colon));
    if (!dash)
        return "a market is VENUE:BASE-QUOTE";
    if (!plain(name, (size_t)(colon - name)) || !plain(colon + 1, (size_t)(dash - colon - 1)) ||
        !plain(dash + 1, (size_t)(end - dash - 1)))
        return "venue, base and quote are 1 to 31 characters each, without blanks, quotes, commas "
               "and ~";
    memcpy(m->venue, name, (size_t)(colon - name));
    memcpy(m->base, colon + 1, (size_t)(dash - colon - 1));
    memcpy(m->quote, dash + 1, (size_t)(end - dash - 1));
    return NULL;
}

static uint64_t text_hash(const char *text)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return h;
}

/* What one unit is worth, in 10^-10 USD: known, or anything from 0.01 to 100 USD by its name. */
static int64_t worth(const char *name)
{
    for (int i = 0; i < COIN_COUNT; i++)
        if (strcmp(COINS[i].name, name) == 0)
            return COINS[i].worth;
    uint64_t h = sim_mix(text_hash(name));
    int64_t scale = 100000000;

    for (uint64_t n = h % 5; n; n--)
        scale *= 10;
    return scale + (int64_t)((h >> 8) % 1000) * scale / 125;
}

void sim_spot_init(sim_spot *m, uint64_t seed)
{
    int64_t base = worth(m->base), quote = worth(m->quote);

    m->seed = sim_hash(seed, text_hash(m->venue),
                       text_hash(m->base) ^ sim_mix(text_hash(m->quote)));
    m->tick_exp = 0;
    while (base / quote < 20000) { /* ticks so small that a price has five digits or more */
        if (base < INT64_MAX / 10)
            base *= 10;
        else
            quote /= 10;
        m->tick_exp--;
    }
    m->ticks = base / quote;
    if (m->tick_exp > -2)                           /* cents at least */
        for (; m->tick_exp > -2; m->tick_exp--)
            m->ticks *= 10;
    m->qty_shift = m->tick_exp <= -8 ? 6 : m->tick_exp <= -5 ? 3 : m->tick_exp <= -4 ? 1 : 0;
    for (int i = 0; i < SIM_OCTAVES; i++)
        m->noise[i].at = -1;
}

/* Octave o has a lattice of 2^(32 + 3 o) ns, 4 s to 104 days, and moves the price by so many 10^-9
 * of it. */
static const int32_t REACH[SIM_OCTAVES] = {50000,   100000,  200000,   600000,
                                           2000000, 6000000, 20000000, 100000000};

static int32_t lattice(const sim_spot *m, int o, int64_t at)
{
    int64_t h = (int64_t)(sim_hash(m->seed, (uint64_t)o, (uint64_t)at) >> 33);     /* 31 bits */

    return (int32_t)((h * 2 * REACH[o] >> 31) - REACH[o]);
}

int64_t sim_spot_price(sim_spot *m, int64_t time_ns)
{
    int64_t sum = 1000000000;

    for (int o = 0; o < SIM_OCTAVES; o++) {
        int shift = 32 + 3 * o;
        int64_t at = time_ns >> shift, part = (time_ns >> (shift - 20)) & 0xfffff;

        if (m->noise[o].at != at) {
            m->noise[o].at = at;
            m->noise[o].from = lattice(m, o, at);
            m->noise[o].to = lattice(m, o, at + 1);
        }
        sum += m->noise[o].from + (((int64_t)m->noise[o].to - m->noise[o].from) * part >> 20);
    }
    return (int64_t)((uint64_t)m->ticks * (uint64_t)(sum >> 6) / (1000000000u >> 6));
}

/* Strip zeros of a mantissa under 2^63; it is not 0. */
static int64_t strip(int64_t mantissa, int *exp)
{
    while (mantissa % 10 == 0) {
        mantissa /= 10;
        ++*exp;
    }
    return mantissa;
}

void sim_spot_trade(sim_spot *m, uint32_t index, uint64_t ordinal, int64_t time_ns, sim_trade *out)
{
    static const uint32_t MOST[] = {3, 30, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    uint64_t h = sim_hash(m->seed, 0x7261646500000000u, ordinal), r = sim_mix(h);
    int64_t spread = (m->ticks >> 14) + 2, price = sim_spot_price(m, time_ns);
    uint32_t digits = (uint32_t)(h % 9), side = (uint32_t)(h >> 20) & 127;
    int price_exp = m->tick_exp, qty_exp = m->qty_shift - (int)digits;
    char *id = out->id + sizeof out->id;
    uint64_t n = ordinal * 3 + (h >> 40) % 3;       /* ascends, with holes that mean nothing */

    price += (int64_t)((r >> 32) % (uint64_t)(2 * spread)) - spread;
    price -= (h >> 8 & 7) == 0 ? price % 100 : (h >> 8 & 7) < 3 ? price % 10 : 0;
    out->fact.price = strip(price < 1 ? 1 : price, &price_exp);
    out->fact.qty = strip(1 + (int64_t)((uint32_t)r % MOST[digits]), &qty_exp);
    out->fact.price_exp = (int8_t)price_exp;
    out->fact.qty_exp = (int8_t)qty_exp;
    out->fact.time_ns = time_ns;
    out->fact.ordinal = ordinal;
    out->fact.id_key = n;
    out->fact.market = index;
    out->fact.flags = side < 64 ? SIM_SELL : side < 126 ? SIM_BUY : SIM_UNKNOWN;
    out->fact.spare = 0;
    out->recv_ns = time_ns + 20000000 + (int64_t)(h >> 44) * 200;
    out->ccseq = ordinal;
    do
        *--id = (char)('0' + n % 10);
    while (n /= 10);
    out->id_len = (uint32_t)(out->id + sizeof out->id - id);
    memmove(out->id, id, out->id_len);
}
