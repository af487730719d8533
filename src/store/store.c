/* SPDX-License-Identifier: Apache-2.0
 * The one door to the store: one commit at a time on its way, tried again until it is durable, then
 * told to the script, to the cache and to agg. A commit that is refused (an older epoch) ends this
 * writer. */
#include <string.h>

#include "store.h"

enum { BACKOFF_MS = 100, BACKOFF_MAX_MS = 5000, FORGET_EVERY_MS = 60000 };

static const store_driver *const DRIVERS[] = {&store_sqlite_driver};
static const char *const STATS[] = {"commits", "candles", "changed",  "errors",
                                    "waiting", "queries", "refusals", NULL};

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
    wick_event ev = {.kind = WICK_EV_COMMITTED,
                     .from = s->stage.id,
                     .tag = s->stage.tag,
                     .data = rows,
                     .count = count,
                     .stride = sizeof *rows};

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

/* ---- opening and closing --------------------------------------------------------------------- */

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
    uv_timer_stop(s->retry);                    /* closing runs the loop */
    uv_timer_stop(s->forget);
    if (s->pending && !s->busy)
        start(s);                               /* once more: it may be possible now */
    s->drv->close(s);
    commit_free(s->pending);
    release(s);
}

static const stage_ops OPS = {.kind = "store",
                              .commit = take_commit,
                              .drain = drain,
                              .restore = store_restore,
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
        if (!(s->retry = timer_new(s, retry)) || !(s->forget = timer_new(s, store_forget_due)))
            ctx_fail(w, rc, "open the store: no memory");
        else
            rc = s->drv->open(s, url + size + 1);
        if (rc < 0) {
            release(s);
            stage_abandon(&s->stage);
            return rc;
        }
        if (s->retention_ns > 0)
            uv_timer_start(s->forget, store_forget_due, 1000, FORGET_EVERY_MS);
        *out = &s->stage;
        return WICK_OK;
    }
    return ctx_fail(w, WICK_E_ARG, "store.url: no driver for '%.*s:'; there is sqlite:FILE",
                    (int)size, url); /* what is behind may be secret */
}
