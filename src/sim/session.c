/* SPDX-License-Identifier: Apache-2.0
 * The streamer's session: welcome, SubAdd, SubRemove, refusals, heartbeats and pings, word for word
 * as the vendor. */
#include <string.h>

#include "../core/time.h"
#include "../decode/json.h"
#include "../net/ws.h"
#include "world.h"

enum { SLOW_PONG_S = 10 };

static void say(sim_conn *c, const char *text, const char *end)
{
    sim_say(c, text, (size_t)(end - text), NULL, 1);
}

/* {"TYPE":type,"MESSAGE":message[,"PARAMETER":param][,"INFO":info]} */
static void report(sim_conn *c, const char *type, const char *message, const char *param,
                   const char *info)
{
    char text[3 * SIM_INFO_MAX], *at = text;

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
    static const struct { const char *key; uint64_t most, left;
    } LIMITS[] = {
        {"SECOND", 30, 29},   {"MINUTE", 60, 59},      {"HOUR", 1200, 1199},
        {"DAY", 10000, 9999}, {"MONTH", 20000, 19999},
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
        at = sim_put_u64(sim_put(sim_put(sim_put(at, ",\"RATELIMIT_MAX_"), LIMITS[i].key), "\":"),
                         LIMITS[i].most);
    for (int i = 0; i < SIM_LIMITS; i++)
        at = sim_put_u64(
            sim_put(sim_put(sim_put(at, ",\"RATELIMIT_REMAINING_"), LIMITS[i].key), "\":"),
            LIMITS[i].left);
    say(c, text, sim_put(at, "}"));
}

static void add(sim_conn *c, const char *sub, int64_t now_ns)
{
    char info[SIM_INFO_MAX], limit[80];
    sim *s = c->s;
    sim_sub x;

    if (!sim_sub_resolve(s, sub, &x, info)) {
        report(c, "500", "INVALID_SUB", sub, info);
    } else if (sim_sub_find(c, &x)) {
        report(c, "500", "SUBSCRIPTION_ALREADY_ACTIVE", sub, NULL);
    } else if (s->conf.max_subs && c->sub_count >= s->conf.max_subs) {
        char *at = sim_put_u64(sim_put(limit, "TOO_MANY_SUBSCRIPTIONS_MAX_"),
                               (uint64_t)s->conf.max_subs);

        *sim_put(at, "_PER_SOCKET") = '\0';
        report(c, "429", limit, sub, "You have reached your maximum subscriptions for this socket");
    } else if (sim_sub_keep(c, &x, now_ns) < 0) {
        sim_leave(c, SIM_CUTS);
    } else {
        char text[SIM_SUB_MAX + 100],
            *at = sim_put(text, "{\"TYPE\":\"16\",\"MESSAGE\":\"SUBSCRIBECOMPLETE\",\"SUB\":");

        at = sim_put(sim_put_quoted(at, sub, strlen(sub)), "}");
        if (s->conf.early)
            say(c, text, at);
        sim_sub_first(c, &x);
        if (!s->conf.early)
            say(c, text, at);
    }
}

static int drop(sim_conn *c, const char *sub)
{
    char info[SIM_INFO_MAX], text[SIM_SUB_MAX + 100], *at;
    sim_sub x, *have;

    if (!sim_sub_resolve(c->s, sub, &x, info) || !(have = sim_sub_find(c, &x))) {
        report(c, "500", "SUBSCRIPTION_UNRECOGNIZED", sub, NULL);
        return 0;
    }
    sim_sub_drop(c, have);
    at = sim_put(text, "{\"TYPE\":\"17\",\"MESSAGE\":\"UNSUBSCRIBECOMPLETE\",\"SUB\":");
    say(c, text, sim_put(sim_put_quoted(at, sub, strlen(sub)), "}"));
    return 1;
}

/* A string of what the client said; longer ones are none that we know. */
static const char *text_of(const tok *t, const uint8_t *base, char *out, size_t size)
{
    size_t n = 0;

    if (t && t->type == TOK_STRING && t->len < size)
        n = json_unescape(base + t->at, t->len, (uint8_t *)out);
    out[n] = '\0';
    return out;
}

static void change(sim_conn *c, const tok *subs, const tape *t, const uint8_t *base, int adding,
                   int64_t now_ns)
{
    char sub[SIM_SUB_MAX + 1], text[200], *at;
    uint64_t valid = 0, invalid = 0;

    for (const tok *e = subs + 1; e < t->toks + subs->next; e = t->toks + e->next) {
        text_of(e, base, sub, sizeof sub);
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
    at = sim_put(text,
                 "{\"TYPE\":\"18\",\"MESSAGE\":\"UNSUBSCRIBEALLCOMPLETE\",\"INFO\":\"Removed ");
    at = sim_put(sim_put_u64(at, valid), " subs.\",\"INFO_OBJ\":{\"valid\":");
    at = sim_put(sim_put_u64(at, valid), ",\"invalid\":");
    say(c, text, sim_put(sim_put_u64(at, invalid), "}}"));
}

static void obey(sim_conn *c, const tok *action, const tok *subs, const tape *t,
                 const uint8_t *base, int64_t now_ns)
{
    char verb[32];
    int adding = strcmp(text_of(action, base, verb, sizeof verb), "SubAdd") == 0;

    if (!adding && strcmp(verb, "SubRemove") != 0)
        report(c, "500", "INVALID_PARAMETER", "action", "The action is SubAdd or SubRemove.");
    else if (!subs || subs->type != TOK_ARRAY)
        report(c, "500", "INVALID_PARAMETER", "subs", "The subs have to be an array.");
    else
        change(c, subs, t, base, adding, now_ns);
}

/* The value of a key of the object that was said, the last one where it comes twice. */
static const tok *member(const tape *t, int key)
{
    const tok *found = NULL;

    if (t->toks[0].type == TOK_OBJECT)
        for (const tok *e = t->toks + 1; e < t->toks + t->count; e = t->toks + e->next)
            found = e->key == key ? e : found;
    return found;
}

void sim_hear(sim_conn *c, const char *text, size_t size, int64_t now_ns)
{
    wick *w = c->s->w;
    tape t = {.w = w};
    keyset keys = {0};
    int action, subs;
    size_t end;

    if (c->muted || c->stalled || c->closing || c->dead)
        return;
    buf_init(&keys.text, w, 0);
    action = keyset_add(&keys, "action", 6);
    subs = keyset_add(&keys, "subs", 4);
    if (action < 0 || subs < 0 || json_scan(&t, &keys, (const uint8_t *)text, size, &end) ||
        end < size)
        report(c, "500", "INVALID_JSON", NULL, "We could not parse your message as JSON.");
    else
        obey(c, member(&t, action), member(&t, subs), &t, (const uint8_t *)text, now_ns);
    keyset_fini(&keys);
    tape_fini(&t);
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
    c->slow_pongs = c->ping_ns && now_ns - c->ping_ns > SLOW_PONG_S * NS_PER_S ? c->slow_pongs + 1
                                                                               : 0;
    c->ping_ns = 0;
    c->pings--;
    if (c->slow_pongs >= 2 && !c->closing)
        sim_expel(c);
}
