/* SPDX-License-Identifier: Apache-2.0
 * A request's head: its lines are checked strictly here, then libhttp-parser takes them apart.
 * (Debian builds that library in its lax mode: it lets blanks in names, bare LF and odd targets
 * pass.) */
#include <http_parser.h>
#include <string.h>

#include "http_read.h"

static const char *const METHODS[] = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                      "OPTIONS", "CONNECT", "TRACE", "PATCH", NULL};

static int known_method(const char *text, size_t size)
{
    for (int i = 0; METHODS[i]; i++)
        if (strlen(METHODS[i]) == size && memcmp(METHODS[i], text, size) == 0)
            return 1;
    return 0;
}

/* "HTTP/1.1" */
static int check_version(http_reader *r, const char *at, size_t size)
{
    if (size != 8 || memcmp(at, "HTTP/", 5) != 0 || at[5] < '0' || at[5] > '9' || at[6] != '.' ||
        at[7] < '0' || at[7] > '9')
        return http_refuse(r, 400, "the request line does not end in an HTTP version");
    if (at[5] != '1')
        return http_refuse(r, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    r->minor = at[7] == '0' ? 0 : 1;            /* a higher minor version is read as 1.1 */
    return 1;
}

/* "METHOD SP target SP version", exactly. */
static int check_line(http_reader *r, const char *line, size_t size)
{
    const char *end = line + size, *target = memchr(line, ' ', size), *version = NULL;
    size_t n;
    int rc;

    if (target && ++target < end)
        version = memchr(target, ' ', (size_t)(end - target));
    if (!version || version == target || !head_is_name(line, (size_t)(target - 1 - line)))
        return http_refuse(r, 400, "the request line is malformed");
    n = (size_t)(target - 1 - line);
    if ((rc = check_version(r, version + 1, (size_t)(end - version - 1))) < 0)
        return rc;
    if (n >= sizeof r->method || !known_method(line, n))
        return http_refuse(r, 501, "the method is not implemented");
    memcpy(r->method, line, n);
    r->method[n] = '\0';
    return http_target(r, target, (size_t)(version - target));
}

static int check_field(http_reader *r, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);

    if (line[0] == ' ' || line[0] == '\t')
        return http_refuse(r, 400, "a header field is folded over lines");
    if (!colon || !head_is_name(line, (size_t)(colon - line)))
        return http_refuse(r, 400, "the name of a header field is malformed");
    if (!head_is_value(colon, size - (size_t)(colon - line)))
        return http_refuse(r, 400, "the value of a header field has a control character");
    return 1;
}

static int check_lines(http_reader *r, const char *raw, size_t size)
{
    const char *at = raw, *nl;
    int rc = 1;

    for (; (nl = memchr(at, '\n', size - (size_t)(at - raw))) && rc > 0; at = nl + 1) {
        size_t n = (size_t)(nl - 1 - at);

        if (at == raw)
            rc = check_line(r, at, n);
        else if (n)
            rc = check_field(r, at, n);
        if (nl + 1 == raw + size)
            break;
    }
    return rc;
}

typedef struct taking {
    http_reader *r;
    size_t       value;                 /* where the value that is being taken begins, 0: none */
    int          rc;
} taking;

static int add(taking *t, const char *at, size_t size, int lower)
{
    buf *lines = &t->r->lines;
    size_t from = lines->size;

    if (buf_add(lines, at, size) < 0)
        return t->rc = -1;
    for (; lower && from < lines->size; from++)
        if (lines->data[from] >= 'A' && lines->data[from] <= 'Z')
            lines->data[from] |= 0x20;
    return 0;
}

static void end_value(taking *t)
{
    buf *lines = &t->r->lines;

    if (!t->value)
        return;
    while (lines->size > t->value && strchr(" \t", lines->data[lines->size - 1]))
        lines->size--;
    add(t, "\n", 1, 0);
    t->value = 0;
}

static int on_field(http_parser *p, const char *at, size_t size)
{
    end_value(p->data);
    return add(p->data, at, size, 1);
}

static int on_value(http_parser *p, const char *at, size_t size)
{
    taking *t = p->data;

    if (!t->value && add(t, ": ", 2, 0) < 0)
        return -1;
    if (!t->value)
        t->value = t->r->lines.size;
    return add(t, at, size, 0);
}

static int on_complete(http_parser *p)
{
    end_value(p->data);
    return 2;                                   /* the body is read by us */
}

int http_head(http_reader *r, const char *raw, size_t size)
{
    http_parser_settings calls;
    http_parser p;
    taking t = {.r = r};
    int rc = check_lines(r, raw, size);

    if (rc < 0)
        return rc;
    r->lines.size = 0;
    http_parser_settings_init(&calls);
    calls.on_header_field = on_field;
    calls.on_header_value = on_value;
    calls.on_headers_complete = on_complete;
    http_parser_init(&p, HTTP_REQUEST);
    p.data = &t;
    http_parser_execute(&p, &calls, raw, size);
    if (t.rc < 0)
        return WICK_E_NOMEM;
    if (HTTP_PARSER_ERRNO(&p) != HPE_OK)
        return http_refuse(r, 400, http_errno_description(HTTP_PARSER_ERRNO(&p)));
    if (buf_add(&r->lines, "", 1) < 0)
        return WICK_E_NOMEM;
    r->lines.size--;
    return http_fields(r);
}
