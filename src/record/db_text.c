// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "record/db_ids.h"
#include "record/db_rows.h"

static const char *find_text(struct sj_db *db, uint32_t number)
{
    struct sj_db_text *known = &db->texts[number % SJ_DB_TEXTS];
    if (known->number == number && number != 0) {
        return known->text;
    }
    struct sj_str row;
    if (number == 0 || sj_db_row(db, SJ_DB_TEXT, number, &row) != 0 || row.len == 0 ||
        row.data[row.len - 1] != '\0') {
        return "";
    }
    // While something is written, a row may move.
    if (!db->writer) {
        *known = (struct sj_db_text){number, row.data};
    }
    return row.data;
}

const char *sj_db_text(struct sj_db *db, uint32_t number)
{
    SJ_DB_GUARD(db, "");
    return find_text(db, number);
}

static uint32_t find_number(struct sj_db *db, const char *text)
{
    uint32_t number = 0;
    struct sj_key key = sj_key_of(text, strlen(text));
    int status = *text ? sj_db_id_find(db, NULL, SJ_DB_ID_TEXT, &key, &number) : SJ_DB_NONE;
    return status == 0 ? number : 0;
}

uint32_t sj_db_text_find(struct sj_db *db, const char *text)
{
    SJ_DB_GUARD(db, 0);
    return find_number(db, text);
}

static int read_content(struct sj_db *db, uint32_t number, struct sj_content *out)
{
    struct sj_str row;
    int status = sj_db_row(db, SJ_DB_CONTENT, number, &row);
    if (status != 0) {
        return status < 0 ? status : -ENOENT;
    }
    return sj_content_decode(row, out);
}

int sj_db_content(struct sj_db *db, uint32_t number, struct sj_content *out)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return read_content(db, number, out);
}

// A content:
//
//     0 16  its key
//    16 20  git's name of it; not there: nobody has looked; all zero: git does not track it
int sj_content_decode(struct sj_str row, struct sj_content *out)
{
    if (row.len != SJ_KEY_SIZE && row.len != SJ_KEY_SIZE + SJ_OID_SIZE) {
        return -EBADMSG;
    }
    struct sj_content content = {0};
    memcpy(content.key.bytes, row.data, SJ_KEY_SIZE);
    if (row.len > SJ_KEY_SIZE) {
        memcpy(content.blob.bytes, row.data + SJ_KEY_SIZE, SJ_OID_SIZE);
        content.is_untracked = sj_oid_is_zero(&content.blob);
    }
    *out = content;
    return 0;
}

size_t sj_content_encode(const struct sj_content *content,
                         unsigned char out[SJ_KEY_SIZE + SJ_OID_SIZE])
{
    memcpy(out, content->key.bytes, SJ_KEY_SIZE);
    memcpy(out + SJ_KEY_SIZE, content->blob.bytes, SJ_OID_SIZE);
    bool is_known = content->is_untracked || !sj_oid_is_zero(&content->blob);
    return is_known ? SJ_KEY_SIZE + SJ_OID_SIZE : SJ_KEY_SIZE;
}

// A configuration: its texts' numbers, 4 bytes each, then the parts of the weak key.
void sj_config_encode(const struct sj_db_config *config, unsigned char out[SJ_CONFIG_ROW])
{
    sj_put_u32(out, config->tool);
    sj_put_u32(out + 4, config->toolchain);
    for (size_t i = 0; i < SJ_COMPONENT_COUNT; i++) {
        memcpy(out + 8 + i * SJ_KEY_SIZE, config->component[i].bytes, SJ_KEY_SIZE);
    }
}

static int read_config(struct sj_db *db, uint32_t number, struct sj_db_config *out)
{
    struct sj_str row;
    int status = sj_db_row(db, SJ_DB_CONFIG, number, &row);
    if (status != 0) {
        return status < 0 ? status : -ENOENT;
    }
    if (row.len != SJ_CONFIG_ROW) {
        return -EBADMSG;
    }
    out->tool = sj_get_u32(row.data);
    out->toolchain = sj_get_u32(row.data + 4);
    for (size_t i = 0; i < SJ_COMPONENT_COUNT; i++) {
        memcpy(out->component[i].bytes, row.data + 8 + i * SJ_KEY_SIZE, SJ_KEY_SIZE);
    }
    return 0;
}

int sj_db_config(struct sj_db *db, uint32_t number, struct sj_db_config *out)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return read_config(db, number, out);
}
