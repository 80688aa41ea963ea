// SPDX-License-Identifier: Apache-2.0
#include "analyze/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void sj_groups_init(struct sj_groups *groups, const struct sj_view *view,
                    const struct sj_costs *costs, enum sj_group_by by, uint32_t only)
{
    *groups = (struct sj_groups){.view = view, .costs = costs, .by = by, .only = only};
    groups->of_unit = sj_calloc((size_t)costs->unit_end + 1, sizeof *groups->of_unit);
    groups->mask = 255;
    groups->slots = sj_calloc(groups->mask + 1, sizeof *groups->slots);
}

void sj_groups_release(struct sj_groups *groups)
{
    if (groups) {
        for (size_t i = 0; i < groups->count; i++) {
            free(groups->names[i]);
        }
        free(groups->names);
        free(groups->of_unit);
        free(groups->slots);
        *groups = (struct sj_groups){0};
    }
}

// FNV-1a
static size_t hash_of(const char *name, size_t len)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (unsigned char)name[i]) * 0x100000001b3u;
    }
    return (size_t)(hash ^ (hash >> 32));
}

static size_t slot_of(const struct sj_groups *groups, const char *name, size_t len)
{
    size_t at = hash_of(name, len) & groups->mask;
    while (groups->slots[at]) {
        const char *other = groups->names[groups->slots[at] - 1];
        if (strncmp(other, name, len) == 0 && !other[len]) {
            break;
        }
        at = (at + 1) & groups->mask;
    }
    return at;
}

static void grow(struct sj_groups *groups)
{
    groups->mask = groups->mask * 2 + 1;
    free(groups->slots);
    groups->slots = sj_calloc(groups->mask + 1, sizeof *groups->slots);
    for (size_t i = 0; i < groups->count; i++) {
        const char *name = groups->names[i];
        groups->slots[slot_of(groups, name, strlen(name))] = (uint32_t)i + 1;
    }
}

static uint32_t named(struct sj_groups *groups, const char *name, size_t len)
{
    size_t at = slot_of(groups, name, len);
    if (groups->slots[at]) {
        return groups->slots[at] - 1;
    }
    if (groups->count == groups->size) {
        groups->size = groups->size ? groups->size * 2 : 64;
        groups->names = sj_realloc(groups->names, groups->size, sizeof *groups->names);
    }
    groups->names[groups->count++] = sj_strndup(name, len);
    groups->slots[at] = (uint32_t)groups->count;
    if (groups->count * 2 > groups->mask) {
        grow(groups);
    }
    return (uint32_t)groups->count - 1;
}

static uint32_t of_text(struct sj_groups *groups, const char *text)
{
    return named(groups, text, strlen(text));
}

static uint32_t by_toolchain(struct sj_groups *groups, const struct sj_cost_key *key)
{
    struct sj_db *db = groups->view->db;
    struct sj_db_config config;
    if (!db || sj_db_config(db, key->config, &config) < 0) {
        return of_text(groups, "?");
    }
    const char *name = sj_db_text(db, config.toolchain);
    return of_text(groups, *name ? name : "?");
}

static uint32_t by_unit(struct sj_groups *groups, uint32_t number)
{
    struct sj_db *db = groups->view->db;
    struct sj_unit unit;
    if (!db || sj_db_unit(db, number, &unit) < 0) {
        return of_text(groups, "?");
    }
    const char *name = sj_db_text(db, unit.name);
    if (groups->by == SJ_BY_UNIT) {
        return of_text(groups, name);
    }
    const char *source = sj_db_text(db, unit.source);
    source = *source ? source : name;
    const char *slash = strrchr(source, '/');
    return slash ? named(groups, source, slash > source ? (size_t)(slash - source) : 1)
                 : of_text(groups, ".");
}

uint32_t sj_groups_of(struct sj_groups *groups, uint32_t key)
{
    const struct sj_cost_key *found = &groups->costs->keys[key];
    if (groups->only && found->unit != groups->only) {
        return SJ_NO_GROUP;
    }
    switch (groups->by) {
    case SJ_BY_TOOLCHAIN:
        return by_toolchain(groups, found);
    case SJ_BY_DIRECTORY:
    case SJ_BY_UNIT: {
        uint32_t *known = &groups->of_unit[found->unit];
        *known = *known ? *known : by_unit(groups, found->unit) + 1;
        return *known - 1;
    }
    case SJ_BY_NOTHING:
    case SJ_BY_PHASE:
        break;
    }
    return groups->count > 0 ? 0 : of_text(groups, "");
}
