/* SPDX-License-Identifier: Apache-2.0
 * Settings: one table of key, kind, default and help; values stay text and are read by kind. */
#ifndef WICK_CORE_CONF_H
#define WICK_CORE_CONF_H

#include "../wick.h"

int  conf_copy(const wick_conf *from, wick_conf **out);     /* NULL: defaults */
/* Values of the context's settings; the key must exist (asserted). */
const char *conf_text(const wick_conf *c, const char *key);
int64_t conf_int(const wick_conf *c, const char *key);
int64_t conf_ns(const wick_conf *c, const char *key);       /* durations */
/* "250ms" "5s" "10m" "1d" "0" to ns; DATA if it is none. */
int  duration_parse(const char *text, int64_t *ns);
/* "key=value\n" lines: the value of key, its length in *size; NULL if absent. */
const char *options_find(const char *options, const char *key, size_t *size);
int  options_int(const char *options, const char *key, int64_t dflt, int64_t *out);

#endif
