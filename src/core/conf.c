/* SPDX-License-Identifier: Apache-2.0
 * Settings. The table below is the one place where a setting is named; `wick config` prints it,
 * both bindings and the command line read it. Values stay text; a kind says what text is allowed.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "mem.h"

/* kinds: text secret url int port bool duration list choice:a,b,...; a duration is "5ms" "10s" "1d"
 * or "0" */
static const wick_option OPTIONS[] = {
    {"data.dir", "text", "WICK_DATA", "", "directory of wick's own files; in a checkout its data/"},
    {"sources", "list", "WICK_SOURCES", "cryptocompare",
     "feeds in order: a feed table's name, sim:?rate=R&seed=N&fault=NAME@WHEN, or "
     "FEED@FILE[?market=SYMBOL]"},
    {"markets", "list", "WICK_MARKETS", "Coinbase:BTC-USD,Coinbase:ETH-USD", "markets to follow"},
    {"intervals", "list", "WICK_INTERVALS", "1m,5m,15m,1h,4h,1d,1w,1M", "candles that are kept"},
    {"history", "duration", "WICK_HISTORY", "1d",
     "how far back a market is filled when it is activated (no effect yet); 0: not at all"},
    {"cryptocompare.key", "secret", "CRYPTOCOMPARE_API_KEY", "",
     "API key; without key and address: sim:"},
    {"cryptocompare.ws_url", "url", "CRYPTOCOMPARE_WS_URL", "",
     "another streamer, ws:// or wss://"},
    {"cryptocompare.rest_url", "url", "CRYPTOCOMPARE_REST_URL", "",
     "another REST server, http:// or https://"},
    {"bus.url", "url", "BUS_URL", "sqlite:log.db", "the log: sqlite:FILE or memory:"},
    {"bus.pack", "int:1:65536", "WICK_BUS_PACK", "1000",
     "ticks of one partition in a record, at most"},
    {"bus.linger", "duration", "WICK_BUS_LINGER", "5ms", "how long a record waits for more ticks"},
    {"bus.partitions", "int:1:1024", "WICK_BUS_PARTITIONS", "16", "partitions of tick-data"},
    {"bus.format", "choice:json,avro", "WICK_BUS_FORMAT", "json", "payload of records on Kafka"},
    {"bus.retention", "duration", "WICK_BUS_RETENTION", "7d",
     "how long the log keeps records; 0: for ever"},
    {"store.url", "url", "STORE_URL", "sqlite:wick.db", "the store: sqlite:FILE"},
    {"cache.url", "url", "CACHE_URL", "memory:", "the cache: memory:"},
    {"cache.rows", "int:0:100000000", "WICK_CACHE_ROWS", "200000",
     "candles that the cache holds at most"},
    {"lateness", "duration", "WICK_LATENESS", "1d", "how late a trade may revise a candle"},
    {"skew", "duration", "WICK_SKEW", "10s", "how far ahead of its source's clock a trade may be"},
    {"close.delay", "duration", "WICK_CLOSE_DELAY", "2s",
     "how long a bucket waits for its last trades"},
    {"dedup.window", "duration", "WICK_DEDUP_WINDOW", "10m",
     "how long identities are remembered, by trade time"},
    {"reconnect.min", "duration", "WICK_RECONNECT_MIN", "5s", "first pause before a reconnect"},
    {"reconnect.max", "duration", "WICK_RECONNECT_MAX", "60s", "longest pause before a reconnect"},
    {"retention", "duration", "WICK_RETENTION", "0", "how long candles are kept; 0: for ever"},
    {"http.bind", "text", "WICK_BIND", "127.0.0.1", "address that the server listens on"},
    {"http.port", "int:0:65535", "PORT", "3000",
     "port that the server listens on; 0: any free one"},
    {"metrics.port", "int:0:65535", "WICK_METRICS_PORT", "0",
     "health and metrics of a process that runs without the Datastore; 0: off"},
    {"jwt.secret", "secret", "JWT_SECRET", "",
     "key of tokens; without: anonymous, and only on loopback"},
    {"log.level", "choice:error,warn,info,debug", "WICK_LOG", "info", "what is logged"},
    {"log.format", "choice:auto,text,json", "WICK_LOG_FORMAT", "auto",
     "auto: text on a terminal, else json"},
    {"tls.ca", "text", "WICK_TLS_CA", "", "file of CA certificates instead of the system's"},
};
enum { OPTION_COUNT = (int)(sizeof OPTIONS / sizeof *OPTIONS), VALUE_MAX = 1 << 20 };

struct wick_conf {
    char *values[OPTION_COUNT];             /* NULL: the default */
    char  error[512];
};

static int option_index(const char *key)
{
    for (int i = 0; key && i < OPTION_COUNT; i++)
        if (strcmp(OPTIONS[i].key, key) == 0)
            return i;
    return -1;
}

