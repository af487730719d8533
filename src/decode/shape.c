/* SPDX-License-Identifier: Apache-2.0
 * Learnt shapes. */
#include "decoder.h"
int  shape_try(wick_decoder *d, const uint8_t *bytes, size_t size) { (void)d; (void)bytes; (void)size; return 0; }
void shape_learn(wick_decoder *d, const rule *r, size_t size) { (void)d; (void)r; (void)size; }
void shape_note(wick_decoder *d, const uint32_t *slots) { (void)d; (void)slots; }
void shape_forget(wick_decoder *d) { (void)d; }
void shape_fini(wick_decoder *d) { (void)d; }
