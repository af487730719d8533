/* SPDX-License-Identifier: Apache-2.0
 * The stage of every source over a transport of the test's own: bursts, back-pressure, marks
 * in every order of confirmation and trades, reconnects, virtual timers, session messages,
 * refusals, draining. */
#include "source_rig.h"

typedef struct fake {
    transport base;
    session  *c;
    int       flow, reopened, pumps;
    char      sent[64];
} fake;

static fake *the_fake;                              /* of the one source of a test */

static int fake_open(transport *t, const char *url, const char *options)
{
    (void)url;
    (void)options;
    the_fake = (fake *)t;
    the_fake->flow = 1;
    return WICK_OK;
}

static int fake_reopen(transport *t)
{
    ((fake *)t)->reopened++;
    return WICK_OK;
}

static void fake_flow(transport *t, int on)
{
    ((fake *)t)->flow = on;
}

static int fake_send(transport *t, const void *text, size_t size)
{
    fake *f = (fake *)t;

    memcpy(f->sent, text, size);
    f->sent[size] = '\0';
    return WICK_OK;
}

static int64_t fake_pump(transport *t)
{
    ((fake *)t)->pumps++;
    return -1;
}

static void fake_close(transport *t)
{
    (void)t;
}

static const char *const SCHEMES[] = {"fake:", NULL};
static const transport_ops VIRTUAL = {
    .name = "fake", .schemes = SCHEMES, .self_size = sizeof(fake), .own_clock = 1,
    .open = fake_open, .reopen = fake_reopen, .flow = fake_flow, .send = fake_send,
    .pump = fake_pump, .close = fake_close};
static const transport_ops REAL = {
    .name = "fake", .schemes = SCHEMES, .self_size = sizeof(fake), .open = fake_open,
    .reopen = fake_reopen, .flow = fake_flow, .send = fake_send, .close = fake_close};

static struct {                                     /* of the running test */
    source *s;
    sink   *k;
    fake   *f;
} line;

static void line_open(const transport_ops *ops, const char *plan)
{
    wick_feed *feed;
    wick_stage *stage;

    rig_open(NULL, NULL);
    feed = feed_of(plan);
    if (source_open(w, ops, feed, "fake:", "", 9, &stage) < 0)
        fail_msg("%s", wick_error(w));
    wick_feed_unref(feed);
    line.s = (source *)stage;
    line.f = the_fake;
    line.k = sink_open();
    assert_int_equal(wick_link(w, stage, &line.k->base), WICK_OK);
}

static void opened(void)
{
    assert_int_equal(source_opened(line.s, &line.f->c), WICK_OK);
}

static int say(int64_t recv_ms, const char *text)
{
    return source_message(line.s, line.f->c, text, strlen(text), WICK_FORM_FRAME, recv_ms * MS);
}

static void trade(const char *symbol, int id, int64_t time, int64_t recv)
{
    char text[200];

    snprintf(text, sizeof text,
             "{\"e\":\"t\",\"s\":\"%s\",\"t\":%lld,\"p\":\"1.5\",\"q\":\"2\",\"i\":%d}", symbol,
             (long long)time, id);
    say(recv, text);
}

#define PLAN_A HEAD_PLAN "repeats 2\n" TRADE_PLAN SUB_PLAN
#define PLAN_B HEAD_PLAN TRADE_PLAN

static void a_burst_is_one_batch_with_its_marks_in_place(void **state)
{
    (void)state;
    line_open(&VIRTUAL, PLAN_A);
    opened();
    trade("A", 1, 900000, 1000000);
    trade("A", 2, 999000, 1000000);
    say(1000100, "{\"e\":\"sub\",\"s\":\"A\"}");
    trade("A", 3, 1000150, 1000200);
    assert_int_equal(source_burst_end(line.s), WICK_OK);
    expect_text(line.k, "begun/a A A1 A2 open/a A 999100 A3 alive/a 1000150");
    assert_int_equal(line.k->recv_ns, 1000200 * MS);
    assert_int_equal(wick_stage_stat(&line.s->base, "trades"), 3);
    assert_int_equal(wick_stage_stat(&line.s->base, "messages"), 4);
    assert_int_equal(wick_stage_stat(&line.s->base, "connects"), 1);
    assert_int_equal(wick_stage_stat(&line.s->base, "lag_ms"), 50);
    assert_int_equal(wick_stage_stat(&line.s->base, "last_ms"), 1000200);
}

