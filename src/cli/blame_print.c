// SPDX-License-Identifier: Apache-2.0
#include "cli/blame_print.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/reason.h"
#include "cli/sheet.h"

#define SUBJECT_WIDTH 60 // columns of a commit in a table
#define PARTS_SHOWN   10 // of a merge
#define CAUSES_SHOWN  15 // lines of what no commit did
#define MONTH_NS      ((uint64_t)30 * 24 * 3600 * SJ_NS_PER_S)

const char *const sj_blame_by_names[] = {
    [SJ_BLAME_BY_COMMIT] = "commit",       [SJ_BLAME_BY_AUTHOR] = "author",
    [SJ_BLAME_BY_DIRECTORY] = "directory", [SJ_BLAME_BY_FILE] = "file",
    [SJ_BLAME_BY_CAUSE] = "cause",         [SJ_BLAME_BY_COUNT] = NULL,
};

static uint64_t missed_ns(const struct sj_bill *bill)
{
    return bill->cpu_ns[SJ_BLAME_NECESSARY] + bill->cpu_ns[SJ_BLAME_REDUNDANT];
}

static void add_part(struct sj_buf *out, const char *name, uint64_t part, uint64_t whole)
{
    sj_ui_time(out, part);
    sj_buf_addf(out, " %s", name);
    if (whole > 0) {
        sj_buf_adds(out, " (");
        sj_ui_share(out, (double)part / (double)whole);
        sj_buf_addc(out, ')');
    }
}

static void print_head(const struct sj_blame_page *page, struct sj_buf *out)
{
    const struct sj_bill *bill = page->bill;
    uint64_t missed = missed_ns(bill);
    sj_buf_adds(out, page->is_markdown ? "**" : "");
    sj_ui_count(out, bill->builds);
    sj_buf_adds(out, bill->builds == 1 ? " build" : " builds");
    if (page->view->project && page->view->project[0]) {
        sj_buf_adds(out, " of ");
        if (page->is_markdown) {
            sj_report_markdown(out, page->view->project);
        } else {
            sj_ui_text(out, page->view->project);
        }
    }
    sj_buf_adds(out, ": ");
    sj_ui_time(out, missed);
    sj_buf_adds(out, " of CPU in ");
    sj_ui_count(out, bill->compiles[SJ_BLAME_NECESSARY] + bill->compiles[SJ_BLAME_REDUNDANT]);
    sj_buf_adds(out, page->is_markdown ? " misses**: " : " misses\n");
    add_part(out, "necessary", bill->cpu_ns[SJ_BLAME_NECESSARY], missed);
    sj_buf_adds(out, ", ");
    add_part(out, "redundant", bill->cpu_ns[SJ_BLAME_REDUNDANT], missed);
    sj_buf_adds(out, ", besides ");
    add_part(out, "that are no misses", bill->cpu_ns[SJ_BLAME_OTHER], 0);
    sj_buf_adds(out, "\n\n");
}

static void add_commit(struct sj_sheet *sheet, const struct sj_blame_page *page,
                       const struct sj_blame_line *line, const char *indent)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_adds(&text, indent);
    if (line->place != SJ_NO_COMMIT) {
        sj_report_commit(page->report, line->place, SUBJECT_WIDTH, &text);
    } else {
        char hex[SJ_OID_HEX_SIZE];
        sj_oid_hex(&line->commit, hex);
        sj_buf_addf(&text, "%.10s (not in this repository)", hex);
    }
    sj_buf_adds(&text, line->is_inferred ? " ?" : "");
    sj_sheet_text(sheet, sj_buf_text(&text));
}

static void add_name(struct sj_sheet *sheet, const struct sj_blame_page *page,
                     const struct sj_blame_line *line)
{
    if (page->by == SJ_BLAME_BY_CAUSE) {
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_addf(&text, "%s: %s", line->name,
                    line->detail[0] ? sj_reason_text(line->detail) : sj_blame_text(line->kind));
        sj_sheet_text(sheet, sj_buf_text(&text));
    } else if (line->detail[0]) {
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_buf_addf(&text, "%s <%s>", line->name, line->detail);
        sj_sheet_text(sheet, sj_buf_text(&text));
    } else {
        sj_sheet_text(sheet, line->name);
    }
}

