// SPDX-License-Identifier: Apache-2.0
// A target is cut into segments, an optional "cache" and the namespace are taken off its front, and
// what is left is looked up among the shapes.
#include "server/route.h"

#include <stddef.h>
#include <string.h>

#include "server/page_target.h"
#include "server/shape.h"

// As many as mean something: cache, a namespace, more segments, the longest shape.
#define SEGMENTS_MAX (2 + SJ_SHAPE_MORE_MAX + SJ_SHAPE_PARTS)

#define CHECK_FILE ".sccache_check"

/** A target in pieces. */
struct path {
    struct sj_str segments[SEGMENTS_MAX];
    size_t count;
    bool is_folder;      // it ends in '/'
    struct sj_str query; // behind the '?'; data NULL: there is none
};

static bool is_word(struct sj_str text, const char *word)
{
    return sj_str_eq(text, sj_str_of(word));
}

unsigned sj_method_of(const char *name)
{
    static const struct {
        const char *name;
        enum sj_method method;
    } methods[] = {
        {"GET", SJ_METHOD_GET},           {"HEAD", SJ_METHOD_HEAD},
        {"PUT", SJ_METHOD_PUT},           {"POST", SJ_METHOD_POST},
        {"DELETE", SJ_METHOD_DELETE},     {"OPTIONS", SJ_METHOD_OPTIONS},
        {"PROPFIND", SJ_METHOD_PROPFIND}, {"MKCOL", SJ_METHOD_MKCOL},
    };
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(methods[i].name, name) == 0) {
            return methods[i].method;
        }
    }
    return 0;
}

// What a path without a namespace may begin with is no namespace: its meaning would hang on what
// follows.
static bool begins_a_key(struct sj_str text)
{
    return (text.len == 1 && sj_bytes_are(text, SJ_BYTE_HEX)) ||
           (text.len == 2 && sj_bytes_are(text, SJ_BYTE_BASE32)) ||
           (text.len >= 32 && sj_bytes_are(text, SJ_BYTE_HEX));
}

bool sj_space_is_name(struct sj_str text)
{
    static const char *const taken[] = {
        "ac",     "api",    "cache", "cas", "dash", "healthz", "metrics",
        "readyz", "status", "v1",    "v2",  "v5",   "v8",
    };
    if (text.len == 0 || text.len > SJ_SPACE_NAME_MAX || !sj_bytes_are(text, SJ_BYTE_NAME) ||
        strchr("._-", text.data[0]) || begins_a_key(text)) {
        return false;
    }
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (is_word(text, taken[i])) {
            return false;
        }
    }
    return true;
}

// Adds the segment that ends here. 0, or a status.
static int add_segment(struct path *path, const char *start, const char *end)
{
    struct sj_str segment = {start, (size_t)(end - start)};
    if (segment.len == 0 || (segment.data[0] == '.' && !is_word(segment, CHECK_FILE))) {
        return 400;
    }
    if (path->count == SEGMENTS_MAX) {
        return 404;
    }
    path->segments[path->count++] = segment;
    return 0;
}

// Takes the query off. Returns the end of the path, or NULL.
static const char *cut_query(const char *target, size_t len, struct path *path)
{
    const char *mark = memchr(target, '?', len);
    if (!mark) {
        return target + len;
    }
    path->query = (struct sj_str){mark + 1, (size_t)(target + len - mark - 1)};
    return sj_bytes_are(path->query, SJ_BYTE_QUERY) ? mark : NULL;
}

static int cut(const char *target, size_t len, struct path *path)
{
    if (len > SJ_TARGET_MAX) {
        return 414;
    }
    const char *end = cut_query(target, len, path);
    if (len == 0 || target[0] != '/' || !end) {
        return 400;
    }
    int worst = 0;
    const char *start = target + 1;
    while (start < end) {
        const char *slash = memchr(start, '/', (size_t)(end - start));
        const char *stop = slash ? slash : end;
        if (!sj_bytes_are((struct sj_str){start, (size_t)(stop - start)}, SJ_BYTE_PATH)) {
            return 400;
        }
        // Too many segments lead nowhere; one of them that breaks the grammar is the worse news.
        int status = add_segment(path, start, stop);
        if (status == 400) {
            return status;
        }
        worst = status ? status : worst;
        path->is_folder = slash != NULL;
        start = stop + (slash ? 1 : 0);
    }
    path->is_folder = path->is_folder || end == target + 1;
    return worst;
}

