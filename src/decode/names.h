/* SPDX-License-Identifier: Apache-2.0
 * A venue's spelling of a symbol to the name of a market, by the patterns, quotes, kinds and aliases
 * of a feed table. */
#ifndef WICK_DECODE_NAMES_H
#define WICK_DECODE_NAMES_H

#include "plan.h"
#include "value.h"

enum { SYMBOL_MAX = 120, NAME_MAX_BYTES = 200 };

/* Writes VENUE:BASE-QUOTE[.KIND], or VENUE:SYMBOL where no pattern fits; returns its size, 0: it
 * cannot be named (empty, too long, control characters). venue and kind may have no text. */
size_t names_market(const wick_feed *f, view symbol, view venue, view kind, char out[NAME_MAX_BYTES]);
/* 230929, 20230929, 5SEP23, 29SEP23 or 29SEP2023, and 290923 where the day stands first, to 230929; 0: no date. */
int date_of(const char *text, size_t size, int day_first, char out[6]);
/* Whether a glob ("*", "X*", "*X", or the whole) fits. */
int names_glob(const char *glob, size_t glob_size, const uint8_t *text, size_t size);

#endif
