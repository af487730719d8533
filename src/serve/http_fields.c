/* SPDX-License-Identifier: Apache-2.0
 * What a request's fields and target must keep to: one valid Host, one framing of the body,
 * expectations, whether the connection goes on, and the forms of the target. */
#include <string.h>
#include <strings.h>

#include "../net/handshake.h"
#include "http_read.h"

static int alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static int xdigit(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static int port_valid(const char *at, const char *end)
{
    uint32_t port = 0;

    if (at == end)
        return 1;
    if (*at++ != ':' || end - at > 5)
        return 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return 0;
        port = port * 10 + (uint32_t)(*at - '0');
    }
    return port <= 65535;
}

/* uri-host [ ":" port ] of RFC 3986; an empty host is none that an http address could have. */
int http_host_valid(const char *host, size_t size)
{
    const char *at = host, *end = host + size;

    if (size && *at == '[') {
        for (at++; at < end && (xdigit(*at) || *at == ':' || *at == '.'); at++)
            ;
        return at < end && *at == ']' && at - host > 2 && port_valid(at + 1, end);
    }
    for (; at < end && *at != ':'; at++)
        if (*at == '%') {
            if (end - at < 3 || !xdigit(at[1]) || !xdigit(at[2]))
                return 0;
            at += 2;
        } else if (!alnum(*at) && !(*at && strchr("-._~!$&'()*+,;=", *at))) {
            return 0;
        }
    return at > host && port_valid(at, end);
}

static int set_target(http_reader *r, const char *text, size_t size)
{
    r->target.size = 0;
    return buf_add(&r->target, text, size) < 0 || buf_add(&r->target, "", 1) < 0 ? WICK_E_NOMEM : 1;
}

/* http://host/path: the host in it counts, the path is what is asked for. */
static int absolute(http_reader *r, const char *text, size_t size)
{
    size_t scheme = size > 7 && strncasecmp(text, "http://", 7) == 0    ? 7
                    : size > 8 && strncasecmp(text, "https://", 8) == 0 ? 8
                                                                        : 0;
    const char *host = text + scheme, *end = text + size, *path = host;

    while (path < end && *path != '/' && *path != '?')
        path++;
    if (!scheme || !http_host_valid(host, (size_t)(path - host)))
        return http_refuse(r, 400, "the target is neither a path nor an http address");
    if (buf_add(&r->host, host, (size_t)(path - host)) < 0)
        return WICK_E_NOMEM;
    if (path == end)
        return strcmp(r->method, "OPTIONS") == 0 ? set_target(r, "*", 1) : set_target(r, "/", 1);
    if (*path == '/')
        return set_target(r, path, (size_t)(end - path));
    if (set_target(r, "/", 1) < 0)
        return WICK_E_NOMEM;
    r->target.size = 1;                         /* a query alone: "/" in front of it */
    return buf_add(&r->target, path, (size_t)(end - path)) < 0 || buf_add(&r->target, "", 1) < 0
               ? WICK_E_NOMEM
               : 1;
}

int http_target(http_reader *r, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"#<>\\^`{|}", text[i]))
            return http_refuse(r, 400, "the target has a character that must be percent-encoded");
    if (strcmp(r->method, "CONNECT") == 0)
        return http_refuse(r, 405, "this is no proxy");
    if (size == 1 && text[0] == '*')
        return strcmp(r->method, "OPTIONS") == 0
                   ? set_target(r, text, size)
                   : http_refuse(r, 400, "only OPTIONS may ask for '*'");
    return text[0] == '/' ? set_target(r, text, size) : absolute(r, text, size);
}

static int check_host(http_reader *r, const char *lines, size_t size)
{
    uint32_t hosts = head_count(lines, size, "host");
    size_t n = 0;
    const char *host = head_find(lines, size, "host", &n);

    if (hosts > 1)
        return http_refuse(r, 400, "there is more than one Host");
    if (hosts == 0)
        return r->minor ? http_refuse(r, 400, "HTTP/1.1 needs a Host") : 1;
    return http_host_valid(host, n) ? 1 : http_refuse(r, 400, "the Host is malformed");
}

