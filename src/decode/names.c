/* SPDX-License-Identifier: Apache-2.0
 * Symbols to markets. A pattern is literal text with {base} {quote} {pair} {venue} {date} {strike}
 * {kind} {any} in it; {base:3} wants so many characters, {pair} is base and quote joined and cut by
 * the list of quotes. All that it fits is in the market's name, so that instruments never meet.
 * Runs once a symbol and connection: the decoder remembers what comes out. */
#include <string.h>

#include "names.h"

enum {
    PART_BASE, PART_QUOTE, PART_PAIR, PART_VENUE, PART_DATE, PART_STRIKE, PART_KIND, PART_ANY,
    PART_COUNT
};
enum { TRIES_MAX = 20000 };             /* steps of one symbol: no pattern can hang a decoder */

typedef struct piece { const char *text; size_t size; } piece;
typedef struct fit {
    const wick_feed *f;
    piece got[PART_COUNT];
    int tries, day_first;               /* {date:DDMMYY} */
} fit;

int names_glob(const char *glob, size_t glob_size, const uint8_t *text, size_t size)
{
    if (glob_size == 0 || (glob_size == 1 && *glob == '*'))
        return 1;
    if (glob[glob_size - 1] == '*')
        return size >= glob_size - 1 && memcmp(text, glob, glob_size - 1) == 0;
    if (*glob == '*')
        return size >= glob_size - 1 &&
               memcmp(text + size - (glob_size - 1), glob + 1, glob_size - 1) == 0;
    return size == glob_size && memcmp(text, glob, size) == 0;
}

static int separator(char c)
{
    return strchr("-_/:~,;|@ ", c) != NULL;
}

/* A code: nothing in it separates. */
static int whole(piece p)
{
    for (size_t i = 0; i < p.size; i++)
        if (separator(p.text[i]))
            return 0;
    return p.size > 0;
}

/* A pair in one, or with one separator in it, cut before the quote that ends it, the longest first;
 * 0: none does. */
static int pair_cut(const wick_feed *f, piece both, piece *base, piece *quote)
{
    for (uint32_t i = 0; i < f->quote_count; i++) {
        size_t n = f->quotes[i].len, rest = both.size > n ? both.size - n : 0;

        if (!rest || strncasecmp(both.text + rest, feed_text(f, f->quotes[i]), n) != 0)
            continue;
        *quote = (piece){both.text + rest, n};
        *base = (piece){both.text, rest - (size_t)separator(both.text[rest - 1])};
        if (whole(*base))
            return 1;
    }
    return 0;
}

static int fits(const fit *m, int which, piece p)
{
    piece base, quote;
    char day[6];

    if (p.size == 0)
        return 0;
    if (which == PART_DATE)
        return date_of(p.text, p.size, m->day_first, day);
    if (which == PART_PAIR)
        return pair_cut(m->f, p, &base, &quote);
    return which == PART_ANY || whole(p);
}

/* {name}, {name:3} or {date:DDMMYY} at p: which part, its size in the pattern, its width (0: any).
 */
static int part_at(fit *m, const char *p, size_t *size, size_t *width)
{
    static const char *const names[PART_COUNT] = {"base", "quote",  "pair", "venue",
                                                  "date", "strike", "kind", "any"};
    const char *close = strchr(p, '}'), *colon;

    if (!close)
        return -1;
    *size = (size_t)(close - p) + 1;
    colon = memchr(p, ':', *size);
    *width = colon && colon[1] != 'D' ? (size_t)(colon[1] - '0') : 0;
    m->day_first = m->day_first || (colon && colon[1] == 'D');
    for (int i = 0; i < PART_COUNT; i++) {
        size_t n = (size_t)((colon ? colon : close) - p) - 1;

        if (strlen(names[i]) == n && memcmp(names[i], p + 1, n) == 0)
            return i;
    }
    return -1;
}

static int match(fit *m, const char *pat, const char *text, size_t size)
{
    size_t skip, width;
    int which;

    while (*pat && *pat != '{') {
        if (size == 0 || *pat != *text)
            return 0;
        pat++;
        text++;
        size--;
    }
    if (!*pat)
        return size == 0;
    if ((which = part_at(m, pat, &skip, &width)) < 0)
        return 0;
    for (size_t n = width ? width : 1; n <= size && m->tries++ < TRIES_MAX; n++) {
        piece had = m->got[which];

        m->got[which] = (piece){text, n};
        if (fits(m, which, m->got[which]) && match(m, pat + skip, text + n, size - n))
            return 1;
        m->got[which] = had;
        if (width)
            break;
    }
    return 0;
}

