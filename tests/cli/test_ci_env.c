// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/build_id.h"
#include "cli/ci_env.h"

#define SHA  "0123456789abcdef0123456789abcdef01234567"
#define SHA2 "89abcdef0123456789abcdef0123456789abcdef"
#define SHA3 "fedcba9876543210fedcba9876543210fedcba98"

// What a job of some system has in its environment, and what is to be read from it. Both lists are
// NAME=VALUE, ended by NULL.
struct job {
    const char *title;
    const char *system;
    bool is_merge;
    const char *environment[18];
    const char *fields[14];
};

static const struct job jobs[] = {
    {"github, push",
     "github",
     false,
     {"GITHUB_SHA=" SHA, "GITHUB_REF=refs/heads/main", "GITHUB_RUN_ID=77", "GITHUB_RUN_ATTEMPT=2",
      "GITHUB_JOB=build", "GITHUB_REPOSITORY=redis/redis", "GITHUB_SERVER_URL=https://github.com",
      "GITHUB_HEAD_REF=", "GITHUB_BASE_REF=", "BUILD_ID=4", "CI=true"},
     {"commit=" SHA, "branch=main", "run=77", "attempt=2", "job=build",
      "project=github.com/redis/redis", "url=https://github.com/redis/redis/actions/runs/77"}},
    {"github, pull request",
     "github",
     true,
     {"GITHUB_SHA=" SHA, "GITHUB_REF=refs/pull/7/merge", "GITHUB_RUN_ID=77",
      "GITHUB_HEAD_REF=fix/it", "GITHUB_BASE_REF=main", "GITHUB_JOB=build"},
     {"commit=" SHA, "branch=fix/it", "target=main", "pull=7", "run=77", "job=build"}},
    {"github, tag",
     "github",
     false,
     {"GITHUB_SHA=" SHA, "GITHUB_REF=refs/tags/v1.0", "GITHUB_RUN_ID=77"},
     {"commit=" SHA, "branch=v1.0", "run=77"}},
    {"github enterprise",
     "github",
     false,
     {"GITHUB_RUN_ID=1", "GITHUB_REPOSITORY=a/b", "GITHUB_SERVER_URL=https://git.example.com:8443"},
     {"run=1", "project=git.example.com/a/b",
      "url=https://git.example.com:8443/a/b/actions/runs/1"}},
    {"gitlab, branch",
     "gitlab",
     false,
     {"CI_JOB_ID=9", "CI_COMMIT_SHA=" SHA, "CI_COMMIT_REF_NAME=main", "CI_JOB_NAME=build: [gcc]",
      "CI_PIPELINE_ID=5", "CI_PROJECT_PATH=group/sub/name", "CI_SERVER_HOST=gitlab.example",
      "CI_JOB_URL=https://gitlab.example/group/sub/name/-/jobs/9"},
     {"commit=" SHA, "branch=main", "run=5", "job=build: [gcc]",
      "project=gitlab.example/group/sub/name",
      "url=https://gitlab.example/group/sub/name/-/jobs/9"}},
    {"gitlab, merged results",
     "gitlab",
     true,
     {"CI_JOB_ID=9", "CI_COMMIT_SHA=" SHA, "CI_COMMIT_REF_NAME=fix", "CI_MERGE_REQUEST_IID=12",
      "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=fix", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main",
      "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=" SHA2, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA=" SHA3},
     {"commit=" SHA, "branch=fix", "target=main", "pull=12", "head=" SHA2, "base=" SHA3}},
    {"gitlab, merge request without a merge",
     "gitlab",
     false,
     {"CI_JOB_ID=9", "CI_COMMIT_SHA=" SHA, "CI_MERGE_REQUEST_IID=12",
      "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=fix"},
     {"commit=" SHA, "branch=fix", "pull=12"}},
    {"jenkins, freestyle",
     "jenkins",
     false,
     {"BUILD_TAG=jenkins-name-17", "GIT_COMMIT=" SHA, "GIT_BRANCH=origin/feature/x",
      "JOB_NAME=folder/name", "JOB_BASE_NAME=name", "BUILD_URL=https://ci.example/job/name/17/",
      "GIT_URL=git@github.com:redis/redis.git"},
     {"commit=" SHA, "branch=feature/x", "run=jenkins-name-17", "job=folder/name",
      "url=https://ci.example/job/name/17/", "project=github.com/redis/redis"}},
    {"jenkins, multibranch",
     "jenkins",
     false,
     {"BUILD_TAG=jenkins-name-PR-7-1", "GIT_COMMIT=" SHA, "BRANCH_NAME=PR-7", "CHANGE_ID=7",
      "CHANGE_TARGET=main", "CHANGE_BRANCH=fix", "JOB_NAME=folder/name/PR-7", "JOB_BASE_NAME=PR-7"},
     {"commit=" SHA, "branch=fix", "target=main", "pull=7", "run=jenkins-name-PR-7-1",
      "job=folder/name"}},
    {"buildkite",
     "buildkite",
     false,
     {"BUILDKITE_JOB_ID=u-1", "BUILDKITE_COMMIT=" SHA, "BUILDKITE_BRANCH=fix",
      "BUILDKITE_PULL_REQUEST=3", "BUILDKITE_PULL_REQUEST_BASE_BRANCH=main",
      "BUILDKITE_BUILD_ID=u-2", "BUILDKITE_LABEL=:gcc: Build",
      "BUILDKITE_REPO=https://github.com/a/b.git", "BUILDKITE_RETRY_COUNT=0",
      "BUILDKITE_BUILD_URL=https://buildkite.com/a/b/builds/4"},
     {"commit=" SHA, "branch=fix", "target=main", "pull=3", "run=u-2", "job=:gcc: Build",
      "project=github.com/a/b", "attempt=0", "url=https://buildkite.com/a/b/builds/4"}},
    {"buildkite, no pull request, no commit yet",
     "buildkite",
     false,
     {"BUILDKITE_JOB_ID=u-1", "BUILDKITE_COMMIT=HEAD", "BUILDKITE_BRANCH=main",
      "BUILDKITE_PULL_REQUEST=false",
      "BUILDKITE_PULL_REQUEST_BASE_BRANCH=", "BUILDKITE_STEP_KEY=gcc", "BUILDKITE_LABEL=x"},
     {"branch=main", "job=gcc"}},
    {"circleci",
     "circleci",
     false,
     {"CIRCLE_WORKFLOW_JOB_ID=j", "CIRCLE_SHA1=" SHA, "CIRCLE_BRANCH=fix", "CIRCLE_JOB=build",
      "CIRCLE_PULL_REQUEST=https://github.com/a/b/pull/31", "CIRCLE_WORKFLOW_ID=w",
      "CIRCLE_REPOSITORY_URL=git@github.com:a/b.git",
      "CIRCLE_BUILD_URL=https://circleci.com/gh/a/b/1"},
     {"commit=" SHA, "branch=fix", "pull=31", "run=w", "job=build", "project=github.com/a/b",
      "url=https://circleci.com/gh/a/b/1"}},
    {"azure, pull request",
     "azure",
     true,
     {"BUILD_BUILDID=8", "BUILD_SOURCEVERSION=" SHA, "BUILD_SOURCEBRANCH=refs/pull/5/merge",
      "SYSTEM_PULLREQUEST_SOURCEBRANCH=refs/heads/fix", "SYSTEM_PULLREQUEST_SOURCECOMMITID=" SHA2,
      "SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main", "SYSTEM_JOBDISPLAYNAME=gcc",
      "SYSTEM_JOBATTEMPT=1", "SYSTEM_COLLECTIONURI=https://dev.azure.com/org/",
      "SYSTEM_TEAMPROJECT=proj", "BUILD_REPOSITORY_URI=https://org@dev.azure.com/org/proj/_git/x"},
     {"commit=" SHA, "head=" SHA2, "branch=fix", "target=main", "pull=5", "run=8", "job=gcc",
      "attempt=1", "url=https://dev.azure.com/org/proj/_build/results?buildId=8",
      "project=dev.azure.com/org/proj/_git/x"}},
    {"travis, pull request",
     "travis",
     true,
     {"TRAVIS_JOB_ID=1", "TRAVIS_COMMIT=" SHA, "TRAVIS_BRANCH=main", "TRAVIS_PULL_REQUEST=4",
      "TRAVIS_PULL_REQUEST_BRANCH=fix", "TRAVIS_PULL_REQUEST_SHA=" SHA2, "TRAVIS_BUILD_ID=2",
      "TRAVIS_REPO_SLUG=a/b"},
     {"commit=" SHA, "head=" SHA2, "branch=fix", "target=main", "pull=4", "run=2",
      "project=github.com/a/b"}},
    {"travis, push",
     "travis",
     false,
     {"TRAVIS_JOB_ID=1", "TRAVIS_BRANCH=main", "TRAVIS_PULL_REQUEST=false"},
     {"branch=main"}},
    {"hostile values are left out and named",
     "github",
     false,
     {"GITHUB_RUN_ID=1\x1b[2J", "GITHUB_SHA=0123", "GITHUB_REF=refs/heads/a..b",
      "GITHUB_JOB=\xff\xfe", "GITHUB_RUN_ATTEMPT=two", "GITHUB_SERVER_URL=https://u:p@h",
      "GITHUB_REPOSITORY=a b"},
     {"refused=commit,branch,run,job,attempt,url,project"}},
    {"hostile branch that git lets pass",
     "github",
     false,
     {"GITHUB_RUN_ID=1", "GITHUB_REF=refs/heads/$(id);`x`<b>,phase=\"'"},
     {"run=1", "branch=$(id);`x`<b>,phase=\"'"}},
};

static void forget_all(void)
{
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        for (const char *const *at = jobs[i].environment; *at; at++) {
            char name[100] = {0};
            memcpy(name, *at, strcspn(*at, "="));
            cr_assert_eq(unsetenv(name), 0);
        }
    }
    cr_assert_eq(unsetenv("RUNNER_TRACKING_ID"), 0);
    cr_assert_eq(unsetenv("RUNNER_NAME"), 0);
    cr_assert_eq(unsetenv("GITHUB_EVENT_PATH"), 0);
}

