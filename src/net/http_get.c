/* SPDX-License-Identifier: Apache-2.0
 * HTTP out: GET by libcurl's multi interface on the context's loop. curl says which sockets it waits for
 * and how long; each answer, or why there is none, is one WICK_EV_REPLY. */
#include <curl/curl.h>
#include <string.h>

#include "../core/ctx.h"
#include "head.h"

enum { REPLY_BODY_MAX = 16 << 20, REPLY_HEAD_MAX = 64 << 10, CONNECT_MS = 15000, WHOLE_MS = 60000 };

typedef struct get {                    /* one request */
    wick       *w;
    CURL       *easy;
    struct curl_slist *headers;
    buf         head, body;
    uint32_t    tag;
    int         too_large;
    char        why[CURL_ERROR_SIZE];
    struct get *next;
} get;

typedef struct watch {                  /* one socket of curl's */
    uv_poll_t   poll;
    struct http *h;
    curl_socket_t fd;
} watch;

typedef struct http {                   /* once a context, made by the first request */
    wick       *w;
    CURLM      *multi;
    uv_timer_t  timer;
    get        *gets;
    uint32_t    handles;
} http;

static void get_free(get *g)
{
    curl_easy_cleanup(g->easy);
    curl_slist_free_all(g->headers);
    buf_fini(&g->head);
    buf_fini(&g->body);
    mem_free(g->w, g);
}

static wick_reply *pack(const get *g, int status, const char *why)
{
    size_t head = g->head.size, body = status ? g->body.size : strlen(why);
    wick_reply *r = mem_alloc(g->w, sizeof *r + head + body + 2);
    char *at = (char *)(r + 1);

    if (!r)
        return NULL;
    *r = (wick_reply){.status = status, .headers = at, .body = at + head + 1,
                      .headers_len = (uint32_t)head, .body_len = (uint32_t)body};
    if (head)
        memcpy(at, g->head.data, head);
    at[head] = '\0';
    if (body)
        memcpy(at + head + 1, status ? (const char *)g->body.data : why, body);
    at[head + 1 + body] = '\0';
    return r;
}

static void finish(http *h, get *g, CURLcode code)
{
    const char *why = g->too_large ? "the answer is over 16 MiB"
                      : g->why[0]  ? g->why
                                   : curl_easy_strerror(code);
    wick_event ev = {.kind = WICK_EV_REPLY, .tag = g->tag, .count = 1, .stride = sizeof(wick_reply)};
    wick_reply *r;
    long status = 0;
    get **at = &h->gets;

    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    curl_multi_remove_handle(h->multi, g->easy);
    if (code == CURLE_OK)
        curl_easy_getinfo(g->easy, CURLINFO_RESPONSE_CODE, &status);
    r = pack(g, (int)status, why);
    ev.status = !r ? WICK_E_NOMEM : status ? WICK_OK : WICK_E_IO;
    ev.data = r;
    if (!r)
        ev.count = 0;
    if (event_push(h->w, &ev, r, mem_release) < 0)
        ctx_log(h->w, 0, "http: an answer is lost, the event queue is full");
    get_free(g);
}

static void collect(http *h)
{
    CURLMsg *m;
    int left;

    while ((m = curl_multi_info_read(h->multi, &left)))
        if (m->msg == CURLMSG_DONE) {
            get *g = NULL;
            CURLcode code = m->data.result;     /* m goes with its handle */

            curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&g);
            finish(h, g, code);
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

/* timeout_ms 0 means now: a timer of 0 fires in this turn of the loop, one of 1 ms would cost 1 ms each. */
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
    uv_poll_start(&k->poll, (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0),
                  ready);
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
        get *g = h->gets;

        h->gets = g->next;
        curl_multi_remove_handle(h->multi, g->easy);
        get_free(g);
    }
    curl_multi_cleanup(h->multi);               /* closes kept connections: on_socket() lets go of them */
    uv_close((uv_handle_t *)&h->timer, handle_gone);
    while (h->handles)
        uv_run(&w->loop, UV_RUN_ONCE);
    mem_free(w, h);
    w->http = NULL;
}

