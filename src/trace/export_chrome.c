// SPDX-License-Identifier: Apache-2.0
#include "trace/export_chrome.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "trace/chrome_event.h"
#include "trace/lanes.h"

/** An interval of the trace, in its microseconds. */
struct slice {
    uint64_t start;
    uint64_t end;
    uint32_t item; /**< index of the action or span */
};

enum {
    NESTED_MAX = 64, /**< deepest nesting of slices */
    ROWS_MAX = 64,   /**< most rows of phases */
};

/** A row of phases: the ends of those that are open. */
struct row {
    uint64_t open[NESTED_MAX];
    size_t depth;
};

/** A build on its way out. */
struct writer {
    struct sj_chrome_event event;
    struct sj_chrome_build *build;
    struct sj_chrome_left *left;
    struct slice *slices; /**< of actions, by start */
    uint32_t *lanes;      /**< of slices */
    uint32_t *slice_of;   /**< by action: index into slices */
    uint32_t first_lane;  /**< thread of lane 0 */
};

static struct slice slice_of(const struct writer *writer, uint64_t start_ns, uint64_t wall_ns,
                             uint32_t item)
{
    uint64_t end_ns = wall_ns < UINT64_MAX - start_ns ? start_ns + wall_ns : UINT64_MAX;
    return (struct slice){sj_chrome_us(&writer->event, start_ns),
                          sj_chrome_us(&writer->event, end_ns), item};
}

// The longer one first, so that it is drawn around the shorter one; of equals the one told last,
// which knows more.
static int by_start(const void *left, const void *right)
{
    const struct slice *a = left;
    const struct slice *b = right;
    if (a->start != b->start) {
        return a->start < b->start ? -1 : 1;
    }
    if (a->end != b->end) {
        return a->end > b->end ? -1 : 1;
    }
    return (a->item < b->item) - (a->item > b->item);
}

static uint32_t pack(const struct slice *slices, size_t count, uint32_t *lanes)
{
    SJ_AUTO(sj_auto_free)
    struct sj_lane_item *items = sj_calloc(count > 0 ? count : 1, sizeof(*items));
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct sj_lane_item){slices[i].start, slices[i].end};
    }
    return sj_lanes_pack(items, count, lanes);
}

static int write_names(struct writer *writer, const char *what, uint32_t first, uint32_t count)
{
    int status = 0;
    for (uint32_t i = 0; i < count && status == 0; i++) {
        char name[48];
        (void)snprintf(name, sizeof(name), "%s %" PRIu32, what, i + 1);
        status = sj_chrome_thread(&writer->event, first + i, name);
    }
    return status;
}

// Whether a row has room for a slice: behind what is there, or inside it.
static bool fits(struct row *row, const struct slice *slice)
{
    while (row->depth > 0 && row->open[row->depth - 1] <= slice->start) {
        row->depth--;
    }
    return row->depth == 0 || (row->depth < NESTED_MAX && slice->end <= row->open[row->depth - 1]);
}

// The first row that has room; ROWS_MAX: none has.
static uint32_t find_row(struct row *rows, uint32_t *made, const struct slice *slice)
{
    uint32_t at = 0;
    while (at < *made && !fits(&rows[at], slice)) {
        at++;
    }
    if (at < ROWS_MAX) {
        *made = at == *made ? at + 1 : *made;
        rows[at].open[rows[at].depth++] = slice->end;
    }
    return at;
}

// An import tells phases twice: as such, and with their details as spans.
static bool is_twice(const struct writer *writer, const struct slice *slice,
                     const struct slice *before)
{
    const struct sj_chrome_span *spans = writer->build->spans;
    return before && before->start == slice->start && before->end == slice->end &&
           strcmp(spans[before->item].name, spans[slice->item].name) == 0;
}

// The build's own spans, the longer ones first.
static struct slice *own_spans(const struct writer *writer, size_t *count)
{
    const struct sj_chrome_build *build = writer->build;
    struct slice *slices = sj_calloc(build->span_count + 1, sizeof(*slices));
    *count = 0;
    for (size_t i = 0; i < build->span_count; i++) {
        const struct sj_chrome_span *span = &build->spans[i];
        if (span->owner == SJ_CHROME_NONE) {
            slices[(*count)++] = slice_of(writer, span->start_ns, span->wall_ns, (uint32_t)i);
        }
    }
    qsort(slices, *count, sizeof(*slices), by_start);
    return slices;
}

