/* SPDX-License-Identifier: Apache-2.0
 * Clients of the simulator that came as WebSockets to an HTTP server: what waits for them goes out
 * as the socket drains, and counts as delivered when the kernel has it. */
#ifndef WICK_SIM_PEER_H
#define WICK_SIM_PEER_H

#include "../net/ws_peer.h"
#include "sim.h"

typedef struct sim_peer {
    struct sim_peer *next;
    wick_stage *stage;
    sim        *s;
    wsconn     *c;
    sim_conn   *k;
    struct sim_receipt
        *receipts; /* ring, a power of two: trades that the kernel has not taken yet */
    uint32_t    head, count, cap;
    uint64_t    queued;                 /* bytes handed to the connection so far */
    int64_t     cut_ns;                 /* when to abort whatever comes, 0: not yet */
    int         paused;                 /* stalled: nothing is read */
} sim_peer;

typedef struct sim_peers {              /* what sim_stage.c keeps of them */
    sim_peer *first;
    uint32_t  count;
    void (*moved)(
        wick_stage *stage); /* something was sent, or somebody went: the world may go on */
} sim_peers;

extern const ws_peer SIM_WS_PEER;
sim_peers *sim_stage_peers(wick_stage *s);
sim *sim_stage_sim(wick_stage *s);

/* Send what waits as far as there is room, close who has to go. Returns 0 or WICK_E_NOMEM. */
int  sim_peer_pump(sim_peer *p);
uint32_t sim_peer_waiting(const sim_peer *p);       /* trades not yet with the kernel */
void sim_peer_drop(sim_peer *p);                    /* abort it */

#endif
