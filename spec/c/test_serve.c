/* SPDX-License-Identifier: Apache-2.0
 * The HTTP server as a stage, spoken to by blocking-free raw sockets: order, bounds, deadlines,
 * draining, upgrades, and the HTTP client against it. Deadlines are tried by telling the sweep
 * another time. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/ws_peer.h"
#include "serve/http_conn.h"

enum { TURNS_MAX = 20000, ASKED_MAX = 64, PORT_EVENTS = 64 };

typedef struct asked {                  /* a request as the script sees it */
    uint64_t id;
    char     method[16], target[64], body[64];
    uint32_t flags, body_len;
} asked;

typedef struct rig {
    wick       *w;
    wick_stage *server;
    int         port, drained, replies;
    asked       asked[ASKED_MAX];
    uint32_t    count;
    wick_reply  reply;
    char        text[4096];             /* of the last reply's body, or why there is none */
} rig;

static void take(rig *r, const wick_event *ev)
{
    const wick_request *q = ev->data;

    if (ev->kind == WICK_EV_OPENED)
        r->port = (int)ev->count;
    if (ev->kind == WICK_EV_DRAINED)
        r->drained++;
    if (ev->kind == WICK_EV_REPLY) {
        r->reply = *(const wick_reply *)ev->data;
        snprintf(r->text, sizeof r->text, "%s", r->reply.body);
        r->replies++;
    }
    if (ev->kind != WICK_EV_REQUEST)
        return;
    assert_true(r->count < ASKED_MAX);
    r->asked[r->count].id = q->id;
    r->asked[r->count].flags = q->flags;
    r->asked[r->count].body_len = q->body_len;
    snprintf(r->asked[r->count].method, 16, "%s", q->method);
    snprintf(r->asked[r->count].target, 64, "%s", q->target);
    snprintf(r->asked[r->count++].body, 64, "%s", q->body);
    assert_int_equal(strlen(q->headers), q->headers_len);
    assert_non_null(strstr(q->peer, "127.0.0.1:"));
}

static void turn(rig *r)
{
    wick_event ev[PORT_EVENTS];
    int n = wick_poll(r->w, ev, PORT_EVENTS, 1);

    assert_true(n >= 0 || n == WICK_E_NOMEM);
    for (int i = 0; i < n; i++)
        take(r, ev + i);
}

static int set_up(void **state)
{
    rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    assert_int_equal(wick_open(NULL, &r->w), WICK_OK);
    assert_int_equal(wick_server_open(r->w, "127.0.0.1", 0, 7, &r->server), WICK_OK);
    turn(r);
    assert_true(r->port > 0);
    *state = r;
    return 0;
}

static int tear_down(void **state)
{
    rig *r = *state;

    wick_stage_close(r->server);
    wick_close(r->w);
    free(r);
    return 0;
}

static int dial(const rig *r)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)r->port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void until_asked(rig *r, uint32_t count)
{
    for (int i = 0; i < TURNS_MAX && r->count < count; i++)
        turn(r);
    assert_int_equal(r->count, count);
}

static void answer(rig *r, uint32_t i, int status, const char *body)
{
    assert_int_equal(wick_serve(r->server, r->asked[i].id, status, "Content-Type: text/plain\n",
                                body, strlen(body)),
                     WICK_OK);
}

/* Read until the text holds `want` (NULL: until the peer closes); returns what was read. */
static const char *hear(rig *r, int fd, const char *want)
{
    static char text[1 << 16];
    size_t size = 0;

    text[0] = '\0';
    for (int i = 0; i < TURNS_MAX && !(want && strstr(text, want)); i++) {
        ssize_t n = recv(fd, text + size, sizeof text - 1 - size, 0);

        if (n == 0)
            break;
        if (n < 0 && errno != EAGAIN)
            fail_msg("recv: %s", strerror(errno));
        if (n > 0)
            size += (size_t)n;
        text[size] = '\0';
        if (n < 0)
            turn(r);
    }
    if (want && !strstr(text, want))
        fail_msg("'%s' did not come; this did: %s", want, text);
    return text;
}

static int64_t stat_of(const rig *r, const char *name)
{
    return wick_stage_stat(r->server, name);
}

#define GET(target) "GET " target " HTTP/1.1\r\nHost: a\r\n\r\n"