static int http_open(wick *w)
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

static size_t on_body(char *bytes, size_t one, size_t size, void *user)
{
    get *g = user;

    (void)one;
    if (g->body.size + size > REPLY_BODY_MAX) {
        g->too_large = 1;
        return 0;
    }
    return buf_add(&g->body, bytes, size) < 0 ? 0 : size;
}

/* "Name: value\r\n" as "name: value\n"; a status line begins anew (an interim answer came before). */
static size_t on_header(char *bytes, size_t one, size_t size, void *user)
{
    get *g = user;
    const char *colon = memchr(bytes, ':', size);
    size_t name = colon ? (size_t)(colon - bytes) : 0, at = name + 1, end = size;
    uint8_t *to;

    (void)one;
    if (size >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        g->head.size = 0;
    if (!colon || !head_is_name(bytes, name))
        return size;
    while (at < end && (bytes[at] == ' ' || bytes[at] == '\t'))
        at++;
    while (end > at && strchr(" \t\r\n", bytes[end - 1]))
        end--;
    if (!(to = buf_room(&g->head, name + end - at + 3)))
        return 0;
    for (size_t i = 0; i < name; i++)
        *to++ = bytes[i] >= 'A' && bytes[i] <= 'Z' ? (uint8_t)(bytes[i] | 0x20) : (uint8_t)bytes[i];
    memcpy(to, ": ", 2);
    memcpy(to + 2, bytes + at, end - at);
    to[2 + end - at] = '\n';
    g->head.size += name + end - at + 3;
    return size;
}

static int add_headers(get *g, const char *lines)
{
    char line[4096];
    struct curl_slist *more;

    while (lines && *lines) {
        size_t n = strcspn(lines, "\n"), name = strcspn(lines, ":\n");

        if (n >= sizeof line || name >= n || !head_is_name(lines, name) || !head_is_value(lines, n))
            return ctx_fail(g->w, WICK_E_ARG, "http: a header is malformed");
        memcpy(line, lines, n);
        line[n] = '\0';
        if (!(more = curl_slist_append(g->headers, line)))
            return ctx_fail(g->w, WICK_E_NOMEM, "http: no memory");
        g->headers = more;
        lines += n + (lines[n] == '\n');
    }
    return WICK_OK;
}

static int set_up(get *g, const char *url, const char *headers)
{
    CURL *e = g->easy = curl_easy_init();
    int rc;

    if (!e || !(curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK))
        return ctx_fail(g->w, WICK_E_NOMEM, "http: no memory");
    if ((rc = add_headers(g, headers)) < 0)
        return rc;
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)WHOLE_MS);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(e, CURLOPT_USERAGENT, "wick");
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, g->headers);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, g);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, g);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, g->why);
    curl_easy_setopt(e, CURLOPT_PRIVATE, g);
    return WICK_OK;
}

int wick_http_get(wick *w, const char *url, const char *headers, uint32_t tag)
{
    get *g;
    int rc;

    if (!w)
        return WICK_E_ARG;
    if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
        return ctx_fail(w, WICK_E_ARG, "http: '%.100s' begins with neither http:// nor https://",
                        url ? url : "");
    if ((rc = http_open(w)) < 0)
        return rc;
    if (!(g = mem_zero(w, sizeof *g)))
        return ctx_fail(w, WICK_E_NOMEM, "http: no memory");
    g->w = w;
    g->tag = tag;
    buf_init(&g->head, w, REPLY_HEAD_MAX);
    buf_init(&g->body, w, REPLY_BODY_MAX);
    if ((rc = set_up(g, url, headers)) < 0) {
        get_free(g);
        return rc;
    }
    g->next = w->http->gets;
    w->http->gets = g;
    uv_update_time(&w->loop);                   /* a long script has made the loop's time old */
    curl_multi_add_handle(w->http->multi, g->easy);
    return WICK_OK;
}
