/* SPDX-License-Identifier: Apache-2.0
 * What the tests of log, store and cache share: a context on a directory of its own, waiting for
 * events with a deadline, a stage that keeps what it is given. */
#ifndef WICK_SPEC_DATA_RIG_H
#define WICK_SPEC_DATA_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/commit.h"
#include "../../src/core/stage.h"

enum { DEADLINE_MS = 20000 };

static inline char *rig_dir(void)
{
    char *dir = strdup("/tmp/wick-spec-XXXXXX");

    assert_non_null(mkdtemp(dir));
    return dir;
}

static inline void rig_remove(char *dir)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
    free(dir);
}

/* A context on dir with settings as "key", "value", ..., NULL. */
static inline wick *rig_open(const char *dir, const wick_host *host, ...)
{
    wick_conf *c;
    va_list args;
    const char *key;
    wick *w;

    assert_int_equal(wick_conf_new(&c), WICK_OK);
    assert_int_equal(wick_conf_set(c, "data.dir", dir), WICK_OK);
    va_start(args, host);
    while ((key = va_arg(args, const char *)))
        assert_int_equal(wick_conf_set(c, key, va_arg(args, const char *)), WICK_OK);
    va_end(args);
    assert_int_equal(host ? wick_open_host(c, host, &w) : wick_open(c, &w), WICK_OK);
    wick_conf_free(c);
    return w;
}

/* A host's allocator that fails from the nth call on. */
typedef struct rig_shortage { long left; int on; } rig_shortage;

static inline void *rig_short_resize(void *user, void *old, size_t size)
{
    rig_shortage *s = user;

    if (size == 0) {
        free(old);
        return NULL;
    }
    return s->on && --s->left < 0 ? NULL : realloc(old, size);
}

/* Run the loop once, giving its events to `see` (which may be NULL). */
static inline void rig_poll(wick *w, void (*see)(void *, const wick_event *), void *arg, int ms)
{
    wick_event ev[64];
    int n = wick_poll(w, ev, 64, ms);

    assert_true(n >= 0);
    for (int i = 0; i < n && see; i++)
        see(arg, &ev[i]);
}

typedef struct rig_wait {
    uint32_t kind, tag;
    int any_tag, found, status;
    wick_candle *candles;
    uint32_t count;
    char text[8192];
} rig_wait;

static inline void rig_see(void *arg, const wick_event *ev)
{
    rig_wait *x = arg;

    if (x->found || ev->kind != x->kind || (!x->any_tag && ev->tag != x->tag))
        return;
    x->found = 1;
    x->status = ev->status;
    x->count = ev->count;
    if (ev->stride == sizeof(wick_candle) && ev->count) {
        x->candles = malloc(ev->count * sizeof *x->candles);
        memcpy(x->candles, ev->data, ev->count * sizeof *x->candles);
    } else if (ev->stride == 1) {
        snprintf(x->text, sizeof x->text, "%.*s", (int)ev->count, (const char *)ev->data);
    }
}

/* Wait for an event of this kind (and tag, unless -1), with a deadline. */
static inline rig_wait rig_await(wick *w, uint32_t kind, int64_t tag)
{
    rig_wait x = {.kind = kind, .tag = (uint32_t)tag, .any_tag = tag < 0};

    for (int i = 0; i < DEADLINE_MS / 10 && !x.found; i++)
        rig_poll(w, rig_see, &x, 10);
    assert_true(x.found);
    return x;
}

#define RIG_UNTIL(w, condition)                                       \
    do {                                                              \
        for (int rig_i = 0; rig_i < DEADLINE_MS / 5 && !(condition); rig_i++) \
            rig_poll(w, NULL, NULL, 5);                               \
        assert_true(condition);                                       \
    } while (0)

static inline uint32_t rig_market(wick *w, const char *name)
{
    int64_t id = wick_market(w, name, strlen(name));

    assert_true(id >= 0);
    return (uint32_t)id;
}

#endif
