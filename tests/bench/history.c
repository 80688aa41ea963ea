// SPDX-License-Identifier: Apache-2.0
// Takes the history of a repository in and says what that cost; with --raw it prints each change as
// `git log --first-parent --raw --no-abbrev --no-renames -m` does, so that the two can be compared.
// usage: bench-history REPOSITORY [CACHE [REVISION]] [--raw]
#include "repo/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"

static void print_raw(struct sj_history *history)
{
    size_t count;
    size_t change_count;
    const struct sj_commit *commits = sj_history_commits(history, &count);
    const struct sj_change *changes = sj_history_changes(history, &change_count);
    for (size_t i = count; i-- > 0;) {
        char id[SJ_OID_HEX_SIZE];
        sj_oid_hex(&commits[i].id, id);
        (void)printf("%s %" PRId64 " %s <%s> %s\n", id, commits[i].time_s, commits[i].author,
                     commits[i].email, commits[i].subject);
        for (uint32_t k = 0; k < commits[i].change_count; k++) {
            const struct sj_change *change = &changes[commits[i].change + k];
            char before[SJ_OID_HEX_SIZE];
            char after[SJ_OID_HEX_SIZE];
            sj_oid_hex(&change->before, before);
            sj_oid_hex(&change->after, after);
            (void)printf(":%06o %06o %s %s\t%s\n", change->type_before, change->type_after, before,
                         after, sj_history_path(history, change->path));
        }
    }
}

static void print_cost(const struct sj_history *history, const struct sj_history_update *update,
                       uint64_t start_ns, uint64_t history_ns, uint64_t history_cpu_ns)
{
    size_t count;
    size_t change_count;
    struct rusage usage;
    (void)sj_history_commits(history, &count);
    (void)sj_history_changes(history, &change_count);
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf("commits=%zu changes=%zu added=%u partial=%u remade=%d start_us=%" PRIu64
                 " history_us=%" PRIu64 " history_cpu_us=%" PRIu64 " peak_kib=%ld\n",
                 count, change_count, update->added, update->partial, update->was_remade,
                 start_ns / 1000, history_ns / 1000, history_cpu_ns / 1000, usage.ru_maxrss);
}

int main(int argc, char **argv)
{
    bool is_raw = argc > 2 && strcmp(argv[argc - 1], "--raw") == 0;
    int words = is_raw ? argc - 1 : argc;
    struct sj_repo *repo = NULL;
    struct sj_history *history = NULL;
    struct sj_history_update update;
    struct sj_oid tip;
    struct sj_err err = {0};
    if (words < 2) {
        return 2;
    }
    uint64_t start_ns = sj_clock_ns(CLOCK_MONOTONIC);
    int status = sj_repo_open(argv[1], &repo, &err);
    if (status == 0) {
        status = sj_repo_find(repo, words > 3 ? argv[3] : "HEAD", &tip, &err);
    }
    uint64_t open_ns = sj_clock_ns(CLOCK_MONOTONIC);
    uint64_t cpu_ns = sj_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (status == 0) {
        status = sj_history_open(repo, words > 2 ? argv[2] : NULL, &history, &err);
    }
    if (status == 0) {
        status = sj_history_take(history, &tip, &update, &err);
    }
    uint64_t end_ns = sj_clock_ns(CLOCK_MONOTONIC);
    cpu_ns = sj_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu_ns;
    if (status != 0) {
        (void)fprintf(stderr, "bench-history: %s\n", err.text);
    } else if (is_raw) {
        print_raw(history);
    } else {
        print_cost(history, &update, open_ns - start_ns, end_ns - open_ns, cpu_ns);
    }
    sj_history_close(history);
    sj_repo_close(repo);
    return status != 0;
}
