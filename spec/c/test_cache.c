/* SPDX-License-Identifier: Apache-2.0
 * The cache: against a model of the store, it may not know, but it may never be wrong. */
#include "rig.h"

#include "../../src/cache/cache.h"
#include "../../src/core/time.h"

#define MIN_NS (60 * NS_PER_S)
#define T0 (1700000040LL * NS_PER_S)        /* a whole minute */

static wick_stage *open_cache(const char *rows)
{
    wick_stage *stage;

    rig_open(NULL, "cache.rows", rows, NULL);
    assert_int_equal(wick_cache_open(w, NULL, 2, &stage), WICK_OK);
    return stage;
}

static uint32_t interval(const char *text)
{
    return (uint32_t)wick_interval(text, strlen(text));
}

/* ---- the model: what the store would say ----------------------------------------------------- */

enum { BUCKETS = 6000 };

typedef struct model {
    wick_candle rows[BUCKETS];              /* by bucket; trades 0: none */
    uint32_t market, interval;
    int      newest;                        /* bucket that is open */
} model;

static wick_candle row(const model *m, int bucket, uint32_t rev, uint32_t flags)
{
    int64_t begin = T0 + bucket * MIN_NS;

    return (wick_candle){.time_ns = begin,
                         .end_ns = begin + MIN_NS,
                         .market = m->market,
                         .interval = m->interval,
                         .flags = flags,
                         .rev = rev,
                         .trades = 1,
                         .open = bucket};
}

static uint32_t ask(const model *m, const wick_query *q, wick_candle *out)
{
    uint32_t n = 0, limit = q->limit ? q->limit : CACHE_LIMIT, front = 0;
    int desc = (q->flags & WICK_Q_DESC) != 0;

    for (int i = BUCKETS - 1;
         i >= 0 && (q->flags & WICK_Q_PREV) && q->start_ns != INT64_MIN && !front; i--)
        if (m->rows[i].trades && m->rows[i].time_ns < q->start_ns &&
            ((m->rows[i].flags & WICK_CANDLE_CLOSED) || (q->flags & WICK_Q_PARTIAL))) {
            out[n++] = m->rows[i];
            front = 1;
        }
    for (int k = 0; k < BUCKETS && n < limit + front; k++) {
        const wick_candle *c = &m->rows[desc ? BUCKETS - 1 - k : k];

        if (c->trades && c->time_ns >= q->start_ns && c->time_ns < q->end_ns &&
            ((c->flags & WICK_CANDLE_CLOSED) || (q->flags & WICK_Q_PARTIAL)))
            out[n++] = *c;
    }
    return n;
}

static uint32_t seed;
static uint32_t roll(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)(seed >> 4) * n) >> 28);
}

/* Commits: the open bucket closes and others begin, now and then an old one changes or appears, or
 * the oldest are deleted. */
static void commit_some(model *m, wick_stage *stage)
{
    wick_candle changed[8];
    uint32_t n = 0;
    int old;

    if (m->newest + 5 < BUCKETS && roll(2)) {
        if (m->rows[m->newest].trades) {
            m->rows[m->newest].flags |= WICK_CANDLE_CLOSED;
            changed[n++] = m->rows[m->newest];
        }
        m->newest += 1 + (int)roll(roll(10) ? 2 : 4);
        m->rows[m->newest] = row(m, m->newest, 0, 0);
        changed[n++] = m->rows[m->newest];
    }
    if (!roll(4)) {
        old = (int)roll((uint32_t)m->newest);
        m->rows[old] = row(m, old, m->rows[old].rev + 1, WICK_CANDLE_CLOSED);
        changed[n++] = m->rows[old];
    }
    if (n)
        stage->ops->changed(stage, changed, n);
    if (!roll(100) && m->newest > 100) {
        old = m->newest - 100 - (int)roll(3000);
        for (int i = 0; i < old; i++)
            m->rows[i].trades = 0;
        stage->ops->forgotten(stage, T0 + old * MIN_NS);
    }
}

static wick_query random_query(const model *m)
{
    wick_query q = {.market = m->market,
                    .interval = m->interval,
                    .start_ns = INT64_MIN,
                    .end_ns = INT64_MAX,
                    .flags = roll(8)};

    if (roll(3))
        q.start_ns = T0 + (int64_t)roll((uint32_t)m->newest + 20) * MIN_NS - (int64_t)roll(2) * 7 -
                     5 * MIN_NS;
    if (roll(3))
        q.end_ns = (q.start_ns == INT64_MIN ? T0 : q.start_ns) +
                   (int64_t)roll(roll(2) ? 40 : 2000) * MIN_NS;
    if (roll(2))
        q.limit = 1 + roll(roll(2) ? 5 : 700);
    return q;
}