static void test_asks_and_answers(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    say(fd, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    until_asked(r, 1);
    assert_string_equal(r->asked[0].method, "POST");
    assert_string_equal(r->asked[0].target, "/x");
    assert_string_equal(r->asked[0].body, "hello");
    answer(r, 0, 200, "fine");
    hear(r, fd, "\r\n\r\nfine");
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 200, NULL, NULL, 0), WICK_E_CLOSED);
    assert_int_equal(wick_serve(r->server, 12345, 200, NULL, NULL, 0), WICK_E_CLOSED);
    assert_int_equal(stat_of(r, "requests"), 1);
    assert_int_equal(stat_of(r, "in_flight"), 0);
    close(fd);
}

static void test_pipelined_answers_come_in_order(void **state)
{
    rig *r = *state;
    const char *text, *b, *c;
    int fd = dial(r);

    say(fd, GET("/a") GET("/b") GET("/c"));
    until_asked(r, 3);
    answer(r, 2, 200, "third");
    answer(r, 1, 200, "second");
    answer(r, 0, 200, "first");
    text = hear(r, fd, "third");
    b = strstr(text, "second");
    c = strstr(text, "third");
    assert_true(strstr(text, "first") < b && b < c);
    close(fd);
}

static void test_at_most_16_in_flight(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    for (int i = 0; i < 40; i++)
        say(fd, GET("/"));
    until_asked(r, 16);
    for (int i = 0; i < 50; i++)
        turn(r);
    assert_int_equal(r->count, 16);
    for (uint32_t i = 0; i < 40; i++) {
        until_asked(r, i + 16 < 40 ? i + 16 : 40);
        answer(r, i, 200, "x");
    }
    for (int i = 0; i < 50; i++)
        turn(r);
    assert_int_equal(stat_of(r, "in_flight"), 0);
    close(fd);
}

static void test_head_has_the_length_and_no_body(void **state)
{
    rig *r = *state;
    const char *text;
    int fd = dial(r);

    say(fd, "HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    until_asked(r, 1);
    answer(r, 0, 200, "hello");
    text = hear(r, fd, NULL);
    assert_non_null(strstr(text, "Content-Length: 5\r\n"));
    assert_null(strstr(text, "hello"));
    close(fd);
    fd = dial(r);
    say(fd, "HEAD /a HTTP/1.1\r\n\r\n");    /* refused, and still without a body */
    text = hear(r, fd, NULL);
    assert_non_null(strstr(text, "HTTP/1.1 400 "));
    assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    close(fd);
}

static void test_no_body_with_204_and_304(void **state)
{
    rig *r = *state;
    const char *text;
    int fd = dial(r);

    say(fd, GET("/a") GET("/b") "GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    until_asked(r, 3);
    answer(r, 0, 204, "no");
    answer(r, 1, 304, "no");
    answer(r, 2, 200, "yes");
    text = hear(r, fd, NULL);
    assert_null(strstr(text, "no\r\n"));
    assert_null(strstr(text, "\r\n\r\nno"));
    assert_non_null(strstr(text, "\r\n\r\nyes"));
    close(fd);
}

static void test_refusal_waits_for_the_answers_before_it(void **state)
{
    rig *r = *state;
    const char *text;
    int fd = dial(r);

    say(fd, GET("/a") "GET /b HTTP/1.1\r\nA : b\r\n\r\n" GET("/c"));
    until_asked(r, 1);
    for (int i = 0; i < 20; i++)
        turn(r);
    answer(r, 0, 200, "first");
    text = hear(r, fd, NULL);
    assert_true(strstr(text, "first") < strstr(text, "HTTP/1.1 400 "));
    assert_non_null(strstr(text, "application/problem+json"));
    assert_non_null(strstr(text, "Connection: close"));
    assert_int_equal(r->count, 1);
    close(fd);
}

static void test_half_closed_client_gets_its_answers(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    say(fd, GET("/a") GET("/b"));
    shutdown(fd, SHUT_WR);
    until_asked(r, 2);
    for (int i = 0; i < 20; i++)
        turn(r);
    answer(r, 0, 200, "first");
    answer(r, 1, 200, "second");
    assert_non_null(strstr(hear(r, fd, NULL), "second"));
    close(fd);
}

static void test_expect_is_answered_when_its_turn_comes(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    say(fd, GET("/a") "POST /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
                      "2\r\n\r\n");
    until_asked(r, 1);
    answer(r, 0, 200, "first");
    hear(r, fd, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "hi");
    until_asked(r, 2);
    assert_string_equal(r->asked[1].body, "hi");
    answer(r, 1, 200, "second");
    hear(r, fd, "second");
    close(fd);
}

/* 20 MB to a client that reads only now and then: memory is bounded, and every byte arrives. */
static void test_large_answer_to_a_slow_client(void **state)
{
    enum { SIZE = 20 << 20 };
    rig *r = *state;
    char *body = malloc(SIZE), *piece = malloc(1 << 20);
    size_t got = 0, head = 0;
    int fd = dial(r);

    memset(body, 'x', SIZE);
    say(fd, GET("/a") GET("/b"));
    until_asked(r, 2);
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 200, NULL, body, SIZE), WICK_OK);
    answer(r, 1, 200, "END");
    for (int i = 0; i < 50; i++)
        turn(r);
    for (int i = 0; i < TURNS_MAX && got < head + SIZE; i++) {
        ssize_t n = recv(fd, piece, 1 << 20, 0);

        if (n > 0 && !head)
            head = (size_t)((char *)memmem(piece, (size_t)n, "\r\n\r\n", 4) + 4 - piece);
        if (n > 0)
            got += (size_t)n;
        else
            turn(r);
    }
    assert_true(got >= head + SIZE);
    free(body);
    free(piece);
    close(fd);
}

