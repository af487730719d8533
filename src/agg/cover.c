/* SPDX-License-Identifier: Apache-2.0
 * Coverage of a market (cover.h): gaps, the proof of a fresh connection, the watermark. */
#include "cover.h"

void cover_init(cover *c, int64_t delay_ns)
{
    *c = (cover){ .from_ns = INT64_MAX, .to_ns = INT64_MIN, .watermark_ns = INT64_MIN,
                  .delay_ns = delay_ns, .open_ns = INT64_MIN, .gap = GAP_NONE,
                  .bound_ns = INT64_MAX };
    c->top[0] = c->top[1] = c->trade_ns = INT64_MIN;
    c->snapshot = (cover_span){ INT64_MAX, INT64_MAX };
}

void cover_fini(wick *w, cover *c)
{
    gaps_fini(w, &c->gaps);
}

/* ---- gaps ------------------------------------------------------------------------------------ */

static cover_gap unheard(int64_t from_ns, int64_t to_ns)
{
    return (cover_gap){ .from_ns = from_ns, .to_ns = to_ns, .pending = 1 };
}

/* A known trade came again, and with it everything that came since. */
static void proven(cover *c, int64_t since_ns)
{
    c->proven = 1;
    c->gap = GAP_NONE;
    gaps_heal(&c->gaps, cover_began(c, since_ns));
    c->changed++;
}

/* The gap of the fresh connection ends there at the latest. */
static void end_by(cover *c, int64_t to_ns)
{
    c->bound_ns = to_ns;
    if (c->gap.to_ns > to_ns)
        c->gap.to_ns = to_ns;
}

/* The gap of the fresh connection is what it is. */
static int settle(wick *w, cover *c)
{
    if (!c->fresh)
        return WICK_OK;
    if (gaps_add(w, &c->gaps, c->gap) < 0)
        return WICK_E_NOMEM;
    c->fresh = c->proven = 0;
    c->gap = GAP_NONE;
    c->changed++;
    return WICK_OK;
}

/* ---- the watermark --------------------------------------------------------------------------- */

void cover_push(cover *c, int64_t watermark_ns)
{
    if (watermark_ns > c->watermark_ns)
        c->watermark_ns = watermark_ns;
}

static void heard_to(cover *c, int64_t to_ns)
{
    int64_t mark;

    if (to_ns > c->to_ns)
        c->to_ns = to_ns;
    if (!__builtin_sub_overflow(c->to_ns, c->delay_ns, &mark))
        cover_push(c, mark);
}

/* The greatest trade time, unless it stands alone ahead of the others. */
static int64_t newest(const cover *c)
{
    int64_t ahead;

    if (__builtin_sub_overflow(c->top[0], c->top[1], &ahead) || ahead > c->delay_ns)
        return c->top[1];
    return c->top[0];
}

static void count_time(cover *c, int64_t time_ns)
{
    if (time_ns >= c->top[0]) {
        c->top[1] = c->top[0];
        c->top[0] = time_ns;
    } else if (time_ns > c->top[1]) {
        c->top[1] = time_ns;
    }
}

/* ---- connections ----------------------------------------------------------------------------- */

/* A connection begins; the one before it, if nobody closed it, was heard up to to_ns. */
static int begin(wick *w, cover *c, uint64_t conn, uint32_t repeats)
{
    if (settle(w, c) < 0)
        return WICK_E_NOMEM;
    c->conn = conn;
    c->repeats = repeats;
    c->seen = 0;
    c->fresh = 1;
    c->proven = 0;
    c->state = COVER_BEGUN;
    c->trade_ns = c->top[0];
    c->order = (struct cover_order){0};
    c->bound_ns = INT64_MAX;
    c->gap = c->from_ns == INT64_MAX ? GAP_NONE : unheard(c->to_ns, INT64_MAX);
    c->changed++;
    return WICK_OK;
}

/* An OPEN with nothing said before it: some of the last trades may be those that it repeated.
 * Where they are marked as older ones it is clear which; else the gap begins in front of as many
 * as there may be. */
