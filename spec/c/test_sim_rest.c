/* SPDX-License-Identifier: Apache-2.0
 * The simulator's REST side: rows, times, rounding, refusals, limits; and that minutes, hours, days
 * and the trades of the stream agree. */
#include "sim_rig.h"

#include "../../src/core/dec.h"

enum { ROWS_MAX = 2100 };

typedef struct bar {
    int64_t time;
    dec128 n[6];
} bar; /* high low open volumefrom volumeto close */

static char *ask(rig *r, const char *target, const char *headers, int status)
{
    static buf head, body;

    buf_fini(&head);
    buf_fini(&body);
    buf_init(&head, r->w, 0);
    buf_init(&body, r->w, 0);
    assert_int_equal(sim_rest(r->s, target, headers, r->now, &head, &body), status);
    assert_int_equal(buf_add(&body, "", 1), WICK_OK);
    assert_int_equal(buf_add(&head, "", 1), WICK_OK);
    char *copy = malloc(body.size + head.size);

    memcpy(copy, body.data, body.size);
    memcpy(copy + body.size, head.data, head.size);     /* the headers stand behind the 0 */
    buf_fini(&head);
    buf_fini(&body);
    return copy;
}

static void same(rig *r, const char *target, const char *expected)
{
    char *text = ask(r, target, "", 200);

    assert_string_equal(text, expected);
    free(text);
}

static uint32_t rows(rig *r, const char *target, bar *out, int64_t *from, int64_t *to)
{
    static const char *const KEYS[] = {"high", "low", "open", "volumefrom", "volumeto", "close"};
    char *text = ask(r, target, "", 200), number[64];
    uint32_t n = 0;

    if (!strstr(text, "\"Response\":\"Success\""))
        fail_msg("%s: %s", target, text);
    *from = strtoll(rig_field(text, "TimeFrom", number), NULL, 10);
    *to = strtoll(rig_field(text, "TimeTo", number), NULL, 10);
    for (char *at = text; (at = strstr(at, "{\"time\":")); at++, n++) {
        assert_true(n < ROWS_MAX);
        out[n].time = strtoll(at + 8, NULL, 10);
        for (int k = 0; k < 6; k++) {
            int64_t m;
            int exp;

            rig_field(at, KEYS[k], number);
            assert_int_equal(dec_parse(number, strlen(number), &m, &exp), DEC_OK);
            out[n].n[k] = (dec128){m, exp};
        }
    }
    free(text);
    return n;
}

static int cmp(dec128 a, dec128 b)
{
    assert_true(dec_add(&a, -b.m, b.exp));
    return a.m < 0 ? -1 : a.m > 0;
}

static bar B[ROWS_MAX], M[ROWS_MAX];
#define Q "fsym=BTC&tsym=USD"

static void limit_gives_one_row_more_and_to_is_inclusive(void **state)
{
    static const struct { const char *path; int64_t step; uint32_t dflt; } PATHS[] = {
        {"histominute", 60, 1440}, {"histohour", 3600, 168}, {"histoday", 86400, 30},
    };
    rig r;
    int64_t from, to;

    (void)state;
    rig_open(&r, "");
    for (int i = 0; i < 6; i++) {
        char target[200], v2[] = "v2/";
        int64_t step = PATHS[i % 3].step, at = T0 / NS_PER_S / step * step;

        v2[i / 3 ? 3 : 0] = '\0';
        snprintf(target, sizeof target, "/data/%s%s?" Q, v2, PATHS[i % 3].path);
        assert_int_equal(rows(&r, target, B, &from, &to), PATHS[i % 3].dflt + 1);
        assert_true(B[PATHS[i % 3].dflt].time == at && to == at && from == B[0].time);
        assert_int_equal(B[PATHS[i % 3].dflt].n[3].m, 0);   /* the running row is a placeholder */
        assert_true(B[0].n[3].m > 0);
        snprintf(target, sizeof target, "/data/%s%s?" Q "&limit=2&toTs=%lld", v2, PATHS[i % 3].path,
                 (long long)(at - step));
        assert_int_equal(rows(&r, target, B, &from, &to), 3);
        assert_true(B[2].time == at - step && B[0].time == at - 3 * step);
        assert_true(B[2].n[3].m > 0);
        snprintf(target, sizeof target, "/data/%s%s?" Q "&limit=0&toTs=%lld", v2, PATHS[i % 3].path,
                 (long long)(at - step - 1));
        assert_int_equal(rows(&r, target, M, &from, &to), 2);
        assert_memory_equal(&M[1].time, &B[1].time,
                            sizeof M[1].time); /* the period that contains it */
    }
    rig_close(&r);
}

