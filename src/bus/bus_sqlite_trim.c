/* SPDX-License-Identifier: Apache-2.0
 * Retention of the log: on the writing thread, a slice of old records at a time, and what each
 * partition lost. */
#include <stdio.h>

#include "bus_sqlite.h"

/* Delete the oldest records that are old enough; what each partition lost is noted in j->gone. */
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
                     "UPDATE head SET gone = %llu, gone_ns = max(gone_ns, %lld) WHERE topic = %lld "
                     "AND part = %u",
                     (unsigned long long)j->gone[i].gone, (long long)j->gone[i].gone_ns,
                     (long long)j->s->topic, i);
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
        log_rollback(j->s);
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
    log_job *j = log_job_new(s, run_trim, done_trim);

    if (!j || !(j->gone = mem_zero(b->stage.w, PARTITIONS_MAX * sizeof *j->gone))) {
        mem_free(b->stage.w, j);
        bus_trimmed(b, 0, 0);
        return;
    }
    j->before_ms = before_ms;
    worker_post(s->writing, &j->job);
}