static void a_confirmation_in_front_of_the_repeated_trades(void **state)
{
    (void)state;
    line_open(&VIRTUAL, PLAN_A);
    opened();
    say(1000000, "{\"e\":\"sub\",\"s\":\"A\"}");
    source_burst_end(line.s);
    trade("A", 1, 900000, 1000000);
    trade("A", 2, 999000, 1000000);
    trade("A", 3, 1000450, 1000500);            /* the third is no repeated one */
    trade("A", 4, 1000460, 1000500);
    source_burst_end(line.s);
    expect_text(line.k, "begun/a A A1 A2 open/a A 999950 A3 A4 alive/a 1000460");
}

static void a_script_says_subscribed_where_the_feed_confirms_nothing(void **state)
{
    (void)state;
    line_open(&VIRTUAL, PLAN_B);
    assert_int_equal(wick_source_subscribed(&line.s->base, "A", 1), WICK_E_CLOSED);
    opened();
    source_clock(line.s, 1000000 * MS);
    assert_int_equal(wick_source_subscribed(&line.s->base, "A", 1), WICK_OK);
    expect_text(line.k, "");
    trade("A", 1, 1000900, 1001000);
    trade("B", 1, 1000910, 1001000);            /* nobody spoke of it: from this trade on */
    source_burst_end(line.s);
    expect_text(line.k, "open/a A 999900 A1 open/a B 1000910 B1 alive/a 1000910");
    assert_int_equal(wick_source_unsubscribed(&line.s->base, "A", 1), WICK_OK);
    expect_text(line.k, "close/a A 1000910");
}

static void nothing_is_lost_while_the_stage_behind_is_full(void **state)
{
    wick_event ev;

    (void)state;
    line_open(&VIRTUAL, PLAN_A);
    opened();
    say(1000000, "{\"e\":\"sub\",\"s\":\"A\"}");
    trade("A", 1, 999900, 1000000);
    line.k->again = 3;
    assert_int_equal(source_burst_end(line.s), WICK_E_AGAIN);
    assert_int_equal(line.f->flow, 0);
    assert_int_equal(wick_stage_stat(&line.s->base, "held"), 1);
    stage_ready(&line.k->base);
    stage_ready(&line.k->base);
    assert_int_equal(line.f->flow, 0);
    expect_text(line.k, "");
    stage_ready(&line.k->base);
    assert_int_equal(line.f->flow, 1);
    expect_text(line.k, "begun/a A A1 open/a A 999900 alive/a 999900");
    assert_int_equal(wick_stage_stat(&line.s->base, "held"), 0);
    assert_int_equal(event(&ev), WICK_EV_OPENED);
    assert_int_equal(event(&ev), WICK_EV_MESSAGE);
    assert_int_equal(event(&ev), WICK_EV_FULL);
    assert_int_equal(event(&ev), WICK_EV_READY);
}

/* The socket is gone while a batch waits: first that batch, then CLOSE, and only then the
 * script knows. */
static void a_connection_that_ends_while_a_batch_waits_is_closed_behind_it(void **state)
{
    wick_event ev;

    (void)state;
    line_open(&VIRTUAL, PLAN_A);
    opened();
    say(1000000, "{\"e\":\"sub\",\"s\":\"A\"}");
    trade("A", 1, 999900, 1000000);
    line.k->again = 2;
    source_burst_end(line.s);
    source_closed(line.s, line.f->c, WICK_E_IO, "cut");
    while (event(&ev))
        assert_int_not_equal(ev.kind, WICK_EV_CLOSED);
    assert_int_equal(wick_source_reopen(&line.s->base), WICK_E_ARG);
    stage_ready(&line.k->base);
    stage_ready(&line.k->base);
    expect_text(line.k, "begun/a A A1 open/a A 999900 alive/a 999900 close/a * 999900");
    while (event(&ev) != WICK_EV_CLOSED)
        assert_int_not_equal(ev.kind, 0);
    assert_int_equal(ev.status, WICK_E_IO);
    assert_string_equal(ev.data, "cut");
    assert_int_equal(wick_source_reopen(&line.s->base), WICK_OK);
    assert_int_equal(line.f->reopened, 1);
}

static void a_reconnect_is_another_connection(void **state)
{
    (void)state;
    line_open(&VIRTUAL, PLAN_A);
    opened();
    say(1000000, "{\"e\":\"sub\",\"s\":\"A\"}");
    trade("A", 1, 999900, 1000000);
    source_burst_end(line.s);
    say(1000500, "{\"e\":\"other\"}");
    source_burst_end(line.s);
    source_closed(line.s, line.f->c, WICK_OK, "bye");
    expect_text(line.k, "begun/a A A1 open/a A 999900 alive/a 999900 close/a * 1000400");
    opened();
    trade("A", 1, 999900, 1060000);
    trade("A", 2, 1059000, 1060000);
    say(1060000, "{\"e\":\"sub\",\"s\":\"A\"}");
    source_burst_end(line.s);
    expect_text(line.k, "begun/b A A1 A2 open/b A 1059000 alive/b 1059000");
}

