/* SPDX-License-Identifier: Apache-2.0
 * The floor of both embedded engines: a SQLite file in data.dir, opened the one way that log and store need (WAL,
 * a connection for one thread at a time), and what SQLite's errors mean here. */
#ifndef WICK_CORE_DB_H
#define WICK_CORE_DB_H

#include <sqlite3.h>

#include "ctx.h"

enum { DB_PATH_MAX = 4096, DB_ERROR_MAX = 512 };

/* Where `name` lies: under data.dir (made with mode 0700 where missing) unless it is absolute. */
int  db_path(wick *w, const char *name, char out[DB_PATH_MAX]);
/* Open path; application: 4 bytes that mark a file as ours, a foreign or damaged file is refused. write 0: reads
 * only, the file must be there. On failure the text is in wick_error(w) and *out is NULL. */
int  db_open(wick *w, const char *path, int application, int write, sqlite3 **out);
void db_close(sqlite3 *db);             /* NULL is fine */

/* The following run on the connection's thread; what went wrong stands in `why` (DB_ERROR_MAX bytes). */
int  db_run(sqlite3 *db, const char *sql, char *why);
int  db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, char *why);
/* Step a statement that gives no rows, reset it, clear its bindings. */
int  db_step(sqlite3 *db, sqlite3_stmt *q, char *why);
/* One integer of the first row of a query, `dflt` where there is none. */
int64_t db_number(sqlite3 *db, const char *sql, int64_t dflt);
/* "WHAT in FILE: why; what to do next" of the connection's last error into why; returns WICK_E_IO, or NOMEM. */
int  db_error(sqlite3 *db, const char *what, char *why);

#endif
