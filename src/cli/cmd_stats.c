// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "cli/command.h"
#include "cli/storage.h"
#include "cli/sums.h"
#include "cli/ui.h"
#include "record/ledger.h"
#include "store/maintain.h"

enum {
    OPT_BUILD,
    OPT_BUILDS,
    OPT_SINCE,
};

static const struct sj_option options[] = {
    {"build", "ID", "Count only this build; 'last' is the latest one."},
    {"builds", NULL, "Print one line for each build."},
    {"since", "SPAN", "Count only what began within this span, such as 12h or 7d."},
    {NULL, NULL, NULL},
};

/** Sums of one build. */
struct build_sum {
    const char *id;
    struct sj_summary summary;
};

/** What is reported. */
struct stats {
    struct sj_ledger ledger;
    struct build_sum *builds; // latest first
    size_t build_count;
    struct sj_summary total;
    struct sj_store_stat store;
};

static void release(struct stats *stats)
{
    for (size_t i = 0; i < stats->build_count; i++) {
        sj_summary_release(&stats->builds[i].summary);
    }
    free(stats->builds);
    sj_summary_release(&stats->total);
    sj_ledger_release(&stats->ledger);
}

static int by_build(const void *a, const void *b)
{
    return strcmp(((const struct sj_ledger_row *)a)->build,
                  ((const struct sj_ledger_row *)b)->build);
}

static int latest_first(const void *a, const void *b)
{
    uint64_t left = ((const struct build_sum *)a)->summary.last_ns;
    uint64_t right = ((const struct build_sum *)b)->summary.last_ns;
    return (left < right) - (left > right);
}

// Rows are of builds and days; people ask for builds.
static void gather_builds(struct stats *stats)
{
    struct sj_ledger *ledger = &stats->ledger;
    if (ledger->count == 0) {
        return;
    }
    qsort(ledger->rows, ledger->count, sizeof *ledger->rows, by_build);
    stats->builds = sj_calloc(ledger->count, sizeof *stats->builds);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct sj_ledger_row *row = &ledger->rows[i];
        if (i == 0 || strcmp(row->build, ledger->rows[i - 1].build) != 0) {
            stats->builds[stats->build_count++].id = row->build;
        }
        sj_summary_merge(&stats->builds[stats->build_count - 1].summary, &row->summary);
    }
    qsort(stats->builds, stats->build_count, sizeof *stats->builds, latest_first);
}

// Leaves the latest build that has a name.
static void keep_last(struct stats *stats)
{
    size_t last = 0;
    while (last < stats->build_count && !*stats->builds[last].id) {
        last++;
    }
    struct build_sum found = {0};
    for (size_t i = 0; i < stats->build_count; i++) {
        if (i == last) {
            found = stats->builds[i];
        } else {
            sj_summary_release(&stats->builds[i].summary);
        }
    }
    stats->build_count = last < stats->build_count;
    if (stats->build_count > 0) {
        stats->builds[0] = found;
    }
}

static int load(const struct sj_invocation *call, struct stats *stats, struct sj_err *err)
{
    const char *build = call->value[OPT_BUILD];
    bool is_last = build && strcmp(build, "last") == 0;
    struct sj_ledger_filter filter = {.build = is_last ? NULL : build};
    const char *since = call->value[OPT_SINCE];
    if (since) {
        uint64_t span_ms = 0;
        if (sj_parse_span_ms(since, &span_ms) < 0) {
            return sj_fail_plain(err, -EINVAL, "--since: '%.60s' is no span such as 12h or 7d",
                                 since);
        }
        uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
        filter.since_ns = span_ms < now_ns / SJ_NS_PER_MS ? now_ns - span_ms * SJ_NS_PER_MS : 0;
    }
    int status = sj_ledger_load(call->config.cache_dir, &filter, &stats->ledger, err);
    if (status < 0) {
        return status;
    }
    gather_builds(stats);
    if (is_last) {
        keep_last(stats);
    }
    for (size_t i = 0; i < stats->build_count; i++) {
        sj_summary_merge(&stats->total, &stats->builds[i].summary);
    }
    sj_summary_sort(&stats->total);

    SJ_AUTO(sj_storage_close) struct sj_store *store = NULL;
    status = sj_storage_open(&call->config, SJ_STORAGE_READ, &store, err);
    return status == 0 ? sj_store_stat(store, &stats->store, err) : status < 0 ? status : 0;
}

