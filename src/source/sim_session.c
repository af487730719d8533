/* SPDX-License-Identifier: Apache-2.0
 * The streamer's session: welcome, SubAdd, SubRemove, refusals, heartbeats and pings, word for word as the vendor. */
#include <string.h>

#include "../core/time.h"
#include "../net/ws.h"
#include "sim_json.h"
#include "sim_world.h"

enum { SUB_MAX = 200, INFO_MAX = 6 * SUB_MAX + 400, SLOW_PONG_S = 10 };

static void say(sim_conn *c, const char *text, const char *end)
{
    sim_say(c, text, (size_t)(end - text), NULL, 1);
}

/* {"TYPE":type,"MESSAGE":message[,"PARAMETER":param][,"INFO":info]} */
static void report(sim_conn *c, const char *type, const char *message, const char *param, const char *info)
{
    char text[3 * INFO_MAX], *at = text;

    at = sim_put(sim_put(sim_put(at, "{\"TYPE\":\""), type), "\",\"MESSAGE\":\"");
    at = sim_put(sim_put(at, message), "\"");
    if (param)
        at = sim_put_quoted(sim_put(at, ",\"PARAMETER\":"), param, strlen(param));
    if (info)
        at = sim_put_quoted(sim_put(at, ",\"INFO\":"), info, strlen(info));
    say(c, text, sim_put(at, "}"));
}

void sim_welcome(sim_conn *c, int64_t now_ns)
{
    static const struct { const char *key; uint64_t most, left; } LIMITS[] = {
        {"SECOND", 30, 29}, {"MINUTE", 60, 59}, {"HOUR", 1200, 1199}, {"DAY", 10000, 9999}, {"MONTH", 20000, 19999},
    };
    const sim *s = c->s;
    char text[1024], *at = text;
    uint64_t h = sim_hash(s->conf.seed, 0x736f636b, c->id);
    int64_t left = s->conf.max_sockets ? s->conf.max_sockets - s->conn_count : 0;

    at = sim_put(at, "{\"TYPE\":\"20\",\"MESSAGE\":\"STREAMERWELCOME\",\"SERVER_UPTIME_SECONDS\":");
    at = sim_put_u64(at, (uint64_t)((now_ns - s->opened_ns) / NS_PER_S));
    at = sim_put(at, ",\"SERVER_NAME\":\"ccc-streamer01\",\"SERVER_TIME_MS\":");
    at = sim_put_u64(at, (uint64_t)(now_ns / NS_PER_MS));
    at = sim_put_u64(sim_put(at, ",\"CLIENT_ID\":"), 5500 + c->key % 1000);
    at = sim_put(at, ",\"DATA_FORMAT\":\"JSON\",\"SOCKET_ID\":\"");
    for (int i = 0; i < 6; i++, h >>= 6)
        *at++ = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789uK"[h & 63];
    at = sim_put_u64(sim_put(at, "\",\"SOCKETS_ACTIVE\":"), s->conn_count);
    at = sim_put_u64(sim_put(at, ",\"SOCKETS_REMAINING\":"), (uint64_t)(left > 0 ? left : 0));
    for (int i = 0; i < SIM_LIMITS; i++)
        at = sim_put_u64(sim_put(sim_put(sim_put(at, ",\"RATELIMIT_MAX_"), LIMITS[i].key), "\":"), LIMITS[i].most);
    for (int i = 0; i < SIM_LIMITS; i++)
        at = sim_put_u64(sim_put(sim_put(sim_put(at, ",\"RATELIMIT_REMAINING_"), LIMITS[i].key), "\":"),
                         LIMITS[i].left);
    say(c, text, sim_put(at, "}"));
}

/* The parts of "0~Coinbase~BTC~USD"; how many, 0: too many or too long. */
static int split(const char *sub, char part[5][SIM_PART_MAX + 1])
{
    int n = 0;

    for (const char *at = sub;; n++) {
        size_t size = strcspn(at, "~");

        if (n == 5 || size > SIM_PART_MAX)
            return 0;
        memcpy(part[n], at, size);
        part[n][size] = '\0';
        if (!at[size])
            return n + 1;
        at += size + 1;
    }
}

static int find_market(const sim *s, const char *venue, const char *base, const char *quote)
{
    for (uint32_t i = 0; i < s->market_count; i++) {
        const sim_spot *m = &s->markets[i].spot;

        if (strcmp(m->base, base) == 0 && strcmp(m->quote, quote) == 0 && strcmp(m->venue, venue) == 0)
            return (int)i;
    }
    return -1;
}

static int has_base(const sim *s, const char *base, const char *quote)
{
    int found = 0;

    for (uint32_t i = 0; i < s->market_count; i++)
        if (strcmp(s->markets[i].spot.base, base) == 0)
            found |= 1 | (strcmp(s->markets[i].spot.quote, quote) == 0 ? 2 : 0);
    return found;
}

