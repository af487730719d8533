/* SPDX-License-Identifier: Apache-2.0
 * Reading records: bytes to ticks and marks. The bytes come from a file, so nothing in them is
 * trusted: a head may claim no more than its bytes can hold, no read or write leaves its array. */
#include "../core/pack.h"
#include "record_batch.h"
#include "record_form.h"

void record_batch_fini(wick *w, record_batch *b)
{
    mem_free(w, b->ticks);
    mem_free(w, b->marks);
    mem_free(w, b->bytes);
    mem_free(w, b->slots);
    *b = (record_batch){0};
}

static uint32_t get_le32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint64_t get_le64(const uint8_t *at)
{
    return get_le32(at) | (uint64_t)get_le32(at + 4) << 32;
}

/* At least `count` elements in *array; its old content is not kept. */
static int fit(wick *w, void **array, uint32_t *cap, uint32_t count, size_t size)
{
    void *grown;

    if (count <= *cap)
        return WICK_OK;
    if (!(grown = mem_alloc(w, (size_t)count * size)))
        return WICK_E_NOMEM;
    mem_free(w, *array);
    *array = grown;
    *cap = count;
    return WICK_OK;
}

/* A name by its ordinal; one that is new stands in full. NULL: damaged, or no memory (then *rc says
 * so). */
static record_slot *name(wick *w, unpack *u, record_batch *out, int *rc)
{
    uint64_t slot = unpack_u64(u), size;
    const uint8_t *text;
    int64_t id;

    if (u->bad || slot > out->slot_count)
        return NULL;
    if (slot < out->slot_count)
        return &out->slots[slot];
    size = unpack_u64(u);
    if (!(text = unpack_bytes(u, size)))
        return NULL;
    if (MEM_GROW(w, out->slots, out->slot_cap, slot + 1, UINT32_MAX) < 0) {
        *rc = WICK_E_NOMEM;
        return NULL;
    }
    if ((id = wick_market(w, (const char *)text, size)) < 0) {
        *rc = id == WICK_E_NOMEM ? WICK_E_NOMEM : *rc;
        return NULL;
    }
    out->slots[out->slot_count] = (record_slot){.name = (uint32_t)id};
    return &out->slots[out->slot_count++];
}

static uint32_t digits(uint64_t v, uint8_t *out)
{
    uint8_t text[20];
    uint32_t n = 0;

    do
        text[n++] = (uint8_t)('0' + v % 10);
    while ((v /= 10) != 0);
    for (uint32_t i = 0; i < n; i++)
        out[i] = text[n - 1 - i];
    return n;
}

/* The id of a tick into the batch's bytes; 0: damaged. */
static int read_id(unpack *u, uint8_t bits, record_slot *s, wick_tick *t, record_batch *out)
{
    uint32_t left = out->byte_cap - out->b.byte_count;
    uint8_t *to = out->bytes + out->b.byte_count;

    t->id_at = out->b.byte_count;
    if (bits & TICK_DIGITS) {
        t->id_key = s->id += (uint64_t)unpack_i64(u);
        if (left < 20)
            return 0;
        t->id_len = digits(t->id_key, to);
    } else if (bits & TICK_ID) {
        uint64_t size = unpack_u64(u);
        const uint8_t *key = unpack_bytes(u, 8), *id = unpack_bytes(u, size);

        if (!key || !id || size > left)
            return 0;
        t->id_key = get_le64(key);
        t->id_len = (uint32_t)size;
        memcpy(to, id, size);
    }
    out->b.byte_count += t->id_len;
    return 1;
}

static int read_tick(unpack *u, uint8_t bits, record_slot *s, record_batch *out)
{
    wick_tick *t = &out->ticks[out->b.tick_count++];
    const uint8_t *exps;

    *t = (wick_tick){.market = s->name, .trades = 1, .flags = (uint32_t)unpack_u64(u)};
    if (!(exps = unpack_bytes(u, 2)))
        return 0;
    t->price_exp = (int8_t)exps[0];
    t->qty_exp = (int8_t)exps[1];
    s->time_ns = (int64_t)((uint64_t)s->time_ns + (uint64_t)unpack_i64(u));
    t->time_ns = s->time_ns;
    t->price = unpack_i64(u);
    t->qty = unpack_i64(u);
    if (bits & TICK_TRADES)
        t->trades = (uint32_t)unpack_u64(u);
    if (bits & TICK_SEQ)
        t->seq = s->seq += (uint64_t)unpack_i64(u);
    if (bits & TICK_NTH)
        t->nth = (uint16_t)unpack_u64(u);
    return read_id(u, bits, s, t, out);
}

