/* SPDX-License-Identifier: Apache-2.0
 * Splitting batches by partition and gathering them in one open record a partition. Context thread only. */
#ifndef WICK_BUS_PACKS_H
#define WICK_BUS_PACKS_H

#include "record.h"

enum {
    PARTITIONS_MAX = 1024,
    PACKS_CONNS = 64                        /* connections whose partitions are remembered */
};

/* Partitions in which a connection has opened markets: where its own marks go. */
typedef struct packs_conn {
    uint64_t conn, used;
    uint64_t bits[PARTITIONS_MAX / 64];
} packs_conn;

typedef struct record_list { bus_record *first, *last; uint64_t bytes; } record_list;

typedef struct packs {
    wick         *w;
    uint32_t      partitions, ticks_max;
    uint32_t      take;                     /* ordinal of the batch being taken */
    int           open;                     /* some pack is not empty */
    record_pack  *all;
    record_names  names;
    packs_conn   *conns;
    uint64_t      uses;
    record_list   fresh;                    /* sealed by the batch being taken */
} packs;

int  packs_open(packs *p, wick *w, uint32_t partitions, uint32_t ticks_max);
void packs_close(packs *p);
/* All of a batch or nothing (NOMEM, ARG). Records that became full are put behind `sealed`. */
int  packs_take(packs *p, const wick_batch *b, record_list *sealed);
/* Seal whatever is open. */
void packs_seal(packs *p, record_list *sealed);

void list_put(record_list *l, bus_record *r);
void list_join(record_list *l, record_list *more);

#endif
