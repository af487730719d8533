/* SPDX-License-Identifier: Apache-2.0
 * WebSocket connections, client against server over loopback: messages both ways, back-pressure,
 * pings, every kind of end, handshakes that fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/handshake.h"
#include "net/wsconn.h"

enum { TURNS_MAX = 40000 };

typedef struct side {
    wsconn  *c;
    int      opened, closed, status, code, pongs;
    uint32_t messages, calls, hold_after;
    size_t   bytes;
    char     last[64], why[200];
    struct rig *r;
} side;

typedef struct rig {
    wick *w;
    sock_listener *l;
    sock *raw;                          /* accepted, before the handshake */
    buf   head;
    const char *reply;                  /* instead of the right answer */
    side  client, server;
} rig;

static void on_opened(wsconn *c, void *user)
{
    (void)c;
    ((side *)user)->opened = 1;
}

static void on_messages(wsconn *c, void *user, const ws_message *m, uint32_t count)
{
    side *s = user;

    assert_true(count >= 1 && count <= WSCONN_BATCH);
    s->calls++;
    for (uint32_t i = 0; i < count; i++) {
        s->messages++;
        s->bytes += m[i].size;
        snprintf(s->last, sizeof s->last, "%.*s", (int)(m[i].size < 60 ? m[i].size : 60),
                 (const char *)m[i].bytes);
    }
    if (s->hold_after && s->messages >= s->hold_after) {
        s->hold_after = 0;
        wsconn_flow(c, 0);
    }
}

static void on_pong(wsconn *c, void *user)
{
    (void)c;
    ((side *)user)->pongs++;
}

static void on_closed(wsconn *c, void *user, int status, int code, const char *why)
{
    side *s = user;

    assert_ptr_equal(c, s->c);
    s->c = NULL;
    s->closed++;
    s->status = status;
    s->code = code;
    snprintf(s->why, sizeof s->why, "%s", why);
}

static const wsconn_ops OPS = {on_opened, on_messages, on_pong, NULL, on_closed};

static void raw_data(sock *s, void *user, uint8_t *bytes, size_t size)
{
    rig *r = user;
    const char *why;
    buf first, lines, answer;
    size_t used = 0;

    buf_init(&first, r->w, 0);
    buf_init(&lines, r->w, 0);
    buf_init(&answer, r->w, 0);
    buf_add(&r->head, bytes, size);
    if (head_read(r->head.data, r->head.size, &used, &first, &lines, &why) == 1) {
        const char *text = (const char *)lines.data;
        int status;

        assert_int_equal(handshake_asked(text, lines.size, &status, &why), 1);
        assert_non_null(head_find(text, lines.size, "host", &size));
        if (r->reply) {
            sock_write(s, r->reply, strlen(r->reply));
        } else {
            handshake_answer(text, lines.size, &answer);
            sock_write(s, answer.data, answer.size);
            r->raw = NULL;
            assert_int_equal(wsconn_accept(s, NULL, 0, NULL, &OPS, &r->server, &r->server.c),
                             WICK_OK);
        }
    }
    buf_fini(&first);
    buf_fini(&lines);
    buf_fini(&answer);
}

static void raw_closed(sock *s, void *user, int status, const char *why)
{
    (void)s, (void)status, (void)why;
    ((rig *)user)->raw = NULL;
}

static const sock_ops RAW = {.data = raw_data, .closed = raw_closed};

static void accepted(void *user, sock *s)
{
    rig *r = user;

    r->raw = s;
    sock_take(s, &RAW, r);
}

static void wake(uv_timer_t *t)
{
    (void)t;
}

static void gone(uv_handle_t *h)
{
    *(int *)h->data = 1;
}

/* Turn the loop until cond holds or the deadline, in turns of at most 20 ms, is over. */
#define UNTIL(r, cond)                                    \
    do {                                                  \
        uv_timer_t t_;                                    \
        int closed_ = 0;                                  \
        uv_timer_init(&(r)->w->loop, &t_);                \
        t_.data = &closed_;                               \
        uv_timer_start(&t_, wake, 20, 20);                \
        for (int i_ = 0; i_ < TURNS_MAX && !(cond); i_++) \
            uv_run(&(r)->w->loop, UV_RUN_ONCE);           \
        uv_close((uv_handle_t *)&t_, gone);               \
        while (!closed_)                                  \
            uv_run(&(r)->w->loop, UV_RUN_NOWAIT);         \
        assert_true(cond);                                \
    } while (0)

static void rig_open(rig *r, const wsconn_conf *conf, const char *reply)
{
    char url[64];

    memset(r, 0, sizeof *r);
    assert_int_equal(wick_open(NULL, &r->w), WICK_OK);
    buf_init(&r->head, r->w, 0);
    r->reply = reply;
    assert_int_equal(sock_listen(r->w, "127.0.0.1", 0, NULL, accepted, r, &r->l), WICK_OK);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/v2?x", sock_listener_port(r->l));
    assert_int_equal(wsconn_connect(r->w, url, conf, &OPS, &r->client, &r->client.c), WICK_OK);
    if (!reply)
        UNTIL(r, r->client.opened && r->server.c);
}

