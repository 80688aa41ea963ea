// SPDX-License-Identifier: Apache-2.0
// A token file has a line for each token, its fields separated by a blank:
//
//   ID SHA256 SCOPES NAMESPACES CREATED EXPIRES NOTE
//   1a2b3c4d 9f86d081…0f00a08 read,write main,pr-* 1790000000 1792592000 runners of the build farm
//
// ID is 8 and SHA256 64 hexadecimal digits; SCOPES are of read, write, admin; times are seconds
// since the epoch, "-" for never; the note goes on to the end of the line and may be missing. Empty
// lines and those that begin with '#' count for nothing.
#include "server/token.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/parse.h"
#include "server/route.h"

#define PREFIX       "sj_"
#define ID_DIGITS    (SJ_TOKEN_ID_SIZE - 1)
#define SECRET_BYTES 24
#define SECRET_TEXT  32 /**< SECRET_BYTES in base64url */
#define TOKEN_LEN    (sizeof PREFIX - 1 + ID_DIGITS + 1 + SECRET_TEXT)
#define LINE_FIELDS  6 /**< before the note */
#define LINES_MAX    65536

_Static_assert(TOKEN_LEN < SJ_TOKEN_TEXT_SIZE, "a token and its terminator fit");

static const char hex_digits[] = "0123456789abcdef";
static const char *const scope_names[] = {"read", "write", "admin"};

#define SCOPES (sizeof scope_names / sizeof scope_names[0])

