/* SPDX-License-Identifier: Apache-2.0
 * The decoder and the recording reader when memory runs out at any allocation: an error, nothing
 * lost, nothing leaked, and the next try works. */
#include "../../src/decode/recording.h"
#include "decode_rig.h"

typedef struct meter { long left, held; } meter;

static void *resize(void *user, void *old, size_t size)
{
    meter *m = user;
    void *block;

    if (size == 0) {
        m->held -= old != NULL;
        free(old);
        return NULL;
    }
    if (m->left == 0)
        return NULL;
    m->left--;
    block = realloc(old, size);
    m->held += block && !old;
    return block;
}

static const char *const PACKED[] = {
    "{\"TYPE\":\"16\",\"SUB\":\"0~Coinbase~BTC~USD\"}",
    "{\"TYPE\":\"0\",\"M\":\"Coinbase\",\"F\":\"BTC\",\"T\":\"USD\",\"S\":\"1\",\"ID\":\"5\","
    "\"TS\":1700000001,\"Q\":1,\"P\":2}",
    "{\"TYPE\":\"0\",\"M\":\"Coinbase\",\"F\":\"BTC\",\"T\":\"USD\",\"S\":\"1\",\"TS\":1700000001,"
    "\"Q\":1,\"P\":2}",
    "{\"TYPE\":\"0\",\"M\":\"Coinb\\u0061se\",\"F\":\"BTC\",\"T\":\"EUR\",\"S\":\"1\",\"TS\":"
    "1700000001,\"Q\":1,\"P\":2}",
    "0~Coinbase~BTC~USD~1~42~1500000000~0.5~2000~1000~1f|999~HEARTBEAT|", NULL};
static const char *const OPENED[] = {
    "42[\"{\\\"ev\\\":\\\"t\\\",\\\"data\\\":{\\\"s\\\":\\\"A-B\\\",\\\"t\\\":1700000000123,"
    "\\\"p\\\":1,\\\"q\\\":2,\\\"i\\\":7}}\",{\"ev\":\"x\"}]",
    "{\"ev\":\"m\",\"data\":{\"more\":[{\"t\":\"20231114221320\",\"p\":1,\"q\":1}]}}",
    "{\"ev\":\"b\",\"no\":17,\"pack\":\"H4sIAAAAAAACA6tWysksLlGyiq5WApKG5gZQoKNU"
    "oGRlrKNUqGRlUhtbCwCQotbjJwAAAA==\"}", NULL};

/* Everything once; 1 if it went through. Each message is tried again where memory was missing. */
static int go(wick *w, const char *plan, const char *const *messages, uint32_t want)
{
    wick_decoder *d = NULL;
    wick_feed *f = NULL;
    wick_batch b;
    uint32_t trades = 0;
    int rc, whole = 1;

    if ((rc = wick_feed_new(w, plan, strlen(plan), &f)) < 0)
        return 0;
    if ((rc = wick_decoder_open(w, f, NULL, &d)) < 0) {
        assert_int_equal(rc, WICK_E_NOMEM);
        wick_feed_unref(f);
        return 0;
    }
    whole = wick_decoder_address(d, "wss://host/A-B?id=5") == WICK_OK;
    for (size_t i = 0; messages[i]; i++) {
        rc = wick_decode(d, messages[i], strlen(messages[i]), WICK_FORM_FRAME, 1);
        if (rc < 0) {
            assert_int_equal(rc, WICK_E_NOMEM);
            whole = 0;
        } else {
            trades += (uint32_t)rc;
        }
    }
    wick_decoder_batch(d, &b);
    assert_int_equal(b.tick_count, trades);
    if (whole)
        assert_int_equal(trades, want);
    wick_decoder_close(d);
    wick_feed_unref(f);
    return whole;
}

static void starve(const char *plan, const char *const *messages, uint32_t want)
{
    int through = 0;

    for (long n = 0; !through && n < 2000; n++) {
        meter m = {.left = -1};
        const wick_host host = {.user = &m, .resize = resize};
        wick *w;

        assert_int_equal(wick_open_host(NULL, &host, &w), WICK_OK);
        m.left = n;
        through = go(w, plan, messages, want);
        m.left = -1;
        wick_close(w);
        assert_int_equal(m.held, 0);
    }
    assert_true(through);
}

static void a_decoder_survives_each_missing_allocation(void **state)
{
    (void)state;
    starve(PLAN_PACKED, PACKED, 4);
}

static void opening_texts_survives_each_missing_allocation(void **state)
{
    (void)state;
    starve(PLAN_INSIDE, OPENED, 3);
}

static void a_recording_survives_each_missing_allocation(void **state)
{
    static const char TEXT[] =
        "{\"t\":\"recv\",\"conn\":\"A\",\"ts\":1,\"data\":\"{}\"}\n"
        "{\"t\":\"recv\",\"conn\":\"B\",\"ts\":2,\"b64\":\"eyJhIjoxfQ==\"}\n";
    int through = 0;

    (void)state;
    for (long n = 0; !through && n < 200; n++) {
        meter m = {.left = -1};
        const wick_host host = {.user = &m, .resize = resize};
        recording *r = NULL;
        record rec;
        wick *w;
        int rc, count = 0;

        assert_int_equal(wick_open_host(NULL, &host, &w), WICK_OK);
        m.left = n;
        if ((rc = recording_open(w, &r)) == WICK_OK &&
            (rc = recording_feed(r, TEXT, strlen(TEXT))) == WICK_OK &&
            (rc = recording_end(r)) == WICK_OK)
            while ((rc = recording_next(r, &rec)) > 0)
                count++;
        through = rc == WICK_OK;
        assert_true(through ? count == 2 : rc == WICK_E_NOMEM);
        recording_close(r);
        m.left = -1;
        wick_close(w);
        assert_int_equal(m.held, 0);
    }
    assert_true(through);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decoder_survives_each_missing_allocation),
        cmocka_unit_test(opening_texts_survives_each_missing_allocation),
        cmocka_unit_test(a_recording_survives_each_missing_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
