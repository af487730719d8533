/* SPDX-License-Identifier: Apache-2.0
 * The nth allocation of a simulation fails, for every n: no leak, no half object, no crash. */
#include "sim_rig.h"

static int64_t left;

static void *resize(void *user, void *old, size_t size)
{
    (void)user;
    if (size == 0) {
        free(old);
        return NULL;
    }
    if (left > 0 && --left == 0)
        return NULL;
    return realloc(old, size);
}

static void serve(sim *s, sim_conn *c, int64_t now)
{
    sim_message m;

    while (c && sim_next(c, &m)) {
        if (m.fact)
            sim_delivered(s, m.fact);
        sim_sent(c);
        if (m.kind == WS_PING)
            sim_pong(c, now);
    }
}

/* A whole little life; what fails on the way is skipped. */
static void live(wick *w)
{
    static const char SUBS[] =
        "{\"action\":\"SubAdd\",\"subs\":[\"0~Coinbase~BTC~USD\",\"0~Kraken~BTC~EUR\","
        "\"5~CCCAGG~BTC~USD\",\"24~Coinbase~BTC~USD~m\"]}";
    buf head, body;
    sim *s = NULL;
    sim_conn *c;

    if (sim_open(w, "markets=3\nrate=0\nsettle=0\nkeys=A\nfault=late@p0.1\nfault=reorder@p0.1\n", 0,
                 T0, &s) < 0)
        return;
    if ((c = sim_connect(s, "/v2?api_key=A", "", T0))) {
        sim_hear(c, SUBS, sizeof SUBS - 1, T0);
        serve(s, c, T0);
        for (int i = 0; i < 10 && sim_play(s, T0 + i * NS_PER_S, 100) >= 0; i++)
            serve(s, c, T0);
    }
    buf_init(&head, w, 0);
    buf_init(&body, w, 0);
    sim_truth_csv(s, &body);
    sim_rest(s, "/data/histohour?fsym=BTC&tsym=USD&limit=3&api_key=A", "", T0, &head, &body);
    buf_fini(&head);
    buf_fini(&body);
    sim_close(s);
}

static void every_allocation_may_fail(void **state)
{
    const wick_host host = {.resize = resize};
    int failed = 1;

    (void)state;
    for (int64_t n = 1; failed; n++) {
        wick *w;

        left = 0;
        assert_int_equal(wick_open_host(NULL, &host, &w), WICK_OK);
        left = n;
        live(w);
        failed = left == 0;
        left = 0;
        wick_close(w);
        assert_true(n < 10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
