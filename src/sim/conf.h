/* SPDX-License-Identifier: Apache-2.0
 * Options of the simulator; sim_conf.c says how they are typed. */
#ifndef WICK_SIM_CONF_H
#define WICK_SIM_CONF_H

#include "sim.h"
#include "fault.h"

enum { SIM_LIMITS = 5 };

typedef struct sim_conf {
    uint64_t seed, count;               /* count 0: for ever */
    int64_t  rate_milli, start_ns, after_ns, listing_ns, heartbeat_ns, ping_ns, settle_ns;
    int64_t  max_sockets, max_subs;     /* 0: no bound */
    int      form, live, hold, early, refuse_open;
    char    *keys;                      /* "A,B", NULL: none is asked for */
    int64_t  limits[SIM_LIMITS];        /* REST calls a second, minute, hour, day, month */
    sim_fault faults[SIM_FAULTS_MAX];
    uint32_t fault_count;
} sim_conf;

/* Read "key=value" lines over what is set. ARG with wick_error(). */
int  sim_conf_read(sim *s, const char *options);

#endif
