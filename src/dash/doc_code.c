// SPDX-License-Identifier: Apache-2.0
// A page as bytes. Numbers are little-endian; a real number is the u64 of its bits. A ref is the
// u32 place of a text, counted from 1; 0: none.
//
//   u32   magic "SJP1"; refs id, title; u32 live
//   u32   bytes of texts, and the texts, each terminated
//   u32   count of numbers, then each, a real
//   u32   count of parts, then each: u8 kind, u8 type, real value, refs id, label, text, href; and
//         of a table
//           refs id, caption, empty, summary; u8 drawn, u8 chart, u8 even, u8 ordered
//           u32 count of columns, then each: refs id, label; u8 type, u8 colour, u8 for programs
//           u32 count of cells, then each: real value, refs text, href, detail, u32 first,
//           count
//           u32 count of words, then each: u32 row, ref word
//           u32 count of marks, then each: real x, refs text, href, u8 step
//           where it is ordered, of each row: u32 row
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "dash/doc_model.h"

#define MAGIC      0x31504a53u
#define PART_LEN   (2 + 8 + 4 * 4)
#define COLUMN_LEN (2 * 4 + 3)
#define CELL_LEN   (8 + 5 * 4)
#define WORD_LEN   (2 * 4)
#define MARK_LEN   (8 + 2 * 4 + 1)

// Whoever adds a member has to keep it, too: then these change.
_Static_assert(sizeof(struct sj_doc_cell) == 32, "a cell has a member that is not kept");
_Static_assert(sizeof(struct sj_doc_column) == 20, "a column has a member that is not kept");
_Static_assert(sizeof(struct sj_doc_mark) == 24, "a mark has a member that is not kept");
_Static_assert(sizeof(struct sj_doc_table) == 136, "a table has a member that is not kept");
_Static_assert(sizeof(struct sj_doc_part) == 48, "a part has a member that is not kept");

static void add_refs(struct sj_buf *out, const uint32_t *refs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sj_buf_add_u32(out, refs[i]);
    }
}

static void add_cells(const struct sj_doc_table *table, struct sj_buf *out)
{
    sj_buf_add_u32(out, (uint32_t)table->cell_count);
    for (size_t i = 0; i < table->cell_count; i++) {
        const struct sj_doc_cell *cell = &table->cells[i];
        sj_buf_add_real(out, cell->value);
        const uint32_t refs[] = {cell->text, cell->href, cell->detail, cell->first, cell->count};
        add_refs(out, refs, sizeof refs / sizeof refs[0]);
    }
}

static void add_table(const struct sj_doc_table *table, struct sj_buf *out)
{
    add_refs(out, (const uint32_t[]){table->id, table->caption, table->empty, table->summary}, 4);
    sj_buf_addc(out, (char)table->has_chart);
    sj_buf_addc(out, (char)table->chart);
    sj_buf_addc(out, (char)table->is_even);
    sj_buf_addc(out, (char)(table->order != NULL));
    sj_buf_add_u32(out, (uint32_t)table->column_count);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct sj_doc_column *column = &table->columns[i];
        add_refs(out, (const uint32_t[]){column->id, column->label}, 2);
        sj_buf_addc(out, (char)column->type);
        sj_buf_addc(out, (char)column->colour);
        sj_buf_addc(out, (char)column->is_data);
    }
    add_cells(table, out);
    sj_buf_add_u32(out, (uint32_t)table->word_count);
    for (size_t i = 0; i < table->word_count; i++) {
        const struct sj_doc_row_word *word = &table->words[i];
        add_refs(out, (const uint32_t[]){(uint32_t)word->row, word->word}, 2);
    }
    sj_buf_add_u32(out, (uint32_t)table->mark_count);
    for (size_t i = 0; i < table->mark_count; i++) {
        const struct sj_doc_mark *mark = &table->marks[i];
        sj_buf_add_real(out, mark->x);
        add_refs(out, (const uint32_t[]){mark->text, mark->href}, 2);
        sj_buf_addc(out, (char)mark->is_step);
    }
    if (table->order) {
        add_refs(out, table->order, sj_doc_rows(table));
    }
}

