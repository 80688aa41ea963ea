// SPDX-License-Identifier: Apache-2.0
// The format of the file that a history is kept in. All numbers are little-endian.
//
//   file    "SJHI" | version u32 | mark u64 | check u64 | part…
//           mark: random, another one each time the file is begun anew; check: of the 16 bytes
//           before
//
//   part    "SJHC" | commits u32 | changes u32 | paths u32 | people u32 | texts u32 | check u64
//           commit…  id 20 | second 20 | parent u32 | changes u32 | flags u32 | person u32 |
//                    time u64 | subject u32
//           change…  before 20 | after 20 | path u32 | type before u16 | type after u16
//           path…    text u32
//           person…  name u32 | address u32
//           texts    that many bytes, each text terminated; where one begins is what u32 stands for
//           check: of the 24 bytes before it and of all that follows it
//
// Numbers of commits, paths and people go on from part to part, so a part is read after those
// before it. A part is written by one write(): what a crash left of it fails its check.
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "key/key.h"
#include "repo/history_file.h"
#include "repo/tree_diff.h"

enum {
    VERSION = 1,
    FILE_HEADER_SIZE = 24,
    PART_HEADER_SIZE = 32,
    PART_CHECK_AT = 24,
    COMMIT_SIZE = 68,
    CHANGE_SIZE = 48,
    PATH_SIZE = 4,
    PERSON_SIZE = 8,
};

static const char file_magic[4] = {'S', 'J', 'H', 'I'};
static const char part_magic[4] = {'S', 'J', 'H', 'C'};

// A part that is being read.
struct part {
    uint32_t commits;
    uint32_t changes;
    uint32_t paths;
    uint32_t people;
    uint32_t text_len;
    const char *texts; // the history's copy
};

static uint64_t check_of(const void *data, size_t len)
{
    struct sj_key key = sj_key_of(data, len);
    return sj_get_u64(key.bytes);
}

static uint64_t check_part(const unsigned char *header, const unsigned char *body, size_t len)
{
    struct sj_hasher *hasher = sj_hasher_new();
    sj_hasher_add(hasher, header, PART_CHECK_AT);
    sj_hasher_add(hasher, body, len);
    struct sj_key key = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
    return sj_get_u64(key.bytes);
}

static bool read_header(const unsigned char *data, size_t len, uint64_t *mark)
{
    if (len < FILE_HEADER_SIZE || memcmp(data, file_magic, sizeof file_magic) != 0 ||
        sj_get_u32(data + 4) != VERSION || sj_get_u64(data + 16) != check_of(data, 16)) {
        return false;
    }
    *mark = sj_get_u64(data + 8);
    return true;
}

void sj_history_part_header(uint64_t mark, struct sj_buf *out)
{
    size_t start = out->len;
    sj_buf_add(out, file_magic, sizeof file_magic);
    sj_buf_add_u32(out, VERSION);
    sj_buf_add_u64(out, mark);
    sj_buf_add_u64(out, check_of(out->data + start, 16));
}

static const char *text_at(const struct part *part, uint32_t at)
{
    return at < part->text_len ? part->texts + at : NULL;
}

static struct sj_oid read_oid(struct sj_reader *reader)
{
    struct sj_oid oid = {0};
    const void *bytes = sj_reader_take(reader, SJ_OID_SIZE);
    if (bytes) {
        memcpy(oid.bytes, bytes, SJ_OID_SIZE);
    }
    return oid;
}

static bool read_people(struct sj_history *history, const struct part *part,
                        struct sj_reader *reader)
{
    for (uint32_t i = 0; i < part->people; i++) {
        const char *name = text_at(part, sj_reader_u32(reader));
        const char *email = text_at(part, sj_reader_u32(reader));
        if (!name || !email) {
            return false;
        }
        (void)sj_history_add_person(history, name, email);
    }
    return true;
}

static bool read_paths(struct sj_history *history, const struct part *part,
                       struct sj_reader *reader)
{
    for (uint32_t i = 0; i < part->paths; i++) {
        const char *text = text_at(part, sj_reader_u32(reader));
        if (!text || text[0] == '\0') {
            return false;
        }
        (void)sj_history_add_path(history, text);
    }
    return true;
}

static bool is_sound(const struct sj_history *history, const struct sj_commit *commit,
                     uint32_t person)
{
    uint32_t ends = commit->flags & (SJ_COMMIT_ROOT | SJ_COMMIT_CUT);
    bool has_parent = commit->parent != SJ_NO_COMMIT;
    return person < history->person_count && (commit->flags & ~SJ_COMMIT_FLAGS_ALL) == 0 &&
           (has_parent ? ends == 0 && commit->parent < history->commit_count
                       : ends == SJ_COMMIT_ROOT || ends == SJ_COMMIT_CUT) &&
           commit->subject && sj_history_find(history, &commit->id) == SJ_NO_COMMIT;
}

