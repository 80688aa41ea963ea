// SPDX-License-Identifier: Apache-2.0
#include "record/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "record/framing.h"
#include "record/parts.h"

#define CHUNK      ((size_t)256 << 10) /**< bytes read at once, unless a frame is longer */
#define OPEN_TRIES 100                 /**< how often parts may vanish while they are opened */
#define ARENA_MAX  ((size_t)16 << 20)  /**< arrays of the longest note take less */

// Makes the next part and points `current` at it. Only under the lock, and only if still needed:
// whoever had the lock before may have done it. SJ_JOURNAL_ROTATED: made.
static int begin_part(int dir_fd, uint64_t limit_bytes)
{
    struct stat st;
    if (fstatat(dir_fd, SJ_JOURNAL_CURRENT, &st, 0) == 0 &&
        (limit_bytes == 0 || (uint64_t)st.st_size < limit_bytes)) {
        return 0;
    }
    SJ_AUTO(sj_parts_release) struct sj_parts parts = {0};
    int status = sj_parts_list(dir_fd, 0, &parts);
    if (status < 0) {
        return status;
    }

    char name[SJ_PART_NAME_SIZE];
    sj_part_name(parts.highest + 1, name);
    SJ_AUTO(sj_auto_close)
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        return -errno;
    }
    (void)unlinkat(dir_fd, "next", 0);
    if (symlinkat(name, dir_fd, "next") < 0 ||
        renameat(dir_fd, "next", dir_fd, SJ_JOURNAL_CURRENT) < 0) {
        status = -errno;
        (void)unlinkat(dir_fd, name, 0);
    }
    return status < 0 ? status : SJ_JOURNAL_ROTATED;
}

static int rotate(const char *dir, uint64_t limit_bytes, bool is_first)
{
    SJ_AUTO(sj_auto_close) int dir_fd = sj_parts_open(dir);
    if (dir_fd < 0) {
        return dir_fd;
    }
    SJ_AUTO(sj_auto_close) int lock = sj_parts_lock(dir_fd, is_first);
    if (lock == -EWOULDBLOCK) {
        return 0; // somebody else is at it
    }
    return lock < 0 ? lock : begin_part(dir_fd, limit_bytes);
}

static int open_current(const char *dir)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/journal/" SJ_JOURNAL_CURRENT, dir);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT) {
        return fd < 0 ? -errno : fd;
    }
    *strrchr(path, '/') = '\0';
    int status = sj_dir_make(path, 0777);
    if (status == 0) {
        status = rotate(dir, 0, true);
    }
    if (status < 0) {
        return status;
    }
    path[strlen(path)] = '/';
    fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int append(const char *dir, uint64_t limit_bytes, const struct sj_buf *frame)
{
    SJ_AUTO(sj_auto_close) int fd = open_current(dir);
    if (fd < 0) {
        return fd;
    }
    // One write: the kernel appends it whole, in one piece. Should the disk fill up in the middle,
    // the rest must not follow later, behind another's record: readers pass over the torso.
    ssize_t done;
    do {
        done = write(fd, frame->data, frame->len);
    } while (done < 0 && errno == EINTR);
    if (done < 0) {
        return -errno;
    }
    if ((size_t)done < frame->len) {
        return -ENOSPC;
    }
    struct stat st;
    if (limit_bytes > 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size >= limit_bytes) {
        // The frame is safe: should this fail, the next one tries again.
        return rotate(dir, limit_bytes, false) == SJ_JOURNAL_ROTATED ? SJ_JOURNAL_ROTATED : 0;
    }
    return 0;
}

int sj_journal_append(const char *dir, uint64_t limit_bytes, const struct sj_record *record)
{
    SJ_AUTO(sj_buf_release) struct sj_buf frame = SJ_BUF_INIT(2 * (size_t)SJ_RECORD_MAX);
    sj_record_encode(record, &frame);
    return append(dir, limit_bytes, &frame);
}

int sj_journal_append_note(const char *dir, uint64_t limit_bytes, const struct sj_note *note)
{
    SJ_AUTO(sj_buf_release) struct sj_buf frame = SJ_BUF_INIT(2 * (size_t)SJ_RECORD_MAX);
    sj_note_encode(note, &frame);
    return frame.len > 0 ? append(dir, limit_bytes, &frame) : -EMSGSIZE;
}

