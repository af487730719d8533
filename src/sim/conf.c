/* SPDX-License-Identifier: Apache-2.0
 * Options of the simulator, "key=value" lines, which `wick sim` and `sim:?...` share. An unknown
 * one is refused with the list, a wrong value with what is allowed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/time.h"
#include "world.h"

enum { VALUE_MAX = 131072, RATE_MAX_MILLI = 1000000000, COUNT_MAX = 1000000000 };

typedef struct row {
    const char *key, *form;
    int (*read)(sim *s,
                char *value); /* 0: it is not of that form; negative: WICK_E_* with its own text */
} row;

static int whole(const char *text, int64_t low, int64_t high, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return !errno && end != text && !*end && *out >= low && *out <= high;
}

static int flag(const char *text, int *form, int bit)
{
    int on = strcmp(text, "1") == 0;

    if (!on && strcmp(text, "0") != 0)
        return 0;
    *form = on ? *form | bit : *form & ~bit;
    return 1;
}

static int read_rate(sim *s, char *v)
{
    int64_t mantissa;
    int exp;
    i128 milli;

    if (dec_parse(v, strlen(v), &mantissa, &exp) != DEC_OK || mantissa < 0 || exp < -3)
        return 0;
    milli = mantissa;
    if (!dec_scale(&milli, exp + 3) || milli > RATE_MAX_MILLI)
        return 0;
    s->conf.rate_milli = (int64_t)milli;
    return 1;
}

static int read_seed(sim *s, char *v)
{
    char *end;

    errno = 0;
    s->conf.seed = strtoull(v, &end, 10);
    return !errno && end != v && !*end && v[0] != '-';
}

static int read_markets(sim *s, char *v)
{
    int64_t n;
    uint32_t at;
    int rc = WICK_OK;

    s->market_count = 0;
    if (v[0] >= '0' && v[0] <= '9' && !strchr(v, ':')) {
        if (!whole(v, 1, SIM_MARKETS_MAX, &n))
            return 0;
        for (uint32_t i = 0; i < n && rc == WICK_OK; i++) {
            char name[3 * SIM_PART_MAX];

            sim_spot_name(i, name, sizeof name);
            rc = sim_market_add(s, name, strlen(name), &at);
        }
        return rc < 0 ? rc : 1;
    }
    for (char *name = v; name && rc == WICK_OK; name = name ? name + 1 : NULL) {
        size_t size = strcspn(name, ",");

        rc = sim_market_add(s, name, size, &at);
        name = name[size] ? name + size : NULL;
    }
    return rc < 0 ? rc : 1;
}

static int read_count(sim *s, char *v)
{
    int64_t n;

    if (!whole(v, 0, COUNT_MAX, &n))
        return 0;
    s->conf.count = (uint64_t)n;
    return 1;
}

static int read_fault(sim *s, char *v)
{
    char why[512];

    if (s->conf.fault_count == SIM_FAULTS_MAX)
        return ctx_fail(s->w, WICK_E_ARG, "sim: at most %d faults", SIM_FAULTS_MAX);
    if (sim_fault_parse(v, why, sizeof why, s->conf.faults + s->conf.fault_count))
        return ctx_fail(s->w, WICK_E_ARG, "sim: %s", why);
    s->conf.fault_count++;
    return 1;
}

static int read_keys(sim *s, char *v)
{
    mem_free(s->w, s->conf.keys);
    s->conf.keys = mem_text(s->w, v, strlen(v));
    return s->conf.keys ? 1 : WICK_E_NOMEM;
}

static int read_limits(sim *s, char *v)
{
    int64_t n[SIM_LIMITS];
    char *at = v;

    for (int i = 0; i < SIM_LIMITS; i++) {
        n[i] = strtoll(at, &at, 10);
        if (n[i] < 1 || n[i] > COUNT_MAX || *at++ != (i < SIM_LIMITS - 1 ? ',' : '\0'))
            return 0;
    }
    memcpy(s->conf.limits, n, sizeof n);
    return 1;
}

static int read_f(sim *s, char *v)
{
    if (strcmp(v, "number") == 0)
        s->conf.form |= SIM_FORM_F_NUMBER;
    else if (strcmp(v, "string") == 0)
        s->conf.form &= ~SIM_FORM_F_NUMBER;
    else
        return 0;
    return 1;
}

static int read_refuse(sim *s, char *v)
{
    s->conf.refuse_open = strcmp(v, "open") == 0;
    return s->conf.refuse_open || strcmp(v, "close") == 0;
}

static int span(const char *v, int64_t *out)
{
    return duration_parse(v, out) == WICK_OK && *out >= 0;
}

