/* SPDX-License-Identifier: Apache-2.0
 * Just enough JSON to read what clients of the streamer send: RFC 8259 checked whole, nothing
 * built. No state. */
#ifndef WICK_SOURCE_SIM_JSON_H
#define WICK_SOURCE_SIM_JSON_H

#include <stddef.h>

enum { SIM_JSON_DEPTH = 32 };

/* The end of the value that begins at `at` (blanks in front allowed), NULL: it is not JSON. */
const char *sim_json_skip(const char *at, const char *end);
/* Whether the text is one JSON value. */
int sim_json_whole(const char *text, size_t size);
/* The value of a key of an object (the last one, where it comes twice); NULL: no object, or no such
 * key. */
const char *sim_json_member(const char *at, const char *end, const char *key);
/* Walk an array: *at stands at '[' at first, then behind an element. The next element, NULL: the
 * end. */
const char *sim_json_element(const char **at, const char *end, int first);
/* A string as UTF-8 in out, 0-terminated: its length, -1: not a string, or longer than size - 1. */
int sim_json_text(const char *at, const char *end, char *out, size_t size);

#endif
