/* SPDX-License-Identifier: Apache-2.0
 * Inside of the HTTP client: what http_out.c (curl on the loop) and http_get.c (one request) share. */
#ifndef WICK_NET_HTTP_OUT_H
#define WICK_NET_HTTP_OUT_H

#include <curl/curl.h>

#include "../core/ctx.h"

typedef struct http_get {               /* one request */
    wick       *w;
    CURL       *easy;
    struct curl_slist *headers;
    buf         head, body;
    uint32_t    tag;
    int         too_large;
    char        why[CURL_ERROR_SIZE];
    struct http_get *next;
} http_get;

typedef struct http {                   /* once a context, made by the first request */
    wick       *w;
    CURLM      *multi;
    uv_timer_t  timer;
    http_get   *gets;
    uint32_t    handles;
} http;

int  http_out_open(wick *w);            /* makes w->http when it is not there */
/* The request is over: its event is queued, it is freed. */
void http_get_done(http *h, http_get *g, CURLcode code);
void http_get_free(http_get *g);

#endif
