// SPDX-License-Identifier: Apache-2.0
#include "wrap/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

int sj_input_content(struct sj_call *call, const char *path, const struct sj_filestat *stat,
                     struct sj_batch *batch, struct sj_key *out)
{
    // The store remembers files by absolute path; a relative one is completed by where we are.
    char *joined = path[0] == '/' ? NULL : sj_asprintf("%s/%s", call->place.cwd, path);
    const char *name = joined ? joined : path;
    int status = sj_store_file_find(call->store, name, stat, out);
    if (status == SJ_STORE_MISS) {
        uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME_COARSE);
        SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        status = fd < 0 ? -errno : sj_key_of_fd(fd, out, NULL);
        // What was read must be what the state stands for.
        struct sj_filestat after;
        if (status == 0 && (sj_filestat_get(fd, "", &after) < 0 || !sj_filestat_eq(stat, &after))) {
            status = -ENOENT;
        }
        if (status == 0 && !sj_filestat_is_racy(stat, now_ns)) {
            sj_batch_file(batch, name, stat, out);
        }
    }
    free(joined);
    return status;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

// Key of the sorted names in a directory.
static int names_content(const char *path, struct sj_key *out)
{
    SJ_AUTO(sj_auto_closedir) DIR *dir = opendir(path);
    if (!dir) {
        return -errno;
    }
    char **names = NULL;
    size_t count = 0;
    size_t size = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (count == size) {
            size = size ? size * 2 : 64;
            names = sj_realloc(names, size, sizeof *names);
        }
        names[count++] = sj_strdup(entry->d_name);
    }
    struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    if (count) {
        qsort(names, count, sizeof *names, compare_names);
    }
    for (size_t i = 0; i < count; i++) {
        sj_buf_add(&text, names[i], strlen(names[i]) + 1);
        free(names[i]);
    }
    free(names);
    *out = sj_key_of(sj_buf_text(&text), text.len);
    sj_buf_release(&text);
    return 0;
}

// Variables that differ from terminal to terminal, or that have a place of their own in the keys.
static bool is_of_session(const char *variable)
{
    static const char *const names[] = {
        "COLORTERM=", "COLUMNS=",   "DBUS_",   "DISPLAY=",  "LINES=", "LS_COLORS=",
        "MAKEFLAGS=", "MAKELEVEL=", "MFLAGS=", "OLDPWD=",   "PATH=",  "PWD=",
        "SCRUBJAY_",  "SHLVL=",     "SSH_",    "STY=",      "TEMP=",  "TERM=",
        "TMP=",       "TMPDIR=",    "TMUX",    "WINDOWID=", "XDG_",   "_=",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (sj_skip_prefix(variable, names[i])) {
            return true;
        }
    }
    return false;
}

static struct sj_key whole_environment(const struct sj_call *call)
{
    size_t count = 0;
    while (call->env[count]) {
        count++;
    }
    const char **variables = sj_calloc(count, sizeof *variables);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_of_session(call->env[i])) {
            variables[kept++] = call->env[i];
        }
    }
    qsort(variables, kept, sizeof *variables, compare_names);
    struct sj_buf text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < kept; i++) {
        sj_buf_add(&text, variables[i], strlen(variables[i]) + 1);
    }
    struct sj_key key = sj_key_of(sj_buf_text(&text), text.len);
    sj_buf_release(&text);
    free(variables);
    return key;
}

struct sj_key sj_input_env(const struct sj_call *call, const char *name)
{
    if (strcmp(name, SJ_ENV_ALL) == 0) {
        return whole_environment(call);
    }
    const char *value = sj_call_env(call, name);
    if (!value) {
        return (struct sj_key){0};
    }
    return sj_key_of(value, strlen(value) + 1);
}

static int probe_content(struct sj_call *call, struct sj_input *input, struct sj_batch *batch)
{
    if (!S_ISREG(input->stat.mode)) {
        return SJ_INPUTS_DIFFER;
    }
    int status = sj_input_content(call, input->path, &input->stat, batch, &input->key);
    return status == -ENOENT || status == -EACCES ? SJ_INPUTS_DIFFER : status;
}

// A link that leads nowhere is as absent as nothing, but says so by its mode: it can come to life
// without its directory noticing.
static int probe_absent(struct sj_input *input)
{
    struct stat st;
    if (lstat(input->path, &st) < 0) {
        return errno == ENOENT || errno == ENOTDIR ? 0 : SJ_INPUTS_DIFFER;
    }
    if (!S_ISLNK(st.st_mode) || stat(input->path, &st) == 0 ||
        (errno != ENOENT && errno != ENOTDIR)) {
        return SJ_INPUTS_DIFFER;
    }
    input->stat.mode = S_IFLNK;
    return 0;
}

