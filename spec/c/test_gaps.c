/* SPDX-License-Identifier: Apache-2.0
 * Numbers that go up by one from trade to trade: what they prove of a gap, and which they are
 * themselves. */
#include "agg_rig.h"

enum { KNOWN = 1, NEW = 0 };

static cover c;
static uint32_t counted;                /* flags of a numbered trade */

static void say(uint32_t kind, uint64_t conn, int64_t from_ns, int64_t to_ns, uint32_t repeats)
{
    wick_mark m = {
        .kind = kind, .conn = conn, .from_ns = from_ns, .to_ns = to_ns, .repeats = repeats
    };
    assert_int_equal(cover_mark(NULL, &c, &m), WICK_OK);
}

static void open_at(uint64_t conn, int64_t s, uint32_t repeats)
{
    say(WICK_MARK_OPEN, conn, T0 + s * SECOND, 0, repeats);
}
static void alive(uint64_t conn, int64_t s) { say(WICK_MARK_ALIVE, conn, 0, T0 + s * SECOND, 0); }
static void closed(uint64_t conn, int64_t s) { say(WICK_MARK_CLOSE, conn, 0, T0 + s * SECOND, 0); }

/* A trade `s` seconds behind T0, by its number. */
static void number(uint64_t n, int64_t s, int known)
{
    wick_tick t = { .time_ns = T0 + s * SECOND, .flags = counted };

    if (counted & WICK_TICK_SEQ_COUNTS)
        t.seq = n;
    else
        t.id_key = n;
    assert_int_equal(cover_trade(NULL, &c, &t, known), WICK_OK);
}

/* Connection 1 has heard trades 100 and 101 in the first minute, and was alive until 90 s. */
static void begin(void)
{
    cover_fini(NULL, &c);
    cover_init(&c, 2 * SECOND);
    counted = WICK_TICK_ORDERED | WICK_TICK_ID_COUNTS;
    open_at(1, 0, 0);
    number(100, 10, NEW);
    number(101, 30, NEW);
    alive(1, 90);
}

/* Minutes from T0 on as text: 'c' complete, '-' not. */
static const char *minutes(int n)
{
    static char out[64];

    for (int i = 0; i < n; i++)
        out[i] = cover_complete(&c, T0 + i * MINUTE, T0 + (i + 1) * MINUTE) ? 'c' : '-';
    out[n] = 0;
    return out;
}

static void the_next_number_proves_that_a_cut_missed_nothing(void **state)
{
    (void)state;
    begin();
    closed(1, 90);
    open_at(2, 200, 0);
    alive(2, 300);
    assert_string_equal(minutes(5), "c--" "-c");
    number(102, 290, NEW);
    assert_string_equal(minutes(5), "ccccc");
}

static void a_missing_number_at_a_cut_is_missing_since_the_last_known_trade(void **state)
{
    (void)state;
    begin();
    closed(1, 130);
    open_at(2, 200, 0);
    alive(2, 300);
    number(103, 230, NEW);
    assert_string_equal(minutes(5), "----c");
    number(102, 150, NEW);              /* and there it is */
    assert_string_equal(minutes(5), "ccccc");
}

static void one_number_proves_all_gaps_since_the_last(void **state)
{
    (void)state;
    begin();
    closed(1, 90);
    open_at(2, 130, 0);
    alive(2, 190);
    closed(2, 190);
    open_at(3, 250, 0);
    alive(3, 420);
    say(WICK_MARK_GAP, 3, T0 + 310 * SECOND, T0 + 320 * SECOND, 0);
    assert_string_equal(minutes(7), "c-----c");
    number(102, 410, NEW);
    assert_string_equal(minutes(7), "ccccccc");
    begin();
    closed(1, 90);
    open_at(2, 130, 0);
    alive(2, 190);
    closed(2, 190);
    open_at(3, 250, 0);
    alive(3, 420);
    number(103, 350, NEW);              /* in which of both it was nobody knows */
    assert_string_equal(minutes(7), "------c");
    number(102, 110, NEW);
    assert_string_equal(minutes(7), "ccccccc");
}

static void a_number_proves_a_gap_only_up_to_its_trade(void **state)
{
    (void)state;
    begin();
    closed(1, 90);
    open_at(2, 260, 0);
    number(102, 150, NEW);              /* it came late: what happened behind it is not told yet */
    alive(2, 360);
    assert_string_equal(minutes(6), "cc---c");
    number(104, 290, NEW);
    assert_string_equal(minutes(6), "cc---c");
    number(103, 180, NEW);
    assert_string_equal(minutes(6), "cccccc");
}

