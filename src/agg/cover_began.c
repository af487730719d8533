/* SPDX-License-Identifier: Apache-2.0
 * Where a connection began to repeat, though trades come late; and what of that is kept with the
 * market's state (cover.h). */
#include "cover.h"

cover_kept cover_keep(const cover *c)
{
    return (cover_kept){ c->gaps.top, c->top[0], c->trade_ns, c->late_ns, 0 };
}

void cover_again(cover *c, const cover_kept *k)
{
    c->gaps.top = k->numbers;
    c->top[0] = c->top[1] = k->last_ns;
    c->trade_ns = k->trade_ns;
    c->late_ns = k->late_ns;
}

int64_t cover_began(const cover *c, int64_t time_ns)
{
    int64_t from_ns;

    return __builtin_add_overflow(time_ns, c->late_ns, &from_ns) ? INT64_MAX : from_ns;
}

int64_t cover_oldest(struct cover_order *o, int64_t time_ns)
{
    if (!o->count++) {
        o->first_ns = o->least_ns = time_ns;
    } else {
        o->downs += time_ns < o->last_ns;
        o->least_ns = time_ns < o->least_ns ? time_ns : o->least_ns;
    }
    o->last_ns = time_ns;
    return o->downs <= (o->count - 1) / 5 ? o->first_ns : o->least_ns;
}
