/* SPDX-License-Identifier: Apache-2.0
 * Stages and links: every source, bus, agg, store, cache and server begins with a struct
 * wick_stage. Data is pushed along links in batches; a stage that is full says AGAIN and calls
 * stage_ready() when it is not. */
/* lint: allow size one contract, that every stage keeps: cut up it would be read in pieces */
#ifndef WICK_CORE_STAGE_H
#define WICK_CORE_STAGE_H

#include "../wick.h"
#include "ctx.h"

enum { STAGE_OUT_MAX = 4, STAGE_IN_MAX = 8, STAGE_STAT_MAX = 24 };

typedef struct commit commit;           /* agg to store, core/commit.h */
typedef struct commit_offset commit_offset;

typedef struct restore_ask {
    wick_stage *asker;
    const char *log_id, *topic;
    uint64_t log_end;                   /* the log's newest record; UINT64_MAX: not known */
    uint32_t base, largest;             /* intervals: the base, and the longest that is kept */
    void (*done)(wick_stage *asker, int rc, commit *state);
} restore_ask;

/* What a stage can be given; a slot is NULL where the stage takes no such thing, and wick_link()
 * refuses it. */
typedef struct stage_ops {
    const char *kind;                   /* "source" "bus" "agg" "store" "cache" "server" "sim" */
    /* Told after wick_link() put `from` before it; NULL: nothing to do. */
    void (*linked)(wick_stage *s, wick_stage *from);
    /* Take all of a batch, copying what is kept, or nothing: OK, AGAIN (full), or an error (stops
     * the line). */
    int  (*take)(wick_stage *s, const wick_batch *b);
    /* Take a commit; on OK it belongs to the stage. */
    int  (*commit)(wick_stage *s, commit *c);
    /* Changed rows that are durable now (store to cache). Always taken. */
    void (*changed)(wick_stage *s, const wick_candle *rows, uint32_t count);
    /* Candles that begin before it may have been deleted (store to cache). */
    void (*forgotten)(wick_stage *s, int64_t before_ns);
    /* Whatever lies behind has room again, or stage_flow() was called: go on sending. */
    void (*ready)(wick_stage *s);
    /* Hand on or make durable all that was taken, then stage_drained(). */
    void (*drain)(wick_stage *s);
    /* What a bus offers a reader that is linked behind it: the name of the log itself, and reading
     * from given offsets on (partitions that are not named: from the oldest). Nothing is sent
     * before the first seek(), nor is anything appended: who has read further than the log reaches
     * (its end was lost) makes it go on behind that. A partition whose wanted offset is gone starts
     * at its oldest, and a GAP mark stands in front of it: conn 0, of all markets of the partition
     * (WICK_NO_MARKET), from_ns INT64_MIN (since what was last known) to the last time that was
     * lost, at the offset of the last record that is gone. A damaged record is such a mark in its
     * place, from its first time to its last. */
    const char *(*log_id)(wick_stage *s);
    uint64_t (*log_end)(wick_stage *s);         /* offset of its newest record; 0: none yet */
    int  (*seek)(wick_stage *s, wick_stage *reader, const commit_offset *from, uint32_t count);
    /* What a log offers a source: how far m->conn (WICK_MARK_PLACE) was handed on in m->market, into
     * from_ns and repeats; INT64_MIN: it is new. What was taken counts. */
    void (*place)(wick_stage *s, wick_mark *m);
    /* What a store offers agg: its last state of this log as a commit, which the asker claims:
     * state->epoch is the asker's from now on (its commits carry it as it is), and whoever wrote
     * before is refused. candles: the open base rows; and closed rows of any interval, disjoint in
     * time, each to be merged into every open parent whose bucket holds it (none reaches over the
     * edge of an open bucket of a kept interval). spans: those that reach into open buckets.
     * markets: all, with their identities; watermark_ns INT64_MIN: none yet; eras: ascending. offsets: none for a
     * log that the store does not know, though its markets and candles are there: what they hold
     * was folded from another log. From then on each market says up to which trade (known_to_ns), as
     * it does when the log has lost its end. done() runs on the loop and owns the state. */
    int  (*restore)(wick_stage *s, const restore_ask *ask);
    /* What takes over WebSockets that arrive at the server (wick_serve_upgrade); net/ws_peer.h. */
    const struct ws_peer *peer;
    /* Release everything. Cannot fail. The struct itself is freed by stage_close(). */
    void (*close)(wick_stage *s);
} stage_ops;

struct wick_stage {
    wick       *w;
    const stage_ops *ops;
    uint32_t    id, tag;
    wick_stage *out[STAGE_OUT_MAX];     /* linked behind it */
    wick_stage *in[STAGE_IN_MAX];       /* linked before it */
    uint32_t    out_count, in_count;
    int         to_script;              /* wick_link(w, s, NULL) */
    int         held;                   /* wick_stage_hold() */
    int         full;                   /* said FULL, has not said READY */
    uint32_t    drain_tag;
    int         draining;
    const char *const *stat_names;      /* NULL-terminated, parallel to stats */
    int64_t     stats[STAGE_STAT_MAX];
    wick_stage *next;                   /* in the context's list */
};

/* A zeroed stage struct of self_size, registered, holding its context. NULL: no memory. */
void *stage_new(wick *w, const stage_ops *ops, size_t self_size, uint32_t tag,
                const char *const *stat_names);
/* Undo stage_new() where opening failed: ops->close is not called. */
void  stage_abandon(wick_stage *s);
/* Push a batch to everything behind s. AGAIN: someone is full or s is held; nobody took it, keep
 * it. To have it so, every receiver is asked by `take` in order and only the first may say AGAIN:
 * others must buffer. */
int   stage_push(wick_stage *s, const wick_batch *b);
/* Push to one of them alone, NULL: the script: for a bus, whose readers each stand at a place of
 * their own. */
int   stage_push_to(wick_stage *s, wick_stage *to, const wick_batch *b);
int   stage_commit(wick_stage *s, commit *c);
void  stage_changed(wick_stage *s, const wick_candle *rows, uint32_t count);
void  stage_forgotten(wick_stage *s, int64_t before_ns);
/* s has room again: tell everything before it. */
void  stage_ready(wick_stage *s);
void  stage_drained(wick_stage *s);
/* Queue an event from this stage. */
int   stage_event(wick_stage *s, uint32_t kind, int status, uint32_t tag);
int   stage_event_text(wick_stage *s, uint32_t kind, int status, uint32_t tag, const char *text);

#endif
