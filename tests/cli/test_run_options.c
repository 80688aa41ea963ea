// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/run_options.h"

#define WORDS_MAX 8

static struct sj_config config;

static void release(void)
{
    sj_config_release(&config);
}

static int read_words(char *const *words, struct sj_run_options *out, struct sj_err *err)
{
    config = (struct sj_config){0};
    return sj_run_options_read(words, &config, out, err);
}

#define WORD(text) ((char[]){text})

TestSuite(run_options, .fini = release);

Test(run_options, what_follows_belongs_to_the_command)
{
    char *words[] = {WORD("--quiet"), WORD("--"), WORD("make"), WORD("--json"), WORD("-j2"), NULL};
    struct sj_run_options options;
    cr_assert_eq(read_words(words, &options, NULL), 0);
    cr_expect(options.is_quiet);
    cr_expect_not(options.is_json);
    cr_expect_eq(options.command, words + 2);
    sj_run_options_release(&options);
}

Test(run_options, the_dashes_may_be_left_out)
{
    char *words[] = {WORD("--json"), WORD("make"), WORD("--"), WORD("x"), NULL};
    struct sj_run_options options;
    cr_assert_eq(read_words(words, &options, NULL), 0);
    cr_expect(options.is_json);
    cr_expect_eq(options.command, words + 1);
    sj_run_options_release(&options);
}

Test(run_options, values_stand_behind_an_equals_sign_or_follow)
{
    char *words[] = {WORD("--report=a"), WORD("--progress"),  WORD("never"), WORD("--label"),
                     WORD("k=v"),        WORD("--label=l=w"), WORD("make"),  NULL};
    struct sj_run_options options;
    cr_assert_eq(read_words(words, &options, NULL), 0);
    cr_expect_str_eq(options.report_path, "a");
    cr_expect_eq(options.progress, SJ_STATUS_NEVER);
    cr_expect_str_eq(sj_buf_text(&options.labels), "k=v,l=w");
    sj_run_options_release(&options);
}

Test(run_options, every_setting_is_an_option)
{
    char *words[] = {WORD("--build-id"),
                     WORD("nightly"),
                     WORD("--read-only"),
                     WORD("--recache=no"),
                     WORD("--max-size=5G"),
                     WORD("make"),
                     NULL};
    struct sj_run_options options;
    cr_assert_eq(read_words(words, &options, NULL), 0);
    cr_expect_str_eq(config.build_id, "nightly");
    cr_expect(config.read_only);
    cr_expect_not(config.recache);
    cr_expect_eq(config.max_size, UINT64_C(5000000000));
    sj_run_options_release(&options);
}

Test(run_options, help_needs_no_command)
{
    char *words[] = {WORD("--help"), NULL};
    struct sj_run_options options;
    cr_assert_eq(read_words(words, &options, NULL), 0);
    cr_expect(options.wants_help);
    sj_run_options_release(&options);
}

Test(run_options, what_is_wrong_is_named)
{
    static struct {
        char words[WORDS_MAX][16];
        const char *text;
    } cases[] = {
        {{""}, "COMMAND"},
        {{"--"}, "COMMAND"},
        {{"--quiet"}, "COMMAND"},
        {{"--nosuch", "make"}, "--nosuch"},
        {{"-j2", "make"}, "-j2"},
        {{"--json=yes", "make"}, "takes no value"},
        {{"--report"}, "--report"},
        {{"--max-size"}, "--max-size"},
        {{"--max-size", "lots", "make"}, "lots"},
        {{"--progress", "often", "make"}, "always"},
        {{"--label", "x", "make"}, "KEY=VALUE"},
        {{"--build-id", "a b", "make"}, "a b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_run_options options;
        struct sj_err err = {0};
        char *words[WORDS_MAX] = {NULL};
        for (size_t j = 0; cases[i].words[j][0]; j++) {
            words[j] = cases[i].words[j];
        }
        cr_expect_lt(read_words(words, &options, &err), 0, "%s", cases[i].text);
        cr_expect(strstr(err.text, cases[i].text), "'%s' does not name '%s'", err.text,
                  cases[i].text);
        sj_run_options_release(&options);
        sj_config_release(&config);
    }
    config = (struct sj_config){0};
}
