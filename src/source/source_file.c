/* SPDX-License-Identifier: Apache-2.0
 * The file transport: recordings and rows under a virtual clock, which is the time of the last
 * frame. All files of a call are one input: first the frames of every recording in the order
 * of their receipt, each connection with a session of its own, then the files of rows (CSV,
 * bare NDJSON) as they stand. With follow=1, for a log, rows come in the order of their times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file_impl.h"

static void note_damage(file_transport *t)
{
    if (!t->reader.cut || t->status < 0)
        return;
    t->status = WICK_E_DATA;
    snprintf(t->why, sizeof t->why, "%s", t->reader.why);
}

int file_record(file_transport *t)
{
    int rc;

    if (!t->reader.in) {
        if ((rc = file_reader_open(&t->reader, t->base.w, &t->inputs[t->at])) < 0)
            return rc;
        if (!source_csv(t->base.src))
            recording_no_csv(t->reader.rec);
        t->mark = order_here(&t->order);
    }
    rc = file_reader_next(&t->reader, &t->rec);
    if (rc == 0)
        note_damage(t);
    return rc;
}

void file_next(file_transport *t)
{
    file_reader_close(&t->reader);
    t->at++;
}

void file_phase(file_transport *t, int phase)
{
    t->phase = phase;
    t->at = 0;
    t->next = 0;
    t->have = 0;
}

static int64_t end(file_transport *t)
{
    if (t->status == WICK_OK && !wick_stage_stat((wick_stage *)t->base.src, "messages")) {
        t->status = WICK_E_DATA;
        snprintf(t->why, sizeof t->why, "%s: there is no message in it", t->inputs[0].path);
    }
    source_end(t->base.src, t->status, t->status < 0 ? t->why : NULL);
    return -1;
}

static int64_t step(file_transport *t)
{
    int rc;

    switch (t->phase) {
    case SURVEY:
    case COLLECT:
        return file_survey(t);
    case STREAM:
    case KEPT:
        return file_frames(t);
    case ROWS_BACK:
        return file_rows_back(t);
    case SORTED:
        rc = source_sorted(t->base.src);
        return rc == 0 ? end(t) : rc < 0 ? rc : 0;
    default:
        while (t->at < t->count && !t->inputs[t->at].rows)
            t->at++;
        if (t->at < t->count)
            return file_rows(t);
        if (!source_gathers(t->base.src))
            return end(t);
        t->phase = SORTED;
        return 0;
    }
}

static int64_t pump(transport *base)
{
    file_transport *t = (file_transport *)base;
    int64_t rc;

    if (!t->began) {
        t->began = 1;
        source_opened(base->src, NULL);
    }
    rc = step(t);
    if (rc >= WICK_E_AGAIN)
        return rc;
    if (rc != WICK_E_CLOSED)
        source_end(base->src, (int)rc, wick_error(base->w));
    return -1;
}

static void close_file(transport *base)
{
    file_transport *t = (file_transport *)base;

    file_reader_close(&t->reader);
    for (uint32_t i = 0; i < t->count; i++)
        input_close(base->w, &t->inputs[i]);
    mem_free(base->w, t->inputs);
    order_fini(&t->order);
}

static int add_file(file_transport *t, const char *path, size_t size)
{
    int rc;

    if (t->count == FILES_MAX)
        return ctx_fail(t->base.w, WICK_E_ARG, "source: more than %d files", FILES_MAX);
    if (MEM_GROW(t->base.w, t->inputs, t->cap, (uint64_t)t->count + 1, FILES_MAX) < 0)
        return ctx_fail(t->base.w, WICK_E_NOMEM, "source: no memory");
    if ((rc = input_open(t->base.w, path, size, &t->inputs[t->count])) == WICK_OK)
        t->count++;
    return rc;
}

/* Where its first file lies, whatever directory it was named from. */
static void tell_path(file_transport *t)
{
    char *whole = t->inputs->fd < 0 ? realpath(t->inputs->path, NULL) : NULL;

    source_path(t->base.src, whole ? whole : t->inputs->path);
    free(whole);
}

static int open_file(transport *base, const char *url, const char *options)
{
    file_transport *t = (file_transport *)base;
    const char *path = url + strlen("file:");
    int64_t follow = 0, pace = 0;
    int rc;

    t->reader.fd = -1;
    order_init(&t->order, base->w);
    if (strncmp(path, "///", 3) == 0)           /* file:///abs is file:/abs */
        path += 2;
    rc = add_file(t, path, strlen(path));
    for (const char *at = options; *at && rc == WICK_OK;) {
        size_t line = strcspn(at, "\n");

        if (strncmp(at, "file=", 5) == 0)
            rc = add_file(t, at + 5, line - 5);
        at += line + (at[line] == '\n');
    }
    if (rc == WICK_OK && ((rc = options_int(options, "follow", 0, &follow)) < 0 ||
                          (rc = options_int(options, "pace", 0, &pace)) < 0))
        ctx_fail(base->w, WICK_E_ARG, "source: follow= and pace= take 0 or 1");
    t->follow = follow != 0;
    t->pace = pace != 0;
    if (rc == WICK_OK && follow)
        source_gather(base->src);
    if (rc == WICK_OK)
        tell_path(t);
    if (rc < 0)
        close_file(base);
    return rc;
}

/* A recording holds what was sent and how it was answered. */
static int send_nothing(transport *base, const void *text, size_t size)
{
    (void)base;
    (void)text;
    (void)size;
    return WICK_OK;
}

static int reopen(transport *base)
{
    return ctx_fail(base->w, WICK_E_ARG, "source: a file has one connection only");
}

static void flow(transport *base, int on)
{
    (void)base;                                 /* it delivers in pump() alone */
    (void)on;
}

static const char *const SCHEMES[] = {"file:", NULL};
static const char *const KEYS[] = {"file", "follow", "pace", NULL};

const transport_ops transport_file = {
    .name = "file", .schemes = SCHEMES, .keys = KEYS, .self_size = sizeof(file_transport),
    .own_clock = 1, .open = open_file, .reopen = reopen, .flow = flow, .send = send_nothing,
    .pump = pump, .close = close_file,
};