static void compare(const model *m, const wick_query *q)
{
    static wick_candle want[BUCKETS + 1];
    uint32_t n = ask(m, q, want);
    rig_wait r = rig_await(WICK_EV_CANDLES, 6);

    assert_int_equal(r.status, WICK_OK);
    assert_int_equal(r.count, n);
    if (n)
        assert_memory_equal(r.candles, want, n * sizeof *want);
    rig_forget();
}

static void churn(const char *rows, uint32_t first_seed, int rounds, int64_t *hits)
{
    static model m;
    static wick_candle answer[BUCKETS + 1];
    wick_stage *stage = open_cache(rows);

    seed = first_seed;
    memset(&m, 0, sizeof m);
    m.market = rig_market("V:A-B");
    m.interval = interval("1m");
    for (m.newest = 0; m.newest < 1500; m.newest++)
        if (roll(5) && (m.newest < 600 || m.newest > 700))
            m.rows[m.newest] = row(&m, m.newest, 0, WICK_CANDLE_CLOSED);
    for (int i = 0; i < rounds; i++) {
        wick_query q = random_query(&m);
        uint64_t generation = wick_cache_generation(stage);
        uint32_t n;

        if (wick_cache_query(stage, &q, 6) == 1) {
            compare(&m, &q);
            continue;
        }
        n = ask(&m, &q, answer);                /* the store answers, and commits go on meanwhile */
        if (!roll(3))
            commit_some(&m, stage);
        wick_cache_put(stage, &q, generation, answer, n);
        if (!roll(3))
            commit_some(&m, stage);
    }
    *hits = wick_stage_stat(stage, "hits");
    assert_true(wick_stage_stat(stage, "rows") <= strtol(rows, NULL, 10) + CACHE_BUCKETS);
    rig_shut();
}

static void what_it_answers_is_what_the_store_would_say(void **state)
{
    int64_t hits, all = 0;

    (void)state;
    for (uint32_t s = 1; s <= 12; s++) {
        churn(s % 3 ? "200000" : "900", s, 1500, &hits);
        all += hits;
    }
    assert_true(all > 12 * 300);                /* and it is of use */
}

static uint32_t await_count(void)
{
    return rig_await(WICK_EV_CANDLES, 6).count;
}

/* ---- single rules ---------------------------------------------------------------------------- */

static void a_stale_answer_does_not_overwrite_a_commit(void **state)
{
    wick_stage *stage = open_cache("200000");
    model m = {.newest = 10};
    wick_query q = {.start_ns = T0, .end_ns = T0 + 3 * MIN_NS};
    wick_candle rows[3];
    uint64_t generation;

    (void)state;
    q.market = m.market = rig_market("V:A-B");
    q.interval = m.interval = interval("1m");
    for (int i = 0; i < 3; i++)
        rows[i] = row(&m, i, 0, WICK_CANDLE_CLOSED);
    generation = wick_cache_generation(stage);
    rows[1].rev = 1;
    stage->ops->changed(stage, &rows[1], 1);
    rows[1].rev = 0;
    assert_int_equal(wick_cache_put(stage, &q, generation, rows, 3), 0);
    assert_int_equal(wick_cache_query(stage, &q, 6), 0);
    assert_int_equal(wick_stage_stat(stage, "stale"), 1);
    assert_int_equal(wick_cache_put(stage, &q, wick_cache_generation(stage), rows, 3), 1);
    assert_int_equal(wick_cache_query(stage, &q, 6), 1);
    assert_int_equal(await_count(), 3);
    q.market = WICK_NO_MARKET;
    assert_int_equal(wick_cache_query(stage, &q, 6), 0);
}

static void what_retention_deletes_is_forgotten(void **state)
{
    wick_stage *stage = open_cache("200000");
    static model m;
    wick_candle rows[600];
    wick_query q;
    uint64_t then;

    (void)state;
    m = (model){.market = rig_market("V:A-B"), .interval = interval("1m")};
    for (int i = 0; i < 600; i++)
        rows[i] = row(&m, i, 0, WICK_CANDLE_CLOSED);
    q = (wick_query){.market = m.market, .interval = m.interval, .start_ns = T0,
                     .end_ns = T0 + 600 * MIN_NS};
    then = wick_cache_generation(stage);
    assert_int_equal(wick_cache_put(stage, &q, then, rows, 600), 1);
    assert_int_equal(wick_cache_query(stage, &q, 6), 1);
    rig_await(WICK_EV_CANDLES, 6);
    stage->ops->forgotten(stage, T0 + 10 * MIN_NS);
    assert_int_equal(wick_cache_query(stage, &q, 6), 0);
    assert_int_equal(wick_cache_put(stage, &q, then, rows, 600), 0);    /* it was on its way */
    q.start_ns = T0 + 590 * MIN_NS;
    assert_int_equal(wick_cache_query(stage, &q, 6), 1);                /* far from what went */
    rig_await(WICK_EV_CANDLES, 6);
}