// The nameless namespace has a name for those who must give one.
static struct sj_str space_of(struct sj_str name)
{
    return is_word(name, "default") ? (struct sj_str){"", 0} : name;
}

// The value of a query's parameter; data NULL: there is none.
static struct sj_str query_value(struct sj_str query, const char *name)
{
    size_t len = strlen(name);
    const char *at = query.data;
    const char *end = at ? at + query.len : at;
    while (at < end) {
        const char *and = memchr(at, '&', (size_t)(end - at));
        const char *stop = and? and : end;
        if ((size_t)(stop - at) > len && memcmp(at, name, len) == 0 && at[len] == '=') {
            return (struct sj_str){at + len + 1, (size_t)(stop - at) - len - 1};
        }
        at = stop + (and? 1 : 0);
    }
    return (struct sj_str){NULL, 0};
}

static struct sj_str query_space(struct sj_str query)
{
    static const char *const names[] = {"slug", "teamId"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sj_str value = query_value(query, names[i]);
        if (sj_space_is_name(value)) {
            return space_of(value);
        }
    }
    return (struct sj_str){"", 0};
}

static unsigned digit_value(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

// Only digits that a shape has already found to be hexadecimal.
static void read_hex(struct sj_str digits, unsigned char *out)
{
    for (size_t i = 0; i + 1 < digits.len; i += 2) {
        out[i / 2] =
            (unsigned char)(digit_value(digits.data[i]) << 4 | digit_value(digits.data[i + 1]));
    }
}

// Appends to the text; false: there is no room.
static bool add(struct sj_route *out, const char *data, size_t len)
{
    if (len >= sizeof out->text - out->text_len) {
        return false;
    }
    memcpy(out->text + out->text_len, data, len);
    out->text_len += len;
    out->text[out->text_len] = '\0';
    return true;
}

// A key of ccache in Bazel's layout is no SHA-256: its 40 digits are followed by the first of them
// once more.
static bool is_ccache_key(struct sj_str key)
{
    return memcmp(key.data, key.data + 40, 24) == 0;
}

/** What is left of a path, and the shape that it has. */
struct found {
    const struct sj_shape *shape;
    const struct sj_str *segments;
    size_t count;
    size_t more; // segments before the shape
};

static bool make_text(const struct found *found, struct sj_route *out)
{
    struct sj_str last = found->segments[found->count - 1];
    enum sj_text_kind kind = found->shape->text;
    const char *tag = sj_protocol_name(out->protocol);
    if (out->resource == SJ_RESOURCE_CAS) {
        tag = "cas";
    } else if (out->protocol == SJ_PROTOCOL_CCACHE && kind == SJ_TEXT_WHOLE) {
        kind = SJ_TEXT_LAST;
        last.len = 40;
    }
    bool is_good = add(out, tag, strlen(tag)) && add(out, "/", 1);
    size_t end = kind == SJ_TEXT_FOLDER ? found->more : found->count - 1;
    size_t i = kind == SJ_TEXT_LAST ? end : 0;
    for (; i < end && is_good; i++) {
        is_good = add(out, found->segments[i].data, found->segments[i].len) &&
                  (kind == SJ_TEXT_JOINED || add(out, "/", 1));
    }
    return is_good && add(out, last.data, last.len);
}

static int fill_entry(const struct found *found, struct sj_route *out)
{
    struct sj_str last = found->segments[found->count - 1];
    if (out->protocol == SJ_PROTOCOL_BAZEL && out->resource == SJ_RESOURCE_ENTRY &&
        found->more == 0 && is_ccache_key(last)) {
        out->protocol = SJ_PROTOCOL_CCACHE;
        out->methods |= SJ_METHOD_DELETE;
        out->writes |= SJ_METHOD_DELETE;
    }
    // sccache's folders are the first digits of the key; others are no key of its.
    if (found->shape->text == SJ_TEXT_FOLDER && found->count - found->more == 4) {
        for (size_t i = 0; i < 3; i++) {
            if (found->segments[found->more + i].data[0] != last.data[i]) {
                return 404;
            }
        }
    }
    if (out->resource == SJ_RESOURCE_CAS) {
        read_hex(last, out->sha256);
    }
    if (!make_text(found, out)) {
        return 414;
    }
    out->key = sj_key_of(out->text, out->text_len);
    return 0;
}

static int fill_native(const struct found *found, struct sj_str query, struct sj_route *out)
{
    out->space = space_of(found->segments[1]);
    if (found->count == 4) {
        read_hex(found->segments[3], out->key.bytes);
    }
    struct sj_str weak = query_value(query, "weak");
    if (out->resource != SJ_RESOURCE_PUSH || !weak.data) {
        return 0;
    }
    if (weak.len != 2 * SJ_KEY_SIZE || !sj_bytes_are(weak, SJ_BYTE_HEX)) {
        return 400;
    }
    read_hex(weak, out->weak.bytes);
    return 0;
}

// A folder of WebDAV: there is none, but who asks wants to hear that it is there. It is below a
// namespace, or of the digits that sccache's keys begin with.
static int fill_folder(const struct sj_str *left, size_t count, bool has_space, bool has_query,
                       struct sj_route *out)
{
    bool is_digit = count > 0 && left[0].len == 1 && sj_bytes_are(left[0], SJ_BYTE_HEX);
    if (has_query) {
        return 400;
    }
    if (!has_space && count > 0 && !is_digit) {
        return 404;
    }
    out->protocol = SJ_PROTOCOL_SCCACHE;
    out->resource = SJ_RESOURCE_COLLECTION;
    out->methods = SJ_METHOD_PROPFIND | SJ_METHOD_MKCOL | SJ_METHOD_OPTIONS;
    out->writes = SJ_METHOD_MKCOL;
    return 0;
}

static int understand(const struct path *path, struct sj_route *out)
{
    const struct sj_str *left = path->segments;
    size_t count = path->count;
    bool is_bare = true;
    bool has_space = false;
    if (count > 0 && is_word(left[0], "cache")) {
        is_bare = false;
        left++;
        count--;
    }
    // A namespace alone is none: a flat key of ccache may look like one.
    if (count > (path->is_folder ? 0 : 1) && sj_space_is_name(left[0])) {
        is_bare = false;
        has_space = true;
        out->space = space_of(left[0]);
        left++;
        count--;
    }
    if (path->is_folder) {
        return fill_folder(left, count, has_space, path->query.data != NULL, out);
    }
    struct found found = {.segments = left, .count = count};
    found.shape =
        sj_shape_find(left, count, is_bare, has_space ? SJ_SHAPE_MORE_MAX : 0, &found.more);
    if (!found.shape) {
        return 404;
    }
    if (path->query.data && !(found.shape->flags & SJ_SHAPE_QUERY)) {
        return 400;
    }
    out->protocol = found.shape->protocol;
    out->resource = found.shape->resource;
    out->methods = found.shape->methods;
    out->writes = found.shape->writes;
    if (out->protocol == SJ_PROTOCOL_TURBO && !has_space) {
        out->space = query_space(path->query);
    }
    if (out->protocol == SJ_PROTOCOL_NATIVE) {
        return fill_native(&found, path->query, out);
    }
    return found.shape->text == SJ_TEXT_NONE ? 0 : fill_entry(&found, out);
}

// The text, most of a route, is written before it is read.
static void clear(struct sj_route *out)
{
    memset(out, 0, offsetof(struct sj_route, text));
    out->space = (struct sj_str){"", 0};
    out->text[0] = '\0';
}

int sj_route_parse(const char *target, size_t len, struct sj_route *out)
{
    struct path path = {.query = {NULL, 0}};
    clear(out);
    if (sj_page_target_is(target, len)) {
        return sj_page_target_parse(target, len, out);
    }
    int status = cut(target, len, &path);
    status = status ? status : understand(&path, out);
    if (status) {
        clear(out);
    }
    return status;
}
