/* SPDX-License-Identifier: Apache-2.0
 * Reading WebSocket frames. A frame that lies whole in the input is handed on where it lies;
 * anything else is gathered in r->part. Text is checked as it arrives, so a bad byte ends the
 * connection early. */
#include "ws.h"

#include <string.h>

enum { PART_KEEP = 256 << 10 };         /* a larger buffer is given back after its message */

void ws_reader_init(ws_reader *r, wick *w, int side, size_t max_message, uint32_t max_fragments)
{
    memset(r, 0, sizeof *r);
    r->side = (uint8_t)side;
    r->max_message = max_message;
    r->max_fragments = max_fragments;
    buf_init(&r->part, w, max_message ? max_message : 1);
}

void ws_reader_fini(ws_reader *r)
{
    buf_fini(&r->part);
}

static int violate(ws_reader *r, int code, const char *why)
{
    r->error = (uint16_t)code;
    r->why = why;
    return WICK_E_DATA;
}

int ws_code_valid(uint32_t code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

/* Size of the header that begins with these bytes, as far as `have` of them tell. */
static size_t head_need(const uint8_t *h, size_t have)
{
    size_t length = have < 2 ? 0 : h[1] & 0x7f;

    return 2u +
           (length == 126   ? 2u
            : length == 127 ? 8u
                            : 0u) +
           (have > 1 && h[1] & 0x80 ? 4u : 0u);
}

static int check_opcode(ws_reader *r, uint64_t length)
{
    if (r->opcode >= WS_CLOSE) {
        if (r->opcode > WS_PONG)
            return violate(r, WS_PROTOCOL, "reserved opcode");
        if (!r->fin)
            return violate(r, WS_PROTOCOL, "fragmented control frame");
        if (length > WS_CONTROL_MAX)
            return violate(r, WS_PROTOCOL, "control frame over 125 bytes");
        return 0;
    }
    if (r->opcode > WS_BINARY)
        return violate(r, WS_PROTOCOL, "reserved opcode");
    if (r->opcode == WS_CONT && r->fragments == 0)
        return violate(r, WS_PROTOCOL, "continuation of nothing");
    if (r->opcode != WS_CONT && r->fragments != 0)
        return violate(r, WS_PROTOCOL, "new message inside a fragmented one");
    if (length > r->max_message - r->part.size)
        return violate(r, WS_TOO_BIG, "message too big");
    if (r->fragments >= r->max_fragments && (length || !r->fin))    /* an empty last one is free */
        return violate(r, WS_TOO_BIG, "too many fragments");
    return 0;
}

static int begin_frame(ws_reader *r, const uint8_t *h, size_t size)
{
    uint64_t length = h[1] & 0x7f, width = length == 126 ? 2 : length == 127 ? 8 : 0;
    uint64_t least = width == 2 ? 126 : 65536;

    if (h[0] & 0x70)
        return violate(r, WS_PROTOCOL, "reserved bit set");
    r->masked = h[1] >> 7;
    if (r->masked != (r->side == WS_SERVER))
        return violate(r, WS_PROTOCOL, r->masked ? "masked frame from a server" : "unmasked frame");
    if (width) {
        length = 0;
        for (uint64_t i = 0; i < width; i++)
            length = length << 8 | h[2 + i];
        if (length < least || length >> 63)
            return violate(r, WS_PROTOCOL, "length not in its shortest form");
    }
    r->fin = h[0] >> 7;
    r->opcode = h[0] & 0x0f;
    if (check_opcode(r, length) < 0)
        return WICK_E_DATA;
    if (r->masked)
        memcpy(r->key, h + size - 4, 4);
    if (r->opcode < WS_CLOSE && r->fragments++ == 0) {
        r->kind = r->opcode;
        r->text = (utf8){0};
    }
    r->left = length;
    r->done = 0;
    r->in_frame = 1;
    return 1;
}

/* 1: a frame has begun; 0: the header is not whole yet. */
static int take_head(ws_reader *r, const uint8_t *in, size_t size, size_t *used)
{
    size_t need;
    int rc;

    if (r->head_size == 0 && size >= WS_HEAD_MAX) {
        need = head_need(in, 2);
        *used += need;
        return begin_frame(r, in, need);
    }
    for (size_t at = 0; r->head_size < head_need(r->head, r->head_size); at++) {
        if (at == size)
            return 0;
        r->head[r->head_size++] = in[at];
        ++*used;
    }
    rc = begin_frame(r, r->head, r->head_size);
    r->head_size = 0;
    return rc;
}

static int end_control(ws_reader *r, uint8_t *bytes, size_t size, ws_message *m)
{
    utf8 reason = {0};

    *m = (ws_message){.bytes = bytes, .size = size, .kind = r->opcode};
    if (r->opcode != WS_CLOSE)
        return r->opcode;
    if (size == 0) {
        m->code = WS_NO_CODE;
        return WS_CLOSE;
    }
    if (size == 1)
        return violate(r, WS_PROTOCOL, "close code of one byte");
    m->code = (uint32_t)(bytes[0] << 8 | bytes[1]);
    m->bytes = bytes + 2;
    m->size = size - 2;
    if (!ws_code_valid(m->code))
        return violate(r, WS_PROTOCOL, "invalid close code");
    if (utf8_feed(&reason, m->bytes, m->size) < 0 || !utf8_whole(&reason))
        return violate(r, WS_BAD_DATA, "close reason is not UTF-8");
    return WS_CLOSE;
}

static int take_control(ws_reader *r, uint8_t *in, size_t size, ws_message *m)
{
    uint8_t *bytes = in;

    if (r->masked)
        ws_mask(in, in, size, r->key, r->done);
    if (r->done || size < r->left) {
        memcpy(r->control + r->done, in, size);
        bytes = r->control;
    }
    r->done += size;
    r->left -= size;
    if (r->left)
        return 0;
    r->in_frame = 0;
    return end_control(r, bytes, (size_t)r->done, m);
}

static int end_message(ws_reader *r, uint8_t *bytes, size_t size, ws_message *m)
{
    if (r->kind == WS_TEXT && !utf8_whole(&r->text))
        return violate(r, WS_BAD_DATA, "text ends inside a character");
    *m = (ws_message){.bytes = bytes, .size = size, .kind = r->kind};
    r->fragments = 0;
    return r->kind;
}

static int take_data(ws_reader *r, uint8_t *in, size_t size, ws_message *m)
{
    int whole = r->done == 0 && size == r->left && r->fin && r->fragments == 1;

    if (r->masked)
        ws_mask(in, in, size, r->key, r->done);
    if (r->kind == WS_TEXT && utf8_feed(&r->text, in, size) < 0)
        return violate(r, WS_BAD_DATA, "text is not UTF-8");
    if (!whole && size && buf_add(&r->part, in, size) < 0)
        return WICK_E_NOMEM;
    r->done += size;
    r->left -= size;
    if (r->left)
        return 0;
    r->in_frame = 0;
    if (!r->fin)
        return 0;
    if (whole)
        return end_message(r, in, size, m);
    r->spent = 1;
    return end_message(r, r->part.size ? r->part.data : r->control, r->part.size, m);
}

static void forget_part(ws_reader *r)
{
    r->spent = 0;
    r->part.size = 0;
    if (r->part.cap > PART_KEEP)
        buf_fini(&r->part);
}

/* By far the most frequent: a message of one frame that lies whole in the input. 0: it is not that,
 * and nothing was touched. */
static int take_whole(ws_reader *r, uint8_t *in, size_t size, size_t *used, ws_message *m)
{
    int kind = in[0] ^ 0x80;
    size_t length = in[1] & 0x7f, head = 2;
    utf8 text = {0};

    if ((kind != WS_TEXT && kind != WS_BINARY) || in[1] >> 7 != (r->side == WS_SERVER) ||
        length == 127)
        return 0;
    if (length == 126) {
        length = (size_t)(in[2] << 8 | in[3]);
        head = length < 126 ? SIZE_MAX / 2 : 4; /* not its shortest form: refused elsewhere */
    }
    head += r->side == WS_SERVER ? 4 : 0;
    if (head > size || length > size - head || length > r->max_message)
        return 0;
    *used = head + length;
    if (r->side == WS_SERVER)
        ws_mask(in + head, in + head, length, in + head - 4, 0);
    if (kind == WS_TEXT && (utf8_feed(&text, in + head, length) < 0 || !utf8_whole(&text)))
        return violate(r, WS_BAD_DATA, "text is not UTF-8");
    *m = (ws_message){.bytes = in + head, .size = length, .kind = (uint32_t)kind};
    return kind;
}

int ws_read(ws_reader *r, uint8_t *in, size_t size, size_t *used, ws_message *m)
{
    size_t take;
    int rc;

    *used = 0;
    if (r->error)
        return WICK_E_DATA;
    if (r->spent)
        forget_part(r);
    if (size >= 4 && !r->in_frame && !r->head_size && !r->fragments &&
        (rc = take_whole(r, in, size, used, m)) != 0)
        return rc;
    for (;;) {
        if (!r->in_frame) {
            if (*used == size)
                return 0;
            if ((rc = take_head(r, in + *used, size - *used, used)) <= 0)
                return rc;
        }
        take = size - *used < r->left ? size - *used : (size_t)r->left;
        if (take == 0 && r->left)
            return 0;
        rc = r->opcode >= WS_CLOSE ? take_control(r, in + *used, take, m)
                                   : take_data(r, in + *used, take, m);
        *used += take;
        if (rc != 0)
            return rc;
    }
}
