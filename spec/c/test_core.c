/* SPDX-License-Identifier: Apache-2.0
 * The floor: settings, names and partitions, the event queue, timers, worker threads, links,
 * failing memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/commit.h"
#include "../../src/core/ctx.h"
#include "../../src/core/stage.h"
#include "../../src/core/worker.h"

static wick *opened(void)
{
    wick *w;

    assert_int_equal(wick_open(NULL, &w), WICK_OK);
    return w;
}

/* ---- settings ---- */

static void a_setting_keeps_its_text_and_refuses_what_its_kind_does_not_allow(void **state)
{
    static const char *const BAD[][2] = {
        {"bus.pack", "0"},     {"bus.pack", "1.5"},
        {"bus.pack", ""},      {"bus.pack", "99999999999999999999"},
        {"lateness", "5"},     {"lateness", "-1s"},
        {"lateness", "1 d"},   {"lateness", "9999999999999d"},
        {"bus.format", "xml"}, {"bus.format", "json,avro"},
        {"bus.format", ""},    {"no.such", "1"},
    };
    wick_conf *c;

    (void)state;
    assert_int_equal(wick_conf_new(&c), WICK_OK);
    assert_string_equal(wick_conf_get(c, "bus.pack"), "1000");
    assert_int_equal(wick_conf_set(c, "bus.pack", "7"), WICK_OK);
    assert_string_equal(wick_conf_get(c, "bus.pack"), "7");
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_int_equal(wick_conf_set(c, BAD[i][0], BAD[i][1]), WICK_E_ARG);
        assert_non_null(strstr(wick_conf_error(c), BAD[i][0]));
    }
    assert_string_equal(wick_conf_get(c, "bus.pack"), "7");
    assert_null(wick_conf_get(c, "no.such"));
    wick_conf_free(c);
}

static void every_default_is_a_value_that_its_kind_allows(void **state)
{
    wick_option o;
    wick_conf *c;

    (void)state;
    assert_int_equal(wick_conf_new(&c), WICK_OK);
    for (int i = 0; wick_conf_option(i, &o) == WICK_OK; i++) {
        assert_int_equal(wick_conf_set(c, o.key, o.dflt), WICK_OK);
        assert_true(strlen(o.help) > 0 && strlen(o.env) > 0);
    }
    wick_conf_free(c);
}

static void durations_are_read_exactly(void **state)
{
    int64_t ns;

    (void)state;
    assert_int_equal(duration_parse("250ms", &ns), WICK_OK);
    assert_int_equal(ns, 250000000);
    assert_int_equal(duration_parse("7d", &ns), WICK_OK);
    assert_int_equal(ns, INT64_C(604800000000000));
    assert_int_equal(duration_parse("0", &ns), WICK_OK);
    assert_int_equal(duration_parse("10", &ns), WICK_E_DATA);
    assert_int_equal(duration_parse("", &ns), WICK_E_DATA);
}

static void option_lines_are_found_whole(void **state)
{
    const char *lines = "rate=10\nmarket=A:B-C\nempty=\nlast=1";
    int64_t n;
    size_t size;

    (void)state;
    assert_ptr_equal(options_find(lines, "market", &size), lines + 15);
    assert_int_equal(size, 5);
    assert_null(options_find(lines, "mark", &size));
    assert_non_null(options_find(lines, "empty", &size));
    assert_int_equal(size, 0);
    assert_int_equal(options_int(lines, "last", 5, &n), WICK_OK);
    assert_int_equal(n, 1);
    assert_int_equal(options_int(lines, "none", 5, &n), WICK_OK);
    assert_int_equal(n, 5);
    assert_int_equal(options_int(lines, "market", 5, &n), WICK_E_ARG);
}

/* ---- names ---- */

