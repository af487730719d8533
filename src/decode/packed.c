/* SPDX-License-Identifier: Apache-2.0
 * Packed text ("0~Coinbase~BTC~USD~1~...") and CSV rows to the tape, as an object of strings. */
#include <string.h>

#include "message.h"
#include "trade.h"

static tok *begin(wick_decoder *d)
{
    tok *root;

    d->tape.count = 0;
    if ((root = tape_add(&d->tape)))
        *root = (tok){.type = TOK_OBJECT};
    return root;
}

static int text_add(wick_decoder *d, size_t at, size_t len, uint16_t key, uint8_t flags)
{
    tok *t = tape_add(&d->tape);

    if (!t)
        return 0;
    *t = (tok){.at = (uint32_t)at,
               .len = (uint32_t)len,
               .next = d->tape.count,
               .key = key,
               .flags = flags,
               .type = TOK_STRING};
    d->tape.toks[0].next = d->tape.count;
    d->tape.toks[0].count++;
    return 1;
}

/* The hexadecimal mask in the last field; 0: it is none. */
static int mask_of(const uint8_t *p, size_t size, uint64_t *mask)
{
    *mask = 0;
    if (size == 0 || size > 15)
        return 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = (uint8_t)(p[i] | 0x20);

        if ((uint8_t)(p[i] - '0') <= 9)
            *mask = *mask << 4 | (uint64_t)(p[i] - '0');
        else if (c >= 'a' && c <= 'f')
            *mask = *mask << 4 | (uint64_t)(c - 'a' + 10);
        else
            return 0;
    }
    return 1;
}

static const pack *pack_for(const wick_feed *f, const uint8_t *first, size_t size)
{
    for (uint32_t i = 0; i < f->pack_count; i++) {
        const pack *p = &f->packs[i];

        if (!p->when.len ||
            (p->when.len == size && memcmp(feed_text(f, p->when), first, size) == 0))
            return p;
    }
    return NULL;
}

/* Name of field n: the fixed ones, then those whose bit is set, in the order of the bits. */
static uint16_t name_of(const wick_feed *f, const pack *p, uint64_t *mask, uint32_t n)
{
    uint32_t bit;

    if (n < p->names)
        return f->names[p->name + n];
    if (!*mask)
        return 0;
    bit = (uint32_t)__builtin_ctzll(*mask);
    *mask &= *mask - 1;
    return bit < p->masks ? f->names[p->mask + bit] : 0;
}

int packed_scan(wick_decoder *d, const uint8_t *bytes, size_t size)
{
    const wick_feed *f = d->f;
    uint8_t sep = (uint8_t)*feed_text(f, f->separator);
    const uint8_t *end = bytes + size, *p = bytes, *cut = memchr(bytes, sep, size), *last;
    const pack *k = pack_for(f, bytes, cut ? (size_t)(cut - bytes) : size);
    uint64_t mask = 0;

    if (!begin(d))
        return 0;
    last = memrchr(bytes, sep, size);
    if (k && k->masks && last && !mask_of(last + 1, (size_t)(end - last) - 1, &mask))
        mask = 0;
    for (uint32_t n = 0; p <= end; n++) {
        cut = memchr(p, sep, (size_t)(end - p));
        cut = cut ? cut : end;
        if (!text_add(d, (size_t)(p - bytes), (size_t)(cut - p), k ? name_of(f, k, &mask, n) : 0,
                      0))
            return 0;
        p = cut + 1;
    }
    return 1;
}

/* One cell at *p: quoted (quotes doubled inside) or plain. 0: no memory, -1: a quote is missing. */
static int cell(wick_decoder *d, const uint8_t *base, const uint8_t **p, const uint8_t *end)
{
    const uint8_t *from = *p, *close;
    size_t at = d->scratch.size;

    if (from == end || *from != '"') {
        close = memchr(from, ',', (size_t)(end - from));
        *p = close = close ? close : end;
        return text_add(d, (size_t)(from - base), (size_t)(close - from), 0, 0);
    }
    for (from++;; from = close + 2) {
        if (!(close = memchr(from, '"', (size_t)(end - from))))
            return -1;
        if (buf_add(&d->scratch, from, (size_t)(close - from)) < 0)
            return 0;
        if (close + 1 == end || close[1] != '"')
            break;
        if (buf_add(&d->scratch, "\"", 1) < 0)
            return 0;
    }
    *p = close + 1;
    if (*p < end && **p != ',')
        return -1;
    return text_add(d, at, d->scratch.size - at, 0, TOK_SCRATCH);
}

static int cells_scan(wick_decoder *d, const uint8_t *p, size_t size)
{
    const uint8_t *base = p, *end = p + size;
    int rc;

    d->base = base;
    d->scratch.size = 0;
    if (!begin(d) || !buf_room(&d->scratch, size + PAD))
        return 0;
    for (;;) {
        if ((rc = cell(d, base, &p, end)) <= 0)
            return rc;
        if (p == end)
            return 1;
        p++;
    }
}

