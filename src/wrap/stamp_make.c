// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "wrap/stamp.h"
#include "wrap/stamp_format.h"

// One mention of a directory: a file in it, a path absent from it, or the directory alone.
struct mention {
    const char *dir;
    size_t dir_len;
    enum sj_need need;
    const char *name;
    struct sj_filestat dir_stat;
    bool is_link; // a link stands at an absent path: it may come to life without moving its
                  // directory
    size_t order;
};

// Bytes of a directory's path without what adds nothing to it: "/." and "/" at its end.
static size_t dir_len_of(const char *path, size_t len)
{
    while (len > 1 && (path[len - 1] == '/' || (path[len - 1] == '.' && path[len - 2] == '/'))) {
        len--;
    }
    return len == 1 && path[0] == '.' ? 0 : len;
}

static void split(const char *path, size_t len, struct mention *out)
{
    const char *slash = memrchr(path, '/', len);
    out->dir = path;
    out->dir_len = slash ? (size_t)(slash - path) : 0;
    out->name = slash ? slash + 1 : path;
    if (slash == path) {
        out->dir_len = 1;
    }
}

// States of directories met while a stamp is made: many absent paths share few of them.
#define KNOWN_DIRS 256u

struct known_dirs {
    struct sj_key keys[KNOWN_DIRS];
    struct sj_filestat stats[KNOWN_DIRS];
    bool is_link[KNOWN_DIRS]; // nothing is there but a link that leads nowhere
    bool is_used[KNOWN_DIRS];
};

static int dir_stat(struct known_dirs *known, const char *dir, size_t len, struct sj_filestat *out,
                    bool *is_link)
{
    char path[4096];
    if (len >= sizeof path) {
        return -ENAMETOOLONG;
    }
    struct sj_key key = sj_key_of(dir, len);
    unsigned slot = key.bytes[0] % KNOWN_DIRS;
    if (known->is_used[slot] && sj_key_eq(&known->keys[slot], &key)) {
        *out = known->stats[slot];
        *is_link = known->is_link[slot];
        return 0;
    }
    memcpy(path, dir, len);
    path[len] = '\0';
    int status = sj_filestat_get(AT_FDCWD, len ? path : ".", out);
    if (status == 0) {
        struct stat st;
        *is_link = out->mode == 0 && lstat(path, &st) == 0;
        known->keys[slot] = key;
        known->is_link[slot] = *is_link;
        known->stats[slot] = *out;
        known->is_used[slot] = true;
    }
    return status;
}

// Turn an absent path into the nearest directory that exists and what is looked for in it: the
// first missing component, or, where a file stands in the way of a directory, the whole rest.
static bool locate_absent(struct sj_call *call, struct known_dirs *known, struct mention *mention,
                          const char *path)
{
    size_t end = strlen(path);
    for (size_t len = end;; len = mention->dir_len) {
        bool is_link;
        split(path, len, mention);
        if (dir_stat(known, mention->dir, mention->dir_len, &mention->dir_stat, &is_link) < 0) {
            return false;
        }
        mention->is_link = mention->is_link || is_link;
        if (S_ISDIR(mention->dir_stat.mode)) {
            break;
        }
        end = mention->dir_stat.mode ? strlen(path) : mention->dir_len;
    }
    size_t len = end - (size_t)(mention->name - path);
    char *name = sj_call_alloc(call, len + 1);
    memcpy(name, mention->name, len);
    mention->name = name;
    return true;
}

static int compare_mentions(const void *left, const void *right)
{
    const struct mention *a = left;
    const struct mention *b = right;
    size_t len = a->dir_len < b->dir_len ? a->dir_len : b->dir_len;
    int order = memcmp(a->dir, b->dir, len);
    if (order == 0 && a->dir_len != b->dir_len) {
        order = a->dir_len < b->dir_len ? -1 : 1;
    }
    if (order == 0 && a->need != b->need) {
        // Files before absent paths, as they are written.
        order = a->need > b->need ? -1 : 1;
    }
    if (order == 0) {
        order = strcmp(a->name, b->name);
    }
    return order ? order : (a->order < b->order ? -1 : a->order > b->order);
}

