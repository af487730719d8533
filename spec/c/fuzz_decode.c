/* SPDX-License-Identifier: Apache-2.0
 * The decoder under any bytes: each input is a plan, a message of its kind and a list of changes to
 * it. Every message goes through a decoder that learns shapes and one that may not: both must say
 * the same, tick by tick. */
#include <stdlib.h>
#include <string.h>

#include "../../src/decode/shape.h"
#include "decode_plans.h"

enum { FEEDS = 7, MESSAGES = 6, ROOM = 4096 };

static const char *const PLANS[FEEDS] = {PLAN_JOINED, PLAN_PACKED, PLAN_ROWS,
                                         PLAN_NESTED, PLAN_BOUND,  PLAN_SCALED,
                                         PLAN_INSIDE};

static const char *const BASES[FEEDS][MESSAGES] = {
    {"{\"stream\":\"x@t\",\"data\":{\"e\":\"t\",\"E\":1617566591315,\"s\":\"BTCUSDT\",\"a\":"
     "665076760,"
     "\"p\":\"58001.03000000\",\"q\":\"0.08620500\",\"f\":745,\"l\":746,\"T\":1617566591314,\"m\":"
     "true,\"M\":null}}",
     "{\"data\" : { \"e\":\"t\", \"s\":\"ETHBTC\", \"T\":1.6e12, \"p\":9.2E-7, \"q\":10, "
     "\"m\":false, \"a\":\"\\u0031\"}}",
     "{\"data\":{\"e\":\"depth\",\"b\":[[\"1\",\"2\"],[]],\"a\":{}}}", "{\"result\":null,\"id\":1}",
     "{\"data\":{\"e\":\"t\",\"s\":\"A\",\"s\":\"BTCUSDT\",\"T\":1,\"p\":\"1\",\"q\":\"1\"}}",
     "[]"},
    {"{\"TYPE\":\"0\",\"M\":\"Coinbase\",\"F\":\"BTC\",\"T\":\"USD\",\"S\":\"1\",\"ID\":"
     "\"551234567\",\"TS\":1700000001,"
     "\"Q\":0.0125,\"P\":37012.55,\"TOTAL\":462.656875,\"NS\":312000000}",
     "0~Coinbase~BTC~USD~1~42~1500000000~0.5~2000~1000~1f",
     "999~HEARTBEAT|0~a~B~C~9~1583904070~4.98~7989~e|",
     "{\"TYPE\":\"16\",\"SUB\":\"0~Coinbase~BTC~USD\"}",
     "{\"TYPE\":999,\"MS\":1700000030456}|{\"TYPE\":\"5\"}",
     "\"0~Coinbase~BTC~USD~1~42~1500000000~0.5~2000~1000~1f\""},
    {"{\"action\":\"snapshot\",\"arg\":{\"type\":\"sp\",\"ch\":\"trade\",\"id\":\"UNIUSDT\"},"
     "\"data\":[[\"1649290076333\","
     "\"0.0351\",\"271967\",\"sell\"],[\"1649290070329\",\"0.0350\",\"1.50\",\"buy\"]]}",
     "{\"action\":\"update\",\"arg\":{\"type\":\"mc\",\"ch\":\"trade\",\"id\":\"UNIUSDT\"},"
     "\"data\":[[\"1649290076333\",\"1\",\"2\","
     "\"buy\"]]}",
     "{\"event\":\"unsub\",\"arg\":{\"id\":\"UNIUSDT\"}}",
     "{\"event\":\"sub\",\"arg\":{\"id\":\"UNIUSDT\"}}", "{\"arg\":{\"ch\":\"trade\"},\"data\":[]}",
     "{\"arg\":{\"ch\":\"trade\",\"id\":\"\\ud83d\\ude00\"},\"data\":[[1,2,3,4]]}"},
    {"{\"ch\":\"trades\",\"events\":[{\"type\":\"snapshot\",\"trades\":[{\"id\":\"BTC-USD\","
     "\"tid\":\"7\",\"px\":\"65083.67\","
     "\"sz\":\"0.002186\",\"time\":\"2026-08-09T21:05:42.514318Z\",\"side\":\"SELL\"}]}]}",
     "{\"ch\":\"keyed\",\"update\":{\"BTC-USD\":[{\"t\":1617654353577000,\"p\":\"1\",\"q\":\"2\","
     "\"i\":3}],\"A\\u002dB\":[]}}",
     "{\"ch\":\"columns\",\"s\":\"BTC-USD\",\"t\":[1,2],\"p\":[\"1.5\",2],\"q\":[1,1],\"i\":[\"a\","
     "\"b\"]}",
     "{\"ch\":\"subs\",\"list\":[{\"names\":[\"A\",\"B\"]},{\"names\":[]}]}",
     "{\"ch\":\"trades\",\"events\":[{\"trades\":[{\"id\":\"B-U\",\"px\":1,\"sz\":1,\"time\":"
     "\"1970-01-01\"},"
     "{\"id\":\"B-U\",\"px\":0,\"sz\":1,\"time\":\"1970-01-01\"}]}]}",
     "{\"ch\":null}"},
    {"[17,\"te\",[571236730,1610282216700,-0.19346843,1056.93262773]]",
     "[17,[[571236731,1610282216700,0.1,1056.9],[571236730,1610282216700,-0.1,1056]]]",
     "{\"event\":\"subscribed\",\"channel\":\"trades\",\"chanId\":17,\"symbol\":\"tETHEUR\"}",
     "[17,\"hb\"]", "{\"event\":\"unsubscribed\",\"chanId\":17}", "[17,\"tu\",[1,2,3,4]]"},
    {"{\"seq\":77,\"symbol\":\"BTCUSD\",\"trades\":[[1625323774580255942,\"Buy\",117770,26],["
     "1625323774580255943,\"Sell\",1,2]],"
     "\"type\":\"snapshot\"}",
     "{\"symbol\":\"sBTCUSD\",\"trades\":[[1,\"Buy\",9223372036854775807,1e20]]}",
     "{\"trades\":{}}", "{\"trades\":[{}]}", "{\"trades\":[[1]],\"symbol\":5}", "{}"},
    {"42[\"{\\\"ev\\\":\\\"t\\\",\\\"data\\\":{\\\"s\\\":\\\"A-B\\\",\\\"t\\\":1700000000123,"
     "\\\"p\\\":1,\\\"q\\\":2,\\\"i\\\":7}}\","
     "{\"ev\":\"n\",\"list\":[{\"id\":1,\"name\":\"C-D\"}]}]",
     "{\"data\":{\"more\":[\"{\\\"t\\\":\\\"20231114T221320.1Z\\\",\\\"p\\\":1,\\\"q\\\":2}\","
     "{\"t\":\"20231114 221321\",\"p\":3,\"q\":4}]},\"ev\":\"m\"}",
     "{\"ev\":\"b\",\"no\":17,\"pack\":\"H4sIAAAAAAACA6tWysksLlGyiq5WApKG5gZQoKNU"
     "oGRlrKNUqGRlUhtbCwCQotbjJwAAAA==\"}",
     "{\"rows\":[\"b:1700000000123:1:2:9\",\"s:1700000000124:3:4:\"],\"ev\":\"r\",\"no\":1}",
     "{\"ev\":\"t\",\"data\":\"{\\\"s\\\":\\\"\\u0041-B\\\",\\\"t\\\":1700000000123,\\\"p\\\":1,"
     "\\\"q\\\":2,\\\"i\\\":\\\"\\\\n\\\",\\\"more\\\":\\\"[1]\\\"}\"}",
     "pong"}};

