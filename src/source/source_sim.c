/* SPDX-License-Identifier: Apache-2.0
 * Transport "sim:?rate=R&seed=N&fault=NAME@WHEN&markets=...": the simulator as a source in this
 * process. The streamer's messages go through the decoder as if they had come by a socket. Time is
 * virtual: it catches up flat out with the wall clock and then follows it. `after` (in the options,
 * ns) is where the log ends: the world goes on behind it. */
#include <string.h>

#include "../core/time.h"
#include "../net/ws.h"
#include "../sim/report.h"
#include "source.h"

enum { BUDGET = 1024, STEPS = 64, OPTIONS_MAX = 65536 };
#define STEP_NS                                                                                    \
    (100 *                                                                                         \
     NS_PER_MS) /* of virtual time: what a trade is received late, at most, while catching up */

typedef struct sim_source {
    transport t;
    sim      *s;
    sim_conn *k;
    session  *c;
    int       flowing, opening, broken; /* broken: a text came that is not UTF-8 */
    int64_t   reopen_ns;
} sim_source;

static int hex(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

/* "?a=1&b=2" as "a=1\nb=2\n", with %XX undone. */
static int add_query(buf *out, const char *query)
{
    for (; *query; query++) {
        char c = *query;

        if (c == '&') {
            c = '\n';
        } else if (c == '%' && hex(query[1]) >= 0 && hex(query[2]) >= 0) {
            c = (char)(hex(query[1]) * 16 + hex(query[2]));
            query += 2;
            if (c == '\n')
                return WICK_E_ARG;
        }
        if (buf_add(out, &c, 1) < 0)
            return WICK_E_NOMEM;
    }
    return buf_add(out, "\n", 1);
}

static int sim_open_source(transport *t, const char *url, const char *options)
{
    sim_source *x = (sim_source *)t;
    const char *query = strchr(url, '?'), *after;
    size_t size;
    buf text;
    int rc;

    buf_init(&text, t->w, OPTIONS_MAX);
    rc = query ? add_query(&text, query + 1) : WICK_OK;
    after = options_find(options, "after", &size);
    if (rc == WICK_OK && after && size)
        rc = buf_fmt(&text, "after=%.*s\n", (int)size, after);
    if (rc == WICK_OK)
        rc = buf_add(&text, "", 1);
    if (rc == WICK_OK)
        rc = sim_open(t->w, (const char *)text.data, 1, ctx_now_ns(t->w), &x->s);
    else
        ctx_fail(t->w, rc, "%s: not an address of the simulator", url);
    buf_fini(&text);
    x->flowing = x->opening = rc == WICK_OK;
    return rc;
}

static int sim_reopen(transport *t)
{
    sim_source *x = (sim_source *)t;

    if (x->k || x->opening)
        return WICK_E_ARG;
    x->opening = 1;
    source_wake(t->src);
    return WICK_OK;
}

static void sim_flow(transport *t, int on)
{
    sim_source *x = (sim_source *)t;

    x->flowing = on;
    if (on)
        source_wake(t->src);
}

static int sim_send(transport *t, const void *text, size_t size)
{
    sim_source *x = (sim_source *)t;

    if (!x->k)
        return WICK_E_CLOSED;
    sim_hear(x->k, text, size, source_now(t->src));
    source_wake(t->src);
    return WICK_OK;
}

static void hang_up(sim_source *x, int status, const char *why)
{
    session *c = x->c;

    sim_gone(x->k);
    x->broken = 0;
    x->k = NULL;
    x->c = NULL;
    if (c)
        source_closed(x->t.src, c, status, why);
}

static int connect_now(sim_source *x, int64_t now_ns)
{
    int rc;

    x->opening = 0;
    if ((rc = source_opened(x->t.src, &x->c)) < 0)
        return rc;
    if (!(x->k = sim_connect(x->s, "/v2", "", now_ns))) {
        session *c = x->c;

        x->c = NULL;
        source_closed(x->t.src, c, WICK_E_IO, "sim: connection refused");
    }
    return WICK_OK;
}

/* Hand on what waits. 1: the burst has to end; NOMEM. */
static int hand_on(sim_source *x, int64_t now_ns)
{
    sim_message m;
    int stop = 0;

    while (!stop && sim_next(x->k, &m)) {
        if (m.kind == WS_PING) {
            sim_sent(x->k);
            sim_pong(x->k, now_ns);
            continue;
        }
        if (m.parts == 0) {                         /* what a socket's framing would refuse */
            x->broken = 1;
            return 1;
        }
        stop = source_message(x->t.src, x->c, m.bytes, m.size, WICK_FORM_FRAME, now_ns);
        if (m.fact && sim_delivered(x->s, m.fact) < 0)
            return WICK_E_NOMEM;
        sim_sent(x->k);
    }
    return stop;
}

/* One step of virtual time, with whatever happens in it. 1: return from pump() with 0; negative: it
 * is over. */
static int step(sim_source *x, int64_t wall_ns)
{
    int64_t now = source_now(x->t.src), to = now ? now + STEP_NS : sim_from(x->s, wall_ns);
    sim_message m;
    int stop = 0, rc;

    if (!(x->k && sim_next(x->k, &m))) {
        if (source_clock(x->t.src, to < wall_ns ? to : wall_ns))
            return 1;
        now = source_now(x->t.src);
        if (x->opening && (rc = connect_now(x, now)) < 0)
            return rc;
        if ((rc = sim_play(x->s, now, BUDGET)) < 0) {
            source_end(x->t.src, rc, "sim: the world can not go on");
            return rc;
        }
    }
    if (x->k && (stop = hand_on(x, now)) < 0) {
        source_end(x->t.src, stop, "sim: no memory");
        return stop;
    }
    return stop;
}

static int64_t sim_pump(transport *t)
{
    sim_source *x = (sim_source *)t;
    int64_t wall = ctx_now_ns(t->w), wait, due;
    uint64_t begin = sim_happened(x->s);
    int stop = 0;
    sim_message m;

    if (!x->flowing)
        return -1;
    for (int i = 0; i < STEPS && !stop && sim_happened(x->s) - begin < BUDGET; i++) {
        stop = step(x, wall);
        if (x->k && !sim_next(x->k, &m) && sim_closing(x->k))
            break;
        if (source_now(t->src) >= wall)
            break;
    }
    if (stop < 0 || source_burst_end(t->src) < 0)
        return -1;
    if (x->k && x->broken) {
        hang_up(x, WICK_E_DATA, "sim: a text that is not UTF-8");
        return 0;
    }
    if (x->k && !sim_next(x->k, &m) && sim_closing(x->k)) {
        hang_up(x, sim_closing(x->k) == SIM_CUTS ? WICK_E_IO : WICK_OK,
                sim_closing(x->k) == SIM_CUTS ? "sim: cut" : "sim: closed");
        return 0;
    }
    if (stop || (x->k && sim_next(x->k, &m)) || source_now(t->src) < wall)
        return 0;
    wait = sim_wait(x->s, wall);
    due = source_timer_next(t->src);
    if (due - wall < wait)
        wait = due > wall ? due - wall : 0;
    return (wait + NS_PER_MS - 1) / NS_PER_MS;
}

static void sim_close_source(transport *t)
{
    sim_close(((sim_source *)t)->s);
}

static const char *const SCHEMES[] = {"sim:", NULL};

const transport_ops transport_sim = {
    .name = "sim",
    .schemes = SCHEMES,
    .self_size = sizeof(sim_source),
    .own_clock = 1,
    .open = sim_open_source,
    .reopen = sim_reopen,
    .flow = sim_flow,
    .send = sim_send,
    .pump = sim_pump,
    .close = sim_close_source,
};
