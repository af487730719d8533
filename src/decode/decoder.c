/* SPDX-License-Identifier: Apache-2.0
 * The door of the decoder: opening, one message in, what came out of it. A message is all or
 * nothing; only single bad trades of a well-formed one are left out one by one. */
#include <string.h>

#include "inside.h"
#include "message.h"
#include "shape.h"

static int bind_presets(wick_decoder *d)
{
    const wick_feed *f = d->f;
    int rc = WICK_OK;

    for (uint32_t i = 0; i < f->preset_count && rc == WICK_OK; i++) {
        const preset *p = &f->presets[i];
        view key = view_text(feed_text(f, p->key), p->key.len);

        rc = bound_set(&d->bound, (uint32_t)p->table, key, feed_text(f, p->symbol), p->symbol.len);
    }
    return rc;
}

int wick_decoder_open(wick *w, wick_feed *f, const char *market, wick_decoder **out)
{
    wick_decoder *d;

    if (!w || !f || !out)
        return WICK_E_ARG;
    if (!(d = mem_zero(w, sizeof *d)))
        return WICK_E_NOMEM;
    d->w = d->tape.w = d->known.w = d->bound.rows.w = d->nth.w = w;
    buf_init(&d->scratch, w, 4 * MESSAGE_MAX);
    buf_init(&d->padded, w, 2 * MESSAGE_MAX);
    buf_init(&d->order, w, 0);
    buf_init(&d->ids, w, 0);
    buf_init(&d->known.text, w, 0);
    buf_init(&d->bound.rows.text, w, 0);
    buf_init(&d->bound.text, w, 0);
    buf_init(&d->control_symbol, w, MESSAGE_MAX);
    buf_init(&d->control_text, w, 0);
    d->payload = d->reason = "";
    if (market && *market) {
        if (!(d->symbol =
                  mem_zero(w, strlen(market) + PAD))) { /* keys are read 8 bytes at a time */
            mem_free(w, d);
            return WICK_E_NOMEM;
        }
        memcpy(d->symbol, market, strlen(market));
    }
    feed_ref(f);
    d->f = f;
    if (bind_presets(d) < 0) {
        wick_decoder_close(d);
        return WICK_E_NOMEM;
    }
    *out = d;
    return WICK_OK;
}

void wick_decoder_close(wick_decoder *d)
{
    wick_feed *f;

    if (!d)
        return;
    f = d->f;
    shape_fini(d);
    inside_fini(d);
    inflate_free(d->zip);
    tape_fini(&d->tape);
    buf_fini(&d->scratch);
    buf_fini(&d->padded);
    buf_fini(&d->order);
    buf_fini(&d->ids);
    buf_fini(&d->control_symbol);
    buf_fini(&d->control_text);
    known_fini(&d->known);
    bound_fini(&d->bound);
    nth_fini(&d->nth);
    mem_free(d->w, d->ticks);
    mem_free(d->w, d->raws);
    mem_free(d->w, d->symbol);
    mem_free(d->w, d);
    wick_feed_unref(f);                 /* last: it may be what held the context */
}

void decoder_refuse(wick_decoder *d, const char *why)
{
    if (d->refused < REFUSALS_KEPT)
        d->refusals[d->refused] = why;
    d->refused++;
    d->starved |= strcmp(why, "no memory") == 0;
}

/* The message into our own buffer, inflated where it is compressed, zeros around it. */
static int take(wick_decoder *d, const void *bytes, size_t *size, int form)
{
    static const int how[] = {INFLATE_GZIP, INFLATE_GZIP, INFLATE_ZLIB, INFLATE_RAW, 0};
    const uint8_t *p = bytes;
    int press = d->f->compression, magic = *size > 2 && p[0] == 0x1f && p[1] == 0x8b;

    d->padded.size = 0;
    if (!buf_room(&d->padded, FRONT + *size + PAD))
        return WICK_E_NOMEM;
    memset(d->padded.data, 0, FRONT);
    d->padded.size = FRONT;
    if (form == WICK_FORM_BINARY && press != PRESS_NONE && (press != PRESS_AUTO || magic)) {
        if (!d->zip && inflate_new(d->w, &d->zip) < 0)
            return WICK_E_NOMEM;
        if ((d->reason = inflate_whole(d->zip, how[press], bytes, *size, &d->padded, MESSAGE_MAX)))
            return WICK_E_DATA;
        d->reason = "";
        *size = d->padded.size - FRONT;
        if (!buf_room(&d->padded, PAD))
            return WICK_E_NOMEM;
    } else if (*size) {
        memcpy(d->padded.data + FRONT, bytes, *size);
    }
    memset(d->padded.data + FRONT + *size, 0, PAD);
    return WICK_OK;
}