// Look for a program on PATH. What lies before it is written to `tried` when that is not NULL.
static bool find_program(struct sj_call *call, const char *name, struct sj_input *found,
                         struct sj_input *tried, size_t *tried_count)
{
    const char *at = call->place.path;
    size_t len;
    for (const char *dir; (dir = sj_path_next(&at, &len));) {
        char *path = sj_call_alloc(call, len + strlen(name) + 3);
        memcpy(path, len ? dir : ".", len ? len : 1);
        path[len ? len : 1] = '/';
        memcpy(path + (len ? len : 1) + 1, name, strlen(name) + 1);
        struct sj_filestat stat;
        if (sj_filestat_get(AT_FDCWD, path, &stat) == 0 && S_ISREG(stat.mode) &&
            (stat.mode & 0111)) {
            *found = (struct sj_input){.need = SJ_NEED_CONTENT, .path = path, .stat = stat};
            return true;
        }
        if (tried) {
            struct sj_input *absent = &tried[(*tried_count)++];
            *absent = (struct sj_input){.need = SJ_NEED_ABSENT, .path = path};
            (void)probe_absent(absent);
        }
    }
    return false;
}

size_t sj_input_tries(const struct sj_call *call)
{
    size_t dirs = 1;
    for (const char *at = call->place.path; at; at = strchr(at, ':'), at = at ? at + 1 : NULL) {
        dirs++;
    }
    return dirs;
}

bool sj_input_expand(struct sj_call *call, const struct sj_input *program, struct sj_input *out,
                     size_t *count)
{
    struct sj_input found = {0};
    if (find_program(call, program->path, &found, out, count)) {
        out[(*count)++] = found;
    }
    return sj_filestat_eq(&found.stat, &program->stat);
}

static int probe_program(struct sj_call *call, struct sj_input *input, struct sj_batch *batch)
{
    struct sj_input found;
    if (!find_program(call, input->path, &found, NULL, NULL)) {
        return 0;
    }
    input->stat = found.stat;
    return sj_input_content(call, found.path, &found.stat, batch, &input->key);
}

static int probe_one(struct sj_call *call, struct sj_input *input, struct sj_batch *batch)
{
    if (input->need == SJ_NEED_ENV) {
        input->key = sj_input_env(call, input->path);
        return 0;
    }
    if (input->need == SJ_NEED_PROGRAM) {
        return probe_program(call, input, batch);
    }
    if (input->need == SJ_NEED_ABSENT) {
        return probe_absent(input);
    }
    if (sj_filestat_get(AT_FDCWD, input->path, &input->stat) < 0) {
        return SJ_INPUTS_DIFFER;
    }
    switch (input->need) {
    case SJ_NEED_CONTENT:
        return probe_content(call, input, batch);
    case SJ_NEED_DIR:
        return S_ISDIR(input->stat.mode) ? 0 : SJ_INPUTS_DIFFER;
    case SJ_NEED_NAMES:
        return S_ISDIR(input->stat.mode) && names_content(input->path, &input->key) == 0
                   ? 0
                   : SJ_INPUTS_DIFFER;
    case SJ_NEED_ABSENT:
    case SJ_NEED_PROGRAM:
    case SJ_NEED_ENV:
        break;
    }
    return SJ_INPUTS_DIFFER;
}

static const char *unfold(struct sj_call *call, const struct sj_path_entry *entry,
                          struct sj_buf *scratch)
{
    if (entry->need == SJ_NEED_ENV || entry->need == SJ_NEED_PROGRAM ||
        entry->path[0] != SJ_BASE_MARK) {
        return entry->path;
    }
    if (sj_place_unfold(&call->place, entry->path, scratch) < 0) {
        return NULL;
    }
    char *path = sj_call_alloc(call, scratch->len + 1);
    memcpy(path, scratch->data, scratch->len);
    return path;
}

// The compiler's own files are a hundred times larger than what it compiles, which is what the
// number of bytes is to tell. Sources may be executable by mistake, but have a dot in their name.
static bool is_program(const struct sj_input *input)
{
    const char *slash = strrchr(input->path, '/');
    const char *name = slash ? slash + 1 : input->path;
    const char *library = strstr(name, ".so");
    return ((input->stat.mode & 0111) != 0 && !strchr(name, '.')) ||
           (library && (library[3] == '\0' || library[3] == '.'));
}

