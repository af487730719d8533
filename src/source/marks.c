/* SPDX-License-Identifier: Apache-2.0
 * A growing list of marks. */
#include "marks.h"

wick_mark *marks_add(marks *m, uint32_t kind, uint32_t market, uint64_t conn, uint32_t at)
{
    if (MEM_GROW(m->w, m->list, m->cap, (uint64_t)m->count + 1, UINT32_MAX) < 0)
        return NULL;
    m->list[m->count] = (wick_mark){.kind = kind, .market = market, .conn = conn, .at = at};
    return &m->list[m->count++];
}
