/* SPDX-License-Identifier: Apache-2.0
 * How far each input was handed on to the log: what WICK_MARK_PLACE says, one row for an input and a
 * market. They are not part of records, but become durable with those of the batch they came with. */
#ifndef WICK_BUS_PLACES_H
#define WICK_BUS_PLACES_H

#include "../core/stage.h"

typedef struct bus_place {
    uint64_t    conn;
    int64_t     ns;
    const char *name;                       /* of the market, "" of none; NULL: an empty slot */
    uint32_t    market, count;
    int         dirty;                      /* changed since the last places_changed() */
} bus_place;

typedef struct places {
    wick    *w;
    bus_place *slots;                        /* open addressing, a power of two */
    uint32_t slot_count, used, dirty;
} places;

void places_close(places *p);
/* Room for the marks of a batch: OK or NOMEM. */
int  places_room(places *p, uint32_t more);
/* Remember a mark, for which there is room, if it is further than what is known. */
void places_note(places *p, const wick_mark *m);
const bus_place *places_find(const places *p, uint64_t conn, uint32_t market);     /* NULL: none */
int64_t places_last(const places *p, uint64_t conn);    /* the furthest of an input, INT64_MIN: none */
void places_kept(places *p);                /* none has changed: as they are they are in the log */
/* A copy of those that changed, the caller's. OK or NOMEM; none: NULL. */
int  places_changed(places *p, bus_place **out, uint32_t *count);

#endif
