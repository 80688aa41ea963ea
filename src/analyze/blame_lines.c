// SPDX-License-Identifier: Apache-2.0
#include "analyze/blame_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void sj_blame_lines_release(struct sj_blame_lines *lines)
{
    if (lines) {
        free(lines->items);
        sj_keymap_release(&lines->map);
        *lines = (struct sj_blame_lines){0};
    }
}

static struct sj_blame_line *push(struct sj_blame_lines *lines)
{
    if (lines->count == lines->size) {
        lines->size = lines->size ? 2 * lines->size : 32;
        lines->items = sj_realloc(lines->items, lines->size, sizeof *lines->items);
    }
    struct sj_blame_line *line = &lines->items[lines->count++];
    *line = (struct sj_blame_line){
        .name = "", .detail = "", .place = SJ_NO_COMMIT, .row = UINT32_MAX, .is_inferred = true};
    return line;
}

// The line of a name; a new one takes the pool's texts.
static struct sj_blame_line *find(const struct sj_bill *bill, struct sj_blame_lines *lines,
                                  const char *name, size_t len, const char *detail)
{
    struct sj_hasher *hasher = sj_hasher_new();
    sj_hasher_field(hasher, name, len);
    sj_hasher_text(hasher, detail);
    struct sj_key key = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
    bool is_new;
    uint32_t *place = sj_keymap_put(&lines->map, &key, &is_new);
    if (is_new) {
        *place = (uint32_t)lines->count;
        struct sj_blame_line *line = push(lines);
        line->name = sj_pool_bytes(bill->pool, name, len);
        line->detail = sj_pool_text(bill->pool, detail);
    }
    return &lines->items[*place];
}

static void add_row(struct sj_blame_line *line, const struct sj_bill_row *row)
{
    line->is_inferred = line->is_inferred && row->is_inferred;
    line->ways |= row->ways;
    line->charge_ns += row->charge_ns;
    line->whole_ns += row->whole_ns;
    line->alone_ns += row->alone_ns;
    line->compiles += row->compiles;
    line->commits++;
}

static const struct sj_commit *commit_of(const struct sj_history *history, const struct sj_oid *id,
                                         uint32_t *place)
{
    *place = history ? sj_history_find(history, id) : SJ_NO_COMMIT;
    if (*place == SJ_NO_COMMIT) {
        return NULL;
    }
    size_t count;
    return &sj_history_commits(history, &count)[*place];
}

static int by_charge(const void *left, const void *right)
{
    const struct sj_blame_line *a = left;
    const struct sj_blame_line *b = right;
    if (a->charge_ns != b->charge_ns) {
        return a->charge_ns > b->charge_ns ? -1 : 1;
    }
    if (a->compiles != b->compiles) {
        return a->compiles > b->compiles ? -1 : 1;
    }
    int order = strcmp(a->name, b->name);
    return order ? order : memcmp(a->commit.bytes, b->commit.bytes, SJ_OID_SIZE);
}

static void sort(struct sj_blame_lines *lines)
{
    if (lines->count > 0) {
        qsort(lines->items, lines->count, sizeof *lines->items, by_charge);
    }
}

// Merges' parts are in the charge of their merge.
static bool is_own_commit(const struct sj_bill_row *row)
{
    return row->kind == SJ_BLAME_COMMIT && sj_oid_is_zero(&row->merge);
}

static void add_commit(const struct sj_history *history, const struct sj_bill *bill, uint32_t index,
                       struct sj_blame_lines *out)
{
    const struct sj_bill_row *row = &bill->rows[index];
    struct sj_blame_line *line = push(out);
    line->commit = row->commit;
    line->row = index;
    (void)commit_of(history, &row->commit, &line->place);
    add_row(line, row);
}

static void add_author(const struct sj_history *history, const struct sj_bill *bill,
                       const struct sj_bill_row *row, struct sj_blame_lines *out)
{
    uint32_t place;
    const struct sj_commit *commit = commit_of(history, &row->commit, &place);
    const char *name = commit ? commit->author : "(not in this repository)";
    add_row(find(bill, out, name, strlen(name), commit ? commit->email : ""), row);
}

static void add_file_to(struct sj_blame_line *line, const struct sj_bill_file *file)
{
    line->is_inferred = false;
    line->charge_ns += file->charge_ns;
    line->compiles += file->compiles;
    line->commits++;
}

