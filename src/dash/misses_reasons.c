// SPDX-License-Identifier: Apache-2.0
// What no cache was asked for, and what could not be stored, by the reasons that records give.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dash/cells.h"
#include "dash/misses_parts.h"

#define ROWS     40
#define ROWS_MAX 5000

/** Records with one reason. */
struct reason {
    uint32_t id;     // text
    uint32_t detail; // text of the dearest one
    uint64_t detail_ns;
    uint64_t count;
    uint64_t cpu_ns;
};

/** Reasons. */
struct reasons {
    struct reason *items;
    size_t count;
};

static void add(struct reasons *reasons, const struct sj_sample *sample)
{
    size_t at = 0;
    while (at < reasons->count && reasons->items[at].id != sample->reason) {
        at++;
    }
    if (at == reasons->count) {
        reasons->items = sj_realloc(reasons->items, at + 1, sizeof *reasons->items);
        reasons->items[reasons->count++] = (struct reason){.id = sample->reason};
    }
    struct reason *reason = &reasons->items[at];
    reason->count++;
    reason->cpu_ns += sample->cpu_ns;
    if (sample->detail && (!reason->detail || sample->cpu_ns > reason->detail_ns)) {
        reason->detail = sample->detail;
        reason->detail_ns = sample->cpu_ns;
    }
}

static int gather(const struct sj_misses_page *page, struct reasons *bypass,
                  struct reasons *unstored)
{
    const struct sj_view *view = &page->scope.view;
    const unsigned outcomes = SJ_OUTCOME_BIT(SJ_OUTCOME_BYPASS) | SJ_OUTCOME_BIT(SJ_OUTCOME_MISS);
    SJ_AUTO(sj_auto_free) struct sj_sample *samples = NULL;
    size_t size = 0;
    for (size_t i = 0; i < view->build_count; i++) {
        size_t count = 0;
        if (!page->scope.is_wanted[i]) {
            continue;
        }
        int status = sj_db_samples(view->db, view->builds[i].build.number, outcomes, &samples,
                                   &count, &size);
        if (status < 0) {
            return status;
        }
        for (size_t k = 0; k < count; k++) {
            if (samples[k].outcome == SJ_OUTCOME_BYPASS) {
                add(bypass, &samples[k]);
            } else if (!(samples[k].flags & SJ_RECORD_STORED)) {
                add(unstored, &samples[k]);
            }
        }
    }
    return 0;
}

static int dearest_first(const void *left, const void *right)
{
    const struct reason *a = left;
    const struct reason *b = right;
    if (a->cpu_ns != b->cpu_ns) {
        return a->cpu_ns > b->cpu_ns ? -1 : 1;
    }
    return a->count > b->count ? -1 : a->count < b->count;
}

/** A table of reasons. */
struct list {
    const char *id;
    const char *caption;
    const char *empty;
};

static void print(const struct sj_misses_page *page, const struct list *list,
                  struct reasons *reasons)
{
    struct sj_db *db = page->scope.view.db;
    struct sj_doc_table *table = sj_doc_table(page->call->doc, list->id, list->caption);
    sj_doc_column(table, "reason", "Reason", SJ_DOC_TEXT);
    sj_doc_data_column(table, "id", "Name", SJ_DOC_TEXT);
    sj_doc_column(table, "count", "Actions", SJ_DOC_COUNT);
    sj_doc_column(table, "cpu", "CPU", SJ_DOC_SPAN);
    sj_doc_column(table, "example", "Such as", SJ_DOC_TEXT);
    sj_doc_empty(table, list->empty);
    if (reasons->count > 0) {
        qsort(reasons->items, reasons->count, sizeof *reasons->items, dearest_first);
    }
    size_t rows = sj_dash_rows(page->call, ROWS, ROWS_MAX);
    rows = rows < reasons->count ? rows : reasons->count;
    for (size_t i = 0; i < rows; i++) {
        const struct reason *reason = &reasons->items[i];
        const char *id = sj_db_text(db, reason->id);
        sj_doc_cell(table, sj_reason_words(page->call, id), NULL);
        sj_doc_cell(table, *id ? id : NULL, NULL);
        sj_doc_value(table, (double)reason->count, NULL);
        sj_doc_value(table, (double)reason->cpu_ns, NULL);
        sj_doc_cell(table, reason->detail ? sj_db_text(db, reason->detail) : NULL, NULL);
    }
    sj_dash_say_left(page->call, rows, reasons->count, "reasons");
    free(reasons->items);
}

int sj_misses_add_reasons(struct sj_misses_page *page, struct sj_err *err)
{
    struct reasons bypass = {0};
    struct reasons unstored = {0};
    int status = gather(page, &bypass, &unstored);
    if (status < 0) {
        free(bypass.items);
        free(unstored.items);
        return sj_fail(err, status, "cannot read the records of the builds");
    }
    static const struct list of_bypass = {"bypass", "Not things to cache, by reason",
                                          "Nothing went by the cache."};
    static const struct list of_unstored = {"uncacheable", "Misses that could not be stored",
                                            "Every miss was stored."};
    sj_doc_heading(page->call->doc, "uncached", "What was not cached");
    print(page, &of_bypass, &bypass);
    print(page, &of_unstored, &unstored);
    return 0;
}
