/* SPDX-License-Identifier: Apache-2.0
 * ws_echo server PORT | client URL: sends every WebSocket message back as it came, for conformance
 * suites. Messages up to 16 MiB and 65,536 fragments; ends on SIGTERM and SIGINT. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"
#include "wsconn.h"

typedef struct echo {                   /* one connection */
    wsconn *c;
    buf     head;                       /* server: the request, until it is whole */
    buf     later;                      /* messages that found no room: kind, size, bytes */
    int     held;
} echo;

typedef struct program {
    wick       *w;
    uv_signal_t term, interrupt;
    int         done;
} program;

static void echo_free(echo *e)
{
    wick *w = e->head.w;

    buf_fini(&e->head);
    buf_fini(&e->later);
    mem_free(w, e);
}

static echo *echo_new(wick *w)
{
    echo *e = mem_zero(w, sizeof *e);

    if (!e)
        return NULL;
    buf_init(&e->head, w, 2 * HEAD_BYTES_MAX + SOCK_RX_BYTES);
    buf_init(&e->later, w, 0);
    return e;
}

static int keep(echo *e, const ws_message *m)
{
    uint64_t note[2] = {m->kind, m->size};

    return buf_add(&e->later, note, sizeof note) < 0 ? WICK_E_NOMEM
                                                     : buf_add(&e->later, m->bytes, m->size);
}

static void on_messages(wsconn *c, void *user, const ws_message *m, uint32_t count)
{
    echo *e = user;
    int rc = WICK_OK;

    for (uint32_t i = 0; i < count && rc == WICK_OK; i++) {
        rc = e->held ? WICK_E_AGAIN : wsconn_send(c, (int)m[i].kind, m[i].bytes, m[i].size);
        if (rc != WICK_E_AGAIN)
            continue;
        rc = keep(e, m + i);
        e->held = 1;
        wsconn_flow(c, 0);
    }
    if (rc == WICK_E_NOMEM)
        wsconn_close(c, WS_INTERNAL, "no memory");
}

static void on_writable(wsconn *c, void *user)
{
    echo *e = user;
    uint64_t note[2];
    size_t at = 0;

    while (at < e->later.size) {
        memcpy(note, e->later.data + at, sizeof note);
        if (wsconn_send(c, (int)note[0], e->later.data + at + sizeof note, (size_t)note[1]) < 0)
            break;
        at += sizeof note + (size_t)note[1];
    }
    buf_drop(&e->later, at);
    if (e->held && e->later.size == 0) {
        e->held = 0;
        wsconn_flow(c, 1);
    }
}

static void on_closed(wsconn *c, void *user, int status, int code, const char *why)
{
    (void)c, (void)status, (void)code, (void)why;
    echo_free(user);
}

static const wsconn_ops SERVED = {NULL, on_messages, NULL, on_writable, on_closed};

/* ---- server: the request, then WebSocket ---- */

static void refuse(echo *e, sock *s, int status, const char *why)
{
    char text[256];
    int n =
        snprintf(text, sizeof text,
                 "HTTP/1.1 %d Refused\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
                 "%sConnection: close\r\n\r\n%s",
                 status, strlen(why), status == 426 ? "Sec-WebSocket-Version: 13\r\n" : "", why);

    sock_write(s, text, (size_t)n);
    sock_close(s, SOCK_GRACEFUL);
    echo_free(e);
}

static int agree(echo *e, sock *s, const buf *first, const buf *lines, size_t used)
{
    const char *why = "this is a WebSocket server", *line = (const char *)first->data;
    const char *fields = lines->data ? (const char *)lines->data : "";
    int status = 400, rc = handshake_asked(fields, lines->size, &status, &why);
    buf answer;

    if (rc <= 0 || strncmp(line, "GET ", 4) != 0 || !strstr(line, " HTTP/1.1")) {
        refuse(e, s, status, why);
        return WICK_OK;
    }
    buf_init(&answer, e->head.w, 4096);
    rc = handshake_answer(fields, lines->size, &answer);
    if (rc == WICK_OK)
        rc = sock_write(s, answer.data, answer.size);
    buf_fini(&answer);
    if (rc == WICK_OK)
        rc = wsconn_accept(s, e->head.data + used, e->head.size - used, NULL, &SERVED, e, &e->c);
    buf_fini(&e->head);
    return rc;
}

