/* SPDX-License-Identifier: Apache-2.0
 * Signals as events, for a program that owns its process and asks for them; the library itself
 * takes none. */
#include <signal.h>

#include "ctx.h"

typedef struct signals {
    uv_signal_t     uv;
    wick           *w;
    int             signo;
    uint32_t        tag;
    struct signals *next;
} signals;

static void arrived(uv_signal_t *uv, int signo)
{
    signals *s = uv->data;

    /* A full queue holds work enough to end; who sent the signal will send it again. */
    (void)event_push(s->w,
                     &(wick_event){.kind = WICK_EV_SIGNAL, .tag = s->tag, .count = (uint32_t)signo},
                     NULL, NULL);
}

static void gone(uv_handle_t *h)
{
    signals *s = h->data;

    mem_free(s->w, s);
}

static void stop_all(wick *w)
{
    while (w->signals) {
        signals *s = w->signals;

        w->signals = s->next;
        uv_close((uv_handle_t *)&s->uv, gone);      /* the loop's own end runs gone() */
    }
}

static signals *find(wick *w, int signo)
{
    signals *s = w->signals;

    while (s && s->signo != signo)
        s = s->next;
    return s;
}

/* A handle for one more signal, in the context's list. */
static int start(wick *w, int signo, signals **out)
{
    signals *s = mem_zero(w, sizeof *s);
    int rc;

    if (!s)
        return ctx_fail(w, WICK_E_NOMEM, "signal %d: no memory", signo);
    s->w = w;
    s->signo = signo;
    if ((rc = ctx_at_end(w, stop_all)) < 0 || uv_signal_init(&w->loop, &s->uv) < 0) {
        mem_free(w, s);
        return ctx_fail(w, rc < 0 ? rc : WICK_E_IO, "signal %d: no room for its handle", signo);
    }
    s->uv.data = s;
    s->next = w->signals;
    w->signals = s;
    if ((rc = uv_signal_start(&s->uv, arrived, signo)) < 0) {
        w->signals = s->next;
        uv_close((uv_handle_t *)&s->uv, gone);
        return ctx_fail(w, WICK_E_IO, "signal %d: %s", signo, uv_strerror(rc));
    }
    *out = s;
    return WICK_OK;
}

int wick_signal(wick *w, int signo, uint32_t tag)
{
    signals *s;
    int rc;

    if (!w)
        return WICK_E_ARG;
    if (signo != SIGHUP && signo != SIGINT && signo != SIGTERM)
        return ctx_fail(w, WICK_E_ARG, "signal %d: only SIGHUP, SIGINT and SIGTERM", signo);
    if (!(s = find(w, signo)) && (rc = start(w, signo, &s)) < 0)
        return rc;
    s->tag = tag;
    return WICK_OK;
}
