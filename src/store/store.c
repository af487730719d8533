/* SPDX-License-Identifier: Apache-2.0
 * The one door to the store: one commit at a time on its way, tried again until it is durable, then told to the
 * script, to the cache and to agg. A commit that is refused (an older epoch) ends this writer. */
#include <string.h>

#include "store.h"

enum { BACKOFF_MS = 100, BACKOFF_MAX_MS = 5000, FORGET_EVERY_MS = 60000 };

static const store_driver *const DRIVERS[] = {&store_sqlite_driver};
static const char *const STATS[] = {"commits", "candles", "changed", "errors", "waiting", "queries", "refusals",
                                    NULL};

/* ---- commits ----------------------------------------------------------------------------------------- */

static void start(store *s)
{
    s->busy = 1;
    if (fault_hit(s->stage.w, "store.commit"))
        store_committed(s, WICK_E_IO, "a test asked for it", NULL, 0);
    else
        s->drv->commit(s, s->pending);
}

static int take_commit(wick_stage *stage, commit *c)
{
    store *s = (store *)stage;

    if (s->refused)
        return ctx_fail(stage->w, WICK_E_CLOSED, "store: an earlier commit was refused");
    if (s->pending)
        return WICK_E_AGAIN;
    s->pending = c;
    stage->stats[STORE_WAITING] = c->candle_count;
    start(s);
    return WICK_OK;
}

static void failed(store *s, int rc, const char *why)
{
    wick_stage *t = &s->stage;

    if (s->closing) {
        ctx_log(t->w, 0, "store: closed with a commit that could not be written: %s", why);
        return;
    }
    if (!s->failing) {
        s->failing = 1;
        s->backoff_ms = BACKOFF_MS;
        ctx_log(t->w, 0, "store: commit: %s; nothing is lost, trying again", why);
        stage_event_text(t, WICK_EV_FULL, rc, t->tag, why);
    } else if ((s->backoff_ms *= 2) > BACKOFF_MAX_MS) {
        s->backoff_ms = BACKOFF_MAX_MS;
    }
    uv_timer_start(s->retry, s->retry->timer_cb, (uint64_t)s->backoff_ms, 0);
}

static void tell(store *s, wick_candle *rows, uint32_t count)
{
    wick_event ev = {.kind = WICK_EV_COMMITTED, .from = s->stage.id, .tag = s->stage.tag, .data = rows,
                     .count = count, .stride = sizeof *rows};

    stage_changed(&s->stage, rows, count);
    event_push(s->stage.w, &ev, rows, mem_release);
}

static void forget_commit(store *s)
{
    commit_free(s->pending);
    s->pending = NULL;
    s->stage.stats[STORE_WAITING] = 0;
}

static void refuse(store *s, int rc, const char *why)
{
    s->refused = 1;
    ctx_log(s->stage.w, 0, "store: commit refused: %s", why);
    stage_event_text(&s->stage, WICK_EV_COMMITTED, rc, s->stage.tag, why);
    forget_commit(s);
}

void store_committed(store *s, int rc, const char *why, wick_candle *rows, uint32_t count)
{
    int64_t *stats = s->stage.stats;

    s->busy = 0;
    if (rc < 0)
        stats[STORE_ERRORS]++;
    if (rc == WICK_E_IO || rc == WICK_E_NOMEM) {
        failed(s, rc, why);
        return;
    }
    if (rc < 0) {
        refuse(s, rc, why);
    } else {
        stats[STORE_COMMITS]++;
        stats[STORE_CANDLES] += s->pending->candle_count;
        stats[STORE_CHANGED] += count;
        stats[STORE_REFUSALS] += s->pending->refusal_count;
        forget_commit(s);
        tell(s, rows, count);
    }
    if (s->failing) {
        s->failing = 0;
        ctx_log(s->stage.w, 2, "store: commits work again");
        stage_event(&s->stage, WICK_EV_READY, WICK_OK, s->stage.tag);
    }
    if (s->closing)
        return;
    stage_ready(&s->stage);
    if (!s->pending)
        stage_drained(&s->stage);
}

static void retry(uv_timer_t *t)
{
    store *s = t->data;

    if (s->pending && !s->busy)
        start(s);
}

static void drain(wick_stage *stage)
{
    if (!((store *)stage)->pending)
        stage_drained(stage);
}

/* ---- questions --------------------------------------------------------------------------------------- */

wick_candle *ask_row(store_ask *a)
{
    if (a->row_count == a->row_cap) {
        uint32_t cap = a->row_cap ? a->row_cap * 2 : 256;
        wick_candle *rows;

        if (cap > STORE_ROWS_MAX || !(rows = mem_resize(a->s->stage.w, a->rows, cap * sizeof *rows)))
            return NULL;
        a->rows = rows;
        a->row_cap = cap;
    }
    return &a->rows[a->row_count++];
}