static int fail(wick_conf *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(wick_conf *c, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(c->error, sizeof c->error, fmt, args);
    va_end(args);
    return WICK_E_ARG;
}

int duration_parse(const char *text, int64_t *ns)
{
    static const struct { const char *unit; int64_t ns; } UNITS[] = {
        {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000},
        {"h", 3600000000000}, {"d", 86400000000000}, {"w", 604800000000000},
    };
    char *end;
    long long n;

    if (text[0] < '0' || text[0] > '9')
        return WICK_E_DATA;
    errno = 0;
    n = strtoll(text, &end, 10);
    if (errno)
        return WICK_E_DATA;
    if (n == 0 && *end == '\0') {
        *ns = 0;
        return WICK_OK;
    }
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (strcmp(end, UNITS[i].unit) == 0)
            return __builtin_mul_overflow(n, UNITS[i].ns, ns) ? WICK_E_DATA : WICK_OK;
    return WICK_E_DATA;
}

/* One of the comma separated words? */
static int among(const char *words, const char *word)
{
    size_t size = strlen(word);

    for (const char *at = words; size && *at;) {
        size_t len = strcspn(at, ",");

        if (len == size && strncmp(at, word, len) == 0)
            return 1;
        at += len + (at[len] == ',');
    }
    return 0;
}

static int check_int(wick_conf *c, const wick_option *o, const char *value)
{
    long long low = 0, high = 0, n;
    char *end;

    sscanf(o->kind, "int:%lld:%lld", &low, &high);
    errno = 0;
    n = strtoll(value, &end, 10);
    if (errno || end == value || *end || n < low || n > high)
        return fail(c, "%s: '%s' is not a whole number from %lld to %lld", o->key, value, low,
                    high);
    return WICK_OK;
}

static int check(wick_conf *c, const wick_option *o, const char *value)
{
    int64_t ns;

    if (strlen(value) > VALUE_MAX)
        return fail(c, "%s: longer than %d bytes", o->key, VALUE_MAX);
    if (strncmp(o->kind, "int", 3) == 0)
        return check_int(c, o, value);
    if (strcmp(o->kind, "duration") == 0 && duration_parse(value, &ns) < 0)
        return fail(c, "%s: '%s' is not a duration like 5ms, 10s, 15m, 1h, 7d, or 0", o->key,
                    value);
    if (strncmp(o->kind, "choice:", 7) == 0 && !among(o->kind + 7, value))
        return fail(c, "%s: '%s' is none of %s", o->key, value, o->kind + 7);
    return WICK_OK;
}

int wick_conf_new(wick_conf **out)
{
    if (!out || !(*out = mem_zero(NULL, sizeof **out)))
        return out ? WICK_E_NOMEM : WICK_E_ARG;
    return WICK_OK;
}

void wick_conf_free(wick_conf *c)
{
    if (!c)
        return;
    for (int i = 0; i < OPTION_COUNT; i++)
        mem_free(NULL, c->values[i]);
    mem_free(NULL, c);
}

int wick_conf_set(wick_conf *c, const char *key, const char *value)
{
    int i = option_index(key), rc;
    char *copy;

    if (!c)
        return WICK_E_ARG;
    if (i < 0 || !value)
        return fail(c, i < 0 ? "no setting '%s'" : "%s: no value", key ? key : "(null)");
    if ((rc = check(c, &OPTIONS[i], value)) < 0)
        return rc;
    if (!(copy = mem_text(NULL, value, strlen(value))))
        return WICK_E_NOMEM;
    mem_free(NULL, c->values[i]);
    c->values[i] = copy;
    return WICK_OK;
}

const char *wick_conf_get(const wick_conf *c, const char *key)
{
    int i = option_index(key);

    if (i < 0)
        return NULL;
    return c && c->values[i] ? c->values[i] : OPTIONS[i].dflt;
}

const char *wick_conf_error(const wick_conf *c)
{
    return c ? c->error : "";
}

int wick_conf_option(int i, wick_option *out)
{
    if (i < 0 || i >= OPTION_COUNT || !out)
        return WICK_E_ARG;
    *out = OPTIONS[i];
    return WICK_OK;
}

int conf_copy(const wick_conf *from, wick_conf **out)
{
    int rc = wick_conf_new(out);

    for (int i = 0; rc == WICK_OK && from && i < OPTION_COUNT; i++)
        if (from->values[i] &&
            !((*out)->values[i] = mem_text(NULL, from->values[i], strlen(from->values[i]))))
            rc = WICK_E_NOMEM;
    if (rc < 0) {
        wick_conf_free(*out);
        *out = NULL;
    }
    return rc;
}

const char *conf_text(const wick_conf *c, const char *key)
{
    const char *value = wick_conf_get(c, key);

    assert(value && "a setting that conf.c does not name");
    return value;
}

int64_t conf_int(const wick_conf *c, const char *key)
{
    return strtoll(conf_text(c, key), NULL, 10);    /* checked when it was set */
}

int64_t conf_ns(const wick_conf *c, const char *key)
{
    int64_t ns = 0;

    duration_parse(conf_text(c, key), &ns);         /* checked when it was set */
    return ns;
}

const char *options_find(const char *options, const char *key, size_t *size)
{
    size_t len = strlen(key);

    for (const char *at = options; at && *at;) {
        const char *end = strchr(at, '\n');

        if (strncmp(at, key, len) == 0 && at[len] == '=') {
            *size = (end ? (size_t)(end - at) : strlen(at)) - len - 1;
            return at + len + 1;
        }
        at = end ? end + 1 : NULL;
    }
    *size = 0;
    return NULL;
}

int options_int(const char *options, const char *key, int64_t dflt, int64_t *out)
{
    size_t size;
    const char *value = options_find(options, key, &size);
    char text[32], *end;

    *out = dflt;
    if (!value)
        return WICK_OK;
    if (size == 0 || size >= sizeof text)
        return WICK_E_ARG;
    memcpy(text, value, size);
    text[size] = '\0';
    errno = 0;
    *out = strtoll(text, &end, 10);
    return errno || *end ? WICK_E_ARG : WICK_OK;
}
