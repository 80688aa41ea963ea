// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/doctor.h"
#include "record/journal.h"

static char dir[64];
static struct sj_config config;
static struct sj_doctor doctor;

static void setup(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/test-doctor-XXXXXX");
    cr_assert(mkdtemp(dir));
    config = (struct sj_config){.cache_dir = dir, .max_size = 1000};
    doctor = (struct sj_doctor){.config = &config};
}

static void teardown(void)
{
    sj_doctor_release(&doctor);
    (void)sj_tree_remove(dir);
}

TestSuite(doctor, .init = setup, .fini = teardown);

static void leave(const char *source, const char *args, const char *reason, const char *detail)
{
    bool is_bypass = reason && strcmp(reason, "unknown-option") == 0;
    const struct sj_record record = {
        .start_ns = sj_clock_ns(CLOCK_REALTIME),
        .outcome = is_bypass ? SJ_OUTCOME_BYPASS : SJ_OUTCOME_MISS,
        .reason = reason,
        .detail = detail,
        .source = source,
        .args = args,
    };
    for (int i = 0; i < 30; i++) {
        cr_assert_eq(sj_journal_append(dir, 0, &record), 0);
    }
}

static const struct sj_finding *find(const char *name, enum sj_level level)
{
    for (size_t i = 0; i < doctor.count; i++) {
        if (strcmp(doctor.findings[i].name, name) == 0 && doctor.findings[i].level == level) {
            return &doctor.findings[i];
        }
    }
    return NULL;
}

Test(doctor, says_nothing_of_few_records)
{
    sj_doctor_records(&doctor);
    cr_expect_eq(doctor.count, 0);
}

Test(doctor, finds_what_keeps_checkouts_from_sharing)
{
    static const struct {
        const char *source;
        const char *args;
        enum sj_level level;
    } cases[] = {
        {"a.c", "-c a.c", SJ_LEVEL_OK},
        {"a.c", "-O2 -g -c a.c", SJ_LEVEL_WARN},
        {"a.c", "-gdwarf-5 -c a.c", SJ_LEVEL_WARN},
        {"a.c", "-g0 -c a.c -grecord-x", SJ_LEVEL_OK},
        {"a.c", "-g -ffile-prefix-map=/x=. -c a.c", SJ_LEVEL_OK},
        {"/src/a.c", "-c /src/a.c", SJ_LEVEL_WARN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        leave(cases[i].source, cases[i].args, "new", NULL);
        sj_doctor_records(&doctor);
        cr_expect(find("sharing", cases[i].level), "%s", cases[i].args);
        teardown();
        setup();
    }
}

Test(doctor, mapping_the_base_directory_settles_it)
{
    leave("a.c", "-g -c a.c", "new", NULL);
    sj_doctor_records(&doctor);
    const struct sj_finding *finding = find("sharing", SJ_LEVEL_WARN);
    cr_assert(finding);
    cr_expect(strstr(finding->remedy, "set base_dir"));
    sj_doctor_release(&doctor);
    config.map_base_dir = true;
    sj_doctor_records(&doctor);
    cr_expect(find("sharing", SJ_LEVEL_OK));
}

Test(doctor, names_what_records_complain_of)
{
    leave("a.c", "-c a.c", "racy", NULL);
    leave("a.c", "-c a.c", "unobserved", "a static program");
    leave("a.c", "-c a.c -fnew", "unknown-option", "-fnew");
    sj_doctor_records(&doctor);
    size_t named = 0;
    for (size_t i = 0; i < doctor.count; i++) {
        const char *text = doctor.findings[i].text;
        named += strstr(text, "just been changed") || strstr(text, "a static program") ||
                 strstr(text, "'-fnew'");
        cr_expect(doctor.findings[i].level == SJ_LEVEL_OK || doctor.findings[i].remedy);
    }
    cr_expect_eq(named, 3);
}

Test(doctor, looks_at_the_store)
{
    sj_doctor_store(&doctor);
    cr_expect(find("store", SJ_LEVEL_OK));
    sj_doctor_release(&doctor);
    config.max_size = UINT64_MAX;
    sj_doctor_store(&doctor);
    cr_expect(find("space", SJ_LEVEL_WARN));
    sj_doctor_release(&doctor);
    char file[80];
    (void)snprintf(file, sizeof file, "%s/file", dir);
    cr_assert_eq(sj_file_write(file, 0600, "", 0), 0);
    config.cache_dir = file;
    sj_doctor_store(&doctor);
    cr_expect(find("store", SJ_LEVEL_FAIL));
    config.cache_dir = dir;
}
