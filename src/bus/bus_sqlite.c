/* SPDX-License-Identifier: Apache-2.0
 * The log in a SQLite file: opening it, its schema, its lock. Records lie in a rowid table in the
 * order of appending, so that writing is always at the end; `head` says what each partition has and
 * what has gone, `place` how far each input was handed on. */
#include "bus_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char SCHEMA[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS log (id TEXT NOT NULL, made_ms INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS topic (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " partitions INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS record (place INTEGER PRIMARY KEY, topic INTEGER NOT NULL,"
    " part INTEGER NOT NULL, recv_ns INTEGER NOT NULL, first_ns INTEGER NOT NULL,"
    " last_ns INTEGER NOT NULL,"
    " wrote_ms INTEGER NOT NULL, ticks INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS head (topic INTEGER NOT NULL, part INTEGER NOT NULL,"
    " last INTEGER NOT NULL, gone INTEGER NOT NULL DEFAULT 0, gone_ns INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (topic, part)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS place (conn INTEGER NOT NULL, market TEXT NOT NULL,"
    " time_ns INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (conn, market)) WITHOUT ROWID;"
    "PRAGMA user_version = 2;"
    "COMMIT";

/* A log has one writer: the lock goes with the process, however that ends. */
static int lock(bus_sqlite *s)
{
    wick *w = s->bus.stage.w;
    char path[DB_PATH_MAX + 8], pid[32] = "";
    ssize_t n;

    snprintf(path, sizeof path, "%s.lock", s->path);
    if ((s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
        return ctx_fail(w, WICK_E_IO, "open %s: %s", path, strerror(errno));
    if (flock(s->lock, LOCK_EX | LOCK_NB) < 0) {
        n = pread(s->lock, pid, sizeof pid - 1, 0);
        pid[n > 0 ? n : 0] = '\0';
        close(s->lock);
        return ctx_fail(w, WICK_E_IO, "open %s: in use by process %s; a log has one writer",
                        s->path, *pid ? pid : "(unknown)");
    }
    n = snprintf(pid, sizeof pid, "%ld", (long)getpid());
    if (ftruncate(s->lock, 0) < 0 || pwrite(s->lock, pid, (size_t)n, 0) != n) {
        close(s->lock);
        return ctx_fail(w, WICK_E_IO, "write %s: %s", path, strerror(errno));
    }
    return WICK_OK;
}

/* Rows of `log` and `topic`, made with the file. */
static int identity(bus_sqlite *s, char *why)
{
    wick *w = s->bus.stage.w;
    sqlite3_stmt *q;
    char sql[256];
    int rc;

    if (db_number(s->db, "SELECT count(*) FROM log", -1) == 0) {
        snprintf(sql, sizeof sql, "INSERT INTO log VALUES ('%016llx%016llx', %lld)",
                 (unsigned long long)ctx_random(w), (unsigned long long)ctx_random(w),
                 (long long)(ctx_now_ns(w) / 1000000));
        if ((rc = db_run(s->db, sql, why)) < 0)
            return rc;
    }
    snprintf(sql, sizeof sql, "INSERT OR IGNORE INTO topic (name, partitions) VALUES ('%s', %u)",
             BUS_TOPIC, s->bus.partitions);
    if ((rc = db_run(s->db, sql, why)) < 0)
        return rc;
    if ((rc = db_prepare(s->db,
                         "SELECT log.id, topic.id, topic.partitions FROM log, topic WHERE "
                         "topic.name = '" BUS_TOPIC "'",
                         &q, why)) < 0)
        return rc;
    rc = WICK_E_DATA;
    snprintf(why, DB_ERROR_MAX, "its name or its topic is missing");
    if (sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 2) > 0 &&
        sqlite3_column_int(q, 2) <= PARTITIONS_MAX) {
        snprintf(s->bus.log_id, sizeof s->bus.log_id, "%s",
                 (const char *)sqlite3_column_text(q, 0));
        s->topic = sqlite3_column_int64(q, 1);
        if (s->bus.partitions != (uint32_t)sqlite3_column_int(q, 2)) {
            s->bus.partitions = (uint32_t)sqlite3_column_int(q, 2);
            ctx_log(w, 1, "%s was made with %u partitions, and keeps them", s->path,
                    s->bus.partitions);
        }
        rc = WICK_OK;
    }
    sqlite3_finalize(q);
    return rc;
}

static int heads(bus_sqlite *s, char *why)
{
    sqlite3_stmt *q;
    int rc, step;

    if ((rc = db_prepare(s->db, "SELECT part, last, gone, gone_ns FROM head WHERE topic = ?", &q,
                         why)) < 0)
        return rc;
    sqlite3_bind_int64(q, 1, s->topic);
    while ((step = sqlite3_step(q)) == SQLITE_ROW) {
        int64_t part = sqlite3_column_int64(q, 0);

        if (part < 0 || part >= PARTITIONS_MAX)
            continue;
        s->bus.heads[part] = (bus_head){.last = (uint64_t)sqlite3_column_int64(q, 1),
                                        .gone = (uint64_t)sqlite3_column_int64(q, 2),
                                        .gone_ns = sqlite3_column_int64(q, 3)};
        if (s->bus.heads[part].last > s->bus.last)
            s->bus.last = s->bus.heads[part].last;
    }
    if (step != SQLITE_DONE)
        rc = db_error(s->db, "read its heads", why);
    sqlite3_finalize(q);
    s->bus.stage.stats[BUS_LAST_MS] =
        db_number(s->db, "SELECT coalesce(max(last_ns), 0) / 1000000 FROM (SELECT last_ns, ticks"
                         " FROM record ORDER BY place DESC LIMIT 256) WHERE ticks > 0", 0);
    return rc;
}

static int load_places(bus_sqlite *s, char *why)
{
    wick *w = s->bus.stage.w;
    sqlite3_stmt *q;
    int rc, step;

    if ((rc = db_prepare(s->db, "SELECT conn, market, time_ns, count FROM place", &q, why)) < 0)
        return rc;
    while ((step = sqlite3_step(q)) == SQLITE_ROW && rc == WICK_OK) {
        const char *name = (const char *)sqlite3_column_text(q, 1);
        int size = sqlite3_column_bytes(q, 1);
        int64_t market = size ? wick_market(w, name, (size_t)size) : WICK_NO_MARKET;
        wick_mark m = {.conn = (uint64_t)sqlite3_column_int64(q, 0), .market = (uint32_t)market,
                       .from_ns = sqlite3_column_int64(q, 2),
                       .repeats = (uint32_t)sqlite3_column_int64(q, 3)};

        if (market < 0 || (rc = places_room(&s->bus.places, 1)) < 0) {
            snprintf(why, DB_ERROR_MAX, "read its places: no memory");
            rc = WICK_E_NOMEM;
        } else {
            places_note(&s->bus.places, &m);
        }
    }
    if (rc == WICK_OK && step != SQLITE_DONE)
        rc = db_error(s->db, "read its places", why);
    places_kept(&s->bus.places);
    sqlite3_finalize(q);
    return rc;
}

static int schema(bus_sqlite *s, char *why)
{
    int64_t version = db_number(s->db, "PRAGMA user_version", -1);
    int rc;

    if (version > LOG_SCHEMA) {
        snprintf(why, DB_ERROR_MAX,
                 "version %lld, made by a newer wick; this one knows %d: use that wick",
                 (long long)version, LOG_SCHEMA);
        return WICK_E_DATA;
    }
    if (version < LOG_SCHEMA && (rc = db_run(s->db, SCHEMA, why)) < 0)
        return rc;
    if ((rc = identity(s, why)) < 0 || (rc = load_places(s, why)) < 0)
        return rc;
    return heads(s, why);
}

static int statements(bus_sqlite *s, char *why)
{
    const struct { sqlite3_stmt **q; sqlite3 *db; const char *sql; } ALL[] = {
        {&s->insert, s->db, "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&s->head, s->db,
         "INSERT INTO head (topic, part, last) VALUES (?, ?, ?)"
         " ON CONFLICT DO UPDATE SET last = excluded.last"},
        {&s->place, s->db, "INSERT OR REPLACE INTO place VALUES (?, ?, ?, ?)"},
        {&s->slice, s->db,
         "SELECT place, part, last_ns, wrote_ms FROM record WHERE topic = ? ORDER BY place"},
        {&s->drop, s->db, "DELETE FROM record WHERE place = ?"},
        {&s->read, s->read_db,
         "SELECT place, part, recv_ns, first_ns, last_ns, wrote_ms, ticks, body FROM record"
         " WHERE place >= ? AND topic = ? ORDER BY place"},
    };
    int rc = WICK_OK;

    for (size_t i = 0; i < sizeof ALL / sizeof *ALL && rc == WICK_OK; i++)
        rc = db_prepare(ALL[i].db, ALL[i].sql, ALL[i].q, why);
    return rc;
}

static void close_db(bus_sqlite *s)
{
    sqlite3_finalize(s->insert);
    sqlite3_finalize(s->head);
    sqlite3_finalize(s->place);
    sqlite3_finalize(s->slice);
    sqlite3_finalize(s->drop);
    sqlite3_finalize(s->read);
    db_close(s->read_db);
    db_close(s->db);                        /* the last one moves the write-ahead file's pages */
    close(s->lock);
}

static int committed(void *self, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((bus_sqlite *)self)->wal_pages = pages;
    return SQLITE_OK;
}

static int open_sqlite(bus *b, const char *rest)
{
    bus_sqlite *s = (bus_sqlite *)b;
    wick *w = b->stage.w;
    char why[DB_ERROR_MAX] = "";
    int rc;

    if ((rc = db_path(w, rest, s->path)) < 0 || (rc = lock(s)) < 0)
        return rc;
    if ((rc = db_open(w, s->path, LOG_APPLICATION, 1, &s->db)) < 0)
        goto failed;
    if ((rc = schema(s, why)) < 0)
        goto refused;
    sqlite3_wal_hook(s->db, committed, s);      /* in place of automatic checkpoints */
    if ((rc = db_open(w, s->path, LOG_APPLICATION, 0, &s->read_db)) < 0)
        goto failed;
    if ((rc = statements(s, why)) < 0)
        goto refused;
    if ((rc = worker_open(w, "the log's writer", &s->writing)) < 0)
        goto failed;
    if ((rc = worker_open(w, "the log's readers", &s->reading)) < 0)
        goto failed;
    return WICK_OK;

refused:
    ctx_fail(w, rc, "open %s: %s", s->path, why);
failed:
    worker_close(s->writing);
    close_db(s);
    return rc;
}

static void close_sqlite(bus *b)
{
    bus_sqlite *s = (bus_sqlite *)b;

    worker_close(s->reading);
    worker_close(s->writing);               /* runs what was posted: an append under way ends */
    close_db(s);
}

const bus_driver bus_sqlite_driver = {
    .name = "sqlite", .self_size = sizeof(bus_sqlite), .flags = BUS_DURABLE, .open = open_sqlite,
    .append = log_append, .fetch = log_fetch, .trim = log_trim, .close = close_sqlite,
};