static void set_all(const struct job *job)
{
    for (const char *const *at = job->environment; *at; at++) {
        char name[100] = {0};
        size_t len = strcspn(*at, "=");
        memcpy(name, *at, len);
        cr_assert_eq(setenv(name, *at + len + 1, 1), 0);
    }
}

static const char *wanted(const struct job *job, const char *name)
{
    size_t len = strlen(name);
    for (const char *const *at = job->fields; *at; at++) {
        if (strncmp(*at, name, len) == 0 && (*at)[len] == '=') {
            return *at + len + 1;
        }
    }
    return "";
}

TestSuite(ci_env, .init = forget_all);

Test(ci_env, each_system_tells_its_job)
{
    for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
        const struct job *job = &jobs[i];
        struct sj_ci ci;
        set_all(job);
        sj_ci_read(&ci);
        forget_all();
        cr_assert(ci.system, "%s", job->title);
        cr_expect_str_eq(ci.system, job->system, "%s", job->title);
        cr_expect_eq(ci.is_merge, job->is_merge, "%s", job->title);
        cr_expect_str_eq(ci.refused, wanted(job, "refused"), "%s", job->title);
        for (int field = 0; field < SJ_CI_FIELD_COUNT; field++) {
            const char *name = sj_ci_field_name((enum sj_ci_field)field);
            // The table leaves out a run that is a job's own id.
            const char *want = wanted(job, name);
            if (*want || field != SJ_CI_RUN) {
                cr_expect_str_eq(ci.text[field], want, "%s: %s", job->title, name);
            }
        }
    }
}

