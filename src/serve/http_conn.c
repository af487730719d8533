/* SPDX-License-Identifier: Apache-2.0
 * One HTTP connection: bytes to requests, answers to bytes, and when it has to end. */
#include <string.h>

#include "http_conn.h"
#include "http_write.h"

static uint64_t now_ms(const http_conn *c)
{
    return uv_now(&c->sv->st.w->loop);
}

void http_conn_free(http_conn *c, int how)
{
    server *sv = c->sv;
    wick *w = sv->st.w;

    sv->conns[c->place] = NULL;
    sv->st.stats[SERVE_OPEN]--;
    if (c->s)
        sv->st.stats[SERVE_BYTES_OUT] += (int64_t)(sock_sent(c->s) - c->moved_sent);
    while (c->count)
        http_slot_pop(c);
    sock_close(c->s, how);
    http_reader_fini(&c->reader);
    mem_free(w, c);
    if (sv->st.draining && sv->st.stats[SERVE_OPEN] == 0)
        stage_drained(&sv->st);
}

/* Write answers in order, a piece at a time. 0: the connection is gone. */
static int write_out(http_conn *c)
{
    http_slot *slot;
    size_t left;

    while (c->count && (slot = c->flight + c->first)->answered) {
        while ((left = slot->out.size - slot->sent)) {
            if (sock_waiting(c->s) >= SERVE_PIECE_BYTES)
                return 1;
            left = left < SERVE_PIECE_BYTES ? left : SERVE_PIECE_BYTES;
            if (sock_write(c->s, slot->out.data + slot->sent, left) < 0) {
                http_conn_free(c, SOCK_ABORT);
                return 0;
            }
            slot->sent += left;
        }
        if (slot->upgrade)
            c->held = 0;
        if (!slot->keep)
            c->stopped = 1;
        http_slot_pop(c);
        if (c->count == 0 && !http_partial(&c->reader))
            c->since = now_ms(c);
    }
    return 1;
}

static int may_read(const http_conn *c)
{
    return !c->stopped && !c->held && c->count < SERVE_FLIGHT_MAX && c->waiting < SERVE_AHEAD_BYTES;
}

static void take_request(http_conn *c)
{
    http_slot *slot = http_slot_push(c);

    c->sv->st.stats[SERVE_REQUESTS]++;
    c->since = now_ms(c);
    c->fresh = 0;
    slot->keep = c->reader.keep;
    slot->upgrade = c->reader.upgrade;
    if (!slot->keep)
        c->stopped = 1;
    if (slot->upgrade)
        c->held = 1; /* emitted when it is the first: what follows it may */
    else                                        /* not be HTTP any more */
        http_slot_emit(c, slot);
}

static void refuse(http_conn *c, int status, const char *why)
{
    c->sv->st.stats[SERVE_REFUSED]++;
    http_slot_problem(c, http_slot_push(c), status, why);
}

/* Take requests while there is room for them. 0: the connection is gone. */
static int read_on(http_conn *c)
{
    static const char GO_ON[] = "HTTP/1.1 100 Continue\r\n\r\n";
    int rc = 1;

    while (rc == 1 && may_read(c)) {
        rc = http_next(&c->reader);
        if (rc == 1) {
            take_request(c);
        } else if (rc == WICK_E_DATA) {
            refuse(c, c->reader.status, c->reader.why);
        } else if (rc < 0) {
            http_conn_free(c, SOCK_ABORT);
            return 0;
        } else if (c->reader.expect && c->count == 0) {
            c->reader.expect = 0;
            c->since = now_ms(c);
            sock_write(c->s, GO_ON, sizeof GO_ON - 1);
        }
    }
    if (c->held && c->count == 1 && !c->flight[c->first].emitted)
        http_slot_emit(c, c->flight + c->first);
    return 1;
}

static int front_answered(const http_conn *c)
{
    return c->count && c->flight[c->first].answered && sock_waiting(c->s) < SERVE_PIECE_BYTES;
}

void http_conn_pump(http_conn *c)
{
    int was_open = may_read(c);

    do {
        if (!write_out(c) || !read_on(c))
            return;
    } while (front_answered(c));
    if (c->count == 0 && (c->stopped || c->ended) && sock_waiting(c->s) == 0) {
        http_conn_free(c, SOCK_GRACEFUL);
        return;
    }
    if (!was_open && may_read(c))
        c->since = now_ms(c); /* it was not the client who made the request wait */
    sock_flow(c->s, may_read(c));
}

