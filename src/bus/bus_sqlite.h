/* SPDX-License-Identifier: Apache-2.0
 * The log in a SQLite file: one connection and thread that writes, one of each that reads. */
#ifndef WICK_BUS_SQLITE_H
#define WICK_BUS_SQLITE_H

#include "../core/db.h"
#include "../core/worker.h"
#include "bus.h"

enum {
    LOG_APPLICATION = 0x77696c67,           /* "wilg" in the file's head */
    LOG_SCHEMA = 2,
    CHECKPOINT_PAGES = 2048,                /* of the write-ahead file, before they are moved */
    FETCH_RECORDS = 256, FETCH_BYTES = 1 << 20, TRIM_RECORDS = 256
};

typedef struct bus_sqlite {
    bus      bus;
    char     path[DB_PATH_MAX];
    int      lock;                          /* the file beside it, held as long as the log is open */
    int64_t  topic;
    worker  *writing, *reading;
    sqlite3 *db, *read_db;                  /* each of its own thread once that runs */
    sqlite3_stmt *insert, *head, *place, *slice, *drop, *read;
    int      wal_pages;                     /* of the write-ahead file; writer's thread */
    int      moving;                        /* a checkpoint is posted; loop */
} bus_sqlite;

typedef struct log_job {                   /* one thing for a thread to do; it copies what the loop may change */
    job         job;
    bus_sqlite *s;
    int         rc;
    char        why[DB_ERROR_MAX];
    const bus_record *first;                /* append: they stay as they are until it is done */
    bus_fetch  *fetch;
    int64_t     before_ms;                  /* trim */
    uint32_t    trimmed;
    bus_head   *gone;                       /* trim: what each partition lost, PARTITIONS_MAX */
    int         again, wal_pages;
} log_job;

log_job *log_job_new(bus_sqlite *s, void (*run)(job *), void (*done)(job *));
void log_rollback(bus_sqlite *s);
void log_append(bus *b, const record_list *list);
void log_fetch(bus *b, bus_fetch *f);
void log_trim(bus *b, int64_t before_ms);

#endif
