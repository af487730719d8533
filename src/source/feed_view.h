/* SPDX-License-Identifier: Apache-2.0
 * What a source asks of a feed and a decoder beside decoding: the only place here that looks inside. */
#ifndef WICK_SOURCE_FEED_VIEW_H
#define WICK_SOURCE_FEED_VIEW_H

#include "../core/ctx.h"

void feed_hold(wick_feed *f);                   /* until wick_feed_unref() */
uint32_t feed_repeats(const wick_feed *f);      /* older trades that a subscription is answered with */
int  feed_open_prev(const wick_feed *f);
/* Some message of the session confirms the subscription of a symbol. */
int  feed_confirms(const wick_feed *f);
int  feed_csv(const wick_feed *f);              /* it reads CSV */
const char *feed_venue(const wick_feed *f, size_t *size);
/* Behind the head of a CSV: its rows stand newest first, and turning them round is safe. */
int  decoder_newest_first(const wick_decoder *d);
/* Symbols that the last control spoke of, '\n' between them; size 0: none. */
const char *decoder_symbols(const wick_decoder *d, size_t *size);
/* Ids of the markets that a venue's symbol stands for (one symbol may name several kinds); how many of
 * them, at most max; 0: only a trade will tell. */
uint32_t decoder_markets(wick_decoder *d, const char *symbol, size_t size, uint32_t *out,
                         uint32_t max);

#endif
