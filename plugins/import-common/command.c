// SPDX-License-Identifier: Apache-2.0
#include "import-common/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

void import_command_release(struct import_command *command)
{
    if (command) {
        free(command->text);
        free(command->words);
        free(command->args);
        *command = (struct import_command){0};
    }
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/** A shell's reading of a line. */
struct scan {
    const char *at;
    const char *end;
    char *to; // where the words are written, each NUL-terminated
};

// The backslash and the byte behind it. In double quotes it keeps its meaning before few bytes.
static void take_escape(struct scan *scan, bool is_quoted)
{
    scan->at++;
    if (scan->at == scan->end) {
        return;
    }
    if (is_quoted && !strchr("\"\\$`", *scan->at)) {
        *scan->to++ = '\\';
    }
    *scan->to++ = *scan->at++;
}

static void take_quoted(struct scan *scan)
{
    char quote = *scan->at++;
    while (scan->at < scan->end && *scan->at != quote) {
        if (*scan->at == '\\' && quote == '"') {
            take_escape(scan, true);
        } else {
            *scan->to++ = *scan->at++;
        }
    }
    scan->at += scan->at < scan->end;
}

// Read a word; false at the end.
static bool take_word(struct scan *scan)
{
    while (scan->at < scan->end && is_blank(*scan->at)) {
        scan->at++;
    }
    if (scan->at == scan->end) {
        return false;
    }
    while (scan->at < scan->end && !is_blank(*scan->at)) {
        if (*scan->at == '"' || *scan->at == '\'') {
            take_quoted(scan);
        } else if (*scan->at == '\\') {
            take_escape(scan, false);
        } else {
            *scan->to++ = *scan->at++;
        }
    }
    *scan->to++ = '\0';
    return true;
}

// What stands in front of compilers, and is none.
static bool is_launcher(const char *word)
{
    static const char *const names[] = {
        "buildcache", "ccache", "distcc", "env", "icecc", "sccache", "scrubjay", "time",
    };
    const char *name = import_base_name(word);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_source(const char *word)
{
    static const char *const ends[] = {".c",  ".cc", ".cpp", ".cxx", ".c++",  ".C",   ".cp", ".m",
                                       ".mm", ".S",  ".s",   ".sx",  ".asm",  ".cu",  ".i",  ".ii",
                                       ".f",  ".F",  ".f90", ".F90", ".cppm", ".ixx", ".d",  ".go"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (import_ends(word, ends[i])) {
            return true;
        }
    }
    return false;
}

// Options whose value, in the next word, may look like source or begin with "-o".
static bool takes_value(const char *word)
{
    static const char *const names[] = {
        "-D",       "-I",       "-MF",     "-MQ",      "-MT", "-U",      "-Xclang", "-idirafter",
        "-imacros", "-include", "-iquote", "-isystem", "-x",  "--param", "-arch",   "-target"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(word, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void find_places(struct import_command *command)
{
    for (size_t i = 1; i < command->count; i++) {
        const char *word = command->words[i];
        if (strcmp(word, "-o") == 0) {
            command->output = command->words[i + 1]; // NULL behind the last one
            i++;
        } else if (strncmp(word, "-o", 2) == 0) {
            command->output = word + 2;
        } else if (takes_value(word)) {
            i++;
        } else if (*word != '-' && !command->source && is_source(word)) {
            command->source = word;
        }
    }
}

static int join_args(struct import_command *command)
{
    size_t len = 1;
    for (size_t i = 1; i < command->count; i++) {
        len += strlen(command->words[i]) + 1;
    }
    char *args = malloc(len);
    if (!args) {
        return -ENOMEM;
    }
    char *to = args;
    for (size_t i = 1; i < command->count; i++) {
        size_t word_len = strlen(command->words[i]);
        if (i > 1) {
            *to++ = ' ';
        }
        memcpy(to, command->words[i], word_len);
        to += word_len;
    }
    *to = '\0';
    command->args = args;
    return 0;
}

// Words one behind the other become an array without launchers.
static int make_words(struct import_command *command, size_t count)
{
    command->words = calloc(count + 1, sizeof *command->words);
    if (!command->words) {
        return -ENOMEM;
    }
    char *at = command->text;
    for (size_t i = 0; i < count; i++) {
        bool is_front = command->count == 0 && (is_launcher(at) || strchr(at, '='));
        if (!is_front) {
            command->words[command->count++] = at;
        }
        at += strlen(at) + 1;
    }
    if (command->count == 0) {
        return 1;
    }
    find_places(command);
    return join_args(command);
}

int import_command_split(struct import_text text, struct import_command *out)
{
    // Each word is at most as long as it is written, and has a blank or the end behind it.
    struct import_command command = {.text = malloc(text.len + 2)};
    struct scan scan = {text.data, text.data + text.len, command.text};
    size_t count = 0;
    if (!command.text) {
        return -ENOMEM;
    }
    if (import_has_nul(text)) {
        import_command_release(&command);
        return 1;
    }
    while (take_word(&scan)) {
        count++;
    }
    int status = make_words(&command, count);
    if (status != 0) {
        import_command_release(&command);
        return status;
    }
    *out = command;
    return 0;
}

int import_command_of(const char *const *words, size_t count, struct import_command *out)
{
    size_t len = 1;
    for (size_t i = 0; i < count; i++) {
        len += strlen(words[i]) + 1;
    }
    struct import_command command = {.text = malloc(len)};
    if (!command.text) {
        return -ENOMEM;
    }
    char *to = command.text;
    for (size_t i = 0; i < count; i++) {
        size_t word_len = strlen(words[i]) + 1;
        memcpy(to, words[i], word_len);
        to += word_len;
    }
    int status = make_words(&command, count);
    if (status != 0) {
        import_command_release(&command);
        return status;
    }
    *out = command;
    return 0;
}

bool import_is_compiler(const char *word)
{
    static const char *const names[] = {"c++", "cc",  "clang", "clang++", "g++",
                                        "gcc", "icx", "nvcc",  "gfortran"};
    const char *name = import_base_name(word);
    size_t len = strlen(name);
    // A version may stand behind it: gcc-12.
    while (len > 0 && (isdigit((unsigned char)name[len - 1]) || name[len - 1] == '.')) {
        len--;
    }
    len -= len > 0 && name[len - 1] == '-';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t want = strlen(names[i]);
        bool is_it = len >= want && memcmp(name + len - want, names[i], want) == 0;
        // A target may stand in front of it: aarch64-linux-gnu-gcc.
        if (is_it && (len == want || name[len - want - 1] == '-')) {
            return true;
        }
    }
    return false;
}

char *import_object_name(const char *source)
{
    const char *name = import_base_name(source);
    const char *dot = strrchr(name, '.');
    size_t len = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    return import_join((struct import_text){name, len}, ".o");
}
