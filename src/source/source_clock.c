/* SPDX-License-Identifier: Apache-2.0
 * A source's time: timers by its own clock, and the turns of its transport's pump. A virtual
 * clock moves only in pump(), which runs only while no event waits for the script: nothing
 * happens behind its back. */
#include <string.h>

#include "source_impl.h"

enum { SCRIPT_WAITING = 128, FUTURE_DAYS = 366 };

int64_t source_now(const source *s)
{
    return s->t->ops->own_clock ? s->clock_ns : ctx_now_ns(s->base.w);
}

static source_timer *earliest(source *s)
{
    source_timer *first = NULL;

    for (uint32_t i = 0; i < s->timer_count; i++)
        if (!first || s->timers[i].due_ns < first->due_ns)
            first = &s->timers[i];
    return first;
}

int64_t source_timer_next(const source *s)
{
    int64_t next = INT64_MAX;

    for (uint32_t i = 0; i < s->timer_count; i++)
        if (s->timers[i].due_ns < next)
            next = s->timers[i].due_ns;
    return next;
}

static void fire(source *s, source_timer *t)
{
    uint32_t tag = t->tag;

    *t = s->timers[--s->timer_count];
    stage_event(&s->base, WICK_EV_TIMER, WICK_OK, tag);
}

int source_clock(source *s, int64_t now_ns)
{
    source_timer *first;

    if (!s->clock_ns) {                         /* earlier timers count from the first frame */
        s->clock_ns = now_ns;
        for (uint32_t i = 0; i < s->timer_count; i++)
            s->timers[i].due_ns += now_ns;
    }
    first = earliest(s);
    if (first && first->due_ns <= now_ns) {
        if (first->due_ns > s->clock_ns)
            s->clock_ns = first->due_ns;
        fire(s, first);
        return 1;
    }
    if (now_ns > s->clock_ns)
        s->clock_ns = now_ns;
    return 0;
}

static void rang(uv_timer_t *alarm)
{
    source *s = alarm->data;
    source_timer *first;
    int64_t now = ctx_now_ns(s->base.w);

    while ((first = earliest(s)) && first->due_ns <= now)
        fire(s, first);
    if (first)
        uv_timer_start(alarm, rang, (uint64_t)((first->due_ns - now) / 1000000 + 1), 0);
}

int wick_source_timer(wick_stage *stage, uint32_t tag, int64_t after_ms)
{
    source *s = (source *)stage;
    uint32_t i = 0;

    if (!stage || strcmp(stage->ops->kind, "source") != 0)
        return WICK_E_ARG;
    if (after_ms < 0 || after_ms > (int64_t)FUTURE_DAYS * 86400000)
        return ctx_fail(stage->w, WICK_E_ARG, "timer: %lld ms is not between 0 and %d days",
                        (long long)after_ms, FUTURE_DAYS);
    while (i < s->timer_count && s->timers[i].tag != tag)
        i++;
    if (i == TIMERS_MAX)
        return ctx_fail(stage->w, WICK_E_AGAIN, "timer: %d run already on this source", TIMERS_MAX);
    s->timers[i] = (source_timer){source_now(s) + after_ms * 1000000, tag};
    if (i == s->timer_count)
        s->timer_count++;
    if (!s->t->ops->own_clock) {
        uv_update_time(&stage->w->loop);
        rang(s->alarm);
    } else {
        source_wake(s);
    }
    return WICK_OK;
}

int64_t wick_source_now_ns(wick_stage *stage)
{
    if (!stage || strcmp(stage->ops->kind, "source") != 0)
        return 0;
    return source_now((source *)stage);
}

/* ---- turns ---- */

static void napped(uv_timer_t *nap)
{
    source_turn(nap->data, 1);
}

static void pump(source *s)
{
    int64_t ms = s->t->ops->pump(s->t);

    if (ms == 0 || s->stopped || s->over)
        return;
    source_turn(s, 0);
    if (ms > 0)
        uv_timer_start(s->nap, napped, (uint64_t)ms, 0);
}

static void turned(uv_idle_t *turn)
{
    source *s = turn->data;

    if (s->stopped) {                           /* where nobody else says that there is room */
        if (s->base.held || !(s->again || s->base.to_script))
            source_turn(s, 0);
        else if (event_waiting(s->base.w) < SCRIPT_WAITING)
            source_advance(s);
    } else if (s->over || !s->t->ops->pump) {
        source_turn(s, 0);
    } else if (!event_waiting(s->base.w)) {
        pump(s);
    }
}

void source_turn(source *s, int on)
{
    uv_timer_stop(s->nap);
    if (on)
        uv_idle_start(s->turn, turned);
    else
        uv_idle_stop(s->turn);
}

void source_wake(source *s)
{
    if (!s->over && s->t->ops->pump)
        source_turn(s, 1);
}

static void freed(uv_handle_t *h)
{
    mem_free(h->loop->data, h);
}

int source_clock_open(source *s)
{
    wick *w = s->base.w;

    s->alarm = mem_zero(w, sizeof *s->alarm);
    s->nap = mem_zero(w, sizeof *s->nap);
    s->turn = mem_zero(w, sizeof *s->turn);
    if (!s->alarm || !s->nap || !s->turn) {
        mem_free(w, s->alarm);
        mem_free(w, s->nap);
        mem_free(w, s->turn);
        return ctx_fail(w, WICK_E_NOMEM, "source: no memory");
    }
    uv_timer_init(&w->loop, s->alarm);
    uv_timer_init(&w->loop, s->nap);
    uv_idle_init(&w->loop, s->turn);
    s->alarm->data = s->nap->data = s->turn->data = s;
    return WICK_OK;
}

void source_clock_close(source *s)
{
    uv_close((uv_handle_t *)s->alarm, freed);
    uv_close((uv_handle_t *)s->nap, freed);
    uv_close((uv_handle_t *)s->turn, freed);
}
