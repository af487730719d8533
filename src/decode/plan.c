/* SPDX-License-Identifier: Apache-2.0
 * Plan text to wick_feed, line by line: plan_feed.c reads those of the whole, plan_rule.c and
 * plan_field.c those of a rule. */
#include <string.h>

#include "plan_read.h"

enum { PLAN_TEXT_MAX = 4 << 20 };

static const line_row *find(const line_row *rows, const char *name)
{
    while (rows->name && strcmp(rows->name, name) != 0)
        rows++;
    return rows->name ? rows : NULL;
}

/* Cut a line (0-terminated) into words and read it. Words of paths stay encoded: step_read()
 * decodes their keys. */
static int line_read(reader *r, char *line)
{
    const line_row *row;
    char *rest = NULL, *word;
    int is_path;

    r->words = 0;
    for (word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (r->words == LINE_WORDS)
            return plan_refuse(r, "too many words");
        r->word[r->words++] = word;
    }
    if (!r->words)
        return WICK_OK;
    if (!(row = find(plan_feed_lines, r->word[0])) && !(row = find(plan_rule_lines, r->word[0])) &&
        !(row = find(plan_field_lines, r->word[0])))
        return plan_refuse(r, "not a known line");
    if (r->words != row->args + 1)
        return plan_refuse(r, "not the right number of words");
    for (uint32_t i = 1; i < r->words; i++) {
        long size = (long)strlen(r->word[i]);

        is_path = strchr(".$^@", r->word[i][0]) && row->name[0] == '>';
        if (!is_path && (size = plan_decode(r->word[i])) < 0)
            return plan_refuse(r, "a broken word");
        r->size[i] = (size_t)size;
    }
    return row->read(r);
}

static int text_read(reader *r, const char *plan, size_t size)
{
    char line[LINE_MAX_BYTES];
    int rc;

    while (size) {
        const char *end = memchr(plan, '\n', size);
        size_t n = end ? (size_t)(end - plan) : size;

        r->line++;
        if (n >= sizeof line || memchr(plan, 0, n))
            return plan_refuse(r, "a line is too long or holds a 0");
        memcpy(line, plan, n);
        line[n] = '\0';
        if (r->line == 1 && strncmp(line, "wick-plan 1", 11) != 0)
            return plan_refuse(r, "not a plan of this version");
        if ((rc = line_read(r, line)) < 0)
            return rc;
        plan += n + (end ? 1 : 0);
        size -= n + (end ? 1 : 0);
    }
    return r->line ? WICK_OK : plan_refuse(r, "an empty plan");
}

static void release(wick_feed *f)
{
    wick *w = f->w;

    for (uint32_t i = 0; i < f->rule_count; i++)
        mem_free(w, f->rules[i].direct);
    mem_free(w, f->rules);
    mem_free(w, f->tests);
    mem_free(w, f->values);
    mem_free(w, f->strips);
    mem_free(w, f->scales);
    mem_free(w, f->means);
    mem_free(w, f->patterns);
    mem_free(w, f->aliases);
    mem_free(w, f->kinds);
    mem_free(w, f->quotes);
    mem_free(w, f->packs);
    mem_free(w, f->names);
    mem_free(w, f->tables);
    mem_free(w, f->presets);
    mem_free(w, f->insides);
    mem_free(w, f->fronts);
    keyset_fini(&f->keys);
    buf_fini(&f->text);
    mem_free(w, f);
}

int wick_feed_new(wick *w, const char *plan, size_t size, wick_feed **out)
{
    reader r = {0};
    wick_feed *f;
    int rc;

    if (!w || !plan || !out || size > PLAN_TEXT_MAX)
        return WICK_E_ARG;
    if (!(f = r.f = mem_zero(w, sizeof *f)))
        return WICK_E_NOMEM;
    f->w = w;
    f->refs = 1;
    buf_init(&f->text, w, 2 * PLAN_TEXT_MAX);
    buf_init(&f->keys.text, w, PLAN_TEXT_MAX);
    if (buf_add(&f->text, "", 1) < 0)       /* the empty span */
        rc = plan_refuse(&r, "no memory");
    else
        rc = text_read(&r, plan, size);
    if (rc == WICK_OK && f->inside_count && (f->packed || f->split.len))
        rc = plan_refuse(&r, "texts are not opened beside 'packed' and 'split'");
    for (uint32_t i = 0; rc == WICK_OK && i < f->rule_count; i++)
        if ((rc = rule_layout(f, &f->rules[i])) < 0)
            r.why = "a rule wants symbol, time, price and qty, or has too many parts, or no memory";
    if (rc < 0) {
        ctx_fail(w, rc, "plan line %u: %s", r.line, r.why);
        release(f);
        return rc;
    }
    ctx_ref(w);
    *out = f;
    return WICK_OK;
}

void feed_ref(wick_feed *f)
{
    f->refs++;
}

int feed_rows(const wick_feed *f)
{
    for (uint32_t i = 0; i < f->rule_count; i++)
        if (f->rules[i].flags & RULE_CSV)
            return 1;
    return 0;
}

void wick_feed_unref(wick_feed *f)
{
    wick *w = f ? f->w : NULL;

    if (!f || --f->refs)
        return;
    release(f);
    ctx_unref(w);
}