static void test_bad_answers_are_refused(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    say(fd, GET("/a"));
    until_asked(r, 1);
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 99, NULL, NULL, 0), WICK_E_ARG);
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 100, NULL, NULL, 0), WICK_E_ARG);
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 600, NULL, NULL, 0), WICK_E_ARG);
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 200, "a: b\r\nc: d\n", NULL, 0),
                     WICK_E_ARG);
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 200, "Date: x\n", NULL, 0), WICK_E_ARG);
    answer(r, 0, 200, "after all");
    hear(r, fd, "after all");
    close(fd);
}

/* Memory that fails is an error of the call; the request can still be answered. */
static void test_answer_that_finds_no_memory(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    say(fd, GET("/a"));
    until_asked(r, 1);
    wick_fault(r->w, "serve.answer", 1);
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 200, NULL, "x", 1), WICK_E_NOMEM);
    answer(r, 0, 200, "second try");
    hear(r, fd, "second try");
    close(fd);
}

static void test_client_that_leaves(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    say(fd, GET("/a"));
    until_asked(r, 1);
    close(fd);
    for (int i = 0; i < 20; i++)
        turn(r);
    wick_serve(r->server, r->asked[0].id, 200, NULL, "x", 1);
    for (int i = 0; i < TURNS_MAX && stat_of(r, "open"); i++)
        turn(r);
    assert_int_equal(stat_of(r, "open"), 0);
    assert_int_equal(stat_of(r, "in_flight"), 0);
}

static void reset_behind_a_large_answer(rig *r, const char *text, int half_close)
{
    enum { SIZE = 20 << 20 };
    struct linger hard = {1, 0};
    char *body = calloc(1, SIZE);
    int fd = dial(r);

    say(fd, text);
    if (half_close)
        shutdown(fd, SHUT_WR);
    until_asked(r, 1);
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 200, NULL, body, SIZE), WICK_OK);
    for (int i = 0; i < 20; i++)
        turn(r);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    for (int i = 0; i < 500 && stat_of(r, "open"); i++)
        turn(r);
    assert_int_equal(stat_of(r, "open"), 0);
    free(body);
    r->count = 0;
}

/* It held its answer until the deadline for output, since nothing was read from it any more. */
static void test_client_that_resets_behind_a_large_answer(void **state)
{
    reset_behind_a_large_answer(*state, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                                0);
    reset_behind_a_large_answer(*state, GET("/"), 0);
    reset_behind_a_large_answer(*state, GET("/"), 1);
}

/* ---- deadlines: the sweep is told a later time ---- */

static http_conn *the_conn(rig *r)
{
    server *sv = (server *)r->server;

    for (int i = 0; i < TURNS_MAX && !sv->conns[0]; i++)
        turn(r);
    assert_non_null(sv->conns[0]);
    return sv->conns[0];
}

static void later(rig *r, uint64_t ms)
{
    http_conn_sweep(the_conn(r), uv_now(&r->w->loop) + ms);
}

