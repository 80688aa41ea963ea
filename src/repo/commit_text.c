// SPDX-License-Identifier: Apache-2.0
#include "repo/commit_text.h"

#include <errno.h>
#include <string.h>

#include "repo/git.h"

// "parent ", 40 digits and the end of the line.
#define PARENT_LINE_SIZE 48
#define PARENT_KEY_SIZE  7
#define HEX_SIZE         40

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const char *text, struct sj_oid *out)
{
    for (size_t i = 0; i < SJ_OID_SIZE; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

// A line "KEY 40-digits".
static bool take_oid_line(struct sj_str *rest, const char *key, struct sj_oid *out)
{
    size_t key_len = strlen(key);
    if (rest->len < key_len + HEX_SIZE + 1 || memcmp(rest->data, key, key_len) != 0 ||
        rest->data[key_len + HEX_SIZE] != '\n' || !read_hex(rest->data + key_len, out)) {
        return false;
    }
    rest->data += key_len + HEX_SIZE + 1;
    rest->len -= key_len + HEX_SIZE + 1;
    return true;
}

static struct sj_str take_line(struct sj_str *rest)
{
    const char *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    struct sj_str line = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t used = line.len + (end ? 1 : 0);
    rest->data += used;
    rest->len -= used;
    return line;
}

static struct sj_str trim(struct sj_str text)
{
    while (text.len > 0 && strchr(" \t\r", text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && strchr(" \t\r", text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

static bool skip_key(struct sj_str *line, const char *key)
{
    size_t len = strlen(key);
    if (line->len < len || memcmp(line->data, key, len) != 0) {
        return false;
    }
    line->data += len;
    line->len -= len;
    return true;
}

static int64_t read_seconds(const char *at, const char *end)
{
    int64_t seconds = 0;
    while (at < end && *at == ' ') {
        at++;
    }
    bool is_negative = at < end && *at == '-';
    for (at += is_negative; at < end && *at >= '0' && *at <= '9'; at++) {
        if (seconds > INT64_MAX / 100) {
            return 0;
        }
        seconds = seconds * 10 + (*at - '0');
    }
    return is_negative ? -seconds : seconds;
}

// "name <address> seconds zone"; a broken one gives what can be read of it.
static void read_person(struct sj_str line, struct sj_str *name, struct sj_str *email,
                        int64_t *time_s)
{
    const char *open = line.len > 0 ? memchr(line.data, '<', line.len) : NULL;
    const char *close = line.len > 0 ? memrchr(line.data, '>', line.len) : NULL;
    *name = trim((struct sj_str){line.data, open ? (size_t)(open - line.data) : line.len});
    *email = (struct sj_str){"", 0};
    if (open && close && close > open) {
        *email = trim((struct sj_str){open + 1, (size_t)(close - open - 1)});
    }
    *time_s = close ? read_seconds(close + 1, line.data + line.len) : 0;
}

int sj_commit_text_parse(const void *data, size_t len, struct sj_commit_text *out)
{
    struct sj_str rest = {data, len};
    *out = (struct sj_commit_text){0};
    if (!take_oid_line(&rest, "tree ", &out->tree)) {
        return -EBADMSG;
    }
    out->parents = rest.data;
    struct sj_oid parent;
    while (take_oid_line(&rest, "parent ", &parent)) {
        out->parent_count++;
    }
    int64_t unused;
    struct sj_str skipped;
    out->author = out->email = out->subject = (struct sj_str){"", 0};
    while (rest.len > 0) {
        struct sj_str line = take_line(&rest);
        if (line.len == 0) {
            break;
        }
        if (skip_key(&line, "author ")) {
            read_person(line, &out->author, &out->email, &unused);
        } else if (skip_key(&line, "committer ")) {
            read_person(line, &skipped, &skipped, &out->time_s);
        }
    }
    while (rest.len > 0 && out->subject.len == 0) {
        out->subject = trim(take_line(&rest));
    }
    return 0;
}

struct sj_oid sj_commit_text_parent(const struct sj_commit_text *text, size_t i)
{
    struct sj_oid parent = {0};
    (void)read_hex(text->parents + i * PARENT_LINE_SIZE + PARENT_KEY_SIZE, &parent);
    return parent;
}

int sj_commit_read(git_odb *odb, const struct sj_oid *id, git_odb_object **object,
                   struct sj_commit_text *out)
{
    git_oid name = sj_git_oid(id);
    git_odb_object *read = NULL;
    int code = git_odb_read(&read, odb, &name);
    if (code < 0) {
        return sj_git_errno(code);
    }
    int status = -EBADMSG;
    if (git_odb_object_type(read) == GIT_OBJECT_COMMIT) {
        status = sj_commit_text_parse(git_odb_object_data(read), git_odb_object_size(read), out);
    }
    if (status < 0) {
        git_odb_object_free(read);
        return status;
    }
    *object = read;
    return 0;
}
