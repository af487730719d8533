/* SPDX-License-Identifier: Apache-2.0
 * Frames of recordings: first a survey of all files, then every frame in the order of its
 * receipt, each connection with a session of its own that ends behind its last frame. */
#include "file_impl.h"

/* The next record of the recordings, of all files while they are surveyed first. 1, 0: no
 * more, or < 0. */
static int next_record(file_transport *t)
{
    int rc = 0;

    while (t->at < t->count && rc == 0)
        if ((t->phase != SURVEY && t->inputs[t->at].rows) || (rc = file_record(t)) == 0)
            file_next(t);
    return rc;
}

/* ---- surveying ---- */

/* Whether the first record of a file that tells says "rows". */
static int tells_rows(file_transport *t)
{
    input *in = &t->inputs[t->at];
    const record *r = &t->rec;

    if (in->told || r->kind == RECORD_BROKEN)
        return 0;
    in->told = 1;
    in->rows = recording_is_csv(t->reader.rec) || (r->kind == RECORD_RECV && !r->recv_ns);
    return in->rows;
}

static int surveyed(file_transport *t)
{
    if (t->phase == SURVEY)
        for (uint32_t i = 0; i < t->count; i++)
            t->inputs[i].rows |= !t->inputs[i].told;    /* all broken, or empty: refused there */
    if (t->order.keep) {
        order_sort(&t->order);
        file_phase(t, KEPT);
    } else {
        file_phase(t, t->order.sorted ? STREAM : COLLECT);
        order_again(&t->order, !t->order.sorted);
    }
    return 0;
}

int file_survey(file_transport *t)
{
    size_t read = 0;
    int rc;

    while (read < TURN_BYTES) {
        if ((rc = next_record(t)) <= 0)
            return rc < 0 ? rc : surveyed(t);
        read += t->rec.size + 16;
        if (t->phase == SURVEY && tells_rows(t)) {
            order_back(&t->order, t->mark);     /* broken lines before: refused with the rows */
            file_next(t);
        } else if ((rc = order_survey(&t->order, t->at, &t->rec)) == WICK_E_AGAIN) {
            return ctx_fail(t->base.w, WICK_E_DATA, "%s: its connections stand one after another, "
                            "and over %d MiB cannot be put in order", t->inputs[t->at].path,
                            ORDER_MAX >> 20);
        } else if (rc < 0) {
            return rc;
        }
    }
    return WICK_OK;
}

/* ---- frames ---- */

/* The next frame in order into t->rec and its connection. 1, 0: no more, or < 0. */
static int next_frame(file_transport *t, track **out)
{
    int rc;

    if (t->phase == KEPT) {
        const frame *f = &t->order.frames[t->next];

        if (t->next == t->order.frame_count)
            return 0;
        t->rec = order_record(&t->order, f);
        *out = &t->order.tracks[f->track];
        return 1;
    }
    while (t->have || (rc = next_record(t)) > 0) {
        if (t->rec.kind != RECORD_HEADER && t->rec.kind != RECORD_HTTP) {
            if (!(*out = order_track(&t->order, t->at, &t->rec)))
                return WICK_E_NOMEM;
            t->have = t->rec.kind != RECORD_CONNECT;
            if (t->have)
                return 1;
        }
    }
    return rc;
}

/* Hand one record over. OK; 1: the burst has to end; negative: no session. */
static int deliver(file_transport *t, track *k)
{
    source *s = t->base.src;
    const record *r = &t->rec;
    int fresh = !k->session && k->frames;
    int rc = fresh ? source_session(s, SESSION_RECORDED, &k->session) : WICK_OK;

    if (rc == WICK_OK && fresh)
        rc = source_address(k->session, order_address(&t->order, k));
    if (rc < 0)
        return rc;
    source_place(s, r->line);
    if (r->kind == RECORD_BROKEN)
        return source_broken(s, r->problem, r->bytes, r->size);
    if (r->kind == RECORD_SEND) {
        if (k->session)
            source_sent(s, k->session, (const char *)r->bytes, r->size, r->recv_ns);
        return WICK_OK;
    }
    t->burst = k;
    k->seen++;
    return source_message(s, k->session, r->bytes, r->size, r->form, r->recv_ns);
}

/* The burst moves on, and a connection behind its last frame ends. AGAIN: later, call again
 * then. */
static int end_burst(file_transport *t)
{
    track *k = t->burst;
    session *c;
    int rc = source_burst_end(t->base.src), last = k && k->seen == k->frames;

    if (rc < 0 && (rc != WICK_E_AGAIN || last))
        return rc;
    t->burst = NULL;
    if (rc < 0 || !last)
        return rc;
    c = k->session;
    k->session = NULL;
    return source_session_end(t->base.src, c);
}

/* ms until a frame may come; 0: it is due. Without options all of a recording is due at once. */
static int64_t early(file_transport *t, int64_t recv_ns)
{
    int64_t now, due = recv_ns;

    if (!t->follow && !t->pace)
        return 0;
    now = ctx_now_ns(t->base.w);
    if (t->pace && !t->pace_real) {
        t->pace_real = now;
        t->pace_recv = recv_ns;
    }
    if (t->pace)
        due = t->pace_real + (recv_ns - t->pace_recv);
    return due > now ? (due - now) / 1000000 + 1 : 0;
}

/* Whether the burst ends in front of this frame of k. */
static int cuts(file_transport *t, const track *k)
{
    const track *b = t->burst;

    if (!b)
        return 0;
    return b != k || b->seen == b->frames;
}

int64_t file_frames(file_transport *t)
{
    size_t read = 0;
    track *k;
    int64_t wait;
    int rc, full = 0;

    while ((rc = next_frame(t, &k)) > 0) {
        if (full || read >= TURN_BYTES)
            return end_burst(t);
        if (cuts(t, k) && (rc = end_burst(t)) < 0)
            return rc;
        if ((wait = early(t, t->rec.recv_ns)) > 0)
            return (rc = end_burst(t)) < 0 ? rc : wait;
        if (source_clock(t->base.src, t->rec.recv_ns))
            return end_burst(t);
        read += t->rec.size + 32;
        if ((full = deliver(t, k)) < 0)
            return full;
        t->have = 0;
        t->next++;
    }
    if (rc < 0 || (rc = end_burst(t)) < 0)
        return rc;
    order_drop(&t->order);
    file_phase(t, ROWS);
    return 0;
}
