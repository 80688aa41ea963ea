// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What CI systems put into the environment of their jobs: which commit, branch, pull request, run.
 * All of it is what somebody typed somewhere: a branch's name may be any text that git lets pass,
 * so values are bounded and checked, and what is not right is left out and named.
 *
 * Source: the systems' lists of predefined variables (GitHub Actions "Variables reference", GitLab
 * "Predefined CI/CD variables", Jenkins "Using environment variables" and the Git and Branch API
 * plugins', Buildkite "Environment variables", CircleCI "Project values and variables", Azure
 * Pipelines "Predefined variables", Travis CI "Environment variables").
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/** What is known of a job. */
enum sj_ci_field {
    SJ_CI_COMMIT,  /**< to be built, 40 hexadecimal digits */
    SJ_CI_HEAD,    /**< tip of the pull request, likewise */
    SJ_CI_BASE,    /**< what the pull request was merged into to build it, likewise */
    SJ_CI_BRANCH,  /**< branch or tag; of a pull request, its own */
    SJ_CI_TARGET,  /**< branch that a pull request wants to go to */
    SJ_CI_PULL,    /**< number of the pull request */
    SJ_CI_RUN,     /**< what the system calls the run: its jobs have it in common */
    SJ_CI_JOB,     /**< what the job is called: the same from run to run */
    SJ_CI_ATTEMPT, /**< how often the job was started */
    SJ_CI_URL,     /**< page of the run */
    SJ_CI_PROJECT, /**< host and path of the repository */
    SJ_CI_FIELD_COUNT,
};

#define SJ_CI_TEXT_MAX    512 /**< longest value, in bytes; longer ones are left out */
#define SJ_CI_REFUSED_MAX 256 /**< longest list of what was left out */

/** A CI job. Zeroed: none. */
struct sj_ci {
    const char *system;    /**< "github", "gitlab", …; NULL: no CI system */
    const char *workspace; /**< where the system has checked out; the environment's, or NULL */
    bool is_merge;         /**< the commit is a merge that the system made of a pull request */
    char text[SJ_CI_FIELD_COUNT][SJ_CI_TEXT_MAX + 1]; /**< by field; "": not known */
    char refused[SJ_CI_REFUSED_MAX]; /**< fields left out because their value is not right,
                                          separated by commas; "": none */
};

/** A field's name, as in a note and in SJ_CI_REFUSED. @param field field @return "commit", … */
const char *sj_ci_field_name(enum sj_ci_field field);

/**
 * Read the environment.
 *
 * @param out takes the job; system is NULL when there is none
 *
 * Not while another thread changes the environment.
 */
void sj_ci_read(struct sj_ci *out);

/**
 * The id that the CI system gave this job: unique among its jobs and attempts.
 *
 * @param is_of_id whether a byte may stand in an id: others become '-'
 * @param out      the id is appended
 * @return true when there is a CI system that names its jobs
 */
bool sj_ci_job_id(bool (*is_of_id)(char byte), struct sj_buf *out);
