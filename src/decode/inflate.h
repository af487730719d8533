/* SPDX-License-Identifier: Apache-2.0
 * Compressed messages and files through zlib, bounded. */
#ifndef WICK_DECODE_INFLATE_H
#define WICK_DECODE_INFLATE_H

#include "../core/mem.h"

enum { INFLATE_GZIP, INFLATE_ZLIB, INFLATE_RAW };

typedef struct inflater inflater;

int  inflate_new(wick *w, inflater **out);
void inflate_free(inflater *z);
/* One whole message of `most` bytes, appended to out. Returns why it is refused, NULL: it is there. */
const char *inflate_whole(inflater *z, int how, const void *bytes, size_t size, buf *out, size_t most);
/* A stream in pieces, gzip members behind each other: at most `room` more bytes are appended to out;
 * *used says how much of bytes was eaten. Call again while something of them is left or out was full. */
const char *inflate_some(inflater *z, const void *bytes, size_t size, size_t *used, buf *out, size_t room);
int  inflate_over(const inflater *z);           /* the stream stands at the end of a member */

#endif
