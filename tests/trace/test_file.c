// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "trace/file.h"

/** A directory with one file in it. */
struct place {
    char dir[64];
    char path[128];
};

static struct place place_of(const char *name)
{
    struct place place = {.dir = "/tmp/scrubjay-file.XXXXXX"};
    cr_assert_not_null(mkdtemp(place.dir));
    (void)snprintf(place.path, sizeof place.path, "%s/%s", place.dir, name);
    return place;
}

static void write_gz(const struct place *place, const char *data, size_t len)
{
    gzFile file = gzopen(place->path, "wb");
    cr_assert_eq(gzwrite(file, data, (unsigned)len), (int)len);
    cr_assert_eq(gzclose(file), Z_OK);
}

Test(file, plain_and_compressed_read_alike)
{
    static const char text[] = "some text\nand more\n";
    struct place plain = place_of("a.log");
    struct place packed = place_of("a.log.gz");
    cr_assert_eq(sj_file_write(plain.path, 0666, text, strlen(text)), 0);
    write_gz(&packed, text, strlen(text));
    const struct place *places[] = {&plain, &packed};
    for (size_t i = 0; i < 2; i++) {
        SJ_AUTO(sj_trace_file_release) struct sj_trace_file file = {0};
        cr_assert_eq(sj_trace_file_read(places[i]->path, 1024, &file, NULL), 0);
        const struct sj_import_source source = sj_trace_file_source(&file);
        cr_assert_str_eq(source.data, text);
        cr_assert_eq(source.len, strlen(text));
        cr_assert_str_eq(strrchr(source.path, '/'), "/a.log");
        cr_assert_gt(source.mtime_ns, 0);
    }
    (void)sj_tree_remove(plain.dir);
    (void)sj_tree_remove(packed.dir);
}

Test(file, what_grows_too_long_is_refused)
{
    struct place place = place_of("bomb.gz");
    size_t len = (size_t)8 << 20;
    SJ_AUTO(sj_auto_free) char *zeros = sj_calloc(len, 1);
    write_gz(&place, zeros, len);
    SJ_AUTO(sj_trace_file_release) struct sj_trace_file file = {0};
    struct sj_err err;
    cr_assert_eq(sj_trace_file_read(place.path, (size_t)1 << 20, &file, &err), -EFBIG);
    cr_assert(strstr(err.text, "more than 1 MiB"), "%s", err.text);
    (void)sj_tree_remove(place.dir);
}

Test(file, a_cut_archive_gives_what_there_is)
{
    struct place place = place_of("a.gz");
    size_t len = (size_t)1 << 20;
    SJ_AUTO(sj_auto_free) char *text = sj_calloc(len, 1);
    for (size_t i = 0; i < len; i++) {
        text[i] = (char)('a' + (i * i / 7) % 26);
    }
    write_gz(&place, text, len);
    struct stat st;
    cr_assert_eq(stat(place.path, &st), 0);
    cr_assert_eq(truncate(place.path, st.st_size / 2), 0);
    SJ_AUTO(sj_trace_file_release) struct sj_trace_file file = {0};
    cr_assert_eq(sj_trace_file_read(place.path, len, &file, NULL), 0);
    cr_assert_gt(file.data.len, 0);
    cr_assert_lt(file.data.len, len);
    cr_assert_eq(memcmp(file.data.data, text, file.data.len), 0);
    (void)sj_tree_remove(place.dir);
}

Test(file, what_cannot_be_read_is_named)
{
    static const struct {
        const char *path;
        int status;
    } cases[] = {{"/nowhere/at/all", -ENOENT}, {"/tmp", -EISDIR}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sj_trace_file file = {0};
        struct sj_err err;
        cr_assert_eq(sj_trace_file_read(cases[i].path, 1024, &file, &err), cases[i].status);
        cr_assert(strstr(err.text, cases[i].path));
    }
}
