/* SPDX-License-Identifier: Apache-2.0
 * A candle as columns and back. Mantissas over 64 bits stand as text of their digits, the keys of
 * first and last trade as the bytes of core/pack.h; what comes back from the file is checked. */
#include <string.h>

#include "../core/dec.h"
#include "../core/pack.h"
#include "store_sqlite.h"

_Static_assert(sizeof((sq_row *)0)->first == 5 * PACK_MAX + sizeof((wick_key *)0)->id, "one key");

void sq_bind_interval(sqlite3_stmt *q, int at, uint32_t interval)
{
    char text[24];
    int size = wick_interval_text(interval, text, sizeof text);

    sqlite3_bind_text(q, at, text, size, SQLITE_TRANSIENT);
}

static void bind_wide(sqlite3_stmt *q, int at, int64_t hi, uint64_t lo)
{
    char text[64];
    int size;

    if (hi == (int64_t)lo >> 63) {
        sqlite3_bind_int64(q, at, (int64_t)lo);
        return;
    }
    size = wick_dec_text(hi, lo, 0, text, sizeof text);
    sqlite3_bind_text(q, at, text, size, SQLITE_TRANSIENT);
}

static void bind_key(sqlite3_stmt *q, int at, const wick_key *k, uint8_t *bytes)
{
    uint8_t *p = bytes;
    uint32_t size = k->id_len < sizeof k->id ? k->id_len : (uint32_t)sizeof k->id;

    p = pack_u64(pack_u64(pack_i64(p, k->time_ns), k->seq), k->id_key);
    p = pack_u64(pack_u64(p, k->offset), k->index);
    memcpy(p, k->id, size);
    p += size;
    sqlite3_bind_blob(q, at, bytes, (int)(p - bytes), SQLITE_STATIC);
}

int sq_bind_values(sqlite3_stmt *q, int at, const wick_candle *c, int revision)
{
    const int64_t prices[] = {c->open, c->high, c->low, c->close};
    const int exps[] = {c->open_exp, c->high_exp, c->low_exp, c->close_exp};

    if (!revision)
        sqlite3_bind_int(q, at++, (c->flags & WICK_CANDLE_CLOSED) != 0);
    sqlite3_bind_int(q, at++, (c->flags & WICK_CANDLE_COMPLETE) != 0);
    if (!revision)
        sqlite3_bind_int64(q, at++, c->rev);
    for (int i = 0; i < 4; i++) {
        sqlite3_bind_int64(q, at++, prices[i]);
        sqlite3_bind_int(q, at++, exps[i]);
    }
    bind_wide(q, at++, c->volume_hi, c->volume_lo);
    bind_wide(q, at++, c->buy_hi, c->buy_lo);
    bind_wide(q, at++, c->sell_hi, c->sell_lo);
    sqlite3_bind_int(q, at++, c->volume_exp);
    bind_wide(q, at++, c->quote_hi, c->quote_lo);
    sqlite3_bind_int(q, at++, c->quote_exp);
    sqlite3_bind_int64(q, at++, (int64_t)c->trades);
    sqlite3_bind_int64(q, at++, (int64_t)c->digest);
    return at;
}

int sq_bind(sqlite3_stmt *q, int64_t market, const wick_candle *c, sq_row *row)
{
    int at;

    if (row->interval != c->interval || row->size == 0) {
        row->size = wick_interval_text(c->interval, row->text, sizeof row->text);
        row->interval = c->interval;
    }
    sqlite3_bind_int64(q, 1, market);
    sqlite3_bind_int(q, 2, (int)c->method);
    sqlite3_bind_int(q, 3, 0);
    sqlite3_bind_text(q, 4, row->text, row->size, SQLITE_STATIC);
    sqlite3_bind_int64(q, 5, c->time_ns);
    at = sq_bind_values(q, 6, c, 0);
    bind_key(q, at++, &c->first, row->first);
    bind_key(q, at++, &c->last, row->last);
    return at;
}

static int wide(sqlite3_stmt *q, int at, int64_t *hi, uint64_t *lo)
{
    const char *text;
    int negative;
    i128 m = 0;

    if (sqlite3_column_type(q, at) == SQLITE_INTEGER) {
        *lo = (uint64_t)sqlite3_column_int64(q, at);
        *hi = (int64_t)*lo >> 63;
        return WICK_OK;
    }
    if (!(text = (const char *)sqlite3_column_text(q, at)))
        return WICK_E_DATA;
    negative = *text == '-';
    text += negative;
    for (int i = 0; text[i]; i++) {
        if (text[i] < '0' || text[i] > '9' || i == 38)      /* sums have at most 38 digits */
            return WICK_E_DATA;
        m = m * 10 + (text[i] - '0');
    }
    m = negative ? -m : m;
    *hi = dec_hi(m);
    *lo = dec_lo(m);
    return *text ? WICK_OK : WICK_E_DATA;
}

static int key(sqlite3_stmt *q, int at, wick_key *k)
{
    const uint8_t *bytes = sqlite3_column_blob(q, at);
    unpack u = {bytes, bytes ? bytes + sqlite3_column_bytes(q, at) : NULL, 0};

    k->time_ns = unpack_i64(&u);
    k->seq = unpack_u64(&u);
    k->id_key = unpack_u64(&u);
    k->offset = unpack_u64(&u);
    k->index = (uint32_t)unpack_u64(&u);
    if (u.bad || (size_t)(u.end - u.p) > sizeof k->id)
        return WICK_E_DATA;
    k->id_len = (uint32_t)(u.end - u.p);
    if (k->id_len)
        memcpy(k->id, u.p, k->id_len);
    return WICK_OK;
}

int sq_candle(sqlite3_stmt *q, uint32_t interval, wick_candle *c)
{
    int64_t *prices[] = {&c->open, &c->high, &c->low, &c->close};
    int8_t *exps[] = {&c->open_exp, &c->high_exp, &c->low_exp, &c->close_exp};
    int rc = WICK_OK;

    memset(c, 0, sizeof *c);
    c->interval = interval;
    c->time_ns = sqlite3_column_int64(q, 0);
    c->end_ns = wick_bucket_end(interval, c->time_ns);
    c->flags = (sqlite3_column_int(q, 1) ? WICK_CANDLE_CLOSED : 0u) |
               (sqlite3_column_int(q, 2) ? WICK_CANDLE_COMPLETE : 0u);
    c->rev = (uint32_t)sqlite3_column_int64(q, 3);
    for (int i = 0; i < 4; i++) {
        *prices[i] = sqlite3_column_int64(q, 4 + 2 * i);
        *exps[i] = (int8_t)sqlite3_column_int(q, 5 + 2 * i);
    }
    rc |= wide(q, 12, &c->volume_hi, &c->volume_lo);
    rc |= wide(q, 13, &c->buy_hi, &c->buy_lo);
    rc |= wide(q, 14, &c->sell_hi, &c->sell_lo);
    c->volume_exp = (int16_t)sqlite3_column_int(q, 15);
    rc |= wide(q, 16, &c->quote_hi, &c->quote_lo);
    c->quote_exp = (int16_t)sqlite3_column_int(q, 17);
    c->trades = (uint64_t)sqlite3_column_int64(q, 18);
    c->digest = (uint64_t)sqlite3_column_int64(q, 19);
    rc |= key(q, 20, &c->first);
    rc |= key(q, 21, &c->last);
    return rc ? WICK_E_DATA : WICK_OK;
}
