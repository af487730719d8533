/* SPDX-License-Identifier: Apache-2.0
 * A thread of its own for what blocks (SQLite). Jobs run in order on it and finish on the context's
 * loop. */
#ifndef WICK_CORE_WORKER_H
#define WICK_CORE_WORKER_H

#include "ctx.h"

typedef struct worker worker;
typedef struct job {                    /* embed it; the worker links through it */
    void (*run)(struct job *j);         /* on the thread; no context calls but mem_* */
    void (*done)(struct job *j);        /* on the loop, in the order of posting; may free j */
    struct job *next;
} job;

int  worker_open(wick *w, const char *name, worker **out);
void worker_post(worker *k, job *j);
/* Let every posted job run, call their done(), end the thread. */
void worker_close(worker *k);

#endif
