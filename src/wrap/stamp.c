// SPDX-License-Identifier: Apache-2.0
#include "wrap/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "wrap/stamp_format.h"

static const char *read_text(struct sj_reader *reader)
{
    size_t room = (size_t)(reader->end - reader->at);
    const void *end = reader->is_bad ? NULL : memchr(reader->at, 0, room);
    if (!end) {
        reader->is_bad = true;
        return "";
    }
    const char *text = (const char *)reader->at;
    reader->at = (const unsigned char *)end + 1;
    return text;
}

static struct sj_key read_key(struct sj_reader *reader)
{
    struct sj_key key = {0};
    const void *at = sj_reader_take(reader, SJ_KEY_SIZE);
    if (at) {
        memcpy(key.bytes, at, SJ_KEY_SIZE);
    }
    return key;
}

static bool check_env(const struct sj_call *call, struct sj_reader *reader)
{
    struct sj_key want = read_key(reader);
    uint32_t count = sj_reader_u32(reader);
    struct sj_buf values = SJ_BUF_INIT(SJ_STAMP_LIMIT);
    for (uint32_t i = 0; i < count && !reader->is_bad; i++) {
        struct sj_key key = sj_input_env(call, read_text(reader));
        sj_buf_add(&values, key.bytes, SJ_KEY_SIZE);
    }
    struct sj_key have = sj_key_of(sj_buf_text(&values), values.len);
    sj_buf_release(&values);
    return sj_key_eq(&want, &have);
}

// A path under construction: the directory, a slash, and room for names.
struct joined {
    char path[8192];
    size_t dir_len;
};

static bool join_dir(struct joined *joined, const char *dir)
{
    size_t len = strlen(dir);
    if (len + 2 > sizeof joined->path / 2) {
        return false;
    }
    memcpy(joined->path, dir, len + 1);
    if (len && dir[len - 1] != '/') {
        joined->path[len++] = '/';
    }
    joined->dir_len = len;
    return true;
}

static bool join_name(struct joined *joined, const char *name)
{
    size_t len = strlen(name) + 1;
    if (joined->dir_len + len > sizeof joined->path) {
        return false;
    }
    memcpy(joined->path + joined->dir_len, name, len);
    return true;
}

static bool check_files(struct joined *joined, struct sj_reader *reader, unsigned count,
                        struct sj_buf *states)
{
    for (unsigned i = 0; i < count; i++) {
        struct sj_filestat stat;
        if (!join_name(joined, read_text(reader)) || reader->is_bad ||
            sj_filestat_get(AT_FDCWD, joined->path, &stat) < 0) {
            return false;
        }
        unsigned char *at = (unsigned char *)sj_buf_reserve(states, SJ_FILESTAT_SIZE);
        if (!at) {
            return false;
        }
        sj_filestat_encode(&stat, at);
        states->len += SJ_FILESTAT_SIZE;
    }
    return true;
}

static bool check_absent(struct joined *joined, struct sj_reader *reader, unsigned count,
                         bool is_known)
{
    for (unsigned i = 0; i < count; i++) {
        const char *name = read_text(reader);
        struct sj_filestat stat;
        if (!is_known && (!join_name(joined, name) ||
                          sj_filestat_get(AT_FDCWD, joined->path, &stat) < 0 || stat.mode)) {
            return false;
        }
    }
    return true;
}

static bool check_group(struct sj_reader *reader, struct joined *joined, struct sj_buf *states,
                        struct sj_buf *dirs)
{
    const char *dir = read_text(reader);
    unsigned flags = sj_reader_u8(reader);
    uint64_t state = sj_reader_u64(reader);
    unsigned files = sj_reader_u16(reader);
    unsigned absent = sj_reader_u16(reader);
    if (reader->is_bad || !join_dir(joined, dir)) {
        return false;
    }
    bool is_still = false;
    if (flags & SJ_GROUP_STATE) {
        struct sj_filestat stat;
        if (sj_filestat_get(AT_FDCWD, *dir ? dir : ".", &stat) < 0 || !S_ISDIR(stat.mode)) {
            return false;
        }
        sj_stamp_add_dir(dirs, &stat);
        is_still = state && state == sj_stamp_state(&stat);
        if ((flags & SJ_GROUP_LISTED) && !is_still) {
            return false;
        }
    }
    return check_files(joined, reader, files, states) &&
           check_absent(joined, reader, absent, is_still);
}

static bool check_groups(struct sj_reader *reader)
{
    struct sj_key want = read_key(reader);
    uint32_t groups = sj_reader_u32(reader);
    struct sj_buf states = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_buf dirs = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct joined joined;
    (void)sj_buf_reserve(&states, 100 * SJ_FILESTAT_SIZE);
    bool is_same = true;
    for (uint32_t i = 0; is_same && i < groups; i++) {
        is_same = check_group(reader, &joined, &states, &dirs);
    }
    sj_stamp_add_equals(&dirs, &states);
    sj_buf_release(&dirs);
    struct sj_key have = sj_key_of(sj_buf_text(&states), states.len);
    sj_buf_release(&states);
    return is_same && !reader->is_bad && sj_key_eq(&want, &have);
}

int sj_stamp_check(const struct sj_call *call, const void *data, size_t len, struct sj_stamp *out)
{
    struct sj_reader reader = sj_reader_of(data, len);
    if (sj_reader_u8(&reader) != SJ_STAMP_FORMAT) {
        return -EBADMSG;
    }
    unsigned flags = sj_reader_u8(&reader);
    struct sj_stamp stamp = {
        .is_auto_color = flags & SJ_STAMP_AUTO_COLOR,
        .has_outputs = flags & SJ_STAMP_HAS_OUTPUTS,
        .strong = read_key(&reader),
    };
    if (!check_env(call, &reader)) {
        return reader.is_bad ? -EBADMSG : SJ_STAMP_DIFFERS;
    }
    stamp.toolchain = read_text(&reader);
    stamp.source = read_text(&reader);
    stamp.language = read_text(&reader);
    stamp.output = read_text(&reader);
    stamp.path_count = sj_reader_u32(&reader);
    stamp.paths = reader;
    for (uint32_t i = 0; i < stamp.path_count && !reader.is_bad; i++) {
        (void)read_text(&reader);
    }
    if (reader.is_bad) {
        return -EBADMSG;
    }
    if (!check_groups(&reader)) {
        return SJ_STAMP_DIFFERS;
    }
    *out = stamp;
    return 0;
}

const char *sj_stamp_next_path(struct sj_stamp *stamp)
{
    if (stamp->path_count == 0) {
        return NULL;
    }
    stamp->path_count--;
    return read_text(&stamp->paths);
}
