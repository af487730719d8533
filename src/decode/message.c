/* SPDX-License-Identifier: Apache-2.0
 * A message that no shape fits, the general way: its JSON or packed text to the tape, its rule, and
 * what the rule makes of it. */
#include <string.h>

#include "inside.h"
#include "shape.h"

/* The venue ended the subscription of these symbols. */
static void unsubscribed(wick_decoder *d)
{
    size_t size = d->control_symbol.size, at = 0;

    while (at < size) {
        const char *symbol = (const char *)d->control_symbol.data + at,
                   *cut = memchr(symbol, '\n', size - at);
        size_t n = cut ? (size_t)(cut - symbol) : size - at;

        known_ended(&d->known, symbol, n);
        at += n + 1;
    }
}

static void control_time(wick_decoder *d, const rule *r)
{
    const field *in = &r->fields[F_AT];
    uint8_t room[FIELD_ROOM + PAD];
    uint32_t at[SLOTS_MAX] = {0};
    scope s = {.levels = 0};
    view val[FIELD_PARTS_MAX + 1] = {{0}}, v;

    d->control_ns = 0;
    if (!in->used)
        return;
    for (uint8_t i = 0; i < in->parts; i++)
        val[at[in->slot + i] = i + 1u] = tok_view(d, path_find(&d->tape, &in->part[i].path, &s));
    v = field_view(d, in, (cells){val, at}, room);
    if (!v.text || !value_time(v.text, v.len, in->unit, &d->control_ns))
        d->control_ns = 0;
}

static const char *control(wick_decoder *d, const rule *r, const uint8_t *bytes, size_t size)
{
    const char *kind = feed_text(d->f, r->control), *why;
    size_t had = d->control && strcmp(d->control, kind) == 0 ? d->control_symbol.size : 0;

    d->control = kind;
    d->control_text.size = 0;
    d->control_symbol.size = had;       /* of one before it in the same message, with its 0 */
    if (had > 1)
        d->control_symbol.data[had - 1] = '\n';
    else
        d->control_symbol.size = 0;
    if ((why = gather(d, r, 1)))
        return why;
    if (had > 1 && d->control_symbol.size == had)
        d->control_symbol.size--;
    control_time(d, r);
    size = size < CONTROL_TEXT_MAX ? size : CONTROL_TEXT_MAX;
    if (buf_add(&d->control_text, bytes, size) < 0 || buf_add(&d->control_text, "", 1) < 0)
        return "no memory";
    if (r->bind >= 0 || r->unbind >= 0)
        shape_forget(d);
    if (strcmp(kind, "unsubscribed") == 0)
        unsubscribed(d);
    return buf_add(&d->control_symbol, "", 1) < 0 ? "no memory" : NULL;
}

/* One value on the tape. */
static const char *value(wick_decoder *d, const uint8_t *bytes, size_t size, const rule **by)
{
    const rule *r = *by = match_rule(d);
    const char *why;

    if (!r) {
        d->payload = "other";
        return NULL;
    }
    d->payload = feed_text(d->f, r->payload);
    if (r->control.len && (why = control(d, r, bytes, size)))
        return why;
    return r->flags & RULE_TRADES ? gather(d, r, 0) : NULL;
}

static int blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static int is_json(uint8_t c)
{
    return c == '{' || c == '[' || c == '"';
}

/* Text that is no JSON: up to the next `split`, packed where the table says so. */
static const char *packed(wick_decoder *d, const uint8_t *bytes, size_t size, size_t *used)
{
    const wick_feed *f = d->f;
    const uint8_t *cut =
        f->split.len ? memmem(bytes, size, feed_text(f, f->split), f->split.len) : NULL;
    size_t n = cut ? (size_t)(cut - bytes) : size;

    *used = n;
    while (!cut && n && (bytes[n - 1] == '\n' || bytes[n - 1] == '\r'))
        n--;
    if (!f->packed || !memchr(bytes, *feed_text(f, f->separator), n))
        return "malformed: not JSON";
    for (size_t i = 0; i < n; i++)
        if (bytes[i] < 0x20 || bytes[i] == 0x7f)
            return "malformed: a control character";
    return packed_scan(d, bytes, n) ? NULL : tape_why(&d->tape);
}