// Spans of the build itself: phases, and whatever an import knew beyond them. Threads from 1 on.
static int write_phases(struct writer *writer)
{
    size_t count;
    SJ_AUTO(sj_auto_free) struct slice *slices = own_spans(writer, &count);
    SJ_AUTO(sj_auto_free) struct row *rows = sj_calloc(ROWS_MAX, sizeof(*rows));
    uint32_t made = 0;
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++) {
        if (is_twice(writer, &slices[i], i > 0 ? &slices[i - 1] : NULL)) {
            continue;
        }
        uint32_t row = find_row(rows, &made, &slices[i]);
        if (row == ROWS_MAX) {
            writer->left->spans++;
            continue;
        }
        status = sj_chrome_span(&writer->event, row + 1, slices[i].start, slices[i].end,
                                &writer->build->spans[slices[i].item], "phase");
    }
    writer->first_lane = made + 1;
    return status < 0 ? status : write_names(writer, "phases", 1, made);
}

static int by_owner(const void *left, const void *right)
{
    const struct sj_chrome_span *a = left;
    const struct sj_chrome_span *b = right;
    if (a->owner != b->owner) {
        return a->owner < b->owner ? -1 : 1;
    }
    if (a->start_ns != b->start_ns) {
        return a->start_ns < b->start_ns ? -1 : 1;
    }
    if (a->depth != b->depth) {
        return a->depth < b->depth ? -1 : 1;
    }
    if (a->wall_ns != b->wall_ns) {
        return a->wall_ns > b->wall_ns ? -1 : 1;
    }
    return (a->detail != NULL) - (b->detail != NULL);
}

static int by_owner_only(const void *key, const void *item)
{
    uint32_t owner = *(const uint32_t *)key;
    const struct sj_chrome_span *span = item;
    return (owner > span->owner) - (owner < span->owner);
}

// The first span of an action, or NULL.
static const struct sj_chrome_span *spans_of(const struct sj_chrome_build *build, uint32_t action)
{
    const struct sj_chrome_span *found = NULL;
    if (build->span_count > 0) {
        found = bsearch(&action, build->spans, build->span_count, sizeof(*found), by_owner_only);
    }
    while (found && found > build->spans && found[-1].owner == action) {
        found--;
    }
    return found;
}

// Slices of a thread must lie inside one another or apart: what sticks out is cut.
static int write_spans(struct writer *writer, const struct slice *slice, uint32_t thread)
{
    const struct sj_chrome_build *build = writer->build;
    // Without spans there is no array, and no end of one either.
    const struct sj_chrome_span *end = build->spans ? build->spans + build->span_count : NULL;
    uint64_t open[NESTED_MAX] = {slice->end};
    size_t depth = 1;
    int status = 0;
    for (const struct sj_chrome_span *span = spans_of(build, slice->item);
         span && span < end && span->owner == slice->item && status == 0; span++) {
        struct slice inner = slice_of(writer, span->start_ns, span->wall_ns, 0);
        if (inner.start < slice->start || inner.start >= slice->end) {
            writer->left->spans++;
            continue;
        }
        while (depth > 1 && open[depth - 1] <= inner.start) {
            depth--;
        }
        if (depth == NESTED_MAX) {
            writer->left->spans++;
            continue;
        }
        inner.end = inner.end < open[depth - 1] ? inner.end : open[depth - 1];
        open[depth++] = inner.end;
        status = sj_chrome_span(&writer->event, thread, inner.start, inner.end, span, "span");
    }
    return status;
}

// An arrow from the end of the action that was waited for to the start of this one.
static int write_flow(struct writer *writer, const struct slice *to, uint32_t thread)
{
    uint32_t before = writer->build->actions[to->item].before;
    if (before >= writer->build->action_count) {
        return 0;
    }
    const struct slice *from = &writer->slices[writer->slice_of[before]];
    uint32_t from_thread = writer->first_lane + writer->lanes[writer->slice_of[before]];
    // An arrow is tied to the slice that is there at that time: the end is just behind it.
    uint64_t leave = from->end > from->start ? from->end - 1 : from->start;
    int status = sj_chrome_flow(&writer->event, 's', from_thread, leave, to->item);
    return status < 0 ? status : sj_chrome_flow(&writer->event, 'f', thread, to->start, to->item);
}

