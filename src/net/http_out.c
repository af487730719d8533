/* SPDX-License-Identifier: Apache-2.0
 * libcurl's multi interface on the context's loop: curl says which sockets it waits for and how
 * long. */
#include "http_out.h"

typedef struct watch {                  /* one socket of curl's */
    uv_poll_t   poll;
    struct http *h;
    curl_socket_t fd;
} watch;

static void collect(http *h)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(h->multi, &left)))
        if (m->msg == CURLMSG_DONE) {
            http_get *g = NULL;
            CURLcode code = m->data.result;     /* m goes with its handle */

            curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&g);
            http_get_done(h, g, code);
        }
}

static void ready(uv_poll_t *p, int status, int events)
{
    watch *k = p->data;
    http *h = k->h;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;

    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(h->multi, k->fd, flags, &running);
    collect(h);
}

static void fired(uv_timer_t *t)
{
    http *h = t->data;
    int running;

    curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(h);
}

/* timeout_ms 0 means now: a timer of 0 fires in this turn of the loop, one of 1 ms would cost 1 ms
 * each. */
static int on_timer(CURLM *multi, long timeout_ms, void *user)
{
    http *h = user;

    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&h->timer);
    else
        uv_timer_start(&h->timer, fired, (uint64_t)timeout_ms, 0);
    return 0;
}

static void watch_gone(uv_handle_t *p)
{
    watch *k = p->data;

    k->h->handles--;
    mem_free(k->h->w, k);
}

static watch *watch_new(http *h, curl_socket_t fd)
{
    watch *k = mem_zero(h->w, sizeof *k);

    if (!k)
        return NULL;
    k->h = h;
    k->fd = fd;
    if (uv_poll_init(&h->w->loop, &k->poll, fd) < 0) {
        mem_free(h->w, k);
        return NULL;
    }
    k->poll.data = k;
    h->handles++;
    curl_multi_assign(h->multi, fd, k);
    return k;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *at)
{
    http *h = user;
    watch *k = at;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (k)
            uv_close((uv_handle_t *)&k->poll, watch_gone);
        curl_multi_assign(h->multi, fd, NULL);
        return 0;
    }
    if (!k && !(k = watch_new(h, fd)))
        return -1;
    uv_poll_start(
        &k->poll,
        (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0), ready);
    return 0;
}

static void handle_gone(uv_handle_t *p)
{
    ((http *)p->data)->handles--;
}

static void end(wick *w)
{
    http *h = w->http;

    while (h->gets) {
        http_get *g = h->gets;

        h->gets = g->next;
        curl_multi_remove_handle(h->multi, g->easy);
        http_get_free(g);
    }
    curl_multi_cleanup(h->multi); /* closes kept connections: on_socket() lets go of them */
    uv_close((uv_handle_t *)&h->timer, handle_gone);
    while (h->handles)
        uv_run(&w->loop, UV_RUN_ONCE);
    mem_free(w, h);
    w->http = NULL;
}

int http_out_open(wick *w)
{
    http *h;

    if (w->http)
        return WICK_OK;
    if (!(h = mem_zero(w, sizeof *h)))
        return ctx_fail(w, WICK_E_NOMEM, "http: no memory");
    if (!(h->multi = curl_multi_init()) || ctx_at_end(w, end) < 0) {
        curl_multi_cleanup(h->multi);
        mem_free(w, h);
        return ctx_fail(w, WICK_E_NOMEM, "http: no memory");
    }
    h->w = w;
    h->handles = 1;
    uv_timer_init(&w->loop, &h->timer);
    h->timer.data = h;
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 64L);
    w->http = h;
    return WICK_OK;
}

