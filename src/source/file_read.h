/* SPDX-License-Identifier: Apache-2.0
 * Input files of a source: opened with clear errors, read record by record, as often as needed. What is
 * no regular file (a pipe) is copied to a temporary one first, which has no name. */
#ifndef WICK_SOURCE_FILE_READ_H
#define WICK_SOURCE_FILE_READ_H

#include "../core/ctx.h"
#include "../decode/recording.h"

typedef struct input {
    char *path;
    int   fd;                           /* of the copy of a pipe, -1: open it by path */
    int   rows, told;                   /* rows without times of receipt, or a recording; it is known */
} input;

typedef struct file_reader {
    wick      *w;
    recording *rec;
    input     *in;                      /* NULL: none is open */
    int        fd, ended, cut;          /* cut: it ends inside a gzip stream, or reading it failed */
    char       why[400];                /* of cut */
    uint8_t   *chunk;
} file_reader;

/* IO: it cannot be read, and why; path is copied. */
int  input_open(wick *w, const char *path, size_t size, input *out);
void input_close(wick *w, input *in);

int  file_reader_open(file_reader *r, wick *w, input *in);
/* 1: a record, good until the next call; 0: no more (see cut); negative: NOMEM. */
int  file_reader_next(file_reader *r, record *out);
void file_reader_close(file_reader *r); /* none open is fine */

#endif
