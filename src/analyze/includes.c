// SPDX-License-Identifier: Apache-2.0
#include "analyze/includes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define NAME_LIMIT  4096 // longest name of a file
#define NAMES_LIMIT ((size_t)8 << 20)
#define RAW_MARK    16 // longest delimiter of a raw string
#define DEPTH_MAX   250
#define END         (-1)

/** A walk over characters as the language sees them: continued lines are one. */
struct scan {
    const char *at;
    const char *end;
    uint32_t line;
    struct sj_includes *out;
    unsigned depth;  // #if that are open
    unsigned dead;   // depth of the outermost `#if 0`; 0: none
    bool has_begun;  // a directive or anything else was seen
    bool is_guarded; // the file began with #ifndef or #if !
};

// Passes over backslashes that continue a line; blanks may stand between, as GCC allows.
static void splice(struct scan *scan)
{
    while (scan->at < scan->end && *scan->at == '\\') {
        const char *at = scan->at + 1;
        while (at < scan->end && (*at == ' ' || *at == '\t' || *at == '\r')) {
            at++;
        }
        if (at >= scan->end || *at != '\n') {
            return;
        }
        scan->at = at + 1;
        scan->line++;
    }
}

static int peek(struct scan *scan)
{
    splice(scan);
    return scan->at < scan->end ? (unsigned char)*scan->at : END;
}

static void step(struct scan *scan)
{
    if (*scan->at == '\n') {
        scan->line++;
    }
    scan->at++;
}

static int next(struct scan *scan)
{
    int c = peek(scan);
    if (c != END) {
        step(scan);
    }
    return c;
}

static bool is_name(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || c >= 0x80;
}

// Behind "/*".
static void skip_block_comment(struct scan *scan)
{
    int before = 0;
    for (int c = next(scan); c != END; c = next(scan)) {
        if (before == '*' && c == '/') {
            return;
        }
        before = c;
    }
}

static void skip_line(struct scan *scan)
{
    for (int c = peek(scan); c != END && c != '\n'; c = peek(scan)) {
        step(scan);
    }
}

// Behind a '/': a comment may follow. Gives whether it did.
static bool skip_comment(struct scan *scan)
{
    int c = peek(scan);
    if (c == '*') {
        step(scan);
        skip_block_comment(scan);
        return true;
    }
    if (c == '/') {
        skip_line(scan);
        return true;
    }
    return false;
}

// Blanks and comments within a line.
static void skip_blanks(struct scan *scan)
{
    for (;;) {
        int c = peek(scan);
        if (c == '/') {
            struct scan back = *scan;
            step(scan);
            if (skip_comment(scan)) {
                continue;
            }
            *scan = back;
            return;
        }
        if (c != ' ' && c != '\t' && c != '\r' && c != '\f' && c != '\v') {
            return;
        }
        step(scan);
    }
}

// Behind the opening quote. A line's end closes it, too: it was no string then.
static void skip_quoted(struct scan *scan, int quote)
{
    for (int c = peek(scan); c != END && c != '\n'; c = peek(scan)) {
        step(scan);
        if (c == quote) {
            return;
        }
        if (c == '\\' && peek(scan) != '\n' && peek(scan) != END) {
            step(scan);
        }
    }
}

// Behind R": continued lines do not exist in a raw string.
static void skip_raw(struct scan *scan)
{
    const char *mark = scan->at;
    const char *open = memchr(mark, '(', (size_t)(scan->end - mark));
    if (!open || open - mark > RAW_MARK || memchr(mark, '\n', (size_t)(open - mark))) {
        skip_quoted(scan, '"');
        return;
    }
    size_t len = (size_t)(open - mark);
    for (scan->at = open; scan->at < scan->end; step(scan)) {
        const char *at = scan->at;
        if (*at == ')' && (size_t)(scan->end - at) >= len + 2 && memcmp(at + 1, mark, len) == 0 &&
            at[len + 1] == '"') {
            scan->at = at + len + 2;
            return;
        }
    }
}

