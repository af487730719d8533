/* SPDX-License-Identifier: Apache-2.0
 * The truth against what a client really heard, folded here from the text of the messages alone:
 * for a plain run, for every fault, and for a recording. And the faults themselves. */
#include "sim_rig.h"

#include "../../src/core/dec.h"

#define MINUTE (60 * NS_PER_S)
enum { ROWS_MAX = 400 };

typedef struct row {
    char symbol[64];
    int64_t minute, first, last;
    dec128 open, high, low, close, volume, quote;
    uint64_t trades, ids[1];
} row;

static dec128 value(const char *text, const char *key)
{
    char number[64];
    int64_t m;
    int exp;

    assert_non_null(rig_field(text, key, number));
    assert_int_equal(dec_parse(number, strlen(number), &m, &exp), DEC_OK);
    return (dec128){m, exp};
}

static int less(dec128 a, dec128 b)
{
    dec128 d = a;

    assert_true(dec_add(&d, -b.m, b.exp));
    return d.m < 0;
}

static row *row_of(row *rows, uint32_t *count, const char *symbol, int64_t minute)
{
    for (uint32_t i = 0; i < *count; i++)
        if (rows[i].minute == minute && strcmp(rows[i].symbol, symbol) == 0)
            return rows + i;
    assert_true(*count < ROWS_MAX);
    memset(rows + *count, 0, sizeof *rows);
    snprintf(rows[*count].symbol, sizeof rows->symbol, "%s", symbol);
    rows[*count].minute = minute;
    return rows + (*count)++;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The distinct trades among what was heard, folded to minutes. */
static uint32_t fold(const rig *r, row *rows)
{
    char **sorted = malloc((r->count + 1) * sizeof *sorted), part[4][64], symbol[200];
    uint32_t n = 0, count = 0;

    for (uint32_t i = 0; i < r->count; i++)
        if (rig_is_trade(r->heard[i]) && r->heard[i][strlen(r->heard[i]) - 1] == '}' &&
            !strchr(r->heard[i], '\xff'))
            sorted[n++] = r->heard[i];
    qsort(sorted, n, sizeof *sorted, by_text);
    for (uint32_t i = 0; i < n; i++) {
        const char *t = sorted[i];
        int64_t time;
        dec128 price = value(t, "P"), qty = value(t, "Q"), total = value(t, "TOTAL");

        if (i && strncmp(t, sorted[i - 1], (size_t)(strstr(t, ",\"RTS\"") - t)) == 0)
            continue;                               /* the same again; a late one has another RTS */
        time = strtoll(rig_field(t, "TS", part[0]), NULL, 10) * NS_PER_S;
        time += strtoll(rig_field(t, "TSNS", part[0]), NULL, 10);
        snprintf(symbol, sizeof symbol, "%s~%s~%s", rig_field(t, "M", part[0]),
                 rig_field(t, "FSYM", part[1]), rig_field(t, "TSYM", part[2]));
        row *o = row_of(rows, &count, symbol, time - time % MINUTE);

        if (!o->trades || time < o->first)
            o->first = time, o->open = price;
        if (!o->trades || time > o->last)
            o->last = time, o->close = price;
        if (!o->trades || less(o->high, price))
            o->high = price;
        if (!o->trades || less(price, o->low))
            o->low = price;
        assert_true(dec_add(&o->volume, qty.m, qty.exp) && dec_add(&o->quote, total.m, total.exp));
        assert_true(price.m * qty.m != 0);
        o->trades++;
    }
    free(sorted);
    return count;
}

static char *put(char *at, dec128 n)
{
    return at + sprintf(at, ",") + dec_text(n.m, n.exp, at + 1, DEC_TEXT_MAX);
}

/* Each row of the truth is what was folded; returns how many trades it calls withheld. */
static uint64_t same_as_heard(rig *r)
{
    static row rows[ROWS_MAX];
    uint32_t count = fold(r, rows), lines = 0;
    uint64_t withheld = 0, trades = 0;
    buf text;

    buf_init(&text, r->w, 0);
    assert_int_equal(sim_truth_csv(r->s, &text), WICK_OK);
    assert_int_equal(buf_add(&text, "", 1), WICK_OK);
    for (char *line = strtok((char *)text.data, "\n"); (line = strtok(NULL, "\n"));) {
        char *symbol = strchr(line, ',') + 1, *time = strstr(line, ",1m,") + 4, expect[1024],
             *at = expect, name[64];

        snprintf(name, sizeof name, "%.*s", (int)strcspn(symbol, ","), symbol);
        row *o = row_of(rows, &count, name, strtoll(time, NULL, 10) * NS_PER_MS);

        at = put(put(put(put(put(put(at, o->open), o->high), o->low), o->close), o->volume),
                 o->quote);
        sprintf(at, ",%llu,", (unsigned long long)o->trades);
        if (strncmp(strchr(time, ','), expect, strlen(expect)) != 0)
            fail_msg("truth %s heard %s", line, expect);
        withheld += strtoull(strrchr(line, ',') + 1, NULL, 10);
        trades += o->trades;
        lines++;
    }
    buf_fini(&text);
    assert_int_equal(lines, count);                 /* none is missing either way */
    assert_int_equal(trades, sim_heard(r->s));
    return withheld;
}

#define MARKETS "markets=Coinbase:BTC-USD,Kraken:ETH-BTC,Coinbase:SHIB-USD\nsettle=0\nseed=7\n"
#define ADD                                                                                        \
    "{\"action\":\"SubAdd\",\"subs\":[\"0~Coinbase~BTC~USD\",\"0~Kraken~ETH~BTC\",\"0~Coinbase~"   \
    "SHIB~USD\"]}"

/* A client that reconnects five seconds after each end, for so many steps. */
static uint32_t live(rig *r, int steps, int64_t step_ns)
{
    sim_conn *c = NULL;
    int away = 0;
    uint32_t connects = 0;

    for (int i = 0; i < steps; i++) {
        if (!c && away-- <= 0 && (c = sim_connect(r->s, "/v2", "", r->now))) {
            connects++;
            rig_take(r, c);
            rig_say(r, c, ADD);
        }
        rig_play(r, c, step_ns);
        if (c &&
            (sim_closing(c) == SIM_LEAVES || (sim_closing(c) == SIM_CUTS && sim_cut_done(c)))) {
            sim_gone(c);
            c = NULL;
            away = (int)(5 * NS_PER_S / step_ns);
        }
    }
    return connects;
}

static void flat_out_every_trade_is_heard_and_the_truth_is_exact(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, MARKETS "rate=0\ncount=200000\n");
    live(&r, 3, NS_PER_S);
    assert_int_equal(sim_happened(r.s), 200000);
    assert_int_equal(rig_trades(&r), 200000);
    assert_int_equal(same_as_heard(&r), 0);
    assert_true(sim_over(r.s));
    assert_in_range(sim_clock(r.s), r.now - 3605 * NS_PER_S, r.now);
    rig_close(&r);
}