static void on_data(sock *s, void *user, uint8_t *bytes, size_t size)
{
    echo *e = user;
    const char *why = "";
    buf first, lines;
    size_t used = 0;
    int rc;

    buf_init(&first, e->head.w, 2 * HEAD_BYTES_MAX);
    buf_init(&lines, e->head.w, 4 * HEAD_BYTES_MAX);
    rc = buf_add(&e->head, bytes, size);
    if (rc == WICK_OK)
        rc = head_read(e->head.data, e->head.size, &used, &first, &lines, &why);
    if (rc == 1)
        rc = agree(e, s, &first, &lines, used);
    else if (rc == WICK_E_DATA) {
        refuse(e, s, 400, why);
        rc = WICK_OK;
    }
    if (rc < 0) {
        sock_close(s, SOCK_ABORT);
        echo_free(e);
    }
    buf_fini(&first);
    buf_fini(&lines);
}

static void on_lost(sock *s, void *user, int status, const char *why)
{
    (void)s, (void)status, (void)why;
    echo_free(user);
}

static const sock_ops CALLER = {.data = on_data, .closed = on_lost};

static void accepted(void *user, sock *s)
{
    program *p = user;
    echo *e = echo_new(p->w);

    if (e)
        sock_take(s, &CALLER, e);
    else
        sock_close(s, SOCK_ABORT);
}

/* ---- client ---- */

static void on_end(wsconn *c, void *user, int status, int code, const char *why)
{
    (void)c, (void)user;
    if (status < 0)
        fprintf(stderr, "ws_echo: %s (%d)\n", why, code);
}

static const wsconn_ops CALLING = {NULL, on_messages, NULL, on_writable, on_end};

static void on_signal(uv_signal_t *h, int number)
{
    (void)number;
    ((program *)h->data)->done = 1;
}

static void watch(program *p, uv_signal_t *h, int number)
{
    uv_signal_init(&p->w->loop, h);
    h->data = p;
    uv_signal_start(h, on_signal, number);
    uv_unref((uv_handle_t *)h);
}

static int start(program *p, const char *role, const char *where, echo *e)
{
    sock_listener *l;
    int rc;

    if (strcmp(role, "client") == 0)
        return wsconn_connect(p->w, where, NULL, &CALLING, e, &e->c);
    if ((rc = sock_listen(p->w, "127.0.0.1", atoi(where), NULL, accepted, p, &l)) < 0)
        return rc;
    fprintf(stderr, "ws_echo: ws://127.0.0.1:%d\n", sock_listener_port(l));
    return WICK_OK;
}

int main(int argc, char **argv)
{
    program p = {0};
    echo *e;
    int rc;

    if (argc != 3 || (strcmp(argv[1], "server") != 0 && strcmp(argv[1], "client") != 0)) {
        fprintf(stderr, "usage: ws_echo server PORT | client URL\n");
        return 2;
    }
    if (wick_open(NULL, &p.w) < 0 || !(e = echo_new(p.w)))
        return 1;
    watch(&p, &p.term, SIGTERM);
    watch(&p, &p.interrupt, SIGINT);
    if ((rc = start(&p, argv[1], argv[2], e)) < 0)
        fprintf(stderr, "ws_echo: %s\n", wick_error(p.w));
    while (rc == WICK_OK && !p.done && uv_run(&p.w->loop, UV_RUN_ONCE))
        ;
    uv_close((uv_handle_t *)&p.term, NULL);
    uv_close((uv_handle_t *)&p.interrupt, NULL);
    echo_free(e);
    wick_close(p.w);
    return rc < 0;
}
