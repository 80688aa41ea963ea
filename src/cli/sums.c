// SPDX-License-Identifier: Apache-2.0
#include "cli/sums.h"

static void json_reasons(struct sj_json *json, const char *name, const struct sj_summary *summary,
                         enum sj_outcome outcome)
{
    sj_json_open(json, name, '{');
    for (size_t i = 0; i < summary->reason_count; i++) {
        if (summary->reasons[i].outcome == outcome) {
            sj_json_u64(json, summary->reasons[i].reason, summary->reasons[i].count);
        }
    }
    sj_json_close(json, '}');
}

void sj_sums_json(struct sj_json *json, const struct sj_summary *summary)
{
    sj_json_u64(json, "hits", summary->count[SJ_OUTCOME_HIT]);
    sj_json_u64(json, "fast_hits", summary->fast);
    sj_json_u64(json, "misses", summary->count[SJ_OUTCOME_MISS]);
    json_reasons(json, "misses_by_reason", summary, SJ_OUTCOME_MISS);
    sj_json_u64(json, "stored", summary->stored);
    sj_json_u64(json, "bypassed_count", summary->count[SJ_OUTCOME_BYPASS]);
    json_reasons(json, "bypassed", summary, SJ_OUTCOME_BYPASS);
    sj_json_u64(json, "failed", summary->count[SJ_OUTCOME_FAILED]);
    sj_json_u64(json, "errors", summary->count[SJ_OUTCOME_ERROR]);
    json_reasons(json, "errors_by_reason", summary, SJ_OUTCOME_ERROR);
    sj_json_u64(json, "audits", summary->audits);
    sj_json_u64(json, "audit_differences", summary->differs);
    sj_json_real(json, "hit_rate", sj_summary_hit_rate(summary));
    sj_json_real(json, "hit_rate_cpu", sj_summary_cpu_rate(summary));
    sj_json_u64(json, "saved_cpu_ns", summary->saved_ns);
    sj_json_u64(json, "spent_cpu_ns", sj_summary_spent_ns(summary));
    sj_json_u64(json, "own_cpu_ns", summary->own_ns);
    sj_json_u64(json, "first_ns", summary->first_ns);
    sj_json_u64(json, "last_ns", summary->last_ns);
}
