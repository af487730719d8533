/* SPDX-License-Identifier: Apache-2.0
 * The completion queue: what takes time ends here, once. Bounded by EVENT_MAX. Context thread only.
 */
#ifndef WICK_CORE_EVENT_H
#define WICK_CORE_EVENT_H

#include "../wick.h"

enum { EVENT_MAX = 65536 };

typedef struct event_slot {
    wick_event ev;
    void (*release)(wick *w, void *owned); /* called when the event is over, NULL: nothing to do */
    void   *owned;
} event_slot;

typedef struct event_queue {
    event_slot *ring;                           /* a power of two, grows to EVENT_MAX */
    uint32_t    head, tail, cap;                /* head..tail wait; free running */
    event_slot *lent;                           /* given out by the last poll */
    uint32_t    lent_count, lent_cap;
} event_queue;

/* Queue an event. `owned` (may be NULL) is released with `release` after the script has seen it, or
 * at once on failure. mem_release frees a block from mem_alloc. NOMEM, or AGAIN when EVENT_MAX wait
 * already. */
int  event_push(wick *w, const wick_event *ev, void *owned, void (*release)(wick *, void *));
/* Queue an event with a copy of size bytes as its data. */
int  event_copy(wick *w, wick_event ev, const void *data, size_t size);
void mem_release(wick *w, void *block);
int  event_take(wick *w, wick_event *out, int max);
void event_return(wick *w);                     /* end the loan of the last take */
uint32_t event_waiting(const wick *w);
void event_fini(wick *w);

#endif
