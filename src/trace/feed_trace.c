// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "trace/feed.h"

#define SPANS_MAX ((size_t)8 << 20) /**< of a build */

/** A unit's name and one of its samples. */
struct named {
    uint32_t name;  /**< text */
    uint32_t index; /**< of the sample */
};

/** What a visit of notes needs. */
struct gathering {
    struct sj_db *db;
    struct sj_feed_trace *trace;
    const struct named *names; /**< by name, then start */
};

static int by_name(const void *left, const void *right)
{
    const struct named *a = left;
    const struct named *b = right;
    if (a->name != b->name) {
        return a->name < b->name ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

// The first of a name; count when there is none.
static size_t find_name(const struct named *names, size_t count, uint32_t name)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names[middle].name < name) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < count && names[low].name == name ? low : count;
}

static size_t keep_text(struct sj_feed_trace *trace, const char *text)
{
    size_t at = trace->texts.len;
    sj_buf_add(&trace->texts, text, strlen(text) + 1);
    return at;
}

static int add_span(struct sj_feed_trace *trace, const struct sj_note_span *span, uint64_t base_ns,
                    uint32_t owner)
{
    if (trace->span_count == SPANS_MAX) {
        trace->lost_spans++;
        return 0;
    }
    if (trace->span_count == trace->span_size) {
        trace->span_size = trace->span_size > 0 ? trace->span_size * 2 : 256;
        trace->spans = sj_realloc(trace->spans, trace->span_size, sizeof(*trace->spans));
        trace->places = sj_realloc(trace->places, trace->span_size, sizeof(*trace->places));
    }
    struct sj_feed_place *place = &trace->places[trace->span_count];
    place->name = keep_text(trace, span->name ? span->name : "");
    place->detail = span->detail && *span->detail ? keep_text(trace, span->detail) : 0;
    trace->spans[trace->span_count++] = (struct sj_chrome_span){
        .start_ns = base_ns + span->start_ns,
        .wall_ns = span->wall_ns,
        .depth = span->depth,
        .owner = owner,
    };
    return trace->texts.is_full ? -EFBIG : 0;
}

static int add_phases(struct sj_feed_trace *trace, const struct sj_build *build)
{
    int status = 0;
    for (size_t i = 0; i < build->phase_count && status == 0; i++) {
        const struct sj_phase *phase = &build->phases[i];
        const struct sj_note_span span = {
            .start_ns = phase->start_ns, .wall_ns = phase->wall_ns, .name = phase->name};
        status = add_span(trace, &span, 0, SJ_CHROME_NONE);
    }
    return status;
}

// Of several samples of a unit the one that ran at the note's time; else the first.
static uint32_t owner_of(const struct gathering *gathering, const struct sj_note *note)
{
    const struct sj_feed_trace *trace = gathering->trace;
    uint32_t name = sj_db_text_find(gathering->db, sj_note_value(note, "unit"));
    size_t first = name != 0 ? find_name(gathering->names, trace->count, name) : trace->count;
    for (size_t i = first; i < trace->count && gathering->names[i].name == name; i++) {
        const struct sj_sample *sample = &trace->samples[gathering->names[i].index];
        if (note->time_ns >= sample->start_ns &&
            note->time_ns - sample->start_ns <= sample->wall_ns) {
            return gathering->names[i].index;
        }
    }
    return first < trace->count ? gathering->names[first].index : SJ_CHROME_NONE;
}

// Times since 1980 are times of day; what is smaller counts from the note's time.
static uint64_t base_of(const struct sj_note_span *span, uint64_t base_ns)
{
    const uint64_t day_ns = UINT64_C(86400000000000);
    return span->start_ns > 3653 * day_ns ? 0 : base_ns;
}

static int take_note(const struct sj_note *note, void *user)
{
    struct gathering *gathering = user;
    struct sj_feed_trace *trace = gathering->trace;
    uint64_t base_ns = note->time_ns;
    uint32_t owner = SJ_CHROME_NONE;
    if (sj_note_value(note, "unit")) {
        owner = owner_of(gathering, note);
        if (owner == SJ_CHROME_NONE) {
            trace->lost_spans += note->span_count;
            return 0;
        }
        const struct sj_sample *sample = &trace->samples[owner];
        if (base_ns < sample->start_ns || base_ns - sample->start_ns > sample->wall_ns) {
            base_ns = sample->start_ns;
        }
    }
    int status = 0;
    for (uint32_t i = 0; i < note->span_count && status == 0; i++) {
        status = add_span(trace, &note->spans[i], base_of(&note->spans[i], base_ns), owner);
    }
    return status;
}

