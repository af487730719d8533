/* SPDX-License-Identifier: Apache-2.0
 * The identity window: against a plain list, its bounds, what it writes and takes back; every
 * identity in replay. */
#include "agg_rig.h"

enum { SPAN_S = 600 };

static int see(window *k, uint64_t n, int64_t at_s, uint64_t offset)
{
    return window_see(NULL, k, (ident){ n * 0x9e3779b97f4a7c15ULL, n | 1 }, at_s * SECOND, offset,
                      SPAN_S * SECOND);
}

static void it_knows_what_a_plain_list_knows(void **state)
{
    enum { N = 40000 };
    window k;
    static int64_t times[N];
    uint32_t first = 0;

    (void)state;
    window_init(&k);
    for (uint32_t i = 0; i < N; i++) {
        /* the list: the last 64 before this one, those before it within the span of the newest,
         * 4096 in all */
        uint32_t again = i > 0 ? i - 1 - (uint32_t)rig_random(i < 5000 ? i : 5000) : 0;
        times[i] = i / 20 * (i % 20000 < 10000 ? 1 : 20);
        times[i] = i && times[i] < times[i - 1] ? times[i - 1] : times[i];
        assert_int_equal(see(&k, i + 1, times[i], i), 0);
        while (i + 1 - first > WINDOW_MAX ||
               (i - first > WINDOW_KEEP && times[first] < (i ? times[i - 1] : 0) - SPAN_S))
            first++;
        if (i && again >= first + 1)
            assert_int_equal(see(&k, again + 1, times[again], i), 1);
    }
    assert_true(k.cap <= WINDOW_MAX);
    assert_true(k.tail - k.head <= WINDOW_MAX);
    assert_int_equal(see(&k, 1, times[N - 1], N), 0);   /* forgotten long ago */
    window_fini(NULL, &k);
}

static void a_quiet_market_knows_its_last_64_a_day_later(void **state)
{
    window k;

    (void)state;
    window_init(&k);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(see(&k, i, (int64_t)i * 60, i), 0);
    assert_int_equal(see(&k, 1000, 86400, 100), 0);
    for (uint64_t i = 40; i < 100; i++)
        assert_int_equal(see(&k, i, 86400, 101), 1);
    assert_int_equal(see(&k, 20, 86400, 101), 0);
    window_fini(NULL, &k);
}

static void it_keeps_as_many_as_the_venue_repeats(void **state)
{
    window k;

    (void)state;
    window_init(&k);
    k.keep = 1000;
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(see(&k, i, (int64_t)i * 3600, i), 0);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(see(&k, i, 0, i), 1);
    window_fini(NULL, &k);
}

static void what_it_writes_and_the_log_from_its_oldest_make_it_whole_again(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        window k, again;
        ident ids[WINDOW_MAX];
        uint32_t n = 1 + (uint32_t)rig_random(3000), count;
        uint64_t oldest;

        window_init(&k);
        for (uint64_t i = 0; i < n; i++)
            assert_int_equal(see(&k, i, (int64_t)i / 3, i / 10), 0);
        count = window_ids(&k, ids, WINDOW_MAX);
        assert_int_equal(count, n < WINDOW_KEEP ? n : WINDOW_KEEP);
        oldest = window_oldest(&k);
        assert_true(n > WINDOW_KEEP ? oldest < UINT64_MAX : oldest == UINT64_MAX);
        window_init(&again);
        assert_int_equal(window_restore(NULL, &again, ids, count, (int64_t)n / 3 * SECOND),
                         WICK_OK);
        for (uint64_t i = 0; i < n; i++)
            if (i / 10 >= oldest)
                window_again(NULL, &again, (ident){ i * 0x9e3779b97f4a7c15ULL, i | 1 },
                             (int64_t)i / 3 * SECOND, i / 10, SPAN_S * SECOND);
        assert_true(window_oldest(&again) >= oldest && window_oldest(&again) - oldest <= 1);
        for (uint64_t i = n > 1800 ? n - 1800 : 0; i < n; i++)
            assert_int_equal(see(&again, i, (int64_t)n / 3, n), 1);
        assert_true(again.placeless <= WINDOW_KEEP);
        window_fini(NULL, &k);
        window_fini(NULL, &again);
    }
}

static void a_pinned_window_writes_all_and_needs_no_log(void **state)
{
    window k, again;
    ident ids[WINDOW_MAX];
    uint32_t count;

    (void)state;
    window_init(&k);
    for (uint64_t i = 0; i < 500; i++)
        see(&k, i, 1000, i);
    assert_int_equal(window_oldest(&k), 0);
    window_pin(&k);
    assert_true(window_oldest(&k) == UINT64_MAX);
    see(&k, 500, 1001, 500);
    assert_int_equal(count = window_ids(&k, ids, WINDOW_MAX), 501);
    assert_true(window_oldest(&k) == UINT64_MAX);
    window_init(&again);
    assert_int_equal(window_restore(NULL, &again, ids, count, 1001 * SECOND), WICK_OK);
    for (uint64_t i = 0; i <= 500; i++)
        assert_int_equal(see(&again, i, 1001, 501), i <= 500);
    window_fini(NULL, &k);
    window_fini(NULL, &again);
}

static void
two_equal_trades_of_one_connection_are_two_and_those_of_another_are_the_same(void **state)
{
    trade t = rig_trade(0, T0, 100, 0, 5, 0, 0), u = t;
    ident a, b;

    (void)state;
    u.tick.nth = 1;
    a = ident_of(&t.tick, NULL);
    b = ident_of(&u.tick, NULL);
    assert_true(a.lo != b.lo && a.hi != b.hi);
    u.tick.nth = 0;
    u.tick.seq = 99;                                    /* not part of who it is */
    b = ident_of(&u.tick, NULL);
    assert_true(a.lo == b.lo && a.hi == b.hi);
    u.tick.flags = WICK_TICK_SELL;
    b = ident_of(&u.tick, NULL);
    assert_true(a.lo != b.lo);
    t = rig_trade(0, T0, 100, 0, 5, 0, 12);
    u = rig_trade(0, T0 + 5, 999, 0, 7, 0, 12);
    a = ident_of(&t.tick, (const uint8_t *)t.id);
    b = ident_of(&u.tick, (const uint8_t *)u.id);
    assert_true(a.lo == b.lo && a.hi == b.hi);          /* an id says it all */
}

static void a_replay_remembers_every_identity(void **state)
{
    enum { N = 100000 };
    idset s = {0};

    (void)state;
    for (int twice = 0; twice < 2; twice++)
        for (uint64_t i = 1; i <= N; i++)
            assert_int_equal(idset_see(NULL, &s, (ident){ i << 20, i }), twice);
    assert_int_equal(s.count, N);
    idset_fini(NULL, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_knows_what_a_plain_list_knows),
        cmocka_unit_test(a_quiet_market_knows_its_last_64_a_day_later),
        cmocka_unit_test(it_keeps_as_many_as_the_venue_repeats),
        cmocka_unit_test(what_it_writes_and_the_log_from_its_oldest_make_it_whole_again),
        cmocka_unit_test(a_pinned_window_writes_all_and_needs_no_log),
        cmocka_unit_test(
            two_equal_trades_of_one_connection_are_two_and_those_of_another_are_the_same),
        cmocka_unit_test(a_replay_remembers_every_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
