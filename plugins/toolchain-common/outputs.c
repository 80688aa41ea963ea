// SPDX-License-Identifier: Apache-2.0
// What a compile writes. The names were found by running gcc 12 and clang 14, 19 and 22; a compiler
// that names a file in another way writes one that is not expected, and then nothing is stored.
#include <string.h>

#include "toolchain-common/parser.h"
#include "toolchain-common/text.h"

static const char *const null_device = "/dev/null";

// What is written beside the main output and named after it.
static const unsigned auxiliary = ON_SPLIT | ON_NOTES | ON_STACK_USAGE | ON_CALL_GRAPH |
                                  ON_OPT_RECORD | ON_MODULE_OUTPUT | ON_DUMP;

// The main output when -o does not name it.
static const char *default_output(const struct sj_cc_parser *parser)
{
    const char *source = sj_cc_base_name(parser->action->source);
    unsigned state = parser->state;
    const char *suffix = ".o";
    if (state & ON_ASSEMBLY) {
        suffix = state & ON_LLVM ? ".ll" : ".s";
    } else if (state & ON_PRECOMPILE) {
        suffix = ".pcm";
    } else if (state & ON_LLVM) {
        suffix = ".bc";
    }
    return sj_cc_with_suffix(parser->request, source, suffix);
}

static void check_output(struct sj_cc_parser *parser)
{
    const struct sj_request *request = parser->request;
    const char *output = parser->output;
    if (output == NULL || strcmp(output, null_device) == 0) {
        return;
    }
    if (strcmp(output, "-") == 0) {
        sj_cc_refuse(parser, WHY_OUTPUT_TO_STDOUT, output);
        return;
    }
    char type = request->file_type(request, output);
    if (output[0] == '\0' || (type != 'f' && type != '\0')) {
        sj_cc_refuse(parser, WHY_OUTPUT_NOT_REGULAR, output);
    }
}

const char *sj_cc_aux_path(const struct sj_cc_parser *parser, const char *suffix)
{
    const char *path =
        parser->output != NULL ? parser->output : sj_cc_base_name(parser->action->source);
    return sj_cc_with_suffix(parser->request, path, suffix);
}

static void add_depfile(struct sj_cc_parser *parser)
{
    if (!(parser->state & (ON_DEPENDENCIES | ON_DEPENDENCIES_CPP))) {
        return;
    }
    if (!(parser->state & ON_TARGET)) {
        sj_cc_add_item(parser, "target", parser->output);
    }

    const char *path = parser->depfile != NULL ? parser->depfile : sj_cc_aux_path(parser, ".d");
    if (strcmp(path, "-") == 0) {
        sj_cc_refuse(parser, WHY_OUTPUT_TO_STDOUT, path);
    }
    if (strcmp(path, null_device) == 0) {
        sj_cc_add_item(parser, "no depfile", NULL);
    } else {
        bool is_plain = parser->language->kind == LANGUAGE_ASSEMBLER ||
                        parser->language->kind == LANGUAGE_IR ||
                        parser->language->kind == LANGUAGE_PREPROCESSED;
        sj_cc_add_output(parser, SJ_ROLE_DEPFILE, is_plain ? SJ_OUTPUT_OPTIONAL : 0, path);
    }
}

static void add_object(struct sj_cc_parser *parser)
{
    if (parser->state & ON_SYNTAX) {
        return;
    }
    const char *path = parser->output != NULL ? parser->output : default_output(parser);
    if (strcmp(path, null_device) == 0) {
        // A result without an object is of no use to a compile that wants one.
        sj_cc_add_item(parser, "no object", NULL);
    }
    sj_cc_add_output(parser, SJ_ROLE_OBJECT, 0, path);

    // The first output names the action in reports.
    struct sj_output *outputs = parser->action->outputs;
    size_t last = parser->action->output_count - 1;
    struct sj_output object = outputs[last];
    memmove(outputs + 1, outputs, last * sizeof(*outputs));
    outputs[0] = object;
}

// Files that are named after the main output go where nobody wants them when that is no real file:
// beside /dev/null, for one.
static void check_auxiliary(struct sj_cc_parser *parser)
{
    bool names_depfile = (parser->state & ON_DEPENDENCIES) && parser->depfile == NULL;
    if (!(parser->state & auxiliary) && !names_depfile) {
        return;
    }
    if (parser->dump_name != NULL) {
        sj_cc_refuse(parser, WHY_UNSUPPORTED_OPTION, parser->dump_name);
    }
    if (parser->output != NULL && strcmp(parser->output, null_device) == 0) {
        sj_cc_refuse(parser, WHY_OUTPUT_NOT_REGULAR, parser->output);
    }
}

void sj_cc_add_split_dwarf(struct sj_cc_parser *parser, const char *path, bool is_written)
{
    // The main output names it, even an assembly that leaves it to the assembler to write it.
    sj_cc_add_item(parser, "dwo", path);
    if (is_written) {
        sj_cc_add_output(parser, SJ_ROLE_SPLIT_DWARF, SJ_OUTPUT_OPTIONAL, path);
    }
}

void sj_cc_find_outputs(struct sj_cc_parser *parser)
{
    check_output(parser);
    check_auxiliary(parser);
    add_object(parser);
    add_depfile(parser);
    if (parser->state & ON_NAMED_OUTPUT) {
        sj_cc_add_item(parser, "output", parser->output);
    }
    if (parser->state & ON_SYNTAX) {
        return;
    }

    if (parser->state & ON_STACK_USAGE) {
        sj_cc_add_output(parser, SJ_ROLE_STACK_USAGE, SJ_OUTPUT_OPTIONAL,
                         sj_cc_aux_path(parser, ".su"));
    }
    if (parser->state & ON_NOTES) {
        sj_cc_add_output(parser, SJ_ROLE_COVERAGE, SJ_OUTPUT_OPTIONAL,
                         sj_cc_aux_path(parser, ".gcno"));
    }
    parser->family->add_outputs(parser);
}
