// SPDX-License-Identifier: Apache-2.0
// What a build that was started here would be noted as: commit, branch, project, CI job; and
// whether its compiles' instructions can be counted.
#include <errno.h>
#include <string.h>

#include "cli/build_log.h"
#include "cli/ci_env.h"
#include "cli/doctor.h"
#include "wrap/instructions.h"

static void tell_head(struct sj_doctor *doctor, struct sj_repo *repo)
{
    SJ_AUTO(sj_repo_head_release) struct sj_repo_head head = {0};
    SJ_AUTO(sj_buf_release) struct sj_buf project = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_err err = {0};
    const char *root = sj_repo_root(repo);
    sj_repo_project(repo, &project);
    const char *name = doctor->config->project ? doctor->config->project : sj_buf_text(&project);
    if (sj_repo_head(repo, &head, &err) < 0) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "git", "builds here name no commit until it is mended",
                      "%s", err.text);
        return;
    }
    if (!root) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "git", NULL, "'%s' is a bare repository",
                      sj_repo_git_dir(repo));
        return;
    }
    if (sj_oid_is_zero(&head.commit)) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "git", NULL, "project '%s' in '%s' has no commit yet",
                      name, root);
        return;
    }
    char hex[SJ_OID_HEX_SIZE];
    sj_oid_hex(&head.commit, hex);
    sj_doctor_add(doctor, SJ_LEVEL_OK, "git", NULL, "project '%s' at commit %.10s of %s%s%s", name,
                  hex, head.branch.len > 0 ? sj_buf_text(&head.branch) : "no branch",
                  head.is_dirty ? ", with changes that are not committed" : "",
                  sj_repo_is_shallow(repo) ? "; the clone is shallow, which is enough here" : "");
}

static void tell_ci(struct sj_doctor *doctor, const struct sj_ci *ci)
{
    if (!ci->system) {
        return;
    }
    sj_doctor_add(doctor, *ci->refused ? SJ_LEVEL_WARN : SJ_LEVEL_OK, "ci",
                  *ci->refused ? "see what the job sets: these values are left out of the records"
                               : NULL,
                  "%s, run '%s', job '%s'%s%s%s%s", ci->system, ci->text[SJ_CI_RUN],
                  ci->text[SJ_CI_JOB], *ci->text[SJ_CI_PULL] ? ", pull request " : "",
                  ci->text[SJ_CI_PULL], *ci->refused ? "; not right: " : "", ci->refused);
}

void sj_doctor_build(struct sj_doctor *doctor)
{
    struct sj_ci ci;
    struct sj_repo *repo = NULL;
    struct sj_err err = {0};
    sj_ci_read(&ci);
    if (sj_build_repo_open(doctor->config, ci.workspace, &repo, &err) < 0) {
        sj_doctor_add(doctor, SJ_LEVEL_WARN, "git", "builds here name no commit until it is mended",
                      "%s", err.text);
    } else if (!repo) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "git", NULL,
                      "there is no repository here: builds name no commit");
    } else {
        tell_head(doctor, repo);
    }
    sj_repo_close(repo);
    tell_ci(doctor, &ci);
}

void sj_doctor_instructions(struct sj_doctor *doctor)
{
    SJ_AUTO(sj_auto_close) int fd = sj_instructions_open();
    bool is_denied = fd == -EACCES || fd == -EPERM;
    if (fd >= 0) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "instructions", NULL,
                      "those of compiles are counted: reports need not rely on CPU time alone");
    } else if (is_denied) {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "instructions",
                      "to have them counted set kernel.perf_event_paranoid to 2 or less, and let a "
                      "container's filter pass perf_event_open",
                      "those of compiles may not be counted: reports go by CPU time");
    } else {
        sj_doctor_add(doctor, SJ_LEVEL_OK, "instructions", NULL,
                      "this machine counts none: reports go by CPU time");
    }
}
