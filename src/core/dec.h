/* SPDX-License-Identifier: Apache-2.0
 * Exact decimals: an integer mantissa and a power of ten, from the wire to SQL and back to text. Nothing here
 * rounds (but a vwap, by its rule), nothing wraps silently. No state, any thread. */
#ifndef WICK_CORE_DEC_H
#define WICK_CORE_DEC_H

#include "../wick.h"

__extension__ typedef __int128 i128;
__extension__ typedef unsigned __int128 u128;

enum {
    DEC_EXP_MIN = -128, DEC_EXP_MAX = 127,  /* of a price or a quantity: int8 */
    DEC_TEXT_MAX = 320                      /* bytes that hold any decimal of this library as text, with the 0 */
};

enum { DEC_OK = 0, DEC_NOT = 1, DEC_OVERFLOW = 2 };

extern const uint64_t DEC_TEN[20];              /* 10^0 .. 10^19 */

/* One sum of up to 38 digits: |m| < 10^38. */
typedef struct dec128 {
    i128 m;
    int  exp;
} dec128;

/* [+-] digits [. digits] [eE [+-] digits], at least one digit; leading zeros, ".5" and "5." are read, blanks and
 * anything else are not. Canonical: trailing zeros stripped, zero is 0 with exponent 0. DEC_NOT: no number;
 * DEC_OVERFLOW: one, but not of an int64 and an int8. */
int  dec_parse(const char *text, size_t size, int64_t *mantissa, int *exp);
/* Plain text: no exponent, no trailing zeros. Returns its length (as snprintf, whatever size is). */
int  dec_text(i128 mantissa, int exp, char *out, size_t size);
/* Strip trailing zeros; zero becomes 0 with exponent 0. */
void dec_strip(int64_t *mantissa, int *exp);
/* <0, 0, >0: the values compared, whatever the exponents. */
int  dec_cmp(int64_t a, int a_exp, int64_t b, int b_exp);
/* into += add, at the finer exponent of both (so the order of adding never shows). 0: over 38 digits, into is as
 * it was. */
int  dec_add(dec128 *into, i128 add, int add_exp);
/* Strip the trailing zeros that all n sums of one exponent have: their one form, however they were added. */
void dec_strip128(i128 *m, int n, int *exp);
/* m * 10^n for n >= 0; 0: over 38 digits. */
int  dec_scale(i128 *m, int n);
/* quote / volume with `digits` places behind the point at most (exp -digits), rounded half to even; 0: it has none
 * (volume 0) or is over 38 digits. */
int  dec_div(i128 quote, int quote_exp, i128 volume, int volume_exp, int digits, dec128 *out);

/* 128 bits as the PODs carry them. */
static inline i128 dec_join(int64_t hi, uint64_t lo) { return (i128)(((u128)(uint64_t)hi << 64) | lo); }
static inline int64_t dec_hi(i128 m) { return (int64_t)(uint64_t)((u128)m >> 64); }
static inline uint64_t dec_lo(i128 m) { return (uint64_t)(u128)m; }

#endif
