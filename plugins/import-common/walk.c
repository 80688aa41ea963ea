// SPDX-License-Identifier: Apache-2.0
#include "import-common/walk.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// Outcomes of looking for the next thing.
enum {
    FOUND = 0,
    AT_END = 1, /**< the container, or the file, has no more */
};

#define NAME_MAX_BYTES 256

/** Where a walk is. */
struct cursor {
    const struct import_walk *walk;
    const char *data;
    size_t len;
    size_t at;
    bool is_cut; /**< the file ended in the middle of something */
};

static void skip_space(struct cursor *c)
{
    while (c->at < c->len && (c->data[c->at] == ' ' || c->data[c->at] == '\n' ||
                              c->data[c->at] == '\t' || c->data[c->at] == '\r')) {
        c->at++;
    }
}

static int cut(struct cursor *c)
{
    c->is_cut = true;
    return -EBADMSG;
}

// From the quote on to behind the closing one.
static int skip_string(struct cursor *c)
{
    for (c->at++; c->at < c->len; c->at++) {
        char byte = c->data[c->at];
        if (byte == '"') {
            c->at++;
            return 0;
        }
        if (byte == '\\') {
            c->at++;
        }
    }
    c->at = c->len;
    return cut(c);
}

static bool is_word_end(char byte)
{
    return byte == ',' || byte == ']' || byte == '}' || byte == ' ' || byte == '\n' ||
           byte == '\r' || byte == '\t' || byte == ':' || byte == '"' || byte == '{' || byte == '[';
}

// true, null, a number: whatever stands there until a delimiter.
static int skip_word(struct cursor *c)
{
    size_t start = c->at;
    while (c->at < c->len && !is_word_end(c->data[c->at])) {
        c->at++;
    }
    return c->at > start ? 0 : -EBADMSG;
}

// Object or array: only brackets and strings count here; jansson looks at the rest.
static int skip_container(struct cursor *c)
{
    char closing[IMPORT_WALK_DEPTH_MAX];
    size_t depth = 0;
    while (c->at < c->len) {
        char byte = c->data[c->at];
        if (byte == '"') {
            int status = skip_string(c);
            if (status < 0) {
                return status;
            }
            continue;
        }
        c->at++;
        if (byte == '{' || byte == '[') {
            if (depth == IMPORT_WALK_DEPTH_MAX) {
                return -EBADMSG;
            }
            closing[depth++] = byte == '{' ? '}' : ']';
        } else if (byte == '}' || byte == ']') {
            if (byte != closing[depth - 1]) {
                return -EBADMSG;
            }
            depth--;
            if (depth == 0) {
                return 0;
            }
        }
    }
    return cut(c);
}

// Any value; the cursor stands on its first byte.
static int skip_value(struct cursor *c)
{
    if (c->at >= c->len) {
        return cut(c);
    }
    char byte = c->data[c->at];
    if (byte == '"') {
        return skip_string(c);
    }
    return byte == '{' || byte == '[' ? skip_container(c) : skip_word(c);
}

static void tell(const struct cursor *c, size_t where, const char *what)
{
    c->walk->sink->problem(c->walk->sink->user, where, what);
}

// Without jansson's own text, which shows what stands in the file.
static const char *sentence_of(enum json_error_code code)
{
    static const struct {
        enum json_error_code code;
        const char *sentence;
    } sentences[] = {
        {json_error_out_of_memory, "a value was left out: there is no memory for it"},
        {json_error_stack_overflow, "a value was left out: it is nested too deeply"},
        {json_error_invalid_utf8, "a value was left out: it is not UTF-8"},
        {json_error_duplicate_key, "an object was left out: it has a member twice"},
        {json_error_numeric_overflow, "a value was left out: a number in it is too big"},
        {json_error_null_character, "a value was left out: a text in it holds a NUL"},
    };
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        if (sentences[i].code == code) {
            return sentences[i].sentence;
        }
    }
    return "a value was left out: it is not well-formed JSON";
}

static int give(struct cursor *c, const char *member, size_t start)
{
    size_t size = c->at - start;
    if (size > IMPORT_WALK_VALUE_MAX) {
        tell(c, start, "a value of more than 64 MiB was left out");
        return 0;
    }
    json_error_t error;
    json_t *value =
        json_loadb(c->data + start, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value) {
        tell(c, start, sentence_of(json_error_code(&error)));
        return 0;
    }
    int status = 0;
    if (member || json_is_object(value)) {
        status = c->walk->visit(c->walk->user, member, value, start);
    } else {
        tell(c, start, "something that is no object was left out");
    }
    json_decref(value);
    return status;
}

// Skips and gives the value under the cursor.
static int take(struct cursor *c, const char *member)
{
    size_t start = c->at;
    int status = skip_value(c);
    return status < 0 ? status : give(c, member, start);
}

