/* SPDX-License-Identifier: Apache-2.0
 * The context: opening, ending, errors, log, clock, faults, and polling the loop for events. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "ctx.h"
#include "loop.h"
#include "stage.h"

enum { LOG_WAITING_MAX = 4096 };    /* events that wait before lines of the log are left out */

int wick_abi(void)
{
    return WICK_ABI;
}

const char *wick_version(void)
{
    return "0.1.0";
}

size_t wick_sizeof(const char *name)
{
    static const struct { const char *name; size_t size; } PODS[] = {
        {"wick_event", sizeof(wick_event)},       {"wick_tick", sizeof(wick_tick)},
        {"wick_mark", sizeof(wick_mark)},         {"wick_batch", sizeof(wick_batch)},
        {"wick_key", sizeof(wick_key)},           {"wick_candle", sizeof(wick_candle)},
        {"wick_refusal", sizeof(wick_refusal)},   {"wick_option", sizeof(wick_option)},
        {"wick_control", sizeof(wick_control)},   {"wick_query", sizeof(wick_query)},
        {"wick_request", sizeof(wick_request)},   {"wick_reply", sizeof(wick_reply)},
        {"wick_checked", sizeof(wick_checked)},
    };

    for (size_t i = 0; name && i < sizeof PODS / sizeof *PODS; i++)
        if (strcmp(PODS[i].name, name) == 0)
            return PODS[i].size;
    return 0;
}

_Static_assert(sizeof(wick_event) == 32, "wick_event");
_Static_assert(sizeof(wick_tick) == 64, "wick_tick");
_Static_assert(sizeof(wick_mark) == 56, "wick_mark");
_Static_assert(sizeof(wick_key) == 80, "wick_key");
_Static_assert(sizeof(wick_candle) == 320, "wick_candle");

int ctx_fail(wick *w, int rc, const char *fmt, ...)
{
    char text[sizeof w->error];             /* the arguments may point into w->error */
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    memcpy(w->error, text, sizeof text);
    return rc;
}

void ctx_log(wick *w, int level, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    if (!w->host.log && level >= w->log_events)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (w->host.log)
        w->host.log(w->host.user, level, text);
    if (level < w->log_events && event_waiting(w) < LOG_WAITING_MAX)
        event_copy(w,
                   (wick_event){.kind = WICK_EV_LOG, .status = level,
                                .count = (uint32_t)strlen(text), .stride = 1},
                   text, strlen(text));
}

int wick_log_events(wick *w, int level)
{
    if (!w)
        return WICK_E_ARG;
    if (level < -1 || level > 3)
        return ctx_fail(w, WICK_E_ARG, "log_events: level %d is not from -1 to 3", level);
    w->log_events = level + 1;
    return WICK_OK;
}

int wick_log(wick *w, int level, const char *text)
{
    if (!w || !text)
        return WICK_E_ARG;
    ctx_log(w, level, "%s", text);
    return WICK_OK;
}

const char *wick_error(const wick *w)
{
    return w ? w->error : "";
}

int64_t ctx_now_ns(wick *w)
{
    struct timespec t;

    if (w->host.now_ns)
        return w->host.now_ns(w->host.user);
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t wick_now_ns(wick *w)
{
    return w ? ctx_now_ns(w) : 0;
}

uint64_t ctx_random(wick *w)
{
    uint64_t r = 0;

    if (getrandom(&r, sizeof r, 0) !=
        sizeof r) /* before the kernel's pool is there: never on a running host */
        r = (uint64_t)ctx_now_ns(w) * 0x9e3779b97f4a7c15u;
    return r;
}

int wick_fault(wick *w, const char *point, int64_t nth)
{
    if (!w || !point || strlen(point) >= sizeof w->fault.point || nth < 0)
        return WICK_E_ARG;
    memcpy(w->fault.point, point, strlen(point) + 1);
    w->fault.left = nth;
    return WICK_OK;
}

int fault_hit(wick *w, const char *point)
{
    return w->fault.left > 0 && strcmp(w->fault.point, point) == 0 && --w->fault.left == 0;
}

void ctx_ref(wick *w)
{
    w->refs++;
}

int ctx_at_end(wick *w, void (*fn)(wick *w))
{
    for (uint32_t i = 0; i < w->at_end_count; i++)
        if (w->at_end[i] == fn)
            return WICK_OK;
    if (w->at_end_count == sizeof w->at_end / sizeof *w->at_end)
        return WICK_E_AGAIN;
    w->at_end[w->at_end_count++] = fn;
    return WICK_OK;
}

static void end(wick *w)
{
    event_fini(w);
    while (w->at_end_count)
        w->at_end[--w->at_end_count](w);
    loop_close(w);
    event_fini(w);                          /* what the loop's last turns have queued */
    market_fini(w);
    buf_fini(&w->text);
    wick_conf_free(w->conf);
    mem_free(w, w);
}

void ctx_unref(wick *w)
{
    if (--w->refs == 0)
        end(w);
}

int wick_open_host(const wick_conf *conf, const wick_host *host, wick **out)
{
    wick boot = {.host = host ? *host
                              : (wick_host){0}}; /* lends its allocator until there is a context */
    wick *w;
    int rc;

    if (!out)
        return WICK_E_ARG;
    if (!(w = mem_zero(&boot, sizeof *w)))
        return WICK_E_NOMEM;
    w->host = boot.host;
    w->refs = 1;
    buf_init(&w->text, w, 1u << 30);
    if ((rc = conf_copy(conf, &w->conf)) < 0)
        goto no_conf;
    if ((rc = loop_open(w)) < 0)
        goto no_loop;
    *out = w;
    return WICK_OK;

no_loop:
    wick_conf_free(w->conf);
no_conf:
    mem_free(&boot, w);
    return rc;
}

int wick_open(const wick_conf *conf, wick **out)
{
    return wick_open_host(conf, NULL, out);
}

void wick_close(wick *w)
{
    if (w && !w->closing) {
        w->closing = 1;
        ctx_unref(w);
    }
}
