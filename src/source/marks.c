/* SPDX-License-Identifier: Apache-2.0
 * A growing list of marks. */
#include "marks.h"

wick_mark *marks_add(marks *m, uint32_t kind, uint32_t market, uint64_t conn, uint32_t at)
{
    if (m->count == m->cap) {
        uint32_t cap = m->cap ? m->cap * 2 : 16;
        wick_mark *list = mem_resize(m->w, m->list, cap * sizeof *list);

        if (!list)
            return NULL;
        m->list = list;
        m->cap = cap;
    }
    m->list[m->count] = (wick_mark){.kind = kind, .market = market, .conn = conn, .at = at};
    return &m->list[m->count++];
}
