// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Tokens: who may do what in which namespace, until when. The file holds their SHA-256 only, so it
 * is no secret. docs/serve.md draws its lines.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/** Scopes, as bits. */
enum sj_scope {
    SJ_SCOPE_READ = 1U << 0,  /**< read values */
    SJ_SCOPE_WRITE = 1U << 1, /**< store values */
    SJ_SCOPE_ADMIN = 1U << 2, /**< see metrics and figures of all namespaces */
};

#define SJ_TOKEN_ID_SIZE   9   /**< digits of an id and the terminator */
#define SJ_TOKEN_TEXT_SIZE 64  /**< more than any token with its terminator */
#define SJ_TOKEN_NOTE_MAX  256 /**< bytes of a note */

/** A token, without its secret. */
struct sj_token {
    char id[SJ_TOKEN_ID_SIZE]; /**< public name, for logs and revoking */
    unsigned char hash[32];    /**< SHA-256 of the whole token */
    unsigned scopes;           /**< of enum sj_scope */
    int64_t created_s;         /**< since the epoch */
    int64_t expires_s;         /**< since the epoch; 0: never */
    char *spaces; /**< patterns of namespaces, separated by commas: names, "pr-*", "*"; owned */
    char *note;   /**< for people; "" when there is none; owned */
};

/** Free what a token holds. @param token token */
void sj_token_release(struct sj_token *token);

/** Tokens of a file. Zeroed: none. */
struct sj_token_list {
    struct sj_token *items; /**< sorted by hash */
    size_t count;           /**< how many */
    struct evp_md_st
        *digest; /**< SHA-256, looked up once: that takes longer than to hash a token */
};

/**
 * Read the text of a token file, strictly.
 *
 * @param text bytes
 * @param len  how many
 * @param path for messages
 * @param out  takes the list; release with sj_token_list_release()
 * @param err  names file, line and remedy
 * @return 0 or -EINVAL: one wrong line makes the whole file wrong
 */
int sj_token_list_parse(const char *text, size_t len, const char *path, struct sj_token_list *out,
                        struct sj_err *err);

/** Append the text of a list. @param list list @param out takes it */
void sj_token_list_format(const struct sj_token_list *list, struct sj_buf *out);

/** Free a list. @param list list, or NULL */
void sj_token_list_release(struct sj_token_list *list);

/**
 * Find the token that somebody shows. Takes as long for a wrong one as for a right one.
 *
 * @param list  tokens
 * @param shown bytes
 * @param now_s since the epoch
 * @return it; NULL: there is none, or it has expired
 */
const struct sj_token *sj_token_find(const struct sj_token_list *list, struct sj_str shown,
                                     int64_t now_s);

/** Whether a token is for a namespace. @param token token @param space name; "" is "default"
 * @return true when one of its patterns fits */
bool sj_token_fits(const struct sj_token *token, struct sj_str space);

/**
 * Make a token: 192 random bits as text, its id in front.
 *
 * @param out  takes the token, all but spaces, note, scopes and times
 * @param text takes what the user is told once, such as "sj_1a2b3c4d_…"
 * @return 0 or a negative errno
 */
int sj_token_make(struct sj_token *out, char text[SJ_TOKEN_TEXT_SIZE]);

/** Scopes of a text. @param text names, separated by commas @return of enum sj_scope; 0: one of
 * them is none, or there is none */
unsigned sj_scopes_parse(struct sj_str text);

/** Append names of scopes, separated by commas. @param scopes of enum sj_scope @param out takes
 * them */
void sj_scopes_format(unsigned scopes, struct sj_buf *out);

/** Whether a note fits into a line of the file. @param note bytes @return true when it does */
bool sj_note_is_good(struct sj_str note);

/** Whether a text is a namespace's name, or a pattern that could fit one. @param pattern bytes
 * @return true when it is */
bool sj_pattern_is_good(struct sj_str pattern);

/** The same of patterns. @param text patterns, separated by commas @return true when all are, and
 * there is one at least */
bool sj_patterns_are_good(const char *text);

/** Whether a pattern fits a name. @param pattern "*" stands for any bytes @param name name @return
 * true when it does */
bool sj_pattern_fits(struct sj_str pattern, struct sj_str name);