static void opens_carry_over_and_sums_agree(void **state)
{
    rig r;
    int64_t from, to;
    char target[200];
    dec128 volume = {0, 0};
    uint32_t n;

    (void)state;
    rig_open(&r, "");
    n = rows(&r, "/data/histohour?" Q "&limit=500", B, &from, &to);
    assert_int_equal(n, 501);
    for (uint32_t i = 1; i < n; i++) {
        assert_int_equal(cmp(B[i].n[2], B[i - 1].n[5]), 0);
        assert_true(cmp(B[i].n[0], B[i].n[2]) >= 0 && cmp(B[i].n[0], B[i].n[5]) >= 0);
        assert_true(cmp(B[i].n[1], B[i].n[2]) <= 0 && cmp(B[i].n[1], B[i].n[5]) <= 0);
    }
    snprintf(target, sizeof target, "/data/histominute?" Q "&limit=59&toTs=%lld",
             (long long)B[n - 2].time + 3540);
    assert_int_equal(rows(&r, target, M, &from, &to), 60);
    assert_true(M[0].time == B[n - 2].time && cmp(M[0].n[2], B[n - 2].n[2]) == 0);
    assert_int_equal(cmp(M[59].n[5], B[n - 2].n[5]), 0);
    for (int i = 0; i < 60; i++) {
        assert_true(cmp(M[i].n[0], B[n - 2].n[0]) <= 0 && cmp(M[i].n[1], B[n - 2].n[1]) >= 0);
        assert_true(dec_add(&volume, M[i].n[3].m, M[i].n[3].exp));
    }
    assert_true(dec_add(&volume, -B[n - 2].n[3].m, B[n - 2].n[3].exp));
    assert_true(cmp(volume, (dec128){2, -2}) < 0 &&
                cmp(volume, (dec128){-2, -2}) > 0); /* but for rounding */
    rig_close(&r);
}

static void aggregate_merges_rows_aligned_to_the_epoch_and_lowers_limit(void **state)
{
    rig r;
    int64_t from, to, at = T0 / NS_PER_S / 3600 * 3600;
    char target[200];

    (void)state;
    rig_open(&r, "");
    assert_int_equal(rows(&r, "/data/histominute?" Q "&aggregate=2", B, &from, &to), 1001);
    assert_int_equal(rows(&r, "/data/histominute?" Q "&aggregate=30&limit=2000", B, &from, &to),
                     67);
    snprintf(target, sizeof target, "/data/histohour?" Q "&aggregate=4&limit=5&toTs=%lld",
             (long long)at - 3600);
    assert_int_equal(rows(&r, target, B, &from, &to), 6);
    assert_true(to == at - 3600 && B[5].time == (at - 3600) / 14400 * 14400 && to >= B[5].time);
    snprintf(target, sizeof target, "/data/histohour?" Q "&limit=3&toTs=%lld",
             (long long)B[4].time + 10800);
    assert_int_equal(rows(&r, target, M, &from, &to), 4);
    dec128 sum = {0, 0};

    for (int i = 0; i < 4; i++)
        assert_true(dec_add(&sum, M[i].n[3].m, M[i].n[3].exp));
    assert_int_equal(cmp(sum, B[4].n[3]), 0);       /* sums of rounded rows, not rounded again */
    assert_int_equal(cmp(M[0].n[2], B[4].n[2]) | cmp(M[3].n[5], B[4].n[5]), 0);
    assert_int_equal(
        rows(&r, "/data/histohour?" Q "&aggregate=4&limit=1&aggregatePredictableTimePeriods=false",
             B, &from, &to),
        2);
    assert_int_equal(B[1].time, at - 3 * 3600);
    rig_close(&r);
}

