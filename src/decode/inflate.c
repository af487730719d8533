/* SPDX-License-Identifier: Apache-2.0
 * zlib with a bound: a message may not grow beyond what its reader allows. */
#include <string.h>
#include <zlib.h>

#include "inflate.h"

struct inflater {
    wick    *w;
    z_stream z;
    int      ready;                     /* inflateInit2 was called */
    int      streaming, over;
};

static voidpf take(voidpf w, uInt items, uInt size)
{
    return mem_alloc(w, (size_t)items * size);
}

static void give(voidpf w, voidpf block)
{
    mem_free(w, block);
}

int inflate_new(wick *w, inflater **out)
{
    inflater *z = mem_zero(w, sizeof *z);

    if (!z)
        return WICK_E_NOMEM;
    z->w = w;
    z->z.zalloc = take;
    z->z.zfree = give;
    z->z.opaque = w;
    *out = z;
    return WICK_OK;
}

void inflate_free(inflater *z)
{
    if (!z)
        return;
    if (z->ready)
        inflateEnd(&z->z);
    mem_free(z->w, z);
}

static int begin(inflater *z, int how)
{
    static const int bits[] = {15 + 16, 15, -15};
    int rc = z->ready ? inflateReset2(&z->z, bits[how]) : inflateInit2(&z->z, bits[how]);

    z->ready = z->ready || rc == Z_OK;
    return rc == Z_OK;
}

/* Inflate into `room` bytes behind out. zlib's status, Z_MEM_ERROR where out cannot grow. */
static int step(inflater *z, buf *out, size_t room, int flush)
{
    uint8_t *to = buf_room(out, room);
    int rc;

    if (!to)
        return Z_MEM_ERROR;
    z->z.next_out = to;
    z->z.avail_out = (uInt)room;
    rc = inflate(&z->z, flush);
    out->size += room - z->z.avail_out;
    return rc;
}

const char *inflate_whole(inflater *z, int how, const void *bytes, size_t size, buf *out,
                          size_t most)
{
    size_t end = out->size + most;
    int rc = Z_OK;

    if (!begin(z, how))
        return "no memory";
    z->z.next_in = (z_const Bytef *)(uintptr_t)bytes;
    z->z.avail_in = (uInt)size;
    while (rc == Z_OK && out->size < end) {
        size_t room = out->size < 4096 ? 4096 : out->size;

        rc = step(z, out, room < end - out->size ? room : end - out->size, Z_SYNC_FLUSH);
        if (rc == Z_OK && z->z.avail_in == 0 && z->z.avail_out > 0)
            break;                      /* venues that flush and never end the stream */
        if (rc == Z_BUF_ERROR && z->z.avail_out == 0)
            rc = Z_OK;
    }
    if (rc == Z_MEM_ERROR)
        return "no memory";
    if (rc == Z_OK && (z->z.avail_in || z->z.avail_out == 0))
        return "malformed: too long when inflated";
    if (rc != Z_STREAM_END && (rc != Z_OK || how != INFLATE_RAW))
        return "malformed: broken compression";
    return NULL;
}

const char *inflate_some(inflater *z, const void *bytes, size_t size, size_t *used, buf *out,
                         size_t room)
{
    int rc;

    *used = 0;
    if ((!z->streaming || z->over) && !begin(z, INFLATE_GZIP))
        return "no memory";
    z->streaming = 1;
    z->over = 0;
    z->z.next_in = (z_const Bytef *)(uintptr_t)bytes;
    z->z.avail_in = (uInt)size;
    rc = step(z, out, room, Z_NO_FLUSH);
    *used = size - z->z.avail_in;
    if (rc == Z_STREAM_END)
        z->over = 1;
    else if (rc == Z_MEM_ERROR)
        return "no memory";
    else if (rc != Z_OK && rc != Z_BUF_ERROR)
        return "broken gzip";
    return NULL;
}

int inflate_over(const inflater *z)
{
    return z->over;
}
