/* SPDX-License-Identifier: Apache-2.0
 * Fuzzes WebSocket framing: the same bytes whole and in pieces must give the same messages. */
#include <stdlib.h>
#include <string.h>

#include "net/handshake.h"
#include "net/ws.h"

typedef struct seen {
    uint64_t hash;                      /* of kinds, sizes and payloads, in order */
    int      error;
} seen;

static void mix(seen *s, const void *bytes, size_t size)
{
    const uint8_t *b = bytes;

    for (size_t i = 0; i < size; i++)
        s->hash = (s->hash ^ b[i]) * 0x100000001b3u;
}

static seen run(const uint8_t *data, size_t size, int side, size_t step)
{
    seen s = {0xcbf29ce484222325u, 0};
    ws_reader r;
    ws_message m;

    ws_reader_init(&r, NULL, side, 4096, 8);
    for (size_t at = 0; at < size && !s.error;) {
        size_t n = size - at < step ? size - at : step, used = 0, done = 0;
        uint8_t *copy = malloc(n);
        int rc;

        memcpy(copy, data + at, n);
        while ((rc = ws_read(&r, copy + done, n - done, &used, &m)) > 0) {
            uint32_t head[2] = {m.kind, m.kind == WS_CLOSE ? m.code : (uint32_t)m.size};

            mix(&s, head, sizeof head);
            mix(&s, m.bytes, m.size);
            done += used;
        }
        if (rc == 0 && done + used != n)
            abort();
        if (rc < 0)
            s.error = r.error ? r.error : -1;
        free(copy);
        at += n;
    }
    ws_reader_fini(&r);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[160];
    size_t used, step;
    seen whole, cut;

    if (size < 2)
        return 0;
    step = 1 + data[0] % 16;
    whole = run(data + 2, size - 2, data[1] & 1, size);
    cut = run(data + 2, size - 2, data[1] & 1, step);
    if (whole.hash != cut.hash || whole.error != cut.error)
        abort();
    handshake_reply(NULL, data + 2, size - 2, "dGhlIHNhbXBsZSBub25jZQ==", NULL, &used, why,
                    sizeof why);
    return 0;
}
