/* SPDX-License-Identifier: Apache-2.0
 * Bits of an entry's first byte; shared by the writer and the reader of records. */
#ifndef WICK_BUS_RECORD_FORM_H
#define WICK_BUS_RECORD_FORM_H

enum {
    TICK_MARKET = 1,        /* another market than the tick before: its ordinal follows */
    TICK_TRADES = 2, TICK_SEQ = 4, TICK_NTH = 8,
    TICK_DIGITS = 16,       /* the id is its key in plain digits */
    TICK_ID = 32,           /* the id as bytes, and its key */
    MARK = 128, MARK_MARKET = 1, MARK_SOURCE = 2, MARK_SYMBOL = 4,
    TICK_SIZE_MIN = 7       /* bytes that a tick takes at least: bounds what a head may claim */
};

#endif
