// SPDX-License-Identifier: Apache-2.0
#include "analyze/cause.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/cause_handle.h"
#include "base/clock.h"
#include "base/mem.h"

#define CONTEXT_HOPS 8                              // references of references that are loaded, too
#define EARLIER_NS   (90 * 24 * 3600 * SJ_NS_PER_S) // how far back the same may have been compiled

static bool leads_to(const struct sj_view *view, size_t from, size_t to)
{
    size_t at = from;
    while (at != UINT32_MAX && at != to) {
        at = view->builds[at].reference;
    }
    return at == to;
}

// Where history does not relate a build to any other, as at the edge of a shallow clone or without
// a commit, time does: what differs can be told all the same, if not whose it is.
static void relate_by_time(struct sj_view *view, size_t build)
{
    struct sj_view_build *own = &view->builds[build];
    uint32_t best = UINT32_MAX;
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_view_build *other = &view->builds[i];
        bool is_foreign = (other->commit == SJ_NO_COMMIT) != (own->commit == SJ_NO_COMMIT);
        if (is_foreign && other->build.start_ns < own->build.start_ns &&
            strcmp(other->build.job, own->build.job) == 0 &&
            (best == UINT32_MAX || other->build.start_ns > view->builds[best].build.start_ns) &&
            !leads_to(view, i, build)) {
            best = (uint32_t)i;
        }
    }
    own->reference = best;
}

struct sj_causes *sj_causes_open(const struct sj_view *view, struct sj_pool *pool)
{
    struct sj_causes *causes = sj_new(struct sj_causes);
    causes->pool = pool;
    causes->view = *view;
    causes->view.samples = NULL;
    causes->view.sample_count = 0;
    causes->view.is_context = NULL;
    causes->view.builds = sj_calloc(view->build_count + 1, sizeof *view->builds);
    for (size_t i = 0; i < view->build_count; i++) {
        causes->view.builds[i] = view->builds[i];
        causes->view.builds[i].first = 0;
        causes->view.builds[i].count = 0;
    }
    for (size_t i = 0; i < view->build_count; i++) {
        if (causes->view.builds[i].reference == UINT32_MAX) {
            relate_by_time(&causes->view, i);
        }
    }
    causes->is_loaded = sj_calloc(view->build_count + 1, sizeof *causes->is_loaded);
    causes->reaches_a_remote = sj_calloc(view->build_count + 1, sizeof *causes->reaches_a_remote);
    return causes;
}

// What was resolved on one line says nothing on another.
static void drop_line(struct sj_causes *causes)
{
    sj_line_release(&causes->line);
    causes->has_line = false;
    sj_keymap_clear(&causes->resolved);
    causes->kept.count = 0;
}

void sj_causes_close(struct sj_causes *causes)
{
    if (!causes) {
        return;
    }
    drop_line(causes);
    free(causes->view.builds);
    free(causes->view.samples);
    free(causes->is_loaded);
    free(causes->reaches_a_remote);
    free(causes->found.items);
    free(causes->kept.items);
    free(causes->ranges);
    sj_earlier_release(&causes->earlier);
    sj_keymap_release(&causes->resolved);
    sj_keymap_release(&causes->units_by_name);
    sj_keymap_release(&causes->units_by_source);
    free(causes);
}

/** Samples being loaded. */
struct loading {
    struct sj_causes *causes;
    size_t size; // allocated of the view's samples
    struct sj_err *err;
};

static int load_build(struct loading *loading, size_t index)
{
    struct sj_causes *causes = loading->causes;
    struct sj_view *view = &causes->view;
    if (causes->is_loaded[index]) {
        return 0;
    }
    struct sj_view_build *build = &view->builds[index];
    build->first = view->sample_count;
    int status = sj_db_samples(view->db, build->build.number, SJ_OUTCOME_ANY, &view->samples,
                               &view->sample_count, &loading->size);
    if (status < 0) {
        return sj_fail(loading->err, status, "cannot read the records of build '%.128s'",
                       build->build.id);
    }
    build->count = view->sample_count - build->first;
    causes->is_loaded[index] = true;
    for (size_t i = build->first; i < view->sample_count; i++) {
        causes->reaches_a_remote[index] |= (view->samples[i].flags & SJ_RECORD_REMOTE) != 0;
    }
    return 0;
}

