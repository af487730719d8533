/* SPDX-License-Identifier: Apache-2.0
 * A market's change of source: the cut, what goes to quarantine, what is complete, and that a
 * restart anywhere and any order behind the mark give the same bytes. */
#include "agg_rig.h"

enum { OLD_N = 66, NEW_N = 150, LATE_N = 40, LOG_MAX = 400 };

static const char *name_of(wick *w, const char *text)
{
    return wick_market_name(w, (uint32_t)wick_market(w, text, strlen(text)));
}

static wick_mark says(wick *w, uint32_t kind, uint64_t conn, int64_t ns, const char *source)
{
    wick_mark m = { .kind = kind, .market = 0, .conn = conn, .from_ns = ns, .to_ns = ns };

    m.source = (uint32_t)wick_market(w, source, strlen(source));
    m.symbol = kind == WICK_MARK_OPEN ? name_of(w, *source == 'o' ? "OLD/SYM" : "new~sym") : NULL;
    m.flags = kind == WICK_MARK_OPEN && *source == 'n' ? WICK_MARK_F_OPEN_PREV : 0;
    return m;
}

static record *from(wick *w, const char *source, const trade *t, uint32_t n, const wick_mark *m,
                    uint32_t marks)
{
    record *r = rig_record(t, n, m, marks);

    r->b.source = name_of(w, source);
    return r;
}

/* Every five seconds of [from, from + 5 n): ids of both sources are the same numbers. */
static uint32_t trades(trade *t, int64_t first, uint32_t n, uint32_t id)
{
    for (uint32_t i = 0; i < n; i++)
        t[i] = rig_trade(0, first + i * 5 * SECOND, (int64_t)(1000 + id + i), -1,
                         (int64_t)(1 + i % 7), -2, id + i);
    return n;
}

/* The old source until 5:30, then the new one from 5:10 on, its trades singly and out of order
 * among late ones of the old source, whose times reach to 8:20. The cut is at 6:00. */
static uint32_t change_log(wick *w, record **log)
{
    wick_mark open = says(w, WICK_MARK_OPEN, 1, T0, "old");
    wick_mark alive = says(w, WICK_MARK_ALIVE, 1, T0 + 330 * SECOND, "old");
    wick_mark opens = says(w, WICK_MARK_OPEN, 2, T0 + 310 * SECOND, "new");
    wick_mark alives = says(w, WICK_MARK_ALIVE, 2, T0 + 1100 * SECOND, "new");
    struct one { trade t; const char *source; } mixed[NEW_N + LATE_N];
    trade t[NEW_N];
    uint32_t n = 0, k = 0;

    trades(t, T0, OLD_N, 100);
    log[k++] = from(w, "old", t, OLD_N / 2, &open, 1);
    log[k++] = from(w, "old", t + OLD_N / 2, OLD_N / 2, &alive, 1);
    log[k - 1]->marks[0].at = OLD_N / 2;
    log[k++] = from(w, "new", NULL, 0, &opens, 1);
    log[k++] = from(w, "old", t, OLD_N, NULL, 0);       /* what it had sent comes once more */
    trades(t, T0 + 310 * SECOND, NEW_N, 100);
    for (uint32_t i = 0; i < NEW_N; i++)
        mixed[n++] = (struct one){ t[i], "new" };
    trades(t, T0 + 302 * SECOND, LATE_N, 5000);
    for (uint32_t i = 0; i < LATE_N; i++)
        mixed[n++] = (struct one){ t[i], "old" };
    for (uint32_t i = n; i > 1; i--) {
        uint32_t x = (uint32_t)rig_random(i);
        struct one swap = mixed[i - 1];
        mixed[i - 1] = mixed[x];
        mixed[x] = swap;
    }
    for (uint32_t i = 0; i < n; i++)
        log[k++] = from(w, mixed[i].source, &mixed[i].t, 1, NULL, 0);
    log[k++] = from(w, "new", NULL, 0, &alives, 1);
    assert_true(k < LOG_MAX);
    return k;
}