static void test_slow_request_is_answered_408(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    say(fd, "GET / HTTP/1.1\r\nHo");
    the_conn(r);
    for (int i = 0; i < 50 && !stat_of(r, "bytes_in"); i++)
        turn(r);
    later(r, SERVE_REQUEST_MS - 1000);
    assert_int_equal(stat_of(r, "timeouts"), 0);
    later(r, SERVE_REQUEST_MS + 1000);
    assert_int_equal(stat_of(r, "timeouts"), 1);
    assert_non_null(strstr(hear(r, fd, NULL), "HTTP/1.1 408 "));
    close(fd);
}

static void test_silent_and_idle_connections_are_closed(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    the_conn(r);
    later(r, SERVE_REQUEST_MS + 1000);      /* nothing was ever asked */
    assert_string_equal(hear(r, fd, NULL), "");
    close(fd);
    for (int i = 0; i < TURNS_MAX && stat_of(r, "open"); i++)
        turn(r);
    fd = dial(r);
    say(fd, GET("/"));
    until_asked(r, 1);
    later(r, SERVE_IDLE_MS + 1000);         /* it is we who owe something */
    answer(r, 0, 200, "x");
    hear(r, fd, "\r\n\r\nx");
    later(r, SERVE_REQUEST_MS + 1000);
    assert_int_equal(stat_of(r, "open"), 1);
    later(r, SERVE_IDLE_MS + 1000);
    assert_int_equal(stat_of(r, "open"), 0);
    assert_string_equal(hear(r, fd, NULL), "");
    close(fd);
}

static void test_output_that_does_not_move_is_cut(void **state)
{
    enum { SIZE = 20 << 20 };
    rig *r = *state;
    char *body = calloc(1, SIZE);
    int fd = dial(r);

    say(fd, GET("/"));
    until_asked(r, 1);
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 200, NULL, body, SIZE), WICK_OK);
    for (int i = 0; i < 50; i++)
        turn(r);
    later(r, 0);
    later(r, SERVE_STUCK_MS - 1000);
    assert_int_equal(stat_of(r, "open"), 1);
    later(r, SERVE_STUCK_MS + 1000);
    assert_int_equal(stat_of(r, "open"), 0);
    free(body);
    close(fd);
}

static void test_request_that_is_never_answered(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    say(fd, GET("/"));
    until_asked(r, 1);
    later(r, SERVE_ANSWER_MS + 1000);
    assert_non_null(strstr(hear(r, fd, NULL), "HTTP/1.1 503 "));
    assert_int_equal(wick_serve(r->server, r->asked[0].id, 200, NULL, NULL, 0), WICK_E_CLOSED);
    close(fd);
}

static void test_drain_finishes_what_is_in_flight(void **state)
{
    rig *r = *state;
    int busy = dial(r), idle = dial(r);

    say(busy, GET("/a"));
    until_asked(r, 1);
    for (int i = 0; i < TURNS_MAX && stat_of(r, "open") < 2; i++)
        turn(r);
    assert_int_equal(wick_stage_drain(r->server, 9), WICK_OK);
    assert_string_equal(hear(r, idle, NULL), "");
    assert_int_equal(r->drained, 0);
    answer(r, 0, 200, "last");
    assert_non_null(strstr(hear(r, busy, NULL), "Connection: close\r\n\r\nlast"));
    for (int i = 0; i < TURNS_MAX && !r->drained; i++)
        turn(r);
    assert_int_equal(r->drained, 1);
    close(busy);
    close(idle);
}

static void test_more_connections_than_the_bound(void **state)
{
    struct rlimit files;
    rig *r = *state;
    int fds[SERVE_CONNS_MAX + 1];

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 2 * SERVE_CONNS_MAX + 64) {
        print_message("skipped: needs %d open files\n", 2 * SERVE_CONNS_MAX + 64);
        skip();
    }
    for (int i = 0; i <= SERVE_CONNS_MAX; i++) {
        fds[i] = dial(r);
        turn(r);
    }
    assert_non_null(strstr(hear(r, fds[SERVE_CONNS_MAX], NULL), "HTTP/1.1 503 "));
    assert_int_equal(stat_of(r, "open"), SERVE_CONNS_MAX);
    for (int i = 0; i <= SERVE_CONNS_MAX; i++)
        close(fds[i]);
}

/* ---- WebSocket ---- */

typedef struct talker {                 /* a stage that echoes */
    wick_stage st;
    int        opened, closed;
    wsconn    *c;
    char       target[64];
} talker;

