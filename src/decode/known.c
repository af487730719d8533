/* SPDX-License-Identifier: Apache-2.0
 * Symbols of one connection and the markets they stand for, and names bound by earlier messages. */
#include <string.h>
#include "fast.h"
#include "known.h"
#include "names.h"

static int grow(known_table *k)
{
    uint32_t cap = k->cap ? k->cap * 2 : 16, count = cap * 4;
    uint32_t *slots = mem_zero(k->w, count * sizeof *slots);
    known *rows = slots ? mem_resize(k->w, k->rows, cap * sizeof *rows) : NULL;

    if (!rows) {
        mem_free(k->w, slots);
        return WICK_E_NOMEM;
    }
    mem_free(k->w, k->slots);
    k->rows = rows;
    k->slots = slots;
    k->cap = cap;
    k->slot_count = count;
    for (uint32_t n = 0; n < k->count; n++) {
        uint32_t i = (uint32_t)rows[n].hash & (count - 1);

        while (slots[i])
            i = (i + 1) & (count - 1);
        slots[i] = n + 1;
    }
    return WICK_OK;
}

typedef struct needle { const uint8_t *key; uint32_t len; uint64_t hash, head, tail; } needle;

static inline needle needle_of(const uint8_t *key, uint32_t len)
{
    needle n = {.key = key, .len = len};

    fast_ends(key, len, &n.head, &n.tail);
    n.hash = (n.head ^ (n.tail << 31 | n.tail >> 33) ^ len) * 0x9e3779b97f4a7c15u;
    for (uint32_t i = 8; i + 8 < len; i++)      /* longer keys: what lies between */
        n.hash = (n.hash ^ key[i]) * 0x100000001b3u;
    n.hash ^= n.hash >> 32;
    return n;
}

static inline known *look(const known_table *k, const needle *n)
{
    if (!k->slot_count)
        return NULL;
    for (uint32_t i = (uint32_t)n->hash & (k->slot_count - 1); k->slots[i];
         i = (i + 1) & (k->slot_count - 1)) {
        known *row = &k->rows[k->slots[i] - 1];

        if (row->head == n->head && row->tail == n->tail && row->len == n->len &&
            (n->len <= 16 || memcmp(k->text.data + row->at, n->key, n->len) == 0))
            return row;
    }
    return NULL;
}

static int64_t add(known_table *k, const needle *n)
{
    uint32_t i;

    if (k->count == KNOWN_MAX)
        return WICK_E_DATA;
    if (k->count == k->cap && grow(k) < 0)
        return WICK_E_NOMEM;
    k->rows[k->count] = (known){.hash = n->hash,
                                .head = n->head,
                                .tail = n->tail,
                                .at = (uint32_t)k->text.size,
                                .len = n->len,
                                .symbol_len = n->len};
    if (buf_add(&k->text, n->key, n->len) < 0)
        return WICK_E_NOMEM;
    for (i = (uint32_t)n->hash & (k->slot_count - 1); k->slots[i];
         i = (i + 1) & (k->slot_count - 1))
        continue;
    k->slots[i] = ++k->count;
    return k->count - 1;
}

/* symbol 0x1f venue 0x1f kind: what tells markets apart. Where there is only a symbol, that alone.
 */
static uint32_t key_of(view symbol, view venue, view kind, uint8_t *room)
{
    const view parts[] = {symbol, venue, kind};
    uint32_t at = 0;

    for (int i = 0; i < 3; i++) {
        if (at + parts[i].len + 1 > KNOWN_KEY_MAX)
            return 0;
        if (i)
            room[at++] = 0x1f;
        if (parts[i].len)
            memcpy(room + at, parts[i].text, parts[i].len);
        at += parts[i].len;
    }
    return at;
}

/* Rows of one market that its venue calls by several kinds share the first of them. */
static int64_t lead_of(known_table *k, int64_t id)
{
    uint8_t room[8 + PAD] = {0x1e};
    needle n;
    known *row;
    int64_t made;

    memcpy(room + 1, &k->rows[id].market, 4);
    n = needle_of(room, 5);
    if ((row = look(k, &n))) {
        k->rows[id].lead = row->lead;
        return id;
    }
    if ((made = add(k, &n)) < 0)
        return made;
    k->rows[made].symbol_len = 0;
    k->rows[made].lead = (uint32_t)id;
    return id;
}

