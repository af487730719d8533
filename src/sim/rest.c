/* SPDX-License-Identifier: Apache-2.0
 * The simulator's REST side: histominute, histohour and histoday in both envelopes, the rate
 * limits, and every way the vendor has of saying no (mostly with status 200). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../core/time.h"
#include "series.h"

enum { LIMIT_MAX = 2000, AGGREGATE_MAX = 60, VALUE_MAX = 64, WEEK_S = 7 * 86400 };

typedef struct ask {
    sim        *s;
    const char *query;
    int64_t     step, limit, aggregate, to_s, now_ns;
    int         v2, all, named;         /* named: an exchange was asked for */
    uint32_t    market;
    char        fsym[VALUE_MAX], tsym[VALUE_MAX], e[VALUE_MAX];
    buf        *out;
} ask;

/* The value of a parameter, %XX undone; 0: absent, -1: too long. */
static int param(const char *query, const char *key, char out[VALUE_MAX])
{
    size_t n = strlen(key), size = 0;

    out[0] = '\0';
    for (const char *at = query; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
        if (strncmp(at, key, n) != 0 || at[n] != '=')
            continue;
        for (at += n + 1; *at && *at != '&' && *at != '#'; at++) {
            char hex[3] = {0};

            if (size + 1 == VALUE_MAX)
                return -1;
            if (*at == '%' && at[1] && at[2]) {
                memcpy(hex, at + 1, 2);
                out[size++] = (char)strtol(hex, NULL, 16);
                at += 2;
            } else {
                out[size++] = *at;
            }
        }
        out[size] = '\0';
        return 1;
    }
    return 0;
}

static int refuse(buf *out, int type, const char *message, const char *with)
{
    return buf_fmt(out,
                   "{\"Response\":\"Error\",\"Message\":\"%s\",\"HasWarning\":false,"
                   "\"Type\":%d,\"RateLimit\":{},\"Data\":{}%s%s%s}",
                   message, type, with ? ",\"ParamWithError\":\"" : "", with ? with : "",
                   with ? "\"" : "");
}

/* A whole number; refused with its name where it is none or over a bound. 0: refused. */
static int number(ask *a, const char *key, int64_t dflt, int64_t most, int64_t *out, int *rc)
{
    char text[VALUE_MAX], message[VALUE_MAX + 80], *end;
    int have = param(a->query, key, text);

    *out = dflt;
    if (!have)
        return 1;
    *out = strtoll(text, &end, 10);
    if (have < 0 || end == text || *end)
        snprintf(message, sizeof message, "%s is not a valid integer.", key);
    else if (*out > most)
        snprintf(message, sizeof message, "%s is larger than max value.", key);
    else
        return 1;
    *rc = refuse(a->out, 2, message, key);
    return 0;
}

static int plain(const char *text)
{
    while ((unsigned char)*text >= ' ' && *text != '"' && *text != '\\')
        text++;
    return !*text;
}

/* Nobody trades that: which of the three is not known. */
static int no_market(ask *a, int base, int pair)
{
    char message[4 * VALUE_MAX];

    if (!plain(a->fsym) || !plain(a->tsym))
        return refuse(a->out, 2, "fsym is not a valid symbol.", "fsym");
    if (pair || (base && a->named))
        return buf_fmt(
            a->out,
            "{\"Response\":\"Error\",\"Message\":\"cccagg_or_exchange market does not exist "
            "for this coin pair (%s-%s)\",\"HasWarning\":false,\"Type\":2,\"RateLimit\":{},"
            "\"Data\":{},\"Cooldown\":0}",
            a->fsym, a->tsym);
    if (base)
        return buf_fmt(a->out,
                      "{\"Response\":\"Error\",\"Message\":\"There is no data for any of the "
                      "toSymbols %s .\",\"HasWarning\":true,\"Type\":2,\"RateLimit\":{},"
                      "\"Data\":{},\"Warning\":\"There is no data for the toSymbol/s %s \","
                      "\"ParamWithError\":\"tsyms\"}",
                      a->tsym, a->tsym);
    snprintf(message, sizeof message, "There is no data for the symbol %s .", a->fsym);
    return refuse(a->out, 2, message, "fsym");
}

