/* SPDX-License-Identifier: Apache-2.0
 * What a transport of a source must do: move bytes, keep its connection, know nothing of trades.
 * None of it blocks; all of it runs on the context's thread. What it calls is in source.h. */
#ifndef WICK_SOURCE_TRANSPORT_H
#define WICK_SOURCE_TRANSPORT_H

#include "../core/ctx.h"

typedef struct source source;           /* the stage */

typedef struct transport {              /* a driver's struct begins with it; set before open() */
    const struct transport_ops *ops;
    source *src;
    wick   *w;
} transport;

typedef struct transport_ops {
    const char *name;
    const char *const *schemes;         /* what its urls begin with, NULL at the end: "ws://" */
    size_t self_size;
    int    own_clock;                   /* its time is virtual: it moves only by source_clock() */
    const char *const *keys;            /* options it knows beside market and name; NULL: checks itself */
    /* Begin; call nothing of source.h before the next turn of the loop. After a failure close() is
     * not called. options as of wick_source_open(), never NULL. */
    int  (*open)(transport *t, const char *url, const char *options);
    /* After source_closed(): connect again. ARG where there is nothing to reopen. */
    int  (*reopen)(transport *t);
    /* off: deliver nothing (a socket: read nothing) until on. Stays in force over reopen(). */
    void (*flow)(transport *t, int on);
    /* A text frame to the venue: CLOSED without a connection, AGAIN when too much waits. */
    int  (*send)(transport *t, const void *text, size_t size);
    /* A bounded piece of work, about a millisecond. Called from the loop, and only while the source
     * flows and no event waits for the script: virtual time stands still while the script decides.
     * Returns the ms until it wants to be called again, 0: at once, -1: not before source_wake().
     * NULL: it has handles of its own. */
    int64_t (*pump)(transport *t);
    void (*close)(transport *t);        /* release everything; source.c frees the struct itself */
} transport_ops;

extern const transport_ops transport_ws, transport_file, transport_sim;

#endif
