// SPDX-License-Identifier: Apache-2.0
#include "dash/query.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/utf8.h"

enum {
    VALUE_MAX = 512, // of a subject or a parameter, decoded
};

#define NS_PER_DAY (UINT64_C(86400) * SJ_NS_PER_S)

static const char *const names[SJ_DASH_PARAMETERS] = {
    [SJ_DASH_A] = "a",
    [SJ_DASH_B] = "b",
    [SJ_DASH_BRANCH] = "branch",
    [SJ_DASH_BY] = "by",
    [SJ_DASH_EDGE] = "edge",
    [SJ_DASH_JOB] = "job",
    [SJ_DASH_MACHINE] = "machine",
    [SJ_DASH_MAX] = "max",
    [SJ_DASH_PROJECT] = "project",
    [SJ_DASH_SINCE] = "since",
    [SJ_DASH_SORT] = "sort",
    [SJ_DASH_SPACE] = "space",
    [SJ_DASH_TABLE] = "table",
    [SJ_DASH_TOOLCHAIN] = "toolchain",
    [SJ_DASH_UNTIL] = "until",
};

const char *sj_dash_parameter_name(enum sj_dash_parameter parameter)
{
    return names[parameter];
}

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

// Undo percent signs. What comes out is UTF-8 without control characters.
static int decode(struct sj_str text, bool is_form, struct sj_buf *out, struct sj_err *err)
{
    sj_buf_clear(out);
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];
        if (byte == '%') {
            int high = i + 2 < text.len ? digit_of(text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? digit_of(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return sj_fail_plain(err, -EINVAL,
                                     "a '%%' in an address stands before two digits "
                                     "of a hexadecimal number; write it as %%25");
            }
            byte = (char)(high << 4 | low);
            i += 2;
        } else if (byte == '+' && is_form) {
            byte = ' ';
        }
        sj_buf_addc(out, byte);
    }
    if (out->is_full) {
        out->is_full = false;
        return sj_fail_plain(err, -EINVAL, "a part of the address is longer than %d bytes",
                             VALUE_MAX);
    }
    for (size_t i = 0; i < out->len;) {
        unsigned char byte = (unsigned char)out->data[i];
        size_t step = sj_utf8_len(out->data + i, out->len - i);
        if (step == 0 || byte < 0x20 || byte == 0x7f) {
            return sj_fail_plain(err, -EINVAL, "the address holds bytes that are no text");
        }
        i += step;
    }
    return 0;
}

// The text up to a byte; the rest moves behind it.
static struct sj_str cut(struct sj_str *rest, char end)
{
    const char *at = rest->len > 0 ? memchr(rest->data, end, rest->len) : NULL;
    struct sj_str part = {rest->data, at ? (size_t)(at - rest->data) : rest->len};
    size_t used = part.len + (at ? 1 : 0);
    rest->data = used > 0 ? rest->data + used : rest->data;
    rest->len -= used;
    return part;
}

static bool skip_root(struct sj_str *path, const char *root)
{
    size_t len = strlen(root);
    if (path->len < len || memcmp(path->data, root, len) != 0 ||
        (path->len > len && path->data[len] != '/')) {
        return false;
    }
    path->data += len;
    path->len -= len;
    return true;
}

static int read_path(struct sj_str path, struct sj_dash_query *query, struct sj_err *err)
{
    SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(VALUE_MAX + 1);
    if (skip_root(&path, "/api/v1")) {
        query->format = SJ_DASH_JSON;
    } else if (!skip_root(&path, "/dash")) {
        return sj_fail_plain(err, -EINVAL, "pages are below /dash and /api/v1");
    }
    for (size_t at = 0; path.len > 0;) {
        struct sj_str part = cut(&path, '/');
        if (part.len == 0) {
            continue;
        }
        if (at > SJ_DASH_SUBJECTS) {
            return sj_fail_plain(err, -EINVAL,
                                 "the address has too many parts; a '/' inside a name is "
                                 "written as %%2F");
        }
        int status = decode(part, false, &text, err);
        if (status < 0) {
            return status;
        }
        char **to = at == 0 ? &query->page : &query->subject[at - 1];
        *to = sj_strdup(sj_buf_text(&text));
        at++;
    }
    if (!query->page) {
        query->page = sj_strdup("overview");
    }
    return 0;
}