typedef struct rig {
    wick *w;
    wick_feed *f[FEEDS];
} rig;

static rig *made(void)
{
    static rig r;                       /* the fuzzer's own: plans are read once */

    if (!r.w) {
        if (wick_open(NULL, &r.w) < 0)
            abort();
        for (int i = 0; i < FEEDS; i++)
            if (wick_feed_new(r.w, PLANS[i], strlen(PLANS[i]), &r.f[i]) < 0)
                abort();
    }
    return &r;
}

static void check(int good)
{
    if (!good)
        abort();
}

static void same_ticks(wick_decoder *a, wick_decoder *b)
{
    wick_batch x, y;
    char one[2048], other[2048];

    for (uint32_t i = a->first; i < a->tick_count; i++) {
        check(wick_decoder_row(a, i - a->first, one, sizeof one) ==
              wick_decoder_row(b, i - a->first, other, sizeof other));
        check(strcmp(one, other) == 0);
    }
    wick_decoder_batch(a, &x);
    wick_decoder_batch(b, &y);
    check(x.tick_count == y.tick_count && x.byte_count == y.byte_count);
    for (uint32_t i = 0; i < x.tick_count; i++) {
        check(memcmp(&x.ticks[i], &y.ticks[i], sizeof *x.ticks) == 0);
        check(x.ticks[i].price > 0 && x.ticks[i].qty > 0 && x.ticks[i].time_ns >= 0 &&
              x.ticks[i].trades > 0);
        check(x.ticks[i].id_at + x.ticks[i].id_len <= x.byte_count);
    }
    if (x.byte_count)
        check(memcmp(x.bytes, y.bytes, x.byte_count) == 0);
}

