/* SPDX-License-Identifier: Apache-2.0
 * WebSocket clients of the simulator, and what the kernel has taken of the trades that they were
 * sent. */
#include "peer.h"

#include <string.h>

#include "../core/time.h"

typedef struct sim_receipt {
    uint64_t end;                       /* the trade has left when so many bytes have */
    sim_fact fact;
} sim_receipt;

enum { RECEIPTS_MAX = 1 << 20, QUEUE_BYTES = 256 << 10, CUT_MS = 2000 };

static int keep(sim_peer *p, const sim_fact *fact)
{
    if (p->count == p->cap) {
        uint32_t cap = p->cap ? p->cap * 2 : 1024;
        sim_receipt *ring = p->cap >= RECEIPTS_MAX
                                ? NULL
                                : mem_alloc(p->s ? p->stage->w : NULL, cap * sizeof *ring);

        if (!ring)
            return WICK_E_NOMEM;
        for (uint32_t i = 0; i < p->count; i++)
            ring[i] = p->receipts[(p->head + i) & (p->cap - 1)];
        mem_free(p->stage->w, p->receipts);
        p->receipts = ring;
        p->cap = cap;
        p->head = 0;
    }
    sim_receipt *r = p->receipts + ((p->head + p->count++) & (p->cap - 1));

    r->end = p->queued;
    r->fact = *fact;
    return WICK_OK;
}

static int settle(sim_peer *p)
{
    uint64_t waiting = wsconn_waiting(p->c), left = p->queued > waiting ? p->queued - waiting : 0;
    int rc = WICK_OK;

    while (rc == WICK_OK && p->count && p->receipts[p->head & (p->cap - 1)].end <= left) {
        rc = sim_delivered(p->s, &p->receipts[p->head & (p->cap - 1)].fact);
        p->head++;
        p->count--;
    }
    return rc;
}

static int send_one(sim_peer *p, const sim_message *m)
{
    int rc;

    if (m->kind == WS_PING)
        rc = wsconn_ping(p->c, m->bytes, m->size);
    else if (m->parts > 1)
        rc = wsconn_send_parts(p->c, WS_TEXT, m->bytes, m->size, m->parts);
    else
        rc = wsconn_send(p->c, WS_TEXT, m->bytes, m->size);
    if (rc < 0)
        return rc;
    p->queued += m->size + (m->size < 126 ? 2 : 4) * (uint64_t)(m->parts ? m->parts : 1);
    if (m->fact)
        rc = keep(p, m->fact);
    sim_sent(p->k);
    return rc;
}

static void finish(sim_peer *p)
{
    int64_t now = ctx_now_ns(p->stage->w);

    if (sim_closing(p->k) == SIM_LEAVES && p->count == 0)
        wsconn_close(p->c, WS_OK, "");
    if (sim_closing(p->k) != SIM_CUTS)
        return;
    if (!p->cut_ns)
        p->cut_ns = now + CUT_MS * NS_PER_MS;
    if (now >= p->cut_ns || sim_cut_done(p->k))
        sim_peer_drop(p);
}

int sim_peer_pump(sim_peer *p)
{
    sim_message m;
    int rc = settle(p);

    if (p->paused != sim_stalled(p->k)) {
        p->paused = sim_stalled(p->k);
        wsconn_flow(p->c, !p->paused);
    }
    while (rc == WICK_OK && wsconn_waiting(p->c) < QUEUE_BYTES && sim_next(p->k, &m))
        rc = send_one(p, &m);
    if (rc == WICK_E_AGAIN || rc == WICK_E_CLOSED)
        rc = WICK_OK;                               /* full, or closing: closed() will come */
    if (rc == WICK_OK && sim_closing(p->k) && !sim_next(p->k, &m))
        finish(p);
    return rc;
}

uint32_t sim_peer_waiting(const sim_peer *p)
{
    sim_message m;

    return p->count + (sim_next(p->k, &m) ? 1 : 0);
}

static void forget(sim_peer *p)
{
    sim_peers *all = sim_stage_peers(p->stage);
    sim_peer **at = &all->first;
    wick_stage *stage = p->stage;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    all->count--;
    sim_gone(p->k);
    mem_free(stage->w, p->receipts);
    mem_free(stage->w, p);
    all->moved(stage);
}

void sim_peer_drop(sim_peer *p)
{
    wsconn_abort(p->c);
    forget(p);
}

static int opened(wick_stage *stage, wsconn *c, const char *target, const char *headers,
                  void **user)
{
    sim_peers *all = sim_stage_peers(stage);
    sim *s = sim_stage_sim(stage);
    sim_peer *p = mem_zero(stage->w, sizeof *p);

    if (!p)
        return WICK_E_NOMEM;
    if (!(p->k = sim_connect(s, target, headers, ctx_now_ns(stage->w)))) {
        mem_free(stage->w, p);
        return WICK_E_CLOSED;
    }
    p->stage = stage;
    p->s = s;
    p->c = c;
    p->next = all->first;
    all->first = p;
    all->count++;
    *user = p;
    all->moved(stage);
    return WICK_OK;
}

static void messages(wsconn *c, void *user, const ws_message *m, uint32_t count)
{
    sim_peer *p = user;
    wick_stage *stage = p->stage;

    (void)c;
    for (uint32_t i = 0; i < count; i++)
        sim_hear(p->k, (const char *)m[i].bytes, m[i].size, ctx_now_ns(stage->w));
    sim_stage_peers(stage)->moved(stage);
}

static void pong(wsconn *c, void *user)
{
    sim_peer *p = user;

    (void)c;
    sim_pong(p->k, ctx_now_ns(p->stage->w));
    sim_stage_peers(p->stage)->moved(p->stage);
}

static void writable(wsconn *c, void *user)
{
    sim_peer *p = user;

    (void)c;
    sim_stage_peers(p->stage)->moved(p->stage);
}

static void closed(wsconn *c, void *user, int status, int code, const char *why)
{
    (void)c, (void)status, (void)code, (void)why;
    forget(user);
}

const ws_peer SIM_WS_PEER = {
    .opened = opened,
    .ops = {.messages = messages, .pong = pong, .writable = writable, .closed = closed},
};
