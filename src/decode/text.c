/* SPDX-License-Identifier: Apache-2.0
 * The small pieces of JSON: strings, numbers, escapes, UTF-8, and the table of keys that a plan
 * names. */
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "json.h"

#ifdef __SSE2__
/* One bit a byte that is not plain: quote, backslash, control, or beyond ASCII (negative as a
 * signed byte). */
static inline unsigned special(const uint8_t *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i odd =
        _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(odd, _mm_cmplt_epi8(v, _mm_set1_epi8(0x20))));
}

/* One bit a byte that is no digit. */
static inline unsigned no_digit(const uint8_t *p)
{
    __m128i v = _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)p),
                             _mm_set1_epi8((char)('0' + 128)));

    return (unsigned)_mm_movemask_epi8(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(9 - 128))));
}
#endif

const uint8_t *json_plain(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
    for (; end - p >= 16; p += 16) {
        unsigned odd = special(p);

        if (odd) {
            p += __builtin_ctz(odd);
            return *p == '"' ? p : NULL;
        }
    }
#endif
    while (p < end && *p != '"' && *p != '\\' && *p >= 0x20 && *p < 0x80)
        p++;
    return p < end && *p == '"' ? p : NULL;
}

static inline const uint8_t *digits(const uint8_t *p, const uint8_t *end)
{
#ifdef __SSE2__
    while (end - p >= 16) {
        unsigned odd = no_digit(p);

        if (odd)
            return p + __builtin_ctz(odd);
        p += 16;
    }
#endif
    while (p < end && (uint8_t)(*p - '0') <= 9)
        p++;
    return p;
}

const uint8_t *json_number(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *from;

    if (p < end && *p == '-')
        p++;
    from = p;
    p = digits(p, end);
    if (p == from || (*from == '0' && p - from > 1))
        return NULL;
    if (p < end && *p == '.') {
        from = ++p;
        if ((p = digits(p, end)) == from)
            return NULL;
    }
    if (p < end && (*p | 0x20) == 'e') {
        if (++p < end && (*p == '+' || *p == '-'))
            p++;
        from = p;
        if ((p = digits(p, end)) == from)
            return NULL;
    }
    return p;
}

static int hex4(const uint8_t *p, const uint8_t *end, uint32_t *out)
{
    *out = 0;
    if (end - p < 4)
        return 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i], low = (uint8_t)(c | 0x20);

        if ((uint8_t)(c - '0') <= 9)
            *out = *out << 4 | (uint32_t)(c - '0');
        else if (low >= 'a' && low <= 'f')
            *out = *out << 4 | (uint32_t)(low - 'a' + 10);
        else
            return 0;
    }
    return 1;
}

/* Length of the escape at p (on its backslash), 0: it is none. A lone half of a surrogate pair is
 * none either: no UTF-8 stands for it. */
static int escape(const uint8_t *p, const uint8_t *end)
{
    uint32_t high, low;

    if (end - p < 2)
        return 0;
    if (p[1] != 'u')
        return p[1] && strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
    if (!hex4(p + 2, end, &high) || (high >= 0xdc00 && high < 0xe000))
        return 0;
    if (high < 0xd800 || high >= 0xe000)
        return 6;
    if (end - p < 12 || p[6] != '\\' || p[7] != 'u' || !hex4(p + 8, end, &low))
        return 0;
    return low >= 0xdc00 && low < 0xe000 ? 12 : 0;
}

/* Length of the UTF-8 sequence at p (first byte >= 0x80), 0: it is none (overlong, surrogate,
 * beyond U+10FFFF). */
static int utf8(const uint8_t *p, const uint8_t *end)
{
    static const uint8_t from[3] = {0x80, 0xa0, 0x90};
    int n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
    uint8_t least = 0x80, most = 0xbf;

    if (*p < 0xc2 || *p > 0xf4 || end - p < n)
        return 0;
    if (*p == 0xe0 || *p == 0xf0)
        least = from[*p == 0xe0 ? 1 : 2];
    if (*p == 0xed)
        most = 0x9f;
    if (*p == 0xf4)
        most = 0x8f;
    if (p[1] < least || p[1] > most)
        return 0;
    for (int i = 2; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

const uint8_t *json_string(const uint8_t *p, const uint8_t *end, uint8_t *flags, const char **why)
{
    while (p < end && *p != '"') {
        int n = 1;

        if (*p == '\\') {
            *flags |= TOK_ESCAPED;
            n = escape(p, end);
        } else if (*p >= 0x80) {
            n = utf8(p, end);
        } else if (*p < 0x20) {
            n = 0;
        }
        if (!n) {
            *why = *p == '\\'  ? "malformed: a bad escape"
                   : *p < 0x20 ? "malformed: a control character in a string"
                               : "malformed: not UTF-8";
            return NULL;
        }
        p += n;
    }
    if (p < end)
        return p;
    *why = "malformed: it ends too early";
    return NULL;
}

static size_t put(uint32_t c, uint8_t *out)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xc0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xe0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

size_t json_unescape(const uint8_t *p, size_t size, uint8_t *out)
{
    static const char names[] = "\"\\/bfnrt", stand[] = "\"\\/\b\f\n\r\t";
    const uint8_t *end = p + size;
    uint8_t *to = out;
    uint32_t c, low;

    while (p < end) {
        if (*p != '\\') {
            *to++ = *p++;
        } else if (p[1] != 'u') {
            *to++ = (uint8_t)stand[strchr(names, p[1]) - names];
            p += 2;
        } else {
            hex4(p + 2, end, &c);
            p += 6;
            if (c >= 0xd800 && c < 0xdc00) {
                hex4(p + 2, end, &low);
                p += 6;
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
            }
            to += put(c, to);
        }
    }
    return (size_t)(to - out);
}
