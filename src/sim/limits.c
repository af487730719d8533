/* SPDX-License-Identifier: Apache-2.0
 * Rate limits of the simulator's REST side: five windows, and what is said about them. */
#include "../core/time.h"
#include "series.h"

static const int64_t WINDOWS[SIM_LIMITS] = {1, 60, 3600, 86400, 2592000};
static const char *const WINDOW_NAMES[SIM_LIMITS] = {"second", "minute", "hour", "day", "month"};

static int limits_text(buf *out, const int64_t *of, const int64_t *less)
{
    int rc = buf_text(out, "{");

    for (int i = 0; i < SIM_LIMITS && rc == WICK_OK; i++)
        rc = buf_fmt(out, "%s\"%s\":%lld", i ? "," : "", WINDOW_NAMES[i],
                     (long long)(of[i] - (less ? less[i] : 0)));
    return rc;
}

int sim_limits_stats(sim *s, buf *out)
{
    int rc = buf_text(
        out, "{\"Response\":\"Success\",\"Message\":\"\",\"HasWarning\":false,\"Type\":100,"
             "\"RateLimit\":{},\"Data\":{\"calls_made\":");

    if (rc == WICK_OK && (rc = limits_text(out, s->calls, NULL)) == WICK_OK &&
        (rc = buf_text(out, "},\"calls_left\":")) == WICK_OK)
        rc = limits_text(out, s->conf.limits, s->calls);
    return rc == WICK_OK ? buf_text(out, "}}}") : rc;
}

int sim_limits_over(sim *s, buf *out)
{
    int rc = buf_text(
        out,
        "{\"Response\":\"Error\",\"Message\":\"You are over your rate limit please upgrade your "
        "account!\",\"HasWarning\":false,\"Type\":99,\"RateLimit\":{\"calls_made\":");

    if (rc == WICK_OK && (rc = limits_text(out, s->calls, NULL)) == WICK_OK)
        rc = buf_fmt(out,
                     ",\"total_calls\":%lld},\"max_calls\":", (long long)s->calls[SIM_LIMITS - 1]);
    if (rc == WICK_OK)
        rc = limits_text(out, s->conf.limits, NULL);
    return rc == WICK_OK ? buf_text(out, "}},\"Data\":{}}") : rc;
}

int sim_limits_admit(sim *s, int64_t now_ns)
{
    int room = 1;

    for (int i = 0; i < SIM_LIMITS; i++) {
        int64_t window = now_ns / NS_PER_S / WINDOWS[i];

        if (window != s->call_window[i])
            s->calls[i] = 0;
        s->call_window[i] = window;
        room &= ++s->calls[i] <= s->conf.limits[i];
    }
    return room;
}

int sim_limits_head(sim *s, int64_t now_ns, const char *cache, buf *head)
{
    const char *const NAMES[] = {"X-RateLimit-Remaining-All", "X-RateLimit-Reset-All"};
    int rc = buf_fmt(head,
                     "Content-Type: application/json; charset=UTF-8\nCache-Control: %s\n"
                     "X-CryptoCompare-Cache-HIT: false\nX-CryptoCompare-Server-Id: ccc-api12\n",
                     cache);

    for (int k = 0; s->conf.keys && k < 2 && rc == WICK_OK; k++) { /* keyed plans alone have them */
        int64_t value[SIM_LIMITS];

        for (int i = 0; i < SIM_LIMITS; i++) {
            int64_t left = s->conf.limits[i] - s->calls[i];

            value[i] = k ? WINDOWS[i] - now_ns / NS_PER_S % WINDOWS[i] : left > 0 ? left : 0;
        }
        rc = buf_fmt(head, "%s: %lld", NAMES[k], (long long)value[SIM_LIMITS - 1]);
        for (int i = 0; i < SIM_LIMITS && rc == WICK_OK; i++)
            rc = buf_fmt(head, ", %lld;window=%lld", (long long)value[i], (long long)WINDOWS[i]);
        if (rc == WICK_OK)
            rc = buf_text(head, "\n");
    }
    return rc;
}
