// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/manual.h"

static int run_help(struct sj_invocation *call)
{
    const char *topic = call->word_count > 0 ? call->words[0] : NULL;
    const struct sj_command *command = topic ? sj_command_find(topic) : NULL;
    if (!topic) {
        sj_manual_overview(&call->out);
    } else if (command && command->flags & SJ_COMMAND_RAW) {
        char name[32];
        char help[] = "--help";
        (void)snprintf(name, sizeof name, "%s", topic);
        return command->run_raw(2, (char *[]){name, help, NULL});
    } else if (command) {
        sj_command_help(command, &call->out);
    } else if (strcmp(topic, "settings") == 0) {
        sj_manual_settings_help(&call->out);
    } else {
        (void)fprintf(stderr, "scrubjay: no command '%.60s': 'scrubjay help' lists them all\n",
                      topic);
        return SJ_EXIT_USAGE;
    }
    return SJ_EXIT_OK;
}

const struct sj_command sj_command_help_topic = {
    .name = "help",
    .words = "[COMMAND|settings]",
    .words_max = 1,
    .summary = "Print help on a command or on the settings.",
    .text = "Print what commands there are, how one of them is used, or what can be set.\n",
    .run = run_help,
};

static int run_version(struct sj_invocation *call)
{
    if (call->is_json) {
        struct sj_json json = sj_json_of(&call->out);
        sj_json_open(&json, NULL, '{');
        sj_json_str(&json, "version", SJ_VERSION);
        sj_json_close(&json, '}');
        sj_buf_addc(&call->out, '\n');
    } else {
        sj_buf_adds(&call->out, "scrubjay " SJ_VERSION "\n");
    }
    return SJ_EXIT_OK;
}

const struct sj_command sj_command_version = {
    .name = "version",
    .words = "",
    .summary = "Print the version.",
    .text = "Print the version.\n",
    .flags = SJ_COMMAND_JSON,
    .run = run_version,
};
