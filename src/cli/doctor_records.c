// SPDX-License-Identifier: Apache-2.0
// What the records of the last days say about hits that could be had.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cli/doctor.h"
#include "cli/reason.h"
#include "record/journal.h"

#define DAYS  7
#define FEW   20   /**< fewer records say nothing */
#define SHARE 0.05 /**< of the compiles that a habit must touch to be worth a word */

/** What is counted. */
struct habits {
    uint64_t compiles; // hits and misses
    uint64_t unmapped; // with debug information that names the directory
    uint64_t absolute; // with absolute paths of the project
    uint64_t racy;
    uint64_t unobserved;
    uint64_t unknown; // options
    char option[100]; // one of them
    char unobserved_why[200];
};

static bool has_word(const char *args, const char *prefix, bool is_whole)
{
    size_t len = strlen(prefix);
    for (const char *at = args; at && *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word >= len && memcmp(at, prefix, len) == 0 && (!is_whole || word == len)) {
            return true;
        }
        at += word;
    }
    return false;
}

static bool is_mapped(const char *args)
{
    return has_word(args, "-ffile-prefix-map=", false) ||
           has_word(args, "-fdebug-prefix-map=", false);
}

static bool has_debug(const char *args)
{
    static const char *const options[] = {"-g", "-g1", "-g2", "-g3", "-ggdb", "-ggdb3"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (has_word(args, options[i], true)) {
            return true;
        }
    }
    return has_word(args, "-gdwarf", false);
}

static void count(struct habits *habits, const struct sj_record *record, const char *base_dir)
{
    const char *reason = record->reason ? record->reason : "";
    if (strcmp(reason, "unknown-option") == 0) {
        habits->unknown++;
        (void)snprintf(habits->option, sizeof habits->option, "%s",
                       record->detail ? record->detail : "");
    }
    if (record->outcome != SJ_OUTCOME_MISS && record->outcome != SJ_OUTCOME_HIT) {
        return;
    }
    habits->compiles++;
    habits->racy += strcmp(reason, "racy") == 0;
    if (strcmp(reason, "unobserved") == 0) {
        habits->unobserved++;
        (void)snprintf(habits->unobserved_why, sizeof habits->unobserved_why, "%s",
                       record->detail ? record->detail : "no reason was recorded");
    }
    bool is_mapped_here = is_mapped(record->args);
    habits->unmapped += has_debug(record->args) && !is_mapped_here;
    bool is_absolute = record->source && record->source[0] == '/' &&
                       (!base_dir || sj_skip_prefix(record->source, base_dir));
    habits->absolute += is_absolute && !is_mapped_here;
}

static int read_habits(const struct sj_config *config, struct habits *habits)
{
    struct sj_journal *journal;
    struct sj_record record;
    uint64_t since_ns = sj_clock_ns(CLOCK_REALTIME) - DAYS * 86400 * SJ_NS_PER_S;
    int status = sj_journal_open(config->cache_dir, &journal, NULL);
    if (status < 0) {
        return status;
    }
    while ((status = sj_journal_next(journal, &record)) == 0) {
        if (record.start_ns >= since_ns) {
            count(habits, &record, config->base_dir);
        }
    }
    sj_journal_close(journal);
    return status < 0 ? status : 0;
}

static bool is_notable(const struct habits *habits, uint64_t number)
{
    return number > 0 && (double)number >= SHARE * (double)habits->compiles;
}

static void judge_sharing(struct sj_doctor *doctor, const struct habits *habits)
{
    const struct sj_config *config = doctor->config;
    bool is_named = is_notable(habits, habits->unmapped) || is_notable(habits, habits->absolute);
    if (!is_named || config->map_base_dir) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "sharing", NULL,
                      "nothing stands in the way of sharing between checkouts");
        return;
    }
    sj_doctor_add(doctor, SJ_LEVEL_WARN, "sharing",
                  config->base_dir
                      ? "set map_base_dir = true, or add -ffile-prefix-map=BASE_DIR=. to the "
                        "compiles"
                      : "to share them, set base_dir to the checkout's root, and map_base_dir = "
                        "true or -ffile-prefix-map=BASE_DIR=. in the compiles",
                  "of %" PRIu64 " compiles, %" PRIu64 " have debug information that names their "
                  "directory and %" PRIu64 " name their source by an absolute path: another "
                  "checkout cannot share them",
                  habits->compiles, habits->unmapped, habits->absolute);
}

static void judge(struct sj_doctor *doctor, const struct habits *habits)
{
    judge_sharing(doctor, habits);
    if (is_notable(habits, habits->racy)) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "records",
                      "let what generates sources finish before they are compiled, and keep the "
                      "clocks of file servers right",
                      "%" PRIu64 " of %" PRIu64 " compiles were not stored because an input had "
                      "just been changed",
                      habits->racy, habits->compiles);
    }
    if (is_notable(habits, habits->unobserved)) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "records",
                      "use a dynamically linked compiler for this machine's architecture",
                      "%" PRIu64 " of %" PRIu64 " compiles could not be observed: %s",
                      habits->unobserved, habits->compiles, habits->unobserved_why);
    }
    if (is_notable(habits, habits->unknown)) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "records",
                      "report the option, so that it can be added to the toolchain's table",
                      "%" PRIu64 " compiles were bypassed for an option that is not known, such as "
                      "'%s'",
                      habits->unknown, habits->option);
    }
}

void sj_doctor_records(struct sj_doctor *doctor)
{
    struct habits habits = {0};
    if (read_habits(doctor->config, &habits) < 0) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "records", "remove the 'journal' directory in it",
                      "the records in '%s' cannot be read", doctor->config->cache_dir);
    } else if (habits.compiles + habits.unknown >= FEW) {
        judge(doctor, &habits);
    }
}
