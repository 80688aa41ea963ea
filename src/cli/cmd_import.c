// SPDX-License-Identifier: Apache-2.0
// `scrubjay import`: what other tools' logs tell of builds becomes records.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/build_id.h"
#include "cli/ci_env.h"
#include "cli/command.h"
#include "cli/import_journal.h"
#include "cli/import_print.h"
#include "cli/machine.h"
#include "repo/repo.h"
#include "trace/file.h"
#include "trace/plugins.h"

#define FORMATS_MAX 200 // bytes of the names of all formats of an import

enum {
    OPT_ATTACH,
    OPT_BRANCH,
    OPT_COMMIT,
    OPT_DRY_RUN,
    OPT_JOB,
    OPT_LABEL,
    OPT_LIST,
    OPT_NO_CONTENT,
    OPT_ROOT,
};

static const struct sj_option options[] = {
    {"attach", "ID",
     "Add traces and include edges to this build, which is known already; no unit is counted "
     "again."},
    {"branch", "NAME", "Branch or tag that was built."},
    {"commit", "REV", "Commit that was built, by any name that git knows."},
    {"dry-run", NULL, "Print what would be taken in, and take in nothing."},
    {"job", "NAME", "Job or configuration that the builds belong to."},
    {"label", "K=V[,K=V]...", "Labels of the builds."},
    {"list", NULL, "Print the formats."},
    {"no-content", NULL, "Do not look at input files for their content."},
    {"root", "DIR",
     "Work tree that was built, as the log names it. Default: that of the working directory."},
    {NULL, NULL, NULL},
};

/** An import under way. */
struct import {
    const struct sj_invocation *call;
    struct sj_trace_plugins plugins;
    struct sj_trace_model model;
    struct sj_repo *repo;
    struct sj_ci ci;
    struct sj_trace_options options;
    struct sj_buf formats; // those that were read, for people
    struct sj_buf labels;  // checked
    struct sj_buf project; // of the repository
    struct sj_buf machine; // this one
    char commit[SJ_OID_HEX_SIZE];
    size_t files;  // read
    size_t broken; // read in part, or not at all
};

static void release(struct import *import)
{
    sj_trace_model_release(&import->model);
    sj_trace_plugins_release(&import->plugins);
    sj_repo_close(import->repo);
    sj_buf_release(&import->formats);
    sj_buf_release(&import->labels);
    sj_buf_release(&import->project);
    sj_buf_release(&import->machine);
}

static const char *some(const char *text)
{
    return text && *text ? text : NULL;
}

static int find_commit(struct import *import, struct sj_err *err)
{
    const char *text = import->call->value[OPT_COMMIT];
    struct sj_oid oid;
    if (!text) {
        return 0;
    }
    if (sj_oid_parse(text, &oid) < 0) {
        if (!import->repo) {
            return sj_fail_plain(err, -EINVAL,
                                 "--commit: '%.80s' is no full commit id, and there is no "
                                 "repository here to look it up in",
                                 text);
        }
        int status = sj_repo_find(import->repo, text, &oid, err);
        if (status < 0) {
            return status;
        }
    }
    sj_oid_hex(&oid, import->commit);
    import->options.commit = import->commit;
    return 0;
}

// In a job of a CI system what it says of the job holds for the job's own logs.
static void read_surroundings(struct import *import)
{
    struct sj_ci *ci = &import->ci;
    struct sj_import_build *defaults = &import->options.defaults;
    sj_ci_read(ci);
    if (import->repo) {
        sj_repo_project(import->repo, &import->project);
    }
    *defaults = (struct sj_import_build){.project = some(sj_buf_text(&import->project))};
    if (!ci->system) {
        return;
    }
    sj_machine_name(&import->machine);
    *defaults = (struct sj_import_build){
        .system = ci->system,
        .job = some(ci->text[SJ_CI_JOB]),
        .run = some(ci->text[SJ_CI_RUN]),
        .commit = some(ci->text[SJ_CI_COMMIT]),
        .branch = some(ci->text[SJ_CI_BRANCH]),
        .pull = some(ci->text[SJ_CI_PULL]),
        .target = some(ci->text[SJ_CI_TARGET]),
        .attempt = some(ci->text[SJ_CI_ATTEMPT]),
        .url = some(ci->text[SJ_CI_URL]),
        .project = some(ci->text[SJ_CI_PROJECT]) ? ci->text[SJ_CI_PROJECT] : defaults->project,
        .machine = some(sj_buf_text(&import->machine)),
        .cpus = sj_machine_cpus(),
    };
}

