/* SPDX-License-Identifier: Apache-2.0
 * Stages: their register, the links between them, and the way of a batch along those links. */
#include "stage.h"

#include <string.h>

void *stage_new(wick *w, const stage_ops *ops, size_t self_size, uint32_t tag,
                const char *const *stat_names)
{
    wick_stage *s = mem_zero(w, self_size);

    if (!s) {
        ctx_fail(w, WICK_E_NOMEM, "open a %s: no memory", ops->kind);
        return NULL;
    }
    s->w = w;
    s->ops = ops;
    s->id = ++w->next_id;
    s->tag = tag;
    s->stat_names = stat_names;
    s->next = w->stages;
    w->stages = s;
    ctx_ref(w);
    return s;
}

static void unregister(wick_stage *s)
{
    wick_stage **at = &s->w->stages;

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
}

void stage_abandon(wick_stage *s)
{
    wick *w = s->w;

    unregister(s);
    mem_free(w, s);
    ctx_unref(w);
}

static void drop(wick_stage **list, uint32_t *count, const wick_stage *s)
{
    for (uint32_t i = 0; i < *count; i++)
        if (list[i] == s) {
            memmove(list + i, list + i + 1, (*count - i - 1) * sizeof *list);
            --*count;
            return;
        }
}

void wick_stage_close(wick_stage *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->in_count; i++)
        drop(s->in[i]->out, &s->in[i]->out_count, s);
    for (uint32_t i = 0; i < s->out_count; i++)
        drop(s->out[i]->in, &s->out[i]->in_count, s);
    s->in_count = s->out_count = 0;
    s->ops->close(s);
    stage_abandon(s);
}

/* What `from` sends must be something that `to` takes. */
static int fits(const wick_stage *from, const wick_stage *to)
{
    static const struct { const char *from, *to; } LINKS[] = {
        {"source", "bus"}, {"source", "agg"}, {"source", "sim"}, {"bus", "agg"}, {"agg", "store"},
        {"store", "cache"},
    };

    for (size_t i = 0; i < sizeof LINKS / sizeof *LINKS; i++)
        if (strcmp(from->ops->kind, LINKS[i].from) == 0 && strcmp(to->ops->kind, LINKS[i].to) == 0)
            return 1;
    return 0;
}

int wick_link(wick *w, wick_stage *from, wick_stage *to)
{
    if (!w)
        return WICK_E_ARG;
    if (!from || from->w != w || (to && to->w != w))
        return ctx_fail(w, WICK_E_ARG, "link: both stages must be open on this context");
    if (!to) {
        from->to_script = 1;
    } else {
        if (!fits(from, to))
            return ctx_fail(w, WICK_E_ARG, "link: a %s does not feed a %s", from->ops->kind,
                            to->ops->kind);
        if (from->out_count == STAGE_OUT_MAX || to->in_count == STAGE_IN_MAX)
            return ctx_fail(w, WICK_E_ARG, "link %s to %s: at most %d behind one and %d before one",
                            from->ops->kind, to->ops->kind, STAGE_OUT_MAX, STAGE_IN_MAX);
        from->out[from->out_count++] = to;
        to->in[to->in_count++] = from;
    }
    if (to && to->ops->linked)
        to->ops->linked(to, from);
    if (from->ops->ready)
        from->ops->ready(from);
    return WICK_OK;
}

/* A batch for the script: one block with the struct and copies of what it points to. */
static int to_script(wick_stage *s, const wick_batch *b)
{
    size_t ticks = b->tick_count * sizeof(wick_tick), marks = b->mark_count * sizeof(wick_mark);
    size_t head = (sizeof(wick_batch) + 15) & ~(size_t)15;
    uint8_t *block = mem_alloc(s->w, head + ticks + marks + b->byte_count);
    wick_batch *copy = (wick_batch *)(void *)block;

    if (!block)
        return WICK_E_AGAIN;
    *copy = *b;
    copy->ticks = memcpy(block + head, b->ticks ? (const void *)b->ticks : "", ticks);
    copy->marks = memcpy(block + head + ticks, b->marks ? (const void *)b->marks : "", marks);
    copy->bytes =
        memcpy(block + head + ticks + marks, b->bytes ? (const void *)b->bytes : "", b->byte_count);
    return event_push(s->w,
                      &(wick_event){.kind = WICK_EV_BATCH,
                                    .from = s->id,
                                    .tag = s->tag,
                                    .data = copy,
                                    .count = 1,
                                    .stride = sizeof *copy},
                      block, mem_release);
}

