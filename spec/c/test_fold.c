/* SPDX-License-Identifier: Apache-2.0
 * The fold: the fast form against the plain one, any order and grouping, order of equal times,
 * digests, overflow. */
#include "agg_rig.h"

/* A candle's bytes but for the places in the log, which follow the order of arrival. */
static wick_candle bare(const wick_candle *c)
{
    wick_candle x = *c;

    x.first.offset = x.last.offset = 0;
    x.first.index = x.last.index = 0;
    return x;
}

static void begin(wick_candle *c, bar *b)
{
    fold_begin(c, 0, 0x2000001, T0, T0 + MINUTE);
    bar_begin(b, 0, 0x2000001, T0, T0 + MINUTE);
}

/* A trade as wild as may be: exponents and sizes at the ends of their ranges, ids of all kinds,
 * equal times. */
static trade wild(uint64_t i, int calm)
{
    int64_t price = (int64_t)(1 + rig_random(calm ? 100000 : INT64_MAX - 1)),
            qty = (int64_t)(1 + rig_random(1000000));
    trade t = rig_trade(0, T0 + (int64_t)rig_random(50), price,
                        calm ? -2 : (int)rig_random(30) - 15, qty,
                        calm ? -(int)rig_random(9) : (int)rig_random(12) - 8, i + 1);

    if (!calm && rig_random(4) == 0) {
        snprintf(t.id, sizeof t.id, "99999999999999999%03u", (unsigned)i);
        t.tick.id_len = 20;
        t.tick.id_key = INT64_MAX;
    } else if (!calm && rig_random(4) == 0) {
        snprintf(t.id, sizeof t.id, "abcdefgh-%03u", (unsigned)i);
        t.tick.id_len = 12;
        t.tick.id_key = (uint64_t)1 << 63 | 0x30b1323232b33334;
    }
    if (rig_random(5) == 0)
        t.tick.seq = 7;
    if (rig_random(9) == 0)
        t.tick.trades = 3;
    return t;
}

static void the_fast_form_makes_the_same_bytes_as_the_plain_one(void **state)
{
    static bar b;

    (void)state;
    for (uint32_t round = 0; round < 3000; round++) {
        wick_candle c, read;
        uint32_t n = 1 + (uint32_t)rig_random(40);
        begin(&c, &b);
        for (uint32_t i = 0; i < n; i++) {
            trade t = wild(i, round % 3 != 0);
            int took = fold_tick(&c, &t.tick, (const uint8_t *)t.id, round, i);
            assert_int_equal(bar_tick(&b, &t.tick, (const uint8_t *)t.id, round, i), took);
        }
        bar_read(&b, &read);
        assert_memory_equal(&read, &c, sizeof c);
        assert_int_equal(bar_trades(&b), c.trades);
        assert_int_equal(b.slow && round % 3 != 0, 0);
    }
}

static void any_order_and_grouping_makes_the_same_bytes(void **state)
{
    (void)state;
    for (int round = 0; round < 400; round++) {
        enum { N = 60 };
        trade t[N];
        wick_candle all, parts[7], x, y;
        static bar b[7];

        for (uint32_t i = 0; i < N; i++)
            t[i] = wild(i, 1);
        fold_begin(&all, 0, 0x2000001, T0, T0 + MINUTE);
        for (uint32_t i = 0; i < N; i++)
            assert_true(fold_tick(&all, &t[i].tick, (const uint8_t *)t[i].id, 1, i));
        rig_shuffle(t, N);
        for (uint32_t k = 0; k < 7; k++)
            bar_begin(&b[k], k, 0x2000001, T0, T0 + MINUTE);
        for (uint32_t i = 0; i < N; i++)
            assert_true(bar_tick(&b[rig_random(6)], &t[i].tick, (const uint8_t *)t[i].id, 2, i));
        fold_begin(&x, 0, 0x2000001, T0, T0 + MINUTE);
        for (uint32_t k = 0; k < 7; k++) {              /* the seventh is empty */
            bar_read(&b[k], &parts[k]);
            assert_true(fold_merge(&x, &parts[k]));
        }
        fold_begin(&y, 0, 0x2000001, T0, T0 + MINUTE);
        for (int k = 6; k > 2; k--)
            assert_true(fold_merge(&y, &parts[k]));
        assert_true(fold_merge(&parts[0], &parts[1]));
        assert_true(fold_merge(&parts[0], &parts[2]));
        assert_true(bar_merge(&b[6], &y) && bar_merge(&b[6], &parts[0]));
        bar_read(&b[6], &y);
        y.market = 0;
        all = bare(&all);
        x = bare(&x);
        y = bare(&y);
        assert_memory_equal(&x, &all, sizeof x);
        assert_memory_equal(&y, &all, sizeof y);
    }
}

