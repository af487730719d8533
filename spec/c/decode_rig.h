/* SPDX-License-Identifier: Apache-2.0
 * What the decoder's tests share: a context, a feed and a decoder; a message in, its rows out. */
#ifndef WICK_SPEC_DECODE_RIG_H
#define WICK_SPEC_DECODE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/decode/shape.h"
#include "decode_plans.h"

typedef struct rig {
    wick *w;
    wick_feed *f;
    wick_decoder *d;
    int  rc;                            /* of the last message */
    char rows[65536];                   /* its trades, a line each */
} rig;

static inline rig *rig_open(const char *plan, const char *market)
{
    rig *r = calloc(1, sizeof *r);

    assert_non_null(r);
    assert_int_equal(wick_open(NULL, &r->w), WICK_OK);
    if (wick_feed_new(r->w, plan, strlen(plan), &r->f) < 0)
        fail_msg("%s", wick_error(r->w));
    assert_int_equal(wick_decoder_open(r->w, r->f, market, &r->d), WICK_OK);
    return r;
}

static inline void rig_close(rig *r)
{
    wick_decoder_close(r->d);
    wick_feed_unref(r->f);
    wick_close(r->w);
    free(r);
}

static inline const char *rig_bytes(rig *r, const void *bytes, size_t size, int form)
{
    wick_batch batch;
    size_t at = 0;
    void *copy = malloc(size ? size : 1);       /* of its own: reading beyond it is seen */

    memcpy(copy, bytes, size);
    r->rc = wick_decode(r->d, copy, size, form, 1700000000000000000);
    for (int i = 0; i < r->rc; i++) {
        int n = wick_decoder_row(r->d, (uint32_t)i, r->rows + at, sizeof r->rows - at - 1);

        assert_in_range(n, 1, sizeof r->rows - at - 2);
        at += (size_t)n;
        r->rows[at++] = '\n';
    }
    r->rows[at] = '\0';
    free(copy);
    assert_int_equal(wick_decoder_batch(r->d, &batch), WICK_OK);
    assert_int_equal(batch.tick_count, r->rc > 0 ? (uint32_t)r->rc : 0);
    return r->rows;
}

static inline const char *rig_text(rig *r, const char *message)
{
    return rig_bytes(r, message, strlen(message), WICK_FORM_FRAME);
}

#endif
