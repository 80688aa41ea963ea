// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tier-http/frames.h"
#include "tier-http/wire.h"

#define MAX_BYTES 100

// What came: kind, length and first byte of each value.
struct seen {
    char text[256];
};

static void note(const struct sj_tier_value *value, void *user)
{
    struct seen *seen = user;
    size_t at = strlen(seen->text);
    (void)snprintf(seen->text + at, sizeof seen->text - at, "%d:%zu:%c ", (int)value->name.kind,
                   value->len, value->len ? *(const char *)value->data : '-');
}

// Frames of kinds 1 to 3 with 0, 5 and 40 bytes, and one that is larger than allowed.
static size_t make(unsigned char *out)
{
    static const size_t lens[] = {0, 5, 40, MAX_BYTES + 1, 7};
    char data[MAX_BYTES + 1];
    size_t len = 0;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        memset(data, 'a' + (int)i, sizeof data);
        const struct sj_tier_value value = {
            .name = {.kind = (enum sj_tier_kind)(1 + i % 4)},
            .raw_len = (uint32_t)lens[i],
            .data = data,
            .len = lens[i],
        };
        frame_write(&value, out + len);
        len += frame_size(&value);
    }
    return len;
}

static int feed(const unsigned char *data, size_t len, size_t piece, struct seen *seen, bool *whole)
{
    struct frame_reader reader = {.max_bytes = MAX_BYTES, .found = note, .user = seen};
    int status = 0;
    for (size_t at = 0; status == 0 && at < len; at += piece) {
        size_t part = len - at < piece ? len - at : piece;
        unsigned char *copy = malloc(part); // so that a read past it is seen
        memcpy(copy, data + at, part);
        status = frame_reader_feed(&reader, copy, part);
        free(copy);
    }
    *whole = frame_reader_is_whole(&reader);
    frame_reader_release(&reader);
    return status;
}

Test(http_frames, reads_pieces_of_any_size)
{
    unsigned char data[1024];
    size_t len = make(data);
    for (size_t piece = 1; piece <= len; piece++) {
        struct seen seen = {0};
        bool whole;
        cr_assert_eq(feed(data, len, piece, &seen, &whole), 0, "pieces of %zu", piece);
        cr_assert(whole);
        cr_assert_str_eq(seen.text, "1:0:- 2:5:b 3:40:c 1:7:e ", "pieces of %zu", piece);
    }
}

Test(http_frames, a_cut_answer_is_not_whole)
{
    unsigned char data[1024];
    size_t len = make(data);
    for (size_t cut = 1; cut < FRAME_HEAD_SIZE; cut++) {
        struct seen seen = {0};
        bool whole;
        cr_assert_eq(feed(data, len - cut, 64, &seen, &whole), 0);
        cr_assert_not(whole, "cut by %zu", cut);
        cr_assert_str_eq(seen.text, "1:0:- 2:5:b 3:40:c ");
    }
}

Test(http_frames, refuses_what_makes_no_sense)
{
    static const struct {
        size_t offset;
        unsigned char byte;
        const char *what;
    } rows[] = {
        {0, 0, "kind 0"},        {0, 5, "kind 5"},        {1, 2, "codec 2"},
        {2, 1, "reserved byte"}, {3, 1, "reserved byte"}, {4, 9, "raw bytes of another length"},
        {11, 0xff, "4 GiB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned char data[1024];
        size_t len = make(data);
        data[FRAME_HEAD_SIZE + rows[i].offset] = rows[i].byte;
        for (size_t piece = 1; piece <= len; piece += 13) {
            struct seen seen = {0};
            bool whole;
            cr_assert_eq(feed(data, len, piece, &seen, &whole), -EPROTO, "%s", rows[i].what);
            cr_assert_not(whole);
            cr_assert_str_eq(seen.text, "1:0:- ", "%s", rows[i].what);
        }
    }
}

Test(http_url, is_taken_apart)
{
    static const struct {
        const char *url;
        const char *base; // NULL: refused
        const char *space;
    } rows[] = {
        {"http://host:8417/team", "http://host:8417", "team"},
        {"http://host:8417/team/", "http://host:8417", "team"},
        {"https://host", "https://host", "default"},
        {"https://host/", "https://host", "default"},
        {"http://[::1]:80/a.b-c_d", "http://[::1]:80", "a.b-c_d"},
        {"http://host/cache/team", "http://host/cache", "team"},
        {"http://user:secret@host/team", "http://user:secret@host", "team"},
        {"http://host/Team", NULL, NULL},
        {"http://host/.team", NULL, NULL},
        {"http://host/a%2fb", NULL, NULL},
        {"http://host/team?x=1", NULL, NULL},
        {"http://host/team#x", NULL, NULL},
        {"http:///team", NULL, NULL},
        {"http://", NULL, NULL},
        {"host/team", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *base = NULL;
        char *space = NULL;
        int status = wire_split_url(rows[i].url, &base, &space);
        cr_assert_eq(status, rows[i].base ? 0 : -EINVAL, "%s", rows[i].url);
        if (status == 0) {
            cr_assert_str_eq(base, rows[i].base);
            cr_assert_str_eq(space, rows[i].space);
        }
        free(base);
        free(space);
    }
}
