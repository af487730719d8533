/* SPDX-License-Identifier: Apache-2.0
 * Streams: both ways, plain and TLS, back-pressure, ends of every kind, many contexts, no growth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net/sock.h"

enum { TURNS_MAX = 20000 };             /* a deadline in turns of the loop, each at most 50 ms */

typedef struct end {                    /* one side of a stream, and what it saw */
    sock  *s;
    buf    got;
    size_t sent, total;                 /* to send, in pieces */
    int    opened, closed, ended, status, writable;
    int    stop_at_first;               /* flow off in the first data() */
    char   why[200];
} end;

typedef struct pair {
    wick *w;
    sock_listener *l;
    end   a, b;                         /* client, server */
} pair;

static void on_opened(sock *s, void *user)
{
    (void)s;
    ((end *)user)->opened = 1;
}

static void on_data(sock *s, void *user, uint8_t *bytes, size_t size)
{
    end *e = user;

    assert_true(size > 0 && size <= SOCK_RX_BYTES);
    assert_int_equal(buf_add(&e->got, bytes, size), WICK_OK);
    if (e->stop_at_first) {
        e->stop_at_first = 0;
        sock_flow(s, 0);
    }
}

static void push(end *e)
{
    static const uint8_t PIECE[10000] = {1, 2, 3};
    size_t n;

    while (e->sent < e->total) {
        n = e->total - e->sent < sizeof PIECE ? e->total - e->sent : sizeof PIECE;
        if (sock_write(e->s, PIECE, n) != WICK_OK)
            return;
        e->sent += n;
    }
}

static void on_writable(sock *s, void *user)
{
    (void)s;
    ((end *)user)->writable++;
    push(user);
}

static void on_ended(sock *s, void *user)
{
    (void)s;
    ((end *)user)->ended = 1;
}

static void on_closed(sock *s, void *user, int status, const char *why)
{
    end *e = user;

    assert_ptr_equal(s, e->s);
    e->closed++;
    e->status = status;
    e->s = NULL;
    snprintf(e->why, sizeof e->why, "%s", why);
}

static const sock_ops OPS = {
    .opened = on_opened, .data = on_data, .writable = on_writable, .closed = on_closed};
static const sock_ops HALF = {
    .data = on_data, .ended = on_ended, .writable = on_writable, .closed = on_closed};

static void accepted(void *user, sock *s)
{
    pair *p = user;

    assert_null(p->b.s);
    p->b.s = s;
    sock_take(s, &OPS, &p->b);
}

static void wake(uv_timer_t *t)
{
    (void)t;
}

static void gone(uv_handle_t *h)
{
    *(int *)h->data = 1;
}

/* Run the loop until *value is at least `want`. */
static void until(wick *w, const int *value, int want)
{
    uv_timer_t t;
    int closed = 0;

    uv_timer_init(&w->loop, &t);
    t.data = &closed;
    uv_timer_start(&t, wake, 50, 50);
    for (int i = 0; i < TURNS_MAX && *value < want; i++)
        uv_run(&w->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&t, gone);
    while (!closed)
        uv_run(&w->loop, UV_RUN_NOWAIT);
    assert_true(*value >= want);
}

static void turn(wick *w, int times)
{
    for (int i = 0; i < times; i++)
        uv_run(&w->loop, UV_RUN_NOWAIT);
}

static void pair_listen(pair *p, const char *addr, const sock_tls *server)
{
    memset(p, 0, sizeof *p);
    assert_int_equal(wick_open(NULL, &p->w), WICK_OK);
    buf_init(&p->a.got, p->w, 0);
    buf_init(&p->b.got, p->w, 0);
    assert_int_equal(sock_listen(p->w, addr, 0, server, accepted, p, &p->l), WICK_OK);
}

static void pair_open(pair *p, const char *addr, const char *host, const sock_tls *server,
                      const sock_tls *client)
{
    int both = 0;

    pair_listen(p, addr, server);
    assert_int_equal(
        sock_connect(p->w, host, sock_listener_port(p->l), client, 0, &OPS, &p->a, &p->a.s),
        WICK_OK);
    until(p->w, &p->a.opened, 1);
    for (int i = 0; i < TURNS_MAX && !both; i++) {
        uv_run(&p->w->loop, UV_RUN_NOWAIT);
        both = p->b.s != NULL;
    }
    assert_true(both);
}

