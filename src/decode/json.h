/* SPDX-License-Identifier: Apache-2.0
 * JSON to a tape: one pass that checks everything RFC 8259 asks (grammar, depth, escapes, UTF-8) and notes where
 * each value stands. Nothing is converted: numbers and strings stay the venue's bytes. No state of its own. */
#ifndef WICK_DECODE_JSON_H
#define WICK_DECODE_JSON_H

#include "../core/mem.h"

enum { JSON_DEPTH_MAX = 64, JSON_TOKENS_MAX = 1 << 20, JSON_KEYS_MAX = 2048 };

enum { TOK_NONE, TOK_OBJECT, TOK_ARRAY, TOK_STRING, TOK_NUMBER, TOK_TRUE, TOK_FALSE, TOK_NULL };
enum { TOK_ESCAPED = 1, TOK_SCRATCH = 2, TOK_KEY_ESCAPED = 4, TOK_KEY_SCRATCH = 8, TOK_LOOKED = 16 };

typedef struct tok {
    uint32_t at, len;                   /* its bytes; of a string, what stands between the quotes */
    uint32_t next;                      /* token behind the whole value */
    uint32_t count;                     /* members or elements of a container */
    uint32_t key_at;                    /* of an object's member: its key */
    uint16_t key_len;
    uint16_t key;                       /* id in the plan's keys, 0: not named there */
    uint8_t  type, flags;               /* TOK_* */
    uint8_t  spare[6];                  /* 32 bytes: an index is a shift */
} tok;

typedef struct tape {
    wick    *w;
    tok     *toks;                      /* document order; toks[0] is the whole value */
    uint32_t count, cap;
} tape;

/* The keys that a plan names, as small numbers. Filled while a plan is read, then only looked up. */
typedef struct keyset {
    struct keyset_row { uint64_t first, last; uint32_t size, at; } *rows;   /* row i is key i + 1 */
    uint16_t *slots;                    /* open addressing, a power of two */
    uint32_t  count, cap, slot_count;
    buf       text;
} keyset;

void tape_fini(tape *t);
/* One more token, NULL: no memory or JSON_TOKENS_MAX; tape_why() says which. */
tok *tape_add(tape *t);
const char *tape_why(const tape *t);

/* Scan one value, white space around it too; *end is where it ended. Returns why it is refused, NULL: it is well
 * formed. Strings are checked, not unescaped, but keys are compared unescaped. At most 2^31 bytes. */
const char *json_scan(tape *t, const keyset *keys, const uint8_t *bytes, size_t size, size_t *end);
/* End of the JSON number at p, NULL: it is none. */
const uint8_t *json_number(const uint8_t *p, const uint8_t *end);
/* The closing quote of the string whose content begins at p. Sets TOK_ESCAPED in *flags. NULL: *why says it. */
const uint8_t *json_string(const uint8_t *p, const uint8_t *end, uint8_t *flags, const char **why);
/* The closing quote where the string is plain ASCII without escapes, else NULL. */
const uint8_t *json_plain(const uint8_t *p, const uint8_t *end);
/* Unescape content that json_string() accepted; out has room for size bytes. Returns how many it wrote. */
size_t json_unescape(const uint8_t *p, size_t size, uint8_t *out);

int  keyset_add(keyset *k, const void *key, size_t size);   /* its id, negative: NOMEM or too many */
uint16_t keyset_find(const keyset *k, const uint8_t *key, size_t size, const uint8_t *end);
void keyset_fini(keyset *k);

#endif
