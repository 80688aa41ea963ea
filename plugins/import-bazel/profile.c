// SPDX-License-Identifier: Apache-2.0
// Profiles: events of Chrome's trace format, with the actions among them.
// Source: Bazel documentation, "JSON trace profile"; Bazel's ProfilerTask.java, of 4.2 and 7.
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import-bazel/bazel.h"
#include "import-common/fields.h"
#include "import-common/text.h"
#include "import-common/walk.h"

enum {
    LANES = 1024,    /**< threads whose events are brought together; a power of two */
    INSIDE_MAX = 16, /**< events inside an action that are kept */
    MARK_SIZE = 128,
};

/** What an event inside an action says of it. */
enum meaning {
    OTHER,
    EXECUTED, /**< the command ran, here or elsewhere */
    FETCHED,  /**< a cache had its outputs */
};

/** Categories of events inside an action. */
static const struct {
    const char *category;
    enum meaning meaning;
} inside[] = {
    {"remote action cache check", OTHER},    {"remote output download", FETCHED},
    {"local action execution", EXECUTED},    {"Remote execution process wall time", EXECUTED},
    {"remote action execution", EXECUTED},   {"subprocess.run", EXECUTED},
    {"sandbox.createFileSystem", OTHER},     {"sandbox.deleteFileSystem", OTHER},
    {"Remote execution upload time", OTHER}, {"Remote execution queuing time", OTHER},
    {"Remote execution setup", OTHER},       {"Remote execution file fetching", OTHER},
    {"complete action execution", OTHER},
};

/** Times of an event. */
struct stretch {
    int64_t start_ns; /**< since the profile began */
    int64_t wall_ns;
};

/** An event that belongs to an action which has not been seen yet: the outer one is written last.
 */
struct part {
    struct stretch when;
    const char *category; /**< of the table above */
};

/** A thread. */
struct lane {
    int64_t tid;
    struct part parts[INSIDE_MAX];
    size_t count;
    bool is_used;
};

/** What is gathered over a file. */
struct profile {
    const struct sj_import_sink *sink;
    char *id;
    int64_t base_ns; /**< when time 0 was; 0: not known */
    int64_t start_ns;
    int64_t end_ns;
    char mark[MARK_SIZE]; /**< phase that has begun; "": none */
    int64_t mark_ns;
    struct lane lanes[LANES];
};

// Wed Nov 25 20:38:25 UTC 2026, as Java prints it; other zones' names are ambiguous.
static int64_t java_time(const char *text)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (!text || strlen(text) != 28 ||
        (strncmp(text + 20, "UTC ", 4) != 0 && strncmp(text + 20, "GMT ", 4) != 0)) {
        return 0;
    }
    char name[4] = {text[4], text[5], text[6], '\0'};
    const char *month = strstr(months, name);
    if (!month || (month - months) % 3 != 0) {
        return 0;
    }
    char rfc3339[64];
    (void)snprintf(rfc3339, sizeof(rfc3339),
                   "%.4s-%02d-%.2s"
                   "T%.8sZ",
                   text + 24, (int)((month - months) / 3) + 1, text + 8, text + 11);
    return import_time_ns(rfc3339);
}

static void take_other_data(struct profile *profile, struct import_fields data)
{
    const char *id = import_fields_text(data, "build_id");
    if (id && !profile->id) {
        profile->id = strdup(id);
    }
    profile->base_ns = import_fields_units(data, "profile_start_ts", IMPORT_NS_PER_MS);
    const char *date = import_fields_text(data, "date");
    if (profile->base_ns == 0) {
        profile->base_ns = java_time(date);
    }
    if (profile->base_ns == 0 && date) {
        import_fields_problem(data, "its date is not in UTC: the file's own time counts");
    }
}

static struct lane *lane_of(struct profile *profile, int64_t tid)
{
    uint64_t at = (uint64_t)tid * UINT64_C(0x9e3779b97f4a7c15) >> 54;
    for (size_t i = 0; i < LANES; i++) {
        struct lane *lane = &profile->lanes[(at + i) % LANES];
        if (!lane->is_used) {
            lane->is_used = true;
            lane->tid = tid;
        }
        if (lane->tid == tid) {
            return lane;
        }
    }
    return NULL; // more threads than any machine has: their actions go without details
}

