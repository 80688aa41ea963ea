// SPDX-License-Identifier: Apache-2.0
#include "toolchain-common/parser.h"

#include <stdint.h>
#include <string.h>

#include "toolchain-common/text.h"

enum {
    FIRST_SPACE = 16
};

// A list in the request's memory with one more place; what is outgrown stays behind in the arena.
static void *grow(const struct sj_request *request, const void *list, size_t count, size_t *space,
                  size_t size)
{
    *space = *space == 0 ? FIRST_SPACE : *space * 2;
    void *larger = request->alloc(request, *space * size);
    if (count > 0) {
        memcpy(larger, list, count * size);
    }
    return larger;
}

void sj_cc_refuse(struct sj_cc_parser *parser, enum sj_cc_reason reason, const char *detail)
{
    if (parser->action->bypass == NULL) {
        parser->action->bypass = sj_cc_bypass[reason].id;
        parser->action->bypass_detail = detail;
    }
}

void sj_cc_add_item(struct sj_cc_parser *parser, const char *text, const char *path)
{
    struct sj_action *action = parser->action;
    if (action->item_count == parser->item_space) {
        action->items = grow(parser->request, action->items, action->item_count,
                             &parser->item_space, sizeof(*action->items));
    }
    action->items[action->item_count++] = (struct sj_item){.text = text, .path = path};
}

void sj_cc_add_output(struct sj_cc_parser *parser, enum sj_role role, unsigned flags,
                      const char *path)
{
    struct sj_action *action = parser->action;
    if (action->output_count == parser->output_space) {
        action->outputs = grow(parser->request, action->outputs, action->output_count,
                               &parser->output_space, sizeof(*action->outputs));
    }
    action->outputs[action->output_count++] =
        (struct sj_output){.role = role, .flags = flags, .path = path};
}

static void take_source(struct sj_cc_parser *parser, const char *path)
{
    struct sj_action *action = parser->action;
    if (strcmp(path, "-") == 0) {
        sj_cc_refuse(parser, WHY_STDIN, path);
        return;
    }
    if (path[0] == '@') {
        sj_cc_refuse(parser, WHY_RESPONSE_FILE, path);
        return;
    }
    if (action->source != NULL) {
        // Several inputs may also mean a link, which is known at the end only.
        parser->source_count++;
        return;
    }
    action->source = path;
    parser->source_count = 1;
    parser->language =
        parser->forced != NULL ? parser->forced : sj_cc_language_of_path(path, parser->is_cxx);
}

static const struct sj_cc_option *find_option(const struct sj_cc_parser *parser, const char *arg)
{
    const struct sj_cc_option *own = sj_cc_option_find(parser->family->options, arg);
    const struct sj_cc_option *shared = sj_cc_option_find(&sj_cc_shared_options, arg);
    if (own == NULL || shared == NULL) {
        return own == NULL ? shared : own;
    }
    return strlen(own->name) >= strlen(shared->name) ? own : shared;
}

static void take_option(struct sj_cc_parser *parser, const char *arg)
{
    const struct sj_cc_option *option = find_option(parser, arg);
    if (option == NULL) {
        sj_cc_refuse(parser, WHY_UNKNOWN_OPTION, arg);
        return;
    }
    if (option->arg == ARG_NONE) {
        sj_cc_apply(parser, option, arg, NULL);
        return;
    }

    const char *rest = arg + strlen(option->name);
    bool is_joined = option->arg == ARG_JOINED || (option->arg == ARG_EITHER && rest[0] != '\0');
    if (!is_joined && parser->next >= parser->request->argc) {
        sj_cc_refuse(parser, WHY_MISSING_ARGUMENT, arg);
        return;
    }
    const char *value = is_joined ? rest : parser->request->argv[parser->next++];
    sj_cc_apply(parser, option, arg, value);
}

static void take_arguments(struct sj_cc_parser *parser)
{
    const struct sj_request *request = parser->request;
    bool options_ended = false;
    parser->next = 1;
    while (parser->next < request->argc) {
        const char *arg = request->argv[parser->next++];
        if (!options_ended && parser->family->knows_double_dash && strcmp(arg, "--") == 0) {
            options_ended = true;
        } else if (options_ended || arg[0] != '-' || arg[1] == '\0') {
            take_source(parser, arg);
        } else {
            take_option(parser, arg);
        }
    }
    if (parser->frontend_option != NULL) {
        sj_cc_refuse(parser, WHY_MISSING_ARGUMENT, parser->frontend_option->name);
    }
}

