/* SPDX-License-Identifier: Apache-2.0
 * Decimals, times and intervals from any bytes: what is read prints, and what is printed reads
 * as the same. */
#include <stdlib.h>
#include <string.h>

#include "../../src/core/dec.h"
#include "../../src/core/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int truth)
{
    if (!truth)
        abort();
}

static void decimals(const char *text, size_t size)
{
    char out[DEC_TEXT_MAX];
    int64_t m, again;
    int exp, again_exp, n;

    if (dec_parse(text, size, &m, &exp) != DEC_OK)
        return;
    require(m == 0 ? exp == 0 : m % 10 != 0);
    n = dec_text(m, exp, out, sizeof out);
    require(n > 0 && (size_t)n < sizeof out && (size_t)n == strlen(out));
    require(dec_parse(out, (size_t)n, &again, &again_exp) == DEC_OK && again == m &&
            again_exp == exp);
    require(dec_cmp(m, exp, again, again_exp) == 0);
}

/* Sums and divisions of any numbers hold their bounds. */
static void sums(const uint8_t *data, size_t size)
{
    dec128 a = {0}, b, v;
    i128 m[2];
    char out[DEC_TEXT_MAX * 4];

    if (size < sizeof m + 4)
        return;
    memcpy(m, data, sizeof m);
    if (!dec_add(&a, m[0], (int8_t)data[sizeof m]))
        return;
    b = a;
    if (!dec_add(&b, m[1], (int8_t)data[sizeof m + 1]))
        require(b.m == a.m && b.exp == a.exp);
    else
        require(dec_add(&b, -m[1], (int8_t)data[sizeof m + 1]));
    if (dec_div(a.m, a.exp, m[1], (int8_t)data[sizeof m + 2], data[sizeof m + 3], &v))
        require(dec_text(v.m, v.exp, out, sizeof out) < (int)sizeof out);
}

static void times(const char *text, size_t size)
{
    char out[64];
    int64_t ns, again, code = wick_interval(text, size);

    if (wick_time_parse(text, size, &ns) == WICK_OK) {
        wick_time_text(ns, out, sizeof out);
        require(wick_time_parse(out, strlen(out), &again) == WICK_OK && again == ns);
    }
    if (code > 0) {
        wick_interval_text((uint32_t)code, out, sizeof out);
        require(wick_interval(out, strlen(out)) == code);
    }
    if (size >= 12) {
        uint32_t interval;
        memcpy(&ns, text, 8);
        memcpy(&interval, text + 8, 4);
        (void)wick_bucket_end(interval, wick_bucket(interval, ns));
        (void)wick_interval_divides(interval, (uint32_t)ns);
        if (code > 0)
            require(wick_bucket((uint32_t)code, ns) <= ns);
        wick_time_text(ns, out, sizeof out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decimals((const char *)data, size);
    times((const char *)data, size);
    sums(data, size);
    return 0;
}
