// SPDX-License-Identifier: Apache-2.0
#include "server/shape.h"

#define ANYWHERE (SJ_BYTE_PATH | SJ_BYTE_QUERY)
#define DIGIT    (ANYWHERE | SJ_BYTE_HASH | SJ_BYTE_NAME | SJ_BYTE_BASE32 | SJ_BYTE_HEX)
#define LETTER   (ANYWHERE | SJ_BYTE_HASH | SJ_BYTE_NAME)

static const unsigned char classes[256] = {
    ['0' ... '9'] = DIGIT,
    ['a' ... 'f'] = DIGIT,
    ['g' ... 'v'] = LETTER | SJ_BYTE_BASE32,
    ['w' ... 'z'] = LETTER,
    ['-'] = LETTER,
    ['_'] = LETTER,
    ['A' ... 'Z'] = ANYWHERE | SJ_BYTE_HASH,
    ['.'] = ANYWHERE | SJ_BYTE_NAME,
    ['~'] = ANYWHERE,
    ['='] = SJ_BYTE_QUERY,
    ['&'] = SJ_BYTE_QUERY,
};

bool sj_bytes_are(struct sj_str text, enum sj_byte_class byte_class)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!(classes[(unsigned char)text.data[i]] & byte_class)) {
            return false;
        }
    }
    return true;
}

#define GET     SJ_METHOD_GET
#define HEAD    SJ_METHOD_HEAD
#define PUT     SJ_METHOD_PUT
#define POST    SJ_METHOD_POST
#define DELETE  SJ_METHOD_DELETE
#define OPTIONS SJ_METHOD_OPTIONS
#define FIND    SJ_METHOD_PROPFIND
#define READ    (GET | HEAD)
#define VALUE   (READ | PUT)
#define BARE    (SJ_SHAPE_BARE | SJ_SHAPE_QUERY)
#define MORE    SJ_SHAPE_MORE
#define QUERY   SJ_SHAPE_QUERY

