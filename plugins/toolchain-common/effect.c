// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "toolchain-common/list.h"
#include "toolchain-common/parser.h"
#include "toolchain-common/text.h"

typedef void effect_fn(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                       const char *arg, const char *value);

static void add_argument(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                         const char *arg, const char *value)
{
    if (value == NULL || option->arg == ARG_JOINED) {
        sj_cc_add_item(parser, arg, NULL);
        return;
    }
    sj_cc_add_item(parser, option->name, NULL);
    sj_cc_add_item(parser, value, NULL);
}

static void do_key(struct sj_cc_parser *parser, const struct sj_cc_option *option, const char *arg,
                   const char *value)
{
    parser->state |= option->value;
    add_argument(parser, option, arg, value);
}

static void do_clear(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                     const char *arg, const char *value)
{
    parser->state &= ~option->value;
    add_argument(parser, option, arg, value);
}

static void do_path(struct sj_cc_parser *parser, const struct sj_cc_option *option, const char *arg,
                    const char *value)
{
    (void)arg;
    parser->state |= option->value;
    sj_cc_add_item(parser, option->name, value);
}

static void do_neutral(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                       const char *arg, const char *value)
{
    (void)arg;
    (void)value;
    parser->state |= option->value;
}

static void do_bypass(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                      const char *arg, const char *value)
{
    (void)value;
    sj_cc_refuse(parser, (enum sj_cc_reason)option->value, arg);
}

static void do_language(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                        const char *arg, const char *value)
{
    (void)option;
    (void)arg;
    parser->forced = NULL;
    if (strcmp(value, "none") == 0) {
        return;
    }
    parser->forced = sj_cc_language_find(value);
    if (parser->forced == NULL) {
        sj_cc_refuse(parser, WHY_UNKNOWN_LANGUAGE, value);
    }
}

static void do_output(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                      const char *arg, const char *value)
{
    (void)option;
    (void)arg;
    parser->output = value;
}

static void do_depfile(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                       const char *arg, const char *value)
{
    (void)option;
    (void)arg;
    if (parser->state & ON_DEPENDENCIES_CPP) {
        sj_cc_refuse(parser, WHY_DEPFILE_CONFLICT, arg);
    }
    parser->depfile = value;
}

static void do_cpp_depfile(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                           const char *arg, const char *value)
{
    if (parser->depfile != NULL) {
        sj_cc_refuse(parser, WHY_DEPFILE_CONFLICT, arg);
    }
    parser->state |= ON_DEPENDENCIES_CPP;
    parser->depfile = value;
    sj_cc_add_item(parser, option->name, NULL);
}

static void do_target(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                      const char *arg, const char *value)
{
    (void)arg;
    parser->state |= ON_TARGET;
    sj_cc_add_item(parser, option->name, value);
}

static void do_map(struct sj_cc_parser *parser, const struct sj_cc_option *option, const char *arg,
                   const char *value)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL) {
        sj_cc_refuse(parser, WHY_UNKNOWN_OPTION, arg);
        return;
    }
    if (parser->maps == NULL) {
        // No command line holds more maps than arguments.
        size_t space = (size_t)parser->request->argc;
        parser->maps = parser->request->alloc(parser->request, space * sizeof(*parser->maps));
    }

    struct sj_cc_map *map = &parser->maps[parser->map_count++];
    map->kinds = option->value;
    map->old_text = sj_cc_copy(parser->request, value, (size_t)(equals - value));
    map->new_text = equals + 1;
    sj_cc_add_item(parser, option->name, map->old_text);
    sj_cc_add_item(parser, equals, NULL);
}

static void do_cpu(struct sj_cc_parser *parser, const struct sj_cc_option *option, const char *arg,
                   const char *value)
{
    // "native+crypto", too
    if (sj_cc_begins(value, "native")) {
        parser->state |= ON_CPU;
    }
    add_argument(parser, option, arg, value);
}

// -Wp,-MD,FILE,… with words behind the file.
static bool names_more_than_depfile(const char *value)
{
    const char *file = strncmp(value, "-MD,", 4) == 0    ? value + 4
                       : strncmp(value, "-MMD,", 5) == 0 ? value + 5
                                                         : "";
    return strchr(file, ',') != NULL;
}

static void do_cpp_list(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                        const char *arg, const char *value)
{
    const char *blamed = option->arg == ARG_SEPARATE ? value : arg;
    if (names_more_than_depfile(value)) {
        // gcc takes the words behind the file for options of their own; clang forgets the file.
        sj_cc_refuse(parser, WHY_DEPFILE_CONFLICT, blamed);
        return;
    }
    sj_cc_take_list(parser, &sj_cc_preprocessor_options, option->name, blamed, value);
}