/* Packed text as a JSON string. */
static const char *quoted(wick_decoder *d)
{
    view v = tok_view(d, 0);
    size_t used;

    d->base = v.text;
    return v.len ? packed(d, v.text, v.len, &used) : "malformed: empty";
}

/* Text that is no JSON, where the table knows it: a string, without quotes. 0: it is none such. */
static int bare(wick_decoder *d, const uint8_t *bytes, size_t size)
{
    tok *t;

    while (size && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r'))
        size--;
    if (is_json(*bytes))
        return 0;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] < 0x20 || bytes[i] > 0x7e)
            return 0;
    d->tape.count = 0;
    if (!(t = tape_add(&d->tape)))
        return 0;
    *t = (tok){.len = (uint32_t)size, .next = 1, .type = TOK_STRING};
    return match_text(d);
}

/* Whether another value follows. A split of white space alone is gone with what stood before it. */
static int splits(const wick_feed *f, const uint8_t *bytes, size_t size, size_t *skip)
{
    const char *split = feed_text(f, f->split);

    *skip = f->split.len && !blank((uint8_t)*split) ? f->split.len : 0;
    return f->split.len && size >= *skip && memcmp(bytes, split, *skip) == 0;
}

/* The next value to the tape: JSON, packed text, or other text that the table knows. */
static const char *next(wick_decoder *d, const uint8_t *bytes, size_t size, size_t *used)
{
    const wick_feed *f = d->f;
    const char *why;
    size_t skip;

    d->base = bytes;
    why = f->packed && !is_json(*bytes) ? packed(d, bytes, size, used)
                                        : json_scan(&d->tape, &f->keys, bytes, size, used);
    if (!why && f->packed && d->tape.toks[0].type == TOK_STRING)
        why = quoted(d);
    if (!why && *used < size && !splits(f, bytes + *used, size - *used, &skip))
        why = "malformed: something stands behind the value";
    if (why && f->texts && bare(d, bytes, size)) {
        *used = size;
        why = NULL;
    }
    return why || !f->inside_count ? why : inside_open(d, size);
}

/* What is on the tape: a message, or an array of them. */
static const char *whole(wick_decoder *d, const uint8_t *bytes, size_t size, const rule **by,
                         size_t *count)
{
    const char *why = NULL;
    uint32_t at = 0;

    if (!d->f->listed || d->tape.toks[0].type != TOK_ARRAY) {
        ++*count;
        return inside_address(d) ? value(d, bytes, size, by) : "no memory";
    }
    if (!inside_made(d))
        return "no memory";
    d->payload = "other";                       /* an empty one */
    inside_list(d);
    while (!why && (at = inside_next(d, at, &why))) {
        ++*count;
        why = inside_address(d) ? value(d, bytes, size, by) : "no memory";
    }
    return why;
}

const char *message_read(wick_decoder *d, const uint8_t *bytes, size_t size)
{
    const rule *r = NULL;
    const char *why;
    size_t used, skip, values = 0;

    if (!inside_begin(d, size))
        return "no memory";
    while (size && blank(*bytes)) {
        bytes++;
        size--;
    }
    d->base = bytes;
    if (!size && !(d->f->texts && bare(d, bytes, 0)))
        return "malformed: empty";
    do {
        if ((why = next(d, bytes, size, &used)) || (why = whole(d, bytes, used, &r, &values)))
            return why;
        bytes += used;
        size -= used;
        if (size && splits(d->f, bytes, size, &skip)) {
            bytes += skip;
            size -= skip;
        }
        while (size && blank(*bytes)) {
            bytes++;
            size--;
        }
    } while (size);
    if (values == 1 && r && r->flags & RULE_TRADES && !d->refused)
        shape_learn(d, r, used);
    return NULL;
}
