/* SPDX-License-Identifier: Apache-2.0
 * The opening handshake of RFC 6455 section 4, both sides: text in, text out, no socket. */
#ifndef WICK_NET_HANDSHAKE_H
#define WICK_NET_HANDSHAKE_H

#include "head.h"
#include "url.h"

enum { HANDSHAKE_KEY = 25, HANDSHAKE_ACCEPT = 29 };     /* sizes of their texts, with the 0 */

/* The answer to a key: base64 of SHA-1 of key and RFC 6455's GUID. */
void handshake_accept(const char *key, size_t size, char out[HANDSHAKE_ACCEPT]);
/* Client: append the request; headers ("name: value\n" lines) and protocol may be NULL. */
int  handshake_ask(wick *w, const net_url *url, const char *headers, const char *protocol,
                   char key[HANDSHAKE_KEY], buf *out);
/* Client: read the answer. 1: agreed, *used bytes; 0: more is needed; DATA: why (cap bytes). */
int  handshake_reply(wick *w, const uint8_t *in, size_t size, const char *key, const char *protocol,
                     size_t *used, char *why, size_t cap);

/* Server: whether the fields of a GET of HTTP/1.1 ask for a WebSocket. 0: no; 1: yes, and it is valid;
 * DATA: it asks and is invalid, *why; with *status 426 the version is not ours, else 400. */
int  handshake_asked(const char *lines, size_t size, int *status, const char **why);
/* Server: append the 101 for these fields. */
int  handshake_answer(const char *lines, size_t size, buf *out);

#endif
