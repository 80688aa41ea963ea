// SPDX-License-Identifier: Apache-2.0
// The page "commit".
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/blame_lines.h"
#include "base/clock.h"
#include "base/mem.h"
#include "dash/commit_doc.h"
#include "dash/overview.h"

#define ROWS_PEOPLE   50
#define ROWS_PROGRAMS 10000

static int find_commit(const struct sj_scope *scope, const char *text, struct sj_oid *out,
                       struct sj_err *err)
{
    struct sj_repo *repo = scope->call->site->repo;
    if (repo && sj_repo_find_plain(repo, text, out) == 0) {
        return 0;
    }
    // What builds tell of needs no repository.
    size_t len = strlen(text);
    for (size_t i = 0; i < scope->view.build_count && len >= 7; i++) {
        const struct sj_build *build = &scope->view.builds[i].build;
        const struct sj_oid *const ids[] = {&build->commit, &build->head};
        for (size_t j = 0; j < 2; j++) {
            char hex[SJ_OID_HEX_SIZE];
            sj_oid_hex(ids[j], hex);
            if (!sj_oid_is_zero(ids[j]) && strncmp(hex, text, len) == 0) {
                *out = *ids[j];
                return 0;
            }
        }
    }
    return sj_fail_plain(err, -ENOENT,
                         "there is no commit '%.80s' among %zu builds%s: the page \"commits\" "
                         "lists those that are known",
                         text, scope->view.build_count, repo ? ", nor in the repository" : "");
}

/** Gathers builds that a commit was charged in. */
struct gathering {
    struct sj_commit_told *told;
    size_t size;
};

static bool is_of(const struct sj_commit_told *told, const struct sj_bill_row *row)
{
    return row->kind == SJ_BLAME_COMMIT && sj_oid_eq(&row->commit, &told->id) &&
           (told->is_drill || sj_oid_is_zero(&row->merge));
}

static void gather(size_t build, const struct sj_bill *bill, void *user)
{
    struct gathering *at = user;
    struct sj_commit_told *told = at->told;
    struct sj_commit_build found = {.build = build};
    for (size_t i = 0; i < bill->row_count; i++) {
        if (is_of(told, &bill->rows[i])) {
            found.charge_ns += bill->rows[i].charge_ns;
            found.compiles += bill->rows[i].compiles;
        }
    }
    if (found.compiles == 0) {
        return;
    }
    if (told->build_count == at->size) {
        at->size = at->size ? 2 * at->size : 16;
        told->builds = sj_realloc(told->builds, at->size, sizeof *told->builds);
    }
    told->builds[told->build_count++] = found;
}

static int by_place(const void *left, const void *right)
{
    size_t a = ((const struct sj_commit_build *)left)->build;
    size_t b = ((const struct sj_commit_build *)right)->build;
    return a < b ? -1 : a > b;
}

// Builds that may have the commit in them: of it and of what follows it, whenever they ran, so that
// a link to the page shows the same for ever.
static void choose(const struct sj_commit_told *told, bool *is_in)
{
    const struct sj_view *view = &told->scope->view;
    uint32_t place = view->history ? sj_history_find(view->history, &told->id) : SJ_NO_COMMIT;
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_view_build *build = &view->builds[i];
        is_in[i] = place == SJ_NO_COMMIT || build->commit == SJ_NO_COMMIT ||
                   sj_oid_eq(&build->build.head, &told->id) ||
                   sj_history_is_ancestor(view->history, place, build->commit);
    }
}

static int charge(struct sj_commit_told *told, bool is_drill, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free)
    bool *is_in = sj_calloc(told->scope->view.build_count + 1, sizeof *is_in);
    if (is_drill) {
        // A part of a merge stands on no line of first parents.
        memset(is_in, true, told->scope->view.build_count);
    } else {
        choose(told, is_in);
    }
    struct gathering gathering = {.told = told};
    told->is_drill = is_drill;
    told->build_count = 0;
    free(told->builds);
    told->builds = NULL;
    int status = sj_scope_charge(told->scope, is_in, is_drill, gather, &gathering, told->bill, err);
    if (told->build_count > 0) {
        qsort(told->builds, told->build_count, sizeof *told->builds, by_place);
    }
    return status;
}

