/* SPDX-License-Identifier: Apache-2.0
 * Questions on their way: their memory, and how their answers reach who asked. Names of the
 * database become ids of the context here, on the loop. */
#include <string.h>

#include "store.h"

#define MORE(a, rows, cap, count, max) \
    (MEM_GROW((a)->s->stage.w, rows, cap, (uint64_t)(count) + 1, max) < 0 \
         ? NULL : &(rows)[(count)++])

wick_candle *ask_row(store_ask *a)
{
    return MORE(a, a->rows, a->row_cap, a->row_count, STORE_ROWS_MAX);
}

store_name *ask_name(store_ask *a)
{
    return MORE(a, a->names, a->name_cap, a->name_count, MARKET_MAX);
}

store_era *ask_era(store_ask *a)
{
    return MORE(a, a->eras, a->era_cap, a->era_count, UINT32_MAX);
}

store_ask *ask_new(store *s, int kind, uint32_t tag)
{
    store_ask *a;

    if (s->asks >= STORE_ASKS_MAX || !(a = mem_zero(s->stage.w, sizeof *a)))
        return NULL;
    a->kind = kind;
    a->s = s;
    a->tag = tag;
    buf_init(&a->text, s->stage.w, STORE_TEXT_MAX);
    s->asks++;
    return a;
}

void ask_free(store_ask *a)
{
    wick *w = a->s->stage.w;

    a->s->asks--;
    mem_free(w, a->rows);
    mem_free(w, a->names);
    mem_free(w, a->eras);
    buf_fini(&a->text);
    commit_free(a->state);
    mem_free(w, a);
}

static market_era era_of(const store_ask *a, const store_era *e)
{
    wick *w = a->s->stage.w;

    return (market_era){.from_ns = e->from_ns, .number = e->number, .flags = e->flags,
                        .source = market_text(w, e->source), .symbol = market_text(w, e->symbol)};
}

/* Names of the database to ids of this context, in place: id becomes it. */
static int intern(store_ask *a)
{
    wick *w = a->s->stage.w;

    for (uint32_t i = 0; i < a->name_count; i++) {
        store_name *n = &a->names[i];
        int64_t id = wick_market(w, n->name, strlen(n->name));

        if (id < 0)
            return WICK_E_NOMEM;
        if (n->symbol[0] && !wick_market_symbol(w, (uint32_t)id))
            wick_market_set_symbol(w, (uint32_t)id, n->symbol, strlen(n->symbol));
        n->id = id;
    }
    for (uint32_t i = 0; i < a->era_count; i++) {
        market_era era = era_of(a, &a->eras[i]);

        if (market_put_era(w, (uint32_t)a->names[a->eras[i].name].id, &era) < 0)
            return WICK_E_NOMEM;
    }
    return WICK_OK;
}

static void map(const store_ask *a, wick_candle *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const store_name *n = &a->names[rows[i].market];

        rows[i].market = (uint32_t)n->id;
    }
}

static void answer_candles(store_ask *a)
{
    wick_event ev = {
        .kind = WICK_EV_CANDLES, .from = a->s->stage.id, .tag = a->tag, .stride = sizeof *a->rows};

    if (a->rc == WICK_OK && (a->rc = intern(a)) < 0)
        memcpy(a->why, "no memory", 10);
    if (a->rc < 0) {
        stage_event_text(&a->s->stage, WICK_EV_CANDLES, a->rc, a->tag, a->why);
        return;
    }
    map(a, a->rows, a->row_count);
    ev.data = a->rows;
    ev.count = a->row_count;
    event_push(a->s->stage.w, &ev, a->rows, mem_release);
    a->rows = NULL;
}

static void answer_rows(store_ask *a)
{
    wick_event ev = {.kind = WICK_EV_ROWS, .from = a->s->stage.id, .tag = a->tag, .stride = 1};

    if (a->rc < 0)
        stage_event_text(&a->s->stage, WICK_EV_ROWS, a->rc, a->tag, a->why);
    else {
        ev.count = (uint32_t)a->text.size;
        event_copy(a->s->stage.w, ev, a->text.data ? (const void *)a->text.data : "", a->text.size);
    }
}

static void answer_restore(store_ask *a)
{
    commit *c = a->state;

    if (a->rc == WICK_OK && (a->rc = intern(a)) < 0)
        memcpy(a->why, "no memory", 10);
    if (a->rc < 0) {
        ctx_fail(a->s->stage.w, a->rc, "store: restore: %s", a->why);
        a->restore.done(a->restore.asker, a->rc, NULL);
        return;
    }
    map(a, c->candles, c->candle_count);
    for (uint32_t i = 0; i < c->span_count; i++)
        c->spans[i].market = (uint32_t)a->names[c->spans[i].market].id;
    for (uint32_t i = 0; i < c->market_count; i++)
        c->markets[i].market = (uint32_t)a->names[c->markets[i].market].id;
    for (uint32_t i = 0; i < a->era_count; i++) {
        commit_era *x = commit_era_add(c);

        if (!x) {
            a->restore.done(a->restore.asker, WICK_E_NOMEM, NULL);
            return;
        }
        x->market = (uint32_t)a->names[a->eras[i].name].id;
        x->era = era_of(a, &a->eras[i]);
    }
    a->state = NULL;
    a->restore.done(a->restore.asker, WICK_OK, c);
}

void store_answered(store_ask *a)
{
    store *s = a->s;

    if (a->rc < 0 && !s->closing)
        s->stage.stats[STORE_ERRORS]++;
    if (s->closing)
        ;
    else if (a->kind == ASK_CANDLES)
        answer_candles(a);
    else if (a->kind == ASK_ROWS)
        answer_rows(a);
    else if (a->kind == ASK_RESTORE)
        answer_restore(a);
    else if (a->kind == ASK_MIGRATE)
        stage_event_text(&s->stage, WICK_EV_DONE, a->rc, a->tag, a->rc < 0 ? a->why : "");
    else if (a->rc < 0)
        ctx_log(s->stage.w, 1, "store: delete what is older than retention: %s", a->why);
    if (a->forgot)
        stage_forgotten(&s->stage, a->before_ns);
    ask_free(a);
}
