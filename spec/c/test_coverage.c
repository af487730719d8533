/* SPDX-License-Identifier: Apache-2.0
 * Coverage of a market from marks and trades: first buckets, quiet ones, cuts with and without a
 * proof, the watermark; and what becomes of rows that were written already. */
#include "agg_rig.h"

enum { KNOWN = 1, NEW = 0 };

static cover c;

static void begin(void)
{
    cover_fini(NULL, &c);
    cover_init(&c, 2 * SECOND);
}

static void say(uint32_t kind, uint64_t conn, int64_t from_ns, int64_t to_ns, uint32_t repeats)
{
    wick_mark m = {
        .kind = kind, .conn = conn, .from_ns = from_ns, .to_ns = to_ns, .repeats = repeats
    };
    assert_int_equal(cover_mark(NULL, &c, &m), WICK_OK);
}

static void trade_at(int64_t ns, int known, uint32_t flags)
{
    wick_tick t = { .time_ns = ns, .flags = flags };
    assert_int_equal(cover_trade(NULL, &c, &t, known), WICK_OK);
}

static void open_at(uint64_t conn, int64_t from, uint32_t repeats)
{
    say(WICK_MARK_OPEN, conn, from, 0, repeats);
}
static void alive(uint64_t conn, int64_t to) { say(WICK_MARK_ALIVE, conn, 0, to, 0); }
static void closed(uint64_t conn, int64_t to) { say(WICK_MARK_CLOSE, conn, 0, to, 0); }

/* Minutes from T0 on as text: 'c' complete, '-' not. */
static const char *minutes(int n)
{
    static char out[64];

    for (int i = 0; i < n; i++)
        out[i] = cover_complete(&c, T0 + i * MINUTE, T0 + (i + 1) * MINUTE) ? 'c' : '-';
    out[n] = 0;
    return out;
}

static void the_first_bucket_counts_only_from_its_boundary_on(void **state)
{
    (void)state;
    begin();
    open_at(1, T0 + 1, 0);
    alive(1, T0 + 3 * MINUTE);
    assert_string_equal(minutes(4), "-cc-");
    begin();
    open_at(1, T0, 0);
    alive(1, T0 + 3 * MINUTE);
    assert_string_equal(minutes(4), "ccc-");
}

static void a_quiet_market_is_complete_and_a_deaf_one_is_not(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 0);
    trade_at(T0 + SECOND, NEW, 0);
    assert_string_equal(minutes(3), "---");
    alive(1, T0 + 2 * MINUTE);
    assert_string_equal(minutes(3), "cc-");
    alive(2, T0 + 9 * MINUTE); /* another connection says nothing about this market */
    assert_string_equal(minutes(3), "cc-");
    closed(1, T0 + 2 * MINUTE + SECOND);
    alive(1, T0 + 9 * MINUTE);
    assert_string_equal(minutes(3), "cc-");
}

static void a_cut_without_repeats_is_missing_from_the_last_sign_of_life_to_the_open(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 0);
    alive(1, T0 + 2 * MINUTE + 30 * SECOND);
    closed(1, T0 + 2 * MINUTE + 40 * SECOND);
    open_at(2, T0 + 4 * MINUTE, 0);
    alive(2, T0 + 6 * MINUTE);
    assert_string_equal(minutes(6), "cc--cc");
}

static void a_known_trade_among_the_repeated_proves_that_nothing_is_missing(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 20);
    trade_at(T0 + 10 * SECOND, NEW, 0);
    trade_at(T0 + 70 * SECOND, NEW, 0);
    alive(1, T0 + 90 * SECOND);
    closed(1, T0 + 91 * SECOND);
    open_at(2, T0 + 200 * SECOND, 20);
    trade_at(T0 + 70 * SECOND, KNOWN, 0);
    trade_at(T0 + 130 * SECOND, NEW, 0);
    trade_at(T0 + 210 * SECOND, NEW, 0);
    alive(2, T0 + 5 * MINUTE);
    assert_string_equal(minutes(5), "ccccc");
}

static void without_a_known_one_it_is_missing_to_the_oldest_repeated(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 3);
    trade_at(T0 + 10 * SECOND, NEW, 0);
    trade_at(T0 + 70 * SECOND, NEW, 0);
    closed(1, T0 + 80 * SECOND);
    open_at(2, T0 + 400 * SECOND, 3);
    trade_at(T0 + 310 * SECOND, NEW, 0);                /* in whichever order they come */
    trade_at(T0 + 190 * SECOND, NEW, 0);
    trade_at(T0 + 350 * SECOND, NEW, 0);
    trade_at(T0 + 250 * SECOND, NEW, 0); /* the fourth is none of the repeated three */
    trade_at(T0 + 100 * SECOND, NEW, 0);
    alive(2, T0 + 8 * MINUTE);
    assert_string_equal(minutes(8), "c---cccc");
}