static void a_message_cut_off_by_a_close_is_pushed_first(void **state)
{
    (void)state;
    line_open(&VIRTUAL, PLAN_B);
    opened();
    trade("A", 1, 1000, 1010);
    source_closed(line.s, line.f->c, WICK_OK, NULL);
    expect_text(line.k, "open/a A 1000 A1 alive/a 1000 close/a * 1000");
}

static void session_messages_reach_the_script_and_heartbeats_once_a_second(void **state)
{
    wick_event ev;
    const wick_control *k;
    int beats = 0;

    (void)state;
    line_open(&VIRTUAL, PLAN_A);
    opened();
    assert_int_equal(say(1000000, "{\"e\":\"sub\",\"s\":\"A\"}"), 1);
    for (int t = 0; t < 5000; t += 100)
        say(1000000 + t, "{\"e\":\"beat\"}");
    source_burst_end(line.s);
    assert_int_equal(event(&ev), WICK_EV_OPENED);
    assert_int_equal(ev.tag, 9);
    assert_int_equal(event(&ev), WICK_EV_MESSAGE);
    k = ev.data;
    assert_string_equal(k->kind, "subscribed");
    assert_string_equal(k->symbol, "A");
    assert_string_equal(k->text, "{\"e\":\"sub\",\"s\":\"A\"}");
    while (event(&ev) == WICK_EV_MESSAGE) {
        assert_string_equal(((const wick_control *)ev.data)->kind, "heartbeat");
        beats++;
    }
    assert_int_equal(beats, 5);
}

static void broken_messages_are_told_with_place_and_text(void **state)
{
    wick_event ev;
    const wick_refusal *r;
    char big[2000];
    uint32_t told = 0;

    (void)state;
    line_open(&VIRTUAL, PLAN_B);
    opened();
    source_place(line.s, 17);
    say(1000, "{\"e\":");
    source_place(line.s, 18);
    memset(big, 'x', sizeof big);
    source_message(line.s, line.f->c, big, sizeof big, WICK_FORM_FRAME, 1000 * MS);
    trade("A", 1, 1000, 1010);
    source_burst_end(line.s);
    expect_text(line.k, "open/a A 1000 A1 alive/a 1000");
    assert_int_equal(event(&ev), WICK_EV_OPENED);
    assert_int_equal(event(&ev), WICK_EV_REFUSED);
    assert_int_equal(ev.count, 2);
    r = ev.data;
    assert_int_equal(r[0].offset, 17);
    assert_string_equal(r[0].text, "{\"e\":");
    assert_true(strlen(r[0].reason) > 0);
    assert_int_equal(r[1].offset, 18);
    assert_int_equal(strlen(r[1].text), REFUSAL_TEXT);
    for (int i = 0; i < 1000; i++)
        if (say(2000, "nonsense"))
            source_burst_end(line.s);
    source_burst_end(line.s);
    while (event(&ev) == WICK_EV_REFUSED)
        told += ev.count;
    assert_int_equal(told, 1000);
    assert_int_equal(wick_stage_stat(&line.s->base, "refused"), 1002);
}

static void virtual_timers_fire_in_virtual_time_and_in_order(void **state)
{
    wick_event ev;

    (void)state;
    line_open(&VIRTUAL, PLAN_B);
    assert_int_equal(wick_source_timer(&line.s->base, 5, 3000), WICK_OK);
    assert_int_equal(wick_source_timer(&line.s->base, 6, 1000), WICK_OK);
    assert_int_equal(wick_source_timer(&line.s->base, 7, 1000000), WICK_OK);
    assert_int_equal(wick_source_timer(&line.s->base, 8, -1), WICK_E_ARG);
    assert_int_equal(source_clock(line.s, 50000 * MS), 0);     /* they count from the first frame */
    assert_int_equal(source_timer_next(line.s), 51000 * MS);
    assert_int_equal(source_clock(line.s, 60000 * MS), 1);
    assert_int_equal(wick_source_now_ns(&line.s->base), 51000 * MS);
    assert_int_equal(event(&ev), WICK_EV_TIMER);
    assert_int_equal(ev.tag, 6);
    assert_int_equal(ev.from, wick_stage_id(&line.s->base));
    assert_int_equal(source_clock(line.s, 60000 * MS), 1);
    assert_int_equal(event(&ev), WICK_EV_TIMER);
    assert_int_equal(ev.tag, 5);
    assert_int_equal(source_clock(line.s, 60000 * MS), 0);
    assert_int_equal(wick_source_now_ns(&line.s->base), 60000 * MS);
    assert_int_equal(source_clock(line.s, 40000 * MS), 0);
    assert_int_equal(wick_source_now_ns(&line.s->base), 60000 * MS);
}

