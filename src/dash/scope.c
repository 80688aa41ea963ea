// SPDX-License-Identifier: Apache-2.0
#include "dash/scope.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/narrow.h"
#include "base/mem.h"
#include "dash/cache.h"
#include "dash/ground.h"
#include "key/keymap.h"

void sj_scope_release(struct sj_scope *scope)
{
    if (scope) {
        sj_view_release(&scope->view);
        free(scope->is_wanted);
        *scope = (struct sj_scope){0};
    }
}

static bool is_same(const char *wanted, const char *text)
{
    return !wanted || strcmp(wanted, text) == 0;
}

static bool is_of_space(const char *wanted, const struct sj_build *build)
{
    return !wanted || sj_str_eq(sj_dash_space_of(build->labels), sj_str_of(wanted));
}

bool sj_dash_is_wanted(const struct sj_dash_call *call, const struct sj_build *build)
{
    const struct sj_view_filter *filter = &call->filter;
    return is_same(filter->project, build->project) && is_same(filter->branch, build->branch) &&
           is_same(filter->job, build->job) &&
           is_same(call->query->parameter[SJ_DASH_MACHINE], build->machine) &&
           is_of_space(call->query->parameter[SJ_DASH_SPACE], build) &&
           build->start_ns >= filter->since_ns &&
           (!filter->until_ns || build->start_ns < filter->until_ns);
}

static bool may_see(const struct sj_build *build, void *user)
{
    return sj_dash_may_see(user, build);
}

int sj_scope_load(const struct sj_dash_call *call, struct sj_scope *out, struct sj_err *err)
{
    const struct sj_dash_site *site = call->site;
    const struct sj_view_filter filter = {
        .project = call->filter.project,
        .accepts = may_see,
        .accepts_user = (void *)(uintptr_t)call, // may_see() only reads
    };
    *out = (struct sj_scope){.call = call};
    int status = sj_view_load(site->db, site->repo, site->history, &filter, 0, &out->view, err);
    if (status < 0) {
        return status;
    }
    out->is_wanted = sj_calloc(out->view.build_count + 1, sizeof *out->is_wanted);
    for (size_t i = 0; i < out->view.build_count; i++) {
        out->is_wanted[i] = sj_dash_is_wanted(call, &out->view.builds[i].build);
        out->wanted += out->is_wanted[i];
    }
    sj_dash_notes(call, &out->view);
    return 0;
}

void sj_scope_pick(const struct sj_scope *scope, struct sj_series *out)
{
    size_t count = scope->view.build_count;
    SJ_AUTO(sj_auto_free) bool *is_context = sj_calloc(count + 1, sizeof *is_context);
    for (size_t i = 0; i < count; i++) {
        is_context[i] = !scope->is_wanted[i];
    }
    struct sj_view part = scope->view;
    part.is_context = is_context;
    SJ_AUTO(sj_repo_head_release) struct sj_repo_head head = {0};
    struct sj_series_options options = {
        .branch = scope->call->filter.branch,
        .job = scope->call->filter.job,
    };
    struct sj_repo *repo = scope->call->site->repo;
    if (repo && sj_repo_tip(repo, &head, NULL) == 0) {
        options.prefer = sj_buf_text(&head.branch);
    }
    *out = (struct sj_series){.view = &scope->view};
    sj_series_pick(&part, &options, out);
}

/** Where bills go while they are made. */
struct charging {
    const struct sj_dash_site *site;
    struct sj_key reader; // which namespaces are seen: what was compiled before depends on it
    void (*each)(size_t build, const struct sj_bill *bill, void *user);
    void *user;
};

static void tell_bill(size_t build, const struct sj_bill *bill, void *user)
{
    const struct charging *charging = user;
    if (charging->each) {
        charging->each(build, bill, charging->user);
    }
}

struct sj_key sj_dash_reader(const struct sj_view *view)
{
    SJ_AUTO(sj_keymap_release) struct sj_keymap seen = {0};
    struct sj_hasher *hasher = sj_hasher_new();
    for (size_t i = 0; i < view->build_count; i++) {
        struct sj_str space = sj_dash_space_of(view->builds[i].build.labels);
        struct sj_key key = space.data ? sj_key_of(space.data, space.len) : (struct sj_key){0};
        bool is_new;
        (void)sj_keymap_put(&seen, &key, &is_new);
        if (is_new) {
            sj_hasher_field(hasher, key.bytes, sizeof key.bytes);
        }
    }
    struct sj_key key = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
    return key;
}

static struct sj_key kept_as(const struct charging *charging, const struct sj_key *key)
{
    const struct sj_key both[] = {charging->reader, *key};
    return sj_key_of(both, sizeof both);
}

static bool is_over(void *user)
{
    const struct charging *charging = user;
    return charging->site->is_over && atomic_load(charging->site->is_over);
}

static bool get_bill(const struct sj_key *key, struct sj_buf *out, void *user)
{
    const struct charging *charging = user;
    struct sj_key at = kept_as(charging, key);
    return sj_dash_cache_get(charging->site->cache, &at, out);
}