static void rig_close(rig *r)
{
    wsconn_abort(r->client.c);
    wsconn_abort(r->server.c);
    sock_close(r->raw, SOCK_ABORT);
    sock_listener_close(r->l);
    buf_fini(&r->head);
    wick_close(r->w);
}

static void test_messages_both_ways(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, NULL, NULL);
    assert_int_equal(wsconn_send(r.client.c, WS_TEXT, "hello", 5), WICK_OK);
    assert_int_equal(wsconn_send(r.client.c, WS_BINARY, "", 0), WICK_OK);
    assert_int_equal(wsconn_send_parts(r.client.c, WS_TEXT, "in four parts", 13, 4), WICK_OK);
    UNTIL(&r, r.server.messages == 3);
    assert_string_equal(r.server.last, "in four parts");
    assert_int_equal(wsconn_send_parts(r.server.c, WS_TEXT, "ab", 2, 5), WICK_OK);
    UNTIL(&r, r.client.messages == 1);
    assert_string_equal(r.client.last, "ab");
    assert_int_equal(wsconn_send(r.client.c, WS_PING, "", 0), WICK_E_ARG);
    rig_close(&r);
}

static void test_many_small_messages_come_in_batches(void **state)
{
    enum { COUNT = 100000 };
    uint32_t sent = 0;
    rig r;

    (void)state;
    rig_open(&r, NULL, NULL);
    while (sent < COUNT) {
        while (sent < COUNT && wsconn_send(r.server.c, WS_TEXT, "0123456789", 10) == WICK_OK)
            sent++;
        uv_run(&r.w->loop, UV_RUN_NOWAIT);
    }
    UNTIL(&r, r.client.messages == COUNT);
    assert_int_equal(r.client.bytes, 10 * COUNT);
    assert_true(r.client.calls < COUNT / 20);
    rig_close(&r);
}

/* Held in the middle of what one read brought: nothing is lost, nothing comes early, order is kept.
 */
static void test_flow_off_inside_a_batch(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, NULL, NULL);
    r.client.hold_after = 300;
    for (int i = 0; i < 2000; i++) {
        char text[16];

        snprintf(text, sizeof text, "%d", i);
        assert_int_equal(wsconn_send(r.server.c, WS_TEXT, text, strlen(text)), WICK_OK);
    }
    UNTIL(&r, r.client.messages >= 300);
    for (int i = 0; i < 50; i++)
        uv_run(&r.w->loop, UV_RUN_NOWAIT);
    assert_int_equal(r.client.messages, 512);       /* whole batches of WSCONN_BATCH */
    assert_string_equal(r.client.last, "511");
    wsconn_flow(r.client.c, 1);
    UNTIL(&r, r.client.messages == 2000);
    assert_string_equal(r.client.last, "1999");
    rig_close(&r);
}

static void test_full_queue_says_again(void **state)
{
    static char big[400000];
    int sent = 0;
    rig r;

    (void)state;
    memset(big, 'x', sizeof big);
    rig_open(&r, NULL, NULL);
    wsconn_flow(r.client.c, 0);
    for (int i = 0; i < 100; i++) {
        if (wsconn_send(r.server.c, WS_TEXT, big, sizeof big) == WICK_OK)
            sent++;
        uv_run(&r.w->loop, UV_RUN_NOWAIT);
    }
    assert_true(sent < 100);
    assert_int_equal(wsconn_send(r.server.c, WS_TEXT, big, sizeof big), WICK_E_AGAIN);
    assert_true(wsconn_waiting(r.server.c) <= SOCK_QUEUE_BYTES);
    wsconn_flow(r.client.c, 1);
    UNTIL(&r, r.client.messages == (uint32_t)sent);
    rig_close(&r);
}

static void test_pings_are_answered(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, NULL, NULL);
    wsconn_ping(r.client.c, "x", 1);
    wsconn_ping(r.server.c, "", 0);
    UNTIL(&r, r.client.pongs == 1 && r.server.pongs == 1);
    rig_close(&r);
}

static void ends(int by_client, int code, const char *reason)
{
    rig r;

    rig_open(&r, NULL, NULL);
    wsconn_send(r.client.c, WS_TEXT, "last", 4);
    wsconn_send(r.server.c, WS_TEXT, "last", 4);
    wsconn_close(by_client ? r.client.c : r.server.c, code, reason);
    UNTIL(&r, r.client.closed == 1 && r.server.closed == 1);
    assert_int_equal(r.client.status, WICK_OK);
    assert_int_equal(r.server.status, WICK_OK);
    assert_int_equal(r.client.code, code);
    assert_int_equal(r.server.code, code);
    assert_int_equal(by_client ? r.server.messages : r.client.messages, 1);
    rig_close(&r);
}