static void say(wick_stage *s, int full)
{
    if (s->full == full)
        return;
    s->full = full;
    stage_event(s, full ? WICK_EV_FULL : WICK_EV_READY, WICK_OK, s->tag);
}

enum { SCRIPT_WAITING_MAX = 256 }; /* batches that wait for a slow script before the line stands */

int stage_push(wick_stage *s, const wick_batch *b)
{
    int rc;

    if (s->held || (s->to_script && event_waiting(s->w) >= SCRIPT_WAITING_MAX))
        return WICK_E_AGAIN;
    for (uint32_t i = 0; i < s->out_count; i++)
        if ((rc = s->out[i]->ops->take(s->out[i], b)) < 0) {
            if (rc == WICK_E_AGAIN)
                say(s, 1);
            return rc;
        }
    say(s, 0);
    return s->to_script ? to_script(s, b) : WICK_OK;
}

int stage_push_to(wick_stage *s, wick_stage *to, const wick_batch *b)
{
    int rc;

    if (s->held || (!to && event_waiting(s->w) >= SCRIPT_WAITING_MAX))
        return WICK_E_AGAIN;
    rc = to ? to->ops->take(to, b) : to_script(s, b);
    if (to && (rc == WICK_OK || rc == WICK_E_AGAIN))
        say(s, rc == WICK_E_AGAIN);
    return rc;
}

int stage_commit(wick_stage *s, commit *c)
{
    for (uint32_t i = 0; i < s->out_count; i++)
        if (s->out[i]->ops->commit)
            return s->out[i]->ops->commit(s->out[i], c);    /* a commit has one owner: one store */
    return ctx_fail(s->w, WICK_E_ARG, "%s: no store is linked behind it", s->ops->kind);
}

void stage_changed(wick_stage *s, const wick_candle *rows, uint32_t count)
{
    for (uint32_t i = 0; i < s->out_count; i++)
        if (s->out[i]->ops->changed)
            s->out[i]->ops->changed(s->out[i], rows, count);
}

void stage_forgotten(wick_stage *s, int64_t before_ns)
{
    for (uint32_t i = 0; i < s->out_count; i++)
        if (s->out[i]->ops->forgotten)
            s->out[i]->ops->forgotten(s->out[i], before_ns);
}

void stage_ready(wick_stage *s)
{
    for (uint32_t i = 0; i < s->in_count; i++)
        if (!s->in[i]->held && s->in[i]->ops->ready)
            s->in[i]->ops->ready(s->in[i]);
}

int wick_stage_hold(wick_stage *s)
{
    if (!s)
        return WICK_E_ARG;
    s->held = 1;
    return WICK_OK;
}

int wick_stage_flow(wick_stage *s)
{
    if (!s)
        return WICK_E_ARG;
    s->held = 0;
    if (s->ops->ready)
        s->ops->ready(s);
    return WICK_OK;
}

int wick_stage_drain(wick_stage *s, uint32_t tag)
{
    if (!s)
        return WICK_E_ARG;
    s->drain_tag = tag;
    s->draining = 1;
    if (s->ops->drain)
        s->ops->drain(s);
    else
        stage_drained(s);
    return WICK_OK;
}

void stage_drained(wick_stage *s)
{
    if (!s->draining)
        return;
    s->draining = 0;
    stage_event(s, WICK_EV_DRAINED, WICK_OK, s->drain_tag);
}

int stage_event(wick_stage *s, uint32_t kind, int status, uint32_t tag)
{
    wick_event ev = {.kind = kind, .status = status, .from = s->id, .tag = tag};

    return event_push(s->w, &ev, NULL, NULL);
}

int stage_event_text(wick_stage *s, uint32_t kind, int status, uint32_t tag, const char *text)
{
    size_t size = strlen(text);

    return event_copy(s->w,
                      (wick_event){.kind = kind, .status = status, .from = s->id, .tag = tag,
                                   .count = (uint32_t)size, .stride = 1},
                      text, size);
}

uint32_t wick_stage_id(const wick_stage *s)
{
    return s ? s->id : 0;
}

const char *wick_stage_stat_name(const wick_stage *s, int i)
{
    for (int k = 0; s && s->stat_names && s->stat_names[k]; k++)
        if (k == i)
            return s->stat_names[k];
    return NULL;
}

int64_t wick_stage_stat(const wick_stage *s, const char *name)
{
    for (int i = 0; s && name && s->stat_names && s->stat_names[i]; i++)
        if (strcmp(s->stat_names[i], name) == 0)
            return s->stats[i];
    return -1;
}