// A name, keyword or number: what stands before a quote decides what the quote is.
static void skip_word(struct scan *scan)
{
    char word[4] = {0};
    size_t len = 0;
    bool is_number = peek(scan) >= '0' && peek(scan) <= '9';
    int c = peek(scan);
    for (; is_name(c) || (is_number && c == '\''); c = peek(scan)) {
        word[len < sizeof word - 1 ? len : sizeof word - 1] = (char)c;
        len++;
        step(scan);
    }
    static const char *const raw[] = {"R", "LR", "uR", "UR"};
    bool is_raw = len == 3 && memcmp(word, "u8R", 3) == 0;
    for (size_t i = 0; len < 3 && i < sizeof raw / sizeof raw[0]; i++) {
        is_raw = is_raw || (strlen(raw[i]) == len && memcmp(raw[i], word, len) == 0);
    }
    if (is_raw && c == '"') {
        step(scan);
        skip_raw(scan);
    }
}

// Up to the end of a line of code or directive, or one token: gives the character that began it.
static int skip_token(struct scan *scan)
{
    int c = peek(scan);
    if (is_name(c)) {
        skip_word(scan);
    } else if (c != END && c != '\n') {
        step(scan);
        if (c == '"' || c == '\'') {
            skip_quoted(scan, c);
        }
    }
    return c;
}

static void add(struct scan *scan, enum sj_include_form form, unsigned flags, const char *name,
                size_t len, uint32_t line)
{
    struct sj_includes *out = scan->out;
    if (scan->dead > 0) {
        return;
    }
    if (len == 0 || out->count >= SJ_INCLUDES_MAX || out->names.len + len + 1 > NAMES_LIMIT) {
        out->left_out++;
        return;
    }
    if (out->count == out->size) {
        out->size = out->size ? out->size * 2 : 32;
        out->items = sj_realloc(out->items, out->size, sizeof *out->items);
    }
    if (scan->depth > (scan->is_guarded ? 1U : 0U)) {
        flags |= SJ_INCLUDE_CONDITIONAL;
    }
    out->items[out->count++] = (struct sj_include){
        .name = (uint32_t)out->names.len,
        .line = line,
        .form = (uint8_t)form,
        .flags = (uint8_t)flags,
    };
    sj_buf_add(&out->names, name, len);
    sj_buf_addc(&out->names, '\0');
}

// Takes characters up to one that ends a name. Gives its length; more than there is room: too long.
static size_t take_name(struct scan *scan, int close, char *name, size_t size)
{
    size_t len = 0;
    for (int c = peek(scan); c != END && c != '\n' && c != '\0'; c = peek(scan)) {
        if (close == 0 ? !is_name(c) : c == close) {
            break;
        }
        step(scan);
        if (len < size) {
            name[len] = (char)c;
        }
        len++;
    }
    return len;
}

// "name", <name> or a macro's text, at the cursor.
static void read_name(struct scan *scan, unsigned flags)
{
    skip_blanks(scan);
    uint32_t line = scan->line;
    int open = peek(scan);
    char name[NAME_LIMIT];
    if (open != '"' && open != '<') {
        size_t len = take_name(scan, 0, name, sizeof name);
        add(scan, SJ_INCLUDE_MACRO, flags, name, len <= sizeof name ? len : 0, line);
        return;
    }
    int close = open == '<' ? '>' : '"';
    step(scan);
    size_t len = take_name(scan, close, name, sizeof name);
    bool is_whole = peek(scan) == close && len <= sizeof name;
    add(scan, open == '<' ? SJ_INCLUDE_ANGLE : SJ_INCLUDE_QUOTE, flags, name, is_whole ? len : 0,
        line);
}

