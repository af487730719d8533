/* SPDX-License-Identifier: Apache-2.0
 * Memory through the host's allocator, and the growable buffer that every room uses. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"

enum { BUF_MAX_DEFAULT = 256 << 20, BUF_MIN = 64, ROWS_MIN = 8, ROWS_BYTES = 512 };

void *mem_resize(wick *w, void *old, size_t size)
{
    if (w && w->host.resize)
        return w->host.resize(w->host.user, old, size);
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

void *mem_alloc(wick *w, size_t size)
{
    return mem_resize(w, NULL, size ? size : 1);
}

void *mem_zero(wick *w, size_t size)
{
    void *block = mem_alloc(w, size);

    if (block)
        memset(block, 0, size);
    return block;
}

void mem_free(wick *w, void *block)
{
    if (block)
        mem_resize(w, block, 0);
}

char *mem_text(wick *w, const char *text, size_t size)
{
    char *copy = mem_alloc(w, size + 1);

    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

int mem_grow(wick *w, void *rows, uint32_t *cap, uint64_t need, size_t size, uint32_t max)
{
    uint64_t more = *cap;
    void *old, *grown;

    if (need <= *cap)
        return WICK_OK;
    if (!more)
        more = ROWS_BYTES / size > ROWS_MIN ? ROWS_BYTES / size : ROWS_MIN;
    while (more < need)
        more *= 2;
    if (more > max)
        more = max;
    memcpy(&old, rows, sizeof old);         /* a pointer to any type: read and written as bytes */
    if (need > max || more > SIZE_MAX / size || !(grown = mem_resize(w, old, (size_t)more * size)))
        return WICK_E_NOMEM;
    memcpy(rows, &grown, sizeof grown);
    *cap = (uint32_t)more;
    return WICK_OK;
}

int mem_grow_zero(wick *w, void *rows, uint32_t *cap, uint64_t need, size_t size, uint32_t max)
{
    uint32_t had = *cap;
    uint8_t *bytes;
    int rc = mem_grow(w, rows, cap, need, size, max);

    memcpy(&bytes, rows, sizeof bytes);
    if (*cap > had)
        memset(bytes + had * size, 0, (*cap - had) * size);
    return rc;
}

void buf_init(buf *b, wick *w, size_t max)
{
    *b = (buf){.w = w, .max = max ? max : BUF_MAX_DEFAULT};
}

void buf_fini(buf *b)
{
    mem_free(b->w, b->data);
    b->data = NULL;
    b->size = b->cap = 0;
}

uint8_t *buf_room(buf *b, size_t more)
{
    size_t cap = b->cap ? b->cap : BUF_MIN;
    uint8_t *data;

    if (more > b->max || b->size > b->max - more)
        return NULL;
    if (b->cap - b->size >= more)
        return b->data + b->size;
    while (cap < b->size + more)
        cap *= 2;
    if (cap > b->max)
        cap = b->max;
    if (!(data = mem_resize(b->w, b->data, cap)))
        return NULL;
    b->data = data;
    b->cap = cap;
    return data + b->size;
}

int buf_add(buf *b, const void *bytes, size_t size)
{
    uint8_t *room;

    if (!size)                              /* an empty buffer has no place to put it */
        return WICK_OK;
    if (!(room = buf_room(b, size)))
        return WICK_E_NOMEM;
    memcpy(room, bytes, size);
    b->size += size;
    return WICK_OK;
}

int buf_text(buf *b, const char *text)
{
    return buf_add(b, text, strlen(text));
}

int buf_fmt(buf *b, const char *fmt, ...)
{
    va_list args;
    uint8_t *room;
    int need;

    va_start(args, fmt);
    need = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (need < 0 || !(room = buf_room(b, (size_t)need + 1)))
        return WICK_E_NOMEM;
    va_start(args, fmt);
    vsnprintf((char *)room, (size_t)need + 1, fmt, args);
    va_end(args);
    b->size += (size_t)need;                /* the 0 stands behind size and is overwritten */
    return WICK_OK;
}

void buf_drop(buf *b, size_t front)
{
    if (front >= b->size) {
        b->size = 0;
        return;
    }
    memmove(b->data, b->data + front, b->size - front);
    b->size -= front;
}
