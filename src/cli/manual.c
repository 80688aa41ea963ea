// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/ui.h"

#define SUMMARY_COLUMN 12

static const char overview[] =
    "usage: scrubjay COMPILER ARGUMENT...\n"
    "       scrubjay COMMAND [OPTION]...\n\n"
    "A compile cache that is never wrong about what a compile read. 'scrubjay gcc -c a.c' gives "
    "what 'gcc -c a.c' gives, from the store when it has been compiled before; 'scrubjay run -- "
    "make' does so for a whole build.\n\n";

void sj_manual_overview(struct sj_buf *out)
{
    sj_ui_wrap(out, overview, 0, 0);
    sj_buf_adds(out, "commands:\n");
    size_t count;
    const struct sj_command *const *commands = sj_commands(&count);
    for (size_t i = 0; i < count; i++) {
        sj_buf_addf(out, "  %-*s", SUMMARY_COLUMN - 2, commands[i]->name);
        sj_ui_wrap(out, commands[i]->summary, SUMMARY_COLUMN, SUMMARY_COLUMN);
    }
    sj_buf_adds(out, "\n'scrubjay help COMMAND' tells more, 'scrubjay help settings' what can be "
                     "set.\n");
}

// SCRUBJAY_NAME of a setting.
static void add_variable(struct sj_buf *out, const char *name)
{
    sj_buf_adds(out, "SCRUBJAY_");
    for (; *name; name++) {
        sj_buf_addc(out, (char)toupper((unsigned char)*name));
    }
}

// --name of a setting, as it is documented.
static void add_dashed(struct sj_buf *out, const char *name)
{
    for (; *name; name++) {
        sj_buf_addc(out, *name == '_' ? '-' : *name);
    }
}

static const char settings_text[] =
    "Each setting has one name: 'max_size = 5G' in a file, SCRUBJAY_MAX_SIZE=5G in the "
    "environment, --max-size=5G on the command line. The later wins: /etc/scrubjay.conf, "
    "$XDG_CONFIG_HOME/scrubjay.conf or ~/.config/scrubjay.conf, .scrubjay.conf in the working "
    "directory or above it in the same repository, the environment, the command line. 'scrubjay "
    "config' prints what holds and why.\n";

void sj_manual_settings_help(struct sj_buf *out)
{
    sj_ui_wrap(out, settings_text, 0, 0);
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        sj_buf_addf(out, "\n  %s = %s", settings[i].name, settings[i].argument);
        if (settings[i].fallback) {
            sj_buf_addf(out, "  (default: %s)", settings[i].fallback);
        }
        sj_buf_adds(out, "\n      ");
        sj_ui_wrap(out, settings[i].help, 6, 6);
    }
}

// Text for man(7): a backslash or dash is not to be understood, nor a dot or quote at the start of
// a line.
static void add_roff(struct sj_buf *out, const char *text)
{
    bool is_start = true;
    for (; *text; text++) {
        if (is_start && (*text == '.' || *text == '\'')) {
            sj_buf_adds(out, "\\&");
        }
        is_start = *text == '\n';
        if (*text == '\n' && text[1]) {
            sj_buf_adds(out, "\n.PP\n");
        } else if (*text == '\\') {
            sj_buf_adds(out, "\\e");
        } else if (*text == '-') {
            sj_buf_adds(out, "\\-");
        } else {
            sj_buf_addc(out, *text);
        }
    }
    if (!is_start) {
        sj_buf_addc(out, '\n');
    }
}

static void add_head(struct sj_buf *out, const char *title, const char *summary)
{
    sj_buf_addf(out, ".TH %s 1 \"\" \"scrubjay %s\" \"Scrubjay\"\n.SH NAME\n", title, SJ_VERSION);
    add_roff(out, title);
    sj_buf_adds(out, "\\- ");
    add_roff(out, summary);
    sj_buf_adds(out, ".SH SYNOPSIS\n");
}

