/* SPDX-License-Identifier: Apache-2.0
 * The gaps of a market, and the numbers of its trades that prove them empty or fill them
 * (gaps.h). */
#include "gaps.h"

#include <string.h>

void gaps_fini(wick *w, gaps *s)
{
    mem_free(w, s->all);
    *s = (gaps){0};
}

/* ---- the list -------------------------------------------------------------------------------- */

static uint64_t more(uint64_t missing, uint64_t by)
{
    return missing > GAP_UNCOUNTED - by ? GAP_UNCOUNTED : missing + by;
}

/* One that holds both. */
static cover_gap join(cover_gap a, const cover_gap *b)
{
    a.from_ns = b->from_ns < a.from_ns ? b->from_ns : a.from_ns;
    a.to_ns = b->to_ns > a.to_ns ? b->to_ns : a.to_ns;
    a.lo = b->lo && (!a.lo || b->lo < a.lo) ? b->lo : a.lo;
    a.hi = b->hi > a.hi ? b->hi : a.hi;
    a.missing = more(a.missing, b->missing);
    a.pending |= b->pending;
    return a;
}

static int room(wick *w, gaps *s)
{
    if (s->count == GAPS_MAX) {
        s->all[0] = join(s->all[0], &s->all[1]);
        memmove(s->all + 1, s->all + 2, (--s->count - 1) * sizeof *s->all);
        return WICK_OK;
    }
    return MEM_GROW(w, s->all, s->cap, (uint64_t)s->count + 1, GAPS_MAX);
}

int gaps_add(wick *w, gaps *s, cover_gap g)
{
    uint32_t i = 0, n = 0;

    if (!gap_is(&g))
        return WICK_OK;
    if (room(w, s) < 0)
        return WICK_E_NOMEM;
    while (i < s->count && s->all[i].to_ns <= g.from_ns && s->all[i].from_ns < g.from_ns)
        i++;
    for (; i + n < s->count; n++) {
        const cover_gap *next = &s->all[i + n];
        if (next->from_ns >= g.to_ns && next->from_ns != g.from_ns)
            break;
        g = join(g, next);
    }
    memmove(s->all + i + 1, s->all + i + n, (s->count - i - n) * sizeof *s->all);
    s->all[i] = g;
    s->count = s->count + 1 - n;
    s->pending |= g.pending;
    return WICK_OK;
}

static void take_out(gaps *s, uint32_t i)
{
    memmove(s->all + i, s->all + i + 1, (--s->count - i) * sizeof *s->all);
}

int gaps_heal(gaps *s, int64_t since_ns)
{
    int healed = 0;

    for (uint32_t i = s->count; i-- > 0 && s->all[i].from_ns >= since_ns;)
        if (!gap_counted(&s->all[i])) {
            take_out(s, i);
            healed = 1;
        }
    return healed;
}

int gaps_touch(const gaps *s, int64_t begin_ns, int64_t end_ns)
{
    for (uint32_t i = s->count; i > 0 && s->all[i - 1].to_ns >= begin_ns; i--)
        if (s->all[i - 1].from_ns < end_ns)
            return 1;
    return 0;
}

/* ---- numbers --------------------------------------------------------------------------------- */

int gaps_may(const gaps *s, const wick_tick *t)
{
    uint64_t number = gaps_number_of(t);

    return number && (s->pending || number != s->top.number + 1);
}

int gaps_ahead(const gaps *s, const wick_tick *t)
{
    return s->top.number && gaps_number_of(t) > s->top.number;
}

static int uncount(cover_gap *g)
{
    int was = g->pending || g->missing != GAP_UNCOUNTED;

    g->pending = 0;
    g->missing = GAP_UNCOUNTED;
    return was;
}

int gaps_uncount(gaps *s, cover_gap *fresh)
{
    int changed = fresh && gap_is(fresh) && uncount(fresh);

    for (uint32_t i = 0; i < s->count; i++)
        changed |= uncount(&s->all[i]);
    s->top = (struct gaps_top){0};
    return changed;
}

/* Whether a jump of these numbers is a loss; this one is counted already. */
static int believed(const struct gaps_top *top)
{
    return top->steps / GAPS_FIFTH >= top->jumps;
}

static void count_step(struct gaps_top *top, int jump)
{
    if (top->steps + top->jumps >= GAPS_MEMORY) {
        top->steps /= 2;
        top->jumps /= 2;
    }
    top->steps += !jump;
    top->jumps += jump != 0;
}

/* The pending ones up to a trade are decided by its number; what lies behind it waits for the
 * next, unless it is repeated too. The earliest begin of them, for those that it missed. */
