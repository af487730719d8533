/* SPDX-License-Identifier: Apache-2.0
 * Symbols of one connection and the markets they stand for, and names bound by earlier messages. */
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

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

static known *look(const known_table *k, const void *key, uint32_t len, uint64_t hash)
{
    if (!k->slot_count)
        return NULL;
    for (uint32_t i = (uint32_t)hash & (k->slot_count - 1); k->slots[i]; i = (i + 1) & (k->slot_count - 1)) {
        known *row = &k->rows[k->slots[i] - 1];

        if (row->hash == hash && row->len == len && memcmp(k->text.data + row->at, key, len) == 0)
            return row;
    }
    return NULL;
}

static int64_t add(known_table *k, const void *key, uint32_t len, uint64_t hash)
{
    uint32_t i;

    if (k->count == KNOWN_MAX)
        return WICK_E_DATA;
    if (k->count == k->cap && grow(k) < 0)
        return WICK_E_NOMEM;
    k->rows[k->count] = (known){.hash = hash, .at = (uint32_t)k->text.size, .len = len, .symbol_len = len};
    if (buf_add(&k->text, key, len) < 0)
        return WICK_E_NOMEM;
    for (i = (uint32_t)hash & (k->slot_count - 1); k->slots[i]; i = (i + 1) & (k->slot_count - 1))
        continue;
    k->slots[i] = ++k->count;
    return k->count - 1;
}

/* symbol 0x1f venue 0x1f kind: what tells markets apart. Where there is only a symbol, that alone. */
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

int64_t known_find(known_table *k, const wick_feed *f, view symbol, view venue, view kind)
{
    uint8_t room[KNOWN_KEY_MAX];
    char name[NAME_MAX_BYTES];
    const void *key = symbol.text;
    uint32_t len = symbol.len;
    uint64_t hash;
    size_t size;
    known *row;
    int64_t id, market;

    if (venue.text || kind.text) {
        key = room;
        len = key_of(symbol, venue, kind, room);
    }
    if (!len || len > KNOWN_KEY_MAX)
        return WICK_E_DATA;
    hash = XXH3_64bits(key, len);
    if ((row = look(k, key, len, hash)))
        return row - k->rows;
    if (!(size = names_market(f, symbol, venue, kind, name)))
        return WICK_E_DATA;
    if ((market = wick_market(k->w, name, size)) < 0)
        return market;
    wick_market_set_symbol(k->w, (uint32_t)market, (const char *)symbol.text, symbol.len);
    if ((id = add(k, key, len, hash)) < 0)
        return id;
    k->rows[id].market = (uint32_t)market;
    k->rows[id].symbol_len = symbol.len;
    return id;
}

void known_subscribed(known_table *k, const char *symbol, size_t size, int ended)
{
    for (uint32_t i = 0; i < k->count; i++) {
        known *row = &k->rows[i];

        if (row->symbol_len != size || memcmp(k->text.data + row->at, symbol, size) != 0)
            continue;
        if (ended || row->confirmed) {  /* a second confirmation: it was subscribed anew */
            row->first = 0;
            row->epoch += (uint32_t)ended;
        }
        row->confirmed = !ended;
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

static uint32_t bound_key(uint32_t table, view key, uint8_t *room)
{
    if (!key.text || !key.len || key.len > KNOWN_KEY_MAX - 1)
        return 0;
    room[0] = (uint8_t)table;
    memcpy(room + 1, key.text, key.len);
    return key.len + 1;
}

int bound_set(bound_table *b, uint32_t table, view key, const void *symbol, size_t size)
{
    uint8_t room[KNOWN_KEY_MAX];
    uint32_t len = bound_key(table, key, room);
    uint64_t hash = XXH3_64bits(room, len);
    known *row = len ? look(&b->rows, room, len, hash) : NULL;
    int64_t id;

    if (!len || size > SYMBOL_MAX)
        return WICK_E_DATA;
    if (row && row->symbol_len == size && memcmp(b->text.data + row->epoch, symbol, size) == 0)
        return WICK_OK;
    if (!row) {
        if ((id = add(&b->rows, room, len, hash)) < 0)
            return (int)id;
        row = &b->rows.rows[id];
    }
    row->epoch = (uint32_t)b->text.size;        /* where its symbol stands */
    row->symbol_len = (uint32_t)size;
    return buf_add(&b->text, symbol, size);
}

void bound_drop(bound_table *b, uint32_t table, view key)
{
    uint8_t room[KNOWN_KEY_MAX];
    uint32_t len = bound_key(table, key, room);
    known *row = len ? look(&b->rows, room, len, XXH3_64bits(room, len)) : NULL;

    if (row)
        row->symbol_len = 0;
}

view bound_find(const bound_table *b, uint32_t table, view key)
{
    uint8_t room[KNOWN_KEY_MAX];
    uint32_t len = bound_key(table, key, room);
    const known *row = len ? look(&b->rows, room, len, XXH3_64bits(room, len)) : NULL;

    if (!row || !row->symbol_len)
        return (view){0};
    return (view){b->text.data + row->epoch, row->symbol_len, TOK_STRING};
}

void bound_fini(bound_table *b)
{
    known_fini(&b->rows);
    buf_fini(&b->text);
}