static uint64_t end_of(const struct sj_sample *sample)
{
    return sample->start_ns + sample->wall_ns;
}

// What an action waited for last: of its inputs that other actions of the build made, the one that
// was ready last.
static int wait_of(const struct gathering *gathering, uint32_t index, uint32_t *before)
{
    const struct sj_feed_trace *trace = gathering->trace;
    const struct sj_sample *sample = &trace->samples[index];
    const struct sj_input *inputs = NULL;
    size_t count = 0;
    *before = SJ_CHROME_NONE;
    int status =
        sample->state != 0 ? sj_db_inputs(gathering->db, sample->state, &inputs, &count) : -ENOENT;
    if (status == -ENOENT) {
        return 0;
    }
    for (size_t i = 0; i < count && status == 0; i++) {
        size_t at = find_name(gathering->names, trace->count, inputs[i].path);
        for (; at < trace->count && gathering->names[at].name == inputs[i].path; at++) {
            uint32_t other = gathering->names[at].index;
            uint64_t end = end_of(&trace->samples[other]);
            if (end <= sample->start_ns &&
                (*before == SJ_CHROME_NONE || end > end_of(&trace->samples[*before]))) {
                *before = other;
            }
        }
    }
    return status;
}

// From the action that ended last, back over what each one waited for. Ends: each step goes back
// in time, and an action of no length is no step.
static int find_critical_path(const struct gathering *gathering)
{
    struct sj_feed_trace *trace = gathering->trace;
    uint32_t at = SJ_CHROME_NONE;
    for (uint32_t i = 0; i < trace->count; i++) {
        trace->actions[i].before = SJ_CHROME_NONE;
        if (at == SJ_CHROME_NONE || end_of(&trace->samples[i]) > end_of(&trace->samples[at])) {
            at = i;
        }
    }
    for (size_t steps = 0; at != SJ_CHROME_NONE && steps < trace->count; steps++) {
        uint32_t before;
        int status = wait_of(gathering, at, &before);
        if (status < 0) {
            return status;
        }
        trace->actions[at].before = before;
        at = before;
    }
    return 0;
}

static int add_actions(struct sj_db *db, struct sj_feed_trace *trace, struct named *names)
{
    for (size_t i = 0; i < trace->count; i++) {
        struct sj_chrome_action *action = &trace->actions[i];
        int status = sj_feed_action(db, &trace->samples[i], &action->action);
        if (status < 0) {
            return status;
        }
        action->cause = action->group = action->because = "";
        names[i] = (struct named){sj_db_text_find(db, action->action.unit), (uint32_t)i};
    }
    qsort(names, trace->count, sizeof(*names), by_name);
    return 0;
}

// Once the buffer moves no more.
static void point_to_texts(struct sj_feed_trace *trace)
{
    const char *texts = sj_buf_text(&trace->texts);
    for (size_t i = 0; i < trace->span_count; i++) {
        const struct sj_feed_place *place = &trace->places[i];
        trace->spans[i].name = texts + place->name;
        trace->spans[i].detail = place->detail > 0 ? texts + place->detail : NULL;
    }
}

int sj_feed_trace(struct sj_db *db, const struct sj_build *build, struct sj_feed_trace *out)
{
    *out = (struct sj_feed_trace){.texts = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)};
    (void)keep_text(out, ""); // so that no text has place 0
    sj_feed_build(build, &out->about);
    size_t size = 0;
    int status =
        sj_db_samples(db, build->number, SJ_OUTCOME_ANY, &out->samples, &out->count, &size);
    if (status < 0) {
        return status;
    }
    if (out->count >= SJ_CHROME_NONE) {
        return -EFBIG;
    }
    out->actions = sj_calloc(out->count + 1, sizeof(*out->actions));
    SJ_AUTO(sj_auto_free) struct named *names = sj_calloc(out->count + 1, sizeof(*names));
    const struct gathering gathering = {db, out, names};
    status = add_actions(db, out, names);
    if (status == 0) {
        status = find_critical_path(&gathering);
    }
    if (status == 0) {
        status = add_phases(out, build);
    }
    if (status == 0) {
        struct gathering visited = gathering;
        status = sj_db_notes(db, build->number, SJ_NOTE_TRACE, take_note, &visited);
    }
    point_to_texts(out);
    return status;
}

void sj_feed_trace_release(struct sj_feed_trace *trace)
{
    if (trace) {
        free(trace->samples);
        free(trace->actions);
        free(trace->spans);
        free(trace->places);
        sj_buf_release(&trace->texts);
        *trace = (struct sj_feed_trace){0};
    }
}
