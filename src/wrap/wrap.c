// SPDX-License-Identifier: Apache-2.0
#include "wrap/wrap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "record/journal.h"
#include "record/ledger.h"
#include "wrap/action.h"
#include "wrap/audit.h"
#include "wrap/compile.h"
#include "wrap/guard.h"
#include "wrap/link.h"
#include "wrap/lookup.h"
#include "wrap/notice.h"
#include "wrap/restore.h"

#define ARGS_TEXT_MAX 16384u

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// Programs that run the compiler named behind them, elsewhere or otherwise.
static bool is_launcher(const char *word)
{
    static const char *const names[] = {"distcc", "icecc", "icerun", "ionice", "nice"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(base_name(word), names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_own_name(const char *word)
{
    return strcmp(base_name(word), "scrubjay") == 0;
}

// A setting in front of the compiler: a known name, then '='.
static bool is_setting(const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word) {
        return false;
    }
    size_t count;
    const struct sj_setting *settings = sj_settings(&count);
    size_t len = (size_t)(equals - word);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(settings[i].name, word, len) == 0 && settings[i].name[len] == '\0') {
            return true;
        }
    }
    return false;
}

bool sj_wrap_claims(const char *const *argv)
{
    while (*argv && (is_setting(*argv) || is_own_name(*argv) || is_launcher(*argv))) {
        argv++;
    }
    return *argv && (sj_toolchain_find(*argv) || strchr(*argv, '/'));
}