static int fail_unknown(const char *name, struct sj_err *err)
{
    SJ_AUTO(sj_buf_release) struct sj_buf list = SJ_BUF_INIT(1024);
    for (size_t i = 0; i < SJ_DASH_PARAMETERS; i++) {
        sj_buf_addf(&list, "%s, ", names[i]);
    }
    return sj_fail_plain(err, -EINVAL, "unknown parameter '%.40s'; known are %sformat", name,
                         sj_buf_text(&list));
}

static int read_format(const char *text, struct sj_dash_query *query, struct sj_err *err)
{
    static const struct {
        const char *name;
        enum sj_dash_format format;
    } formats[] = {{"html", SJ_DASH_HTML},
                   {"json", SJ_DASH_JSON},
                   {"csv", SJ_DASH_CSV},
                   {"chart", SJ_DASH_HTML}};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(text, formats[i].name) == 0) {
            query->format = formats[i].format;
            return 0;
        }
    }
    return sj_fail_plain(err, -EINVAL, "format '%.40s' is none of html, json, csv", text);
}

// What has been given already, as bits: each parameter's number, and one more for the format.
static int read_parameter(const char *name, const char *value, unsigned *given,
                          struct sj_dash_query *query, struct sj_err *err)
{
    size_t at = 0;
    while (at < SJ_DASH_PARAMETERS && strcmp(name, names[at]) != 0) {
        at++;
    }
    if (at == SJ_DASH_PARAMETERS && strcmp(name, "format") != 0) {
        return fail_unknown(name, err);
    }
    if (*given & 1u << at) {
        return sj_fail_plain(err, -EINVAL, "parameter '%s' is given twice", name);
    }
    *given |= 1u << at;
    // A form sends the fields that were left empty, too.
    if (!*value) {
        return 0;
    }
    if (at == SJ_DASH_PARAMETERS) {
        return read_format(value, query, err);
    }
    query->parameter[at] = sj_strdup(value);
    return 0;
}

