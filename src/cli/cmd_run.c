// SPDX-License-Identifier: Apache-2.0
// `scrubjay run`: a build with the cache on for every compiler that it finds.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/build_blobs.h"
#include "cli/build_log.h"
#include "cli/child.h"
#include "cli/command.h"
#include "cli/run_env.h"
#include "cli/run_options.h"
#include "cli/run_remote.h"
#include "cli/run_report.h"
#include "cli/self.h"
#include "cli/ui.h"
#include "record/journal.h"
#include "store/store.h"
#include "wrap/tool.h"

#define TICK_MS 250

/** A run under way. */
struct run {
    struct sj_config config;
    struct sj_run_options options;
    struct sj_buf id;            /**< of the build */
    struct sj_journal *journal;  /**< NULL: there are no records to read */
    struct sj_summary summary;   /**< of what this run's actions left there */
    struct sj_status_line line;  /**< progress */
    struct sj_build_log log;     /**< notes of it */
    bool is_nested;              /**< a run around it reports */
    bool has_remote;             /**< results are shared; the agent was started */
    struct sj_agent_stat before; /**< what the agent had done before */
    char *temp_dir;              /**< holds the links where the store's directory cannot; or NULL */
};

static void release_run(struct run *run)
{
    sj_status_release(&run->line);
    sj_build_log_release(&run->log);
    sj_summary_release(&run->summary);
    sj_journal_close(run->journal);
    sj_buf_release(&run->id);
    sj_run_options_release(&run->options);
    sj_config_release(&run->config);
    if (run->temp_dir) {
        (void)sj_tree_remove(run->temp_dir);
        free(run->temp_dir);
    }
}

static void warn(const struct sj_err *err)
{
    (void)fprintf(stderr, "scrubjay: warning: %s\n", err->text);
}

// Settings that make no sense are for a person to mend before hours are spent on the build; what is
// the machine's fault never stops it.
static void tell_problem(const struct sj_err *err, void *user)
{
    bool *is_wrong = user;
    if (err->status == -EINVAL || err->status == -ERANGE || err->status == -ENOENT) {
        (void)fprintf(stderr, "scrubjay: %s\n", err->text);
        *is_wrong = true;
    } else {
        warn(err);
    }
}

static int read_settings(struct run *run, char *const *argv)
{
    bool is_wrong = false;
    (void)sj_config_load_each(&run->config, tell_problem, &is_wrong);
    if (is_wrong) {
        return -EINVAL;
    }
    struct sj_err err;
    int status = sj_run_options_read(argv, &run->config, &run->options, &err);
    if (status < 0) {
        (void)fprintf(stderr, "scrubjay: %s\n", err.text);
    }
    if (run->config.log) {
        (void)sj_log_open(run->config.log);
    }
    return status;
}

static bool is_compiler(const char *name)
{
    return sj_toolchain_find(name) != NULL;
}

static int check_store(const struct sj_config *config, struct sj_err *err)
{
    const struct sj_store_options options = {
        .dir = config->cache_dir,
        .namespace_name = config->namespace_name,
        .max_size_bytes = config->max_size,
        .compression_level = (int)config->compression,
        .is_read_only = config->read_only,
    };
    struct sj_store *store;
    int status = sj_store_open(&options, &store, err);
    if (status == 0) {
        sj_store_close(store);
    }
    return status;
}

// A store that may only be read cannot take links: then they live as long as the build.
static int place_links(struct run *run, const char *wrapper, struct sj_err *err)
{
    struct sj_links links = {
        .cache_dir = run->config.cache_dir, .wrapper = wrapper, .claims = is_compiler};
    int status = sj_run_env_compilers(&links, err);
    if (status == 0) {
        return 0;
    }
    const char *temp = getenv("TMPDIR");
    run->temp_dir = sj_asprintf("%s/scrubjay-run.XXXXXX", temp && *temp ? temp : "/tmp");
    if (!mkdtemp(run->temp_dir)) {
        free(run->temp_dir);
        run->temp_dir = NULL;
        return status;
    }
    links.cache_dir = run->temp_dir;
    return sj_run_env_compilers(&links, err);
}