Test(ci_env, a_person_has_no_system)
{
    struct sj_ci ci;
    setenv("CI", "true", 1);
    setenv("BUILD_ID", "7", 1);
    sj_ci_read(&ci);
    cr_expect_null(ci.system);
    cr_expect_str_eq(ci.text[SJ_CI_COMMIT], "");
}

Test(ci_env, too_long_a_value_is_left_out)
{
    char name[SJ_CI_TEXT_MAX + 2];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    struct sj_ci ci;
    setenv("CI_JOB_ID", "1", 1);
    setenv("CI_COMMIT_REF_NAME", name, 1);
    sj_ci_read(&ci);
    cr_expect_str_eq(ci.text[SJ_CI_BRANCH], "");
    cr_expect_str_eq(ci.refused, "branch");

    name[SJ_CI_TEXT_MAX] = '\0';
    setenv("CI_COMMIT_REF_NAME", name, 1);
    sj_ci_read(&ci);
    cr_expect_str_eq(ci.text[SJ_CI_BRANCH], name);
    cr_expect_str_eq(ci.refused, "");
}

Test(ci_env, jobs_of_a_matrix_are_builds_of_their_own)
{
    SJ_AUTO(sj_buf_release) struct sj_buf one = SJ_BUF_INIT(1000);
    SJ_AUTO(sj_buf_release) struct sj_buf again = SJ_BUF_INIT(1000);
    SJ_AUTO(sj_buf_release) struct sj_buf two = SJ_BUF_INIT(1000);
    setenv("GITHUB_RUN_ID", "1", 1);
    setenv("GITHUB_JOB", "build", 1);
    setenv("RUNNER_TRACKING_ID", "github_a", 1);
    cr_assert(sj_build_id_from_ci(&one));
    cr_assert(sj_build_id_from_ci(&again));
    setenv("RUNNER_TRACKING_ID", "github_b", 1);
    cr_assert(sj_build_id_from_ci(&two));
    cr_expect_str_eq(one.data, again.data);
    cr_expect_str_neq(one.data, two.data);
    cr_expect_eq(strncmp(one.data, "github-1-build-", 15), 0, "%s", one.data);
}

