/* SPDX-License-Identifier: Apache-2.0
 * The truth's file, replaced whole: whoever reads it sees the old one or the new one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size) {
        ssize_t n = write(fd, bytes, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

int sim_replace_file(wick *w, const char *path, const buf *text)
{
    char tmp[4200];
    int n = snprintf(tmp, sizeof tmp, "%s.tmp", path), fd, bad;

    if (n < 0 || (size_t)n >= sizeof tmp)
        return ctx_fail(w, WICK_E_ARG, "sim: truth: the path is too long");
    if ((fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) < 0)
        return ctx_fail(w, WICK_E_IO, "sim: truth: open %s: %s", tmp, strerror(errno));
    bad = write_all(fd, text->data, text->size);
    if (close(fd) < 0 || bad || rename(tmp, path) < 0) {
        ctx_fail(w, WICK_E_IO, "sim: truth: write %s: %s", path, strerror(errno));
        unlink(tmp);
        return WICK_E_IO;
    }
    return WICK_OK;
}
