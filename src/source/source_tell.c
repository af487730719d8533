/* SPDX-License-Identifier: Apache-2.0
 * What a source tells its script beside batches: session messages, and what it refused. */
#include <string.h>

#include "source_impl.h"

static char *put(char **at, const char *text, size_t size)
{
    char *begin = *at;

    if (size)
        memcpy(begin, text, size);
    begin[size] = '\0';
    *at += size + 1;
    return begin;
}

/* One block: the control and copies of its texts. */
void source_tell_control(source *s, const wick_control *k)
{
    wick *w = s->base.w;
    size_t kind = strlen(k->kind), symbol = strlen(k->symbol);
    wick_control *copy = mem_alloc(w, sizeof *copy + kind + symbol + k->text_len + 3);
    char *at = (char *)(copy + 1);
    wick_event ev = {.kind = WICK_EV_MESSAGE, .from = s->base.id, .tag = s->base.tag, .data = copy,
                     .count = 1, .stride = sizeof *copy};

    if (!copy) {
        ctx_log(w, 0, "source: no memory for a session message (%s)", k->kind);
        return;
    }
    *copy = *k;
    copy->kind = put(&at, k->kind, kind);
    copy->symbol = put(&at, k->symbol, symbol);
    copy->text = put(&at, k->text, k->text_len);
    if (event_push(w, &ev, copy, mem_release) < 0)
        ctx_log(w, 0, "source: a session message (%s) was lost, the script does not poll", k->kind);
    s->told = 1;
}

/* At most `room` bytes without cutting a UTF-8 sequence. */
static size_t cut(const char *text, size_t size, size_t room)
{
    if (size <= room)
        return size;
    while (room && ((uint8_t)text[room] & 0xc0) == 0x80)
        room--;
    return room;
}

void source_refuse(source *s, const char *reason, const void *bytes, size_t size)
{
    refused *r;
    size_t n = strlen(reason);

    s->base.stats[STAT_REFUSED]++;
    if (s->refused_count == REFUSALS_MAX)
        source_tell_refused(s);
    if (!s->refused && !(s->refused = mem_alloc(s->base.w, REFUSALS_MAX * sizeof *r)))
        return;                                 /* counted all the same */
    r = &s->refused[s->refused_count++];
    r->line = s->line;
    n = cut(reason, n, sizeof r->reason - 1);
    memcpy(r->reason, reason, n);
    r->reason[n] = '\0';
    n = cut(bytes, size, REFUSAL_TEXT);
    memcpy(r->text, size ? bytes : "", n);
    r->text[n] = '\0';
}

/* One block: the refusals and behind them their texts. */
void source_tell_refused(source *s)
{
    wick *w = s->base.w;
    uint32_t n = s->refused_count;
    wick_refusal *list;
    refused *text;
    wick_event ev = {.kind = WICK_EV_REFUSED, .from = s->base.id, .tag = s->base.tag, .count = n,
                     .stride = sizeof *list};

    s->refused_count = 0;
    if (!n)
        return;
    if (!(list = mem_zero(w, n * (sizeof *list + sizeof *text))))
        return;
    text = (refused *)(void *)(list + n);
    memcpy(text, s->refused, n * sizeof *text);
    for (uint32_t i = 0; i < n; i++)
        list[i] = (wick_refusal){.reason = text[i].reason, .text = text[i].text,
                                 .market = WICK_NO_MARKET, .offset = text[i].line, .index = i};
    ev.data = list;
    if (event_push(w, &ev, list, mem_release) < 0)
        ctx_log(w, 1, "source: %u refusals were not told, the script does not poll", n);
    s->told = 1;
}