store_name *ask_name(store_ask *a)
{
    if (a->name_count == a->name_cap) {
        uint32_t cap = a->name_cap ? a->name_cap * 2 : 8;
        store_name *names;

        if (cap > MARKET_MAX || !(names = mem_resize(a->s->stage.w, a->names, cap * sizeof *names)))
            return NULL;
        a->names = names;
        a->name_cap = cap;
    }
    return &a->names[a->name_count++];
}

static store_ask *ask_new(store *s, int kind, uint32_t tag)
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

static void ask_free(store_ask *a)
{
    wick *w = a->s->stage.w;

    a->s->asks--;
    mem_free(w, a->rows);
    mem_free(w, a->names);
    buf_fini(&a->text);
    commit_free(a->state);
    mem_free(w, a);
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
    return WICK_OK;
}

static void map(const store_ask *a, wick_candle *rows, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const store_name *n = &a->names[rows[i].market];

        if (n->flags & WICK_MARK_F_OPEN_PREV)
            rows[i].flags |= WICK_CANDLE_OPEN_PREV;
        rows[i].market = (uint32_t)n->id;
    }
}

static void answer_candles(store_ask *a)
{
    wick_event ev = {.kind = WICK_EV_CANDLES, .from = a->s->stage.id, .tag = a->tag, .stride = sizeof *a->rows};

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
    ask_free(a);
}

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
    static const char *const KNOWN[] = {"markets", "quarantine", "coverage", "migrations", "offsets", "revisions"};
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

static int restore(wick_stage *stage, const restore_ask *ask)
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

/* ---- opening and closing ----------------------------------------------------------------------------- */

static void forget_due(uv_timer_t *t)
{
    store *s = t->data;
    store_ask *a = ask_new(s, ASK_FORGET, 0);

    if (!a)
        return;
    a->before_ns = ctx_now_ns(s->stage.w) - s->retention_ns;
    s->drv->ask(s, a);
}

static void timer_gone(uv_handle_t *h)
{
    mem_free(h->data, h);
}

static void release(store *s)
{
    uv_timer_t *timers[] = {s->retry, s->forget};

    for (int i = 0; i < 2; i++)
        if (timers[i]) {
            timers[i]->data = s->stage.w;
            uv_close((uv_handle_t *)timers[i], timer_gone);
        }
}

static uv_timer_t *timer_new(store *s, uv_timer_cb cb)
{
    uv_timer_t *t = mem_zero(s->stage.w, sizeof *t);

    if (t) {
        uv_timer_init(&s->stage.w->loop, t);
        t->data = s;
        t->timer_cb = cb;
    }
    return t;
}

static void close_store(wick_stage *stage)
{
    store *s = (store *)stage;

    s->closing = 1;
    if (s->pending && !s->busy)
        start(s);                               /* once more: it may be possible now */
    s->drv->close(s);
    commit_free(s->pending);
    release(s);
}

static const stage_ops OPS = {.kind = "store", .commit = take_commit, .drain = drain, .restore = restore,
                              .close = close_store};

int wick_store_open(wick *w, const char *url, uint32_t tag, wick_stage **out)
{
    size_t size;
    store *s;
    int rc;

    if (!w || !out)
        return WICK_E_ARG;
    if (!url)
        url = conf_text(w->conf, "store.url");
    size = strcspn(url, ":");
    for (size_t i = 0; i < sizeof DRIVERS / sizeof *DRIVERS; i++) {
        if (strncmp(url, DRIVERS[i]->name, size) != 0 || DRIVERS[i]->name[size] || url[size] != ':')
            continue;
        if (!(s = stage_new(w, &OPS, DRIVERS[i]->self_size, tag, STATS)))
            return WICK_E_NOMEM;
        s->drv = DRIVERS[i];
        s->retention_ns = conf_ns(w->conf, "retention");
        rc = WICK_E_NOMEM;
        if (!(s->retry = timer_new(s, retry)) || !(s->forget = timer_new(s, forget_due)))
            ctx_fail(w, rc, "open the store: no memory");
        else
            rc = s->drv->open(s, url + size + 1);
        if (rc < 0) {
            release(s);
            stage_abandon(&s->stage);
            return rc;
        }
        if (s->retention_ns > 0)
            uv_timer_start(s->forget, forget_due, 1000, FORGET_EVERY_MS);
        *out = &s->stage;
        return WICK_OK;
    }
    return ctx_fail(w, WICK_E_ARG, "store.url: no driver for '%s'; there is sqlite:FILE", url);
}