static wick_key key(int64_t time_ns, uint64_t seq, const char *id, uint64_t id_key, uint64_t offset,
                    uint32_t index)
{
    wick_tick t = { .time_ns = time_ns,
                    .seq = seq,
                    .id_key = id_key,
                    .id_len = (uint32_t)strlen(id),
                    .flags = WICK_TICK_ORDERED };
    return fold_key(&t, (const uint8_t *)id, offset, index);
}

static void trades_are_in_order_by_time_then_sequence_then_id_then_place(void **state)
{
    const wick_key ASCENDING[] = {
        key(1, 9, "9", 9, 9, 9), key(2, 1, "9", 9, 9, 9), key(2, 2, "3", 3, 9, 9),
        key(2, 2, "12", 12, 0, 0), key(2, 2, "12", 12, 0, 1), key(2, 2, "12", 12, 1, 0),
        key(2, 2, "9223372036854775808", INT64_MAX, 0, 0),
        key(2, 2, "9223372036854775809", INT64_MAX, 0, 0),
        key(2, 2, "10000000000000000000", INT64_MAX, 0, 0),
        key(2, 2, "00010000000000000000001", INT64_MAX, 0, 0),
        key(2, 2, "99999999999999999999", INT64_MAX, 0, 0),
        key(2, 2, "100000000000000000000", INT64_MAX, 0, 0),
        key(2, 2, "abcdefgh1", (uint64_t)1 << 63 | 5, 0, 0),
        key(2, 2, "abcdefgh10", (uint64_t)1 << 63 | 5, 0, 0),
        key(2, 2, "abcdefgh2", (uint64_t)1 << 63 | 5, 0, 0),
        key(2, 2, "b", (uint64_t)1 << 63 | 6, 0, 0),
    };
    enum { N = sizeof ASCENDING / sizeof *ASCENDING };

    (void)state;
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++) {
            int c = fold_key_cmp(&ASCENDING[i], &ASCENDING[k]);
            assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
        }
}

static void ids_that_only_identify_do_not_order(void **state)
{
    wick_tick t = { .time_ns = 5, .id_key = 77, .id_len = 2 };
    wick_key k = fold_key(&t, (const uint8_t *)"77", 3, 4);

    (void)state;
    assert_int_equal(k.id_key, 0);
    assert_int_equal(k.id_len, 0);
    assert_int_equal(k.offset, 3);
}

static uint64_t digest(const trade *t)
{
    wick_candle c;

    fold_begin(&c, 0, 0x2000001, T0, T0 + MINUTE);
    assert_true(fold_tick(&c, &t->tick, (const uint8_t *)t->id, 0, 0));
    return c.digest;
}

static void a_digest_changes_with_every_part_of_a_trade(void **state)
{
    enum { N = 12 };
    trade t[N];
    uint64_t d[N];

    (void)state;
    for (int i = 0; i < N; i++)
        t[i] = rig_trade(0, T0, 8250125, -3, 12345, -4, 17);
    t[1].tick.time_ns++;
    t[2].tick.price++;
    t[3].tick.price_exp++;
    t[4].tick.qty++;
    t[5].tick.qty_exp--;
    t[6].tick.flags = WICK_TICK_ORDERED | WICK_TICK_BUY;
    t[7] = rig_trade(0, T0, 8250125, -3, 12345, -4, 18);
    t[7].tick.flags = t[0].tick.flags;
    t[8].tick.id_len = 0;
    t[9].tick.id_len = 0;
    t[9].tick.nth = 1;
    memcpy(t[10].id, "a-name", 6);
    t[10].tick.id_len = 6;
    t[10].tick.id_key = (uint64_t)1 << 63;
    memcpy(t[11].id, "b-name", 6);
    t[11].tick.id_len = 6;
    t[11].tick.id_key = (uint64_t)1 << 63;
    for (int i = 0; i < N; i++) {
        d[i] = digest(&t[i]);
        for (int k = 0; k < i; k++)
            assert_true(d[i] != d[k]);
    }
    t[0].tick.market = 9; /* the market's number is this process' own */
    assert_true(digest(&t[0]) == d[0]);
}

/* Sums of digests over many like trades meet neither each other nor their differences. */
static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void digests_of_like_trades_are_spread_over_64_bits(void **state)
{
    enum { N = 200000 };
    uint64_t *d = malloc(N * sizeof *d), ones[64] = {0};

    (void)state;
    for (int i = 0; i < N; i++) {
        trade t = rig_trade(0, T0 + i % 100 * NS_PER_MS, 5001 + i / 100 % 50, -2, 1 + i / 5000, -3,
                            1000 + (uint64_t)i);
        d[i] = digest(&t);
        for (int b = 0; b < 64; b++)
            ones[b] += d[i] >> b & 1;
    }
    for (int b = 0; b < 64; b++)
        assert_true(ones[b] > N / 2 - 1500 && ones[b] < N / 2 + 1500);
    qsort(d, N, sizeof *d, by_value);
    for (int i = 1; i < N; i++)
        assert_true(d[i] != d[i - 1]);
    free(d);
}

