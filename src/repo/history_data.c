// SPDX-License-Identifier: Apache-2.0
#include "repo/history_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TEXT_BLOCK_BYTES ((size_t)256 << 10)

// Doubled, so that appending one after the other stays cheap.
static void *grow(void *array, size_t *size, size_t wanted, size_t item_bytes)
{
    if (wanted <= *size) {
        return array;
    }
    size_t next = *size < 64 ? 64 : *size * 2;
    *size = next < wanted ? wanted : next;
    return sj_realloc(array, *size, item_bytes);
}

const char *sj_history_keep(struct sj_history *history, const char *data, size_t len)
{
    size_t used = len > 0 ? strnlen(data, len) : 0;
    struct sj_texts *block = history->texts;
    if (!block || block->size - block->len < used + 1) {
        size_t size = used + 1 > TEXT_BLOCK_BYTES ? used + 1 : TEXT_BLOCK_BYTES;
        block = sj_realloc(NULL, sizeof *block + size, 1);
        *block = (struct sj_texts){.next = history->texts, .size = size};
        history->texts = block;
    }
    char *text = block->data + block->len;
    if (used > 0) {
        memcpy(text, data, used);
    }
    text[used] = '\0';
    block->len += used + 1;
    return text;
}

const char *sj_history_keep_block(struct sj_history *history, const char *data, size_t len)
{
    struct sj_texts *block = sj_realloc(NULL, sizeof *block + len + 1, 1);
    *block = (struct sj_texts){.len = len, .size = len};
    if (len > 0) {
        memcpy(block->data, data, len);
    }
    // Behind the newest one, which still has room.
    if (history->texts) {
        block->next = history->texts->next;
        history->texts->next = block;
    } else {
        history->texts = block;
    }
    return block->data;
}

struct sj_history_counts sj_history_count(const struct sj_history *history)
{
    return (struct sj_history_counts){
        .commits = history->commit_count,
        .changes = history->change_count,
        .paths = history->path_count,
        .people = history->person_count,
    };
}

static uint32_t hash_person(const struct sj_slots *slots, struct sj_str name, struct sj_str email)
{
    return sj_slots_hash(slots, name.data, name.len) * 31 +
           sj_slots_hash(slots, email.data, email.len);
}

// Rare: what finds things is made again.
void sj_history_cut_to(struct sj_history *history, const struct sj_history_counts *counts)
{
    sj_history_forget(history);
    history->commit_count = counts->commits;
    history->change_count = counts->changes;
    history->path_count = counts->paths;
    history->person_count = counts->people;
    sj_slots_release(&history->by_id);
    sj_slots_release(&history->by_path);
    sj_slots_release(&history->by_person);
    for (size_t i = 0; i < counts->commits; i++) {
        sj_slots_add(&history->by_id, sj_slots_hash_oid(&history->by_id, &history->commits[i].id),
                     (uint32_t)i);
    }
    for (size_t i = 0; i < counts->people; i++) {
        const struct sj_person *person = &history->people[i];
        uint32_t hash =
            hash_person(&history->by_person, sj_str_of(person->name), sj_str_of(person->email));
        sj_slots_add(&history->by_person, hash, (uint32_t)i);
    }
}

void sj_history_reserve_commits(struct sj_history *history, size_t more)
{
    size_t wanted = history->commit_count + more;
    size_t size = history->commit_size;
    history->commits = grow(history->commits, &size, wanted, sizeof *history->commits);
    size = history->commit_size;
    history->jumps = grow(history->jumps, &size, wanted, sizeof *history->jumps);
    history->persons =
        grow(history->persons, &history->commit_size, wanted, sizeof *history->persons);
    sj_slots_reserve(&history->by_id, wanted);
}

void sj_history_reserve_changes(struct sj_history *history, size_t more)
{
    history->changes = grow(history->changes, &history->change_size, history->change_count + more,
                            sizeof *history->changes);
}

// Such that any ancestor is a logarithmic number of jumps and steps away.
// Source: E. W. Myers, An applicative random-access stack, 1983.
static uint32_t jump_of(const struct sj_history *history, uint32_t parent)
{
    const struct sj_commit *commits = history->commits;
    uint32_t first = history->jumps[parent];
    uint32_t second = history->jumps[first];
    bool is_even = commits[parent].position - commits[first].position ==
                   commits[first].position - commits[second].position;
    return is_even ? second : parent;
}

