/* SPDX-License-Identifier: Apache-2.0
 * One client of the simulator: its coming and going, and the messages that wait for it as records
 * in one run of bytes. */
#include <string.h>
#include <strings.h>

#include "../core/time.h"
#include "../net/ws.h"
#include "world.h"

enum { OUT_MAX = 64 << 20 };       /* bytes that wait for one client; over it the client is cut */

typedef struct record {                 /* followed by the bytes, padded to 16 */
    uint32_t size, kind, parts, has_fact;
    sim_fact fact;
} record;
_Static_assert(sizeof(record) % 16 == 0, "records keep their alignment");

static uint32_t padded(uint32_t size)
{
    return (size + 15u) & ~15u;
}

static void queue(sim_conn *c, uint32_t kind, const char *text, size_t size, const sim_fact *fact,
                  uint32_t parts)
{
    record *r;

    if (c->out_at && c->out_at >= c->out.size / 2 && c->out.size > SIM_ROOM) {
        buf_drop(&c->out, c->out_at);
        c->out_at = 0;
    }
    r = (record *)(void *)buf_room(&c->out, sizeof *r + padded((uint32_t)size));
    if (!r) {                                       /* it can not be told any more: end it */
        c->out_of_memory = 1;
        sim_leave(c, SIM_CUTS);
        return;
    }
    memset(r, 0, sizeof *r);
    r->size = (uint32_t)size;
    r->kind = kind;
    r->parts = parts;
    if (fact) {
        r->fact = *fact;
        r->has_fact = 1;
    }
    memcpy(r + 1, text, size);
    c->out.size += sizeof *r + padded((uint32_t)size);
}

void sim_say(sim_conn *c, const char *text, size_t size, const sim_fact *fact, uint32_t parts)
{
    queue(c, WS_TEXT, text, size, fact, parts);
}

void sim_say_trade(sim_conn *c, const sim_trade *t)
{
    const sim_market *m = c->s->markets + t->fact.market;
    char text[SIM_TRADE_MAX], *end = sim_put_trade(text, m->head, m->head_size, t, c->s->conf.form);

    queue(c, WS_TEXT, text, (size_t)(end - text), &t->fact, 1);
}

void sim_ping(sim_conn *c)
{
    c->pings++;
    queue(c, WS_PING, "wick", 4, NULL, 1);
}

void sim_leave(sim_conn *c, int how)
{
    if (c->closing >= how)
        return;
    c->closing = how;
    c->stalled = 0;
    if (how == SIM_CUTS && !c->out_of_memory)
        sim_ping(c); /* its pong shows that all before it has arrived */
}

int sim_next(sim_conn *c, sim_message *out)
{
    const record *r = (const record *)(const void *)(c->out.data + c->out_at);

    if (c->out_at == c->out.size || c->stalled)
        return 0;
    out->kind = r->kind;
    out->parts = r->parts;
    out->size = r->size;
    out->bytes = (const char *)(r + 1);
    out->fact = r->has_fact ? &r->fact : NULL;
    return 1;
}

void sim_sent(sim_conn *c)
{
    const record *r = (const record *)(const void *)(c->out.data + c->out_at);

    c->out_at += sizeof *r + padded(r->size);
    if (c->out_at == c->out.size)
        c->out_at = c->out.size = 0;
}

int sim_listens(const sim_conn *c)
{
    return c->trade_subs > 0 && !c->muted && !c->stalled && !c->closing && !c->dead;
}

int sim_has_room(sim_conn *c, int64_t now_ns)
{
    if (c->slow) {
        if (now_ns - c->slow_ns >= NS_PER_S) {
            c->slow_ns = now_ns;
            c->slow_left = c->slow;
        }
        if (c->slow_left <= 0)
            return 0;
    }
    return c->out.size - c->out_at < SIM_ROOM;
}

int sim_closing(const sim_conn *c)
{
    return c->closing;
}

int sim_cut_done(const sim_conn *c)
{
    return c->closing == SIM_CUTS && c->out.size == c->out_at && c->pings <= 0;
}

int sim_stalled(const sim_conn *c)
{
    return c->stalled;
}

