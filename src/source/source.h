/* SPDX-License-Identifier: Apache-2.0
 * A source: one stage, one feed, a transport that can be replaced (transport.h). The stage decodes,
 * keeps marks, pushes batches and tells the script. This is what its transport calls.
 * Times are UTC ns by the source's clock. */
#ifndef WICK_SOURCE_SOURCE_H
#define WICK_SOURCE_SOURCE_H

#include "../core/stage.h"
#include "transport.h"

typedef struct session session;         /* one connection: decoder, lag, marks; lent to transports*/

/* wick_source_open() with a transport that was found already. */
int  source_open(wick *w, const transport_ops *ops, wick_feed *f, const char *url,
                 const char *options, uint32_t tag, wick_stage **out);

/* A connection stands: EV_OPENED. The session is good until source_closed(). out NULL: an input was
 * opened that has sessions of its own. */
int  source_opened(source *s, session **out);
int  source_address(session *c, const char *url);   /* where it leads to. OK, NOMEM */
/* One whole message as it was received; form is WICK_FORM_*; bytes are not kept. 1: end this burst
 * now (the script has to decide, or the batch is large); 0: go on. */
int  source_message(source *s, session *c, const void *bytes, size_t size, int form,
                    int64_t recv_ns);
/* Behind the messages of one read of one session: the batch moves on. AGAIN: it is kept, deliver
 * nothing until flow(on), what was read already too. Any other failure ended the source. */
int  source_burst_end(source *s);
int  source_burst_cut(source *s);       /* the same, where more of what was received by now follows */
/* The connection is gone: CLOSE mark, then EV_CLOSED (OK: a clean end) with `why` as text. May be
 * called while the flow is off. */
void source_closed(source *s, session *c, int status, const char *why);
/* The input is over: EV_END once all of it was taken; status and why (NULL: none) say how. */
void source_end(source *s, int status, const char *why);

/* Virtual time wants to move to now_ns. 1: it stopped at a timer that comes first (EV_TIMER): end
 * the burst, return from pump(), try again next time. 0: it is now_ns. It never goes back. */
int  source_clock(source *s, int64_t now_ns);
int64_t source_now(const source *s);        /* real, or virtual where the transport has its own */
int64_t source_timer_next(const source *s); /* when the next timer is due, INT64_MAX: none */
void source_wake(source *s);                /* call pump() soon */

/* Recordings. A session of rows has no times of receipt: it covers from first to last trade (reel.h). */
enum { SESSION_LIVE = 0, SESSION_RECORDED = 1, SESSION_ROWS = 2 };
int  source_session(source *s, int kind, session **out);    /* source_opened() without EV_OPENED */
int  source_session_end(source *s, session *c);             /* CLOSE, no event; AGAIN as burst_end() */
void source_sent(source *s, session *c, const char *text, size_t size, int64_t at_ns);
void source_place(source *s, uint64_t line);                /* of the next message, for refusals */
/* A line that is no message: counted and refused like one. 1: end this burst now. */
int  source_broken(source *s, const char *reason, const void *bytes, size_t size);
/* From now on rows are kept; source_sorted() hands them on in the order of their times, at most some
 * thousand a call: 1: call again; 0: no more; AGAIN as burst_end(), or another failure. */
void source_gather(source *s);
int  source_gathers(const source *s);
int  source_sorted(source *s);
void source_path(source *s, const char *path);  /* with place=: the log knows the input by its path too */
int  source_csv(const source *s);       /* its feed reads CSV */
/* Whether the rows of this kind of file stand newest first; asked of its first message. */
int  source_newest_first(source *s, const void *bytes, size_t size, int form);

#endif