static int read_start(sim *s, char *v)  { return whole(v, 0, TIME_END_NS, &s->conf.start_ns); }
static int read_after(sim *s, char *v)  { return whole(v, 0, TIME_END_NS, &s->conf.after_ns); }
static int read_listing(sim *s, char *v) { return whole(v, 0, TIME_END_NS, &s->conf.listing_ns); }
static int read_heart(sim *s, char *v)  { return span(v, &s->conf.heartbeat_ns); }
static int read_ping(sim *s, char *v)   { return span(v, &s->conf.ping_ns); }
static int read_settle(sim *s, char *v) { return span(v, &s->conf.settle_ns); }
static int read_sockets(sim *s, char *v) { return whole(v, 0, 1000000, &s->conf.max_sockets); }
static int read_subs(sim *s, char *v)   { return whole(v, 0, 1000000, &s->conf.max_subs); }
static int read_ns(sim *s, char *v)     { return flag(v, &s->conf.form, SIM_FORM_NS); }
static int read_ccseq(sim *s, char *v)  { return flag(v, &s->conf.form, SIM_FORM_CCSEQ); }
static int read_hold(sim *s, char *v)   { return flag(v, &s->conf.hold, 1); }
static int read_early(sim *s, char *v)  { return flag(v, &s->conf.early, 1); }

static const row ROWS[] = {
    {"rate", "trades a second over all markets, 0 to 1000000, thousandths allowed; 0: flat out",
     read_rate},
    {"seed", "a whole number from 0 to 2^64-1", read_seed},
    {"markets", "a number from 1 to 8192, or VENUE:BASE-QUOTE,...", read_markets},
    {"count", "trades in all, 0 (no end) to 10^9", read_count},
    {"start", "time of the first trade, ns since 1970 UTC", read_start},
    {"after", "go on behind this time, ns since 1970 UTC", read_after},
    {"fault", "NAME[:AMOUNT]@WHEN", read_fault},
    {"hold", "1: nothing happens while nobody listens; 0", read_hold},
    {"keys", "API keys that are let in, separated by commas", read_keys},
    {"max_sockets", "sockets a key, 0: no bound", read_sockets},
    {"max_subs", "subscriptions a socket, 0: no bound", read_subs},
    {"refuse", "close or open: what becomes of a socket that is refused", read_refuse},
    {"early", "1: SUBSCRIBECOMPLETE comes before the first payload; 0", read_early},
    {"ns", "1: trades carry TSNS and RTSNS; 0", read_ns},
    {"ccseq", "1: trades carry CCSEQ; 0", read_ccseq},
    {"f", "string or number: how F is written", read_f},
    {"heartbeat", "a duration, 0: none", read_heart},
    {"ping", "a duration, 0: none", read_ping},
    {"settle", "how long the world waits after its first subscription, a duration", read_settle},
    {"listing", "first trade of all markets in the history, ns since 1970 UTC", read_listing},
    {"limits", "REST calls a second,minute,hour,day,month", read_limits},
};
enum { ROW_COUNT = (int)(sizeof ROWS / sizeof *ROWS) };

static int refuse_key(sim *s, const char *key)
{
    char list[512] = "";
    size_t n = 0;

    for (int i = 0; i < ROW_COUNT && n < sizeof list; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? " " : "", ROWS[i].key);
    return ctx_fail(s->w, WICK_E_ARG, "sim: no option '%s'; there are %s", key, list);
}

static int read_line(sim *s, char *line)
{
    char *eq = strchr(line, '=');
    int i = 0, rc;

    if (!eq)
        return refuse_key(s, line);
    *eq = '\0';
    while (i < ROW_COUNT && strcmp(ROWS[i].key, line) != 0)
        i++;
    if (i == ROW_COUNT)
        return refuse_key(s, line);
    if ((rc = ROWS[i].read(s, eq + 1)) == 0)
        return ctx_fail(s->w, WICK_E_ARG, "sim: %s '%.100s' is not %s", line, eq + 1, ROWS[i].form);
    return rc < 0 ? rc : WICK_OK;
}

/* The seed is needed by whatever comes after it, so markets are made again when all is read. */
int sim_conf_read(sim *s, const char *options)
{
    char *text, *line;
    size_t size = options ? strlen(options) : 0;
    int rc = WICK_OK;

    if (size > VALUE_MAX)
        return ctx_fail(s->w, WICK_E_ARG, "sim: more than %d bytes of options", VALUE_MAX);
    if (!(text = mem_text(s->w, options ? options : "", size)))
        return WICK_E_NOMEM;
    for (line = text; rc == WICK_OK && *line;) {
        size_t n = strcspn(line, "\n");
        int last = !line[n];

        line[n] = '\0';
        if (n)
            rc = read_line(s, line);
        line += last ? n : n + 1;
    }
    mem_free(s->w, text);
    for (uint32_t i = 0; i < s->market_count; i++)
        sim_spot_init(&s->markets[i].spot, s->conf.seed);
    return rc;
}
