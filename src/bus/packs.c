/* SPDX-License-Identifier: Apache-2.0
 * Splitting batches by partition. A batch is taken whole or not at all: each open record knows what
 * it held before the batch, and is cut back to that (and sealed, since its differences no longer
 * fit) when memory runs out. */
#include "packs.h"

#include <string.h>

/* Times of receipt that may share a record, which has but one. */
enum { RECV_SPREAD_NS = 1000000000 };

void list_put(record_list *l, bus_record *r)
{
    r->next = NULL;
    if (l->last)
        l->last->next = r;
    else
        l->first = r;
    l->last = r;
    l->bytes += r->cap + sizeof *r;
}

void list_join(record_list *l, record_list *more)
{
    if (!more->first)
        return;
    if (l->last)
        l->last->next = more->first;
    else
        l->first = more->first;
    l->last = more->last;
    l->bytes += more->bytes;
    *more = (record_list){0};
}

int packs_open(packs *p, wick *w, uint32_t partitions, uint32_t ticks_max)
{
    *p = (packs){.w = w, .partitions = partitions, .ticks_max = ticks_max};
    p->all = mem_zero(w, partitions * sizeof *p->all);
    p->conns = mem_zero(w, PACKS_CONNS * sizeof *p->conns);
    if (p->all && p->conns)
        return WICK_OK;
    packs_close(p);
    return ctx_fail(w, WICK_E_NOMEM, "bus: no memory for %u partitions", partitions);
}

void packs_close(packs *p)
{
    for (uint32_t i = 0; p->all && i < p->partitions; i++) {
        record_free(p->w, p->all[i].r);
        mem_free(p->w, p->all[i].slots);
    }
    mem_free(p->w, p->all);
    mem_free(p->w, p->conns);
    mem_free(p->w, p->names.rows);
    *p = (packs){0};
}

/* A row for every name that the batch may use. */
static int name_rows(packs *p)
{
    uint32_t had = p->names.cap;

    if (MEM_GROW(p->w, p->names.rows, p->names.cap, p->w->markets.count, UINT32_MAX) < 0)
        return WICK_E_NOMEM;
    for (; had < p->names.cap; had++)
        p->names.rows[had] = (struct record_name){.partition = UINT32_MAX};
    return WICK_OK;
}

static uint32_t partition_of(packs *p, uint32_t market)
{
    struct record_name *row = &p->names.rows[market];

    if (row->partition == UINT32_MAX) {
        const char *name = wick_market_name(p->w, market);

        row->partition = market_partition(name, strlen(name), p->partitions);
    }
    return row->partition;
}

static void seal(packs *p, record_pack *k, record_list *into)
{
    bus_record *r = record_seal(k);
    uint8_t *data;

    if (!r)
        return;
    if (r->cap - r->size > r->size / 4 && (data = mem_resize(p->w, r->data, r->size))) {
        r->data = data;                         /* what waits is counted by what it holds */
        r->cap = r->size;
    }
    list_put(into, r);
}

/* The pack of a partition, ready for one more of this batch; what it held is noted when the batch
 * first meets it. */
static record_pack *pack_for(packs *p, uint32_t partition, const wick_batch *b)
{
    record_pack *k = &p->all[partition];

    if (k->r && k->take != p->take) {
        int64_t apart = b->recv_ns - k->since_ns;

        k->r->keep_size = k->r->size;
        k->r->keep_ticks = k->ticks;
        k->r->keep_marks = k->marks;
        k->r->keep_ids = k->ids;
        if (apart > RECV_SPREAD_NS || apart < -RECV_SPREAD_NS || k->source != b->source)
            seal(p, k, &p->fresh);
    }
    if (k->r && (k->ticks >= p->ticks_max || k->r->size >= RECORD_BYTES))
        seal(p, k, &p->fresh);
    if (!k->r)
        k->source = b->source;
    k->take = p->take;
    return k;
}

/* The record of a pack that an entry of this batch was just added to. */
static void touch(packs *p, record_pack *k, uint32_t partition, const wick_batch *b)
{
    if (k->ticks + k->marks == 1) {
        k->since_ns = b->recv_ns;
        k->r->partition = partition;
        k->r->first_ns = k->ticks ? k->r->first_ns : b->recv_ns;
        k->r->last_ns = k->ticks ? k->r->last_ns : b->recv_ns;
    }
    k->r->recv_ns = b->recv_ns;
    p->open = 1;
}

static packs_conn *conn_find(packs *p, uint64_t conn)
{
    for (int i = 0; i < PACKS_CONNS; i++)
        if (p->conns[i].used && p->conns[i].conn == conn) {
            p->conns[i].used = ++p->uses;
            return &p->conns[i];
        }
    return NULL;
}

/* This connection has a market in this partition; the one that is longest unused makes room. */
static void conn_note(packs *p, uint64_t conn, uint32_t partition)
{
    packs_conn *c = conn_find(p, conn);

    if (!c) {
        c = p->conns;
        for (int i = 1; i < PACKS_CONNS; i++)
            if (p->conns[i].used < c->used)
                c = &p->conns[i];
        *c = (packs_conn){.conn = conn, .used = ++p->uses};
    }
    c->bits[partition / 64] |= 1ull << (partition % 64);
}