static uint32_t reasons(const fake_store *s, const char *why)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->refusals; i++)
        n += strcmp(s->reasons[i], why) == 0;
    return n;
}

static const wick_candle *minute(const rig *r, int n)
{
    uint32_t interval = (uint32_t)wick_interval("1m", 2);
    const wick_candle *c = fake_find(r->store, 0, interval, T0 + n * MINUTE);

    assert_non_null(c);
    return c;
}

/* Run a log with a restart behind every `every`th record (0: none), drained or not: its rows. */
static char **run(rig *r, record **log, uint32_t count, uint32_t every, int drained, uint32_t *n)
{
    rig_live(r);
    r->bus->log = log;
    r->bus->count = count;
    for (uint32_t i = every; every && i < count; i += every) {
        fake_pump(r->bus, i);
        if (drained || i % 3 == 0)
            rig_drain(r);
        wick_stage_close(r->agg);
        rig_live(r);
    }
    fake_pump(r->bus, count);
    rig_drain(r);
    return rig_texts(r->w, r->store->rows, r->store->row_count, 0, 0, n);
}

static void settle(rig *r, record **log, uint32_t count, uint32_t every, int drained)
{
    uint32_t n;
    char **rows = run(r, log, count, every, drained, &n);

    rig_free_texts(rows, n);
}

static void drop(record **log, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        rig_record_free(log[i]);
}

static void a_change_of_source_cuts_at_the_next_base_bucket(void **state)
{
    rig r = rig_open("1m,5m");
    record *log[LOG_MAX];
    uint32_t count = change_log(r.w, log), n;
    char **rows = run(&r, log, count, 0, 0, &n);

    (void)state;
    for (int i = 0; i < 6; i++) {
        int late = i == 5 ? 12 : 0;                 /* of the late ones, those in [5:02, 6:00) */
        assert_int_equal(minute(&r, i)->trades, (i < 5 ? 12 : 6) + late);
        assert_int_equal(minute(&r, i)->flags & WICK_CANDLE_OPEN_PREV, 0);
        assert_int_equal(!(minute(&r, i)->flags & WICK_CANDLE_COMPLETE), i == 5);
    }
    for (int i = 6; i < 17; i++) {
        assert_int_equal(minute(&r, i)->trades, 12);
        assert_true(minute(&r, i)->flags & WICK_CANDLE_OPEN_PREV);
        assert_true(minute(&r, i)->flags & WICK_CANDLE_COMPLETE);
    }
    assert_int_equal(reasons(r.store, "other-source"), 10 + (LATE_N - 12));
    assert_int_equal(r.store->refusals, 10 + (LATE_N - 12));
    assert_int_equal(r.store->era_count, 2);
    assert_int_equal(r.store->eras[1].era.from_ns, T0 + 6 * MINUTE);
    assert_string_equal(market_symbol_at(r.w, 0, T0 + 6 * MINUTE - 1), "OLD/SYM");
    assert_string_equal(market_symbol_at(r.w, 0, T0 + 6 * MINUTE), "new~sym");
    rig_free_texts(rows, n);
    drop(log, count);
    rig_close(&r);
}

static void any_order_behind_the_change_and_a_restart_anywhere_give_the_same_rows(void **state)
{
    char **want = NULL, **have;
    uint32_t n = 0, m;

    (void)state;
    for (uint32_t round = 0; round < 24; round++) {
        rig r = rig_open("1m,5m");
        record *log[LOG_MAX];
        uint32_t count = change_log(r.w, log);

        have = run(&r, log, count, round % 12, round >= 12, &m);
        if (want) {
            rig_same(want, n, have, m);
            rig_free_texts(have, m);
        } else {
            want = have;
            n = m;
        }
        drop(log, count);
        rig_close(&r);
    }
    rig_free_texts(want, n);
}

