// SPDX-License-Identifier: Apache-2.0
#include "record/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "record/journal.h"
#include "record/parts.h"

// The file. Numbers are little-endian; `bytes` is a length in 32 bits and the bytes.
//
//     0  4  magic "SJL1"
//     4  4  length of the body
//     8  8  first 8 bytes of the XXH3-128 of the body
//    16     body: u32 rows, each
//             bytes build, u32 day, u64 for each of `sums`,
//             u32 reasons, each: u8 outcome, bytes reason, u64 count, u64 CPU in nanoseconds
#define MAGIC       "SJL1"
#define HEADER_SIZE 16
#define FILE_MAX    ((size_t)256 << 20)
#define TEXT_MAX    65535
#define DAY_NS      (86400 * SJ_NS_PER_S)

#define AT(member) offsetof(struct sj_summary, member)

// One for each outcome; adding an outcome means a new magic.
static const size_t sums[] = {
    AT(count[SJ_OUTCOME_HIT]),
    AT(count[SJ_OUTCOME_MISS]),
    AT(count[SJ_OUTCOME_BYPASS]),
    AT(count[SJ_OUTCOME_FAILED]),
    AT(count[SJ_OUTCOME_ERROR]),
    AT(cpu_ns[SJ_OUTCOME_HIT]),
    AT(cpu_ns[SJ_OUTCOME_MISS]),
    AT(cpu_ns[SJ_OUTCOME_BYPASS]),
    AT(cpu_ns[SJ_OUTCOME_FAILED]),
    AT(cpu_ns[SJ_OUTCOME_ERROR]),
    AT(saved_ns),
    AT(own_ns),
    AT(wall_ns),
    AT(fast),
    AT(stored),
    AT(links),
    AT(audits),
    AT(differs),
    AT(output_bytes),
    AT(peak_rss_bytes),
    AT(first_ns),
    AT(last_ns),
};
_Static_assert(SJ_SUMMARY_OUTCOMES == 6, "each outcome has its rows in `sums`");

#define SUMS (sizeof sums / sizeof sums[0])

void sj_ledger_release(struct sj_ledger *ledger)
{
    if (!ledger) {
        return;
    }
    for (size_t i = 0; i < ledger->count; i++) {
        free(ledger->rows[i].build);
        sj_summary_release(&ledger->rows[i].summary);
    }
    free(ledger->rows);
    *ledger = (struct sj_ledger){0};
}

static struct sj_ledger_row *row_of(struct sj_ledger *ledger, const char *build, uint32_t day)
{
    // From the end: records of a build come together.
    for (size_t i = ledger->count; i-- > 0;) {
        struct sj_ledger_row *row = &ledger->rows[i];
        if (row->day == day && strcmp(row->build, build) == 0) {
            return row;
        }
    }
    if (ledger->count == ledger->size) {
        ledger->size = ledger->size ? 2 * ledger->size : 16;
        ledger->rows = sj_realloc(ledger->rows, ledger->size, sizeof *ledger->rows);
    }
    struct sj_ledger_row *row = &ledger->rows[ledger->count++];
    *row = (struct sj_ledger_row){.build = sj_strdup(build), .day = day};
    return row;
}

void sj_ledger_add(struct sj_ledger *ledger, const struct sj_record *record)
{
    uint64_t day = record->start_ns / DAY_NS;
    sj_summary_add(&row_of(ledger, record->build ? record->build : "", (uint32_t)day)->summary,
                   record);
}

static uint64_t checksum(const void *body, size_t len)
{
    struct sj_key key = sj_key_of(body, len);
    return sj_get_u64(key.bytes);
}

static void encode_row(const struct sj_ledger_row *row, struct sj_buf *out)
{
    const struct sj_summary *summary = &row->summary;
    sj_buf_add_bytes(out, row->build, strlen(row->build));
    sj_buf_add_u32(out, row->day);
    for (size_t i = 0; i < SUMS; i++) {
        sj_buf_add_u64(out, *(const uint64_t *)((const char *)summary + sums[i]));
    }
    sj_buf_add_u32(out, (uint32_t)summary->reason_count);
    for (size_t i = 0; i < summary->reason_count; i++) {
        const struct sj_reason_sum *reason = &summary->reasons[i];
        sj_buf_addc(out, (char)reason->outcome);
        sj_buf_add_bytes(out, reason->reason, strlen(reason->reason));
        sj_buf_add_u64(out, reason->count);
        sj_buf_add_u64(out, reason->cpu_ns);
    }
}