static void print_json(const struct stats *stats, struct sj_buf *out)
{
    struct sj_json json = sj_json_of(out);
    sj_json_open(&json, NULL, '{');
    sj_sums_json(&json, &stats->total);
    sj_json_u64(&json, "size_bytes", stats->store.size_bytes);
    sj_json_u64(&json, "max_size_bytes", stats->store.max_size_bytes);
    sj_json_u64(&json, "objects", stats->store.objects);
    sj_json_u64(&json, "results", stats->store.results);
    sj_json_u64(&json, "generations", stats->store.generations);
    sj_json_u64(&json, "damaged_journal_bytes", stats->ledger.skipped_bytes);
    sj_json_bool(&json, "is_sums_damaged", stats->ledger.is_damaged);
    sj_json_open(&json, "builds", '[');
    for (size_t i = 0; i < stats->build_count; i++) {
        sj_summary_sort(&stats->builds[i].summary);
        sj_json_open(&json, NULL, '{');
        sj_json_str(&json, "build", *stats->builds[i].id ? stats->builds[i].id : NULL);
        sj_sums_json(&json, &stats->builds[i].summary);
        sj_json_close(&json, '}');
    }
    sj_json_close(&json, ']');
    sj_json_close(&json, '}');
    sj_buf_addc(out, '\n');
}

static void row(struct sj_table *table, const char *label, uint64_t count, uint64_t cpu_ns,
                const char *note)
{
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_ui_text(&cell, label);
    sj_table_take(table, &cell);
    sj_ui_count(&cell, count);
    sj_table_take(table, &cell);
    sj_ui_time(&cell, cpu_ns);
    sj_table_take(table, &cell);
    sj_table_cell(table, note);
}

static void outcome_rows(struct sj_table *table, const struct sj_summary *summary,
                         enum sj_outcome outcome, const char *label)
{
    row(table, label, summary->count[outcome], summary->cpu_ns[outcome], "");
    SJ_AUTO(sj_buf_release) struct sj_buf name = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < summary->reason_count; i++) {
        const struct sj_reason_sum *reason = &summary->reasons[i];
        // Where there is but one reason and it is unknown, the line above says it all.
        if (reason->outcome == outcome && strcmp(reason->reason, "unknown") != 0) {
            sj_buf_clear(&name);
            sj_buf_addf(&name, "  %s", reason->reason);
            row(table, sj_buf_text(&name), reason->count, reason->cpu_ns, "");
        }
    }
}

static void print_store(const struct stats *stats, struct sj_buf *out)
{
    sj_buf_adds(out, "\nstore: ");
    sj_ui_size(out, stats->store.size_bytes);
    sj_buf_adds(out, " of ");
    sj_ui_size(out, stats->store.max_size_bytes);
    sj_buf_adds(out, ", ");
    sj_ui_count(out, stats->store.results);
    sj_buf_adds(out, " results, ");
    sj_ui_count(out, stats->store.objects);
    sj_buf_adds(out, " objects\n");
    if (stats->ledger.skipped_bytes > 0) {
        sj_buf_adds(out, "journal: ");
        sj_ui_size(out, stats->ledger.skipped_bytes);
        sj_buf_adds(out, " were damaged and are not counted\n");
    }
    if (stats->ledger.is_damaged) {
        sj_buf_adds(out, "journal: the sums of older records are damaged and not counted\n");
    }
}

