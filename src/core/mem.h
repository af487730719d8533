/* SPDX-License-Identifier: Apache-2.0
 * Memory through the host's allocator. Sizes are checked by the callers' types; nothing here
 * aborts. Any thread. */
#ifndef WICK_CORE_MEM_H
#define WICK_CORE_MEM_H

#include "../wick.h"

/* NULL when the host has none. `w` may be NULL only for what exists before a context (then: libc).
 */
void *mem_alloc(wick *w, size_t size);
void *mem_zero(wick *w, size_t size);
/* realloc; on NULL the old block is untouched. */
void *mem_resize(wick *w, void *old, size_t size);
void  mem_free(wick *w, void *block);           /* NULL is fine */
char *mem_text(wick *w, const char *text, size_t size);  /* a 0-terminated copy */

/* Room for `need` elements of `size` bytes in the array that the pointer at `rows` leads to: twice as many
 * as before, at least 8 and 512 bytes, never more than `max`. The new ones hold anything, of
 * MEM_GROW_ZERO zeros. OK; NOMEM (or need > max), then all is as it was. */
int mem_grow(wick *w, void *rows, uint32_t *cap, uint64_t need, size_t size, uint32_t max);
int mem_grow_zero(wick *w, void *rows, uint32_t *cap, uint64_t need, size_t size, uint32_t max);
#define MEM_GROW(w, rows, cap, need, max) mem_grow(w, &(rows), &(cap), need, sizeof *(rows), max)
#define MEM_GROW_ZERO(w, rows, cap, need, max) \
    mem_grow_zero(w, &(rows), &(cap), need, sizeof *(rows), max)

/* A growable run of bytes with a bound. */
typedef struct buf {
    wick    *w;
    uint8_t *data;
    size_t   size, cap;
    size_t   max;                               /* never grows over this; 0: 256 MiB */
} buf;

void buf_init(buf *b, wick *w, size_t max);
void buf_fini(buf *b);
/* Room for `more` bytes behind size: their address, or NULL (NOMEM or over max). */
uint8_t *buf_room(buf *b, size_t more);
int  buf_add(buf *b, const void *bytes, size_t size);   /* OK or NOMEM */
int  buf_text(buf *b, const char *text);
int  buf_fmt(buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_drop(buf *b, size_t front);                    /* forget the first bytes */

#endif
