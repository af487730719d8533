/* SPDX-License-Identifier: Apache-2.0
 * The context: its memory, clock, log, settings, last error and faults. Knows no stage by name. */
#ifndef WICK_CORE_CTX_H
#define WICK_CORE_CTX_H

#include <stdatomic.h>
#include <uv.h>

#include "../wick.h"
#include "conf.h"
#include "event.h"
#include "market.h"
#include "mem.h"

struct wick {
    wick_host   host;
    uv_loop_t   loop;
    event_queue events;
    market_table markets;
    wick_conf  *conf;
    struct timers *timers;
    struct signals *signals;
    wick_stage *stages;             /* every open one */
    struct sockets *sockets; /* net: what lws needs once a context; made by the first socket */
    struct http *http;              /* net: curl's multi handle; made by the first request */
    buf         text;               /* what wick_candles_text() lent out */
    wick_candle text_last;          /* the last candle that it was given; trades 0: none */
    char        error[1024];
    uint32_t    refs;               /* the opener and every open stage */
    uint32_t    next_id;
    int         closing;
    int         log_events;         /* 1 + the level up to which the log comes as events */
    void      (*at_end[4])(wick *w);    /* ctx_at_end() */
    uint32_t    at_end_count;
    struct { char point[40]; int64_t left; } fault;
};

/* A line of the log. Context thread only: it may become an event. */
void ctx_log(wick *w, int level, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Set the error text and return rc: return ctx_fail(w, WICK_E_IO, "open %s: %s", path, why). */
int  ctx_fail(wick *w, int rc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void ctx_ref(wick *w);
void ctx_unref(wick *w);
/* Have fn run once when the context ends, while its loop still turns. AGAIN: no room for another.
 */
int  ctx_at_end(wick *w, void (*fn)(wick *w));
int64_t ctx_now_ns(wick *w);        /* real clock, UTC */
uint64_t ctx_random(wick *w);       /* from the kernel */
/* True when a test asked this call of this point to fail. Context thread only. */
int  fault_hit(wick *w, const char *point);

#endif