/* Whether they stand behind a gap is the ledger's to say, which may change without them. */
static void candles_whose_open_is_the_previous_close_are_never_kept(void **state)
{
    wick_stage *stage = open_cache("200000");
    static model m;
    wick_candle rows[2];
    wick_query q;

    (void)state;
    m = (model){.market = rig_market("V:A-B"), .interval = interval("1m")};
    rows[0] = row(&m, 0, 0, WICK_CANDLE_CLOSED);
    rows[1] = row(&m, 1, 0, WICK_CANDLE_CLOSED | WICK_CANDLE_OPEN_PREV);
    q = (wick_query){.market = m.market, .interval = m.interval, .start_ns = T0,
                     .end_ns = T0 + 2 * MIN_NS};
    assert_int_equal(wick_cache_put(stage, &q, wick_cache_generation(stage), rows, 1), 1);
    assert_int_equal(wick_cache_query(stage, &q, 6), 1);        /* nothing tells it yet */
    rig_await(WICK_EV_CANDLES, 6);
    stage->ops->changed(stage, rows + 1, 1);
    assert_int_equal(wick_cache_query(stage, &q, 6), 0);
    assert_int_equal(wick_cache_put(stage, &q, wick_cache_generation(stage), rows, 2), 0);
    assert_int_equal(wick_cache_query(stage, &q, 6), 0);
}

static void open_candles_are_never_kept(void **state)
{
    wick_stage *stage = open_cache("200000");
    model m = {.newest = 10};
    wick_query q = {.start_ns = T0, .end_ns = INT64_MAX, .flags = WICK_Q_PARTIAL};
    wick_candle rows[2];

    (void)state;
    q.market = m.market = rig_market("V:A-B");
    q.interval = m.interval = interval("1m");
    rows[0] = row(&m, 0, 0, WICK_CANDLE_CLOSED);
    rows[1] = row(&m, 1, 0, 0);
    wick_cache_put(stage, &q, wick_cache_generation(stage), rows, 2);
    assert_int_equal(wick_cache_query(stage, &q, 6), 0);
    q.end_ns = T0 + MIN_NS;
    assert_int_equal(wick_cache_query(stage, &q, 6), 1);
    assert_int_equal(await_count(), 1);
}

static void keys_and_chunks_follow_the_rule(void **state)
{
    static const char *const KINDS[] = {"1s", "1m", "5m", "1h", "4h", "1d", "1w", "1M", "1y"};
    char key[CACHE_KEY_MAX];
    uint32_t m;

    (void)state;
    rig_open(NULL, NULL);
    m = rig_market("Kraken:BTC-EUR");
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        uint32_t code = interval(KINDS[i]);
        int64_t length = cache_chunk_ns(code);

        assert_true(length > 0);
        for (int64_t t = 0; t < 4000000000LL * NS_PER_S; t += 399999999LL * NS_PER_S) {
            int64_t begin = cache_chunk(code, t);

            assert_true(begin <= t && t - begin < length);
            assert_int_equal(cache_chunk(code, begin), begin);
        }
    }
    assert_true(cache_key(w, m, interval("1m"), cache_chunk(interval("1m"), T0), key) > 0);
    assert_string_equal(key, "ohlcv:Kraken:BTC-EUR:1m:1699983360");
    assert_int_equal(cache_key(w, 9999, interval("1m"), 0, key), WICK_E_ARG);
}

static void a_cache_of_no_rows_knows_nothing(void **state)
{
    wick_stage *stage = open_cache("0");
    wick_query q = {.start_ns = T0, .end_ns = T0 + MIN_NS};

    (void)state;
    q.market = rig_market("V:A-B");
    q.interval = interval("1m");
    assert_int_equal(wick_cache_put(stage, &q, 0, NULL, 0), 0);
    assert_int_equal(wick_cache_query(stage, &q, 6), 0);
    assert_int_equal(wick_cache_open(w, "redis:", 2, &stage), WICK_E_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(what_it_answers_is_what_the_store_would_say),
        RIG_TEST(a_stale_answer_does_not_overwrite_a_commit),
        RIG_TEST(what_retention_deletes_is_forgotten),
        RIG_TEST(candles_whose_open_is_the_previous_close_are_never_kept),
        RIG_TEST(open_candles_are_never_kept),
        RIG_TEST(keys_and_chunks_follow_the_rule),
        RIG_TEST(a_cache_of_no_rows_knows_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
