// SPDX-License-Identifier: Apache-2.0
#include "toolchain-clang/clang.h"

#include "toolchain-common/claims.h"
#include "toolchain-common/parser.h"
#include "toolchain-common/text.h"

static bool claims(const char *name)
{
    static const char *const names[] = {"clang", "clang++"};
    return sj_cc_claims(name, names, sizeof(names) / sizeof(names[0]));
}

static void add_outputs(struct sj_cc_parser *parser)
{
    const unsigned split = ON_SPLIT | ON_DEBUG;
    if ((parser->state & split) == split) {
        // -S leaves it in the working directory, wherever its own output goes.
        const char *source = sj_cc_base_name(parser->action->source);
        const char *path = parser->state & ON_ASSEMBLY
                               ? sj_cc_with_suffix(parser->request, source, ".dwo")
                               : sj_cc_aux_path(parser, ".dwo");
        sj_cc_add_split_dwarf(parser, path, true);
    }
    if (parser->state & ON_OPT_RECORD) {
        sj_cc_add_output(parser, SJ_ROLE_OPTIMISATION, SJ_OUTPUT_OPTIONAL,
                         sj_cc_aux_path(parser, ".opt.yaml"));
    }
    if (parser->state & ON_MODULE_OUTPUT) {
        sj_cc_add_output(parser, SJ_ROLE_MODULE, SJ_OUTPUT_OPTIONAL,
                         sj_cc_aux_path(parser, ".pcm"));
    }
}

static const struct sj_cc_family family = {
    .options = &sj_clang_options,
    .frontend = &sj_clang_frontend_options,
    .color_arg = "-fcolor-diagnostics",
    .knows_double_dash = true,
    .add_outputs = add_outputs,
};

static int parse(const struct sj_request *request, struct sj_action *out)
{
    return sj_cc_parse(request, &family, out);
}

static const char *const env[] = {
    "CLANG_CONFIG_FILE_SYSTEM_DIR",
    "CLANG_CONFIG_FILE_USER_DIR",
    "COMPILER_PATH",
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "C_INCLUDE_PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "OBJCPLUS_INCLUDE_PATH",
    "OBJC_INCLUDE_PATH",
    NULL,
};

static const char *const env_neutral[] = {
    "COLORTERM", "TEMP", "TERM", "TMP", "TMPDIR", NULL,
};

// The CCC_* ones edit the command line, so that nothing read from it would hold.
static const char *const env_output[] = {
    "AS_SECURE_LOG_FILE", "CCC_ADD_ARGS",       "CCC_OVERRIDE_OPTIONS",
    "CC_LOG_DIAGNOSTICS", "CC_PRINT_HEADERS",   "CC_PRINT_INTERNAL_STAT",
    "CC_PRINT_OPTIONS",   "CC_PRINT_PROC_STAT", NULL,
};

const struct sj_toolchain sj_toolchain_clang = {
    .abi = SJ_TOOLCHAIN_ABI,
    .name = "clang",
    .claims = claims,
    .parse = parse,
    .env = env,
    .env_neutral = env_neutral,
    .env_output = env_output,
    .bypass = sj_cc_bypass,
};
