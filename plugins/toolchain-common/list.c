// SPDX-License-Identifier: Apache-2.0
#include "toolchain-common/list.h"

#include <string.h>

#include "toolchain-common/text.h"

static const struct sj_cc_option preprocessor_options[] = {
    {"-D", ARG_JOINED, DO_KEY, 0},
    {"-I", ARG_JOINED, DO_PATH, 0},
    {"-MD", ARG_SEPARATE, DO_CPP_DEPFILE, 0},
    {"-MF", ARG_SEPARATE, DO_DEPFILE, 0},
    {"-MMD", ARG_SEPARATE, DO_CPP_DEPFILE, 0},
    {"-MP", ARG_NONE, DO_KEY, 0},
    {"-MQ", ARG_SEPARATE, DO_TARGET, 0},
    {"-MT", ARG_SEPARATE, DO_TARGET, 0},
    {"-U", ARG_JOINED, DO_KEY, 0},
    {"-W", ARG_JOINED, DO_KEY, 0},
    {"-fopenmp", ARG_NONE, DO_KEY, 0},
    {"-w", ARG_NONE, DO_KEY, 0},
};

static const struct sj_cc_option assembler_options[] = {
    {"--32", ARG_NONE, DO_KEY, 0},
    {"--64", ARG_NONE, DO_KEY, 0},
    {"--compress-debug-sections", ARG_JOINED, DO_KEY, 0},
    {"--defsym", ARG_SEPARATE, DO_KEY, 0},
    {"--divide", ARG_NONE, DO_KEY, 0},
    {"--elf-stt-common=", ARG_JOINED, DO_KEY, 0},
    {"--execstack", ARG_NONE, DO_KEY, 0},
    {"--fatal-warnings", ARG_NONE, DO_KEY, 0},
    {"--gdwarf", ARG_JOINED, DO_KEY, ON_ASM_DEBUG},
    {"--gen-debug", ARG_NONE, DO_KEY, ON_ASM_DEBUG},
    {"--generate-missing-build-notes=", ARG_JOINED, DO_KEY, 0},
    {"--gstabs", ARG_JOINED, DO_KEY, ON_ASM_DEBUG},
    {"--keep-locals", ARG_NONE, DO_KEY, 0},
    {"--no-pad-sections", ARG_NONE, DO_KEY, 0},
    {"--no-warn", ARG_NONE, DO_KEY, 0},
    {"--nocompress-debug-sections", ARG_NONE, DO_KEY, 0},
    {"--noexecstack", ARG_NONE, DO_KEY, 0},
    {"--reduce-memory-overheads", ARG_NONE, DO_KEY, 0},
    {"--strip-local-absolute", ARG_NONE, DO_KEY, 0},
    {"--warn", ARG_NONE, DO_KEY, 0},
    {"--x32", ARG_NONE, DO_KEY, 0},
    {"-I", ARG_EITHER, DO_PATH, 0},
    {"-L", ARG_NONE, DO_KEY, 0},
    {"-R", ARG_NONE, DO_KEY, 0},
    {"-W", ARG_NONE, DO_KEY, 0},
    {"-a", ARG_JOINED, DO_LISTING, 0},
    {"-alternate", ARG_NONE, DO_KEY, 0},
    {"-g", ARG_JOINED, DO_KEY, ON_ASM_DEBUG},
    {"-m", ARG_JOINED, DO_KEY, 0},
    {"-n", ARG_NONE, DO_KEY, 0},
};

