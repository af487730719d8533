/* SPDX-License-Identifier: Apache-2.0
 * A recording file through the decoders of its connections, message by message: what feed check
 * looks at. Reads with plain blocking calls: it is a tool's path, no stage of the line. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "inside.h"
#include "recording.h"

enum { CHUNK = 64 << 10, ROW_MAX = 2048 };

struct wick_check {
    wick      *w;
    wick_feed *f;
    char      *market, *path;
    int        fd, ended;
    recording *r;
    wick_decoder **decoders;            /* by connection */
    uint32_t   count;
    wick_decoder *last;                 /* of the last message */
    buf        rows;
    uint8_t    chunk[CHUNK];
};

int wick_check_open(wick *w, wick_feed *f, const char *file, const char *market, wick_check **out)
{
    wick_check *c;
    int rc = WICK_E_NOMEM;

    if (!w || !f || !file || !out)
        return WICK_E_ARG;
    if (!(c = mem_zero(w, sizeof *c)))
        return rc;
    c->w = w;
    c->fd = -1;
    buf_init(&c->rows, w, 0);
    feed_ref(f);
    c->f = f;
    if (!(c->path = mem_text(w, file, strlen(file))) ||
        (market && !(c->market = mem_text(w, market, strlen(market)))) ||
        (rc = recording_open(w, &c->r)) < 0)
        goto failed;
    if (!feed_rows(f))
        recording_no_csv(c->r);
    if ((c->fd = open(file, O_RDONLY | O_CLOEXEC)) < 0) {
        rc = ctx_fail(w, WICK_E_IO, "open %s: %s", file, strerror(errno));
        goto failed;
    }
    *out = c;
    return WICK_OK;

failed:
    wick_check_close(c);
    return rc;
}

void wick_check_close(wick_check *c)
{
    wick_feed *f;

    if (!c)
        return;
    f = c->f;
    for (uint32_t i = 0; i < c->count; i++)
        wick_decoder_close(c->decoders[i]);
    mem_free(c->w, c->decoders);
    recording_close(c->r);
    buf_fini(&c->rows);
    if (c->fd >= 0)
        close(c->fd);
    mem_free(c->w, c->path);
    mem_free(c->w, c->market);
    mem_free(c->w, c);
    wick_feed_unref(f);
}

static int decoder_for(wick_check *c, uint32_t conn)
{
    if (MEM_GROW_ZERO(c->w, c->decoders, c->count, (uint64_t)conn + 1, UINT32_MAX) < 0)
        return WICK_E_NOMEM;
    if (!c->decoders[conn] && wick_decoder_open(c->w, c->f, c->market, &c->decoders[conn]) < 0)
        return WICK_E_NOMEM;
    c->last = c->decoders[conn];
    return WICK_OK;
}

/* A connection begins anew: what its decoder remembered of the one before does not hold. */
static int begin(wick_check *c, const record *rec)
{
    char url[ADDRESS_MAX + 1];
    int rc;

    if (rec->conn_id < c->count) {
        wick_decoder_close(c->decoders[rec->conn_id]);
        c->decoders[rec->conn_id] = NULL;
    }
    if (!rec->size || rec->size > ADDRESS_MAX || memchr(rec->bytes, 0, rec->size))
        return WICK_OK;
    memcpy(url, rec->bytes, rec->size);
    url[rec->size] = '\0';
    if ((rc = decoder_for(c, rec->conn_id)) == WICK_OK)
        rc = wick_decoder_address(c->last, url);
    return rc == WICK_E_DATA ? WICK_OK : rc;
}

/* The next record of the venue: 1, 0 at the end, negative. */
static int pull(wick_check *c, record *rec)
{
    int rc;

    for (;;) {
        while ((rc = recording_next(c->r, rec)) > 0) {
            if (rec->kind == RECORD_RECV || rec->kind == RECORD_BROKEN)
                return 1;
            if (rec->kind == RECORD_CONNECT && (rc = begin(c, rec)) < 0)
                break;
        }
        if (rc < 0)
            return ctx_fail(c->w, rc, "read %s: no memory", c->path);
        if (c->ended)
            return recording_broken(c->r)
                       ? ctx_fail(c->w, WICK_E_DATA, "read %s: broken gzip", c->path)
                       : 0;
        ssize_t n = read(c->fd, c->chunk, sizeof c->chunk);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ctx_fail(c->w, WICK_E_IO, "read %s: %s", c->path, strerror(errno));
        c->ended = n == 0;
        rc = n ? recording_feed(c->r, c->chunk, (size_t)n) : recording_end(c->r);
        if (rc == WICK_E_NOMEM)
            return ctx_fail(c->w, rc, "read %s: no memory", c->path);
    }
}

static int row_add(wick_check *c, uint32_t i)
{
    char *to = (char *)buf_room(&c->rows, ROW_MAX);
    int n = to ? wick_decoder_row(c->last, i, to, ROW_MAX - 1) : -1;

    if (n < 0 || n >= ROW_MAX - 1)
        return WICK_E_NOMEM;
    to[n] = '\n';
    c->rows.size += (size_t)n + 1;
    return WICK_OK;
}

int wick_check_next(wick_check *c, wick_checked *out)
{
    wick_batch batch;
    record rec;
    int rc;

    if (!c || !out)
        return WICK_E_ARG;
    do {
        c->rows.size = 0;
        if ((rc = pull(c, &rec)) <= 0)
            return rc;
        *out = (wick_checked){.line = rec.line,
                              .payload = "unknown",
                              .reason = rec.problem ? rec.problem : "",
                              .rows = ""};
        if (rec.kind == RECORD_BROKEN) {
            c->last = NULL;
            return 1;
        }
        if (decoder_for(c, rec.conn_id) < 0)
            return ctx_fail(c->w, WICK_E_NOMEM, "read %s: no memory", c->path);
        rc = wick_decode(c->last, rec.bytes, rec.size, rec.form, rec.recv_ns);
        if (rc < 0 && rc != WICK_E_DATA)
            return ctx_fail(c->w, rc, "read %s: no memory", c->path);
        out->payload = wick_decoder_payload(c->last);
        out->reason = wick_decoder_reason(c->last);
        out->refused = wick_decoder_refused(c->last);
        out->trades = rc > 0 ? (uint32_t)rc : 0;
        for (uint32_t i = 0; i < out->trades; i++)
            if (row_add(c, i) < 0)
                return ctx_fail(c->w, WICK_E_NOMEM, "read %s: no memory", c->path);
        wick_decoder_batch(c->last, &batch);    /* taken: the next message begins empty */
    } while (rec.form == WICK_FORM_CSV_HEAD && rc == 0);    /* a header is no message */
    if (out->trades) {
        out->rows = (const char *)c->rows.data;
        out->rows_size = (uint32_t)c->rows.size;
    }
    return 1;
}

const char *wick_check_refusal(const wick_check *c, uint32_t i)
{
    return c->last ? wick_decoder_refusal(c->last, i) : NULL;
}
