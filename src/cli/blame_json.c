// SPDX-License-Identifier: Apache-2.0
// A bill as JSON. Lines of commits are nested: files below each, parts below a merge.
#include "cli/blame_print.h"

/** A page being written. */
struct writing {
    const struct sj_blame_page *page;
    struct sj_blame_index index;
    struct sj_json json;
};

static void write_oid(struct sj_json *json, const char *name, const struct sj_oid *oid)
{
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(oid, hex);
    sj_json_str(json, name, sj_oid_is_zero(oid) ? NULL : hex);
}

static void write_ways(struct sj_json *json, unsigned ways)
{
    sj_json_open(json, "ways", '[');
    for (unsigned i = 0; i < SJ_VIA_COUNT; i++) {
        const char *name = sj_blame_via_name((enum sj_blame_via)i);
        if (name && (ways & 1u << i)) {
            sj_json_str(json, NULL, name);
        }
    }
    sj_json_close(json, ']');
}

static void write_amounts(struct sj_json *json, const struct sj_blame_line *line, bool has_whole)
{
    sj_json_u64(json, "charge_ns", line->charge_ns);
    if (has_whole) {
        sj_json_u64(json, "standalone_ns", line->whole_ns);
        sj_json_u64(json, "alone_ns", line->alone_ns);
        sj_json_real(json, "discount",
                     line->whole_ns ? (double)line->charge_ns / (double)line->whole_ns : 1);
    }
    sj_json_u64(json, "compiles", line->compiles);
}

static void write_files(struct writing *at, uint32_t row)
{
    struct sj_blame_lines files = {0};
    sj_blame_lines_files(at->page->bill, &at->index, row, &files);
    sj_json_open(&at->json, "files", '[');
    for (size_t i = 0; i < files.count; i++) {
        sj_json_open(&at->json, NULL, '{');
        sj_json_str(&at->json, "path", files.items[i].name);
        write_amounts(&at->json, &files.items[i], true);
        sj_json_close(&at->json, '}');
    }
    sj_json_close(&at->json, ']');
    sj_blame_lines_release(&files);
}

static void write_commit(struct writing *at, const struct sj_blame_line *line)
{
    struct sj_json *json = &at->json;
    size_t count = 0;
    const struct sj_history *history = at->page->report->history;
    const struct sj_commit *commit =
        line->place != SJ_NO_COMMIT ? &sj_history_commits(history, &count)[line->place] : NULL;
    write_oid(json, "commit", &line->commit);
    sj_json_str(json, "subject", commit ? commit->subject : NULL);
    sj_json_str(json, "author", commit ? commit->author : NULL);
    sj_json_str(json, "email", commit ? commit->email : NULL);
    if (commit) {
        sj_json_i64(json, "time_s", commit->time_s);
    }
    sj_json_bool(json, "is_merge", commit && (commit->flags & SJ_COMMIT_MERGE));
    sj_json_bool(json, "is_inferred", line->is_inferred);
    write_ways(json, line->ways);
    write_amounts(json, line, true);
    write_files(at, line->row);
}

static void write_parts(struct writing *at, const struct sj_blame_line *merge)
{
    struct sj_blame_lines parts = {0};
    sj_blame_lines_parts(at->page->bill, at->page->report->history, &merge->commit, &parts);
    if (parts.count > 0) {
        sj_json_open(&at->json, "parts", '[');
        for (size_t i = 0; i < parts.count; i++) {
            sj_json_open(&at->json, NULL, '{');
            write_commit(at, &parts.items[i]);
            sj_json_close(&at->json, '}');
        }
        sj_json_close(&at->json, ']');
    }
    sj_blame_lines_release(&parts);
}

static void write_cause(struct writing *at, const struct sj_blame_line *line)
{
    struct sj_json *json = &at->json;
    sj_json_str(json, "cause", line->name);
    sj_json_str(json, "group", sj_blame_group_name(sj_blame_group(line->kind)));
    sj_json_str(json, "why", line->detail[0] ? line->detail : NULL);
    write_amounts(json, line, true);
    if (line->row != UINT32_MAX) {
        write_files(at, line->row);
    }
}