int sj_journal_append_frames(const char *dir, uint64_t limit_bytes, const struct sj_buf *frames)
{
    return frames->len > 0 ? append(dir, limit_bytes, frames) : 0;
}

/** One file of a journal, being read. */
struct part {
    uint64_t number;
    int fd;           // -1: given up
    uint64_t offset;  // of the next frame
    uint64_t left_ns; // CLOCK_MONOTONIC when it was found to have ended
};

struct sj_journal {
    char *dir;
    int dir_fd; // -1: there is no journal yet
    int sum_fd;
    uint64_t folded; // number of that ledger
    struct part *parts;
    size_t count;
    size_t at; // part that is read
    uint64_t skipped;
    bool is_bounded; // parts that are new do not count

    // Bytes of a part; what was decoded last points into them.
    unsigned char *data;
    size_t size;   // allocated
    size_t len;    // used
    size_t loaded; // index of the part they come from
    uint64_t base; // offset of the first

    struct sj_buf arena; // arrays of the latest note
};

static void close_parts(struct sj_journal *journal)
{
    for (size_t i = 0; i < journal->count; i++) {
        sj_auto_close(&journal->parts[i].fd);
    }
    sj_auto_close(&journal->sum_fd);
    journal->sum_fd = -1;
    journal->count = 0;
    journal->at = 0;
    journal->len = 0;
}

void sj_journal_close(struct sj_journal *journal)
{
    if (!journal) {
        return;
    }
    close_parts(journal);
    sj_auto_close(&journal->dir_fd);
    free(journal->parts);
    free(journal->data);
    sj_buf_release(&journal->arena);
    free(journal->dir);
    free(journal);
}