int sj_doc_encode(const struct sj_doc *doc, struct sj_buf *out)
{
    for (size_t i = 0; i < doc->part_count; i++) {
        if (doc->parts[i].kind > SJ_PART_TABLE) {
            return -ENOTSUP;
        }
    }
    add_refs(out, (const uint32_t[]){MAGIC, doc->id, doc->title, doc->live_s}, 4);
    sj_buf_add_bytes(out, doc->texts.data, doc->texts.len);
    sj_buf_add_u32(out, (uint32_t)doc->number_count);
    for (size_t i = 0; i < doc->number_count; i++) {
        sj_buf_add_real(out, doc->numbers[i]);
    }
    sj_buf_add_u32(out, (uint32_t)doc->part_count);
    for (size_t i = 0; i < doc->part_count; i++) {
        const struct sj_doc_part *part = &doc->parts[i];
        sj_buf_addc(out, (char)part->kind);
        sj_buf_addc(out, (char)part->type);
        sj_buf_add_real(out, part->value);
        add_refs(out, (const uint32_t[]){part->id, part->label, part->text, part->href}, 4);
        if (part->kind == SJ_PART_TABLE) {
            add_table(part->table, out);
        }
    }
    return 0;
}

/** A page being read. */
struct reading {
    struct sj_reader reader;
    struct sj_doc *doc;
};

static uint32_t read_ref(struct reading *at)
{
    uint32_t ref = sj_reader_u32(&at->reader);
    at->reader.is_bad = at->reader.is_bad || ref > at->doc->texts.len;
    return at->reader.is_bad ? 0 : ref;
}

// Links lead to places of ours, or to pages of builds elsewhere; nothing that would run.
static uint32_t read_href(struct reading *at)
{
    uint32_t ref = read_ref(at);
    const char *href = sj_doc_text_at(at->doc, ref);
    at->reader.is_bad = at->reader.is_bad ||
                        (*href && *href != '/' && *href != '#' && *href != '?' &&
                         !sj_skip_prefix(href, "https://") && !sj_skip_prefix(href, "http://"));
    return ref;
}

static unsigned read_small(struct reading *at, unsigned max)
{
    unsigned value = sj_reader_u8(&at->reader);
    at->reader.is_bad = at->reader.is_bad || value > max;
    return at->reader.is_bad ? 0 : value;
}

// How many items of at least so many bytes follow; all of them are there, but for their content.
static size_t read_count(struct reading *at, size_t item_bytes)
{
    size_t count = sj_reader_u32(&at->reader);
    at->reader.is_bad =
        at->reader.is_bad || count > (size_t)(at->reader.end - at->reader.at) / item_bytes;
    return at->reader.is_bad ? 0 : count;
}

static void read_columns(struct reading *at, struct sj_doc_table *table)
{
    table->column_count = read_count(at, COLUMN_LEN);
    table->columns = sj_calloc(table->column_count + 1, sizeof *table->columns);
    for (size_t i = 0; i < table->column_count; i++) {
        struct sj_doc_column *column = &table->columns[i];
        column->id = read_ref(at);
        column->label = read_ref(at);
        column->type = (enum sj_doc_type)read_small(at, SJ_DOC_SPARK);
        column->colour = read_small(at, SJ_DOC_COLOURS);
        column->is_data = read_small(at, 1) != 0;
    }
}

static void read_cells(struct reading *at, struct sj_doc_table *table)
{
    table->cell_count = read_count(at, CELL_LEN);
    table->cell_size = table->cell_count + 1;
    table->cells = sj_calloc(table->cell_size, sizeof *table->cells);
    for (size_t i = 0; i < table->cell_count; i++) {
        struct sj_doc_cell *cell = &table->cells[i];
        cell->value = sj_reader_real(&at->reader);
        cell->text = read_ref(at);
        cell->href = read_href(at);
        cell->detail = read_ref(at);
        cell->first = sj_reader_u32(&at->reader);
        cell->count = sj_reader_u32(&at->reader);
        if ((uint64_t)cell->first + cell->count > at->doc->number_count) {
            at->reader.is_bad = true;
        }
    }
}