void sj_ledger_encode(const struct sj_ledger *ledger, struct sj_buf *out)
{
    size_t start = out->len;
    static const unsigned char header[HEADER_SIZE] = MAGIC;
    sj_buf_add(out, header, sizeof header);
    sj_buf_add_u32(out, (uint32_t)ledger->count);
    for (size_t i = 0; i < ledger->count; i++) {
        encode_row(&ledger->rows[i], out);
    }
    if (!out->is_full) {
        size_t len = out->len - start - HEADER_SIZE;
        sj_put_u32(out->data + start + 4, (uint32_t)len);
        sj_put_u64(out->data + start + 8, checksum(out->data + start + HEADER_SIZE, len));
    }
}

static char *read_text(struct sj_reader *reader)
{
    size_t len;
    const char *data = sj_reader_bytes(reader, &len);
    if (!data || len > TEXT_MAX || memchr(data, '\0', len)) {
        reader->is_bad = true;
        return NULL;
    }
    return sj_strndup(data, len);
}

static void decode_row(struct sj_reader *reader, struct sj_ledger *ledger)
{
    SJ_AUTO(sj_auto_free) char *build = read_text(reader);
    uint32_t day = sj_reader_u32(reader);
    if (reader->is_bad) {
        return;
    }
    SJ_AUTO(sj_summary_release) struct sj_summary summary = {0};
    for (size_t i = 0; i < SUMS; i++) {
        *(uint64_t *)((char *)&summary + sums[i]) = sj_reader_u64(reader);
    }
    uint32_t count = sj_reader_u32(reader);
    for (uint32_t i = 0; i < count && !reader->is_bad; i++) {
        uint8_t outcome = sj_reader_u8(reader);
        SJ_AUTO(sj_auto_free) char *reason = read_text(reader);
        uint64_t records = sj_reader_u64(reader);
        uint64_t cpu_ns = sj_reader_u64(reader);
        if (reader->is_bad || outcome < SJ_OUTCOME_HIT || outcome > SJ_OUTCOME_ERROR) {
            reader->is_bad = true;
            return;
        }
        sj_summary_add_reason(&summary, (enum sj_outcome)outcome, reason, records, cpu_ns);
    }
    if (!reader->is_bad) {
        sj_summary_merge(&row_of(ledger, build, day)->summary, &summary);
    }
}

int sj_ledger_decode(const void *data, size_t len, struct sj_ledger *ledger)
{
    const char *bytes = data;
    if (len < HEADER_SIZE || memcmp(bytes, MAGIC, 4) != 0 ||
        sj_get_u32(bytes + 4) != len - HEADER_SIZE ||
        sj_get_u64(bytes + 8) != checksum(bytes + HEADER_SIZE, len - HEADER_SIZE)) {
        return -EBADMSG;
    }
    SJ_AUTO(sj_ledger_release) struct sj_ledger read = {0};
    struct sj_reader reader = sj_reader_of(bytes + HEADER_SIZE, len - HEADER_SIZE);
    uint32_t count = sj_reader_u32(&reader);
    for (uint32_t i = 0; i < count && !reader.is_bad; i++) {
        decode_row(&reader, &read);
    }
    if (reader.is_bad || reader.at != reader.end) {
        return -EBADMSG;
    }
    for (size_t i = 0; i < read.count; i++) {
        const struct sj_ledger_row *row = &read.rows[i];
        sj_summary_merge(&row_of(ledger, row->build, row->day)->summary, &row->summary);
    }
    return 0;
}

static int read_sums(int fd, struct sj_ledger *ledger)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(FILE_MAX);
    int status = sj_fd_read(fd, &bytes);
    if (status == 0) {
        status = sj_ledger_decode(bytes.data, bytes.len, ledger);
    }
    // Statistics are no reason to fail: what is lost is said, and the rest counts.
    if (status == -EBADMSG || status == -EFBIG) {
        ledger->is_damaged = true;
        return 0;
    }
    return status;
}

static bool is_wanted(const struct sj_ledger_filter *filter, const char *build, uint64_t time_ns)
{
    return time_ns >= filter->since_ns &&
           (!filter->build || strcmp(filter->build, build ? build : "") == 0);
}

static void drop_rows(struct sj_ledger *ledger, const struct sj_ledger_filter *filter)
{
    size_t kept = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        struct sj_ledger_row *row = &ledger->rows[i];
        if (is_wanted(filter, row->build, ((uint64_t)row->day + 1) * DAY_NS - 1)) {
            ledger->rows[kept++] = *row;
        } else {
            free(row->build);
            sj_summary_release(&row->summary);
        }
    }
    ledger->count = kept;
}

static void auto_journal_close(struct sj_journal **journal)
{
    sj_journal_close(*journal);
}