static void add_option(struct sj_buf *out, const char *name, const char *argument, const char *help)
{
    sj_buf_adds(out, ".TP\n.B \\-\\-");
    add_roff(out, name);
    if (argument) {
        out->len--; // the value belongs on the same line
        sj_buf_addf(out, " \\fI%s\\fR\n", argument);
    }
    add_roff(out, help);
}

static void command_page(const struct sj_command *command, struct sj_buf *out)
{
    struct sj_buf title = SJ_BUF_INIT(64);
    sj_buf_addf(&title, "scrubjay-%s", command->name);
    add_head(out, sj_buf_text(&title), command->summary);
    sj_buf_release(&title);
    sj_buf_addf(out, ".B scrubjay %s\n[\\fIOPTION\\fR]... ", command->name);
    add_roff(out, *command->words ? command->words : "\n");
    sj_buf_adds(out, ".SH DESCRIPTION\n");
    add_roff(out, command->text);
    sj_buf_adds(out, ".SH OPTIONS\n");
    const struct sj_option *option;
    for (size_t i = 0; (option = sj_command_option(command, i)); i++) {
        add_option(out, option->name, option->argument, option->help);
    }
    sj_buf_adds(out, ".PP\nEvery setting is an option, too.\n"
                     ".SH EXIT STATUS\n0: done; 1: failed; 2: the command line is wrong.\n"
                     ".SH SEE ALSO\n.BR scrubjay (1)\n");
}

static void main_page(struct sj_buf *out)
{
    add_head(out, "scrubjay", "compile cache that is never wrong about its inputs");
    sj_buf_adds(out, ".B scrubjay\n\\fICOMPILER\\fR \\fIARGUMENT\\fR...\n.PP\n.B scrubjay\n"
                     "\\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n");
    add_roff(out, strstr(overview, "A compile cache"));
    sj_buf_adds(out, ".SH COMMANDS\n");
    size_t count;
    const struct sj_command *const *commands = sj_commands(&count);
    for (size_t i = 0; i < count; i++) {
        sj_buf_addf(out, ".TP\n.BR scrubjay\\-%s (1)\n", commands[i]->name);
        add_roff(out, commands[i]->summary);
    }
    sj_buf_adds(out, ".SH SETTINGS\n");
    add_roff(out, settings_text);
    size_t setting_count;
    const struct sj_setting *settings = sj_settings(&setting_count);
    for (size_t i = 0; i < setting_count; i++) {
        sj_buf_addf(out, ".TP\n.B %s\n", settings[i].name);
        add_roff(out, settings[i].help);
        if (settings[i].fallback) {
            sj_buf_adds(out, "Default: ");
            add_roff(out, settings[i].fallback);
        }
    }
    sj_buf_adds(out, ".SH EXIT STATUS\nThe compiler's own status, passed through. Commands: 0: "
                     "done; 1: failed; 2: the command line is wrong.\n");
}

int sj_manual_page(const char *name, struct sj_buf *out)
{
    const struct sj_command *command = name ? sj_command_find(name) : NULL;
    if (name && !command) {
        return -ENOENT;
    }
    if (command) {
        command_page(command, out);
    } else {
        main_page(out);
    }
    return 0;
}

void sj_manual_settings(struct sj_buf *out)
{
    sj_buf_adds(out, "| setting | value | default | project file | what it does |\n"
                     "| --- | --- | --- | --- | --- |\n");
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        sj_buf_addf(out, "| `%s`<br>`", settings[i].name);
        add_variable(out, settings[i].name);
        sj_buf_adds(out, "`<br>");
        if (settings[i].alias) {
            sj_buf_adds(out, "`");
            add_variable(out, settings[i].alias);
            sj_buf_adds(out, "`<br>");
        }
        sj_buf_adds(out, "`--");
        add_dashed(out, settings[i].name);
        sj_buf_addf(out, "` | %s | %s | %s | %s |\n", settings[i].argument,
                    settings[i].fallback ? settings[i].fallback : "–",
                    settings[i].is_personal ? "no" : "yes", settings[i].help);
    }
}
