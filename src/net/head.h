/* SPDX-License-Identifier: Apache-2.0
 * Header fields as text: "name: value\n" lines, names in lower case, values without outer blanks. */
#ifndef WICK_NET_HEAD_H
#define WICK_NET_HEAD_H

#include "../core/mem.h"

enum { HEAD_BYTES_MAX = 16384, HEAD_FIELDS_MAX = 100 };

/* The first field of this (lower case) name, or NULL. Not 0-terminated: *size bytes. */
const char *head_find(const char *lines, size_t lines_size, const char *name, size_t *size);
uint32_t head_count(const char *lines, size_t lines_size, const char *name);
/* Whether a comma separated list, over all fields of this name, holds the token, in any case. */
int  head_has(const char *lines, size_t lines_size, const char *name, const char *token);

int  head_is_name(const char *text, size_t size);       /* a token: RFC 9110 5.6.2 */
int  head_is_value(const char *text, size_t size);      /* no CR, LF, NUL or other control but TAB */
/* Read a raw head (first line, fields, empty line; every line ends in CRLF) into its first line and
 * field lines. 1: read, *used bytes; 0: more is needed; DATA: *why; NOMEM. */
int  head_read(const uint8_t *in, size_t size, size_t *used, buf *first, buf *lines, const char **why);
/* Append "name: value\n" lines as "name: value\r\n"; DATA when one is no field. */
int  head_write(buf *out, const char *lines, size_t size);

#endif
