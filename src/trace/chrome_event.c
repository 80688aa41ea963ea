// SPDX-License-Identifier: Apache-2.0
#include "trace/chrome_event.h"

#include <stdio.h>
#include <string.h>

/** Colours that about:tracing knows by name; Perfetto has its own. */
static const struct {
    const char *of; /**< kind of cause, group of causes, or outcome: the first that is listed */
    const char *colour;
} colours[] = {
    {"commit", "thread_state_running"},
    {"cold", "yellow"},
    {"toolchain", "thread_state_iowait"},
    {"system", "thread_state_iowait"},
    {"environment", "thread_state_iowait"},
    {"arguments", "thread_state_iowait"},
    {"nondeterministic", "vsync_highlight_color"},
    // What a better cache would have saved stands out.
    {"redundant", "bad"},
    {"hit", "good"},
    {"failed", "terrible"},
    {"error", "terrible"},
    {"bypass", "grey"},
};

static const char *colour_named(const char *of)
{
    for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
        if (strcmp(colours[i].of, of) == 0) {
            return colours[i].colour;
        }
    }
    return NULL;
}

static const char *colour_of(const struct sj_chrome_action *action)
{
    const char *const of[] = {action->cause, action->group, action->action.outcome};
    const char *colour = NULL;
    for (size_t i = 0; i < 3 && !colour; i++) {
        colour = colour_named(of[i]);
    }
    return colour ? colour : "generic_work";
}

int sj_chrome_begin(struct sj_chrome_event *event, const struct sj_export_out *out,
                    uint64_t origin_ns)
{
    *event = (struct sj_chrome_event){.out = out, .json = sj_json_of(out->buf)};
    event->origin_ns = origin_ns;
    sj_json_open(&event->json, NULL, '{');
    sj_json_str(&event->json, "displayTimeUnit", "ms");
    sj_json_open(&event->json, "otherData", '{');
    sj_json_str(&event->json, "made_by", "scrubjay");
    // A text: it is beyond what a double holds.
    char origin[24];
    (void)snprintf(origin, sizeof(origin), "%llu", (unsigned long long)origin_ns);
    sj_json_str(&event->json, "origin_ns", origin);
    sj_json_close(&event->json, '}');
    sj_json_open(&event->json, "traceEvents", '[');
    return 0;
}

void sj_chrome_end(struct sj_chrome_event *event)
{
    sj_json_close(&event->json, ']');
    sj_json_close(&event->json, '}');
    sj_buf_addc(event->out->buf, '\n');
}

// Opens an event, on a line of its own.
static struct sj_json *open_event(struct sj_chrome_event *event, const char *phase,
                                  const char *name, uint32_t thread)
{
    struct sj_json *json = &event->json;
    if (json->needs_comma) {
        sj_buf_addc(event->out->buf, ',');
        json->needs_comma = false;
    }
    sj_buf_addc(event->out->buf, '\n');
    sj_json_open(json, NULL, '{');
    sj_json_str(json, "ph", phase);
    sj_json_str(json, "name", name);
    sj_json_u64(json, "pid", event->process);
    sj_json_u64(json, "tid", thread);
    return json;
}

static int close_event(struct sj_chrome_event *event)
{
    sj_json_close(&event->json, '}');
    return sj_export_flush(event->out);
}

static void add_text(struct sj_json *json, const char *name, const char *text)
{
    if (text && *text) {
        sj_json_str(json, name, text);
    }
}

static void add_count(struct sj_json *json, const char *name, uint64_t count)
{
    if (count > 0) {
        sj_json_u64(json, name, count);
    }
}

