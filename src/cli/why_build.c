// SPDX-License-Identifier: Apache-2.0
#include "cli/why_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/blame_print.h"
#include "cli/sheet.h"

/** A page being made. */
struct page {
    struct sj_invocation *call;
    struct sj_ground *ground;
    uint32_t build;
    size_t max;
    struct sj_bill bill;
    const struct sj_sample **samples; // what has causes, dearest first
    size_t count;
    struct sj_err *err;
};

static int dearest_first(const void *left, const void *right)
{
    const struct sj_sample *a = *(const struct sj_sample *const *)left;
    const struct sj_sample *b = *(const struct sj_sample *const *)right;
    if (a->cpu_ns != b->cpu_ns) {
        return a->cpu_ns > b->cpu_ns ? -1 : 1;
    }
    return a->unit != b->unit ? (a->unit < b->unit ? -1 : 1) : a < b ? -1 : 1;
}

static int charge(struct page *page)
{
    struct sj_ground *ground = page->ground;
    int status = sj_ground_load(ground, page->build, page->err);
    if (status < 0) {
        return status;
    }
    size_t count;
    const struct sj_sample *samples = sj_causes_samples(ground->causes, page->build, &count);
    page->samples = sj_calloc(count + 1, sizeof(const struct sj_sample *));
    for (size_t i = 0; i < count && status == 0; i++) {
        struct sj_finding finding;
        status = sj_causes_find(ground->causes, page->build, &samples[i], &finding, page->err);
        if (status == 0) {
            status = sj_bill_add(&page->bill, &finding, NULL, page->err);
        }
        if (status == 0 && samples[i].outcome == SJ_OUTCOME_MISS) {
            page->samples[page->count++] = &samples[i];
        }
    }
    if (page->count > 0) {
        qsort(page->samples, page->count, sizeof(const struct sj_sample *), dearest_first);
    }
    page->bill.builds = 1;
    return status;
}

static const struct sj_view_build *build_of(const struct page *page)
{
    return &page->ground->all.builds[page->build];
}

static const char *unit_name(const struct page *page, uint32_t number)
{
    struct sj_unit unit;
    struct sj_db *db = page->ground->report.db;
    return number && sj_db_unit(db, number, &unit) == 0 ? sj_db_text(db, unit.name) : "-";
}

static void print_one(const struct page *page, const char *what, uint32_t index, struct sj_buf *out)
{
    const struct sj_view_build *build = &page->ground->all.builds[index];
    sj_buf_adds(out, what);
    sj_ui_text(out, build->build.id);
    sj_buf_adds(out, ", ");
    sj_ui_date(out, build->build.start_ns);
    sj_buf_adds(out, " UTC");
    if (build->build.job[0]) {
        sj_buf_adds(out, ", ");
        sj_ui_text(out, build->build.job);
    }
    if (build->commit != SJ_NO_COMMIT) {
        sj_buf_adds(out, ", ");
        sj_report_commit(&page->ground->report, build->commit, 60, out);
    }
    sj_buf_adds(out, build->build.flags & SJ_BUILD_DIRTY ? ", with uncommitted changes\n" : "\n");
}

static void print_units(const struct page *page, struct sj_buf *out)
{
    static const char *const titles[] = {"CPU", "unit", "cause"};
    struct sj_sheet sheet;
    sj_sheet_begin(&sheet, page->call->is_markdown, "rll", titles);
    size_t shown = 0;
    for (; shown < page->count && (page->max == 0 || shown < page->max); shown++) {
        const struct sj_sample *sample = page->samples[shown];
        struct sj_finding finding;
        SJ_AUTO(sj_buf_release) struct sj_buf cause = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        if (sj_causes_find(page->ground->causes, page->build, sample, &finding, NULL) == 0) {
            sj_ground_short(page->ground, &finding, &cause);
        }
        sj_sheet_time(&sheet, sample->cpu_ns);
        sj_sheet_text(&sheet, unit_name(page, sample->unit));
        sj_sheet_text(&sheet, sj_buf_text(&cause));
    }
    sj_buf_adds(out, page->call->is_markdown ? "\n**Dearest misses**\n\n" : "\nDearest misses\n");
    sj_sheet_print(&sheet, out);
    sj_sheet_release(&sheet);
    if (shown < page->count) {
        sj_buf_addf(out, "and %zu more: --max 0 shows them\n", page->count - shown);
    }
}

