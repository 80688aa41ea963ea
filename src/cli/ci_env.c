// SPDX-License-Identifier: Apache-2.0
#include "cli/ci_env.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/oid.h"
#include "base/str.h"
#include "cli/ci_event.h"
#include "cli/ci_text.h"
#include "key/key.h"
#include "repo/repo.h"

#define ID_VARS     4
#define SOURCES_MAX 24

/** Outcome of a reader: the variable says that there is none. */
#define ABSENT 1

/** Reads a value. 0, ABSENT, or -EINVAL: it is not right. */
typedef int read_value(const char *value, struct sj_ci *ci, struct sj_buf *out);

/** Where a field may be found. */
struct source {
    enum sj_ci_field field; /**< which */
    const char *from;       /**< text with variables in it, such as "$A/$B" */
    read_value *read;       /**< NULL: any text */
    bool is_for_pulls;      /**< counts only when there is a pull request */
};

/** A CI system. */
struct ci_system {
    const char *name;                   /**< of it */
    const char *workspace;              /**< variable that names where it has checked out */
    const char *id[ID_VARS];            /**< variables that name the job; the first must be set */
    struct source sources[SOURCES_MAX]; /**< the first that is there counts; ended by a NULL */
    void (*more)(struct sj_ci *ci);     /**< what else there is to read; may be NULL */
};

static int read_commit(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    (void)ci;
    struct sj_oid oid;
    if (sj_oid_parse(value, &oid) < 0) {
        // Some systems build "HEAD" when nobody named a commit.
        return strcmp(value, "HEAD") == 0 ? ABSENT : -EINVAL;
    }
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&oid, hex);
    sj_buf_adds(out, hex);
    return 0;
}

// A tip that is told only where the commit is a merge of it.
static int read_merged(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    int status = read_commit(value, ci, out);
    ci->is_merge = ci->is_merge || status == 0;
    return status;
}

static int read_ref(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    (void)ci;
    static const char *const kinds[] = {"refs/heads/", "refs/tags/"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *rest = sj_skip_prefix(value, kinds[i]);
        value = rest ? rest : value;
    }
    if (sj_skip_prefix(value, "refs/")) {
        return ABSENT; // a pull request's, which is no branch
    }
    if (!sj_ci_is_ref(value)) {
        return -EINVAL;
    }
    sj_buf_adds(out, value);
    return 0;
}

// Jenkins names the branch of the remote.
static int read_remote_ref(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    static const char *const kinds[] = {"refs/", "remotes/", "origin/"};
    const char *rest = value;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *next = sj_skip_prefix(rest, kinds[i]);
        rest = next ? next : rest;
    }
    return read_ref(sj_skip_prefix(value, "refs/heads/") ? value : rest, ci, out);
}

static int read_number(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    (void)ci;
    if (strcmp(value, "false") == 0) {
        return ABSENT;
    }
    size_t len = strspn(value, "0123456789");
    if (value[len] || len > 20) {
        return -EINVAL;
    }
    sj_buf_adds(out, value);
    return 0;
}

// "refs/pull/7/merge" is the merge of pull request 7 into its target, "refs/pull/7/head" its tip.
static int read_pull_ref(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    const char *number = sj_skip_prefix(value, "refs/pull/");
    if (!number) {
        return ABSENT;
    }
    size_t len = strspn(number, "0123456789");
    if (len == 0 || len > 20 || number[len] != '/') {
        return -EINVAL;
    }
    ci->is_merge = strcmp(number + len, "/merge") == 0;
    sj_buf_add(out, number, len);
    return 0;
}

// The number at the end of a pull request's page.
static int read_pull_url(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    const char *slash = strrchr(value, '/');
    return slash ? read_number(slash + 1, ci, out) : -EINVAL;
}

static int read_url(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    (void)ci;
    if (!sj_ci_is_url(value)) {
        return -EINVAL;
    }
    sj_buf_adds(out, value);
    return 0;
}

// A repository on the same machine has no name that means anything elsewhere.
static int read_repository(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    (void)ci;
    if (!sj_repo_project_of_url(value, out)) {
        return ABSENT;
    }
    return sj_ci_is_project(sj_buf_text(out)) ? 0 : -EINVAL;
}

// A multibranch job is called "folder/project/branch": the branch is no part of the configuration.
static int read_jenkins_job(const char *value, struct sj_ci *ci, struct sj_buf *out)
{
    (void)ci;
    const char *base = getenv("JOB_BASE_NAME");
    const char *branch = getenv("BRANCH_NAME");
    size_t len = strlen(value);
    size_t base_len = base ? strlen(base) : 0;
    if (branch && *branch && base_len > 0 && len > base_len + 1 && sj_has_suffix(value, base) &&
        value[len - base_len - 1] == '/') {
        len -= base_len + 1;
    }
    sj_buf_add(out, value, len);
    return sj_ci_is_text(sj_buf_text(out)) ? 0 : -EINVAL;
}