static void write_line(struct writing *at, const struct sj_blame_line *line)
{
    enum sj_blame_by by = at->page->by;
    sj_json_open(&at->json, NULL, '{');
    if (by == SJ_BLAME_BY_COMMIT) {
        write_commit(at, line);
        if (at->page->is_drill) {
            write_parts(at, line);
        }
    } else if (by == SJ_BLAME_BY_CAUSE) {
        write_cause(at, line);
    } else {
        sj_json_str(&at->json, sj_blame_by_names[by], line->name);
        if (by == SJ_BLAME_BY_AUTHOR) {
            sj_json_str(&at->json, "email", line->detail);
        }
        sj_json_u64(&at->json, "commits", line->commits);
        write_amounts(&at->json, line, by != SJ_BLAME_BY_DIRECTORY);
    }
    sj_json_close(&at->json, '}');
}

static void write_lines(struct writing *at)
{
    const struct sj_blame_page *page = at->page;
    struct sj_blame_lines lines = {0};
    sj_blame_lines_make(page->bill, page->report->history, page->by, &lines);
    sj_json_str(&at->json, "by", sj_blame_by_names[page->by]);
    sj_json_u64(&at->json, "line_count", lines.count);
    sj_json_open(&at->json, "lines", '[');
    for (size_t i = 0; i < lines.count && (page->max == 0 || i < page->max); i++) {
        write_line(at, &lines.items[i]);
    }
    sj_json_close(&at->json, ']');
    sj_blame_lines_release(&lines);
}

static void write_groups(struct writing *at)
{
    for (int i = 0; i < SJ_BLAME_GROUP_COUNT; i++) {
        sj_json_open(&at->json, sj_blame_group_name((enum sj_blame_group)i), '{');
        sj_json_u64(&at->json, "cpu_ns", at->page->bill->cpu_ns[i]);
        sj_json_u64(&at->json, "compiles", at->page->bill->compiles[i]);
        sj_json_open(&at->json, "causes", '[');
        struct sj_blame_lines lines = {0};
        sj_blame_lines_causes(at->page->bill, (enum sj_blame_group)i, &lines);
        for (size_t j = 0; j < lines.count; j++) {
            sj_json_open(&at->json, NULL, '{');
            write_cause(at, &lines.items[j]);
            sj_json_close(&at->json, '}');
        }
        sj_blame_lines_release(&lines);
        sj_json_close(&at->json, ']');
        sj_json_close(&at->json, '}');
    }
}

static void write_generated(struct writing *at)
{
    const struct sj_bill *bill = at->page->bill;
    sj_json_open(&at->json, "generated", '[');
    for (size_t i = 0; i < bill->generated_count; i++) {
        const struct sj_bill_generated *generated = &bill->generated[i];
        struct sj_blame_price price;
        sj_blame_price(at->page, generated, &price);
        sj_json_open(&at->json, NULL, '{');
        sj_json_str(&at->json, "path", generated->path);
        sj_json_str(&at->json, "job", generated->job);
        sj_json_bool(&at->json, "is_volatile", sj_bill_is_volatile(bill, generated));
        sj_json_u64(&at->json, "changed_builds", generated->builds);
        sj_json_u64(&at->json, "builds", price.builds);
        sj_json_u64(&at->json, "charge_ns", generated->charge_ns);
        sj_json_u64(&at->json, "alone_ns", generated->alone_ns);
        sj_json_u64(&at->json, "per_build_ns", price.per_build_ns);
        sj_json_u64(&at->json, "per_month_ns", price.per_month_ns);
        sj_json_close(&at->json, '}');
    }
    sj_json_close(&at->json, ']');
}

void sj_blame_json_into(const struct sj_blame_page *page, struct sj_json *json)
{
    struct writing at = {.page = page, .json = *json};
    sj_blame_index_make(page->bill, &at.index);
    write_groups(&at);
    write_lines(&at);
    write_generated(&at);
    sj_blame_index_release(&at.index);
    *json = at.json;
}

void sj_blame_json(const struct sj_blame_page *page, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_json_str(&json, "project", page->view->project);
    sj_json_u64(&json, "since_ns", page->report->filter.since_ns);
    write_oid(&json, "from", &page->report->filter.from);
    write_oid(&json, "to", &page->report->filter.to);
    sj_json_u64(&json, "builds", page->bill->builds);
    sj_json_u64(&json, "unplaced_builds", page->view->unplaced);
    sj_blame_json_into(page, &json);
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}
