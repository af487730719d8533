/* SPDX-License-Identifier: Apache-2.0
 * WebSocket framing: bytes in, messages out, each input whole and cut at every byte; frames written
 * and read back; UTF-8; the handshake; addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/handshake.h"
#include "net/ws.h"

enum { MESSAGE_MAX = 70000, FRAGMENTS_MAX = 4 };

typedef struct reading_case {
    const char *name;
    int         side;
    const char *hex;                    /* of the input */
    const char *expect;                 /* "T5:hello B0: i3:abc C1000:bye !1002" in order */
} reading_case;

/* What came out, as text: kind letter, size or code, payload; '!' and the close code of a
 * violation. */
static void note(buf *log, const ws_message *m)
{
    char kind = m->kind == WS_TEXT     ? 'T'
                : m->kind == WS_BINARY ? 'B'
                : m->kind == WS_PING   ? 'i'
                : m->kind == WS_PONG   ? 'o'
                                       : 'C';

    buf_fmt(log, "%c%u:%.*s ", kind, m->kind == WS_CLOSE ? m->code : (unsigned)m->size,
            m->size > 40 ? 0 : (int)m->size, (const char *)m->bytes);
}

static int feed(ws_reader *r, const uint8_t *bytes, size_t size, buf *log)
{
    uint8_t *copy =
        malloc(size + 1); /* exactly as large as the input, for the sanitizer to watch */
    size_t at = 0, used;
    ws_message m;
    int rc;

    assert_non_null(copy);
    memcpy(copy, bytes, size);
    do {
        rc = ws_read(r, copy + at, size - at, &used, &m);
        at += used;
        assert_true(at <= size);
        if (rc > 0)
            note(log, &m);
    } while (rc > 0);
    if (rc == WICK_E_DATA)
        buf_fmt(log, "!%u ", r->error);
    else
        assert_int_equal(at, size);
    free(copy);
    return rc;
}

static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    unsigned v;

    for (; *hex; hex += *hex == ' ' ? 1 : 2) {
        if (*hex == ' ')
            continue;
        assert_int_equal(sscanf(hex, "%2x", &v), 1);
        out[n++] = (uint8_t)v;
    }
    return n;
}

static void check(const reading_case *c, const uint8_t *in, size_t size, size_t cut, size_t step)
{
    ws_reader r;
    buf log;
    size_t at = cut;
    int rc;

    buf_init(&log, NULL, 0);
    buf_text(&log, "");
    ws_reader_init(&r, NULL, c->side, MESSAGE_MAX, FRAGMENTS_MAX);
    rc = feed(&r, in, cut, &log);
    while (rc == 0 && at < size) {
        size_t n = size - at < step ? size - at : step;

        rc = feed(&r, in + at, n, &log);
        at += n;
    }
    while (log.size && log.data[log.size - 1] == ' ')
        log.size--;
    buf_add(&log, "", 1);
    if (strcmp((const char *)log.data, c->expect) != 0)
        fail_msg("%s, cut at %zu, step %zu: '%s', expected '%s'", c->name, cut, step, log.data,
                 c->expect);
    buf_fini(&log);
    ws_reader_fini(&r);
}

static void check_all_ways(const reading_case *c, const uint8_t *in, size_t size)
{
    for (size_t cut = 0; cut <= size; cut++)
        check(c, in, size, cut, size + 1);
    check(c, in, size, 0, 1);
}