// Sorted by name. A system's first variable must be its own: many set a bare BUILD_ID or CI.
static const struct ci_system systems[] = {
    {.name = "azure",
     .workspace = "BUILD_SOURCESDIRECTORY",
     .id = {"BUILD_BUILDID", "SYSTEM_JOBID", "SYSTEM_JOBATTEMPT"},
     .sources =
         {
             {SJ_CI_PULL, "$BUILD_SOURCEBRANCH", read_pull_ref, false},
             {SJ_CI_PULL, "$SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", read_number, false},
             {SJ_CI_PULL, "$SYSTEM_PULLREQUEST_PULLREQUESTID", read_number, false},
             {SJ_CI_COMMIT, "$BUILD_SOURCEVERSION", read_commit, false},
             {SJ_CI_HEAD, "$SYSTEM_PULLREQUEST_SOURCECOMMITID", read_commit, true},
             {SJ_CI_BRANCH, "$SYSTEM_PULLREQUEST_SOURCEBRANCH", read_ref, true},
             {SJ_CI_BRANCH, "$BUILD_SOURCEBRANCH", read_ref, false},
             {SJ_CI_TARGET, "$SYSTEM_PULLREQUEST_TARGETBRANCH", read_ref, true},
             {SJ_CI_RUN, "$BUILD_BUILDID", NULL, false},
             {SJ_CI_JOB, "$SYSTEM_JOBDISPLAYNAME", NULL, false},
             {SJ_CI_JOB, "$AGENT_JOBNAME", NULL, false},
             {SJ_CI_ATTEMPT, "$SYSTEM_JOBATTEMPT", read_number, false},
             {SJ_CI_URL,
              "$SYSTEM_COLLECTIONURI$SYSTEM_TEAMPROJECT/_build/results?buildId=$BUILD_BUILDID",
              read_url, false},
             {SJ_CI_PROJECT, "$BUILD_REPOSITORY_URI", read_repository, false},
         }},
    {.name = "buildkite",
     .workspace = "BUILDKITE_BUILD_CHECKOUT_PATH",
     .id = {"BUILDKITE_JOB_ID"},
     .sources =
         {
             {SJ_CI_PULL, "$BUILDKITE_PULL_REQUEST", read_number, false},
             {SJ_CI_COMMIT, "$BUILDKITE_COMMIT", read_commit, false},
             {SJ_CI_BRANCH, "$BUILDKITE_BRANCH", read_ref, false},
             {SJ_CI_BRANCH, "$BUILDKITE_TAG", read_ref, false},
             {SJ_CI_TARGET, "$BUILDKITE_PULL_REQUEST_BASE_BRANCH", read_ref, true},
             {SJ_CI_RUN, "$BUILDKITE_BUILD_ID", NULL, false},
             {SJ_CI_JOB, "$BUILDKITE_STEP_KEY", NULL, false},
             {SJ_CI_JOB, "$BUILDKITE_LABEL", NULL, false},
             {SJ_CI_ATTEMPT, "$BUILDKITE_RETRY_COUNT", read_number, false},
             {SJ_CI_URL, "$BUILDKITE_BUILD_URL", read_url, false},
             {SJ_CI_PROJECT, "$BUILDKITE_REPO", read_repository, false},
         }},
    {.name = "circleci",
     .workspace = "CIRCLE_WORKING_DIRECTORY",
     .id = {"CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_NODE_INDEX"},
     .sources =
         {
             {SJ_CI_PULL, "$CIRCLE_PR_NUMBER", read_number, false},
             {SJ_CI_PULL, "$CIRCLE_PULL_REQUEST", read_pull_url, false},
             {SJ_CI_COMMIT, "$CIRCLE_SHA1", read_commit, false},
             {SJ_CI_BRANCH, "$CIRCLE_BRANCH", read_ref, false},
             {SJ_CI_BRANCH, "$CIRCLE_TAG", read_ref, false},
             {SJ_CI_RUN, "$CIRCLE_WORKFLOW_ID", NULL, false},
             {SJ_CI_JOB, "$CIRCLE_JOB", NULL, false},
             {SJ_CI_URL, "$CIRCLE_BUILD_URL", read_url, false},
             {SJ_CI_PROJECT, "$CIRCLE_REPOSITORY_URL", read_repository, false},
         }},
    {.name = "github",
     .workspace = "GITHUB_WORKSPACE",
     // A job of a matrix differs from the next one in nothing but what is hashed here.
     .id = {"GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "#RUNNER_TRACKING_ID"},
     .sources =
         {
             {SJ_CI_PULL, "$GITHUB_REF", read_pull_ref, false},
             {SJ_CI_COMMIT, "$GITHUB_SHA", read_commit, false},
             {SJ_CI_BRANCH, "$GITHUB_HEAD_REF", read_ref, false},
             {SJ_CI_BRANCH, "$GITHUB_REF", read_ref, false},
             {SJ_CI_TARGET, "$GITHUB_BASE_REF", read_ref, false},
             {SJ_CI_RUN, "$GITHUB_RUN_ID", NULL, false},
             {SJ_CI_JOB, "$GITHUB_JOB", NULL, false},
             {SJ_CI_ATTEMPT, "$GITHUB_RUN_ATTEMPT", read_number, false},
             {SJ_CI_URL, "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID",
              read_url, false},
             {SJ_CI_PROJECT, "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY", read_repository, false},
         },
     .more = sj_ci_event_read},
    {.name = "gitlab",
     .workspace = "CI_PROJECT_DIR",
     .id = {"CI_JOB_ID"},
     .sources =
         {
             {SJ_CI_PULL, "$CI_MERGE_REQUEST_IID", read_number, false},
             {SJ_CI_COMMIT, "$CI_COMMIT_SHA", read_commit, false},
             // Both are set where the commit is a merge made for the pipeline, and only there.
             {SJ_CI_HEAD, "$CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", read_merged, true},
             {SJ_CI_BASE, "$CI_MERGE_REQUEST_TARGET_BRANCH_SHA", read_commit, true},
             {SJ_CI_BRANCH, "$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", read_ref, true},
             {SJ_CI_BRANCH, "$CI_COMMIT_REF_NAME", read_ref, false},
             {SJ_CI_TARGET, "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME", read_ref, true},
             {SJ_CI_RUN, "$CI_PIPELINE_ID", NULL, false},
             {SJ_CI_JOB, "$CI_JOB_NAME", NULL, false},
             {SJ_CI_URL, "$CI_JOB_URL", read_url, false},
             {SJ_CI_PROJECT, "https://$CI_SERVER_HOST/$CI_PROJECT_PATH", read_repository, false},
         }},
    {.name = "jenkins",
     .workspace = "WORKSPACE",
     .id = {"BUILD_TAG"},
     .sources =
         {
             {SJ_CI_PULL, "$CHANGE_ID", read_number, false},
             {SJ_CI_COMMIT, "$GIT_COMMIT", read_commit, false},
             {SJ_CI_BRANCH, "$CHANGE_BRANCH", read_ref, true},
             {SJ_CI_BRANCH, "$BRANCH_NAME", read_ref, false},
             {SJ_CI_BRANCH, "$GIT_BRANCH", read_remote_ref, false},
             {SJ_CI_TARGET, "$CHANGE_TARGET", read_ref, true},
             {SJ_CI_RUN, "$BUILD_TAG", NULL, false},
             {SJ_CI_JOB, "$JOB_NAME", read_jenkins_job, false},
             {SJ_CI_URL, "$BUILD_URL", read_url, false},
             {SJ_CI_PROJECT, "$GIT_URL", read_repository, false},
         }},
    {.name = "travis",
     .workspace = "TRAVIS_BUILD_DIR",
     .id = {"TRAVIS_JOB_ID"},
     .sources =
         {
             {SJ_CI_PULL, "$TRAVIS_PULL_REQUEST", read_number, false},
             {SJ_CI_COMMIT, "$TRAVIS_COMMIT", read_commit, false},
             {SJ_CI_HEAD, "$TRAVIS_PULL_REQUEST_SHA", read_merged, true},
             {SJ_CI_BRANCH, "$TRAVIS_PULL_REQUEST_BRANCH", read_ref, true},
             {SJ_CI_TARGET, "$TRAVIS_BRANCH", read_ref, true},
             {SJ_CI_BRANCH, "$TRAVIS_BRANCH", read_ref, false},
             {SJ_CI_RUN, "$TRAVIS_BUILD_ID", NULL, false},
             {SJ_CI_JOB, "$TRAVIS_JOB_NAME", NULL, false},
             {SJ_CI_URL, "$TRAVIS_BUILD_WEB_URL", read_url, false},
             {SJ_CI_PROJECT, "https://github.com/$TRAVIS_REPO_SLUG", read_repository, false},
         }},
};

static const struct ci_system *find_system(void)
{
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        const char *value = getenv(systems[i].id[0]);
        if (value && *value) {
            return &systems[i];
        }
    }
    return NULL;
}