// Of LLVM's thousands of options, the families that tune code and write nothing else.
static const struct sj_cc_option backend_options[] = {
    {"-aarch64-", ARG_JOINED, DO_KEY, 0},       {"-align-", ARG_JOINED, DO_KEY, 0},
    {"-amdgpu-", ARG_JOINED, DO_KEY, 0},        {"-arm-", ARG_JOINED, DO_KEY, 0},
    {"-asan-", ARG_JOINED, DO_KEY, 0},          {"-disable-", ARG_JOINED, DO_KEY, 0},
    {"-enable-", ARG_JOINED, DO_KEY, 0},        {"-fast-isel", ARG_JOINED, DO_KEY, 0},
    {"-force-vector-", ARG_JOINED, DO_KEY, 0},  {"-generate-arange-section", ARG_NONE, DO_KEY, 0},
    {"-hot-cold-split", ARG_JOINED, DO_KEY, 0}, {"-hwasan-", ARG_JOINED, DO_KEY, 0},
    {"-inline", ARG_JOINED, DO_KEY, 0},         {"-instcombine-", ARG_JOINED, DO_KEY, 0},
    {"-msan-", ARG_JOINED, DO_KEY, 0},          {"-polly", ARG_JOINED, DO_KEY, 0},
    {"-riscv-", ARG_JOINED, DO_KEY, 0},         {"-sanitizer-coverage-", ARG_JOINED, DO_KEY, 0},
    {"-slp-", ARG_JOINED, DO_KEY, 0},           {"-tsan-", ARG_JOINED, DO_KEY, 0},
    {"-unroll-", ARG_JOINED, DO_KEY, 0},        {"-vectorize-", ARG_JOINED, DO_KEY, 0},
    {"-x86-", ARG_JOINED, DO_KEY, 0},
};

#define TABLE(list)                            \
    {                                          \
        list, sizeof(list) / sizeof((list)[0]) \
    }

const struct sj_cc_table sj_cc_preprocessor_options = TABLE(preprocessor_options);
const struct sj_cc_table sj_cc_assembler_options = TABLE(assembler_options);
const struct sj_cc_table sj_cc_backend_options = TABLE(backend_options);

// The next part of a comma-separated list; NULL behind the last one.
static const char *next_part(const struct sj_cc_parser *parser, const char **rest)
{
    if (*rest == NULL) {
        return NULL;
    }
    const char *start = *rest;
    const char *comma = strchr(start, ',');
    size_t len = comma == NULL ? strlen(start) : (size_t)(comma - start);
    *rest = comma == NULL ? NULL : comma + 1;
    return sj_cc_copy(parser->request, start, len);
}

void sj_cc_take_list(struct sj_cc_parser *parser, const struct sj_cc_table *table, const char *tool,
                     const char *arg, const char *value)
{
    const char *rest = value;
    const char *part = next_part(parser, &rest);
    sj_cc_add_item(parser, tool, NULL);
    for (; part != NULL; part = next_part(parser, &rest)) {
        const struct sj_cc_option *option = sj_cc_option_find(table, part);
        if (option == NULL) {
            sj_cc_refuse(parser, WHY_UNKNOWN_OPTION, arg);
            return;
        }

        const char *joined = part + strlen(option->name);
        bool is_next =
            option->arg == ARG_SEPARATE || (option->arg == ARG_EITHER && joined[0] == '\0');
        const char *argument = is_next ? next_part(parser, &rest) : joined;
        if (argument == NULL) {
            sj_cc_refuse(parser, WHY_MISSING_ARGUMENT, arg);
            return;
        }
        sj_cc_apply(parser, option, part, option->arg == ARG_NONE ? NULL : argument);
    }
}

void sj_cc_take_frontend(struct sj_cc_parser *parser, const char *value)
{
    const struct sj_cc_option *option = parser->frontend_option;
    sj_cc_add_item(parser, "-Xclang", NULL);
    if (option != NULL) {
        parser->frontend_option = NULL;
        sj_cc_apply(parser, option, option->name, value);
        return;
    }

    const struct sj_cc_table *table = parser->family->frontend;
    option = table == NULL ? NULL : sj_cc_option_find(table, value);
    if (option == NULL) {
        sj_cc_refuse(parser, WHY_UNKNOWN_OPTION, value);
        return;
    }
    if (option->arg == ARG_SEPARATE) {
        parser->frontend_option = option;
        return;
    }
    const char *joined = value + strlen(option->name);
    sj_cc_apply(parser, option, value, option->arg == ARG_NONE ? NULL : joined);
}