// The first build of the commit itself, else the first that it was charged in.
static uint32_t first_build(const struct sj_commit_told *told)
{
    const struct sj_view *view = &told->scope->view;
    uint32_t found = UINT32_MAX;
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_build *build = &view->builds[i].build;
        bool is_own = sj_oid_eq(&build->commit, &told->id) && view->builds[i].reference != i;
        if (is_own &&
            (found == UINT32_MAX || build->start_ns < view->builds[found].build.start_ns)) {
            found = (uint32_t)i;
        }
    }
    if (found == UINT32_MAX && told->build_count > 0) {
        found = (uint32_t)told->builds[0].build;
    }
    return found;
}

static void add_figures(const struct sj_commit_told *told)
{
    struct sj_doc *doc = told->scope->call->doc;
    uint64_t charge_ns = 0;
    uint64_t whole_ns = 0;
    uint64_t alone_ns = 0;
    uint64_t compiles = 0;
    for (size_t i = 0; i < told->bill->row_count; i++) {
        const struct sj_bill_row *row = &told->bill->rows[i];
        if (is_of(told, row)) {
            charge_ns += row->charge_ns;
            whole_ns += row->whole_ns;
            alone_ns += row->alone_ns;
            compiles += row->compiles;
        }
    }
    sj_doc_figure(doc, "charge_ns", "charged to it", SJ_DOC_SPAN, (double)charge_ns, NULL);
    sj_doc_figure(doc, "standalone_ns", "by itself", SJ_DOC_SPAN, (double)whole_ns, NULL);
    sj_doc_figure(doc, "alone_ns", "nobody else's", SJ_DOC_SPAN, (double)alone_ns, NULL);
    sj_doc_figure(doc, "compiles", "compiles", SJ_DOC_COUNT, (double)compiles, "#units");
    sj_doc_figure(doc, "builds", "builds", SJ_DOC_COUNT, (double)told->build_count, "#builds");
}

static void add_facts(const struct sj_commit_told *told)
{
    const struct sj_dash_call *call = told->scope->call;
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&told->id, hex);
    sj_doc_fact(call->doc, "commit", "commit", hex, NULL);
    if (!told->commit) {
        sj_doc_note(call->doc, "The repository at hand does not have this commit: only what builds "
                               "told of it is known.");
        return;
    }
    sj_doc_fact(call->doc, "subject", "subject", told->commit->subject, NULL);
    sj_doc_fact(call->doc, "author", "author", told->commit->author, NULL);
    if (told->commit->parent != SJ_NO_COMMIT) {
        size_t count;
        const struct sj_commit *parent =
            &sj_history_commits(told->scope->view.history, &count)[told->commit->parent];
        SJ_AUTO(sj_auto_free) char *href = sj_link_oid(call, &parent->id);
        sj_oid_hex(&parent->id, hex);
        sj_doc_fact(call->doc, "parent", "parent", hex, href);
    }
}