// Puts the values of variables into a text. False: one of them is not there.
static bool expand(const char *from, struct sj_buf *out)
{
    while (*from) {
        if (*from != '$') {
            sj_buf_addc(out, *from++);
            continue;
        }
        size_t len = 0;
        from++;
        while (isupper((unsigned char)from[len]) || isdigit((unsigned char)from[len]) ||
               from[len] == '_') {
            len++;
        }
        char name[64] = {0};
        memcpy(name, from, len < sizeof name ? len : sizeof name - 1);
        const char *value = getenv(name);
        if (!value || !*value) {
            return false;
        }
        sj_buf_adds(out, value);
        from += len;
    }
    return true;
}

static void refuse(struct sj_ci *ci, enum sj_ci_field field)
{
    const char *name = sj_ci_field_name(field);
    size_t len = strlen(ci->refused);
    if (strstr(ci->refused, name) || len + strlen(name) + 2 > sizeof ci->refused) {
        return;
    }
    if (len > 0) {
        ci->refused[len++] = ',';
    }
    memcpy(ci->refused + len, name, strlen(name) + 1);
}

static int read_source(const struct source *source, struct sj_ci *ci, struct sj_buf *out)
{
    // More than will be kept, so that too long a value is told from one that just fits.
    SJ_AUTO(sj_buf_release) struct sj_buf value = SJ_BUF_INIT(4 * (size_t)SJ_CI_TEXT_MAX);
    if (!expand(source->from, &value)) {
        return ABSENT;
    }
    const char *text = sj_buf_text(&value);
    if (value.is_full || !sj_ci_is_text(text)) {
        return -EINVAL;
    }
    if (source->read) {
        return source->read(text, ci, out);
    }
    sj_buf_adds(out, text);
    return 0;
}

