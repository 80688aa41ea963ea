// SPDX-License-Identifier: Apache-2.0
// Reader of clang's -ftime-trace: what happened inside one compile, in Chrome's trace format.
//
//     {"traceEvents": [{"ph": "X", "tid": …, "ts": …, "dur": …, "name": "Source",
//                       "args": {"detail": "a.h"}}, …], "beginningOfTime": …}     (microseconds)
//
// Since clang 19 a Source is a pair of events "b" and "e". The events "Total …" are sums, on
// threads of their own. A Source lies in the Source that includes it, so they are the include
// edges, too. Source: LLVM, llvm/lib/Support/TimeProfiler.cpp; clang 14 and 19.
#include <errno.h>
#include <stdlib.h>

#include "import-common/json.h"

#define OPEN_MAX_EVENTS 4096 // begun and not ended

/** An event. */
struct event {
    const char *name;
    const char *detail;
    int64_t tid;
    int64_t start_ns;
    int64_t wall_ns;
    uint32_t depth;
    size_t place; // in the file
};

struct trace {
    const struct sj_import_source *source;
    const struct sj_import_sink *sink;
    struct event *events;
    size_t count;
    struct event open[OPEN_MAX_EVENTS]; // "b" without its "e"
    size_t open_count;
    int64_t origin_ns; // since the epoch
    char *name;        // of the unit
};

static bool begins(const char *text, const char *front)
{
    return strncmp(text, front, strlen(front)) == 0;
}

// A time of the file, in nanoseconds; what makes no sense is none.
static bool read_us(const json_t *object, const char *name, int64_t *out)
{
    return import_json_number(object, name, IMPORT_NS_PER_US, out) && *out >= 0;
}

static bool read_event(const json_t *object, struct event *out)
{
    const char *name = import_json_text(object, "name");
    *out = (struct event){
        .name = name,
        .detail = import_json_text(json_object_get(object, "args"), "detail"),
        .tid = import_json_number_or_0(object, "tid", 1),
    };
    return name && *name && read_us(object, "ts", &out->start_ns);
}

static void begin(struct trace *trace, const struct event *event)
{
    if (trace->open_count == OPEN_MAX_EVENTS) {
        trace->sink->problem(trace->sink->user, 0, "more than 4,096 events have begun at one time");
        return;
    }
    trace->open[trace->open_count++] = *event;
}

// The latest that has begun with that name.
static void end(struct trace *trace, const struct event *event)
{
    for (size_t i = trace->open_count; i-- > 0;) {
        struct event *open = &trace->open[i];
        if (open->tid == event->tid && strcmp(open->name, event->name) == 0) {
            struct event *whole = &trace->events[trace->count++];
            *whole = *open;
            whole->wall_ns =
                event->start_ns > open->start_ns ? event->start_ns - open->start_ns : 0;
            trace->open_count--;
            memmove(open, open + 1, (trace->open_count - i) * sizeof *open);
            return;
        }
    }
    trace->sink->problem(trace->sink->user, 0, "an event that ends and has not begun");
}

