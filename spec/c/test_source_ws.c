/* SPDX-License-Identifier: Apache-2.0
 * Sources over WebSockets, against a venue of the test's own on loopback: subscribing,
 * back-pressure down to the socket, ends of connections and their reasons, reopening, headers,
 * binary frames. */
#include "source_rig.h"
#include "../../src/net/ws_peer.h"

typedef struct venue {
    wick_stage base;
    wsconn *conn;
    int     opened, burst, left, cut;   /* left: trades still to be sent; cut: good bye then */
    char    heard[256], headers[2048];
} venue;

static int venue_opened(wick_stage *s, wsconn *c, const char *target, const char *headers,
                        void **user)
{
    venue *v = (venue *)s;

    (void)target;
    snprintf(v->headers, sizeof v->headers, "%s", headers);
    v->conn = c;
    v->opened++;
    *user = v;
    return WICK_OK;
}

static void venue_flush(venue *v)
{
    char text[200];

    while (v->left > 0) {
        int id = v->burst - v->left + 1;
        int n = snprintf(text, sizeof text,
                         "{\"e\":\"t\",\"s\":\"A\",\"t\":%d,\"p\":\"1\",\"q\":\"1\",\"i\":%d}",
                         id, id);

        if (wsconn_send(v->conn, id % 7 ? WS_TEXT : WS_BINARY, text, (size_t)n) < 0)
            return;
        v->left--;
    }
    if (v->cut) {
        v->cut = 0;
        wsconn_close(v->conn, 1012, "maintenance");
    }
}

/* "N": so many trades; "N!": and then good bye. */
static void venue_messages(wsconn *c, void *user, const ws_message *m, uint32_t count)
{
    venue *v = user;
    static const char sub[] = "{\"e\":\"sub\",\"s\":\"A\"}";

    (void)count;
    snprintf(v->heard, sizeof v->heard, "%.*s", (int)m->size, (const char *)m->bytes);
    wsconn_send(c, WS_TEXT, sub, sizeof sub - 1);
    v->burst = v->left = atoi(v->heard);
    v->cut = strchr(v->heard, '!') != NULL;
    venue_flush(v);
}

static void venue_writable(wsconn *c, void *user)
{
    (void)c;
    venue_flush(user);
}

static void venue_closed(wsconn *c, void *user, int status, int code, const char *why)
{
    (void)c;
    (void)status;
    (void)code;
    (void)why;
    ((venue *)user)->conn = NULL;
}

static void venue_close(wick_stage *s)
{
    venue *v = (venue *)s;

    if (v->conn)
        wsconn_abort(v->conn);
}

static const ws_peer PEER = {.opened = venue_opened,
                             .ops = {.messages = venue_messages, .writable = venue_writable,
                                     .closed = venue_closed}};
static const stage_ops VENUE = {.kind = "sim", .peer = &PEER, .close = venue_close};

static struct {                                     /* of the running test */
    wick_stage *server, *s;
    venue      *v;
    sink       *k;
    uint32_t    opened, closed;
    char        why[512];
} x;

/* Poll and serve until an event of this kind came. */
static void until(uint32_t kind)
{
    wick_event ev;

    for (int turns = 0; turns < 100000; turns++) {
        if (wick_poll(w, &ev, 1, 5000) < 1)
            fail_msg("no event %u came", kind);
        if (ev.kind == WICK_EV_REQUEST) {
            uint64_t id = ((const wick_request *)ev.data)->id;

            assert_int_equal(wick_serve_upgrade(x.server, id, &x.v->base), WICK_OK);
        }
        x.opened += ev.kind == WICK_EV_OPENED;
        if (ev.kind == WICK_EV_CLOSED) {
            x.closed++;
            snprintf(x.why, sizeof x.why, "%d %s", ev.status, (const char *)ev.data);
        }
        if (ev.kind == WICK_EV_FULL)
            stage_ready(&x.k->base);
        if (ev.kind == kind)
            return;
    }
    fail_msg("no event %u came in all these", kind);
}

static void begin(const char *plan, const char *options)
{
    wick_event ev = {0};
    char host[32];

    memset(&x, 0, sizeof x);
    rig_open(NULL, NULL);
    assert_int_equal(wick_server_open(w, "127.0.0.1", 0, 1, &x.server), WICK_OK);
    while (ev.kind != WICK_EV_OPENED)
        assert_int_equal(wick_poll(w, &ev, 1, 5000), 1);
    x.v = stage_new(w, &VENUE, sizeof *x.v, 0, SINK_STATS);
    snprintf(host, sizeof host, "127.0.0.1:%u/v2", ev.count);
    x.s = source_at(plan, "ws://", host, options);
    x.k = sink_open();
    x.k->quiet = 1;
    assert_int_equal(wick_link(w, x.s, &x.k->base), WICK_OK);
    until(WICK_EV_OPENED);
}

