/* SPDX-License-Identifier: Apache-2.0
 * HTTP/1.1 requests out of bytes, strictly by RFC 9110 and 9112. Pure: there is no socket in here. */
#ifndef WICK_SERVE_HTTP_READ_H
#define WICK_SERVE_HTTP_READ_H

#include "../net/head.h"

enum { HTTP_LINE_MAX = 8192, HTTP_BODY_MAX = 1 << 20, HTTP_METHOD_MAX = 16 };

typedef struct http_reader {
    wick       *w;
    buf         in;                     /* what came; in[at...] is not read yet */
    size_t      at, scan;               /* scan: where the head's next line begins */
    uint8_t     phase;
    uint32_t    fields;
    uint64_t    left;                   /* of the body or of its chunk */
    size_t      overhead;               /* bytes of chunk extensions and trailers so far */

    char        method[HTTP_METHOD_MAX];    /* the request that http_next() found; good until the next */
    buf         target;                 /* origin form, or "*"; 0-terminated */
    buf         host;                   /* of a target in absolute form: it counts, not the field */
    buf         lines;                  /* "name: value\n"; 0-terminated behind its size */
    buf         body;
    uint8_t     minor;                  /* HTTP/1.minor */
    uint8_t     keep;                   /* the connection may go on after the answer */
    uint8_t     upgrade;                /* a valid WebSocket handshake: in[at...] is no HTTP */
    uint8_t     expect;                 /* waits for "100 Continue" before it sends its body */
    uint8_t     chunked;

    int         status;                 /* of the answer to what was refused; 0: nothing was */
    const char *why;
} http_reader;

void http_reader_init(http_reader *r, wick *w);
void http_reader_fini(http_reader *r);
int  http_feed(http_reader *r, const uint8_t *bytes, size_t size);  /* OK or NOMEM */
/* 1: a request is whole; 0: more bytes are needed (r->expect: after an interim answer); DATA: r->status
 * and r->why, and no more can be read; NOMEM. */
int  http_next(http_reader *r);
int  http_partial(const http_reader *r);    /* whether some bytes of a request are there */
int  http_is_head(const http_reader *r);    /* of the request that is being read, or was refused */

/* The parts, for http_read.c. Each returns as http_next() does. */
int  http_refuse(http_reader *r, int status, const char *why);
int  http_head(http_reader *r, const char *raw, size_t size);       /* a whole head, with its empty line */
int  http_fields(http_reader *r);           /* what the fields say about host, body and connection */
int  http_host_valid(const char *host, size_t size);
/* Put the target into origin form; refuses what is no target for this method. */
int  http_target(http_reader *r, const char *text, size_t size);

enum {                                  /* http_reader.phase */
    PHASE_HEAD, PHASE_BODY, PHASE_CHUNK_SIZE, PHASE_CHUNK_DATA, PHASE_CHUNK_END, PHASE_TRAILER, PHASE_BAD
};
int  http_chunked(http_reader *r);

#endif