static void test_closing_handshakes(void **state)
{
    (void)state;
    ends(1, WS_OK, "bye");
    ends(0, WS_GOING, NULL);
    ends(1, WS_NO_CODE, NULL);
    ends(0, 4000, "a reason");
}

static void test_cut_without_a_close_frame(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, NULL, NULL);
    wsconn_send(r.server.c, WS_TEXT, "last", 4);
    for (int i = 0; i < 5; i++)
        uv_run(&r.w->loop, UV_RUN_NOWAIT);
    wsconn_abort(r.server.c);
    r.server.c = NULL;
    UNTIL(&r, r.client.closed == 1);
    assert_int_equal(r.client.messages, 1);
    assert_int_equal(r.client.status, WICK_E_IO);
    assert_int_equal(r.client.code, WS_ABNORMAL);
    assert_int_equal(r.server.closed, 0);       /* whoever cuts it is not told */
    rig_close(&r);
}

static void test_close_while_held(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, NULL, NULL);
    wsconn_flow(r.client.c, 0);
    for (int i = 0; i < 1000; i++)
        wsconn_send(r.server.c, WS_TEXT, "x", 1);
    wsconn_close(r.client.c, WS_OK, "");
    UNTIL(&r, r.client.closed == 1);
    assert_int_equal(r.client.status, WICK_OK);
    rig_close(&r);
}

static void fails(const char *reply, const char *why)
{
    rig r;

    rig_open(&r, NULL, reply);
    UNTIL(&r, r.client.closed == 1);
    assert_int_equal(r.client.opened, 0);
    assert_true(r.client.status < 0);
    assert_int_equal(r.client.code, WS_ABNORMAL);
    assert_non_null(strstr(r.client.why, why));
    rig_close(&r);
}

static void test_handshakes_that_fail(void **state)
{
    (void)state;
    fails("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "401 Unauthorized");
    fails("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: "
          "x\r\n\r\n",
          "Sec-WebSocket-Accept");
    fails("SSH-2.0-OpenSSH\r\n\r\n", "not HTTP/1.1");
    fails("nonsense\n", "CRLF");
}

static void test_handshake_that_is_never_answered(void **state)
{
    wsconn_conf conf = {.timeout_ms = 50};
    rig r;

    (void)state;
    rig_open(&r, &conf, "HTTP/1.1 101 ");
    UNTIL(&r, r.client.closed == 1);
    assert_int_equal(r.client.status, WICK_E_IO);
    assert_non_null(strstr(r.client.why, "in time"));
    rig_close(&r);
}

static void test_bad_addresses_and_headers(void **state)
{
    wsconn_conf conf = {.headers = "A: b\r\nInjected: c\n"};
    wsconn *c;
    wick *w;

    (void)state;
    assert_int_equal(wick_open(NULL, &w), WICK_OK);
    assert_int_equal(wsconn_connect(w, "http://a", NULL, &OPS, NULL, &c), WICK_E_ARG);
    assert_int_equal(wsconn_connect(w, "ws://a", &conf, &OPS, NULL, &c), WICK_E_ARG);
    conf = (wsconn_conf){.protocol = "two words"};
    assert_int_equal(wsconn_connect(w, "ws://a", &conf, &OPS, NULL, &c), WICK_E_ARG);
    wick_close(w);
}

static void test_bounds_of_a_message(void **state)
{
    wsconn_conf conf = {.max_message = 100, .max_fragments = 3};
    char text[101] = "";
    rig r;

    (void)state;
    memset(text, 'x', sizeof text);
    rig_open(&r, &conf, NULL);
    wsconn_send(r.server.c, WS_TEXT, text, 100);
    wsconn_send(r.server.c, WS_TEXT, text, 101);
    UNTIL(&r, r.client.closed && r.server.closed);
    assert_int_equal(r.client.messages, 1);
    assert_int_equal(r.client.status, WICK_E_DATA);
    assert_int_equal(r.server.code, WS_TOO_BIG);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_both_ways),
        cmocka_unit_test(test_many_small_messages_come_in_batches),
        cmocka_unit_test(test_flow_off_inside_a_batch),
        cmocka_unit_test(test_full_queue_says_again),
        cmocka_unit_test(test_pings_are_answered),
        cmocka_unit_test(test_closing_handshakes),
        cmocka_unit_test(test_cut_without_a_close_frame),
        cmocka_unit_test(test_close_while_held),
        cmocka_unit_test(test_handshakes_that_fail),
        cmocka_unit_test(test_handshake_that_is_never_answered),
        cmocka_unit_test(test_bad_addresses_and_headers),
        cmocka_unit_test(test_bounds_of_a_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