/* Resolve a subscription; 0: there is no such thing, and why is in info. */
static int resolve(sim *s, const char *text, sim_sub *out, char *info)
{
    char part[5][SIM_PART_MAX + 1];
    int n = split(text, part), index, unit, at;
    const char *what = n > 2 ? part[2] : text;

    memset(out, 0, sizeof *out);
    unit = n == 5 && strlen(part[4]) == 1 && strchr("mHD", part[4][0]) ? part[4][0] : 0;
    index = n > 1 && strcmp(part[1], "CCCAGG") == 0;
    info = sim_put(info, "We have not integrated any of the exchanges ");
    if (n >= 4 && has_base(s, part[2], part[3]))
        info = sim_put(sim_put(sim_put(sim_put(info, part[2]), "~"), part[3]), " pair");
    else
        info = sim_put(info, what);
    *sim_put(info, " trades on or we have not currently mapped it.") = '\0';
    if (!((n == 4 && !strcmp(part[0], "0") && !index) || (n == 4 && !strcmp(part[0], "2") && !index) ||
          (n == 4 && !strcmp(part[0], "5") && index) || (n == 5 && !strcmp(part[0], "24") && unit)))
        return 0;
    out->channel = (uint32_t)(part[0][0] - '0') * (part[0][1] ? 10 : 1) + (part[0][1] ? 4 : 0);
    out->unit = (uint32_t)unit;
    at = index ? -1 : find_market(s, part[1], part[2], part[3]);
    if (at < 0 && out->channel == 0 && s->recorded) {       /* a recording may still bring it */
        char name[4 * SIM_PART_MAX], *end = sim_put(sim_put(sim_put(name, part[1]), ":"), part[2]);
        uint32_t made;

        end = sim_put(sim_put(end, "-"), part[3]);
        if ((s->fifo_was_full || !s->market_count) && sim_market_add(s, name, (size_t)(end - name), &made) == WICK_OK)
            at = (int)made;
    }
    if (index ? !(has_base(s, part[2], part[3]) & 2) : at < 0)
        return 0;
    out->market = index ? WICK_NO_MARKET : (uint32_t)at;
    if (out->channel && !(out->ticker = sim_ticker_get(s, out->channel, part[1], part[2], part[3], out->unit)))
        return 0;
    return 1;
}

static sim_sub *find_sub(sim_conn *c, const sim_sub *x)
{
    for (uint32_t i = 0; i < c->sub_count; i++)
        if (c->subs[i].channel == x->channel && c->subs[i].market == x->market && c->subs[i].ticker == x->ticker)
            return c->subs + i;
    return NULL;
}

static int keep_sub(sim_conn *c, const sim_sub *x)
{
    if (c->sub_count == c->sub_cap) {
        uint32_t cap = c->sub_cap ? c->sub_cap * 2 : 16;
        sim_sub *subs = mem_resize(c->s->w, c->subs, cap * sizeof *subs);

        if (!subs)
            return 0;
        c->subs = subs;
        c->sub_cap = cap;
    }
    c->subs[c->sub_count++] = *x;
    if (x->channel == 0) {
        c->hears[x->market] = 1;
        c->trade_subs++;
    }
    return 1;
}

static void replay(sim_conn *c, const sim_market *m)
{
    uint32_t n = m->latest_count < SIM_REPLAY ? m->latest_count : SIM_REPLAY;

    for (uint32_t i = m->latest_count - n; i != m->latest_count; i++)
        sim_say_trade(c, m->latest + i % SIM_REPLAY);
}

static int begin_markets(sim_conn *c, const sim_sub *x, int64_t now_ns)
{
    sim *s = c->s;
    int rc = WICK_OK;

    if (x->market != WICK_NO_MARKET)
        return sim_begin(s, x->market, now_ns);
    for (uint32_t i = 0; i < s->market_count && rc == WICK_OK; i++)     /* an index: all of its pair */
        if (sim_ticker_covers(x->ticker, &s->markets[i].spot))
            rc = sim_begin(s, i, now_ns);
    return rc;
}

static void add(sim_conn *c, const char *sub, int64_t now_ns)
{
    char info[INFO_MAX], limit[80];
    sim *s = c->s;
    sim_sub x;

    if (!resolve(s, sub, &x, info)) {
        report(c, "500", "INVALID_SUB", sub, info);
    } else if (find_sub(c, &x)) {
        report(c, "500", "SUBSCRIPTION_ALREADY_ACTIVE", sub, NULL);
    } else if (s->conf.max_subs && c->sub_count >= s->conf.max_subs) {
        char *at = sim_put_u64(sim_put(limit, "TOO_MANY_SUBSCRIPTIONS_MAX_"), (uint64_t)s->conf.max_subs);

        *sim_put(at, "_PER_SOCKET") = '\0';
        report(c, "429", limit, sub, "You have reached your maximum subscriptions for this socket");
    } else if (begin_markets(c, &x, now_ns) < 0 || !keep_sub(c, &x)) {
        sim_leave(c, SIM_CUTS);
    } else {
        char text[SUB_MAX + 100], *at = sim_put(text, "{\"TYPE\":\"16\",\"MESSAGE\":\"SUBSCRIBECOMPLETE\",\"SUB\":");

        at = sim_put(sim_put_quoted(at, sub, strlen(sub)), "}");
        if (s->conf.early)
            say(c, text, at);
        if (x.channel == 0)
            replay(c, s->markets + x.market);
        else
            sim_ticker_first(c, x.ticker);
        if (!s->conf.early)
            say(c, text, at);
    }
}

