// SPDX-License-Identifier: Apache-2.0
// A build's bill as bytes. Numbers are little-endian.
//
//   u32   magic "SJB1"
//   u32   count of texts, then each as u32 length and bytes
//   u32   count of lines, then each: u8 kind, u8 inferred, u16 ways, 20 bytes commit, 20 bytes
//         merge, u32 text `why`, u64 charge, whole, alone, compiles
//   u32   count of files, then each: u32 line, u32 text `path`, u64 charge, whole, alone, compiles
//   u64   CPU, then compiles, of each group
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyze/bill.h"
#include "base/mem.h"

#define MAGIC    0x31424a53u
#define ROW_SIZE (4 + 2 * SJ_OID_SIZE + 4 + 4 * 8)
#define FILE_LEN (4 + 4 + 4 * 8)

/** Texts being numbered. */
struct numbering {
    struct sj_keymap map;
    struct sj_buf bytes;
};

static uint32_t number_of(struct numbering *texts, const char *text)
{
    struct sj_key key = sj_key_of(text, strlen(text));
    bool is_new;
    uint32_t *place = sj_keymap_put(&texts->map, &key, &is_new);
    if (is_new) {
        *place = (uint32_t)texts->map.count - 1;
        sj_buf_add_bytes(&texts->bytes, text, strlen(text));
    }
    return *place;
}

static void add_amounts(struct sj_buf *out, uint64_t charge_ns, uint64_t whole_ns,
                        uint64_t alone_ns, uint64_t compiles)
{
    sj_buf_add_u64(out, charge_ns);
    sj_buf_add_u64(out, whole_ns);
    sj_buf_add_u64(out, alone_ns);
    sj_buf_add_u64(out, compiles);
}

static void add_row(struct sj_buf *out, const struct sj_bill_row *row, uint32_t why)
{
    sj_buf_addc(out, (char)row->kind);
    sj_buf_addc(out, (char)row->is_inferred);
    sj_buf_add_u16(out, (uint16_t)row->ways);
    sj_buf_add(out, row->commit.bytes, SJ_OID_SIZE);
    sj_buf_add(out, row->merge.bytes, SJ_OID_SIZE);
    sj_buf_add_u32(out, why);
    add_amounts(out, row->charge_ns, row->whole_ns, row->alone_ns, row->compiles);
}

void sj_bill_encode(const struct sj_bill *bill, struct sj_buf *out)
{
    struct numbering texts = {.bytes = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)};
    struct sj_buf body = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_buf_add_u32(&body, (uint32_t)bill->row_count);
    for (size_t i = 0; i < bill->row_count; i++) {
        add_row(&body, &bill->rows[i], number_of(&texts, bill->rows[i].why));
    }
    sj_buf_add_u32(&body, (uint32_t)bill->file_count);
    for (size_t i = 0; i < bill->file_count; i++) {
        const struct sj_bill_file *file = &bill->files[i];
        sj_buf_add_u32(&body, file->row);
        sj_buf_add_u32(&body, number_of(&texts, file->path));
        add_amounts(&body, file->charge_ns, file->whole_ns, file->alone_ns, file->compiles);
    }
    for (int i = 0; i < SJ_BLAME_GROUP_COUNT; i++) {
        sj_buf_add_u64(&body, bill->cpu_ns[i]);
        sj_buf_add_u64(&body, bill->compiles[i]);
    }
    sj_buf_add_u32(out, MAGIC);
    sj_buf_add_u32(out, (uint32_t)texts.map.count);
    sj_buf_add(out, texts.bytes.data, texts.bytes.len);
    sj_buf_add(out, body.data, body.len);
    sj_keymap_release(&texts.map);
    sj_buf_release(&texts.bytes);
    sj_buf_release(&body);
}

/** Texts of what is being decoded. */
struct texts {
    const char **items;
    uint32_t count;
};

