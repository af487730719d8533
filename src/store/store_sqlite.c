/* SPDX-License-Identifier: Apache-2.0
 * The store in a SQLite file: opening, closing, and which thread does what. Commits, restores and
 * whatever else writes run on one thread, questions on another. */
#include "store_commit.h"

#include <stdio.h>
#include <string.h>

static int open_db(store_sqlite *s)
{
    wick *w = s->store.stage.w;
    char why[DB_ERROR_MAX] = "", sql[96];
    int rc;

    if ((rc = db_open(w, s->path, STORE_APPLICATION, 1, &s->writer.db)) < 0)
        return rc;
    snprintf(sql, sizeof sql, "PRAGMA wal_autocheckpoint = %d; PRAGMA cache_size = -%d",
             CHECKPOINT_PAGES, WRITER_KIB);
    if ((rc = db_run(s->writer.db, sql, why)) < 0)
        return ctx_fail(w, rc, "open %s: %s", s->path, why);
    if (s->as_is) {
        if ((rc = sq_applied(s, why)) < 0)
            return ctx_fail(w, rc, "open %s: %s", s->path, why);
        return db_open(w, s->path, STORE_APPLICATION, 0, &s->reader.db);
    }
    if ((rc = sq_migrate(s, 1, why)) < 0 || (rc = sq_reader_open(&s->writer, why)) < 0 ||
        (rc = sq_writer_open(s, why)) < 0)
        return ctx_fail(w, rc, "open %s: %s", s->path, why);
    if ((rc = db_open(w, s->path, STORE_APPLICATION, 0, &s->reader.db)) < 0)
        return rc;
    if ((rc = sq_reader_open(&s->reader, why)) < 0)
        return ctx_fail(w, rc, "open %s: %s", s->path, why);
    return WICK_OK;
}

static void close_db(store_sqlite *s)
{
    sqlite3_stmt *all[] = {s->market_put, s->market_base, s->market_state, s->candle_put,
                           s->candle_get, s->candle_set,  s->open_put,     s->open_get,
                           s->open_drop,  s->open_others, s->revision_put, s->span_put,
                           s->span_drop,  s->refusal_put, s->offset_get,   s->offset_put,
                           s->era_put};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    sq_reader_close(&s->reader);
    sq_reader_close(&s->writer);
    mem_free(s->store.stage.w, s->markets);
}

/* "FILE[?migrate=0]": with it the schema stays as it is, and only migrations can be asked for. */
static int place(store_sqlite *s, const char *rest)
{
    wick *w = s->store.stage.w;
    size_t size = strcspn(rest, "?");
    char name[DB_PATH_MAX];

    s->as_is = strcmp(rest + size, "?migrate=0") == 0;
    if (rest[size] && !s->as_is)
        return ctx_fail(w, WICK_E_ARG, "store.url: no option '%s'; there is ?migrate=0",
                        rest + size);
    if (size >= sizeof name)
        return ctx_fail(w, WICK_E_ARG, "store.url: its path is over %d bytes", DB_PATH_MAX);
    snprintf(name, sizeof name, "%.*s", (int)size, rest);
    return db_path(w, name, s->path);
}

static int open_sqlite(store *base, const char *rest)
{
    store_sqlite *s = (store_sqlite *)base;
    wick *w = base->stage.w;
    int rc;

    if ((s->list_count = migrate_list(MIGRATE_FILES, "sqlite", s->list)) < 1)
        return ctx_fail(w, WICK_E_DATA, "open the store: its migrations have a hole");
    if ((rc = place(s, rest)) < 0)
        return rc;
    if ((rc = open_db(s)) == WICK_OK &&
        (rc = worker_open(w, "the store's writer", &s->writing)) == WICK_OK)
        rc = worker_open(w, "the store's readers", &s->reading);
    if (rc < 0) {
        worker_close(s->writing);
        close_db(s);
    }
    return rc;
}

static void close_sqlite(store *base)
{
    store_sqlite *s = (store_sqlite *)base;

    worker_close(s->reading);
    worker_close(s->writing);
    close_db(s);
}

/* ---- commits --------------------------------------------------------------------------------- */

static void job_free(sq_job *j)
{
    wick *w = j->s->store.stage.w;

    mem_free(w, j->named);
    buf_fini(&j->symbols);
    mem_free(w, j->changed);
    mem_free(w, j);
}

static void done_commit(job *base)
{
    sq_job *j = (sq_job *)base;
    wick_candle *rows = j->changed;

    j->changed = NULL;
    if (j->rc < 0 || j->changed_count == 0) {
        mem_free(j->s->store.stage.w, rows);
        rows = NULL;
        j->changed_count = 0;
    }
    store_committed(&j->s->store, j->rc, j->why, rows, j->changed_count);
    job_free(j);
}

