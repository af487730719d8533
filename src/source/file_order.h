/* SPDX-License-Identifier: Apache-2.0
 * Frames of recordings in the order of their receipt. Recordings list their connections one after
 * another, so all of an input is surveyed first: which connections there are, how many frames each has,
 * and whether the files stand in order already. A small input is kept at once and a large one in order
 * is streamed later; only a large one out of order is read again into memory, at most ORDER_MAX. */
#ifndef WICK_SOURCE_FILE_ORDER_H
#define WICK_SOURCE_FILE_ORDER_H

#include "source.h"
#include "../decode/recording.h"

enum { ORDER_KEEP = 64 << 20, ORDER_MAX = 1 << 30, TRACKS_MAX = 4096, ADDRESSES_MAX = 4 << 20 };

typedef struct track {                  /* a connection in a recording */
    uint32_t file, conn;
    uint64_t frames, seen;              /* that it has in all; delivered, or surveyed, so far */
    session *session;
    uint64_t address;                   /* where it stands in order.addresses; 0: it is not known */
} track;

typedef struct frame {                  /* a record that is kept; bytes are in order.bytes */
    int64_t  recv_ns;
    uint64_t line, at;
    uint32_t size, track, index;        /* index: order of appearance */
    uint8_t  kind, form;
    uint16_t spare;
    const char *problem;                /* static */
} frame;

typedef struct order {
    wick    *w;
    track   *tracks;  uint32_t track_count, track_cap, made;    /* made: so far in this pass over the files */
    frame   *frames;  size_t   frame_count;  uint32_t frame_cap;
    buf      bytes, addresses;
    size_t   keep;                      /* bytes and index that may be kept, 0: none any more */
    int      must;                      /* over keep is an error, else it streams */
    int64_t  last_ns;                   /* of the record before */
    int      sorted;                    /* so far every record was received behind the one before */
} order;

void order_init(order *o, wick *w);
void order_fini(order *o);
/* The connection of a record in this pass; a connect line behind frames begins a new one. NULL: NOMEM, or
 * more than TRACKS_MAX. */
track *order_track(order *o, uint32_t file, const record *r);
/* Survey a record. OK, NOMEM; AGAIN: over ORDER_MAX in the second survey. */
int  order_survey(order *o, uint32_t file, const record *r);
/* Begin another pass over the files: a survey that must keep all of it, or streaming. */
void order_again(order *o, int must);
void order_sort(order *o);              /* the kept frames by time, then as they stood */
void order_drop(order *o);              /* forget the kept frames */
/* Keep one record, whatever it is: OK, NOMEM; AGAIN: over ORDER_MAX. */
int  order_keep(order *o, const record *r, uint32_t track_index);
const char *order_address(const order *o, const track *t);   /* "": not known */
record order_record(const order *o, const frame *f);
typedef struct order_mark { size_t frames, bytes; uint32_t tracks, made; } order_mark;
order_mark order_here(const order *o);
void order_back(order *o, order_mark at);   /* as it was there */

#endif
