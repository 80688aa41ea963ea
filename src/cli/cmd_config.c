// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/ui.h"

enum {
    OPT_FILE,
};

static const struct sj_option options[] = {
    {"file", NULL, "Print where the settings files are, or would be."},
    {NULL, NULL, NULL},
};

/** Problems of the settings, to be told after the rest. */
struct problems {
    struct sj_buf text; // a line each
    size_t count;
};

static void note(const struct sj_err *err, void *user)
{
    struct problems *problems = user;
    sj_buf_addf(&problems->text, "%s\n", err->text);
    problems->count++;
}

static void print_files(bool is_json, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    if (is_json) {
        sj_json_open(&json, NULL, '{');
    }
    for (enum sj_origin origin = SJ_ORIGIN_SYSTEM; origin <= SJ_ORIGIN_PROJECT; origin++) {
        SJ_AUTO(sj_auto_free) char *path = sj_config_path(origin);
        if (is_json) {
            sj_json_str(&json, sj_origin_name(origin), path);
            continue;
        }
        sj_buf_addf(out, "%-8s ", sj_origin_name(origin));
        sj_ui_text(out, path);
        sj_buf_adds(out, path && access(path, R_OK) == 0 ? "\n" : " (not there)\n");
    }
    if (is_json) {
        sj_json_close(&json, '}');
        sj_buf_addc(out, '\n');
    }
}

// The caller frees it.
static char *text_of(const struct sj_config *config, const struct sj_setting *setting)
{
    char *text = sj_config_text(config, setting);
    if (setting->is_secret && *text) {
        free(text);
        text = sj_strdup("(set)");
    }
    return text;
}

static int print_one(const struct sj_invocation *call, struct sj_buf *out, struct sj_err *err)
{
    const struct sj_setting *setting = sj_setting_find(call->words[0]);
    if (!setting) {
        return sj_fail_plain(err, -ENOENT, "no setting '%.60s': 'scrubjay config' lists them all",
                             call->words[0]);
    }
    SJ_AUTO(sj_auto_free) char *text = text_of(&call->config, setting);
    if (call->is_json) {
        struct sj_json json = sj_json_of(out);
        sj_json_str(&json, NULL, text);
    } else {
        sj_buf_adds(out, text);
    }
    sj_buf_addc(out, '\n');
    return 0;
}

static void json_all(const struct sj_invocation *call, const struct problems *problems,
                     struct sj_buf *out)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_json_open(&json, "settings", '{');
    for (size_t i = 0; i < count; i++) {
        SJ_AUTO(sj_auto_free) char *text = text_of(&call->config, &settings[i]);
        sj_json_open(&json, settings[i].name, '{');
        sj_json_str(&json, "value", text);
        sj_json_str(&json, "origin", sj_origin_name(call->config.origin[i]));
        sj_json_close(&json, '}');
    }
    sj_json_close(&json, '}');
    sj_json_open(&json, "problems", '[');
    for (const char *at = sj_buf_text(&problems->text); *at;) {
        size_t len = strcspn(at, "\n");
        sj_json_strn(&json, NULL, at, len);
        at += len + 1;
    }
    sj_json_close(&json, ']');
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}

static void print_all(const struct sj_invocation *call, struct sj_buf *out)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    struct sj_table table = SJ_TABLE_OF("lll");
    for (size_t i = 0; i < count; i++) {
        SJ_AUTO(sj_auto_free) char *text = text_of(&call->config, &settings[i]);
        sj_table_cell(&table, settings[i].name);
        sj_table_cell(&table, *text ? text : "-");
        sj_table_cell(&table, sj_origin_name(call->config.origin[i]));
    }
    sj_table_print(&table, out);
    sj_table_release(&table);
}

static int run(struct sj_invocation *call)
{
    // Loaded once more, to hear of every problem; what counts was loaded with the command line.
    struct sj_config again;
    struct problems problems = {.text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)};
    (void)sj_config_load_each(&again, note, &problems);
    sj_config_release(&again);

    struct sj_err err;
    int status = 0;
    if (call->value[OPT_FILE]) {
        print_files(call->is_json, &call->out);
    } else if (call->word_count > 0) {
        status = print_one(call, &call->out, &err);
    } else if (call->is_json) {
        json_all(call, &problems, &call->out);
    } else {
        print_all(call, &call->out);
    }
    if (status < 0) {
        (void)sj_command_fail(&err);
    }
    if (problems.count > 0) {
        (void)fputs(sj_buf_text(&problems.text), stderr);
    }
    bool is_good = status == 0 && problems.count == 0;
    sj_buf_release(&problems.text);
    return is_good ? SJ_EXIT_OK : SJ_EXIT_FAILED;
}

const struct sj_command sj_command_config = {
    .name = "config",
    .words = "[NAME]",
    .words_max = 1,
    .summary = "Print the settings, and where each comes from.",
    .text = "Print every setting with its value and its origin: default, system file, user file, "
            "project file, environment or command line; the later wins. With NAME, print that "
            "setting's value alone. The exit status is 1 when a file or variable is wrong.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON | SJ_COMMAND_CONFIG,
    .run = run,
};
