/* SPDX-License-Identifier: Apache-2.0
 * Whatever a client of the simulator may send, and whatever may be asked of its REST side or given
 * as its options: no crash, and JSON that is refused is refused alike. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/time.h"
#include "../../src/sim/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define T0 (1700000000 * NS_PER_S)

static char *text_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text) {
        memcpy(text, data, size);
        text[size] = '\0';
    }
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wick *w;
    char *text;
    sim *s = NULL;
    sim_conn *c;
    buf head, body;

    if (size == 0 || (!w && wick_open(NULL, &w) < 0) || !(text = text_of(data + 1, size - 1)))
        return 0;
    if (data[0] % 4 == 0) {
        if (sim_open(w, text, 0, T0, &s) == WICK_OK)
            sim_close(s);
        free(text);
        return 0;
    }
    if (sim_open(w, "markets=3\nrate=0\nsettle=0\n", 0, T0, &s) < 0)
        abort();
    if (data[0] % 4 == 1) {
        buf_init(&head, w, 0);
        buf_init(&body, w, 0);
        sim_rest(s, text, text, T0, &head, &body);
        buf_fini(&head);
        buf_fini(&body);
    } else if ((c = sim_connect(s, text, text, T0))) {
        sim_hear(c, text, size - 1, T0);
        sim_play(s, T0, 10);
    }
    sim_close(s);
    free(text);
    return 0;
}
