/* SPDX-License-Identifier: Apache-2.0
 * The HTTP server as a stage: requests go to the script as events, its answers come back by id. */
#include "http_conn.h"

#include <string.h>

#include "../net/handshake.h"
#include "../net/ws_peer.h"

static const char *const STATS[] = {"open",      "connections", "requests", "refused",   "bytes_in",
                                    "bytes_out", "upgrades",    "timeouts", "in_flight", NULL};

static void accepted(void *user, sock *s)
{
    http_conn_accept(user, s);
}

static void sweep(uv_timer_t *t)
{
    server *sv = t->data;
    uint64_t now = uv_now(&sv->st.w->loop);

    for (uint32_t i = 0; i < SERVE_CONNS_MAX; i++)
        if (sv->conns[i])
            http_conn_sweep(sv->conns[i], now);
}

static void sweep_gone(uv_handle_t *h)
{
    mem_free(h->loop->data, h);
}

static void stage_close_server(wick_stage *st)
{
    server *sv = (server *)st;

    sock_listener_close(sv->listener);
    for (uint32_t i = 0; i < SERVE_CONNS_MAX; i++)
        if (sv->conns[i])
            http_conn_free(sv->conns[i], SOCK_ABORT);
    uv_close((uv_handle_t *)sv->sweep, sweep_gone);
}

/* Accept nothing more; what is in flight is answered, what has only begun may become whole. */
static void drain(wick_stage *st)
{
    server *sv = (server *)st;

    sock_listener_close(sv->listener);
    sv->listener = NULL;
    for (uint32_t i = 0; i < SERVE_CONNS_MAX && st->draining; i++) {
        http_conn *c = sv->conns[i];

        if (c && c->count == 0 && !http_partial(&c->reader)) {
            c->stopped = 1;
            http_conn_pump(c);
        }
    }
    if (st->stats[SERVE_OPEN] == 0)
        stage_drained(st);
}

static const stage_ops SERVER = {.kind = "server", .drain = drain, .close = stage_close_server};

static int start_sweep(server *sv)
{
    wick *w = sv->st.w;

    if (!(sv->sweep = mem_zero(w, sizeof *sv->sweep)))
        return ctx_fail(w, WICK_E_NOMEM, "open a server: no memory");
    uv_timer_init(&w->loop, sv->sweep);
    sv->sweep->data = sv;
    uv_timer_start(sv->sweep, sweep, SERVE_SWEEP_MS, SERVE_SWEEP_MS);
    return WICK_OK;
}

int wick_server_open(wick *w, const char *bind, int port, uint32_t tag, wick_stage **out)
{
    server *sv;
    wick_event ev = {.kind = WICK_EV_OPENED, .tag = tag};
    int rc;

    if (!w || !out)
        return WICK_E_ARG;
    if (!(sv = stage_new(w, &SERVER, sizeof *sv, tag, STATS)))
        return WICK_E_NOMEM;
    if ((rc = sock_listen(w, bind ? bind : "127.0.0.1", port, NULL, accepted, sv, &sv->listener)) <
        0)
        goto no_listener;
    ev.from = sv->st.id;
    ev.count = (uint32_t)sock_listener_port(sv->listener);
    if ((rc = start_sweep(sv)) < 0)
        goto no_sweep;
    if ((rc = event_push(w, &ev, NULL, NULL)) < 0)
        goto no_event;
    *out = &sv->st;
    return WICK_OK;

no_event:
    uv_close((uv_handle_t *)sv->sweep, sweep_gone);
no_sweep:
    sock_listener_close(sv->listener);
no_listener:
    stage_abandon(&sv->st);
    return rc;
}

/* The connection and slot of a request that waits for its answer. */
static int find(wick_stage *st, uint64_t request, http_conn **c, http_slot **slot)
{
    if (!st)
        return WICK_E_ARG;
    if (st->ops != &SERVER)
        return ctx_fail(st->w, WICK_E_ARG, "serve: a %s is no server", st->ops->kind);
    *c = ((server *)st)->conns[request % SERVE_CONNS_MAX];
    if (!*c || !(*slot = http_slot_find(*c, request)))
        return ctx_fail(st->w, WICK_E_CLOSED,
                        "serve: the client has gone, or the request was answered");
    return WICK_OK;
}

int wick_serve(wick_stage *st, uint64_t request, int status, const char *headers, const void *body,
               size_t size)
{
    http_slot *slot = NULL;
    http_conn *c = NULL;
    int rc = find(st, request, &c, &slot);

    if (rc < 0)
        return rc;
    if (status < 200 || status > 599 || (size && !body))
        return ctx_fail(st->w, WICK_E_ARG, "serve: status %d is not between 200 and 599", status);
    if ((rc = http_slot_answer(c, slot, status, headers, body, size)) < 0)
        return rc;
    http_conn_pump(c);
    return WICK_OK;
}

static int upgrade(wick_stage *st, http_conn *c, wick_stage *sim, wsconn **out)
{
    const char *lines = (const char *)c->reader.lines.data;
    const struct ws_peer *peer = sim->ops->peer;
    buf answer;
    int rc;

    buf_init(&answer, st->w, 4096);
    rc = handshake_answer(lines, c->reader.lines.size, &answer);
    if (rc == WICK_OK)
        rc = sock_write(c->s, answer.data, answer.size);
    buf_fini(&answer);
    if (rc == WICK_OK)
        rc = wsconn_accept(c->s, c->reader.in.data + c->reader.at, c->reader.in.size - c->reader.at,
                           NULL, &peer->ops, NULL, out);
    return rc < 0 ? ctx_fail(st->w, rc, "upgrade %s: the connection is lost", sock_peer(c->s)) : rc;
}

int wick_serve_upgrade(wick_stage *st, uint64_t request, wick_stage *sim)
{
    void *user = NULL;
    http_slot *slot;
    http_conn *c;
    wsconn *ws;
    int rc = find(st, request, &c, &slot);

    if (rc < 0)
        return rc;
    if (!slot->upgrade || !sim || sim->w != st->w || !sim->ops->peer)
        return ctx_fail(st->w, WICK_E_ARG, "upgrade: not asked for, or nobody to speak on it");
    if (c->ended)
        return ctx_fail(st->w, WICK_E_CLOSED, "upgrade: the client has gone");
    if ((rc = upgrade(st, c, sim, &ws)) < 0) {
        http_conn_free(c, SOCK_ABORT);
        return rc;
    }
    c->s = NULL;                                /* it is the WebSocket's now */
    st->stats[SERVE_UPGRADES]++;
    rc = sim->ops->peer->opened(sim, ws, (const char *)c->reader.target.data,
                                (const char *)c->reader.lines.data, &user);
    if (rc < 0)
        wsconn_abort(ws);
    else
        wsconn_take(ws, user);
    http_conn_free(c, SOCK_ABORT);
    return rc;
}