/* Heard up to 60 s, deaf to 300 s; what the new connection delivers first, in seconds. */
static const char *delivered(const int *at, size_t count)
{
    begin();
    open_at(1, T0, 20);
    trade_at(T0 + 50 * SECOND, NEW, 0);
    closed(1, T0 + MINUTE);
    open_at(2, T0 + 5 * MINUTE, 20);
    for (size_t i = 0; i < count; i++)
        trade_at(T0 + at[i] * SECOND, NEW, 0);
    alive(2, T0 + 8 * MINUTE);
    return minutes(8);
}

static void a_late_trade_among_the_repeated_hides_no_gap(void **state)
{
    static const int OLDER[] = {200, 210, 220, 230, 240, 250, 260, 40, 270, 280},
                     BETWEEN[] = {200, 210, 220, 230, 240, 250, 260, 100, 270, 280},
                     LIVE[] = {301, 302, 303, 304, 305, 306, 100, 307, 308},
                     BACKWARDS[] = {280, 270, 260, 250, 240, 230, 220, 210, 200};

    (void)state;
    assert_string_equal(delivered(OLDER, 10), "c---cccc");
    assert_string_equal(delivered(BETWEEN, 10), "c---cccc");
    assert_string_equal(delivered(LIVE, 9), "c----ccc");
    assert_string_equal(delivered(BACKWARDS, 9), "c---cccc");
}

static void where_trades_come_late_the_oldest_repeated_proves_less(void **state)
{
    cover_kept kept;

    (void)state;
    begin();
    open_at(1, T0, 1);
    for (int i = 0; i < 50; i++)
        trade_at(T0 + i * SECOND, NEW, 0);
    trade_at(T0 + 10 * SECOND, NEW, 0);                 /* 39 s late */
    closed(1, T0 + MINUTE);
    kept = cover_keep(&c);
    cover_again(&c, &kept);
    open_at(2, T0 + 5 * MINUTE, 1);
    trade_at(T0 + 150 * SECOND, NEW, 0);
    alive(2, T0 + 8 * MINUTE);
    assert_string_equal(minutes(8), "c---cccc");
}

static void a_connection_that_was_never_closed_ends_at_its_last_sign_of_life(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 20);
    trade_at(T0 + 10 * SECOND, NEW, 0);
    alive(1, T0 + 100 * SECOND);
    open_at(2, INT64_MAX, 20); /* it has begun; from when it covers is said later */
    for (int i = 0; i < 20; i++)
        trade_at(T0 + 190 * SECOND + i * SECOND, NEW, 0);
    assert_string_equal(minutes(4), "c---");
    open_at(2, T0 + 209 * SECOND, 20);
    alive(2, T0 + 5 * MINUTE);
    assert_string_equal(minutes(5), "c--" "-c");
    begin();
    open_at(1, T0, 20);
    trade_at(T0 + 10 * SECOND, NEW, 0);
    alive(1, T0 + 100 * SECOND);
    open_at(2, INT64_MAX, 20);
    trade_at(T0 + 10 * SECOND, KNOWN, 0);
    trade_at(T0 + 190 * SECOND, NEW, 0);
    open_at(2, T0 + 209 * SECOND, 20);
    alive(2, T0 + 5 * MINUTE);
    assert_string_equal(minutes(5), "ccccc");
}

/* Nothing said that a connection began, its repeated trades came first and its OPEN behind them. */
static void an_open_behind_its_repeated_trades_hides_no_gap(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 3);
    for (int i = 0; i < 100; i++)
        trade_at(T0 + i * SECOND, NEW, 0);
    trade_at(T0 + 310 * SECOND, NEW, 0);
    trade_at(T0 + 311 * SECOND, NEW, 0);
    trade_at(T0 + 312 * SECOND, NEW, 0);
    open_at(2, T0 + 312 * SECOND, 3);
    alive(2, T0 + 8 * MINUTE);
    assert_string_equal(minutes(8), "c-----cc");
    begin();
    open_at(1, T0, 3);
    for (int i = 0; i < 100; i++)
        trade_at(T0 + i * SECOND, NEW, 0);
    trade_at(T0 + 99 * SECOND, KNOWN, 0);
    trade_at(T0 + 311 * SECOND, NEW, 0);
    open_at(2, T0 + 312 * SECOND, 3);
    alive(2, T0 + 8 * MINUTE);
    assert_string_equal(minutes(8), "cccccccc");
}

