/* SPDX-License-Identifier: Apache-2.0
 * One cell of a candle as text: the table of columns and the writer of each. */
#include <stdio.h>
#include <string.h>

#include "../core/dec.h"
#include "rows.h"

/* ---- writers ---- */

/* The digits of n in front of `end`; returns where they begin. */
static char *digits_before(uint64_t n, char *end)
{
    for (; n >= 10; n /= 10)
        *--end = (char)('0' + n % 10);
    *--end = (char)('0' + n);
    return end;
}

static char *put_u64(uint64_t n, char *at)
{
    char text[20], *from = digits_before(n, text + sizeof text);
    size_t size = (size_t)(text + sizeof text - from);

    memcpy(at, from, size);
    return at + size;
}

static char *put_i64(int64_t n, char *at)
{
    if (n < 0)
        *at++ = '-';
    return put_u64(n < 0 ? 0 - (uint64_t)n : (uint64_t)n, at);
}

static char *put_word(const rows *r, const char *word, char *at)
{
    size_t size = strlen(word);

    if (!rows_csv(r))
        *at++ = '"';
    at = (char *)memcpy(at, word, size) + size;
    if (!rows_csv(r))
        *at++ = '"';
    return at;
}

static char *put_null(const rows *r, char *at)
{
    if (rows_csv(r))
        return at;                          /* an empty cell */
    memcpy(at, "null", 4);
    return at + 4;
}

static char *put_bool(int yes, char *at)
{
    size_t size = yes ? 4 : 5;

    memcpy(at, yes ? "true" : "false", size);
    return at + size;
}

/* Nearly every value: 64 bits and up to 18 places. Thrice as fast as the general writer. */
static char *put_short(uint64_t n, unsigned places, char *at)
{
    char text[40], *end = text + sizeof text, *from;
    size_t whole;

    for (; places && n % 10 == 0; places--)
        n /= 10;
    from = digits_before(n, end);
    while ((size_t)(end - from) <= places)
        *--from = '0';
    whole = (size_t)(end - from) - places;
    memcpy(at, from, whole);
    at += whole;
    if (places) {
        *at++ = '.';
        memcpy(at, from + whole, places);
        at += places;
    }
    return at;
}

static char *put_dec(const rows *r, i128 m, int exp, char *at)
{
    int quoted = !rows_csv(r) && (r->flags & WICK_FMT_STRINGS);

    if (quoted)
        *at++ = '"';
    if (m >= 0 && m <= UINT64_MAX && exp <= 0 && exp >= -18) {
        at = put_short((uint64_t)m, (unsigned)-exp, at);
    } else {
        int size = dec_text(m, exp, at, DEC_TEXT_MAX);

        at += size < DEC_TEXT_MAX ? size : DEC_TEXT_MAX - 1;
    }
    if (quoted)
        *at++ = '"';
    return at;
}

static char *put_time(const rows *r, int64_t ns, char *at)
{
    return put_i64(ns / r->unit - (ns % r->unit < 0), at);
}

static char *put_id(const rows *r, const wick_key *k, char *at)
{
    if (k->id_len == 0 || k->id_len > sizeof k->id)
        return put_null(r, at);
    return rows_quote(r, (const char *)k->id, k->id_len, at);
}

static char *quote_csv(const char *text, size_t size, char *at)
{
    int need = 0;

    for (size_t i = 0; i < size; i++)
        need |= text[i] == '"' || text[i] == ',' || text[i] == '\r' || text[i] == '\n';
    if (!need) {
        memcpy(at, text, size);
        return at + size;
    }
    *at++ = '"';
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            *at++ = '"';
        *at++ = text[i];
    }
    *at++ = '"';
    return at;
}

char *rows_quote(const rows *r, const char *text, size_t size, char *at)
{
    static const char HEX[] = "0123456789abcdef";

    if (rows_csv(r))
        return quote_csv(text, size, at);
    *at++ = '"';
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '"' || c == '\\') {
            *at++ = '\\';
            *at++ = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            memcpy(at, "\\u00", 4);
            at[4] = HEX[c >> 4];
            at[5] = HEX[c & 15];
            at += 6;
        } else {
            *at++ = (char)c;
        }
    }
    *at++ = '"';
    return at;
}

/* ---- columns ---- */

#define CELL(name) static char *cell_##name(const rows *r, const wick_candle *c, char *at)

static char *copy(const rows_name *n, char *at)
{
    return (char *)memcpy(at, n->text, n->len) + n->len;
}

