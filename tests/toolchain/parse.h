// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Parses command lines that are written as one text, and writes what comes out as one text.
 */
#pragma once

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <scrubjay/toolchain.h>

#include "toolchain-clang/clang.h"
#include "toolchain-gcc/gcc.h"

enum {
    ARG_LIMIT = 40,
    TEXT_LIMIT = 4096,
    BLOCK_LIMIT = 512
};

/** A parsed command line and what belongs to it. */
struct parsed {
    struct sj_request request;   /**< what was parsed */
    struct sj_action action;     /**< what came out */
    const char *argv[ARG_LIMIT]; /**< words of the command */
    char command[TEXT_LIMIT];    /**< the command, cut into words */
    void *blocks[BLOCK_LIMIT];   /**< the request's memory */
    size_t block_count;          /**< length of blocks */
};

static inline void *parsed_alloc(const struct sj_request *request, size_t len_bytes)
{
    struct parsed *parsed = request->host;
    cr_assert_lt(parsed->block_count, (size_t)BLOCK_LIMIT);
    void *block = calloc(1, len_bytes == 0 ? 1 : len_bytes);
    cr_assert_not_null(block);
    parsed->blocks[parsed->block_count++] = block;
    return block;
}

static inline const char *parsed_env(const struct sj_request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

// In the tests' world a path that ends in "dir" is a directory, and one below /dev a device.
static inline char parsed_type(const struct sj_request *request, const char *path)
{
    (void)request;
    size_t len = strlen(path);
    if (len >= 3 && strcmp(path + len - 3, "dir") == 0) {
        return 'd';
    }
    return strncmp(path, "/dev/", 5) == 0 ? 'o' : '\0';
}

/** Parse a command, words separated by blanks; the compiler's name chooses the toolchain. */
static inline struct parsed *parse_in(const char *command, const char *cwd, const char *base_dir)
{
    struct parsed *parsed = calloc(1, sizeof(*parsed));
    cr_assert_not_null(parsed);
    cr_assert_lt(strlen(command), sizeof(parsed->command));
    memcpy(parsed->command, command, strlen(command) + 1);

    int argc = 0;
    char *rest = parsed->command;
    for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
        cr_assert_lt(argc, ARG_LIMIT - 1);
        parsed->argv[argc++] = word;
    }
    parsed->request = (struct sj_request){
        .argc = argc,
        .argv = parsed->argv,
        .cwd = cwd,
        .base_dir = base_dir,
        .tool_path = "/usr/bin/compiler",
        .alloc = parsed_alloc,
        .env = parsed_env,
        .file_type = parsed_type,
        .host = parsed,
    };

    const struct sj_toolchain *toolchain =
        sj_toolchain_clang.claims(parsed->argv[0]) ? &sj_toolchain_clang : &sj_toolchain_gcc;
    cr_assert(toolchain->claims(parsed->argv[0]), "%s", command);
    cr_assert_eq(toolchain->parse(&parsed->request, &parsed->action), 0);
    return parsed;
}

/** Parse a command in an ordinary place. */
static inline struct parsed *parse(const char *command)
{
    return parse_in(command, "/home/u/build", NULL);
}

static inline void parsed_free(struct parsed *parsed)
{
    for (size_t i = 0; i < parsed->block_count; i++) {
        free(parsed->blocks[i]);
    }
    free(parsed);
}

static inline void append(char *text, const char *part)
{
    size_t len = strlen(text);
    size_t part_len = strlen(part);
    cr_assert_lt(len + part_len, (size_t)TEXT_LIMIT);
    memcpy(text + len, part, part_len + 1);
}

/** The expected outputs as "object:t.o depfile:t.d"; "?" is optional, "*" a prefix. */
static inline void outputs_text(const struct parsed *parsed, char text[TEXT_LIMIT])
{
    static const char *const roles[SJ_ROLE_COUNT] = {
        [SJ_ROLE_OBJECT] = "object:",     [SJ_ROLE_DEPFILE] = "depfile:",
        [SJ_ROLE_SPLIT_DWARF] = "dwo:",   [SJ_ROLE_COVERAGE] = "coverage:",
        [SJ_ROLE_STACK_USAGE] = "stack:", [SJ_ROLE_CALL_GRAPH] = "calls:",
        [SJ_ROLE_DIAGNOSTICS] = "diag:",  [SJ_ROLE_OPTIMISATION] = "opt:",
        [SJ_ROLE_DUMP] = "dump:",         [SJ_ROLE_LISTING] = "listing:",
        [SJ_ROLE_MODULE] = "module:",
    };

    text[0] = '\0';
    for (size_t i = 0; i < parsed->action.output_count; i++) {
        const struct sj_output *output = &parsed->action.outputs[i];
        append(text, i > 0 ? " " : "");
        append(text, roles[output->role]);
        append(text, output->path);
        append(text, output->flags & SJ_OUTPUT_PREFIX ? "*" : "");
        append(text, output->flags & SJ_OUTPUT_OPTIONAL ? "?" : "");
    }
}

/** The key's items as "-I(dir) -O2", and the working directory when it is part of the key. */
static inline void key_text(const struct parsed *parsed, char text[TEXT_LIMIT])
{
    text[0] = '\0';
    for (size_t i = 0; i < parsed->action.item_count; i++) {
        const struct sj_item *item = &parsed->action.items[i];
        append(text, i > 0 ? " " : "");
        append(text, item->text);
        if (item->path != NULL) {
            append(text, "(");
            append(text, item->path);
            append(text, ")");
        }
    }
    if (parsed->action.flags & SJ_ACTION_NEEDS_CWD) {
        append(text, " cwd=");
        append(text, parsed->request.cwd);
    }
}
