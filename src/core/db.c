/* SPDX-License-Identifier: Apache-2.0
 * SQLite files: where they lie, how they are opened, how their errors read. */
#include "db.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { BUSY_MS = 2000, CACHE_KIB = 4096 };

/* Make a directory and those above it. */
static int make_dir(wick *w, char *path)
{
    for (char *at = path + 1;; at++) {
        char c = *at;

        if (c != '/' && c != '\0')
            continue;
        *at = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            return ctx_fail(w, WICK_E_IO, "data.dir: make %s: %s", path, strerror(errno));
        *at = c;
        if (c == '\0')
            return WICK_OK;
    }
}

int db_path(wick *w, const char *name, char out[DB_PATH_MAX])
{
    const char *dir = conf_text(w->conf, "data.dir");
    int size;

    if (!*name)
        return ctx_fail(w, WICK_E_ARG, "sqlite: the file's name is missing, as in sqlite:wick.db");
    if (!*dir)
        dir = "data";
    size = *name == '/' ? snprintf(out, DB_PATH_MAX, "%s", name)
                        : snprintf(out, DB_PATH_MAX, "%s", dir);
    if (size < 0 || (size_t)size + strlen(name) + 2 > DB_PATH_MAX)
        return ctx_fail(w, WICK_E_ARG, "sqlite:%s: its path is over %d bytes", name, DB_PATH_MAX);
    if (*name == '/')
        return WICK_OK;
    if (make_dir(w, out) < 0)
        return WICK_E_IO;
    snprintf(out + size, (size_t)(DB_PATH_MAX - size), "/%s", name);
    return WICK_OK;
}

/* ---- errors ---------------------------------------------------------------------------------- */

/* What SQLite's codes mean to whoever runs wick, and what helps. NULL: its own words are better. */
static const struct { int code; const char *means, *helps; } MEANINGS[] = {
    {SQLITE_FULL, "its disk is full", "make room there"},
    {SQLITE_READONLY, "it is read-only", "look at its permissions and its mount"},
    {SQLITE_BUSY, "another process is writing it", "end that one, or set a data.dir of its own"},
    {SQLITE_LOCKED, "another process is writing it", "end that one, or set a data.dir of its own"},
    {SQLITE_NOTADB, "it is not a database", "move it away, or name another file"},
    {SQLITE_CORRUPT, "it is damaged", "move it and its -wal away, or bring back a copy of both"},
    {SQLITE_CANTOPEN, "it cannot be opened", "look at its path and at the permissions on its way"},
    {SQLITE_IOERR, "its disk fails", "look at the disk and at the limits of this process"},
    {SQLITE_NOMEM, "no memory", "give this process more"},
    {SQLITE_ERROR, NULL, "see `wick migrate status`: its schema is not what this wick made"},
};

/* "its disk is full: make room there (SQLite 13)"; with the system's reason where there is one. */
static void reason(sqlite3 *db, int code, char *out, size_t size)
{
    const char *means = sqlite3_errstr(code), *helps = "this should not be";
    int system = db ? sqlite3_system_errno(db) : 0, primary = code & 0xff;

    for (size_t i = 0; i < sizeof MEANINGS / sizeof *MEANINGS; i++)
        if (MEANINGS[i].code == primary) {
            means = MEANINGS[i].means ? MEANINGS[i].means : sqlite3_errmsg(db);
            helps = MEANINGS[i].helps;
        }
    if (primary != SQLITE_IOERR && primary != SQLITE_CANTOPEN)
        system = 0;
    snprintf(out, size, "%s%s%s (SQLite %d); %s", means, system ? ": " : "",
             system ? strerror(system) : "", code, helps);
}

int db_error(sqlite3 *db, const char *what, char *why)
{
    int code = sqlite3_extended_errcode(db);
    const char *path = sqlite3_db_filename(db, "main");
    char text[DB_ERROR_MAX / 2];

    reason(db, code, text, sizeof text);
    snprintf(why, DB_ERROR_MAX, "%s in %.*s: %s", what, DB_ERROR_MAX / 4, path ? path : "", text);
    return (code & 0xff) == SQLITE_NOMEM ? WICK_E_NOMEM : WICK_E_IO;
}

static int open_error(wick *w, sqlite3 *db, const char *path)
{
    int code = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
    char text[DB_ERROR_MAX];

    reason(db, code, text, sizeof text);
    return ctx_fail(w, (code & 0xff) == SQLITE_NOTADB ? WICK_E_DATA : WICK_E_IO, "open %s: %s",
                    path, text);
}

/* ---- statements ------------------------------------------------------------------------------ */

int db_run(sqlite3 *db, const char *sql, char *why)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? WICK_OK
                                                                : db_error(db, "write", why);
}

int db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, char *why)
{
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK)
        return WICK_OK;
    return db_error(db, "look at the schema", why);
}

int db_step(sqlite3 *db, sqlite3_stmt *q, char *why)
{
    int rc = sqlite3_step(q) == SQLITE_DONE ? WICK_OK : db_error(db, "write", why);

    sqlite3_reset(q);
    sqlite3_clear_bindings(q);
    return rc;
}

int64_t db_number(sqlite3 *db, const char *sql, int64_t dflt)
{
    sqlite3_stmt *q = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        dflt = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return dflt;
}

/* A file is ours by its application id; one that is empty becomes ours. */
static int claim(wick *w, sqlite3 *db, const char *path, int application, int write)
{
    int64_t id = db_number(db, "PRAGMA application_id", -1), tables;
    char sql[64], why[DB_ERROR_MAX];

    if (id < 0)
        return open_error(w, db, path);
    if (write && sqlite3_db_readonly(db, "main") == 1) {
        reason(db, SQLITE_READONLY, why, sizeof why);
        return ctx_fail(w, WICK_E_IO, "open %s: %s", path, why);
    }
    if (id == application)
        return WICK_OK;
    tables = db_number(db, "SELECT count(*) FROM sqlite_schema", -1);
    if (id != 0 || tables != 0 || !write)
        return ctx_fail(w, WICK_E_DATA,
                        "open %s: a database of another program%s; name another file", path,
                        tables < 0 ? ", or a damaged one" : "");
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d", application);
    if (db_run(db, "PRAGMA journal_mode = WAL", why) < 0 || db_run(db, sql, why) < 0)
        return ctx_fail(w, WICK_E_IO, "open %s: %s", path, why);
    return WICK_OK;
}

int db_open(wick *w, const char *path, int application, int write, sqlite3 **out)
{
    int flags = SQLITE_OPEN_NOMUTEX |
                (write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    char sql[160], why[DB_ERROR_MAX];
    sqlite3 *db = NULL;
    int rc = WICK_E_IO;

    *out = NULL;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        open_error(w, db, path);
        goto failed;
    }
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
    if ((rc = claim(w, db, path, application, write)) < 0)
        goto failed;
    snprintf(sql, sizeof sql,
             "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -%d",
             CACHE_KIB);
    rc = WICK_E_IO;
    if (db_run(db, sql, why) < 0) {
        ctx_fail(w, rc, "open %s: %s", path, why);
        goto failed;
    }
    *out = db;
    return WICK_OK;

failed:
    sqlite3_close(db);
    return rc;
}

void db_close(sqlite3 *db)
{
    sqlite3_close(db);
}
