/* SPDX-License-Identifier: Apache-2.0
 * The door of every source: opening by url and options, and what a script asks of one. How its
 * batches move is source_flow.c, how it tells time source_clock.c, what a connection hears
 * session.c. */
#include <stdio.h>
#include <string.h>

#include "../core/place.h"
#include "source_impl.h"

static const char *const STATS[] = {"messages", "trades", "refused", "bytes", "connects",
                                    "batches", "marks", "lag_ms", "held", "last_ms", NULL};
static const transport_ops *const TRANSPORTS[] = {&transport_ws, &transport_file, &transport_sim};
static const char *const KEYS[] = {"market", "name", "owner", "place", NULL};

static void ready(wick_stage *stage)
{
    source_advance((source *)stage);
}

static void drain(wick_stage *stage)
{
    source *s = (source *)stage;

    s->t->ops->flow(s->t, 0);
    source_turn(s, 0);
    source_advance(s);
}

static void close_source(wick_stage *stage)
{
    source *s = (source *)stage;
    wick *w = stage->w;

    s->over = 1;
    if (s->t) {
        s->t->ops->close(s->t);
        mem_free(w, s->t);
    }
    source_clock_close(s);
    while (s->sessions)
        session_free(s->sessions);
    reel_fini(&s->reel);
    wick_feed_unref(s->feed);
    mem_free(w, s->owners.options);
    mem_free(w, s->market);
    mem_free(w, s->marks.list);
    pile_fini(&s->pile);
    placing_fini(&s->placing);
    mem_free(w, s->refused);
}

static const stage_ops OPS = {.kind = "source", .ready = ready, .drain = drain,
                              .close = close_source};

static const transport_ops *find(const char *url)
{
    for (size_t i = 0; i < sizeof TRANSPORTS / sizeof *TRANSPORTS; i++)
        for (const char *const *scheme = TRANSPORTS[i]->schemes; *scheme; scheme++)
            if (strncmp(url, *scheme, strlen(*scheme)) == 0)
                return TRANSPORTS[i];
    return NULL;
}

static int known(const char *const *keys, const char *key, size_t size)
{
    for (; *keys; keys++)
        if (strlen(*keys) == size && memcmp(*keys, key, size) == 0)
            return 1;
    return 0;
}

/* Every line is key=value with a key that the source or its transport knows. */
static int check_options(wick *w, const transport_ops *ops, const char *options)
{
    for (const char *at = options; *at;) {
        size_t line = strcspn(at, "\n"), key = strcspn(at, "=\n");

        if (line && (key == line || !(known(KEYS, at, key) || known(ops->keys, at, key))))
            return ctx_fail(w, WICK_E_ARG, "source: %s sources know no option '%.*s'", ops->name,
                            (int)(line < 80 ? line : 80), at);
        at += line + (at[line] == '\n');
    }
    return WICK_OK;
}

static int read_options(source *s, const char *options)
{
    wick *w = s->base.w;
    size_t size;
    const char *value = options_find(options, "market", &size);
    int64_t id;

    if (value && !(s->market = mem_text(w, value, size)))
        return ctx_fail(w, WICK_E_NOMEM, "source: no memory");
    if (!(value = options_find(options, "name", &size)))
        value = feed_venue(s->feed, &size);
    if (!size)
        size = strlen(value = s->t->ops->name);
    if ((id = wick_market(w, value, size)) < 0)
        return (int)id;
    s->name = s->placing.source = (uint32_t)id;
    s->owners = (owners){.w = w, .self = s->name};
    if (options_find(options, "owner", &size) &&
        !(s->owners.options = mem_text(w, options, strlen(options))))
        return ctx_fail(w, WICK_E_NOMEM, "source: no memory");
    if ((value = options_find(options, "place", &size))) {
        s->placed = 1;
        s->placing.key = place_key(value, size, 0);
    }
    reel_init(&s->reel, w, ctx_random(w));
    s->reel.source = s->name;
    s->reel.owners = &s->owners;
    s->reel.flags = feed_open_prev(s->feed) ? WICK_MARK_F_OPEN_PREV : 0;
    return WICK_OK;
}