bool sj_pattern_fits(struct sj_str pattern, struct sj_str name)
{
    size_t at = 0;
    size_t i = 0;
    // Where to go on when what follows the last "*" does not fit: it takes one byte more.
    size_t star = SIZE_MAX;
    size_t star_at = 0;
    while (at < name.len) {
        if (i < pattern.len && pattern.data[i] == '*') {
            star = ++i;
            star_at = at;
        } else if (i < pattern.len && pattern.data[i] == name.data[at]) {
            i++;
            at++;
        } else if (star != SIZE_MAX) {
            i = star;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (i < pattern.len && pattern.data[i] == '*') {
        i++;
    }
    return i == pattern.len;
}

// Takes the text before the next separator off the front.
static struct sj_str take(struct sj_str *text, char separator)
{
    const char *end = text->len ? memchr(text->data, separator, text->len) : NULL;
    size_t len = end ? (size_t)(end - text->data) : text->len;
    struct sj_str taken = {text->data, len};
    size_t used = end ? len + 1 : len;
    *text = (struct sj_str){used ? text->data + used : text->data, text->len - used};
    return taken;
}

bool sj_token_fits(const struct sj_token *token, struct sj_str space)
{
    struct sj_str name = space.len ? space : sj_str_of("default");
    struct sj_str patterns = sj_str_of(token->spaces);
    while (patterns.len) {
        if (sj_pattern_fits(take(&patterns, ','), name)) {
            return true;
        }
    }
    return false;
}

bool sj_pattern_is_good(struct sj_str pattern)
{
    if (sj_space_is_name(pattern)) {
        return true;
    }
    if (pattern.len == 0 || pattern.len > SJ_SPACE_NAME_MAX ||
        !memchr(pattern.data, '*', pattern.len)) {
        return false;
    }
    for (size_t i = 0; i < pattern.len; i++) {
        char byte = pattern.data[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
        if (!is_plain && (byte == '\0' || !strchr("._-*", byte))) {
            return false;
        }
    }
    return true;
}

bool sj_patterns_are_good(const char *text)
{
    struct sj_str rest = sj_str_of(text);
    size_t len = rest.len;
    if (len == 0 || text[len - 1] == ',') {
        return false;
    }
    while (rest.len) {
        if (!sj_pattern_is_good(take(&rest, ','))) {
            return false;
        }
    }
    return true;
}

unsigned sj_scopes_parse(struct sj_str text)
{
    unsigned scopes = 0;
    if (text.len && text.data[text.len - 1] == ',') {
        return 0;
    }
    while (text.len) {
        struct sj_str name = take(&text, ',');
        unsigned scope = 0;
        for (size_t i = 0; i < SCOPES; i++) {
            scope |= sj_str_eq(name, sj_str_of(scope_names[i])) ? 1U << i : 0;
        }
        if (!scope) {
            return 0;
        }
        scopes |= scope;
    }
    return scopes;
}

void sj_scopes_format(unsigned scopes, struct sj_buf *out)
{
    const char *comma = "";
    for (size_t i = 0; i < SCOPES; i++) {
        if (scopes & 1U << i) {
            sj_buf_addf(out, "%s%s", comma, scope_names[i]);
            comma = ",";
        }
    }
}

static int hex_value(char digit)
{
    const char *at = digit ? strchr(hex_digits, digit) : NULL;
    return at ? (int)(at - hex_digits) : -1;
}

static bool read_hex(struct sj_str text, unsigned char *out, size_t size)
{
    if (text.len != 2 * size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text.data[2 * i]);
        int low = hex_value(text.data[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static void write_hex(const unsigned char *data, size_t size, char *out)
{
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = hex_digits[data[i] >> 4];
        out[2 * i + 1] = hex_digits[data[i] & 15];
    }
}

static bool read_time(struct sj_str text, bool may_be_never, int64_t *out)
{
    char number[24];
    uint64_t value;
    if (may_be_never && sj_str_eq(text, sj_str_of("-"))) {
        *out = 0;
        return true;
    }
    if (text.len >= sizeof number) {
        return false;
    }
    memcpy(number, text.data, text.len);
    number[text.len] = '\0';
    // 0 would be read as never.
    if (sj_parse_u64(number, INT64_MAX, &value) < 0 || (may_be_never && value == 0)) {
        return false;
    }
    *out = (int64_t)value;
    return true;
}

bool sj_note_is_good(struct sj_str note)
{
    if (note.len > SJ_TOKEN_NOTE_MAX) {
        return false;
    }
    for (size_t i = 0; i < note.len; i++) {
        unsigned char byte = (unsigned char)note.data[i];
        if (byte < 0x20 || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

// Reads a line. NULL, or what is wrong with it.
static const char *read_line(struct sj_str line, struct sj_token *out)
{
    struct sj_str fields[LINE_FIELDS];
    unsigned char id[ID_DIGITS / 2];
    if (memchr(line.data, '\0', line.len)) {
        return "it holds a byte that is no text";
    }
    for (size_t i = 0; i < LINE_FIELDS; i++) {
        fields[i] = take(&line, ' ');
    }
    if (!read_hex(fields[0], id, sizeof id)) {
        return "an id has 8 digits of 0-9a-f";
    }
    memcpy(out->id, fields[0].data, ID_DIGITS);
    out->id[ID_DIGITS] = '\0';
    if (!read_hex(fields[1], out->hash, sizeof out->hash)) {
        return "a SHA-256 has 64 digits of 0-9a-f";
    }
    out->scopes = sj_scopes_parse(fields[2]);
    if (!out->scopes) {
        return "scopes are of read, write and admin, separated by commas";
    }
    if (!read_time(fields[4], false, &out->created_s) ||
        !read_time(fields[5], true, &out->expires_s)) {
        return "times are seconds since 1970, and - stands for never";
    }
    if (!sj_note_is_good(line)) {
        return "a note is a line of text, and not a long one";
    }
    SJ_AUTO(sj_auto_free) char *spaces = sj_strndup(fields[3].data, fields[3].len);
    if (!sj_patterns_are_good(spaces)) {
        return "namespaces are names or patterns with *, separated by commas";
    }
    out->spaces = sj_steal(spaces);
    out->note = sj_strndup(line.data, line.len);
    return NULL;
}

static int compare_hashes(const void *a, const void *b)
{
    const struct sj_token *left = a;
    const struct sj_token *right = b;
    return memcmp(left->hash, right->hash, sizeof left->hash);
}

struct id {
    char text[SJ_TOKEN_ID_SIZE];
};

static int compare_ids(const void *a, const void *b)
{
    const struct id *left = a;
    const struct id *right = b;
    return strcmp(left->text, right->text);
}

static const struct sj_token *find_id(const struct sj_token_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].id, id) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

// Gives a token of the sorted list that has the hash or the id of another one, or NULL.
static const struct sj_token *find_twin(const struct sj_token_list *list)
{
    SJ_AUTO(sj_auto_free) struct id *ids = sj_calloc(list->count + 1, sizeof *ids);
    for (size_t i = 0; i < list->count; i++) {
        memcpy(ids[i].text, list->items[i].id, sizeof ids[i].text);
        if (i > 0 && compare_hashes(&list->items[i - 1], &list->items[i]) == 0) {
            return &list->items[i];
        }
    }
    qsort(ids, list->count, sizeof *ids, compare_ids);
    for (size_t i = 1; i < list->count; i++) {
        if (compare_ids(&ids[i - 1], &ids[i]) == 0) {
            return find_id(list, ids[i].text);
        }
    }
    return NULL;
}

static int read_lines(struct sj_str text, const char *path, struct sj_token_list *list,
                      struct sj_err *err)
{
    size_t size = 0;
    for (size_t number = 1; text.len; number++) {
        struct sj_str line = take(&text, '\n');
        if (line.len == 0 || line.data[0] == '#') {
            continue;
        }
        if (number > LINES_MAX) {
            return sj_fail_plain(err, -EINVAL, "%s: more than %d lines", path, LINES_MAX);
        }
        if (list->count == size) {
            size = size ? 2 * size : 16;
            list->items = sj_realloc(list->items, size, sizeof *list->items);
        }
        list->items[list->count] = (struct sj_token){.scopes = 0};
        const char *wrong = read_line(line, &list->items[list->count]);
        if (wrong) {
            return sj_fail_plain(err, -EINVAL, "%s:%zu: %s: 'scrubjay token' writes such lines",
                                 path, number, wrong);
        }
        list->count++;
    }
    return 0;
}

static void auto_release(struct sj_token_list *list)
{
    sj_token_list_release(list);
}

int sj_token_list_parse(const char *text, size_t len, const char *path, struct sj_token_list *out,
                        struct sj_err *err)
{
    SJ_AUTO(auto_release) struct sj_token_list list = {0};
    // A file that somebody is just writing must not be taken for a shorter one.
    if (len > 0 && text[len - 1] != '\n') {
        return sj_fail_plain(err, -EINVAL, "%s: its last line has no end", path);
    }
    int status = read_lines((struct sj_str){text, len}, path, &list, err);
    if (status < 0) {
        return status;
    }
    if (list.count > 0) {
        qsort(list.items, list.count, sizeof *list.items, compare_hashes);
    }
    const struct sj_token *twin = find_twin(&list);
    if (twin) {
        return sj_fail_plain(err, -EINVAL, "%s: token %s is there twice: remove one line", path,
                             twin->id);
    }
    list.digest = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!list.digest) {
        return sj_fail_plain(err, -ENOTSUP, "this libcrypto has no SHA-256");
    }
    *out = list;
    list = (struct sj_token_list){0};
    return 0;
}

void sj_token_list_format(const struct sj_token_list *list, struct sj_buf *out)
{
    sj_buf_adds(out, "# Tokens, hashed: 'scrubjay token' writes this file and keeps no comments.\n"
                     "# id, SHA-256, scopes, namespaces, created, expires, note\n");
    for (size_t i = 0; i < list->count; i++) {
        const struct sj_token *token = &list->items[i];
        char hash[2 * sizeof token->hash + 1] = "";
        write_hex(token->hash, sizeof token->hash, hash);
        sj_buf_addf(out, "%s %s ", token->id, hash);
        sj_scopes_format(token->scopes, out);
        sj_buf_addf(out, " %s %lld ", token->spaces, (long long)token->created_s);
        if (token->expires_s) {
            sj_buf_addf(out, "%lld", (long long)token->expires_s);
        } else {
            sj_buf_addc(out, '-');
        }
        sj_buf_addf(out, "%s%s\n", *token->note ? " " : "", token->note);
    }
}

void sj_token_release(struct sj_token *token)
{
    free(token->spaces);
    free(token->note);
    token->spaces = NULL;
    token->note = NULL;
}

void sj_token_list_release(struct sj_token_list *list)
{
    if (!list) {
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        sj_token_release(&list->items[i]);
    }
    free(list->items);
    EVP_MD_free(list->digest);
    *list = (struct sj_token_list){0};
}

static bool hash_text(const EVP_MD *digest, const char *text, size_t len, unsigned char out[32])
{
    return EVP_Digest(text, len, out, NULL, digest, NULL) == 1;
}

static bool has_form(struct sj_str shown)
{
    return shown.len == TOKEN_LEN && memcmp(shown.data, PREFIX, sizeof PREFIX - 1) == 0;
}

// The steps depend on the number of tokens alone. What their branches may tell is how far the
// SHA-256 of what was shown agrees with stored ones; even a whole stored hash is no help in finding
// the 192 random bits behind it.
static const struct sj_token *search(const struct sj_token_list *list, const unsigned char hash[32])
{
    if (list->count == 0) {
        return NULL;
    }
    const struct sj_token *base = list->items;
    for (size_t left = list->count; left > 1; left -= left / 2) {
        const struct sj_token *middle = base + left / 2;
        base = memcmp(middle->hash, hash, sizeof middle->hash) <= 0 ? middle : base;
    }
    return CRYPTO_memcmp(base->hash, hash, sizeof base->hash) == 0 ? base : NULL;
}

const struct sj_token *sj_token_find(const struct sj_token_list *list, struct sj_str shown,
                                     int64_t now_s)
{
    unsigned char hash[32];
    // No token of another form was ever made, so a weak one that somebody hashed by hand is none.
    if (!list->digest || !has_form(shown) ||
        !hash_text(list->digest, shown.data, shown.len, hash)) {
        return NULL;
    }
    const struct sj_token *found = search(list, hash);
    return found && (found->expires_s == 0 || now_s < found->expires_s) ? found : NULL;
}

static int fill_random(unsigned char *out, size_t size)
{
    ssize_t len;
    do {
        len = getrandom(out, size, 0);
    } while (len < 0 && errno == EINTR);
    if (len < 0) {
        return -errno;
    }
    return (size_t)len == size ? 0 : -EIO; // so few bytes come whole: getrandom(2)
}

static void write_base64url(const unsigned char *data, size_t size, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i + 2 < size; i += 3) {
        unsigned bits = (unsigned)data[i] << 16 | (unsigned)data[i + 1] << 8 | data[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6) {
            *out++ = digits[bits >> shift & 63];
        }
    }
}

int sj_token_make(struct sj_token *out, char text[SJ_TOKEN_TEXT_SIZE])
{
    unsigned char random[ID_DIGITS / 2 + SECRET_BYTES];
    int status = fill_random(random, sizeof random);
    if (status < 0) {
        return status;
    }
    struct sj_token token = {.scopes = 0};
    write_hex(random, ID_DIGITS / 2, token.id);
    char *at = text;
    memcpy(at, PREFIX, sizeof PREFIX - 1);
    at += sizeof PREFIX - 1;
    memcpy(at, token.id, ID_DIGITS);
    at += ID_DIGITS;
    *at++ = '_';
    write_base64url(random + ID_DIGITS / 2, SECRET_BYTES, at);
    at[SECRET_TEXT] = '\0';
    OPENSSL_cleanse(random, sizeof random);
    if (!hash_text(EVP_sha256(), text, TOKEN_LEN, token.hash)) {
        return -EIO;
    }
    *out = token;
    return 0;
}