static int begin_late(wick *w, cover *c, const wick_mark *m)
{
    uint32_t n = m->repeats < COVER_PAST ? m->repeats : COVER_PAST;
    int marked = c->snapshot.from_ns != INT64_MAX, known;

    n = n < c->arrived ? n : c->arrived;
    known = c->known_at && c->arrived - c->known_at < n;
    if (begin(w, c, m->conn, 0) < 0)
        return WICK_E_NOMEM;
    if (marked && c->from_ns != INT64_MAX)
        c->gap = unheard(c->snapshot.from_ns, c->snapshot.to_ns);
    else if (n && c->from_ns != INT64_MAX)
        c->gap.from_ns = c->past[(c->arrived - n) % COVER_PAST];
    c->repeats = m->repeats;
    if (known)
        proven(c, c->known_ns);
    return WICK_OK;
}

static int opened(wick *w, cover *c, const wick_mark *m)
{
    int same = c->conn == m->conn && c->state >= COVER_BEGUN;

    if (c->state == COVER_BEGUN && c->conn == 0)    /* its trades came before its name */
        same = 1;
    if (m->from_ns == INT64_MAX)
        return same ? WICK_OK : begin(w, c, m->conn, m->repeats);
    if (!same &&
        (c->state == COVER_OPEN ? begin_late(w, c, m) : begin(w, c, m->conn, m->repeats)) < 0)
        return WICK_E_NOMEM;
    c->conn = m->conn;
    c->open_ns = m->from_ns;
    c->repeats = m->repeats;
    if (c->from_ns == INT64_MAX || (same && c->state == COVER_OPEN && m->from_ns < c->from_ns))
        c->from_ns = m->from_ns;
    end_by(c, m->from_ns - 1);
    c->state = COVER_OPEN;
    c->snapshot = (cover_span){ INT64_MAX, INT64_MAX };
    c->changed++;
    heard_to(c, newest(c));
    return WICK_OK;
}

int cover_cut(wick *w, cover *c, int64_t cut_ns)
{
    end_by(c, cut_ns - 1);
    if (settle(w, c) < 0 ||
        (c->from_ns != INT64_MAX && gaps_add(w, &c->gaps, unheard(c->to_ns, cut_ns - 1)) < 0))
        return WICK_E_NOMEM;
    gaps_uncount(&c->gaps, NULL);               /* the other one counts otherwise */
    if (c->from_ns != INT64_MAX)
        c->to_ns = cut_ns;
    if (c->state != COVER_NEVER)
        c->state = COVER_CLOSED;
    c->conn = 0;
    c->arrived = c->known_at = 0;
    c->snapshot = (cover_span){ INT64_MAX, INT64_MAX };
    c->changed++;
    return WICK_OK;
}

/* A stretch that the log itself has lost, or a source. Behind it the connection goes on. */
static int missed(wick *w, cover *c, int64_t from_ns, int64_t to_ns)
{
    if (c->from_ns == INT64_MAX)
        return WICK_OK;
    if (from_ns == INT64_MIN)
        from_ns = c->to_ns;
    if (from_ns < c->from_ns)
        from_ns = c->from_ns;
    c->changed++;
    return gaps_add(w, &c->gaps, unheard(from_ns, to_ns));
}

int cover_mark(wick *w, cover *c, const wick_mark *m)
{
    switch (m->kind) {
    case WICK_MARK_OPEN: return opened(w, c, m);
    case WICK_MARK_GAP:  return missed(w, c, m->from_ns, m->to_ns);
    case WICK_MARK_ALIVE:
        if (c->state == COVER_OPEN && m->conn == c->conn)
            heard_to(c, m->to_ns);
        return WICK_OK;
    case WICK_MARK_CLOSE:
        if (c->state < COVER_BEGUN || m->conn != c->conn)
            return WICK_OK;
        if (c->state == COVER_OPEN)
            heard_to(c, m->to_ns);
        c->state = COVER_CLOSED;
        c->changed++;
        return WICK_OK;
    default:
        return WICK_OK;
    }
}

