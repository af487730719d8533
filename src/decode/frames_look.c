/* SPDX-License-Identifier: Apache-2.0
 * A recording whose first line is broken, as where a recorder was cut off: the lines behind it tell
 * that it is one. */
#include <string.h>

#include "frames.h"

enum { LOOK_LINES = 8, LOOK_BYTES = 1 << 20 };

int frames_blank(const uint8_t *p, size_t size)
{
    while (size && (p[size - 1] == ' ' || p[size - 1] == '\t' || p[size - 1] == '\r'))
        size--;
    return size == 0;
}

int frames_look(frames *f, const uint8_t *p, size_t size, int all)
{
    const uint8_t *end = p + size, *feed;

    for (int n = 0; n < LOOK_LINES; p = feed + 1) {
        size_t len;

        if (!(feed = memchr(p, '\n', (size_t)(end - p))) && !all && size < LOOK_BYTES)
            return FORM_UNKNOWN;
        len = (size_t)((feed ? feed : end) - p);
        len -= len && p[len - 1] == '\r';
        if (!frames_blank(p, len)) {
            int form = frames_form(f, p, len);
            if (form == FORM_JSONL || form == FORM_TEXT || form == FORM_LINES)
                return form;
            n++;
        }
        if (!feed)
            break;
    }
    return FORM_CSV;
}
