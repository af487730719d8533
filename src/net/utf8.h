/* SPDX-License-Identifier: Apache-2.0
 * UTF-8 checked as it arrives: a bad byte is known at once, a split character is waited for. */
#ifndef WICK_NET_UTF8_H
#define WICK_NET_UTF8_H

#include <stddef.h>
#include <stdint.h>

typedef struct utf8 {                   /* zeroed: at the begin of a text */
    uint8_t need, low, high;            /* continuation bytes to come, bounds of the next one */
} utf8;

/* 0: well formed so far; -1: not UTF-8. */
int utf8_feed(utf8 *u, const uint8_t *bytes, size_t size);
/* Whether no character is left unfinished. */
static inline int utf8_whole(const utf8 *u)
{
    return u->need == 0;
}

#endif