int sj_inputs_probe(struct sj_call *call, const struct sj_pathset *set, struct sj_batch *batch,
                    struct sj_inputs *out)
{
    struct sj_inputs inputs = {
        .items = sj_call_alloc(call, set->count * sizeof *inputs.items),
        .count = set->count,
    };
    struct sj_buf scratch = SJ_BUF_INIT(1u << 16);
    int status = 0;
    for (size_t i = 0; status == 0 && i < set->count; i++) {
        struct sj_input *input = &inputs.items[i];
        input->need = set->entries[i].need;
        input->path = unfold(call, &set->entries[i], &scratch);
        status = input->path ? probe_one(call, input, batch) : SJ_INPUTS_DIFFER;
        if (status != 0) {
            sj_log("path set does not fit: %c '%s'", (int)input->need, set->entries[i].path);
        }
        if (status == 0 && input->need == SJ_NEED_CONTENT) {
            inputs.bytes += is_program(input) ? 0 : input->stat.size;
            inputs.files++;
        }
    }
    sj_buf_release(&scratch);
    if (status == 0) {
        *out = inputs;
    }
    return status;
}

struct identity {
    uint64_t dev;
    uint64_t ino;
    size_t index;
};

static int compare_identities(const void *left, const void *right)
{
    const struct identity *a = left;
    const struct identity *b = right;
    if (a->dev != b->dev) {
        return a->dev < b->dev ? -1 : 1;
    }
    if (a->ino != b->ino) {
        return a->ino < b->ino ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

// Pairs of entries that are one file or directory, as (later entry, first entry). A directory that
// is on the search path by two names is searched once.
static void add_aliases(const struct sj_inputs *inputs, struct sj_buf *buf)
{
    struct identity *files = sj_calloc(inputs->count, sizeof *files);
    size_t count = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        enum sj_need need = inputs->items[i].need;
        if (need == SJ_NEED_CONTENT || need == SJ_NEED_DIR) {
            const struct sj_filestat *stat = &inputs->items[i].stat;
            files[count++] = (struct identity){stat->dev, stat->ino, i};
        }
    }
    qsort(files, count, sizeof *files, compare_identities);
    size_t first = 0;
    for (size_t i = 1; i < count; i++) {
        if (files[i].dev != files[first].dev || files[i].ino != files[first].ino) {
            first = i;
            continue;
        }
        sj_buf_add_u32(buf, (uint32_t)files[i].index);
        sj_buf_add_u32(buf, (uint32_t)files[first].index);
    }
    free(files);
}

struct twin {
    const struct sj_input *input;
    size_t index;
};

static int compare_twins(const void *left, const void *right)
{
    const struct twin *a = left;
    const struct twin *b = right;
    int order = memcmp(a->input->key.bytes, b->input->key.bytes, SJ_KEY_SIZE);
    return order ? order : (a->index < b->index ? -1 : a->index > b->index);
}

// Pairs of entries with equal content and equal times: gcc takes such files for one under #pragma
// once and #import. Its times are whole seconds.
static void add_twins(const struct sj_inputs *inputs, struct sj_buf *buf)
{
    struct twin *files = sj_calloc(inputs->count, sizeof *files);
    size_t count = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        if (inputs->items[i].need == SJ_NEED_CONTENT && inputs->items[i].stat.size) {
            files[count++] = (struct twin){&inputs->items[i], i};
        }
    }
    qsort(files, count, sizeof *files, compare_twins);
    for (size_t i = 1; i < count; i++) {
        const struct sj_input *a = files[i - 1].input;
        const struct sj_input *b = files[i].input;
        if (sj_key_eq(&a->key, &b->key) &&
            a->stat.mtime_ns / (int64_t)SJ_NS_PER_S == b->stat.mtime_ns / (int64_t)SJ_NS_PER_S) {
            sj_buf_add_u32(buf, (uint32_t)files[i - 1].index);
            sj_buf_add_u32(buf, (uint32_t)files[i].index);
        }
    }
    free(files);
}

struct sj_key sj_inputs_strong(const struct sj_key *weak, const struct sj_key *pathset,
                               const struct sj_inputs *inputs)
{
    struct sj_buf buf = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_add(&buf, weak->bytes, SJ_KEY_SIZE);
    sj_buf_add(&buf, pathset->bytes, SJ_KEY_SIZE);
    for (size_t i = 0; i < inputs->count; i++) {
        sj_buf_add(&buf, inputs->items[i].key.bytes, SJ_KEY_SIZE);
    }
    add_aliases(inputs, &buf);
    sj_buf_addc(&buf, '=');
    add_twins(inputs, &buf);
    struct sj_key key = sj_key_of(buf.data, buf.len);
    sj_buf_release(&buf);
    return key;
}
