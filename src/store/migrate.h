/* SPDX-License-Identifier: Apache-2.0
 * The migrations of sql/, built into the library: which there are for a dialect, in order. Files are called
 * NNNN_name[.dialect].up.sql and .down.sql; one of the dialect goes before one for all. */
#ifndef WICK_STORE_MIGRATE_H
#define WICK_STORE_MIGRATE_H

typedef struct migrate_file { const char *name, *text; } migrate_file;

/* Made by scripts/dev/embed when the library is built; ends with a NULL name. */
extern const migrate_file MIGRATE_FILES[];

enum { MIGRATE_MAX = 256 };

typedef struct migration {
    int  version;                   /* from 1, without holes */
    char name[60];                  /* "candle" */
    char checksum[17];              /* of `up`, in hexadecimal */
    const char *up, *down;
} migration;

/* The migrations of a dialect; returns how many, or -1: a hole, or one without its way back. */
int migrate_list(const migrate_file *files, const char *dialect, migration out[MIGRATE_MAX]);

#endif