static void data(sock *s, void *user, uint8_t *bytes, size_t size)
{
    http_conn *c = user;

    (void)s;
    c->sv->st.stats[SERVE_BYTES_IN] += (int64_t)size;
    if (c->stopped)
        return;
    if (!http_partial(&c->reader) && !c->fresh)
        c->since = now_ms(c);
    if (http_feed(&c->reader, bytes, size) < 0)
        http_conn_free(c, SOCK_ABORT);
    else
        http_conn_pump(c);
}

static void ended(sock *s, void *user)
{
    http_conn *c = user;

    (void)s;
    c->ended = 1;
    http_conn_pump(c);
}

static void writable(sock *s, void *user)
{
    (void)s;
    http_conn_pump(user);
}

static void closed(sock *s, void *user, int status, const char *why)
{
    http_conn *c = user;

    (void)s, (void)status, (void)why;
    c->s = NULL;
    http_conn_free(c, SOCK_ABORT);
}

static void broken(sock *s, void *user)
{
    (void)s;
    http_conn_free(user, SOCK_ABORT);
}

static const sock_ops CONN = {
    .data = data, .ended = ended, .writable = writable, .closed = closed, .broken = broken};

static int sweep_output(http_conn *c, uint64_t now)
{
    uint64_t sent = sock_sent(c->s);

    if (sent != c->moved_sent || sock_waiting(c->s) == 0) {
        c->sv->st.stats[SERVE_BYTES_OUT] += (int64_t)(sent - c->moved_sent);
        c->moved_sent = sent;
        c->moved = now;
    }
    return now - c->moved <= SERVE_STUCK_MS;
}

void http_conn_sweep(http_conn *c, uint64_t now)
{
    http_slot *slot = c->flight + c->first;
    int partial = http_partial(&c->reader);

    if (!sweep_output(c, now)) {
        c->sv->st.stats[SERVE_TIMEOUTS]++;
        http_conn_free(c, SOCK_ABORT);
        return;
    }
    if (c->count && !slot->answered && now - slot->since > SERVE_ANSWER_MS) {
        http_slot_problem(c, slot, 503, "the answer took too long");
        http_conn_pump(c);
        return;
    }
    if (!may_read(c) || now - c->since <= (partial || c->fresh ? SERVE_REQUEST_MS : SERVE_IDLE_MS))
        return;
    if (partial) {
        c->sv->st.stats[SERVE_TIMEOUTS]++;
        refuse(c, 408, "the request was not whole within 10 seconds");
        http_conn_pump(c);
    } else if (c->count == 0 && sock_waiting(c->s) == 0) {
        http_conn_free(c, SOCK_GRACEFUL);
    }
}

/* Over the bound of connections: 503, without a place in the table. */
static void turn_away(server *sv, sock *s)
{
    http_answer a = {.status = 503,
                     .headers = "Content-Type: application/problem+json\nRetry-After: 1\n",
                     .now_ns = ctx_now_ns(sv->st.w)};
    buf out, body;

    sv->st.stats[SERVE_REFUSED]++;
    buf_init(&out, sv->st.w, 4096);
    buf_init(&body, sv->st.w, 4096);
    if (http_write_problem(&body, 503, "too many connections") == WICK_OK) {
        a.size = body.size;
        if (http_write_head(&out, &a) == WICK_OK && buf_add(&out, body.data, body.size) == WICK_OK)
            sock_write(s, out.data, out.size);
    }
    sock_close(s, SOCK_GRACEFUL);
    buf_fini(&out);
    buf_fini(&body);
}

void http_conn_accept(server *sv, sock *s)
{
    uint32_t place = 0;
    http_conn *c;

    while (place < SERVE_CONNS_MAX && sv->conns[place])
        place++;
    if (place == SERVE_CONNS_MAX || !(c = mem_zero(sv->st.w, sizeof *c))) {
        turn_away(sv, s);
        return;
    }
    *c = (http_conn){.sv = sv, .s = s, .place = place, .fresh = 1};
    http_reader_init(&c->reader, sv->st.w);
    c->since = c->moved = now_ms(c);
    sv->conns[place] = c;
    sv->st.stats[SERVE_OPEN]++;
    sv->st.stats[SERVE_ACCEPTED]++;
    sock_take(s, &CONN, c);
}
