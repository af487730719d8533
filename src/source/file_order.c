/* SPDX-License-Identifier: Apache-2.0
 * Surveying and ordering the frames of recordings; contracts in file_order.h. */
#include "file_order.h"

#include <stdlib.h>
#include <string.h>

void order_init(order *o, wick *w)
{
    *o = (order){.w = w, .sorted = 1, .keep = ORDER_KEEP, .last_ns = INT64_MIN};
    buf_init(&o->bytes, w, ORDER_MAX);
    buf_init(&o->addresses, w, ADDRESSES_MAX);
}

void order_drop(order *o)
{
    mem_free(o->w, o->frames);
    o->frames = NULL;
    o->frame_count = o->frame_cap = 0;
    buf_fini(&o->bytes);
    buf_init(&o->bytes, o->w, ORDER_MAX);
}

void order_fini(order *o)
{
    if (!o->w)
        return;
    order_drop(o);
    mem_free(o->w, o->tracks);
    buf_fini(&o->addresses);
    *o = (order){0};
}

void order_again(order *o, int must)
{
    order_drop(o);
    o->keep = must ? ORDER_MAX : 0;
    o->must = must;
    o->made = 0;
    o->last_ns = INT64_MIN;
    for (uint32_t i = 0; i < o->track_count; i++)
        o->tracks[i].seen = 0;
}

static track *make(order *o, uint32_t file, uint32_t conn)
{
    track *t;

    if (o->made < o->track_count)               /* known from the survey: the same order again */
        return &o->tracks[o->made++];
    if (o->track_count == TRACKS_MAX) {
        ctx_fail(o->w, WICK_E_DATA, "recording: more than %d connections", TRACKS_MAX);
        return NULL;
    }
    if (MEM_GROW(o->w, o->tracks, o->track_cap, (uint64_t)o->track_count + 1, TRACKS_MAX) < 0) {
        ctx_fail(o->w, WICK_E_NOMEM, "recording: no memory");
        return NULL;
    }
    t = &o->tracks[o->track_count++];
    o->made++;
    *t = (track){.file = file, .conn = conn};
    return t;
}

track *order_track(order *o, uint32_t file, const record *r)
{
    track *t = NULL;

    for (uint32_t i = o->made; i-- > 0 && !t && o->tracks[i].file == file;)
        if (o->tracks[i].conn == r->conn_id)
            t = &o->tracks[i];
    if (!t || (r->kind == RECORD_CONNECT && t->seen))
        t = make(o, file, r->conn_id);
    return t;
}

int order_keep(order *o, const record *r, uint32_t track_index)
{
    frame *f;

    if (o->bytes.size + r->size + (o->frame_count + 1) * sizeof *f > ORDER_MAX)
        return WICK_E_AGAIN;
    if (MEM_GROW(o->w, o->frames, o->frame_cap, o->frame_count + 1, UINT32_MAX) < 0)
        return WICK_E_NOMEM;
    f = &o->frames[o->frame_count];
    *f = (frame){.recv_ns = o->last_ns, .line = r->line, .at = o->bytes.size, .track = track_index,
                 .size = (uint32_t)r->size, .index = (uint32_t)o->frame_count,
                 .problem = r->problem, .kind = (uint8_t)r->kind, .form = (uint8_t)r->form};
    if (r->size && buf_add(&o->bytes, r->bytes, r->size) < 0)
        return WICK_E_NOMEM;
    o->frame_count++;
    return WICK_OK;
}

/* Keeps it, where there is room: what cannot be kept is not known. */
static int address(order *o, track *t, const record *r)
{
    if (t->address || !r->size || r->size >= ADDRESSES_MAX - o->addresses.size - 2 ||
        memchr(r->bytes, 0, r->size))
        return WICK_OK;
    if ((!o->addresses.size && buf_add(&o->addresses, "", 1) < 0) ||
        !buf_room(&o->addresses, r->size + 1))
        return WICK_E_NOMEM;
    t->address = o->addresses.size;
    buf_add(&o->addresses, r->bytes, r->size);
    return buf_add(&o->addresses, "", 1);
}

const char *order_address(const order *o, const track *t)
{
    return t->address ? (const char *)o->addresses.data + t->address : "";
}

int order_survey(order *o, uint32_t file, const record *r)
{
    track *t;

    if (r->kind == RECORD_HEADER || r->kind == RECORD_HTTP)
        return WICK_OK;
    if (!(t = order_track(o, file, r)))
        return WICK_E_NOMEM;
    if (r->kind == RECORD_CONNECT)
        return address(o, t, r);
    if (r->recv_ns) {
        o->sorted &= r->recv_ns >= o->last_ns;
        o->last_ns = r->recv_ns;
    }
    if (r->kind == RECORD_RECV)
        t->frames = ++t->seen;
    if (!o->keep)
        return WICK_OK;
    if (!o->must && o->bytes.size + r->size + (o->frame_count + 1) * sizeof(frame) > o->keep) {
        order_drop(o);
        o->keep = 0;
        return WICK_OK;
    }
    return order_keep(o, r, (uint32_t)(t - o->tracks));
}

record order_record(const order *o, const frame *f)
{
    return (record){.kind = f->kind, .form = f->form, .bytes = o->bytes.data + f->at,
                    .size = f->size, .conn = "", .recv_ns = f->recv_ns, .line = f->line,
                    .problem = f->problem};
}

static int by_time(const void *a, const void *b)
{
    const frame *x = a, *y = b;

    if (x->recv_ns != y->recv_ns)
        return x->recv_ns < y->recv_ns ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

void order_sort(order *o)
{
    if (!o->sorted && o->frame_count)
        qsort(o->frames, o->frame_count, sizeof *o->frames, by_time);
    for (uint32_t i = 0; i < o->track_count; i++)
        o->tracks[i].seen = 0;
}

order_mark order_here(const order *o)
{
    return (order_mark){o->frame_count, o->bytes.size, o->track_count, o->made};
}

void order_back(order *o, order_mark at)
{
    if (o->keep) {
        o->frame_count = at.frames;
        o->bytes.size = at.bytes;
    }
    o->track_count = at.tracks;
    o->made = at.made;
}
