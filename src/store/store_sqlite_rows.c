/* SPDX-License-Identifier: Apache-2.0
 * Tables as NDJSON for people and health checks; deletion of candles past their retention. */
#include <stdio.h>
#include <string.h>

#include "store_cover.h"

typedef struct view { const char *what, *sql; } view;

/* Times and offsets are text, since they do not fit a double; a time that is not known is null. */
#define TIME(column)                                             \
    " CASE WHEN " #column " BETWEEN 0 AND 7289654400000000000"   \
    " THEN CAST(" #column " AS TEXT) END AS " #column

static const view VIEWS[] = {
    {"markets",
     "SELECT name AS market, symbol, base," TIME(watermark_ns) "," TIME(covered_from_ns) ","
     TIME(covered_to_ns) ", open_prev FROM market ORDER BY name"},
    {"coverage",
     "SELECT m.name AS market, CASE state WHEN 0 THEN 'observed' ELSE 'missing' END AS state,"
     " CAST(from_ns AS TEXT) AS from_ns, CAST(to_ns AS TEXT) AS to_ns, evidence"
     " FROM market m JOIN coverage c ON c.market = m.id ORDER BY m.name, from_ns, state, conn"},
    {"quarantine",
     "SELECT reason, m.name AS market, topic, part AS partition, CAST(place AS TEXT) AS offset,"
     " idx AS 'index', CAST(time_ns AS TEXT) AS time_ns, CAST(price AS TEXT) AS price, price_exp,"
     " CAST(qty AS TEXT) AS qty, qty_exp, q.id AS id, noted_ms"
     " FROM quarantine q LEFT JOIN market m ON m.id = q.market ORDER BY noted_ms DESC, place DESC"
     " LIMIT 10000"},
    {"offsets",
     "SELECT log, topic, part AS partition, CAST(next_offset AS TEXT) AS next_offset,"
     " CAST(window_offset AS TEXT) AS window_offset, epoch FROM bus_offset WHERE part >= 0"
     " ORDER BY log, topic, part"},
    {"revisions",
     "SELECT m.name AS market, interval, CAST(time_ns AS TEXT) AS time_ns, rev, changed_ms, trades"
     " FROM candle_revision r JOIN market m ON m.id = r.market ORDER BY changed_ms DESC LIMIT "
     "10000"},
};

static int json_text(buf *b, const char *text)
{
    int rc = buf_text(b, "\"");

    for (; *text && rc == WICK_OK; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            rc = buf_fmt(b, "\\%c", c);
        else if (c < 0x20)
            rc = buf_fmt(b, "\\u%04x", c);
        else
            rc = buf_add(b, text, 1);
    }
    return rc == WICK_OK ? buf_text(b, "\"") : rc;
}

static int row(buf *b, sqlite3_stmt *q)
{
    int rc = buf_text(b, "{");

    for (int i = 0; i < sqlite3_column_count(q) && rc == WICK_OK; i++) {
        int type = sqlite3_column_type(q, i);

        rc = buf_fmt(b, "%s\"%s\":", i ? "," : "", sqlite3_column_name(q, i));
        if (rc == WICK_OK && type == SQLITE_INTEGER)
            rc = buf_fmt(b, "%lld", (long long)sqlite3_column_int64(q, i));
        else if (rc == WICK_OK && type == SQLITE_NULL)
            rc = buf_text(b, "null");
        else if (rc == WICK_OK)
            rc = json_text(b, (const char *)sqlite3_column_text(q, i));
    }
    return rc == WICK_OK ? buf_text(b, "}\n") : rc;
}

static int view_rows(store_sqlite *s, store_ask *a, const char *sql, char *why)
{
    sqlite3_stmt *q;
    int step = SQLITE_DONE, rc = db_prepare(s->reader.db, sql, &q, why);

    if (rc < 0)
        return rc;
    while (rc == WICK_OK && (step = sqlite3_step(q)) == SQLITE_ROW)
        if ((rc = row(&a->text, q)) < 0)
            snprintf(why, DB_ERROR_MAX, "%s: the answer is over %d bytes, or no memory", a->what,
                     STORE_TEXT_MAX);
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(s->reader.db, a->what, why);
    sqlite3_finalize(q);
    return rc;
}

/* All that are known, applied or not. */
static int migrations(store_sqlite *s, store_ask *a, char *why)
{
    char sql[128];
    int rc = WICK_OK;

    for (int i = 0; i < s->list_count && rc == WICK_OK; i++) {
        const migration *m = &s->list[i];
        int64_t at;

        snprintf(sql, sizeof sql, "SELECT applied_ms FROM migration WHERE version = %d",
                 m->version);
        at = db_number(s->reader.db, sql, -1);
        rc = buf_fmt(&a->text,
                     "{\"version\":%d,\"name\":\"%s\",\"state\":\"%s\",\"applied_ms\":", m->version,
                     m->name, at < 0 ? "pending" : "applied");
        if (rc == WICK_OK)
            rc = at < 0 ? buf_text(&a->text, "null}\n")
                        : buf_fmt(&a->text, "%lld}\n", (long long)at);
    }
    if (rc < 0)
        snprintf(why, DB_ERROR_MAX, "no memory");
    return rc;
}

int sq_rows(store_sqlite *s, store_ask *a, char *why)
{
    if (strcmp(a->what, "migrations") == 0)
        return migrations(s, a, why);
    for (size_t i = 0; i < sizeof VIEWS / sizeof *VIEWS; i++)
        if (strcmp(a->what, VIEWS[i].what) == 0)
            return view_rows(s, a, VIEWS[i].sql, why);
    return WICK_E_ARG;
}

/* ---- retention ------------------------------------------------------------------------------- */

/* Old rows of one market and interval, by their key; what remains goes the next time. */
static int forget(sqlite3 *db, int64_t market, uint32_t interval, int64_t before_ns, char *why)
{
    static const char SQL[] = "DELETE FROM candle WHERE market = ?1 AND method = 0 AND kind = 0 "
                              "AND interval = ?2 AND time_ns < "
                              "min(?3, coalesce((SELECT time_ns FROM candle WHERE market = ?1 AND "
                              "method = 0 AND kind = 0 AND interval = ?2"
                              " ORDER BY time_ns LIMIT 1 OFFSET ?4), ?3)) AND closed = 1";
    sqlite3_stmt *q;
    int rc = db_prepare(db, SQL, &q, why);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(q, 1, market);
    sq_bind_interval(q, 2, interval);
    sqlite3_bind_int64(q, 3, before_ns);
    sqlite3_bind_int(q, 4, FORGET_ROWS);
    rc = db_step(db, q, why);
    sqlite3_finalize(q);
    return rc;
}

int sq_forget(store_sqlite *s, store_ask *a, char *why)
{
    uint32_t intervals[STORE_INTERVALS_MAX];
    sqlite3_stmt *q = s->writer.markets;
    int step = SQLITE_DONE, rc = WICK_OK;

    while (rc == WICK_OK && (step = sqlite3_step(q)) == SQLITE_ROW) {
        int64_t market = sqlite3_column_int64(q, 0);
        int count = sq_intervals(&s->writer, market, intervals, why);

        rc = count < 0 ? count : WICK_OK;
        for (int i = 0; i < count && rc == WICK_OK; i++)
            if ((rc = forget(s->writer.db, market, intervals[i], a->before_ns, why)) == WICK_OK)
                a->forgot |= sqlite3_changes(s->writer.db) > 0;
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(s->writer.db, "read markets", why);
    sqlite3_reset(q);
    return rc;
}
