/* SPDX-License-Identifier: Apache-2.0
 * Plan text to wick_feed: the lines that describe the whole feed; those of a rule are in plan_rule.c. The text is
 * checked as if a stranger had written it: every count, size and number is bounded. */
#include <stdlib.h>
#include <string.h>

#include "plan_read.h"

enum { PLAN_TEXT_MAX = 4 << 20, KEY_MAX = 40 };

int plan_refuse(reader *r, const char *why)
{
    r->why = why;
    return WICK_E_DATA;
}

void *plan_more(reader *r, void *array, uint32_t *count, uint32_t *cap, size_t size, uint32_t max)
{
    uint8_t *rows;

    memcpy(&rows, array, sizeof rows);
    if (*count == max) {
        plan_refuse(r, "too many of them");
        return NULL;
    }
    if (*count == *cap) {
        uint32_t more = *cap ? *cap * 2 : 8;
        uint8_t *grown = mem_resize(r->f->w, rows, more * size);

        if (!grown) {
            plan_refuse(r, "no memory");
            return NULL;
        }
        rows = grown;
        memcpy(array, &rows, sizeof rows);
        *cap = more;
    }
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

/* Percent-decoding in place; a lone % is the empty word. Returns the size, negative: broken. */
static long decode(char *word)
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
        if ((size = decode(text + 1)) < 0 || size > KEY_MAX)
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
    if (*text == '$')
        out->base = BASE_ROOT;
    while (*text == '^' && out->base < PATH_LEVELS_MAX) {
        out->base++;
        text++;
    }
    if (out->base == 0 || out->base == BASE_ROOT)
        if (*text++ != '$' && text[-1] != '.')
            return plan_refuse(r, "a path begins with . $ or ^");
    for (text = strtok_r(text, "/", &rest); text; text = strtok_r(NULL, "/", &rest))
        if (step_read(r, text, out) < 0)
            return WICK_E_DATA;
    return WICK_OK;
}

static int name_read(reader *r) { return plan_span(r, 1, &r->f->name); }
static int venue_read(reader *r) { return plan_span(r, 1, &r->f->venue); }
static int split_read(reader *r) { return plan_span(r, 1, &r->f->split); }

static int head_read(reader *r)
{
    int64_t version;

    return plan_int(r, 1, 1, 1, &version);
}

static int ids_read(reader *r)
{
    static const char *const names[] = {"ordered", "unordered", "none", NULL};
    int i = plan_choice(r, 1, names);

    r->f->ids = (uint8_t)(i < 0 ? 0 : i);
    return i < 0 ? i : WICK_OK;
}

static int open_read(reader *r)
{
    static const char *const names[] = {"first", "previous", NULL};
    int i = plan_choice(r, 1, names);

    r->f->open_prev = i == 1;
    return i < 0 ? i : WICK_OK;
}

static int case_read(reader *r)
{
    static const char *const names[] = {"upper", "keep", NULL};
    int i = plan_choice(r, 1, names);

    r->f->keep_case = i == 1;
    return i < 0 ? i : WICK_OK;
}

static int press_read(reader *r)
{
    static const char *const names[] = {"auto", "gzip", "zlib", "deflate", "none", NULL};
    int i = plan_choice(r, 1, names);

    r->f->compression = (uint8_t)(i < 0 ? 0 : i);
    return i < 0 ? i : WICK_OK;
}

static int repeats_read(reader *r)
{
    int64_t n;

    if (plan_int(r, 1, 0, 100000, &n) < 0)
        return WICK_E_DATA;
    r->f->repeats = (uint32_t)n;
    return WICK_OK;
}

static int pair_add(reader *r, pair **rows, uint32_t *count, uint32_t *cap)
{
    pair *p = plan_more(r, rows, count, cap, sizeof *p, PLAN_LIST_MAX);

    if (!p || plan_span(r, 1, &p->from) < 0 || plan_span(r, 2, &p->to) < 0)
        return WICK_E_DATA;
    return p->to.len > KEY_MAX ? plan_refuse(r, "a name is too long") : WICK_OK;
}

static int alias_read(reader *r)
{
    return pair_add(r, &r->f->aliases, &r->f->alias_count, &r->f->alias_cap);
}

static int kind_read(reader *r)
{
    return pair_add(r, &r->f->kinds, &r->f->kind_count, &r->f->kind_cap);
}

static int quote_read(reader *r)
{
    span *s = plan_more(r, &r->f->quotes, &r->f->quote_count, &r->f->quote_cap, sizeof *s, PLAN_LIST_MAX);

    return s ? plan_span(r, 1, s) : WICK_E_DATA;
}