int sj_chrome_process(struct sj_chrome_event *event, const struct sj_export_build *build)
{
    struct sj_json *json = open_event(event, "M", "process_name", 0);
    char name[512];
    (void)snprintf(name, sizeof(name), "%s%s%s", *build->project ? build->project : "build",
                   *build->job ? " " : "", build->job);
    sj_json_open(json, "args", '{');
    sj_json_str(json, "name", name);
    sj_json_close(json, '}');
    int status = close_event(event);
    json = open_event(event, "M", "process_labels", 0);
    sj_json_open(json, "args", '{');
    sj_json_str(json, "labels", build->id);
    add_text(json, "branch", build->branch);
    add_text(json, "commit", build->commit);
    add_text(json, "machine", build->machine);
    add_text(json, "url", build->url);
    sj_json_close(json, '}');
    return status < 0 ? status : close_event(event);
}

int sj_chrome_thread(struct sj_chrome_event *event, uint32_t thread, const char *name)
{
    struct sj_json *json = open_event(event, "M", "thread_name", thread);
    sj_json_open(json, "args", '{');
    sj_json_str(json, "name", name);
    sj_json_close(json, '}');
    int status = close_event(event);
    json = open_event(event, "M", "thread_sort_index", thread);
    sj_json_open(json, "args", '{');
    sj_json_u64(json, "sort_index", thread);
    sj_json_close(json, '}');
    return status < 0 ? status : close_event(event);
}

int sj_chrome_action(struct sj_chrome_event *event, uint32_t thread, uint64_t start, uint64_t end,
                     const struct sj_chrome_action *action)
{
    const struct sj_export_action *of = &action->action;
    struct sj_json *json = open_event(event, "X", of->unit, thread);
    sj_json_str(json, "cat", of->outcome);
    sj_json_u64(json, "ts", start);
    sj_json_u64(json, "dur", end - start);
    sj_json_str(json, "cname", colour_of(action));
    sj_json_open(json, "args", '{');
    sj_json_str(json, "outcome", of->outcome);
    add_text(json, "cause", action->cause);
    add_text(json, "group", action->group);
    add_text(json, "because", action->because);
    add_text(json, "reason", of->reason);
    add_text(json, "detail", of->detail);
    add_text(json, "source", of->source);
    add_text(json, "tool", of->tool);
    add_text(json, "args", of->args);
    add_count(json, "cpu_us", of->cpu_ns / 1000);
    add_count(json, "saved_us", of->saved_ns / 1000);
    add_count(json, "peak_rss_bytes", of->peak_rss_bytes);
    add_count(json, "input_bytes", of->input_bytes);
    add_count(json, "output_bytes", of->output_bytes);
    if (of->exit_status != 0) {
        sj_json_i64(json, "exit_status", of->exit_status);
    }
    sj_json_close(json, '}');
    return close_event(event);
}

int sj_chrome_span(struct sj_chrome_event *event, uint32_t thread, uint64_t start, uint64_t end,
                   const struct sj_chrome_span *span, const char *category)
{
    struct sj_json *json = open_event(event, "X", span->name, thread);
    sj_json_str(json, "cat", category);
    sj_json_u64(json, "ts", start);
    sj_json_u64(json, "dur", end - start);
    if (span->detail) {
        sj_json_open(json, "args", '{');
        sj_json_str(json, "detail", span->detail);
        sj_json_close(json, '}');
    }
    return close_event(event);
}

int sj_chrome_flow(struct sj_chrome_event *event, char phase, uint32_t thread, uint64_t at,
                   uint32_t arrow)
{
    const char text[] = {phase, '\0'};
    struct sj_json *json = open_event(event, text, "critical path", thread);
    sj_json_str(json, "cat", "critical path");
    // Unique in the trace: arrows of two builds have nothing to do with each other.
    sj_json_u64(json, "id", ((uint64_t)event->process << 32) | arrow);
    sj_json_u64(json, "ts", at);
    if (phase == 'f') {
        sj_json_str(json, "bp", "e");
    }
    return close_event(event);
}

int sj_chrome_counter(struct sj_chrome_event *event, uint64_t at, uint64_t running)
{
    struct sj_json *json = open_event(event, "C", "running jobs", 0);
    sj_json_u64(json, "ts", at);
    sj_json_open(json, "args", '{');
    sj_json_u64(json, "jobs", running);
    sj_json_close(json, '}');
    return close_event(event);
}
