/* SPDX-License-Identifier: Apache-2.0
 * Filling records: ticks and marks to bytes. The form is described in record.h. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "../core/pack.h"
#include "record.h"
#include "record_form.h"

enum { ENTRY_MAX = 2 + 16 * PACK_MAX };

void record_free(wick *w, bus_record *r)
{
    if (!r)
        return;
    mem_free(w, r->data);
    mem_free(w, r);
}

void record_free_list(wick *w, bus_record *r)
{
    while (r) {
        bus_record *next = r->next;

        record_free(w, r);
        r = next;
    }
}

uint64_t record_hash(const bus_record *r)
{
    uint64_t seed = (uint64_t)r->recv_ns ^ ((uint64_t)r->partition << 40);

    return XXH3_64bits_withSeed(r->data + RECORD_HEAD, r->size - RECORD_HEAD,
                                XXH3_64bits_withSeed(r->data, 16, seed));
}

/* Room for `more` bytes behind a record; NULL: no memory. */
static uint8_t *grow(wick *w, bus_record *r, size_t more)
{
    if (r->cap < (uint64_t)r->size + more &&
        MEM_GROW(w, r->data, r->cap, r->size + (uint64_t)more, UINT32_MAX) < 0)
        return NULL;
    return r->data + r->size;
}

/* The slot of a name in this record; slot_count (and one more slot) where it is new. */
static int slot_of(wick *w, record_names *n, record_pack *p, uint32_t name, uint32_t *slot)
{
    struct record_name *row = &n->rows[name];

    if (row->serial == p->serial && row->slot < p->slot_count && p->slots[row->slot].name == name) {
        *slot = row->slot;
        return WICK_OK;
    }
    if (MEM_GROW(w, p->slots, p->slot_cap, (uint64_t)p->slot_count + 1, UINT32_MAX) < 0)
        return WICK_E_NOMEM;
    *slot = row->slot = p->slot_count;
    row->serial = p->serial;
    p->slots[p->slot_count++] = (record_slot){.name = name};
    return WICK_OK;
}

static uint8_t *put_name(uint8_t *at, uint32_t slot, int is_new, const char *name)
{
    at = pack_u64(at, slot);
    if (is_new) {
        size_t size = strlen(name);

        at = pack_u64(at, size);
        memcpy(at, name, size);
        at += size;
    }
    return at;
}

/* A new record, with the name of its source in front. */
static int begin(wick *w, record_names *n, record_pack *p)
{
    bus_record *r = mem_zero(w, sizeof *r);
    uint32_t slot;
    uint8_t *at;
    int64_t id;

    if (!r)
        return WICK_E_NOMEM;
    p->r = r;
    p->slot_count = p->ticks = p->marks = p->ids = 0;
    p->last = UINT32_MAX;
    p->serial = ++n->serial;
    r->size = RECORD_HEAD;
    r->version = p->source ? RECORD_SOURCE_VERSION : RECORD_VERSION;
    if (!p->source)
        return WICK_OK;
    if ((id = wick_market(w, p->source, strlen(p->source))) < 0 || id >= n->cap ||
        !(at = grow(w, r, ENTRY_MAX + MARKET_NAME_MAX)) ||
        slot_of(w, n, p, (uint32_t)id, &slot) < 0)
        return WICK_E_NOMEM;
    r->size = (uint32_t)(put_name(at, slot, 1, p->source) - r->data);
    return WICK_OK;
}

/* The pack's record, made when it is empty, with room for `more` bytes. */
static uint8_t *room(wick *w, record_names *n, record_pack *p, size_t more)
{
    if (!p->r && begin(w, n, p) < 0)
        return NULL;
    return grow(w, p->r, more);
}

static uint8_t *put_le64(uint8_t *at, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)(v >> (8 * i));
    return at;
}

static void put_le32(uint8_t *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (8 * i));
}

/* Whether the id is its key in plain digits, so that the key says it all. */
static int is_digits(const wick_tick *t, const uint8_t *id)
{
    uint64_t v = 0;

    if (t->id_len > 18 || (id[0] == '0' && t->id_len > 1))
        return 0;
    for (uint32_t i = 0; i < t->id_len; i++) {
        unsigned digit = (unsigned)id[i] - '0';

        if (digit > 9)
            return 0;
        v = v * 10 + digit;
    }
    return v == t->id_key;
}