static void before_the_listing_everything_is_zero(void **state)
{
    rig r;
    int64_t from, to;

    (void)state;
    rig_open(&r, "listing=1600000000000000000\n");
    assert_int_equal(rows(&r, "/data/v2/histoday?" Q "&limit=10&toTs=1500000000", B, &from, &to),
                     11);
    for (int i = 0; i < 11; i++)
        for (int k = 0; k < 6; k++)
            assert_int_equal(B[i].n[k].m, 0);
    assert_int_equal(rows(&r, "/data/v2/histoday?" Q "&limit=2&toTs=1600041600", B, &from, &to), 3);
    assert_true(B[1].n[0].m > 0 && B[0].n[0].m == 0);
    assert_int_equal(rows(&r, "/data/v2/histoday?" Q "&allData=true", B, &from, &to), 1158);
    rig_close(&r);
}

static void what_was_streamed_is_in_the_minutes(void **state)
{
    rig r;
    sim_conn *c;
    int64_t from, to;
    dec128 volume = {0, 0};
    char number[64], target[200];
    uint32_t trades = 0;

    (void)state;
    rig_open(&r, "markets=Coinbase:BTC-USD\nrate=20\nsettle=0\n");
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, "{\"action\":\"SubAdd\",\"subs\":[\"0~Coinbase~BTC~USD\"]}");
    rig_play(&r, c, 180 * NS_PER_S);
    int64_t minute = sim_clock(r.s) / NS_PER_S / 60 * 60 - 60;

    for (uint32_t i = 0; i < r.count; i++) {
        int64_t m;
        int exp;

        if (!rig_is_trade(r.heard[i]) ||
            strtoll(rig_field(r.heard[i], "TS", number), NULL, 10) / 60 * 60 != minute)
            continue;
        rig_field(r.heard[i], "Q", number);
        assert_int_equal(dec_parse(number, strlen(number), &m, &exp), DEC_OK);
        assert_true(dec_add(&volume, m, exp));
        trades++;
    }
    assert_int_equal(trades, 1200);
    snprintf(target, sizeof target, "/data/histominute?" Q "&e=coinbase&limit=1&toTs=%lld",
             (long long)minute);
    assert_int_equal(rows(&r, target, B, &from, &to), 2);
    assert_true(dec_add(&volume, -B[1].n[3].m, B[1].n[3].exp));
    assert_true(cmp(volume, (dec128){6, -3}) < 0 && cmp(volume, (dec128){-6, -3}) > 0);
    rig_close(&r);
}

