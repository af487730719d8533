/* SPDX-License-Identifier: Apache-2.0
 * HTTP out: one GET, from its URL to the WICK_EV_REPLY with its answer, or why there is none. */
#include <curl/curl.h>
#include <string.h>

#include "head.h"
#include "http_out.h"

enum {
    REPLY_BODY_MAX = 16 << 20, REPLY_HEAD_MAX = 64 << 10,
    CONNECT_MS = 15000, WHOLE_MS = 60000
};

void http_get_free(http_get *g)
{
    curl_easy_cleanup(g->easy);
    curl_slist_free_all(g->headers);
    buf_fini(&g->head);
    buf_fini(&g->body);
    mem_free(g->w, g);
}

static wick_reply *pack(const http_get *g, int status, const char *why)
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

void http_get_done(http *h, http_get *g, CURLcode code)
{
    const char *why = g->too_large ? "the answer is over 16 MiB"
                      : g->why[0]  ? g->why
                                   : curl_easy_strerror(code);
    wick_event ev = {
        .kind = WICK_EV_REPLY, .tag = g->tag, .count = 1, .stride = sizeof(wick_reply)};
    wick_reply *r;
    long status = 0;
    http_get **at = &h->gets;

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
    http_get_free(g);
}

static size_t on_body(char *bytes, size_t one, size_t size, void *user)
{
    http_get *g = user;

    (void)one;
    if (g->body.size + size > REPLY_BODY_MAX) {
        g->too_large = 1;
        return 0;
    }
    return buf_add(&g->body, bytes, size) < 0 ? 0 : size;
}

/* "Name: value\r\n" as "name: value\n"; a status line begins anew (an interim answer came before).
 */
static size_t on_header(char *bytes, size_t one, size_t size, void *user)
{
    http_get *g = user;
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

static int add_headers(http_get *g, const char *lines)
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

static int set_up(http_get *g, const char *url, const char *headers)
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
    http_get *g;
    int rc;

    if (!w)
        return WICK_E_ARG;
    if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
        return ctx_fail(w, WICK_E_ARG, "http: '%.100s' begins with neither http:// nor https://",
                        url ? url : "");
    if ((rc = http_out_open(w)) < 0)
        return rc;
    if (!(g = mem_zero(w, sizeof *g)))
        return ctx_fail(w, WICK_E_NOMEM, "http: no memory");
    g->w = w;
    g->tag = tag;
    buf_init(&g->head, w, REPLY_HEAD_MAX);
    buf_init(&g->body, w, REPLY_BODY_MAX);
    if ((rc = set_up(g, url, headers)) < 0) {
        http_get_free(g);
        return rc;
    }
    g->next = w->http->gets;
    w->http->gets = g;
    uv_update_time(&w->loop);                   /* a long script has made the loop's time old */
    curl_multi_add_handle(w->http->multi, g->easy);
    return WICK_OK;
}
