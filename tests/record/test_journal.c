// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "record/journal.h"

static char dir[64];

static void setup(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/test-journal-XXXXXX");
    cr_assert(mkdtemp(dir));
}

static void teardown(void)
{
    (void)sj_tree_remove(dir);
}

TestSuite(journal, .init = setup, .fini = teardown);

static int append(uint64_t limit, uint32_t mark)
{
    struct sj_record record = {.outcome = SJ_OUTCOME_HIT, .pid = mark, .args = "-c a.c -o a.o"};
    int status = sj_journal_append(dir, limit, &record);
    return status == SJ_JOURNAL_ROTATED ? 0 : status;
}

static struct sj_journal *open_journal(void)
{
    struct sj_journal *journal = NULL;
    struct sj_err err;
    cr_assert_eq(sj_journal_open(dir, &journal, &err), 0, "%s", err.text);
    return journal;
}

static void expect_next(struct sj_journal *journal, uint32_t mark)
{
    struct sj_record record = {0};
    cr_assert_eq(sj_journal_next(journal, &record), 0, "record %u", mark);
    cr_assert_eq(record.pid, mark, "%u instead of %u", record.pid, mark);
    cr_assert_str_eq(record.args, "-c a.c -o a.o");
}

static void expect_end(struct sj_journal *journal)
{
    struct sj_record record;
    cr_assert_eq(sj_journal_next(journal, &record), SJ_JOURNAL_END);
}

static char *part_path(int number)
{
    return sj_asprintf("%s/journal/%08d", dir, number);
}

Test(journal, that_does_not_exist_is_empty_and_may_come_later)
{
    struct sj_journal *journal = open_journal();
    expect_end(journal);
    cr_assert_eq(append(0, 1), 0);
    expect_next(journal, 1);
    expect_end(journal);
    sj_journal_close(journal);
    sj_journal_close(NULL);
}

Test(journal, is_read_in_order_and_followed)
{
    for (uint32_t i = 0; i < 100; i++) {
        cr_assert_eq(append(0, i), 0);
    }
    struct sj_journal *journal = open_journal();
    for (uint32_t i = 0; i < 100; i++) {
        expect_next(journal, i);
    }
    expect_end(journal);
    for (uint32_t i = 100; i < 110; i++) {
        cr_assert_eq(append(0, i), 0);
        expect_next(journal, i);
        expect_end(journal);
    }
    sj_journal_close(journal);
}

Test(journal, seek_end_passes_over_what_is_there)
{
    for (uint32_t i = 0; i < 50; i++) {
        cr_assert_eq(append(500, i), 0);
    }
    struct sj_journal *journal = open_journal();
    cr_assert_eq(sj_journal_seek_end(journal), 0);
    expect_end(journal);
    for (uint32_t i = 0; i < 50; i++) {
        cr_assert_eq(append(500, i), 0);
    }
    for (uint32_t i = 0; i < 50; i++) {
        expect_next(journal, i);
    }
    expect_end(journal);
    cr_expect_eq(sj_journal_skipped(journal), 0);
    sj_journal_close(journal);
}

Test(journal, is_rotated_and_read_across_parts)
{
    struct sj_journal *follower = open_journal();
    for (uint32_t i = 0; i < 200; i++) {
        cr_assert_eq(append(1000, i), 0);
        expect_next(follower, i);
    }
    sj_journal_close(follower);

    char *path = part_path(5);
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    cr_expect_geq(st.st_size, 1000);
    cr_expect_lt(st.st_size, 1100);
    free(path);
    struct sj_journal *journal = open_journal();
    for (uint32_t i = 0; i < 200; i++) {
        expect_next(journal, i);
    }
    expect_end(journal);
    sj_journal_close(journal);
}

Test(journal, rotation_is_told)
{
    const struct sj_record record = {.outcome = SJ_OUTCOME_HIT};
    cr_expect_eq(sj_journal_append(dir, 50, &record), 0);
    cr_expect_eq(sj_journal_append(dir, 50, &record), 0);
    cr_expect_eq(sj_journal_append(dir, 50, &record), SJ_JOURNAL_ROTATED);
    cr_expect_eq(sj_journal_append(dir, 50, &record), 0);
}

