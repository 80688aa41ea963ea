// SPDX-License-Identifier: Apache-2.0
#include "cli/build_id.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define ID_MARKS  "._:+@-"
#define KEY_MARKS "._-"

/** What a CI system calls a job. */
struct ci {
    const char *name;    /**< begins the id */
    const char *vars[3]; /**< their values follow; the first must be set */
};

static bool is_of(char c, const char *marks)
{
    return isalnum((unsigned char)c) || (c && strchr(marks, c));
}

int sj_build_id_check(const char *id, struct sj_err *err)
{
    size_t len = 0;
    while (is_of(id[len], ID_MARKS)) {
        len++;
    }
    if (id[len] || len == 0 || len > SJ_BUILD_ID_MAX) {
        return sj_fail_plain(err, -EINVAL,
                             "invalid build id '%.100s': write 1 to %d letters, digits or any "
                             "of " ID_MARKS,
                             id, SJ_BUILD_ID_MAX);
    }
    return 0;
}

static void add_variable(const char *name, struct sj_buf *out)
{
    const char *value = name ? getenv(name) : NULL;
    if (!value || !*value) {
        return;
    }
    sj_buf_addc(out, '-');
    for (; *value && out->len < SJ_BUILD_ID_MAX; value++) {
        sj_buf_addc(out, is_of(*value, ID_MARKS) ? *value : '-');
    }
}

bool sj_build_id_from_ci(struct sj_buf *out)
{
    // Most CI systems also set a bare BUILD_ID or CI; only names that are theirs alone count.
    static const struct ci systems[] = {
        {"azure", {"BUILD_BUILDID", "SYSTEM_JOBID", "SYSTEM_JOBATTEMPT"}},
        {"buildkite", {"BUILDKITE_JOB_ID"}},
        {"circleci", {"CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_NODE_INDEX"}},
        {"github", {"GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB"}},
        {"gitlab", {"CI_JOB_ID"}},
        {"jenkins", {"BUILD_TAG"}},
        {"travis", {"TRAVIS_JOB_ID"}},
    };
    for (size_t i = 0; i < sizeof systems / sizeof systems[0]; i++) {
        const char *value = getenv(systems[i].vars[0]);
        if (value && *value) {
            sj_buf_adds(out, systems[i].name);
            for (size_t j = 0; j < 3; j++) {
                add_variable(systems[i].vars[j], out);
            }
            return true;
        }
    }
    return false;
}

void sj_build_id_make(struct sj_buf *out)
{
    time_t now = time(NULL);
    struct tm utc = {0};
    (void)gmtime_r(&now, &utc);
    char text[32];
    (void)strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);

    uint32_t chance;
    if (getentropy(&chance, sizeof chance) < 0) {
        chance = (uint32_t)sj_clock_ns(CLOCK_MONOTONIC) ^ ((uint32_t)getpid() << 16);
    }
    sj_buf_addf(out, "%s-%08x", text, chance);
}

int sj_label_add(const char *label, struct sj_buf *labels, struct sj_err *err)
{
    size_t key_len = 0;
    while (is_of(label[key_len], KEY_MARKS)) {
        key_len++;
    }
    if (key_len == 0 || label[key_len] != '=') {
        return sj_fail_plain(err, -EINVAL,
                             "invalid label '%.100s': write KEY=VALUE, the key of letters, "
                             "digits or any of " KEY_MARKS,
                             label);
    }
    for (const char *at = label + key_len; *at; at++) {
        if (*at == ',' || iscntrl((unsigned char)*at)) {
            return sj_fail_plain(err, -EINVAL,
                                 "invalid label '%.100s': leave out commas and control characters",
                                 label);
        }
    }
    if (labels->len + 1 + strlen(label) > SJ_LABEL_MAX) {
        return sj_fail_plain(err, -EINVAL, "labels are too long: %d bytes for all of them",
                             SJ_LABEL_MAX);
    }
    if (labels->len > 0) {
        sj_buf_addc(labels, ',');
    }
    sj_buf_adds(labels, label);
    return 0;
}
