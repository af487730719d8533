/* SPDX-License-Identifier: Apache-2.0
 * Schema and prepared statements of the SQLite store. */
#include <stdio.h>
#include <string.h>

#include "store_sqlite.h"

typedef struct want { sqlite3_stmt **q; const char *sql; } want;

static int prepare(sqlite3 *db, const want *all, size_t count, char *why)
{
    int rc = WICK_OK;

    for (size_t i = 0; i < count && rc == WICK_OK; i++) {
        sqlite3_finalize(*all[i].q);
        *all[i].q = NULL;
        rc = db_prepare(db, all[i].sql, all[i].q, why);
    }
    return rc;
}

#define OF " WHERE market = ?1 AND method = 0 AND kind = 0 AND interval = ?2"
#define CLOSED_OF " FROM candle" OF
#define OPEN_OF " FROM candle_open" OF

int sq_reader_open(sq_reader *r, char *why)
{
    const want ALL[] = {
        {&r->market,
         "SELECT id, base, open_prev, watermark_ns, covered_from_ns, name, symbol FROM market"
         " WHERE name = ?"},
        {&r->markets, "SELECT id, base, open_prev, watermark_ns, covered_from_ns, name, symbol, "
                      "covered_to_ns, ids"
                      " FROM market ORDER BY name"},
        {&r->intervals,
         "SELECT interval FROM candle WHERE market = ? AND method = 0 AND kind = 0 AND interval > ?"
         " ORDER BY interval LIMIT 1"},
        {&r->range, "SELECT " SQ_COLUMNS CLOSED_OF " AND time_ns >= ?3 AND time_ns < ?4"
                    " ORDER BY time_ns LIMIT ?5"},
        {&r->range_desc, "SELECT " SQ_COLUMNS CLOSED_OF " AND time_ns >= ?3 AND time_ns < ?4"
                         " ORDER BY time_ns DESC LIMIT ?5"},
        {&r->before,
         "SELECT " SQ_COLUMNS CLOSED_OF " AND time_ns < ?3 ORDER BY time_ns DESC LIMIT 1"},
        {&r->last, "SELECT time_ns" CLOSED_OF " ORDER BY time_ns DESC LIMIT 1"},
        {&r->open_range, "SELECT " SQ_COLUMNS OPEN_OF " AND time_ns >= ?3 AND time_ns < ?4"
                         " ORDER BY time_ns LIMIT ?5"},
        {&r->open_before,
         "SELECT " SQ_COLUMNS OPEN_OF " AND time_ns < ?3 ORDER BY time_ns DESC LIMIT 1"},
        {&r->open_ends, "SELECT min(time_ns), max(time_ns)" OPEN_OF},
        {&r->gaps, "SELECT from_ns, to_ns FROM coverage WHERE market = ?1 AND from_ns < ?3"
                   " AND to_ns > ?2 AND state = 1 ORDER BY from_ns"},
        {&r->eras, "SELECT from_ns, number, source, symbol, open_prev FROM market_era"
                   " WHERE market = ? ORDER BY from_ns"},
    };

    return prepare(r->db, ALL, sizeof ALL / sizeof *ALL, why);
}

void sq_reader_close(sq_reader *r)
{
    sqlite3_stmt *all[] = {r->market, r->markets, r->intervals, r->range,
                           r->range_desc, r->before, r->last, r->gaps,
                           r->open_range, r->open_before, r->open_ends,
                           r->eras};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    db_close(r->db);
}

#define ROW26 "(" SQ_KEY ", " SQ_VALUES ", first_key, last_key)" \
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
#define KEY " WHERE market = ? AND method = ? AND kind = 0 AND interval = ? AND time_ns = ?"

