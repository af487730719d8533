/* SPDX-License-Identifier: Apache-2.0
 * Opening and reading input files; contracts in file_read.h. Damage ends a file, not the
 * input: what was read before it counts. */
#include "file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 256 << 10 };

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

/* Copy a pipe to a file without a name. -1: errno says why. */
static int spool(int from)
{
    char path[] = "/tmp/wick-XXXXXX";
    uint8_t bytes[16384];
    ssize_t n;
    int to = mkostemp(path, O_CLOEXEC);

    if (to < 0)
        return -1;
    unlink(path);
    while ((n = read(from, bytes, sizeof bytes)) != 0)
        if (n < 0 ? errno != EINTR : write_all(to, bytes, (size_t)n) < 0) {
            close(to);
            return -1;
        }
    return to;
}

int input_open(wick *w, const char *path, size_t size, input *out)
{
    struct stat st;
    int fd, rc = WICK_OK;

    *out = (input){.fd = -1};
    if (!size)
        return ctx_fail(w, WICK_E_ARG, "source: the path of a file is missing");
    if (!(out->path = mem_text(w, path, size)))
        return ctx_fail(w, WICK_E_NOMEM, "open %.*s: no memory", (int)size, path);
    if ((fd = open(out->path, O_RDONLY | O_CLOEXEC)) < 0 || fstat(fd, &st) < 0)
        rc = ctx_fail(w, WICK_E_IO, "open %s: %s", out->path, strerror(errno));
    else if (S_ISDIR(st.st_mode))
        rc = ctx_fail(w, WICK_E_IO, "open %s: it is a directory", out->path);
    else if (!S_ISREG(st.st_mode) && (out->fd = spool(fd)) < 0)
        rc = ctx_fail(w, WICK_E_IO, "copy %s: %s", out->path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (rc < 0)
        input_close(w, out);
    return rc;
}

void input_close(wick *w, input *in)
{
    if (in->fd >= 0)
        close(in->fd);
    mem_free(w, in->path);
    *in = (input){.fd = -1};
}

int file_reader_open(file_reader *r, wick *w, input *in)
{
    int rc;

    *r = (file_reader){.w = w, .in = in, .fd = -1};
    if (!(r->chunk = mem_alloc(w, CHUNK)) || (rc = recording_open(w, &r->rec)) < 0) {
        file_reader_close(r);
        return ctx_fail(w, WICK_E_NOMEM, "read %s: no memory", in->path);
    }
    if (in->fd >= 0) {
        r->fd = in->fd;
        rc = lseek(r->fd, 0, SEEK_SET) < 0 ? -1 : 0;
    } else {
        rc = r->fd = open(in->path, O_RDONLY | O_CLOEXEC);
    }
    if (rc >= 0)
        return WICK_OK;
    rc = ctx_fail(w, WICK_E_IO, "open %s: %s", in->path, strerror(errno));
    file_reader_close(r);
    return rc;
}

void file_reader_close(file_reader *r)
{
    if (!r->w)
        return;
    if (r->fd >= 0 && r->fd != r->in->fd)
        close(r->fd);
    recording_close(r->rec);
    mem_free(r->w, r->chunk);
    *r = (file_reader){.fd = -1};
}

static void damaged(file_reader *r, const char *why)
{
    if (!r->cut)
        snprintf(r->why, sizeof r->why, "%s: %s", r->in->path, why);
    r->cut = 1;
}

/* One more chunk for the reader of records. OK, or NOMEM. */
static int fill(file_reader *r)
{
    ssize_t n;
    int rc;

    do
        n = read(r->fd, r->chunk, CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        damaged(r, strerror(errno));
    rc = n > 0 && !r->cut ? recording_feed(r->rec, r->chunk, (size_t)n) : WICK_OK;
    if (rc < 0 && rc != WICK_E_DATA)
        return rc;
    if (n > 0 && rc == WICK_OK)
        return WICK_OK;
    r->ended = 1;
    return recording_end(r->rec);
}

int file_reader_next(file_reader *r, record *out)
{
    int rc;

    while ((rc = recording_next(r->rec, out)) == 0 && !r->ended)
        if ((rc = fill(r)) < 0)
            return rc;
    if (rc == 0 && recording_broken(r->rec))
        damaged(r, "its gzip stream is damaged or cut off; what stands before that was read");
    return rc;
}