static void add_directories(const struct sj_bill *bill, const struct sj_bill_file *file,
                            struct sj_blame_lines *out)
{
    add_file_to(find(bill, out, ".", 1, ""), file);
    for (const char *slash = strchr(file->path, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (slash > file->path) {
            add_file_to(find(bill, out, file->path, (size_t)(slash - file->path), ""), file);
        }
    }
}

static void add_file(const struct sj_bill *bill, const struct sj_bill_file *file,
                     struct sj_blame_lines *out)
{
    const char *name = file->path[0] ? file->path : "(no file)";
    struct sj_blame_line *line = find(bill, out, name, strlen(name), "");
    add_file_to(line, file);
    line->whole_ns += file->whole_ns;
    line->alone_ns += file->alone_ns;
}

static void add_cause(const struct sj_bill *bill, uint32_t index, struct sj_blame_lines *out)
{
    const struct sj_bill_row *row = &bill->rows[index];
    const char *name = sj_blame_name(row->kind);
    // By cause all commits are one.
    bool is_commit = row->kind == SJ_BLAME_COMMIT;
    struct sj_blame_line *line = find(bill, out, name, strlen(name), is_commit ? "" : row->why);
    line->kind = row->kind;
    line->row = is_commit ? UINT32_MAX : index;
    add_row(line, row);
}

void sj_blame_lines_make(const struct sj_bill *bill, const struct sj_history *history,
                         enum sj_blame_by by, struct sj_blame_lines *out)
{
    bool is_by_file = by == SJ_BLAME_BY_DIRECTORY || by == SJ_BLAME_BY_FILE;
    for (uint32_t i = 0; i < bill->row_count && !is_by_file; i++) {
        const struct sj_bill_row *row = &bill->rows[i];
        if (by == SJ_BLAME_BY_CAUSE && sj_oid_is_zero(&row->merge)) {
            add_cause(bill, i, out);
        } else if (by == SJ_BLAME_BY_COMMIT && is_own_commit(row)) {
            add_commit(history, bill, i, out);
        } else if (by == SJ_BLAME_BY_AUTHOR && is_own_commit(row)) {
            add_author(history, bill, row, out);
        }
    }
    for (size_t i = 0; i < bill->file_count && is_by_file; i++) {
        const struct sj_bill_file *file = &bill->files[i];
        if (!is_own_commit(&bill->rows[file->row])) {
            continue;
        }
        if (by == SJ_BLAME_BY_DIRECTORY) {
            add_directories(bill, file, out);
        } else {
            add_file(bill, file, out);
        }
    }
    sort(out);
}

void sj_blame_lines_causes(const struct sj_bill *bill, enum sj_blame_group group,
                           struct sj_blame_lines *out)
{
    for (uint32_t i = 0; i < bill->row_count; i++) {
        const struct sj_bill_row *row = &bill->rows[i];
        if (row->kind != SJ_BLAME_COMMIT && sj_blame_group(row->kind) == group) {
            add_cause(bill, i, out);
        }
    }
    sort(out);
}

void sj_blame_lines_parts(const struct sj_bill *bill, const struct sj_history *history,
                          const struct sj_oid *merge, struct sj_blame_lines *out)
{
    for (uint32_t i = 0; i < bill->row_count; i++) {
        const struct sj_bill_row *row = &bill->rows[i];
        if (row->kind == SJ_BLAME_COMMIT && sj_oid_eq(&row->merge, merge)) {
            add_commit(history, bill, i, out);
        }
    }
    sort(out);
}

void sj_blame_index_make(const struct sj_bill *bill, struct sj_blame_index *out)
{
    out->first = sj_calloc(bill->row_count + 1, sizeof *out->first);
    out->next = sj_calloc(bill->file_count + 1, sizeof *out->next);
    for (size_t i = 0; i < bill->row_count; i++) {
        out->first[i] = UINT32_MAX;
    }
    for (size_t i = bill->file_count; i-- > 0;) {
        uint32_t row = bill->files[i].row;
        out->next[i] = out->first[row];
        out->first[row] = (uint32_t)i;
    }
}

void sj_blame_index_release(struct sj_blame_index *index)
{
    if (index) {
        free(index->first);
        free(index->next);
        *index = (struct sj_blame_index){0};
    }
}

void sj_blame_lines_files(const struct sj_bill *bill, const struct sj_blame_index *index,
                          uint32_t row, struct sj_blame_lines *out)
{
    for (uint32_t i = index->first[row]; i != UINT32_MAX; i = index->next[i]) {
        if (bill->files[i].path[0]) {
            add_file(bill, &bill->files[i], out);
        }
    }
    sort(out);
}