static struct sj_blame_page blame_page(const struct page *page)
{
    return (struct sj_blame_page){
        .report = &page->ground->report,
        .view = &page->ground->all,
        .bill = &page->bill,
        .max = page->max,
        .is_markdown = page->call->is_markdown,
    };
}

static void print(const struct page *page, struct sj_buf *out)
{
    const struct sj_view_build *build = build_of(page);
    print_one(page, page->call->is_markdown ? "Build " : "build ", page->build, out);
    if (build->reference != UINT32_MAX) {
        sj_buf_adds(out, page->call->is_markdown ? "\n" : "");
        print_one(page, "compared with ", build->reference, out);
    }
    sj_buf_addc(out, '\n');
    if (page->count == 0 && page->bill.row_count == 0) {
        sj_buf_adds(out, build->build.flags & SJ_BUILD_EXPIRED
                             ? "its records are gone, only its sums are left\n"
                             : "nothing was compiled\n");
        return;
    }
    const struct sj_blame_page blame = blame_page(page);
    sj_blame_print(&blame, out);
    if (page->count > 0) {
        print_units(page, out);
    }
}

static void write_build(const struct page *page, const char *name, uint32_t index,
                        struct sj_json *json)
{
    if (index == UINT32_MAX) {
        sj_json_str(json, name, NULL);
        return;
    }
    const struct sj_build *build = &page->ground->all.builds[index].build;
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&build->commit, hex);
    sj_json_open(json, name, '{');
    sj_json_str(json, "id", build->id);
    sj_json_str(json, "job", build->job);
    sj_json_str(json, "branch", build->branch);
    sj_json_str(json, "machine", build->machine);
    sj_json_u64(json, "start_ns", build->start_ns);
    sj_json_str(json, "commit", sj_oid_is_zero(&build->commit) ? NULL : hex);
    sj_json_bool(json, "is_dirty", build->flags & SJ_BUILD_DIRTY);
    sj_json_close(json, '}');
}

static void write_units(const struct page *page, struct sj_json *json)
{
    sj_json_open(json, "units", '[');
    for (size_t i = 0; i < page->count && (page->max == 0 || i < page->max); i++) {
        const struct sj_sample *sample = page->samples[i];
        struct sj_finding finding;
        sj_json_open(json, NULL, '{');
        sj_json_str(json, "unit", unit_name(page, sample->unit));
        sj_json_u64(json, "cpu_ns", sample->cpu_ns);
        sj_json_u64(json, "start_ns", sample->start_ns);
        if (sj_causes_find(page->ground->causes, page->build, sample, &finding, NULL) == 0) {
            sj_ground_json(page->ground, &finding, json);
        }
        sj_json_close(json, '}');
    }
    sj_json_close(json, ']');
}

static void write_page(const struct page *page, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    const struct sj_blame_page blame = blame_page(page);
    sj_json_open(&json, NULL, '{');
    write_build(page, "build", page->build, &json);
    write_build(page, "compared_with", build_of(page)->reference, &json);
    sj_blame_json_into(&blame, &json);
    write_units(page, &json);
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}

int sj_why_build(struct sj_invocation *call, struct sj_ground *ground, uint32_t build, size_t max,
                 struct sj_err *err)
{
    struct page page = {
        .call = call,
        .ground = ground,
        .build = build,
        .max = max,
        .bill = {.pool = &ground->pool},
        .err = err,
    };
    int status = charge(&page);
    if (status == 0 && call->is_json) {
        write_page(&page, &call->out);
    } else if (status == 0) {
        print(&page, &call->out);
    }
    sj_bill_release(&page.bill);
    free(page.samples);
    return status;
}
