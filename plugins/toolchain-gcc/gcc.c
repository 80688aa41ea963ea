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

// Named after the output and the suffix of the source: y.o from t.c gives y.c.254t.optimized.
static void add_named_by_both(struct sj_cc_parser *parser, enum sj_role role, unsigned flags,
                              const char *rest)
{
    const char *dot = strrchr(sj_cc_base_name(parser->action->source), '.');
    const char *suffix = sj_cc_join(parser->request, dot == NULL ? "" : dot, rest);
    sj_cc_add_output(parser, role, flags, sj_cc_aux_path(parser, suffix));
}

static void add_outputs(struct sj_cc_parser *parser)
{
    if (parser->state & ON_SPLIT) {
        // Written even without -g, but only once there is an object to take it from.
        bool is_written = !(parser->state & ON_ASSEMBLY);
        sj_cc_add_split_dwarf(parser, sj_cc_aux_path(parser, ".dwo"), is_written);
    }
    if (parser->state & ON_CALL_GRAPH) {
        sj_cc_add_output(parser, SJ_ROLE_CALL_GRAPH, SJ_OUTPUT_OPTIONAL,
                         sj_cc_aux_path(parser, ".ci"));
    }
    if (parser->state & ON_OPT_RECORD) {
        add_named_by_both(parser, SJ_ROLE_OPTIMISATION, SJ_OUTPUT_OPTIONAL, ".opt-record.json.gz");
    }
    if (parser->state & ON_MODULES) {
        sj_cc_add_output(parser, SJ_ROLE_MODULE, SJ_OUTPUT_OPTIONAL | SJ_OUTPUT_PREFIX,
                         "gcm.cache/");
    }
    if (parser->state & ON_DUMP) {
        // Last, for it takes all that nothing else has taken.
        add_named_by_both(parser, SJ_ROLE_DUMP, SJ_OUTPUT_OPTIONAL | SJ_OUTPUT_PREFIX, ".");
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

// COLLECT_* are set by the driver itself, for what it runs; LIBRARY_PATH, LPATH and MAKEFLAGS are
// read by the driver for a link, whether there is one or not.
static const char *const env_neutral[] = {
    "COLLECT_GCC",
    "COLLECT_GCC_OPTIONS",
    "COLLECT_LTO_WRAPPER",
    "COLORTERM",
    "LIBRARY_PATH",
    "LPATH",
    "MAKEFLAGS",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    NULL,
};

static const char *const env_output[] = {
    "CXX_MODULE_MAPPER", "DEPENDENCIES_OUTPUT", "GCC_COMPARE_DEBUG", "SUNPRO_DEPENDENCIES", NULL,
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