static bool read_commits(struct sj_history *history, const struct part *part,
                         struct sj_reader *reader)
{
    uint32_t left = part->changes;
    uint32_t change = (uint32_t)history->change_count;
    sj_history_reserve_commits(history, part->commits);
    for (uint32_t i = 0; i < part->commits; i++) {
        struct sj_commit commit = {.id = read_oid(reader)};
        commit.second = read_oid(reader);
        commit.parent = sj_reader_u32(reader);
        commit.change = change;
        commit.change_count = sj_reader_u32(reader);
        commit.flags = sj_reader_u32(reader);
        uint32_t person = sj_reader_u32(reader);
        commit.time_s = (int64_t)sj_reader_u64(reader);
        commit.subject = text_at(part, sj_reader_u32(reader));
        if (commit.change_count > left || !is_sound(history, &commit, person)) {
            return false;
        }
        left -= commit.change_count;
        change += commit.change_count;
        (void)sj_history_add_commit(history, &commit, person);
    }
    return left == 0;
}

static bool is_type(uint16_t type, const struct sj_oid *oid)
{
    return type == 0 ? sj_oid_is_zero(oid)
                     : type == SJ_TYPE_FILE || type == SJ_TYPE_PROGRAM || type == SJ_TYPE_LINK ||
                           type == SJ_TYPE_MODULE;
}

static bool read_changes(struct sj_history *history, const struct part *part, size_t first,
                         struct sj_reader *reader)
{
    sj_history_reserve_changes(history, part->changes);
    for (size_t i = first; i < first + part->commits; i++) {
        for (uint32_t k = 0; k < history->commits[i].change_count; k++) {
            struct sj_change change = {.commit = (uint32_t)i, .before = read_oid(reader)};
            change.after = read_oid(reader);
            change.path = sj_reader_u32(reader);
            change.type_before = sj_reader_u16(reader);
            change.type_after = sj_reader_u16(reader);
            if (change.path >= history->path_count ||
                !is_type(change.type_before, &change.before) ||
                !is_type(change.type_after, &change.after) ||
                (change.type_before == 0 && change.type_after == 0)) {
                return false;
            }
            history->changes[history->change_count++] = change;
        }
    }
    return true;
}

static uint64_t size_of_body(const struct part *part)
{
    return (uint64_t)part->commits * COMMIT_SIZE + (uint64_t)part->changes * CHANGE_SIZE +
           (uint64_t)part->paths * PATH_SIZE + (uint64_t)part->people * PERSON_SIZE +
           part->text_len;
}

static bool is_within_limits(const struct sj_history *history, const struct part *part)
{
    return part->commits < SJ_NO_COMMIT - 1 - history->commit_count &&
           part->changes < SJ_NO_COMMIT - 1 - history->change_count &&
           part->paths < SJ_NO_COMMIT - 1 - history->path_count &&
           part->people < SJ_NO_COMMIT - 1 - history->person_count;
}

// A part stands as a whole or not at all.
static bool read_body(struct sj_history *history, struct part *part, const unsigned char *body)
{
    size_t table_len = (size_t)(size_of_body(part) - part->text_len);
    const char *texts = (const char *)body + table_len;
    if (part->text_len > 0 && texts[part->text_len - 1] != '\0') {
        return false;
    }
    part->texts = sj_history_keep_block(history, texts, part->text_len);
    struct sj_reader reader = sj_reader_of(body, table_len);
    const struct sj_reader start = reader;
    size_t first = history->commit_count;
    // People and paths stand behind the commits and changes that name them.
    reader.at += (size_t)part->commits * COMMIT_SIZE + (size_t)part->changes * CHANGE_SIZE;
    if (!read_paths(history, part, &reader) || !read_people(history, part, &reader)) {
        return false;
    }
    reader.at = start.at;
    return read_commits(history, part, &reader) && read_changes(history, part, first, &reader);
}

static int read_part(struct sj_history *history, const unsigned char *data, size_t len,
                     size_t *used)
{
    if (len < PART_HEADER_SIZE || memcmp(data, part_magic, sizeof part_magic) != 0) {
        return -EBADMSG;
    }
    struct part part = {
        .commits = sj_get_u32(data + 4),
        .changes = sj_get_u32(data + 8),
        .paths = sj_get_u32(data + 12),
        .people = sj_get_u32(data + 16),
        .text_len = sj_get_u32(data + 20),
    };
    uint64_t size = size_of_body(&part);
    const unsigned char *body = data + PART_HEADER_SIZE;
    if (size > len - PART_HEADER_SIZE || !is_within_limits(history, &part) ||
        check_part(data, body, (size_t)size) != sj_get_u64(data + PART_CHECK_AT)) {
        return -EBADMSG;
    }
    struct sj_history_counts before = history->file.written;
    if (!read_body(history, &part, body)) {
        sj_history_cut_to(history, &before);
        return -EBADMSG;
    }
    history->file.written = sj_history_count(history);
    *used = PART_HEADER_SIZE + (size_t)size;
    return 0;
}