static size_t left(const struct sj_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static int read_texts(struct sj_reader *reader, struct sj_pool *pool, struct texts *out)
{
    uint32_t count = sj_reader_u32(reader);
    if (reader->is_bad || count > left(reader) / 4) {
        return -EBADMSG;
    }
    out->items = sj_calloc((size_t)count + 1, sizeof *out->items);
    out->count = count;
    for (uint32_t i = 0; i < count; i++) {
        size_t len;
        const char *bytes = sj_reader_bytes(reader, &len);
        if (!bytes || memchr(bytes, '\0', len)) {
            return -EBADMSG;
        }
        out->items[i] = sj_pool_bytes(pool, bytes, len);
    }
    return 0;
}

static void read_oid(struct sj_reader *reader, struct sj_oid *out)
{
    const void *bytes = sj_reader_take(reader, SJ_OID_SIZE);
    if (bytes) {
        memcpy(out->bytes, bytes, SJ_OID_SIZE);
    }
}

static int read_rows(struct sj_reader *reader, const struct texts *texts, struct sj_bill *out)
{
    uint32_t count = sj_reader_u32(reader);
    if (reader->is_bad || count > left(reader) / ROW_SIZE) {
        return -EBADMSG;
    }
    out->rows = sj_calloc((size_t)count + 1, sizeof *out->rows);
    out->row_count = count;
    out->row_size = (size_t)count + 1;
    for (uint32_t i = 0; i < count; i++) {
        struct sj_bill_row *row = &out->rows[i];
        uint8_t kind = sj_reader_u8(reader);
        row->is_inferred = sj_reader_u8(reader) != 0;
        row->ways = sj_reader_u16(reader);
        read_oid(reader, &row->commit);
        read_oid(reader, &row->merge);
        uint32_t why = sj_reader_u32(reader);
        if (kind >= SJ_BLAME_KIND_COUNT || why >= texts->count) {
            return -EBADMSG;
        }
        row->kind = (enum sj_blame_kind)kind;
        row->why = texts->items[why];
        row->charge_ns = sj_reader_u64(reader);
        row->whole_ns = sj_reader_u64(reader);
        row->alone_ns = sj_reader_u64(reader);
        row->compiles = sj_reader_u64(reader);
    }
    return 0;
}

static int read_files(struct sj_reader *reader, const struct texts *texts, struct sj_bill *out)
{
    uint32_t count = sj_reader_u32(reader);
    if (reader->is_bad || count > left(reader) / FILE_LEN) {
        return -EBADMSG;
    }
    out->files = sj_calloc((size_t)count + 1, sizeof *out->files);
    out->file_count = count;
    out->file_size = (size_t)count + 1;
    for (uint32_t i = 0; i < count; i++) {
        struct sj_bill_file *file = &out->files[i];
        file->row = sj_reader_u32(reader);
        uint32_t path = sj_reader_u32(reader);
        if (file->row >= out->row_count || path >= texts->count) {
            return -EBADMSG;
        }
        file->path = texts->items[path];
        file->charge_ns = sj_reader_u64(reader);
        file->whole_ns = sj_reader_u64(reader);
        file->alone_ns = sj_reader_u64(reader);
        file->compiles = sj_reader_u64(reader);
    }
    return 0;
}

int sj_bill_decode(const void *data, size_t len, struct sj_bill *out)
{
    struct sj_reader reader = sj_reader_of(data, len);
    if (sj_reader_u32(&reader) != MAGIC) {
        return -EBADMSG;
    }
    struct texts texts = {0};
    int status = read_texts(&reader, out->pool, &texts);
    if (status == 0) {
        status = read_rows(&reader, &texts, out);
    }
    if (status == 0) {
        status = read_files(&reader, &texts, out);
    }
    free(texts.items);
    if (status < 0) {
        return status;
    }
    for (int i = 0; i < SJ_BLAME_GROUP_COUNT; i++) {
        out->cpu_ns[i] = sj_reader_u64(&reader);
        out->compiles[i] = sj_reader_u64(&reader);
    }
    return reader.is_bad || reader.at != reader.end ? -EBADMSG : 0;
}
