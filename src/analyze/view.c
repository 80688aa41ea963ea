// SPDX-License-Identifier: Apache-2.0
#include "analyze/view.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze/reference.h"
#include "base/mem.h"

#define NOTES_MAX     (sizeof((struct sj_view *)0)->notes / sizeof((struct sj_view *)0)->notes[0])
#define CONTEXT_HOPS  8           /**< references of references that come along */
#define ROOM_MAX      (64u << 20) /**< samples that room is made for in advance */
#define PROJECTS_SAID 5           /**< projects that an error names */

SJ_PRINTF(2, 3) static void add_note(struct sj_view *view, const char *format, ...)
{
    for (size_t i = 0; i < NOTES_MAX; i++) {
        if (!view->notes[i][0]) {
            va_list args;
            va_start(args, format);
            (void)vsnprintf(view->notes[i], sizeof view->notes[i], format, args);
            va_end(args);
            return;
        }
    }
}

void sj_view_release(struct sj_view *view)
{
    if (view) {
        free(view->builds);
        free(view->is_context);
        free(view->samples);
        *view = (struct sj_view){0};
    }
}

static void auto_view(struct sj_view *view)
{
    sj_view_release(view);
}

/** Names of projects, each once. */
struct projects {
    const char *names[PROJECTS_SAID];
    size_t count;
};

// Builds that name no project are of none.
static void find_projects(const struct sj_build *builds, size_t count, struct projects *out)
{
    *out = (struct projects){0};
    for (size_t i = 0; i < count && out->count < PROJECTS_SAID; i++) {
        size_t known = 0;
        while (known < out->count && strcmp(out->names[known], builds[i].project) != 0) {
            known++;
        }
        if (known == out->count && *builds[i].project) {
            out->names[out->count++] = builds[i].project;
        }
    }
}

static int say_projects(const struct projects *projects, struct sj_err *err)
{
    SJ_AUTO(sj_buf_release) struct sj_buf names = SJ_BUF_INIT(1024);
    for (size_t i = 0; i < projects->count; i++) {
        sj_buf_addf(&names, "%s'%.100s'", i ? ", " : "", projects->names[i]);
    }
    return sj_fail_plain(err, -EINVAL,
                         "there are builds of several projects: say which one with --project: %s",
                         sj_buf_text(&names));
}

static size_t keep_accepted(const struct sj_view_filter *filter, struct sj_build *builds,
                            size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!filter->accepts || filter->accepts(&builds[i], filter->accepts_user)) {
            builds[kept++] = builds[i];
        }
    }
    return kept;
}

// All builds of the project that was asked for, or of the only one that has a name.
static int list_builds(struct sj_view *view, const struct sj_view_filter *filter,
                       struct sj_build **out, size_t *count, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    const struct sj_db_filter wanted = {
        .project = filter->project,
        .job = filter->job,
        .branch = filter->branch,
    };
    size_t listed = 0;
    int status = sj_db_builds(view->db, &wanted, &builds, &listed);
    if (status < 0) {
        return sj_fail(err, status, "cannot list the builds");
    }
    listed = keep_accepted(filter, builds, listed);
    size_t kept = listed;
    if (!filter->project) {
        struct projects projects;
        find_projects(builds, listed, &projects);
        if (projects.count > 1) {
            return say_projects(&projects, err);
        }
        kept = 0;
        for (size_t i = 0; i < listed; i++) {
            if (projects.count == 0 || *builds[i].project) {
                builds[kept++] = builds[i];
            }
        }
    }
    if (kept < listed) {
        add_note(view, "%zu build%s of no project left out: give them one with --project",
                 listed - kept, listed - kept == 1 ? "" : "s");
    }
    *count = kept;
    *out = sj_steal(builds);
    return 0;
}

// Where a build stands in the history.
static uint32_t place_of(const struct sj_history *history, const struct sj_build *build)
{
    if (!history || sj_oid_is_zero(&build->commit)) {
        return SJ_NO_COMMIT;
    }
    uint32_t place = sj_history_find(history, &build->commit);
    if (place == SJ_NO_COMMIT && !sj_oid_is_zero(&build->base)) {
        // A merge that the CI system made is rarely fetched: it follows what it merged into.
        place = sj_history_find(history, &build->base);
    }
    return place;
}

static int64_t position_of(const struct sj_history *history, uint32_t commit)
{
    size_t count;
    return commit == SJ_NO_COMMIT ? INT64_MAX
                                  : sj_history_commits(history, &count)[commit].position;
}

static int compare_builds(const void *left, const void *right, void *user)
{
    const struct sj_view_build *a = left;
    const struct sj_view_build *b = right;
    int order = strcmp(a->build.job, b->build.job);
    if (order != 0) {
        return order;
    }
    int64_t a_position = position_of(user, a->commit);
    int64_t b_position = position_of(user, b->commit);
    if (a_position != b_position) {
        return a_position < b_position ? -1 : 1;
    }
    if (a->build.start_ns != b->build.start_ns) {
        return a->build.start_ns < b->build.start_ns ? -1 : 1;
    }
    return a->build.number < b->build.number ? -1 : a->build.number > b->build.number;
}