/* Give each part of a form its column; 0: one that it needs is not there. */
static int columns_find(wick_decoder *d, const rule *r, uint32_t *column, uint32_t *found)
{
    *found = 0;
    for (int i = 0; i < FIELD_MAX; i++) {
        const field *in = &r->fields[i];

        for (uint8_t n = 0; n < in->parts; n++) {
            const step *go = &in->part[n].path.steps[0];
            uint32_t at = go->kind == STEP_KEY ? path_member(&d->tape, 0, go->key)
                                               : (uint32_t)go->at + 1;

            if (in->part[n].path.count != 1 || at >= d->tape.count)
                at = PATH_NONE;
            column[in->slot + n] = at;
            *found += at != PATH_NONE;
            if (at == PATH_NONE && !(in->flags & FIELD_OPTIONAL))
                return 0;
        }
    }
    return 1;
}

/* A form that decodes nothing is known by the columns its tests name. */
static int named(wick_decoder *d, const rule *r)
{
    for (uint32_t i = r->test; i < r->test + r->tests; i++)
        if (path_member(&d->tape, 0, d->f->tests[i].path.steps[0].key) == PATH_NONE)
            return 0;
    return r->tests > 0;
}

/* The form that fits the columns best: the one that uses the most of them, the earlier of equals.
 */
static void choose(wick_decoder *d, int headless)
{
    uint32_t column[SLOTS_MAX], found, best = 0;

    d->csv = NULL;
    for (uint32_t i = 0; i < d->f->rule_count; i++) {
        const rule *r = &d->f->rules[i];

        if (!(r->flags & RULE_CSV) || !(r->flags & RULE_HEADLESS) != !headless)
            continue;
        if (headless && r->columns != d->columns)
            continue;
        found = r->tests;
        if (r->fields[F_PRICE].used ? !columns_find(d, r, column, &found) : !named(d, r))
            continue;
        if (found > best) {
            best = found;
            d->csv = r;
            memcpy(d->column, column, sizeof column);
        }
    }
}

/* Whether a column that the form reads is there twice: it would have to guess which is meant. */
static int repeated(wick_decoder *d, const rule *r)
{
    for (uint8_t i = 0; i < r->slots; i++)
        for (uint32_t at = 1; d->column[i] != PATH_NONE && at < d->column[i]; at++)
            if (d->tape.toks[at].key && d->tape.toks[at].key == d->tape.toks[d->column[i]].key)
                return 1;
    return 0;
}

/* A row that could not be cut into cells (-1), or not be kept (0: no memory). */
static int bad_row(wick_decoder *d, int rc)
{
    d->reason = rc == 0 ? "no memory" : "bad-row";
    return rc == 0 ? WICK_E_NOMEM : WICK_E_DATA;
}

int csv_head(wick_decoder *d, const uint8_t *bytes, size_t size)
{
    int rc;

    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        size -= 3;
    }
    if ((rc = cells_scan(d, bytes, size)) <= 0)
        return bad_row(d, rc);
    d->columns = d->tape.count - 1;
    for (uint32_t i = 1; i < d->tape.count; i++) {
        view v = tok_view(d, i);

        d->tape.toks[i].key = keyset_find(&d->f->keys, v.text, v.len, v.text + v.len);
    }
    d->row = 0;
    choose(d, 0);
    if (d->csv && repeated(d, d->csv)) {
        d->csv = NULL;
        d->reason = "repeated-column";
        return WICK_E_DATA;
    }
    if (!d->csv) {
        choose(d, 1);
        if (d->csv && (csv_row(d, bytes, size) == 1 ||
                       (d->refused && strcmp(d->refusals[0], "no-symbol") == 0)))
            return 0;                   /* the first line is a row */
        d->csv = NULL;
        d->refused = 0;
        d->reason = "unknown-columns";
        return WICK_E_DATA;
    }
    d->payload = feed_text(d->f, d->csv->payload);
    return 0;
}

int csv_row(wick_decoder *d, const uint8_t *bytes, size_t size)
{
    uint32_t at[SLOTS_MAX];
    view val[SLOTS_MAX + 1];
    const char *why;
    int rc;

    d->row++;
    d->payload = "unknown";
    d->reason = "unknown-columns";
    if (!d->csv)
        return WICK_E_DATA;
    d->payload = feed_text(d->f, d->csv->payload);
    if ((rc = cells_scan(d, bytes, size)) <= 0 || d->tape.count - 1 != d->columns)
        return bad_row(d, rc <= 0 ? rc : -1);
    d->reason = "";
    if (!d->csv->fields[F_PRICE].used)
        return 0;
    if (!(why = trade_add(d, d->csv, cells_of(d, d->csv, d->column, val, at))))
        return 1;
    decoder_refuse(d, why);
    return 0;
}
