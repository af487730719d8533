/* SPDX-License-Identifier: Apache-2.0
 * What the simulator's tests share: a world on a clock of the test's own, and clients whose
 * messages are kept. */
#ifndef SPEC_SIM_RIG_H
#define SPEC_SIM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/time.h"
#include "../../src/net/ws.h"
#include "../../src/sim/report.h"

#define T0 (1700000000 * NS_PER_S)
enum { HEARD_MAX = 400000 };

typedef struct rig {
    wick *w;
    sim  *s;
    int64_t now;
    char **heard;                       /* texts of all clients, in order */
    uint32_t *parts;
    uint32_t count, pings;
} rig;

static inline void rig_open(rig *r, const char *options)
{
    memset(r, 0, sizeof *r);
    r->now = T0;
    r->heard = calloc(HEARD_MAX, sizeof *r->heard);
    r->parts = calloc(HEARD_MAX, sizeof *r->parts);
    assert_int_equal(wick_open(NULL, &r->w), WICK_OK);
    if (sim_open(r->w, options, 0, r->now, &r->s) != WICK_OK)
        fail_msg("%s", wick_error(r->w));
}

static inline void rig_forget(rig *r)
{
    while (r->count)
        free(r->heard[--r->count]);
    r->pings = 0;
}

static inline void rig_close(rig *r)
{
    rig_forget(r);
    free(r->heard);
    free(r->parts);
    sim_close(r->s);
    wick_close(r->w);
}

/* Take what waits for a client, as a socket that takes everything; pings are answered. */
static inline void rig_take(rig *r, sim_conn *c)
{
    sim_message m;

    while (sim_next(c, &m)) {
        if (m.kind == WS_PING) {
            r->pings++;
            sim_sent(c);
            sim_pong(c, r->now);
            continue;
        }
        assert_true(r->count < HEARD_MAX);
        r->parts[r->count] = m.parts;
        r->heard[r->count] = malloc(m.size + 1);
        memcpy(r->heard[r->count], m.bytes, m.size);
        r->heard[r->count++][m.size] = '\0';
        if (m.fact)
            assert_int_equal(sim_delivered(r->s, m.fact), WICK_OK);
        sim_sent(c);
    }
}

static inline sim_conn *rig_connect(rig *r, const char *target)
{
    sim_conn *c = sim_connect(r->s, target, "", r->now);

    assert_non_null(c);
    rig_take(r, c);
    return c;
}

static inline void rig_say(rig *r, sim_conn *c, const char *text)
{
    sim_hear(c, text, strlen(text), r->now);
    rig_take(r, c);
}

/* Play and take until nothing more happens now. */
static inline uint64_t rig_play(rig *r, sim_conn *c, int64_t later_ns)
{
    uint64_t done = 0;
    int n;

    r->now += later_ns;
    do {
        n = sim_play(r->s, r->now, 1000);
        assert_true(n >= 0);
        done += (uint64_t)n;
        if (c)
            rig_take(r, c);
    } while (n > 0);
    return done;
}

static inline int rig_is_trade(const char *text)
{
    return strncmp(text, "{\"TYPE\":\"0\"", 11) == 0;
}

static inline uint32_t rig_trades(const rig *r)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < r->count; i++)
        n += (uint32_t)rig_is_trade(r->heard[i]);
    return n;
}

/* Text of a key's value, without quotes. */
static inline const char *rig_field(const char *text, const char *key, char *out)
{
    char name[64];
    const char *at;
    size_t size;

    snprintf(name, sizeof name, "\"%s\":", key);
    at = strstr(text, name);
    if (!at)
        return NULL;
    at += strlen(name);
    at += *at == '"';
    size = strcspn(at, ",\"}");
    memcpy(out, at, size);
    out[size] = '\0';
    return out;
}

#endif