static int put_mark(packs *p, uint32_t partition, const wick_batch *b, const wick_mark *m)
{
    record_pack *k = pack_for(p, partition, b);
    int rc = record_mark(p->w, &p->names, k, m);

    if (rc == WICK_OK)
        touch(p, k, partition, b);
    return rc;
}

/* A mark of a market goes to its partition; one of a connection to each where that has markets, or
 * to all while that is not known. */
static int take_mark(packs *p, const wick_batch *b, const wick_mark *m)
{
    packs_conn *c;
    int rc = WICK_OK;

    if (m->kind == WICK_MARK_PLACE)             /* of the log, not in it: places.h */
        return WICK_OK;
    if (m->market != WICK_NO_MARKET) {
        uint32_t partition = partition_of(p, m->market);

        if (m->kind == WICK_MARK_OPEN)
            conn_note(p, m->conn, partition);
        return put_mark(p, partition, b, m);
    }
    c = conn_find(p, m->conn);
    for (uint32_t i = 0; i < p->partitions && rc == WICK_OK; i++)
        if (!c || (c->bits[i / 64] >> (i % 64) & 1))
            rc = put_mark(p, i, b, m);
    if (c && m->kind == WICK_MARK_CLOSE)
        c->used = 0;
    return rc;
}

static int take_tick(packs *p, const wick_batch *b, const wick_tick *t)
{
    uint32_t partition = partition_of(p, t->market);
    record_pack *k = pack_for(p, partition, b);
    int first = k->ticks == 0, rc;

    rc = record_tick(p->w, &p->names, k, t, b->bytes + t->id_at);
    if (rc == WICK_OK) {
        touch(p, k, partition, b);
        if (first)                                      /* marks in front have set them otherwise */
            k->r->first_ns = k->r->last_ns = t->time_ns;
    }
    return rc;
}

/* Back to what a record held before this batch; 0: that was nothing. */
static int cut(bus_record *r)
{
    record_pack k = {.r = r, .ticks = r->keep_ticks, .marks = r->keep_marks, .ids = r->keep_ids};

    if (r->keep_size == 0)
        return 0;
    r->size = r->keep_size;
    record_seal(&k);
    return 1;
}

static void undo(packs *p, record_list *sealed)
{
    record_list fresh = p->fresh;

    for (uint32_t i = 0; i < p->partitions; i++)
        if (p->all[i].take == p->take && p->all[i].r) {
            list_put(&fresh, p->all[i].r);
            p->all[i].r = NULL;
            p->all[i].ticks = p->all[i].marks = p->all[i].ids = p->all[i].slot_count = 0;
        }
    for (bus_record *r = fresh.first, *next; r; r = next) {
        next = r->next;
        if (cut(r))
            list_put(sealed, r);
        else
            record_free(p->w, r);
    }
    p->fresh = (record_list){0};
}

static int check(const packs *p, const wick_batch *b)
{
    for (uint32_t i = 0; i < b->tick_count; i++) {
        const wick_tick *t = &b->ticks[i];

        if (t->market >= p->w->markets.count || t->id_len > RECORD_ID_MAX ||
            t->id_len > b->byte_count || t->id_at > b->byte_count - t->id_len)
            return ctx_fail(p->w, WICK_E_ARG,
                            "bus: tick %u of a batch has no market, or an id outside it", i);
    }
    for (uint32_t i = 0; i < b->mark_count; i++)
        if (b->marks[i].market != WICK_NO_MARKET && b->marks[i].market >= p->w->markets.count)
            return ctx_fail(p->w, WICK_E_ARG, "bus: mark %u of a batch has no market", i);
    return WICK_OK;
}

int packs_take(packs *p, const wick_batch *b, record_list *sealed)
{
    uint32_t mark = 0;
    int rc = check(p, b);

    if (rc < 0 || (rc = name_rows(p)) < 0)
        return rc;
    p->take++;
    for (uint32_t i = 0; i <= b->tick_count && rc == WICK_OK; i++) {
        for (; mark < b->mark_count && (b->marks[mark].at <= i || i == b->tick_count) &&
               rc == WICK_OK;
             mark++)
            rc = take_mark(p, b, &b->marks[mark]);
        if (i < b->tick_count && rc == WICK_OK)
            rc = take_tick(p, b, &b->ticks[i]);
    }
    if (rc < 0) {
        undo(p, sealed);
        return ctx_fail(p->w, rc, "bus: no memory for a batch of %u ticks", b->tick_count);
    }
    list_join(sealed, &p->fresh);
    return WICK_OK;
}

void packs_seal(packs *p, record_list *sealed)
{
    for (uint32_t i = 0; p->open && i < p->partitions; i++)
        seal(p, &p->all[i], sealed);
    p->open = 0;
}