/* There and back: identities of the first stretch are not those of the third, the ids are. */
static void a_source_that_comes_back_speaks_from_its_own_cut_on(void **state)
{
    (void)state;
    for (uint32_t every = 0; every < 4; every++) {
        rig r = rig_open("1m");
        wick_mark m[] = { says(r.w, WICK_MARK_OPEN, 1, T0, "old"),
                          says(r.w, WICK_MARK_OPEN, 2, T0 + 30 * SECOND, "new"),
                          says(r.w, WICK_MARK_OPEN, 3, T0 + 70 * SECOND, "old"),
                          says(r.w, WICK_MARK_ALIVE, 3, T0 + 400 * SECOND, "old") };
        record *log[4];
        trade t[40];

        trades(t, T0, 4, 1);                            /* 0:00 to 0:15 */
        log[0] = from(r.w, "old", t, 4, &m[0], 1);
        trades(t, T0 + 60 * SECOND, 6, 1);              /* the new one speaks from 1:00 on */
        log[1] = from(r.w, "new", t, 6, &m[1], 1);
        trades(t, T0 + 75 * SECOND, 40, 1);             /* the old one again, from 2:00 on */
        log[2] = from(r.w, "old", t, 40, &m[2], 1);
        log[3] = from(r.w, "old", NULL, 0, &m[3], 1);
        settle(&r, log, 4, every, 1);
        assert_int_equal(minute(&r, 0)->trades, 4);
        assert_int_equal(minute(&r, 1)->trades, 6);
        assert_int_equal(minute(&r, 2)->trades, 12);
        assert_int_equal(minute(&r, 3)->trades, 12);
        assert_int_equal(minute(&r, 4)->trades, 7);
        assert_false(minute(&r, 1)->flags & WICK_CANDLE_COMPLETE);
        assert_true(minute(&r, 2)->flags & WICK_CANDLE_COMPLETE);
        assert_int_equal(r.store->era_count, 3);
        assert_int_equal(reasons(r.store, "other-source"), 9);
        drop(log, 4);
        rig_close(&r);
    }
}

/* Another source has a recording of the market before its own one says a word. */
static void what_is_of_another_source_from_the_start_is_not_folded(void **state)
{
    rig r = rig_open("1m");
    wick_mark of = says(r.w, WICK_MARK_SOURCE, 9, 0, "new");
    wick_mark open = says(r.w, WICK_MARK_OPEN, 2, T0, "new");
    record *log[2];
    trade t[12];

    (void)state;
    trades(t, T0, 12, 1);
    log[0] = from(r.w, "old", t, 12, &of, 1);
    log[1] = from(r.w, "new", t, 12, &open, 1);
    settle(&r, log, 2, 1, 1);
    assert_int_equal(minute(&r, 0)->trades, 12);
    assert_int_equal(reasons(r.store, "other-source"), 12);
    assert_int_equal(r.store->era_count, 1);            /* that was no change */
    assert_string_equal(market_symbol_at(r.w, 0, T0), "new~sym");
    drop(log, 2);
    rig_close(&r);
}

/* Records of a log that was written before they said so are the market's own. */
static void a_record_that_says_no_source_is_of_the_one_that_speaks(void **state)
{
    rig r = rig_open("1m");
    wick_mark open = says(r.w, WICK_MARK_OPEN, 1, T0, "old");
    wick_mark opens = says(r.w, WICK_MARK_OPEN, 2, T0, "new");
    record *log[3];
    trade t[24];

    (void)state;
    trades(t, T0, 24, 1);
    log[0] = rig_record(t, 12, &open, 1);
    log[1] = from(r.w, "new", NULL, 0, &opens, 1);
    log[2] = rig_record(t + 12, 12, NULL, 0);
    settle(&r, log, 3, 0, 0);
    assert_int_equal(minute(&r, 0)->trades, 12);
    assert_int_equal(minute(&r, 1)->trades, 12);
    assert_int_equal(r.store->refusals, 0);
    drop(log, 3);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_of_source_cuts_at_the_next_base_bucket),
        cmocka_unit_test(any_order_behind_the_change_and_a_restart_anywhere_give_the_same_rows),
        cmocka_unit_test(a_source_that_comes_back_speaks_from_its_own_cut_on),
        cmocka_unit_test(what_is_of_another_source_from_the_start_is_not_folded),
        cmocka_unit_test(a_record_that_says_no_source_is_of_the_one_that_speaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
