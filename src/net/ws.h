/* SPDX-License-Identifier: Apache-2.0
 * WebSocket framing, RFC 6455 section 5, for both sides: bytes in, messages out; and frames written.
 * Pure: there is no socket in here. */
#ifndef WICK_NET_WS_H
#define WICK_NET_WS_H

#include "../core/mem.h"
#include "utf8.h"

enum {                                  /* opcodes */
    WS_CONT = 0, WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10
};
enum { WS_SERVER = 0, WS_CLIENT = 1 };  /* which side we are: a server is sent masked frames */
enum { WS_HEAD_MAX = 14, WS_CONTROL_MAX = 125 };
enum {                                  /* close codes */
    WS_OK = 1000, WS_GOING = 1001, WS_PROTOCOL = 1002, WS_NO_CODE = 1005, WS_ABNORMAL = 1006,
    WS_BAD_DATA = 1007, WS_POLICY = 1008, WS_TOO_BIG = 1009, WS_INTERNAL = 1011, WS_LATER = 1013
};

typedef struct ws_message {             /* borrowed: until the next call or the end of the input */
    uint8_t *bytes;
    size_t   size;
    uint32_t kind;                      /* WS_TEXT, WS_BINARY, WS_PING, WS_PONG, WS_CLOSE */
    uint32_t code;                      /* close: its code or WS_NO_CODE; bytes are the reason */
} ws_message;

typedef struct ws_reader {
    buf      part;                      /* payload of the message that is not whole yet */
    size_t   max_message;               /* bytes; over it: WS_TOO_BIG */
    uint32_t max_fragments;             /* over it: WS_TOO_BIG */
    uint32_t fragments;                 /* data frames of the message so far */
    uint64_t left, done;                /* of the frame's payload: to come, and already here */
    utf8     text;
    uint8_t  side, head_size, opcode, fin, kind, in_frame, masked, spent;
    uint8_t  head[WS_HEAD_MAX], key[4], control[WS_CONTROL_MAX];
    uint16_t error;                     /* close code of the violation, 0: none */
    const char *why;
} ws_reader;

void ws_reader_init(ws_reader *r, wick *w, int side, size_t max_message, uint32_t max_fragments);
void ws_reader_fini(ws_reader *r);
/* Read up to one message from the input, which may be changed in place. Returns its kind, WS_TEXT to
 * WS_PONG; 0: the input is used up and more is needed; WICK_E_DATA: r->error and r->why say what was
 * violated; WICK_E_NOMEM. *used is what was taken; call again with the rest. */
int  ws_read(ws_reader *r, uint8_t *in, size_t size, size_t *used, ws_message *m);

/* A frame's header into out[WS_HEAD_MAX]; key NULL: unmasked. Returns its size. */
size_t ws_head(uint8_t *out, int opcode, int fin, uint64_t size, const uint8_t *key);
/* Mask or unmask; `to` may be `from`. at: how many bytes of the payload came before. */
void ws_mask(uint8_t *to, const uint8_t *from, size_t size, const uint8_t *key, uint64_t at);
int  ws_code_valid(uint32_t code);      /* may stand in a close frame */

#endif