Test(journal, late_write_into_the_part_before_is_still_seen)
{
    cr_assert_eq(append(0, 0), 0);
    char *first = part_path(1);
    int late = open(first, O_WRONLY | O_APPEND | O_CLOEXEC);
    cr_assert_geq(late, 0);
    free(first);
    cr_assert_eq(append(1, 1), 0); // fills the part: the next begins
    cr_assert_eq(append(0, 2), 0);
    struct sj_journal *journal = open_journal();
    expect_next(journal, 0);
    expect_next(journal, 1);
    expect_next(journal, 2);
    expect_end(journal);

    struct sj_record record = {.outcome = SJ_OUTCOME_HIT, .pid = 3, .args = "-c a.c -o a.o"};
    struct sj_buf frame = SJ_BUF_INIT(SJ_RECORD_MAX);
    sj_record_encode(&record, &frame);
    cr_assert_eq(sj_fd_write(late, frame.data, frame.len), 0);
    expect_next(journal, 3);
    expect_end(journal);
    sj_buf_release(&frame);
    (void)close(late);
    sj_journal_close(journal);
}

static size_t part_size(const char *path)
{
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    return (size_t)st.st_size;
}

Test(journal, cut_in_the_middle_loses_one_record)
{
    char *path = part_path(1);
    cr_assert_eq(append(0, 1), 0);
    size_t frame = part_size(path);
    for (size_t cut = 1; cut < frame; cut++) {
        cr_assert_eq(truncate(path, (off_t)cut), 0);
        cr_assert_eq(append(0, 2), 0);
        cr_assert_eq(append(0, 3), 0);
        struct sj_journal *journal = open_journal();
        expect_next(journal, 2);
        expect_next(journal, 3);
        expect_end(journal);
        cr_expect_eq(sj_journal_skipped(journal), cut);
        sj_journal_close(journal);

        cr_assert_eq(truncate(path, 0), 0);
        cr_assert_eq(append(0, 1), 0);
    }
    free(path);
}

Test(journal, garbage_in_the_middle_is_passed_over)
{
    char *path = part_path(1);
    cr_assert_eq(append(0, 1), 0);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    // A header that promises four megabytes more must not hide what follows.
    static const char garbage[] = "\0\1\2SJR1SJR1\xf0\xff\x3f\0 SJR";
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(sj_fd_write(fd, garbage, sizeof garbage), 0);
    }
    cr_assert_eq(append(0, 2), 0);
    struct sj_journal *journal = open_journal();
    expect_next(journal, 1);
    expect_next(journal, 2);
    expect_end(journal);
    cr_expect_eq(sj_journal_skipped(journal), 100 * sizeof garbage);
    sj_journal_close(journal);
    (void)close(fd);
    free(path);
}

Test(journal, record_longer_than_a_chunk_is_read)
{
    size_t len = (size_t)3 << 20;
    char *args = sj_calloc(len + 1, 1);
    memset(args, 'a', len);
    struct sj_record record = {.outcome = SJ_OUTCOME_HIT, .args = args};
    cr_assert_eq(append(0, 1), 0);
    cr_assert_eq(sj_journal_append(dir, 0, &record), 0);
    cr_assert_eq(append(0, 2), 0);
    struct sj_journal *journal = open_journal();
    expect_next(journal, 1);
    cr_assert_eq(sj_journal_next(journal, &record), 0);
    cr_expect_eq(strlen(record.args), len);
    expect_next(journal, 2);
    expect_end(journal);
    sj_journal_close(journal);
    free(args);
}

Test(journal, dangling_link_is_mended)
{
    cr_assert_eq(append(0, 1), 0);
    char *path = part_path(1);
    cr_assert_eq(unlink(path), 0);
    free(path);
    cr_assert_eq(append(0, 2), 0);
    struct sj_journal *journal = open_journal();
    expect_next(journal, 2);
    expect_end(journal);
    sj_journal_close(journal);
}

