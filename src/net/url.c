/* SPDX-License-Identifier: Apache-2.0
 * Taking a ws:// or wss:// address apart (RFC 6455 section 3). */
#include "url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static int bad(wick *w, const char *text, const char *why)
{
    return ctx_fail(w, WICK_E_ARG, "'%.200s' is no WebSocket address: %s", text, why);
}

static int take_port(const char *at, const char *end, int *out)
{
    int port = 0;

    if (end - at > 5)
        return -1;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return -1;
        port = port * 10 + (*at - '0');
    }
    *out = port;
    return port >= 1 && port <= 65535 ? 0 : -1;
}

/* host, host:port, [v6] or [v6]:port in at..end */
static const char *take_authority(const char *at, const char *end, net_url *out)
{
    const char *host = at, *stop;
    int six = at < end && *at == '[';

    if (memchr(at, '@', (size_t)(end - at)))
        return "credentials do not belong in an address";
    if (six) {
        host = at + 1;
        if (!(stop = memchr(host, ']', (size_t)(end - host))))
            return "']' is missing";
        at = stop + 1;
    } else {
        stop = memchr(at, ':', (size_t)(end - at));
        at = stop = stop ? stop : end;
    }
    if (stop == host || (size_t)(stop - host) >= sizeof out->host)
        return stop == host ? "no host" : "the host is too long";
    for (const char *c = host; c < stop; c++)
        if (strchr("<>\"{}|\\^`%[]", *c) || (six && !strchr("0123456789abcdefABCDEF:.", *c)))
            return "the host is malformed";
    snprintf(out->host, sizeof out->host, "%.*s", (int)(stop - host), host);
    if (at < end && (*at != ':' || (at + 1 < end && take_port(at + 1, end, &out->port) < 0)))
        return "the port is not a number from 1 to 65535";
    snprintf(out->authority, sizeof out->authority, six ? "[%s]" : "%s", out->host);
    if (out->port != (out->tls ? 443 : 80))
        snprintf(out->authority + strlen(out->authority), 8, ":%d", out->port);
    return NULL;
}

int url_parse(wick *w, const char *text, net_url *out)
{
    const char *at, *end, *why;

    memset(out, 0, sizeof *out);
    if (!text)
        return ctx_fail(w, WICK_E_ARG, "no address");
    if (strncasecmp(text, "ws://", 5) != 0 && strncasecmp(text, "wss://", 6) != 0)
        return bad(w, text, "it begins with neither ws:// nor wss://");
    out->tls = text[2] != ':';
    out->port = out->tls ? 443 : 80;
    at = text + (out->tls ? 6 : 5);
    for (const char *c = at; *c; c++)
        if (*c <= ' ' || *c > '~')
            return bad(w, text, "a byte in it must be percent-encoded");
    if (strchr(at, '#'))
        return bad(w, text, "it may have no fragment");
    end = at + strcspn(at, "/?");
    if ((why = take_authority(at, end, out)))
        return bad(w, text, why);
    if (strlen(end) + 2 > sizeof out->path)
        return bad(w, text, "the path is too long");
    snprintf(out->path, sizeof out->path, "%s%s", *end == '/' ? "" : "/", end);
    return WICK_OK;
}
