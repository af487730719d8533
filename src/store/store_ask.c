/* SPDX-License-Identifier: Apache-2.0
 * What can be asked of a store: candles, rows of its tables, migrations, and agg's restore. */
#include <string.h>

#include "store.h"

static int is_store(const wick_stage *stage)
{
    return stage && strcmp(stage->ops->kind, "store") == 0;
}

static int no_room(store *s)
{
    return ctx_fail(s->stage.w, s->asks >= STORE_ASKS_MAX ? WICK_E_AGAIN : WICK_E_NOMEM,
                    "store: %u questions are under way", s->asks);
}

int wick_store_query(wick_stage *stage, const wick_query *q, uint32_t tag)
{
    store *s = (store *)stage;
    store_ask *a;

    if (!is_store(stage) || !q)
        return WICK_E_ARG;
    if (q->market != WICK_NO_MARKET && !wick_market_name(stage->w, q->market))
        return ctx_fail(stage->w, WICK_E_ARG, "store: query: there is no market %u", q->market);
    if (wick_interval_text(q->interval, NULL, 0) < 0)
        return ctx_fail(stage->w, WICK_E_ARG, "store: query: there is no interval %u", q->interval);
    if (!(a = ask_new(s, ASK_CANDLES, tag)))
        return no_room(s);
    a->q = *q;
    if (a->q.limit == 0)
        a->q.limit = STORE_LIMIT;
    if (a->q.limit > STORE_ROWS_MAX - 2)
        a->q.limit = STORE_ROWS_MAX - 2;
    a->name = q->market == WICK_NO_MARKET ? NULL : wick_market_name(stage->w, q->market);
    stage->stats[STORE_QUERIES]++;
    s->drv->ask(s, a);
    return WICK_OK;
}

int wick_store_rows(wick_stage *stage, const char *what, uint32_t tag)
{
    static const char *const KNOWN[] = {"markets",    "quarantine", "coverage",
                                        "migrations", "offsets",    "revisions"};
    store_ask *a;

    if (!is_store(stage) || !what)
        return WICK_E_ARG;
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
        if (strcmp(what, KNOWN[i]) == 0) {
            if (!(a = ask_new((store *)stage, ASK_ROWS, tag)))
                return no_room((store *)stage);
            a->what = KNOWN[i];
            ((store *)stage)->drv->ask((store *)stage, a);
            return WICK_OK;
        }
    return ctx_fail(stage->w, WICK_E_ARG, "store: there are no rows called '%s'", what);
}

int wick_store_migrate(wick_stage *stage, const char *direction, uint32_t tag)
{
    store_ask *a;

    if (!is_store(stage) || !direction)
        return WICK_E_ARG;
    if (strcmp(direction, "up") != 0 && strcmp(direction, "down") != 0)
        return ctx_fail(stage->w, WICK_E_ARG, "store: migrate 'up' or 'down', not '%s'", direction);
    if (!(a = ask_new((store *)stage, ASK_MIGRATE, tag)))
        return no_room((store *)stage);
    a->what = *direction == 'u' ? "up" : "down";
    ((store *)stage)->drv->ask((store *)stage, a);
    return WICK_OK;
}

/* The intervals of the setting that are made of the base and not longer than the longest. */
static void kept(store_ask *a, const char *list)
{
    while (*list && a->interval_count < STORE_INTERVALS_MAX) {
        size_t size = strcspn(list, ", ");
        int64_t code = size ? wick_interval(list, size) : -1;

        if (code > 0 && (uint32_t)code != a->restore.base &&
            wick_interval_divides(a->restore.base, (uint32_t)code))
            a->intervals[a->interval_count++] = (uint32_t)code;
        list += size;
        list += *list != '\0';
    }
}

int store_restore(wick_stage *stage, const restore_ask *ask)
{
    store *s = (store *)stage;
    store_ask *a = ask_new(s, ASK_RESTORE, 0);

    if (!a || !(a->state = commit_new(stage->w))) {
        if (a)
            ask_free(a);
        return ctx_fail(stage->w, WICK_E_NOMEM, "store: restore: no memory");
    }
    a->restore = *ask;
    strncpy(a->log_id, ask->log_id ? ask->log_id : "", sizeof a->log_id - 1);
    strncpy(a->topic, ask->topic ? ask->topic : "", sizeof a->topic - 1);
    kept(a, conf_text(stage->w->conf, "intervals"));
    if (ask->largest && ask->largest != ask->base && a->interval_count < STORE_INTERVALS_MAX)
        a->intervals[a->interval_count++] = ask->largest;
    s->drv->ask(s, a);
    return WICK_OK;
}

void store_forget_due(uv_timer_t *t)
{
    store *s = t->data;
    store_ask *a = ask_new(s, ASK_FORGET, 0);

    if (!a)
        return;
    a->before_ns = ctx_now_ns(s->stage.w) - s->retention_ns;
    s->drv->ask(s, a);
}
