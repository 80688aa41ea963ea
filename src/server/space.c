// SPDX-License-Identifier: Apache-2.0
#include "server/space.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/parse.h"
#include "server/route.h"
#include "server/token.h"

#define RULES_MAX 4096
#define VALUE_MAX 128 /**< bytes of a value */

/** A file being read. */
struct reading {
    struct sj_space_list list;
    size_t size;   // rules allocated
    unsigned seen; // keys of the section so far, by their place in the table
    const char *path;
    size_t line;
    struct sj_err *err;
};

static int read_overlay(struct sj_space_rule *rule, const char *text)
{
    // A pattern would name many, and what is read from them would hang on their order.
    if (!sj_space_is_name(sj_str_of(text))) {
        return -EINVAL;
    }
    rule->overlay = sj_strdup(text);
    return 0;
}

static int read_quota(struct sj_space_rule *rule, const char *text)
{
    return sj_parse_size(text, &rule->quota);
}

static int read_max_entry(struct sj_space_rule *rule, const char *text)
{
    return sj_parse_size(text, &rule->max_entry);
}

static int read_immutable(struct sj_space_rule *rule, const char *text)
{
    return sj_parse_bool(text, &rule->is_immutable);
}

static int read_validate_ac(struct sj_space_rule *rule, const char *text)
{
    return sj_parse_bool(text, &rule->validates_ac);
}

static int read_discard(struct sj_space_rule *rule, const char *text)
{
    return sj_parse_bool(text, &rule->discards);
}

static int read_anonymous(struct sj_space_rule *rule, const char *text)
{
    bool is_none = strcmp(text, "none") == 0;
    unsigned scopes = is_none ? 0 : sj_scopes_parse(sj_str_of(text));
    if ((scopes == 0 && !is_none) || scopes & SJ_SCOPE_ADMIN) {
        return -EINVAL;
    }
    rule->has_anonymous = true;
    rule->anonymous = scopes;
    return 0;
}

// Sorted by name.
static const struct {
    const char *name;
    int (*read)(struct sj_space_rule *rule, const char *text);
    const char *wants;
} keys[] = {
    {"anonymous", read_anonymous, "none, or read, write or both, separated by a comma"},
    {"discard", read_discard, "true or false"},
    {"immutable", read_immutable, "true or false"},
    {"max_entry", read_max_entry, "a size such as 256MiB"},
    {"overlay", read_overlay, "one namespace, not a pattern"},
    {"quota", read_quota, "a size such as 20GiB; 0 is no limit"},
    {"validate_ac", read_validate_ac, "true or false"},
};

#define KEYS (sizeof keys / sizeof keys[0])

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct sj_str trim(struct sj_str text)
{
    while (text.len && is_blank(text.data[text.len - 1])) {
        text.len--;
    }
    while (text.len && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    return text;
}

static int begin_section(struct reading *in, struct sj_str line)
{
    struct sj_str pattern = {line.data + 1, line.len - 2};
    if (line.len < 2 || line.data[line.len - 1] != ']' || !sj_pattern_is_good(pattern)) {
        return sj_fail_plain(
            in->err, -EINVAL,
            "%s:%zu: a section is [NAME] or a pattern such as [pr-*]; " SJ_SPACE_NAME_RULE,
            in->path, in->line);
    }
    for (size_t i = 0; i < in->list.count; i++) {
        if (sj_str_eq(sj_str_of(in->list.rules[i].pattern), pattern)) {
            return sj_fail_plain(in->err, -EINVAL, "%s:%zu: [%.*s] is there twice", in->path,
                                 in->line, (int)pattern.len, pattern.data);
        }
    }
    if (in->list.count == RULES_MAX) {
        return sj_fail_plain(in->err, -EINVAL, "%s:%zu: more than %d sections", in->path, in->line,
                             RULES_MAX);
    }
    if (in->list.count == in->size) {
        in->size = in->size ? 2 * in->size : 16;
        in->list.rules = sj_realloc(in->list.rules, in->size, sizeof *in->list.rules);
    }
    in->list.rules[in->list.count++] =
        (struct sj_space_rule){.pattern = sj_strndup(pattern.data, pattern.len)};
    in->seen = 0;
    return 0;
}

static int unknown_key(const struct reading *in)
{
    struct sj_buf list = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < KEYS; i++) {
        sj_buf_addf(&list, "%s%s", i ? ", " : "", keys[i].name);
    }
    int status = sj_fail_plain(in->err, -EINVAL, "%s:%zu: the keys are %s", in->path, in->line,
                               sj_buf_text(&list));
    sj_buf_release(&list);
    return status;
}