static void a_later_proof_heals_an_older_gap(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 20);
    trade_at(T0 + 50 * SECOND, NEW, 0);
    closed(1, T0 + 70 * SECOND);
    open_at(2, T0 + 130 * SECOND, 20);
    alive(2, T0 + 200 * SECOND);
    assert_string_equal(minutes(3), "c--");
    closed(2, T0 + 210 * SECOND);
    open_at(3, T0 + 250 * SECOND, 20);
    trade_at(T0 + 50 * SECOND, KNOWN, 0);
    alive(3, T0 + 6 * MINUTE);
    assert_string_equal(minutes(6), "cccccc");
}

/* It came behind the gap that it is older than. */
static void a_late_trade_that_comes_again_heals_no_gap_before_it(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 1);
    for (int i = 0; i < 70; i++)
        trade_at(T0 + i * SECOND, NEW, 0);
    trade_at(T0 + 9 * SECOND, NEW, 0);                  /* 60 s late */
    closed(1, T0 + 70 * SECOND);
    open_at(2, T0 + 130 * SECOND, 1);
    trade_at(T0 + 131 * SECOND, NEW, 0);
    trade_at(T0 + 69 * SECOND + 1, NEW, 0);             /* late */
    closed(2, T0 + 200 * SECOND);
    open_at(3, T0 + 250 * SECOND, 1);
    trade_at(T0 + 69 * SECOND + 1, KNOWN, 0);
    alive(3, T0 + 6 * MINUTE);
    assert_string_equal(minutes(6), "c--ccc");
}

static void a_trade_delivered_twice_by_the_new_connection_proves_nothing(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 20);
    trade_at(T0 + 10 * SECOND, NEW, 0);
    closed(1, T0 + 20 * SECOND);
    open_at(2, T0 + 200 * SECOND, 20);
    trade_at(T0 + 190 * SECOND, NEW, 0);
    trade_at(T0 + 190 * SECOND, KNOWN, 0);
    alive(2, T0 + 5 * MINUTE);
    assert_string_equal(minutes(5), "----c");
}

static void snapshots_do_not_widen_the_first_coverage(void **state)
{
    (void)state;
    begin();
    trade_at(T0 - 5 * MINUTE, NEW, WICK_TICK_SNAPSHOT);
    trade_at(T0 - MINUTE, NEW, WICK_TICK_SNAPSHOT);
    open_at(1, T0, 0);
    trade_at(T0 - 3 * MINUTE, NEW, WICK_TICK_SNAPSHOT);
    alive(1, T0 + 2 * MINUTE);
    assert_string_equal(minutes(2), "cc");
    assert_false(cover_complete(&c, T0 - MINUTE, T0));
}

static void a_lost_stretch_of_the_log_is_missing(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 0);
    alive(1, T0 + 130 * SECOND);
    say(WICK_MARK_GAP, 0, INT64_MIN, T0 + 200 * SECOND, 0);
    alive(1, T0 + 6 * MINUTE);
    assert_string_equal(minutes(6), "cc--cc");
    say(WICK_MARK_GAP, 0, T0 + 300 * SECOND, T0 + 301 * SECOND, 0);
    assert_string_equal(minutes(6), "cc--c-");
}

static void a_later_row_of_a_tape_widens_it(void **state)
{
    (void)state;
    begin();
    open_at(1, T0 + 100 * SECOND, 0);
    trade_at(T0 + 100 * SECOND, NEW, 0);
    trade_at(T0, NEW, 0);
    open_at(1, T0, 0);
    alive(1, T0 + 3 * MINUTE);
    closed(1, T0 + 3 * MINUTE);
    assert_string_equal(minutes(4), "ccc-");
}

/* ---- the watermark ---- */

static void one_trade_ahead_of_all_others_does_not_move_the_watermark(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 0);
    for (int i = 0; i < 10; i++)
        trade_at(T0 + i * SECOND, NEW, 0);
    assert_int_equal(c.watermark_ns, T0 + 7 * SECOND);
    trade_at(T0 + 3600 * SECOND, NEW, 0);
    assert_int_equal(c.watermark_ns, T0 + 7 * SECOND);
    trade_at(T0 + 10 * SECOND, NEW, 0);
    assert_int_equal(c.watermark_ns, T0 + 8 * SECOND);
    trade_at(T0 + 3600 * SECOND, NEW, 0);               /* a second one says so too */
    assert_int_equal(c.watermark_ns, T0 + 3598 * SECOND);
    alive(1, T0 + 60 * SECOND);
    assert_int_equal(c.watermark_ns, T0 + 3598 * SECOND);
}

