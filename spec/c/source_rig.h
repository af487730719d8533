/* SPDX-License-Identifier: Apache-2.0
 * For the tests of sources: a small feed, and a stage behind the source that writes down what it takes:
 * "S1" is trade 1 of market S, "open/a S 5" a mark of connection a with its time in ms. */
#ifndef WICK_SPEC_SOURCE_RIG_H
#define WICK_SPEC_SOURCE_RIG_H

#include "rig.h"

#include "../../src/source/source_impl.h"

#define MS INT64_C(1000000)
#define HEAD_PLAN "wick-plan 1\nname test\nvenue Test\nids ordered\n"
#define TRADE_PLAN \
    "rule trade\n>when .ke is\nvalue t\n>trades .\nfield symbol\n>from .ks\nfield time\n>from .kt\nunit ms\n" \
    "field price\n>from .kp\nfield qty\n>from .kq\nfield id\n>from .ki\n" \
    "rule beat\n>when .ke is\nvalue beat\ncontrol heartbeat\n" \
    "rule left\n>when .ke is\nvalue left\ncontrol unsubscribed\nfield about\n>from .ks\n"
#define SUB_PLAN "rule session\n>when .ke is\nvalue sub\ncontrol subscribed\nfield about\n>from .ks\n"
#define CSV_PLAN \
    "csv trade\nfield symbol\n>from .ksymbol\nfield time\n>from .ktime\nunit ms\nfield price\n>from .kprice\n" \
    "field qty\n>from .kqty\nfield id\n>from .kid\n"

typedef struct sink {
    wick_stage base;
    char       text[1 << 16];
    size_t     size;
    uint64_t   conns[16], ticks, offsets;
    int        conn_count, again, quiet;        /* again: so many takes say AGAIN */
    int64_t    recv_ns;
} sink;

static void sink_put(sink *k, const char *fmt, ...)
{
    va_list args;

    if (k->quiet)
        return;
    if (k->size)
        k->text[k->size++] = ' ';
    va_start(args, fmt);
    k->size += (size_t)vsnprintf(k->text + k->size, sizeof k->text - k->size, fmt, args);
    va_end(args);
    assert_true(k->size < sizeof k->text - 400);
}

static char sink_conn(sink *k, uint64_t conn)
{
    int i = 0;

    while (i < k->conn_count && k->conns[i] != conn)
        i++;
    assert_true(i < 16);
    if (i == k->conn_count)
        k->conns[k->conn_count++] = conn;
    return (char)('a' + i);
}

static const char *const MARK_NAMES[] = {"", "open", "alive", "gap", "close"};

static void sink_mark(sink *k, const wick_mark *m)
{
    const char *market = m->market == WICK_NO_MARKET ? "*" : wick_market_symbol(k->base.w, m->market);
    int64_t ns = m->kind == WICK_MARK_OPEN ? m->from_ns : m->to_ns;

    assert_string_equal(wick_market_name(k->base.w, m->source), "Test");
    if (m->kind == WICK_MARK_OPEN && ns == INT64_MAX) {
        sink_put(k, "begun/%c %s", sink_conn(k, m->conn), market);
        return;
    }
    assert_true(k->quiet || ns % MS == 0);
    sink_put(k, "%s/%c", MARK_NAMES[m->kind], sink_conn(k, m->conn));
    if (m->kind != WICK_MARK_ALIVE)
        sink_put(k, "%s", market);
    sink_put(k, "%lld", (long long)(ns / MS));
}

static int sink_take(wick_stage *s, const wick_batch *b)
{
    sink *k = (sink *)s;
    uint32_t m = 0;

    if (k->again > 0) {
        k->again--;
        return WICK_E_AGAIN;
    }
    assert_true(b->tick_count + b->mark_count > 0);
    assert_int_equal(b->offset, k->offsets++);
    for (uint32_t i = 0; i <= b->tick_count; i++) {
        while (m < b->mark_count && b->marks[m].at == i)
            sink_mark(k, &b->marks[m++]);
        if (i < b->tick_count) {
            const wick_tick *t = &b->ticks[i];

            sink_put(k, "%s%.*s", wick_market_symbol(s->w, t->market), (int)t->id_len,
                     (const char *)b->bytes + t->id_at);
            k->ticks++;
        }
    }
    assert_int_equal(m, b->mark_count);             /* ascending, and none beyond the ticks */
    k->recv_ns = b->recv_ns;
    return WICK_OK;
}

static void sink_close(wick_stage *s)
{
    (void)s;
}

static const stage_ops SINK = {.kind = "agg", .take = sink_take, .close = sink_close};
static const char *const SINK_STATS[] = {NULL};

static inline sink *sink_open(void)
{
    sink *k = stage_new(w, &SINK, sizeof *k, 0, SINK_STATS);

    assert_non_null(k);
    return k;
}

/* What was taken since the last look. */
static inline void expect_text(sink *k, const char *text)
{
    k->text[k->size] = '\0';
    assert_string_equal(k->text, text);
    k->size = 0;
}

static inline wick_feed *feed_of(const char *plan)
{
    wick_feed *f = NULL;

    if (wick_feed_new(w, plan, strlen(plan), &f) < 0)
        fail_msg("%s", wick_error(w));
    return f;
}

/* A source of this plan and address; `path`: of a file's, behind "file:". */
static inline wick_stage *source_at(const char *plan, const char *scheme, const char *path, const char *options)
{
    wick_feed *f = feed_of(plan);
    wick_stage *s;
    char url[600];

    snprintf(url, sizeof url, "%s%s", scheme, path);
    if (wick_source_open(w, f, url, options, 3, &s) < 0)
        fail_msg("%s", wick_error(w));
    wick_feed_unref(f);
    return s;
}

/* The next event, or 0 where none waits. */
static inline uint32_t event(wick_event *ev)
{
    *ev = (wick_event){0};
    return wick_poll(w, ev, 1, 0) == 1 ? ev->kind : 0;
}

/* A script's turns until the input ends: how it did, or 0 (none) where it takes too many. */
static inline uint32_t event_end(wick_event *ev, int turns)
{
    for (ev->kind = 0; turns > 0 && ev->kind != WICK_EV_END && ev->kind != WICK_EV_CLOSED; turns--)
        event(ev);
    return ev->kind;
}

#endif
