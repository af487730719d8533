/* SPDX-License-Identifier: Apache-2.0
 * The JSON scanner: bytes to a tape of tokens, everything checked in one pass. */
#include <string.h>

#include "json.h"

typedef struct scan {
    tape *t;
    const keyset *keys;
    const uint8_t *base, *p, *end;
    const char *why;
    uint32_t open[JSON_DEPTH_MAX];      /* containers we are in */
    uint32_t depth;
} scan;

void tape_fini(tape *t)
{
    mem_free(t->w, t->toks);
    t->toks = NULL;
    t->count = t->cap = 0;
}

tok *tape_add(tape *t)
{
    if (t->count == t->cap &&
        MEM_GROW(t->w, t->toks, t->cap, (uint64_t)t->count + 1, JSON_TOKENS_MAX) < 0)
        return NULL;
    return &t->toks[t->count++];
}

const char *tape_why(const tape *t)
{
    return t->count * 2 > JSON_TOKENS_MAX ? "too many values" : "no memory";
}

static inline void blanks(scan *s)
{
    while (s->p < s->end && *s->p <= ' ' &&
           (*s->p == ' ' || *s->p == '\n' || *s->p == '\r' || *s->p == '\t'))
        s->p++;
}

static int refuse(scan *s, const char *why)
{
    s->why = why;
    return 0;
}

/* A key and its colon; notes them in t. */
static int key(scan *s, tok *t)
{
    uint8_t plain[256];
    const uint8_t *from, *close;

    if (s->p >= s->end || *s->p != '"')
        return refuse(s, "malformed: a key is missing");
    from = ++s->p;
    t->flags = 0;
    close = json_plain(from, s->end);
    if (!close && !(close = json_string(from, s->end, &t->flags, &s->why)))
        return 0;
    if (close - from > UINT16_MAX)
        return refuse(s, "malformed: a key is too long");
    t->key_at = (uint32_t)(from - s->base);
    t->key_len = (uint16_t)(close - from);
    if (t->flags) {                     /* only its unescaped form is compared */
        size_t size = t->key_len <= sizeof plain ? json_unescape(from, t->key_len, plain) : 0;

        t->flags = TOK_KEY_ESCAPED;
        t->key = size ? keyset_find(s->keys, plain, size, plain + size) : 0;
    } else {
        t->key = keyset_find(s->keys, from, t->key_len, s->end);
    }
    s->p = close + 1;
    blanks(s);
    if (s->p >= s->end || *s->p != ':')
        return refuse(s, "malformed: a colon is missing");
    s->p++;
    blanks(s);
    return 1;
}

static int word(scan *s, tok *t, const char *text, size_t size, uint8_t type)
{
    if ((size_t)(s->end - s->p) < size || memcmp(s->p, text, size) != 0)
        return refuse(s, "malformed: not a value");
    t->type = type;
    t->len = (uint32_t)size;
    s->p += size;
    return 1;
}

static int scalar(scan *s, tok *t)
{
    const uint8_t *from = s->p, *close;
    uint8_t flags = 0;

    t->at = (uint32_t)(from - s->base);
    switch (*from) {
    case '"':
        close = json_plain(++from, s->end);
        if (!close && !(close = json_string(from, s->end, &flags, &s->why)))
            return 0;
        t->at++;
        t->len = (uint32_t)(close - from);
        t->flags |= flags;
        t->type = TOK_STRING;
        s->p = close + 1;
        return 1;
    case 't': return word(s, t, "true", 4, TOK_TRUE);
    case 'f': return word(s, t, "false", 5, TOK_FALSE);
    case 'n': return word(s, t, "null", 4, TOK_NULL);
    default:
        if (!(close = json_number(from, s->end)))
            return refuse(s, "malformed: not a value");
        t->len = (uint32_t)(close - from);
        t->type = TOK_NUMBER;
        s->p = close;
        return 1;
    }
}

/* Behind a value: close what ends here, or stand at the next member or element. 1: a value follows,
 * 2: all over. */
static int onward(scan *s)
{
    while (s->depth > 0) {
        tok *in = &s->t->toks[s->open[s->depth - 1]];
        uint8_t close = in->type == TOK_OBJECT ? '}' : ']';

        blanks(s);
        if (s->p >= s->end)
            return refuse(s, "malformed: it ends too early");
        if (*s->p == ',') {
            s->p++;
            blanks(s);
            return 1;
        }
        if (*s->p != close)
            return refuse(s, "malformed: a comma or a bracket is missing");
        s->p++;
        in->len = (uint32_t)(s->p - s->base) - in->at;
        in->next = s->t->count;
        s->depth--;
    }
    return 2;
}

/* Open a container; 1: a value follows, 3: it was empty. */
static int enter(scan *s, tok *t, uint8_t close)
{
    t->at = (uint32_t)(s->p - s->base);
    t->type = close == '}' ? TOK_OBJECT : TOK_ARRAY;
    t->count = 0;
    s->p++;
    blanks(s);
    if (s->p < s->end && *s->p == close) {
        s->p++;
        t->len = (uint32_t)(s->p - s->base) - t->at;
        t->next = s->t->count;
        return 3;
    }
    if (s->depth == JSON_DEPTH_MAX)
        return refuse(s, "malformed: too deep");
    s->open[s->depth++] = (uint32_t)(t - s->t->toks);
    return 1;
}

static int value(scan *s)
{
    tok *in = s->depth ? &s->t->toks[s->open[s->depth - 1]] : NULL, *t;
    int member = in && in->type == TOK_OBJECT;

    if (in)
        in->count++;
    if (!(t = tape_add(s->t)))
        return refuse(s, tape_why(s->t));
    if (member) {
        if (!key(s, t))
            return 0;
    } else {
        t->key_at = 0;
        t->key_len = t->key = 0;
        t->flags = 0;
    }
    if (s->p >= s->end)
        return refuse(s, "malformed: it ends too early");
    if (*s->p == '{' || *s->p == '[')
        return enter(s, t, *s->p == '{' ? '}' : ']');
    t->next = s->t->count;
    return scalar(s, t) ? 3 : 0;
}

const char *json_scan(tape *t, const keyset *keys, const uint8_t *bytes, size_t size, size_t *end)
{
    scan s;                             /* open[] is written before it is read */
    int step = 1;

    s.t = t;
    s.keys = keys;
    s.base = s.p = bytes;
    s.end = bytes + size;
    s.why = NULL;
    s.depth = 0;
    t->count = 0;
    blanks(&s);
    while (step == 1) {
        step = value(&s);
        if (step == 3)
            step = onward(&s);
    }
    if (step == 2)
        blanks(&s);
    *end = (size_t)(s.p - bytes);
    return step == 2 ? NULL : s.why ? s.why : "malformed";
}