static void ask(const char *text)
{
    assert_int_equal(wick_source_send(x.s, text, strlen(text)), WICK_OK);
}

#define PLAN HEAD_PLAN TRADE_PLAN SUB_PLAN

static void a_venue_is_asked_and_its_trades_arrive_in_text_and_binary(void **state)
{
    (void)state;
    begin(PLAN, "header=Authorization: Apikey k1\nheader=X-Two: 2\n");
    ask("1000!");
    until(WICK_EV_MESSAGE);
    assert_string_equal(x.v->heard, "1000!");
    assert_non_null(strstr(x.v->headers, "authorization: Apikey k1\n"));
    assert_non_null(strstr(x.v->headers, "x-two: 2\n"));
    until(WICK_EV_CLOSED);
    assert_int_equal(x.k->ticks, 1000);
    assert_int_equal(wick_stage_stat(x.s, "messages"), 1001);
    assert_non_null(strstr(x.why, "1012"));
    assert_int_equal(wick_source_send(x.s, "x", 1), WICK_E_CLOSED);
}

static void a_live_connection_knows_its_address(void **state)
{
    static const char PLAN_AT[] = HEAD_PLAN
        "rule trade\n>when @/kpath/i1 is\nvalue v2\n>when ./ke is\nvalue t\n>trades .\n"
        "field symbol\n>from @/khost\nfield time\n>from ./kt\nunit ms\nfield price\n>from ./kp\n"
        "field qty\n>from ./kq\nfield id\n>from ./ki\n" SUB_PLAN;
    int named = 0;

    (void)state;
    begin(PLAN_AT, "");
    ask("10!");
    until(WICK_EV_CLOSED);
    assert_int_equal(x.k->ticks, 10);
    for (uint32_t i = 0; wick_market_name(w, i); i++)
        named |= strncmp(wick_market_name(w, i), "Test:127.0.0.1:", 15) == 0;
    assert_true(named);
}

static void a_full_stage_is_felt_by_the_socket_and_nothing_is_lost(void **state)
{
    int turn = 0;

    (void)state;
    begin(PLAN, "");
    ask("200000!");
    while (!x.closed) {
        wick_event ev;

        x.k->again = ++turn % 3 == 0 ? 2 : 0;
        if (wick_poll(w, &ev, 1, 0) == 1 && ev.kind == WICK_EV_CLOSED)
            x.closed = 1;
        stage_ready(&x.k->base);
        assert_true(turn < 10000000);
    }
    assert_int_equal(x.k->ticks, 200000);
}

static void a_closed_connection_can_be_opened_again_as_another_one(void **state)
{
    (void)state;
    begin(PLAN, "");
    assert_int_equal(wick_source_reopen(x.s), WICK_E_ARG);
    for (int i = 0; i < 5; i++) {
        ask("10!");
        until(WICK_EV_CLOSED);
        assert_int_equal(wick_source_reopen(x.s), WICK_OK);
        until(WICK_EV_OPENED);
    }
    assert_int_equal(x.v->opened, 6);
    assert_int_equal(x.k->ticks, 50);
    assert_int_equal(wick_stage_stat(x.s, "connects"), 6);
}

static void a_refused_connection_says_why_and_may_be_tried_again(void **state)
{
    (void)state;
    begin(PLAN, "");
    wick_stage_close(x.server);
    x.server = NULL;
    if (x.v->conn)
        wsconn_abort(x.v->conn);
    x.v->conn = NULL;
    until(WICK_EV_CLOSED);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wick_source_reopen(x.s), WICK_OK);
        until(WICK_EV_CLOSED);
        assert_true(atoi(x.why) == WICK_E_IO);
        assert_true(strlen(x.why) > 4);
    }
}

static void closing_in_the_middle_leaks_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        wick_event ev;

        begin(PLAN, "");
        ask("50000");
        x.k->again = i;
        for (int turn = 0; turn < i * 3; turn++)
            wick_poll(w, &ev, 1, 0);
        rig_shut();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_venue_is_asked_and_its_trades_arrive_in_text_and_binary),
        RIG_TEST(a_live_connection_knows_its_address),
        RIG_TEST(a_full_stage_is_felt_by_the_socket_and_nothing_is_lost),
        RIG_TEST(a_closed_connection_can_be_opened_again_as_another_one),
        RIG_TEST(a_refused_connection_says_why_and_may_be_tried_again),
        RIG_TEST(closing_in_the_middle_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
