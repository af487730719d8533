/* SPDX-License-Identifier: Apache-2.0
 * wick_candles_text(): candles as CSV, NDJSON and the three shapes of JSON, the rule of the open
 * applied. Memory is the context's one text buffer (at most 1 GiB, then NOMEM); it keeps the size
 * of the largest answer so far. */
#include <string.h>

#include "../core/dec.h"
#include "rows.h"

enum { ROW_MAX = ROWS_COLUMN_MAX * (ROWS_CELL_MAX + 32) + 4 * ROWS_NAME_MAX };

static int same_series(const wick_candle *a, const wick_candle *b)
{
    return a->market == b->market && a->interval == b->interval;
}

/* The candle as it is printed: a venue that publishes open = previous close gets it here, and only
 * here. One behind a span that was not heard keeps its first trade. */
static const wick_candle *printed(rows *r, const wick_candle *c)
{
    const wick_candle *prev = r->prev;
    wick_candle *s = &r->shown;

    if (!prev || !(c->flags & WICK_CANDLE_OPEN_PREV) || (c->flags & WICK_CANDLE_BEHIND))
        return c;
    *s = *c;
    s->open = prev->close;
    s->open_exp = prev->close_exp;
    if (dec_cmp(s->open, s->open_exp, s->high, s->high_exp) > 0) {
        s->high = s->open;
        s->high_exp = s->open_exp;
    }
    if (dec_cmp(s->open, s->open_exp, s->low, s->low_exp) < 0) {
        s->low = s->open;
        s->low_exp = s->open_exp;
    }
    return s;
}

static char *put_text(char *at, const char *text)
{
    size_t size = strlen(text);

    memcpy(at, text, size);
    return at + size;
}

static char *put_row(const rows *r, const wick_candle *c, char *at)
{
    int keys = r->format == WICK_FMT_NDJSON || r->format == WICK_FMT_JSON_OBJECTS;

    if (!rows_csv(r))
        *at++ = keys ? '{' : '[';
    for (int i = 0; i < r->column_count; i++) {
        if (i)
            *at++ = ',';
        if (keys) {
            *at++ = '"';
            at = put_text(at, r->columns[i]->name);
            *at++ = '"';
            *at++ = ':';
        }
        at = r->columns[i]->cell(r, c, at);
    }
    if (!rows_csv(r))
        *at++ = keys ? '}' : ']';
    if (rows_csv(r) && (r->flags & WICK_FMT_CRLF))
        *at++ = '\r';
    if (rows_csv(r) || r->format == WICK_FMT_NDJSON)
        *at++ = '\n';
    return at;
}

static char *put_cell(const rows *r, const wick_candle *c, char *at)
{
    return r->columns[0]->cell(r, c, at);
}

static int put_one(rows *r, const wick_candle *c, int comma, rows_cell put)
{
    buf *b = &r->w->text;
    char *room, *at;
    int rc;

    if ((rc = rows_names(r, c)) < 0)
        return rc;
    if (!(room = at = (char *)buf_room(b, ROW_MAX)))
        return WICK_E_NOMEM;
    if (comma)
        *at++ = ',';
    at = put(r, printed(r, c), at);
    b->size += (size_t)(at - room);
    return WICK_OK;
}

/* The candle in front of c[i] in its series, NULL: none is known. */
static const wick_candle *before(const rows *r, const wick_candle *c, uint32_t i)
{
    const wick_candle *last = &r->w->text_last;

    if (i)
        return same_series(&c[i - 1], &c[i]) ? &c[i - 1] : NULL;
    return (r->flags & WICK_FMT_GO_ON) && last->trades && same_series(last, c) ? last : NULL;
}

