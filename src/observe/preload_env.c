// SPDX-License-Identifier: Apache-2.0
#include "observe/preload_env.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "observe/preload.h"

#define PRELOAD "LD_PRELOAD="
#define LOG     SJ_OBSERVE_ENV "="

bool sj_block_get(struct sj_block *block, size_t size)
{
    void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) {
        *block = (struct sj_block){0};
        return false;
    }
    block->data = data;
    block->size = size;
    return true;
}

void sj_block_release(struct sj_block *block)
{
    if (block->data) {
        int saved = errno;
        (void)munmap(block->data, block->size);
        errno = saved;
    }
}

static const char *value_of(const char *entry, const char *name)
{
    size_t len = strlen(name);
    return strncmp(entry, name, len) == 0 ? entry + len : NULL;
}

/** Find our library in a list such as LD_PRELOAD has. @return NULL when it is not there */
static const char *find_library(const char *list)
{
    const char *library = sj_preload_library();
    size_t len = strlen(library);
    for (const char *at = list; *at; at += strcspn(at, ": "), at += strspn(at, ": ")) {
        if (strcspn(at, ": ") == len && memcmp(at, library, len) == 0) {
            return at;
        }
    }
    return NULL;
}

static char *put(char *at, const char *text)
{
    size_t len = strlen(text);
    memcpy(at, text, len);
    return at + len;
}

bool sj_preload_env_is_ready(char *const *env, bool is_seen)
{
    bool has_library = false;
    bool has_log = false;
    bool is_ours = true;
    for (; env && *env; env++) {
        const char *value = value_of(*env, PRELOAD);
        has_library |= value && find_library(value);
        value = value_of(*env, LOG);
        has_log |= value != NULL;
        is_ours &= !value || strcmp(value, sj_preload_log()) == 0;
    }
    return is_seen ? has_library && has_log && is_ours : !has_library && !has_log;
}

/** Write LD_PRELOAD anew, with the library in front or without it. @return NULL: needs no entry */
static char *write_preload(const char *value, bool is_seen, char **text)
{
    const char *library = sj_preload_library();
    const char *found = find_library(value);
    char *entry = *text;
    char *at = put(entry, PRELOAD);
    char *start = at;
    if (is_seen && !found) {
        at = put(at, library);
        if (*value) {
            at = put(at, ":");
        }
    }
    if (!is_seen && found) {
        const char *rest = found + strlen(library);
        rest += strspn(rest, ": ");
        memcpy(at, value, (size_t)(found - value));
        at = put(at + (found - value), rest);
        while (at > start && !*rest && strchr(": ", at[-1])) {
            at--;
        }
        if (at == start) {
            return NULL;
        }
    } else {
        at = put(at, value);
    }
    *at = '\0';
    *text = at + 1;
    return entry;
}

bool sj_preload_env_make(char *const *env, bool is_seen, struct sj_block *block, char *const **out)
{
    size_t count = 0;
    size_t bytes = sizeof PRELOAD + sizeof LOG + strlen(sj_preload_log()) +
                   2 * strlen(sj_preload_library()) + 16;
    for (; env && env[count]; count++) {
        if (value_of(env[count], PRELOAD)) {
            bytes += strlen(env[count]) + strlen(sj_preload_library()) + 2;
        }
    }
    if (!sj_block_get(block, (count + 3) * sizeof(char *) + bytes)) {
        return false;
    }
    char **entries = block->data;
    char *text = (char *)(entries + count + 3);
    size_t used = 0;
    bool has_preload = false;
    for (size_t i = 0; i < count; i++) {
        const char *value = value_of(env[i], PRELOAD);
        if (value) {
            has_preload = true;
            char *entry = write_preload(value, is_seen, &text);
            if (entry) {
                entries[used++] = entry;
            }
        } else if (!value_of(env[i], LOG)) {
            entries[used++] = env[i];
        }
    }
    if (is_seen) {
        if (!has_preload) {
            entries[used++] = write_preload("", true, &text);
        }
        entries[used++] = text;
        text = put(text, LOG);
        *put(text, sj_preload_log()) = '\0';
    }
    *out = entries;
    return true;
}
