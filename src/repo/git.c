// SPDX-License-Identifier: Apache-2.0
#include "repo/git.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

int sj_git_errno(int code)
{
    static const struct {
        int code;
        int status;
    } table[] = {
        {GIT_ENOTFOUND, -ENOENT},  {GIT_EEXISTS, -EEXIST},      {GIT_EAMBIGUOUS, -ENOTUNIQ},
        {GIT_EBUFS, -ENOBUFS},     {GIT_EBAREREPO, -ENOTDIR},   {GIT_EUNBORNBRANCH, -ENOENT},
        {GIT_ELOCKED, -EBUSY},     {GIT_EINVALIDSPEC, -EINVAL}, {GIT_EOWNER, -EPERM},
        {GIT_ECONFLICT, -EEXIST},  {GIT_EPEEL, -EINVAL},        {GIT_EINVALID, -EINVAL},
        {GIT_EMISMATCH, -EBADMSG}, {GIT_EDIRECTORY, -EISDIR},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].code == code) {
            return table[i].status;
        }
    }
    return code < 0 ? -EIO : code;
}

// libgit2 quotes names of the repository: they are no command to a terminal.
static void tame(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f) {
            *text = '?';
        }
    }
}

int sj_git_fail(struct sj_err *err, int code, const char *format, ...)
{
    char text[384];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const git_error *last = git_error_last();
    bool is_said = last && last->message && last->message[0];
    (void)sj_fail_plain(err, sj_git_errno(code), "%s%s%s", text, is_said ? ": " : "",
                        is_said ? last->message : "");
    if (err) {
        tame(err->text);
    }
    return sj_git_errno(code);
}

void sj_git_each_setting(git_config *config, const char *prefix, const char *suffix,
                         void (*visit)(const char *name, size_t len, const char *value, void *user),
                         void *user)
{
    git_config_iterator *iterator = NULL;
    git_config_entry *entry = NULL;
    if (git_config_iterator_new(&iterator, config) < 0) {
        return;
    }
    while (git_config_next(&entry, iterator) == 0) {
        const char *name = sj_skip_prefix(entry->name, prefix);
        if (name && strlen(name) > strlen(suffix) && sj_has_suffix(name, suffix) && entry->value) {
            visit(name, strlen(name) - strlen(suffix), entry->value, user);
        }
    }
    git_config_iterator_free(iterator);
}