static void pair_close(pair *p)
{
    sock_close(p->a.s, SOCK_ABORT);
    sock_close(p->b.s, SOCK_ABORT);
    sock_listener_close(p->l);
    buf_fini(&p->a.got);
    buf_fini(&p->b.got);
    wick_close(p->w);
}

static void until_got(pair *p, end *e, size_t size)
{
    uv_timer_t t;
    int closed = 0;

    uv_timer_init(&p->w->loop, &t);
    t.data = &closed;
    uv_timer_start(&t, wake, 50, 50);
    for (int i = 0; i < TURNS_MAX && e->got.size < size; i++)
        uv_run(&p->w->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&t, gone);
    while (!closed)
        uv_run(&p->w->loop, UV_RUN_NOWAIT);
    assert_int_equal(e->got.size, size);
}

static void exchange(const char *addr, const char *host, const sock_tls *server,
                     const sock_tls *client)
{
    pair p;

    pair_open(&p, addr, host, server, client);
    assert_int_equal(sock_write2(p.a.s, "hel", 3, "lo", 2), WICK_OK);
    until_got(&p, &p.b, 5);
    assert_memory_equal(p.b.got.data, "hello", 5);
    p.b.total = 20 << 20;                       /* more than any buffer on the way holds */
    p.a.stop_at_first = 1;
    push(&p.b);
    assert_true(p.b.sent < p.b.total);
    until(p.w, &p.b.writable, 1);
    turn(p.w, 200);
    assert_true(p.b.sent < p.b.total);          /* nobody reads: it has to wait */
    assert_true(sock_waiting(p.b.s) <= SOCK_QUEUE_BYTES);
    assert_true(p.a.got.size <= SOCK_RX_BYTES);
    sock_flow(p.a.s, 1);
    until_got(&p, &p.a, p.b.total);
    sock_write(p.b.s, "bye", 3);
    sock_close(p.b.s, SOCK_GRACEFUL);
    p.b.s = NULL;
    until(p.w, &p.a.closed, 1);
    assert_int_equal(p.a.status, WICK_OK);
    assert_int_equal(p.a.got.size, p.b.total + 3);
    pair_close(&p);
}

static void test_exchange(void **state)
{
    (void)state;
    exchange("127.0.0.1", "127.0.0.1", NULL, NULL);
    exchange("127.0.0.1", "localhost", NULL, NULL);
}

static void test_nobody_listens(void **state)
{
    pair p;
    int port;

    (void)state;
    pair_listen(&p, "127.0.0.1", NULL);
    port = sock_listener_port(p.l);
    sock_listener_close(p.l);
    p.l = NULL;
    assert_int_equal(sock_connect(p.w, "127.0.0.1", port, NULL, 0, &OPS, &p.a, &p.a.s), WICK_OK);
    until(p.w, &p.a.closed, 1);
    assert_int_equal(p.a.status, WICK_E_IO);
    assert_non_null(strstr(p.a.why, "refused"));
    assert_int_equal(p.a.opened, 0);
    pair_close(&p);
}

static void test_no_such_name(void **state)
{
    pair p;

    (void)state;
    pair_listen(&p, "127.0.0.1", NULL);
    assert_int_equal(sock_connect(p.w, "no-such-host.invalid", 1, NULL, 0, &OPS, &p.a, &p.a.s),
                     WICK_OK);
    until(p.w, &p.a.closed, 1);
    assert_int_equal(p.a.status, WICK_E_IO);
    assert_non_null(strstr(p.a.why, "no-such-host.invalid"));
    pair_close(&p);
}

static void test_bad_arguments(void **state)
{
    pair p;
    sock_listener *l;

    (void)state;
    pair_listen(&p, "127.0.0.1", NULL);
    assert_int_equal(sock_connect(p.w, "", 1, NULL, 0, &OPS, &p.a, &p.a.s), WICK_E_ARG);
    assert_int_equal(sock_connect(p.w, "a", 0, NULL, 0, &OPS, &p.a, &p.a.s), WICK_E_ARG);
    assert_int_equal(sock_connect(p.w, "a", 65536, NULL, 0, &OPS, &p.a, &p.a.s), WICK_E_ARG);
    assert_int_equal(sock_listen(p.w, "not an address", 0, NULL, accepted, &p, &l), WICK_E_ARG);
    assert_int_equal(sock_listen(p.w, "127.0.0.1", sock_listener_port(p.l), NULL, accepted, &p, &l),
                     WICK_E_IO);
    assert_non_null(strstr(wick_error(p.w), "in use"));
    pair_close(&p);
}

