// SPDX-License-Identifier: Apache-2.0
#include "analyze/blame.h"

#include <string.h>

static const struct {
    const char *name;
    const char *text;
    enum sj_blame_group group;
} kinds[SJ_BLAME_KIND_COUNT] = {
    [SJ_BLAME_COMMIT] = {"commit", "changed by a commit", SJ_BLAME_NECESSARY},
    [SJ_BLAME_COLD] = {"cold", "first build of the unit or job", SJ_BLAME_NECESSARY},
    [SJ_BLAME_TOOLCHAIN] = {"toolchain", "another compiler", SJ_BLAME_NECESSARY},
    [SJ_BLAME_SYSTEM] = {"system", "files outside the repository differ", SJ_BLAME_NECESSARY},
    [SJ_BLAME_ENVIRONMENT] = {"environment", "environment variables differ", SJ_BLAME_NECESSARY},
    [SJ_BLAME_ARGUMENTS] = {"arguments", "the command line differs, by no commit",
                            SJ_BLAME_NECESSARY},
    [SJ_BLAME_PLACE] = {"place", "another directory or CPU", SJ_BLAME_NECESSARY},
    [SJ_BLAME_GENERATED] = {"generated", "generated files differ, by no commit",
                            SJ_BLAME_NECESSARY},
    [SJ_BLAME_UNCOMMITTED] = {"uncommitted", "changes that are in no commit", SJ_BLAME_NECESSARY},
    [SJ_BLAME_OTHER_BRANCH] = {"other-branch", "the nearest earlier build is another branch's",
                               SJ_BLAME_NECESSARY},
    [SJ_BLAME_BEYOND_HISTORY] = {"beyond-history", "the clone is shallow: its commits are missing",
                                 SJ_BLAME_NECESSARY},
    [SJ_BLAME_UNPLACED] = {"unplaced", "the commit of a build is not known", SJ_BLAME_NECESSARY},
    [SJ_BLAME_NONDETERMINISTIC] = {"nondeterministic", "nothing differs that is on record",
                                   SJ_BLAME_NECESSARY},
    [SJ_BLAME_UNTRACED] = {"untraced", "what it read is not known", SJ_BLAME_NECESSARY},
    [SJ_BLAME_EVICTED] = {"evicted", "was stored, and had left the store", SJ_BLAME_REDUNDANT},
    [SJ_BLAME_NOT_SHARED] = {"not-shared", "was stored elsewhere, out of reach",
                             SJ_BLAME_REDUNDANT},
    [SJ_BLAME_RACE] = {"race", "was being compiled elsewhere at the same time", SJ_BLAME_REDUNDANT},
    [SJ_BLAME_NOT_STORED] = {"not-stored", "compiled before, but could not be stored",
                             SJ_BLAME_REDUNDANT},
    [SJ_BLAME_ASKED] = {"asked", "recache was set", SJ_BLAME_REDUNDANT},
    [SJ_BLAME_BYPASSED] = {"bypassed", "not a thing to cache", SJ_BLAME_OTHER},
    [SJ_BLAME_FAILED] = {"failed", "the compiler failed", SJ_BLAME_OTHER},
    [SJ_BLAME_ERROR] = {"error", "our own machinery failed", SJ_BLAME_OTHER},
    [SJ_BLAME_AUDIT] = {"audit", "hits compiled again to check them", SJ_BLAME_OTHER},
    [SJ_BLAME_EXPIRED] = {"expired", "the records are gone, only sums are left", SJ_BLAME_OTHER},
};

const char *sj_blame_name(enum sj_blame_kind kind)
{
    return kinds[kind].name;
}

const char *sj_blame_text(enum sj_blame_kind kind)
{
    return kinds[kind].text;
}

enum sj_blame_group sj_blame_group(enum sj_blame_kind kind)
{
    return kinds[kind].group;
}

const char *sj_blame_group_name(enum sj_blame_group group)
{
    static const char *const names[SJ_BLAME_GROUP_COUNT] = {
        [SJ_BLAME_NECESSARY] = "necessary",
        [SJ_BLAME_REDUNDANT] = "redundant",
        [SJ_BLAME_OTHER] = "other",
    };
    return names[group];
}

const char *sj_blame_via_name(enum sj_blame_via via)
{
    static const char *const names[SJ_VIA_COUNT] = {
        [SJ_VIA_INPUT] = "input",         [SJ_VIA_NEW] = "new",
        [SJ_VIA_RENAME] = "rename",       [SJ_VIA_TOOL] = "tool",
        [SJ_VIA_ARGS] = "args",           [SJ_VIA_ENV] = "env",
        [SJ_VIA_PLACE] = "place",         [SJ_VIA_GENERATED] = "generated",
        [SJ_VIA_SUBMODULE] = "submodule",
    };
    return names[via];
}

int sj_blame_compare(const void *left, const void *right)
{
    const struct sj_blame *a = left;
    const struct sj_blame *b = right;
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    int order = memcmp(a->commit.bytes, b->commit.bytes, SJ_OID_SIZE);
    if (order == 0) {
        order = strcmp(a->path, b->path);
    }
    // What is sure stands before what is inferred: of two that are equal the first one stays.
    if (order == 0) {
        order = (int)a->is_inferred - (int)b->is_inferred;
    }
    return order ? order : (int)a->via - (int)b->via;
}

bool sj_blame_same(const struct sj_blame *a, const struct sj_blame *b)
{
    return a->kind == b->kind && sj_oid_eq(&a->commit, &b->commit);
}