static const reading_case READING[] = {
    {"text", WS_CLIENT, "81 05 68656c6c6f", "T5:hello"},
    {"masked text", WS_SERVER, "81 85 37fa213d 7f9f4d5158", "T5:Hello"},
    {"empty text", WS_CLIENT, "81 00", "T0:"},
    {"binary", WS_CLIENT, "82 02 6161", "B2:aa"},
    {"two in a row", WS_CLIENT, "81 01 61 81 01 62", "T1:a T1:b"},
    {"fragments", WS_CLIENT, "01 01 61 00 01 62 80 01 63", "T3:abc"},
    {"fragments of nothing", WS_CLIENT, "01 00 00 00 80 00 81 01 61", "T0: T1:a"},
    {"masked fragments", WS_SERVER, "01 81 01020304 60 80 82 04030201 6661", "T3:abb"},
    {"ping inside a message", WS_CLIENT, "01 01 61 89 02 7878 80 01 62", "i2:xx T2:ab"},
    {"pong", WS_CLIENT, "8a 00", "o0:"},
    {"masked ping", WS_SERVER, "89 82 01020304 6063", "i2:aa"},
    {"close", WS_CLIENT, "88 00", "C1005:"},
    {"close with a reason", WS_CLIENT, "88 05 03e8 627965", "C1000:bye"},
    {"close 4999", WS_CLIENT, "88 02 1387", "C4999:"},
    {"close 3000", WS_CLIENT, "88 02 0bb8", "C3000:"},
    {"close of one byte", WS_CLIENT, "88 01 03", "!1002"},
    {"close 0", WS_CLIENT, "88 02 0000", "!1002"},
    {"close 999", WS_CLIENT, "88 02 03e7", "!1002"},
    {"close 1004", WS_CLIENT, "88 02 03ec", "!1002"},
    {"close 1005", WS_CLIENT, "88 02 03ed", "!1002"},
    {"close 1006", WS_CLIENT, "88 02 03ee", "!1002"},
    {"close 1015", WS_CLIENT, "88 02 03f7", "!1002"},
    {"close 2000", WS_CLIENT, "88 02 07d0", "!1002"},
    {"close 5000", WS_CLIENT, "88 02 1388", "!1002"},
    {"close with a reason that is no text", WS_CLIENT, "88 03 03e8 ff", "!1007"},
    {"close with half a character", WS_CLIENT, "88 03 03e8 c3", "!1007"},
    {"reserved bit 1", WS_CLIENT, "c1 00", "!1002"},
    {"reserved bit 2", WS_CLIENT, "a1 00", "!1002"},
    {"reserved bit 3", WS_CLIENT, "91 00", "!1002"},
    {"opcode 3", WS_CLIENT, "83 00", "!1002"},
    {"opcode 7", WS_CLIENT, "87 00", "!1002"},
    {"opcode 11", WS_CLIENT, "8b 00", "!1002"},
    {"opcode 15", WS_CLIENT, "8f 00", "!1002"},
    {"control frame in fragments", WS_CLIENT, "09 00", "!1002"},
    {"control frame too large", WS_CLIENT, "89 7e 007e", "!1002"},
    {"continuation of nothing", WS_CLIENT, "80 01 61", "!1002"},
    {"continuation after a whole message", WS_CLIENT, "81 01 61 00 01 62", "T1:a !1002"},
    {"message inside a message", WS_CLIENT, "01 01 61 81 01 62", "!1002"},
    {"unmasked at a server", WS_SERVER, "81 01 61", "!1002"},
    {"masked at a client", WS_CLIENT, "81 81 00000000 61", "!1002"},
    {"length of 16 bits that fits 7", WS_CLIENT, "81 7e 0005 68656c6c6f", "!1002"},
    {"length of 64 bits that fits 16", WS_CLIENT, "82 7f 000000000000ffff", "!1002"},
    {"length of 64 bits, negative", WS_CLIENT, "82 7f 8000000000000000", "!1002"},
    {"too large", WS_CLIENT, "82 7f 0000000000011171", "!1009"},
    {"too large by fragments", WS_CLIENT, "01 01 61 80 7f 0000000000011170", "!1009"},
    {"length of all ones", WS_CLIENT, "01 01 61 80 7f 7fffffffffffffff", "!1009"},
    {"too many fragments", WS_CLIENT, "01 00 00 00 00 00 00 00 00 01 61", "!1009"},
    {"as many fragments as may be", WS_CLIENT, "01 00 00 00 00 00 80 01 61", "T1:a"},
    {"an empty last fragment is free", WS_CLIENT, "01 00 00 00 00 00 00 01 61 80 00", "T1:a"},
    {"bad byte", WS_CLIENT, "81 03 61ff61", "!1007"},
    {"bad byte is known before the end", WS_CLIENT, "01 01 ff", "!1007"},
    {"overlong", WS_CLIENT, "81 02 c080", "!1007"},
    {"surrogate", WS_CLIENT, "81 03 eda080", "!1007"},
    {"above the last character", WS_CLIENT, "81 04 f4908080", "!1007"},
    {"character over fragments", WS_CLIENT, "01 01 c3 80 01 a9", "T2:\xc3\xa9"},
    {"text ends inside a character", WS_CLIENT, "81 01 c3", "!1007"},
    {"ping between halves of a character", WS_CLIENT, "01 02 e282 89 00 80 01 ac",
     "i0: T3:\xe2\x82\xac"},
    {"binary is not text", WS_CLIENT, "82 02 ffff", "B2:\xff\xff"},
    {"binary fragments are not text", WS_CLIENT, "02 01 ff 80 01 fe", "B2:\xff\xfe"},
    {"nothing is read behind a violation", WS_CLIENT, "83 00 81 01 61", "!1002"},
};