/* Every row through `put`, with commas between them where the format wants them. */
static int put_all(rows *r, const wick_candle *c, uint32_t n, rows_cell put)
{
    uint32_t first = r->flags & WICK_FMT_PREV ? 1 : 0;
    uint32_t end = n && (r->flags & WICK_FMT_LESS) ? n - 1 : n;
    int commas = r->format >= WICK_FMT_JSON_OBJECTS, rc;

    for (uint32_t k = first; k < end; k++) {
        uint32_t i = r->flags & WICK_FMT_REVERSE ? end - 1 - (k - first) : k;

        r->prev = before(r, c, i);
        if ((rc = put_one(r, &c[i], commas && k > first, put)) < 0)
            return rc;
    }
    return WICK_OK;
}

static int put_header(rows *r)
{
    buf *b = &r->w->text;
    int rc = WICK_OK;

    for (int i = 0; i < r->column_count && rc == WICK_OK; i++)
        rc = buf_fmt(b, i ? ",%s" : "%s", r->columns[i]->name);
    return rc == WICK_OK ? buf_text(b, r->flags & WICK_FMT_CRLF ? "\r\n" : "\n") : rc;
}

/* {"time":[...],"open":[...]}: one walk over the candles a column. */
static int put_columns(rows *r, const wick_candle *c, uint32_t n)
{
    int count = r->column_count, rc = buf_text(&r->w->text, "{");

    for (int i = 0; i < count && rc == WICK_OK; i++) {
        const rows_column *first = r->columns[0];

        rc = buf_fmt(&r->w->text, i ? ",\"%s\":[" : "\"%s\":[", r->columns[i]->name);
        r->columns[0] = r->columns[i];
        if (rc == WICK_OK)
            rc = put_all(r, c, n, put_cell);
        r->columns[0] = first;
        if (rc == WICK_OK)
            rc = buf_text(&r->w->text, "]");
    }
    return rc == WICK_OK ? buf_text(&r->w->text, "}") : rc;
}

static int put_format(rows *r, const wick_candle *c, uint32_t n)
{
    int array = r->format == WICK_FMT_JSON_OBJECTS || r->format == WICK_FMT_JSON_ROWS;
    int rc = WICK_OK;

    if (r->format == WICK_FMT_JSON_COLUMNS)
        return put_columns(r, c, n);
    if (rows_csv(r) && (r->flags & WICK_FMT_HEADER))
        rc = put_header(r);
    if (rc == WICK_OK && array)
        rc = buf_text(&r->w->text, "[");
    if (rc == WICK_OK)
        rc = put_all(r, c, n, put_row);
    return rc == WICK_OK && array ? buf_text(&r->w->text, "]") : rc;
}

static int64_t unit_of(int flags)
{
    if (flags & WICK_FMT_S)
        return 1000000000;
    return flags & WICK_FMT_US ? 1000 : flags & WICK_FMT_NS ? 1 : 1000000;
}

int64_t wick_candles_text(wick *w, const wick_candle *c, uint32_t n, int format, int flags,
                          const char *columns, const char **out)
{
    rows *r;
    int rc;

    if (!w)
        return WICK_E_ARG;
    if ((n && !c) || !out || format < WICK_FMT_CSV || format > WICK_FMT_JSON_COLUMNS)
        return ctx_fail(w, WICK_E_ARG, "candles as text: no candles, no out, or format %d", format);
    if (!(r = mem_zero(w, sizeof *r)))
        return ctx_fail(w, WICK_E_NOMEM, "candles as text: no memory");
    r->w = w;
    r->format = format;
    r->flags = flags;
    r->unit = unit_of(flags);
    r->market = WICK_NO_MARKET;
    w->text.size = 0;
    rc = rows_columns(r, columns);
    if (rc == WICK_OK && (rc = put_format(r, c, n)) == WICK_E_NOMEM)
        ctx_fail(w, rc, "candles as text: no memory behind %zu bytes", w->text.size);
    if (rc == WICK_OK && !buf_room(&w->text, 1))
        rc = ctx_fail(w, WICK_E_NOMEM, "candles as text: no memory");
    mem_free(w, r);
    if (rc < 0)
        return rc;
    if (n)
        w->text_last = c[n - 1];
    w->text.data[w->text.size] = '\0';
    *out = (const char *)w->text.data;
    return (int64_t)w->text.size;
}
