/* SPDX-License-Identifier: Apache-2.0
 * The address of a connection as an object that paths reach behind "@": url, host, path (a list)
 * and query (by name). Venues that have a stream a symbol name it nowhere else. */
#include <string.h>

#include "inside.h"
#include "shape.h"

static int hex_of(uint8_t c)
{
    uint8_t low = (uint8_t)(c | 0x20);

    return (uint8_t)(c - '0') <= 9 ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The printable character that %XX at p stands for, 0: it stands for none. */
static uint8_t escaped(const char *p, const char *end)
{
    int high = end - p > 2 && *p == '%' ? hex_of((uint8_t)p[1]) : -1;
    int low = high > 1 && high < 8 ? hex_of((uint8_t)p[2]) : -1;
    int c = low < 0 ? 0 : high << 4 | low;

    return c == 0x7f ? 0 : (uint8_t)c;
}

/* One more token under a key that the plan names, its text with %XX undone. */
static tok *add(wick_decoder *d, const char *key, size_t key_size, uint8_t type, const char *text,
                const char *end)
{
    opened *o = d->opened;
    const uint8_t *k = (const uint8_t *)key;
    uint8_t *to = buf_room(&o->address, (size_t)(end - text) + 1), *p = to;
    tok *t = to ? tape_add(&o->about) : NULL;

    if (!t)
        return NULL;
    for (; text < end; text++) {
        uint8_t c = escaped(text, end);

        text += c ? 2 : 0;
        *p++ = c ? c : (uint8_t)*text;
    }
    *t = (tok){.at = (uint32_t)o->address.size, .len = (uint32_t)(p - to), .type = type,
               .key = keyset_find(&d->f->keys, k, key_size, k + key_size), .flags = TOK_SCRATCH,
               .next = o->about.count};
    o->address.size += (size_t)(p - to);
    return t;
}

/* What stands in a container that began at token `in`. */
static void close_in(tape *t, uint32_t in)
{
    t->toks[in].count = t->count - in - 1;
    t->toks[in].next = t->count;
}

/* path: its segments; query: key=value. */
static int list(wick_decoder *d, const char *name, uint8_t type, char between, const char *p,
                const char *end)
{
    tape *out = &d->opened->about;
    uint32_t in = out->count;

    if (!add(d, name, strlen(name), type, p, p))
        return 0;
    for (uint32_t n = 0; p < end && n < ADDRESS_PARTS; n++) {
        const char *cut = memchr(p, between, (size_t)(end - p)), *stop = cut ? cut : end, *is;

        is = type == TOK_OBJECT ? memchr(p, '=', (size_t)(stop - p)) : NULL;
        if (stop > p && !add(d, p, is ? (size_t)(is - p) : 0, TOK_STRING, is ? is + 1 : p, stop))
            return 0;
        p = stop + 1;
    }
    close_in(out, in);
    return 1;
}

static int parts(wick_decoder *d, const char *url, const char *end)
{
    const char *host = memmem(url, (size_t)(end - url), "://", 3), *query, *way;

    host = host ? host + 3 : url;
    if ((way = memchr(host, '#', (size_t)(end - host))))
        end = way;
    query = memchr(host, '?', (size_t)(end - host));
    way = memchr(host, '/', (size_t)((query ? query : end) - host));
    return add(d, "", 0, TOK_OBJECT, url, url) && add(d, "url", 3, TOK_STRING, url, end) &&
           add(d, "host", 4, TOK_STRING, host, way ? way : query ? query : end) &&
           list(d, "path", TOK_ARRAY, '/', way ? way + 1 : end, query ? query : end) &&
           list(d, "query", TOK_OBJECT, '&', query ? query + 1 : end, end);
}

int wick_decoder_address(wick_decoder *d, const char *url)
{
    size_t size;
    opened *o;

    if (!d || !url)
        return WICK_E_ARG;
    if (!d->f->conn)
        return WICK_OK;
    if (!(o = inside_made(d)))
        return WICK_E_NOMEM;
    o->about.count = 0;
    o->address.size = 0;
    shape_forget(d);
    size = strlen(url);
    if (size > ADDRESS_MAX)
        return WICK_E_DATA;
    for (size_t i = 0; i < size; i++)
        if (url[i] <= ' ' || url[i] > '~')
            return WICK_E_DATA;
    if (!parts(d, url, url + size)) {
        o->about.count = 0;
        return WICK_E_NOMEM;
    }
    close_in(&o->about, 0);
    o->about.toks[0].count = 4;
    return WICK_OK;
}

int inside_begin(wick_decoder *d, size_t size)
{
    const opened *o = d->opened;
    size_t had = o ? o->address.size : 0;

    d->scratch.size = 0;
    if (!buf_room(&d->scratch, had + size + PAD))
        return 0;
    return !had || buf_add(&d->scratch, o->address.data, had) == WICK_OK;
}

int inside_address(wick_decoder *d)
{
    const tape *about = d->opened ? &d->opened->about : NULL;

    return !about || inside_copy(&d->tape, about, 0, about->count, 0, 0);
}
