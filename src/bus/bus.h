/* SPDX-License-Identifier: Apache-2.0
 * What a bus must do: an append-only log of records with several readers, each at a place of its own. bus.c is the
 * only door: it packs, counts, retries and hands on; a driver keeps records. Offsets ascend over all partitions. */
#ifndef WICK_BUS_BUS_H
#define WICK_BUS_BUS_H

#include "../core/stage.h"
#include "packs.h"
#include "reader.h"

#define BUS_TOPIC "tick-data"
enum { BUS_DURABLE = 1 };               /* the driver keeps what memory forgets; else a reader that lags fills it */
enum { BUS_PENDING_BYTES = 32 << 20 };  /* taken and not yet in the log; over it take() says AGAIN */

typedef struct bus bus;
typedef struct bus_fetch bus_fetch;

/* Every slot is filled, none blocks. */
typedef struct bus_driver {
    const char *name;                   /* "memory" */
    size_t      self_size;              /* its struct, which begins with bus */
    uint32_t    flags;
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

typedef struct bus_head {               /* a partition: its newest record, and the newest that is gone */
    uint64_t last, gone;
    int64_t  gone_ns;                   /* the last time of a tick that is gone */
} bus_head;

struct bus_fetch {
    bus_reader *reader;                 /* NULL: it was closed meanwhile */
    uint64_t    from, next;             /* asked from; read up to, exclusive */
    uint64_t    until;                  /* the driver's: the log's end when it was asked */
    bus_record *first;                  /* in order */
};

struct bus {
    wick_stage stage;
    const bus_driver *drv;
    packs      packs;
    record_list sealed, appending;      /* wait; are on their way into the log */
    uint64_t   last;                    /* newest offset in the log */
    uint32_t   partitions, trims;       /* trims: counts changes of heads[].gone */
    bus_head  *heads;
    char       log_id[40];
    bus_tail   tail;
    bus_reader *readers;
    uv_timer_t *linger, *retry, *trim;
    int64_t    linger_ms, retention_ms, backoff_ms;
    int        busy, taking, full, failing, closing, pumping, again, trimming;
};

enum { BUS_RECORDS, BUS_TICKS, BUS_MARKS, BUS_BYTES, BUS_WAITING, BUS_ERRORS, BUS_READ, BUS_DAMAGED, BUS_TRIMMED };

/* The records of `appending` are in the log (OK), or none is, and why. Takes them over. */
void bus_appended(bus *b, int rc, const char *why);
void bus_fetched(bus *b, bus_fetch *f, int rc, const char *why);
/* How many records went; more: there are others to go. */
void bus_trimmed(bus *b, uint32_t count, int more);
/* Put more records into the log, if they can be; hand on what can be. */
void bus_flush(bus *b);
void bus_pump(bus *b);

extern const bus_driver bus_memory_driver, bus_sqlite_driver;

#endif