static void a_trade_that_would_go_over_38_digits_is_not_taken_at_all(void **state)
{
    trade big = rig_trade(0, T0, 1, 0, 9999999999999999, 21, 1),
          small = rig_trade(0, T0 + 1, 1, 0, 1, -2, 2);
    trade more = rig_trade(0, T0 + 2, 1, 0, 1, 21, 3);
    wick_candle c, before, read;
    static bar b;

    (void)state;
    begin(&c, &b);
    assert_true(fold_tick(&c, &big.tick, (const uint8_t *)big.id, 1, 1));
    assert_true(bar_tick(&b, &big.tick, (const uint8_t *)big.id, 1, 1));
    before = c;
    assert_false(fold_tick(&c, &small.tick, (const uint8_t *)small.id, 1, 2));
    assert_false(bar_tick(&b, &small.tick, (const uint8_t *)small.id, 1, 2));
    assert_memory_equal(&c, &before, sizeof c);
    bar_read(&b, &read);
    assert_memory_equal(&read, &before, sizeof read);
    assert_true(fold_tick(&c, &more.tick, (const uint8_t *)more.id, 1, 3));
    assert_true(bar_tick(&b, &more.tick, (const uint8_t *)more.id, 1, 3));
    bar_read(&b, &read);
    assert_memory_equal(&read, &c, sizeof read);
    before = c;
    fold_begin(&read, 0, 0x2000001, T0, T0 + MINUTE);
    assert_true(fold_tick(&read, &small.tick, (const uint8_t *)small.id, 1, 2));
    assert_false(fold_merge(&c, &read));
    assert_memory_equal(&c, &before, sizeof c);
}

static void buy_sell_and_unknown_make_the_volume(void **state)
{
    wick_candle c;
    char volume[64], buy[64], sell[64];

    (void)state;
    fold_begin(&c, 0, 0x2000001, T0, T0 + MINUTE);
    for (uint64_t i = 0; i < 3; i++) { /* a buy, a sell, and one that the venue does not tell */
        trade t = rig_trade(0, T0, 5, 0, 15, -1, 3 + i);
        assert_true(fold_tick(&c, &t.tick, (const uint8_t *)t.id, 0, 0));
    }
    wick_candle_text(&c, WICK_F_VOLUME, volume, sizeof volume);
    wick_candle_text(&c, WICK_F_BUY, buy, sizeof buy);
    wick_candle_text(&c, WICK_F_SELL, sell, sizeof sell);
    assert_string_equal(volume, "4.5");
    assert_string_equal(buy, "1.5");
    assert_string_equal(sell, "1.5");
}

static void methods_that_differ_become_mixed(void **state)
{
    trade t = rig_trade(0, T0, 5, 0, 1, 0, 1);
    wick_candle a, b;

    (void)state;
    fold_begin(&a, 0, 0x2000001, T0, T0 + MINUTE);
    fold_begin(&b, 0, 0x2000001, T0, T0 + MINUTE);
    assert_true(fold_tick(&b, &t.tick, (const uint8_t *)t.id, 0, 0));
    b.method = WICK_METHOD_VENDOR;
    assert_true(fold_merge(&a, &b));
    assert_int_equal(a.method, WICK_METHOD_VENDOR);
    b.method = WICK_METHOD_TRADES;
    b.flags = WICK_CANDLE_OPEN_PREV | WICK_CANDLE_CLOSED;
    assert_true(fold_merge(&a, &b));
    assert_int_equal(a.method, WICK_METHOD_MIXED);
    assert_int_equal(a.flags, WICK_CANDLE_OPEN_PREV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fast_form_makes_the_same_bytes_as_the_plain_one),
        cmocka_unit_test(any_order_and_grouping_makes_the_same_bytes),
        cmocka_unit_test(trades_are_in_order_by_time_then_sequence_then_id_then_place),
        cmocka_unit_test(ids_that_only_identify_do_not_order),
        cmocka_unit_test(a_digest_changes_with_every_part_of_a_trade),
        cmocka_unit_test(digests_of_like_trades_are_spread_over_64_bits),
        cmocka_unit_test(a_trade_that_would_go_over_38_digits_is_not_taken_at_all),
        cmocka_unit_test(buy_sell_and_unknown_make_the_volume),
        cmocka_unit_test(methods_that_differ_become_mixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
