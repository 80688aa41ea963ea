// SPDX-License-Identifier: Apache-2.0
#include "cli/run_options.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/build_id.h"

// Sorted; the readers below stand in the same order. --build-id is a setting, and --help
// everyone's.
const struct sj_option sj_run_option_list[] = {
    {"json", NULL, "Print the report on stdout, as JSON."},
    {"label", "KEY=VALUE", "Note a property of the build, such as phase=tests. May be repeated."},
    {"phase", "NAME",
     "What part of the build this is, such as checkout, configure, build or test. A run inside a "
     "run tells a part of the build around it."},
    {"progress", "WHEN",
     "Show how far the build is: auto (on a terminal), always (in a log, too, as a line now and "
     "then) or never."},
    {"quiet", NULL, "Show neither progress nor report."},
    {"report", "FILE", "Write the report to FILE, as JSON."},
    {0},
};

/** Reads one option. Negative errno: its value is wrong. */
typedef int read_option(struct sj_run_options *options, const char *value, struct sj_err *err);

static int read_json(struct sj_run_options *options, const char *value, struct sj_err *err)
{
    (void)value;
    (void)err;
    options->is_json = true;
    return 0;
}

static int read_label(struct sj_run_options *options, const char *value, struct sj_err *err)
{
    return sj_label_add(value, &options->labels, err);
}

static int read_phase(struct sj_run_options *options, const char *value, struct sj_err *err)
{
    options->phase = value;
    return sj_phase_check(value, err);
}

static int read_progress(struct sj_run_options *options, const char *value, struct sj_err *err)
{
    static const char *const words[] = {
        [SJ_STATUS_AUTO] = "auto",
        [SJ_STATUS_ALWAYS] = "always",
        [SJ_STATUS_NEVER] = "never",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(value, words[i]) == 0) {
            options->progress = (enum sj_status_when)i;
            return 0;
        }
    }
    return sj_fail_plain(err, -EINVAL, "--progress '%.100s': write auto, always or never", value);
}

static int read_quiet(struct sj_run_options *options, const char *value, struct sj_err *err)
{
    (void)value;
    (void)err;
    options->is_quiet = true;
    return 0;
}

static int read_report(struct sj_run_options *options, const char *value, struct sj_err *err)
{
    (void)err;
    options->report_path = value;
    return 0;
}

static read_option *const readers[] = {read_json,     read_label, read_phase,
                                       read_progress, read_quiet, read_report};

#define NO_OPTION (sizeof readers / sizeof readers[0])

static size_t find_option(const char *name, size_t len)
{
    size_t i = 0;
    while (i < NO_OPTION && (strlen(sj_run_option_list[i].name) != len ||
                             memcmp(sj_run_option_list[i].name, name, len) != 0)) {
        i++;
    }
    return i;
}

static const struct sj_setting *find_setting(const char *name, size_t len)
{
    char text[64];
    if (len >= sizeof text || memchr(name, '_', len)) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        text[i] = name[i] == '-' ? '_' : name[i];
    }
    text[len] = '\0';
    return sj_setting_find(text);
}

// Takes the value of an option: behind '=', or the next word. NULL: there is none.
static const char *take_value(const char *equals, char *const **argv)
{
    return *equals ? equals + 1 : *++*argv;
}

static int take_setting(struct sj_config *config, char *const **argv, struct sj_err *err)
{
    const char *word = **argv;
    size_t len = strcspn(word + 2, "=");
    const char *equals = word + 2 + len;
    const struct sj_setting *setting = find_setting(word + 2, len);
    if (!setting) {
        return sj_fail_plain(err, -EINVAL, "no option '%.100s': see 'scrubjay run --help'", word);
    }
    bool is_flag = setting->type == SJ_SETTING_BOOL && !*equals;
    const char *value = is_flag ? "true" : take_value(equals, argv);
    if (!value) {
        return sj_fail_plain(err, -EINVAL, "option '%.100s' needs a value", word);
    }
    return sj_config_set(config, setting->name, value, SJ_ORIGIN_ARG, err);
}

static int take_option(struct sj_run_options *options, struct sj_config *config, char *const **argv,
                       struct sj_err *err)
{
    const char *word = **argv;
    size_t len = strcspn(word + 2, "=");
    const char *equals = word + 2 + len;
    size_t i = find_option(word + 2, len);
    if (i == NO_OPTION) {
        return take_setting(config, argv, err);
    }
    const struct sj_option *option = &sj_run_option_list[i];
    if (!option->argument && *equals) {
        return sj_fail_plain(err, -EINVAL, "option '--%s' takes no value", option->name);
    }
    const char *value = option->argument ? take_value(equals, argv) : "";
    if (!value) {
        return sj_fail_plain(err, -EINVAL, "option '--%s' needs a value: %s", option->name,
                             option->argument);
    }
    return readers[i](options, value, err);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int sj_run_options_read(char *const *argv, struct sj_config *config, struct sj_run_options *out,
                        struct sj_err *err)
{
    *out = (struct sj_run_options){.labels = SJ_BUF_INIT(SJ_LABEL_MAX)};
    for (; *argv && (*argv)[0] == '-' && strcmp(*argv, "--") != 0; argv++) {
        if (is_help(*argv)) {
            out->wants_help = true;
            return 0;
        }
        if ((*argv)[1] != '-') {
            return sj_fail_plain(err, -EINVAL, "no option '%.100s': see 'scrubjay run --help'",
                                 *argv);
        }
        int status = take_option(out, config, &argv, err);
        if (status < 0) {
            return status;
        }
    }
    out->command = *argv && strcmp(*argv, "--") == 0 ? argv + 1 : argv;
    if (!*out->command) {
        return sj_fail_plain(err, -EINVAL,
                             "run what? write 'scrubjay run -- COMMAND [ARGUMENT]...'");
    }
    return config->build_id ? sj_build_id_check(config->build_id, err) : 0;
}

void sj_run_options_release(struct sj_run_options *options)
{
    sj_buf_release(&options->labels);
}
