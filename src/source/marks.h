/* SPDX-License-Identifier: Apache-2.0
 * The marks of a batch in the making. */
#ifndef WICK_SOURCE_MARKS_H
#define WICK_SOURCE_MARKS_H

#include "../core/mem.h"

typedef struct marks {                  /* ascending `at` */
    wick      *w;
    wick_mark *list;
    uint32_t   count, cap;              /* at most two a market and two a connection in a batch */
} marks;

/* One more, its times 0. NULL: no memory. */
wick_mark *marks_add(marks *m, uint32_t kind, uint32_t market, uint64_t conn, uint32_t at);

#endif