// clang-format off
#define WORD(text)  {SJ_PART_WORD, sizeof(text) - 1, (text)}
#define HEX(count)  {SJ_PART_HEX, (count), NULL}
#define B32(count)  {SJ_PART_BASE32, (count), NULL}
#define KEY         HEX(2 * SJ_KEY_SIZE)
#define HASH        {SJ_PART_HASH, 128, NULL}
#define NAME        {SJ_PART_NAME, SJ_SPACE_NAME_MAX, NULL}
#define V1          WORD("v1"), NAME
#define V8          WORD("v8"), WORD("artifacts")
#define ROW(protocol, resource, methods, writes, flags, text, ...) \
    {SJ_PROTOCOL_##protocol, SJ_RESOURCE_##resource, (methods), (writes), (flags), \
     SJ_TEXT_##text, {__VA_ARGS__}}

// Rows for more than one client's keys differ in the number or kind of digits, so their order does
// not matter but for the words that Turborepo has among its hashes.
static const struct sj_shape shapes[] = {
    ROW(NATIVE,  OBJECT,  VALUE, PUT,  BARE, NONE, V1, WORD("object"), KEY),
    ROW(NATIVE,  RESULT,  VALUE, PUT,  BARE, NONE, V1, WORD("result"), KEY),
    ROW(NATIVE,  PATHSET, VALUE, PUT,  BARE, NONE, V1, WORD("pathset"), KEY),
    ROW(NATIVE,  TRAIL,   VALUE, PUT,  BARE, NONE, V1, WORD("trail"), KEY),
    ROW(NATIVE,  RECORD,  POST,  POST, BARE, NONE, V1, WORD("record")),
    ROW(NATIVE,  BATCH,   POST,  0,    BARE, NONE, V1, WORD("batch")),
    ROW(NATIVE,  UPLOAD,  POST,  POST, BARE, NONE, V1, WORD("upload")),
    ROW(NATIVE,  FETCH,   POST,  0,    BARE, NONE, V1, WORD("fetch")),
    ROW(NATIVE,  PUSH,    POST,  POST, BARE, NONE, V1, WORD("push"), KEY),
    ROW(NATIVE,  SPACE,   READ,  0,    BARE, NONE, V1),

    ROW(CCACHE,  ENTRY, VALUE | DELETE, PUT | DELETE, 0, JOINED, HEX(2), HEX(38)),
    ROW(CCACHE,  ENTRY, VALUE | DELETE, PUT | DELETE, 0, JOINED, B32(2), B32(31)),
    ROW(CCACHE,  ENTRY, VALUE | DELETE, PUT | DELETE, 0, JOINED, HEX(40)),
    ROW(CCACHE,  ENTRY, VALUE | DELETE, PUT | DELETE, 0, JOINED, B32(33)),
    ROW(BAZEL,   ENTRY, VALUE, PUT, MORE, WHOLE, WORD("ac"), HEX(64)),
    ROW(BAZEL,   CAS,   VALUE, PUT, MORE, LAST, WORD("cas"), HEX(64)),
    ROW(GRADLE,  ENTRY, VALUE, PUT, 0, LAST, HEX(32)),
    ROW(SCCACHE, ENTRY, VALUE | FIND | OPTIONS, PUT, MORE, FOLDER, HEX(1), HEX(1), HEX(1), HEX(64)),
    ROW(SCCACHE, ENTRY, VALUE | FIND | OPTIONS, PUT, MORE, FOLDER, WORD(".sccache_check")),
    ROW(NX,      ENTRY, VALUE, PUT, 0, LAST, WORD("v1"), WORD("cache"), HASH),

    ROW(TURBO,   TURBO_STATUS, READ | OPTIONS, 0, QUERY, NONE, V8, WORD("status")),
    ROW(TURBO,   TURBO_EVENTS, POST | OPTIONS, 0, QUERY, NONE, V8, WORD("events")),
    ROW(TURBO,   ENTRY, VALUE | OPTIONS, PUT, QUERY, LAST, V8, HASH),
    ROW(TURBO,   TURBO_QUERY,  POST | OPTIONS, 0, QUERY, NONE, V8),
    ROW(TURBO,   TURBO_USER,   READ | OPTIONS, 0, QUERY, NONE, WORD("v2"), WORD("user")),
    ROW(TURBO,   TURBO_USER,   READ | OPTIONS, 0, QUERY, NONE, WORD("v2"), WORD("teams")),
    ROW(TURBO,   TURBO_USER,   READ | OPTIONS, 0, QUERY, NONE,
        WORD("v5"), WORD("user"), WORD("tokens"), WORD("current")),

    ROW(OWN,     HEALTHZ, READ, 0, BARE, NONE, WORD("healthz")),
    ROW(OWN,     METRICS, READ, 0, BARE, NONE, WORD("metrics")),
    ROW(OWN,     READYZ,  READ, 0, BARE, NONE, WORD("readyz")),
    ROW(OWN,     STATUS,  READ, 0, BARE, NONE, WORD("status")),
    ROW(BAZEL,   STATUS,  READ, 0, 0, NONE, WORD("status")),
};
// clang-format on

static bool part_fits(const struct sj_part *part, struct sj_str segment)
{
    switch (part->kind) {
    case SJ_PART_WORD:
        return segment.len == part->len && memcmp(segment.data, part->word, part->len) == 0;
    case SJ_PART_HEX:
        return segment.len == part->len && sj_bytes_are(segment, SJ_BYTE_HEX);
    case SJ_PART_BASE32:
        return segment.len == part->len && sj_bytes_are(segment, SJ_BYTE_BASE32);
    case SJ_PART_HASH:
        return segment.len <= part->len && sj_bytes_are(segment, SJ_BYTE_HASH);
    case SJ_PART_NAME:
        return sj_space_is_name(segment);
    case SJ_PART_NONE:
        break;
    }
    return false;
}

static size_t count_parts(const struct sj_shape *shape)
{
    size_t count = 0;
    while (count < SJ_SHAPE_PARTS && shape->parts[count].kind != SJ_PART_NONE) {
        count++;
    }
    return count;
}

static bool fits(const struct sj_shape *shape, const struct sj_str *segments, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!part_fits(&shape->parts[i], segments[i])) {
            return false;
        }
    }
    return true;
}

const struct sj_shape *sj_shape_find(const struct sj_str *segments, size_t count, bool is_bare,
                                     size_t more_max, size_t *more)
{
    for (const struct sj_shape *shape = shapes; shape < shapes + sizeof shapes / sizeof shapes[0];
         shape++) {
        size_t wants = count_parts(shape);
        if (count < wants || (shape->flags & SJ_SHAPE_BARE && !is_bare)) {
            continue;
        }
        size_t before = count - wants;
        if (before > (shape->flags & SJ_SHAPE_MORE ? more_max : 0)) {
            continue;
        }
        if (fits(shape, segments + before, wants)) {
            *more = before;
            return shape;
        }
    }
    return NULL;
}