static void every_refusal_has_its_own_words(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, "");
    same(&r, "/data/v2/histominute?tsym=USD",
         "{\"Response\":\"Error\",\"Message\":\"fsym is a required "
         "param.\",\"HasWarning\":false,\"Type\":2,"
         "\"RateLimit\":{},\"Data\":{},\"ParamWithError\":\"fsym\"}");
    same(&r, "/data/histoday?fsym=BTC",
         "{\"Response\":\"Error\",\"Message\":\"tsym is a required "
         "param.\",\"HasWarning\":false,\"Type\":2,"
         "\"RateLimit\":{},\"Data\":{},\"ParamWithError\":\"tsym\"}");
    same(&r, "/data/histoday?fsym=NOSUCH&tsym=USD",
         "{\"Response\":\"Error\",\"Message\":\"There is no data for the symbol NOSUCH "
         ".\",\"HasWarning\":false,"
         "\"Type\":2,\"RateLimit\":{},\"Data\":{},\"ParamWithError\":\"fsym\"}");
    same(&r, "/data/histoday?fsym=BTC&tsym=JPY",
         "{\"Response\":\"Error\",\"Message\":\"There is no data for any of the toSymbols JPY "
         ".\",\"HasWarning\":true,"
         "\"Type\":2,\"RateLimit\":{},\"Data\":{},\"Warning\":\"There is no data for the "
         "toSymbol/s JPY \","
         "\"ParamWithError\":\"tsyms\"}");
    same(&r, "/data/histoday?" Q "&e=Nowhere",
         "{\"Response\":\"Error\",\"Message\":\"cccagg_or_exchange market does not exist for this "
         "coin pair (BTC-USD)\","
         "\"HasWarning\":false,\"Type\":2,\"RateLimit\":{},\"Data\":{},\"Cooldown\":0}");
    same(&r, "/data/histominute?" Q "&limit=2001",
         "{\"Response\":\"Error\",\"Message\":\"limit is larger than max "
         "value.\",\"HasWarning\":false,\"Type\":2,"
         "\"RateLimit\":{},\"Data\":{},\"ParamWithError\":\"limit\"}");
    same(&r, "/data/histominute?" Q "&toTs=1690000000",
         "{\"Response\":\"Error\",\"Message\":\"Minute data for BTC-USD is only available for the "
         "last 7 days.\","
         "\"HasWarning\":false,\"Type\":2,\"RateLimit\":{},\"Data\":{},\"ParamWithError\":"
         "\"toTs\"}");
    same(&r, "/data/v3/histominute",
         "{\"Response\":\"Error\",\"Message\":\"Path does not exist\",\"Type\":0,\"Data\":{}}");
    same(&r, "/",
         "{\"Response\":\"Error\",\"Message\":\"Path does not exist\",\"Type\":0,\"Data\":{}}");
    rig_close(&r);
}

static void keys_and_limits(void **state)
{
    rig r;
    char *text;

    (void)state;
    rig_open(&r, "keys=A\nlimits=2,300,3000,7500,50000\n");
    text = ask(&r, "/data/histoday?" Q, "", 401);
    assert_non_null(strstr(text, "\"http_status_code\":401"));
    free(text);
    text = ask(&r, "/data/histoday?" Q "&api_key=B", "", 200);
    assert_non_null(strstr(text, "\"Type\":1,"));
    free(text);
    text = ask(&r, "/data/histoday?" Q, "authorization: Apikey A\n", 200);
    assert_string_equal(
        text,
        "{\"Response\":\"Error\",\"Message\":\"You are over your rate limit please upgrade your "
        "account!\",\"HasWarning\":false,\"Type\":99,\"RateLimit\":{\"calls_made\":{\"second\":3,"
        "\"minute\":3,\"hour\":3,\"day\":3,\"month\":3,\"total_calls\":3},\"max_calls\":{"
        "\"second\":2,\"minute\":300,\"hour\":3000,\"day\":7500,\"month\":50000}},\"Data\":{}}");
    assert_non_null(strstr(text + strlen(text) + 1,
                           "X-RateLimit-Remaining-All: 49997, 0;window=1, 297;window=60, "
                           "2997;window=3600, 7497;window=86400, 49997;window=2592000\n"));
    free(text);
    r.now += NS_PER_S;
    text = ask(&r, "/stats/rate/limit?api_key=A", "", 200);
    assert_string_equal(
        text,
        "{\"Response\":\"Success\",\"Message\":\"\",\"HasWarning\":false,\"Type\":100,"
        "\"RateLimit\":{},\"Data\":{\"calls_made\":{\"second\":1,\"minute\":4,\"hour\":4,\"day\":4,"
        "\"month\":4},\"calls_left\":{\"second\":1,\"minute\":296,\"hour\":2996,\"day\":7496,"
        "\"month\":49996}}}");
    free(text);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limit_gives_one_row_more_and_to_is_inclusive),
        cmocka_unit_test(opens_carry_over_and_sums_agree),
        cmocka_unit_test(aggregate_merges_rows_aligned_to_the_epoch_and_lowers_limit),
        cmocka_unit_test(before_the_listing_everything_is_zero),
        cmocka_unit_test(what_was_streamed_is_in_the_minutes),
        cmocka_unit_test(every_refusal_has_its_own_words),
        cmocka_unit_test(keys_and_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