// To the next item of a container: over white space and the comma. The cursor stands on the item.
static int next_item(struct cursor *c, char closing, bool *is_first)
{
    skip_space(c);
    if (c->at >= c->len) {
        return cut(c);
    }
    if (c->data[c->at] == closing) {
        c->at++;
        return AT_END;
    }
    if (!*is_first) {
        if (c->data[c->at] != ',') {
            return -EBADMSG;
        }
        c->at++;
        skip_space(c);
        // Bazel ends a profile that was broken off so, and others are as generous.
        if (c->at < c->len && c->data[c->at] == closing) {
            c->at++;
            return AT_END;
        }
    }
    *is_first = false;
    return c->at < c->len ? FOUND : cut(c);
}

static int walk_outer(struct cursor *c, int depth);

static int walk_array(struct cursor *c, int depth)
{
    c->at++;
    bool is_first = true;
    int status;
    while ((status = next_item(c, ']', &is_first)) == FOUND) {
        status = depth > 0 ? walk_outer(c, depth - 1) : take(c, NULL);
        if (status < 0) {
            return status;
        }
    }
    return status < 0 ? status : 0;
}

// A member's name, without escapes: those that matter have none.
static int take_name(struct cursor *c, char name[NAME_MAX_BYTES])
{
    size_t start = c->at + 1;
    if (c->data[c->at] != '"' || skip_string(c) < 0) {
        return -EBADMSG;
    }
    size_t len = c->at - 1 - start;
    if (len >= NAME_MAX_BYTES) {
        len = NAME_MAX_BYTES - 1;
    }
    memcpy(name, c->data + start, len);
    name[len] = '\0';
    skip_space(c);
    if (c->at >= c->len) {
        return cut(c);
    }
    if (c->data[c->at] != ':') {
        return -EBADMSG;
    }
    c->at++;
    skip_space(c);
    return c->at < c->len ? 0 : cut(c);
}

static int walk_members(struct cursor *c)
{
    c->at++;
    bool is_first = true;
    int status;
    while ((status = next_item(c, '}', &is_first)) == FOUND) {
        char name[NAME_MAX_BYTES];
        status = take_name(c, name);
        if (status < 0) {
            return status;
        }
        bool is_wanted = strcmp(name, c->walk->array) == 0 && c->data[c->at] == '[';
        status = is_wanted ? walk_array(c, 0) : take(c, name);
        if (status < 0) {
            return status;
        }
    }
    return status < 0 ? status : 0;
}

// Whether the object under the cursor has the array that is looked for. One that is cut off before
// has it, too: so what there is of it is visited.
static bool has_array(const struct cursor *c)
{
    struct cursor ahead = *c;
    ahead.at++;
    bool is_first = true;
    int status;
    while ((status = next_item(&ahead, '}', &is_first)) == FOUND) {
        char name[NAME_MAX_BYTES];
        status = take_name(&ahead, name);
        if (status < 0) {
            break;
        }
        if (strcmp(name, c->walk->array) == 0) {
            return ahead.data[ahead.at] == '[';
        }
        status = skip_value(&ahead);
        if (status < 0) {
            break;
        }
    }
    return ahead.is_cut;
}

// A value at the top of the file, or in an array there.
static int walk_outer(struct cursor *c, int depth)
{
    if (c->data[c->at] == '[') {
        return walk_array(c, depth);
    }
    if (c->data[c->at] == '{' && c->walk->array && has_array(c)) {
        return walk_members(c);
    }
    return take(c, NULL);
}

static int fail(const struct cursor *c, int status, char *problem, size_t len)
{
    if (status == -EBADMSG && problem && len > 0 && problem[0] == '\0') {
        (void)snprintf(problem, len,
                       c->is_cut ? "it ends in the middle, at byte %zu"
                                 : "it is not well-formed JSON at byte %zu",
                       c->at);
    }
    return status;
}

int import_walk_run(const struct import_walk *walk, char *problem, size_t len)
{
    struct cursor c = {.walk = walk, .data = walk->source->data, .len = walk->source->len};
    static const char mark[] = "\xef\xbb\xbf";
    if (c.len >= 3 && memcmp(c.data, mark, 3) == 0) {
        c.at = 3;
    }
    if (problem && len > 0) {
        problem[0] = '\0';
    }
    bool is_empty = true;
    for (skip_space(&c); c.at < c.len; skip_space(&c)) {
        int status = walk_outer(&c, 1);
        if (status < 0) {
            return fail(&c, status, problem, len);
        }
        is_empty = false;
    }
    return is_empty ? fail(&c, cut(&c), problem, len) : 0;
}

int import_walk_looks(const struct sj_import_source *source, char first, const char *const *texts)
{
    struct cursor c = {.data = source->data, .len = source->len};
    if (c.len > 65536) {
        c.len = 65536;
    }
    skip_space(&c);
    if (first != '\0' && (c.at >= c.len || c.data[c.at] != first)) {
        return 0;
    }
    for (; *texts; texts++) {
        if (!memmem(c.data, c.len, *texts, strlen(*texts))) {
            return 0;
        }
    }
    return 1;
}
