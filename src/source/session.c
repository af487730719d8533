/* SPDX-License-Identifier: Apache-2.0
 * One connection of a source: its decoder, what it was told in the order of receipt, and from both the
 * marks of a burst. Session messages that concern coverage are acted on here, all go to the script. */
#include <string.h>
#include <strings.h>

#include "source_impl.h"

/* A recording's market that nobody confirmed was subscribed when a sent text first named it (the last
 * such text before its first trade), else with the first one sent, else with the first frame. */
static int64_t since(void *user, uint32_t market)
{
    session *c = user;
    const char *symbol = wick_market_symbol(c->src->base.w, market);

    if (c->kind != SESSION_RECORDED || c->confirm_ns)
        return c->confirm_ns;
    for (uint32_t i = c->sent_count; symbol && *symbol && i-- > 0;)
        if (strcasestr((const char *)c->sent_text.data + c->sents[i].at, symbol))
            return c->sents[i].ns;
    return c->sent_count ? c->sents[0].ns : c->first_ns;
}

int session_new(source *s, int kind, session **out)
{
    wick *w = s->base.w;
    session *c;
    int rc;

    if (!(c = mem_zero(w, sizeof *c)))
        return ctx_fail(w, WICK_E_NOMEM, "connection: no memory");
    c->src = s;
    c->kind = kind;
    if ((rc = wick_decoder_open(w, s->feed, s->market, &c->decoder)) < 0) {
        mem_free(w, c);
        return rc;
    }
    hearing_init(&c->ear, w, ctx_random(w));
    c->ear.source = s->name;
    c->ear.repeats = feed_repeats(s->feed);
    c->ear.flags = feed_open_prev(s->feed) ? WICK_MARK_F_OPEN_PREV : 0;
    c->ear.confirms = feed_confirms(s->feed);
    c->ear.carried_ns = s->carried_ns;
    c->ear.since = since;
    c->ear.user = c;
    buf_init(&c->sent_text, w, SENT_BYTES_MAX);
    c->next = s->sessions;
    s->sessions = c;
    *out = c;
    return WICK_OK;
}

void session_free(session *c)
{
    source *s = c->src;
    session **at = &s->sessions;

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    if (s->burst == c)
        s->burst = NULL;
    wick_decoder_close(c->decoder);
    hearing_fini(&c->ear);
    buf_fini(&c->sent_text);
    mem_free(s->base.w, c->notes);
    mem_free(s->base.w, c->sents);
    mem_free(s->base.w, c);
}

int session_note(session *c, int kind, uint32_t market, int64_t recv_ns)
{
    if (c->note_count == c->note_cap) {
        uint32_t cap = c->note_cap ? c->note_cap * 2 : 32;
        note *list = mem_resize(c->src->base.w, c->notes, cap * sizeof *list);

        if (!list)
            return WICK_E_NOMEM;
        c->notes = list;
        c->note_cap = cap;
    }
    c->notes[c->note_count++] = (note){.at = c->ticks, .market = market, .kind = kind,
                                       .recv_ns = recv_ns};
    return WICK_OK;
}

int session_market(session *c, const char *symbol, size_t size, uint32_t *out)
{
    int64_t id = decoder_market(c->decoder, symbol, size);

    if (id < 0 || id >= WICK_NO_MARKET)
        return WICK_E_DATA;
    *out = (uint32_t)id;
    return WICK_OK;
}

/* A confirmation that names no symbol speaks for all that were asked for. */
static int confirmed(session *c, int kind, int64_t recv_ns)
{
    uint32_t n = decoder_symbols(c->decoder), market;
    int rc = WICK_OK;

    if (!n && kind == NOTE_CONFIRMED && !c->confirm_ns)
        c->confirm_ns = recv_ns;
    for (uint32_t i = 0; i < n && rc == WICK_OK; i++) {
        size_t size;
        const char *symbol = decoder_symbol(c->decoder, i, &size);

        if (session_market(c, symbol, size, &market) == WICK_OK)
            rc = session_note(c, kind, market, recv_ns);
    }
    return rc;
}

