/* SPDX-License-Identifier: Apache-2.0
 * Recordings: bytes to lines, lines to records. What one line of a frame recording says is read in
 * frames.c. */
#include <string.h>

#include "../wick.h"
#include "frames.h"
#include "inflate.h"

enum { STEP_BYTES = 64 << 10, QUOTED_MAX = 1 << 20 };

struct recording {
    wick     *w;
    inflater *zip;
    buf       in;                       /* compressed bytes that are not inflated yet */
    size_t    in_at;
    buf       text;
    size_t    at, seen;                 /* the next line begins at at; no line feed before seen */
    int       form;                     /* FORM_* of frames.h, FORM_UNKNOWN: not told yet */
    int       known, ended, broken, skipping, headed, lines;
    int       more;                     /* zlib filled its room: it may hold more */
    uint64_t  line;                     /* of the record given out last */
    frames    frames;
};

int recording_open(wick *w, recording **out)
{
    recording *r = mem_zero(w, sizeof *r);

    if (!r)
        return WICK_E_NOMEM;
    r->w = w;
    buf_init(&r->in, w, 0);
    buf_init(&r->text, w, RECORDING_LINE_MAX + (8 << 20));
    if (frames_init(&r->frames, w) < 0 || !buf_room(&r->text, STEP_BYTES)) {
        recording_close(r);
        return WICK_E_NOMEM;
    }
    *out = r;
    return WICK_OK;
}

void recording_close(recording *r)
{
    if (!r)
        return;
    frames_fini(&r->frames);
    inflate_free(r->zip);
    buf_fini(&r->in);
    buf_fini(&r->text);
    mem_free(r->w, r);
}

void recording_no_csv(recording *r)
{
    r->lines = 1;
}

/* The first two bytes say whether it is gzip. */
static int tell(recording *r)
{
    if (r->known || (r->in.size < 2 && !r->ended))
        return WICK_OK;
    r->known = 1;
    if (r->in.size >= 2 && r->in.data[0] == 0x1f && r->in.data[1] == 0x8b)
        return inflate_new(r->w, &r->zip);
    if (r->in.size && buf_add(&r->text, r->in.data, r->in.size) < 0)
        return WICK_E_NOMEM;
    buf_fini(&r->in);
    return WICK_OK;
}

int recording_feed(recording *r, const void *bytes, size_t size)
{
    int rc;

    if (r->broken || r->ended)
        return r->broken ? WICK_E_DATA : WICK_E_ARG;
    rc = buf_add(r->known && !r->zip ? &r->text : &r->in, bytes, size);
    return rc < 0 ? rc : tell(r);
}

int recording_end(recording *r)
{
    int rc;

    r->ended = 1;
    if ((rc = tell(r)) < 0)
        return rc;
    return WICK_OK;
}

/* More text from the compressed bytes: 1 there is more, 0 all is inflated. */
static int unpack(recording *r)
{
    size_t used, had = r->text.size;
    const char *why;

    if (!r->zip || r->broken || (r->in_at == r->in.size && !r->more))
        return 0;
    if (inflate_over(r->zip) && r->in_at < r->in.size &&
        r->in.data[r->in_at] == 0) { /* padding behind the last member */
        r->in_at = r->in.size;
        return 0;
    }
    why = inflate_some(r->zip, r->in.data + r->in_at, r->in.size - r->in_at, &used, &r->text,
                       STEP_BYTES);
    r->in_at += used;
    r->more = !why && r->text.size - had == STEP_BYTES && !inflate_over(r->zip);
    if (why) {
        r->broken = 1;
        return strcmp(why, "no memory") == 0 ? WICK_E_NOMEM : 0;
    }
    if (r->in_at == r->in.size)
        r->in.size = r->in_at = 0;
    return r->text.size > had || r->in_at < r->in.size;
}

/* End of the CSV row that begins at p: a line feed outside of quotes. NULL: not there yet. */
static const uint8_t *row_end(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *feed = memchr(p, '\n', (size_t)(end - p)), *from = p;
    int quoted = 0, begin = 1;

    if (!feed || !memchr(p, '"', (size_t)(feed - p)))
        return feed;
    for (; p < end; p++) {
        if (quoted) {
            if (*p == '"')
                quoted = p + 1 < end && p[1] == '"' ? (p++, 1) : 0;
            begin = 0;
        } else if (*p == '\n') {
            return p;
        } else {
            quoted = begin && *p == '"';
            begin = *p == ',';
        }
        if (p - from > QUOTED_MAX)
            return feed;                /* a quote that nobody closed: its line is refused alone */
    }
    return NULL;
}

/* No more text comes. */
static int all_there(const recording *r)
{
    return r->ended && (!r->zip || (r->in_at == r->in.size && !r->more) || r->broken);
}

