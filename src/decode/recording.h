/* SPDX-License-Identifier: Apache-2.0
 * Reads recordings of every form from bytes in any chunks: both frame recordings, CSV, NDJSON, one JSON body; plain
 * or gzip, told by their first bytes. It knows no venue: what a message means is the decoder's matter. */
#ifndef WICK_DECODE_RECORDING_H
#define WICK_DECODE_RECORDING_H

#include "../core/mem.h"

enum { RECORDING_LINE_MAX = 48 << 20 };     /* a longer line or body is refused */

enum {                                      /* record.kind */
    RECORD_HEADER  = 0,                     /* what the recorder wrote about itself */
    RECORD_HTTP    = 1,                     /* an answer of the venue's REST interface */
    RECORD_CONNECT = 2,                     /* a connection begins; bytes: its address */
    RECORD_SEND    = 3,                     /* what the client sent */
    RECORD_RECV    = 4,                     /* a message of the venue: decode it with `form` */
    RECORD_BROKEN  = 5                      /* a line that could not be read; `problem` says why */
};

typedef struct record {                     /* all pointers are good until the next call */
    int      kind;                          /* RECORD_* */
    int      form;                          /* WICK_FORM_*: for wick_decode() */
    const uint8_t *bytes;                   /* the message itself, base64 and JSON strings undone */
    size_t   size;
    const char *conn;                       /* name of its connection, "" where the form has none; 0-terminated */
    uint32_t conn_id;                       /* the same as a number from 0, in order of appearance */
    int64_t  recv_ns;                       /* local time of receipt, 0 where the form has none */
    uint64_t line;                          /* where it begins, from 1 */
    const char *problem;                    /* static text, NULL: none */
} record;

typedef struct recording recording;

int  recording_open(wick *w, recording **out);
void recording_close(recording *r);         /* NULL is fine */
void recording_no_csv(recording *r);        /* lines of no other form are messages, not rows of a CSV */
/* More bytes of the file; they are copied. NOMEM, or DATA: broken gzip. Call recording_next() until it returns 0
 * between two feeds, so that no more than a chunk and a line are kept. */
int  recording_feed(recording *r, const void *bytes, size_t size);
/* No more bytes come: a last line without line feed is one. */
int  recording_end(recording *r);
/* The next record: 1; 0: more bytes are needed, or after recording_end() there are no more; negative: NOMEM. */
int  recording_next(recording *r, record *out);
/* The gzip stream was broken or cut: what was read before counts. Ask at the end. */
int  recording_broken(const recording *r);
/* Whether it is a CSV (known after the first record): rows have no times of receipt and no connection. */
int  recording_is_csv(const recording *r);

#endif