CELL(market)   { (void)c; return copy(&r->market_name, at); }
CELL(symbol)   { (void)c; return copy(&r->symbol, at); }
CELL(interval) { (void)c; return copy(&r->interval_name, at); }
CELL(time)     { return put_time(r, c->time_ns, at); }
CELL(close_time) { return put_i64((c->end_ns / r->unit - (c->end_ns % r->unit < 0)) - 1, at); }
CELL(open)     { return put_dec(r, c->open, c->open_exp, at); }
CELL(high)     { return put_dec(r, c->high, c->high_exp, at); }
CELL(low)      { return put_dec(r, c->low, c->low_exp, at); }
CELL(close)    { return put_dec(r, c->close, c->close_exp, at); }
CELL(volume)   { return put_dec(r, dec_join(c->volume_hi, c->volume_lo), c->volume_exp, at); }
CELL(quote)    { return put_dec(r, dec_join(c->quote_hi, c->quote_lo), c->quote_exp, at); }
CELL(buy)      { return put_dec(r, dec_join(c->buy_hi, c->buy_lo), c->volume_exp, at); }
CELL(sell)     { return put_dec(r, dec_join(c->sell_hi, c->sell_lo), c->volume_exp, at); }
CELL(trades)   { (void)r; return put_u64(c->trades, at); }
CELL(closed)   { (void)r; return put_bool(c->flags & WICK_CANDLE_CLOSED, at); }
CELL(complete) { (void)r; return put_bool(c->flags & WICK_CANDLE_COMPLETE, at); }
CELL(rev)      { (void)r; return put_u64(c->rev, at); }
CELL(first_time) { return put_time(r, c->first.time_ns, at); }
CELL(last_time)  { return put_time(r, c->last.time_ns, at); }
CELL(first_id) { return put_id(r, &c->first, at); }
CELL(last_id)  { return put_id(r, &c->last, at); }

CELL(prev_close)
{
    (void)c;
    return r->prev ? put_dec(r, r->prev->close, r->prev->close_exp, at) : put_null(r, at);
}

CELL(method)
{
    static const char *const NAMES[] = {"trades", "vendor", "index", "mixed"};

    return put_word(r, NAMES[c->method & 3], at);
}

CELL(vwap)
{
    int quoted = !rows_csv(r) && (r->flags & WICK_FMT_STRINGS);
    int size = wick_candle_text(c, WICK_F_VWAP, at + quoted, DEC_TEXT_MAX);

    if (size <= 0 || size >= DEC_TEXT_MAX)
        return put_null(r, at);             /* nothing was traded: there is none */
    if (quoted)
        at[0] = at[size + 1] = '"';
    return at + size + 2 * quoted;
}

/* Sixteen hexadecimal digits in a string: no reader makes a double of it. */
CELL(digest)
{
    char text[17];

    snprintf(text, sizeof text, "%016llx", (unsigned long long)c->digest);
    return put_word(r, text, at);
}

static const rows_column COLUMNS[] = {
    {"market", cell_market}, {"symbol", cell_symbol}, {"interval", cell_interval},
    {"time", cell_time}, {"close_time", cell_close_time},
    {"open", cell_open}, {"high", cell_high}, {"low", cell_low}, {"close", cell_close},
    {"volume", cell_volume}, {"quote_volume", cell_quote}, {"trades", cell_trades},
    {"vwap", cell_vwap}, {"prev_close", cell_prev_close},
    {"buy_volume", cell_buy}, {"sell_volume", cell_sell},
    {"closed", cell_closed}, {"complete", cell_complete}, {"method", cell_method},
    {"rev", cell_rev}, {"first_time", cell_first_time}, {"last_time", cell_last_time},
    {"first_id", cell_first_id}, {"last_id", cell_last_id}, {"digest", cell_digest},
};
enum { COLUMN_COUNT = (int)(sizeof COLUMNS / sizeof *COLUMNS) };
_Static_assert((int)COLUMN_COUNT <= (int)ROWS_COLUMN_MAX, "rows.columns holds every column once");

static const char STANDARD[] = "market,symbol,interval,time,open,high,low,close,volume,"
                               "quote_volume,trades,closed,complete,method,rev";

static const rows_column *find(const char *name, size_t size)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (strlen(COLUMNS[i].name) == size && memcmp(COLUMNS[i].name, name, size) == 0)
            return &COLUMNS[i];
    return NULL;
}

int rows_columns(rows *r, const char *list)
{
    for (const char *at = list ? list : STANDARD;;) {
        size_t size = strcspn(at, ",");
        const rows_column *found = find(at, size);

        if (!found)
            return ctx_fail(r->w, WICK_E_ARG, "columns: no column '%.*s'",
                            (int)(size < 64 ? size : 64), at);
        for (int i = 0; i < r->column_count; i++)
            if (r->columns[i] == found)
                return ctx_fail(r->w, WICK_E_ARG, "columns: '%s' stands there twice", found->name);
        r->columns[r->column_count++] = found;
        if (at[size] == '\0')
            return WICK_OK;
        at += size + 1;
    }
}

static void name_set(const rows *r, rows_name *n, const char *text)
{
    n->len = (size_t)(rows_quote(r, text, strnlen(text, MARKET_NAME_MAX), n->text) - n->text);
}

int rows_names(rows *r, const wick_candle *c)
{
    const char *name, *symbol;
    char interval[32];

    if (c->market != r->market) {
        if (!(name = wick_market_name(r->w, c->market)))
            return ctx_fail(r->w, WICK_E_ARG, "candles as text: no market %u", c->market);
        name_set(r, &r->market_name, name);
        r->market = c->market;
        r->symbol_text = r->market_name.text;           /* of none yet */
    }
    symbol = market_symbol_at(r->w, c->market, c->time_ns);
    if (symbol != r->symbol_text)
        name_set(r, &r->symbol, symbol ? symbol : "");
    r->symbol_text = symbol;
    if (c->interval != r->interval || r->interval_name.len == 0) {
        if (wick_interval_text(c->interval, interval, sizeof interval) < 0)
            return ctx_fail(r->w, WICK_E_ARG, "candles as text: no interval %u", c->interval);
        name_set(r, &r->interval_name, interval);
        r->interval = c->interval;
    }
    return WICK_OK;
}
