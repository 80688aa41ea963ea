// SPDX-License-Identifier: Apache-2.0
// Completions for the shells. Sources: bash(1), Programmable Completion; zshcompsys(1); fish's
// complete(1).
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/manual.h"

static void add_names(struct sj_buf *out, const char *between)
{
    size_t count;
    const struct sj_command *const *commands = sj_commands(&count);
    for (size_t i = 0; i < count; i++) {
        sj_buf_addf(out, "%s%s", i ? between : "", commands[i]->name);
    }
}

static void add_options(struct sj_buf *out, const struct sj_command *command)
{
    const struct sj_option *option;
    for (size_t i = 0; (option = sj_command_option(command, i)); i++) {
        sj_buf_addf(out, "%s--%s", i ? " " : "", option->name);
    }
}

static void add_settings(struct sj_buf *out)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        sj_buf_addf(out, "%s%s", i ? " " : "", settings[i].name);
    }
}

static void add_cases(struct sj_buf *out)
{
    size_t count;
    const struct sj_command *const *commands = sj_commands(&count);
    for (size_t i = 0; i < count; i++) {
        sj_buf_addf(out, "    %s) words='", commands[i]->name);
        add_options(out, commands[i]);
        sj_buf_adds(out, "' ;;\n");
    }
}

static void bash(struct sj_buf *out)
{
    sj_buf_adds(out, "# bash completion for scrubjay\n"
                     "_scrubjay() {\n"
                     "  local words='' current=${COMP_WORDS[COMP_CWORD]}\n"
                     "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                     "    words='");
    add_names(out, " ");
    sj_buf_adds(out, "'\n"
                     "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\"; "
                     "compgen -c -- \"$current\" | grep -E '(gcc|g\\+\\+|clang|cc)')\n"
                     "    return\n"
                     "  fi\n"
                     "  case ${COMP_WORDS[1]} in\n");
    add_cases(out);
    sj_buf_adds(out, "  esac\n"
                     "  case ${COMP_WORDS[1]} in\n"
                     "    config) words=\"$words ");
    add_settings(out);
    sj_buf_adds(out, "\" ;;\n"
                     "    help) words='settings ");
    add_names(out, " ");
    sj_buf_adds(out, "' ;;\n"
                     "  esac\n"
                     "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
                     "}\n"
                     "complete -o default -F _scrubjay scrubjay\n");
}

static void zsh(struct sj_buf *out)
{
    sj_buf_adds(out, "#compdef scrubjay\n"
                     "local words=''\n"
                     "if (( CURRENT == 2 )); then\n"
                     "  compadd -- ");
    add_names(out, " ");
    sj_buf_adds(out, "\n"
                     "  _command_names -e\n"
                     "  return\n"
                     "fi\n"
                     "local command=${(Q)${(z)BUFFER}[2]}\n"
                     "case $command in\n");
    add_cases(out);
    sj_buf_adds(out, "esac\n"
                     "[[ -n $words ]] && compadd -- ${=words}\n"
                     "_files\n");
}

// Within single quotes fish knows \\ and \' only.
static void add_quoted(struct sj_buf *out, const char *text)
{
    sj_buf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') {
            sj_buf_addc(out, '\\');
        }
        sj_buf_addc(out, *text);
    }
    sj_buf_addc(out, '\'');
}

static void fish_option(struct sj_buf *out, const char *command, const char *name, bool has_value,
                        const char *help)
{
    sj_buf_addf(out, "complete -c scrubjay -n '__fish_seen_subcommand_from %s' -l %s%s -d ",
                command, name, has_value ? " -r" : "");
    add_quoted(out, help);
    sj_buf_addc(out, '\n');
}

static void fish(struct sj_buf *out)
{
    size_t count;
    const struct sj_command *const *commands = sj_commands(&count);
    for (size_t i = 0; i < count; i++) {
        const struct sj_command *command = commands[i];
        sj_buf_addf(out, "complete -c scrubjay -n __fish_use_subcommand -a %s -d ", command->name);
        add_quoted(out, command->summary);
        sj_buf_addc(out, '\n');
        const struct sj_option *option;
        for (size_t j = 0; (option = sj_command_option(command, j)); j++) {
            fish_option(out, command->name, option->name, option->argument != NULL, option->help);
        }
    }
}

int sj_manual_completion(const char *shell, struct sj_buf *out)
{
    static const struct {
        const char *shell;
        void (*print)(struct sj_buf *out);
    } shells[] = {{"bash", bash}, {"fish", fish}, {"zsh", zsh}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].shell, shell) == 0) {
            shells[i].print(out);
            return 0;
        }
    }
    return -ENOENT;
}
