/* SPDX-License-Identifier: Apache-2.0
 * What becomes of a message before a rule sees it: texts that hold JSON or a list are opened, an array of messages
 * is taken apart, the address of the connection is put behind each. */
#ifndef WICK_DECODE_INSIDE_H
#define WICK_DECODE_INSIDE_H

#include "message.h"

enum { ADDRESS_MAX = 4096, ADDRESS_PARTS = 64 };

typedef struct opened {
    tape spare, inner;                  /* the tape that is made; what stands in one text */
    tape list;                          /* an array of messages */
    tape about;                         /* the address: its object, offsets into `address` */
    buf  address, flat, loose;          /* loose: out of base64; flat: inflated */
} opened;

/* In front of a message: empties the scratch buffer, but for the address. 0: no memory. */
int  inside_begin(wick_decoder *d, size_t size);
/* The value on the tape: opens its texts. Why it is refused, NULL: done. */
const char *inside_open(wick_decoder *d, size_t size);
/* One text of it: its bytes behind those of the scratch buffer, its tokens to `inner`; none: it is only a text. */
const char *inside_text(wick_decoder *d, const inside *in, const tok *t, size_t *size);
/* The array on the tape becomes the list; element i of it (a token, 0 begins) to the tape; the next one, 0: no more. */
void inside_list(wick_decoder *d);
uint32_t inside_next(wick_decoder *d, uint32_t i, const char **why);
/* The address behind the message on the tape. 0: no memory. */
int  inside_address(wick_decoder *d);
void inside_fini(wick_decoder *d);
/* n tokens from `from` on behind those of out; their text stands `text` bytes on. 0: tape_why(out) says why. */
int  inside_copy(tape *out, const tape *in, uint32_t from, uint32_t n, uint32_t text, uint8_t flags);
opened *inside_made(wick_decoder *d);   /* NULL: no memory */

#endif