static void read_marks(struct reading *at, struct sj_doc_table *table)
{
    table->word_count = read_count(at, WORD_LEN);
    table->word_size = table->word_count + 1;
    table->words = sj_calloc(table->word_size, sizeof *table->words);
    for (size_t i = 0; i < table->word_count; i++) {
        table->words[i].row = sj_reader_u32(&at->reader);
        table->words[i].word = read_ref(at);
    }
    table->mark_count = read_count(at, MARK_LEN);
    table->mark_size = table->mark_count + 1;
    table->marks = sj_calloc(table->mark_size, sizeof *table->marks);
    for (size_t i = 0; i < table->mark_count; i++) {
        table->marks[i].x = sj_reader_real(&at->reader);
        table->marks[i].text = read_ref(at);
        table->marks[i].href = read_href(at);
        table->marks[i].is_step = read_small(at, 1) != 0;
    }
}

static void read_order(struct reading *at, struct sj_doc_table *table)
{
    size_t rows = sj_doc_rows(table);
    if (rows > (size_t)(at->reader.end - at->reader.at) / 4) {
        at->reader.is_bad = true;
        return;
    }
    table->order = sj_calloc(rows + 1, sizeof *table->order);
    for (size_t i = 0; i < rows; i++) {
        table->order[i] = sj_reader_u32(&at->reader);
        at->reader.is_bad = at->reader.is_bad || table->order[i] >= rows;
    }
}

// The table is its part's from the beginning, so that it is freed in any case.
static void read_table(struct reading *at, struct sj_doc_table *table)
{
    table->doc = at->doc;
    table->id = read_ref(at);
    table->caption = read_ref(at);
    table->empty = read_ref(at);
    table->summary = read_ref(at);
    table->has_chart = read_small(at, 1) != 0;
    table->chart = (enum sj_doc_chart_kind)read_small(at, SJ_CHART_ICICLE);
    table->is_even = read_small(at, 1) != 0;
    bool is_ordered = read_small(at, 1) != 0;
    read_columns(at, table);
    read_cells(at, table);
    read_marks(at, table);
    if (is_ordered && !at->reader.is_bad) {
        read_order(at, table);
    }
}

static void read_parts(struct reading *at)
{
    struct sj_doc *doc = at->doc;
    doc->part_size = read_count(at, PART_LEN) + 1;
    doc->parts = sj_calloc(doc->part_size, sizeof *doc->parts);
    while (doc->part_count + 1 < doc->part_size && !at->reader.is_bad) {
        struct sj_doc_part *part = &doc->parts[doc->part_count++];
        part->kind = (enum sj_doc_part_kind)read_small(at, SJ_PART_TABLE);
        part->type = (enum sj_doc_type)read_small(at, SJ_DOC_SPARK);
        part->value = sj_reader_real(&at->reader);
        part->id = read_ref(at);
        part->label = read_ref(at);
        part->text = read_ref(at);
        part->href = read_href(at);
        if (part->kind == SJ_PART_TABLE) {
            part->table = sj_new(struct sj_doc_table);
            read_table(at, part->table);
        }
    }
}

static void read_doc(struct reading *at)
{
    struct sj_doc *doc = at->doc;
    bool is_ours = sj_reader_u32(&at->reader) == MAGIC;
    doc->id = sj_reader_u32(&at->reader);
    doc->title = sj_reader_u32(&at->reader);
    doc->live_s = sj_reader_u32(&at->reader);
    size_t len;
    const char *texts = sj_reader_bytes(&at->reader, &len);
    if (!is_ours || !texts || (len > 0 && texts[len - 1] != '\0') || doc->id > len ||
        doc->title > len) {
        at->reader.is_bad = true;
        doc->id = 0;
        doc->title = 0;
        return;
    }
    sj_buf_add(&doc->texts, texts, len);
    doc->number_count = read_count(at, sizeof *doc->numbers);
    doc->number_size = doc->number_count + 1;
    doc->numbers = sj_calloc(doc->number_size, sizeof *doc->numbers);
    for (size_t i = 0; i < doc->number_count; i++) {
        doc->numbers[i] = sj_reader_real(&at->reader);
    }
    read_parts(at);
}

int sj_doc_decode(const void *data, size_t len, struct sj_doc **out)
{
    struct reading at = {.reader = sj_reader_of(data, len), .doc = sj_new(struct sj_doc)};
    at.doc->texts = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    read_doc(&at);
    if (at.reader.is_bad || at.reader.at != at.reader.end) {
        sj_doc_free(at.doc);
        return -EBADMSG;
    }
    *out = at.doc;
    return 0;
}