static void print_text(const struct stats *stats, struct sj_buf *out)
{
    const struct sj_summary *total = &stats->total;
    uint64_t count = sj_summary_count(total);
    if (count > 0) {
        sj_buf_adds(out, "from ");
        sj_ui_date(out, total->first_ns);
        sj_buf_adds(out, " to ");
        sj_ui_date(out, total->last_ns);
        sj_buf_adds(out, " UTC\n\n");
    }
    struct sj_table table = SJ_TABLE_OF("lrrl");
    sj_table_cell(&table, "");
    sj_table_cell(&table, "count");
    sj_table_cell(&table, "CPU");
    sj_table_cell(&table, "");
    row(&table, "hits", total->count[SJ_OUTCOME_HIT], total->saved_ns, "saved");
    outcome_rows(&table, total, SJ_OUTCOME_MISS, "misses");
    outcome_rows(&table, total, SJ_OUTCOME_BYPASS, "bypassed");
    outcome_rows(&table, total, SJ_OUTCOME_FAILED, "failed");
    outcome_rows(&table, total, SJ_OUTCOME_ERROR, "errors");
    row(&table, "scrubjay itself", count, total->own_ns, "");
    if (total->audits > 0) {
        row(&table, "audits", total->audits, total->cpu_ns[SJ_OUTCOME_HIT], "");
        row(&table, "  that differed", total->differs, 0, total->differs ? "see the log" : "");
    }
    sj_table_print(&table, out);
    sj_table_release(&table);

    sj_buf_adds(out, "\nhit rate: ");
    sj_ui_share(out, sj_summary_hit_rate(total));
    sj_buf_adds(out, " by count, ");
    sj_ui_share(out, sj_summary_cpu_rate(total));
    sj_buf_adds(out, " by CPU\n");
    print_store(stats, out);
}

static void print_builds(const struct stats *stats, struct sj_buf *out)
{
    struct sj_table table = SJ_TABLE_OF("llrrrrrr");
    static const char *const heads[] = {"build",    "began", "hits",  "misses",
                                        "bypassed", "other", "saved", "spent"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        sj_table_cell(&table, heads[i]);
    }
    SJ_AUTO(sj_buf_release) struct sj_buf cell = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < stats->build_count; i++) {
        const struct sj_summary *sum = &stats->builds[i].summary;
        sj_ui_text(&cell, *stats->builds[i].id ? stats->builds[i].id : "(none)");
        sj_table_take(&table, &cell);
        sj_ui_date(&cell, sum->first_ns);
        sj_table_take(&table, &cell);
        const uint64_t counts[] = {sum->count[SJ_OUTCOME_HIT], sum->count[SJ_OUTCOME_MISS],
                                   sum->count[SJ_OUTCOME_BYPASS],
                                   sum->count[SJ_OUTCOME_FAILED] + sum->count[SJ_OUTCOME_ERROR]};
        for (size_t j = 0; j < sizeof counts / sizeof counts[0]; j++) {
            sj_ui_count(&cell, counts[j]);
            sj_table_take(&table, &cell);
        }
        sj_ui_time(&cell, sum->saved_ns);
        sj_table_take(&table, &cell);
        sj_ui_time(&cell, sj_summary_spent_ns(sum));
        sj_table_take(&table, &cell);
    }
    sj_table_print(&table, out);
    sj_table_release(&table);
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    struct stats stats = {0};
    int status = load(call, &stats, &err);
    if (status < 0) {
        release(&stats);
        (void)sj_command_fail(&err);
        return status == -EINVAL ? SJ_EXIT_USAGE : SJ_EXIT_FAILED;
    }
    if (call->is_json) {
        print_json(&stats, &call->out);
    } else if (call->value[OPT_BUILDS]) {
        print_builds(&stats, &call->out);
    } else {
        print_text(&stats, &call->out);
    }
    release(&stats);
    return SJ_EXIT_OK;
}

const struct sj_command sj_command_stats = {
    .name = "stats",
    .words = "",
    .summary = "Print what the cache saved and what it cost.",
    .text = "Count all compiles: hits, misses and their reasons, what was bypassed and why, what "
            "failed, and the CPU time that each took or saved; and what the store holds.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