static int read_value(struct reading *in, struct sj_str name, struct sj_str value)
{
    char text[VALUE_MAX];
    size_t i = 0;
    while (i < KEYS && !sj_str_eq(sj_str_of(keys[i].name), name)) {
        i++;
    }
    if (i == KEYS) {
        return unknown_key(in);
    }
    if (in->list.count == 0) {
        return sj_fail_plain(in->err, -EINVAL, "%s:%zu: '%s' stands before the first [NAME]",
                             in->path, in->line, keys[i].name);
    }
    if (in->seen & 1U << i) {
        return sj_fail_plain(in->err, -EINVAL, "%s:%zu: '%s' is there twice", in->path, in->line,
                             keys[i].name);
    }
    in->seen |= 1U << i;
    bool is_text = value.len < sizeof text && !memchr(value.data, '\0', value.len);
    if (is_text) {
        memcpy(text, value.data, value.len);
        text[value.len] = '\0';
    }
    if (!is_text || keys[i].read(&in->list.rules[in->list.count - 1], text) < 0) {
        return sj_fail_plain(in->err, -EINVAL, "%s:%zu: '%s' takes %s", in->path, in->line,
                             keys[i].name, keys[i].wants);
    }
    return 0;
}

static int read_line(struct reading *in, struct sj_str line)
{
    line = trim(line);
    if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';') {
        return 0;
    }
    if (line.data[0] == '[') {
        return begin_section(in, line);
    }
    const char *equals = memchr(line.data, '=', line.len);
    if (!equals) {
        return sj_fail_plain(in->err, -EINVAL, "%s:%zu: a line is [NAME] or KEY = VALUE", in->path,
                             in->line);
    }
    size_t len = (size_t)(equals - line.data);
    return read_value(in, trim((struct sj_str){line.data, len}),
                      trim((struct sj_str){equals + 1, line.len - len - 1}));
}

static int read_lines(struct reading *in, struct sj_str text)
{
    while (text.len) {
        const char *end = memchr(text.data, '\n', text.len);
        // A file that somebody is just writing must not be taken for a shorter one.
        if (!end) {
            return sj_fail_plain(in->err, -EINVAL, "%s: its last line has no end", in->path);
        }
        struct sj_str line = {text.data, (size_t)(end - text.data)};
        in->line++;
        int status = read_line(in, line);
        if (status < 0) {
            return status;
        }
        text = (struct sj_str){end + 1, text.len - line.len - 1};
    }
    return 0;
}

static struct sj_str name_of(struct sj_str space)
{
    return space.len ? space : sj_str_of("default");
}

const struct sj_space_rule *sj_space_find(const struct sj_space_list *list, struct sj_str space)
{
    static const struct sj_space_rule none = {.pattern = NULL};
    struct sj_str name = name_of(space);
    for (size_t i = 0; i < list->count; i++) {
        if (sj_pattern_fits(sj_str_of(list->rules[i].pattern), name)) {
            return &list->rules[i];
        }
    }
    return &none;
}

size_t sj_space_chain(const struct sj_space_list *list, struct sj_str space,
                      struct sj_str out[SJ_OVERLAY_MAX])
{
    size_t count = 0;
    const char *next;
    do {
        bool is_nameless = sj_str_eq(space, sj_str_of("default"));
        out[count++] = is_nameless ? (struct sj_str){"", 0} : space;
        next = sj_space_find(list, space)->overlay;
        space = next ? sj_str_of(next) : space;
    } while (next && count < SJ_OVERLAY_MAX);
    return count;
}

// Whatever a section's pattern fits, its reads go on from the one namespace that it overlays; so it
// is enough to look where they go from there.
static int check_overlay(const struct reading *in, const struct sj_space_rule *rule)
{
    const char *seen[SJ_OVERLAY_MAX];
    size_t count = 1; // the namespace itself
    for (const char *name = rule->overlay; name;
         name = sj_space_find(&in->list, sj_str_of(name))->overlay) {
        for (size_t i = 1; i < count; i++) {
            if (strcmp(seen[i], name) == 0) {
                return sj_fail_plain(in->err, -EINVAL,
                                     "%s: [%s]: its overlays come back to '%s': give [%s] a "
                                     "section of its own, before the others, without that overlay",
                                     in->path, rule->pattern, name, name);
            }
        }
        if (count == SJ_OVERLAY_MAX) {
            return sj_fail_plain(in->err, -EINVAL,
                                 "%s: [%s]: its overlays are more than %d namespaces deep",
                                 in->path, rule->pattern, SJ_OVERLAY_MAX);
        }
        seen[count++] = name;
    }
    return 0;
}

static void auto_release(struct sj_space_list *list)
{
    sj_space_list_release(list);
}

int sj_space_list_parse(const char *text, size_t len, const char *path, struct sj_space_list *out,
                        struct sj_err *err)
{
    struct reading in = {.path = path, .err = err};
    int status = read_lines(&in, (struct sj_str){text, len});
    SJ_AUTO(auto_release) struct sj_space_list list = in.list;
    for (size_t i = 0; i < list.count && status == 0; i++) {
        status = check_overlay(&in, &list.rules[i]);
    }
    if (status < 0) {
        return status;
    }
    *out = list;
    list = (struct sj_space_list){0};
    return 0;
}

void sj_space_list_release(struct sj_space_list *list)
{
    if (!list) {
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        free(list->rules[i].pattern);
        free(list->rules[i].overlay);
    }
    free(list->rules);
    *list = (struct sj_space_list){0};
}
