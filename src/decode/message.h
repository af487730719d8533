/* SPDX-License-Identifier: Apache-2.0
 * The steps between the bytes of a message and its trades. */
#ifndef WICK_DECODE_MESSAGE_H
#define WICK_DECODE_MESSAGE_H

#include "decoder.h"

/* All values of a message, `split` between them; why it is refused, NULL: taken. Padded, not empty. */
const char *message_read(wick_decoder *d, const uint8_t *bytes, size_t size);
/* The first rule that fits the message on the tape, NULL: none. */
const rule *match_rule(wick_decoder *d);
/* Whether the table knows a text that is no JSON; it is on the tape as a string. */
int  match_text(wick_decoder *d);
/* Whether a trade passes the rule's own tests of trades. */
int  match_trade(wick_decoder *d, const rule *r, const scope *s);
/* All trades of the message on the tape by this rule, or all that its control names; the reason, NULL: taken. */
const char *gather(wick_decoder *d, const rule *r, int control);
/* Text of packed fields to the tape as an object of strings; 0: no memory. */
int  packed_scan(wick_decoder *d, const uint8_t *bytes, size_t size);
int  csv_head(wick_decoder *d, const uint8_t *bytes, size_t size);
int  csv_row(wick_decoder *d, const uint8_t *bytes, size_t size);

#endif
