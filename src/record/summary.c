// SPDX-License-Identifier: Apache-2.0
#include "record/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void release_miss(struct sj_dear_miss *miss)
{
    free(miss->unit);
    free(miss->cwd);
    free(miss->reason);
    free(miss->detail);
}

void sj_summary_release(struct sj_summary *summary)
{
    if (!summary) {
        return;
    }
    for (size_t i = 0; i < summary->reason_count; i++) {
        free(summary->reasons[i].reason);
    }
    free(summary->reasons);
    for (size_t i = 0; i < summary->dearest_count; i++) {
        release_miss(&summary->dearest[i]);
    }
    *summary = (struct sj_summary){0};
}

void sj_summary_add_reason(struct sj_summary *summary, enum sj_outcome outcome, const char *reason,
                           uint64_t count, uint64_t cpu_ns)
{
    const char *name = reason ? reason : "unknown";
    struct sj_reason_sum *sum = summary->reasons;
    struct sj_reason_sum *end = sum + summary->reason_count;
    while (sum < end && (sum->outcome != outcome || strcmp(sum->reason, name) != 0)) {
        sum++;
    }
    if (sum == end) {
        summary->reasons =
            sj_realloc(summary->reasons, summary->reason_count + 1, sizeof *summary->reasons);
        sum = &summary->reasons[summary->reason_count++];
        *sum = (struct sj_reason_sum){.outcome = outcome, .reason = sj_strdup(name)};
    }
    sum->count += count;
    sum->cpu_ns += cpu_ns;
}

// The place that a miss of this cost takes among the dearest, made free; NULL: it is too cheap.
static struct sj_dear_miss *make_place(struct sj_summary *summary, uint64_t cpu_ns)
{
    size_t place = summary->dearest_count;
    while (place > 0 && summary->dearest[place - 1].cpu_ns < cpu_ns) {
        place--;
    }
    if (place == SJ_SUMMARY_DEAREST) {
        return NULL;
    }
    if (summary->dearest_count == SJ_SUMMARY_DEAREST) {
        release_miss(&summary->dearest[--summary->dearest_count]);
    }
    struct sj_dear_miss *miss = &summary->dearest[place];
    memmove(miss + 1, miss, (summary->dearest_count - place) * sizeof *miss);
    summary->dearest_count++;
    return miss;
}

static char *copy(const char *text)
{
    return text ? sj_strdup(text) : NULL;
}

static void add_dear(struct sj_summary *summary, uint64_t cpu_ns, const char *unit, const char *cwd,
                     const char *reason, const char *detail)
{
    struct sj_dear_miss *place = make_place(summary, cpu_ns);
    if (place) {
        *place = (struct sj_dear_miss){
            .unit = sj_strdup(unit ? unit : ""),
            .cwd = copy(cwd),
            .reason = sj_strdup(reason ? reason : "unknown"),
            .detail = copy(detail),
            .cpu_ns = cpu_ns,
        };
    }
}

static void span(struct sj_summary *summary, uint64_t first_ns, uint64_t last_ns)
{
    if (summary->first_ns == 0 || first_ns < summary->first_ns) {
        summary->first_ns = first_ns;
    }
    if (last_ns > summary->last_ns) {
        summary->last_ns = last_ns;
    }
}

void sj_summary_add(struct sj_summary *summary, const struct sj_record *record)
{
    uint64_t cpu_ns = record->user_ns + record->system_ns;
    summary->count[record->outcome]++;
    summary->cpu_ns[record->outcome] += cpu_ns;
    summary->saved_ns += record->saved_ns;
    summary->own_ns += record->own_ns;
    summary->wall_ns += record->wall_ns;
    summary->output_bytes += record->output_bytes;
    summary->fast += (record->flags & SJ_RECORD_FAST) != 0;
    summary->stored += (record->flags & SJ_RECORD_STORED) != 0;
    summary->links += (record->flags & SJ_RECORD_LINK) != 0;
    summary->audits += (record->flags & SJ_RECORD_AUDIT) != 0;
    summary->differs += (record->flags & SJ_RECORD_DIFFERS) != 0;
    if (record->peak_rss_bytes > summary->peak_rss_bytes) {
        summary->peak_rss_bytes = record->peak_rss_bytes;
    }
    span(summary, record->start_ns, record->start_ns + record->wall_ns);

    if (record->outcome != SJ_OUTCOME_HIT) {
        sj_summary_add_reason(summary, record->outcome, record->reason, 1, cpu_ns);
    }
    if (record->outcome == SJ_OUTCOME_MISS) {
        add_dear(summary, cpu_ns, record->output ? record->output : record->source, record->cwd,
                 record->reason, record->detail);
    }
}

void sj_summary_merge(struct sj_summary *summary, const struct sj_summary *more)
{
    for (size_t i = 0; i < SJ_SUMMARY_OUTCOMES; i++) {
        summary->count[i] += more->count[i];
        summary->cpu_ns[i] += more->cpu_ns[i];
    }
    summary->saved_ns += more->saved_ns;
    summary->own_ns += more->own_ns;
    summary->wall_ns += more->wall_ns;
    summary->fast += more->fast;
    summary->stored += more->stored;
    summary->links += more->links;
    summary->audits += more->audits;
    summary->differs += more->differs;
    summary->output_bytes += more->output_bytes;
    if (more->peak_rss_bytes > summary->peak_rss_bytes) {
        summary->peak_rss_bytes = more->peak_rss_bytes;
    }
    if (more->first_ns > 0) {
        span(summary, more->first_ns, more->last_ns);
    }
    for (size_t i = 0; i < more->reason_count; i++) {
        const struct sj_reason_sum *sum = &more->reasons[i];
        sj_summary_add_reason(summary, sum->outcome, sum->reason, sum->count, sum->cpu_ns);
    }
    for (size_t i = 0; i < more->dearest_count; i++) {
        const struct sj_dear_miss *miss = &more->dearest[i];
        add_dear(summary, miss->cpu_ns, miss->unit, miss->cwd, miss->reason, miss->detail);
    }
}

static int by_outcome_and_count(const void *a, const void *b)
{
    const struct sj_reason_sum *left = a;
    const struct sj_reason_sum *right = b;
    if (left->outcome != right->outcome) {
        return left->outcome < right->outcome ? -1 : 1;
    }
    if (left->count != right->count) {
        return left->count > right->count ? -1 : 1;
    }
    return strcmp(left->reason, right->reason);
}

void sj_summary_sort(struct sj_summary *summary)
{
    if (summary->reason_count > 0) {
        qsort(summary->reasons, summary->reason_count, sizeof *summary->reasons,
              by_outcome_and_count);
    }
}

static uint64_t total(const uint64_t values[SJ_SUMMARY_OUTCOMES])
{
    uint64_t sum = 0;
    for (size_t i = 0; i < SJ_SUMMARY_OUTCOMES; i++) {
        sum += values[i];
    }
    return sum;
}

uint64_t sj_summary_count(const struct sj_summary *summary)
{
    return total(summary->count);
}

uint64_t sj_summary_spent_ns(const struct sj_summary *summary)
{
    return total(summary->cpu_ns);
}

static double share(uint64_t part, uint64_t rest)
{
    double whole = (double)part + (double)rest;
    return whole > 0 ? (double)part / whole : 0;
}

double sj_summary_hit_rate(const struct sj_summary *summary)
{
    return share(summary->count[SJ_OUTCOME_HIT], summary->count[SJ_OUTCOME_MISS]);
}

double sj_summary_cpu_rate(const struct sj_summary *summary)
{
    return share(summary->saved_ns, summary->cpu_ns[SJ_OUTCOME_MISS]);
}
