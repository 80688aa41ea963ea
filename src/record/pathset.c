// SPDX-License-Identifier: Apache-2.0
#include "record/pathset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void sj_pathset_add(struct sj_pathset *set, struct sj_path_entry entry)
{
    if (set->count == set->size) {
        set->size = set->size ? set->size * 2 : 256;
        set->entries = sj_realloc(set->entries, set->size, sizeof *set->entries);
    }
    set->entries[set->count++] = entry;
}

static int compare_entries(const void *left, const void *right)
{
    const struct sj_path_entry *a = left;
    const struct sj_path_entry *b = right;
    int order = strcmp(a->path, b->path);
    return order ? order : (int)a->need - (int)b->need;
}

void sj_pathset_sort(struct sj_pathset *set)
{
    if (set->count == 0) {
        return;
    }
    qsort(set->entries, set->count, sizeof *set->entries, compare_entries);
    size_t kept = 1;
    for (size_t i = 1; i < set->count; i++) {
        if (compare_entries(&set->entries[i], &set->entries[kept - 1]) != 0) {
            set->entries[kept++] = set->entries[i];
        } else if (!set->entries[kept - 1].seen) {
            set->entries[kept - 1].seen = set->entries[i].seen;
        }
    }
    set->count = kept;
}

static size_t shared_bytes(const char *a, const char *b)
{
    size_t same = 0;
    while (same < UINT16_MAX && a[same] && a[same] == b[same]) {
        same++;
    }
    return same;
}

void sj_pathset_encode(const struct sj_pathset *set, struct sj_buf *out)
{
    sj_buf_addc(out, (char)SJ_PATHSET_FORMAT);
    sj_buf_add_u32(out, (uint32_t)set->count);
    const char *before = "";
    for (size_t i = 0; i < set->count; i++) {
        const char *path = set->entries[i].path;
        size_t same = shared_bytes(before, path);
        sj_buf_addc(out, (char)set->entries[i].need);
        sj_buf_add_u16(out, (uint16_t)same);
        sj_buf_add(out, path + same, strlen(path + same) + 1);
        before = path;
    }
}

static bool is_need(uint8_t byte)
{
    return byte && strchr("FDALEX", byte);
}

// One path; the arena may move, so entries keep offsets until all are read.
static int decode_path(struct sj_reader *reader, struct sj_buf *arena, size_t *before)
{
    uint16_t same = sj_reader_u16(reader);
    size_t room = (size_t)(reader->end - reader->at);
    const unsigned char *end = reader->is_bad ? NULL : memchr(reader->at, 0, room);
    if (!end || same > strlen(sj_buf_text(arena) + *before)) {
        return -EBADMSG;
    }
    size_t rest = (size_t)(end - reader->at) + 1;
    size_t start = arena->len;
    if (!sj_buf_reserve(arena, same + rest)) {
        return -EBADMSG;
    }
    sj_buf_add(arena, arena->data + *before, same);
    sj_buf_add(arena, reader->at, rest);
    (void)sj_reader_take(reader, rest);
    *before = start;
    return 0;
}

int sj_pathset_decode(const void *data, size_t len, struct sj_pathset *out, struct sj_buf *arena)
{
    struct sj_reader reader = sj_reader_of(data, len);
    uint8_t format = sj_reader_u8(&reader);
    uint32_t count = sj_reader_u32(&reader);
    // Every entry takes at least four bytes: a count that cannot be is refused before it allocates.
    if (reader.is_bad || format != SJ_PATHSET_FORMAT || count > SJ_PATHSET_MAX || count > len / 4) {
        return -EBADMSG;
    }
    size_t *offsets = sj_calloc(count, sizeof *offsets);
    struct sj_pathset set = {.entries = sj_calloc(count, sizeof *set.entries)};
    sj_buf_addc(arena, '\0');
    size_t before = 0;
    int status = 0;
    for (; status == 0 && set.count < count; set.count++) {
        uint8_t need = sj_reader_u8(&reader);
        status = is_need(need) ? decode_path(&reader, arena, &before) : -EBADMSG;
        set.entries[set.count].need = (enum sj_need)need;
        offsets[set.count] = before;
    }
    if (status == 0 && reader.at != reader.end) {
        status = -EBADMSG;
    }
    for (size_t i = 0; i < set.count; i++) {
        set.entries[i].path = arena->data + offsets[i];
    }
    free(offsets);
    if (status < 0) {
        sj_pathset_release(&set);
        return status;
    }
    set.size = count;
    *out = set;
    return 0;
}

void sj_pathset_release(struct sj_pathset *set)
{
    if (set) {
        free(set->entries);
        *set = (struct sj_pathset){0};
    }
}