static int read_labels(struct import *import, struct sj_err *err)
{
    const char *text = import->call->value[OPT_LABEL];
    while (text && *text) {
        size_t len = strcspn(text, ",");
        SJ_AUTO(sj_auto_free) char *label = sj_strndup(text, len);
        int status = sj_label_add(label, &import->labels, err);
        if (status < 0) {
            return status;
        }
        text += len + (text[len] == ',');
    }
    return 0;
}

// The build id of the environment is the one of the build that runs around this command.
static const char *asked_id(const struct sj_config *config)
{
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(settings[i].name, "build_id") == 0) {
            return config->origin[i] == SJ_ORIGIN_ARG ? config->build_id : NULL;
        }
    }
    return NULL;
}

static int read_options(struct import *import, struct sj_err *err)
{
    const struct sj_invocation *call = import->call;
    const char *attach = call->value[OPT_ATTACH];
    const char *id = attach ? attach : asked_id(&call->config);
    if (id && sj_build_id_check(id, err) < 0) {
        return -EINVAL;
    }
    int status = sj_repo_open(".", &import->repo, NULL);
    import->repo = status == 0 ? import->repo : NULL;
    read_surroundings(import);
    status = read_labels(import, err);
    if (status < 0) {
        return status;
    }
    const char *root = call->value[OPT_ROOT];
    if (root && *root != '/') {
        return sj_fail_plain(err, -EINVAL, "--root: '%.200s' is no absolute path", root);
    }
    struct sj_trace_options *into = &import->options;
    into->build_id = id;
    into->branch = call->value[OPT_BRANCH];
    into->project = call->config.project;
    into->job = call->value[OPT_JOB];
    into->labels = some(sj_buf_text(&import->labels));
    into->root = root ? root : import->repo ? sj_repo_root(import->repo) : NULL;
    into->is_attaching = attach != NULL;
    into->is_blind = call->value[OPT_NO_CONTENT] != NULL;
    into->now_ns = (int64_t)sj_clock_ns(CLOCK_REALTIME);
    return find_commit(import, err);
}

static void warn_file(struct import *import, const char *path, const char *problem)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_import_clean(&text, problem);
    (void)fprintf(stderr, "scrubjay: '%s': %s\n", path, sj_buf_text(&text));
    import->broken++;
}

static void note_format(struct import *import, const char *name)
{
    struct sj_buf *formats = &import->formats;
    SJ_AUTO(sj_auto_free) char *around = sj_asprintf("+%s+", sj_buf_text(formats));
    SJ_AUTO(sj_auto_free) char *wanted = sj_asprintf("+%s+", name);
    if (!strstr(around, wanted) && formats->len + strlen(name) < FORMATS_MAX) {
        sj_buf_adds(formats, formats->len > 0 ? "+" : "");
        sj_buf_adds(formats, name);
    }
}

static int read_file(struct import *import, const char *path, const struct sj_import_format *format,
                     struct sj_err *err)
{
    SJ_AUTO(sj_trace_file_release) struct sj_trace_file file = {0};
    int status = sj_trace_file_read(path, SJ_TRACE_FILE_MAX, &file, err);
    if (status < 0) {
        return status;
    }
    const struct sj_import_source source = sj_trace_file_source(&file);
    format = format ? format : sj_trace_format_detect(&import->plugins, &source);
    if (!format) {
        warn_file(import, path,
                  "no format that is known: name it, 'scrubjay import --list' prints them");
        return 0;
    }
    char problem[512] = "";
    note_format(import, format->name);
    status = sj_trace_model_read(&import->model, format, &source, problem, sizeof problem);
    if (status == -EBADMSG) {
        warn_file(import, path, *problem ? problem : "broken");
        return 0;
    }
    import->files++;
    return status < 0 ? sj_fail(err, status, "cannot read '%s'", path) : 0;
}

static int read_files(struct import *import, struct sj_err *err)
{
    char **words = import->call->words;
    const struct sj_import_format *format = NULL;
    if (strcmp(words[0], SJ_TRACE_AUTO) != 0) {
        format = sj_trace_format_find(&import->plugins, words[0]);
        if (!format) {
            return sj_fail_plain(err, -EINVAL,
                                 "there is no format '%.60s': 'scrubjay import --list' prints "
                                 "them, 'auto' finds out which one it is",
                                 words[0]);
        }
    }
    int status = 0;
    for (int i = 1; status == 0 && i < import->call->word_count; i++) {
        status = read_file(import, words[i], format, err);
    }
    sj_trace_model_join(&import->model);
    import->options.format = some(sj_buf_text(&import->formats));
    return status;
}

