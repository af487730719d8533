/* SPDX-License-Identifier: Apache-2.0
 * The log's reading thread: records from an offset on, copied. It never waits for the writer or a
 * checkpoint. */
#include <string.h>

#include "bus_sqlite.h"

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
    while (count < FETCH_RECORDS && bytes < FETCH_BYTES &&
           (step = sqlite3_step(s->read)) == SQLITE_ROW) {
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
    log_job *j = log_job_new(s, run_fetch, done_fetch);

    f->until = b->last + 1;
    if (!j) {
        bus_fetched(b, f, WICK_E_NOMEM, "no memory");
        return;
    }
    j->fetch = f;
    worker_post(s->reading, &j->job);
}
