/* SPDX-License-Identifier: Apache-2.0
 * Faults read from text, and when they strike. */
#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "../core/conf.h"
#include "../core/dec.h"
#include "hash.h"

static const struct { const char *name; int64_t amount; } NAMES[SIM_FAULT_KINDS] = {
    [SIM_DROP] = {"drop", 1},
    [SIM_GAP] = {"gap", 1},
    [SIM_LATE] = {"late", 100},
    [SIM_REORDER] = {"reorder", 1},
    [SIM_DUP] = {"dup", 1},
    [SIM_FRAGMENT] = {"fragment", 3},
    [SIM_GARBAGE] = {"garbage", 1},
    [SIM_BAD_FRAME] = {"bad-frame", 1},
    [SIM_CUT] = {"cut", 0},
    [SIM_CUT_HOLD] = {"cut-hold", 0},
    [SIM_SILENT] = {"silent", 0},
    [SIM_STALL] = {"stall", 0},
    [SIM_NO_HEARTBEAT] = {"no-heartbeat", 0},
    [SIM_SLOW] = {"slow", 100},
    [SIM_RATE_LIMIT] = {"rate-limit", 0},
    [SIM_FORCE_DISCONNECT] = {"force-disconnect", 0},
};
enum { AMOUNT_MAX = 1000000000 };

/* Digits up to a bound; NULL if there is none or too much. */
static const char *digits(const char *at, uint64_t *out)
{
    uint64_t n = 0;
    const char *begin = at;

    for (; *at >= '0' && *at <= '9' && at - begin < 18; at++)
        n = n * 10 + (uint64_t)(*at - '0');
    *out = n;
    return at == begin ? NULL : at;
}

static int parse_span(const char *text, sim_fault *f)
{
    const char *dash = strchr(text, '-');
    size_t size = dash ? (size_t)(dash - text) : strlen(text);
    char first[32];

    if (size == 0 || size >= sizeof first)
        return -1;
    memcpy(first, text, size);
    first[size] = '\0';
    if (duration_parse(first, &f->from_ns) < 0)
        return -1;
    if (dash && (duration_parse(dash + 1, &f->to_ns) < 0 || f->to_ns <= f->from_ns))
        return -1;
    return 0;
}

/* A probability over 0 and up to 1, as a share of 2^64. */
static int parse_chance(const char *text, sim_fault *f)
{
    int64_t mantissa;
    int exp;
    u128 share;

    if (dec_parse(text, strlen(text), &mantissa, &exp) != DEC_OK || mantissa <= 0 || exp < -18 ||
        exp > 0)
        return -1;
    share = (u128)(uint64_t)mantissa << 64;
    for (; exp < 0; exp++)
        share /= 10;
    f->chance = share >> 64 ? UINT64_MAX : (uint64_t)share;
    return share > (u128)1 << 64 || f->chance == 0 ? -1 : 0;
}

static int parse_when(const char *when, sim_fault *f)
{
    const char *end;

    f->from_ns = -1;
    if (when[0] == 'n')
        return (end = digits(when + 1, &f->nth)) && !*end && f->nth > 0 ? 0 : -1;
    if (when[0] == 'p')
        return parse_chance(when + 1, f);
    return parse_span(when, f);
}

static const char *unknown(const char *name, size_t size, char *why, unsigned room)
{
    int n = snprintf(why, room, "no fault '%.*s'; there are", (int)(size > 40 ? 40 : size), name);

    for (int i = 0; i < SIM_FAULT_KINDS && n > 0 && (unsigned)n < room; i++)
        n += snprintf(why + n, room - (unsigned)n, "%s%s", i ? ", " : " ", NAMES[i].name);
    return why;
}

const char *sim_fault_parse(const char *text, char *why, unsigned room, sim_fault *out)
{
    const char *at = strchr(text, '@');
    size_t size = at ? (size_t)(at - text) : strlen(text), name = strcspn(text, ":@");
    uint64_t amount = 0;
    int kind = 0;

    memset(out, 0, sizeof *out);
    while (kind < SIM_FAULT_KINDS &&
           (strlen(NAMES[kind].name) != name || memcmp(NAMES[kind].name, text, name)))
        kind++;
    if (kind == SIM_FAULT_KINDS)
        return unknown(text, name, why, room);
    out->kind = (sim_fault_kind)kind;
    out->amount = NAMES[kind].amount;
    if (text[name] == ':') {
        const char *end = digits(text + name + 1, &amount);

        if (!end || (size_t)(end - text) != size || amount == 0 || amount > AMOUNT_MAX) {
            snprintf(why, room,
                     "fault '%s': the amount behind ':' is a whole number from 1 to 10^9", text);
            return why;
        }
        out->amount = (int64_t)amount;
    }
    if (!at || parse_when(at + 1, out) < 0) {
        snprintf(why, room, "fault '%s': say when, as %s@12s, @12s-20s, @n5000 or @p0.001", text,
                 NAMES[kind].name);
        return why;
    }
    return NULL;
}

int sim_fault_hits(sim_fault *f, uint64_t seed, uint64_t nth)
{
    if (f->nth)
        return f->nth == nth;
    if (f->chance)
        return sim_hash(seed, 0x6661756c74u + (uint64_t)f->kind, nth) < f->chance;
    if (!f->on || f->to_ns)
        return f->on;
    f->on = 0;                                      /* a point in time: this trade is the one */
    return 1;
}

int sim_fault_time(sim_fault *f, int64_t since_ns)
{
    if (f->from_ns < 0 || f->done)
        return 0;
    if (!f->to_ns) {
        if (since_ns < f->from_ns)
            return 0;
        f->done = 1;
        f->on = 1;
        return 1;
    }
    int on = since_ns >= f->from_ns && since_ns < f->to_ns;
    int turn = on - f->on;

    f->on = on;
    return turn;
}
