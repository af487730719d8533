/* SPDX-License-Identifier: Apache-2.0
 * Frames out: header and payload go straight into the socket's queue, masked there by a client with
 * a fresh random key for each frame. */
#include <string.h>
#include <sys/random.h>

#include "wsconn_impl.h"

static const uint8_t *next_key(wsconn *c)
{
    if (c->reader.side == WS_SERVER)
        return NULL;
    if (c->keys_left == 0) {
        if (getrandom(c->keys, sizeof c->keys, 0) != (ssize_t)sizeof c->keys)
            for (size_t i = 0; i < sizeof c->keys; i += 8) {
                uint64_t r = ctx_random(c->w);

                memcpy(c->keys + i, &r, 8);
            }
        c->keys_left = sizeof c->keys / 4;
    }
    return c->keys + 4 * --c->keys_left;
}

/* Write one frame at `to`; returns where it ends. */
static uint8_t *put_frame(wsconn *c, uint8_t *to, int opcode, int fin, const uint8_t *bytes,
                          size_t size)
{
    const uint8_t *key = next_key(c);

    to += ws_head(to, opcode, fin, size, key);
    if (key)
        ws_mask(to, bytes, size, key, 0);
    else if (size)
        memcpy(to, bytes, size);
    return to + size;
}

static size_t frame_size(const wsconn *c, size_t size)
{
    return size +
           (size < 126     ? 2u
            : size < 65536 ? 4u
                           : 10u) +
           (c->reader.side == WS_CLIENT ? 4u : 0u);
}

int wsconn_frame(wsconn *c, int opcode, const void *bytes, size_t size)
{
    uint8_t *to;
    int rc;

    if (c->state != WSCONN_OPEN)
        return WICK_E_CLOSED;
    if (size > SIZE_MAX / 4)
        return WICK_E_NOMEM;
    if ((rc = sock_put(c->s, frame_size(c, size), &to)) < 0)
        return rc;
    put_frame(c, to, opcode, 1, bytes, size);
    return WICK_OK;
}

int wsconn_send(wsconn *c, int kind, const void *bytes, size_t size)
{
    if (kind != WS_TEXT && kind != WS_BINARY)
        return WICK_E_ARG;
    return wsconn_frame(c, kind, bytes, size);
}

int wsconn_send_parts(wsconn *c, int kind, const void *bytes, size_t size, uint32_t parts)
{
    const uint8_t *at = bytes;
    size_t share, total = 0;
    uint8_t *to;
    int rc;

    if ((kind != WS_TEXT && kind != WS_BINARY) || parts == 0 || size > SIZE_MAX / 4)
        return WICK_E_ARG;
    if (c->state != WSCONN_OPEN)
        return WICK_E_CLOSED;
    share = size / parts;
    total = (parts - 1) * frame_size(c, share) + frame_size(c, size - (parts - 1) * share);
    if ((rc = sock_put(c->s, total, &to)) < 0)
        return rc;
    for (uint32_t i = 0; i < parts; i++, at += share)
        to = put_frame(c, to, i ? WS_CONT : kind, i == parts - 1, at,
                       i == parts - 1 ? size - i * share : share);
    return WICK_OK;
}

int wsconn_ping(wsconn *c, const void *bytes, size_t size)
{
    return size > WS_CONTROL_MAX ? WICK_E_ARG : wsconn_frame(c, WS_PING, bytes, size);
}

size_t wsconn_waiting(const wsconn *c)
{
    return c->s ? sock_waiting(c->s) : 0;
}
