// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/report.h"
#include "cli/ui.h"

#define HELP_COLUMN 24

static const struct sj_command *const commands[] = {
    &sj_command_backfill, &sj_command_blame,   &sj_command_clear,   &sj_command_compare,
    &sj_command_config,   &sj_command_dash,    &sj_command_doctor,  &sj_command_export,
    &sj_command_gate,     &sj_command_gc,      &sj_command_headers, &sj_command_help_topic,
    &sj_command_import,   &sj_command_predict, &sj_command_run,     &sj_command_serve,
    &sj_command_stats,    &sj_command_token,   &sj_command_trend,   &sj_command_verify,
    &sj_command_version,  &sj_command_why,
};

const struct sj_command *const *sj_commands(size_t *count)
{
    *count = sizeof commands / sizeof commands[0];
    return commands;
}

const struct sj_command *sj_command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

int sj_command_fail(const struct sj_err *err)
{
    (void)fprintf(stderr, "scrubjay: %s\n", err->text);
    return SJ_EXIT_FAILED;
}

static bool same_name(struct sj_str given, const char *name)
{
    if (given.len != strlen(name)) {
        return false;
    }
    for (size_t i = 0; i < given.len; i++) {
        char dash = given.data[i] == '_' ? '-' : given.data[i];
        if (dash != (name[i] == '_' ? '-' : name[i])) {
            return false;
        }
    }
    return true;
}

// Takes the value of an option: behind '=', or the next word. NULL: there is none.
static const char *take_value(const char *equals, char ***at)
{
    return equals ? equals + 1 : *++*at;
}

static int read_setting(struct sj_invocation *call, struct sj_str name, const char *equals,
                        char ***at, struct sj_err *err)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        if (!same_name(name, settings[i].name)) {
            continue;
        }
        bool is_flag = settings[i].type == SJ_SETTING_BOOL && !equals;
        const char *value = is_flag ? "true" : take_value(equals, at);
        if (!value) {
            return sj_fail_plain(err, -EINVAL, "option '--%.*s' needs a value", (int)name.len,
                                 name.data);
        }
        return sj_config_set(&call->config, settings[i].name, value, SJ_ORIGIN_ARG, err);
    }
    return sj_fail_plain(err, -EINVAL, "no option '--%.*s': see 'scrubjay %s --help'",
                         (int)name.len, name.data, call->command->name);
}

/** Options and where their values go. */
struct slots {
    const struct sj_option *options;
    const char **values;
};

#define NOT_LISTED 1

static int read_listed(const struct slots *slots, struct sj_str name, const char *equals,
                       char ***at, struct sj_err *err)
{
    const struct sj_option *options = slots->options;
    for (size_t i = 0; options && options[i].name; i++) {
        if (!same_name(name, options[i].name)) {
            continue;
        }
        if (!options[i].argument && equals) {
            return sj_fail_plain(err, -EINVAL, "option '--%s' takes no value", options[i].name);
        }
        slots->values[i] = options[i].argument ? take_value(equals, at) : "";
        return slots->values[i] ? 0
                                : sj_fail_plain(err, -EINVAL, "option '--%s' needs a value: %s",
                                                options[i].name, options[i].argument);
    }
    return NOT_LISTED;
}

static int read_option(struct sj_invocation *call, char ***at, struct sj_err *err)
{
    const char *text = **at + 2;
    const char *equals = strchr(text, '=');
    struct sj_str name = {text, equals ? (size_t)(equals - text) : strlen(text)};
    if (same_name(name, "help") && !equals) {
        call->wants_help = true;
        return 0;
    }
    if (same_name(name, "json") && !equals && call->command->flags & SJ_COMMAND_JSON) {
        call->is_json = true;
        return 0;
    }
    if (same_name(name, "markdown") && !equals && call->command->flags & SJ_COMMAND_MARKDOWN) {
        call->is_markdown = true;
        return 0;
    }
    const struct slots slots[] = {
        {call->command->options, call->value},
        {call->command->flags & SJ_COMMAND_VIEW ? sj_view_options : NULL, call->view},
    };
    for (size_t i = 0; i < 2; i++) {
        int status = read_listed(&slots[i], name, equals, at, err);
        if (status <= 0) {
            return status;
        }
    }
    return read_setting(call, name, equals, at, err);
}

int sj_command_read(struct sj_invocation *call, char **argv, struct sj_err *err)
{
    bool is_over = false;
    call->words = argv;
    for (char **at = argv; *at; at++) {
        if (is_over || (*at)[0] != '-' || strcmp(*at, "-") == 0) {
            call->words[call->word_count++] = *at;
        } else if (strcmp(*at, "--") == 0) {
            is_over = true;
        } else if (strcmp(*at, "-h") == 0) {
            call->wants_help = true;
        } else if ((*at)[1] != '-') {
            return sj_fail_plain(err, -EINVAL, "no option '%.60s': see 'scrubjay %s --help'", *at,
                                 call->command->name);
        } else {
            int status = read_option(call, &at, err);
            if (status < 0) {
                return status;
            }
        }
    }
    if (!call->wants_help && call->word_count > call->command->words_max) {
        return sj_fail_plain(err, -EINVAL, "what is '%.60s'? see 'scrubjay %s --help'",
                             call->words[call->command->words_max], call->command->name);
    }
    return 0;
}

static void help_option(const char *name, const char *argument, const char *help,
                        struct sj_buf *out)
{
    size_t start = out->len;
    sj_buf_addf(out, "  --%s%s%s", name, argument ? " " : "", argument ? argument : "");
    size_t width = out->len - start;
    if (width + 2 > HELP_COLUMN) {
        sj_buf_addc(out, '\n');
        width = 0;
    }
    sj_buf_addf(out, "%*s", (int)(HELP_COLUMN - width), "");
    sj_ui_wrap(out, help, HELP_COLUMN, HELP_COLUMN);
}

const struct sj_option *sj_command_option(const struct sj_command *command, size_t index)
{
    static const struct {
        unsigned flag;
        struct sj_option option;
    } common[] = {
        {SJ_COMMAND_JSON, {"json", NULL, "Print JSON."}},
        {SJ_COMMAND_MARKDOWN,
         {"markdown", NULL, "Print Markdown, as for a comment on a pull request."}},
        {~0U, {"help", NULL, "Print this help."}},
    };
    static const struct sj_option none = {0};
    const struct sj_option *const lists[] = {
        command->options ? command->options : &none,
        command->flags & SJ_COMMAND_VIEW ? sj_view_options : &none,
    };
    for (size_t list = 0; list < 2; list++) {
        for (const struct sj_option *option = lists[list]; option->name; option++) {
            if (index-- == 0) {
                return option;
            }
        }
    }
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        bool is_taken = common[i].flag == ~0U || (command->flags & common[i].flag);
        if (is_taken && index-- == 0) {
            return &common[i].option;
        }
    }
    return NULL;
}

void sj_command_help(const struct sj_command *command, struct sj_buf *out)
{
    sj_buf_addf(out, "usage: scrubjay %s [OPTION]...%s%s\n\n", command->name,
                *command->words ? " " : "", command->words);
    sj_ui_wrap(out, command->text, 0, 0);
    sj_buf_adds(out, "\noptions:\n");
    const struct sj_option *option;
    for (size_t i = 0; (option = sj_command_option(command, i)); i++) {
        help_option(option->name, option->argument, option->help, out);
    }
    sj_buf_adds(out, "\nEvery setting is an option, too, such as --cache-dir DIR: see "
                     "'scrubjay help settings'.\n");
}