static void real_timers_fire_by_the_wall_clock(void **state)
{
    wick_event ev;

    (void)state;
    line_open(&REAL, PLAN_B);
    assert_int_equal(wick_source_timer(&line.s->base, 5, 1), WICK_OK);
    assert_int_equal(wick_poll(w, &ev, 1, 5000), 1);
    assert_int_equal(ev.kind, WICK_EV_TIMER);
    assert_int_equal(ev.tag, 5);
    assert_true(wick_source_now_ns(&line.s->base) > INT64_C(1700000000000000000));
}

static void the_pump_stands_still_while_the_script_has_something_to_decide(void **state)
{
    wick_event ev;

    (void)state;
    line_open(&VIRTUAL, PLAN_B);
    opened();
    source_wake(line.s);
    uv_run(&w->loop, UV_RUN_NOWAIT);
    assert_int_equal(line.f->pumps, 0);
    assert_int_equal(event(&ev), WICK_EV_OPENED);
    assert_int_equal(event(&ev), 0);
    assert_int_equal(line.f->pumps, 1);
}

static void draining_says_the_last_words(void **state)
{
    wick_event ev;
    session *c;

    (void)state;
    line_open(&VIRTUAL, PLAN_B);
    opened();
    trade("A", 1, 1000, 1010);
    source_burst_end(line.s);
    c = line.f->c;
    line.k->again = 1;
    assert_int_equal(wick_stage_drain(&line.s->base, 77), WICK_OK);
    assert_int_equal(line.f->flow, 0);
    assert_int_equal(event(&ev), WICK_EV_OPENED);
    assert_int_equal(event(&ev), WICK_EV_FULL);
    stage_ready(&line.k->base);
    expect_text(line.k, "open/a A 1000 A1 alive/a 1000 close/a * 1000");
    assert_int_equal(event(&ev), WICK_EV_READY);
    assert_int_equal(event(&ev), WICK_EV_DRAINED);
    assert_int_equal(ev.tag, 77);
    assert_int_equal(line.f->flow, 0);
    source_message(line.s, c, "{}", 2, WICK_FORM_FRAME, 2000 * MS);    /* too late: nothing */
    source_closed(line.s, c, WICK_OK, "late");
    assert_int_equal(event(&ev), 0);
    assert_int_equal(wick_source_reopen(&line.s->base), WICK_E_CLOSED);
    assert_int_equal(wick_source_send(&line.s->base, "x", 1), WICK_E_CLOSED);
}

static void the_end_comes_behind_the_last_batch(void **state)
{
    wick_event ev;

    (void)state;
    line_open(&VIRTUAL, PLAN_B);
    opened();
    trade("A", 1, 1000, 1010);
    line.k->again = 2;
    source_end(line.s, WICK_E_DATA, "it was cut");
    while (event(&ev))
        assert_int_not_equal(ev.kind, WICK_EV_END);
    stage_ready(&line.k->base);
    stage_ready(&line.k->base);
    expect_text(line.k, "open/a A 1000 A1 alive/a 1000");
    while (event(&ev) != WICK_EV_END)
        assert_int_not_equal(ev.kind, 0);
    assert_int_equal(ev.status, WICK_E_DATA);
    assert_string_equal(ev.data, "it was cut");
}

static void a_failing_stage_behind_ends_the_source_with_its_reason(void **state)
{
    wick_event ev;

    (void)state;
    line_open(&VIRTUAL, PLAN_B);
    opened();
    trade("A", 1, 1000, 1010);
    assert_int_equal(wick_fault(w, "source.push", 1), WICK_OK);
    assert_int_equal(source_burst_end(line.s), WICK_E_CLOSED);
    assert_int_equal(line.f->flow, 0);
    assert_int_equal(event(&ev), WICK_EV_OPENED);
    assert_int_equal(event(&ev), WICK_EV_CLOSED);
    assert_int_equal(ev.status, WICK_E_IO);
}