/* A trade that may be one of those that a subscription repeats. One that was known before the
 * connection began proves that nothing is missing since; a new one that is older came late, and
 * proves nothing. */
static void repeated(cover *c, int64_t time_ns, int known)
{
    cover_gap *g = &c->gap, was = *g;
    int64_t to_ns;

    if (known && time_ns <= c->trade_ns)
        proven(c, time_ns);
    if (known || time_ns < c->trade_ns)
        return;
    to_ns = cover_began(c, cover_oldest(&c->order, time_ns));
    if (!gap_is(g))
        return;
    if (time_ns < g->from_ns)       /* older than the last sign of life, and was not heard */
        g->from_ns = c->trade_ns;
    g->to_ns = to_ns < c->bound_ns ? to_ns : c->bound_ns;
    if (g->to_ns < g->from_ns)
        g->to_ns = g->from_ns;
    c->changed += g->from_ns != was.from_ns || g->to_ns != was.to_ns;
}

/* How far behind the others a trade has come. */
static void count_late(cover *c, const wick_tick *t)
{
    int64_t late_ns;

    if (!c->fresh && c->state == COVER_OPEN && !(t->flags & WICK_TICK_SNAPSHOT) &&
        !__builtin_sub_overflow(newest(c), t->time_ns, &late_ns) && late_ns > c->late_ns)
        c->late_ns = late_ns;
}

int cover_trade(wick *w, cover *c, const wick_tick *t, int known)
{
    int may, rc = 0;

    c->past[c->arrived++ % COVER_PAST] = c->to_ns;
    if (t->flags & WICK_TICK_SNAPSHOT) {
        int64_t began = cover_began(c, t->time_ns);
        if (c->snapshot.from_ns == INT64_MAX) {
            c->snapshot.from_ns = c->to_ns;
            c->before_ns = c->top[0];
        }
        if (began < c->snapshot.to_ns && !known && t->time_ns >= c->before_ns)
            c->snapshot.to_ns = began;
    }
    if (known == 1) {
        c->known_at = c->arrived;
        c->known_ns = t->time_ns;
    }
    if (c->state == COVER_CLOSED && begin(w, c, 0, UINT32_MAX) < 0)
        return WICK_E_NOMEM;
    may = c->fresh && (c->seen < c->repeats || (t->flags & WICK_TICK_SNAPSHOT));
    if (gaps_number_of(t) &&
        (rc = gaps_number(w, &c->gaps, c->fresh ? &c->gap : NULL, t, known, may)) < 0)
        return rc;
    c->changed += (uint32_t)rc;
    if (c->fresh) {
        c->seen += c->seen < UINT32_MAX;
        if (may && known != COVER_UNSURE)
            repeated(c, t->time_ns, known);
        else if (!may && c->state == COVER_OPEN && settle(w, c) < 0)
            return WICK_E_NOMEM;
    }
    if (known)
        return WICK_OK;
    count_late(c, t);
    count_time(c, t->time_ns);
    if (c->state != COVER_BEGUN)
        heard_to(c, newest(c));
    else if (c->seen > COVER_WAIT) /* nobody ever says OPEN: buckets must not wait for it */
        cover_push(c, newest(c) - c->delay_ns);
    return WICK_OK;
}

int cover_complete(const cover *c, int64_t begin_ns, int64_t end_ns)
{
    return c->from_ns <= begin_ns && c->to_ns >= end_ns &&
           !(gap_is(&c->gap) && c->gap.from_ns < end_ns && c->gap.to_ns >= begin_ns) &&
           !gaps_touch(&c->gaps, begin_ns, end_ns);
}

int cover_heard(const cover *c, int64_t time_ns)
{
    return c->from_ns < time_ns && time_ns < c->to_ns && cover_complete(c, time_ns, time_ns);
}