static int pattern_read(reader *r)
{
    wick_feed *f = r->f;
    pattern *p = plan_more(r, &f->patterns, &f->pattern_count, &f->pattern_cap, sizeof *p, 1024);

    if (!p || plan_span(r, 1, &p->text) < 0 || plan_span(r, 2, &p->kind) < 0 || plan_span(r, 3, &p->where) < 0)
        return WICK_E_DATA;
    return WICK_OK;
}

/* A currency that a symbol leaves out: of the pattern above. */
static int pattern_coin(reader *r, int quote)
{
    wick_feed *f = r->f;
    pattern *p = f->pattern_count ? &f->patterns[f->pattern_count - 1] : NULL;

    if (!p || r->size[1] > KEY_MAX)
        return plan_refuse(r, "a currency without a pattern, or too long");
    return plan_span(r, 1, quote ? &p->quote : &p->base);
}

static int pattern_base_read(reader *r) { return pattern_coin(r, 0); }
static int pattern_quote_read(reader *r) { return pattern_coin(r, 1); }

static int packed_read(reader *r)
{
    if (plan_span(r, 1, &r->f->separator) < 0)
        return WICK_E_DATA;
    r->f->packed = 1;
    return r->f->separator.len == 1 ? WICK_OK : plan_refuse(r, "packed wants one byte");
}

static int pack_read(reader *r)
{
    wick_feed *f = r->f;
    pack *p = plan_more(r, &f->packs, &f->pack_count, &f->pack_cap, sizeof *p, 256);

    if (!p)
        return WICK_E_DATA;
    p->name = p->mask = f->name_count;
    return plan_span(r, 1, &p->when);
}

static int pack_name(reader *r, int mask)
{
    wick_feed *f = r->f;
    pack *p = f->pack_count ? &f->packs[f->pack_count - 1] : NULL;
    uint16_t *id;
    int key;

    if (!p || (!mask && p->masks))
        return plan_refuse(r, "it stands in no pack, or names stand behind masks");
    if (r->size[1] > KEY_MAX || (key = keyset_add(&f->keys, r->word[1], r->size[1])) < 0)
        return plan_refuse(r, "a name is too long, or there are too many");
    if (!(id = plan_more(r, &f->names, &f->name_count, &f->name_cap, sizeof *id, PLAN_LIST_MAX)))
        return WICK_E_DATA;
    *id = (uint16_t)key;
    if (mask) {
        p->mask = p->masks ? p->mask : f->name_count - 1;
        return ++p->masks > 63 ? plan_refuse(r, "a mask has 63 bits at most") : WICK_OK;
    }
    return ++p->names > 255 ? plan_refuse(r, "too many names") : WICK_OK;
}

static int unmasked_read(reader *r) { return pack_name(r, 0); }
static int masked_read(reader *r) { return pack_name(r, 1); }

static const line_row feed_lines[] = {
    {"wick-plan", 1, head_read}, {"name", 1, name_read}, {"venue", 1, venue_read}, {"ids", 1, ids_read},
    {"open", 1, open_read}, {"case", 1, case_read}, {"compression", 1, press_read}, {"repeats", 1, repeats_read},
    {"split", 1, split_read}, {"alias", 2, alias_read}, {"kind", 2, kind_read}, {"quote", 1, quote_read},
    {"pattern", 3, pattern_read}, {"patternbase", 1, pattern_base_read}, {"patternquote", 1, pattern_quote_read}, {"packed", 1, packed_read}, {"pack", 1, pack_read},
    {"packname", 1, unmasked_read}, {"packmask", 1, masked_read}, {NULL, 0, NULL}};

static const line_row *find(const line_row *rows, const char *name)
{
    while (rows->name && strcmp(rows->name, name) != 0)
        rows++;
    return rows->name ? rows : NULL;
}

/* Cut a line (0-terminated) into words and read it. Words of paths stay encoded: step_read() decodes their keys. */
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
    if (!(row = find(feed_lines, r->word[0])) && !(row = find(plan_rule_lines, r->word[0])))
        return plan_refuse(r, "not a known line");
    if (r->words != row->args + 1)
        return plan_refuse(r, "not the right number of words");
    for (uint32_t i = 1; i < r->words; i++) {
        long size = (long)strlen(r->word[i]);

        is_path = strchr(".$^", r->word[i][0]) && row->name[0] == '>';
        if (!is_path && (size = decode(r->word[i])) < 0)
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

void wick_feed_unref(wick_feed *f)
{
    wick *w = f ? f->w : NULL;

    if (!f || --f->refs)
        return;
    release(f);
    ctx_unref(w);
}