static void names_are_interned_once_and_found_again(void **state)
{
    wick *w = opened();
    char name[32];

    (void)state;
    for (int i = 0; i < 5000; i++) {
        int size = snprintf(name, sizeof name, "Venue:M%d-USD", i);

        assert_int_equal(wick_market(w, name, (size_t)size), i);
    }
    assert_int_equal(wick_market(w, "Venue:M77-USD", 13), 77);
    assert_string_equal(wick_market_name(w, 4999), "Venue:M4999-USD");
    assert_null(wick_market_name(w, 5000));
    assert_int_equal(wick_market(w, "", 0), WICK_E_ARG);
    assert_int_equal(wick_market_set_symbol(w, 77, "M77USD", 6), WICK_OK);
    assert_string_equal(wick_market_symbol(w, 77), "M77USD");
    assert_null(wick_market_symbol(w, 78));
    wick_close(w);
}

/* The values are those of Kafka's own unit test of murmur2. */
static void partitions_are_those_of_kafkas_java_client(void **state)
{
    static const struct { const char *key; int32_t hash; } KNOWN[] = {
        {"21", -973932308}, {"foobar", -790332482}, {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971}, {"abc", 479470107},
    };

    (void)state;
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        uint32_t positive = (uint32_t)KNOWN[i].hash & 0x7fffffff;

        assert_int_equal(market_partition(KNOWN[i].key, strlen(KNOWN[i].key), 1u << 30),
                         positive % (1u << 30));
        assert_int_equal(market_partition(KNOWN[i].key, strlen(KNOWN[i].key), 16), positive % 16);
    }
}

/* ---- events and timers ---- */

static void timers_end_as_events_and_a_second_one_of_a_tag_replaces_the_first(void **state)
{
    wick *w = opened();
    wick_event ev[4];

    (void)state;
    assert_int_equal(wick_timer(w, 1, 100000), WICK_OK);
    assert_int_equal(wick_timer(w, 2, 100000), WICK_OK);
    assert_int_equal(wick_timer(w, 1, 0), WICK_OK);
    assert_int_equal(wick_timer_cancel(w, 2), WICK_OK);
    assert_int_equal(wick_poll(w, ev, 4, 5000), 1);
    assert_int_equal(ev[0].kind, WICK_EV_TIMER);
    assert_int_equal(ev[0].tag, 1);
    assert_int_equal(wick_poll(w, ev, 4, -1),
                     0); /* nothing is outstanding: it does not wait for ever */
    assert_int_equal(wick_timer(w, 3, -1), WICK_E_ARG);
    wick_close(w);
}

static int released;
static void count_release(wick *w, void *owned)
{
    (void)w;
    (void)owned;
    released++;
}

static void what_an_event_lends_is_released_at_the_next_poll_or_at_the_end(void **state)
{
    wick *w = opened();
    wick_event ev = {.kind = WICK_EV_DONE};

    (void)state;
    released = 0;
    for (int i = 0; i < 200; i++)
        assert_int_equal(event_push(w, &ev, NULL, count_release), WICK_OK);
    assert_int_equal(wick_poll(w, &ev, 1, 0), 1);
    assert_int_equal(released, 0);
    assert_int_equal(wick_poll(w, &ev, 1, 0), 1);
    assert_int_equal(released, 1);
    wick_close(w);
    assert_int_equal(released, 200);
}

static void the_queue_is_bounded_and_says_so(void **state)
{
    wick *w = opened();
    wick_event ev = {.kind = WICK_EV_DONE};
    int rc = WICK_OK, n = 0;

    (void)state;
    while ((rc = event_push(w, &ev, NULL, NULL)) == WICK_OK)
        n++;
    assert_int_equal(rc, WICK_E_AGAIN);
    assert_int_equal(n, EVENT_MAX);
    wick_close(w);
}

/* ---- workers ---- */

typedef struct counted { job j; int *ran, *done; worker *again; } counted;

static void count_run(job *j)
{
    ++*((counted *)j)->ran;
}

static void count_done(job *j)
{
    counted *c = (counted *)j;

    ++*c->done;
    if (c->again) {
        worker *k = c->again;

        c->again = NULL;
        worker_post(k, j);
    }
}