int sq_writer_open(store_sqlite *s, char *why)
{
    const want ALL[] = {
        {&s->market_put,
         "INSERT INTO market (name, symbol, open_prev) VALUES (?, ?, ?)"
         " ON CONFLICT (name) DO UPDATE SET symbol = coalesce(excluded.symbol, symbol),"
         " open_prev = max(open_prev, excluded.open_prev) RETURNING id, base, open_prev"},
        {&s->market_base, "UPDATE market SET base = ? WHERE id = ?"},
        {&s->market_state,
         "UPDATE market SET watermark_ns = ?, covered_from_ns = ?, covered_to_ns = ?,"
         " ids = coalesce(?, ids) WHERE id = ?"},
        {&s->candle_put, "INSERT INTO candle " ROW26 " ON CONFLICT DO NOTHING"},
        {&s->candle_get, "SELECT " SQ_COLUMNS " FROM candle" KEY},
        {&s->candle_set, "REPLACE INTO candle " ROW26},
        {&s->open_put, "REPLACE INTO candle_open " ROW26},
        {&s->open_get, "SELECT " SQ_COLUMNS " FROM candle_open" KEY},
        {&s->open_drop, "DELETE FROM candle_open" KEY},
        {&s->open_others, "DELETE FROM candle_open WHERE market = ? AND interval <> ?"},
        {&s->revision_put,
         "REPLACE INTO candle_revision (" SQ_KEY ", rev, changed_ms, complete, open, open_exp,"
         " high, high_exp, low, low_exp, close, close_exp, volume, buy, sell, volume_exp, quote,"
         " quote_exp, trades, digest) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
        {&s->span_put,
         "INSERT INTO coverage (market, from_ns, state, conn, to_ns, evidence)"
         " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET to_ns = excluded.to_ns,"
         " evidence = excluded.evidence"},
        {&s->span_drop,
         "DELETE FROM coverage WHERE market = ? AND from_ns = ? AND state = ? AND conn = ?"},
        {&s->refusal_put,
         "INSERT OR IGNORE INTO quarantine VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
        {&s->offset_get,
         "SELECT next_offset, epoch FROM bus_offset WHERE log = ? AND topic = ? AND part = ?"},
        {&s->offset_put, "REPLACE INTO bus_offset VALUES (?, ?, ?, ?, ?, ?)"},
        {&s->era_put, "REPLACE INTO market_era VALUES (?, ?, ?, ?, ?, ?)"},
    };

    return prepare(s->writer.db, ALL, sizeof ALL / sizeof *ALL, why);
}

/* ---- migrations ------------------------------------------------------------------------------ */

/* One step and its row in the table of migrations, in one transaction. */
static int step(sqlite3 *db, const migration *m, int up, char *why)
{
    char sql[256], inner[DB_ERROR_MAX];
    int rc;

    if (up)
        snprintf(sql, sizeof sql,
                 "INSERT INTO migration VALUES (%d, '%s', '%s', CAST((julianday('now') - "
                 "2440587.5) * 86400000 AS INTEGER))",
                 m->version, m->name, m->checksum);
    else
        snprintf(sql, sizeof sql, "DELETE FROM migration WHERE version = %d", m->version);
    if ((rc = db_run(db, "BEGIN IMMEDIATE", inner)) == WICK_OK &&
        (rc = db_run(db, up ? m->up : m->down, inner)) == WICK_OK &&
        (rc = db_run(db, sql, inner)) == WICK_OK)
        rc = db_run(db, "COMMIT", inner);
    if (rc < 0) {
        if (!sqlite3_get_autocommit(db))
            sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        snprintf(why, DB_ERROR_MAX, "migration %04d_%s %s: %.400s", m->version, m->name,
                 up ? "up" : "down", inner);
    }
    return rc;
}

/* How many migrations the file has; they must be ours, unchanged. */
int sq_applied(store_sqlite *s, char *why)
{
    sqlite3_stmt *q = NULL;
    int count = 0, step = SQLITE_DONE, rc = WICK_OK;

    if ((rc = db_run(s->writer.db,
                     "CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY,"
                     " name TEXT NOT NULL, checksum TEXT NOT NULL, applied_ms INTEGER NOT NULL)",
                     why)) < 0 ||
        (rc = db_prepare(s->writer.db, "SELECT version, checksum FROM migration ORDER BY version",
                         &q, why)) < 0)
        return rc;
    while (rc == WICK_OK && (step = sqlite3_step(q)) == SQLITE_ROW) {
        int version = sqlite3_column_int(q, 0);
        const char *sum = (const char *)sqlite3_column_text(q, 1);

        rc = WICK_E_DATA;
        if (version > s->list_count)
            snprintf(why, DB_ERROR_MAX,
                     "its schema has version %d, made by a newer wick; this one knows %d: use that"
                     " wick, or take the schema down with it (wick migrate down)",
                     version, s->list_count);
        else if (version != count + 1)
            snprintf(why, DB_ERROR_MAX, "migration %d is missing", count + 1);
        else if (!sum || strcmp(sum, s->list[count].checksum) != 0)
            snprintf(why, DB_ERROR_MAX,
                     "migration %04d_%s did not make it so: use the wick that made it", version,
                     s->list[count].name);
        else
            rc = WICK_OK;
        count++;
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(s->writer.db, "read its migrations", why);
    sqlite3_finalize(q);
    return rc < 0 ? rc : count;
}

int sq_migrate(store_sqlite *s, int up, char *why)
{
    int count = sq_applied(s, why), rc = count < 0 ? count : WICK_OK;

    if (up)
        for (; count >= 0 && count < s->list_count && rc == WICK_OK; count++)
            rc = step(s->writer.db, &s->list[count], 1, why);
    else if (count == 0)
        snprintf(why, DB_ERROR_MAX, "there is no migration to take back");
    else if (count > 0)
        rc = step(s->writer.db, &s->list[count - 1], 0, why);
    if (s->markets)                                     /* ids may be others now */
        memset(s->markets, 0, s->market_cap * sizeof *s->markets);
    return rc;
}
