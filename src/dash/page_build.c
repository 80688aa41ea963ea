// SPDX-License-Identifier: Apache-2.0
// The page "build": one build, its actions in lanes, and why it compiled what it did.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/build_find.h"
#include "dash/build_parts.h"

#define LIVE_S 5 // between two looks at a build under way

static void add_fact(struct sj_doc *doc, const char *id, const char *label, const char *text,
                     const char *href)
{
    if (text && *text) {
        sj_doc_fact(doc, id, label, text, href);
    }
}

static void add_commit(const struct sj_build_page *page, const char *id, const char *label,
                       const struct sj_oid *commit)
{
    char hex[SJ_OID_HEX_SIZE];
    if (sj_oid_is_zero(commit)) {
        return;
    }
    sj_oid_hex(commit, hex);
    SJ_AUTO(sj_auto_free) char *link = sj_dash_link(page->call->query, "commit", hex, NULL);
    sj_doc_fact(page->call->doc, id, label, hex, link);
}

static void add_facts(const struct sj_build_page *page)
{
    const struct sj_build *build = page->build;
    struct sj_doc *doc = page->call->doc;
    SJ_AUTO(sj_buf_release) struct sj_buf state = SJ_BUF_INIT(100);
    sj_build_state(page->call, build, &state);
    sj_doc_fact(doc, "status", "Status", sj_buf_text(&state), NULL);
    add_commit(page, "commit", "Commit", &build->commit);
    add_commit(page, "head", "Pull request's tip", &build->head);
    add_commit(page, "base", "Merged into", &build->base);
    add_fact(doc, "branch", "Branch", build->branch, NULL);
    add_fact(doc, "target", "Target", build->target, NULL);
    add_fact(doc, "pull", "Pull request", build->pull, NULL);
    add_fact(doc, "job", "Job", build->job, NULL);
    add_fact(doc, "machine", "Machine", build->machine, NULL);
    add_fact(doc, "system", "CI system", build->system, NULL);
    // The address is a person's or a CI system's word: only one of the web becomes a link.
    bool is_web = sj_is_web_address(build->url);
    add_fact(doc, "run", "Run",
             build->run[0] ? build->run
             : is_web      ? build->url
                           : "",
             is_web ? build->url : NULL);
    add_fact(doc, "labels", "Labels", build->labels, NULL);
    if (page->index != UINT32_MAX) {
        uint32_t reference = page->scope.view.builds[page->index].reference;
        const char *id = reference != UINT32_MAX ? page->scope.view.builds[reference].build.id : "";
        SJ_AUTO(sj_auto_free) char *link = sj_dash_link(page->call->query, "build", id, NULL);
        add_fact(doc, "compared_with", "The one before", id, link);
        if (*id) {
            SJ_AUTO(sj_auto_free)
            char *compare = sj_dash_link(page->call->query, "compare", id, build->id);
            sj_doc_link(doc, compare, "compare with the one before, unit by unit");
        }
    }
}

static void add_figures(const struct sj_build_page *page)
{
    const struct sj_build *build = page->build;
    struct sj_doc *doc = page->call->doc;
    double wall_ns = build->wall_ns ? (double)build->wall_ns : NAN;
    double all_ns = (double)(build->user_ns + build->system_ns);
    sj_doc_figure(doc, "started", "Started", SJ_DOC_TIME, (double)build->start_ns, NULL);
    sj_doc_figure(doc, "wall", "Wall time", SJ_DOC_SPAN, wall_ns, NULL);
    sj_doc_figure(doc, "spent", "CPU spent", SJ_DOC_SPAN, (double)sj_build_spent(build), NULL);
    sj_doc_figure(doc, "saved", "CPU saved", SJ_DOC_SPAN, (double)build->saved_ns, NULL);
    sj_doc_figure(doc, "hit_rate", "Hit rate", SJ_DOC_SHARE, sj_build_hit_rate(build), NULL);
    sj_doc_figure(doc, "redundant", "Redundant CPU", SJ_DOC_SPAN,
                  (double)page->cpu_ns[SJ_BAR_REDUNDANT], NULL);
    if (all_ns > 0 && build->wall_ns > 0) {
        sj_doc_figure(doc, "cores", "Cores busy", SJ_DOC_NUMBER, all_ns / wall_ns, NULL);
    }
    if (build->cpus > 0) {
        sj_doc_figure(doc, "cpus", "Cores there", SJ_DOC_COUNT, build->cpus, NULL);
    }
}

static void add_notes(const struct sj_build_page *page)
{
    static const struct {
        unsigned flag;
        const char *text;
    } notes[] = {
        {SJ_BUILD_DIRTY, "Tracked files differed from the commit when it began."},
        {SJ_BUILD_SYNTHETIC, "The commit is a merge that the CI system made for the build."},
        {SJ_BUILD_IMPORTED, "It was read from another tool's log."},
        {SJ_BUILD_SKEWED, "Clocks went backwards in it: some times are wrong."},
        {SJ_BUILD_CLASH, "Notes about it contradict each other: the first one counts."},
        {SJ_BUILD_EXPIRED, "Its records are gone; the sums stay."},
        {SJ_BUILD_BACKFILL, "It was built later, for the sake of history."},
    };
    struct sj_doc *doc = page->call->doc;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (page->build->flags & notes[i].flag) {
            sj_doc_note(doc, notes[i].text);
        }
    }
    if (sj_build_is_running(page->call, page->build)) {
        sj_doc_live(doc, LIVE_S);
        sj_doc_note(doc, "This build is under way: the page shows what has arrived, and looks for "
                         "more every few seconds.");
    } else if ((page->build->flags & SJ_BUILD_NOTED) && !(page->build->flags & SJ_BUILD_ENDED)) {
        sj_doc_note(doc, "Nobody has told that this build has ended.");
    }
}