SJ_PRINTF(1, 2) static void say(const char *format, ...)
{
    // One formatted line, so that lines of compiles that run side by side do not mix.
    char line[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    (void)sj_fd_write(STDERR_FILENO, line, strlen(line));
}

static int take_words(struct sj_call *call, const char *const *argv)
{
    struct sj_err err;
    for (; *argv; argv++) {
        if (is_setting(*argv)) {
            char *name = sj_strndup(*argv, (size_t)(strchr(*argv, '=') - *argv));
            int status =
                sj_config_set(&call->config, name, strchr(*argv, '=') + 1, SJ_ORIGIN_ARG, &err);
            free(name);
            if (status < 0) {
                say("scrubjay: %s\n", err.text);
                return -EINVAL;
            }
        } else if (is_launcher(*argv) && argv[1]) {
            call->prefix = *argv;
        } else if (!is_own_name(*argv)) {
            break;
        }
    }
    if (!call->prefix) {
        call->prefix = call->config.tool_prefix;
    }
    call->argv = argv;
    const char *origin = sj_link_origin(*argv);
    call->name = origin ? origin : *argv;
    return *argv ? 0 : -EINVAL;
}

static void find_place(struct sj_call *call)
{
    // Without the variable execvp() looks where it always did.
    const char *path = sj_call_env(call, "PATH");
    call->place.path = path ? path : "/bin:/usr/bin";
    call->place.pwd = sj_call_env(call, "PWD");
    call->place.base_dir = call->config.base_dir;
    call->place.cwd = getcwd(call->cwd, sizeof call->cwd) ? call->cwd : "/";
}

static void open_record(struct sj_call *call)
{
    struct sj_record *record = &call->record;
    record->start_ns = sj_clock_ns(CLOCK_REALTIME);
    record->pid = (uint32_t)getpid();
    record->cwd = call->place.cwd;
    record->build = call->config.build_id;
    record->label = sj_call_env(call, "SCRUBJAY_RUN_LABEL");
    record->tool = call->tool.path;
}

// The whole command line, for a person who asks why; hits point to a miss that has it.
static void note_args(struct sj_call *call)
{
    struct sj_buf text = SJ_BUF_INIT(ARGS_TEXT_MAX);
    for (const char *const *arg = call->argv + 1; *arg && *call->argv; arg++) {
        sj_buf_adds(&text, *arg);
        sj_buf_addc(&text, arg[1] ? ' ' : '\0');
    }
    char *copy = sj_call_alloc(call, text.len + 1);
    memcpy(copy, sj_buf_text(&text), text.len);
    call->record.args = copy;
    sj_buf_release(&text);
}

static void note_action(struct sj_call *call)
{
    const struct sj_action *action = &call->action;
    struct sj_record *record = &call->record;
    record->source = action->source;
    record->language = action->language;
    record->output = action->output_count ? action->outputs[0].path : NULL;
    note_args(call);
}

static int close_record(struct sj_call *call, int status)
{
    struct sj_record *record = &call->record;
    record->exit_status = status;
    record->wall_ns = sj_clock_ns(CLOCK_MONOTONIC) - call->start_mono_ns;
    record->own_ns = sj_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (status != 0 && record->outcome == SJ_OUTCOME_MISS) {
        record->outcome = SJ_OUTCOME_FAILED;
    }
    sj_log("%s%s%s%s%s, exit status %d", sj_outcome_name(record->outcome),
           record->reason ? ", " : "", record->reason ? record->reason : "",
           record->detail ? ": " : "", record->detail ? record->detail : "", status);
    sj_guard_ran(status);
    if (call->store) {
        // The process is about to end: closing would only cost system calls.
        sj_store_release(call->store);
    }
    if (call->config.stats) {
        const char *dir = call->config.cache_dir;
        int failed = sj_journal_append(dir, call->config.journal_size, record);
        if (failed == SJ_JOURNAL_ROTATED) {
            // Once in some ten thousand compiles. Should it fail, the next rotation tries again.
            (void)sj_ledger_fold(dir, SJ_LEDGER_KEEP, NULL, NULL);
        }
        // One warning is enough: after an error the store's own has been given.
        if (failed < 0 && record->outcome != SJ_OUTCOME_ERROR) {
            char *text = sj_asprintf("cannot write the journal in '%s': %s; compiles go on without "
                                     "leaving records",
                                     dir, strerrordesc_np(-failed));
            sj_notice(call, "journal", text);
            free(text);
        }
    }
    return status;
}

// What a link writes names it: its first input is an object, which some compile wrote.
static const char *linked_output(const struct sj_call *call)
{
    for (const char *const *arg = call->argv; *arg; arg++) {
        if (strcmp(*arg, "-o") == 0 && arg[1]) {
            return arg[1];
        }
        if (strncmp(*arg, "-o", 2) == 0 && (*arg)[2]) {
            return *arg + 2;
        }
    }
    return "a.out";
}

static int run_bypassed(struct sj_call *call, enum sj_outcome outcome, const char *reason,
                        const char *detail)
{
    struct sj_execution run = {0};
    call->record.outcome = outcome;
    call->record.reason = reason;
    call->record.detail = detail;
    if (strcmp(reason, "link") == 0) {
        call->record.flags |= SJ_RECORD_LINK;
        call->record.output = linked_output(call);
    }
    if (call->store) {
        sj_store_release(call->store);
    }
    int status = sj_compile_plain(call, &run);
    return close_record(call, status);
}

// Put a found result in place. Positive: it does not serve after all.
static int serve(struct sj_call *call, struct sj_found *found)
{
    bool is_plain = !(found->result.flags & SJ_RESULT_COLORED);
    bool wants_color = true;
    if (found->is_auto_color && found->result.err.len) {
        wants_color = sj_wants_color(call);
        if (wants_color && is_plain) {
            call->record.reason = "color";
            return SJ_LOOKUP_MISS;
        }
    }
    int status = sj_restore_outputs(call, &found->result, found->paths);
    if (status != 0) {
        call->record.reason = "restore";
        return SJ_LOOKUP_MISS;
    }
    sj_restore_streams(&found->result, wants_color);
    call->record.outcome = SJ_OUTCOME_HIT;
    for (size_t i = 0; i < found->result.output_count; i++) {
        call->record.output_bytes += found->result.outputs[i].size;
    }
    sj_guard_ran(0);
    if (!call->config.read_only) {
        sj_store_promote(call->store);
    }
    return 0;
}

static int finish_hit(struct sj_call *call, struct sj_found *found)
{
    int status = 0;
    if (sj_audit_is_due(call)) {
        status = sj_audit_run(call, found);
    }
    sj_found_release(found);
    return close_record(call, status);
}

// Everything behind the stamp: understand the action, look by content, compile.
static int go_long_way(struct sj_call *call)
{
    int status = sj_action_parse(call);
    if (status < 0) {
        return run_bypassed(call, SJ_OUTCOME_ERROR, "parse-failed", strerrordesc_np(-status));
    }
    note_action(call);
    if (call->action.bypass) {
        return run_bypassed(call, SJ_OUTCOME_BYPASS, call->action.bypass,
                            call->action.bypass_detail);
    }
    status = sj_action_weigh(call);
    if (status < 0) {
        return run_bypassed(call, SJ_OUTCOME_ERROR, "tool-unreadable", strerrordesc_np(-status));
    }
    struct sj_found found = {0};
    if (!call->config.recache && sj_lookup_content(call, &found) == 0) {
        if (serve(call, &found) == 0) {
            return finish_hit(call, &found);
        }
        sj_found_release(&found);
    }
    if (call->config.recache) {
        call->record.reason = "recache";
    }
    call->record.outcome = SJ_OUTCOME_MISS;
    call->record.saved_ns = 0;
    call->record.flags = 0;
    sj_store_release(call->store);
    if (call->config.read_only) {
        struct sj_execution run = {0};
        status = sj_compile_plain(call, &run);
    } else {
        status = sj_compile_observed(call);
    }
    return close_record(call, status);
}

static int open_store(struct sj_call *call, struct sj_err *err)
{
    const struct sj_store_options options = {
        .dir = call->config.cache_dir,
        .namespace_name = call->config.namespace_name,
        .max_size_bytes = call->config.max_size,
        .compression_level = (int)call->config.compression,
        .is_read_only = call->config.read_only,
    };
    return sj_store_open(&options, &call->store, err);
}

// The first candidate that is not ourselves. What else there is to know of it costs more than a hit
// should, see know_tool().
static bool find_tool(struct sj_call *call)
{
    while (sj_tool_next(&call->tool, call->name, call->place.path)) {
        if (!sj_tool_is_self(&call->tool)) {
            return true;
        }
        // A link to us, named by its path: what it is called is the compiler to look for.
        if (strchr(call->name, '/')) {
            call->name = base_name(call->name);
            call->tool = (struct sj_tool){0};
        }
    }
    return false;
}

static int miss_compiler(const struct sj_call *call)
{
    say("scrubjay: cannot find the compiler '%s': it is not on PATH\n", call->argv[0]);
    return 1;
}

// Pass over other caches, and find out which family the compiler is of.
static bool know_tool(struct sj_call *call)
{
    while (sj_tool_is_cache(&call->tool)) {
        if (!find_tool(call)) {
            return false;
        }
    }
    call->tool.toolchain = sj_tool_claim(&call->tool);
    if (call->tool.toolchain) {
        call->record.toolchain = call->tool.toolchain->name;
    }
    return true;
}

static int run_cached(struct sj_call *call)
{
    struct sj_err err = {0};
    if (open_store(call, &err) < 0) {
        sj_notice(call, "store", err.text);
    }
    struct sj_found found = {0};
    while (call->store && !call->config.recache) {
        sj_action_digest(call);
        if (sj_lookup_stamp(call, &found) == 0) {
            if (serve(call, &found) == 0) {
                return finish_hit(call, &found);
            }
            sj_found_release(&found);
        }
        if (!sj_tool_is_cache(&call->tool)) {
            break;
        }
        if (!find_tool(call)) {
            return miss_compiler(call);
        }
    }
    if (!know_tool(call)) {
        return miss_compiler(call);
    }
    if (!call->tool.toolchain) {
        note_args(call);
        return run_bypassed(call, SJ_OUTCOME_BYPASS, "unknown-compiler", NULL);
    }
    if (!call->store) {
        (void)sj_action_parse(call);
        note_action(call);
        return run_bypassed(call, SJ_OUTCOME_ERROR, "no-store", err.text);
    }
    sj_action_digest(call);
    return go_long_way(call);
}

static int run_disabled(struct sj_call *call)
{
    if (!know_tool(call)) {
        return miss_compiler(call);
    }
    if (call->tool.toolchain) {
        (void)sj_action_parse(call);
    }
    note_action(call);
    return run_bypassed(call, SJ_OUTCOME_BYPASS, "disabled", NULL);
}

static void set_guard(struct sj_call *call)
{
    const struct sj_guard guard = {
        .program = sj_compile_program(call),
        .argv = sj_compile_argv(call, NULL),
        .env = call->env,
        .store_dir = call->config.cache_dir,
    };
    sj_guard_set(&guard);
}

static void start_log(const struct sj_call *call)
{
    int status = sj_log_open(call->config.log);
    if (status < 0) {
        char *text =
            sj_asprintf("cannot open the log '%s': %s", call->config.log, strerrordesc_np(-status));
        sj_notice(call, "log", text);
        free(text);
    }
    struct sj_buf line = SJ_BUF_INIT(ARGS_TEXT_MAX);
    for (const char *const *arg = call->argv; *arg; arg++) {
        sj_buf_addf(&line, " %s", *arg);
    }
    sj_log("in '%s':%s", call->place.cwd, sj_buf_text(&line));
    sj_buf_release(&line);
}

// Called by what a compile runs: the outer wrapper does the caching.
static int run_nested(struct sj_call *call, const char *outer)
{
    if (!know_tool(call)) {
        return miss_compiler(call);
    }
    if (strcmp(outer, call->tool.path) == 0) {
        say("scrubjay: '%s' runs itself through scrubjay without end; take scrubjay out of it\n",
            outer);
        return 1;
    }
    set_guard(call);
    sj_guard_fall();
}

int sj_wrap_run(const char *const *argv, char *const *env)
{
    struct sj_call *call = sj_new(struct sj_call);
    call->env = env;
    call->start_coarse_ns = sj_clock_ns(CLOCK_REALTIME_COARSE);
    call->start_mono_ns = sj_clock_ns(CLOCK_MONOTONIC);
    struct sj_err err = {0};
    int config_status = sj_config_load(&call->config, &err);
    if (take_words(call, argv) < 0) {
        return 2;
    }
    find_place(call);
    if (call->config.log) {
        start_log(call);
    }
    if (config_status < 0) {
        sj_notice(call, "config", err.text);
    }
    if (!find_tool(call)) {
        return miss_compiler(call);
    }
    const char *outer = sj_call_env(call, SJ_ACTIVE_ENV);
    if (outer) {
        return run_nested(call, outer);
    }
    set_guard(call);
    open_record(call);
    int status = call->config.disable ? run_disabled(call) : run_cached(call);
    if (call->tool_signal) {
        // Whoever waits for us must see what it would have seen of the compiler.
        sj_die_by(call->tool_signal);
    }
    return status;
}
