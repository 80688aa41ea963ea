// SPDX-License-Identifier: Apache-2.0
#include "dash/audits.h"

#include "base/mem.h"
#include "dash/cells.h"

// Builds come in no order of time, so the oldest that is kept makes room.
static void keep(struct sj_audits *audits, size_t build, const struct sj_sample *sample)
{
    size_t at = audits->kept_count;
    if (at == SJ_AUDITS_KEPT) {
        at = 0;
        for (size_t i = 1; i < SJ_AUDITS_KEPT; i++) {
            at = audits->kept[i].start_ns < audits->kept[at].start_ns ? i : at;
        }
        if (audits->kept[at].start_ns >= sample->start_ns) {
            return;
        }
    } else {
        audits->kept_count++;
    }
    audits->kept[at].unit = sample->unit;
    audits->kept[at].build = build;
    audits->kept[at].start_ns = sample->start_ns;
}

int sj_audits_count(const struct sj_scope *scope, struct sj_audits *out, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) struct sj_sample *samples = NULL;
    size_t size = 0;
    *out = (struct sj_audits){0};
    for (size_t i = 0; i < scope->view.build_count; i++) {
        const struct sj_build *build = &scope->view.builds[i].build;
        // A hit has no CPU of its own: where there is some, it was compiled again.
        if (!scope->is_wanted[i] || build->cpu_ns[SJ_OUTCOME_HIT] == 0) {
            continue;
        }
        size_t count = 0;
        int status = sj_db_samples(scope->view.db, build->number, SJ_OUTCOME_BIT(SJ_OUTCOME_HIT),
                                   &samples, &count, &size);
        if (status < 0) {
            return sj_fail(err, status, "cannot read the records of the builds");
        }
        for (size_t k = 0; k < count; k++) {
            if (samples[k].flags & SJ_RECORD_AUDIT) {
                out->count++;
                out->cpu_ns += samples[k].cpu_ns;
            }
            if (samples[k].flags & SJ_RECORD_DIFFERS) {
                out->differed++;
                keep(out, i, &samples[k]);
            }
        }
    }
    return 0;
}

void sj_audits_add(const struct sj_dash_call *call, const struct sj_scope *scope,
                   const struct sj_audits *audits)
{
    struct sj_doc *doc = call->doc;
    sj_doc_figure(doc, "audits", "Hits compiled again", SJ_DOC_COUNT, (double)audits->count, NULL);
    sj_doc_figure(doc, "audits_differed", "Of them, differed", SJ_DOC_COUNT,
                  (double)audits->differed, NULL);
    sj_doc_figure(doc, "audits_cpu", "CPU of audits", SJ_DOC_SPAN, (double)audits->cpu_ns, NULL);
    struct sj_doc_table *table = sj_doc_table(doc, "audits", "Audits that differed");
    sj_doc_column(table, "unit", "Unit", SJ_DOC_TEXT);
    sj_doc_column(table, "build", "Build", SJ_DOC_TEXT);
    sj_doc_column(table, "machine", "Machine", SJ_DOC_TEXT);
    sj_doc_column(table, "time", "When", SJ_DOC_TIME);
    sj_doc_empty(table, audits->count > 0
                            ? "Every hit that was compiled again gave the same bytes."
                            : "No hit was compiled again: 'audit = 1%' in the settings of the "
                              "builds has some checked.");
    for (size_t i = 0; i < audits->kept_count; i++) {
        const struct sj_build *build = &scope->view.builds[audits->kept[i].build].build;
        sj_cell_unit(call, table, audits->kept[i].unit);
        sj_cell_build(call, table, build);
        sj_doc_cell(table, build->machine, NULL);
        sj_doc_value(table, (double)audits->kept[i].start_ns, NULL);
        sj_doc_row_mark(table, "differs");
    }
    if (audits->kept_count < audits->differed) {
        sj_doc_text(doc, "These are the latest ones.");
    }
}