static bool same_dir(const struct mention *a, const struct mention *b)
{
    return a->dir_len == b->dir_len && memcmp(a->dir, b->dir, a->dir_len) == 0;
}

// The literal key holds the state of the compiler, by its own path and by where its links lead.
static bool is_tool(const struct sj_call *call, const char *path)
{
    if (strcmp(path, call->tool.path) == 0) {
        return true;
    }
    const char *name = strrchr(path, '/');
    char target[PATH_MAX];
    return name && path[0] == '/' && sj_toolchain_find(name + 1) &&
           realpath(call->tool.path, target) && strcmp(path, target) == 0;
}

// Collect what each directory is mentioned for. False: a path cannot be placed.
static bool collect(struct sj_call *call, const struct sj_inputs *inputs, struct mention *mentions,
                    size_t *count)
{
    struct known_dirs *known = sj_call_alloc(call, sizeof *known);
    for (size_t i = 0; i < inputs->count; i++) {
        const struct sj_input *input = &inputs->items[i];
        struct mention mention = {
            .need = input->need,
            .is_link = S_ISLNK(input->stat.mode),
            .order = i,
        };
        switch (input->need) {
        case SJ_NEED_ENV:
        case SJ_NEED_PROGRAM:
            continue;
        case SJ_NEED_CONTENT:
            if (is_tool(call, input->path)) {
                continue;
            }
            split(input->path, strlen(input->path), &mention);
            break;
        case SJ_NEED_DIR:
        case SJ_NEED_NAMES:
            mention.dir = input->path;
            mention.dir_len = dir_len_of(input->path, strlen(input->path));
            mention.name = "";
            mention.dir_stat = input->stat;
            break;
        case SJ_NEED_ABSENT:
            if (!locate_absent(call, known, &mention, input->path)) {
                return false;
            }
            break;
        }
        mentions[(*count)++] = mention;
    }
    return true;
}

// Drop what is said twice.
static size_t drop_doubles(struct mention *mentions, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mention *before = kept ? &mentions[kept - 1] : NULL;
        bool is_double = before && same_dir(before, &mentions[i]) &&
                         before->need == mentions[i].need &&
                         strcmp(before->name, mentions[i].name) == 0;
        if (!is_double) {
            mentions[kept++] = mentions[i];
        }
    }
    return kept;
}

// What is said of one directory; all its mentions stand side by side.
struct group {
    unsigned flags;
    bool has_link;
    struct sj_filestat stat;
    uint16_t files;
    uint16_t absent;
    struct sj_buf names;
};

static void gather(const struct mention *mentions, size_t count, struct group *group)
{
    for (size_t i = 0; i < count; i++) {
        const struct mention *mention = &mentions[i];
        if (mention->need == SJ_NEED_CONTENT) {
            group->files++;
            sj_buf_add(&group->names, mention->name, strlen(mention->name) + 1);
            continue;
        }
        group->flags |= SJ_GROUP_STATE;
        group->stat = mention->dir_stat;
        group->has_link = group->has_link || mention->is_link;
        if (mention->need == SJ_NEED_NAMES) {
            group->flags |= SJ_GROUP_LISTED;
        }
        if (mention->need == SJ_NEED_ABSENT) {
            group->absent++;
            sj_buf_add(&group->names, mention->name, strlen(mention->name) + 1);
        }
    }
}

