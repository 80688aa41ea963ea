// SPDX-License-Identifier: Apache-2.0
#include "toolchain-gcc/gcc.h"

#include <string.h>

#include "toolchain-common/claims.h"
#include "toolchain-common/parser.h"
#include "toolchain-common/text.h"

static bool claims(const char *name)
{
    static const char *const names[] = {"c++", "c89", "c99", "cc", "g++", "gcc"};
    return sj_cc_claims(name, names, sizeof(names) / sizeof(names[0]));
}

static void add_outputs(struct sj_cc_parser *parser)
{
    // Written even without -g, but by the assembler only.
    if ((parser->state & ON_SPLIT) && !(parser->state & ON_ASSEMBLY)) {
        sj_cc_add_split_dwarf(parser, sj_cc_aux_path(parser, ".dwo"));
    }
    if (parser->state & ON_CALL_GRAPH) {
        sj_cc_add_output(parser, SJ_ROLE_CALL_GRAPH, SJ_OUTPUT_OPTIONAL,
                         sj_cc_aux_path(parser, ".ci"));
    }
    if (parser->state & ON_OPT_RECORD) {
        // Named after the output and the suffix of the source: x.o from y.c gives x.c.opt-record…
        const char *source = sj_cc_base_name(parser->action->source);
        const char *dot = strrchr(source, '.');
        const char *suffix =
            sj_cc_join(parser->request, dot == NULL ? "" : dot, ".opt-record.json.gz");
        sj_cc_add_output(parser, SJ_ROLE_OPTIMISATION, SJ_OUTPUT_OPTIONAL,
                         sj_cc_aux_path(parser, suffix));
    }
    if (parser->state & ON_MODULES) {
        sj_cc_add_output(parser, SJ_ROLE_MODULE, SJ_OUTPUT_OPTIONAL | SJ_OUTPUT_PREFIX,
                         "gcm.cache/");
    }
}

static const struct sj_cc_family family = {
    .options = &sj_gcc_options,
    .color_arg = "-fdiagnostics-color=always",
    .add_outputs = add_outputs,
};

static int parse(const struct sj_request *request, struct sj_action *out)
{
    return sj_cc_parse(request, &family, out);
}

static const char *const env[] = {
    "COMPILER_PATH",
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "C_INCLUDE_PATH",
    "GCC_COLORS",
    "GCC_EXEC_PREFIX",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "OBJCPLUS_INCLUDE_PATH",
    "OBJC_INCLUDE_PATH",
    NULL,
};

// COLLECT_* are set by the driver itself, for what it runs.
static const char *const env_neutral[] = {
    "COLLECT_GCC",
    "COLLECT_GCC_OPTIONS",
    "COLLECT_LTO_WRAPPER",
    "COLORTERM",
    "MAKEFLAGS",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    NULL,
};

static const char *const env_output[] = {
    "DEPENDENCIES_OUTPUT",
    "GCC_COMPARE_DEBUG",
    "SUNPRO_DEPENDENCIES",
    NULL,
};

const struct sj_toolchain sj_toolchain_gcc = {
    .abi = SJ_TOOLCHAIN_ABI,
    .name = "gcc",
    .claims = claims,
    .parse = parse,
    .env = env,
    .env_neutral = env_neutral,
    .env_output = env_output,
    .bypass = sj_cc_bypass,
};