static int drop(sim_conn *c, const char *sub)
{
    char info[INFO_MAX], text[SUB_MAX + 100], *at;
    sim_sub x, *have;

    if (!resolve(c->s, sub, &x, info) || !(have = find_sub(c, &x))) {
        report(c, "500", "SUBSCRIPTION_UNRECOGNIZED", sub, NULL);
        return 0;
    }
    if (x.channel == 0) {
        c->hears[x.market] = 0;
        c->trade_subs--;
    }
    *have = c->subs[--c->sub_count];
    at = sim_put(text, "{\"TYPE\":\"17\",\"MESSAGE\":\"UNSUBSCRIBECOMPLETE\",\"SUB\":");
    say(c, text, sim_put(sim_put_quoted(at, sub, strlen(sub)), "}"));
    return 1;
}

static void change(sim_conn *c, const char *subs, const char *end, int adding, int64_t now_ns)
{
    char sub[SUB_MAX + 1], text[200], *at;
    uint64_t valid = 0, invalid = 0;
    int first = 1;

    for (const char *e; (e = sim_json_element(&subs, end, first)); first = 0) {
        if (sim_json_text(e, end, sub, sizeof sub) < 0)
            sub[0] = '\0';
        if (adding)
            add(c, sub, now_ns);
        else if (drop(c, sub))
            valid++;
        else
            invalid++;
    }
    if (adding) {
        report(c, "3", "LOADCOMPLETE", NULL, "All your valid subs have been loaded.");
        return;
    }
    at = sim_put(text, "{\"TYPE\":\"18\",\"MESSAGE\":\"UNSUBSCRIBEALLCOMPLETE\",\"INFO\":\"Removed ");
    at = sim_put(sim_put_u64(at, valid), " subs.\",\"INFO_OBJ\":{\"valid\":");
    at = sim_put(sim_put_u64(at, valid), ",\"invalid\":");
    say(c, text, sim_put(sim_put_u64(at, invalid), "}}"));
}

void sim_hear(sim_conn *c, const char *text, size_t size, int64_t now_ns)
{
    const char *end = text + size, *action, *subs;
    char verb[32] = "";

    if (c->muted || c->stalled || c->closing || c->dead)
        return;
    if (!sim_json_whole(text, size)) {
        report(c, "500", "INVALID_JSON", NULL, "We could not parse your message as JSON.");
        return;
    }
    action = sim_json_member(text, end, "action");
    subs = sim_json_member(text, end, "subs");
    if (!action || sim_json_text(action, end, verb, sizeof verb) < 0 ||
        (strcmp(verb, "SubAdd") != 0 && strcmp(verb, "SubRemove") != 0))
        report(c, "500", "INVALID_PARAMETER", "action", "The action is SubAdd or SubRemove.");
    else if (!subs || *subs != '[')
        report(c, "500", "INVALID_PARAMETER", "subs", "The subs have to be an array.");
    else
        change(c, subs, end, verb[3] == 'A', now_ns);
}

void sim_keep_alive(sim_conn *c, int64_t now_ns)
{
    const sim_conf *conf = &c->s->conf;
    char text[80], *at;

    if (now_ns >= c->next_heartbeat_ns) {
        c->next_heartbeat_ns = now_ns + conf->heartbeat_ns;
        at = sim_put(text, "{\"TYPE\":\"999\",\"MESSAGE\":\"HEARTBEAT\",\"TIMEMS\":");
        if (!c->quiet)
            say(c, text, sim_put(sim_put_u64(at, (uint64_t)(now_ns / NS_PER_MS)), "}"));
    }
    if (c->ping_ns && now_ns - c->ping_ns > SLOW_PONG_S * NS_PER_S && c->slow_pongs > 0) {
        sim_expel(c);
    } else if (now_ns >= c->next_ping_ns) {
        c->next_ping_ns = now_ns + conf->ping_ns;
        if (c->ping_ns)
            c->slow_pongs++;
        else
            c->ping_ns = now_ns;
        sim_ping(c);
    }
}

void sim_expel(sim_conn *c)
{
    report(c, "500", "FORCE_DISCONNECT", NULL, NULL);
    sim_leave(c, SIM_LEAVES);
}

void sim_pong(sim_conn *c, int64_t now_ns)
{
    c->slow_pongs = c->ping_ns && now_ns - c->ping_ns > SLOW_PONG_S * NS_PER_S ? c->slow_pongs + 1 : 0;
    c->ping_ns = 0;
    c->pings--;
    if (c->slow_pongs >= 2 && !c->closing)
        sim_expel(c);
}