/* fsym, tsym and e: a market. 0: refused. */
static int find(ask *a, int *rc)
{
    static const char *const KEYS[] = {"fsym", "tsym"};
    char message[VALUE_MAX];
    int base = 0, pair = 0;

    for (int i = 0; i < 2; i++)
        if (param(a->query, KEYS[i], i ? a->tsym : a->fsym) <= 0 || !*(i ? a->tsym : a->fsym)) {
            snprintf(message, sizeof message, "%s is a required param.", KEYS[i]);
            *rc = refuse(a->out, 2, message, KEYS[i]);
            return 0;
        }
    a->named = param(a->query, "e", a->e) > 0 && strcasecmp(a->e, "CCCAGG") != 0;
    for (uint32_t i = 0; i < a->s->market_count; i++) {
        const sim_spot *m = &a->s->markets[i].spot;

        if (strcasecmp(m->base, a->fsym) != 0)
            continue;
        base = 1;
        if (strcasecmp(m->quote, a->tsym) != 0)
            continue;
        pair = 1;
        a->market = i;
        if (!a->named || strcasecmp(m->venue, a->e) == 0)
            return 1;
    }
    *rc = no_market(a, base, pair);
    return 0;
}

static int row(ask *a, int64_t at, int first)
{
    sim_bar b = {0};
    char text[8 * SIM_NUMBER_MAX], *end = text;

    for (int64_t k = 0; k < a->aggregate; k++) { /* rows of the vendor are sums of rounded ones */
        sim_bar o;

        sim_series_bar(a->s, a->market, at + k * a->step, at + (k + 1) * a->step, a->now_ns, &o);
        if (o.empty)
            continue;
        if (b.high == 0 || o.high > b.high)
            b.high = o.high;
        if (b.low == 0 || o.low < b.low)
            b.low = o.low;
        if (b.open == 0)
            b.open = o.open;
        b.close = o.close;
        b.volume += sim_series_round(o.volume);
        b.quote += sim_series_round(o.quote);
    }
    if (a->now_ns < (at + a->aggregate * a->step) * NS_PER_S && a->aggregate == 1)
        b.volume = b.quote = 0;                     /* the running period is a placeholder */
    const struct { const char *key; i128 value;
    } fields[] = {
        {",\"high\":", sim_series_round(b.high)},
        {",\"low\":", sim_series_round(b.low)},
        {",\"open\":", sim_series_round(b.open)},
        {",\"volumefrom\":", b.volume},
        {",\"volumeto\":", b.quote},
        {",\"close\":", sim_series_round(b.close)},
    };

    end = sim_put(end, first ? "{\"time\":" : ",{\"time\":");
    end += sprintf(end, "%lld", (long long)at);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        end = sim_put_number(sim_put(end, fields[i].key), fields[i].value, -10);
    end = sim_put(end, ",\"conversionType\":\"");
    end = sim_put(end, a->named ? "force_direct" : "direct");
    end = sim_put(end, "\",\"conversionSymbol\":\"\"}");
    return buf_add(a->out, text, (size_t)(end - text));
}

static int series(ask *a)
{
    int64_t width = a->aggregate * a->step, to = a->to_s / a->step * a->step, last, first;
    char flag[VALUE_MAX];
    int rc, aligned = !(param(a->query, "aggregatePredictableTimePeriods", flag) > 0 &&
                        strcmp(flag, "false") == 0);

    last = aligned ? to / width * width : to - width + a->step;
    first = last - a->limit * width;
    if (a->v2)
        rc = buf_fmt(a->out,
                     "{\"Response\":\"Success\",\"Message\":\"\",\"HasWarning\":false,"
                     "\"Type\":100,\"RateLimit\":{},\"Data\":{\"Aggregated\":%s,"
                     "\"TimeFrom\":%lld,\"TimeTo\":%lld,\"Data\":[",
                     a->aggregate > 1 ? "true" : "false", (long long)first, (long long)to);
    else
        rc = buf_fmt(a->out,
                     "{\"Response\":\"Success\",\"Type\":100,\"Aggregated\":%s,\"TimeTo\":%lld,"
                     "\"TimeFrom\":%lld,\"FirstValueInArray\":true,"
                     "\"ConversionType\":{\"type\":\"%s\",\"conversionSymbol\":\"\"},\"Data\":[",
                     a->aggregate > 1 ? "true" : "false", (long long)to, (long long)first,
                     a->named ? "force_direct" : "direct");
    for (int64_t i = 0; i <= a->limit && rc == WICK_OK; i++)
        rc = row(a, first + i * width, i == 0);
    return rc < 0 ? rc
                  : buf_text(a->out, a->v2 ? "]}}" : "],\"RateLimit\":{},\"HasWarning\":false}");
}

