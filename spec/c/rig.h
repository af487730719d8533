/* SPDX-License-Identifier: Apache-2.0
 * The rig of every test of a stage: a directory and a context of the running test, removed with all
 * that is open behind it; waiting for events with a deadline; memory that ends.
 * A test is listed as RIG_TEST(name) and opens its context with rig_open(). */
#ifndef WICK_SPEC_RIG_H
#define WICK_SPEC_RIG_H

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

static char dir[32];                        /* of the running test */
static wick *w;                             /* its context, while one is open */

#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, rig_begin, rig_end)

/* ---- memory ---- */

/* What a test is given lasts as long as the test. */
typedef struct rig_block { struct rig_block *next; max_align_t bytes[]; } rig_block;
static rig_block *rig_blocks;

static inline void *rig_copy(const void *bytes, size_t size)
{
    rig_block *b = malloc(sizeof *b + size);

    assert_non_null(b);
    b->next = rig_blocks;
    rig_blocks = b;
    return memcpy(b->bytes, bytes, size);
}

static inline void rig_forget(void)
{
    while (rig_blocks) {
        rig_block *b = rig_blocks;

        rig_blocks = b->next;
        free(b);
    }
}

/* A host whose allocations fail while `on`: all but the first `left`, or, with `once`, the one behind
 * them alone. */
static struct rig_shortage { long left; int on, once; } shortage;

static inline void *rig_resize(void *user, void *old, size_t size)
{
    struct rig_shortage *s = user;

    if (size == 0) {
        free(old);
        return NULL;
    }
    if (s->on && --s->left < 0 && (!s->once || s->left == -1))
        return NULL;
    return realloc(old, size);
}

static const wick_host RIG_HOST = {.user = &shortage, .resize = rig_resize};

/* ---- the context ---- */

/* One more context on the test's directory, with settings as "key", "value", ..., NULL. */
static inline wick *rig_context(const wick_host *host, va_list settings)
{
    wick_conf *c;
    const char *key;
    wick *made;

    assert_int_equal(wick_conf_new(&c), WICK_OK);
    if (*dir)
        assert_int_equal(wick_conf_set(c, "data.dir", dir), WICK_OK);
    while ((key = va_arg(settings, const char *)))
        assert_int_equal(wick_conf_set(c, key, va_arg(settings, const char *)), WICK_OK);
    assert_int_equal(host ? wick_open_host(c, host, &made) : wick_open(c, &made), WICK_OK);
    wick_conf_free(c);
    return made;
}

/* The test's context; `host` may be NULL. */
static inline void rig_open(const wick_host *host, ...)
{
    va_list settings;

    va_start(settings, host);
    w = rig_context(host, settings);
    va_end(settings);
}

/* It is closed, the stages that are still open first, the newest of them first of all. */
static inline void rig_shut(void)
{
    while (w && w->stages)
        wick_stage_close(w->stages);
    wick_close(w);
    w = NULL;
}

static inline int rig_begin(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/wick-spec-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static inline int rig_end(void **state)
{
    char command[64];

    (void)state;
    rig_shut();
    rig_forget();
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

/* A file of the test's directory; the path lasts until the next but three. */
static inline const char *rig_path(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof *paths, "%s/%s", dir, name);
    return path;
}

static inline uint32_t rig_market(const char *name)
{
    int64_t id = wick_market(w, name, strlen(name));

    assert_true(id >= 0);
    return (uint32_t)id;
}

/* ---- events ---- */

/* Run the loop once, giving its events to `see` (which may be NULL). */
static inline void rig_poll(void (*see)(void *, const wick_event *), void *arg, int ms)
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
    if (ev->stride == sizeof(wick_candle) && ev->count)
        x->candles = rig_copy(ev->data, ev->count * sizeof *x->candles);
    else if (ev->stride == 1)
        snprintf(x->text, sizeof x->text, "%.*s", (int)ev->count, (const char *)ev->data);
}

/* Wait for an event of this kind (and tag, unless -1), with a deadline. */
static inline rig_wait rig_await(uint32_t kind, int64_t tag)
{
    rig_wait x = {.kind = kind, .tag = (uint32_t)tag, .any_tag = tag < 0};

    for (int i = 0; i < DEADLINE_MS / 10 && !x.found; i++)
        rig_poll(rig_see, &x, 10);
    assert_true(x.found);
    return x;
}

#define RIG_UNTIL(condition)                                          \
    do {                                                              \
        for (int rig_i = 0; rig_i < DEADLINE_MS / 5 && !(condition); rig_i++) \
            rig_poll(NULL, NULL, 5);                                  \
        assert_true(condition);                                       \
    } while (0)

#endif
