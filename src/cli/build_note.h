// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What is noted of a build's beginning: what the CI system says, weighed against what is really
 * checked out. record/build.h names the pairs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cli/ci_env.h"
#include "record/note.h"
#include "repo/repo.h"

/** Most pairs of such a note. */
#define SJ_BUILD_PAIRS_MAX 24

/** Where a build's beginning is told from. Texts are borrowed; NULL: not known. */
struct sj_build_source {
    const struct sj_ci *ci;          /**< job, or one without a system */
    const struct sj_repo_head *head; /**< what is checked out; NULL: there is no repository */
    const char *repo_project;        /**< what the repository is called */
    const char *project;             /**< what the settings say of the project; overrules */
    const char *job;                 /**< what the command line says of the job; overrules */
    const char *root;                /**< of the work tree, or the working directory */
    const char *base_dir;            /**< of the settings */
    const char *machine;             /**< name */
    unsigned cpus;                   /**< that may be used; 0: not known */
    const char *backfill;            /**< built later, for the sake of history: the branch that the
                                          commit is said to belong to, "-" when that is not known */
};

/** A note's pairs. Zeroed: none. */
struct sj_build_note {
    struct sj_note_pair pairs[SJ_BUILD_PAIRS_MAX]; /**< names and values */
    char *values[SJ_BUILD_PAIRS_MAX];              /**< what the pairs' values point to */
    uint32_t count;                                /**< length of both */
};

/** Free pairs. @param note note, or zeroed */
void sj_build_note_release(struct sj_build_note *note);

/**
 * Add a pair.
 *
 * @param note  note; what is beyond SJ_BUILD_PAIRS_MAX is left out
 * @param name  a literal
 * @param value copied; NULL or "": nothing is added
 */
void sj_build_note_add(struct sj_build_note *note, const char *name, const char *value);

/** Add a number. @param note note @param name a literal @param value number */
void sj_build_note_add_u64(struct sj_build_note *note, const char *name, uint64_t value);

/**
 * Tell a build's beginning. What is checked out counts: where the CI system names another commit,
 * that one is added as "ci_commit"; where it speaks of another repository altogether, nothing that
 * it says of branch and pull request is taken. Head and base are those of a merge that the system
 * made, and absent otherwise.
 *
 * @param source from where
 * @param note   pairs are added
 */
void sj_build_note_begin(const struct sj_build_source *source, struct sj_build_note *note);