static void a_long_count_begins_earlier_than_an_hour_ago(void **state)
{
    rig r;
    sim_conn *c;
    char text[64];

    (void)state;
    rig_open(&r, MARKETS "rate=0\ncount=7200000\n");
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD);
    assert_in_range(strtoll(rig_field(r.heard[1], "TS", text), NULL, 10), T0 / NS_PER_S - 7201,
                    T0 / NS_PER_S - 7199);
    rig_close(&r);
}

static void at_a_rate_trades_come_by_the_clock_and_go_on_unheard(void **state)
{
    rig r;
    sim_conn *c;

    (void)state;
    rig_open(&r, MARKETS "rate=50\n");
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD);
    rig_forget(&r);
    for (int i = 0; i < 100; i++)
        rig_play(&r, c, NS_PER_S / 10);
    assert_in_range(rig_trades(&r), 498, 502);
    sim_gone(c);
    rig_play(&r, NULL, 60 * NS_PER_S);
    assert_in_range(sim_happened(r.s) - sim_heard(r.s), 2995, 3005);
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD); /* the latest 20 of each are delivered after all */
    assert_in_range(sim_happened(r.s) - sim_heard(r.s), 2935, 2945);
    rig_close(&r);
}

static void hold_stops_the_world_while_nobody_listens(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, MARKETS "rate=50\nhold=1\nfault=cut@2s\n");
    live(&r, 200, NS_PER_S / 10);
    assert_int_equal(same_as_heard(&r), 0);
    rig_close(&r);
}

