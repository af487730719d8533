/* SPDX-License-Identifier: Apache-2.0
 * Sorting out the migrations of a dialect. */
#include "migrate.h"

#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Parts of a file's name; 0: it is none of this dialect. own: it is for this dialect alone. */
static int parse(const char *file, const char *dialect, int *version, char name[60], int *up,
                 int *own)
{
    char rest[120], *at, *part;
    int used = 0;

    if (sscanf(file, "%4d_%n", version, &used) != 1 || used != 5 || *version < 1 ||
        *version > MIGRATE_MAX)
        return 0;
    snprintf(rest, sizeof rest, "%s", file + used);
    if (!(at = strchr(rest, '.')))
        return 0;
    *at++ = '\0';
    snprintf(name, 60, "%.59s", rest);
    *own = 0;
    if (strcmp(at, "up.sql") != 0 && strcmp(at, "down.sql") != 0) {
        part = at;
        if (!(at = strchr(part, '.')))
            return 0;
        *at++ = '\0';
        if (strcmp(part, dialect) != 0)
            return 0;
        *own = 1;
    }
    *up = strcmp(at, "up.sql") == 0;
    return *up || strcmp(at, "down.sql") == 0;
}

int migrate_list(const migrate_file *files, const char *dialect, migration out[MIGRATE_MAX])
{
    int owned[MIGRATE_MAX][2] = {{0}}, count = 0, version, up, own;
    char name[60];

    memset(out, 0, MIGRATE_MAX * sizeof *out);
    for (; files->name; files++) {
        migration *m;

        if (!parse(files->name, dialect, &version, name, &up, &own))
            continue;
        m = &out[version - 1];
        if (owned[version - 1][up] && !own)
            continue;
        owned[version - 1][up] = own;
        m->version = version;
        memcpy(m->name, name, sizeof name);
        if (up)
            m->up = files->text;
        else
            m->down = files->text;
        count = version > count ? version : count;
    }
    for (int i = 0; i < count; i++) {
        if (!out[i].up || !out[i].down)
            return -1;
        snprintf(out[i].checksum, sizeof out[i].checksum, "%016llx",
                 (unsigned long long)XXH3_64bits(out[i].up, strlen(out[i].up)));
    }
    return count;
}
