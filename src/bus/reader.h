/* SPDX-License-Identifier: Apache-2.0
 * Readers of the log, and the tail: the newest records in memory, so that a reader that keeps up never goes back to
 * the file. */
#ifndef WICK_BUS_READER_H
#define WICK_BUS_READER_H

#include "../core/commit.h"
#include "record_batch.h"

struct bus;
struct record_list;

enum {
    TAIL_DURABLE_BYTES = 8 << 20,       /* records that readers still want, beside a file */
    TAIL_MEMORY_BYTES = 64 << 20        /* the whole log, where there is no file */
};

typedef struct bus_tail {               /* every record from `from` on */
    bus_record **ring;                  /* a power of two */
    uint32_t head, end, cap;            /* free running */
    uint64_t bytes, from;
} bus_tail;

typedef struct bus_reader {
    struct bus_reader *next;
    struct bus  *bus;
    wick_stage  *to;                    /* NULL: the script */
    uint32_t     to_id, trims;
    uint64_t     pos;                   /* everything before it was handed on, or is not wanted */
    uint64_t    *from, *hole;           /* a partition: first offset wanted; first whose loss is a hole */
    record_batch batch;
    int          loaded;                /* batch waits for the receiver, it is the record before `pos` */
    int          fetching, stopped;     /* stopped: 1 till it is tried again, 2 till the next seek */
    int          fresh;                 /* since its seek it has not looked for what is gone */
    bus_record  *chunk;                 /* fetched, in order; behind it: chunk_next */
    uint64_t     chunk_next;
    void        *fetch;                 /* the fetch under way */
} bus_reader;

bus_reader *reader_new(struct bus *b, wick_stage *to);
void reader_free(bus_reader *r);
/* Begin anew at these offsets. */
void reader_seek(bus_reader *r, const commit_offset *from, uint32_t count);
/* Hand on until the receiver is full or the log's end; 1: it is at the end. */
int  reader_pump(bus_reader *r);

/* Room for these records in the tail; 0: no memory, or (with no file behind it) readers that lag are in the way. */
int  tail_room(struct bus *b, const struct record_list *more);
void tail_put(struct bus *b, bus_record *r);    /* behind tail_room(); takes it over */
void tail_trim(struct bus *b);                  /* with a file behind: keep what is wanted and within the bound */
uint32_t tail_drop_old(struct bus *b, int64_t before_ms);   /* of what no reader wants: how many went */
void tail_free(struct bus *b);

#endif