int sj_history_file_decode(struct sj_history *history, const void *data, size_t len, bool is_start,
                           size_t *used)
{
    size_t at = 0;
    *used = 0;
    if (is_start) {
        if (!read_header(data, len, &history->file.mark)) {
            return -EPROTO;
        }
        at = FILE_HEADER_SIZE;
    }
    int status = 0;
    while (status == 0 && at < len) {
        size_t part_len = 0;
        status = read_part(history, (const unsigned char *)data + at, len - at, &part_len);
        at += part_len;
    }
    *used = at;
    return status;
}

// Where a text begins among those of the part.
static uint32_t add_text(struct sj_buf *texts, const char *text)
{
    uint32_t at = (uint32_t)texts->len;
    sj_buf_add(texts, text, strlen(text) + 1);
    return at;
}

static void write_commits(const struct sj_history *history, size_t first, size_t end,
                          struct sj_buf *out, struct sj_buf *texts)
{
    for (size_t i = first; i < end; i++) {
        const struct sj_commit *commit = &history->commits[i];
        sj_buf_add(out, commit->id.bytes, SJ_OID_SIZE);
        sj_buf_add(out, commit->second.bytes, SJ_OID_SIZE);
        sj_buf_add_u32(out, commit->parent);
        sj_buf_add_u32(out, commit->change_count);
        sj_buf_add_u32(out, commit->flags);
        sj_buf_add_u32(out, history->persons[i]);
        sj_buf_add_u64(out, (uint64_t)commit->time_s);
        sj_buf_add_u32(out, add_text(texts, commit->subject));
    }
}

static void write_changes(const struct sj_history *history, size_t first, size_t end,
                          struct sj_buf *out)
{
    for (size_t i = first; i < end; i++) {
        const struct sj_change *change = &history->changes[i];
        sj_buf_add(out, change->before.bytes, SJ_OID_SIZE);
        sj_buf_add(out, change->after.bytes, SJ_OID_SIZE);
        sj_buf_add_u32(out, change->path);
        sj_buf_add_u16(out, change->type_before);
        sj_buf_add_u16(out, change->type_after);
    }
}

static struct sj_history_counts end_of_part(const struct sj_history *history, size_t max_commits)
{
    struct sj_history_counts end = sj_history_count(history);
    if (end.commits - history->file.written.commits > max_commits) {
        end.commits = history->file.written.commits + max_commits;
        end.changes = history->commits[end.commits].change;
    }
    return end;
}

void sj_history_file_encode(struct sj_history *history, size_t max_commits, struct sj_buf *out)
{
    struct sj_history_counts from = history->file.written;
    struct sj_history_counts end = end_of_part(history, max_commits);
    SJ_AUTO(sj_buf_release) struct sj_buf texts = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    size_t start = out->len;
    sj_buf_add(out, part_magic, sizeof part_magic);
    sj_buf_add_u32(out, (uint32_t)(end.commits - from.commits));
    sj_buf_add_u32(out, (uint32_t)(end.changes - from.changes));
    sj_buf_add_u32(out, (uint32_t)(end.paths - from.paths));
    sj_buf_add_u32(out, (uint32_t)(end.people - from.people));
    sj_buf_add_u32(out, 0); // length of the texts
    sj_buf_add_u64(out, 0); // check
    write_commits(history, from.commits, end.commits, out, &texts);
    write_changes(history, from.changes, end.changes, out);
    for (size_t i = from.paths; i < end.paths; i++) {
        sj_buf_add_u32(out, add_text(&texts, history->paths[i]));
    }
    for (size_t i = from.people; i < end.people; i++) {
        sj_buf_add_u32(out, add_text(&texts, history->people[i].name));
        sj_buf_add_u32(out, add_text(&texts, history->people[i].email));
    }
    sj_buf_add(out, texts.data, texts.len);
    out->is_full = out->is_full || texts.is_full;
    if (out->is_full) {
        return;
    }
    unsigned char *header = (unsigned char *)out->data + start;
    sj_put_u32(header + 20, (uint32_t)texts.len);
    sj_put_u64(header + PART_CHECK_AT,
               check_part(header, header + PART_HEADER_SIZE, out->len - start - PART_HEADER_SIZE));
    history->file.written = end;
}