static void add_amounts(struct sj_sheet *sheet, const struct sj_blame_page *page,
                        const struct sj_blame_line *line)
{
    sj_sheet_time(sheet, line->charge_ns);
    sj_sheet_share(sheet, line->charge_ns, missed_ns(page->bill));
    if (page->by == SJ_BLAME_BY_DIRECTORY) {
        sj_sheet_text(sheet, "-");
        sj_sheet_text(sheet, "-");
    } else {
        sj_sheet_time(sheet, line->whole_ns);
        sj_sheet_share(sheet, line->charge_ns, line->whole_ns);
    }
    sj_sheet_count(sheet, line->compiles);
}

static void add_line(struct sj_sheet *sheet, const struct sj_blame_page *page,
                     const struct sj_blame_line *line, const char *indent)
{
    add_amounts(sheet, page, line);
    if (page->by == SJ_BLAME_BY_COMMIT) {
        add_commit(sheet, page, line, indent);
    } else {
        add_name(sheet, page, line);
    }
}

static void add_merge(struct sj_sheet *sheet, const struct sj_blame_page *page,
                      const struct sj_blame_line *merge)
{
    struct sj_blame_lines parts = {0};
    sj_blame_lines_parts(page->bill, page->report->history, &merge->commit, &parts);
    for (size_t i = 0; i < parts.count && i < PARTS_SHOWN; i++) {
        add_line(sheet, page, &parts.items[i], page->is_markdown ? "↳ " : "  ");
    }
    sj_blame_lines_release(&parts);
}

static void print_rest(const struct sj_blame_page *page, const struct sj_blame_lines *lines,
                       size_t shown, struct sj_buf *out)
{
    if (shown >= lines->count) {
        return;
    }
    uint64_t charge_ns = 0;
    for (size_t i = shown; i < lines->count; i++) {
        charge_ns += lines->items[i].charge_ns;
    }
    sj_buf_adds(out, page->is_markdown ? "\n" : "");
    sj_buf_addf(out, "and %zu more", lines->count - shown);
    if (page->by != SJ_BLAME_BY_DIRECTORY) {
        sj_buf_adds(out, ", ");
        sj_ui_time(out, charge_ns);
        sj_buf_adds(out, " in all");
    }
    sj_buf_adds(out, page->is_markdown ? "\n" : ": --max 0 shows them\n");
}

static void print_lines(const struct sj_blame_page *page, struct sj_buf *out)
{
    static const char *const heads[] = {
        [SJ_BLAME_BY_COMMIT] = "commit",       [SJ_BLAME_BY_AUTHOR] = "author",
        [SJ_BLAME_BY_DIRECTORY] = "directory", [SJ_BLAME_BY_FILE] = "file",
        [SJ_BLAME_BY_CAUSE] = "cause",
    };
    struct sj_blame_lines lines = {0};
    sj_blame_lines_make(page->bill, page->report->history, page->by, &lines);
    if (lines.count == 0) {
        sj_buf_adds(out, "nothing is charged to commits\n");
        return;
    }
    const char *const titles[] = {"charge",  "share",    "by itself",
                                  "charged", "compiles", heads[page->by]};
    struct sj_sheet sheet;
    sj_sheet_begin(&sheet, page->is_markdown, "rrrrrl", titles);
    size_t shown = 0;
    bool has_inferred = false;
    for (; shown < lines.count && (page->max == 0 || shown < page->max); shown++) {
        const struct sj_blame_line *line = &lines.items[shown];
        add_line(&sheet, page, line, "");
        has_inferred = has_inferred || (line->is_inferred && page->by == SJ_BLAME_BY_COMMIT);
        if (page->is_drill && page->by == SJ_BLAME_BY_COMMIT) {
            add_merge(&sheet, page, line);
        }
    }
    sj_sheet_print(&sheet, out);
    sj_sheet_release(&sheet);
    print_rest(page, &lines, shown, out);
    if (has_inferred) {
        sj_buf_adds(out, page->is_markdown ? "\n" : "");
        sj_buf_adds(out, "?: inferred from what the commit touched, such as a build description\n");
    }
    sj_blame_lines_release(&lines);
}