static void jobs_run_in_order_and_are_done_before_the_worker_is_closed(void **state)
{
    wick *w = opened();
    int ran = 0, done = 0;
    counted jobs[100];
    worker *k;

    (void)state;
    assert_int_equal(worker_open(w, "test", &k), WICK_OK);
    for (int i = 0; i < 100; i++) {
        jobs[i] =
            (counted){{.run = count_run, .done = count_done}, &ran, &done, i == 99 ? k : NULL};
        worker_post(k, &jobs[i].j);
    }
    worker_close(k);
    assert_int_equal(ran, 101);
    assert_int_equal(done, 101);
    wick_close(w);
}

/* ---- stages ---- */

typedef struct sink { wick_stage s; int room, took; } sink;

static int sink_take(wick_stage *s, const wick_batch *b)
{
    sink *k = (sink *)s;

    (void)b;
    if (k->took == k->room)
        return WICK_E_AGAIN;
    k->took++;
    return WICK_OK;
}

static void nothing(wick_stage *s)
{
    (void)s;
}

static const stage_ops SOURCE = {.kind = "source", .close = nothing};
static const stage_ops SINK = {.kind = "bus", .take = sink_take, .close = nothing};

static void a_full_stage_says_so_once_and_once_that_it_flows_again(void **state)
{
    wick *w = opened();
    wick_stage *from = stage_new(w, &SOURCE, sizeof *from, 9, NULL);
    sink *to = stage_new(w, &SINK, sizeof *to, 0, NULL);
    wick_batch b = {0};
    wick_event ev[8];

    (void)state;
    to->room = 1;
    assert_int_equal(wick_link(w, &to->s, from), WICK_E_ARG);
    assert_int_equal(wick_link(w, from, &to->s), WICK_OK);
    assert_int_equal(stage_push(from, &b), WICK_OK);
    assert_int_equal(stage_push(from, &b), WICK_E_AGAIN);
    assert_int_equal(stage_push(from, &b), WICK_E_AGAIN);
    to->room = 2;
    assert_int_equal(stage_push(from, &b), WICK_OK);
    assert_int_equal(wick_poll(w, ev, 8, 0), 2);
    assert_int_equal(ev[0].kind, WICK_EV_FULL);
    assert_int_equal(ev[0].tag, 9);
    assert_int_equal(ev[1].kind, WICK_EV_READY);
    wick_stage_hold(from);
    to->room = 9;
    assert_int_equal(stage_push(from, &b), WICK_E_AGAIN);
    wick_stage_flow(from);
    assert_int_equal(stage_push(from, &b), WICK_OK);
    wick_stage_close(&to->s); /* in any order, also behind the context's owner */
    wick_close(w);
    wick_stage_close(from);
}

static void a_script_gets_copies_of_batches(void **state)
{
    wick *w = opened();
    wick_stage *from = stage_new(w, &SOURCE, sizeof *from, 3, NULL);
    wick_tick t = {.time_ns = 5, .id_len = 2};
    wick_batch b = {.ticks = &t, .tick_count = 1, .bytes = (const uint8_t *)"42", .byte_count = 2};
    const wick_batch *got;
    wick_event ev;

    (void)state;
    assert_int_equal(wick_link(w, from, NULL), WICK_OK);
    assert_int_equal(stage_push(from, &b), WICK_OK);
    t.time_ns = 6;
    assert_int_equal(wick_poll(w, &ev, 1, 0), 1);
    assert_int_equal(ev.kind, WICK_EV_BATCH);
    got = ev.data;
    assert_int_equal(got->ticks[0].time_ns, 5);
    assert_memory_equal(got->bytes, "42", 2);
    wick_stage_close(from);
    wick_close(w);
}

/* ---- memory that ends ---- */

static long allocations_left;
static void *miser(void *user, void *old, size_t size)
{
    (void)user;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return allocations_left-- > 0 ? realloc(old, size) : NULL;
}

