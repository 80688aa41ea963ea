// SPDX-License-Identifier: Apache-2.0
#include "analyze/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "record/pathset.h"

#define PATH_LIMIT 8192

void sj_numbers_release(struct sj_numbers *numbers)
{
    if (numbers) {
        free(numbers->bits);
        *numbers = (struct sj_numbers){0};
    }
}

void sj_numbers_add(struct sj_numbers *numbers, uint32_t number)
{
    if (number >= numbers->size) {
        size_t words = numbers->size / 64;
        size_t wanted = words * 2 > number / 64 ? words * 2 : (size_t)number / 64 + 1;
        numbers->bits = sj_realloc(numbers->bits, wanted, sizeof *numbers->bits);
        memset(numbers->bits + words, 0, (wanted - words) * sizeof *numbers->bits);
        // A number has 32 bits, so there are at most 2^26 words and the product fits but for the
        // last one, which stands for all numbers then.
        numbers->size = wanted >= UINT32_MAX / 64 ? UINT32_MAX : (uint32_t)(wanted * 64);
    }
    uint64_t bit = (uint64_t)1 << (number % 64);
    numbers->count += !(numbers->bits[number / 64] & bit);
    numbers->bits[number / 64] |= bit;
}

void sj_numbers_join(struct sj_numbers *into, const struct sj_numbers *from)
{
    for (uint32_t i = 0; i < from->size / 64; i++) {
        for (uint64_t word = from->bits[i]; word; word &= word - 1) {
            sj_numbers_add(into, i * 64 + (uint32_t)__builtin_ctzll(word));
        }
    }
}

static void add_text(struct sj_db *db, struct sj_numbers *numbers, const char *text)
{
    uint32_t number = sj_db_text_find(db, text);
    if (number) {
        sj_numbers_add(numbers, number);
    }
}

// The directory of a path; the root is ".", as tools open it.
static void add_dir(struct sj_match *match, const char *path)
{
    char dir[PATH_LIMIT] = ".";
    const char *slash = strrchr(path, '/');
    if (slash && (size_t)(slash - path) < sizeof dir) {
        memcpy(dir, path, (size_t)(slash - path));
        dir[slash - path] = '\0';
    }
    add_text(match->db, &match->names, dir);
}

// A new file may be the first one of a directory that was not there before.
static void add_present(struct sj_match *match, const char *path)
{
    add_text(match->db, &match->present, path);
    char dir[PATH_LIMIT];
    size_t len = strlen(path);
    if (len >= sizeof dir) {
        return;
    }
    memcpy(dir, path, len + 1);
    for (char *slash = strrchr(dir, '/'); slash; slash = strrchr(dir, '/')) {
        *slash = '\0';
        add_text(match->db, &match->present, dir);
    }
}

void sj_match_make(struct sj_db *db, const struct sj_changes *changes, struct sj_match *out)
{
    *out = (struct sj_match){.db = db, .submodules = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)};
    for (size_t i = 0; i < changes->count; i++) {
        const char *path = sj_changed_path(changes, i);
        add_text(db, &out->content, path);
        if (changes->items[i].kind != SJ_CHANGED_EDIT) {
            add_dir(out, path);
        }
        if (changes->items[i].kind == SJ_CHANGED_ADDED) {
            add_present(out, path);
        }
        if (changes->items[i].is_submodule) {
            sj_buf_adds(&out->submodules, path);
            sj_buf_add(&out->submodules, "/", 2);
        }
    }
}

void sj_match_release(struct sj_match *match)
{
    if (match) {
        sj_numbers_release(&match->content);
        sj_numbers_release(&match->present);
        sj_numbers_release(&match->names);
        sj_buf_release(&match->submodules);
    }
}

static bool is_in_submodule(const struct sj_match *match, uint32_t path)
{
    const char *at = match->submodules.data;
    const char *end = at + match->submodules.len;
    const char *text = at < end ? sj_db_text(match->db, path) : "";
    for (; at < end; at += strlen(at) + 1) {
        if (sj_skip_prefix(text, at)) {
            return true;
        }
    }
    return false;
}

static enum sj_match_why why_of(const struct sj_match *match, const struct sj_input *input)
{
    switch ((enum sj_need)input->need) {
    case SJ_NEED_CONTENT:
        return sj_numbers_has(&match->content, input->path) ||
                       (match->too && sj_numbers_has(match->too, input->path)) ||
                       (match->submodules.len > 0 && is_in_submodule(match, input->path))
                   ? SJ_MATCH_CONTENT
                   : SJ_MATCH_NONE;
    case SJ_NEED_ABSENT:
        return sj_numbers_has(&match->present, input->path) ? SJ_MATCH_PRESENT : SJ_MATCH_NONE;
    case SJ_NEED_NAMES:
        return sj_numbers_has(&match->names, input->path) ? SJ_MATCH_NAMES : SJ_MATCH_NONE;
    case SJ_NEED_DIR:
    case SJ_NEED_PROGRAM:
    case SJ_NEED_ENV:
    default:
        return SJ_MATCH_NONE;
    }
}

enum sj_match_why sj_match_inputs(const struct sj_match *match, const struct sj_input *inputs,
                                  size_t count, uint32_t *path)
{
    enum sj_match_why why = SJ_MATCH_NONE;
    for (size_t i = 0; i < count && why != SJ_MATCH_CONTENT; i++) {
        enum sj_match_why found = why_of(match, &inputs[i]);
        if (found != SJ_MATCH_NONE && (why == SJ_MATCH_NONE || found < why)) {
            why = found;
            if (path) {
                *path = inputs[i].path;
            }
        }
    }
    return why;
}