static void test_reading(void **state)
{
    uint8_t in[256];

    (void)state;
    for (size_t i = 0; i < sizeof READING / sizeof *READING; i++)
        check_all_ways(READING + i, in, unhex(READING[i].hex, in));
}

/* Frames of every interesting size, written and read back, at both sides, cut here and there. */
static void test_written_frames_read_back(void **state)
{
    static const size_t SIZES[] = {0,   1,   7,   8,     31,    32,         33,
                                   125, 126, 127, 65535, 65536, MESSAGE_MAX};
    static const uint8_t KEY[4] = {0xa1, 0x02, 0xf3, 0x44};
    uint8_t *frame = malloc(MESSAGE_MAX + WS_HEAD_MAX), *body = malloc(MESSAGE_MAX);

    (void)state;
    for (size_t i = 0; i < MESSAGE_MAX; i++)
        body[i] = (uint8_t)(i * 7 % 128);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++)
        for (int side = 0; side < 2; side++) {
            const uint8_t *key = side == WS_SERVER ? KEY : NULL;
            char expect[64];
            reading_case c = {"written", side, "", expect};
            size_t size = SIZES[i], head = ws_head(frame, WS_TEXT, 1, size, key);

            if (key)
                ws_mask(frame + head, body, size, key, 0);
            else
                memcpy(frame + head, body, size);
            snprintf(expect, sizeof expect, "T%zu:%.*s", size, size > 40 ? 0 : (int)size,
                     (char *)body);
            if (size && size <= 40)
                continue;               /* the payload begins with a 0: compared below */
            for (size_t cut = 0; cut <= head + size; cut += 1 + cut / 3)
                check(&c, frame, head + size, cut, head + size + 1);
        }
    free(frame);
    free(body);
}

static void test_mask_at_every_offset(void **state)
{
    static const uint8_t KEY[4] = {1, 2, 3, 4};
    uint8_t in[100], out[100], again[100];

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 31);
    for (size_t from = 0; from < 9; from++)
        for (size_t size = 0; size + from <= sizeof in; size++)
            for (uint64_t at = 0; at < 5; at++) {
                memset(out, 0, sizeof out);
                ws_mask(out + from, in + from, size, KEY, at);
                for (size_t i = 0; i < size; i++)
                    assert_int_equal(out[from + i], in[from + i] ^ KEY[(at + i) % 4]);
                memcpy(again, out, sizeof out);
                ws_mask(again + from, again + from, size, KEY, at);
                assert_memory_equal(again + from, in + from, size);
            }
}