static void the_watermark_stands_still_until_a_new_connection_says_from_when(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 20);
    alive(1, T0 + 62 * SECOND);
    assert_int_equal(c.watermark_ns, T0 + 60 * SECOND);
    closed(1, T0 + 62 * SECOND);
    trade_at(T0 + 300 * SECOND, NEW, 0);
    trade_at(T0 + 300 * SECOND, NEW, 0);
    assert_int_equal(c.watermark_ns, T0 + 60 * SECOND);
    open_at(2, T0 + 301 * SECOND, 20);
    assert_int_equal(c.watermark_ns, T0 + 298 * SECOND);
    assert_string_equal(minutes(5), "c----");
}

static void gaps_are_bounded_and_the_oldest_grow_together(void **state)
{
    (void)state;
    begin();
    open_at(1, T0, 0);
    alive(1, T0 + 5000 * MINUTE);
    for (int i = 0; i < 1000; i++)
        say(WICK_MARK_GAP, 1, T0 + 2 * i * MINUTE, T0 + 2 * i * MINUTE, 0);
    assert_true(c.gaps.count <= GAPS_MAX);
    assert_string_equal(minutes(5), "-----");
    for (int i = 1900; i < 2000; i++)
        assert_int_equal(cover_complete(&c, T0 + i * MINUTE, T0 + (i + 1) * MINUTE), i % 2);
}

/* Random cuts against a server that goes on: every minute that missed a trade is marked, and
 * none but those that touch a stretch between the last word of one connection and the first of
 * the next. */
static void random_cuts_mark_exactly_what_they_touch(void **state)
{
    enum { MINUTES = 60 };

    (void)state;
    for (int round = 0; round < 300; round++) {
        int64_t at = T0, end = T0 + MINUTES * MINUTE;
        char missed[MINUTES] = {0}, touched[MINUTES] = {0};
        uint64_t conn = 1;

        begin();
        open_at(conn, T0, 5);
        while (at < end) {
            int64_t cut_at = at + (int64_t)rig_random(20 * 60) * SECOND, back, last[5] = {0};
            uint32_t n = 0;
            for (; at < cut_at && at < end; at += (int64_t)rig_random(30000) * NS_PER_MS + 1) {
                trade_at(at, NEW, 0);
                last[n++ % 5] = at;
                alive(conn, at);
            }
            if (at >= end)
                break;
            if (rig_random(2))
                closed(conn, at);
            else
                alive(conn, at);
            back = at + (int64_t)rig_random(200) * SECOND;
            int64_t lost[1000], first = at;
            uint32_t k = 0;
            for (; at < back; at += (int64_t)rig_random(30000) * NS_PER_MS + 1)
                lost[k++] = at;
            open_at(++conn, INT64_MAX, 5);
            for (uint32_t i = k < 5 ? 0 : k - 5; k < 5 && i < 5 - k && n >= 5; i++)
                trade_at(last[(n + k + i) % 5], KNOWN, 0);
            for (uint32_t i = k < 5 ? 0 : k - 5; i < k; i++)
                trade_at(lost[i], NEW, 0);
            open_at(conn, back, 5);
            alive(conn, back);
            for (uint32_t i = 0; i + 5 < k; i++)
                if (lost[i] < end)
                    missed[(lost[i] - T0) / MINUTE] = 1;
            if (k >= 5 || n < 5) /* no proof: from the last sign of life on */
                for (int64_t x = first;
                     x <= (k ? lost[k < 5 ? 0 : k - 5] : back) && x < end + MINUTE; x += MINUTE)
                    for (int64_t y = x - MINUTE; y <= x + MINUTE; y += MINUTE)
                        if (y >= T0 && y < end)
                            touched[(y - T0) / MINUTE] = 1;
            at = at > back ? at : back;
        }
        alive(conn, end);
        for (int i = 0; i < MINUTES; i++) {
            int complete = cover_complete(&c, T0 + i * MINUTE, T0 + (i + 1) * MINUTE);
            if (missed[i])
                assert_false(complete);
            if (!touched[i])
                assert_true(complete);
        }
    }
}

/* ---- rows that were written already ---- */

static wick_mark mark(uint32_t kind, uint64_t conn, int64_t from_ns, int64_t to_ns)
{
    return (wick_mark){ .kind = kind, .conn = conn, .from_ns = from_ns, .to_ns = to_ns };
}