static void both(wick_decoder *a, wick_decoder *b, const uint8_t *bytes, size_t size, int form)
{
    uint8_t *copy = malloc(size ? size : 1);    /* of its own: reading beyond it is seen */
    wick_control c;
    int x, y;

    check(copy != NULL);
    if (size)
        memcpy(copy, bytes, size);
    x = wick_decode(a, copy, size, form, 1700000000000000000);
    shape_forget(b);
    y = wick_decode(b, copy, size, form, 1700000000000000000);
    check(x == y && strcmp(wick_decoder_payload(a), wick_decoder_payload(b)) == 0);
    check(strcmp(wick_decoder_reason(a), wick_decoder_reason(b)) == 0);
    check(wick_decoder_refused(a) == wick_decoder_refused(b) &&
          wick_decoder_control(a, &c) == wick_decoder_control(b, &c));
    check(x <= 0 ? a->tick_count == a->first : a->tick_count - a->first == (uint32_t)x);
    check((x < 0) == (*wick_decoder_reason(a) != '\0'));
    same_ticks(a, b);
    free(copy);
}

/* A base message with bytes changed, cut out or put in, as the input says. */
static size_t changed(const char *base, const uint8_t **data, size_t *size, uint8_t *out)
{
    size_t n = strlen(base), count = *size ? **data % 4 : 0;

    memcpy(out, base, n);
    if (*size) {
        ++*data;
        --*size;
    }
    for (; count && *size >= 3 && n && n < ROOM - 2; count--, *data += 3, *size -= 3) {
        size_t at = ((size_t)(*data)[0] | (size_t)((*data)[1] & 3) << 8) % n;

        switch ((*data)[1] >> 6) {
        case 0:
            memmove(out + at, out + at + 1, n - at - 1);
            n--;
            break;
        case 1:
            memmove(out + at + 1, out + at, n - at);
            n++;                        /* fall through */
        default:
            out[at] = (*data)[2];
        }
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rig *r = made();
    uint8_t out[ROOM];
    wick_decoder *a, *b;
    unsigned feed;

    if (size < 2)
        return 0;
    feed = data[0] % (FEEDS + 1);
    check(wick_decoder_open(r->w, r->f[feed % FEEDS], data[0] & 64 ? "BTCUSDT" : NULL, &a) ==
          WICK_OK);
    check(wick_decoder_open(r->w, r->f[feed % FEEDS], data[0] & 64 ? "BTCUSDT" : NULL, &b) ==
          WICK_OK);
    check(wick_decoder_address(a, "wss://host/ws/A-B?id=7") == WICK_OK &&
          wick_decoder_address(b, "wss://host/ws/A-B?id=7") == WICK_OK);
    data++;
    size--;
    if (feed == FEEDS) {                /* raw bytes: a form, then a message up to the next 0xff */
        while (size > 1) {
            const uint8_t *cut = memchr(data + 1, 0xff, size - 1);
            size_t n = cut ? (size_t)(cut - data) - 1 : size - 1;

            both(a, b, data + 1, n, data[0] % 4);
            size -= n + 1 + (cut != NULL);
            data += n + 1 + (cut != NULL);
        }
    } else {
        for (int i = 0; i < MESSAGES; i++)      /* some of them bind or subscribe */
            both(a, b, (const uint8_t *)BASES[feed][i], strlen(BASES[feed][i]), WICK_FORM_FRAME);
        while (size) {
            const char *base = BASES[feed][data[0] % MESSAGES];
            size_t n;

            data++;
            size--;
            n = changed(base, &data, &size, out);
            both(a, b, out, n, WICK_FORM_FRAME);
        }
    }
    wick_decoder_close(a);
    wick_decoder_close(b);
    return 0;
}
