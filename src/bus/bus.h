/* SPDX-License-Identifier: Apache-2.0
 * The inside of a bus: bus.c opens and closes it, bus_write.c fills the log, bus_read.c hands it on. */
#ifndef WICK_BUS_BUS_H
#define WICK_BUS_BUS_H

#include "../core/stage.h"
#include "bus_driver.h"
#include "places.h"

#define BUS_TOPIC "tick-data"
enum { BUS_PENDING_BYTES = 32 << 20 };  /* taken and not yet in the log; over it take() says AGAIN */

struct bus {
    wick_stage stage;
    const bus_driver *drv;
    packs      packs;
    record_list sealed, appending;      /* wait; are on their way into the log */
    uint64_t   last;                    /* newest offset in the log */
    uint32_t   partitions, trims;       /* trims: counts changes of heads[].gone */
    bus_head  *heads;                   /* PARTITIONS_MAX */
    char       log_id[40];
    places     places;
    bus_place *placing;                 /* those that go with `appending` */
    uint32_t   placing_count;
    bus_tail   tail;
    bus_reader *readers;
    uv_timer_t *linger, *retry, *trim;
    int64_t    linger_ms, retention_ms, backoff_ms;
    int        busy;                    /* an append is under way */
    int        sought;                  /* a reader has said from where it reads: offsets may be given */
    int        taking;                  /* in the midst of take() */
    int        full;                    /* take() said AGAIN, nobody has been told otherwise */
    int        failing;                 /* the last append failed */
    int        pumping, again;          /* readers are being served; and shall be once more */
    int        closing, trimming;
};

enum { BUS_RECORDS, BUS_TICKS, BUS_MARKS, BUS_BYTES, BUS_WAITING, BUS_ERRORS, BUS_READ, BUS_DAMAGED, BUS_TRIMMED,
       BUS_LAST_MS };                  /* the newest time of a tick in the log */

/* bus_write.c */
uint64_t bus_pending(const bus *b);     /* bytes that are not in the log yet */
int  bus_take(wick_stage *s, const wick_batch *batch);
void bus_flush(bus *b);                 /* put more records into the log, if they can be */
void bus_append(bus *b);
void bus_retry(uv_timer_t *t);
/* bus_read.c */
void bus_pump(bus *b);                  /* hand on what can be */
bus_reader *bus_reader_of(bus *b, wick_stage *to);      /* made when new; NULL: no memory */
void bus_trim_due(uv_timer_t *t);

#endif