/* The peer has sent all it will, and still reads: its answer must reach it. */
static void test_half_closed_peer_gets_its_answer(void **state)
{
    struct sockaddr_in to;
    char text[16] = "";
    pair p;
    int fd;

    (void)state;
    pair_listen(&p, "127.0.0.1", NULL);
    uv_ip4_addr("127.0.0.1", sock_listener_port(p.l), &to);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(write(fd, "ask", 3), 3);
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < TURNS_MAX && !p.b.s; i++)
        uv_run(&p.w->loop, UV_RUN_NOWAIT);
    sock_take(p.b.s, &HALF, &p.b);
    until(p.w, &p.b.ended, 1);
    assert_int_equal(p.b.got.size, 3);
    assert_int_equal(p.b.closed, 0);
    assert_int_equal(sock_write(p.b.s, "answer", 6), WICK_OK);
    sock_close(p.b.s, SOCK_GRACEFUL);
    p.b.s = NULL;
    turn(p.w, 20);
    assert_int_equal(read(fd, text, sizeof text), 6);
    assert_string_equal(text, "answer");
    assert_int_equal(read(fd, text, sizeof text), 0);
    close(fd);
    pair_close(&p);
}

/* What came before a reset is data like any other. */
static void test_bytes_before_a_reset_are_delivered(void **state)
{
    struct linger hard = {1, 0};
    struct sockaddr_in to;
    pair p;
    int fd;

    (void)state;
    pair_listen(&p, "127.0.0.1", NULL);
    uv_ip4_addr("127.0.0.1", sock_listener_port(p.l), &to);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    for (int i = 0; i < TURNS_MAX && !p.b.s; i++)
        uv_run(&p.w->loop, UV_RUN_NOWAIT);
    assert_int_equal(write(fd, "last words", 10), 10);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    until(p.w, &p.b.closed, 1);
    assert_int_equal(p.b.got.size, 10);
    assert_int_equal(p.b.status, WICK_E_IO);
    pair_close(&p);
}

static void test_bound_of_the_queue(void **state)
{
    static uint8_t big[3 << 20];
    pair p;

    (void)state;
    pair_open(&p, "127.0.0.1", "127.0.0.1", NULL, NULL);
    sock_bound(p.a.s, 1000);
    assert_int_equal(sock_write(p.a.s, big, sizeof big), WICK_OK);  /* into an empty queue */
    assert_int_equal(sock_write(p.a.s, big, 1), WICK_E_AGAIN);
    assert_int_equal(sock_waiting(p.a.s), sizeof big);
    until_got(&p, &p.b, sizeof big);
    assert_int_equal(sock_waiting(p.a.s), 0);
    assert_int_equal(sock_write(p.a.s, big, 600), WICK_OK);
    assert_int_equal(sock_write(p.a.s, big, 400), WICK_OK);
    assert_int_equal(sock_write(p.a.s, big, 1), WICK_E_AGAIN);
    pair_close(&p);
}

#if defined(__SANITIZE_ADDRESS__)
static size_t resident(void) /* freed memory is kept for a while there; leaks are found anyway */
{
    return 0;
}
#else
static size_t resident(void)
{
    unsigned long pages = 0, all = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu %lu", &all, &pages), 2);
    fclose(f);
    return pages * 4096;
}
#endif

static void test_open_and_close_1000_times(void **state)
{
    size_t before = 0;
    pair p;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        pair_open(&p, "127.0.0.1", "127.0.0.1", NULL, NULL);
        pair_close(&p);
        if (i == 100)
            before = resident();
    }
    assert_true(resident() < before + (4u << 20));
}

/* ---- TLS ---- */

typedef struct certs {
    char dir[64], cert[96], key[96], other[96];
} certs;

static void write_cert(const char *cert_file, const char *key_file, const char *names)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_EXTENSION *ext;
    FILE *f;

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"wick", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    ext = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
    ext = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    assert_non_null(f = fopen(cert_file, "w"));
    PEM_write_X509(f, x);
    fclose(f);
    if (key_file) {
        assert_non_null(f = fopen(key_file, "w"));
        PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
        fclose(f);
    }
    X509_free(x);
    EVP_PKEY_free(key);
}

