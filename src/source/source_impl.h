/* SPDX-License-Identifier: Apache-2.0
 * The inside of a source, shared by session.c and source*.c of the stage; transports see source.h alone. */
#ifndef WICK_SOURCE_SOURCE_IMPL_H
#define WICK_SOURCE_SOURCE_IMPL_H

#include "feed_view.h"
#include "pile.h"
#include "placing.h"
#include "reel.h"
#include "session.h"

enum { STAT_MESSAGES, STAT_TRADES, STAT_REFUSED, STAT_BYTES, STAT_CONNECTS, STAT_BATCHES, STAT_MARKS,
       STAT_LAG_MS, STAT_HELD, STAT_LAST_MS };
enum { BURST_TICKS = 8192, REFUSALS_MAX = 64, REFUSAL_TEXT = 512, TIMERS_MAX = 256 };

typedef struct refused { char reason[64], text[REFUSAL_TEXT + 1]; uint64_t line; } refused;
typedef struct source_timer { int64_t due_ns; uint32_t tag; } source_timer;

struct source {
    wick_stage base;
    wick_feed *feed;
    transport *t;
    session   *sessions, *burst, *closing;
    char      *market;                  /* option, NULL: none */
    uint32_t   name;                    /* id of the source's name, for marks */
    owners     owners;
    reel       reel;
    marks      marks;                   /* of the batch that goes next */
    wick_batch batch;
    int        has_batch, stopped, busy, again, over;   /* over: nothing moves any more */
    int        closing_marked, closing_quiet, closing_status;
    int        ending, end_status, told, more;  /* told: an event went out in this burst; more: cut */
    char       why[512];                /* of closing or ending */
    uint64_t   ordinal, line;
    int64_t    carried_ns, stop_ns;     /* lag of the last connection */
    pile       pile;
    placing    placing;
    int        placed;                  /* option place= */
    refused   *refused; uint32_t refused_count;
    int64_t    clock_ns;                /* virtual; 0: not begun */
    source_timer timers[TIMERS_MAX]; uint32_t timer_count;
    uv_timer_t *alarm, *nap;            /* real clock: next timer; pump: when it wants to go on */
    uv_idle_t  *turn;                   /* each turn of the loop: pump, or push again to a script */
};

void source_advance(source *s);         /* push what waits, finish what was asked for, flow again */
void source_fail(source *s, int rc);
/* What the decoder lent and s->marks as the batch that goes next; nothing at all is no batch. */
void source_batch(source *s, const wick_batch *b, int64_t recv_ns);
/* source_tell.c */
void source_refuse(source *s, const char *reason, const void *bytes, size_t size);
void source_tell_refused(source *s);
void source_tell_control(source *s, const wick_control *k);
/* source_clock.c */
int  source_clock_open(source *s);
void source_clock_close(source *s);
void source_turn(source *s, int on);

#endif
