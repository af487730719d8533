/* SPDX-License-Identifier: Apache-2.0
 * Plan texts of any bytes: read or refused, never more. A plan that is read must also decode
 * without harm. */
#include <stdlib.h>
#include <string.h>

#include "../../src/decode/shape.h"
#include "decode_plans.h"

static const char *const PLANS[] = {PLAN_JOINED, PLAN_PACKED, PLAN_ROWS,
                                    PLAN_NESTED, PLAN_BOUND,  PLAN_SCALED,
                                    PLAN_INSIDE};
static const char *const MESSAGES[] = {
    "{\"data\":{\"e\":\"t\",\"s\":\"BTCUSDT\",\"a\":6,\"p\":\"58001.03\",\"q\":\"0.08\",\"f\":1,"
    "\"l\":2,\"T\":1617566591314,\"m\":true}}",
    "{\"TYPE\":\"0\",\"M\":\"C\",\"F\":\"BTC\",\"T\":\"USD\",\"S\":\"1\",\"ID\":\"5\",\"TS\":"
    "1700000001,\"Q\":0.01,\"P\":3}",
    "[17,[[571236731,1610282216700,0.1,1056.9],[571236730,1610282216700,-0.1,1056]],{\"a\":[[]]}]",
    "{\"ch\":\"trades\",\"arg\":{\"ch\":\"trade\"},\"events\":[{\"trades\":[{\"id\":\"B-U\",\"px\":"
    "1}]}],\"data\":[[1,2,3,\"buy\"]]}",
    "0~Coinbase~BTC~USD~1~42~1500000000~0.5~2000~1000~1f",
    "{\"symbol\":\"X\",\"trades\":[[1,\"Buy\",3,4]],\"update\":{\"a\":[{}]}}",
    "42[\"{\\\"ev\\\":\\\"t\\\",\\\"data\\\":\\\"{}\\\"}\","
    "{\"ev\":\"r\",\"rows\":[\"1:2\",\"\"],\"pack\":\"e30=\"}]"};

static void decode_all(wick *w, wick_feed *f)
{
    wick_decoder *d;

    if (wick_decoder_open(w, f, "BTCUSDT", &d) < 0)
        abort();
    wick_decoder_address(d, "wss://host/ws/A-B?id=7");
    for (int form = WICK_FORM_FRAME; form <= WICK_FORM_BINARY; form++)
        for (size_t i = 0; i < sizeof MESSAGES / sizeof *MESSAGES; i++) {
            int n = wick_decode(d, MESSAGES[i], strlen(MESSAGES[i]), form, 1);

            for (int k = 0; k < n; k++) {
                char row[256];

                wick_decoder_row(d, (uint32_t)k, row, sizeof row);
            }
        }
    wick_decoder_close(d);
}

/* Lines of a known plan, some of them replaced by lines of the input. */
static size_t mixed(const uint8_t *data, size_t size, char *out, size_t room)
{
    const char *plan = PLANS[data[0] % (sizeof PLANS / sizeof *PLANS)];
    size_t n = 0, line = 0, swap = data[1];

    for (const char *p = plan; *p && n < room - 512; line++) {
        size_t len = (size_t)(strchr(p, '\n') - p) + 1;

        if (line == swap % 64 && size > 2) {
            size_t put = size - 2 < 400 ? size - 2 : 400;

            memcpy(out + n, data + 2, put);
            n += put;
            out[n++] = '\n';
            if (swap & 64)              /* put in, not replaced */
                goto keep;
        } else {
keep:
            memcpy(out + n, p, len);
            n += len;
        }
        p += len;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wick *w;                     /* the fuzzer's own */
    char text[16384];
    wick_feed *f;
    size_t n = size;

    if (size < 3)
        return 0;
    if (!w && wick_open(NULL, &w) < 0)
        abort();
    if (data[0] & 128) {
        n = mixed(data, size, text, sizeof text);
        data = (const uint8_t *)text;
    }
    if (wick_feed_new(w, (const char *)data, n, &f) == WICK_OK) {
        decode_all(w, f);
        wick_feed_unref(f);
    } else if (!*wick_error(w)) {
        abort();
    }
    return 0;
}
