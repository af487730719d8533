/* SPDX-License-Identifier: Apache-2.0
 * HTTP/1.1 answers: status line, the fields that every answer has, problem+json bodies. */
#ifndef WICK_SERVE_HTTP_WRITE_H
#define WICK_SERVE_HTTP_WRITE_H

#include "../core/mem.h"

typedef struct http_answer {
    int         status;
    int         keep;                   /* the connection goes on: no "Connection: close" */
    int         minor;                  /* of the request: 1.0 is told when it goes on */
    const char *headers;                /* "name: value\n" lines, or NULL */
    size_t      size;                   /* of the body, sent or (to a HEAD) not */
    int64_t     now_ns;                 /* for Date */
} http_answer;

const char *http_reason(int status);
int  http_has_body(int status);         /* not 1xx, 204, 304 */
/* Append the whole head. ARG: a header is malformed, or one that is written here (Date, Content-Length,
 * Connection, Transfer-Encoding); NOMEM. */
int  http_write_head(buf *out, const http_answer *a);
/* Append an RFC 9457 body; detail is quoted as JSON. */
int  http_write_problem(buf *out, int status, const char *detail);

#endif