static void add_phases(const struct sj_build_page *page)
{
    const struct sj_build *build = page->build;
    if (build->phase_count == 0) {
        return;
    }
    struct sj_doc_table *table = sj_doc_table(page->call->doc, "phases", "Phases");
    sj_doc_column(table, "phase", "Phase", SJ_DOC_TEXT);
    sj_doc_column(table, "started", "Started", SJ_DOC_TIME);
    sj_doc_column(table, "wall", "Wall time", SJ_DOC_SPAN);
    sj_doc_column(table, "cpu", "CPU", SJ_DOC_SPAN);
    sj_doc_column(table, "exit_status", "Exit status", SJ_DOC_COUNT);
    for (size_t i = 0; i < build->phase_count; i++) {
        const struct sj_phase *phase = &build->phases[i];
        sj_doc_cell(table, phase->name, NULL);
        sj_doc_value(table, (double)phase->start_ns, NULL);
        sj_doc_value(table, (double)phase->wall_ns, NULL);
        sj_doc_value(table, phase->cpu_ns ? (double)phase->cpu_ns : NAN, NULL);
        sj_doc_value(table, phase->exit_status, NULL);
        if (phase->exit_status != 0) {
            sj_doc_row_mark(table, "failed");
        }
    }
}

static int load_causes(struct sj_build_page *page, struct sj_err *err)
{
    int status = sj_scope_load(page->call, &page->scope, err);
    if (status < 0) {
        return status;
    }
    while (page->index < page->scope.view.build_count &&
           page->scope.view.builds[page->index].build.number != page->build->number) {
        page->index++;
    }
    if (page->index == page->scope.view.build_count) {
        page->index = UINT32_MAX;
        return 0;
    }
    page->causes = sj_causes_open(&page->scope.view, &page->pool);
    status = sj_causes_load(page->causes, &page->index, 1, err);
    return status < 0 ? status
                      : sj_trace_causes(page->causes, page->index, &page->trace, &page->pool, err);
}

static int load(struct sj_build_page *page, struct sj_err *err)
{
    int status = sj_feed_trace(page->call->site->db, page->build, &page->trace);
    if (status < 0) {
        return sj_fail(err, status, "cannot read the records of the build");
    }
    status = load_causes(page, err);
    page->start_ns = page->build->start_ns;
    page->end_ns = page->build->start_ns + page->build->wall_ns;
    for (size_t i = 0; i < page->trace.count; i++) {
        const struct sj_sample *sample = &page->trace.samples[i];
        uint64_t end_ns = sample->start_ns + sample->wall_ns;
        page->start_ns = sample->start_ns < page->start_ns ? sample->start_ns : page->start_ns;
        page->end_ns = end_ns > page->end_ns ? end_ns : page->end_ns;
        enum sj_bar class = sj_bar_of(page, i);
        page->cpu_ns[class] += sample->cpu_ns;
        page->count[class]++;
    }
    sj_build_find_path(page);
    return status;
}

static void add_exports(const struct sj_build_page *page)
{
    SJ_AUTO(sj_auto_free)
    char *link = sj_dash_link(page->call->query, "trace", page->build->id, NULL);
    sj_doc_heading(page->call->doc, "export", "Look closer");
    sj_doc_link(page->call->doc, link, "Trace of this build, as JSON that ui.perfetto.dev opens");
    sj_doc_text(page->call->doc, "The same from a shell:");
    SJ_AUTO(sj_buf_release) struct sj_buf command = SJ_BUF_INIT(1024);
    sj_buf_adds(&command, "scrubjay export chrome --output trace.json --build ");
    // What a shell might take for more than a word is not put into a command to copy.
    bool is_plain = strspn(page->build->id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789-_.:/@+") == strlen(page->build->id);
    sj_buf_adds(&command, is_plain ? page->build->id : "ID");
    sj_doc_command(page->call->doc, sj_buf_text(&command));
}

static int add_parts(struct sj_build_page *page, struct sj_err *err)
{
    add_notes(page);
    add_figures(page);
    add_facts(page);
    add_phases(page);
    sj_build_add_times(page);
    sj_build_add_path(page);
    int status = page->causes ? sj_build_add_causes(page, err) : 0;
    add_exports(page);
    return status;
}

static int make(struct sj_dash_call *call, struct sj_err *err)
{
    struct sj_build build;
    int status = sj_dash_build_find(call, &build, err);
    if (status < 0) {
        return status;
    }
    // Causes are looked for in the whole of the build's project, whatever the filters say.
    call->filter.project = build.project;
    struct sj_build_page page = {.call = call, .build = &build};
    page.bill.pool = &page.pool;
    status = load(&page, err);
    if (status == 0) {
        status = add_parts(&page, err);
    }
    free(page.path);
    free(page.is_on_path);
    sj_bill_release(&page.bill);
    sj_feed_trace_release(&page.trace);
    sj_causes_close(page.causes);
    sj_pool_release(&page.pool);
    sj_scope_release(&page.scope);
    return status;
}

const struct sj_dash_page sj_page_build = {
    .name = "build",
    .title = NULL,
    .subject = "BUILD",
    .is_admin = false,
    .needs_records = true,
    .make = make,
};