static struct sj_earlier earlier_of(const struct sj_causes *causes, size_t index,
                                    const struct sj_sample *sample)
{
    return sj_earlier_of(&causes->view.builds[index].build, sample,
                         causes->reaches_a_remote[index]);
}

static void add_earlier(struct sj_causes *causes, size_t index, const struct sj_sample *samples,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        // A hit says that the result was stored before, even where its miss is not on record.
        bool is_stored =
            samples[i].outcome == SJ_OUTCOME_MISS || samples[i].outcome == SJ_OUTCOME_HIT;
        if (is_stored && samples[i].state) {
            const struct sj_earlier item = earlier_of(causes, index, &samples[i]);
            sj_earlier_add(&causes->earlier, &item);
        }
    }
}

// The misses of all builds that may have compiled the same before; of loaded builds the hits, too.
static int load_earlier(struct sj_causes *causes, uint64_t from_ns, uint64_t until_ns)
{
    SJ_AUTO(sj_auto_free) struct sj_sample *misses = NULL;
    size_t size = 0;
    int status = 0;
    for (size_t i = 0; i < causes->view.build_count && status == 0; i++) {
        const struct sj_view_build *build = &causes->view.builds[i];
        if (causes->is_loaded[i] && build->count == 0) {
            continue; // without any sample there is no array to point into
        }
        if (causes->is_loaded[i]) {
            add_earlier(causes, i, causes->view.samples + build->first, build->count);
        } else if (build->build.start_ns >= from_ns && build->build.start_ns <= until_ns &&
                   build->build.count[SJ_OUTCOME_MISS] > 0) {
            size_t count = 0;
            status = sj_db_samples(causes->view.db, build->build.number,
                                   SJ_OUTCOME_BIT(SJ_OUTCOME_MISS), &misses, &count, &size);
            add_earlier(causes, i, misses, count);
        }
    }
    sj_earlier_sort(&causes->earlier);
    return status;
}

static void unload(struct sj_causes *causes)
{
    drop_line(causes);
    free(causes->view.samples);
    causes->view.samples = NULL;
    causes->view.sample_count = 0;
    causes->earlier.count = 0;
    for (size_t i = 0; i < causes->view.build_count; i++) {
        causes->is_loaded[i] = false;
        causes->view.builds[i].first = 0;
        causes->view.builds[i].count = 0;
    }
}

int sj_causes_load(struct sj_causes *causes, const uint32_t *builds, size_t count,
                   struct sj_err *err)
{
    unload(causes);
    struct loading loading = {.causes = causes, .err = err};
    uint64_t from_ns = UINT64_MAX;
    uint64_t until_ns = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = builds[i];
        const struct sj_build *build = &causes->view.builds[at].build;
        uint64_t end_ns = build->start_ns + build->wall_ns;
        from_ns = build->start_ns < from_ns ? build->start_ns : from_ns;
        until_ns = end_ns > until_ns ? end_ns : until_ns;
        for (int hop = 0; hop <= CONTEXT_HOPS && at != UINT32_MAX; hop++) {
            int status = load_build(&loading, at);
            if (status < 0) {
                return status;
            }
            at = causes->view.builds[at].reference;
        }
    }
    int status = load_earlier(causes, from_ns > EARLIER_NS ? from_ns - EARLIER_NS : 0, until_ns);
    return status < 0 ? sj_fail(err, status, "cannot read the records of earlier builds") : 0;
}

const struct sj_sample *sj_causes_samples(const struct sj_causes *causes, size_t build,
                                          size_t *count)
{
    const struct sj_view_build *at = &causes->view.builds[build];
    *count = at->count;
    return at->count ? causes->view.samples + at->first : NULL;
}

static void add_plain(struct sj_causes *causes, enum sj_blame_kind kind, const char *why)
{
    sj_blame_add(causes, &causes->found, (struct sj_blame){.kind = kind, .why = why});
}

