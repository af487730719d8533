/* SPDX-License-Identifier: Apache-2.0
 * Files of rows (CSV, bare NDJSON): as they stand, or from the last to the first where the
 * feed table says that the newest stand first, so that the log holds the oldest first. */
#include "file_impl.h"

static int begin_rows(file_transport *t)
{
    if (t->rec.kind == RECORD_RECV && !t->asked) {
        t->asked = 1;
        t->newest_first = source_newest_first(t->base.src, t->rec.bytes, t->rec.size, t->rec.form);
    }
    return t->session ? WICK_OK : source_session(t->base.src, SESSION_ROWS, &t->session);
}

static int deliver_row(file_transport *t)
{
    source_place(t->base.src, t->rec.line);
    if (t->rec.kind == RECORD_BROKEN)
        return source_broken(t->base.src, t->rec.problem, t->rec.bytes, t->rec.size);
    if (t->rec.kind != RECORD_RECV)
        return 0;
    return source_message(t->base.src, t->session, t->rec.bytes, t->rec.size, t->rec.form, 0);
}

/* Where the newest stand first, a row is kept and comes later. */
static int keep_row(file_transport *t)
{
    int rc = order_keep(&t->order, &t->rec, 0);

    if (rc == WICK_E_AGAIN)
        return ctx_fail(t->base.w, WICK_E_DATA, "%s: its newest rows stand first, and over %d MiB "
                        "cannot be turned round", t->inputs[t->at].path, ORDER_MAX >> 20);
    return rc;
}

/* Behind the last row of a file. */
static int end_rows(file_transport *t)
{
    session *c = t->session;
    int rc = source_burst_end(t->base.src);

    if (rc < 0)
        return rc;
    order_drop(&t->order);
    t->session = NULL;
    t->phase = ROWS;
    t->asked = t->newest_first = 0;
    file_next(t);
    return c ? source_session_end(t->base.src, c) : WICK_OK;
}

int file_rows_back(file_transport *t)
{
    size_t read = 0;
    int full = 0;

    while (t->next && !full && read < TURN_BYTES) {
        const frame *f = &t->order.frames[--t->next];

        t->rec = order_record(&t->order, f);
        read += f->size + 1;
        full = deliver_row(t);
    }
    return t->next ? source_burst_end(t->base.src) : end_rows(t);
}

int file_rows(file_transport *t)
{
    size_t read = 0;
    int rc = 1, full = 0;

    while (!full && read < TURN_BYTES && (rc = file_record(t)) > 0) {
        read += t->rec.size + 1;
        if ((rc = begin_rows(t)) < 0)
            return rc;
        if (!t->newest_first || t->rec.form == WICK_FORM_CSV_HEAD)
            full = deliver_row(t);
        else if ((rc = keep_row(t)) < 0)
            return rc;
    }
    if (rc < 0)
        return rc;
    if (full || read >= TURN_BYTES)
        return source_burst_end(t->base.src);
    if (!t->order.frame_count)
        return end_rows(t);
    t->phase = ROWS_BACK;
    t->next = t->order.frame_count;
    return source_burst_end(t->base.src);
}
