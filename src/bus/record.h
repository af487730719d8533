/* SPDX-License-Identifier: Apache-2.0
 * A record of the log: ticks and marks of one partition in one run of bytes, with its own names of markets.
 *
 * 24 bytes of head: version, 3 spare, ticks, marks and bytes of ids as 32 bits little endian, then XXH3 over all
 * of it, seeded with partition and time of receipt. Behind it entries in order, numbers as core/pack.h: a tick is a
 * byte of TICK_* bits and the fields they name, times, sequences and ids as differences within their market; a
 * mark has bit MARK. A name stands in full at first, later as its ordinal; version 2 begins with its source's. */
#ifndef WICK_BUS_RECORD_H
#define WICK_BUS_RECORD_H

#include "../core/ctx.h"

enum {
    RECORD_VERSION = 1, RECORD_SOURCE_VERSION = 2, RECORD_HEAD = 24,
    RECORD_BYTES = 1 << 20,                 /* a record over this is sealed */
    RECORD_ID_MAX = 1 << 16                 /* bytes of an id */
};

typedef struct bus_record {
    struct bus_record *next;
    uint64_t offset;                        /* its place in the log, given when it is appended */
    int64_t  recv_ns, first_ns, last_ns;    /* of its ticks: first and last time */
    int64_t  wrote_ms;                      /* real time at which it was appended */
    uint32_t partition, ticks;
    uint32_t size, cap, version;            /* version: while it is written */
    uint8_t *data;
    uint32_t keep_size, keep_ticks, keep_marks, keep_ids;   /* what it was before the batch being taken */
} bus_record;

void record_free(wick *w, bus_record *r);   /* NULL is fine */
void record_free_list(wick *w, bus_record *r);

/* What the last tick of a market in this record was, and the market's ordinal. */
typedef struct record_slot { uint32_t name; int64_t time_ns; uint64_t seq, id; } record_slot;

/* Where the names of the context stand in the records that are being filled. */
typedef struct record_names {
    struct record_name { uint32_t partition, serial, slot; } *rows;
    uint32_t cap, serial;
} record_names;

/* A record that is being filled. */
typedef struct record_pack {
    bus_record  *r;                         /* NULL: empty */
    record_slot *slots;
    uint32_t slot_count, slot_cap, last, serial;
    uint32_t ticks, marks, ids, take;
    const char *source;                     /* of all of it; NULL: not said */
    int64_t  since_ns;                      /* recv_ns of its first batch */
} record_pack;

/* Add one; NOMEM: the record holds what it held, though its bytes may be longer: cut it to keep_*. */
int  record_tick(wick *w, record_names *n, record_pack *p, const wick_tick *t, const uint8_t *id);
int  record_mark(wick *w, record_names *n, record_pack *p, const wick_mark *m);
/* Write the head; the pack is empty afterwards and the record is the caller's. */
bus_record *record_seal(record_pack *p);

uint64_t record_hash(const bus_record *r);

#endif
