/* SPDX-License-Identifier: Apache-2.0
 * What a bus must do: an append-only log of records with several readers, each at a place of its own. A driver
 * keeps records; packing, retries, counting and handing on are bus.c's. Offsets ascend over all partitions. */
#ifndef WICK_BUS_DRIVER_H
#define WICK_BUS_DRIVER_H

#include "packs.h"
#include "reader.h"

enum { BUS_DURABLE = 1 };               /* the driver keeps what memory forgets; else a reader that lags fills it */

typedef struct bus bus;

typedef struct bus_fetch {
    bus_reader *reader;                 /* NULL: it was closed meanwhile */
    uint64_t    from, next;             /* asked from; read up to, exclusive */
    uint64_t    until;                  /* the driver's: the log's end when it was asked */
    bus_record *first;                  /* in order */
} bus_fetch;

typedef struct bus_head {               /* a partition: its newest record, and the newest that is gone */
    uint64_t last, gone;
    int64_t  gone_ns;                   /* the last time of a tick that is gone */
} bus_head;

/* Every slot is filled, none blocks. */
typedef struct bus_driver {
    const char *name;                   /* "memory" */
    size_t      self_size;              /* its struct, which begins with bus */
    uint32_t    flags;                  /* BUS_* */
    /* Set partitions, log_id, heads and last. After a failure close() is not called. */
    int  (*open)(bus *b, const char *rest);
    /* Give offsets and make durable, all or nothing; ends with bus_appended(). The records stay the door's. */
    void (*append)(bus *b, const record_list *list);
    /* Records from f->from on, some at a time; ends with bus_fetched(). */
    void (*fetch)(bus *b, bus_fetch *f);
    /* Forget records appended before this real time, a slice at a time, setting heads[].gone; ends with
     * bus_trimmed(). */
    void (*trim)(bus *b, int64_t before_ms);
    void (*close)(bus *b);
} bus_driver;

/* The records of `appending` are in the log (OK), or none is, and why. Takes them over. */
void bus_appended(bus *b, int rc, const char *why);
void bus_fetched(bus *b, bus_fetch *f, int rc, const char *why);
/* How many records went; more: there are others to go. */
void bus_trimmed(bus *b, uint32_t count, int more);

extern const bus_driver bus_memory_driver, bus_sqlite_driver;

#endif
