/* SPDX-License-Identifier: Apache-2.0
 * Asking for a WebSocket, checking the answer, and the same from the other side. No extension is
 * offered and none is accepted. SHA-1 and base64 come from OpenSSL, which TLS links anyway. */
#include "handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void handshake_accept(const char *key, size_t size, char out[HANDSHAKE_ACCEPT])
{
    static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char text[64 + sizeof GUID], sum[SHA_DIGEST_LENGTH];

    if (size > 64)
        size = 64;
    memcpy(text, key, size);
    memcpy(text + size, GUID, sizeof GUID - 1);
    SHA1(text, size + sizeof GUID - 1, sum);
    EVP_EncodeBlock((unsigned char *)out, sum, sizeof sum);
}

int handshake_ask(wick *w, const net_url *url, const char *headers, const char *protocol,
                  char key[HANDSHAKE_KEY], buf *out)
{
    uint64_t nonce[2] = {ctx_random(w), ctx_random(w)};
    int rc;

    EVP_EncodeBlock((unsigned char *)key, (const unsigned char *)nonce, sizeof nonce);
    if (buf_fmt(out,
                "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n",
                url->path, url->authority, key) < 0)
        return ctx_fail(w, WICK_E_NOMEM, "handshake: no memory");
    if (protocol && !head_is_name(protocol, strlen(protocol)))
        return ctx_fail(w, WICK_E_ARG, "'%.80s' is no name of a subprotocol", protocol);
    if (protocol && buf_fmt(out, "Sec-WebSocket-Protocol: %s\r\n", protocol) < 0)
        return ctx_fail(w, WICK_E_NOMEM, "handshake: no memory");
    if (headers && (rc = head_write(out, headers, strlen(headers))) < 0)
        return ctx_fail(w, rc == WICK_E_DATA ? WICK_E_ARG : rc, "handshake: a header is malformed");
    return buf_add(out, "\r\n", 2) < 0 ? ctx_fail(w, WICK_E_NOMEM, "handshake: no memory")
                                       : WICK_OK;
}

static const char *check_reply(const buf *lines, const char *key, const char *protocol)
{
    const char *text = lines->data ? (const char *)lines->data : "", *value;
    char accept[HANDSHAKE_ACCEPT];
    size_t size;

    value = head_find(text, lines->size, "upgrade", &size);
    if (!value || size != 9 || strncasecmp(value, "websocket", 9) != 0)
        return "the answer does not upgrade to websocket";
    if (!head_has(text, lines->size, "connection", "upgrade"))
        return "the answer has no 'Connection: Upgrade'";
    handshake_accept(key, strlen(key), accept);
    value = head_find(text, lines->size, "sec-websocket-accept", &size);
    if (!value || size != sizeof accept - 1 || memcmp(value, accept, size) != 0 ||
        head_count(text, lines->size, "sec-websocket-accept") != 1)
        return "the answer's Sec-WebSocket-Accept does not fit our key";
    if (head_find(text, lines->size, "sec-websocket-extensions", &size))
        return "the answer uses an extension that was not offered";
    if ((value = head_find(text, lines->size, "sec-websocket-protocol", &size)) &&
        (!protocol || strlen(protocol) != size || memcmp(value, protocol, size) != 0))
        return "the answer uses a subprotocol that was not asked for";
    return NULL;
}

static int judge(const buf *first, const buf *lines, const char *key, const char *protocol,
                 char *why, size_t cap)
{
    const char *status = (const char *)first->data, *bad;

    if (strncmp(status, "HTTP/1.1 ", 9) != 0) {
        snprintf(why, cap, "the answer is not HTTP/1.1: %.40s", status);
        return WICK_E_DATA;
    }
    if (strncmp(status + 9, "101", 3) != 0 || (status[12] && status[12] != ' ')) {
        snprintf(why, cap, "the server answered %.60s", status + 9);
        return WICK_E_DATA;
    }
    if ((bad = check_reply(lines, key, protocol))) {
        snprintf(why, cap, "%s", bad);
        return WICK_E_DATA;
    }
    return 1;
}

int handshake_reply(wick *w, const uint8_t *in, size_t size, const char *key, const char *protocol,
                    size_t *used, char *why, size_t cap)
{
    const char *bad = "";
    buf first, lines;
    int rc;

    buf_init(&first, w, 2 * HEAD_BYTES_MAX);
    buf_init(&lines, w, 8 * HEAD_BYTES_MAX);
    rc = head_read(in, size, used, &first, &lines, &bad);
    if (rc == 1)
        rc = judge(&first, &lines, key, protocol, why, cap);
    else if (rc < 0)
        snprintf(why, cap, "the answer to the handshake: %s",
                 rc == WICK_E_NOMEM ? "no memory" : bad);
    buf_fini(&first);
    buf_fini(&lines);
    return rc;
}

/* 16 bytes in base64: 22 digits and "==", the last digit without stray bits. */
static int valid_key(const char *key, size_t size)
{
    if (size != 24 || key[22] != '=' || key[23] != '=' || !key[21] || !strchr("AQgw", key[21]))
        return 0;
    for (int i = 0; i < 22; i++) {
        char c = key[i];

        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '+' ||
              c == '/'))
            return 0;
    }
    return 1;
}

int handshake_asked(const char *lines, size_t size, int *status, const char **why)
{
    const char *value;
    size_t n;

    if (!head_has(lines, size, "upgrade", "websocket") ||
        !head_has(lines, size, "connection", "upgrade"))
        return 0;
    *status = 426;
    *why = "Sec-WebSocket-Version must be 13";
    value = head_find(lines, size, "sec-websocket-version", &n);
    if (!value || n != 2 || memcmp(value, "13", 2) != 0 ||
        head_count(lines, size, "sec-websocket-version") != 1)
        return WICK_E_DATA;
    *status = 400;
    *why = "Sec-WebSocket-Key must be 16 bytes in base64, once";
    value = head_find(lines, size, "sec-websocket-key", &n);
    if (!value || !valid_key(value, n) || head_count(lines, size, "sec-websocket-key") != 1)
        return WICK_E_DATA;
    return 1;
}

int handshake_answer(const char *lines, size_t size, buf *out)
{
    char accept[HANDSHAKE_ACCEPT];
    size_t n = 0;
    const char *key = head_find(lines, size, "sec-websocket-key", &n);

    handshake_accept(key ? key : "", n, accept);
    return buf_fmt(
        out,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\n\r\n",
        accept);
}
