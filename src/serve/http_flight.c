/* SPDX-License-Identifier: Apache-2.0
 * Requests in flight on a connection: handed to the script as events, answered in any order,
 * written in the order in which they came. */
#include <stdio.h>
#include <string.h>

#include "http_conn.h"
#include "http_write.h"

static http_slot *slot_at(http_conn *c, uint32_t i)
{
    return c->flight + (c->first + i) % SERVE_FLIGHT_MAX;
}

http_slot *http_slot_find(http_conn *c, uint64_t id)
{
    for (uint32_t i = 0; i < c->count; i++) {
        http_slot *slot = slot_at(c, i);

        if (slot->id == id)
            return slot->emitted && !slot->answered ? slot : NULL;
    }
    return NULL;
}

http_slot *http_slot_push(http_conn *c)
{
    server *sv = c->sv;
    http_slot *slot = slot_at(c, c->count++);

    *slot = (http_slot){.id = ++sv->next_id * SERVE_CONNS_MAX + c->place,
                        .since = uv_now(&sv->st.w->loop),
                        .minor = c->reader.minor,
                        .head_only = (uint8_t)http_is_head(&c->reader)};
    buf_init(&slot->out, sv->st.w, SERVE_OUT_BYTES);
    sv->st.stats[SERVE_IN_FLIGHT]++;
    return slot;
}

void http_slot_pop(http_conn *c)
{
    http_slot *slot = slot_at(c, 0);

    c->waiting -= slot->out.size;
    c->sv->waiting -= slot->out.size;
    buf_fini(&slot->out);
    c->first = (c->first + 1) % SERVE_FLIGHT_MAX;
    c->count--;
    c->sv->st.stats[SERVE_IN_FLIGHT]--;
}

static int fill(http_conn *c, http_slot *slot, const http_answer *a, const void *body)
{
    size_t sent = slot->head_only || !http_has_body(a->status) ? 0 : a->size;
    size_t room = (a->headers ? strlen(a->headers) * 2 : 0) + 512 + sent;
    int rc = buf_room(&slot->out, room) ? http_write_head(&slot->out, a) : WICK_E_NOMEM;

    if (rc == WICK_OK && sent)
        rc = buf_add(&slot->out, body, sent);
    if (rc < 0) {
        buf_fini(&slot->out);
        return rc;
    }
    c->waiting += slot->out.size;
    c->sv->waiting += slot->out.size;
    slot->answered = 1;
    slot->keep = (uint8_t)a->keep;
    return WICK_OK;
}

void http_slot_problem(http_conn *c, http_slot *slot, int status, const char *detail)
{
    char headers[160];
    http_answer a = {.status = status, .headers = headers, .now_ns = ctx_now_ns(c->sv->st.w)};
    buf body;

    c->stopped = 1;
    slot->answered = 1;                         /* also where no memory is left to say so */
    slot->keep = 0;
    snprintf(headers, sizeof headers, "Content-Type: application/problem+json\n%s",
             status == 405   ? "Allow: GET, HEAD, OPTIONS\n"
             : status == 426 ? "Upgrade: websocket\nSec-WebSocket-Version: 13\n"
             : status == 503 ? "Retry-After: 1\n"
                             : "");
    buf_init(&body, c->sv->st.w, 4096);
    if (http_write_problem(&body, status, detail) == WICK_OK) {
        a.size = body.size;
        fill(c, slot, &a, body.data);
    }
    buf_fini(&body);
}

int http_slot_answer(http_conn *c, http_slot *slot, int status, const char *headers,
                     const void *body, size_t size)
{
    wick *w = c->sv->st.w;
    http_answer a = {.status = status,
                     .keep = slot->keep && !c->sv->st.draining,
                     .minor = slot->minor,
                     .headers = headers,
                     .size = size,
                     .now_ns = ctx_now_ns(w)};
    int rc;

    if (size > SERVE_OUT_BYTES / 2 || c->sv->waiting + size > SERVE_OUT_BYTES) {
        http_slot_problem(c, slot, 503, "too many answers are waiting to be read");
        return WICK_OK;
    }
    rc = fault_hit(w, "serve.answer") ? WICK_E_NOMEM : fill(c, slot, &a, body);
    if (rc == WICK_E_ARG)
        return ctx_fail(w, rc,
                        "serve: a header is malformed, or is one that the server writes itself");
    if (rc < 0)
        return ctx_fail(w, rc, "serve: no memory for an answer of %zu bytes", size);
    if (!slot->keep)
        c->stopped = 1;
    return WICK_OK;
}

static const char *put(char **at, const void *text, size_t size)
{
    char *to = *at;

    if (size)
        memcpy(to, text, size);
    to[size] = '\0';
    *at += size + 1;
    return to;
}

/* A wick_request and all that it points to, in one block. */
static wick_request *pack(const http_conn *c, const http_slot *slot)
{
    const http_reader *r = &c->reader;
    const char *peer = sock_peer(c->s), *target = (const char *)r->target.data;
    size_t method = strlen(r->method), to = strlen(target), from = strlen(peer);
    wick_request *q =
        mem_alloc(c->sv->st.w, sizeof *q + method + to + r->lines.size + r->body.size + from + 5);
    char *at = (char *)(q + 1);

    if (!q)
        return NULL;
    *q = (wick_request){.id = slot->id,
                        .method = put(&at, r->method, method),
                        .target = put(&at, target, to),
                        .headers = put(&at, r->lines.data, r->lines.size),
                        .body = put(&at, r->body.data, r->body.size),
                        .peer = put(&at, peer, from),
                        .headers_len = (uint32_t)r->lines.size,
                        .body_len = (uint32_t)r->body.size,
                        .http_minor = r->minor,
                        .flags = slot->upgrade ? WICK_REQ_UPGRADE : 0};
    return q;
}

void http_slot_emit(http_conn *c, http_slot *slot)
{
    wick_stage *st = &c->sv->st;
    wick_request *q = pack(c, slot);
    wick_event ev = {.kind = WICK_EV_REQUEST, .from = st->id, .tag = st->tag, .data = q, .count = 1,
                     .stride = sizeof *q};

    slot->emitted = 1;
    if (!q || event_push(st->w, &ev, q, mem_release) < 0) {
        st->stats[SERVE_REFUSED]++;
        http_slot_problem(c, slot, 503, "too many requests are waiting");
    }
}