// Whether what is absent from a directory is absent still. Asked after its state was taken: a whole
// tree may have been put in its place since the paths were looked for, and that tree may be old.
static bool are_absent(const struct mention *mentions, size_t count)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < count; i++) {
        const struct mention *mention = &mentions[i];
        struct stat st;
        if (mention->need != SJ_NEED_ABSENT) {
            continue;
        }
        const char *slash =
            mention->dir_len && mention->dir[mention->dir_len - 1] != '/' ? "/" : "";
        int used = snprintf(path, sizeof path, "%.*s%s%s", (int)mention->dir_len, mention->dir,
                            slash, mention->name);
        if (used < 0 || (size_t)used >= sizeof path || stat(path, &st) == 0) {
            return false;
        }
    }
    return true;
}

// The directory's state may stand for its absent paths only if it has not moved since before they
// were looked for.
static bool add_group(struct sj_call *call, const struct mention *mentions, size_t count,
                      struct sj_buf *out, struct sj_buf *dirs)
{
    if (count > UINT16_MAX) {
        return false;
    }
    struct group group = {.names = SJ_BUF_INIT(SJ_STAMP_LIMIT)};
    gather(mentions, count, &group);
    if (group.flags & SJ_GROUP_STATE) {
        sj_stamp_add_dir(dirs, &group.stat);
    }
    uint64_t state = 0;
    if ((group.flags & SJ_GROUP_STATE) && !group.has_link &&
        !sj_filestat_is_racy(&group.stat, call->start_coarse_ns)) {
        state = sj_stamp_state(&group.stat);
    }
    bool is_good = state ? are_absent(mentions, count) : !(group.flags & SJ_GROUP_LISTED);
    sj_buf_add(out, mentions->dir, mentions->dir_len);
    sj_buf_addc(out, '\0');
    sj_buf_addc(out, (char)group.flags);
    sj_buf_add_u64(out, state);
    sj_buf_add_u16(out, group.files);
    sj_buf_add_u16(out, group.absent);
    sj_buf_add(out, group.names.data, group.names.len);
    sj_buf_release(&group.names);
    return is_good;
}

// The states of all files, in the order of the groups.
static void add_states(const struct mention *mentions, size_t count, const struct sj_inputs *inputs,
                       struct sj_buf *states)
{
    for (size_t i = 0; i < count; i++) {
        if (mentions[i].need == SJ_NEED_CONTENT) {
            unsigned char bytes[SJ_FILESTAT_SIZE];
            sj_filestat_encode(&inputs->items[mentions[i].order].stat, bytes);
            sj_buf_add(states, bytes, sizeof bytes);
        }
    }
}

static bool add_groups(struct sj_call *call, const struct mention *mentions, size_t count,
                       const struct sj_inputs *inputs, struct sj_buf *out)
{
    struct sj_buf states = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_buf dirs = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    add_states(mentions, count, inputs, &states);
    struct sj_key key = {0};
    size_t key_at = out->len;
    sj_buf_add(out, key.bytes, SJ_KEY_SIZE);

    size_t count_at = out->len;
    sj_buf_add_u32(out, 0);
    uint32_t groups = 0;
    bool is_good = true;
    for (size_t i = 0; is_good && i < count; groups++) {
        size_t end = i + 1;
        while (end < count && same_dir(&mentions[i], &mentions[end])) {
            end++;
        }
        is_good = add_group(call, &mentions[i], end - i, out, &dirs);
        i = end;
    }
    sj_stamp_add_equals(&dirs, &states);
    key = sj_key_of(sj_buf_text(&states), states.len);
    if (!out->is_full) {
        memcpy(out->data + key_at, key.bytes, SJ_KEY_SIZE);
        sj_put_u32(out->data + count_at, groups);
    }
    sj_buf_release(&states);
    sj_buf_release(&dirs);
    return is_good && !out->is_full;
}

static void add_text(struct sj_buf *out, const char *text)
{
    text = text ? text : "";
    sj_buf_add(out, text, strlen(text) + 1);
}

