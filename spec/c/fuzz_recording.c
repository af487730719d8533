/* SPDX-License-Identifier: Apache-2.0
 * Recordings of any bytes: read to the end whatever they are, and the same in one piece as cut
 * anywhere. */
#include <stdlib.h>
#include <string.h>

#include "../../src/decode/recording.h"

typedef struct sum { uint64_t count, hash; } sum;

static void add(sum *s, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < size; i++)
        s->hash = (s->hash ^ p[i]) * 0x100000001b3u;
    s->hash = (s->hash ^ size) * 0x100000001b3u;
}

static void drain(recording *r, sum *s)
{
    record rec;
    int rc;

    while ((rc = recording_next(r, &rec)) > 0) {
        s->count++;
        add(s, &rec.kind, sizeof rec.kind);
        add(s, &rec.form, sizeof rec.form);
        add(s, &rec.line, sizeof rec.line);
        add(s, &rec.recv_ns, sizeof rec.recv_ns);
        add(s, rec.conn, strlen(rec.conn));
        add(s, rec.bytes, rec.size);
    }
    if (rc < 0)
        abort();
}

static sum read_all(const uint8_t *data, size_t size, size_t piece)
{
    sum s = {0};
    recording *r;

    if (recording_open(NULL, &r) < 0)
        abort();
    while (size) {
        size_t n = size < piece ? size : piece;

        if (recording_feed(r, data, n) < 0)
            break;
        drain(r, &s);
        data += n;
        size -= n;
    }
    recording_end(r);
    drain(r, &s);
    recording_close(r);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sum whole, cut;

    if (size < 1)
        return 0;
    whole = read_all(data + 1, size - 1, size);
    cut = read_all(data + 1, size - 1, data[0] ? data[0] : 1);
    if (whole.count != cut.count || whole.hash != cut.hash)
        abort();
    return 0;
}