static int open_transport(source *s, const transport_ops *ops, const char *url, const char *options)
{
    wick *w = s->base.w;

    if (fault_hit(w, "source.open"))
        return ctx_fail(w, WICK_E_IO, "open %s: a test made it fail", url);
    return ops->open(s->t, url, options);
}

int wick_source_open(wick *w, wick_feed *f, const char *url, const char *options, uint32_t tag,
                     wick_stage **out)
{
    const transport_ops *ops;

    if (!w || !out)
        return WICK_E_ARG;
    if (!f || !url || !(ops = find(url)))
        return ctx_fail(w, WICK_E_ARG, "source: %s", !f ? "a feed is needed"
                        : !url ? "a url is needed"
                        : "its url begins with ws://, wss://, file: or sim:");
    return source_open(w, ops, f, url, options ? options : "", tag, out);
}

int source_open(wick *w, const transport_ops *ops, wick_feed *f, const char *url,
                const char *options, uint32_t tag, wick_stage **out)
{
    source *s;
    int rc;

    if (ops->keys && (rc = check_options(w, ops, options)) < 0)
        return rc;
    if (!(s = stage_new(w, &OPS, sizeof *s, tag, STATS)))
        return WICK_E_NOMEM;
    s->feed = f;
    s->marks.w = s->placing.w = w;
    pile_init(&s->pile, w);
    s->carried_ns = LAG_NONE;
    rc = WICK_E_NOMEM;
    if (!(s->t = mem_zero(w, ops->self_size)))
        goto no_transport;
    *s->t = (transport){.ops = ops, .src = s, .w = w};
    if ((rc = source_clock_open(s)) < 0)
        goto no_clock;
    if ((rc = read_options(s, options)) < 0 || (rc = open_transport(s, ops, url, options)) < 0)
        goto no_open;
    feed_hold(f);
    source_wake(s);
    *out = &s->base;
    return WICK_OK;

no_open:
    source_clock_close(s);
    reel_fini(&s->reel);
    mem_free(w, s->owners.options);
    mem_free(w, s->market);
no_clock:
    mem_free(w, s->t);
no_transport:
    stage_abandon(&s->base);
    return rc;
}

/* ---- what a script asks ---- */

void source_path(source *s, const char *path)
{
    s->placing.key = place_key(path, strlen(path), s->placing.key);
}

static source *source_of(wick_stage *stage)
{
    return stage && stage->ops == &OPS ? (source *)stage : NULL;
}

int wick_source_send(wick_stage *stage, const void *text, size_t size)
{
    source *s = source_of(stage);

    if (!s || (!text && size))
        return WICK_E_ARG;
    return s->over ? WICK_E_CLOSED : s->t->ops->send(s->t, text, size);
}

/* From here on a symbol counts as subscribed, or not: a mark behind what was received so far. */
static int tell(wick_stage *stage, int kind, const char *symbol, size_t size)
{
    source *s = source_of(stage);
    session *c = s ? s->sessions : NULL;
    int rc;

    if (!s || !symbol)
        return WICK_E_ARG;
    if (!c || s->over || s->closing)
        return ctx_fail(stage->w, WICK_E_CLOSED, "source: no connection");
    if (c->kind != SESSION_LIVE)
        return WICK_OK;                         /* a recording tells by itself what it covers */
    if ((rc = session_subscribed(c, kind, symbol, size, source_now(s))) < 0)
        return ctx_fail(stage->w, rc, "source: no memory");
    if (!s->stopped) {
        s->burst = c;
        rc = source_burst_end(s);
    }
    return rc == WICK_E_AGAIN ? WICK_OK : rc;
}

int wick_source_subscribed(wick_stage *stage, const char *symbol, size_t size)
{
    return tell(stage, NOTE_CONFIRMED, symbol, size);
}

int wick_source_unsubscribed(wick_stage *stage, const char *symbol, size_t size)
{
    return tell(stage, NOTE_LEFT, symbol, size);
}

int wick_source_reopen(wick_stage *stage)
{
    source *s = source_of(stage);

    if (!s)
        return WICK_E_ARG;
    if (s->over)
        return ctx_fail(stage->w, WICK_E_CLOSED, "source: it has ended");
    if (s->sessions)
        return ctx_fail(stage->w, WICK_E_ARG, "source: its connection still stands");
    return s->t->ops->reopen(s->t);
}