static void add_env(const struct sj_call *call, const struct sj_inputs *inputs, struct sj_buf *out)
{
    struct sj_buf names = SJ_BUF_INIT(SJ_STAMP_LIMIT);
    struct sj_buf values = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    uint32_t count = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        if (inputs->items[i].need == SJ_NEED_ENV) {
            struct sj_key key = sj_input_env(call, inputs->items[i].path);
            sj_buf_add(&values, key.bytes, SJ_KEY_SIZE);
            add_text(&names, inputs->items[i].path);
            count++;
        }
    }
    struct sj_key key = sj_key_of(sj_buf_text(&values), values.len);
    sj_buf_add(out, key.bytes, SJ_KEY_SIZE);
    sj_buf_add_u32(out, count);
    sj_buf_add(out, names.data, names.len);
    sj_buf_release(&names);
    sj_buf_release(&values);
}

static void add_outputs(const struct sj_call *call, const struct sj_result *result,
                        struct sj_buf *out)
{
    sj_buf_add_u32(out, (uint32_t)result->output_count);
    for (size_t i = 0; i < result->output_count; i++) {
        const struct sj_result_output *output = &result->outputs[i];
        sj_buf_adds(out, call->action.outputs[output->slot].path);
        sj_buf_add(out, output->suffix.data, output->suffix.len);
        sj_buf_addc(out, '\0');
    }
}

// All that the literal action depends on by state: the path set's files, programs by the paths that
// were tried for them, and the response files, which are part of no path set.
static bool complete(struct sj_call *call, const struct sj_inputs *inputs, struct sj_inputs *all)
{
    size_t programs = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        programs += inputs->items[i].need == SJ_NEED_PROGRAM;
    }
    size_t room = inputs->count + call->args.file_count + programs * sj_input_tries(call);
    *all = (struct sj_inputs){.items = sj_call_alloc(call, (room + 1) * sizeof *all->items)};
    for (size_t i = 0; i < inputs->count; i++) {
        const struct sj_input *input = &inputs->items[i];
        if (input->need != SJ_NEED_PROGRAM) {
            all->items[all->count++] = *input;
        } else if (!sj_input_expand(call, input, all->items, &all->count)) {
            return false;
        }
    }
    for (size_t i = 0; i < call->args.file_count; i++) {
        struct sj_input *input = &all->items[all->count++];
        *input = (struct sj_input){.need = SJ_NEED_CONTENT, .path = call->args.files[i]};
        if (sj_filestat_get(AT_FDCWD, input->path, &input->stat) < 0) {
            return false;
        }
    }
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].need == SJ_NEED_CONTENT &&
            sj_filestat_is_racy(&all->items[i].stat, call->start_coarse_ns)) {
            return false;
        }
    }
    return true;
}

bool sj_stamp_make(struct sj_call *call, const struct sj_key *strong,
                   const struct sj_result *result, const struct sj_inputs *inputs,
                   struct sj_buf *out)
{
    struct sj_inputs all;
    if (!complete(call, inputs, &all)) {
        return false;
    }
    struct mention *mentions = sj_call_alloc(call, (all.count + 1) * sizeof *mentions);
    size_t count = 0;
    if (!collect(call, &all, mentions, &count)) {
        return false;
    }
    qsort(mentions, count, sizeof *mentions, compare_mentions);
    count = drop_doubles(mentions, count);

    const struct sj_action *action = &call->action;
    sj_buf_addc(out, (char)SJ_STAMP_FORMAT);
    sj_buf_addc(out, (char)((action->color_arg ? SJ_STAMP_AUTO_COLOR : 0) |
                            (action->output_count ? SJ_STAMP_HAS_OUTPUTS : 0)));
    sj_buf_add(out, strong->bytes, SJ_KEY_SIZE);
    add_env(call, &all, out);
    add_text(out, call->tool.toolchain->name);
    add_text(out, action->source);
    add_text(out, action->language);
    add_text(out, action->output_count ? action->outputs[0].path : NULL);
    add_outputs(call, result, out);
    return add_groups(call, mentions, count, &all, out);
}