static int take_in(struct import *import, struct sj_trace_done *done, struct sj_err *err)
{
    struct sj_import_journal *journal;
    const struct sj_invocation *call = import->call;
    bool is_dry = call->value[OPT_DRY_RUN] != NULL || call->config.read_only;
    int status = sj_import_journal_open(&call->config, is_dry, &journal, err);
    if (status < 0) {
        return status;
    }
    if (import->options.is_attaching && !sj_import_journal_has(journal, import->options.build_id)) {
        status = sj_fail_plain(err, -ENOENT, "--attach: there is no build '%s'",
                               import->options.build_id);
    }
    const struct sj_trace_writer writer = sj_import_journal_writer(journal);
    if (status == 0) {
        status = sj_trace_intake(&import->model, &import->options, &writer, done, err);
        int flushed = sj_import_journal_flush(journal, status == 0 ? err : NULL);
        status = status == 0 ? flushed : status;
    }
    sj_import_journal_close(journal);
    return status;
}

static int run_import(struct import *import, struct sj_buf *out, struct sj_err *err)
{
    const struct sj_invocation *call = import->call;
    int status = read_options(import, err);
    if (status == 0) {
        status = read_files(import, err);
    }
    if (status < 0) {
        return status;
    }
    struct sj_trace_done done = {0};
    if (import->options.format) {
        status = take_in(import, &done, err);
    }
    const struct sj_import_report report = {
        .model = &import->model,
        .done = &done,
        .files = import->files,
        .broken = import->broken,
        .is_dry = call->value[OPT_DRY_RUN] != NULL || call->config.read_only,
    };
    if (status == 0 && call->is_json) {
        sj_import_print_json(&report, out);
    } else if (status == 0) {
        sj_import_print_text(&report, out);
        sj_import_print_problems(&report);
    }
    sj_trace_done_release(&done);
    return status;
}

static int check_words(const struct sj_invocation *call, struct sj_err *err)
{
    if (call->word_count < 2) {
        return sj_fail_plain(err, -EINVAL,
                             "name a format and a file: 'scrubjay import ninja-log "
                             "build/.ninja_log'; 'scrubjay import --list' prints the formats");
    }
    return 0;
}

static int run(struct sj_invocation *call)
{
    SJ_AUTO(release)
    struct import import = {
        .call = call,
        .formats = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
        .labels = SJ_BUF_INIT(SJ_LABEL_MAX),
        .project = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
        .machine = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
    };
    sj_trace_model_init(&import.model);
    struct sj_err err = {0};
    int status = call->value[OPT_LIST] ? 0 : check_words(call, &err);
    if (status == 0) {
        status = sj_trace_plugins_load(NULL, &import.plugins, &err);
    }
    if (status == 0 && import.plugins.problem.status < 0) {
        (void)fprintf(stderr, "scrubjay: warning: %s\n", import.plugins.problem.text);
    }
    if (status == 0 && call->value[OPT_LIST]) {
        sj_import_print_formats(&import.plugins, call->is_json, &call->out);
        return SJ_EXIT_OK;
    }
    if (status == 0) {
        status = run_import(&import, &call->out, &err);
    }
    if (status < 0) {
        (void)sj_command_fail(&err);
        return status == -EINVAL ? SJ_EXIT_USAGE : SJ_EXIT_FAILED;
    }
    return import.broken > 0 ? SJ_EXIT_FAILED : SJ_EXIT_OK;
}

const struct sj_command sj_command_import = {
    .name = "import",
    .words = "FORMAT FILE...",
    .words_max = INT_MAX,
    .summary = "Take in what other tools tell of builds.",
    .text =
        "Read logs and traces of other build tools and CI systems, and leave records as a build "
        "that went through the cache does. FORMAT is one of those that --list prints, or 'auto'; "
        "FILE may be compressed by gzip, '-' is stdin.\n"
        "Files that are read together are put together: a log tells the times, a compilation "
        "database the commands, a trace what happened inside. The same files can be read again: "
        "builds are named by what was read, and known ones are left alone. --build-id gives the "
        "build a name of its own; where a log tells of several, only the latest is taken then.",
    .options = options,
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