static void a_number_that_is_left_out_is_a_gap_from_trade_to_trade(void **state)
{
    (void)state;
    begin();
    number(102, 70, NEW);
    number(104, 190, NEW);
    number(105, 200, NEW);
    alive(1, 300);
    assert_string_equal(minutes(5), "c---c");
    number(103, 130, NEW);
    assert_string_equal(minutes(5), "ccccc");
}

static void a_gap_within_a_hole_does_not_hide_it(void **state)
{
    (void)state;
    begin();
    number(104, 100, NEW);              /* two are missing from 30 s on */
    number(105, 130, NEW);
    say(WICK_MARK_GAP, 1, T0 + 50 * SECOND, T0 + 250 * SECOND, 0);
    number(106, 140, NEW);
    alive(1, 400);
    assert_string_equal(minutes(6), "-----c");
    number(107, 390, NEW);
    assert_string_equal(minutes(6), "-----c");
    number(102, 40, NEW);
    number(103, 60, NEW);
    assert_string_equal(minutes(6), "cccccc");
}

static void what_fills_a_gap_at_its_ends_narrows_it(void **state)
{
    (void)state;
    begin();
    number(110, 310, NEW);
    alive(1, 400);
    assert_string_equal(minutes(6), "------");
    number(109, 270, NEW);              /* newest first, as some venues repeat them */
    number(108, 230, NEW);
    assert_string_equal(minutes(6), "----cc");
    number(102, 70, NEW);
    assert_string_equal(minutes(6), "c---cc");
    number(105, 130, NEW);
    number(105, 130, KNOWN);            /* again: it fills nothing a second time */
    number(103, 80, NEW);
    number(104, 90, NEW);
    number(106, 190, NEW);
    number(107, 200, NEW);
    assert_string_equal(minutes(6), "cccccc");
}

static void repeated_trades_that_leave_one_out_prove_nothing(void **state)
{
    (void)state;
    begin();
    closed(1, 90);
    say(WICK_MARK_OPEN, 2, INT64_MAX, 0, 20);
    number(101, 30, KNOWN);
    number(102, 95, NEW);
    number(104, 200, NEW);
    say(WICK_MARK_OPEN, 2, T0 + 210 * SECOND, 0, 20);
    alive(2, 400);
    assert_false(cover_complete(&c, T0 + 2 * MINUTE, T0 + 3 * MINUTE));
    assert_true(cover_complete(&c, T0, T0 + MINUTE));
    assert_true(cover_complete(&c, T0 + 4 * MINUTE, T0 + 5 * MINUTE));
    number(101, 30, KNOWN);
    assert_false(cover_complete(&c, T0 + 2 * MINUTE, T0 + 3 * MINUTE));
}

static void a_sequence_out_of_time_fills_its_gaps_too(void **state)
{
    (void)state;
    begin();
    counted = WICK_TICK_SEQ_COUNTS | WICK_TICK_SEQ_UNTIMED;
    number(7, 60, NEW);
    number(8, 50, NEW);                 /* found later, and it is the older one */
    number(10, 130, NEW);
    alive(1, 300);
    assert_string_equal(minutes(5), "---cc");
    number(9, 20, NEW);
    assert_string_equal(minutes(5), "ccccc");
}

static void numbers_that_begin_anew_are_no_hole(void **state)
{
    (void)state;
    begin();
    number(1, 95, NEW);
    number(2, 100, NEW);
    closed(1, 110);
    open_at(2, 200, 0);
    number(3, 210, NEW);
    alive(2, 300);
    assert_string_equal(minutes(5), "ccccc");
    begin();
    number(UINT64_MAX >> 1, 95, NEW);   /* a stray one */
    number(102, 100, NEW);
    number(103, 130, NEW);
    alive(1, 300);
    assert_string_equal(minutes(5), "--ccc");
}

static void a_sequence_that_counts_other_trades_too_marks_nothing(void **state)
{
    (void)state;
    begin();
    for (uint64_t n = 0; n < 200; n++)
        number(110 + n * 3, 100 + (int64_t)n * 10, NEW);
    alive(1, 2200);
    for (int i = 3; i < 36; i++)
        assert_true(cover_complete(&c, T0 + i * MINUTE, T0 + (i + 1) * MINUTE));
    closed(1, 2200);
    open_at(2, 2300, 0);
    number(2000, 2310, NEW);
    alive(2, 2400);
    assert_false(cover_complete(&c, T0 + 37 * MINUTE, T0 + 38 * MINUTE));
}

