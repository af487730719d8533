/* SPDX-License-Identifier: Apache-2.0
 * What a plan says of one field of a trade: where it stands and how its text becomes a value. */
#ifndef WICK_DECODE_FIELD_H
#define WICK_DECODE_FIELD_H

#include "path.h"

enum {                                  /* fields of a trade, and of a message of the session */
    F_SYMBOL, F_TIME, F_NS, F_VENUE, F_KIND, F_PRICE, F_QTY, F_SIDE, F_ID, F_SEQ, F_COUNT, F_FIRST, F_LAST,
    F_SNAPSHOT, F_ABOUT, F_AT, FIELD_MAX        /* the last two: symbol and time of a control */
};
enum { FIELD_PARTS_MAX = 4, SLOTS_MAX = 32 };
enum { UNIT_NUMBER_S = 0, UNIT_NUMBER_MS = 3, UNIT_NUMBER_US = 6, UNIT_NUMBER_NS = 9, UNIT_ISO = 100 };
enum {                                  /* field.flags */
    FIELD_OPTIONAL = 1, FIELD_SIGN = 2, FIELD_MAKER = 4, FIELD_RECEIVED = 8, FIELD_ORDER = 16,
    FIELD_GAPLESS = 32, FIELD_BITS = 64
};
enum { MEAN_BUY, MEAN_SELL, MEAN_YES, MEAN_UNKNOWN, MEAN_REVERSED, MEAN_MAX };

typedef struct part {
    path    path;
    uint8_t member;                     /* 0: the value at path; n: the key of the nth {} level */
    uint8_t same;                       /* its path is that of slot same - 1 */
    uint8_t direct;                     /* a plain member of the trade: found by rule.direct */
} part;

typedef struct field {
    uint8_t  used, flags, unit, parts;
    uint8_t  plain;                     /* one part, taken as it stands */
    uint8_t  slot;                      /* of its first part, in a trade's slots */
    uint8_t  finer;                     /* 1 + the unit of times that are none in `unit`, 0: no other */
    int16_t  bound;                     /* table that turns the value into the symbol, -1: none */
    part     part[FIELD_PARTS_MAX];
    span     with;                      /* between parts */
    int32_t  east;                      /* ISO times without an offset: seconds east of UTC */
    strips   cuts;
    uint32_t scale, scales;             /* feed->scales */
    uint32_t value, values;             /* feed->means */
    uint32_t bits[MEAN_MAX];            /* masks of a flag field */
} field;

typedef struct strip { span text; int suffix; } strip;
typedef struct mean { span text; uint64_t head; int what; } mean;   /* this text means MEAN_* */
typedef struct scale {                  /* value * m * 10^exp where the glob fits the symbol */
    span    glob;                       /* "" and "*": any; "X*", "*X", or a symbol */
    int64_t m;
    int     exp;
} scale;

#endif