static void place_builds(struct sj_view *view, const struct sj_build *builds, size_t count)
{
    view->builds = sj_calloc(count + 1, sizeof *view->builds);
    view->is_context = sj_calloc(count + 1, sizeof *view->is_context);
    view->build_count = count;
    for (size_t i = 0; i < count; i++) {
        view->builds[i] = (struct sj_view_build){
            .build = builds[i],
            .commit = place_of(view->history, &builds[i]),
            .reference = UINT32_MAX,
        };
    }
    qsort_r(view->builds, count, sizeof *view->builds, compare_builds, view->history);
}

/** Ends of the range, as places. */
struct range {
    uint32_t from;
    uint32_t to;
};

static int find_range(const struct sj_view *view, const struct sj_view_filter *filter,
                      struct range *out, struct sj_err *err)
{
    *out = (struct range){SJ_NO_COMMIT, SJ_NO_COMMIT};
    const struct sj_oid *const ids[] = {&filter->from, &filter->to};
    uint32_t *const places[] = {&out->from, &out->to};
    for (size_t i = 0; i < 2; i++) {
        if (sj_oid_is_zero(ids[i])) {
            continue;
        }
        *places[i] = view->history ? sj_history_find(view->history, ids[i]) : SJ_NO_COMMIT;
        if (*places[i] == SJ_NO_COMMIT) {
            char hex[SJ_OID_HEX_SIZE];
            sj_oid_hex(ids[i], hex);
            return sj_fail_plain(err, -ENOENT, "the history at hand does not have commit %.12s",
                                 hex);
        }
    }
    return 0;
}

static bool is_wanted(const struct sj_view *view, const struct sj_view_filter *filter,
                      const struct range *range, const struct sj_view_build *build)
{
    uint64_t start = build->build.start_ns;
    if (start < filter->since_ns || (filter->until_ns && start >= filter->until_ns)) {
        return false;
    }
    if (range->to == SJ_NO_COMMIT && range->from == SJ_NO_COMMIT) {
        return true;
    }
    return build->commit != SJ_NO_COMMIT &&
           (range->to == SJ_NO_COMMIT ||
            sj_history_is_ancestor(view->history, build->commit, range->to)) &&
           (range->from == SJ_NO_COMMIT ||
            !sj_history_is_ancestor(view->history, build->commit, range->from));
}

// Marks what is wanted, and the references that come along; the rest leaves the view.
static void select_builds(struct sj_view *view, const struct sj_view_filter *filter,
                          const struct range *range)
{
    size_t count = view->build_count;
    SJ_AUTO(sj_auto_free) unsigned char *is_in = sj_calloc(count + 1, 1);
    for (size_t i = 0; i < count; i++) {
        view->is_context[i] = !is_wanted(view, filter, range, &view->builds[i]);
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (int hop = 0; !view->is_context[i] && at != UINT32_MAX && hop <= CONTEXT_HOPS; hop++) {
            is_in[at] = 1;
            at = view->builds[at].reference;
        }
    }
    SJ_AUTO(sj_auto_free) uint32_t *moved = sj_calloc(count + 1, sizeof *moved);
    uint32_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        moved[i] = is_in[i] ? kept : UINT32_MAX;
        if (is_in[i]) {
            view->is_context[kept] = view->is_context[i];
            view->builds[kept++] = view->builds[i];
        }
    }
    view->build_count = kept;
    for (size_t i = 0; i < kept; i++) {
        uint32_t reference = view->builds[i].reference;
        view->builds[i].reference = reference == UINT32_MAX ? UINT32_MAX : moved[reference];
    }
}

