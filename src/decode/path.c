/* SPDX-License-Identifier: Apache-2.0
 * Following paths through the tape of a message. */
#include "path.h"

uint32_t path_member(const tape *t, uint32_t object, uint16_t key)
{
    const tok *in = &t->toks[object];
    uint32_t found = PATH_NONE;

    if (in->type != TOK_OBJECT)
        return PATH_NONE;
    for (uint32_t i = object + 1; i < in->next; i = t->toks[i].next)
        if (t->toks[i].key == key)
            found = i;
    return found;
}

uint32_t path_element(const tape *t, uint32_t array, int32_t at)
{
    const tok *in = &t->toks[array];
    int64_t n = at < 0 ? (int64_t)in->count + at : at;
    uint32_t i = array + 1;

    if (in->type != TOK_ARRAY || n < 0 || n >= (int64_t)in->count)
        return PATH_NONE;
    if (in->next - array == in->count + 1)      /* scalars alone: one token each */
        return i + (uint32_t)n;
    while (n-- > 0)
        i = t->toks[i].next;
    return i;
}

uint32_t path_find(const tape *t, const path *p, const scope *s)
{
    uint32_t at;

    if (p->base == BASE_ROOT)
        at = 0;
    else if (p->base == BASE_CONN)              /* stands behind the message, if it is known */
        at = t->toks[0].next < t->count ? t->toks[0].next : PATH_NONE;
    else if (p->base > s->levels)
        return PATH_NONE;
    else
        at = s->at[s->levels - p->base];
    for (uint8_t i = 0; i < p->count && at != PATH_NONE; i++) {
        const step *go = &p->steps[i];

        switch (go->kind) {
        case STEP_KEY: at = path_member(t, at, go->key); break;
        case STEP_AT:  at = path_element(t, at, go->at); break;
        case STEP_ROW: at = path_element(t, at, (int32_t)s->row); break;
        default:       return PATH_NONE;        /* [] and {} are followed by whoever collects */
        }
    }
    return at;
}