static void take_source(const struct source *source, struct sj_ci *ci)
{
    char *text = ci->text[source->field];
    if (*text || (source->is_for_pulls && !*ci->text[SJ_CI_PULL])) {
        return;
    }
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(4 * (size_t)SJ_CI_TEXT_MAX);
    int status = read_source(source, ci, &out);
    if (status < 0 || (status == 0 && (out.is_full || out.len > SJ_CI_TEXT_MAX))) {
        refuse(ci, source->field);
    } else if (status == 0) {
        memcpy(text, sj_buf_text(&out), out.len + 1);
    }
}

void sj_ci_read(struct sj_ci *out)
{
    *out = (struct sj_ci){0};
    const struct ci_system *system = find_system();
    if (!system) {
        return;
    }
    out->system = system->name;
    out->workspace = getenv(system->workspace);
    for (size_t i = 0; i < SOURCES_MAX && system->sources[i].from; i++) {
        take_source(&system->sources[i], out);
    }
    if (system->more) {
        system->more(out);
    }
}

const char *sj_ci_field_name(enum sj_ci_field field)
{
    static const char *const names[SJ_CI_FIELD_COUNT] = {
        [SJ_CI_COMMIT] = "commit", [SJ_CI_HEAD] = "head",       [SJ_CI_BASE] = "base",
        [SJ_CI_BRANCH] = "branch", [SJ_CI_TARGET] = "target",   [SJ_CI_PULL] = "pull",
        [SJ_CI_RUN] = "run",       [SJ_CI_JOB] = "job",         [SJ_CI_ATTEMPT] = "attempt",
        [SJ_CI_URL] = "url",       [SJ_CI_PROJECT] = "project",
    };
    return names[field];
}

// The runner's mark of the job, else its name.
static void add_digest(const char *name, struct sj_buf *out)
{
    const char *value = getenv(name);
    if (!value || !*value) {
        value = getenv("RUNNER_NAME");
    }
    if (value && *value) {
        struct sj_key key = sj_key_of(value, strlen(value));
        sj_buf_addf(out, "-%02x%02x%02x", key.bytes[0], key.bytes[1], key.bytes[2]);
    }
}

bool sj_ci_job_id(bool (*is_of_id)(char byte), struct sj_buf *out)
{
    const struct ci_system *system = find_system();
    if (!system) {
        return false;
    }
    sj_buf_adds(out, system->name);
    for (size_t i = 0; i < ID_VARS && system->id[i]; i++) {
        if (*system->id[i] == '#') {
            add_digest(system->id[i] + 1, out);
            continue;
        }
        const char *value = getenv(system->id[i]);
        if (value && *value) {
            sj_buf_addc(out, '-');
        }
        for (; value && *value; value++) {
            sj_buf_addc(out, is_of_id(*value) ? *value : '-');
        }
    }
    return true;
}