static bool stretch_of(struct import_fields event, struct stretch *out)
{
    // Negative before the server has begun; import_fields_units() has no negative ones.
    int64_t start_us = import_fields_number(event, "ts", 0);
    int64_t wall_us = import_fields_number(event, "dur", 0);
    const int64_t limit = INT64_MAX / IMPORT_NS_PER_US / 4;
    if (start_us < -limit || start_us > limit || wall_us < 0 || wall_us > limit) {
        import_fields_problem(event, "an event whose times make no sense was left out");
        return false;
    }
    out->start_ns = start_us * IMPORT_NS_PER_US;
    out->wall_ns = wall_us * IMPORT_NS_PER_US;
    return true;
}

static bool is_inside(const struct stretch *inner, const struct stretch *outer)
{
    return inner->start_ns >= outer->start_ns &&
           inner->start_ns + inner->wall_ns <= outer->start_ns + outer->wall_ns;
}

// Time as the sink wants it: since the epoch when that is known.
static int64_t at_ns(const struct profile *profile, int64_t ns)
{
    if (profile->base_ns != 0) {
        return import_plus(profile->base_ns, ns);
    }
    return ns > 0 ? ns : 0;
}

static int tell_phase(struct profile *profile, const char *name, int64_t start_ns, int64_t end_ns)
{
    struct sj_import_span span = {
        .build = profile->id,
        .name = name,
        .start_ns = at_ns(profile, start_ns),
        .wall_ns = end_ns > start_ns ? end_ns - start_ns : 0,
        .is_relative = profile->base_ns == 0,
    };
    return profile->sink->span(profile->sink->user, &span);
}

// Each mark ends the phase before it.
static int take_mark(struct profile *profile, struct import_fields event)
{
    struct stretch when;
    const char *name = import_fields_text(event, "name");
    if (!name || !stretch_of(event, &when)) {
        return 0;
    }
    const char *ph = import_fields_text(event, "ph");
    if (ph && *ph == 'X') {
        return tell_phase(profile, name, when.start_ns, when.start_ns + when.wall_ns);
    }
    int status = 0;
    if (profile->mark[0] != '\0') {
        status = tell_phase(profile, profile->mark, profile->mark_ns, when.start_ns);
    }
    (void)snprintf(profile->mark, sizeof(profile->mark), "%s", name);
    profile->mark_ns = when.start_ns;
    return status;
}

static enum meaning meaning_of(const char *category)
{
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        if (strcmp(inside[i].category, category) == 0) {
            return inside[i].meaning;
        }
    }
    return OTHER;
}

static enum sj_import_outcome outcome_of(const struct lane *lane, const struct stretch *when)
{
    enum sj_import_outcome outcome = SJ_IMPORT_UNKNOWN;
    for (size_t i = 0; lane && i < lane->count; i++) {
        if (!is_inside(&lane->parts[i].when, when)) {
            continue;
        }
        enum meaning meaning = meaning_of(lane->parts[i].category);
        if (meaning == EXECUTED) {
            return SJ_IMPORT_MISS;
        }
        if (meaning == FETCHED) {
            outcome = SJ_IMPORT_HIT;
        }
    }
    return outcome;
}

