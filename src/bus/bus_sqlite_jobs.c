/* SPDX-License-Identifier: Apache-2.0
 * What the log's two threads do: append in one transaction, move the write-ahead file's pages when nobody waits for
 * it, delete what is old, read on from an offset. Jobs copy what the loop may change. */
#include <stdio.h>
#include <string.h>

#include "bus_sqlite.h"

typedef struct log_job {
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

static log_job *make(bus_sqlite *s, void (*run)(job *), void (*done)(job *))
{
    log_job *j = mem_zero(s->bus.stage.w, sizeof *j);

    if (j)
        *j = (log_job){.job = {.run = run, .done = done}, .s = s};
    return j;
}

static void rollback(bus_sqlite *s)
{
    if (!sqlite3_get_autocommit(s->db))
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- append ------------------------------------------------------------------------------------------ */

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
        j->rc = db_run(s->db, "COMMIT", j->why);
    j->wal_pages = s->wal_pages;
    if (j->rc < 0)
        rollback(s);
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

    if (j->wal_pages >= CHECKPOINT_PAGES && !s->moving && (checkpoint = make(s, run_checkpoint, done_checkpoint))) {
        s->moving = 1;
        worker_post(s->writing, &checkpoint->job);
    }
    bus_appended(&s->bus, j->rc, j->why);
    mem_free(s->bus.stage.w, j);
}

void log_append(bus *b, const record_list *list)
{
    bus_sqlite *s = (bus_sqlite *)b;
    log_job *j = make(s, run_append, done_append);
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

/* ---- read -------------------------------------------------------------------------------------------- */

static bus_record *row(wick *w, sqlite3_stmt *q)
{
    bus_record *r = mem_zero(w, sizeof *r);
    int size = sqlite3_column_bytes(q, 7);
    const void *body = sqlite3_column_blob(q, 7);

    if (!r)
        return NULL;
    if (size > 0 && (!body || !(r->data = mem_alloc(w, (size_t)size)))) {
        mem_free(w, r);
        return NULL;
    }
    if (size > 0)
        memcpy(r->data, body, (size_t)size);
    r->size = r->cap = (uint32_t)size;
    r->offset = (uint64_t)sqlite3_column_int64(q, 0);
    r->partition = (uint32_t)sqlite3_column_int64(q, 1);
    r->recv_ns = sqlite3_column_int64(q, 2);
    r->first_ns = sqlite3_column_int64(q, 3);
    r->last_ns = sqlite3_column_int64(q, 4);
    r->wrote_ms = sqlite3_column_int64(q, 5);
    r->ticks = (uint32_t)sqlite3_column_int64(q, 6);
    return r;
}

static void run_fetch(job *base)
{
    log_job *j = (log_job *)base;
    bus_sqlite *s = j->s;
    bus_fetch *f = j->fetch;
    bus_record **at = &f->first;
    uint32_t count = 0;
    uint64_t bytes = 0;
    int step = SQLITE_ROW;

    sqlite3_bind_int64(s->read, 1, (int64_t)f->from);
    sqlite3_bind_int64(s->read, 2, s->topic);
    while (count < FETCH_RECORDS && bytes < FETCH_BYTES && (step = sqlite3_step(s->read)) == SQLITE_ROW) {
        if (!(*at = row(s->bus.stage.w, s->read))) {
            step = SQLITE_NOMEM;
            break;
        }
        f->next = (*at)->offset + 1;
        bytes += (*at)->size;
        at = &(*at)->next;
        count++;
    }
    if (step == SQLITE_DONE) {
        if (f->next < j->fetch->until)      /* nothing more was in the log when this was asked */
            f->next = j->fetch->until;
    } else if (step != SQLITE_ROW && count == 0) {
        j->rc = db_error(s->read_db, "read", j->why);
    }
    sqlite3_reset(s->read);
}

static void done_fetch(job *base)
{
    log_job *j = (log_job *)base;
    wick *w = j->s->bus.stage.w;

    bus_fetched(&j->s->bus, j->fetch, j->rc, j->why);
    mem_free(w, j);
}

void log_fetch(bus *b, bus_fetch *f)
{
    bus_sqlite *s = (bus_sqlite *)b;
    log_job *j = make(s, run_fetch, done_fetch);

    f->until = b->last + 1;
    if (!j) {
        bus_fetched(b, f, WICK_E_NOMEM, "no memory");
        return;
    }
    j->fetch = f;
    worker_post(s->reading, &j->job);
}

/* ---- retention --------------------------------------------------------------------------------------- */

/* Delete the oldest records that are old enough; what each partition lost is added up in j->gone. */
static int drop_slice(log_job *j)
{
    bus_sqlite *s = j->s;
    int64_t place[TRIM_RECORDS];
    int rc = WICK_OK;

    sqlite3_bind_int64(s->slice, 1, s->topic);
    while (j->trimmed < TRIM_RECORDS && sqlite3_step(s->slice) == SQLITE_ROW &&
           sqlite3_column_int64(s->slice, 3) < j->before_ms) {
        uint64_t part = (uint64_t)sqlite3_column_int64(s->slice, 1);
        int64_t last_ns = sqlite3_column_int64(s->slice, 2);

        place[j->trimmed++] = sqlite3_column_int64(s->slice, 0);
        if (part >= PARTITIONS_MAX)
            continue;
        if (!j->gone[part].gone || last_ns > j->gone[part].gone_ns)
            j->gone[part].gone_ns = last_ns;
        j->gone[part].gone = (uint64_t)place[j->trimmed - 1];
    }
    sqlite3_reset(s->slice);
    for (uint32_t i = 0; i < j->trimmed && rc == WICK_OK; i++) {
        sqlite3_bind_int64(s->drop, 1, place[i]);
        rc = db_step(s->db, s->drop, j->why);
    }
    j->again = j->trimmed == TRIM_RECORDS;
    return rc;
}

static int note_gone(log_job *j)
{
    char sql[256];
    int rc = WICK_OK;

    for (uint32_t i = 0; i < PARTITIONS_MAX && rc == WICK_OK; i++)
        if (j->gone[i].gone) {
            snprintf(sql, sizeof sql,
                     "UPDATE head SET gone = %llu, gone_ns = max(gone_ns, %lld) WHERE topic = %lld AND part = %u",
                     (unsigned long long)j->gone[i].gone, (long long)j->gone[i].gone_ns, (long long)j->s->topic, i);
            rc = db_run(j->s->db, sql, j->why);
        }
    return rc;
}

static void run_trim(job *base)
{
    log_job *j = (log_job *)base;

    if ((j->rc = db_run(j->s->db, "BEGIN IMMEDIATE", j->why)) < 0)
        return;
    if ((j->rc = drop_slice(j)) == WICK_OK && (j->rc = note_gone(j)) == WICK_OK)
        j->rc = db_run(j->s->db, "COMMIT", j->why);
    if (j->rc < 0)
        rollback(j->s);
}

static void done_trim(job *base)
{
    log_job *j = (log_job *)base;
    bus *b = &j->s->bus;
    wick *w = b->stage.w;

    if (j->rc < 0) {
        b->stage.stats[BUS_ERRORS]++;
        ctx_log(w, 1, "log: delete what is older than bus.retention: %s", j->why);
        j->trimmed = 0;
        j->again = 0;
    }
    for (uint32_t i = 0; i < PARTITIONS_MAX && j->trimmed; i++)
        if (j->gone[i].gone) {
            b->heads[i].gone = j->gone[i].gone;
            if (j->gone[i].gone_ns > b->heads[i].gone_ns)
                b->heads[i].gone_ns = j->gone[i].gone_ns;
        }
    b->stage.stats[BUS_TRIMMED] += j->trimmed;
    bus_trimmed(b, j->trimmed, j->again);
    mem_free(w, j->gone);
    mem_free(w, j);
}

void log_trim(bus *b, int64_t before_ms)
{
    bus_sqlite *s = (bus_sqlite *)b;
    log_job *j = make(s, run_trim, done_trim);

    if (!j || !(j->gone = mem_zero(b->stage.w, PARTITIONS_MAX * sizeof *j->gone))) {
        mem_free(b->stage.w, j);
        bus_trimmed(b, 0, 0);
        return;
    }
    j->before_ms = before_ms;
    worker_post(s->writing, &j->job);
}
