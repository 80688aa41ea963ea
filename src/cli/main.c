// SPDX-License-Identifier: Apache-2.0
// scrubjay-main: every subcommand but the wrapper itself, which starts this program in its place.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/manual.h"

static void warn(const struct sj_err *err, void *user)
{
    (void)user;
    (void)fprintf(stderr, "scrubjay: %s\n", err->text);
}

static void ignore(const struct sj_err *err, void *user)
{
    (void)err;
    (void)user;
}

// A report that did not arrive is a failure: a full disk or a closed pipe must not look like
// success.
static int put_out(const struct sj_buf *out, int status)
{
    if (fwrite(sj_buf_text(out), 1, out->len, stdout) != out->len || fflush(stdout) != 0) {
        if (errno != EPIPE) {
            (void)fprintf(stderr, "scrubjay: cannot write to stdout: %s\n", strerrordesc_np(errno));
        }
        return SJ_EXIT_FAILED;
    }
    return status;
}

static int run_call(struct sj_invocation *call, char **argv)
{
    struct sj_err err;
    if (sj_command_read(call, argv, &err) < 0) {
        (void)fprintf(stderr, "scrubjay: %s\n", err.text);
        return SJ_EXIT_USAGE;
    }
    if (call->wants_help) {
        sj_command_help(call->command, &call->out);
        return SJ_EXIT_OK;
    }
    return call->command->run(call);
}

static int run_command(const struct sj_command *command, char **argv)
{
    struct sj_invocation call = {.command = command, .out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)};
    bool is_own = command->flags & SJ_COMMAND_CONFIG;
    (void)sj_config_load_each(&call.config, is_own ? ignore : warn, NULL);
    int status = put_out(&call.out, run_call(&call, argv));
    sj_buf_release(&call.out);
    sj_config_release(&call.config);
    return status;
}

// The build asks for the manual pages and completions: --print-man [NAME], --print-completion
// SHELL.
static int print_manual(const char *option, const char *argument)
{
    struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    int status = SJ_EXIT_USAGE;
    if (strcmp(option, "--print-man") == 0) {
        status = sj_manual_page(argument, &out) < 0 ? SJ_EXIT_USAGE : SJ_EXIT_OK;
    } else if (strcmp(option, "--print-completion") == 0 && argument) {
        status = sj_manual_completion(argument, &out) < 0 ? SJ_EXIT_USAGE : SJ_EXIT_OK;
    } else if (strcmp(option, "--print-settings") == 0) {
        sj_manual_settings(&out);
        status = SJ_EXIT_OK;
    }
    status = status == SJ_EXIT_OK ? put_out(&out, status) : status;
    sj_buf_release(&out);
    return status;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";
    static const char *const aliases[][2] = {
        {"--help", "help"}, {"-h", "help"}, {"--version", "version"}, {"-V", "version"}};
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        name = strcmp(name, aliases[i][0]) == 0 ? aliases[i][1] : name;
    }
    if (strncmp(name, "--print-", 8) == 0) {
        return print_manual(name, argc > 2 ? argv[2] : NULL);
    }
    const struct sj_command *command = sj_command_find(name);
    if (!command) {
        (void)fprintf(stderr, "scrubjay: no command '%.60s': 'scrubjay help' lists them all\n",
                      name);
        return SJ_EXIT_USAGE;
    }
    if (command->flags & SJ_COMMAND_RAW) {
        return command->run_raw(argc - 1, argv + 1);
    }
    return run_command(command, argc > 2 ? argv + 2 : argv + argc);
}
