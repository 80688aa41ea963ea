// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Git's commit objects, read as bytes. For this room only.
 * Source: git, Documentation/gitformat-signature.txt; commit.c, parse_commit_buffer().
 */
#pragma once

#include <git2.h>
#include <stddef.h>
#include <stdint.h>

#include "base/oid.h"
#include "base/str.h"

/** What a commit says. Texts are borrowed from its bytes and not terminated. */
struct sj_commit_text {
    struct sj_oid tree;    /**< its tree */
    const char *parents;   /**< lines of its parents; see sj_commit_text_parent() */
    size_t parent_count;   /**< how many */
    struct sj_str author;  /**< author's name */
    struct sj_str email;   /**< author's address */
    struct sj_str subject; /**< first line of the message that is not empty */
    int64_t time_s;        /**< committer's time; 0 when it cannot be read */
};

/**
 * Read a commit's bytes.
 *
 * @param data bytes
 * @param len  how many
 * @param out  takes what they say
 * @return 0 or -EBADMSG
 */
int sj_commit_text_parse(const void *data, size_t len, struct sj_commit_text *out);

/** A parent. @param text commit @param i less than parent_count @return its name */
struct sj_oid sj_commit_text_parent(const struct sj_commit_text *text, size_t i);

/**
 * Read a commit.
 *
 * @param odb    where it is
 * @param id     its name
 * @param object takes its bytes; the caller frees them with git_odb_object_free()
 * @param out    takes what they say, as long as object lives
 * @return 0, -ENOENT, -EBADMSG (no commit, or damaged) or another negative errno
 */
int sj_commit_read(git_odb *odb, const struct sj_oid *id, git_odb_object **object,
                   struct sj_commit_text *out);