uint32_t sj_history_add_commit(struct sj_history *history, const struct sj_commit *commit,
                               uint32_t person)
{
    sj_history_reserve_commits(history, 1);
    uint32_t place = (uint32_t)history->commit_count++;
    struct sj_commit *added = &history->commits[place];
    *added = *commit;
    added->author = history->people[person].shown_name;
    added->email = history->people[person].shown_email;
    bool is_first = commit->parent == SJ_NO_COMMIT;
    added->position = is_first ? 0 : history->commits[commit->parent].position + 1;
    history->persons[place] = person;
    history->jumps[place] = is_first ? place : jump_of(history, commit->parent);
    sj_slots_add(&history->by_id, sj_slots_hash_oid(&history->by_id, &commit->id), place);
    return place;
}

uint32_t sj_history_add_path(struct sj_history *history, const char *text)
{
    history->paths =
        grow(history->paths, &history->path_size, history->path_count + 1, sizeof *history->paths);
    history->paths[history->path_count] = text;
    return (uint32_t)history->path_count++;
}

// Reports by path are rarer than opened histories: made when first asked for.
static void fill_by_path(struct sj_history *history)
{
    struct sj_slots *slots = &history->by_path;
    sj_slots_reserve(slots, history->path_count);
    for (size_t i = slots->count; i < history->path_count; i++) {
        const char *text = history->paths[i];
        sj_slots_add(slots, sj_slots_hash(slots, text, strlen(text)), (uint32_t)i);
    }
}

static uint32_t find_path(struct sj_history *history, const char *text, size_t len)
{
    fill_by_path(history);
    uint32_t hash = sj_slots_hash(&history->by_path, text, len);
    uint32_t place;
    for (size_t at = SIZE_MAX;
         (place = sj_slots_next(&history->by_path, hash, &at)) != SJ_NO_PLACE;) {
        const char *path = history->paths[place];
        if (strncmp(path, text, len) == 0 && path[len] == '\0') {
            return place;
        }
    }
    return UINT32_MAX;
}

uint32_t sj_history_take_path(struct sj_history *history, const char *text, size_t len)
{
    uint32_t path = find_path(history, text, len);
    return path != UINT32_MAX ? path
                              : sj_history_add_path(history, sj_history_keep(history, text, len));
}

uint32_t sj_history_path_find(const struct sj_history *history, const char *text)
{
    // What is worked out late is no part of what the caller can see.
    return find_path((struct sj_history *)(uintptr_t)history, text, strlen(text));
}

uint32_t sj_history_add_person(struct sj_history *history, const char *name, const char *email)
{
    history->people = grow(history->people, &history->person_size, history->person_count + 1,
                           sizeof *history->people);
    struct sj_person person = {name, email, name, email};
    if (history->mailmap) {
        const char *shown_name = NULL;
        const char *shown_email = NULL;
        if (git_mailmap_resolve(&shown_name, &shown_email, history->mailmap, name, email) == 0) {
            person.shown_name = shown_name;
            person.shown_email = shown_email;
        }
    }
    uint32_t place = (uint32_t)history->person_count++;
    history->people[place] = person;
    sj_slots_add(&history->by_person,
                 hash_person(&history->by_person, sj_str_of(name), sj_str_of(email)), place);
    return place;
}

uint32_t sj_history_take_person(struct sj_history *history, struct sj_str name, struct sj_str email)
{
    uint32_t hash = hash_person(&history->by_person, name, email);
    uint32_t place;
    for (size_t at = SIZE_MAX;
         (place = sj_slots_next(&history->by_person, hash, &at)) != SJ_NO_PLACE;) {
        const struct sj_person *person = &history->people[place];
        if (sj_str_eq(sj_str_of(person->name), name) &&
            sj_str_eq(sj_str_of(person->email), email)) {
            return place;
        }
    }
    return sj_history_add_person(history, sj_history_keep(history, name.data, name.len),
                                 sj_history_keep(history, email.data, email.len));
}

void sj_history_forget(struct sj_history *history)
{
    free(sj_steal(history->of_path));
    free(sj_steal(history->of_path_first));
    free(sj_steal(history->renames));
    history->renames_commit = SJ_NO_COMMIT;
    history->rename_count = 0;
}
