// SPDX-License-Identifier: Apache-2.0
// Action graphs of the go command: `go build -debug-actiongraph=FILE`.
// Source: Go's cmd/go/internal/work/action.go, actionJSON, of 1.19 and 1.26.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <scrubjay/import.h>

#include "import-common/fields.h"
#include "import-common/text.h"
#include "import-common/walk.h"

/** What is gathered over a file. */
struct graph {
    const struct import_walk *walk;
    int64_t start_ns;
    int64_t end_ns;
    int64_t cpu_ns;
    bool is_failed;
};

// Where the go command keeps what it makes: another folder each time. It is the part of Objdir
// before the last folder, and the go command itself writes $WORK for it.
static char *without_work(char *args, const char *objdir)
{
    size_t len = objdir ? strlen(objdir) : 0;
    while (len > 0 && objdir[len - 1] == '/') {
        len--;
    }
    while (len > 0 && objdir[len - 1] != '/') {
        len--;
    }
    static const char word[] = "$WORK/";
    if (len < sizeof(word) || !args) {
        return args;
    }
    char *to = args;
    for (const char *from = args; *from != '\0';) {
        if (strncmp(from, objdir, len) == 0) {
            memcpy(to, word, sizeof(word) - 1);
            to += sizeof(word) - 1;
            from += len;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
    return args;
}

static bool is_cached(const char *mode)
{
    return strcmp(mode, "build") == 0 || strcmp(mode, "link") == 0;
}

static enum sj_import_outcome outcome_of(struct import_fields action, const char *mode,
                                         bool has_run)
{
    // Go 1.19 says so. In 1.26 a failed action has no build id, and says nothing else.
    if (import_fields_bool(action, "Failed") ||
        (has_run && is_cached(mode) && !json_object_get(action.object, "BuildID"))) {
        return SJ_IMPORT_FAILED;
    }
    return has_run ? SJ_IMPORT_MISS : SJ_IMPORT_HIT;
}

static void note_times(struct graph *graph, int64_t start_ns, int64_t end_ns)
{
    if (start_ns == 0) {
        return;
    }
    if (graph->start_ns == 0 || start_ns < graph->start_ns) {
        graph->start_ns = start_ns;
    }
    if (end_ns > graph->end_ns) {
        graph->end_ns = end_ns;
    }
}

// Builds and links are units even when the cache had them; anything else only when it ran.
static bool is_unit(const char *mode, struct import_fields action, bool has_run)
{
    if (has_run) {
        return true;
    }
    return is_cached(mode) && json_object_get(action.object, "ActionID");
}

static int tell_unit(struct graph *graph, struct import_fields action, const char *mode,
                     bool has_run)
{
    const char *package = import_fields_text(action, "Package");
    if (!package) {
        import_fields_problem(action, "an action without a package was left out");
        return 0;
    }
    int64_t start_ns = import_fields_time(action, "TimeStart");
    int64_t end_ns = import_fields_time(action, "TimeDone");
    if (end_ns < start_ns) {
        import_fields_problem(action, "an action ends before it starts");
        end_ns = start_ns;
    }
    bool is_build = strcmp(mode, "build") == 0;
    char *name = NULL;
    if (asprintf(&name, "%s%s%s", is_build ? "" : mode, is_build ? "" : " ", package) < 0) {
        return -ENOMEM;
    }
    char *tool = NULL;
    if (asprintf(&tool, "go %s", mode) < 0) {
        free(name);
        return -ENOMEM;
    }
    char *args = without_work(import_fields_join(action, "Cmd", " && "),
                              import_fields_text(action, "Objdir"));
    struct sj_import_unit unit = {
        .name = name,
        .tool = tool,
        .args = args,
        .key = import_fields_text(action, "ActionID"),
        .start_ns = start_ns,
        .wall_ns = end_ns - start_ns,
        .user_ns = import_fields_units(action, "CmdUser", 1),
        .system_ns = import_fields_units(action, "CmdSys", 1),
        .outcome = outcome_of(action, mode, has_run),
    };
    unit.exit_status = unit.outcome == SJ_IMPORT_FAILED ? 1 : 0;
    graph->is_failed = graph->is_failed || unit.outcome == SJ_IMPORT_FAILED;
    graph->cpu_ns = import_plus(graph->cpu_ns, import_plus(unit.user_ns, unit.system_ns));
    int status = graph->walk->sink->unit(graph->walk->sink->user, &unit);
    free(args);
    free(tool);
    free(name);
    return status;
}

static int take_action(void *user, const char *member, json_t *value, uint64_t where)
{
    (void)member;
    struct graph *graph = user;
    struct import_fields action = {value, graph->walk->sink, where};
    const char *mode = import_fields_text(action, "Mode");
    if (!mode) {
        import_fields_problem(action, "something without a mode was left out");
        return 0;
    }
    note_times(graph, import_fields_time(action, "TimeStart"),
               import_fields_time(action, "TimeDone"));
    bool has_run = json_array_size(import_fields_array(action, "Cmd")) > 0;
    return is_unit(mode, action, has_run) ? tell_unit(graph, action, mode, has_run) : 0;
}

static int read_graph(const struct sj_import_source *source, const struct sj_import_sink *sink,
                      char *problem, size_t len)
{
    struct graph graph = {0};
    struct import_walk walk = {
        .source = source, .sink = sink, .visit = take_action, .user = &graph};
    graph.walk = &walk;
    int status = import_walk_run(&walk, problem, len);
    if (status < 0 && status != -EBADMSG) {
        return status;
    }
    if (graph.start_ns == 0) {
        return status;
    }
    struct sj_import_build build = {
        .system = "go",
        .start_ns = graph.start_ns,
        .wall_ns = graph.end_ns > graph.start_ns ? graph.end_ns - graph.start_ns : 0,
        .cpu_ns = graph.cpu_ns,
        .exit_status = graph.is_failed ? 1 : 0,
    };
    int told = sink->build(sink->user, &build);
    return told < 0 ? told : status;
}

static int detect(const struct sj_import_source *source)
{
    static const char *const texts[] = {"\"Mode\":", "\"Package\":", "\"Priority\":", NULL};
    return import_walk_looks(source, '[', texts) ? 95 : 0;
}

static const struct sj_import_format format = {
    .name = "go-actiongraph",
    .summary = "action graph of the go command: go build -debug-actiongraph=FILE",
    .detect = detect,
    .read = read_graph,
};

static const struct sj_import_format *const formats[] = {&format, NULL};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "go",
    .formats = formats,
};