/* A currency: upper case, then by its alias. */
static size_t coin(const wick_feed *f, piece p, char *out)
{
    for (size_t i = 0; i < p.size; i++) {
        char c = p.text[i];

        out[i] = (char)(!f->keep_case && c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    for (uint32_t i = 0; i < f->alias_count; i++)
        if (f->aliases[i].from.len == p.size &&
            memcmp(feed_text(f, f->aliases[i].from), out, p.size) == 0) {
            memcpy(out, feed_text(f, f->aliases[i].to), f->aliases[i].to.len);
            return f->aliases[i].to.len;
        }
    return p.size;
}

/* What the venue's value of the kind field stands for; a value that is not listed stands for
 * itself. */
static piece kind_of(const wick_feed *f, view kind)
{
    for (uint32_t i = 0; kind.text && i < f->kind_count; i++)
        if (f->kinds[i].from.len == kind.len &&
            memcmp(feed_text(f, f->kinds[i].from), kind.text, kind.len) == 0)
            return (piece){feed_text(f, f->kinds[i].to), f->kinds[i].to.len};
    return kind.text ? (piece){(const char *)kind.text, kind.len} : (piece){"", 0};
}

static size_t put(char *out, size_t at, const char *text, size_t size)
{
    if (at + size >= NAME_MAX_BYTES)
        return NAME_MAX_BYTES;
    memcpy(out + at, text, size);
    return at + size;
}

static size_t kind_put(char *out, size_t at, piece kind)
{
    if (!kind.size || (kind.size == 4 && strncasecmp(kind.text, "spot", 4) == 0))
        return at;
    at = put(out, at, ".", 1);
    for (size_t i = 0; at < NAME_MAX_BYTES && i < kind.size; i++) {
        char c = kind.text[i];

        c = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
        at = put(out, at, &c, 1);
    }
    return at;
}

/* What tells the instrument from others of its pair, joined: 240126-40000-C. The field of the kind
 * counts where the symbol says nothing. */
static piece told(const fit *m, const pattern *p, view kind, char room[NAME_MAX_BYTES])
{
    char day[6];
    piece parts[4] = {m->got[PART_DATE], m->got[PART_STRIKE], m->got[PART_KIND], m->got[PART_ANY]},
          fixed = {feed_text(m->f, p->kind), p->kind.len};
    size_t at = 0;

    if (parts[0].text && date_of(parts[0].text, parts[0].size, m->day_first, day))
        parts[0] = (piece){day, sizeof day};
    for (int i = 0; i < 5; i++) {
        piece one = i < 4 ? parts[i] : fixed;

        if (!one.size || at >= NAME_MAX_BYTES)
            continue;
        at = at ? put(room, at, "-", 1) : at;
        at = at < NAME_MAX_BYTES ? put(room, at, one.text, one.size) : at;
    }
    return at ? (piece){room, at} : kind_of(m->f, kind);
}

static size_t compose(const fit *m, const pattern *p, view venue, view kind, char *out)
{
    const wick_feed *f = m->f;
    piece base = m->got[PART_BASE], quote = m->got[PART_QUOTE], joined = m->got[PART_PAIR];
    char text[SYMBOL_MAX * 2], room[NAME_MAX_BYTES];
    size_t at;

    if (joined.text)
        pair_cut(f, joined, &base, &quote);
    if (m->got[PART_VENUE].text)
        at = put(out, 0, m->got[PART_VENUE].text, m->got[PART_VENUE].size);
    else if (venue.text)
        at = put(out, 0, (const char *)venue.text, venue.len);
    else
        at = put(out, 0, feed_text(f, f->venue), f->venue.len);
    at = at < NAME_MAX_BYTES ? put(out, at, ":", 1) : at;
    at = at < NAME_MAX_BYTES ? put(out, at, text, coin(f, base, text)) : at;
    at = at < NAME_MAX_BYTES ? put(out, at, "-", 1) : at;
    at = at < NAME_MAX_BYTES ? put(out, at, text, coin(f, quote, text)) : at;
    return at < NAME_MAX_BYTES ? kind_put(out, at, told(m, p, kind, room)) : at;
}

static int printable(view v)
{
    for (uint32_t i = 0; i < v.len; i++)
        if (v.text[i] < 0x20 || v.text[i] == 0x7f)
            return 0;
    return 1;
}

size_t names_market(const wick_feed *f, view symbol, view venue, view kind,
                    char out[NAME_MAX_BYTES])
{
    size_t at = 0;

    if (!symbol.len || symbol.len > SYMBOL_MAX || venue.len > SYMBOL_MAX / 2 ||
        kind.len > SYMBOL_MAX / 4 || !printable(symbol) || !printable(venue) || !printable(kind))
        return 0;
    for (uint32_t i = 0; i < f->pattern_count; i++) {
        const pattern *p = &f->patterns[i];
        fit m = {.f = f};

        if (p->where.len &&
            (!kind.text || !names_glob(feed_text(f, p->where), p->where.len, kind.text, kind.len)))
            continue;
        if (!match(&m, feed_text(f, p->text), (const char *)symbol.text, symbol.len))
            continue;
        if (p->base.len)
            m.got[PART_BASE] = (piece){feed_text(f, p->base), p->base.len};
        if (p->quote.len)
            m.got[PART_QUOTE] = (piece){feed_text(f, p->quote), p->quote.len};
        if (m.got[PART_PAIR].text || (m.got[PART_BASE].text && m.got[PART_QUOTE].text)) {
            at = compose(&m, p, venue, kind, out);
            return at < NAME_MAX_BYTES ? at : 0;
        }
    }
    at = venue.text ? put(out, 0, (const char *)venue.text, venue.len)
                    : put(out, 0, feed_text(f, f->venue), f->venue.len);
    at = put(out, at, ":", 1);
    at = at < NAME_MAX_BYTES ? put(out, at, (const char *)symbol.text, symbol.len) : at;
    at = at < NAME_MAX_BYTES ? kind_put(out, at, kind_of(f, kind)) : at;
    return at < NAME_MAX_BYTES ? at : 0;
}
