/* SPDX-License-Identifier: Apache-2.0
 * A small strict reader of JSON. */
#include "sim_json.h"

#include <string.h>

static const char *blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

static int digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static int hex(const char *at, const char *end)
{
    int n = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int c = at[i] | 0x20;

        if (at[i] >= '0' && at[i] <= '9')
            n = n * 16 + at[i] - '0';
        else if (c >= 'a' && c <= 'f')
            n = n * 16 + c - 'a' + 10;
        else
            return -1;
    }
    return n;
}

static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < ' ')
            return NULL;
        if (*at != '\\')
            continue;
        if (++at == end || !memchr("\"\\/bfnrtu", *at, 9))
            return NULL;
        if (*at == 'u') {
            if (hex(at + 1, end) < 0)
                return NULL;
            at += 4;
        }
    }
    return at < end ? at + 1 : NULL;
}

static const char *skip_number(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    if (!digit(at, end))
        return NULL;
    if (*at == '0')
        at++;
    else
        while (digit(at, end))
            at++;
    if (at < end && *at == '.') {
        if (!digit(++at, end))
            return NULL;
        while (digit(at, end))
            at++;
    }
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        if (!digit(at, end))
            return NULL;
        while (digit(at, end))
            at++;
    }
    return at;
}

static const char *skip(const char *at, const char *end, int depth);

static const char *skip_list(const char *at, const char *end, int depth)
{
    char close = *at == '{' ? '}' : ']';

    at = blanks(at + 1, end);
    if (at < end && *at == close)
        return at + 1;
    while (at && at < end) {
        if (close == '}') {
            at = blanks(at, end);
            if (at == end || *at != '"' || !(at = skip_string(at, end)))
                return NULL;
            at = blanks(at, end);
            if (at == end || *at++ != ':')
                return NULL;
        }
        if (!(at = skip(at, end, depth - 1)))
            return NULL;
        at = blanks(at, end);
        if (at < end && *at == close)
            return at + 1;
        if (at == end || *at++ != ',')
            return NULL;
    }
    return NULL;
}

static const char *skip(const char *at, const char *end, int depth)
{
    at = blanks(at, end);
    if (at == end || depth == 0)
        return NULL;
    if (*at == '{' || *at == '[')
        return skip_list(at, end, depth);
    if (*at == '"')
        return skip_string(at, end);
    for (int i = 0; i < 3; i++) {
        static const char *const WORDS[] = {"true", "false", "null"};
        size_t n = strlen(WORDS[i]);

        if ((size_t)(end - at) >= n && memcmp(at, WORDS[i], n) == 0)
            return at + n;
    }
    return skip_number(at, end);
}

const char *sim_json_skip(const char *at, const char *end)
{
    return skip(at, end, SIM_JSON_DEPTH);
}

int sim_json_whole(const char *text, size_t size)
{
    const char *at = sim_json_skip(text, text + size);

    return at && blanks(at, text + size) == text + size;
}

const char *sim_json_member(const char *at, const char *end, const char *key)
{
    const char *found = NULL;
    char name[64];

    at = blanks(at, end);
    if (at == end || *at != '{')
        return NULL;
    for (at = blanks(at + 1, end); at < end && *at == '"'; at = blanks(at, end)) {
        int size = sim_json_text(at, end, name, sizeof name);

        if (!(at = skip_string(at, end)))
            return NULL;
        at = blanks(blanks(at, end) + 1, end);      /* the colon: the text was checked before */
        if (size >= 0 && strcmp(name, key) == 0)
            found = at;
        if (!(at = sim_json_skip(at, end)))
            return NULL;
        at = blanks(at, end);
        if (at < end && *at == ',')
            at++;
    }
    return found;
}

const char *sim_json_element(const char **at, const char *end, int first)
{
    const char *p = blanks(*at, end), *value;

    if (p == end || (first ? *p != '[' : *p != ','))
        return NULL;
    value = blanks(p + 1, end);
    if (value == end || *value == ']' || !(*at = sim_json_skip(value, end)))
        return NULL;
    return value;
}

static size_t put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    out[0] = (char)(0xe0 | c >> 12); /* halves of pairs are kept apart: no name has them */
    out[1] = (char)(0x80 | (c >> 6 & 63));
    out[2] = (char)(0x80 | (c & 63));
    return 3;
}

int sim_json_text(const char *at, const char *end, char *out, size_t size)
{
    static const char ESCAPES[] = "b\bf\fn\nr\rt\t\"\"\\\\//";
    size_t n = 0;

    at = blanks(at, end);
    if (at == end || *at != '"')
        return -1;
    for (at++; at < end && *at != '"'; at++) {
        if (n + 4 > size)
            return -1;
        if (*at != '\\') {
            out[n++] = *at;
        } else if (*++at == 'u') {
            n += put_utf8(out + n, (unsigned)hex(at + 1, end));
            at += 4;
        } else {
            for (int i = 0; ESCAPES[i]; i += 2)
                if (ESCAPES[i] == *at)
                    out[n++] = ESCAPES[i + 1];
        }
    }
    if (at == end || n >= size)
        return -1;
    out[n] = '\0';
    return (int)n;
}
