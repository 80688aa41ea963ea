// SPDX-License-Identifier: Apache-2.0
#include "dash/page.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "dash/ground.h"

#define TIME_MAX_NS (UINT64_C(1500) * SJ_NS_PER_MS)

static const struct sj_dash_page *const pages[] = {
    &sj_page_overview, &sj_page_builds,  &sj_page_build,   &sj_page_commits,
    &sj_page_commit,   &sj_page_compare, &sj_page_headers, &sj_page_header,
    &sj_page_misses,   &sj_page_units,   &sj_page_unit,    &sj_page_cache,
    &sj_page_tokens,   &sj_page_status,  &sj_page_trace,   &sj_page_badge,
};

const struct sj_dash_page *const *sj_dash_pages(size_t *count)
{
    *count = sizeof pages / sizeof pages[0];
    return pages;
}

bool sj_dash_is_late(const struct sj_dash_site *site, uint64_t begin_ns)
{
    return site->is_over ? atomic_load(site->is_over)
                         : sj_clock_ns(CLOCK_MONOTONIC) - begin_ns > TIME_MAX_NS;
}

bool sj_dash_may_see(const struct sj_dash_call *call, const struct sj_build *build)
{
    const struct sj_page_request *request = call->request;
    struct sj_str space = sj_dash_space_of(build->labels);
    if (!space.data) {
        return request->is_admin || request->is_local;
    }
    return request->may_read(space, request->may_read_user);
}

// Whether a configuration is of a toolchain, remembered by its number: few of them have many
// samples.
struct configs {
    struct sj_db *db;
    const char *toolchain;
    signed char *is_of; // 0: not looked at yet; 1: it is; -1: it is not
    size_t count;
};

static bool is_of(struct configs *configs, uint32_t number)
{
    if (number >= configs->count) {
        size_t count = 2 * (size_t)number + 16;
        configs->is_of = sj_realloc(configs->is_of, count, 1);
        memset(configs->is_of + configs->count, 0, count - configs->count);
        configs->count = count;
    }
    if (configs->is_of[number] == 0) {
        struct sj_db_config config;
        bool is_known = number > 0 && sj_db_config(configs->db, number, &config) == 0;
        configs->is_of[number] =
            is_known && strcmp(sj_db_text(configs->db, config.toolchain), configs->toolchain) == 0
                ? 1
                : -1;
    }
    return configs->is_of[number] > 0;
}

// Samples of other toolchains leave; the sums of builds stay those of all.
void sj_dash_keep_toolchain(const struct sj_dash_call *call, struct sj_view *view)
{
    const char *toolchain = call->query->parameter[SJ_DASH_TOOLCHAIN];
    if (!toolchain) {
        return;
    }
    struct configs configs = {.db = view->db, .toolchain = toolchain};
    size_t kept = 0;
    for (size_t i = 0; i < view->build_count; i++) {
        struct sj_view_build *build = &view->builds[i];
        size_t first = build->first;
        size_t end = first + build->count;
        build->first = kept;
        for (size_t j = first; j < end; j++) {
            if (is_of(&configs, view->samples[j].config)) {
                view->samples[kept++] = view->samples[j];
            }
        }
        build->count = kept - build->first;
    }
    view->sample_count = kept;
    free(configs.is_of);
}

static void note_count(struct sj_doc *doc, uint64_t count, const char *what)
{
    if (count > 0) {
        SJ_AUTO(sj_auto_free) char *text = sj_asprintf("%llu %s", (unsigned long long)count, what);
        sj_doc_note(doc, text);
    }
}

// What never came in: of the whole database, so it is the administrator's to know.
static void note_ingested(const struct sj_dash_call *call)
{
    struct sj_db_ingested ever;
    if (!call->request->is_admin || sj_db_ingested_ever(call->site->db, &ever) < 0) {
        return;
    }
    note_count(call->doc, ever.damaged_bytes, "bytes of the journal were damaged and passed over");
    note_count(call->doc, ever.without_paths,
               "misses whose list of inputs had left the store: no commit can be charged for them");
    note_count(call->doc, ever.skewed,
               "records began before their build, or in the future: a clock is wrong");
    if (ever.refused > 0) {
        SJ_AUTO(sj_auto_free)
        char *text = sj_asprintf("%llu records made no sense and were left out: %s",
                                 (unsigned long long)ever.refused, ever.refused_why);
        sj_doc_note(call->doc, text);
    }
}

static const char *note_repo(const struct sj_dash_call *call)
{
    return call->request->is_local
               ? "no repository at hand: nothing is put down to commits (scrubjay dash --repo DIR)"
               : "no repository at hand: nothing is put down to commits (the server's setting "
                 "'repositories' names them)";
}

void sj_dash_notes(const struct sj_dash_call *call, const struct sj_view *view)
{
    const char *problem = call->site->repo_problem;
    for (size_t i = 0; i < sizeof view->notes / sizeof view->notes[0] && view->notes[i][0]; i++) {
        // Its remedy is an option of the command line.
        bool is_repo = strncmp(view->notes[i], "no repository at hand", 21) == 0;
        sj_doc_note(call->doc, is_repo ? note_repo(call) : view->notes[i]);
    }
    if (problem && problem[0] && (call->request->is_admin || call->request->is_local)) {
        sj_doc_note(call->doc, problem);
    } else if (problem && problem[0]) {
        sj_doc_note(call->doc, "the server cannot read the repository of this project");
    }
    if (call->query->parameter[SJ_DASH_TOOLCHAIN]) {
        sj_doc_note(call->doc, "sums of whole builds are of all toolchains");
    }
    note_ingested(call);
}

char *sj_dash_link_unit(const struct sj_dash_call *call, uint32_t unit)
{
    struct sj_unit found;
    if (sj_db_unit(call->site->db, unit, &found) < 0) {
        return sj_dash_link(call->query, "units", NULL, NULL);
    }
    return sj_dash_link(call->query, "unit", sj_db_text(call->site->db, found.name), NULL);
}

size_t sj_dash_rows(const struct sj_dash_call *call, size_t people, size_t programs)
{
    if (call->query->max > 0) {
        return call->query->max < programs ? (size_t)call->query->max : programs;
    }
    return call->query->format == SJ_DASH_HTML ? people : programs;
}

bool sj_dash_sorts_by(const struct sj_dash_call *call, const char *column, bool *is_up)
{
    const char *sort = call->query->parameter[SJ_DASH_SORT];
    bool is_down = sort && *sort == '-';
    if (!sort || strcmp(sort + is_down, column) != 0) {
        return false;
    }
    *is_up = !is_down;
    return true;
}

void sj_dash_say_left(const struct sj_dash_call *call, size_t shown, size_t count, const char *what)
{
    if (shown < count) {
        char text[200];
        char all[24];
        // Who has asked for all that is ever shown gets no more.
        size_t most = count < SJ_DASH_ROWS_MAX ? count : SJ_DASH_ROWS_MAX;
        bool has_more = call->query->max < most;
        (void)snprintf(text, sizeof text, "%zu of %zu %s are shown%s", shown, count, what,
                       has_more ? ": show all" : "");
        (void)snprintf(all, sizeof all, "%zu", most);
        SJ_AUTO(sj_auto_free) char *href = sj_dash_link_with(call->query, SJ_DASH_MAX, all);
        if (has_more) {
            sj_doc_link(call->doc, href, text);
        } else {
            sj_doc_note(call->doc, text);
        }
    }
}