static void one_seed_one_world_and_another_seed_another(void **state)
{
    rig r[3];

    (void)state;
    rig_open(r + 0, MARKETS "rate=0\ncount=5000\nstart=1600000000000000000\n");
    rig_open(r + 1, MARKETS "rate=0\ncount=5000\nstart=1600000000000000000\n");
    rig_open(r + 2, MARKETS "rate=0\ncount=5000\nstart=1600000000000000000\nseed=8\n");
    for (int i = 0; i < 3; i++) {
        r[i].now += i * NS_PER_S;
        live(r + i, 2, NS_PER_S);
        assert_int_equal(rig_trades(r + i), 5000);
    }
    for (uint32_t i = 1; i < r[0].count; i++) {
        assert_string_equal(r[0].heard[i], r[1].heard[i]);
        assert_true(!rig_is_trade(r[0].heard[i]) || strcmp(r[0].heard[i], r[2].heard[i]) != 0);
    }
    for (int i = 0; i < 3; i++)
        rig_close(r + i);
}

static void a_live_world_goes_on_where_the_log_ends(void **state)
{
    rig whole, rest;
    sim_conn *c;
    char text[64], options[256];
    uint32_t k = 0, known = 0;

    (void)state;
    rig_open(&whole, MARKETS "rate=20\nstart=1600000000000000000\n");
    sim_close(whole.s);
    assert_int_equal(
        sim_open(whole.w, MARKETS "rate=20\nstart=1600000000000000000\n", 1, T0, &whole.s),
        WICK_OK);
    whole.now = sim_from(whole.s, T0);
    assert_int_equal(whole.now, 1600000000000000000);
    c = rig_connect(&whole, "/v2");
    rig_say(&whole, c, ADD);
    rig_play(&whole, c, 100 * NS_PER_S);
    assert_in_range(rig_trades(&whole), 2055, 2065);

    const char *last = whole.heard[1000];           /* the log ends in the midst of it */
    int64_t after = strtoll(rig_field(last, "TS", text), NULL, 10) * NS_PER_S;

    after += strtoll(rig_field(last, "TSNS", text), NULL, 10);
    snprintf(options, sizeof options, MARKETS "rate=20\nafter=%lld\n", (long long)after);
    rig_open(&rest, options);
    sim_close(rest.s);
    assert_int_equal(sim_open(rest.w, options, 1, T0, &rest.s), WICK_OK);
    rest.now = sim_from(rest.s, T0) + 3 * NS_PER_S; /* the subscription comes later */
    c = rig_connect(&rest, "/v2");
    rig_say(&rest, c, ADD);
    rig_play(&rest, c, 0);
    rest.now = whole.now;
    rig_play(&rest, c, 0);
    for (uint32_t i = 1001; i < whole.count; i++, k++) {
        while (k < rest.count && strcmp(rest.heard[k], whole.heard[i]) != 0)
            k++; /* the twenty of each before, and the session's own */
        assert_true(k < rest.count);
        known++;
    }
    assert_int_equal(rig_trades(&rest), 60 + known);
    rig_close(&whole);
    rig_close(&rest);
}