Test(journal, failure_to_write_is_told)
{
    char *path = sj_asprintf("%s/journal", dir);
    cr_assert_eq(sj_file_write(path, 0600, "", 0), 0);
    cr_expect_eq(append(0, 1), -ENOTDIR);
    free(path);
}

Test(journal, concurrent_appenders_lose_nothing)
{
    enum {
        PROCESSES = 16,
        RECORDS = 200,
    };
    for (uint32_t process = 0; process < PROCESSES; process++) {
        pid_t pid = fork();
        cr_assert_geq(pid, 0);
        if (pid == 0) {
            for (uint32_t i = 0; i < RECORDS; i++) {
                if (append(10000, process * RECORDS + i) < 0) {
                    _exit(1);
                }
            }
            _exit(0);
        }
    }
    // Follow while they write, across a dozen rotations.
    static unsigned char seen[PROCESSES * RECORDS];
    struct sj_journal *journal = open_journal();
    int left = PROCESSES;
    for (bool is_last = false; !is_last;) {
        int status;
        while (left > 0 && waitpid(-1, &status, WNOHANG) > 0) {
            cr_assert_eq(status, 0);
            left--;
        }
        is_last = left == 0;
        struct sj_record record;
        while (sj_journal_next(journal, &record) == 0) {
            cr_assert_lt(record.pid, PROCESSES * RECORDS);
            seen[record.pid]++;
        }
    }
    cr_expect_eq(sj_journal_skipped(journal), 0);
    for (size_t i = 0; i < sizeof seen; i++) {
        cr_assert_eq(seen[i], 1, "record %zu was seen %d times", i, seen[i]);
    }
    sj_journal_close(journal);
}

static int append_note(uint64_t time_ns)
{
    struct sj_note_pair pair = {"branch", "main"};
    struct sj_note note = {.kind = SJ_NOTE_BEGIN, .time_ns = time_ns, .pairs = &pair};
    note.pair_count = 1;
    return sj_journal_append_note(dir, 0, &note);
}

Test(journal, notes_stand_between_records)
{
    cr_assert_eq(append(0, 1), 0);
    cr_assert_eq(append_note(7), 0);
    cr_assert_eq(append(0, 2), 0);
    struct sj_journal *journal = open_journal();
    expect_next(journal, 1);
    expect_next(journal, 2);
    expect_end(journal);
    cr_assert_eq(append_note(8), 0);
    expect_end(journal);
    cr_assert_eq(append(0, 3), 0);
    expect_next(journal, 3);
    cr_expect_eq(sj_journal_skipped(journal), 0, "a note is no damage");
    sj_journal_close(journal);

    journal = open_journal();
    static const uint64_t expected[] = {1, 7, 2, 8, 3}; // pids and times
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct sj_journal_frame frame;
        cr_assert_eq(sj_journal_next_frame(journal, &frame), 0);
        if (frame.kind == SJ_JOURNAL_NOTE) {
            cr_expect_eq(frame.note.time_ns, expected[i]);
            cr_expect_str_eq(sj_note_value(&frame.note, "branch"), "main");
            cr_expect_eq(memcmp(frame.data, "SJN1", 4), 0);
        } else {
            cr_expect_eq(frame.record.pid, expected[i]);
        }
    }
    sj_journal_close(journal);
}

Test(journal, a_note_that_is_cut_is_passed_over_when_more_follows)
{
    cr_assert_eq(append(0, 1), 0);
    cr_assert_eq(append_note(7), 0);
    char *path = part_path(1);
    struct stat st;
    cr_assert_eq(stat(path, &st), 0);
    cr_assert_eq(truncate(path, st.st_size - 3), 0);
    struct sj_journal *journal = open_journal();
    expect_next(journal, 1);
    expect_end(journal);
    cr_assert_eq(append_note(8), 0);
    cr_assert_eq(append(0, 2), 0);
    expect_next(journal, 2);
    cr_expect_gt(sj_journal_skipped(journal), 0);
    free(path);
    sj_journal_close(journal);
}
