/* SPDX-License-Identifier: Apache-2.0
 * Rows by market: an open-addressed array, its size a power of two, of rows of any type that begin with a
 * uint32_t, market + 1 or 0 where there is none. Whoever fills a row counts it. */
#ifndef WICK_CORE_TABLE_H
#define WICK_CORE_TABLE_H

#include "mem.h"

/* Its row, or the empty one where it belongs; count is not 0. */
void *table_row(void *rows, uint32_t count, size_t size, uint32_t market);
/* Twice the rows where one more than `used` makes it over half full: they move. `rows` is where the pointer
 * to them stands. OK; NOMEM, then all is as it was. */
int table_room(wick *w, void *rows, uint32_t *count, size_t size, uint32_t used);

#endif