static void print_causes(const struct sj_blame_page *page, enum sj_blame_group group,
                         const char *title, struct sj_buf *out)
{
    struct sj_blame_lines lines = {0};
    sj_blame_lines_causes(page->bill, group, &lines);
    if (lines.count == 0) {
        return;
    }
    static const char *const titles[] = {"charge", "share", "compiles", "cause"};
    sj_buf_addf(out, page->is_markdown ? "\n**%s**\n\n" : "\n%s\n", title);
    struct sj_blame_page causes = *page;
    causes.by = SJ_BLAME_BY_CAUSE;
    struct sj_sheet sheet;
    sj_sheet_begin(&sheet, page->is_markdown, "rrrl", titles);
    uint64_t whole = group == SJ_BLAME_OTHER ? page->bill->cpu_ns[group] : missed_ns(page->bill);
    size_t shown = 0;
    for (; shown < lines.count && shown < CAUSES_SHOWN; shown++) {
        sj_sheet_time(&sheet, lines.items[shown].charge_ns);
        sj_sheet_share(&sheet, lines.items[shown].charge_ns, whole);
        sj_sheet_count(&sheet, lines.items[shown].compiles);
        add_name(&sheet, &causes, &lines.items[shown]);
    }
    sj_sheet_print(&sheet, out);
    sj_sheet_release(&sheet);
    print_rest(&causes, &lines, shown, out);
    sj_blame_lines_release(&lines);
}

void sj_blame_price(const struct sj_blame_page *page, const struct sj_bill_generated *generated,
                    struct sj_blame_price *out)
{
    *out = (struct sj_blame_price){0};
    for (size_t i = 0; i < page->bill->job_count; i++) {
        const struct sj_bill_job *job = &page->bill->jobs[i];
        out->builds += job->name == generated->job ? job->builds : 0;
    }
    uint64_t first_ns = UINT64_MAX;
    uint64_t last_ns = 0;
    for (size_t i = 0; i < page->view->build_count; i++) {
        uint64_t start_ns = page->view->builds[i].build.start_ns;
        if (!page->view->is_context[i]) {
            first_ns = start_ns < first_ns ? start_ns : first_ns;
            last_ns = start_ns > last_ns ? start_ns : last_ns;
        }
    }
    out->per_build_ns = generated->builds ? generated->alone_ns / generated->builds : 0;
    // Builds of less than a day say little about a month.
    if (last_ns > first_ns && last_ns - first_ns >= MONTH_NS / 30) {
        out->per_month_ns = (uint64_t)((double)generated->alone_ns * (double)MONTH_NS /
                                       (double)(last_ns - first_ns));
    }
}

static void print_generated(const struct sj_blame_page *page, struct sj_buf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < page->bill->generated_count; i++) {
        const struct sj_bill_generated *generated = &page->bill->generated[i];
        if (!sj_bill_is_volatile(page->bill, generated)) {
            continue;
        }
        struct sj_blame_price price;
        sj_blame_price(page, generated, &price);
        if (is_first) {
            sj_buf_addf(out, page->is_markdown ? "\n**%s**\n\n" : "\n%s\n",
                        "Generated files that change in nearly every build, by no commit");
        }
        is_first = false;
        sj_buf_adds(out, page->is_markdown ? "- " : "  ");
        if (page->is_markdown) {
            sj_report_markdown(out, generated->path);
        } else {
            sj_ui_text(out, generated->path);
        }
        sj_buf_addf(out, ": in %llu of %llu builds, ", (unsigned long long)generated->builds,
                    (unsigned long long)price.builds);
        sj_ui_time(out, price.per_build_ns);
        sj_buf_adds(out, " of CPU a build");
        if (price.per_month_ns > 0) {
            sj_buf_adds(out, ", ");
            sj_ui_time(out, price.per_month_ns);
            sj_buf_adds(out, " a month");
        }
        sj_buf_addc(out, '\n');
    }
}

void sj_blame_print(const struct sj_blame_page *page, struct sj_buf *out)
{
    print_head(page, out);
    print_lines(page, out);
    if (page->by != SJ_BLAME_BY_CAUSE) {
        print_causes(page, SJ_BLAME_NECESSARY, "Necessary, but no commit's", out);
        print_causes(page, SJ_BLAME_REDUNDANT, "Redundant: a better cache would have had them",
                     out);
        print_causes(page, SJ_BLAME_OTHER, "Other compiles, which are no misses", out);
    }
    print_generated(page, out);
}