static int peer_opened(wick_stage *s, wsconn *c, const char *target, const char *headers,
                       void **user)
{
    talker *t = (talker *)s;

    assert_non_null(strstr(headers, "upgrade: websocket\n"));
    snprintf(t->target, sizeof t->target, "%s", target);
    t->opened++;
    t->c = c;
    *user = t;
    return WICK_OK;
}

static void peer_messages(wsconn *c, void *user, const ws_message *m, uint32_t count)
{
    (void)user;
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(wsconn_send(c, (int)m[i].kind, m[i].bytes, m[i].size), WICK_OK);
}

static void peer_closed(wsconn *c, void *user, int status, int code, const char *why)
{
    talker *t = user;

    (void)c, (void)status, (void)code, (void)why;
    t->closed++;
    t->c = NULL;
}

static void talker_close(wick_stage *s)
{
    wsconn_abort(((talker *)s)->c);
}

static const ws_peer PEER = {peer_opened, {NULL, peer_messages, NULL, NULL, peer_closed}};
static const stage_ops TALKER = {.kind = "sim", .peer = &PEER, .close = talker_close};

#define UPGRADE "GET /v2?k HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static void test_upgrade_to_a_websocket(void **state)
{
    rig *r = *state;
    talker *t = stage_new(r->w, &TALKER, sizeof *t, 0, NULL);
    int fd = dial(r);

    say(fd, GET("/a") UPGRADE
        "\x81\x82\x01\x01\x01\x01\x69\x68"); /* the first frame comes along: "hi" */
    until_asked(r, 1);
    for (int i = 0; i < 20; i++)
        turn(r);
    assert_int_equal(r->count, 1);          /* the upgrade waits until it is alone */
    answer(r, 0, 200, "first");
    until_asked(r, 2);
    assert_int_equal(r->asked[1].flags, WICK_REQ_UPGRADE);
    assert_int_equal(wick_serve_upgrade(r->server, r->asked[1].id, &t->st), WICK_OK);
    assert_string_equal(t->target, "/v2?k");
    hear(r, fd, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi");
    assert_int_equal(stat_of(r, "open"), 0);
    say(fd, "\x88\x82\x01\x01\x01\x01\x02\xe9");
    hear(r, fd, "\x88\x02\x03\xe8");
    for (int i = 0; i < TURNS_MAX && !t->closed; i++)
        turn(r);
    assert_int_equal(t->opened, 1);
    assert_int_equal(t->closed, 1);
    close(fd);
    wick_stage_close(&t->st);
}

static void test_upgrade_may_be_declined(void **state)
{
    rig *r = *state;
    int fd = dial(r);

    say(fd, UPGRADE GET("/b"));
    until_asked(r, 1);
    assert_int_equal(wick_serve_upgrade(r->server, r->asked[0].id, NULL), WICK_E_ARG);
    answer(r, 0, 404, "no such thing");
    until_asked(r, 2);
    answer(r, 1, 200, "second");
    hear(r, fd, "second");
    close(fd);
}

static void test_closing_with_everything_open(void **state)
{
    rig *r = *state;
    talker *t = stage_new(r->w, &TALKER, sizeof *t, 0, NULL);
    int fds[3] = {dial(r), dial(r), dial(r)};

    say(fds[0], UPGRADE);
    until_asked(r, 1);
    assert_int_equal(wick_serve_upgrade(r->server, r->asked[0].id, &t->st), WICK_OK);
    say(fds[1], GET("/"));
    until_asked(r, 2);
    say(fds[2], "GET /");
    turn(r);
    wick_stage_close(&t->st);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
}

/* ---- the client ---- */

static void get(rig *r, const char *path, const char *headers)
{
    char url[128];
    int before = r->replies;

    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", r->port, path);
    assert_int_equal(wick_http_get(r->w, url, headers, 5), WICK_OK);
    for (int i = 0; i < TURNS_MAX && r->replies == before; i++) {
        turn(r);
        for (; r->count; r->count--) {
            if (strcmp(r->asked[r->count - 1].target, "/moved") == 0)
                wick_serve(r->server, r->asked[r->count - 1].id, 302,
                           "Location: /elsewhere\nX-A:  b \n", "go", 2);
            else
                answer(r, r->count - 1, 200, "body of it");
        }
    }
    assert_int_equal(r->replies, before + 1);
}

static void test_http_get(void **state)
{
    rig *r = *state;

    get(r, "/x", "X-Key: y\n");
    assert_int_equal(r->reply.status, 200);
    assert_string_equal(r->text, "body of it");
    get(r, "/moved", NULL);
    assert_int_equal(r->reply.status, 302);     /* not followed */
    assert_int_equal(wick_http_get(r->w, "ftp://a/", NULL, 0), WICK_E_ARG);
    assert_int_equal(wick_http_get(r->w, "file:///etc/passwd", NULL, 0), WICK_E_ARG);
    assert_int_equal(wick_http_get(r->w, "http://a/", "bad header\n", 0), WICK_E_ARG);
    r->port = 1;
    get(r, "/", NULL);
    assert_int_equal(r->reply.status, 0);
    assert_true(strlen(r->text) > 0);
}

static void test_context_ends_with_a_request_under_way(void **state)
{
    rig *r = *state;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d/", r->port);
    assert_int_equal(wick_http_get(r->w, url, NULL, 5), WICK_OK);
    until_asked(r, 1);
}

/* ---- memory that fails ---- */

typedef struct scarce {
    int64_t left;                       /* allocations until one fails; negative: none does */
} scarce;

static void *scarce_resize(void *user, void *old, size_t size)
{
    scarce *m = user;

    if (size == 0) {
        free(old);
        return NULL;
    }
    if (m->left >= 0 && m->left-- == 0)
        return NULL;
    return realloc(old, size);
}

/* One request and a WebSocket, as far as memory lets them; nothing may leak or crash. */
static void live_scarcely(rig *r, talker **t)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    char text[512];
    int fd;

    if (wick_server_open(r->w, "127.0.0.1", 0, 7, &r->server) < 0)
        return;
    turn(r);
    *t = stage_new(r->w, &TALKER, sizeof **t, 0, NULL);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)sock_listener_port(((server *)r->server)->listener));
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    say(fd, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" UPGRADE);
    for (int i = 0; i < 30; i++) {
        turn(r);
        for (uint32_t k = 0; k < r->count; k++)
            if (*t && r->asked[k].flags & WICK_REQ_UPGRADE)
                wick_serve_upgrade(r->server, r->asked[k].id, &(*t)->st);
            else
                wick_serve(r->server, r->asked[k].id, 200, "A: b\n", "body", 4);
        r->count = 0;
        if (i == 12)
            send(fd, "\x01\x82\x01\x01\x01\x01\x69\x68\x80\x80\x01\x01\x01\x01", 14, MSG_NOSIGNAL);
    }
    (void)!recv(fd, text, sizeof text, MSG_DONTWAIT);
    close(fd);
}