static void two_ways_of_counting_side_by_side_mark_nothing(void **state)
{
    (void)state;
    begin();
    for (uint64_t n = 0; n < 100; n++)
        number(n % 2 ? 1000 + n : 500000 + n, 100 + (int64_t)n * 10, NEW);
    alive(1, 1200);
    for (int i = 4; i < 18; i++)
        assert_true(cover_complete(&c, T0 + i * MINUTE, T0 + (i + 1) * MINUTE));
}

static void two_connections_that_hear_the_same_have_no_holes(void **state)
{
    (void)state;
    begin();
    open_at(2, 95, 0);
    for (uint64_t n = 0; n < 20; n++) { /* the second is three trades ahead of the first */
        number(102 + n, 100 + (int64_t)n * 10, NEW);
        if (n >= 3)
            number(102 + n - 3, 100 + (int64_t)(n - 3) * 10, KNOWN);
    }
    alive(2, 360);
    assert_string_equal(minutes(6), "cccccc");
}

/* Random losses, cuts and late ones: a minute is complete if nothing of it is missing and no gap
 * touches it. */
static void random_losses_mark_exactly_what_they_touch(void **state)
{
    enum { N = 600, MINUTES = 60 };

    (void)state;
    for (int round = 0; round < 300; round++) {
        int64_t at[N];
        char lost[N] = {0}, touched[MINUTES] = {0}, missed[MINUTES] = {0};
        uint64_t conn = 1;

        begin();
        for (int i = 0; i < N; i++)
            at[i] = i * 6 + (int64_t)rig_random(6);
        for (int i = 0; i < N; i++)
            lost[i] = i > 30 && i < N - 1 && rig_random(40) == 0;
        number(102, at[0] > 90 ? at[0] : 90, NEW);
        for (int i = 1; i < N; i++) {
            if (rig_random(60) == 0 && at[i] > 90) {
                closed(conn, at[i - 1]);
                open_at(++conn, at[i], 0);
            }
            if (!lost[i] && at[i] >= 90)
                number(102 + (uint64_t)i, at[i], NEW);
            else if (at[i] < 90)
                number(102 + (uint64_t)i, 90, NEW);
            if (i > 50 && lost[i - 20] == 1 && rig_random(2)) {
                lost[i - 20] = 2;
                number(102 + (uint64_t)i - 20, at[i - 20], NEW);
            }
        }
        alive(conn, 3600);
        for (int i = 1; i < N - 1; i++) {
            if (lost[i] != 1)
                continue;
            int a = i, b = i;
            while (lost[a])
                a--;
            while (lost[b])
                b++;
            missed[at[i] / 60] = 1;
            for (int64_t m = at[a] / 60; m <= at[b] / 60; m++)
                touched[m] = 1;
        }
        for (int i = 2; i < MINUTES; i++) {
            int complete = cover_complete(&c, T0 + i * MINUTE, T0 + (i + 1) * MINUTE);
            if (missed[i])
                assert_false(complete);
            if (!touched[i])
                assert_true(complete);
        }
    }
}

/* ---- in candles ---- */

static void a_sequence_out_of_time_orders_nothing(void **state)
{
    rig r = rig_open("1m");
    trade t[2] = { rig_trade(0, T0 + SECOND, 100, 0, 1, 0, 1),
                   rig_trade(0, T0 + SECOND, 105, 0, 1, 0, 2) };
    record *log[1];
    uint32_t rows;
    wick_candle *all;
    char text[64];

    (void)state;
    for (int i = 0; i < 2; i++) {
        t[i].tick.seq = (uint64_t)(9 - i);
        t[i].tick.flags |= WICK_TICK_SEQ_COUNTS | WICK_TICK_SEQ_UNTIMED;
    }
    log[0] = rig_record(t, 2, NULL, 0);
    all = rig_replay(r.w, log, 1, 1, &rows);
    assert_int_equal(rows, 1);
    wick_candle_text(all, WICK_F_OPEN, text, sizeof text);
    assert_string_equal(text, "100");
    wick_candle_text(all, WICK_F_CLOSE, text, sizeof text);
    assert_string_equal(text, "105");
    free(all);
    rig_record_free(log[0]);
    rig_close(&r);
}

/* ---- over a restart ---- */

static wick_mark mark(uint32_t kind, uint64_t conn, int64_t from_ns, int64_t to_ns)
{
    return (wick_mark){ .kind = kind, .conn = conn, .from_ns = from_ns, .to_ns = to_ns,
                        .market = kind == WICK_MARK_OPEN ? 0 : WICK_NO_MARKET };
}