static int life(void)
{
    const wick_host host = {.resize = miser};
    wick *w;
    wick_event ev;
    commit *c = NULL;
    int rc = wick_open_host(NULL, &host, &w);

    if (rc < 0)
        return rc;
    rc = wick_market(w, "A:B-C", 5) < 0 || wick_market_set_symbol(w, 0, "BC", 2) < 0 ||
         wick_timer(w, 1, 0) < 0 || !(c = commit_new(w)) || !commit_candle(c) ||
         wick_poll(w, &ev, 1, 1000) != 1;
    commit_free(c);
    wick_close(w);
    return rc ? WICK_E_NOMEM : WICK_OK;
}

static void an_array_grows_by_doubling_up_to_its_bound(void **state)
{
    uint64_t *rows = NULL;
    uint32_t cap = 0, caps = 0;

    (void)state;
    for (uint32_t n = 0; n < 1000; n++) {
        uint32_t had = cap;

        assert_int_equal(MEM_GROW(NULL, rows, cap, n + 1, 1000), WICK_OK);
        assert_true(cap > n && cap <= 1000);
        caps += cap != had;
        rows[n] = n;
    }
    assert_true(caps < 8);
    assert_int_equal(MEM_GROW(NULL, rows, cap, 1001, 1000), WICK_E_NOMEM);
    assert_int_equal(mem_grow(NULL, &rows, &cap, UINT32_MAX, SIZE_MAX / 1000, UINT32_MAX),
                     WICK_E_NOMEM);
    assert_int_equal(cap, 1000);
    for (uint32_t n = 0; n < 1000; n++)
        assert_int_equal(rows[n], n);
    assert_int_equal(MEM_GROW_ZERO(NULL, rows, cap, 1500, UINT32_MAX), WICK_OK);
    for (uint32_t n = 1000; n < cap; n++)
        assert_int_equal(rows[n], 0);
    mem_free(NULL, rows);
}

static void any_allocation_may_fail_and_nothing_is_left_behind(void **state)
{
    (void)state;
    for (long n = 0; n < 200; n++) {
        allocations_left = n;
        if (life() == WICK_OK && allocations_left > 0)
            return;
    }
    fail_msg("200 allocations were not enough");
}

static void a_thousand_contexts_come_and_go(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        wick_close(opened());
}

static void push_late(wick *w)
{
    (void)event_push(w, &(wick_event){.kind = WICK_EV_TIMER}, NULL, NULL);
}

/* A timer that fired in the last turns of the loop left a ring behind; the sanitizer sees it. */
static void events_of_the_loops_last_turns_are_released(void **state)
{
    wick *w = opened();

    (void)state;
    assert_int_equal(ctx_at_end(w, push_late), WICK_OK);
    wick_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_keeps_its_text_and_refuses_what_its_kind_does_not_allow),
        cmocka_unit_test(every_default_is_a_value_that_its_kind_allows),
        cmocka_unit_test(durations_are_read_exactly),
        cmocka_unit_test(option_lines_are_found_whole),
        cmocka_unit_test(names_are_interned_once_and_found_again),
        cmocka_unit_test(partitions_are_those_of_kafkas_java_client),
        cmocka_unit_test(timers_end_as_events_and_a_second_one_of_a_tag_replaces_the_first),
        cmocka_unit_test(what_an_event_lends_is_released_at_the_next_poll_or_at_the_end),
        cmocka_unit_test(the_queue_is_bounded_and_says_so),
        cmocka_unit_test(jobs_run_in_order_and_are_done_before_the_worker_is_closed),
        cmocka_unit_test(a_full_stage_says_so_once_and_once_that_it_flows_again),
        cmocka_unit_test(a_script_gets_copies_of_batches),
        cmocka_unit_test(an_array_grows_by_doubling_up_to_its_bound),
        cmocka_unit_test(any_allocation_may_fail_and_nothing_is_left_behind),
        cmocka_unit_test(a_thousand_contexts_come_and_go),
        cmocka_unit_test(events_of_the_loops_last_turns_are_released),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