static int64_t decide(cover_gap *g, const wick_tick *t, int whole)
{
    int64_t from_ns = g->from_ns;

    if (whole || t->time_ns >= g->to_ns)
        g->pending = 0;
    else if (t->time_ns >= from_ns && !g->missing)
        g->from_ns = t->time_ns + 1;
    return from_ns;
}

/* Gaps in which nothing is missing are none. */
static void clear(gaps *s, cover_gap *fresh)
{
    for (uint32_t i = s->count; i-- > 0;)
        if (!s->all[i].pending && !s->all[i].missing)
            take_out(s, i);
    if (fresh && !fresh->pending && !fresh->missing)
        *fresh = GAP_NONE;
}

static int64_t decide_all(gaps *s, cover_gap *fresh, const wick_tick *t, int whole)
{
    int64_t least = INT64_MAX, from_ns;

    s->pending = 0;
    for (uint32_t i = 0; i <= s->count; i++) {
        cover_gap *g = i < s->count ? &s->all[i] : fresh;
        if (!g || !g->pending)
            continue;
        from_ns = decide(g, t, whole);
        least = from_ns < least ? from_ns : least;
        s->pending |= i < s->count && g->pending;
    }
    clear(s, fresh);
    return least;
}

/* A jump that is not believed: what is pending will not be decided by a number. */
static int disbelieve(gaps *s, cover_gap *fresh)
{
    int changed = fresh && fresh->pending && uncount(fresh);

    for (uint32_t i = 0; i < s->count; i++)
        changed |= s->all[i].pending && uncount(&s->all[i]);
    return changed;
}

/* A number over all others. What it jumps over is missing from the trade before to this one. */
static int ahead(wick *w, gaps *s, cover_gap *fresh, const wick_tick *t, uint64_t number, int whole)
{
    uint64_t last = s->top.number;
    cover_gap hole = { t->time_ns, t->time_ns, last, number, number - last - 1, 0 };
    int changed = 0;

    if (hole.missing && room(w, s) < 0)                 /* before anything is changed */
        return WICK_E_NOMEM;
    if (s->top.time_ns < hole.from_ns)
        hole.from_ns = s->top.time_ns;
    else
        hole.to_ns = s->top.time_ns;
    count_step(&s->top, hole.missing != 0);
    if (hole.missing && !believed(&s->top)) {
        changed = disbelieve(s, fresh);
        hole = GAP_NONE;
    }
    s->top.number = number;
    s->top.time_ns = t->time_ns;
    if (s->pending || (fresh && fresh->pending)) {
        int64_t from_ns = decide_all(s, fresh, t, whole);
        hole.from_ns = from_ns < hole.from_ns ? from_ns : hole.from_ns;
        changed = 1;
    }
    return hole.missing ? gaps_add(w, s, hole) == WICK_OK : changed;
}

/* A new trade with a number that was jumped over. In order of time the ends move in. */
static int fill(gaps *s, cover_gap *g, const wick_tick *t, uint64_t number)
{
    if (!gap_counted(g) || number <= g->lo || number >= g->hi)
        return 0;
    if (--g->missing == 0 && s->top.jumps)
        s->top.jumps--;
    if (t->flags & WICK_TICK_SEQ_UNTIMED || t->time_ns < g->from_ns || t->time_ns > g->to_ns)
        return 1;
    if (number == g->lo + 1) {
        g->lo = number;
        g->from_ns = t->time_ns;
    } else if (number == g->hi - 1) {
        g->hi = number;
        g->to_ns = t->time_ns;
    }
    return 1;
}

/* A new trade with a number below the greatest. */
static int behind(gaps *s, cover_gap *fresh, const wick_tick *t, uint64_t number)
{
    struct gaps_top was;
    int changed = 0;

    for (uint32_t i = 0; i < s->count; i++)
        changed |= fill(s, &s->all[i], t, number);
    clear(s, NULL);
    if (changed || t->time_ns <= s->top.time_ns || t->flags & WICK_TICK_SNAPSHOT)
        return changed;
    was = s->top;
    changed = gaps_uncount(s, fresh);                   /* the venue counts from the start again */
    s->top = (struct gaps_top){ number, t->time_ns, was.steps, was.jumps };
    count_step(&s->top, 1);
    return changed;
}

int gaps_number(wick *w, gaps *s, cover_gap *fresh, const wick_tick *t, int known, int whole)
{
    uint64_t number = gaps_number_of(t);
    int changed;

    if (!number)
        return 0;
    if (!s->top.number) {
        changed = gaps_uncount(s, fresh);
        s->top = (struct gaps_top){ number, t->time_ns, GAPS_CREDIT, 0 };
        return changed;
    }
    if (number > s->top.number)
        return ahead(w, s, fresh, t, number, whole);
    return known ? 0 : behind(s, fresh, t, number);
}