/* A frame that lies whole in the input is handed on where it lies. */
static void test_whole_frames_are_not_copied(void **state)
{
    uint8_t in[] = {0x81, 2, 'h', 'i', 0x82, 1, 'x'};
    ws_message m;
    ws_reader r;
    size_t used;

    (void)state;
    ws_reader_init(&r, NULL, WS_CLIENT, 100, 10);
    assert_int_equal(ws_read(&r, in, sizeof in, &used, &m), WS_TEXT);
    assert_ptr_equal(m.bytes, in + 2);
    assert_int_equal(used, 4);
    assert_int_equal(ws_read(&r, in + 4, 3, &used, &m), WS_BINARY);
    assert_ptr_equal(m.bytes, in + 6);
    assert_null(r.part.data);
    ws_reader_fini(&r);
}

/* ---- UTF-8 by its definition, not by our table ---- */

static int valid_by_definition(const uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size;) {
        uint32_t c = b[i], n = c < 0x80       ? 0
                               : c >> 5 == 6  ? 1
                               : c >> 4 == 14 ? 2
                               : c >> 3 == 30 ? 3
                                              : 9;
        static const uint32_t LEAST[] = {0, 0x80, 0x800, 0x10000};

        if (n == 9 || i + n >= size)
            return 0;
        c &= n == 0 ? 0x7f : n == 1 ? 0x1f : n == 2 ? 0x0f : 0x07;
        for (uint32_t k = 1; k <= n; k++) {
            if ((b[i + k] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (b[i + k] & 0x3f);
        }
        if (c < LEAST[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return 0;
        i += n + 1;
    }
    return 1;
}

static void test_utf8_against_its_definition(void **state)
{
    static const uint8_t EDGES[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
                                    0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
                                    0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    enum { N = sizeof EDGES };

    (void)state;
    for (uint32_t i = 0; i < N * N * N * N; i++) {
        uint8_t b[4] = {EDGES[i % N], EDGES[i / N % N], EDGES[i / N / N % N], EDGES[i / N / N / N]};

        for (size_t cut = 0; cut < 4; cut++) {
            utf8 u = {0};
            int ok = utf8_feed(&u, b, cut) == 0 && utf8_feed(&u, b + cut, 4 - cut) == 0 &&
                     utf8_whole(&u);

            assert_int_equal(ok, valid_by_definition(b, 4));
        }
    }
}

static void test_utf8_in_long_runs(void **state)
{
    uint8_t b[200];

    (void)state;
    for (size_t at = 0; at < 190; at++) {
        utf8 u = {0};

        memset(b, 'a', sizeof b);
        memcpy(b + at, "\xf0\x9f\x98\x80", 4);
        assert_int_equal(utf8_feed(&u, b, sizeof b), 0);
        assert_true(utf8_whole(&u));
        b[at + 3] = 'a';
        u = (utf8){0};
        assert_int_equal(utf8_feed(&u, b, sizeof b), -1);
    }
}

/* ---- handshake ---- */

static void test_accept_of_the_rfc(void **state)
{
    char out[HANDSHAKE_ACCEPT];

    (void)state;
    handshake_accept("dGhlIHNhbXBsZSBub25jZQ==", 24, out);
    assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#define REPLY_HEAD "HTTP/1.1 101 Switching Protocols\r\n"
#define REPLY_UP "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
#define REPLY_KEY "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static const struct {
    const char *in;
    int         rc;
    const char *why;
} REPLIES[] = {
    {REPLY_HEAD REPLY_UP REPLY_KEY "\r\n", 1, ""},
    {REPLY_HEAD REPLY_UP REPLY_KEY, 0, ""},
    {"HTTP/1.1 403 Forbidden\r\n\r\n", WICK_E_DATA, "403"},
    {"HTTP/1.0 101 OK\r\n" REPLY_UP REPLY_KEY "\r\n", WICK_E_DATA, "not HTTP/1.1"},
    {"HTTP/1.1 1010 OK\r\n" REPLY_UP REPLY_KEY "\r\n", WICK_E_DATA, "1010"},
    {REPLY_HEAD "Connection: Upgrade\r\n" REPLY_KEY "\r\n", WICK_E_DATA, "websocket"},
    {REPLY_HEAD "Upgrade: websocket\r\n" REPLY_KEY "\r\n", WICK_E_DATA, "Connection"},
    {REPLY_HEAD REPLY_UP "\r\n", WICK_E_DATA, "Accept"},
    {REPLY_HEAD REPLY_UP REPLY_KEY REPLY_KEY "\r\n", WICK_E_DATA, "Accept"},
    {REPLY_HEAD REPLY_UP "Sec-WebSocket-Accept: x3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     WICK_E_DATA, "Accept"},
    {REPLY_HEAD REPLY_UP REPLY_KEY "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
     WICK_E_DATA,
     "extension"},
    {REPLY_HEAD REPLY_UP REPLY_KEY "Sec-WebSocket-Protocol: x\r\n\r\n", WICK_E_DATA, "subprotocol"},
    {REPLY_HEAD "A : b\r\n\r\n", WICK_E_DATA, "malformed"},
    {REPLY_HEAD " folded: b\r\n\r\n", WICK_E_DATA, "malformed"},
    {"HTTP/1.1 101 OK\nA: b\n\n", WICK_E_DATA, "CRLF"},
};

static void test_replies_to_the_handshake(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REPLIES / sizeof *REPLIES; i++) {
        const char *in = REPLIES[i].in;
        char why[160] = "";
        size_t used = 0;
        int rc = 0;

        for (size_t n = 0; n <= strlen(in) && rc == 0; n++)     /* as it grows byte by byte */
            rc = handshake_reply(NULL, (const uint8_t *)in, n, "dGhlIHNhbXBsZSBub25jZQ==", NULL,
                                 &used, why, sizeof why);
        assert_int_equal(rc, REPLIES[i].rc);
        if (rc == 1)
            assert_int_equal(used, strlen(in));
        else
            assert_non_null(strstr(why, REPLIES[i].why));
    }
}

static void test_endless_reply_is_refused(void **state)
{
    static char in[40000];
    char why[160] = "";
    size_t used = 0;

    (void)state;
    memset(in, 'a', sizeof in);
    memcpy(in, REPLY_HEAD, strlen(REPLY_HEAD));
    assert_int_equal(
        handshake_reply(NULL, (uint8_t *)in, sizeof in, "", NULL, &used, why, sizeof why),
        WICK_E_DATA);
    assert_non_null(strstr(why, "too large"));
}

#define ASK "upgrade: websocket\nconnection: Upgrade\n"
#define VERSION "sec-websocket-version: 13\n"
#define KEY_LINE "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\n"

static const struct {
    const char *lines;
    int         rc, status;
} ASKED[] = {
    {"host: a\n", 0, 0},
    {"upgrade: websocket\n", 0, 0},
    {"connection: upgrade\nupgrade: h2c\n", 0, 0},
    {ASK VERSION KEY_LINE, 1, 0},
    {"upgrade: h2c, WebSocket\nconnection: a, UPGRADE\n" VERSION KEY_LINE, 1, 0},
    {ASK KEY_LINE, WICK_E_DATA, 426},
    {ASK "sec-websocket-version: 8\n" KEY_LINE, WICK_E_DATA, 426},
    {ASK VERSION VERSION KEY_LINE, WICK_E_DATA, 426},
    {ASK VERSION, WICK_E_DATA, 400},
    {ASK VERSION KEY_LINE KEY_LINE, WICK_E_DATA, 400},
    {ASK VERSION "sec-websocket-key: short==\n", WICK_E_DATA, 400},
    {ASK VERSION "sec-websocket-key: dGhlIHNhbXBsZSBub25jZR==\n", WICK_E_DATA, 400},
    {ASK VERSION "sec-websocket-key: dGhlIHNhbXBsZSBub2-jZQ==\n", WICK_E_DATA, 400},
};

static void test_requests_for_a_websocket(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ASKED / sizeof *ASKED; i++) {
        const char *why = "";
        int status = 0, rc = handshake_asked(ASKED[i].lines, strlen(ASKED[i].lines), &status, &why);

        assert_int_equal(rc, ASKED[i].rc);
        if (rc < 0)
            assert_int_equal(status, ASKED[i].status);
    }
}

static const struct {
    const char *url, *host, *authority, *path;
    int         port, tls;
} URLS[] = {
    {"ws://a", "a", "a", "/", 80, 0},
    {"wss://a", "a", "a", "/", 443, 1},
    {"WSS://a:443/x", "a", "a", "/x", 443, 1},
    {"ws://a.b:8080/v2?x=y", "a.b", "a.b:8080", "/v2?x=y", 8080, 0},
    {"ws://a?x", "a", "a", "/?x", 80, 0},
    {"ws://[::1]:9000/", "::1", "[::1]:9000", "/", 9000, 0},
    {"ws://[2001:db8::1]", "2001:db8::1", "[2001:db8::1]", "/", 80, 0},
    {"http://a", NULL, NULL, NULL, 0, 0},
    {"ws:/a", NULL, NULL, NULL, 0, 0},
    {"ws://", NULL, NULL, NULL, 0, 0},
    {"ws:///x", NULL, NULL, NULL, 0, 0},
    {"ws://:80", NULL, NULL, NULL, 0, 0},
    {"ws://u@a", NULL, NULL, NULL, 0, 0},
    {"ws://u:p@a", NULL, NULL, NULL, 0, 0},
    {"ws://a:0", NULL, NULL, NULL, 0, 0},
    {"ws://a:", "a", "a", "/", 80, 0},
    {"ws://a:65536", NULL, NULL, NULL, 0, 0},
    {"ws://a:1x", NULL, NULL, NULL, 0, 0},
    {"ws://[::1", NULL, NULL, NULL, 0, 0},
    {"ws://[::1]x", NULL, NULL, NULL, 0, 0},
    {"ws://[g]", NULL, NULL, NULL, 0, 0},
    {"ws://a#f", NULL, NULL, NULL, 0, 0},
    {"ws://a/ b", NULL, NULL, NULL, 0, 0},
    {"ws://a/\r\nX: y", NULL, NULL, NULL, 0, 0},
};

static void test_addresses(void **state)
{
    wick *w;
    net_url u;

    (void)state;
    assert_int_equal(wick_open(NULL, &w), WICK_OK);
    for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++) {
        int rc = url_parse(w, URLS[i].url, &u);

        if (!URLS[i].host) {
            assert_int_equal(rc, WICK_E_ARG);
            continue;
        }
        assert_int_equal(rc, WICK_OK);
        assert_string_equal(u.host, URLS[i].host);
        assert_string_equal(u.authority, URLS[i].authority);
        assert_string_equal(u.path, URLS[i].path);
        assert_int_equal(u.port, URLS[i].port);
        assert_int_equal(u.tls, URLS[i].tls);
    }
    wick_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_written_frames_read_back),
        cmocka_unit_test(test_mask_at_every_offset),
        cmocka_unit_test(test_whole_frames_are_not_copied),
        cmocka_unit_test(test_utf8_against_its_definition),
        cmocka_unit_test(test_utf8_in_long_runs),
        cmocka_unit_test(test_accept_of_the_rfc),
        cmocka_unit_test(test_replies_to_the_handshake),
        cmocka_unit_test(test_endless_reply_is_refused),
        cmocka_unit_test(test_requests_for_a_websocket),
        cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
