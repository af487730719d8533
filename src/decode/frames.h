/* SPDX-License-Identifier: Apache-2.0
 * The lines of recordings: what form a file has, and what one line of it says. */
#ifndef WICK_DECODE_FRAMES_H
#define WICK_DECODE_FRAMES_H

#include "json.h"
#include "recording.h"

enum {
    FORM_UNKNOWN,
    FORM_JSONL,                         /* {"t":"recv","conn":...,"ts":...,"data":"..."} a line */
    FORM_TEXT,                          /* "<seconds>: <frame>" a line, and what the client did */
    FORM_LINES,                         /* one message a line: JSON, a JSON string, packed text */
    FORM_BODY,                          /* one JSON value over several lines */
    FORM_CSV,
    FORM_BROKEN                         /* it begins as JSON and is none: the lines behind it tell */
};
enum { FRAMES_CONN_MAX = 4096 };

typedef struct frames {
    wick   *w;
    keyset  keys;
    tape    tape;
    buf     payload, conn_text;         /* names, each with its 0 */
    uint32_t *conns;                    /* where they begin */
    uint32_t conn_count, conn_cap;
} frames;

int  frames_init(frames *f, wick *w);
void frames_fini(frames *f);
int  frames_form(frames *f, const uint8_t *line, size_t size);
/* Where the first line says CSV or BROKEN: what the next few say. UNKNOWN: more text is needed to tell, all: there is
 * none; CSV: nothing else. */
int  frames_look(frames *f, const uint8_t *text, size_t size, int all);
int  frames_blank(const uint8_t *line, size_t size);
/* A line to a record: 1 (perhaps RECORD_BROKEN); negative: no memory. */
int  frames_jsonl(frames *f, const uint8_t *line, size_t size, record *out);
int  frames_text(frames *f, const uint8_t *line, size_t size, record *out);
int  frames_value(frames *f, const uint8_t *line, size_t size, record *out);
/* Decoded bytes behind out; DATA: it is none. */
int  base64_add(buf *out, const uint8_t *text, size_t size);
/* b'...' as Python prints bytes, into size bytes at to; 0: it is broken. */
int  bytes_literal(const uint8_t *text, size_t size, uint8_t *to, size_t *written);

#endif