/* The next line into *line, without its end: 1 there is one, 0 none (yet), negative. */
static int next_line(recording *r, const uint8_t **line, size_t *size)
{
    const uint8_t *base, *feed, *end;
    int rc;

    for (;;) {
        base = r->text.data + r->at;
        end = r->text.data + r->text.size;
        feed = NULL;
        if (r->text.size > r->at && r->form == FORM_CSV)
            feed = row_end(base, end);
        else if (r->text.size > r->seen && r->form != FORM_BODY)
            feed = memchr(r->text.data + r->seen, '\n', r->text.size - r->seen);
        if (feed)
            break;
        r->seen = r->text.size;
        if (r->text.size - r->at > RECORDING_LINE_MAX) {
            r->skipping = 1;
            r->at = r->seen;
        }
        if (r->at > STEP_BYTES) {
            buf_drop(&r->text, r->at);
            r->seen -= r->at;
            r->at = 0;
        }
        if ((rc = unpack(r)) < 0)
            return rc;
        if (rc)
            continue;
        if (!all_there(r) || r->at == r->text.size)
            return 0;
        base = r->text.data + r->at;
        end = r->text.data + r->text.size;
        if (r->form == FORM_CSV && (feed = memchr(base, '\n', (size_t)(end - base))))
            break;                      /* an open quote at the end: line by line */
        feed = end;
        break;
    }
    *line = base;
    *size = (size_t)(feed - base);
    r->at = r->seen = (size_t)(feed - r->text.data) + (feed < r->text.data + r->text.size);
    return 1;
}

/* What a file is, by its first line that says anything and those behind it: 1; 0: more bytes are
 * needed, and the line is read again then; negative: no memory. */
static int settle(recording *r, const uint8_t *p, size_t size, size_t from)
{
    int form = frames_form(&r->frames, p, size), rc;

    while ((form == FORM_CSV || form == FORM_BROKEN) &&
           (r->form = frames_look(&r->frames, r->text.data + r->at, r->text.size - r->at,
                                  all_there(r))) == FORM_UNKNOWN) {
        if ((rc = unpack(r)) > 0)
            continue;
        r->at = r->seen = from;
        r->line--;
        return rc;
    }
    if (form != FORM_CSV && form != FORM_BROKEN)
        r->form = form;
    else if (r->form == FORM_CSV && (form == FORM_BROKEN || r->lines))
        r->form = FORM_LINES;
    return 1;
}

/* A line to a record: 1, or 0 where it says nothing. */
static int record_of(recording *r, const uint8_t *p, size_t size, record *out)
{
    *out = (record){.kind = RECORD_RECV, .bytes = p, .size = size, .conn = "", .line = r->line};
    switch (r->form) {
    case FORM_CSV:
        out->form = r->headed ? WICK_FORM_CSV_ROW : WICK_FORM_CSV_HEAD;
        r->headed = 1;
        return 1;
    case FORM_JSONL: return frames_jsonl(&r->frames, p, size, out);
    case FORM_TEXT:  return frames_text(&r->frames, p, size, out);
    default:         return frames_value(&r->frames, p, size, out);
    }
}

int recording_next(recording *r, record *out)
{
    const uint8_t *p;
    size_t size, feeds, from;
    int rc, fresh;

    while ((rc = next_line(r, &p, &size)) > 0) {
        fresh = r->form == FORM_UNKNOWN;
        from = (size_t)(p - r->text.data);
        if (fresh && r->line == 0 && size >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
            p += 3;
            size -= 3;
        }
        r->line++;
        feeds = 0;
        for (const uint8_t *q = p;
             r->form == FORM_CSV && (q = memchr(q, '\n', size - (size_t)(q - p))); q++)
            feeds++;
        if (size && p[size - 1] == '\r')
            size--;
        if (r->skipping) {
            r->skipping = 0;
            *out = (record){.kind = RECORD_BROKEN, .bytes = p, .conn = "", .line = r->line,
                            .problem = "the line is too long"};
            return 1;
        }
        if (frames_blank(p, size))
            continue;
        if (fresh) {
            size_t at = (size_t)(p - r->text.data);
            if ((rc = settle(r, p, size, from)) <= 0)
                return rc;
            p = r->text.data + at;                      /* there may be more text now */
        }
        if (fresh && r->form == FORM_BODY) {
            r->at = (size_t)(p - r->text.data);         /* one value over many lines: all of it */
            r->seen = r->text.size;
            r->line--;
            continue;
        }
        rc = record_of(r, p, size, out);
        r->line += feeds;
        if (rc)
            return rc;
    }
    return rc;
}

int recording_is_csv(const recording *r)
{
    return r->form == FORM_CSV;
}

int recording_broken(const recording *r)
{
    return r->broken || (r->zip && r->ended && !inflate_over(r->zip));
}