// A run inside another one belongs to its build, unless it was given a name of its own.
static void name_build(struct run *run)
{
    const struct sj_run_options *options = &run->options;
    const char *around = getenv(SJ_RUN_ID_ENV);
    SJ_AUTO(sj_auto_free) char *outer = around ? sj_strdup(around) : NULL;
    run->is_nested =
        sj_run_env_build(&run->config, sj_buf_text(&options->labels), options->phase, &run->id);
    run->log = (struct sj_build_log){
        .config = &run->config,
        .id = sj_buf_text(&run->id),
        .phase = options->phase,
        .is_own = !run->is_nested || !outer || strcmp(outer, sj_buf_text(&run->id)) != 0,
    };
}

static int turn_on(struct run *run, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *wrapper = sj_self_wrapper();
    if (!wrapper) {
        return sj_fail_plain(err, -ENOENT, "cannot find 'scrubjay' beside 'scrubjay-main'");
    }
    int status = check_store(&run->config, err);
    if (status < 0) {
        return status;
    }
    status = sj_journal_open(run->config.cache_dir, &run->journal, err);
    if (status == 0) {
        status = sj_journal_seek_end(run->journal);
    }
    if (status < 0) {
        return sj_fail(err, status, "read the journal in '%s'", run->config.cache_dir);
    }
    sj_run_env_settings(&run->config);
    name_build(run);
    return place_links(run, wrapper, err);
}

// Here and not by the first compile, so that none waits for it.
static void start_agent(struct run *run)
{
    struct sj_err err = {0};
    run->has_remote = sj_run_remote_is_on(&run->config);
    if (run->has_remote && sj_run_remote_start(&run->config, &run->before, &err) < 0) {
        warn(&err);
    }
}

// The journal holds the records of all builds that share the store.
static void read_records(struct run *run)
{
    struct sj_record record;
    while (run->journal && sj_journal_next(run->journal, &record) == 0) {
        if (record.build && strcmp(record.build, sj_buf_text(&run->id)) == 0) {
            sj_summary_add(&run->summary, &record);
        }
    }
}

static void show_progress(void *user)
{
    struct run *run = user;
    read_records(run);
    if (sj_summary_count(&run->summary) > 0) {
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_run_report_line(&run->summary, &text);
        sj_status_show(&run->line, sj_buf_text(&text));
    }
}

static void pause_progress(void *user)
{
    struct run *run = user;
    sj_status_hide(&run->line);
}

static void resume_progress(void *user)
{
    struct run *run = user;
    sj_status_resize(&run->line);
}

static bool has_color(void)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static void write_report(const struct run *run, const struct sj_run_report *report)
{
    const struct sj_run_options *options = &run->options;
    SJ_AUTO(sj_buf_release) struct sj_buf json = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_run_report_json(report, &json);
    if (options->is_json) {
        (void)sj_fd_write(STDOUT_FILENO, json.data, json.len);
    }
    int status =
        options->report_path ? sj_file_write(options->report_path, 0666, json.data, json.len) : 0;
    if (status < 0) {
        struct sj_err err;
        (void)sj_fail(&err, status, "cannot write the report to '%s'", options->report_path);
        warn(&err);
    }
    if (!options->is_quiet && !options->is_json && !run->is_nested) {
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_run_report_text(report, &text);
        (void)sj_fd_write(STDERR_FILENO, text.data, text.len);
    }
}

static void show_uploads(uint64_t queued, void *user)
{
    struct run *run = user;
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&text, "scrubjay: ");
    sj_ui_count(&text, queued);
    sj_buf_adds(&text, queued == 1 ? " result is being uploaded" : " results are being uploaded");
    sj_status_show(&run->line, sj_buf_text(&text));
}

