/* SPDX-License-Identifier: Apache-2.0
 * A rule's fields laid out: each part of each field gets a slot, and what is a plain member of the
 * trade is found by its key in one walk. */
#include "plan.h"

static int same_path(const path *a, const path *b)
{
    if (a->base != b->base || a->count != b->count)
        return 0;
    for (uint8_t i = 0; i < a->count; i++)
        if (a->steps[i].kind != b->steps[i].kind || a->steps[i].key != b->steps[i].key ||
            a->steps[i].at != b->steps[i].at)
            return 0;
    return 1;
}

/* The part that already has this path, or a new slot; a plain member of the trade is found by its
 * key. */
static void place(rule *r, part *p, const part *const *had)
{
    for (uint8_t i = 0; !p->member && i < r->slots; i++)
        if (had[i] && !had[i]->member && same_path(&had[i]->path, &p->path))
            p->same = (uint8_t)(i + 1);
    if (!p->same && !p->member && p->path.base == BASE_HERE && p->path.count == 1 &&
        p->path.steps[0].kind == STEP_KEY) {
        r->direct[p->path.steps[0].key] = (uint8_t)(r->slots + 1);
        p->direct = 1;
    }
}

/* What a rule that decodes trades must name. */
static int whole(const rule *r)
{
    if (!(r->flags & RULE_TRADES) && !r->fields[F_PRICE].used)
        return 1;
    return r->fields[F_TIME].used && r->fields[F_PRICE].used && r->fields[F_QTY].used &&
           r->fields[F_PRICE].parts == 1 &&
           r->fields[F_QTY].parts == 1 && /* their digits are lent out */
           r->fields[F_FIRST].used == r->fields[F_LAST].used;
}

int rule_layout(wick_feed *f, rule *r)
{
    const part *had[SLOTS_MAX] = {0};

    if (!whole(r))
        return WICK_E_DATA;
    if (!(r->direct = mem_zero(f->w, f->keys.count + 1)))
        return WICK_E_NOMEM;
    for (int i = 0; i < FIELD_MAX; i++) {
        field *in = &r->fields[i];

        in->slot = r->slots;
        in->plain = in->parts == 1 && !in->part[0].member && in->bound < 0 && !in->cuts.count;
        for (uint8_t n = 0; n < in->parts; n++) {
            part *p = &in->part[n];

            if (r->slots == SLOTS_MAX)
                return WICK_E_DATA;
            place(r, p, had);
            for (uint8_t k = 0; k < p->path.count; k++)
                if (p->path.steps[k].kind == STEP_ROW)
                    r->flags |= RULE_COLUMNS;
            r->slot[r->slots] = had[r->slots] = p;
            r->slots++;
        }
    }
    return WICK_OK;
}