Test(ci_env, a_pull_requests_event_tells_its_tip)
{
    static const struct {
        const char *text;
        const char *pull;
        const char *head;
        const char *base;
    } cases[] = {
        {"{\"pull_request\":{\"number\":7,\"head\":{\"sha\":\"" SHA "\"},\"base\":{\"sha\":\"" SHA2
         "\"}}}",
         "7", SHA, SHA2},
        {"{\"pull_request\":{\"number\":\"7\",\"head\":{\"sha\":\"main\"},\"base\":[]}}", "", "",
         ""},
        {"{\"pull_request\":{\"number\":-7,\"head\":7}}", "", "", ""},
        {"{\"pull_request\":", "", "", ""},
        {"[[[", "", "", ""},
        {"", "", "", ""},
    };
    char path[] = "/tmp/scrubjay-event.XXXXXX";
    SJ_AUTO(sj_auto_close) int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    setenv("GITHUB_RUN_ID", "1", 1);
    setenv("GITHUB_EVENT_PATH", path, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_ci ci;
        cr_assert_eq(sj_file_write(path, 0600, cases[i].text, strlen(cases[i].text)), 0);
        sj_ci_read(&ci);
        cr_expect_str_eq(ci.text[SJ_CI_PULL], cases[i].pull, "%s", cases[i].text);
        cr_expect_str_eq(ci.text[SJ_CI_HEAD], cases[i].head, "%s", cases[i].text);
        cr_expect_str_eq(ci.text[SJ_CI_BASE], cases[i].base, "%s", cases[i].text);
    }
    (void)unlink(path);
    setenv("GITHUB_EVENT_PATH", "/dev/zero", 1);
    struct sj_ci ci;
    sj_ci_read(&ci);
    cr_expect_str_eq(ci.text[SJ_CI_HEAD], "");
    unsetenv("GITHUB_EVENT_PATH");
}