/* How much stands in front of the JSON of a message ("42[...]") and is none of it. */
static size_t front(const wick_feed *f, const uint8_t *p, size_t size)
{
    for (uint32_t i = 0; i < f->front_count; i++) {
        size_t n = f->fronts[i].len;

        if (size > n && memcmp(p, feed_text(f, f->fronts[i]), n) == 0 &&
            (p[n] == '{' || p[n] == '[' || p[n] == '"'))
            return n;
    }
    return 0;
}

/* What a message leaves behind when it is refused: nothing. */
static int undo(wick_decoder *d, size_t ids, const char *why)
{
    d->tick_count = d->first;
    d->ids.size = ids;
    d->reason = why;
    d->control = NULL;
    return strcmp(why, "no memory") == 0 ? WICK_E_NOMEM : WICK_E_DATA;
}

static void begin(wick_decoder *d, int64_t recv_ns)
{
    if (d->lent) {
        d->lent = 0;
        d->tick_count = 0;
        d->ids.size = 0;
    }
    d->first = d->tick_count;
    d->recv_ns = recv_ns;
    d->message++;
    d->payload = "unknown";
    d->reason = "";
    d->refused = d->starved = 0;
    d->control = NULL;
}

int wick_decode(wick_decoder *d, const void *bytes, size_t size, int form, int64_t recv_ns)
{
    const char *why = NULL;
    size_t ids;
    int rc;

    if (!d || (!bytes && size))
        return WICK_E_ARG;
    begin(d, recv_ns);
    ids = d->ids.size;
    if ((size == 0 && !d->f->texts) || size > MESSAGE_MAX)
        return undo(d, ids, size ? "malformed: too long" : "malformed: empty");
    if ((rc = take(d, bytes, &size, form)) < 0)
        return rc;
    bytes = d->padded.data + FRONT;
    if (form == WICK_FORM_CSV_HEAD || form == WICK_FORM_CSV_ROW) {
        rc = form == WICK_FORM_CSV_HEAD ? csv_head(d, bytes, size) : csv_row(d, bytes, size);
        if (rc < 0)
            return rc;
    } else {
        size_t skip = d->f->front_count ? front(d->f, bytes, size) : 0;
        const uint8_t *from = (const uint8_t *)bytes + skip;

        if (!shape_try(d, from, size - skip))
            why = message_read(d, from, size - skip);
    }
    if (why || d->starved)
        return undo(d, ids, why ? why : "no memory");
    if (d->refused && d->tick_count == d->first)
        return undo(d, ids, d->refusals[0]);
    return (int)(d->tick_count - d->first);
}

int wick_decoder_batch(wick_decoder *d, wick_batch *out)
{
    if (!d || !out)
        return WICK_E_ARG;
    d->lent = 1;
    *out = (wick_batch){.ticks = d->ticks, .bytes = d->ids.data, .tick_count = d->tick_count,
                        .byte_count = (uint32_t)d->ids.size, .recv_ns = d->recv_ns};
    return WICK_OK;
}

const char *wick_decoder_payload(const wick_decoder *d) { return d->payload; }
const char *wick_decoder_reason(const wick_decoder *d) { return d->reason; }
uint32_t wick_decoder_refused(const wick_decoder *d) { return d->refused; }

const char *wick_decoder_refusal(const wick_decoder *d, uint32_t i)
{
    return i < d->refused && i < REFUSALS_KEPT ? d->refusals[i] : NULL;
}

int wick_decoder_control(const wick_decoder *d, wick_control *out)
{
    if (!d || !out)
        return WICK_E_ARG;
    if (!d->control)
        return WICK_E_AGAIN;
    *out = (wick_control){.kind = d->control, .symbol = (const char *)d->control_symbol.data,
                          .text = (const char *)d->control_text.data,
                          .text_len = (uint32_t)d->control_text.size - 1, .time_ns = d->control_ns};
    return WICK_OK;
}
