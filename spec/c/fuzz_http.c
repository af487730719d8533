/* SPDX-License-Identifier: Apache-2.0
 * Fuzzes the reading of HTTP requests: the same bytes whole and in pieces must give the same
 * requests, and what is handed on keeps what its fields promise. */
#include <stdlib.h>
#include <string.h>

#include "serve/http_read.h"

typedef struct seen {
    uint64_t hash;                      /* of all requests, in order */
    uint32_t count;
    int      status;
} seen;

static void mix(seen *s, const void *bytes, size_t size)
{
    const uint8_t *b = bytes;

    for (size_t i = 0; i < size; i++)
        s->hash = (s->hash ^ b[i]) * 0x100000001b3u;
}

static void check(const http_reader *r)
{
    const char *lines = (const char *)r->lines.data, *target = (const char *)r->target.data;

    if (lines[r->lines.size] || target[r->target.size - 1] || strlen(target) != r->target.size - 1)
        abort();
    if (memchr(lines, '\r', r->lines.size) || memchr(lines, '\0', r->lines.size))
        abort();
    if (target[0] != '/' && strcmp(target, "*") != 0)
        abort();
    if (head_count(lines, r->lines.size, "host") > 1 ||
        (r->minor && !head_count(lines, r->lines.size, "host")))
        abort();
    if (r->body.size > HTTP_BODY_MAX || r->lines.size > 2 * HEAD_BYTES_MAX)
        abort();
}

static seen run(const uint8_t *data, size_t size, size_t step)
{
    seen s = {0xcbf29ce484222325u, 0, 0};
    http_reader r;
    int rc = 0;

    http_reader_init(&r, NULL);
    for (size_t at = 0; at < size && rc == 0;) {
        size_t n = size - at < step ? size - at : step;

        if (http_feed(&r, data + at, n) < 0)
            abort();
        at += n;
        while ((rc = http_next(&r)) == 1) {
            check(&r);
            s.count++;
            mix(&s, r.method, strlen(r.method) + 1);
            mix(&s, r.target.data, r.target.size);
            mix(&s, r.lines.data, r.lines.size);
            mix(&s, r.body.data, r.body.size);
            mix(&s, &r.keep, 1);
            if (r.upgrade)
                break;
        }
        if (rc == WICK_E_DATA && (r.status < 400 || r.status > 599 || !r.why))
            abort();
    }
    s.status = rc < 0 ? r.status : rc;
    http_reader_fini(&r);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    seen whole, cut;

    if (size < 1 || size > 60000)
        return 0;
    whole = run(data + 1, size - 1, size);
    cut = run(data + 1, size - 1, 1 + data[0] % 16);
    if (whole.hash != cut.hash || whole.count != cut.count || whole.status != cut.status)
        abort();
    return 0;
}
