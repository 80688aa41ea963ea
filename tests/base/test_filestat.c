// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/filestat.h"

Test(filestat, what_is_not_there_reads_as_zero)
{
    const struct sj_filestat zero = {0};
    struct sj_filestat stat = {.ino = 1};
    cr_assert_eq(sj_filestat_get(AT_FDCWD, "/nonexistent/file", &stat), 0);
    cr_assert_eq(memcmp(&stat, &zero, sizeof stat), 0);
    cr_assert_eq(sj_filestat_get(AT_FDCWD, "/dev/null/below", &stat), 0);
    cr_assert_eq(stat.mode, 0);
}

Test(filestat, a_name_that_cannot_be_looked_up_is_a_failure)
{
    char name[5000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct sj_filestat stat;
    cr_assert_eq(sj_filestat_get(AT_FDCWD, name, &stat), -ENAMETOOLONG);
}

Test(filestat, an_open_file_has_the_state_of_its_path)
{
    struct sj_filestat by_path;
    struct sj_filestat by_fd;
    int fd = open("/bin/sh", O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(sj_filestat_get(fd, "", &by_fd), 0);
    cr_assert_eq(sj_filestat_get(AT_FDCWD, "/bin/sh", &by_path), 0);
    (void)close(fd);
    unsigned char a[SJ_FILESTAT_SIZE];
    unsigned char b[SJ_FILESTAT_SIZE];
    sj_filestat_encode(&by_fd, a);
    sj_filestat_encode(&by_path, b);
    cr_assert_eq(memcmp(a, b, sizeof a), 0);
    cr_assert_gt(by_path.size, 0);
}

Test(filestat, every_member_shows_in_the_encoded_form)
{
    const struct sj_filestat base = {
        .dev = 1, .ino = 2, .size = 3, .mtime_ns = 4, .ctime_ns = 5, .mode = 0100644};
    struct sj_filestat other[5] = {base, base, base, base, base};
    other[0].dev++;
    other[1].ino++;
    other[2].size++;
    other[3].mtime_ns++;
    other[4].ctime_ns++;
    unsigned char a[SJ_FILESTAT_SIZE];
    sj_filestat_encode(&base, a);
    for (size_t i = 0; i < 5; i++) {
        unsigned char b[SJ_FILESTAT_SIZE];
        sj_filestat_encode(&other[i], b);
        cr_expect_neq(memcmp(a, b, sizeof a), 0, "member %zu", i);
    }
}

Test(filestat, a_young_state_is_not_trusted)
{
    enum {
        SECOND = 1000000000
    };
    const int64_t start = 1000 * (int64_t)SECOND + 5;
    static const struct {
        int64_t mtime, ctime; // relative to the start
        bool is_racy;
    } cases[] = {
        {-1, -1, false},
        {0, -1, true},
        {-1, 0, true},
        {+1, -1, true},
        {-5, -1, true},          // a whole second, the present one
        {-5 - SECOND, -1, true}, // and the one before
        {-5 - 2 * SECOND, -1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sj_filestat stat = {.mtime_ns = start + cases[i].mtime,
                                         .ctime_ns = start + cases[i].ctime};
        cr_expect_eq(sj_filestat_is_racy(&stat, (uint64_t)start), cases[i].is_racy, "case %zu", i);
    }
}
