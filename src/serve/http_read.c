/* SPDX-License-Identifier: Apache-2.0
 * One request after the other out of a connection's bytes: the head's lines, then the body. */
#include "http_read.h"

#include <string.h>

void http_reader_init(http_reader *r, wick *w)
{
    memset(r, 0, sizeof *r);
    r->w = w;
    buf_init(&r->in, w, 256 << 10);
    buf_init(&r->target, w, 2 * HTTP_LINE_MAX);
    buf_init(&r->host, w, 2 * HTTP_LINE_MAX);
    buf_init(&r->lines, w, 4 * HEAD_BYTES_MAX);
    buf_init(&r->body, w, HTTP_BODY_MAX);
}

void http_reader_fini(http_reader *r)
{
    buf_fini(&r->in);
    buf_fini(&r->target);
    buf_fini(&r->host);
    buf_fini(&r->lines);
    buf_fini(&r->body);
}

int http_refuse(http_reader *r, int status, const char *why)
{
    r->status = status;
    r->why = why;
    r->phase = PHASE_BAD;
    return WICK_E_DATA;
}

int http_feed(http_reader *r, const uint8_t *bytes, size_t size)
{
    if (r->at) {
        buf_drop(&r->in, r->at);
        r->scan -= r->at;
        r->at = 0;
    }
    return size ? buf_add(&r->in, bytes, size) : WICK_OK;
}

int http_partial(const http_reader *r)
{
    return r->phase != PHASE_HEAD || r->in.size > r->at;
}

/* Empty lines before a request are tolerated (RFC 9112 2.2). */
static int skip_empty(http_reader *r)
{
    const uint8_t *in = r->in.data;

    while (r->in.size - r->at >= 2 && in[r->at] == '\r' && in[r->at + 1] == '\n')
        r->at += 2;
    r->scan = r->at;
    return r->at == r->in.size || (r->in.size - r->at == 1 && in[r->at] == '\r') ? 0 : 1;
}

static int check_size(http_reader *r, size_t line_end)
{
    const char *first = (const char *)r->in.data + r->at;

    if (r->scan == r->at && line_end - r->at > HTTP_LINE_MAX)
        return memchr(first, ' ', HTTP_METHOD_MAX)
                   ? http_refuse(r, 414, "the request line is too long")
                   : http_refuse(r, 501, "the method is not implemented");
    if (r->fields > HEAD_FIELDS_MAX + 1)
        return http_refuse(r, 431, "there are more than 100 header fields");
    return 0;
}

/* Find the end of the head line by line. 1: *size is the head's, its empty line included. */
static int find_head(http_reader *r, size_t *size)
{
    const uint8_t *in = r->in.data, *nl;
    size_t first = 0;
    int rc;

    if (r->scan == r->at && (rc = skip_empty(r)) <= 0)
        return rc;
    while ((nl = memchr(in + r->scan, '\n', r->in.size - r->scan))) {
        size_t end = (size_t)(nl - in);

        if (end == r->scan || nl[-1] != '\r')
            return http_refuse(r, 400, "a line does not end in CRLF");
        if ((rc = check_size(r, end - 1)) < 0)
            return rc;
        if (end - 1 == r->scan) {
            *size = end + 1 - r->at;
            return 1;
        }
        r->fields++;
        r->scan = end + 1;
    }
    if ((rc = check_size(r, r->in.size - 1)) < 0)       /* its last byte may be the CR */
        return rc;
    if (r->scan != r->at) {
        nl = memchr(in + r->at, '\n', r->in.size - r->at);
        first = (size_t)(nl + 1 - in) - r->at;
    }
    if (r->scan != r->at && r->in.size - r->at - first > HEAD_BYTES_MAX + 2)
        return http_refuse(r, 431, "the header fields are over 16 KiB");
    return 0;
}

static int begin(http_reader *r)
{
    size_t size = 0;
    const char *raw, *nl;
    int rc;

    r->method[0] = '\0';
    if ((rc = find_head(r, &size)) <= 0)
        return rc;
    raw = (const char *)r->in.data + r->at;
    nl = memchr(raw, '\n', size);
    if (size - (size_t)(nl + 1 - raw) > HEAD_BYTES_MAX + 2)
        return http_refuse(r, 431, "the header fields are over 16 KiB");
    r->body.size = r->host.size = 0;
    r->overhead = 0;
    r->left = 0;
    r->upgrade = r->expect = r->chunked = 0;
    if ((rc = http_head(r, raw, size)) < 0)
        return rc;
    r->at += size;
    r->scan = r->at;
    r->fields = 0;
    r->phase = r->chunked ? PHASE_CHUNK_SIZE : PHASE_BODY;
    return 1;
}

int http_is_head(const http_reader *r)
{
    return strcmp(r->method, "HEAD") == 0 || (!r->method[0] && r->in.size - r->at >= 5 &&
                                              memcmp(r->in.data + r->at, "HEAD ", 5) == 0);
}

/* A body of known length. */
static int take_body(http_reader *r)
{
    size_t have = r->in.size - r->at, take = have < r->left ? have : (size_t)r->left;

    if (take && buf_add(&r->body, r->in.data + r->at, take) < 0)
        return WICK_E_NOMEM;
    r->at += take;
    r->left -= take;
    if (take)
        r->expect = 0;                          /* it did not wait */
    return r->left == 0;
}

int http_next(http_reader *r)
{
    int rc;

    if (r->phase == PHASE_BAD)
        return WICK_E_DATA;
    if (r->phase == PHASE_HEAD && (rc = r->in.size == r->at ? 0 : begin(r)) <= 0)
        return rc;
    rc = r->phase == PHASE_BODY ? take_body(r) : http_chunked(r);
    r->scan = r->at;
    if (rc != 1)
        return rc;
    r->phase = PHASE_HEAD;
    r->expect = 0;
    return 1;
}