// `__has_include(<name>)` anywhere in the rest of a condition.
static void read_condition(struct scan *scan)
{
    for (;;) {
        skip_blanks(scan);
        const char *word = scan->at;
        int c = skip_token(scan);
        if (c == END || c == '\n') {
            return;
        }
        size_t len = (size_t)(scan->at - word);
        static const char asked[] = "__has_include";
        if (len < sizeof asked - 1 || memcmp(word, asked, sizeof asked - 1) != 0) {
            continue;
        }
        skip_blanks(scan);
        if (peek(scan) == '(') {
            step(scan);
            skip_blanks(scan);
            int open = peek(scan);
            if (open == '"' || open == '<') {
                read_name(scan, SJ_INCLUDE_ASKED);
            }
        }
    }
}

// Whether the condition at the cursor is a plain 0; leaves the cursor where it is.
static bool is_never(const struct scan *at)
{
    struct scan scan = *at;
    skip_blanks(&scan);
    if (next(&scan) != '0') {
        return false;
    }
    skip_blanks(&scan);
    return peek(&scan) == '\n' || peek(&scan) == END;
}

static void open_condition(struct scan *scan, bool is_if)
{
    if (scan->depth < DEPTH_MAX) {
        scan->depth++;
    }
    if (is_if && scan->dead == 0 && is_never(scan)) {
        scan->dead = scan->depth;
    }
    read_condition(scan);
}

static void do_if(struct scan *scan)
{
    open_condition(scan, true);
}

static void do_ifdef(struct scan *scan)
{
    open_condition(scan, false);
}

static void do_else(struct scan *scan)
{
    if (scan->dead == scan->depth) {
        scan->dead = 0;
    }
    read_condition(scan);
}

static void do_endif(struct scan *scan)
{
    if (scan->dead == scan->depth) {
        scan->dead = 0;
    }
    if (scan->depth > 0) {
        scan->depth--;
    }
}

static void do_include(struct scan *scan)
{
    read_name(scan, 0);
}

static void do_next(struct scan *scan)
{
    read_name(scan, SJ_INCLUDE_NEXT);
}

static void do_import(struct scan *scan)
{
    read_name(scan, SJ_INCLUDE_IMPORT);
}

static void do_embed(struct scan *scan)
{
    read_name(scan, SJ_INCLUDE_EMBED);
}

/** What follows a '#'. */
static const struct directive {
    const char *name;
    void (*run)(struct scan *scan);
} directives[] = {
    {"elif", do_else},    {"elifdef", do_else},  {"elifndef", do_else},   {"else", do_else},
    {"embed", do_embed},  {"endif", do_endif},   {"if", do_if},           {"ifdef", do_ifdef},
    {"ifndef", do_ifdef}, {"import", do_import}, {"include", do_include}, {"include_next", do_next},
};

static size_t read_word(struct scan *scan, char *word, size_t size)
{
    size_t len = 0;
    for (int c = peek(scan); is_name(c); c = peek(scan)) {
        if (len < size - 1) {
            word[len++] = (char)c;
        }
        step(scan);
    }
    word[len] = '\0';
    return len;
}

static void read_directive(struct scan *scan)
{
    char word[16];
    skip_blanks(scan);
    (void)read_word(scan, word, sizeof word);
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        if (strcmp(word, directives[i].name) == 0) {
            bool is_first = !scan->has_begun;
            scan->has_begun = true;
            skip_blanks(scan);
            bool is_unless =
                strcmp(word, "ifndef") == 0 || (strcmp(word, "if") == 0 && peek(scan) == '!');
            directives[i].run(scan);
            scan->is_guarded = scan->is_guarded || (is_first && is_unless);
            break;
        }
    }
    // `#pragma once` before the guard does not take its place.
    scan->has_begun = scan->has_begun || strcmp(word, "pragma") != 0;
    while (skip_token(scan) != END && peek(scan) != END) {
        if (peek(scan) == '\n') {
            break;
        }
        skip_blanks(scan);
    }
}

