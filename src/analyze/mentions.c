// SPDX-License-Identifier: Apache-2.0
#include "analyze/mentions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/includes.h"
#include "base/file.h"
#include "base/mem.h"

#define TEXT_MAX    ((size_t)16 << 20) // a generated file beyond that is data
#define TARGETS_MAX 64                 // files of one name that an include may mean

/** A file by its last component. */
struct named {
    const char *name;
    uint32_t file;
};

/** What is needed on the way only. */
struct scan {
    const struct sj_view *view;
    const struct sj_fanout *fanout;
    const struct sj_edge_source *source;
    struct sj_mentions *out;
    struct sj_edges *counts;
    struct named *names; // sorted
    struct sj_oid commit;
    struct sj_buf told; // pairs of files that compilers told, u32 each
};

void sj_mentions_release(struct sj_mentions *slots)
{
    if (slots) {
        free(slots->next);
        free(slots->items);
        free(slots->targets);
        *slots = (struct sj_mentions){0};
    }
}

static const char *path_of(const struct scan *scan, uint32_t file)
{
    return sj_db_text(scan->fanout->db, scan->fanout->files[file].path);
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int compare_names(const void *left, const void *right)
{
    const struct named *a = left;
    const struct named *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : (a->file > b->file) - (a->file < b->file);
}

static void sort_names(struct scan *scan)
{
    size_t count = scan->fanout->file_count;
    scan->names = sj_calloc(count + 1, sizeof *scan->names);
    for (size_t i = 0; i < count; i++) {
        scan->names[i] = (struct named){last_component(path_of(scan, (uint32_t)i)), (uint32_t)i};
    }
    qsort(scan->names, count, sizeof *scan->names, compare_names);
}

// First file of a name, or where it would stand.
static size_t find_name(const struct scan *scan, const char *name)
{
    size_t first = 0;
    size_t count = scan->fanout->file_count;
    while (count > 0) {
        size_t half = count / 2;
        if (strcmp(scan->names[first + half].name, name) < 0) {
            first += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return first;
}

static void add_target(struct sj_mentions *slots, uint32_t file)
{
    if (slots->target_count == slots->target_size) {
        slots->target_size = slots->target_size ? slots->target_size * 2 : 1024;
        slots->targets = sj_realloc(slots->targets, slots->target_size, sizeof *slots->targets);
    }
    slots->targets[slots->target_count++] = file;
    slots->items[slots->count].count++;
}

static void begin_slot(struct sj_mentions *slots)
{
    if (slots->count == slots->size) {
        slots->size = slots->size ? slots->size * 2 : 1024;
        slots->items = sj_realloc(slots->items, slots->size, sizeof *slots->items);
    }
    slots->items[slots->count] = (struct sj_mention){.first = (uint32_t)slots->target_count};
}

static void end_slot(struct sj_mentions *slots)
{
    slots->count += slots->items[slots->count].count > 0;
}

static bool ends_with(const char *path, const char *tail)
{
    size_t path_len = strlen(path);
    size_t len = strlen(tail);
    return path_len >= len && strcmp(path + path_len - len, tail) == 0 &&
           (path_len == len || path[path_len - len - 1] == '/');
}

// Files whose paths end in a name; the one where the includer lies comes first.
static void add_targets(struct scan *scan, uint32_t includer, const char *name, bool is_quoted)
{
    struct sj_mentions *out = scan->out;
    SJ_AUTO(sj_buf_release) struct sj_buf near = SJ_BUF_INIT(16384);
    bool has_near = is_quoted && sj_include_join(path_of(scan, includer), name, &near);
    const char *tail = sj_include_tail(name);
    const char *last = last_component(tail);
    for (int is_second = !has_near; is_second < 2; is_second++) {
        for (size_t i = find_name(scan, last);
             i < scan->fanout->file_count && strcmp(scan->names[i].name, last) == 0; i++) {
            uint32_t file = scan->names[i].file;
            const char *path = path_of(scan, file);
            bool is_near = has_near && strcmp(path, near.data) == 0;
            if (file == includer || is_near == (is_second == 1) ||
                (!is_near && !ends_with(path, tail)) ||
                out->items[out->count].count == TARGETS_MAX) {
                continue;
            }
            out->items[out->count].is_near = out->items[out->count].is_near || is_near;
            add_target(out, file);
        }
    }
}

static void scan_text(struct scan *scan, uint32_t file, const struct sj_buf *text)
{
    struct sj_includes found;
    sj_includes_scan(sj_buf_text(text), text->len, &found);
    for (size_t i = 0; i < found.count; i++) {
        const struct sj_include *include = &found.items[i];
        if (include->flags & SJ_INCLUDE_ASKED) {
            continue;
        }
        if (include->form == SJ_INCLUDE_MACRO) {
            scan->counts->macros++;
            continue;
        }
        begin_slot(scan->out);
        struct sj_mention *slot = &scan->out->items[scan->out->count];
        slot->line = include->line;
        slot->is_conditional = (include->flags & SJ_INCLUDE_CONDITIONAL) != 0;
        bool is_quoted = include->form == SJ_INCLUDE_QUOTE && !(include->flags & SJ_INCLUDE_NEXT);
        add_targets(scan, file, sj_include_name(&found, i), is_quoted);
        end_slot(scan->out);
    }
    sj_includes_release(&found);
}

// The text that the latest build read, by git's name of it; else that of the commit; else, for what
// git does not track, the file as it lies there now.
static int read_text(const struct scan *scan, uint32_t file, struct sj_buf *out)
{
    struct sj_repo *repo = scan->source->repo;
    const struct sj_fanout_file *row = &scan->fanout->files[file];
    struct sj_content content;
    struct sj_oid blob = {{0}};
    if (!repo) {
        return -ENOENT;
    }
    if (sj_db_content(scan->fanout->db, row->content, &content) == 0) {
        blob = content.blob;
    }
    if (sj_oid_is_zero(&blob) && !row->is_generated && !sj_oid_is_zero(&scan->commit)) {
        (void)sj_repo_path_at(repo, &scan->commit, path_of(scan, file), &blob, NULL);
    }
    if (!sj_oid_is_zero(&blob)) {
        return sj_repo_blob_read(repo, &blob, TEXT_MAX, out);
    }
    const char *root = sj_repo_root(repo);
    if (!row->is_generated || !root) {
        return -ENOENT;
    }
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/%s", root, path_of(scan, file));
    return sj_file_read(AT_FDCWD, path, out);
}

static int compare_pairs(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;
    if (a[0] != b[0]) {
        return a[0] < b[0] ? -1 : 1;
    }
    return a[1] < b[1] ? -1 : a[1] > b[1];
}

/** A note's reader. */
struct telling {
    struct scan *scan;
    uint32_t *file_of; // by number of text: place of the file and one
    size_t size;
};

static uint32_t told_file(const struct telling *telling, const char *path)
{
    uint32_t text = sj_db_text_find(telling->scan->fanout->db, path);
    return text && text < telling->size ? telling->file_of[text] : 0;
}

static int take_note(const struct sj_note *note, void *user)
{
    struct telling *telling = user;
    for (uint32_t i = 0; i < note->pair_count; i++) {
        uint32_t from = told_file(telling, note->pairs[i].name);
        uint32_t to = told_file(telling, note->pairs[i].value);
        if (from && to && from != to) {
            const uint32_t pair[2] = {from - 1, to - 1};
            sj_buf_add(&telling->scan->told, pair, sizeof pair);
        }
    }
    return 0;
}

static int take_notes(struct scan *scan)
{
    struct telling telling = {.scan = scan};
    for (size_t i = 0; i < scan->fanout->file_count; i++) {
        uint32_t text = scan->fanout->files[i].path;
        telling.size = text >= telling.size ? (size_t)text + 1 : telling.size;
    }
    SJ_AUTO(sj_auto_free) uint32_t *file_of = sj_calloc(telling.size + 1, sizeof *file_of);
    telling.file_of = file_of;
    for (size_t i = 0; i < scan->fanout->file_count; i++) {
        file_of[scan->fanout->files[i].path] = (uint32_t)i + 1;
    }
    int status = sj_db_notes(scan->fanout->db, 0, SJ_NOTE_EDGES, take_note, &telling);
    if (scan->told.len > 0) {
        qsort(scan->told.data, scan->told.len / (2 * sizeof(uint32_t)), 2 * sizeof(uint32_t),
              compare_pairs);
    }
    return status < 0 ? status : 0;
}

static void scan_file(struct scan *scan, uint32_t file, size_t *told_at)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(TEXT_MAX + 1);
    if (read_text(scan, file, &text) == 0) {
        scan->counts->scanned++;
        scan_text(scan, file, &text);
    } else {
        scan->counts->unread++;
        if (scan->source->unread) {
            scan->source->unread(scan->source->user, path_of(scan, file));
        }
    }
    uint32_t pair[2];
    for (uint32_t last = UINT32_MAX; *told_at + sizeof pair <= scan->told.len;
         *told_at += sizeof pair) {
        memcpy(pair, scan->told.data + *told_at, sizeof pair);
        if (pair[0] != file) {
            break;
        }
        if (pair[1] != last) {
            begin_slot(scan->out);
            add_target(scan->out, pair[1]);
            end_slot(scan->out);
            scan->counts->told++;
            last = pair[1];
        }
    }
}

int sj_mentions_make(const struct sj_view *view, const struct sj_fanout *fanout, uint32_t commit,
                     const struct sj_edge_source *source, struct sj_mentions *out,
                     struct sj_edges *counts)
{
    struct scan scan = {
        .view = view,
        .fanout = fanout,
        .source = source,
        .out = out,
        .counts = counts,
        .told = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT),
    };
    *out = (struct sj_mentions){.next = sj_calloc(fanout->file_count + 2, sizeof *out->next)};
    if (view->history && commit != SJ_NO_COMMIT) {
        size_t count;
        scan.commit = sj_history_commits(view->history, &count)[commit].id;
    }
    int status = take_notes(&scan);
    if (status == 0) {
        sort_names(&scan);
        size_t told_at = 0;
        for (size_t i = 0; i < fanout->file_count; i++) {
            out->next[i] = (uint32_t)out->count;
            scan_file(&scan, (uint32_t)i, &told_at);
        }
        out->next[fanout->file_count] = (uint32_t)out->count;
    }
    free(scan.names);
    sj_buf_release(&scan.told);
    if (status < 0) {
        sj_mentions_release(out);
    }
    return status;
}