/* Cuts, losses and late ones as records. */
static uint32_t lossy_log(trade *t, uint32_t n, record **log)
{
    uint64_t conn = 1;
    wick_mark open = mark(WICK_MARK_OPEN, conn, T0, 0);
    uint32_t count = 0;

    log[count++] = rig_record(NULL, 0, &open, 1);
    for (uint32_t i = 0; i < n; i++) {
        wick_mark m[3] = { mark(WICK_MARK_CLOSE, conn, 0, t[i].tick.time_ns - 1),
                           mark(WICK_MARK_OPEN, conn + 1, t[i].tick.time_ns, 0),
                           mark(WICK_MARK_ALIVE, conn, 0, t[i].tick.time_ns) };
        t[i].tick.flags |= WICK_TICK_ID_COUNTS;
        if (rig_random(30) == 0) {
            log[count++] = rig_record(NULL, 0, m, 2);
            m[2].conn = ++conn;
        }
        if (i > 30 && rig_random(3) == 0)
            log[count++] = rig_record(t + i - 25, 1, NULL, 0);      /* late, or again */
        if (rig_random(15)) {
            m[2].at = 1;
            log[count++] = rig_record(t + i, 1, m + 2, 1);
        }
    }
    open = mark(WICK_MARK_ALIVE, conn, 0, T0 + 40 * 3600 * SECOND);
    log[count++] = rig_record(NULL, 0, &open, 1);
    return count;
}

static char **rows_of(rig *r, uint32_t *n)
{
    return rig_texts(r->w, r->store->rows, r->store->row_count, 0, 0, n);
}

static void a_restart_anywhere_proves_the_same(void **state)
{
    enum { N = 1500 };

    (void)state;
    for (int round = 0; round < 12; round++) {
        trade *t = rig_trades(N, 0, 1, 30 * 3600 * SECOND);
        record **log = calloc(4 * N, sizeof *log);
        uint32_t count = lossy_log(t, N, log), n, m, incomplete = 0;
        rig one = rig_open("1m,5m,1h"), many = rig_open("1m,5m,1h");
        char **want, **have;

        rig_live(&one);
        one.bus->log = log;
        one.bus->count = count;
        fake_pump(one.bus, count);
        rig_drain(&one);
        rig_live(&many);
        many.bus->log = log;
        many.bus->count = count;
        for (uint32_t i = 0; i < count; i += 1 + (uint32_t)rig_random(count / 10)) {
            fake_pump(many.bus, i);
            if (rig_random(2))
                rig_drain(&many);
            fake_pump(many.bus, i + (uint32_t)rig_random(10));
            wick_stage_close(many.agg);
            rig_live(&many);
        }
        fake_pump(many.bus, count);
        rig_drain(&many);
        want = rows_of(&one, &n);
        have = rows_of(&many, &m);
        rig_same(want, n, have, m);
        for (uint32_t i = 0; i < one.store->row_count; i++)
            incomplete += !(one.store->rows[i].flags & WICK_CANDLE_COMPLETE);
        assert_in_range(incomplete, 10, n / 2);
        rig_free_texts(want, n);
        rig_free_texts(have, m);
        rig_close(&one);
        rig_close(&many);
        for (uint32_t i = 0; i < count; i++)
            rig_record_free(log[i]);
        free(log);
        free(t);
    }
}

static int tidy(void **state)
{
    (void)state;
    cover_fini(NULL, &c);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_number_proves_that_a_cut_missed_nothing),
        cmocka_unit_test(a_missing_number_at_a_cut_is_missing_since_the_last_known_trade),
        cmocka_unit_test(one_number_proves_all_gaps_since_the_last),
        cmocka_unit_test(a_number_proves_a_gap_only_up_to_its_trade),
        cmocka_unit_test(a_number_that_is_left_out_is_a_gap_from_trade_to_trade),
        cmocka_unit_test(a_gap_within_a_hole_does_not_hide_it),
        cmocka_unit_test(what_fills_a_gap_at_its_ends_narrows_it),
        cmocka_unit_test(repeated_trades_that_leave_one_out_prove_nothing),
        cmocka_unit_test(a_sequence_out_of_time_fills_its_gaps_too),
        cmocka_unit_test(numbers_that_begin_anew_are_no_hole),
        cmocka_unit_test(a_sequence_that_counts_other_trades_too_marks_nothing),
        cmocka_unit_test(two_ways_of_counting_side_by_side_mark_nothing),
        cmocka_unit_test(two_connections_that_hear_the_same_have_no_holes),
        cmocka_unit_test(random_losses_mark_exactly_what_they_touch),
        cmocka_unit_test(a_sequence_out_of_time_orders_nothing),
        cmocka_unit_test(a_restart_anywhere_proves_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, tidy);
}
