/* SPDX-License-Identifier: Apache-2.0
 * Header fields: finding them in lines of text, reading a raw head strictly, writing one. */
#include "head.h"

#include <string.h>
#include <strings.h>

static const char *next_line(const char *at, const char *end)
{
    const char *nl = memchr(at, '\n', (size_t)(end - at));

    return nl ? nl + 1 : end;
}

/* The value of the field at `at` if it has this name. */
static const char *match(const char *at, const char *end, const char *name, size_t *size)
{
    size_t n = strlen(name);
    const char *stop = next_line(at, end);

    if ((size_t)(stop - at) < n + 2 || memcmp(at, name, n) != 0 || at[n] != ':')
        return NULL;
    at += n + 1;
    if (*at == ' ')
        at++;
    if (stop > at && stop[-1] == '\n')
        stop--;
    *size = (size_t)(stop - at);
    return at;
}

const char *head_find(const char *lines, size_t lines_size, const char *name, size_t *size)
{
    const char *end = lines + lines_size, *value;

    for (const char *at = lines; at < end; at = next_line(at, end))
        if ((value = match(at, end, name, size)))
            return value;
    return NULL;
}

uint32_t head_count(const char *lines, size_t lines_size, const char *name)
{
    const char *end = lines + lines_size;
    uint32_t n = 0;
    size_t size;

    for (const char *at = lines; at < end; at = next_line(at, end))
        n += match(at, end, name, &size) != NULL;
    return n;
}

static int list_has(const char *at, const char *end, const char *token)
{
    size_t n = strlen(token);

    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma ? comma : end;
        const char *next = comma ? comma + 1 : end;

        while (at < stop && (*at == ' ' || *at == '\t'))
            at++;
        while (stop > at && (stop[-1] == ' ' || stop[-1] == '\t'))
            stop--;
        if ((size_t)(stop - at) == n && strncasecmp(at, token, n) == 0)
            return 1;
        at = next;
    }
    return 0;
}

int head_has(const char *lines, size_t lines_size, const char *name, const char *token)
{
    const char *end = lines + lines_size, *value;
    size_t size;

    for (const char *at = lines; at < end; at = next_line(at, end))
        if ((value = match(at, end, name, &size)) && list_has(value, value + size, token))
            return 1;
    return 0;
}

int head_is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = text[i];

        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
              (c && strchr("!#$%&'*+-.^_`|~", c))))
            return 0;
    }
    return size > 0;
}

int head_is_value(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return 0;
    }
    return 1;
}

/* One "Name: value" line, without its end, appended as "name: value\n". */
static int add_field(buf *lines, const char *at, size_t size, const char **why)
{
    const char *colon = memchr(at, ':', size), *end = at + size, *value;
    size_t n = colon ? (size_t)(colon - at) : 0;
    char *name;

    *why = "a header field is malformed";
    if (!head_is_name(at, n))
        return WICK_E_DATA;
    value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    if (!head_is_value(value, (size_t)(end - value)))
        return WICK_E_DATA;
    if (!(name = (char *)buf_room(lines, size + 4)))
        return WICK_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        name[i] = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] | 0x20) : at[i];
    lines->size += n;
    buf_add(lines, ": ", 2);
    buf_add(lines, value, (size_t)(end - value));
    return buf_add(lines, "\n", 1);
}

int head_read(const uint8_t *in, size_t size, size_t *used, buf *first, buf *lines,
              const char **why)
{
    const char *at = (const char *)in, *end = at + size, *nl;
    uint32_t fields = 0;
    int rc;

    first->size = lines->size = 0;
    for (; (nl = memchr(at, '\n', (size_t)(end - at))); at = nl + 1) {
        size_t n = (size_t)(nl - at);

        *why = "a line does not end in CRLF";
        if (n == 0 || nl[-1] != '\r')
            return WICK_E_DATA;
        if (at == (const char *)in) {
            *why = "the first line is malformed";
            if (n == 1 || !head_is_value(at, n - 1))
                return WICK_E_DATA;
            if (buf_add(first, at, n - 1) < 0 || buf_add(first, "", 1) < 0)
                return WICK_E_NOMEM;
        } else if (n == 1) {
            *used = (size_t)(nl + 1 - (const char *)in);
            return 1;
        } else if ((rc = add_field(lines, at, n - 1, why)) < 0) {
            return rc;
        } else if (++fields > HEAD_FIELDS_MAX) {
            break;
        }
    }
    *why = "the head is too large";
    return size > HEAD_BYTES_MAX || fields > HEAD_FIELDS_MAX ? WICK_E_DATA : 0;
}

int head_write(buf *out, const char *lines, size_t size)
{
    const char *end = lines + size, *at, *next;

    for (at = lines; at < end; at = next) {
        const char *stop, *colon;

        next = next_line(at, end);
        stop = next > at && next[-1] == '\n' ? next - 1 : next;
        if (stop == at)
            continue;
        colon = memchr(at, ':', (size_t)(stop - at));
        if (!colon || !head_is_name(at, (size_t)(colon - at)) ||
            !head_is_value(colon, (size_t)(stop - colon)))
            return WICK_E_DATA;
        if (buf_add(out, at, (size_t)(stop - at)) < 0 || buf_add(out, "\r\n", 2) < 0)
            return WICK_E_NOMEM;
    }
    return WICK_OK;
}
