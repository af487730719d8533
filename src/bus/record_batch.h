/* SPDX-License-Identifier: Apache-2.0
 * A record decoded to the batch that its readers get. */
#ifndef WICK_BUS_RECORD_BATCH_H
#define WICK_BUS_RECORD_BATCH_H

#include "record.h"

/* The batch, and the arrays behind it, which are used again. */
typedef struct record_batch {
    wick_batch   b;
    wick_tick   *ticks;
    wick_mark   *marks;
    uint8_t     *bytes;
    record_slot *slots;
    uint32_t tick_cap, mark_cap, byte_cap, slot_count, slot_cap;
} record_batch;

/* OK, NOMEM, or DATA: damaged, *why (static) says how. Names are interned: context thread only. */
int  record_decode(wick *w, const bus_record *r, record_batch *out, const char **why);
void record_batch_fini(wick *w, record_batch *b);

#endif