static void test_every_allocation_may_fail(void **state)
{
    scarce m = {-1};
    wick_host host = {.user = &m, .resize = scarce_resize};
    int64_t n = 0;

    (void)state;
    for (int done = 0; !done; n++) {
        rig r = {0};
        talker *t = NULL;

        m.left = -1;
        assert_int_equal(wick_open_host(NULL, &host, &r.w), WICK_OK);
        m.left = n;
        live_scarcely(&r, &t);
        done = m.left > 0;
        m.left = -1;
        if (t)
            wick_stage_close(&t->st);
        wick_stage_close(r.server);
        wick_close(r.w);
    }
    assert_true(n > 15);
}

#define STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE(test_asks_and_answers),
        STAGE(test_pipelined_answers_come_in_order),
        STAGE(test_at_most_16_in_flight),
        STAGE(test_head_has_the_length_and_no_body),
        STAGE(test_no_body_with_204_and_304),
        STAGE(test_refusal_waits_for_the_answers_before_it),
        STAGE(test_half_closed_client_gets_its_answers),
        STAGE(test_expect_is_answered_when_its_turn_comes),
        STAGE(test_large_answer_to_a_slow_client),
        STAGE(test_bad_answers_are_refused),
        STAGE(test_answer_that_finds_no_memory),
        STAGE(test_client_that_leaves),
        STAGE(test_client_that_resets_behind_a_large_answer),
        STAGE(test_slow_request_is_answered_408),
        STAGE(test_silent_and_idle_connections_are_closed),
        STAGE(test_output_that_does_not_move_is_cut),
        STAGE(test_request_that_is_never_answered),
        STAGE(test_drain_finishes_what_is_in_flight),
        STAGE(test_more_connections_than_the_bound),
        STAGE(test_upgrade_to_a_websocket),
        STAGE(test_upgrade_may_be_declined),
        STAGE(test_closing_with_everything_open),
        STAGE(test_http_get),
        STAGE(test_context_ends_with_a_request_under_way),
        cmocka_unit_test(test_every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
