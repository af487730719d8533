/* SPDX-License-Identifier: Apache-2.0
 * Lines of recordings: their form, and what the two forms of recorders say. */
#include <string.h>

#include "frames.h"
#include "value.h"

enum { KEY_T = 1, KEY_CONN, KEY_TS, KEY_DATA, KEY_B64, KEY_ADDR, KEY_FORMAT, KEY_COUNT };

int frames_init(frames *f, wick *w)
{
    static const char *const names[] = {"t", "conn", "ts", "data", "b64", "addr", "format"};

    *f = (frames){.w = w, .tape.w = w};
    buf_init(&f->keys.text, w, 4096);
    buf_init(&f->payload, w, RECORDING_LINE_MAX + 64);
    buf_init(&f->conn_text, w, 1 << 20);
    for (int i = 0; i < KEY_COUNT - 1; i++)
        if (keyset_add(&f->keys, names[i], strlen(names[i])) != i + 1)
            return WICK_E_NOMEM;
    return WICK_OK;
}

void frames_fini(frames *f)
{
    keyset_fini(&f->keys);
    tape_fini(&f->tape);
    buf_fini(&f->payload);
    buf_fini(&f->conn_text);
    mem_free(f->w, f->conns);
}

static int broken(record *out, const char *why)
{
    out->kind = RECORD_BROKEN;
    out->problem = why;
    return 1;
}

static const tok *member(const frames *f, uint16_t key)
{
    const tok *t = f->tape.toks, *found = NULL;

    if (t->type == TOK_OBJECT)
        for (uint32_t i = 1; i < t->next; i = f->tape.toks[i].next)
            if (f->tape.toks[i].key == key)
                found = &f->tape.toks[i];
    return found;
}

static int scan(frames *f, const uint8_t *p, size_t size)
{
    size_t end;

    return !json_scan(&f->tape, &f->keys, p, size, &end) && end == size;
}

static int is(const tok *t, const uint8_t *base, const char *text)
{
    return t && t->type == TOK_STRING && t->len == strlen(text) &&
           memcmp(base + t->at, text, t->len) == 0;
}

static int kind_of(const tok *t, const uint8_t *base)
{
    static const char *const names[] = {"header", "http", "connect", "send", "recv", NULL};

    for (int i = 0; names[i]; i++)
        if (is(t, base, names[i]))
            return i;
    return -1;
}

/* "<seconds>." at the begin: its size, 0: no number stands there. */
static size_t stamp(const uint8_t *p, size_t size)
{
    size_t n = 0, points = 0;

    while (n < size && ((uint8_t)(p[n] - '0') <= 9 || (p[n] == '.' && n && points++ == 0)))
        n++;
    return n;
}

static const uint8_t *arrow(const uint8_t *p, size_t size, const char *text)
{
    return memmem(p, size < 4096 ? size : 4096, text, strlen(text));
}

static int is_text(const uint8_t *p, size_t size)
{
    size_t n = stamp(p, size);

    if (n && n + 1 < size && p[n] == ':' && p[n + 1] == ' ')
        return 1;
    if (size > 15 && memcmp(p, "configuration: ", 15) == 0)
        return 1;
    return arrow(p, size, "://") &&
           (arrow(p, size, " <-> ") || arrow(p, size, " <- ") || arrow(p, size, " -> "));
}

static const uint8_t *trimmed(const uint8_t *p, size_t *size)
{
    for (; *size && (*p == ' ' || *p == '\t'); --*size)
        p++;
    while (*size && (p[*size - 1] == ' ' || p[*size - 1] == '\t'))
        --*size;
    return p;
}

int frames_form(frames *f, const uint8_t *p, size_t size)
{
    uint8_t last;
    int good;

    p = trimmed(p, &size);
    last = size ? p[size - 1] : 0;
    good = scan(f, p, size);
    if (*p == '{' || *p == '[') {
        if (good && kind_of(member(f, KEY_T), p) >= 0 &&
            (member(f, KEY_CONN) || member(f, KEY_FORMAT) || member(f, KEY_TS)))
            return FORM_JSONL;
        return good ? FORM_LINES
             : last == '{' || last == '[' || last == ',' || last == ':' ? FORM_BODY : FORM_BROKEN;
    }
    if (*p == '"')
        return good ? FORM_LINES : FORM_CSV;
    if (is_text(p, size))
        return FORM_TEXT;
    return memchr(p, '~', size) && !memchr(p, ',', size) ? FORM_LINES : FORM_CSV;
}

/* The connection's number, its name in *name. */
static int conn_of(frames *f, const uint8_t *text, size_t size, record *out)
{
    uint32_t i;

    for (i = 0; i < f->conn_count; i++) {
        const char *had = (const char *)f->conn_text.data + f->conns[i];

        if (strlen(had) == size && memcmp(had, text, size) == 0)
            break;
    }
    if (i == f->conn_count) {
        if (i == FRAMES_CONN_MAX)
            return broken(out, "too many connections");
        if (MEM_GROW(f->w, f->conns, f->conn_cap, (uint64_t)i + 1, FRAMES_CONN_MAX) < 0)
            return WICK_E_NOMEM;
        f->conns[i] = (uint32_t)f->conn_text.size;
        if (buf_add(&f->conn_text, text, size) < 0 || buf_add(&f->conn_text, "", 1) < 0)
            return WICK_E_NOMEM;
        f->conn_count++;
    }
    out->conn_id = i;
    out->conn = (const char *)f->conn_text.data + f->conns[i];
    return WICK_OK;
}

