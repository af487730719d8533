/* SPDX-License-Identifier: Apache-2.0
 * The words of a plan's lines: decoded, counted, bounded, as if a stranger had written them. */
#include <stdlib.h>
#include <string.h>

#include "plan_read.h"

int plan_refuse(reader *r, const char *why)
{
    r->why = why;
    return WICK_E_DATA;
}

void *plan_more(reader *r, void *array, uint32_t *count, uint32_t *cap, size_t size, uint32_t max)
{
    uint8_t *rows;

    if (*count == max) {
        plan_refuse(r, "too many of them");
        return NULL;
    }
    if (mem_grow(r->f->w, array, cap, (uint64_t)*count + 1, size, UINT32_MAX) < 0) {
        plan_refuse(r, "no memory");
        return NULL;
    }
    memcpy(&rows, array, sizeof rows);
    memset(rows + *count * size, 0, size);
    return rows + (*count)++ * size;
}

int plan_span(reader *r, uint32_t word, span *out)
{
    if (word >= r->words)
        return plan_refuse(r, "a word is missing");
    *out = (span){(uint32_t)r->f->text.size, (uint32_t)r->size[word]};
    if (buf_add(&r->f->text, r->word[word], r->size[word] + 1) < 0)     /* with its 0 */
        return plan_refuse(r, "no memory");
    return WICK_OK;
}

int plan_int(reader *r, uint32_t word, int64_t min, int64_t max, int64_t *out)
{
    char *end;

    *out = 0;
    if (word >= r->words || r->size[word] == 0 || r->size[word] > 18)
        return plan_refuse(r, "a number is missing");
    *out = strtoll(r->word[word], &end, 10);
    if (*end || *out < min || *out > max)
        return plan_refuse(r, "a number is out of range");
    return WICK_OK;
}

int plan_choice(reader *r, uint32_t word, const char *const *names)
{
    for (int i = 0; word < r->words && names[i]; i++)
        if (strcmp(r->word[word], names[i]) == 0)
            return i;
    return plan_refuse(r, "not a known word");
}

int plan_table(reader *r, uint32_t word)
{
    wick_feed *f = r->f;
    span *s;

    if (word >= r->words)
        return plan_refuse(r, "a table's name is missing");
    for (uint32_t i = 0; i < f->table_count; i++)
        if (strcmp(feed_text(f, f->tables[i]), r->word[word]) == 0)
            return (int)i;
    s = plan_more(r, &f->tables, &f->table_count, &f->table_cap, sizeof *s, PLAN_TABLES_MAX);
    if (!s || plan_span(r, word, s) < 0)
        return WICK_E_DATA;
    return (int)f->table_count - 1;
}

static int hex(int c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

long plan_decode(char *word)
{
    char *to = word;

    if (strcmp(word, "%") == 0) {
        *word = '\0';
        return 0;
    }
    for (const char *p = word; *p; p++) {
        if (*p == '%') {
            int high = hex(p[1]), low = high < 0 ? -1 : hex(p[2]);

            if (low < 0)
                return -1;
            *to++ = (char)(high << 4 | low);
            p += 2;
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
    return to - word;
}

/* One step of a path: kKEY iN * @ # */
static int step_read(reader *r, char *text, path *out)
{
    step *s;
    char *end;
    long size, at;
    int id;

    if (out->count == PATH_STEPS_MAX)
        return plan_refuse(r, "a path has too many steps");
    s = &out->steps[out->count++];
    switch (*text) {
    case 'k':
        if ((size = plan_decode(text + 1)) < 0 || size > KEY_MAX)
            return plan_refuse(r, "a key of a path is broken or too long");
        if ((id = keyset_add(&r->f->keys, text + 1, (size_t)size)) < 0)
            return plan_refuse(r, "too many keys");
        *s = (step){.kind = STEP_KEY, .key = (uint16_t)id};
        return WICK_OK;
    case 'i':
        at = strtol(text + 1, &end, 10);
        if (*end || at == 0 || at < -100000 || at > 100000)
            return plan_refuse(r, "a position of a path is out of range");
        *s = (step){.kind = STEP_AT, .at = (int32_t)(at > 0 ? at - 1 : at)};
        return WICK_OK;
    case '*': s->kind = STEP_EACH; break;
    case '@': s->kind = STEP_MEMBERS; break;
    case '#': s->kind = STEP_ROW; break;
    default:  return plan_refuse(r, "not a step of a path");
    }
    return text[1] ? plan_refuse(r, "not a step of a path") : WICK_OK;
}

int plan_path(reader *r, uint32_t word, path *out)
{
    char *text, *rest = NULL;

    *out = (path){0};
    if (word >= r->words || !r->word[word][0])
        return plan_refuse(r, "a path is missing");
    text = r->word[word];
    if (*text == '$' || *text == '@')
        out->base = *text == '$' ? BASE_ROOT : BASE_CONN;
    r->f->conn |= *text == '@';
    while (*text == '^' && out->base < PATH_STEPS_MAX) {
        out->base++;
        text++;
    }
    if (out->base == 0 || out->base >= BASE_CONN)
        if (!strchr("$@.", *text++))
            return plan_refuse(r, "a path begins with . $ @ or ^");
    for (text = strtok_r(text, "/", &rest); text; text = strtok_r(NULL, "/", &rest))
        if (step_read(r, text, out) < 0)
            return WICK_E_DATA;
    return WICK_OK;
}