static void take_event(struct trace *trace, const json_t *object, size_t place)
{
    struct event event;
    const char *kind = import_json_text(object, "ph");
    if (!kind || !strchr("Xbe", kind[0]) || !kind[0] || kind[1]) {
        return; // names of processes, and whatever comes
    }
    if (!read_event(object, &event)) {
        trace->sink->problem(trace->sink->user, place, "an event without a name or a time");
        return;
    }
    if (begins(event.name, "Total ")) {
        return; // a sum of others
    }
    event.place = place;
    if (kind[0] == 'b') {
        begin(trace, &event);
    } else if (kind[0] == 'e') {
        end(trace, &event);
    } else if (!read_us(object, "dur", &event.wall_ns)) {
        trace->sink->problem(trace->sink->user, place, "an event without a name or a time");
    } else {
        trace->events[trace->count++] = event;
    }
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

// What lies around another stands before it.
static int by_nesting(const void *a, const void *b)
{
    const struct event *left = a;
    const struct event *right = b;
    const int orders[] = {
        compare(left->tid, right->tid), compare(left->start_ns, right->start_ns),
        compare(right->wall_ns, left->wall_ns),
        compare((int64_t)right->place, (int64_t)left->place), // the inner one was written first
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (orders[i]) {
            return orders[i];
        }
    }
    return 0;
}

static bool is_source(const struct event *event)
{
    return strcmp(event->name, "Source") == 0 && event->detail && *event->detail;
}

static int tell_span(const struct trace *trace, const struct event *event)
{
    const struct sj_import_span span = {
        .unit = trace->name,
        .name = event->name,
        .detail = event->detail,
        .start_ns = import_plus(trace->origin_ns, event->start_ns),
        .wall_ns = event->wall_ns,
        .depth = event->depth,
        .is_relative = trace->origin_ns == 0,
    };
    return trace->sink->span(trace->sink->user, &span);
}

static int tell_edge(const struct trace *trace, const struct event *from, const struct event *to)
{
    const struct sj_import_edge edge = {
        .unit = trace->name,
        .from = from ? from->detail : NULL,
        .to = to->detail,
    };
    return trace->sink->edge(trace->sink->user, &edge);
}

// Tell of all events. `around` takes what lies around the present one, by depth.
static int tell_events(struct trace *trace, const struct event **around)
{
    size_t depth = 0;
    int status = 0;
    for (size_t i = 0; status == 0 && i < trace->count; i++) {
        struct event *event = &trace->events[i];
        while (depth > 0 && (around[depth - 1]->tid != event->tid ||
                             around[depth - 1]->start_ns + around[depth - 1]->wall_ns <
                                 import_plus(event->start_ns, event->wall_ns))) {
            depth--;
        }
        event->depth = (uint32_t)depth;
        status = tell_span(trace, event);
        if (status == 0 && is_source(event)) {
            size_t at = depth;
            while (at > 0 && !is_source(around[at - 1])) {
                at--;
            }
            status = tell_edge(trace, at > 0 ? around[at - 1] : NULL, event);
        }
        around[depth++] = event;
    }
    return status;
}

// clang writes a.json beside a.o, and a.c.json beside a.c.o.
static char *name_of(const char *path)
{
    size_t len = strlen(path);
    if (len == 0) {
        return import_copy((struct import_text){"clang.o", 7});
    }
    len -= import_ends(path, ".json") ? 5 : 0;
    bool is_object = len > 2 && memcmp(path + len - 2, ".o", 2) == 0;
    return import_join((struct import_text){path, len}, is_object ? "" : ".o");
}

static int tell_unit(struct trace *trace)
{
    const struct event *whole = NULL;
    const char *source = NULL;
    int64_t last_ns = 0;
    for (size_t i = 0; i < trace->count; i++) {
        const struct event *event = &trace->events[i];
        int64_t end_ns = import_plus(event->start_ns, event->wall_ns);
        last_ns = end_ns > last_ns ? end_ns : last_ns;
        if (strcmp(event->name, "ExecuteCompiler") == 0) {
            whole = event;
        }
        if (strcmp(event->name, "OptModule") == 0 && event->detail && event->detail[0] != '[') {
            source = event->detail;
        }
    }
    const struct sj_import_unit unit = {
        .name = trace->name,
        .source = source,
        .tool = "clang",
        .start_ns = import_plus(trace->origin_ns, whole ? whole->start_ns : 0),
        .wall_ns = whole ? whole->wall_ns : last_ns,
        .is_relative = trace->origin_ns == 0,
    };
    return trace->sink->unit(trace->sink->user, &unit);
}

static int tell_all(struct trace *trace)
{
    const struct event **around = calloc(trace->count + 1, sizeof(void *));
    trace->name = name_of(trace->source->path);
    int status = around && trace->name ? 0 : -ENOMEM;
    if (status == 0 && trace->open_count > 0) {
        trace->sink->problem(trace->sink->user, 0, "an event that begins and does not end");
    }
    if (status == 0) {
        qsort(trace->events, trace->count, sizeof *trace->events, by_nesting);
        status = tell_unit(trace);
    }
    if (status == 0) {
        status = tell_events(trace, around);
    }
    free(trace->name);
    free(around);
    return status;
}

static int read_events(const struct sj_import_source *source, const struct sj_import_sink *sink,
                       const json_t *root)
{
    const json_t *list = json_object_get(root, "traceEvents");
    size_t count = json_array_size(list);
    struct trace *trace = calloc(1, sizeof *trace);
    struct event *events = calloc(count + 1, sizeof *events);
    int status = trace && events ? 0 : -ENOMEM;
    if (status == 0) {
        *trace = (struct trace){.source = source, .sink = sink, .events = events};
        (void)read_us(root, "beginningOfTime", &trace->origin_ns);
        for (size_t i = 0; i < count; i++) {
            take_event(trace, json_array_get(list, i), i + 1);
        }
        status = trace->count > 0 ? tell_all(trace) : -EBADMSG;
    }
    free(events);
    free(trace);
    return status;
}

static int detect(const struct sj_import_source *source)
{
    static const char *const words[] = {
        "\"ExecuteCompiler\"",  "\"Source\"",        "\"Frontend\"",
        "\"OptFunction\"",      "\"ParseClass\"",    "\"InstantiateFunction\"",
        "\"CodeGen Function\"", "\"ParseTemplate\"",
    };
    if (!import_json_begins(source, '{') || !import_has(source, "\"traceEvents\"") ||
        import_has(source, "\"otherData\"")) {
        return 0;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (import_has(source, words[i])) {
            return 80;
        }
    }
    return 0;
}

static int read_trace(const struct sj_import_source *source, const struct sj_import_sink *sink,
                      char *problem, size_t len)
{
    json_t *root = import_json_load(source, problem, len);
    if (!root) {
        return -EBADMSG;
    }
    int status = read_events(source, sink, root);
    if (status == -EBADMSG) {
        (void)snprintf(problem, len, "it has no events of clang's");
    }
    json_decref(root);
    return status;
}

static const struct sj_import_format format = {
    .name = "timetrace",
    .summary = "what happened inside a compile: clang -ftime-trace, a file beside each object",
    .detect = detect,
    .read = read_trace,
};

static const struct sj_import_format *const formats[] = {&format, NULL};

__attribute__((visibility("default"))) extern const struct sj_import_plugin sj_import_plugin;

const struct sj_import_plugin sj_import_plugin = {
    .abi = SJ_IMPORT_ABI,
    .name = "timetrace",
    .formats = formats,
};