// Whether somebody had compiled the same before: then no commit is to blame.
static void find_redundant(struct sj_causes *causes, size_t build, const struct sj_sample *sample)
{
    const char *reason = sj_db_text(causes->view.db, sample->reason);
    if (strcmp(reason, "recache") == 0) {
        add_plain(causes, SJ_BLAME_ASKED, "");
        return;
    }
    const struct sj_earlier self = earlier_of(causes, build, sample);
    struct sj_earlier_verdict verdict;
    if (self.state && sj_earlier_ask(&causes->earlier, &self, &verdict) == 0) {
        add_plain(causes, verdict.kind,
                  verdict.why ? verdict.why : sj_db_text(causes->view.db, verdict.of.reason));
    }
}

static struct sj_line *line_between(struct sj_causes *causes, size_t reference, size_t build)
{
    if (!causes->has_line || causes->line.reference != reference || causes->line.build != build) {
        drop_line(causes);
        sj_line_between(&causes->view, reference, build, &causes->line);
        causes->has_line = true;
    }
    return &causes->line;
}

static int find_differences(struct sj_causes *causes, size_t build, const struct sj_sample *sample,
                            struct sj_finding *out)
{
    static const uint32_t none[2];
    struct sj_line *line = line_between(causes, out->reference_build, build);
    int components = sj_cause_config(causes, line, out->reference, sample, &causes->found);
    if (components < 0) {
        return components;
    }
    out->components = (unsigned)components;
    if (sample->state == 0) {
        if (causes->found.count == 0) {
            // What was not stored has no list of inputs; the reason says more than that.
            bool is_stored = (sample->flags & SJ_RECORD_STORED) != 0;
            add_plain(causes, SJ_BLAME_UNTRACED,
                      is_stored ? "the list of its inputs had left the store"
                                : sj_db_text(causes->view.db, sample->reason));
        }
        return 0;
    }
    int status =
        sj_cause_inputs(causes, line, out->reference->state, sample->state, none, &causes->found);
    if (status == -ENOENT) {
        if (causes->found.count == 0) {
            add_plain(causes, SJ_BLAME_UNTRACED, "a list of inputs is gone from the records");
        }
        return 0;
    }
    if (status == 0 && causes->found.count == 0) {
        add_plain(causes, SJ_BLAME_NONDETERMINISTIC,
                  out->reference->state == sample->state
                      ? "same inputs, command line and environment"
                      : "it read other files, but none of them changed");
    }
    return status;
}

static int find_miss(struct sj_causes *causes, size_t build, const struct sj_sample *sample,
                     struct sj_finding *out)
{
    size_t at = build;
    out->reference = sj_view_reference(&causes->view, build, sample, &at);
    if (out->reference) {
        out->reference_build = at;
    } else if (causes->view.builds[build].reference != UINT32_MAX) {
        out->reference_build = causes->view.builds[build].reference;
    }
    find_redundant(causes, build, sample);
    if (causes->found.count > 0) {
        return 0;
    }
    return out->reference ? find_differences(causes, build, sample, out)
                          : sj_cause_new(causes, build, sample, out, &causes->found);
}

int sj_causes_find(struct sj_causes *causes, size_t build, const struct sj_sample *sample,
                   struct sj_finding *out, struct sj_err *err)
{
    static const enum sj_blame_kind kinds[SJ_OUTCOME_COUNT] = {
        [SJ_OUTCOME_BYPASS] = SJ_BLAME_BYPASSED,
        [SJ_OUTCOME_FAILED] = SJ_BLAME_FAILED,
        [SJ_OUTCOME_ERROR] = SJ_BLAME_ERROR,
    };
    causes->found.count = 0;
    *out = (struct sj_finding){.sample = sample, .reference_build = SIZE_MAX};
    if (sample->outcome == SJ_OUTCOME_MISS) {
        int status = find_miss(causes, build, sample, out);
        if (status < 0) {
            return sj_fail(err, status, "cannot read what a unit was compiled from");
        }
    } else if (sample->outcome == SJ_OUTCOME_HIT) {
        if (sample->cpu_ns > 0 || sample->flags & SJ_RECORD_AUDIT) {
            add_plain(causes, SJ_BLAME_AUDIT, "");
        }
    } else if (sample->outcome < SJ_OUTCOME_COUNT) {
        add_plain(causes, kinds[sample->outcome],
                  sample->outcome == SJ_OUTCOME_FAILED
                      ? ""
                      : sj_db_text(causes->view.db, sample->reason));
    }
    sj_blame_settle(&causes->found);
    out->causes = causes->found.items;
    out->count = causes->found.count;
    return 0;
}
