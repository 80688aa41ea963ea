// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "cli/build_id.h"

static void forget_ci(void)
{
    static const char *const names[] = {
        "BUILD_BUILDID", "BUILDKITE_JOB_ID", "CIRCLE_WORKFLOW_JOB_ID", "GITHUB_RUN_ID",
        "CI_JOB_ID",     "BUILD_TAG",        "TRAVIS_JOB_ID",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        cr_assert_eq(unsetenv(names[i]), 0);
    }
}

Test(build_id, accepts_what_ci_systems_use)
{
    static const char *const good[] = {"a", "20260102T030405Z-0a1b2c3d", "jenkins-job-17",
                                       "a_b.c:d+e@f"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect_eq(sj_build_id_check(good[i], NULL), 0, "%s", good[i]);
    }
}

Test(build_id, refuses_what_could_break_a_report)
{
    static const char *const bad[] = {"", "a b", "a\n", "a/b", "ä", "a,b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sj_err err;
        cr_expect_eq(sj_build_id_check(bad[i], &err), -EINVAL, "%s", bad[i]);
        cr_expect(strstr(err.text, "invalid build id"), "%s", err.text);
    }
    char big[SJ_BUILD_ID_MAX + 2];
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = '\0';
    cr_expect_eq(sj_build_id_check(big, NULL), -EINVAL);
    big[sizeof big - 2] = '\0';
    cr_expect_eq(sj_build_id_check(big, NULL), 0);
}

Test(build_id, made_ids_differ_and_begin_with_the_time)
{
    SJ_AUTO(sj_buf_release) struct sj_buf one = SJ_BUF_INIT(SJ_BUILD_ID_MAX);
    SJ_AUTO(sj_buf_release) struct sj_buf two = SJ_BUF_INIT(SJ_BUILD_ID_MAX);
    sj_build_id_make(&one);
    sj_build_id_make(&two);
    cr_expect_str_neq(one.data, two.data);
    cr_expect_eq(sj_build_id_check(one.data, NULL), 0);
    cr_expect_eq(one.data[0], '2');
    cr_expect_eq(one.data[8], 'T');
    cr_expect_eq(one.data[15], 'Z');
}

Test(build_id, no_ci_gives_none)
{
    forget_ci();
    SJ_AUTO(sj_buf_release) struct sj_buf id = SJ_BUF_INIT(SJ_BUILD_ID_MAX * 2);
    cr_expect_not(sj_build_id_from_ci(&id));
    cr_expect_eq(id.len, 0);
}

Test(build_id, ci_gives_run_attempt_and_job)
{
    forget_ci();
    setenv("GITHUB_RUN_ID", "123", 1);
    setenv("GITHUB_RUN_ATTEMPT", "2", 1);
    setenv("GITHUB_JOB", "build gcc,x", 1);
    SJ_AUTO(sj_buf_release) struct sj_buf id = SJ_BUF_INIT(SJ_BUILD_ID_MAX * 2);
    cr_assert(sj_build_id_from_ci(&id));
    cr_expect_str_eq(id.data, "github-123-2-build-gcc-x");
    cr_expect_eq(sj_build_id_check(id.data, NULL), 0);
}

Test(build_id, a_long_ci_name_is_cut)
{
    forget_ci();
    char tag[1000];
    memset(tag, 'x', sizeof tag);
    tag[sizeof tag - 1] = '\0';
    setenv("BUILD_TAG", tag, 1);
    SJ_AUTO(sj_buf_release) struct sj_buf id = SJ_BUF_INIT(SJ_BUILD_ID_MAX * 2);
    cr_assert(sj_build_id_from_ci(&id));
    cr_expect_eq(id.len, SJ_BUILD_ID_MAX);
}

Test(build_id, labels_are_joined)
{
    SJ_AUTO(sj_buf_release) struct sj_buf labels = SJ_BUF_INIT(SJ_LABEL_MAX);
    cr_assert_eq(sj_label_add("phase=compile", &labels, NULL), 0);
    cr_assert_eq(sj_label_add("config=-O2 -g", &labels, NULL), 0);
    cr_expect_str_eq(labels.data, "phase=compile,config=-O2 -g");
}

Test(build_id, bad_labels_are_refused)
{
    static const char *const bad[] = {"", "=x", "a", "a b=c", "a=b,c", "a=b\n"};
    SJ_AUTO(sj_buf_release) struct sj_buf labels = SJ_BUF_INIT(SJ_LABEL_MAX);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct sj_err err;
        cr_expect_eq(sj_label_add(bad[i], &labels, &err), -EINVAL, "%s", bad[i]);
        cr_expect(strstr(err.text, "invalid label"), "%s", err.text);
    }
    cr_expect_eq(labels.len, 0);
}

Test(build_id, a_phase_takes_the_place_of_another)
{
    static const struct {
        const char *labels;
        const char *phase; // NULL: none
        const char *want;
    } cases[] = {
        {"", "build", "phase=build"},
        {"a=1", "build", "a=1,phase=build"},
        {"phase=test,a=1,phase=x", "build", "a=1,phase=build"},
        {"phases=1", "build", "phases=1,phase=build"},
        {"a=1,phase=build", NULL, "a=1"},
        {"phase=build", NULL, ""},
        {"", NULL, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        sj_label_phase(cases[i].labels, cases[i].phase, &out);
        cr_expect_str_eq(sj_buf_text(&out), cases[i].want, "%s", cases[i].labels);
    }
}

Test(build_id, labels_that_leave_no_room_keep_the_phase_out)
{
    char labels[SJ_LABEL_MAX + 1];
    memset(labels, 'x', sizeof labels);
    labels[1] = '=';
    labels[SJ_LABEL_MAX] = '\0';
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_label_phase(labels, "build", &out);
    cr_expect_str_eq(sj_buf_text(&out), labels);
}

Test(build_id, labels_are_found)
{
    static const struct {
        const char *labels;
        const char *want; // NULL: none
    } cases[] = {
        {"job=gcc", "gcc"},   {"a=1,job=gcc,b=2", "gcc"},
        {"job=a,job=b", "b"}, {"jobs=a", NULL},
        {"job", NULL},        {"", NULL},
        {"job=", ""},         {"job=a=b", "a=b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        cr_expect_eq(sj_label_find(cases[i].labels, "job", &out), cases[i].want != NULL, "%s",
                     cases[i].labels);
        cr_expect_str_eq(sj_buf_text(&out), cases[i].want ? cases[i].want : "", "%s",
                         cases[i].labels);
    }
}

Test(build_id, phases_are_plain_words)
{
    cr_expect_eq(sj_phase_check("configure", NULL), 0);
    cr_expect_eq(sj_phase_check("build.2_x-y", NULL), 0);
    static const char *const bad[] = {"", "a b", "a=b", "a,b", "a/b", "\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_eq(sj_phase_check(bad[i], NULL), -EINVAL, "%s", bad[i]);
    }
}
