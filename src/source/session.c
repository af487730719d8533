/* SPDX-License-Identifier: Apache-2.0
 * One connection of a source: its decoder, what it was told in the order of receipt, and from
 * both the marks of a burst. Session messages that concern coverage are acted on here, all go
 * to the script. */
#include <string.h>
#include <strings.h>

#include "source_impl.h"

/* When a market was subscribed that has its first trade: when the venue confirmed its symbol,
 * before anybody knew which market that is. In a recording also: when a sent text last named
 * it, else with the first text that was sent, else with the first frame. */
static int64_t since(void *user, uint32_t market, int sure)
{
    session *c = user;
    const char *symbol = wick_market_symbol(c->src->base.w, market);
    const said *first = NULL;

    for (uint32_t i = c->said_count; symbol && *symbol && i-- > 0;) {
        const said *t = &c->said[i];
        const char *text = (const char *)c->texts.data + t->at;

        if (t->sure ? strcmp(text, symbol) == 0 : !sure && strcasestr(text, symbol))
            return t->ns;
        first = t->sure ? first : t;
    }
    if (c->confirm_ns || sure || c->kind != SESSION_RECORDED)
        return c->confirm_ns;
    return first ? first->ns : c->first_ns;
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
    c->ear.owners = &s->owners;
    c->ear.repeats = feed_repeats(s->feed);
    c->ear.flags = feed_open_prev(s->feed) ? WICK_MARK_F_OPEN_PREV : 0;
    c->ear.confirms = feed_confirms(s->feed);
    c->ear.carried_ns = s->carried_ns;
    c->ear.recorded = kind == SESSION_RECORDED;
    if (c->ear.recorded && s->carried_ns == LAG_NONE)
        c->ear.carried_ns = 0;
    c->ear.since = since;
    c->ear.user = c;
    buf_init(&c->texts, w, TEXTS_MAX);
    c->next = s->sessions;
    s->sessions = c;
    *out = c;
    return WICK_OK;
}

int source_newest_first(source *s, const void *bytes, size_t size, int form)
{
    wick_decoder *d;
    int newest;

    if (wick_decoder_open(s->base.w, s->feed, s->market, &d) < 0)
        return 0;
    wick_decode(d, bytes, size, form, 0);
    newest = decoder_newest_first(d);
    wick_decoder_close(d);
    return newest;
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
    buf_fini(&c->texts);
    mem_free(s->base.w, c->notes);
    mem_free(s->base.w, c->said);
    mem_free(s->base.w, c);
}

int session_note(session *c, int kind, uint32_t market, int64_t recv_ns)
{
    if (MEM_GROW(c->src->base.w, c->notes, c->note_cap, (uint64_t)c->note_count + 1,
                 UINT32_MAX) < 0)
        return WICK_E_NOMEM;
    c->notes[c->note_count++] = (note){.at = c->ticks, .market = market, .kind = kind,
                                       .recv_ns = recv_ns};
    return WICK_OK;
}

/* Keep a text of the session. Without room it is forgotten: what it would tell counts as
 * unknown. */
static void keep_said(session *c, const char *text, size_t size, int sure, int64_t ns)
{
    uint32_t at = (uint32_t)c->texts.size;

    if (MEM_GROW(c->src->base.w, c->said, c->said_cap, (uint64_t)c->said_count + 1,
                 UINT32_MAX) < 0 || !buf_room(&c->texts, size + 1))
        return;
    buf_add(&c->texts, text, size);
    buf_add(&c->texts, "", 1);
    c->said[c->said_count++] = (said){at, (uint32_t)sure, ns};
}

void source_sent(source *s, session *c, const char *text, size_t size, int64_t at_ns)
{
    if (!s->over)
        keep_said(c, text, size, 0, at_ns);
}

int session_subscribed(session *c, int kind, const char *symbol, size_t size, int64_t recv_ns)
{
    uint32_t markets[KINDS_MAX], n = decoder_markets(c->decoder, symbol, size, markets, KINDS_MAX);
    int rc = WICK_OK;

    if (!n && kind == NOTE_CONFIRMED)
        keep_said(c, symbol, size, 1, recv_ns);
    for (uint32_t i = 0; i < n && rc == WICK_OK; i++)
        rc = session_note(c, kind, markets[i], recv_ns);
    return rc;
}

/* A confirmation that names no symbol speaks for all that were asked for. */
static int confirmed(session *c, int kind, int64_t recv_ns)
{
    size_t size;
    const char *at = decoder_symbols(c->decoder, &size), *end = at + size;
    int rc = WICK_OK;

    if (!size && kind == NOTE_CONFIRMED && !c->confirm_ns)
        c->confirm_ns = recv_ns;
    while (size && at < end && rc == WICK_OK) {
        const char *cut = memchr(at, '\n', (size_t)(end - at));

        cut = cut ? cut : end;
        rc = session_subscribed(c, kind, at, (size_t)(cut - at), recv_ns);
        at = cut + 1;
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

/* A whole message (DATA), or single trades of it. NOMEM: it was not the message's fault. */
static int refuse(session *c, int rc, const void *bytes, size_t size)
{
    const char *why = wick_decoder_reason(c->decoder), *first = wick_decoder_refusal(c->decoder, 0);
    uint32_t n = wick_decoder_refused(c->decoder);

    if (rc == WICK_E_DATA && (!n || why != first)) {
        source_refuse(c->src, why, bytes, size);
        return WICK_OK;
    }
    for (uint32_t i = 0; i < n; i++) {
        if ((why = wick_decoder_refusal(c->decoder, i)) && strcmp(why, "no memory") == 0)
            return ctx_fail(c->src->base.w, WICK_E_NOMEM, "source: no memory");
        source_refuse(c->src, why ? why : "more of the same message", bytes, size);
    }
    return WICK_OK;
}

int session_message(session *c, const void *bytes, size_t size, int form, int64_t recv_ns)
{
    int n = wick_decode(c->decoder, bytes, size, form, recv_ns);

    if (c->kind != SESSION_ROWS && (recv_ns != c->last_ns || !c->note_count) &&
        session_note(c, NOTE_TIME, 0, recv_ns) < 0)
        return WICK_E_NOMEM;
    if (!c->first_ns)
        c->first_ns = recv_ns;
    c->last_ns = recv_ns;
    c->fresh = 1;
    if ((n == WICK_E_DATA || wick_decoder_refused(c->decoder)) && refuse(c, n, bytes, size) < 0)
        return WICK_E_NOMEM;
    if (n >= 0 && c->kind != SESSION_ROWS && control(c, recv_ns) < 0)
        return WICK_E_NOMEM;                    /* in front of the trades that it may hold */
    if (n > 0)
        c->ticks += (uint32_t)n;
    return n < 0 && n != WICK_E_DATA ? n : WICK_OK;
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

    if (c->kind == SESSION_ROWS) {
        rc = reel_ticks(&c->src->reel, b->ticks, b->tick_count, out);
    } else {
        rc = hear(c, b, out);
        if (rc == WICK_OK && c->last_ns)
            rc = hearing_frames(&c->ear, c->last_ns, c->src->more, b->tick_count, out);
    }
    c->ticks = c->note_count = 0;
    return rc;
}