static void put_bill(const struct sj_key *key, const void *data, size_t len, void *user)
{
    const struct charging *charging = user;
    struct sj_key at = kept_as(charging, key);
    sj_dash_cache_put(charging->site->cache, &at, data, len);
}

int sj_dash_charge(const struct sj_dash_call *call, const struct sj_view *view,
                   const bool *is_wanted, bool is_drill,
                   void (*each)(size_t build, const struct sj_bill *bill, void *user), void *user,
                   struct sj_bill *out, struct sj_err *err)
{
    struct charging charging = {call->site, sj_dash_reader(view), each, user};
    // The handle reads only: bills are kept beside the records.
    const struct sj_bill_order order = {
        .view = view,
        .is_wanted = is_wanted,
        .is_drill = is_drill,
        .is_read_only = true,
        .is_over = is_over,
        .each = tell_bill,
        .get = get_bill,
        .put = put_bill,
        .user = &charging,
    };
    return sj_bill_make(&order, out, err);
}

int sj_scope_charge(const struct sj_scope *scope, const bool *is_wanted, bool is_drill,
                    void (*each)(size_t build, const struct sj_bill *bill, void *user), void *user,
                    struct sj_bill *out, struct sj_err *err)
{
    return sj_dash_charge(scope->call, &scope->view, is_wanted, is_drill, each, user, out, err);
}

int sj_latest_first(const void *left, const void *right, void *user)
{
    const struct sj_view_build *builds = user;
    uint64_t a = builds[*(const size_t *)left].build.start_ns;
    uint64_t b = builds[*(const size_t *)right].build.start_ns;
    return a == b ? 0 : a < b ? 1 : -1;
}

int sj_scope_latest(const struct sj_scope *scope, const bool *is_wanted, size_t max_builds,
                    uint64_t max_samples, unsigned outcomes, struct sj_view *out,
                    struct sj_err *err)
{
    size_t count = scope->view.build_count;
    SJ_AUTO(sj_auto_free) size_t *order = sj_calloc(count + 1, sizeof *order);
    SJ_AUTO(sj_auto_free) bool *is_taken = sj_calloc(count + 1, sizeof *is_taken);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_wanted[i]) {
            order[found++] = i;
        }
    }
    if (found > 0) {
        qsort_r(order, found, sizeof *order, sj_latest_first, scope->view.builds);
    }
    uint64_t samples = 0;
    for (size_t i = 0; i < found && i < max_builds && (i == 0 || samples < max_samples); i++) {
        const struct sj_build *build = &scope->view.builds[order[i]].build;
        is_taken[order[i]] = true;
        samples += build->count[SJ_OUTCOME_HIT] + build->count[SJ_OUTCOME_MISS];
    }
    int status = sj_view_narrow(&scope->view, is_taken, outcomes, out, err);
    if (status == 0) {
        sj_dash_keep_toolchain(scope->call, out);
    }
    return status;
}

const struct sj_commit *sj_scope_commit(const struct sj_scope *scope, const struct sj_oid *commit)
{
    const struct sj_history *history = scope->view.history;
    uint32_t place = history ? sj_history_find(history, commit) : SJ_NO_COMMIT;
    size_t count;
    return place == SJ_NO_COMMIT ? NULL : &sj_history_commits(history, &count)[place];
}

char *sj_link_oid(const struct sj_dash_call *call, const struct sj_oid *commit)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(commit, hex);
    return sj_dash_link(call->query, "commit", hex, NULL);
}

char *sj_link_build(const struct sj_dash_call *call, const struct sj_build *build)
{
    return *build->id ? sj_dash_link(call->query, "build", build->id, NULL) : NULL;
}

char *sj_link_built(const struct sj_dash_call *call, const struct sj_view_build *at)
{
    return at->commit != SJ_NO_COMMIT ? sj_link_oid(call, &at->build.commit)
                                      : sj_link_build(call, &at->build);
}

char *sj_link_compare(const struct sj_dash_call *call, const struct sj_build *a,
                      const struct sj_build *b)
{
    return *a->id && *b->id ? sj_dash_link(call->query, "compare", a->id, b->id) : NULL;
}

const char *sj_unit_text(struct sj_db *db, uint32_t number, bool is_source)
{
    struct sj_unit unit;
    return sj_db_unit(db, number, &unit) == 0 ? sj_db_text(db, is_source ? unit.source : unit.name)
                                              : "";
}

static size_t stem_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash ? slash : name, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

void sj_unit_cells(const struct sj_dash_call *call, struct sj_doc_table *table, struct sj_db *db,
                   uint32_t number)
{
    const char *unit = sj_unit_text(db, number, false);
    const char *source = sj_unit_text(db, number, true);
    size_t stem = stem_of(unit);
    bool is_alike = stem_of(source) == stem && strncmp(unit, source, stem) == 0;
    SJ_AUTO(sj_auto_free) char *href = sj_dash_link_unit(call, number);
    sj_doc_cell(table, unit, href);
    sj_doc_detail(table, is_alike || !*source ? NULL : source);
    sj_doc_cell(table, source, NULL);
}
