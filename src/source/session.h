/* SPDX-License-Identifier: Apache-2.0
 * One connection of a source: its decoder, what it was told in the order of receipt, what it hears. */
#ifndef WICK_SOURCE_SESSION_H
#define WICK_SOURCE_SESSION_H

#include "hearing.h"
#include "source.h"

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

int  session_new(source *s, int kind, session **out);
void session_free(session *c);
int  session_note(session *c, int kind, uint32_t market, int64_t recv_ns);
int  session_message(session *c, const void *bytes, size_t size, int form, int64_t recv_ns);
int  session_marks(session *c, const wick_batch *b);        /* into src->marks */
/* A symbol was confirmed or left (NOTE_*) at recv_ns. OK, NOMEM. */
int  session_subscribed(session *c, int kind, const char *symbol, size_t size, int64_t recv_ns);

#endif