static uint64_t key_hash(const char *key, size_t size)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < size; i++)
        h = (h ^ (unsigned char)key[i]) * 0x100000001b3u;
    return h | 1;
}

/* The API key of a request, from its query or its header. */
static const char *find_key(const char *target, const char *headers, size_t *size)
{
    const char *at = target ? strchr(target, '?') : NULL;

    for (; at; at = strchr(at + 1, '&'))
        if (strncmp(at + 1, "api_key=", 8) == 0) {
            *size = strcspn(at + 9, "&#");
            return at + 9;
        }
    for (at = headers; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (strncasecmp(at, "authorization: apikey ", 22) == 0) {
            *size = strcspn(at + 22, "\r\n");
            return at + 22;
        }
    *size = 0;
    return NULL;
}

int sim_let_in(const char *keys, const char *target, const char *headers, uint64_t *hash)
{
    size_t size;
    const char *key = find_key(target, headers, &size);

    *hash = key ? key_hash(key, size) : 0;
    for (const char *at = keys; at && key && size;
         at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strcspn(at, ",") == size && memcmp(at, key, size) == 0)
            return 1;
    return !keys ? 1 : key ? 0 : -1;
}

static void refuse(sim_conn *c, const char *text)
{
    sim_say(c, text, strlen(text), NULL, 1);
    c->dead = 1;
    if (!c->s->conf.refuse_open)
        sim_leave(c, SIM_LEAVES);
}

static void greet(sim_conn *c, const char *target, const char *headers, int64_t now_ns)
{
    sim *s = c->s;
    int in = sim_let_in(s->conf.keys, target, headers, &c->key);
    int64_t same = 0;
    char text[256];

    for (const sim_conn *o = s->conns; o; o = o->next)
        same += o != c && o->key == c->key && !o->closing;
    if (in <= 0) {
        refuse(c, "{\"TYPE\":\"401\",\"MESSAGE\":\"UNAUTHORIZED\",\"PARAMETER\":\"format\","
                  "\"INFO\":\"We only support "
                  "JSON format with a valid api_key.\"}");
    } else if (sim_refuses(s, SIM_RATE_LIMIT)) {
        refuse(c, "{\"TYPE\":\"429\",\"MESSAGE\":\"RATE_LIMIT_OPENING_SOCKETS_TOO_FAST\",\"INFO\":"
                  "\"You are opening "
                  "sockets too fast\"}");
    } else if (s->conf.max_sockets && same >= s->conf.max_sockets) {
        char *at = sim_put(text, "{\"TYPE\":\"429\",\"MESSAGE\":\"TOO_MANY_SOCKETS_MAX_");

        at = sim_put_u64(at, (uint64_t)s->conf.max_sockets);
        *sim_put(at, "_PER_CLIENT\",\"INFO\":\"You have reached your maximum sockets open for your "
                     "subscription\"}") = '\0';
        refuse(c, text);
    } else {
        sim_welcome(c, now_ns);
        sim_strike_new(s, c, now_ns);
    }
}

sim_conn *sim_connect(sim *s, const char *target, const char *headers, int64_t now_ns)
{
    sim_conn *c;

    sim_strike_time(s, now_ns);
    if (sim_refuses(s, SIM_CUT) || !(c = mem_zero(s->w, sizeof *c)))
        return NULL;
    if (!(c->hears = mem_zero(s->w, SIM_MARKETS_MAX))) {
        mem_free(s->w, c);
        return NULL;
    }
    c->s = s;
    c->id = ++s->next_conn;
    buf_init(&c->out, s->w, OUT_MAX);
    c->next_heartbeat_ns = s->conf.heartbeat_ns ? now_ns + s->conf.heartbeat_ns : INT64_MAX;
    c->next_ping_ns = s->conf.ping_ns ? now_ns + s->conf.ping_ns : INT64_MAX;
    c->next = s->conns;
    s->conns = c;
    s->conn_count++;
    greet(c, target, headers, now_ns);
    return c;
}

void sim_gone(sim_conn *c)
{
    sim *s = c->s;
    sim_conn **at = &s->conns;

    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    s->conn_count--;
    buf_fini(&c->out);
    mem_free(s->w, c->subs);
    mem_free(s->w, c->hears);
    mem_free(s->w, c);
}
