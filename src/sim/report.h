/* SPDX-License-Identifier: Apache-2.0
 * What can be asked of a simulator: how far it is, its truth, its history over REST. */
#ifndef WICK_SIM_REPORT_H
#define WICK_SIM_REPORT_H

#include "sim.h"

int  sim_over(const sim *s);            /* all trades have happened */
uint64_t sim_happened(const sim *s);
uint64_t sim_heard(const sim *s);       /* of those, delivered at least once */
int64_t sim_clock(const sim *s);        /* time of the newest trade */

/* The truth as CSV, behind what out holds; and as candles, withheld in `spare`. OK or NOMEM. */
int  sim_truth_csv(const sim *s, buf *out);
int  sim_truth_candles(const sim *s, buf *out);     /* wick_candle[] */
/* Write a file beside path and rename it over it. ARG, IO with wick_error(). */
int  sim_replace_file(wick *w, const char *path, const buf *text);
/* REST: the body into out, behind it "name: value\n" lines of headers into head; returns the HTTP
 * status. */
int  sim_rest(sim *s, const char *target, const char *headers, int64_t now_ns, buf *head, buf *out);

#endif
