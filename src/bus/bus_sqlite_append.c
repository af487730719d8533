/* SPDX-License-Identifier: Apache-2.0
 * The log's writing thread: records in one transaction; the write-ahead file's pages move when
 * nobody waits for it. */
#include "bus_sqlite.h"

log_job *log_job_new(bus_sqlite *s, void (*run)(job *), void (*done)(job *))
{
    log_job *j = mem_zero(s->bus.stage.w, sizeof *j);

    if (j)
        *j = (log_job){.job = {.run = run, .done = done}, .s = s};
    return j;
}

void log_rollback(bus_sqlite *s)
{
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

static int insert(bus_sqlite *s, const bus_record *r, char *why)
{
    sqlite3_stmt *q = s->insert;

    sqlite3_bind_int64(q, 1, (int64_t)r->offset);
    sqlite3_bind_int64(q, 2, s->topic);
    sqlite3_bind_int64(q, 3, r->partition);
    sqlite3_bind_int64(q, 4, r->recv_ns);
    sqlite3_bind_int64(q, 5, r->first_ns);
    sqlite3_bind_int64(q, 6, r->last_ns);
    sqlite3_bind_int64(q, 7, r->wrote_ms);
    sqlite3_bind_int64(q, 8, r->ticks);
    sqlite3_bind_blob64(q, 9, r->data, r->size, SQLITE_STATIC);
    return db_step(s->db, q, why);
}

static int insert_heads(bus_sqlite *s, const bus_record *first, char *why)
{
    uint64_t last[PARTITIONS_MAX] = {0};
    int rc = WICK_OK;

    for (const bus_record *r = first; r; r = r->next)
        last[r->partition] = r->offset;
    for (uint32_t i = 0; i < s->bus.partitions && rc == WICK_OK; i++)
        if (last[i]) {
            sqlite3_bind_int64(s->head, 1, s->topic);
            sqlite3_bind_int64(s->head, 2, i);
            sqlite3_bind_int64(s->head, 3, (int64_t)last[i]);
            rc = db_step(s->db, s->head, why);
        }
    return rc;
}

static int insert_places(bus_sqlite *s, char *why)
{
    int rc = WICK_OK;

    for (uint32_t i = 0; i < s->bus.placing_count && rc == WICK_OK; i++) {
        const bus_place *p = &s->bus.placing[i];

        sqlite3_bind_int64(s->place, 1, (int64_t)p->conn);
        sqlite3_bind_text(s->place, 2, p->name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(s->place, 3, p->ns);
        sqlite3_bind_int64(s->place, 4, p->count);
        rc = db_step(s->db, s->place, why);
    }
    return rc;
}

static void run_append(job *base)
{
    log_job *j = (log_job *)base;
    bus_sqlite *s = j->s;

    if ((j->rc = db_run(s->db, "BEGIN IMMEDIATE", j->why)) < 0)
        return;
    for (const bus_record *r = j->first; r && j->rc == WICK_OK; r = r->next)
        j->rc = insert(s, r, j->why);
    if (j->rc == WICK_OK)
        j->rc = insert_heads(s, j->first, j->why);
    if (j->rc == WICK_OK)
        j->rc = insert_places(s, j->why);
    if (j->rc == WICK_OK)
        j->rc = db_run(s->db, "COMMIT", j->why);
    j->wal_pages = s->wal_pages;
    if (j->rc < 0)
        log_rollback(s);
}

static void run_checkpoint(job *base)
{
    log_job *j = (log_job *)base;

    sqlite3_wal_checkpoint_v2(j->s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void done_checkpoint(job *base)
{
    log_job *j = (log_job *)base;

    j->s->moving = 0;
    mem_free(j->s->bus.stage.w, j);
}

static void done_append(job *base)
{
    log_job *j = (log_job *)base, *checkpoint;
    bus_sqlite *s = j->s;

    if (j->wal_pages >= CHECKPOINT_PAGES && !s->moving &&
        (checkpoint = log_job_new(s, run_checkpoint, done_checkpoint))) {
        s->moving = 1;
        worker_post(s->writing, &checkpoint->job);
    }
    bus_appended(&s->bus, j->rc, j->why);
    mem_free(s->bus.stage.w, j);
}

void log_append(bus *b, const record_list *list)
{
    bus_sqlite *s = (bus_sqlite *)b;
    log_job *j = log_job_new(s, run_append, done_append);
    int64_t now_ms = ctx_now_ns(b->stage.w) / 1000000;
    uint64_t offset = b->last;

    if (!j) {
        bus_appended(b, WICK_E_NOMEM, "no memory");
        return;
    }
    for (bus_record *r = list->first; r; r = r->next) {
        r->offset = ++offset;               /* the same again where an append is tried again */
        r->wrote_ms = now_ms;
    }
    j->first = list->first;
    worker_post(s->writing, &j->job);
}
