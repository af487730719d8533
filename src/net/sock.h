/* SPDX-License-Identifier: Apache-2.0
 * Byte streams on the context's loop: TCP and TLS, client and server, with bounded output and
 * back-pressure. Callbacks run from the loop, never from inside a sock_* call. A stream ends once:
 * by closed(), or by its owner's sock_close(); after either it must not be touched. Context thread. */
#ifndef WICK_NET_SOCK_H
#define WICK_NET_SOCK_H

#include "../core/ctx.h"

enum { SOCK_RX_BYTES = 65536, SOCK_QUEUE_BYTES = 1 << 20, SOCK_CONNECT_MS = 15000 };
enum { SOCK_GRACEFUL = 0, SOCK_ABORT = 1 };     /* close after sending what waits, or drop that */

typedef struct sock sock;
typedef struct sock_listener sock_listener;

typedef struct sock_ops {               /* a NULL slot: not interested */
    void (*opened)(sock *s, void *user);        /* client: connected, TLS and all */
    /* Bytes that came, at most SOCK_RX_BYTES; take them all (they may be changed in place). */
    void (*data)(sock *s, void *user, uint8_t *bytes, size_t size);
    /* The peer sends no more but may still read (TCP only). NULL: counts as closed(). */
    void (*ended)(sock *s, void *user);
    void (*writable)(sock *s, void *user);      /* the queue has run empty */
    void (*closed)(sock *s, void *user, int status, const char *why);   /* OK: by the peer, in order */
    /* Reset while flow is off: output is lost, input may be unread. NULL: closed() comes behind it. */
    void (*broken)(sock *s, void *user);
} sock_ops;

typedef struct sock_tls {               /* a NULL sock_tls: plain TCP */
    const char *ca_file;                /* client: trust these, NULL: the system's */
    const char *cert_file, *key_file;   /* server */
    int         insecure;               /* client: take any certificate (tests) */
} sock_tls;

/* Connect to a name or literal. timeout_ms 0: SOCK_CONNECT_MS. What fails later ends in closed(). */
int  sock_connect(wick *w, const char *host, int port, const sock_tls *tls, int timeout_ms,
                  const sock_ops *ops, void *user, sock **out);
/* Listen on an address literal or "localhost"; port 0: any. accepted() must give the stream its ops
 * (sock_take) or close it; before that no other callback of the stream runs. */
int  sock_listen(wick *w, const char *addr, int port, const sock_tls *tls,
                 void (*accepted)(void *user, sock *s), void *user, sock_listener **out);
int  sock_listener_port(const sock_listener *l);
void sock_listener_close(sock_listener *l);     /* NULL is fine; accepted streams live on */

void sock_take(sock *s, const sock_ops *ops, void *user);   /* hand the stream to another owner */
const char *sock_peer(const sock *s);           /* "127.0.0.1:51234", "[::1]:51234" */
wick *sock_context(const sock *s);
/* Queue bytes (both runs, or nothing): OK; AGAIN: something waits already and it would go over the
 * bound (one write into an empty queue may be larger); CLOSED; NOMEM. */
int  sock_write(sock *s, const void *bytes, size_t size);
int  sock_write2(sock *s, const void *a, size_t a_size, const void *b, size_t b_size);
/* The same without a copy: on OK `size` bytes of output stand at *to, to be filled in before returning
 * to the loop and before any other call on s. */
int  sock_put(sock *s, size_t size, uint8_t **to);
size_t sock_waiting(const sock *s);             /* bytes that the kernel has not taken */
uint64_t sock_sent(const sock *s);              /* bytes it has: shows that output moves */
void sock_bound(sock *s, size_t bytes);         /* instead of SOCK_QUEUE_BYTES */
void sock_flow(sock *s, int on);                /* off: no data() until on; the peer feels it */
void sock_close(sock *s, int how);              /* no callback comes after it; NULL is fine */

#endif