static int read_mark(wick *w, unpack *u, uint8_t bits, record_batch *out, int *rc)
{
    wick_mark *m = &out->marks[out->b.mark_count++];
    const uint8_t *conn;
    record_slot *s;

    *m = (wick_mark){.market = WICK_NO_MARKET, .source = WICK_NO_MARKET, .at = out->b.tick_count};
    if (bits & MARK_MARKET) {
        if (!(s = name(w, u, out, rc)))
            return 0;
        m->market = s->name;
    }
    if (bits & MARK_SOURCE) {
        if (!(s = name(w, u, out, rc)))
            return 0;
        m->source = s->name;
    }
    if (bits & MARK_SYMBOL) {
        if (!(s = name(w, u, out, rc)))
            return 0;
        m->symbol = wick_market_name(w, s->name);
    }
    m->kind = (uint32_t)unpack_u64(u);
    if (!(conn = unpack_bytes(u, 8)))
        return 0;
    m->conn = get_le64(conn);
    m->from_ns = unpack_i64(u);
    m->to_ns = unpack_i64(u);
    m->repeats = (uint32_t)unpack_u64(u);
    m->flags = (uint32_t)unpack_u64(u);
    return 1;
}

/* Head and hash; room for what it claims. */
static int begin(wick *w, const bus_record *r, record_batch *out, uint32_t *ticks, uint32_t *marks,
                 const char **why)
{
    uint64_t ids;

    *why = "shorter than its head";
    if (r->size < RECORD_HEAD)
        return WICK_E_DATA;
    *why = "of an unknown version";
    if (r->data[0] != RECORD_VERSION && r->data[0] != RECORD_SOURCE_VERSION)
        return WICK_E_DATA;
    *why = "damaged: its hash differs";
    if (get_le64(r->data + 16) != record_hash(r))
        return WICK_E_DATA;
    *ticks = get_le32(r->data + 4);
    *marks = get_le32(r->data + 8);
    ids = (uint64_t)get_le32(r->data + 12) + 20;       /* digits() may look 20 bytes ahead */
    *why = "damaged: it claims more than it holds";
    if (*ticks > r->size / TICK_SIZE_MIN || *marks > r->size / TICK_SIZE_MIN ||
        ids > 20 * (uint64_t)*ticks + r->size)
        return WICK_E_DATA;
    if (fit(w, (void **)&out->ticks, &out->tick_cap, *ticks, sizeof *out->ticks) < 0 ||
        fit(w, (void **)&out->marks, &out->mark_cap, *marks, sizeof *out->marks) < 0 ||
        fit(w, (void **)&out->bytes, &out->byte_cap, (uint32_t)ids, 1) < 0)
        return WICK_E_NOMEM;
    out->slot_count = 0;
    out->b = (wick_batch){.ticks = out->ticks,
                          .marks = out->marks,
                          .bytes = out->bytes,
                          .offset = r->offset,
                          .partition = r->partition,
                          .recv_ns = r->recv_ns};
    return WICK_OK;
}

int record_decode(wick *w, const bus_record *r, record_batch *out, const char **why)
{
    uint32_t ticks, marks, last = UINT32_MAX;
    int rc = begin(w, r, out, &ticks, &marks, why);
    unpack u;

    if (rc < 0)
        return rc;
    u = (unpack){r->data + RECORD_HEAD, r->data + r->size, 0};
    *why = "damaged: its entries do not fit its head";
    rc = WICK_E_DATA;
    if (r->data[0] == RECORD_SOURCE_VERSION) {
        record_slot *source = name(w, &u, out, &rc);

        if (!source)
            return rc;
        out->b.source = wick_market_name(w, source->name);
    }
    while (u.p < u.end) {
        uint8_t bits = *u.p++;

        if (bits & MARK) {
            if (out->b.mark_count == marks || !read_mark(w, &u, bits, out, &rc))
                return rc;
            continue;
        }
        if (bits & TICK_MARKET) {
            record_slot *s = name(w, &u, out, &rc);

            if (!s)
                return rc;
            last = (uint32_t)(s - out->slots);
        }
        if (last >= out->slot_count || out->b.tick_count == ticks ||
            !read_tick(&u, bits, &out->slots[last], out))
            return rc;
    }
    return u.bad || out->b.tick_count != ticks || out->b.mark_count != marks ? rc : WICK_OK;
}