int record_tick(wick *w, record_names *n, record_pack *p, const wick_tick *t, const uint8_t *id)
{
    uint8_t *at = room(w, n, p, ENTRY_MAX + MARKET_NAME_MAX + t->id_len), *bits = at;
    uint32_t count, slot;
    record_slot *s;

    if (!at)
        return WICK_E_NOMEM;
    count = p->slot_count;
    if (slot_of(w, n, p, t->market, &slot) < 0)
        return WICK_E_NOMEM;
    s = &p->slots[slot];
    *at++ = 0;
    if (slot != p->last) {
        *bits |= TICK_MARKET;
        at = put_name(at, slot, slot == count, slot == count ? wick_market_name(w, t->market) : "");
        p->last = slot;
    }
    at = pack_u64(at, t->flags);
    *at++ = (uint8_t)t->price_exp;
    *at++ = (uint8_t)t->qty_exp;
    at = pack_i64(at, (int64_t)((uint64_t)t->time_ns - (uint64_t)s->time_ns));
    at = pack_i64(at, t->price);
    at = pack_i64(at, t->qty);
    s->time_ns = t->time_ns;
    if (t->trades != 1) {
        *bits |= TICK_TRADES;
        at = pack_u64(at, t->trades);
    }
    if (t->seq) {
        *bits |= TICK_SEQ;
        at = pack_i64(at, (int64_t)(t->seq - s->seq));
        s->seq = t->seq;
    }
    if (t->nth) {
        *bits |= TICK_NTH;
        at = pack_u64(at, t->nth);
    }
    if (t->id_len && is_digits(t, id)) {
        *bits |= TICK_DIGITS;
        at = pack_i64(at, (int64_t)(t->id_key - s->id));
        s->id = t->id_key;
    } else if (t->id_len || t->id_key) {
        *bits |= TICK_ID;
        at = put_le64(pack_u64(at, t->id_len), t->id_key);
        if (t->id_len)
            memcpy(at, id, t->id_len);
        at += t->id_len;
    }
    if (p->ticks == 0 || t->time_ns < p->r->first_ns)
        p->r->first_ns = t->time_ns;
    if (p->ticks == 0 || t->time_ns > p->r->last_ns)
        p->r->last_ns = t->time_ns;
    p->ids += t->id_len;
    p->ticks++;
    p->r->size = (uint32_t)(at - p->r->data);
    return WICK_OK;
}

int record_mark(wick *w, record_names *n, record_pack *p, const wick_mark *m)
{
    const char *source = wick_market_name(w, m->source);
    uint8_t *at = room(w, n, p, ENTRY_MAX + 3 * MARKET_NAME_MAX), *bits = at;
    int64_t symbol = m->symbol ? wick_market(w, m->symbol, strlen(m->symbol)) : -1;
    uint32_t count, slot;

    if (!at)
        return WICK_E_NOMEM;
    *at++ = MARK;
    if (m->market != WICK_NO_MARKET) {
        count = p->slot_count;
        if (slot_of(w, n, p, m->market, &slot) < 0)
            return WICK_E_NOMEM;
        *bits |= MARK_MARKET;
        at = put_name(at, slot, slot == count, slot == count ? wick_market_name(w, m->market) : "");
    }
    if (source) {
        count = p->slot_count;
        if (slot_of(w, n, p, m->source, &slot) < 0)
            return WICK_E_NOMEM;
        *bits |= MARK_SOURCE;
        at = put_name(at, slot, slot == count, source);
    }
    if (symbol >= 0 && symbol < n->cap) {
        count = p->slot_count;
        if (slot_of(w, n, p, (uint32_t)symbol, &slot) < 0)
            return WICK_E_NOMEM;
        *bits |= MARK_SYMBOL;
        at = put_name(at, slot, slot == count, m->symbol);
    }
    at = put_le64(pack_u64(at, m->kind), m->conn);
    at = pack_i64(at, m->from_ns);
    at = pack_i64(at, m->to_ns);
    at = pack_u64(at, m->repeats);
    at = pack_u64(at, m->flags);
    p->marks++;
    p->r->size = (uint32_t)(at - p->r->data);
    return WICK_OK;
}

bus_record *record_seal(record_pack *p)
{
    bus_record *r = p->r;

    if (!r)
        return NULL;
    memset(r->data, 0, RECORD_HEAD);
    r->data[0] = (uint8_t)r->version;
    put_le32(r->data + 4, p->ticks);
    put_le32(r->data + 8, p->marks);
    put_le32(r->data + 12, p->ids);
    put_le64(r->data + 16, record_hash(r));
    r->ticks = p->ticks;
    p->r = NULL;
    p->ticks = p->marks = p->ids = p->slot_count = 0;
    return r;
}
