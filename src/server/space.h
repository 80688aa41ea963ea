// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Namespaces as their file describes them: what each may hold, what it reads from below, whether
 * its values may be replaced.
 *
 *     [main]
 *     quota = 20GiB
 *     [pr-*]
 *     overlay = main
 *     quota = 1GiB
 *
 * Keys: overlay, quota, max_entry, immutable, validate_ac, discard, anonymous (none, or of read and
 * write). The first section whose pattern fits counts. What is read is looked for in the namespace
 * itself, then in the one it overlays, and so on, four deep; what is written goes to the namespace
 * itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define SJ_OVERLAY_MAX 4 /**< namespaces that one read may look into, its own included */

/** Rules of the namespaces that a pattern fits. */
struct sj_space_rule {
    char *pattern;      /**< "*" stands for any bytes */
    char *overlay;      /**< namespace that is read below it; NULL: none */
    uint64_t quota;     /**< bytes; 0: no limit */
    uint64_t max_entry; /**< bytes of one value; 0: the server's */
    bool is_immutable;  /**< what is there is not replaced, where the protocol allows that */
    bool validates_ac;  /**< values under /ac must be ActionResults (protobuf or JSON) */
    bool discards;      /**< a write without the scope is answered as if it had been stored, for
                             clients that give the cache up when told */
    unsigned anonymous; /**< enum sj_scope that need no token here */
    bool has_anonymous; /**< anonymous is set: the server's setting does not count */
};

/** Rules of a file. Zeroed: none, and every namespace is free of rules. */
struct sj_space_list {
    struct sj_space_rule *rules; /**< in the file's order */
    size_t count;                /**< how many */
};

/**
 * Read the text of a file of namespaces, strictly.
 *
 * @param text bytes
 * @param len  how many
 * @param path for messages
 * @param out  takes the rules; release with sj_space_list_release()
 * @param err  names file, line and remedy; also where overlays go in a circle
 * @return 0 or -EINVAL
 */
int sj_space_list_parse(const char *text, size_t len, const char *path, struct sj_space_list *out,
                        struct sj_err *err);

/** Free rules. @param list rules, or NULL */
void sj_space_list_release(struct sj_space_list *list);

/** Rule of a namespace. @param list rules @param space name; "" is "default" @return it; never
 * NULL: one without rules where none fits */
const struct sj_space_rule *sj_space_find(const struct sj_space_list *list, struct sj_str space);

/**
 * Namespaces that a read of one looks into, in order.
 *
 * @param list  rules
 * @param space name; "" or "default": the nameless one
 * @param out   takes names, "" for the nameless one; they live as long as space and the rules
 * @return how many, at least 1
 */
size_t sj_space_chain(const struct sj_space_list *list, struct sj_str space,
                      struct sj_str out[SJ_OVERLAY_MAX]);
