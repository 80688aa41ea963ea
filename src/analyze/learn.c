// SPDX-License-Identifier: Apache-2.0
#include "analyze/learn.h"

#include <stdlib.h>
#include <string.h>

#include "analyze/description.h"
#include "base/mem.h"
#include "record/pathset.h"

#define ALWAYS_BUILDS 3   // that must have been seen
#define ALWAYS_SHARE  0.8 // of builds
#define FEW_PATHS     3   // one build teaches what follows from so few changed paths
#define FOLLOW_BUILDS 2   // else so many must agree

void sj_learned_release(struct sj_learned *learned)
{
    if (learned) {
        for (size_t i = 0; i < learned->count; i++) {
            sj_numbers_release(&learned->lessons[i].changed);
        }
        free(learned->lessons);
        sj_numbers_release(&learned->known);
        sj_numbers_release(&learned->generated);
        *learned = (struct sj_learned){0};
    }
}

void sj_learn_begin(struct sj_learned *learned, const struct sj_changes *changes)
{
    if (learned->count == learned->size) {
        learned->size = learned->size ? learned->size * 2 : 64;
        learned->lessons = sj_realloc(learned->lessons, learned->size, sizeof *learned->lessons);
    }
    learned->lessons[learned->count++] = (struct sj_lesson){.changes = changes};
}

void sj_learn_unit(struct sj_learned *learned, const struct sj_sieve *sieve,
                   struct sj_sifted before, struct sj_sifted after)
{
    struct sj_lesson *lesson = &learned->lessons[learned->count - 1];
    const struct sj_input *a = sieve->pool + before.first;
    const struct sj_input *a_end = a + before.count;
    const struct sj_input *b = sieve->pool + after.first;
    const struct sj_input *b_end = b + after.count;
    while (a < a_end && b < b_end) {
        if (a->path != b->path || a->need != b->need) {
            bool is_less = a->path < b->path || (a->path == b->path && a->need < b->need);
            a += is_less;
            b += !is_less;
            continue;
        }
        if (a->need == SJ_NEED_CONTENT && a->content != b->content &&
            sj_numbers_has(&sieve->generated, a->path)) {
            sj_numbers_add(&lesson->changed, a->path);
            sj_numbers_add(&learned->known, a->path);
            sj_numbers_add(&learned->generated, a->path);
        }
        a++;
        b++;
    }
}

// Paths that no unit reads have no number, so texts are compared.
static bool has_path(const struct sj_changes *changes, const char *path)
{
    size_t first = 0;
    size_t count = changes->count;
    while (count > 0) {
        size_t half = count / 2;
        int order = strcmp(sj_changed_path(changes, first + half), path);
        if (order == 0) {
            return true;
        }
        first += order < 0 ? half + 1 : 0;
        count = order < 0 ? count - half - 1 : half;
    }
    return false;
}

// Whether a path was changed in each build in which a generated file came out otherwise, and in no
// other one.
static bool follows_path(const struct sj_learned *learned, uint32_t file, const char *path)
{
    size_t seen = 0;
    size_t fewest = SIZE_MAX;
    for (size_t i = 0; i < learned->count; i++) {
        const struct sj_lesson *lesson = &learned->lessons[i];
        bool came_out = sj_numbers_has(&lesson->changed, file);
        if (came_out != has_path(lesson->changes, path)) {
            return false;
        }
        seen += came_out;
        if (came_out && lesson->changes->count < fewest) {
            fewest = lesson->changes->count;
        }
    }
    return seen >= FOLLOW_BUILDS || (seen > 0 && fewest <= FEW_PATHS);
}

static bool follows_any(const struct sj_learned *learned, struct sj_db *db, uint32_t file,
                        const struct sj_changes *changes)
{
    const char *name = sj_db_text(db, file);
    bool has_come_out = sj_numbers_has(&learned->known, file);
    for (size_t i = 0; i < changes->count; i++) {
        const char *path = sj_changed_path(changes, i);
        if ((has_come_out && follows_path(learned, file, path)) ||
            sj_description_makes(path, name)) {
            return true;
        }
    }
    return false;
}

static bool is_always(const struct sj_learned *learned, uint32_t file)
{
    size_t seen = 0;
    for (size_t i = 0; i < learned->count; i++) {
        seen += sj_numbers_has(&learned->lessons[i].changed, file);
    }
    return seen >= ALWAYS_BUILDS && (double)seen >= ALWAYS_SHARE * (double)learned->count;
}

void sj_learned_apply(const struct sj_learned *learned, struct sj_db *db,
                      const struct sj_changes *changes, struct sj_numbers *always,
                      struct sj_numbers *follows)
{
    for (uint32_t i = 0; i < learned->generated.size / 64; i++) {
        for (uint64_t word = learned->generated.bits[i]; word; word &= word - 1) {
            uint32_t file = i * 64 + (uint32_t)__builtin_ctzll(word);
            if (is_always(learned, file)) {
                sj_numbers_add(always, file);
            } else if (follows_any(learned, db, file, changes)) {
                sj_numbers_add(follows, file);
            }
        }
    }
}