static bool is_web(const char *url)
{
    return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

// The pull request that the commit came with, when a build of one says so.
static void add_pull(const struct sj_commit_told *told)
{
    const struct sj_view *view = &told->scope->view;
    for (size_t i = 0; i < view->build_count; i++) {
        const struct sj_build *build = &view->builds[i].build;
        if (*build->pull &&
            (sj_oid_eq(&build->head, &told->id) || sj_oid_eq(&build->commit, &told->id))) {
            sj_doc_fact(told->scope->call->doc, "pull", "pull request", build->pull,
                        is_web(build->url) ? build->url : NULL);
            return;
        }
    }
}

static void add_first_build(const struct sj_commit_told *told)
{
    if (told->first != UINT32_MAX) {
        const struct sj_build *build = &told->scope->view.builds[told->first].build;
        SJ_AUTO(sj_auto_free) char *href = sj_link_build(told->scope->call, build);
        sj_doc_fact(told->scope->call->doc, "build", "first build of it", build->id, href);
    }
}

static void add_compare(const struct sj_commit_told *told)
{
    const struct sj_view *view = &told->scope->view;
    uint32_t before = told->first != UINT32_MAX ? view->builds[told->first].reference : UINT32_MAX;
    if (before != UINT32_MAX) {
        SJ_AUTO(sj_auto_free)
        char *href = sj_link_compare(told->scope->call, &view->builds[before].build,
                                     &view->builds[told->first].build);
        if (href) {
            sj_doc_link(told->scope->call->doc, href,
                        "compare its build with the one before, unit by unit");
        }
    }
}

static void add_files(const struct sj_commit_told *told)
{
    struct sj_doc_table *table = sj_doc_table(told->scope->call->doc, "files",
                                              "Files that it changed, by what each had compiled");
    sj_doc_column(table, "path", "file", SJ_DOC_TEXT);
    sj_doc_column(table, "charge_ns", "charge", SJ_DOC_SPAN);
    sj_doc_column(table, "standalone_ns", "by itself", SJ_DOC_SPAN);
    sj_doc_column(table, "alone_ns", "nobody else's", SJ_DOC_SPAN);
    sj_doc_column(table, "compiles", "compiles", SJ_DOC_COUNT);
    sj_doc_empty(table, "Nothing is charged to it: no unit that was compiled anew reads what it "
                        "changed.");
    struct sj_blame_index index = {0};
    sj_blame_index_make(told->bill, &index);
    size_t max = sj_dash_rows(told->scope->call, ROWS_PEOPLE, ROWS_PROGRAMS);
    for (uint32_t i = 0; i < told->bill->row_count; i++) {
        struct sj_blame_lines files = {0};
        if (is_of(told, &told->bill->rows[i])) {
            sj_blame_lines_files(told->bill, &index, i, &files);
        }
        for (size_t j = 0; j < files.count && j < max; j++) {
            sj_doc_cell(table, files.items[j].name, NULL);
            sj_doc_value(table, (double)files.items[j].charge_ns, NULL);
            sj_doc_value(table, (double)files.items[j].whole_ns, NULL);
            sj_doc_value(table, (double)files.items[j].alone_ns, NULL);
            sj_doc_value(table, (double)files.items[j].compiles, NULL);
        }
        sj_blame_lines_release(&files);
    }
    sj_blame_index_release(&index);
}

static void add_build(const struct sj_commit_told *told, struct sj_doc_table *table,
                      const struct sj_commit_build *at)
{
    const struct sj_view *view = &told->scope->view;
    const struct sj_view_build *build = &view->builds[at->build];
    SJ_AUTO(sj_auto_free) char *href = sj_link_build(told->scope->call, &build->build);
    SJ_AUTO(sj_auto_free) char *compare = NULL;
    if (build->reference != UINT32_MAX) {
        compare = sj_link_compare(told->scope->call, &view->builds[build->reference].build,
                                  &build->build);
    }
    sj_doc_value(table, (double)build->build.start_ns, NULL);
    sj_doc_cell(table, build->build.id, href);
    sj_doc_cell(table, build->build.job, NULL);
    sj_doc_cell(table, build->build.branch, NULL);
    sj_doc_value(table, (double)at->charge_ns, NULL);
    sj_doc_value(table, (double)at->compiles, NULL);
    sj_doc_value(table, (double)build->build.cpu_ns[SJ_OUTCOME_MISS], NULL);
    sj_doc_cell(table, compare ? "compare" : NULL, compare);
}

static void add_builds(const struct sj_commit_told *told)
{
    struct sj_doc_table *table =
        sj_doc_table(told->scope->call->doc, "builds", "Builds that it is charged in");
    sj_doc_column(table, "time", "began", SJ_DOC_TIME);
    sj_doc_column(table, "build", "build", SJ_DOC_TEXT);
    sj_doc_column(table, "job", "job", SJ_DOC_TEXT);
    sj_doc_column(table, "branch", "branch", SJ_DOC_TEXT);
    sj_doc_column(table, "charge_ns", "charge", SJ_DOC_SPAN);
    sj_doc_column(table, "compiles", "compiles", SJ_DOC_COUNT);
    sj_doc_column(table, "missed_ns", "CPU of all misses", SJ_DOC_SPAN);
    sj_doc_column(table, "before", "with the one before it", SJ_DOC_TEXT);
    sj_doc_empty(table, "None.");
    size_t max = sj_dash_rows(told->scope->call, ROWS_PEOPLE, ROWS_PROGRAMS);
    for (size_t i = 0; i < told->build_count && i < max; i++) {
        add_build(told, table, &told->builds[i]);
    }
}

static void add_parts(const struct sj_commit_told *told, const struct sj_bill *bill)
{
    struct sj_blame_lines parts = {0};
    sj_blame_lines_parts(bill, told->scope->view.history, &told->id, &parts);
    struct sj_doc_table *table =
        sj_doc_table(told->scope->call->doc, "parts", "Commits that the merge brought");
    sj_doc_column(table, "commit", "commit", SJ_DOC_TEXT);
    sj_doc_column(table, "charge_ns", "charge", SJ_DOC_SPAN);
    sj_doc_column(table, "standalone_ns", "by itself", SJ_DOC_SPAN);
    sj_doc_column(table, "compiles", "compiles", SJ_DOC_COUNT);
    sj_doc_empty(table, "None is charged.");
    for (size_t i = 0; i < parts.count && i < ROWS_PROGRAMS; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_commit_text(told->scope, &parts.items[i].commit, &text);
        SJ_AUTO(sj_auto_free) char *href = sj_link_oid(told->scope->call, &parts.items[i].commit);
        sj_doc_cell(table, sj_buf_text(&text), href);
        sj_doc_value(table, (double)parts.items[i].charge_ns, NULL);
        sj_doc_value(table, (double)parts.items[i].whole_ns, NULL);
        sj_doc_value(table, (double)parts.items[i].compiles, NULL);
    }
    sj_blame_lines_release(&parts);
}

static int add_merge(const struct sj_commit_told *told, struct sj_err *err)
{
    if (!told->commit || !(told->commit->flags & SJ_COMMIT_MERGE) || told->build_count == 0) {
        return 0;
    }
    SJ_AUTO(sj_auto_free)
    bool *is_in = sj_calloc(told->scope->view.build_count + 1, sizeof *is_in);
    for (size_t i = 0; i < told->build_count; i++) {
        is_in[told->builds[i].build] = true;
    }
    SJ_AUTO(sj_pool_release) struct sj_pool pool = {0};
    struct sj_bill bill = {.pool = &pool};
    int status = sj_scope_charge(told->scope, is_in, true, NULL, NULL, &bill, err);
    if (status == 0) {
        add_parts(told, &bill);
    }
    sj_bill_release(&bill);
    return status;
}

static int fill(struct sj_commit_told *told, struct sj_err *err)
{
    int status = charge(told, false, err);
    if (status == 0 && told->build_count == 0 && !told->commit) {
        sj_bill_release(told->bill);
        *told->bill = (struct sj_bill){.pool = told->bill->pool};
        status = charge(told, true, err);
    }
    if (status < 0) {
        return status;
    }
    told->first = first_build(told);
    add_figures(told);
    add_facts(told);
    add_pull(told);
    add_first_build(told);
    add_compare(told);
    add_files(told);
    status = add_merge(told, err);
    if (status == 0) {
        status = sj_commit_units(told, err);
    }
    if (status == 0) {
        add_builds(told);
    }
    return status;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    const char *subject = call->query->subject[0];
    if (!subject) {
        return sj_fail_plain(err, -ENOENT, "say which commit: the page \"commits\" lists them");
    }
    SJ_AUTO(sj_scope_release) struct sj_scope scope = {0};
    int status = sj_scope_load(call, &scope, err);
    struct sj_commit_told told = {.scope = &scope, .first = UINT32_MAX};
    if (status == 0) {
        status = find_commit(&scope, subject, &told.id, err);
    }
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_pool_release) struct sj_pool pool = {0};
    struct sj_bill bill = {.pool = &pool};
    told.bill = &bill;
    told.commit = sj_scope_commit(&scope, &told.id);
    status = fill(&told, err);
    free(told.builds);
    sj_bill_release(&bill);
    return status;
}

const struct sj_dash_page sj_page_commit = {
    .name = "commit",
    .title = NULL,
    .subject = "COMMIT",
    .is_admin = false,
    .is_kept = true,
    .needs_records = true,
    .make = make,
};
