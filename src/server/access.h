// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Who may do what: the files of tokens and namespaces, read again when they change, the anonymous,
 * and a brake on guessing.
 */
#pragma once

#include <sys/socket.h>

#include "server/space.h"
#include "server/token.h"

/** Access rules of a running server. */
struct sj_access;

/** The rules at one moment, kept by references: a request sees one state of them. Never changed. */
struct sj_rules {
    struct sj_token_list tokens; /**< of the token file */
    struct sj_space_list spaces; /**< of the namespace file */
    unsigned anonymous;          /**< enum sj_scope without a token */
    unsigned refs;               /**< for access.c */
};

/** How to open the rules. */
struct sj_access_options {
    const char *tokens_path; /**< need not exist */
    const char *spaces_path; /**< need not exist */
    unsigned anonymous;      /**< enum sj_scope that need no token */
    unsigned failures_max;   /**< wrong tokens of one address in a minute; 0: 10 */
};

/**
 * Read the files.
 *
 * @param options paths are copied
 * @param out     takes the rules; the caller closes them
 * @param err     what is wrong with a file
 * @return 0 or a negative errno
 */
int sj_access_open(const struct sj_access_options *options, struct sj_access **out,
                   struct sj_err *err);

/** Free the rules. @param access rules, or NULL */
void sj_access_close(struct sj_access *access);

/**
 * Read files that have changed since they were last looked at. Called about once a second, and on
 * SIGHUP, from one thread at a time. A file that has become wrong leaves its old rules in force,
 * and is complained about once. One that was written to within the last tenth of a second, or that
 * has just gone, is left for the next call: somebody may be writing it.
 *
 * @param access rules
 * @param err    what is wrong
 * @return 0, 1 (something is new) or a negative errno
 */
int sj_access_reload(struct sj_access *access, struct sj_err *err);

/** Keep the rules of this moment. @param access rules @return until sj_rules_unref(). Safe from
 * several threads at once */
const struct sj_rules *sj_access_rules(struct sj_access *access);

/** Give them up. @param access rules @param rules from sj_access_rules(), or NULL. Safe from
 * several threads at once */
void sj_rules_unref(struct sj_access *access, const struct sj_rules *rules);

/** What a request may do. */
struct sj_grant {
    unsigned scopes;           /**< of enum sj_scope, in its namespace; none when it is refused */
    char id[SJ_TOKEN_ID_SIZE]; /**< of the token; "" for the anonymous */
    const struct sj_token *token; /**< the rules'; NULL: none, or it is refused */
    bool is_refused;              /**< a token was shown, and it is wrong or expired */
    bool is_throttled;            /**< … and too many such came from there within a minute */
};

/**
 * Judge a request by its Authorization header: Bearer, or Basic with the token as password. Who
 * shows a token may also do what the anonymous may; the scope "admin" holds in every namespace, and
 * brings no other with it.
 *
 * A right token is good from a throttled address, too: one machine with an old token must not cost
 * all those behind the same address their cache, and no rate of guessing finds 192 random bits.
 *
 * @param access  rules
 * @param rules   those in force
 * @param header  value of the header, or NULL
 * @param space   namespace; "" is "default"
 * @param address the client's, for the brake; NULL: it has none
 * @param out     takes the grant. It does not tell whether the namespace exists
 *
 * Safe from several threads at once.
 */
void sj_access_judge(struct sj_access *access, const struct sj_rules *rules, const char *header,
                     struct sj_str space, const struct sockaddr *address, struct sj_grant *out);

/** What somebody may do in a namespace. @param rules rules @param token token, or NULL @param space
 * namespace; "" is "default" @return of enum sj_scope */
unsigned sj_rules_scopes(const struct sj_rules *rules, const struct sj_token *token,
                         struct sj_str space);

/** Whether somebody may read in one namespace at least, or see figures of all. @param rules rules
 * @param token token, or NULL @return true when he may */
bool sj_rules_may_see(const struct sj_rules *rules, const struct sj_token *token);