static int write_action(struct writer *writer, size_t at)
{
    const struct slice *slice = &writer->slices[at];
    uint32_t thread = writer->first_lane + writer->lanes[at];
    int status = sj_chrome_action(&writer->event, thread, slice->start, slice->end,
                                  &writer->build->actions[slice->item]);
    if (status == 0) {
        status = write_spans(writer, slice, thread);
    }
    return status < 0 ? status : write_flow(writer, slice, thread);
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

// How many actions ran at each moment at which that changed.
static int write_counters(struct writer *writer)
{
    size_t count = writer->build->action_count;
    SJ_AUTO(sj_auto_free) uint64_t *ends = sj_calloc(count + 1, sizeof(*ends));
    for (size_t i = 0; i < count; i++) {
        ends[i] = writer->slices[i].end;
    }
    qsort(ends, count, sizeof(*ends), by_number);
    size_t begun = 0;
    size_t ended = 0;
    int status = 0;
    while (ended < count && status == 0) {
        uint64_t now = begun < count && writer->slices[begun].start < ends[ended]
                           ? writer->slices[begun].start
                           : ends[ended];
        while (begun < count && writer->slices[begun].start <= now) {
            begun++;
        }
        while (ended < count && ends[ended] <= now) {
            ended++;
        }
        status = sj_chrome_counter(&writer->event, now, begun - ended);
    }
    return status;
}

static int write_actions(struct writer *writer)
{
    const struct sj_chrome_build *build = writer->build;
    size_t count = build->action_count;
    SJ_AUTO(sj_auto_free) struct slice *slices = sj_calloc(count + 1, sizeof(*slices));
    SJ_AUTO(sj_auto_free) uint32_t *lanes = sj_calloc(count + 1, sizeof(*lanes));
    SJ_AUTO(sj_auto_free) uint32_t *places = sj_calloc(count + 1, sizeof(*places));
    for (size_t i = 0; i < count; i++) {
        const struct sj_export_action *action = &build->actions[i].action;
        slices[i] = slice_of(writer, action->start_ns, action->wall_ns, (uint32_t)i);
    }
    qsort(slices, count, sizeof(*slices), by_start);
    for (size_t i = 0; i < count; i++) {
        places[slices[i].item] = (uint32_t)i;
    }
    writer->slices = slices;
    writer->lanes = lanes;
    writer->slice_of = places;
    uint32_t made = pack(slices, count, lanes);
    int status = write_names(writer, "job", writer->first_lane, made);
    for (size_t i = 0; i < count && status == 0; i++) {
        status = write_action(writer, i);
    }
    return status < 0 ? status : write_counters(writer);
}

static int write_build(struct writer *writer)
{
    struct sj_chrome_build *build = writer->build;
    if (build->span_count > 0) {
        qsort(build->spans, build->span_count, sizeof(*build->spans), by_owner);
    }
    int status = sj_chrome_process(&writer->event, &build->build);
    if (status == 0) {
        status = write_phases(writer);
    }
    return status < 0 ? status : write_actions(writer);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return b < a ? b : a;
}

// Time 0 of the trace: small numbers are easier to read, and exact wherever numbers are doubles.
static uint64_t first_time(const struct sj_chrome_build *builds, size_t count)
{
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        first = earlier(first, builds[i].build.start_ns);
        for (size_t k = 0; k < builds[i].action_count; k++) {
            first = earlier(first, builds[i].actions[k].action.start_ns);
        }
        for (size_t k = 0; k < builds[i].span_count; k++) {
            if (builds[i].spans[k].owner == SJ_CHROME_NONE) {
                first = earlier(first, builds[i].spans[k].start_ns);
            }
        }
    }
    return count > 0 ? first : 0;
}

int sj_export_chrome(struct sj_chrome_build *builds, size_t count, const struct sj_export_out *out,
                     struct sj_chrome_left *left)
{
    *left = (struct sj_chrome_left){0};
    struct writer writer = {.left = left};
    int status = sj_chrome_begin(&writer.event, out, first_time(builds, count));
    for (size_t i = 0; i < count && status == 0; i++) {
        writer.event.process = (uint32_t)i + 1;
        writer.build = &builds[i];
        status = write_build(&writer);
    }
    if (status == 0) {
        sj_chrome_end(&writer.event);
    }
    return status;
}