static int control(session *c, int64_t recv_ns)
{
    wick_control k;
    int rc = WICK_OK;

    if (wick_decoder_control(c->decoder, &k) < 0)
        return WICK_OK;
    if (strcmp(k.kind, "subscribed") == 0)
        rc = confirmed(c, NOTE_CONFIRMED, recv_ns);
    else if (strcmp(k.kind, "unsubscribed") == 0)
        rc = confirmed(c, NOTE_LEFT, recv_ns);
    else if (strcmp(k.kind, "heartbeat") == 0) {
        if (c->beat_ns && recv_ns - c->beat_ns < HEARING_SECOND_NS)
            return WICK_OK;
        c->beat_ns = recv_ns;
    }
    source_tell_control(c->src, &k);
    return rc;
}

int session_message(session *c, const void *bytes, size_t size, int form, int64_t recv_ns)
{
    int n = wick_decode(c->decoder, bytes, size, form, recv_ns);

    if (c->kind != SESSION_TAPED && (recv_ns != c->last_ns || !c->note_count) &&
        session_note(c, NOTE_TIME, 0, recv_ns) < 0)
        return WICK_E_NOMEM;
    if (!c->first_ns)
        c->first_ns = recv_ns;
    c->last_ns = recv_ns;
    c->fresh = 1;
    if (n > 0)
        c->ticks += (uint32_t)n;
    else if (n == WICK_E_DATA)
        source_refuse(c->src, wick_decoder_reason(c->decoder), bytes, size);
    else if (n == 0 && c->kind != SESSION_TAPED)
        return control(c, recv_ns);
    return n < 0 && n != WICK_E_DATA ? n : WICK_OK;
}

void source_sent(source *s, session *c, const char *text, size_t size, int64_t at_ns)
{
    uint32_t at;

    if (s->over)
        return;
    at = (uint32_t)c->sent_text.size;
    if (c->sent_count == c->sent_cap) {
        uint32_t cap = c->sent_cap ? c->sent_cap * 2 : 16;
        sent *list = mem_resize(s->base.w, c->sents, cap * sizeof *list);

        if (!list)
            return;                             /* the texts before it decide: earlier is all it costs */
        c->sents = list;
        c->sent_cap = cap;
    }
    if (!buf_room(&c->sent_text, size + 1))
        return;
    buf_add(&c->sent_text, text, size);
    buf_add(&c->sent_text, "", 1);
    c->sents[c->sent_count++] = (sent){at, at_ns};
}

/* Ticks and notes of the burst in the order of receipt. */
static int hear(session *c, const wick_batch *b, marks *out)
{
    uint32_t at = 0;
    int64_t recv_ns = c->last_ns;
    int rc = WICK_OK;

    for (uint32_t i = 0; i < c->note_count && rc == WICK_OK; i++) {
        const note *n = &c->notes[i];
        uint32_t to = n->at < b->tick_count ? n->at : b->tick_count;

        if (to > at)
            rc = hearing_ticks(&c->ear, b->ticks, at, to, recv_ns, out);
        at = to;
        recv_ns = n->recv_ns;
        if (rc == WICK_OK && n->kind == NOTE_CONFIRMED)
            rc = hearing_confirmed(&c->ear, n->market, recv_ns, at, out);
        else if (rc == WICK_OK && n->kind == NOTE_LEFT)
            rc = hearing_left(&c->ear, n->market, at, out);
    }
    if (rc == WICK_OK && at < b->tick_count)
        rc = hearing_ticks(&c->ear, b->ticks, at, b->tick_count, recv_ns, out);
    return rc;
}

int session_marks(session *c, const wick_batch *b)
{
    marks *out = &c->src->marks;
    int rc;

    if (c->kind == SESSION_TAPED) {
        rc = tape_ticks(&c->src->tape, b->ticks, b->tick_count, out);
    } else {
        rc = hear(c, b, out);
        if (rc == WICK_OK && c->last_ns)
            rc = hearing_frames(&c->ear, c->last_ns, b->tick_count, out);
    }
    c->ticks = c->note_count = 0;
    return rc;
}
