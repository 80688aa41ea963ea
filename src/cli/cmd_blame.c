// SPDX-License-Identifier: Apache-2.0
// `scrubjay blame`.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "cli/blame_print.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/ui.h"

#define DEFAULT_MAX 20

enum {
    OPT_BY,
    OPT_DRILL,
    OPT_MAX,
};

static const struct sj_option options[] = {
    {"by", "WHAT", "Add up by commit (the default), author, directory, file or cause."},
    {"drill", NULL, "Split the charge of each merge among the commits that it brought."},
    {"max", "COUNT", "Lines of the table, 20 by default; 0 for all. JSON has all by default."},
    {NULL, NULL, NULL},
};

/** A command line, read. */
struct asked {
    enum sj_blame_by by;
    uint64_t max;
};

static int read_asked(const struct sj_invocation *call, struct asked *out, struct sj_err *err)
{
    const char *by = call->value[OPT_BY];
    out->by = SJ_BLAME_BY_COMMIT;
    if (by) {
        unsigned found = 0;
        while (sj_blame_by_names[found] && strcmp(sj_blame_by_names[found], by) != 0) {
            found++;
        }
        if (!sj_blame_by_names[found]) {
            return sj_fail_plain(err, -EINVAL,
                                 "--by: '%.60s' is none of commit, author, directory, file, cause",
                                 by);
        }
        out->by = (enum sj_blame_by)found;
    }
    out->max = call->is_json ? 0 : DEFAULT_MAX;
    const char *max = call->value[OPT_MAX];
    if (max && sj_parse_u64(max, 1000000, &out->max) < 0) {
        return sj_fail_plain(err, -EINVAL, "--max: '%.60s' is no number from 0 to 1000000", max);
    }
    return 0;
}

static void show_progress(uint64_t done, uint64_t total, void *user)
{
    sj_progress_show(user, "explaining builds", done, total);
}

static int by_number(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

// The builds of the range, as places in the view of the whole project.
static void want(const struct sj_view *range, const struct sj_view *all, bool *is_wanted)
{
    SJ_AUTO(sj_auto_free)
    uint32_t *numbers = sj_calloc(range->build_count + 1, sizeof *numbers);
    size_t count = 0;
    for (size_t i = 0; i < range->build_count; i++) {
        if (!range->is_context[i]) {
            numbers[count++] = range->builds[i].build.number;
        }
    }
    if (count > 0) {
        qsort(numbers, count, sizeof *numbers, by_number);
    }
    for (size_t i = 0; i < all->build_count; i++) {
        is_wanted[i] = count > 0 && bsearch(&all->builds[i].build.number, numbers, count,
                                            sizeof *numbers, by_number) != NULL;
    }
}

/** What a run of the command holds. */
struct work {
    struct sj_report report;
    struct sj_view range; // what was asked for
    struct sj_view all;   // what it is compared with
    struct sj_pool pool;
    struct sj_bill bill;
    bool *is_wanted;
};

static void release(struct work *work)
{
    sj_bill_release(&work->bill);
    sj_pool_release(&work->pool);
    free(work->is_wanted);
    sj_view_release(&work->range);
    sj_view_release(&work->all);
    sj_report_close(&work->report);
}

static int load(struct work *work, struct sj_err *err)
{
    struct sj_report *report = &work->report;
    int status = sj_view_load(report->db, report->repo, report->history, &report->filter, 0,
                              &work->range, err);
    if (status < 0) {
        return status;
    }
    // Whether the same was compiled before is asked of every branch and job.
    const struct sj_view_filter everything = {.project = report->filter.project};
    status =
        sj_view_load(report->db, report->repo, report->history, &everything, 0, &work->all, err);
    if (status < 0) {
        return status;
    }
    work->is_wanted = sj_calloc(work->all.build_count + 1, sizeof *work->is_wanted);
    want(&work->range, &work->all, work->is_wanted);
    return 0;
}

static int charge(const struct sj_invocation *call, struct work *work, struct sj_err *err)
{
    struct sj_progress progress;
    sj_progress_begin(&progress);
    work->bill.pool = &work->pool;
    const struct sj_bill_order order = {
        .view = &work->all,
        .is_wanted = work->is_wanted,
        .is_drill = call->value[OPT_DRILL] != NULL,
        .is_read_only = call->config.read_only,
        .progress = show_progress,
        .user = &progress,
    };
    int status = sj_bill_make(&order, &work->bill, err);
    sj_progress_end(&progress);
    return status;
}

static int report_all(struct sj_invocation *call, const struct asked *asked, struct work *work)
{
    struct sj_err err;
    int status = sj_report_open(call, &work->report, &err);
    if (status == SJ_DB_NONE) {
        return sj_report_none();
    }
    if (status == 0 && call->word_count > 0) {
        status = sj_report_range(&work->report, call->words[0], &err);
    }
    if (status == 0) {
        status = load(work, &err);
    }
    if (status == 0) {
        status = charge(call, work, &err);
    }
    if (status < 0) {
        return sj_command_fail(&err);
    }
    const struct sj_blame_page page = {
        .report = &work->report,
        .view = &work->range,
        .bill = &work->bill,
        .by = asked->by,
        .max = (size_t)asked->max,
        .is_drill = call->value[OPT_DRILL] != NULL,
        .is_markdown = call->is_markdown,
    };
    if (call->is_json) {
        sj_blame_json(&page, &call->out);
    } else if (work->bill.builds == 0) {
        sj_buf_adds(&call->out, "no builds in this range: --since all looks at every one\n");
    } else {
        sj_blame_print(&page, &call->out);
    }
    sj_report_caveats(&work->report, &work->range);
    return SJ_EXIT_OK;
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    struct asked asked;
    if (read_asked(call, &asked, &err) < 0) {
        (void)sj_command_fail(&err);
        return SJ_EXIT_USAGE;
    }
    struct work work = {0};
    int status = report_all(call, &asked, &work);
    release(&work);
    return status;
}

const struct sj_command sj_command_blame = {
    .name = "blame",
    .words = "[A..B]",
    .words_max = 1,
    .summary = "Charge the CPU of misses to commits, authors, directories and files.",
    .text =
        "Every nanosecond of a miss is charged to what made the compile necessary: in equal shares "
        "to the commits that changed what it reads or how it is compiled, and within each commit "
        "to "
        "its files. Charges add up to the CPU of the misses exactly. What no commit did has lines "
        "of its own, and so have misses that a better cache would have made hits.\n"
        "'by itself' is what the commit would have cost if it had been built alone; 'charged' is "
        "the "
        "share that it was charged, less where several commits were built at once. A merge is one "
        "commit; --drill looks into it. A question mark says that the cause was inferred from what "
        "the commit touched.\n"
        "Without A..B, the builds of the last 90 days count.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON | SJ_COMMAND_VIEW | SJ_COMMAND_MARKDOWN,
    .run = run,
};
