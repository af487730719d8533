/* SPDX-License-Identifier: Apache-2.0
 * The simulator as a stage: a timer that lets its time pass, clients that the HTTP server hands
 * over, a recording that is linked before it, and the truth, kept in a file that is replaced whole.
 * The file is small and written on the loop. */
#include <string.h>

#include "../core/time.h"
#include "peer.h"
#include "report.h"

enum { BUDGET = 2048, TRUTH_MAX = 1 << 30, REST_MAX = 16 << 20 };
enum { STAT_TRADES, STAT_DELIVERED, STAT_WITHHELD, STAT_CLIENTS };
static const char *const STATS[] = {"trades", "delivered", "withheld", "clients", NULL};

typedef struct sim_stage {
    wick_stage  base;
    sim        *s;
    sim_peers   peers;
    uv_timer_t *timer;                  /* lives until the loop has closed it */
    char       *truth;                  /* file, NULL: none */
    buf         head, body;             /* of the last REST answer */
    uint64_t    told;                   /* delivered + clients when the truth was written last */
    int         ended, starved, playing, visited;
} sim_stage;

sim_peers *sim_stage_peers(wick_stage *s)
{
    return &((sim_stage *)(void *)s)->peers;
}

sim *sim_stage_sim(wick_stage *s)
{
    return ((sim_stage *)(void *)s)->s;
}

static int write_truth(sim_stage *g)
{
    buf text;
    int rc;

    if (!g->truth)
        return WICK_OK;
    buf_init(&text, g->base.w, TRUTH_MAX);
    rc = sim_truth_csv(g->s, &text);
    if (rc == WICK_OK)
        rc = sim_replace_file(g->base.w, g->truth, &text);
    buf_fini(&text);
    if (rc < 0)
        ctx_log(g->base.w, 0, "%s",
                rc == WICK_E_NOMEM ? "sim: truth: no memory" : wick_error(g->base.w));
    return rc;
}

/* The truth is written when the last client goes, and when all trades have happened and nothing of
 * them is under way any more, and then whenever it has changed. */
static void check_end(sim_stage *g)
{
    uint64_t mark = sim_heard(g->s) + ((uint64_t)g->peers.count << 48) + 1;

    if (g->visited && !g->peers.count)
        write_truth(g);
    g->visited = g->peers.count > 0;
    if (!sim_over(g->s) || mark == g->told)
        return;
    for (const sim_peer *p = g->peers.first; p; p = p->next)
        if (!sim_stalled(p->k) && sim_peer_waiting(p))
            return;
    g->told = mark;
    write_truth(g);
    if (g->base.draining)
        stage_drained(&g->base);
    if (!g->ended)
        stage_event(&g->base, WICK_EV_END, WICK_OK, g->base.tag);
    g->ended = 1;
}

static void play(sim_stage *g);

static void fired(uv_timer_t *t)
{
    play(t->data);
}

static void failed(sim_stage *g, int rc)
{
    stage_event_text(&g->base, WICK_EV_CLOSED, rc, g->base.tag,
                     rc == WICK_E_NOMEM ? "sim: no memory" : "sim: a sum went over 38 digits");
    g->playing = 1;                                 /* for good */
    while (g->peers.first)
        sim_peer_drop(g->peers.first);
    uv_timer_stop(g->timer);
}

static void count(sim_stage *g)
{
    g->base.stats[STAT_TRADES] = (int64_t)sim_happened(g->s);
    g->base.stats[STAT_DELIVERED] = (int64_t)sim_heard(g->s);
    g->base.stats[STAT_WITHHELD] = (int64_t)(sim_happened(g->s) - sim_heard(g->s));
    g->base.stats[STAT_CLIENTS] = g->peers.count;
}

static void play(sim_stage *g)
{
    int64_t wait;
    int rc;

    g->playing = 1;
    rc = sim_play(g->s, ctx_now_ns(g->base.w), BUDGET);
    for (sim_peer *p = g->peers.first, *next; p && rc >= 0; p = next) {
        next = p->next;
        rc = sim_peer_pump(p);
    }
    g->playing = 0;
    if (rc < 0) {
        failed(g, rc);
        return;
    }
    count(g);
    check_end(g);
    if (g->starved && sim_wants(g->s)) {
        g->starved = 0;
        stage_ready(&g->base);
    }
    wait = sim_wait(g->s, ctx_now_ns(g->base.w));
    uv_timer_start(g->timer, fired, (uint64_t)((wait + NS_PER_MS - 1) / NS_PER_MS), 0);
}

/* From a client's callback: play in a turn of its own: no client vanishes under its caller. */
static void moved(wick_stage *s)
{
    sim_stage *g = (sim_stage *)(void *)s;

    if (!g->playing && g->timer)
        uv_timer_start(g->timer, fired, 0, 0);
}

static void linked(wick_stage *s, wick_stage *from)
{
    (void)from;
    sim_recording(((sim_stage *)(void *)s)->s);
}