static void do_as_list(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                       const char *arg, const char *value)
{
    const char *blamed = option->arg == ARG_SEPARATE ? value : arg;
    sj_cc_take_list(parser, &sj_cc_assembler_options, option->name, blamed, value);
}

static void do_frontend(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                        const char *arg, const char *value)
{
    (void)option;
    (void)arg;
    sj_cc_take_frontend(parser, value);
}

static void do_backend(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                       const char *arg, const char *value)
{
    (void)arg;
    sj_cc_take_list(parser, &sj_cc_backend_options, option->name, value, value);
}

static void do_file(struct sj_cc_parser *parser, const struct sj_cc_option *option, const char *arg,
                    const char *value)
{
    (void)arg;
    parser->state |= ON_UNMAPPED;
    sj_cc_add_item(parser, option->name, NULL);
    sj_cc_add_output(parser, (enum sj_role)option->value, SJ_OUTPUT_OPTIONAL, value);
}

static void do_opt_record(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                          const char *arg, const char *value)
{
    (void)arg;
    parser->state |= option->value;
    sj_cc_add_item(parser, option->name, NULL);
    sj_cc_add_output(parser, SJ_ROLE_OPTIMISATION, SJ_OUTPUT_OPTIONAL, value);
}

static bool is_standard_stream(const char *path)
{
    return strcmp(path, "-") == 0 || strcmp(path, "stdout") == 0 || strcmp(path, "stderr") == 0;
}

// What is to be told, then "=" and the file to tell it in; without a file it goes to the terminal.
static void add_report(struct sj_cc_parser *parser, enum sj_role role, const char *arg)
{
    const char *equals = strchr(arg, '=');
    parser->state |= ON_UNMAPPED;
    if (equals == NULL || is_standard_stream(equals + 1)) {
        sj_cc_add_item(parser, arg, NULL);
        return;
    }
    sj_cc_add_item(parser, sj_cc_copy(parser->request, arg, (size_t)(equals - arg) + 1), NULL);
    sj_cc_add_output(parser, role, SJ_OUTPUT_OPTIONAL, equals + 1);
}

static void do_opt_info(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                        const char *arg, const char *value)
{
    (void)option;
    (void)value;
    add_report(parser, SJ_ROLE_OPTIMISATION, arg);
}

static void do_dump(struct sj_cc_parser *parser, const struct sj_cc_option *option, const char *arg,
                    const char *value)
{
    (void)option;
    (void)value;
    parser->state |= strchr(arg, '=') == NULL ? ON_DUMP : 0;
    add_report(parser, SJ_ROLE_DUMP, arg);
}

static void do_listing(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                       const char *arg, const char *value)
{
    (void)option;
    (void)value;
    add_report(parser, SJ_ROLE_LISTING, arg);
}

// The data's file is named after the output, the working directory, or both.
static void do_profile(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                       const char *arg, const char *value)
{
    (void)arg;
    parser->state |= ON_CWD | ON_NAMED_OUTPUT | option->value;
    sj_cc_add_item(parser, option->name, value);
}

static void do_dump_name(struct sj_cc_parser *parser, const struct sj_cc_option *option,
                         const char *arg, const char *value)
{
    (void)value;
    (void)option;
    parser->dump_name = arg;
}

static effect_fn *const effects[DO_COUNT] = {
    [DO_KEY] = do_key,
    [DO_CLEAR] = do_clear,
    [DO_PATH] = do_path,
    [DO_NEUTRAL] = do_neutral,
    [DO_BYPASS] = do_bypass,
    [DO_LANGUAGE] = do_language,
    [DO_OUTPUT] = do_output,
    [DO_DEPFILE] = do_depfile,
    [DO_CPP_DEPFILE] = do_cpp_depfile,
    [DO_TARGET] = do_target,
    [DO_MAP] = do_map,
    [DO_CPU] = do_cpu,
    [DO_CPP_LIST] = do_cpp_list,
    [DO_AS_LIST] = do_as_list,
    [DO_FRONTEND] = do_frontend,
    [DO_BACKEND] = do_backend,
    [DO_FILE] = do_file,
    [DO_OPT_RECORD] = do_opt_record,
    [DO_OPT_INFO] = do_opt_info,
    [DO_PROFILE] = do_profile,
    [DO_DUMP] = do_dump,
    [DO_LISTING] = do_listing,
    [DO_DUMP_NAME] = do_dump_name,
};

void sj_cc_apply(struct sj_cc_parser *parser, const struct sj_cc_option *option, const char *arg,
                 const char *value)
{
    effects[option->effect](parser, option, arg, value);
}