int64_t known_padded(known_table *k, const wick_feed *f, view symbol, view venue, view kind)
{
    uint8_t room[KNOWN_KEY_MAX + PAD];
    char name[NAME_MAX_BYTES];
    needle n;
    size_t size;
    known *row;
    int64_t id, market;

    memset(room, 0, 8);
    if (!venue.text && !kind.text)
        n = needle_of(symbol.text, symbol.len);
    else
        n = needle_of(room, key_of(symbol, venue, kind, room));
    if (!n.len || n.len > KNOWN_KEY_MAX)
        return WICK_E_DATA;
    if ((row = look(k, &n)) && row->symbol_len)
        return row - k->rows;
    if (!(size = names_market(f, symbol, venue, kind, name)))
        return WICK_E_DATA;
    if ((market = wick_market(k->w, name, size)) < 0)
        return market;
    wick_market_set_symbol(k->w, (uint32_t)market, (const char *)symbol.text, symbol.len);
    if ((id = add(k, &n)) < 0)
        return id;
    k->rows[id].market = (uint32_t)market;
    k->rows[id].symbol_len = symbol.len;
    k->rows[id].lead = (uint32_t)id;
    return venue.text || kind.text ? lead_of(k, id) : id;
}

int64_t known_find(known_table *k, const wick_feed *f, view symbol, view venue, view kind)
{
    uint8_t room[KNOWN_KEY_MAX + PAD];

    if (symbol.len > KNOWN_KEY_MAX)
        return WICK_E_DATA;
    if (symbol.len)
        memcpy(room, symbol.text, symbol.len);
    symbol.text = room;
    return known_padded(k, f, symbol, venue, kind);
}

void known_ended(known_table *k, const char *symbol, size_t size)
{
    for (uint32_t i = 0; i < k->count; i++) {
        known *row = &k->rows[i];

        if (row->symbol_len != size || memcmp(k->text.data + row->at, symbol, size) != 0)
            continue;
        k->rows[row->lead].first = 0;
        k->rows[row->lead].epoch++;
    }
}

void known_fini(known_table *k)
{
    mem_free(k->w, k->rows);
    mem_free(k->w, k->slots);
    buf_fini(&k->text);
    k->rows = NULL;
    k->slots = NULL;
    k->count = k->cap = k->slot_count = 0;
}

/* table byte and key; len 0: it cannot be one */
static needle bound_needle(uint32_t table, view key, uint8_t *room)
{
    uint32_t len = key.text && key.len && key.len < KNOWN_KEY_MAX ? key.len + 1 : 0;

    room[0] = (uint8_t)table;
    if (len)
        memcpy(room + 1, key.text, key.len);
    return needle_of(room, len);
}

int bound_set(bound_table *b, uint32_t table, view key, const void *symbol, size_t size)
{
    uint8_t room[KNOWN_KEY_MAX + PAD];
    needle n = bound_needle(table, key, room);
    known *row = n.len ? look(&b->rows, &n) : NULL;
    int64_t id;

    if (!n.len || size > SYMBOL_MAX)
        return WICK_E_DATA;
    if (row && row->symbol_len == size && memcmp(b->text.data + row->epoch, symbol, size) == 0)
        return WICK_OK;
    if (!row) {
        if ((id = add(&b->rows, &n)) < 0)
            return (int)id;
        row = &b->rows.rows[id];
    }
    row->epoch = (uint32_t)b->text.size;        /* where its symbol stands */
    row->symbol_len = (uint32_t)size;
    if (!buf_room(&b->text, size + PAD))
        return WICK_E_NOMEM;
    return buf_add(&b->text, symbol, size);
}

void bound_drop(bound_table *b, uint32_t table, view key)
{
    uint8_t room[KNOWN_KEY_MAX + PAD];
    needle n = bound_needle(table, key, room);
    known *row = n.len ? look(&b->rows, &n) : NULL;

    if (row)
        row->symbol_len = 0;
}

view bound_find(const bound_table *b, uint32_t table, view key)
{
    uint8_t room[KNOWN_KEY_MAX + PAD];
    needle n = bound_needle(table, key, room);
    const known *row = n.len ? look(&b->rows, &n) : NULL;

    if (!row || !row->symbol_len)
        return (view){0};
    return view_text(b->text.data + row->epoch, row->symbol_len);
}

void bound_fini(bound_table *b)
{
    known_fini(&b->rows);
    buf_fini(&b->text);
}