int sj_ledger_load(const char *dir, const struct sj_ledger_filter *filter, struct sj_ledger *out,
                   struct sj_err *err)
{
    SJ_AUTO(auto_journal_close) struct sj_journal *journal = NULL;
    int status = sj_journal_open(dir, &journal, err);
    if (status < 0) {
        return status;
    }
    SJ_AUTO(sj_ledger_release) struct sj_ledger ledger = {0};
    if (sj_journal_sum_fd(journal) >= 0) {
        status = read_sums(sj_journal_sum_fd(journal), &ledger);
        drop_rows(&ledger, filter);
    }
    struct sj_record record;
    while (status == 0 && (status = sj_journal_next(journal, &record)) == 0) {
        if (is_wanted(filter, record.build, record.start_ns)) {
            sj_ledger_add(&ledger, &record);
        }
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot read the records in '%s'", dir);
    }
    ledger.skipped_bytes = sj_journal_skipped(journal);
    *out = ledger;
    ledger = (struct sj_ledger){0};
    return 0;
}

// How many of the oldest parts are to go. The last part of the list is still written to.
static size_t count_surplus(int dir_fd, const struct sj_parts *parts, uint64_t keep_bytes,
                            uint64_t *bytes)
{
    uint64_t kept = 0;
    *bytes = 0;
    size_t surplus = 0;
    uint64_t now_ns = sj_clock_ns(CLOCK_REALTIME);
    for (size_t i = parts->count > 0 ? parts->count - 1 : 0; i-- > 0;) {
        char name[SJ_PART_NAME_SIZE];
        struct stat st;
        sj_part_name(parts->numbers[i], name);
        if (fstatat(dir_fd, name, &st, 0) < 0) {
            continue;
        }
        uint64_t written_ns = (uint64_t)st.st_mtim.tv_sec * SJ_NS_PER_S;
        bool is_late = written_ns + SJ_PART_LATE_NS > now_ns;
        if (surplus == 0 && (is_late || kept + (uint64_t)st.st_size <= keep_bytes)) {
            kept += (uint64_t)st.st_size;
            continue;
        }
        surplus = surplus ? surplus : i + 1;
        *bytes += (uint64_t)st.st_size;
    }
    return surplus;
}

static int write_sums(const char *dir, uint64_t number, const struct sj_ledger *ledger)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(FILE_MAX);
    sj_ledger_encode(ledger, &bytes);
    if (bytes.is_full) {
        return -EFBIG;
    }
    char name[SJ_PART_NAME_SIZE];
    sj_part_sum_name(number, name);
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/journal/%s", dir, name);
    SJ_AUTO(sj_tempfile_release) struct sj_tempfile file = {0};
    int status = sj_tempfile_open(&file, path, 0666);
    if (status == 0) {
        status = sj_fd_write(file.fd, bytes.data, bytes.len);
    }
    // On disk before the parts go: they are all that a power cut could bring back.
    if (status == 0 && fsync(file.fd) < 0) {
        status = -errno;
    }
    return status < 0 ? status : sj_tempfile_commit(&file);
}

// Folds all parts up to a number. The lock is held.
static int fold(const char *dir, uint64_t number)
{
    SJ_AUTO(auto_journal_close) struct sj_journal *journal = NULL;
    SJ_AUTO(sj_ledger_release) struct sj_ledger ledger = {0};
    int status = sj_journal_open(dir, &journal, NULL);
    if (status == 0 && sj_journal_sum_fd(journal) >= 0) {
        status = read_sums(sj_journal_sum_fd(journal), &ledger);
    }
    if (status < 0) {
        return status;
    }
    struct sj_record record;
    sj_journal_end_at(journal, number);
    while ((status = sj_journal_next(journal, &record)) == 0) {
        sj_ledger_add(&ledger, &record);
    }
    return status < 0 ? status : write_sums(dir, number, &ledger);
}

int sj_ledger_fold(const char *dir, uint64_t keep_bytes, uint64_t *freed, struct sj_err *err)
{
    uint64_t bytes = 0;
    SJ_AUTO(sj_auto_close) int dir_fd = sj_parts_open(dir);
    if (dir_fd < 0 && dir_fd != -ENOENT) {
        return sj_fail(err, dir_fd, "cannot open the journal in '%s'", dir);
    }
    SJ_AUTO(sj_auto_close) int lock = dir_fd < 0 ? -EWOULDBLOCK : sj_parts_lock(dir_fd, false);
    if (lock < 0 && lock != -EWOULDBLOCK) {
        return sj_fail(err, lock, "cannot lock the journal in '%s'", dir);
    }
    SJ_AUTO(sj_parts_release) struct sj_parts parts = {0};
    int status = lock < 0 ? 0 : sj_parts_list(dir_fd, 0, &parts);
    size_t surplus = status < 0 ? 0 : count_surplus(dir_fd, &parts, keep_bytes, &bytes);
    if (surplus > 0) {
        uint64_t number = parts.numbers[surplus - 1];
        status = fold(dir, number);
        if (status == 0) {
            sj_parts_prune(dir_fd, number);
        }
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot fold the journal in '%s'", dir);
    }
    if (freed) {
        *freed = bytes;
    }
    return 0;
}
