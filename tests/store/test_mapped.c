// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fixture.h"
#include "store/mapped.h"

TestSuite(mapped, .init = fixture_set_up, .fini = fixture_tear_down);

#define SIZE ((size_t)64 << 10)

static int make_file(void)
{
    SJ_AUTO(sj_auto_free) char *path = fixture_path("file");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    static char bytes[SIZE];
    fixture_fill(bytes, SIZE, 1);
    cr_assert_eq(write(fd, bytes, SIZE), (ssize_t)SIZE);
    return fd;
}

Test(mapped, shows_what_the_file_holds)
{
    static const struct {
        uint64_t offset;
        uint64_t len;
        bool is_there;
    } rows[] = {
        {0, SIZE, true},  {100, 5000, true},      {SIZE - 1, 1, true},    {SIZE, 1, false},
        {1, SIZE, false}, {0, UINT64_MAX, false}, {UINT64_MAX, 1, false}, {SIZE, 4096, false},
    };
    SJ_AUTO(sj_auto_close) int fd = make_file();
    struct sj_mapped mapped = {0};
    sj_mapped_open(&mapped, fd);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *at = sj_mapped_at(&mapped, fd, rows[i].offset, rows[i].len);
        cr_assert_eq(at != NULL, rows[i].is_there, "row %zu", i);
        if (at) {
            static char copy[SIZE];
            static char want[SIZE];
            cr_assert_eq(sj_mapped_copy(copy, at, rows[i].len), 0);
            cr_assert_eq(pread(fd, want, rows[i].len, (off_t)rows[i].offset), (ssize_t)rows[i].len);
            cr_assert_eq(memcmp(copy, want, rows[i].len), 0, "row %zu", i);
        }
    }
    sj_mapped_close(&mapped);
    cr_assert_null(sj_mapped_at(&mapped, fd, 0, 1));
}

Test(mapped, sees_the_file_grow)
{
    SJ_AUTO(sj_auto_close) int fd = make_file();
    struct sj_mapped mapped = {0};
    sj_mapped_open(&mapped, fd);
    cr_assert_null(sj_mapped_at(&mapped, fd, SIZE, 3));
    cr_assert_eq(pwrite(fd, "new", 3, (off_t)SIZE), 3);
    const char *at = sj_mapped_at(&mapped, fd, SIZE, 3);
    char copy[3];
    cr_assert_not_null(at);
    cr_assert_eq(sj_mapped_copy(copy, at, sizeof copy), 0);
    cr_assert_eq(memcmp(copy, "new", 3), 0);
    sj_mapped_close(&mapped);
}

Test(mapped, what_was_cut_off_is_an_error_and_again)
{
    SJ_AUTO(sj_auto_close) int fd = make_file();
    struct sj_mapped mapped = {0};
    sj_mapped_open(&mapped, fd);
    char copy[100];
    const char *at = sj_mapped_at(&mapped, fd, SIZE - 4096, sizeof copy);
    cr_assert_eq(sj_mapped_copy(copy, at, sizeof copy), 0);
    cr_assert_eq(ftruncate(fd, 4096), 0);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(sj_mapped_copy(copy, at, sizeof copy), -EIO);
        cr_assert_eq(sj_mapped_copy(copy, mapped.base, sizeof copy), 0);
    }
    // And the kernel, told to send it, says so.
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    cr_assert_eq(write(ends[1], at, sizeof copy), -1);
    cr_assert_eq(errno, EFAULT);
    (void)close(ends[0]);
    (void)close(ends[1]);
    sj_mapped_close(&mapped);
}

Test(mapped, the_bus_errors_of_others_are_theirs, .signal = SIGBUS)
{
    SJ_AUTO(sj_auto_close) int fd = make_file();
    struct sj_mapped mapped = {0};
    // A sanitizer's own would end the program otherwise than by the signal.
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    cr_assert_eq(sigaction(SIGBUS, &plain, NULL), 0);
    sj_mapped_open(&mapped, fd);
    cr_assert_eq(ftruncate(fd, 0), 0);
    volatile const char *at = mapped.base;
    cr_assert_eq(*at, 0);
}

Test(mapped, what_cannot_be_mapped_is_not)
{
    struct sj_mapped mapped = {0};
    sj_mapped_open(&mapped, -1);
    cr_assert_null(mapped.base);
    cr_assert_null(sj_mapped_at(&mapped, -1, 0, 1));
    sj_mapped_close(&mapped);
}