static void finish_uploads(struct run *run, struct sj_agent_stat *out)
{
    if (run->has_remote && !run->is_nested) {
        sj_run_remote_wait(&run->config, run->line.is_enabled ? show_uploads : NULL, run, out);
        sj_agent_stat_since(out, &run->before);
        sj_status_hide(&run->line);
    }
}

static void report_end(struct run *run, const struct sj_child_end *end)
{
    struct sj_agent_stat remote = {0};
    sj_build_log_end(&run->log, end);
    sj_build_blobs(&run->log, end);
    finish_uploads(run, &remote);
    read_records(run);
    sj_summary_sort(&run->summary);
    char cwd[PATH_MAX];
    const char *labels = getenv(SJ_RUN_LABEL_ENV);
    const struct sj_run_report report = {
        .build = sj_buf_text(&run->id),
        .labels = labels ? labels : "",
        .cwd = getcwd(cwd, sizeof cwd) ? cwd : "",
        .end = end,
        .summary = &run->summary,
        .has_records = run->journal && run->config.stats,
        .has_color = has_color(),
        .remote = run->has_remote && !run->is_nested ? &remote : NULL,
    };
    write_report(run, &report);
}

static int run_command(struct run *run, int *signal)
{
    struct sj_err err;
    struct sj_child_end end;
    struct sj_child_watch watch = {
        .tick = show_progress,
        .pause = pause_progress,
        .resume = resume_progress,
        .interval_ms = TICK_MS,
        .user = run,
    };
    bool is_shown = run->journal && !run->options.is_quiet && !run->is_nested;
    sj_status_init(&run->line, STDERR_FILENO, is_shown ? run->options.progress : SJ_STATUS_NEVER);
    int status =
        sj_child_run(run->options.command, run->line.is_enabled ? &watch : NULL, &end, &err);
    if (status < 0) {
        (void)fprintf(stderr, "scrubjay: %s\n", err.text);
        end = (struct sj_child_end){.exit_status = sj_child_failure_status(status)};
        sj_build_log_end(&run->log, &end);
        return end.exit_status;
    }
    sj_status_hide(&run->line);
    report_end(run, &end);
    *signal = end.told_signal && end.told_signal == end.signal ? end.signal : 0;
    return end.exit_status;
}

static int print_help(void)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_command_help(&sj_command_run, &text);
    return sj_fd_write(STDOUT_FILENO, text.data, text.len) < 0 ? SJ_EXIT_FAILED : SJ_EXIT_OK;
}

static int run_build(char *const *argv, int *signal)
{
    SJ_AUTO(release_run) struct run run = {.id = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)};
    if (read_settings(&run, argv) < 0) {
        return SJ_EXIT_USAGE;
    }
    if (run.options.wants_help) {
        return print_help();
    }
    struct sj_err err;
    if (turn_on(&run, &err) < 0) {
        (void)fprintf(stderr, "scrubjay: warning: the build runs without the cache: %s\n",
                      err.text);
        run.log = (struct sj_build_log){0};
    } else {
        start_agent(&run);
        sj_build_log_begin(&run.log);
    }
    return run_command(&run, signal);
}

static int run_raw(int argc, char **argv)
{
    int signal = 0;
    int status = run_build(argv + (argc > 0), &signal);
    if (signal) {
        sj_child_raise(signal);
    }
    return status;
}

const struct sj_command sj_command_run = {
    .name = "run",
    .words = "[--] COMMAND [ARGUMENT]...",
    .words_max = INT_MAX,
    .summary = "Run a build with the cache on, and report what it cost and saved.",
    .text = "Run a build command with the cache on for every compiler on PATH, and tell at the end "
            "what the build cost, what was saved, and why the rest was not.\n"
            "The exit status is the command's own; 126 when it cannot be run, 127 when there is "
            "none of that name, 128 + N when signal N ended it.",
    .options = sj_run_option_list,
    .flags = SJ_COMMAND_RAW,
    .run_raw = run_raw,
};
