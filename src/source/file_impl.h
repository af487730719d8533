/* SPDX-License-Identifier: Apache-2.0
 * The inside of the file transport, shared by source_file.c, file_frames.c and file_rows.c only. */
#ifndef WICK_SOURCE_FILE_IMPL_H
#define WICK_SOURCE_FILE_IMPL_H

#include "file_order.h"
#include "file_read.h"

enum { FILES_MAX = 4096, TURN_BYTES = 256 << 10 };
enum {                                  /* phases */
    SURVEY,                             /* what the files are; small recordings are kept at once */
    COLLECT,                            /* a large one out of order: read again, and kept */
    STREAM, KEPT,                       /* frames are delivered: from the files, or as kept */
    ROWS,                               /* rows are delivered, or kept where the newest stand first */
    ROWS_BACK,                          /* kept rows of one file, from the last to the first */
    SORTED                              /* follow: the rows of all files, by time */
};

typedef struct file_transport {
    transport   base;
    input      *inputs;
    uint32_t    count, cap, at;         /* at: the file of this phase that is read */
    int         phase, status, have;
    int         follow, pace;           /* options: not before the wall clock; at the recorded pace */
    int         began;                  /* EV_OPENED went out */
    int         asked, newest_first;    /* of the rows of this file; asked: it is known */
    file_reader reader;
    order       order;
    size_t      next;                   /* kept frame */
    record      rec;                    /* the next one, if have */
    track      *burst;                  /* whose messages were delivered since the last burst_end */
    order_mark  mark;                   /* where this file began */
    session    *session;                /* of the rows */
    int64_t     pace_real, pace_recv;
    char        why[400];               /* of the first damage */
} file_transport;

/* The next record of the file at hand. 1, 0: no more, or an error. */
int  file_record(file_transport *t);
void file_next(file_transport *t);      /* done with it */
void file_phase(file_transport *t, int phase);
/* A turn of a phase. 0: more at once; ms until then; AGAIN: when it flows again; else an error. */
int  file_survey(file_transport *t);
int64_t file_frames(file_transport *t);
int  file_rows(file_transport *t);
int  file_rows_back(file_transport *t);

#endif