static int name(sq_job *j, uint8_t *seen, uint32_t market, int open_prev)
{
    wick *w = j->s->store.stage.w;
    sq_named *n = &j->named[j->named_count];
    const char *symbol = market_symbol_at(w, market, INT64_MAX);

    if (market >= w->markets.count || seen[market]) {
        for (uint32_t i = 0; open_prev && i < j->named_count; i++)
            j->named[i].open_prev |= j->named[i].market == market;
        return market < w->markets.count || market == WICK_NO_MARKET ? WICK_OK : WICK_E_ARG;
    }
    seen[market] = 1;
    *n = (sq_named){.market = market, .name = wick_market_name(w, market), .open_prev = open_prev,
                    .symbol_at = (uint32_t)j->symbols.size};
    if (symbol &&
        buf_text(&j->symbols, symbol) < 0) /* a copy: it may change while the thread reads */
        return WICK_E_NOMEM;
    n->symbol_len = (uint32_t)j->symbols.size - n->symbol_at;
    j->named_count++;
    return WICK_OK;
}

/* Every market of the commit once, with its name: the table of names belongs to the loop. */
static int names(sq_job *j)
{
    wick *w = j->s->store.stage.w;
    const commit *c = j->c;
    uint64_t most =
        (uint64_t)c->candle_count + c->span_count + c->market_count + c->refusal_count + 1;
    uint8_t *seen = mem_zero(w, w->markets.count + 1);
    int rc = WICK_OK;

    if (most > w->markets.count)
        most = w->markets.count + 1;
    if (!seen || !(j->named = mem_alloc(w, most * sizeof *j->named)))
        rc = WICK_E_NOMEM;
    for (uint32_t i = 0; i < c->market_count && rc == WICK_OK; i++)
        rc =
            name(j, seen, c->markets[i].market, (c->markets[i].flags & WICK_MARK_F_OPEN_PREV) != 0);
    for (uint32_t i = 0; i < c->candle_count && rc == WICK_OK; i++)
        if (!seen[c->candles[i].market < w->markets.count ? c->candles[i].market
                                                          : w->markets.count])
            rc = name(j, seen, c->candles[i].market,
                      (c->candles[i].flags & WICK_CANDLE_OPEN_PREV) != 0);
    for (uint32_t i = 0; i < c->span_count && rc == WICK_OK; i++)
        rc = name(j, seen, c->spans[i].market, 0);
    for (uint32_t i = 0; i < c->refusal_count && rc == WICK_OK; i++)
        rc = name(j, seen, c->refusals[i].market, 0);
    mem_free(w, seen);
    return rc;
}

static void commit_sqlite(store *base, const commit *c)
{
    store_sqlite *s = (store_sqlite *)base;
    wick *w = base->stage.w;
    sq_job *j = mem_zero(w, sizeof *j);
    int rc = WICK_E_NOMEM;

    if (j) {
        *j = (sq_job){.job = {.run = sq_commit_run, .done = done_commit}, .s = s, .c = c,
                      .now_ms = ctx_now_ns(w) / 1000000};
        buf_init(&j->symbols, w, 0);
        rc = names(j);
    }
    if (rc < 0) {
        if (j)
            job_free(j);
        store_committed(base, rc == WICK_E_ARG ? WICK_E_DATA : rc,
                        rc == WICK_E_ARG ? "a row names a market that there is not" : "no memory",
                        NULL, 0);
        return;
    }
    worker_post(s->writing, &j->job);
}

/* ---- questions ------------------------------------------------------------------------------- */

static void run_ask(job *base)
{
    sq_job *j = (sq_job *)base;
    store_sqlite *s = j->s;
    store_ask *a = j->ask;

    switch (a->kind) {
    case ASK_CANDLES: a->rc = sq_query(&s->reader, a, a->why); break;
    case ASK_ROWS:    a->rc = sq_rows(s, a, a->why); break;
    case ASK_RESTORE: a->rc = sq_restore(s, a, a->why); break;
    case ASK_MIGRATE: a->rc = sq_migrate(s, *a->what == 'u', a->why); break;
    case ASK_FORGET:  a->rc = sq_forget(s, a, a->why); break;
    }
}

static void done_ask(job *base)
{
    sq_job *j = (sq_job *)base;
    wick *w = j->s->store.stage.w;

    store_answered(j->ask);
    mem_free(w, j);
}

static void ask_sqlite(store *base, store_ask *a)
{
    store_sqlite *s = (store_sqlite *)base;
    int reads = a->kind == ASK_CANDLES || a->kind == ASK_ROWS;
    sq_job *j = mem_zero(base->stage.w, sizeof *j);

    if (!j) {
        a->rc = WICK_E_NOMEM;
        snprintf(a->why, sizeof a->why, "no memory");
        store_answered(a);
        return;
    }
    *j = (sq_job){.job = {.run = run_ask, .done = done_ask}, .s = s, .ask = a};
    worker_post(reads ? s->reading : s->writing, &j->job);
}

const store_driver store_sqlite_driver = {
    .name = "sqlite",
    .self_size = sizeof(store_sqlite),
    .open = open_sqlite,
    .commit = commit_sqlite,
    .ask = ask_sqlite,
    .close = close_sqlite,
};
