/* SPDX-License-Identifier: Apache-2.0
 * HTTP requests: bytes in, requests or refusals out, each input whole and cut at every byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/sock.h"
#include "serve/http_read.h"
#include "serve/http_write.h"

/* expect: "METHOD target body-size;" for each request, '~' in front where it asks for 100 Continue,
 * '+' or
 * '-' behind for the connection going on or not, 'U' for a WebSocket; then "!status" or nothing. */
typedef struct request_case {
    const char *name, *in, *expect;
} request_case;

#define H "Host: a\r\n"
#define GET "GET /x HTTP/1.1\r\n" H
#define POST "POST /x HTTP/1.1\r\n" H
#define TE POST "Transfer-Encoding: chunked\r\n\r\n"
#define WS "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
#define WS_KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static const request_case REQUESTS[] = {
    {"get", GET "\r\n", "GET /x 0+;"},
    {"post", POST "Content-Length: 3\r\n\r\nabc", "POST /x 3+;"},
    {"leading CRLFs", "\r\n\r\n" GET "\r\n", "GET /x 0+;"},
    {"two", GET "\r\n" GET "\r\n", "GET /x 0+;GET /x 0+;"},
    {"body, then another", POST "Content-Length: 3\r\n\r\nabc" GET "\r\n", "POST /x 3+;GET /x 0+;"},
    {"CRLF between", GET "\r\n\r\n" GET "\r\n", "GET /x 0+;GET /x 0+;"},
    {"close", GET "Connection: close\r\n\r\n", "GET /x 0-;"},
    {"close in a list", GET "Connection: a, CLOSE\r\n\r\n", "GET /x 0-;"},
    {"close in a second field", GET "Connection: a\r\nConnection: close\r\n\r\n", "GET /x 0-;"},
    {"1.0", "GET / HTTP/1.0\r\n\r\n", "GET / 0-;"},
    {"1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 0+;"},
    {"1.2 is read as 1.1", "GET / HTTP/1.2\r\n" H "\r\n", "GET / 0+;"},
    {"empty value", GET "A:\r\nB: \t \r\n\r\n", "GET /x 0+;"},
    {"obs-text in a value", GET "A: \xe9\xff\r\n\r\n", "GET /x 0+;"},
    {"tab in a value", GET "A: a\tb\r\n\r\n", "GET /x 0+;"},
    {"host with port", "GET / HTTP/1.1\r\nHost: a.b-c:80\r\n\r\n", "GET / 0+;"},
    {"host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "GET / 0+;"},
    {"IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / 0+;"},
    {"absolute form", "GET http://b:81/y?z HTTP/1.1\r\n" H "\r\n", "GET /y?z 0+;"},
    {"absolute form without a path", "GET HTTP://b HTTP/1.1\r\n" H "\r\n", "GET / 0+;"},
    {"absolute form, query alone", "GET http://b?z HTTP/1.1\r\n" H "\r\n", "GET /?z 0+;"},
    {"absolute form, OPTIONS", "OPTIONS http://b HTTP/1.1\r\n" H "\r\n", "OPTIONS * 0+;"},
    {"asterisk form", "OPTIONS * HTTP/1.1\r\n" H "\r\n", "OPTIONS * 0+;"},
    {"chunked", TE "3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\n\r\n", "POST /x 5+;"},
    {"chunked, upper case", POST "Transfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
     "POST /x 10+;"},
    {"chunked with trailers", TE "1\r\na\r\n0\r\nT: u\r\nV:\r\n\r\n", "POST /x 1+;"},
    {"chunked with leading zeros", TE "0001\r\na\r\n000\r\n\r\n", "POST /x 1+;"},
    {"chunked with blanks before an extension", TE "1 \t;a\r\na\r\n0\r\n\r\n", "POST /x 1+;"},
    {"chunked, then another", TE "1\r\na\r\n0\r\n\r\n" GET "\r\n", "POST /x 1+;GET /x 0+;"},
    {"expect with a body", POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n", "~"},
    {"expect, body sent anyway", POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na",
     "POST /x 1+;"},
    {"expect without a body", POST "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n",
     "POST /x 0+;"},
    {"expect of 1.0 is ignored", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", "GET / 0-;"},
    {"websocket", GET WS WS_KEY "\r\n", "GET /x 0+U;"},
    {"websocket by POST is none", POST WS WS_KEY "Content-Length: 0\r\n\r\n", "POST /x 0+;"},

    {"no host", "GET / HTTP/1.1\r\n\r\n", "!400"},
    {"two hosts", GET "Host: b\r\n\r\n", "!400"},
    {"two equal hosts", GET H "\r\n", "!400"},
    {"two hosts in 1.0", "GET / HTTP/1.0\r\n" H H "\r\n", "!400"},
    {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "!400"},
    {"host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "!400"},
    {"host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "!400"},
    {"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "!400"},
    {"host with a bad port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "!400"},
    {"host with a great port", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", "!400"},
    {"host with half a bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "!400"},
    {"host with a bad escape", "GET / HTTP/1.1\r\nHost: a%2\r\n\r\n", "!400"},
    {"absolute form with a user", "GET http://u@b/ HTTP/1.1\r\n" H "\r\n", "!400"},
    {"absolute form without a host", "GET http:///x HTTP/1.1\r\n" H "\r\n", "!400"},
    {"absolute form, other scheme", "GET ftp://b/ HTTP/1.1\r\n" H "\r\n", "!400"},
    {"asterisk for GET", "GET * HTTP/1.1\r\n" H "\r\n", "!400"},
    {"connect", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "!405"},
    {"unknown method", "BREW / HTTP/1.1\r\n" H "\r\n", "!501"},
    {"lower case method", "get / HTTP/1.1\r\n" H "\r\n", "!501"},
    {"version 2", "GET / HTTP/2.0\r\n" H "\r\n", "!505"},
    {"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "!505"},
    {"version 0.9", "GET / HTTP/0.9\r\n\r\n", "!505"},
    {"version of two digits", "GET / HTTP/1.10\r\n" H "\r\n", "!400"},
    {"version in lower case", "GET / http/1.1\r\n" H "\r\n", "!400"},
    {"no version", "GET /\r\n\r\n", "!400"},
    {"two blanks", "GET  / HTTP/1.1\r\n" H "\r\n", "!400"},
    {"blank in the target", "GET /a b HTTP/1.1\r\n" H "\r\n", "!400"},
    {"blank behind the version", "GET / HTTP/1.1 \r\n" H "\r\n", "!400"},
    {"tab for a blank", "GET\t/ HTTP/1.1\r\n" H "\r\n", "!400"},
    {"fragment in the target", "GET /#a HTTP/1.1\r\n" H "\r\n", "!400"},
    {"control in the target", "GET /\x01 HTTP/1.1\r\n" H "\r\n", "!400"},
    {"high byte in the target", "GET /\xff HTTP/1.1\r\n" H "\r\n", "!400"},
    {"bare LF behind the line", "GET / HTTP/1.1\n" H "\r\n", "!400"},
    {"bare LF behind a field", GET "A: b\n\r\n", "!400"},
    {"bare LF at the end", GET "\n", "!400"},
    {"bare LF in front", "\nGET / HTTP/1.1\r\n" H "\r\n", "!400"},
    {"CR in a value", GET "A: b\rc\r\n\r\n", "!400"},
    {"folded", GET "A: b\r\n c\r\n\r\n", "!400"},
    {"folded at once", "GET / HTTP/1.1\r\n " H "\r\n", "!400"},
    {"folded by a tab", GET "A: b\r\n\tc\r\n\r\n", "!400"},
    {"blank before the colon", GET "A : b\r\n\r\n", "!400"},
    {"no colon", GET "Ab\r\n\r\n", "!400"},
    {"no name", GET ": b\r\n\r\n", "!400"},
    {"bracket in a name", GET "A(: b\r\n\r\n", "!400"},
    {"high byte in a name", GET "\xc3\xa9: b\r\n\r\n", "!400"},
    {"control in a value", GET "A: \x01\r\n\r\n", "!400"},
    {"DEL in a value", GET "A: \x7f\r\n\r\n", "!400"},
    {"both lengths", POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "!400"},
    {"both lengths, turned",
     POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "!400"},
    {"two lengths", POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "!400"},
    {"two equal lengths", POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "!400"},
    {"list of lengths", POST "Content-Length: 3, 3\r\n\r\nabc", "!400"},
    {"empty length", POST "Content-Length:\r\n\r\n", "!400"},
    {"negative length", POST "Content-Length: -1\r\n\r\n", "!400"},
    {"signed length", POST "Content-Length: +1\r\n\r\na", "!400"},
    {"hexadecimal length", POST "Content-Length: 0x1\r\n\r\na", "!400"},
    {"length with a point", POST "Content-Length: 1.0\r\n\r\na", "!400"},
    {"length over the bound", POST "Content-Length: 1048577\r\n\r\n", "!413"},
    {"unknown coding", POST "Transfer-Encoding: foo\r\n\r\n", "!501"},
    {"coding before chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "!501"},
    {"coding that is not chunked", POST "Transfer-Encoding: gzip\r\n\r\n", "!400"},
    {"chunked is not last", POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", "!400"},
    {"chunked twice", POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "!400"},
    {"chunked in two fields",
     POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400"},
    {"empty coding", POST "Transfer-Encoding:\r\n\r\n", "!400"},
    {"coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400"},
    {"chunk without a size", TE "\r\n", "!400"},
    {"chunk with a bad size", TE "g\r\n", "!400"},
    {"chunk with a sign", TE "+1\r\na\r\n0\r\n\r\n", "!400"},
    {"chunk with 0x", TE "0x1\r\na\r\n0\r\n\r\n", "!400"},
    {"chunk with a blank behind", TE "1 \r\na\r\n0\r\n\r\n", "!400"},
    {"chunk with a blank before", TE " 1\r\na\r\n0\r\n\r\n", "!400"},
    {"chunk ends in LF", TE "1\na\r\n0\r\n\r\n", "!400"},
    {"chunk longer than it says", TE "1\r\nab\r\n0\r\n\r\n", "!400"},
    {"chunk data ends in LF", TE "1\r\na\n0\r\n\r\n", "!400"},
    {"extension ends in LF", TE "1;a\na\r\n0\r\n\r\n", "!400"},
    {"control in an extension", TE "1;\x01\r\na\r\n0\r\n\r\n", "!400"},
    {"chunk of 2^64 and one", TE "10000000000000001\r\na", "!413"},
    {"chunks over the bound", TE "1\r\na\r\n100000\r\n", "!413"},
    {"bad trailer", TE "0\r\nT u\r\n\r\n", "!400"},
    {"folded trailer", TE "0\r\nT: u\r\n v\r\n\r\n", "!400"},
    {"trailer ends in LF", TE "0\r\nT: u\n\r\n", "!400"},
    {"other expectation", POST "Expect: x\r\nContent-Length: 0\r\n\r\n", "!417"},
    {"websocket of another version", GET "Upgrade: websocket\r\nConnection: Upgrade\r\n"
     WS_KEY "\r\n", "!426"},
    {"websocket without a key", GET WS "\r\n", "!400"},
    {"good, then bad", GET "\r\n" "GET / HTTP/1.1\r\n\r\n" GET "\r\n", "GET /x 0+;!400"},
    {"bytes of TLS", "\x16\x03\x01\x02\r\n\r\n", "!400"},
};

static int drain(http_reader *r, buf *log)
{
    int rc;

    while ((rc = http_next(r)) == 1) {
        buf_fmt(log, "%s %s %zu%c%s;", r->method, (const char *)r->target.data, r->body.size,
                r->keep ? '+' : '-', r->upgrade ? "U" : "");
        if (r->upgrade)
            return 2;
    }
    return rc;
}

static void check(const char *name, const char *in, size_t size, const char *expect, size_t cut,
                  size_t step)
{
    http_reader r;
    size_t at = 0;
    int rc = 0, asked;
    buf log;

    buf_init(&log, NULL, 0);
    http_reader_init(&r, NULL);
    while (rc == 0 && at < size) {
        size_t n = at < cut ? cut - at : size - at < step ? size - at : step;
        uint8_t *copy;

        n = n < SOCK_RX_BYTES ? n : SOCK_RX_BYTES;
        copy = malloc(n);               /* exactly as large, for the sanitizer to watch */
        assert_non_null(copy);
        memcpy(copy, in + at, n);
        assert_int_equal(http_feed(&r, copy, n), WICK_OK);
        free(copy);
        at += n;
        rc = drain(&r, &log);
    }
    asked = rc == 0 && r.expect;
    if (asked)
        buf_text(&log, "~");
    if (rc < 0)
        buf_fmt(&log, "!%d", r.status);
    buf_add(&log, "", 1);
    if (strcmp((const char *)log.data, expect) != 0)
        fail_msg("%s, cut at %zu, step %zu: '%s', expected '%s'", name, cut, step, log.data,
                 expect);
    http_reader_fini(&r);
    buf_fini(&log);
}

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REQUESTS / sizeof *REQUESTS; i++) {
        const request_case *c = REQUESTS + i;
        size_t size = strlen(c->in);

        for (size_t cut = 1; cut <= size; cut++)
            check(c->name, c->in, size, c->expect, cut, size);
        check(c->name, c->in, size, c->expect, 1, 1);
    }
}

static void test_nul_anywhere_in_a_head_is_refused(void **state)
{
    static const char IN[] = "GET /x HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n";
    char in[sizeof IN];

    (void)state;
    for (size_t i = 0; i < sizeof IN - 1; i++) {
        http_reader r;

        memcpy(in, IN, sizeof IN);
        in[i] = '\0';
        http_reader_init(&r, NULL);
        assert_int_equal(http_feed(&r, (uint8_t *)in, sizeof in - 1), WICK_OK);
        assert_int_not_equal(http_next(&r), 1);
        http_reader_fini(&r);
    }
}

static void large(const char *before, char fill, size_t count, const char *after,
                  const char *expect)
{
    buf in;

    buf_init(&in, NULL, 0);
    buf_text(&in, before);
    memset(buf_room(&in, count), fill, count);
    in.size += count;
    buf_text(&in, after);
    check("large", (const char *)in.data, in.size, expect, in.size, in.size);
    check("large", (const char *)in.data, in.size, expect, 1, 1000);
    buf_fini(&in);
}

static void many_fields(uint32_t count, const char *expect)
{
    buf in;

    buf_init(&in, NULL, 0);
    buf_text(&in, GET);
    for (uint32_t i = 1; i < count; i++)
        buf_fmt(&in, "A%u: b\r\n", i);
    buf_text(&in, "\r\n");
    check("many fields", (const char *)in.data, in.size, expect, in.size, in.size);
    check("many fields", (const char *)in.data, in.size, expect, 1, 7);
    buf_fini(&in);
}

static void test_bounds(void **state)
{
    char expect[8300];

    (void)state;
    large("GET /", 'a', 8200, " HTTP/1.1\r\n" H "\r\n", "!414");
    memset(expect, 'a', sizeof expect);
    memcpy(expect, "GET /", 5);
    memcpy(expect + 5 + 8000, " 0+;", 5);
    large("GET /", 'a', 8000, " HTTP/1.1\r\n" H "\r\n", expect);
    large("", 'A', 9000, " / HTTP/1.1\r\n" H "\r\n", "!501");
    large(GET "A: ", 'b', 16400, "\r\n\r\n", "!431");
    large(GET "A: ", 'b', 16000, "\r\n\r\n", "GET /x 0+;");
    large(GET "A: ", 'b', 30000, "", "!431");
    many_fields(100, "GET /x 0+;");
    many_fields(101, "!431");
    large(POST "Content-Length: 1048576\r\n\r\n", 'a', 1048576, GET "\r\n",
          "POST /x 1048576+;GET /x 0+;");
    large(TE "100000\r\n", 'a', 1048576, "\r\n0\r\n\r\n", "POST /x 1048576+;");
    large(TE "1;", 'a', 5000, "\r\na\r\n0\r\n\r\n", "!400");
    large(TE "0\r\nA: ", 'a', 5000, "\r\n\r\n", "!400");
}

/* Small chunks with large extensions: each line is in bounds, all of them are not. */
static void test_extensions_are_bounded_together(void **state)
{
    buf in;

    (void)state;
    buf_init(&in, NULL, 0);
    buf_text(&in, TE);
    for (int i = 0; i < 20; i++) {
        buf_text(&in, "1;");
        memset(buf_room(&in, 1000), 'x', 1000);
        in.size += 1000;
        buf_text(&in, "\r\na\r\n");
    }
    check("extensions", (const char *)in.data, in.size, "!400", in.size, in.size);
    buf_fini(&in);
}

static void fields_of(const char *in, const char *lines)
{
    http_reader r;

    http_reader_init(&r, NULL);
    assert_int_equal(http_feed(&r, (const uint8_t *)in, strlen(in)), WICK_OK);
    assert_int_equal(http_next(&r), 1);
    assert_string_equal((const char *)r.lines.data, lines);
    http_reader_fini(&r);
}

static void test_fields_as_lines(void **state)
{
    (void)state;
    fields_of("GET / HTTP/1.1\r\nHOST:  a \t\r\nX-Y: b  c\r\nE:\r\nC: d:\r\n\r\n",
              "host: a\nx-y: b  c\ne: \nc: d:\n");
    fields_of("GET http://long.example:81/ HTTP/1.1\r\nA: b\r\nHost: x\r\nC: d\r\n\r\n",
              "a: b\nhost: long.example:81\nc: d\n");
    fields_of("GET http://y/ HTTP/1.1\r\nHost: somewhere.else\r\n\r\n", "host: y\n");
}

static void head_is(http_answer a, int rc, const char *expect)
{
    buf out;

    buf_init(&out, NULL, 0);
    a.now_ns = 784111777000000000;      /* the example of RFC 9110 */
    assert_int_equal(http_write_head(&out, &a), rc);
    buf_add(&out, "", 1);
    if (rc == WICK_OK)
        assert_string_equal((const char *)out.data, expect);
    buf_fini(&out);
}

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void test_heads_of_answers(void **state)
{
    (void)state;
    head_is(
        (http_answer){.status = 200, .keep = 1, .minor = 1, .headers = "a: b\nc: d\n", .size = 5},
        WICK_OK, "HTTP/1.1 200 OK\r\n" DATE "a: b\r\nc: d\r\nContent-Length: 5\r\n\r\n");
    head_is((http_answer){.status = 200, .keep = 1, .minor = 0}, WICK_OK,
            "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n");
    head_is((http_answer){.status = 404, .minor = 1}, WICK_OK,
            "HTTP/1.1 404 Not Found\r\n" DATE "Content-Length: 0\r\nConnection: close\r\n\r\n");
    head_is((http_answer){.status = 204, .keep = 1, .minor = 1}, WICK_OK,
            "HTTP/1.1 204 No Content\r\n" DATE "\r\n");
    head_is((http_answer){.status = 304, .keep = 1, .minor = 1, .headers = "etag: \"x\""}, WICK_OK,
            "HTTP/1.1 304 Not Modified\r\n" DATE "etag: \"x\"\r\n\r\n");
    head_is((http_answer){.status = 426, .headers = "upgrade: websocket\n"}, WICK_OK,
            "HTTP/1.1 426 Upgrade Required\r\n" DATE
            "upgrade: websocket\r\nContent-Length: 0\r\nConnection: upgrade, close\r\n\r\n");
    head_is((http_answer){.status = 200, .headers = "Content-Length: 1\n"}, WICK_E_ARG, "");
    head_is((http_answer){.status = 200, .headers = "a: b\nDATE: x\n"}, WICK_E_ARG, "");
    head_is((http_answer){.status = 200, .headers = "a: b\r\nInjected: x\n"}, WICK_E_ARG, "");
    head_is((http_answer){.status = 200, .headers = "a b: c\n"}, WICK_E_ARG, "");
    head_is((http_answer){.status = 200, .headers = "nothing\n"}, WICK_E_ARG, "");
}

static void test_problem_bodies(void **state)
{
    buf out;

    (void)state;
    buf_init(&out, NULL, 0);
    assert_int_equal(http_write_problem(&out, 400, "a \"b\"\n\x7f"), WICK_OK);
    buf_add(&out, "", 1);
    assert_string_equal(
        (const char *)out.data,
        "{\"type\":\"/problems/bad-request\",\"title\":\"Bad Request\",\"status\":400,"
        "\"code\":\"bad-request\",\"detail\":\"a \\\"b\\\"\\u000a\\u007f\"}\n");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_nul_anywhere_in_a_head_is_refused),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_extensions_are_bounded_together),
        cmocka_unit_test(test_fields_as_lines),
        cmocka_unit_test(test_heads_of_answers),
        cmocka_unit_test(test_problem_bodies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