static void faults_leave_the_truth_true(void **state)
{
    static const struct { const char *fault; uint32_t connects; int loses;
    } CASES[] = {
        {"fault=drop@p0.01", 1, 1},
        {"fault=gap:7@p0.002", 1, 1},
        {"fault=late:50@p0.01", 1, 0},
        {"fault=reorder@p0.05", 1, 0},
        {"fault=dup:2@p0.05", 1, 0},
        {"fault=fragment:4@p0.05", 1, 0},
        {"fault=garbage@n5000", 1, 0},
        {"fault=cut:500@n5000", 2, 1},
        {"fault=cut-hold@n5000", 2, 0},
        {"fault=cut@2s", 2, 1},
        {"fault=cut@2s-9s", 2, 1},
        {"fault=force-disconnect@n700", 2, 1},
        {"fault=silent@2s-5s", 1, 1},
        {"fault=stall@2s-5s", 1, 1},
        {"fault=slow:300@2s-9s", 1, 0},
        {"fault=drop@2s-3s\nfault=late:3@p0.1\nfault=dup@p0.1\nfault=cut:90@n900\nfault=cut-hold@"
         "n2000",
         3, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (int flat = 0; flat < 2; flat++) {
            char options[400];
            rig r;
            uint64_t withheld;
            uint32_t connects;

            snprintf(options, sizeof options, MARKETS "rate=%d\ncount=20000\n%s\n", flat ? 0 : 700,
                     CASES[i].fault);
            rig_open(&r, options);
            connects = live(&r, 400, NS_PER_S / 10);
            withheld = same_as_heard(&r);
            if (!flat && (connects != CASES[i].connects || (withheld > 0) != CASES[i].loses))
                fail_msg("%s: %u connections, %llu withheld", CASES[i].fault, connects,
                         (unsigned long long)withheld);
            rig_close(&r);
        }
}

static void cut_withholds_as_many_as_it_says(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, MARKETS "rate=0\ncount=20000\nfault=cut:500@n5000\n");
    live(&r, 200, NS_PER_S / 10);
    assert_int_equal(sim_happened(r.s), 20000);
    assert_int_equal(same_as_heard(&r), 500 - 60);  /* the latest 20 of three markets come again */
    rig_close(&r);
}

static void a_dropped_trade_leaves_no_trace_and_a_gap_does(void **state)
{
    static const char *const CASES[] = {"fault=drop@n500", "fault=gap:3@n500"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        char options[200], text[64], symbol[64];
        uint64_t holes = 0;
        rig r;

        snprintf(options, sizeof options, MARKETS "rate=0\ncount=2000\n%s\n", CASES[i]);
        rig_open(&r, options);
        live(&r, 5, NS_PER_S);
        for (int m = 0; m < 3; m++) {
            uint64_t last = 0;

            for (uint32_t k = 0; k < r.count; k++) {
                if (!rig_is_trade(r.heard[k]) ||
                    strcmp(rig_field(r.heard[k], "FSYM", symbol), m == 0   ? "BTC"
                                                                  : m == 1 ? "ETH"
                                                                           : "SHIB") != 0)
                    continue;
                uint64_t seq = strtoull(rig_field(r.heard[k], "CCSEQ", text), NULL, 10);

                holes += last ? seq - last - 1 : 0;
                last = seq;
            }
        }
        assert_int_equal(holes, i ? 3 : 0);
        assert_int_equal(sim_happened(r.s) - sim_heard(r.s), i ? 3 : 1);
        rig_close(&r);
    }
}

static void silent_means_no_heartbeat_either_and_no_heartbeat_means_only_that(void **state)
{
    rig r;
    sim_conn *c;
    uint32_t beats = 0, before;

    (void)state;
    rig_open(&r, MARKETS "rate=10\nheartbeat=1s\nfault=no-heartbeat@10s-20s\nfault=silent@30s\n");
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD);
    for (int i = 0; i < 290; i++)
        rig_play(&r, c, NS_PER_S / 10);
    for (uint32_t i = 0; i < r.count; i++)
        beats += strstr(r.heard[i], "HEARTBEAT") != NULL;
    assert_in_range(beats, 18, 20);
    assert_in_range(rig_trades(&r), 340, 355);
    rig_play(&r, c, 2 * NS_PER_S);
    before = r.count;
    for (int i = 0; i < 100; i++)
        rig_play(&r, c, NS_PER_S);
    assert_int_equal(r.count, before);
    rig_close(&r);
}

static void fragments_late_ones_and_garbage_arrive_as_asked(void **state)
{
    rig r;
    sim_conn *c;
    int garbage = 0, cut = 0;

    (void)state;
    rig_open(
        &r, MARKETS
        "rate=0\ncount=1000\nfault=fragment:4@n100\nfault=garbage@n200\nfault=bad-frame@n900\n");
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD);
    rig_play(&r, c, NS_PER_S);
    for (uint32_t i = 0; i < r.count; i++) {
        garbage += rig_is_trade(r.heard[i]) && r.heard[i][strlen(r.heard[i]) - 1] != '}';
        cut += r.parts[i] == 4;
    }
    assert_int_equal(garbage, 1);
    assert_int_equal(cut, 1);
    assert_non_null(strchr(r.heard[r.count - 1], '\xff'));      /* nothing comes behind it */
    assert_int_equal(rig_trades(&r), 900 + 2);
    rig_close(&r);
}

static void rate_limit_refuses_the_next_connection(void **state)
{
    rig r;
    sim_conn *c;

    (void)state;
    rig_open(&r, MARKETS "fault=rate-limit@5s\n");
    c = rig_connect(&r, "/v2");
    rig_say(&r, c, ADD);
    rig_forget(&r);
    r.now += 6 * NS_PER_S;
    rig_connect(&r, "/v2");
    assert_non_null(
        strstr(r.heard[0], "\"TYPE\":\"429\",\"MESSAGE\":\"RATE_LIMIT_OPENING_SOCKETS_TOO_FAST\""));
    rig_connect(&r, "/v2");
    assert_non_null(strstr(r.heard[r.count - 1], "STREAMERWELCOME"));
    rig_close(&r);
}