// `import <name>;` and `export import "name";` of C++20: at the start of a line only.
static bool read_module(struct scan *scan)
{
    char word[16];
    struct scan back = *scan;
    (void)read_word(scan, word, sizeof word);
    if (strcmp(word, "export") == 0) {
        skip_blanks(scan);
        (void)read_word(scan, word, sizeof word);
    }
    if (strcmp(word, "import") == 0) {
        skip_blanks(scan);
        int c = peek(scan);
        if (c == '<' || c == '"') {
            read_name(scan, SJ_INCLUDE_IMPORT);
            return true;
        }
    }
    *scan = back;
    return false;
}

static void read_line(struct scan *scan)
{
    skip_blanks(scan);
    int c = peek(scan);
    struct scan back = *scan;
    // "%:" is how keyboards without '#' write it.
    bool is_directive = c == '#' || (c == '%' && (step(scan), peek(scan) == ':'));
    if (is_directive) {
        step(scan);
        read_directive(scan);
    } else {
        *scan = back;
        scan->has_begun = scan->has_begun || (c != '\n' && c != END);
        if ((c == 'i' || c == 'e') && read_module(scan)) {
            return;
        }
    }
}

void sj_includes_scan(const char *data, size_t len, struct sj_includes *out)
{
    *out = (struct sj_includes){.names = SJ_BUF_INIT(NAMES_LIMIT)};
    struct scan scan = {.at = data, .end = data + len, .line = 1, .out = out};
    static const char mark[] = "\xef\xbb\xbf";
    if (len >= 3 && memcmp(data, mark, 3) == 0) {
        scan.at += 3;
    }
    while (peek(&scan) != END) {
        read_line(&scan);
        for (;;) {
            skip_blanks(&scan);
            int c = skip_token(&scan);
            if (c == END || c == '\n') {
                break;
            }
        }
        if (peek(&scan) == '\n') {
            step(&scan);
        }
    }
}

void sj_includes_release(struct sj_includes *includes)
{
    if (includes) {
        free(includes->items);
        sj_buf_release(&includes->names);
        *includes = (struct sj_includes){0};
    }
}

const char *sj_include_name(const struct sj_includes *includes, size_t index)
{
    return includes->names.data + includes->items[index].name;
}

// Takes the last component off, and the slash before it.
static bool drop_component(struct sj_buf *path)
{
    if (path->len == 0) {
        return false;
    }
    while (path->len > 0 && path->data[path->len - 1] != '/') {
        path->len--;
    }
    path->len -= path->len > 0;
    path->data[path->len] = '\0';
    return true;
}

// Appends one component to a path. Gives false above the top.
static bool add_component(struct sj_buf *path, bool is_absolute, struct sj_str part)
{
    if (sj_str_eq(part, sj_str_of(".."))) {
        return drop_component(path);
    }
    if (part.len == 0 || sj_str_eq(part, sj_str_of("."))) {
        return true;
    }
    if (path->len > 0 || is_absolute) {
        sj_buf_addc(path, '/');
    }
    sj_buf_add(path, part.data, part.len);
    return !path->is_full;
}

bool sj_include_join(const char *includer, const char *name, struct sj_buf *out)
{
    bool is_absolute = *name == '/' || *includer == '/';
    SJ_AUTO(sj_buf_release) struct sj_buf path = SJ_BUF_INIT(2 * NAME_LIMIT);
    const char *slash = strrchr(includer, '/');
    if (*name != '/' && slash) {
        sj_buf_add(&path, includer, (size_t)(slash - includer));
    }
    while (*name) {
        size_t len = strcspn(name, "/");
        if (!add_component(&path, is_absolute, (struct sj_str){name, len})) {
            return false;
        }
        name += len;
        name += *name == '/';
    }
    sj_buf_add(out, path.data, path.len);
    return path.len > 0 && !out->is_full;
}

const char *sj_include_tail(const char *name)
{
    for (;;) {
        size_t len = strcspn(name, "/");
        bool is_dots = (len == 1 && *name == '.') || (len == 2 && memcmp(name, "..", 2) == 0);
        if (name[len] != '/' || (len > 0 && !is_dots)) {
            return name;
        }
        name += len + 1;
    }
}