/* The string t of line p into the payload buffer, unescaped. */
static int text_of(frames *f, const uint8_t *p, const tok *t)
{
    uint8_t *to;

    f->payload.size = 0;
    if (!(to = buf_room(&f->payload, t->len + 1)))
        return WICK_E_NOMEM;
    f->payload.size = json_unescape(p + t->at, t->len, to);
    return WICK_OK;
}

static int content(frames *f, const uint8_t *p, record *out)
{
    const tok *data = member(f, KEY_DATA), *b64 = member(f, KEY_B64);
    int rc;

    if (out->kind == RECORD_CONNECT)
        data = member(f, KEY_ADDR);
    f->payload.size = 0;
    if (b64 && b64->type == TOK_STRING) {
        out->form = WICK_FORM_BINARY;
        if ((rc = base64_add(&f->payload, p + b64->at, b64->len)) < 0)
            return rc == WICK_E_NOMEM ? rc : broken(out, "broken base64");
    } else if (data && data->type == TOK_STRING) {
        if ((rc = text_of(f, p, data)) < 0)
            return rc;
    } else if (out->kind == RECORD_RECV) {
        return broken(out, "a frame without data");
    }
    out->bytes = f->payload.data;
    out->size = f->payload.size;
    return 1;
}

int frames_jsonl(frames *f, const uint8_t *p, size_t size, record *out)
{
    const tok *conn, *ts;
    int rc;

    if (!scan(f, p, size))
        return broken(out, "not a line of this recording");
    if ((out->kind = kind_of(member(f, KEY_T), p)) < 0)
        return broken(out, "a line of an unknown kind");
    conn = member(f, KEY_CONN);
    ts = member(f, KEY_TS);
    if (conn && conn->type == TOK_STRING) {
        rc = conn_of(f, p + conn->at, conn->len, out);
        if (rc < 0 || out->problem)
            return rc < 0 ? rc : 1;
    }
    if (ts && (ts->type == TOK_NUMBER || ts->type == TOK_STRING) &&
        !value_time(p + ts->at, ts->len, UNIT_NUMBER_S, &out->recv_ns))
        return broken(out, "a bad time of receipt");
    return content(f, p, out);
}

/* "<address> <- <seconds>: <text>", with "<->" where it was opened and "->" for an answer over
 * HTTP. */
static int deed(const uint8_t *p, size_t size, record *out)
{
    static const struct { const char *text; int kind; } arrows[] = {
        {" <-> ", RECORD_CONNECT}, {" <- ", RECORD_SEND}, {" -> ", RECORD_HTTP}};
    const uint8_t *at = NULL, *rest;
    size_t n;
    int i;

    for (i = 0; i < 3 && !at; i++)
        at = arrow(p, size, arrows[i].text);
    if (!at)
        return broken(out, "not a line of this recording");
    out->kind = arrows[i - 1].kind;
    rest = at + strlen(arrows[i - 1].text);
    n = stamp(rest, size - (size_t)(rest - p));
    if (!value_time(rest, n, UNIT_NUMBER_S, &out->recv_ns))
        return broken(out, "a bad time of receipt");
    rest += n;
    if (out->kind == RECORD_CONNECT) {
        out->size = (size_t)(at - p);
        return 1;
    }
    rest += rest < p + size && *rest == ':';
    rest += rest < p + size && *rest == ' ';
    out->bytes = rest;
    out->size = size - (size_t)(rest - p);
    return 1;
}

/* A frame of the text form; binary ones stand there as Python prints them. */
static int received(frames *f, const uint8_t *p, size_t size, record *out)
{
    out->bytes = p;
    out->size = size;
    if (size < 3 || *p != 'b' || (p[1] != '\'' && p[1] != '"'))
        return 1;
    f->payload.size = 0;
    if (!buf_room(&f->payload, size))
        return WICK_E_NOMEM;
    out->bytes = f->payload.data;
    out->form = WICK_FORM_BINARY;
    return bytes_literal(p, size, f->payload.data, &out->size) ? 1 : broken(out, "broken bytes");
}

int frames_text(frames *f, const uint8_t *p, size_t size, record *out)
{
    size_t n = stamp(p, size);

    if (n && n + 1 < size && p[n] == ':' && p[n + 1] == ' ') {
        if (!value_time(p, n, UNIT_NUMBER_S, &out->recv_ns))
            return broken(out, "a bad time of receipt");
        return received(f, p + n + 2, size - n - 2, out);
    }
    if (size > 15 && memcmp(p, "configuration: ", 15) == 0) {
        out->kind = RECORD_HEADER;
        out->bytes = p + 15;
        out->size = size - 15;
        return 1;
    }
    return deed(p, size, out);
}

int frames_value(frames *f, const uint8_t *p, size_t size, record *out)
{
    int rc;

    p = trimmed(p, &size);
    out->bytes = p;
    out->size = size;
    if (*p != '"' || !scan(f, p, size))
        return 1;
    if ((rc = text_of(f, p, f->tape.toks)) < 0)
        return rc;
    out->bytes = f->payload.data;
    out->size = f->payload.size;
    return 1;
}
