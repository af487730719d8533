/* SPDX-License-Identifier: Apache-2.0
 * Records of the log: any bytes behind a head whose hash is right. */
#include <stdlib.h>
#include <string.h>

#include "../../src/bus/record_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static wick *w;
    static record_batch b;
    static unsigned runs;
    bus_record r = {.size = (uint32_t)size, .cap = (uint32_t)size};
    const char *why;

    if (size < 5 || size > 1 << 16)
        return 0;
    if (runs++ % 4096 == 0) {               /* names are kept for the life of a context */
        if (w) {
            record_batch_fini(w, &b);
            wick_close(w);
        }
        if (wick_open(NULL, &w) < 0)
            abort();
    }
    r.data = malloc(size);
    memcpy(r.data, data, size);
    if (size >= RECORD_HEAD) {
        uint64_t hash;

        r.data[0] = RECORD_VERSION;
        hash = record_hash(&r);
        memcpy(r.data + 16, &hash, sizeof hash);
    }
    if (record_decode(w, &r, &b, &why) == WICK_OK)
        for (uint32_t i = 0; i < b.b.tick_count; i++)   /* every id lies within the bytes */
            if ((uint64_t)b.ticks[i].id_at + b.ticks[i].id_len > b.b.byte_count)
                abort();
    free(r.data);
    return 0;
}