static int read_parameters(struct sj_str text, struct sj_dash_query *query, struct sj_err *err)
{
    SJ_AUTO(sj_buf_release) struct sj_buf name = SJ_BUF_INIT(VALUE_MAX + 1);
    SJ_AUTO(sj_buf_release) struct sj_buf value = SJ_BUF_INIT(VALUE_MAX + 1);
    unsigned given = 0;
    while (text.len > 0) {
        struct sj_str pair = cut(&text, '&');
        if (pair.len == 0) {
            continue;
        }
        struct sj_str key = cut(&pair, '=');
        int status = decode(key, true, &name, err);
        if (status == 0) {
            status = decode(pair, true, &value, err);
        }
        if (status == 0) {
            status = read_parameter(sj_buf_text(&name), sj_buf_text(&value), &given, query, err);
        }
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

// A day such as 2026-11-25, as its first nanosecond, UTC.
static bool read_day(const char *text, uint64_t *out)
{
    uint64_t part[3];
    static const size_t from[] = {0, 5, 8};
    static const size_t len[] = {4, 2, 2};
    static const uint64_t most[] = {2200, 12, 31};
    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-') {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        char digits[5] = "";
        memcpy(digits, text + from[i], len[i]);
        if (sj_parse_u64(digits, most[i], &part[i]) < 0) {
            return false;
        }
    }
    struct tm tm = {
        .tm_year = (int)part[0] - 1900, .tm_mon = (int)part[1] - 1, .tm_mday = (int)part[2]};
    time_t seconds = part[0] >= 1970 ? timegm(&tm) : -1;
    // 30 February would become 2 March.
    if (seconds < 0 || tm.tm_mday != (int)part[2] || tm.tm_mon != (int)part[1] - 1) {
        return false;
    }
    *out = (uint64_t)seconds * SJ_NS_PER_S;
    return true;
}

// Names are what they were given as; only what is a number or a time is read here.
static int read_values(uint64_t now_ns, struct sj_dash_query *query, struct sj_err *err)
{
    const char *since = query->parameter[SJ_DASH_SINCE];
    const char *until = query->parameter[SJ_DASH_UNTIL];
    const char *max = query->parameter[SJ_DASH_MAX];
    uint64_t span_ms;
    if (since && strcmp(since, "all") != 0 && !read_day(since, &query->since_ns)) {
        if (sj_parse_span_ms(since, &span_ms) < 0) {
            return sj_fail_plain(err, -EINVAL,
                                 "since '%.40s' is neither a span such as 90d, nor a day such as "
                                 "2026-11-25, nor all",
                                 since);
        }
        // A span that is longer than time itself means all.
        bool is_all = span_ms > now_ns / SJ_NS_PER_MS;
        query->since_ns = is_all ? 0 : now_ns - span_ms * SJ_NS_PER_MS;
    }
    if (until) {
        if (!read_day(until, &query->until_ns)) {
            return sj_fail_plain(err, -EINVAL, "until '%.40s' is no day such as 2026-11-25", until);
        }
        query->until_ns += NS_PER_DAY; // that day counts, too
    }
    if (query->until_ns != 0 && query->until_ns <= query->since_ns) {
        return sj_fail_plain(err, -EINVAL, "until '%.40s' lies before since '%.40s'", until, since);
    }
    if (max && (sj_parse_u64(max, SJ_DASH_ROWS_MAX, &query->max) < 0 || query->max == 0)) {
        return sj_fail_plain(err, -EINVAL, "max '%.40s' is no number from 1 to %zu", max,
                             SJ_DASH_ROWS_MAX);
    }
    return 0;
}

int sj_dash_query_read(struct sj_str path, struct sj_str query, uint64_t now_ns,
                       struct sj_dash_query *out, struct sj_err *err)
{
    struct sj_dash_query made = {0};
    int status = read_path(path, &made, err);
    if (status == 0) {
        status = read_parameters(query, &made, err);
    }
    if (status == 0) {
        status = read_values(now_ns, &made, err);
    }
    if (status < 0) {
        sj_dash_query_release(&made);
        return status;
    }
    *out = made;
    return 0;
}

void sj_dash_query_release(struct sj_dash_query *query)
{
    if (!query) {
        return;
    }
    free(query->page);
    for (size_t i = 0; i < SJ_DASH_SUBJECTS; i++) {
        free(query->subject[i]);
    }
    for (size_t i = 0; i < SJ_DASH_PARAMETERS; i++) {
        free(query->parameter[i]);
    }
    *query = (struct sj_dash_query){0};
}

// Everything but the letters, digits and marks that mean themselves anywhere in an address.
static void add_encoded(struct sj_buf *out, const char *text)
{
    for (; *text; text++) {
        char byte = *text;
        char lower = (char)(byte | 0x20);
        if ((lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9') ||
            strchr("-._~", byte)) {
            sj_buf_addc(out, byte);
        } else {
            sj_buf_addf(out, "%%%02X", (unsigned char)byte);
        }
    }
}

static void add_path(struct sj_buf *out, const char *page, const char *subject, const char *second)
{
    sj_buf_adds(out, "/dash");
    bool has_subject = subject && *subject;
    if (!has_subject && (!page || strcmp(page, "overview") == 0)) {
        return;
    }
    sj_buf_addc(out, '/');
    add_encoded(out, page ? page : "overview");
    if (has_subject) {
        sj_buf_addc(out, '/');
        add_encoded(out, subject);
    }
    if (has_subject && second && *second) {
        sj_buf_addc(out, '/');
        add_encoded(out, second);
    }
}

static void add_parameter(struct sj_buf *out, char *joint, size_t parameter, const char *value)
{
    if (value && *value) {
        sj_buf_addf(out, "%c%s=", *joint, names[parameter]);
        add_encoded(out, value);
        *joint = '&';
    }
}

bool sj_dash_is_kept(enum sj_dash_parameter parameter)
{
    static const bool is_kept[SJ_DASH_PARAMETERS] = {
        [SJ_DASH_BRANCH] = true,    [SJ_DASH_JOB] = true,   [SJ_DASH_MACHINE] = true,
        [SJ_DASH_PROJECT] = true,   [SJ_DASH_SINCE] = true, [SJ_DASH_SPACE] = true,
        [SJ_DASH_TOOLCHAIN] = true, [SJ_DASH_UNTIL] = true,
    };
    return is_kept[parameter];
}

char *sj_dash_link(const struct sj_dash_query *query, const char *page, const char *subject,
                   const char *second)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    char joint = '?';
    add_path(&out, page, subject, second);
    for (size_t i = 0; query && i < SJ_DASH_PARAMETERS; i++) {
        if (sj_dash_is_kept((enum sj_dash_parameter)i)) {
            add_parameter(&out, &joint, i, query->parameter[i]);
        }
    }
    return sj_strdup(sj_buf_text(&out));
}

char *sj_dash_link_with(const struct sj_dash_query *query, enum sj_dash_parameter parameter,
                        const char *value)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    char joint = '?';
    add_path(&out, query->page, query->subject[0], query->subject[1]);
    for (size_t i = 0; i < SJ_DASH_PARAMETERS; i++) {
        add_parameter(&out, &joint, i, i == parameter ? value : query->parameter[i]);
    }
    return sj_strdup(sj_buf_text(&out));
}
