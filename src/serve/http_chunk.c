/* SPDX-License-Identifier: Apache-2.0
 * Chunked bodies (RFC 9112 7.1), every line checked: a lax reading of one is how requests are
 * smuggled. Extensions are ignored, trailers are checked and dropped, and both together are
 * bounded. */
#include <string.h>

#include "http_read.h"

enum { SIZE_LINE_MAX = 4096, OVERHEAD_MAX = 16384 };

/* A line that ends in CRLF, without it. 1: there is one; 0: more is needed. */
static int take_line(http_reader *r, const char **line, size_t *size)
{
    const char *at = (const char *)r->in.data + r->at;
    size_t have = r->in.size - r->at;
    const char *nl = have ? memchr(at, '\n', have) : NULL;

    if ((nl ? (size_t)(nl - at) : have) > SIZE_LINE_MAX)
        return http_refuse(r, 400, "a line of a chunked body is too long");
    if (!nl)
        return 0;
    if (nl == at || nl[-1] != '\r')
        return http_refuse(r, 400, "a line of a chunked body does not end in CRLF");
    *line = at;
    *size = (size_t)(nl - 1 - at);
    r->at += *size + 2;
    return 1;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int take_size(http_reader *r)
{
    const char *line = NULL;
    size_t size = 0, at = 0;
    uint64_t n = 0;
    int rc = take_line(r, &line, &size);

    if (rc <= 0)
        return rc;
    r->expect = 0;
    for (; at < size && hex(line[at]) >= 0; at++) {
        if (n > HTTP_BODY_MAX)
            return http_refuse(r, 413, "the body is over 1 MiB");
        n = n << 4 | (uint64_t)hex(line[at]);
    }
    if (at == 0)
        return http_refuse(r, 400, "a chunk has no size");
    r->overhead += size - at;
    while (at < size && (line[at] == ' ' || line[at] == '\t'))
        at++;
    if ((at < size && line[at] != ';') || (at == size && at && hex(line[at - 1]) < 0) ||
        !head_is_value(line + at, size - at))
        return http_refuse(r, 400, "the size of a chunk is malformed");
    if (r->overhead > OVERHEAD_MAX)
        return http_refuse(r, 400, "too many chunk extensions");
    if (n > HTTP_BODY_MAX - r->body.size)
        return http_refuse(r, 413, "the body is over 1 MiB");
    r->left = n;
    r->phase = n ? PHASE_CHUNK_DATA : PHASE_TRAILER;
    return 1;
}

static int take_data(http_reader *r)
{
    size_t have = r->in.size - r->at, take = have < r->left ? have : (size_t)r->left;

    if (take && buf_add(&r->body, r->in.data + r->at, take) < 0)
        return WICK_E_NOMEM;
    r->at += take;
    r->left -= take;
    if (r->left)
        return 0;
    r->phase = PHASE_CHUNK_END;
    return 1;
}

static int take_end(http_reader *r)
{
    const uint8_t *at = r->in.data + r->at;
    size_t have = r->in.size - r->at;

    if ((have > 0 && at[0] != '\r') || (have > 1 && at[1] != '\n'))
        return http_refuse(r, 400, "a chunk does not end in CRLF");
    if (have < 2)
        return 0;
    r->at += 2;
    r->phase = PHASE_CHUNK_SIZE;
    return 1;
}

/* 2: the last line, an empty one. */
static int take_trailer(http_reader *r)
{
    const char *line = NULL, *colon;
    size_t size = 0;
    int rc = take_line(r, &line, &size);

    if (rc <= 0)
        return rc;
    if (size == 0)
        return 2;
    r->overhead += size;
    colon = memchr(line, ':', size);
    if (!colon || !head_is_name(line, (size_t)(colon - line)) ||
        !head_is_value(colon, size - (size_t)(colon - line)))
        return http_refuse(r, 400, "a trailer field is malformed");
    if (r->overhead > OVERHEAD_MAX || ++r->fields > HEAD_FIELDS_MAX)
        return http_refuse(r, 431, "the trailer fields are too many");
    return 1;
}

int http_chunked(http_reader *r)
{
    int rc = 1;

    while (rc == 1) {
        if (r->phase == PHASE_CHUNK_SIZE)
            rc = take_size(r);
        else if (r->phase == PHASE_CHUNK_DATA)
            rc = take_data(r);
        else if (r->phase == PHASE_CHUNK_END)
            rc = take_end(r);
        else
            rc = take_trailer(r);
    }
    if (rc != 2)
        return rc;
    r->fields = 0;
    return 1;
}
