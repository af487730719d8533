/* SPDX-License-Identifier: Apache-2.0
 * What the simulator says, as text: exact numbers the way JavaScript writes them, and trades in the
 * vendor's key order. No state. */
#ifndef WICK_SIM_TEXT_H
#define WICK_SIM_TEXT_H

#include "../core/dec.h"
#include "spot.h"

enum { SIM_NUMBER_MAX = 64, SIM_TRADE_MAX = 640 };

enum {                                  /* how trades are written */
    SIM_FORM_NS = 1,                    /* with TSNS and RTSNS */
    SIM_FORM_CCSEQ = 2,
    SIM_FORM_F_NUMBER = 4,              /* F as a number instead of a string */
    SIM_FORM_NO_ID = 8
};

/* Each writes at `at`, which has room, and returns the end. */
char *sim_put(char *at, const char *text);
char *sim_put_u64(char *at, uint64_t n);
/* mantissa * 10^exp, exact, trailing zeros stripped; under 10^-6 as 1.2e-7. Non-negative, at most
 * 38 digits. */
char *sim_put_number(char *at, i128 mantissa, int exp);
/* The same from an int64 whose trailing zeros are gone already. */
char *sim_put_decimal(char *at, int64_t mantissa, int exp);
/* A JSON string with its quotes; at most 6 bytes a byte and 2. Bytes that are not ASCII stay as
 * they are. */
char *sim_put_quoted(char *at, const char *text, size_t size);
/* `head` is {"TYPE":"0",... up to "F":, made once a market by sim_trade_head(). */
char *sim_put_trade(char *at, const char *head, size_t head_size, const sim_trade *t, int form);
size_t sim_trade_head(char *out, size_t size, const sim_spot *m);

#endif