static void two_clients_hear_the_same_and_count_once(void **state)
{
    rig r;
    sim_conn *a, *b;

    (void)state;
    rig_open(&r, MARKETS "rate=0\ncount=3000\n");
    a = rig_connect(&r, "/v2");
    b = rig_connect(&r, "/v2");
    rig_say(&r, a, ADD);
    rig_say(&r, b, ADD);
    while (!sim_over(r.s)) {
        rig_play(&r, a, 0);
        rig_take(&r, b);
    }
    rig_take(&r, b);
    assert_int_equal(rig_trades(&r), 6000);
    assert_int_equal(same_as_heard(&r), 0);
    assert_int_equal(sim_heard(r.s), 3000);
    rig_close(&r);
}

static void a_recording_is_played_as_it_is(void **state)
{
    enum { N = 5000 };
    static wick_tick ticks[N];
    static uint8_t ids[N * 16];
    rig r;
    wick_batch b = {.ticks = ticks, .bytes = ids, .tick_count = N, .byte_count = sizeof ids};
    sim_conn *c;
    char text[64];

    (void)state;
    rig_open(&r, "rate=0\nsettle=0\n");
    sim_recording(r.s);
    for (uint32_t i = 0; i < N; i++) {
        const char *name = i % 2    ? "Bitget:UNI-USDT.PERP"
                           : i % 50 ? "Kraken:XBT-EUR"
                                    : "Kraken:odd";

        ticks[i] = (wick_tick){.time_ns = 1500000000 * NS_PER_S + i * 20 * NS_PER_MS,
                               .price = 1234567 + i,
                               .qty = 5 + i % 9,
                               .price_exp = -3,
                               .qty_exp = (int8_t) - (int)(i % 10),
                               .trades = 1,
                               .flags = i % 3 ? WICK_TICK_BUY : WICK_TICK_SELL,
                               .id_at = i * 16};
        ticks[i].market = (uint32_t)wick_market(r.w, name, strlen(name));
        ticks[i].id_len = (uint32_t)sprintf((char *)ids + i * 16, "%u", 100000 + i);
    }
    assert_int_equal(sim_take(r.s, &b), WICK_OK);
    c = rig_connect(&r, "/v2");
    rig_say(&r, c,
            "{\"action\":\"SubAdd\",\"subs\":[\"0~Kraken~XBT~EUR\",\"0~Bitget~UNI~USDT.PERP\"]}");
    rig_play(&r, c, NS_PER_S);
    assert_int_equal(rig_trades(&r), N - N / 50);   /* what has no such name is left out */
    for (uint32_t i = 0, n = 1; i < r.count; i++)
        if (rig_is_trade(r.heard[i])) {
            assert_int_equal(strtoul(rig_field(r.heard[i], "ID", text), NULL, 10), 100000 + n);
            n += n % 50 == 49 ? 2 : 1;
        }
    assert_false(sim_over(r.s));
    sim_recording_over(r.s);
    assert_true(sim_over(r.s));
    assert_int_equal(same_as_heard(&r), 0);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flat_out_every_trade_is_heard_and_the_truth_is_exact),
        cmocka_unit_test(a_long_count_begins_earlier_than_an_hour_ago),
        cmocka_unit_test(at_a_rate_trades_come_by_the_clock_and_go_on_unheard),
        cmocka_unit_test(hold_stops_the_world_while_nobody_listens),
        cmocka_unit_test(one_seed_one_world_and_another_seed_another),
        cmocka_unit_test(a_live_world_goes_on_where_the_log_ends),
        cmocka_unit_test(faults_leave_the_truth_true),
        cmocka_unit_test(cut_withholds_as_many_as_it_says),
        cmocka_unit_test(a_dropped_trade_leaves_no_trace_and_a_gap_does),
        cmocka_unit_test(silent_means_no_heartbeat_either_and_no_heartbeat_means_only_that),
        cmocka_unit_test(fragments_late_ones_and_garbage_arrive_as_asked),
        cmocka_unit_test(rate_limit_refuses_the_next_connection),
        cmocka_unit_test(two_clients_hear_the_same_and_count_once),
        cmocka_unit_test(a_recording_is_played_as_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