/* A script behind the source takes batches as events; when it does not poll, the source waits. */
static void a_slow_script_holds_the_source_and_gets_everything(void **state)
{
    wick_event ev;
    uint32_t ticks = 0;
    int id = 0, more = 1;

    (void)state;
    line_open(&VIRTUAL, PLAN_B);
    assert_int_equal(wick_link(w, &line.s->base, NULL), WICK_OK);
    line.k->quiet = 1;
    opened();
    while (line.f->flow) {
        id++;
        trade("A", id, id, id);
        source_burst_end(line.s);
    }
    assert_true(id > 100 && id < 2000);
    while (more) {
        more = wick_poll(w, &ev, 1, 0) == 1;
        if (more && ev.kind == WICK_EV_BATCH)
            ticks += ((const wick_batch *)ev.data)->tick_count;
    }
    assert_int_equal(ticks, id);
    assert_int_equal(line.f->flow, 1);
}

static void options_are_checked(void **state)
{
    wick_feed *f;
    wick_stage *s = NULL;

    (void)state;
    rig_open(NULL, NULL);
    f = feed_of(PLAN_B);
    assert_int_equal(wick_source_open(w, f, "ftp://x", NULL, 0, &s), WICK_E_ARG);
    assert_non_null(strstr(wick_error(w), "ws://"));
    assert_int_equal(wick_source_open(w, NULL, "file:/x", NULL, 0, &s), WICK_E_ARG);
    assert_int_equal(wick_source_open(w, f, "file:/dev/null", "markt=X\n", 0, &s), WICK_E_ARG);
    assert_non_null(strstr(wick_error(w), "markt=X"));
    assert_int_equal(wick_source_open(w, f, "file:/dev/null", "after=1", 0, &s), WICK_E_ARG);
    assert_int_equal(wick_source_open(w, f, "ws://[::1]:1/", "header=nonsense", 0, &s), WICK_E_ARG);
    assert_null(s);
    wick_feed_unref(f);
}

/* Every allocation fails once: an error or nothing, never a crash or a leak. */
static void memory_that_ends_is_told_and_nothing_leaks(void **state)
{
    (void)state;
    for (int n = 0; n < 200; n++) {
        wick_stage *stage = NULL;
        wick_feed *feed;

        rig_open(&RIG_HOST, NULL);
        feed = feed_of(PLAN_A);
        line.k = sink_open();
        line.k->quiet = 1;
        shortage = (struct rig_shortage){.left = n, .on = 1, .once = 1};
        if (source_open(w, &VIRTUAL, feed, "fake:", "market=A", 9, &stage) == WICK_OK) {
            line.s = (source *)stage;
            line.f = the_fake;
            wick_link(w, stage, &line.k->base);
            if (source_opened(line.s, &line.f->c) == WICK_OK) {
                trade("A", 1, 999, 1000);
                say(1000, "{\"e\":\"sub\",\"s\":\"A\"}");
                say(1000, "broken");
                source_burst_end(line.s);
                source_closed(line.s, line.f->c, WICK_OK, "bye");
            }
        }
        shortage.on = 0;
        wick_feed_unref(feed);
        rig_shut();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_burst_is_one_batch_with_its_marks_in_place),
        RIG_TEST(a_confirmation_in_front_of_the_repeated_trades),
        RIG_TEST(a_script_says_subscribed_where_the_feed_confirms_nothing),
        RIG_TEST(nothing_is_lost_while_the_stage_behind_is_full),
        RIG_TEST(a_connection_that_ends_while_a_batch_waits_is_closed_behind_it),
        RIG_TEST(a_reconnect_is_another_connection),
        RIG_TEST(a_message_cut_off_by_a_close_is_pushed_first),
        RIG_TEST(session_messages_reach_the_script_and_heartbeats_once_a_second),
        RIG_TEST(broken_messages_are_told_with_place_and_text),
        RIG_TEST(virtual_timers_fire_in_virtual_time_and_in_order),
        RIG_TEST(real_timers_fire_by_the_wall_clock),
        RIG_TEST(the_pump_stands_still_while_the_script_has_something_to_decide),
        RIG_TEST(draining_says_the_last_words),
        RIG_TEST(the_end_comes_behind_the_last_batch),
        RIG_TEST(a_failing_stage_behind_ends_the_source_with_its_reason),
        RIG_TEST(a_slow_script_holds_the_source_and_gets_everything),
        RIG_TEST(options_are_checked),
        RIG_TEST(memory_that_ends_is_told_and_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