/* RFC 9112 3.2.2: the host of an absolute target replaces the field's. */
static int replace_host(http_reader *r)
{
    size_t old = 0, at, more = r->host.size;
    const char *host = head_find((const char *)r->lines.data, r->lines.size, "host", &old);

    if (!more || !host)
        return 1;
    at = (size_t)((const uint8_t *)host - r->lines.data);
    if (!buf_room(&r->lines, more + 1))
        return WICK_E_NOMEM;
    memmove(r->lines.data + at + more, r->lines.data + at + old, r->lines.size + 1 - at - old);
    memcpy(r->lines.data + at, r->host.data, more);
    r->lines.size = r->lines.size + more - old;
    return 1;
}

static int check_length(http_reader *r, const char *lines, size_t size)
{
    size_t n = 0;
    const char *text = head_find(lines, size, "content-length", &n);

    if (!text)
        return 1;
    if (head_count(lines, size, "content-length") > 1)
        return http_refuse(r, 400, "there is more than one Content-Length");
    if (n == 0)
        return http_refuse(r, 400, "the Content-Length is no number");
    r->left = 0;
    for (size_t i = 0; i < n; i++)
        if (text[i] < '0' || text[i] > '9')
            return http_refuse(r, 400, "the Content-Length is no number");
    for (size_t i = 0; i < n; i++) {
        r->left = r->left * 10 + (uint64_t)(text[i] - '0');
        if (r->left > HTTP_BODY_MAX)
            return http_refuse(r, 413, "the body is over 1 MiB");
    }
    return 1;
}

/* The field's codings in order; the last one must be chunked, and no other is implemented. */
static int check_coding(http_reader *r, const char *lines, size_t size)
{
    static const char *const KNOWN[] = {"gzip", "x-gzip", "deflate", "compress", "x-compress"};
    size_t n = 0;
    const char *text = head_find(lines, size, "transfer-encoding", &n);
    int known = 0;

    if (!text)
        return 1;
    if (head_find(lines, size, "content-length", &(size_t){0}))
        return http_refuse(r, 400, "there are both Content-Length and Transfer-Encoding");
    if (!r->minor)
        return http_refuse(r, 400, "HTTP/1.0 has no Transfer-Encoding");
    if (head_count(lines, size, "transfer-encoding") > 1)
        return http_refuse(r, 400, "there is more than one Transfer-Encoding");
    if (n == 7 && strncasecmp(text, "chunked", 7) == 0) {
        r->chunked = 1;
        return 1;
    }
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        known |= n == strlen(KNOWN[i]) && strncasecmp(text, KNOWN[i], n) == 0;
    if (n == 0 || known ||
        (n > 7 && strncasecmp(text, "chunked", 7) == 0 && strchr(", \t", text[7])))
        return http_refuse(r, 400, "chunked is not the last transfer coding, once");
    return http_refuse(r, 501, "the transfer coding is not implemented");
}

static int check_expect(http_reader *r, const char *lines, size_t size)
{
    size_t n = 0;
    const char *text = head_find(lines, size, "expect", &n);

    if (!text || !r->minor)
        return 1;
    if (n != 12 || strncasecmp(text, "100-continue", 12) != 0 ||
        head_count(lines, size, "expect") > 1)
        return http_refuse(r, 417, "the only expectation that can be met is 100-continue");
    r->expect = r->chunked || r->left;
    return 1;
}

static int check_upgrade(http_reader *r, const char *lines, size_t size)
{
    int status = 400, rc;
    const char *why = "";

    if (!r->minor || strcmp(r->method, "GET") != 0 || r->chunked || r->left)
        return 1;
    if ((rc = handshake_asked(lines, size, &status, &why)) < 0)
        return http_refuse(r, status, why);
    r->upgrade = rc == 1;
    return 1;
}

int http_fields(http_reader *r)
{
    const char *lines = (const char *)r->lines.data;
    size_t size = r->lines.size;
    int rc;

    if ((rc = check_host(r, lines, size)) < 0 || (rc = check_coding(r, lines, size)) < 0 ||
        (rc = check_length(r, lines, size)) < 0 || (rc = check_expect(r, lines, size)) < 0 ||
        (rc = check_upgrade(r, lines, size)) < 0)
        return rc;
    r->keep = r->minor ? !head_has(lines, size, "connection", "close")
                       : head_has(lines, size, "connection", "keep-alive") &&
                             !head_has(lines, size, "connection", "close");
    return replace_host(r);
}
