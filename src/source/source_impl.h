/* SPDX-License-Identifier: Apache-2.0
 * The inside of a source, shared by source.c, session.c, source_tell.c and source_clock.c only. */
#ifndef WICK_SOURCE_SOURCE_IMPL_H
#define WICK_SOURCE_SOURCE_IMPL_H

#include "feed_view.h"
#include "hearing.h"
#include "source.h"
#include "reel.h"

enum { STAT_MESSAGES, STAT_TRADES, STAT_REFUSED, STAT_BYTES, STAT_CONNECTS, STAT_BATCHES, STAT_MARKS,
       STAT_LAG_MS, STAT_HELD, STAT_LAST_MS };
enum { BURST_TICKS = 8192, REFUSALS_MAX = 64, REFUSAL_TEXT = 512, TIMERS_MAX = 256 };
enum { TEXTS_MAX = 4 << 20, KINDS_MAX = 16 };

typedef struct note {                   /* something that happened in front of tick `at` of the burst */
    uint32_t at, market;
    int      kind;                      /* NOTE_* */
    int64_t  recv_ns;
} note;
enum { NOTE_TIME, NOTE_CONFIRMED, NOTE_LEFT };  /* time: ticks from here on were received then */

typedef struct said {                   /* a text in session.texts, and when */
    uint32_t at, sure;                  /* sure: the venue confirmed this symbol; else it was sent */
    int64_t  ns;
} said;

struct session {
    source  *src;
    session *next;                      /* of the source's open ones */
    int      kind, fresh;               /* SESSION_*; it decoded since its last batch */
    wick_decoder *decoder;
    hearing  ear;
    int64_t  first_ns, last_ns, beat_ns, confirm_ns;    /* frames; last EV of a heartbeat; of all */
    uint32_t ticks;                     /* of the burst so far */
    note    *notes;   uint32_t note_count, note_cap;
    said    *said;    uint32_t said_count, said_cap;
    buf      texts;                     /* 0-terminated, at most TEXTS_MAX */
};

typedef struct refused { char reason[64], text[REFUSAL_TEXT + 1]; uint64_t line; } refused;
typedef struct source_timer { int64_t due_ns; uint32_t tag; } source_timer;

struct source {
    wick_stage base;
    wick_feed *feed;
    transport *t;
    session   *sessions, *burst, *closing;
    char      *market;                  /* option, NULL: none */
    uint32_t   name;                    /* id of the source's name, for marks */
    reel       reel;
    marks      marks;                   /* of the batch that goes next */
    wick_batch batch;
    int        has_batch, stopped, busy, again, over;   /* over: nothing moves any more */
    int        closing_marked, closing_quiet, closing_status;
    int        ending, end_status, told, more;  /* told: an event went out in this burst; more: cut */
    char       why[512];                /* of closing or ending */
    uint64_t   ordinal, line;
    int64_t    after_ns, carried_ns, stop_ns;   /* option after; lag of the last connection */
    wick_tick *kept;  uint32_t kept_cap;        /* ticks of a burst that `after` lets through */
    refused   *refused; uint32_t refused_count;
    int64_t    clock_ns;                /* virtual; 0: not begun */
    source_timer timers[TIMERS_MAX]; uint32_t timer_count;
    uv_timer_t *alarm, *nap;            /* real clock: next timer; pump: when it wants to go on */
    uv_idle_t  *turn;                   /* each turn of the loop: pump, or push again to a script */
};

void source_advance(source *s);         /* push what waits, finish what was asked for, flow again */
void source_fail(source *s, int rc);
/* session.c */
int  session_new(source *s, int kind, session **out);
void session_free(session *c);
int  session_note(session *c, int kind, uint32_t market, int64_t recv_ns);
int  session_message(session *c, const void *bytes, size_t size, int form, int64_t recv_ns);
int  session_marks(session *c, const wick_batch *b);        /* into src->marks */
/* A symbol was confirmed or left (NOTE_*) at recv_ns. OK, NOMEM. */
int  session_subscribed(session *c, int kind, const char *symbol, size_t size, int64_t recv_ns);
/* source_tell.c */
void source_refuse(source *s, const char *reason, const void *bytes, size_t size);
void source_tell_refused(source *s);
void source_tell_control(source *s, const wick_control *k);
/* source_clock.c */
int  source_clock_open(source *s);
void source_clock_close(source *s);
void source_turn(source *s, int on);

#endif