static int tell_parts(struct profile *profile, const struct lane *lane, const char *unit,
                      const struct stretch *when)
{
    for (size_t i = 0; lane && i < lane->count; i++) {
        const struct part *part = &lane->parts[i];
        struct sj_import_span span = {
            .build = profile->id,
            .unit = unit,
            .name = part->category,
            .start_ns = part->when.start_ns - when->start_ns,
            .wall_ns = part->when.wall_ns,
            .is_relative = 1,
        };
        if (!is_inside(&part->when, when)) {
            continue;
        }
        int status = profile->sink->span(profile->sink->user, &span);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

static int take_action(struct profile *profile, struct import_fields event)
{
    struct import_fields args = import_fields_object(event, "args");
    const char *title = import_fields_text(event, "name");
    const char *output = import_fields_text(event, "out");
    struct stretch when;
    if ((!title && !output) || !stretch_of(event, &when)) {
        import_fields_problem(event, "an action without a name was left out");
        return 0;
    }
    struct lane *lane = lane_of(profile, import_fields_number(event, "tid", 0));
    struct sj_import_unit unit = {
        .build = profile->id,
        .name = output ? output : title,
        .tool = import_fields_text(args, "mnemonic"),
        .start_ns = at_ns(profile, when.start_ns),
        .wall_ns = when.wall_ns,
        .is_relative = profile->base_ns == 0,
        .outcome = outcome_of(lane, &when),
    };
    int status = profile->sink->unit(profile->sink->user, &unit);
    if (status == 0) {
        status = tell_parts(profile, lane, unit.name, &when);
    }
    if (lane) {
        lane->count = 0;
    }
    return status;
}

static void take_part(struct profile *profile, struct import_fields event, const char *category)
{
    struct lane *lane = lane_of(profile, import_fields_number(event, "tid", 0));
    struct stretch when;
    if (!lane || !stretch_of(event, &when)) {
        return;
    }
    if (lane->count == INSIDE_MAX) {
        // Those of no action stay for ever; of an action with very many the last ones say most.
        memmove(lane->parts, lane->parts + 1, sizeof(lane->parts) - sizeof(lane->parts[0]));
        lane->count--;
    }
    lane->parts[lane->count++] = (struct part){when, category};
}

static void note_times(struct profile *profile, struct import_fields event)
{
    struct stretch when;
    if (!json_object_get(event.object, "ts") || !stretch_of(event, &when)) {
        return;
    }
    int64_t end_ns = when.start_ns + when.wall_ns;
    profile->start_ns = when.start_ns < profile->start_ns ? when.start_ns : profile->start_ns;
    profile->end_ns = end_ns > profile->end_ns ? end_ns : profile->end_ns;
}

static int take_event(struct profile *profile, struct import_fields event)
{
    const char *category = import_fields_text(event, "cat");
    if (!category) {
        return 0; // names of threads, counters
    }
    note_times(profile, event);
    if (strcmp(category, "action processing") == 0) {
        return take_action(profile, event);
    }
    if (strcmp(category, "build phase marker") == 0) {
        return take_mark(profile, event);
    }
    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        if (strcmp(category, inside[i].category) == 0) {
            take_part(profile, event, inside[i].category);
        }
    }
    return 0;
}

static int take(void *user, const char *member, json_t *value, uint64_t where)
{
    struct profile *profile = user;
    struct import_fields fields = {value, profile->sink, where};
    if (!member) {
        return take_event(profile, fields);
    }
    if (strcmp(member, "otherData") == 0) {
        take_other_data(profile, import_fields_of(fields, value));
    }
    return 0;
}

static int tell_build(struct profile *profile)
{
    struct sj_import_build build = {
        .id = profile->id,
        .system = "bazel",
        .start_ns = profile->base_ns != 0 ? at_ns(profile, profile->start_ns) : 0,
        .wall_ns = profile->end_ns - profile->start_ns,
        .exit_status = -1,
    };
    int status = 0;
    if (profile->mark[0] != '\0') {
        status = tell_phase(profile, profile->mark, profile->mark_ns, profile->end_ns);
    }
    return status < 0 ? status : profile->sink->build(profile->sink->user, &build);
}

static int read_profile(const struct sj_import_source *source, const struct sj_import_sink *sink,
                        char *problem, size_t len)
{
    struct profile *profile = calloc(1, sizeof(*profile));
    if (!profile) {
        return -ENOMEM;
    }
    profile->sink = sink;
    struct import_walk walk = {
        .source = source, .sink = sink, .array = "traceEvents", .visit = take, .user = profile};
    int status = import_walk_run(&walk, problem, len);
    if (status == 0 || status == -EBADMSG) {
        int told = tell_build(profile);
        status = told < 0 ? told : status;
    }
    free(profile->id);
    free(profile);
    return status;
}

static int detect(const struct sj_import_source *source)
{
    static const char *const texts[] = {"\"otherData\"", "\"build_id\"", "\"traceEvents\"", NULL};
    return import_walk_looks(source, '{', texts) ? 95 : 0;
}

const struct sj_import_format sj_bazel_profile = {
    .name = "bazel-profile",
    .summary = "profile of Bazel: --profile=FILE",
    .detect = detect,
    .read = read_profile,
};