static int history(ask *a, int64_t dflt)
{
    int rc = WICK_OK;
    int64_t now_s = a->now_ns / NS_PER_S, listing_s = a->s->conf.listing_ns / NS_PER_S;
    char text[VALUE_MAX];

    if (!find(a, &rc) || !number(a, "limit", dflt, LIMIT_MAX, &a->limit, &rc) ||
        !number(a, "aggregate", 1, AGGREGATE_MAX, &a->aggregate, &rc) ||
        !number(a, "toTs", now_s, INT64_MAX / NS_PER_S / 2, &a->to_s, &rc))
        return rc;
    a->aggregate = a->aggregate < 1 ? 1 : a->aggregate;
    a->limit = a->limit < 1 ? 1 : a->limit;
    if (a->limit * a->aggregate > LIMIT_MAX)
        a->limit = LIMIT_MAX / a->aggregate;
    if (a->to_s > now_s || a->to_s < 0)
        a->to_s = a->to_s < 0 ? 0 : now_s;
    if (a->step == 86400 && param(a->query, "allData", text) > 0 && strcmp(text, "true") == 0)
        a->limit = listing_s < a->to_s ? (a->to_s - listing_s) / (a->step * a->aggregate) : 1;
    if (a->step == 60 && a->to_s < now_s - WEEK_S) {
        char message[3 * VALUE_MAX + 80];

        snprintf(message, sizeof message,
                 "Minute data for %s-%s is only available for the last 7 days.",
                 a->s->markets[a->market].spot.base, a->s->markets[a->market].spot.quote);
        return refuse(a->out, 2, message, "toTs");
    }
    return series(a);
}

static const struct { const char *path; int64_t step, dflt; } PATHS[] = {
    {"histominute", 60, 1440}, {"histohour", 3600, 168}, {"histoday", 86400, 30},
};

/* Which of the PATHS, -1: none. */
static int find_path(const char *target, size_t size, int *v2)
{
    const char *name = target + 6;

    if (strncmp(target, "/data/", 6) != 0)
        return -1;
    *v2 = strncmp(name, "v2/", 3) == 0;
    name += *v2 ? 3 : 0;
    for (int i = 0; i < 3; i++)
        if (strlen(PATHS[i].path) == size - (size_t)(name - target) &&
            strncmp(name, PATHS[i].path, strlen(PATHS[i].path)) == 0)
            return i;
    return -1;
}

int sim_rest(sim *s, const char *target, const char *headers, int64_t now_ns, buf *head, buf *out)
{
    size_t size = strcspn(target, "?#");
    ask a = {.s = s, .now_ns = now_ns, .out = out};
    const char *cache = "public, max-age=29";
    int status = 200, rc, in, room, which;
    uint64_t key;

    a.query = target[size] == '?' ? target + size + 1 : "";
    which = find_path(target, size, &a.v2);
    in = sim_let_in(s->conf.keys, target, headers, &key);
    room = sim_limits_admit(s, now_ns);
    if (in < 0) {
        status = 401;
        rc = buf_text(
            out,
            "{\"Data\":{},\"Err\":{\"type\":2,\"message\":\"API key required, please refer to "
            "the documentation at https://developers.coindesk.com/\",\"http_status_code\":401,"
            "\"frontend\":{}}}");
    } else if (in == 0) {
        rc = refuse(out, 1, "You need a valid auth key or api key to access this endpoint", NULL);
    } else if (which >= 0 && !room) {
        rc = sim_limits_over(s, out);
    } else if (which >= 0) {
        a.step = PATHS[which].step;
        rc = history(&a, PATHS[which].dflt);
    } else {
        cache = "no-cache, no-store";
        if (size == strlen("/stats/rate/limit") && strncmp(target, "/stats/rate/limit", size) == 0)
            rc = sim_limits_stats(s, out);
        else
            rc = buf_text(out, "{\"Response\":\"Error\",\"Message\":\"Path does not "
                               "exist\",\"Type\":0,\"Data\":{}}");
    }
    rc = rc < 0 ? rc : sim_limits_head(s, now_ns, cache, head);
    return rc < 0 ? rc : status;
}