// Room for all samples at once, in large pages where the kernel gives them: a million samples are
// 28,000 small ones, and asking for each takes longer than reading what goes there.
static size_t make_room(struct sj_view *view, unsigned outcomes)
{
    uint64_t count = 0;
    for (size_t i = 0; i < view->build_count; i++) {
        for (unsigned j = 0; j < SJ_OUTCOME_COUNT; j++) {
            count += outcomes & SJ_OUTCOME_BIT(j) ? view->builds[i].build.count[j] : 0;
        }
    }
    if (count == 0 || count > ROOM_MAX) {
        return 0;
    }
    view->samples = sj_calloc(count, sizeof *view->samples);
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)view->samples + page - 1) / page * page;
    uintptr_t end = (uintptr_t)(view->samples + count) / page * page;
    if (end > begin) {
        (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
    return count;
}

static int load_samples(struct sj_view *view, unsigned outcomes, struct sj_err *err)
{
    size_t size = make_room(view, outcomes);
    for (size_t i = 0; i < view->build_count; i++) {
        struct sj_view_build *build = &view->builds[i];
        build->first = view->sample_count;
        int status = sj_db_samples(view->db, build->build.number, outcomes, &view->samples,
                                   &view->sample_count, &size);
        if (status < 0) {
            return sj_fail(err, status, "cannot read the records of build '%.128s'",
                           build->build.id);
        }
        build->count = view->sample_count - build->first;
    }
    return 0;
}

static void say_what_is_missing(struct sj_view *view)
{
    unsigned nameless = 0;
    unsigned unknown = 0;
    unsigned expired = 0;
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_view_build *build = &view->builds[i];
        if (view->is_context[i]) {
            continue;
        }
        nameless += sj_oid_is_zero(&build->build.commit);
        unknown += build->commit == SJ_NO_COMMIT && !sj_oid_is_zero(&build->build.commit);
        expired += (build->build.flags & SJ_BUILD_EXPIRED) != 0;
    }
    view->unplaced = nameless + unknown;
    if (!view->history) {
        add_note(view, "no repository at hand: nothing is put down to commits (--repo DIR)");
    } else if (unknown) {
        add_note(view,
                 "%u build%s of commits that this repository does not have: rewritten, or "
                 "not fetched",
                 unknown, unknown == 1 ? "" : "s");
    }
    if (nameless) {
        add_note(view,
                 "%u build%s without a commit: run builds through 'scrubjay run' in a git "
                 "work tree",
                 nameless, nameless == 1 ? "" : "s");
    }
    if (expired) {
        add_note(view, "%u build%s older than record_keep: only sums are left", expired,
                 expired == 1 ? "" : "s");
    }
    if (view->repo && sj_repo_is_shallow(view->repo)) {
        add_note(view, "the repository is a shallow clone: commits before its edge are not known");
    }
}

int sj_view_load(struct sj_db *db, struct sj_repo *repo, struct sj_history *history,
                 const struct sj_view_filter *filter, unsigned outcomes, struct sj_view *out,
                 struct sj_err *err)
{
    SJ_AUTO(auto_view)
    struct sj_view view = {.db = db, .repo = repo, .history = history, .project = ""};
    SJ_AUTO(sj_auto_free) struct sj_build *builds = NULL;
    size_t count = 0;
    int status = list_builds(&view, filter, &builds, &count, err);
    if (status < 0) {
        return status;
    }
    struct range range;
    status = find_range(&view, filter, &range, err);
    if (status < 0) {
        return status;
    }
    view.project = count ? builds[0].project : filter->project ? filter->project : "";
    place_builds(&view, builds, count);
    sj_references_find(history, view.builds, view.build_count);
    select_builds(&view, filter, &range);
    status = load_samples(&view, outcomes, err);
    if (status < 0) {
        return status;
    }
    say_what_is_missing(&view);
    *out = view;
    view = (struct sj_view){0};
    return 0;
}

static bool is_known(const struct sj_sample *sample)
{
    return (sample->outcome == SJ_OUTCOME_HIT || sample->outcome == SJ_OUTCOME_MISS) &&
           (sample->state || sample->outcome == SJ_OUTCOME_HIT);
}

// First sample of a unit in a build, or where it would stand.
static const struct sj_sample *lower_bound(const struct sj_view *view, size_t build, uint32_t unit)
{
    const struct sj_sample *first = view->samples + view->builds[build].first;
    size_t count = view->builds[build].count;
    while (count > 0) {
        size_t half = count / 2;
        if (first[half].unit < unit) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}

static const struct sj_sample *end_of(const struct sj_view *view, size_t build)
{
    return view->samples + view->builds[build].first + view->builds[build].count;
}

const struct sj_sample *sj_view_find(const struct sj_view *view, size_t build, uint32_t unit)
{
    const struct sj_sample *end = end_of(view, build);
    const struct sj_sample *found = NULL;
    for (const struct sj_sample *at = lower_bound(view, build, unit); at < end && at->unit == unit;
         at++) {
        if (is_known(at)) {
            found = at;
        }
    }
    return found;
}

// The unit's last sample in the same build before this one: configure scripts compile one file over
// and over.
static const struct sj_sample *find_before(const struct sj_view *view, size_t build,
                                           const struct sj_sample *sample)
{
    const struct sj_sample *found = NULL;
    for (const struct sj_sample *at = lower_bound(view, build, sample->unit); at < sample; at++) {
        if (is_known(at) && at->state && at->start_ns < sample->start_ns) {
            found = at;
        }
    }
    return found;
}

const struct sj_sample *sj_view_reference(const struct sj_view *view, size_t build,
                                          const struct sj_sample *sample, size_t *at)
{
    if (sample->unit == 0) {
        return NULL;
    }
    size_t place = build;
    const struct sj_sample *found = find_before(view, build, sample);
    while (!found && view->builds[place].reference != UINT32_MAX) {
        place = view->builds[place].reference;
        found = sj_view_find(view, place, sample->unit);
        if (found && !found->state) {
            found = NULL;
        }
    }
    if (found && at) {
        *at = place;
    }
    return found;
}
