// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/manual.h"

static struct sj_invocation call;
static struct sj_err err;

static int read_line(const char *name, const char *const *words)
{
    static char copies[8][64];
    static char *argv[9];
    size_t count = 0;
    for (; words[count]; count++) {
        (void)snprintf(copies[count], sizeof copies[count], "%s", words[count]);
        argv[count] = copies[count];
    }
    argv[count] = NULL;
    sj_config_release(&call.config);
    call = (struct sj_invocation){.command = sj_command_find(name)};
    err.text[0] = '\0';
    return sj_command_read(&call, argv, &err);
}

#define READ(name, ...) read_line(name, (const char *const[]){__VA_ARGS__, NULL})

Test(command, table_is_sorted_and_described)
{
    size_t count;
    const struct sj_command *const *commands = sj_commands(&count);
    for (size_t i = 0; i < count; i++) {
        cr_expect(i == 0 || strcmp(commands[i - 1]->name, commands[i]->name) < 0);
        cr_expect_eq(sj_command_find(commands[i]->name), commands[i]);
        cr_expect(commands[i]->summary && commands[i]->text);
        cr_expect((commands[i]->flags & SJ_COMMAND_RAW) ? commands[i]->run_raw != NULL
                                                        : commands[i]->run != NULL);
        size_t options = 0;
        for (const struct sj_option *at = commands[i]->options; at && at->name; at++) {
            options++;
        }
        cr_expect_leq(options, SJ_OPTIONS_MAX);
    }
    cr_expect_null(sj_command_find("nonsense"));
}

Test(command, reads_options_and_words)
{
    cr_assert_eq(READ("stats", "--json", "--since", "7d", "--build=x"), 0, "%s", err.text);
    cr_expect(call.is_json);
    cr_expect_str_eq(call.value[0], "x");
    cr_expect_null(call.value[1]);
    cr_expect_str_eq(call.value[2], "7d");

    cr_assert_eq(READ("config", "--", "--help"), 0);
    cr_assert_eq(call.word_count, 1);
    cr_expect_str_eq(call.words[0], "--help");
    cr_expect_not(call.wants_help);
    cr_assert_eq(READ("config", "-h", "a", "b"), 0);
    cr_expect(call.wants_help);
}

Test(command, every_setting_is_an_option)
{
    cr_assert_eq(READ("stats", "--max-size", "5G", "--read_only", "--compression=3"), 0, "%s",
                 err.text);
    cr_expect_eq(call.config.max_size, 5000000000);
    cr_expect(call.config.read_only);
    cr_expect_eq(call.config.compression, 3);
    cr_assert_eq(READ("stats", "--stats=off"), 0);
    cr_expect_not(call.config.stats);
}

Test(command, refuses_what_it_does_not_know)
{
    static const struct {
        const char *words[4];
        const char *says;
    } cases[] = {
        {{"--nonsense"}, "no option '--nonsense': see 'scrubjay gc --help'"},
        {{"-x"}, "no option '-x'"},
        {{"word"}, "what is 'word'?"},
        {{"--max-age"}, "option '--max-age' needs a value: SPAN"},
        {{"--max-size"}, "option '--max-size' needs a value"},
        {{"--max-size", "5Q"}, "is not a size"},
        {{"--json=yes"}, "no option '--json'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_lt(read_line("gc", cases[i].words), 0, "%s", cases[i].words[0]);
        cr_expect(strstr(err.text, cases[i].says), "%s", err.text);
    }
    cr_expect_lt(READ("stats", "--builds=1"), 0);
    cr_expect_lt(READ("version", "--json", "--file"), 0);
}

Test(command, help_names_every_option)
{
    size_t count;
    const struct sj_command *const *commands = sj_commands(&count);
    for (size_t i = 0; i < count; i++) {
        struct sj_buf help = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        struct sj_buf page = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_command_help(commands[i], &help);
        cr_assert_eq(sj_manual_page(commands[i]->name, &page), 0);
        for (const struct sj_option *at = commands[i]->options; at && at->name; at++) {
            cr_expect(strstr(help.data, at->name), "%s", at->name);
        }
        cr_expect(strstr(page.data, ".SH OPTIONS"));
        sj_buf_release(&help);
        sj_buf_release(&page);
    }
}

Test(command, completions_name_every_command)
{
    static const char *const shells[] = {"bash", "fish", "zsh"};
    size_t count;
    const struct sj_command *const *commands = sj_commands(&count);
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        struct sj_buf script = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        cr_assert_eq(sj_manual_completion(shells[i], &script), 0);
        for (size_t j = 0; j < count; j++) {
            cr_expect(strstr(script.data, commands[j]->name), "%s", shells[i]);
        }
        sj_buf_release(&script);
    }
    struct sj_buf none = SJ_BUF_INIT(100);
    cr_expect_eq(sj_manual_completion("csh", &none), -ENOENT);
    cr_expect_eq(sj_manual_page("nonsense", &none), -ENOENT);
}