static int add_part(struct sj_journal *journal, uint64_t number)
{
    char name[SJ_PART_NAME_SIZE];
    sj_part_name(number, name);
    int fd = openat(journal->dir_fd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    journal->parts = sj_realloc(journal->parts, journal->count + 1, sizeof *journal->parts);
    journal->parts[journal->count++] = (struct part){.number = number, .fd = fd};
    return 0;
}

// Everything is opened at once, so that folding, which removes parts, cannot come in between.
// -ENOENT: it did; start over.
static int open_all(struct sj_journal *journal)
{
    SJ_AUTO(sj_parts_release) struct sj_parts parts = {0};
    int status = sj_parts_list(journal->dir_fd, 0, &parts);
    if (status == 0 && parts.folded > 0) {
        char name[SJ_PART_NAME_SIZE];
        sj_part_sum_name(parts.folded, name);
        journal->sum_fd = openat(journal->dir_fd, name, O_RDONLY | O_CLOEXEC);
        journal->folded = parts.folded;
        status = journal->sum_fd < 0 ? -errno : 0;
    }
    for (size_t i = 0; status == 0 && i < parts.count; i++) {
        status = add_part(journal, parts.numbers[i]);
    }
    return status;
}

static int open_journal(struct sj_journal *journal)
{
    journal->dir_fd = sj_parts_open(journal->dir);
    if (journal->dir_fd < 0) {
        return journal->dir_fd == -ENOENT ? 0 : journal->dir_fd;
    }
    int status = -ENOENT;
    for (int i = 0; i < OPEN_TRIES && status == -ENOENT; i++) {
        close_parts(journal);
        status = open_all(journal);
    }
    return status;
}

int sj_journal_open(const char *dir, struct sj_journal **out, struct sj_err *err)
{
    struct sj_journal *journal = sj_new(struct sj_journal);
    journal->dir = sj_strdup(dir);
    journal->sum_fd = -1;
    journal->arena = SJ_BUF_INIT(ARENA_MAX);
    int status = open_journal(journal);
    if (status < 0) {
        sj_journal_close(journal);
        return sj_fail(err, status, "cannot read the journal in '%s'", dir);
    }
    *out = journal;
    return 0;
}

int sj_journal_sum_fd(const struct sj_journal *journal)
{
    return journal->sum_fd;
}

// Parts that were begun since. 1: there are some.
static int find_new_parts(struct sj_journal *journal)
{
    size_t before = journal->count;
    if (journal->dir_fd < 0) {
        int status = open_journal(journal);
        return status < 0 ? status : journal->count > before;
    }
    SJ_AUTO(sj_parts_release) struct sj_parts parts = {0};
    uint64_t last = before > 0 ? journal->parts[before - 1].number : 0;
    int status = sj_parts_list(journal->dir_fd, last, &parts);
    for (size_t i = 0; status == 0 && i < parts.count; i++) {
        status = add_part(journal, parts.numbers[i]);
    }
    return status < 0 ? status : journal->count > before;
}

// Reads what follows a part's offset. The bytes there, or a negative errno.
static ssize_t load(struct sj_journal *journal, size_t index, size_t want)
{
    struct part *part = &journal->parts[index];
    if (want > journal->size) {
        journal->data = sj_realloc(journal->data, want, 1);
        journal->size = want;
    }
    ssize_t got;
    do {
        got = pread(part->fd, journal->data, journal->size, (off_t)part->offset);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        journal->len = 0;
        return -errno;
    }
    journal->loaded = index;
    journal->base = part->offset;
    journal->len = (size_t)got;
    return got;
}

// The frame at the start of some bytes; as sj_record_decode().
static int decode(struct sj_buf *arena, const void *data, size_t len, struct sj_journal_frame *out,
                  size_t *used)
{
    int status;
    if (len >= SJ_FRAMING_MAGIC && memcmp(data, SJ_FRAMING_NOTE, SJ_FRAMING_MAGIC) == 0) {
        out->kind = SJ_JOURNAL_NOTE;
        status = sj_note_decode(data, len, &out->note, arena, used);
    } else {
        out->kind = SJ_JOURNAL_RECORD;
        status = sj_record_decode(data, len, &out->record, used);
        // Bytes that are but the beginning of a magic may be that of a note.
        if (status < 0 && len < SJ_FRAMING_MAGIC && memcmp(data, SJ_FRAMING_NOTE, len) == 0) {
            status = SJ_RECORD_PARTIAL;
        }
    }
    out->data = data;
    out->len = *used;
    return status;
}

// A frame that is cut, with whole frames behind it, was left by a writer that died: the next
// whole one is where reading goes on. Bytes to skip; 0: nothing whole follows, so it may still
// grow.
static size_t find_whole(struct sj_buf *arena, const unsigned char *data, size_t len)
{
    for (size_t at = 1; at < len;) {
        struct sj_journal_frame frame;
        size_t used = 1;
        int status = decode(arena, data + at, len - at, &frame, &used);
        if (status == 0) {
            return at;
        }
        at += status == SJ_RECORD_PARTIAL ? 1 : used;
    }
    return 0;
}

static int part_next(struct sj_journal *journal, size_t index, struct sj_journal_frame *out)
{
    struct part *part = &journal->parts[index];
    for (bool is_fresh = false;;) {
        size_t have = 0;
        const unsigned char *at = journal->data;
        if (journal->len > 0 && journal->loaded == index && part->offset >= journal->base &&
            part->offset < journal->base + journal->len) {
            at += part->offset - journal->base;
            have = journal->len - (size_t)(part->offset - journal->base);
        }
        size_t used = 0;
        int status = have ? decode(&journal->arena, at, have, out, &used) : SJ_RECORD_PARTIAL;
        if (status == SJ_RECORD_PARTIAL && is_fresh) {
            used = have ? find_whole(&journal->arena, at, have) : 0;
            if (used == 0) {
                return SJ_JOURNAL_END;
            }
            status = -EBADMSG;
        }
        if (status == SJ_RECORD_PARTIAL) {
            ssize_t got = load(journal, index, have < CHUNK ? CHUNK : 2 * have);
            if (got < 0) {
                return (int)got;
            }
            // Fresh: what there is now is all there is.
            is_fresh = (size_t)got < journal->size;
            continue;
        }
        part->offset += used;
        if (status == 0) {
            return 0;
        }
        journal->skipped += used;
    }
}

static void give_up(struct sj_journal *journal, struct part *part)
{
    struct stat st;
    if (fstat(part->fd, &st) == 0 && (uint64_t)st.st_size > part->offset) {
        journal->skipped += (uint64_t)st.st_size - part->offset;
    }
    (void)close(sj_take_fd(&part->fd));
}

// What came late: from writers that opened a part just before the next was begun.
static int late_next(struct sj_journal *journal, struct sj_journal_frame *out)
{
    for (size_t i = journal->at; i-- > 0 && journal->parts[i].fd >= 0;) {
        int status = part_next(journal, i, out);
        if (status != SJ_JOURNAL_END) {
            return status;
        }
        if (sj_clock_ns(CLOCK_MONOTONIC) - journal->parts[i].left_ns > SJ_PART_LATE_NS) {
            give_up(journal, &journal->parts[i]);
        }
    }
    return SJ_JOURNAL_END;
}

int sj_journal_next_frame(struct sj_journal *journal, struct sj_journal_frame *out)
{
    for (;;) {
        int status = SJ_JOURNAL_END;
        if (journal->at < journal->count) {
            status = part_next(journal, journal->at, out);
        }
        if (status == SJ_JOURNAL_END && journal->at + 1 < journal->count) {
            journal->parts[journal->at++].left_ns = sj_clock_ns(CLOCK_MONOTONIC);
            continue;
        }
        if (status == SJ_JOURNAL_END) {
            status = late_next(journal, out);
        }
        if (status != SJ_JOURNAL_END) {
            return status;
        }
        // When there are new parts, the last one is read once more: it may have grown until then.
        status = journal->is_bounded ? 0 : find_new_parts(journal);
        if (status <= 0) {
            return status < 0 ? status : SJ_JOURNAL_END;
        }
    }
}

int sj_journal_next(struct sj_journal *journal, struct sj_record *out)
{
    struct sj_journal_frame frame;
    int status;
    do {
        status = sj_journal_next_frame(journal, &frame);
    } while (status == 0 && frame.kind != SJ_JOURNAL_RECORD);
    if (status == 0) {
        *out = frame.record;
    }
    return status;
}

int sj_journal_seek_end(struct sj_journal *journal)
{
    int status = find_new_parts(journal);
    if (status < 0) {
        return status;
    }
    for (size_t i = 0; i < journal->count; i++) {
        struct stat st;
        if (journal->parts[i].fd >= 0) {
            if (fstat(journal->parts[i].fd, &st) < 0) {
                return -errno;
            }
            journal->parts[i].offset = (uint64_t)st.st_size;
            journal->parts[i].left_ns = sj_clock_ns(CLOCK_MONOTONIC);
        }
    }
    journal->at = journal->count > 0 ? journal->count - 1 : 0;
    return 0;
}

void sj_journal_end_at(struct sj_journal *journal, uint64_t number)
{
    journal->is_bounded = true;
    while (journal->count > 0 && journal->parts[journal->count - 1].number > number) {
        (void)close(journal->parts[--journal->count].fd);
    }
}

uint64_t sj_journal_skipped(const struct sj_journal *journal)
{
    return journal->skipped;
}

int sj_journal_part(const struct sj_journal *journal, size_t index, struct sj_journal_part *out)
{
    if (index >= journal->count) {
        return SJ_JOURNAL_END;
    }
    const struct part *part = &journal->parts[index];
    *out = (struct sj_journal_part){.number = part->number, .offset = part->offset};
    struct stat st;
    unsigned char head[SJ_FRAMING_HEADER];
    if (part->fd < 0) { // given up: its end had been reached, and more never came
        out->size = part->offset;
        out->has_ended = true;
        return 0;
    }
    if (fstat(part->fd, &st) < 0) {
        return -errno;
    }
    out->size = (uint64_t)st.st_size;
    if (pread(part->fd, head, sizeof head, 0) == (ssize_t)sizeof head) {
        out->mark = sj_get_u64(head + sizeof head - 8);
    }
    uint64_t written_ns = (uint64_t)st.st_mtim.tv_sec * SJ_NS_PER_S;
    out->has_ended =
        index + 1 < journal->count && written_ns + SJ_PART_LATE_NS < sj_clock_ns(CLOCK_REALTIME);
    return 0;
}

void sj_journal_seek(struct sj_journal *journal, size_t index, uint64_t offset)
{
    journal->parts[index].offset = offset;
}

uint64_t sj_journal_folded(const struct sj_journal *journal)
{
    return journal->folded;
}