static int take(wick_stage *s, const wick_batch *b)
{
    sim_stage *g = (sim_stage *)(void *)s;
    int rc = sim_take(g->s, b);

    g->starved = rc == WICK_E_AGAIN;
    return rc;
}

/* No more of the recording comes; a synthetic world has nothing to hand on. */
static void drain(wick_stage *s)
{
    sim_stage *g = (sim_stage *)(void *)s;

    sim_recording_over(g->s);
    g->told = 0;
    if (s->in_count == 0)
        stage_drained(s);
    moved(s);
}

static void timer_gone(uv_handle_t *h)
{
    mem_free(h->data, h);
}

static void close_stage(wick_stage *s)
{
    sim_stage *g = (sim_stage *)(void *)s;

    g->playing = 1;
    while (g->peers.first)
        sim_peer_drop(g->peers.first);
    write_truth(g);
    g->timer->data = s->w;
    uv_close((uv_handle_t *)g->timer, timer_gone);
    sim_close(g->s);
    mem_free(s->w, g->truth);
    buf_fini(&g->head);
    buf_fini(&g->body);
}

static const stage_ops SIM_OPS = {
    .kind = "sim", .linked = linked, .take = take, .drain = drain, .peer = &SIM_WS_PEER,
    .close = close_stage,
};

/* "truth=FILE" is the stage's own option; the rest is the world's. */
static int take_truth(wick *w, const char *options, char **truth, char **rest)
{
    size_t size = 0;
    const char *path = options_find(options, "truth", &size);
    char *copy = mem_text(w, options ? options : "", options ? strlen(options) : 0), *at;

    *truth = NULL;
    if (!copy)
        return WICK_E_NOMEM;
    if (path) {
        if (size && !(*truth = mem_text(w, path, size))) {
            mem_free(w, copy);
            return WICK_E_NOMEM;
        }
        at = copy + (path - options) - strlen("truth=");
        size += strlen("truth=");
        size += at[size] == '\n';
        memmove(at, at + size, strlen(at + size) + 1);
    }
    *rest = copy;
    return WICK_OK;
}

int wick_sim_open(wick *w, const char *options, uint32_t tag, wick_stage **out)
{
    sim_stage *g;
    char *rest;
    int rc;

    if (!w || !out)
        return WICK_E_ARG;
    if (!(g = stage_new(w, &SIM_OPS, sizeof *g, tag, STATS)))
        return WICK_E_NOMEM;
    buf_init(&g->head, w, REST_MAX);
    buf_init(&g->body, w, REST_MAX);
    g->peers.moved = moved;
    if ((rc = take_truth(w, options, &g->truth, &rest)) < 0)
        goto no_options;
    rc = sim_open(w, rest, 0, ctx_now_ns(w), &g->s);
    mem_free(w, rest);
    if (rc < 0)
        goto no_sim;
    if (!(g->timer = mem_zero(w, sizeof *g->timer))) {
        rc = WICK_E_NOMEM;
        goto no_timer;
    }
    uv_timer_init(&w->loop, g->timer);
    g->timer->data = g;
    uv_timer_start(g->timer, fired, 0, 0);
    *out = &g->base;
    return WICK_OK;

no_timer:
    sim_close(g->s);
no_sim:
    mem_free(w, g->truth);
no_options:
    stage_abandon(&g->base);
    return rc;
}

static sim_stage *as_sim(wick_stage *s)
{
    return s && s->ops == &SIM_OPS ? (sim_stage *)(void *)s : NULL;
}

int64_t wick_sim_rest(wick_stage *s, const char *target, const char *headers, int *status,
                      const char **out)
{
    sim_stage *g = as_sim(s);

    if (!g || !target || !status || !out)
        return WICK_E_ARG;
    g->head.size = g->body.size = 0;
    *status = sim_rest(g->s, target, headers, ctx_now_ns(s->w), &g->head, &g->body);
    if (*status < 0)
        return ctx_fail(s->w, *status, "sim: no memory for the answer");
    if (buf_text(&g->head, "\n") < 0 || buf_add(&g->head, g->body.data, g->body.size) < 0)
        return ctx_fail(s->w, WICK_E_NOMEM, "sim: no memory for the answer");
    *out = (const char *)g->head.data;
    return (int64_t)g->head.size;
}

int wick_sim_truth(wick_stage *s, uint32_t tag)
{
    sim_stage *g = as_sim(s);
    wick_event ev = {
        .kind = WICK_EV_CANDLES, .from = s ? s->id : 0, .tag = tag, .stride = sizeof(wick_candle)};
    buf rows;
    int rc;

    if (!g)
        return WICK_E_ARG;
    buf_init(&rows, s->w, TRUTH_MAX);
    if ((rc = sim_truth_candles(g->s, &rows)) == WICK_OK) {
        ev.count = (uint32_t)(rows.size / sizeof(wick_candle));
        rc = event_copy(s->w, ev, rows.data, rows.size);
    }
    buf_fini(&rows);
    return rc < 0 ? ctx_fail(s->w, rc, "sim: no memory for the truth") : WICK_OK;
}