static void a_gap_that_is_told_late_marks_closed_rows_and_their_parents(void **state)
{
    rig r = rig_open("1m,5m");
    trade t[3] = { rig_trade(0, T0 + SECOND, 100, 0, 1, 0, 1),
                   rig_trade(0, T0 + MINUTE, 105, 0, 1, 0, 2),
                   rig_trade(0, T0 + 6 * MINUTE, 105, 0, 1, 0, 3) };
    wick_mark marks[2] = { mark(WICK_MARK_OPEN, 1, T0, 0),
                           mark(WICK_MARK_ALIVE, 1, 0, T0 + 8 * MINUTE) };
    wick_mark gap = mark(WICK_MARK_GAP, 1, T0 + 70 * SECOND, T0 + 71 * SECOND);
    record *log[2];
    uint32_t m1 = (uint32_t)wick_interval("1m", 2), m5 = (uint32_t)wick_interval("5m", 2);

    (void)state;
    marks[1].at = 3;
    log[0] = rig_record(t, 3, marks, 2);
    log[1] = rig_record(NULL, 0, &gap, 1);
    rig_live(&r);
    r.bus->log = log;
    r.bus->count = 2;
    fake_pump(r.bus, 1);
    rig_drain(&r);
    assert_int_equal(fake_find(r.store, 0, m1, T0 + MINUTE)->flags,
                     WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE);
    assert_int_equal(fake_find(r.store, 0, m5, T0)->flags,
                     WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE);
    fake_pump(r.bus, 2);
    rig_drain(&r);
    assert_int_equal(fake_find(r.store, 0, m1, T0)->flags,
                     WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE);
    assert_int_equal(fake_find(r.store, 0, m1, T0)->rev, 0);
    assert_int_equal(fake_find(r.store, 0, m1, T0 + MINUTE)->flags, WICK_CANDLE_CLOSED);
    assert_int_equal(fake_find(r.store, 0, m1, T0 + MINUTE)->rev, 1);
    assert_int_equal(fake_find(r.store, 0, m5, T0)->flags, WICK_CANDLE_CLOSED);
    assert_int_equal(fake_find(r.store, 0, m5, T0)->rev, 1);
    assert_int_equal(fake_find(r.store, 0, m1, T0 + 6 * MINUTE)->flags,
                     WICK_CANDLE_CLOSED | WICK_CANDLE_COMPLETE);
    rig_record_free(log[0]);
    rig_record_free(log[1]);
    rig_close(&r);
}

static void end(void)
{
    cover_fini(NULL, &c);
}

static int tidy(void **state)
{
    (void)state;
    end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_bucket_counts_only_from_its_boundary_on),
        cmocka_unit_test(a_quiet_market_is_complete_and_a_deaf_one_is_not),
        cmocka_unit_test(a_cut_without_repeats_is_missing_from_the_last_sign_of_life_to_the_open),
        cmocka_unit_test(a_known_trade_among_the_repeated_proves_that_nothing_is_missing),
        cmocka_unit_test(without_a_known_one_it_is_missing_to_the_oldest_repeated),
        cmocka_unit_test(a_late_trade_among_the_repeated_hides_no_gap),
        cmocka_unit_test(where_trades_come_late_the_oldest_repeated_proves_less),
        cmocka_unit_test(a_connection_that_was_never_closed_ends_at_its_last_sign_of_life),
        cmocka_unit_test(an_open_behind_its_repeated_trades_hides_no_gap),
        cmocka_unit_test(a_later_proof_heals_an_older_gap),
        cmocka_unit_test(a_late_trade_that_comes_again_heals_no_gap_before_it),
        cmocka_unit_test(a_trade_delivered_twice_by_the_new_connection_proves_nothing),
        cmocka_unit_test(snapshots_do_not_widen_the_first_coverage),
        cmocka_unit_test(a_lost_stretch_of_the_log_is_missing),
        cmocka_unit_test(a_later_row_of_a_tape_widens_it),
        cmocka_unit_test(one_trade_ahead_of_all_others_does_not_move_the_watermark),
        cmocka_unit_test(the_watermark_stands_still_until_a_new_connection_says_from_when),
        cmocka_unit_test(gaps_are_bounded_and_the_oldest_grow_together),
        cmocka_unit_test(random_cuts_mark_exactly_what_they_touch),
        cmocka_unit_test(a_gap_that_is_told_late_marks_closed_rows_and_their_parents),
    };
    return cmocka_run_group_tests(tests, NULL, tidy);
}