static void check_language(struct sj_cc_parser *parser)
{
    static const enum sj_cc_reason refused[] = {
        [LANGUAGE_FOREIGN] = WHY_FOREIGN_LANGUAGE,
        [LANGUAGE_HEADER] = WHY_PCH_CREATION,
    };

    struct sj_action *action = parser->action;
    if (parser->language == NULL) {
        sj_cc_refuse(parser, WHY_UNKNOWN_LANGUAGE, action->source);
        return;
    }
    enum sj_cc_language_kind kind = parser->language->kind;
    if (kind == LANGUAGE_FOREIGN || (kind == LANGUAGE_HEADER && !(parser->state & ON_SYNTAX))) {
        sj_cc_refuse(parser, refused[kind], action->source);
    }
    if (kind == LANGUAGE_PREPROCESSED || kind == LANGUAGE_IR) {
        action->flags |= SJ_ACTION_PREPROCESSED;
    }
    if (kind == LANGUAGE_ASSEMBLER || kind == LANGUAGE_ASSEMBLER_CPP) {
        action->flags |= SJ_ACTION_ASSEMBLER;
    }
    action->language = parser->language->name;
}

static void check_phase(struct sj_cc_parser *parser)
{
    const struct sj_action *action = parser->action;
    const unsigned no_link = ON_COMPILE | ON_ASSEMBLY | ON_SYNTAX | ON_PRECOMPILE;
    bool is_header = parser->language != NULL && parser->language->kind == LANGUAGE_HEADER;
    if (action->source == NULL) {
        sj_cc_refuse(parser, WHY_NO_INPUT, NULL);
    } else if (!(parser->state & no_link) && !is_header) {
        bool is_test = sj_cc_begins(sj_cc_base_name(action->source), "conftest.");
        sj_cc_refuse(parser, is_test ? WHY_LINK_CONFTEST : WHY_LINK, NULL);
    } else if (parser->source_count > 1) {
        sj_cc_refuse(parser, WHY_MULTIPLE_SOURCES, NULL);
    }
}

static void finish(struct sj_cc_parser *parser)
{
    struct sj_action *action = parser->action;
    check_phase(parser);
    if (action->bypass == NULL) {
        check_language(parser);
    }
    if (action->bypass != NULL) {
        return;
    }

    if (parser->language->kind == LANGUAGE_MODULE) {
        // A compiled interface holds its source's absolute path.
        parser->state |= ON_CWD | ON_UNMAPPED;
    }
    sj_cc_add_item(parser, "language", NULL);
    sj_cc_add_item(parser, action->language, NULL);
    sj_cc_add_item(parser, "source", action->source);
    sj_cc_find_outputs(parser);
    sj_cc_find_places(parser);

    if (parser->state & ON_CPU) {
        action->flags |= SJ_ACTION_NEEDS_CPU;
    }
    bool is_colorable =
        !(parser->state & (ON_COLOR | ON_RECORDS_ARGS)) && !(action->flags & SJ_ACTION_ASSEMBLER);
    action->color_arg = is_colorable ? parser->family->color_arg : NULL;
}

static void record_arguments(struct sj_cc_parser *parser)
{
    parser->action->flags |= SJ_ACTION_RECORDS_ARGS;
    for (int i = 1; i < parser->request->argc; i++) {
        sj_cc_add_item(parser, parser->request->argv[i], NULL);
    }
}

int sj_cc_parse(const struct sj_request *request, const struct sj_cc_family *family,
                struct sj_action *out)
{
    struct sj_cc_parser parser = {.request = request, .family = family, .action = out};
    const char *name = request->argc > 0 ? sj_cc_base_name(request->argv[0]) : "";
    parser.is_cxx = strstr(name, "++") != NULL;

    take_arguments(&parser);
    finish(&parser);
    if (out->bypass == NULL && (parser.state & ON_RECORDS_ARGS)) {
        record_arguments(&parser);
    }
    return 0;
}