static int make_certs(void **state)
{
    certs *c = calloc(1, sizeof *c);

    strcpy(c->dir, "/tmp/wick-sock-XXXXXX");
    if (!c || !mkdtemp(c->dir))
        return -1;
    snprintf(c->cert, sizeof c->cert, "%s/cert.pem", c->dir);
    snprintf(c->key, sizeof c->key, "%s/key.pem", c->dir);
    snprintf(c->other, sizeof c->other, "%s/other.pem", c->dir);
    write_cert(c->cert, c->key, "DNS:localhost,IP:127.0.0.1");
    write_cert(c->other, NULL, "DNS:localhost");
    *state = c;
    return 0;
}

static int drop_certs(void **state)
{
    certs *c = *state;

    unlink(c->cert);
    unlink(c->key);
    unlink(c->other);
    rmdir(c->dir);
    free(c);
    return 0;
}

static void test_tls_exchange(void **state)
{
    certs *c = *state;
    sock_tls server = {.cert_file = c->cert, .key_file = c->key}, client = {.ca_file = c->cert};

    exchange("127.0.0.1", "localhost", &server, &client);
    exchange("127.0.0.1", "127.0.0.1", &server, &client);
}

static void refused(const sock_tls *server, const sock_tls *client, const char *host)
{
    pair p;

    pair_listen(&p, "127.0.0.1", server);
    assert_int_equal(
        sock_connect(p.w, host, sock_listener_port(p.l), client, 0, &OPS, &p.a, &p.a.s), WICK_OK);
    until(p.w, &p.a.closed, 1);
    assert_int_equal(p.a.opened, 0);
    assert_int_equal(p.a.status, WICK_E_IO);
    pair_close(&p);
}

static void test_tls_refuses_what_it_cannot_verify(void **state)
{
    certs *c = *state;
    sock_tls server = {.cert_file = c->cert, .key_file = c->key}, system = {0},
             other = {.ca_file = c->other}, right = {.ca_file = c->cert}, any = {.insecure = 1};

    refused(&server, &system, "localhost");
    refused(&server, &other, "localhost");
    refused(&server, &right, "127.0.0.2");      /* an address that the certificate does not name */
    exchange("127.0.0.1", "localhost", &server, &any);
}

static void test_tls_to_a_plain_port_fails(void **state)
{
    certs *c = *state;
    sock_tls client = {.ca_file = c->cert};
    pair p;

    pair_listen(&p, "127.0.0.1", NULL);
    assert_int_equal(
        sock_connect(p.w, "localhost", sock_listener_port(p.l), &client, 500, &OPS, &p.a, &p.a.s),
        WICK_OK);
    until(p.w, &p.a.closed, 1);
    assert_int_equal(p.a.opened, 0);
    pair_close(&p);
}

static void test_tls_many_contexts(void **state)
{
    certs *c = *state;
    sock_tls server = {.cert_file = c->cert, .key_file = c->key}, client = {.ca_file = c->cert};
    size_t before = 0;
    pair p, q;

    for (int i = 0; i < 30; i++) {
        pair_open(&p, "127.0.0.1", "localhost", &server, &client);
        pair_open(&q, "127.0.0.1", "localhost", &server, &client);
        sock_write(q.a.s, "x", 1);
        until_got(&q, &q.b, 1);
        pair_close(&p);
        sock_write(q.b.s, "y", 1);
        until_got(&q, &q.a, 1);
        pair_close(&q);
        if (i == 10)
            before = resident();
    }
    assert_true(resident() < before + (8u << 20));
}

static void test_tls_missing_files_are_named(void **state)
{
    sock_tls client = {.ca_file = "/nowhere/ca.pem"};
    pair p;

    (void)state;
    pair_listen(&p, "127.0.0.1", NULL);
    assert_int_equal(sock_connect(p.w, "localhost", 1, &client, 0, &OPS, &p.a, &p.a.s), WICK_E_IO);
    assert_non_null(strstr(wick_error(p.w), "/nowhere/ca.pem"));
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_no_such_name),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_half_closed_peer_gets_its_answer),
        cmocka_unit_test(test_bytes_before_a_reset_are_delivered),
        cmocka_unit_test(test_bound_of_the_queue),
        cmocka_unit_test(test_open_and_close_1000_times),
        cmocka_unit_test(test_tls_exchange),
        cmocka_unit_test(test_tls_refuses_what_it_cannot_verify),
        cmocka_unit_test(test_tls_to_a_plain_port_fails),
        cmocka_unit_test(test_tls_many_contexts),
        cmocka_unit_test(test_tls_missing_files_are_named),
    };

    return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
