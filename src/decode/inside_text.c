/* SPDX-License-Identifier: Apache-2.0
 * One text of a message that holds more than a text: JSON, base64 of it, perhaps compressed, or
 * parts with a separator. */
#include <string.h>

#include "frames.h"
#include "inside.h"

/* n bytes behind those in the scratch buffer, where they are still none of it. NULL: *why. */
static uint8_t *room(wick_decoder *d, size_t n, const char **why)
{
    uint8_t *to = NULL;

    if (n > MESSAGE_MAX || d->scratch.size > MESSAGE_MAX - n)
        *why = "malformed: too long inside";
    else if (!(to = buf_room(&d->scratch, n + PAD)))
        *why = "no memory";
    return to;
}

/* Base64 in loose's place, and what it holds in flat's. */
static const char *undo(wick_decoder *d, const inside *in, const uint8_t *text, size_t size,
                        const buf **out)
{
    static const int how[] = {INFLATE_GZIP, INFLATE_GZIP, INFLATE_ZLIB, INFLATE_RAW, 0};
    opened *o = d->opened;
    const uint8_t *p;
    int rc;

    o->loose.size = 0;
    if ((rc = base64_add(&o->loose, text, size)) < 0)
        return rc == WICK_E_NOMEM ? "no memory" : "malformed: broken base64 inside";
    *out = &o->loose;
    p = o->loose.data;
    if (in->press == PRESS_NONE ||
        (in->press == PRESS_AUTO && !(o->loose.size > 2 && p[0] == 0x1f && p[1] == 0x8b)))
        return NULL;
    if (!d->zip && inflate_new(d->w, &d->zip) < 0)
        return "no memory";
    *out = &o->flat;
    o->flat.size = 0;
    return inflate_whole(d->zip, how[in->press], p, o->loose.size, &o->flat, MESSAGE_MAX);
}

/* The text of a token, undone, behind what is in the scratch buffer; zeros behind it. */
static const char *content(wick_decoder *d, const inside *in, const tok *t, size_t *size)
{
    const char *why = NULL;
    const buf *got = NULL;
    uint8_t *to = room(d, t->len, &why);
    const uint8_t *from = (t->flags & TOK_SCRATCH ? d->scratch.data : d->base) + t->at;

    if (!to)
        return why;
    *size = t->len;
    if (t->flags & TOK_ESCAPED)
        *size = json_unescape(from, t->len, to);
    else if (t->len)
        memcpy(to, from, t->len);
    if (in->base64) {
        if ((why = undo(d, in, to, *size, &got)) || !(to = room(d, got->size, &why)))
            return why;
        *size = got->size;
        if (*size)
            memcpy(to, got->data, *size);
    }
    memset(to + *size, 0, PAD);
    return NULL;
}

/* Its parts as an array of strings. */
static int cut(wick_decoder *d, const inside *in, size_t size)
{
    const char *sep = feed_text(d->f, in->cut);
    tape *out = &d->opened->inner;
    const uint8_t *base = d->scratch.data + d->scratch.size, *p = base, *end = base + size, *at;
    tok *t;

    out->count = 0;
    if (!(t = tape_add(out)))
        return 0;
    *t = (tok){.type = TOK_ARRAY, .len = (uint32_t)size};
    do {
        at = memmem(p, (size_t)(end - p), sep, in->cut.len);
        if (!(t = tape_add(out)))
            return 0;
        *t = (tok){.at = (uint32_t)(p - base), .type = TOK_STRING, .next = out->count,
                   .len = (uint32_t)((at ? at : end) - p)};
        p = at ? at + in->cut.len : end;
    } while (at);
    out->toks[0].next = out->count;
    out->toks[0].count = out->count - 1;
    return 1;
}

static const char *parse(wick_decoder *d, const inside *in, size_t size)
{
    const uint8_t *p = d->scratch.data + d->scratch.size;
    tape *out = &d->opened->inner;
    const char *why;
    size_t at = 0, used;

    out->count = 0;
    if (in->cut.len)
        return cut(d, in, size) ? NULL : tape_why(out);
    while (at < size && (p[at] == ' ' || p[at] == '\n' || p[at] == '\r' || p[at] == '\t'))
        at++;
    if (at == size || (p[at] != '{' && p[at] != '['))
        return in->base64 ? "malformed: no JSON inside" : NULL;
    if ((why = json_scan(out, &d->f->keys, p, size, &used)))
        return why;
    return used < size ? "malformed: something stands behind the value" : NULL;
}

const char *inside_text(wick_decoder *d, const inside *in, const tok *t, size_t *size)
{
    const char *why = content(d, in, t, size);

    return why ? why : parse(d, in, *size);
}
