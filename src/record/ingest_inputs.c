// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/db_ingest.h"
#include "record/pathset.h"
#include "store/store.h"

#define NAMED_BYTES ((size_t)64 << 20) /**< path sets that are remembered */

int sj_ingest_content(struct sj_ingest *in, const struct sj_key *key, uint32_t *number)
{
    int status = sj_db_id_find(in->db, &in->contents, SJ_DB_ID_CONTENT, key, number);
    if (status != SJ_DB_NONE) {
        return status;
    }
    unsigned char row[SJ_KEY_SIZE + SJ_OID_SIZE];
    const struct sj_content content = {.key = *key};
    size_t len = sj_content_encode(&content, row);
    *number = in->next[SJ_DB_CONTENT]++;
    status = sj_db_row_put(in->db, SJ_DB_CONTENT, *number, row, len);
    return status < 0 ? status
                      : sj_db_id_put(in->db, &in->contents, SJ_DB_ID_CONTENT, key, *number);
}

static int compare_names(const void *left, const void *right)
{
    const struct sj_named_path *a = left;
    const struct sj_named_path *b = right;
    if (a->path != b->path) {
        return a->path < b->path ? -1 : 1;
    }
    return a->need != b->need ? (int)a->need - (int)b->need : a->index < b->index ? -1 : 1;
}

// Two spellings of one path are one path.
static size_t drop_twins(struct sj_named_path *paths, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || paths[kept - 1].path != paths[i].path ||
            paths[kept - 1].need != paths[i].need) {
            paths[kept++] = paths[i];
        }
    }
    return kept;
}

static int name_path(struct sj_ingest *in, const struct sj_db_place *place,
                     const struct sj_path_entry *entry, uint32_t *number)
{
    if (entry->need == SJ_NEED_ENV || entry->need == SJ_NEED_PROGRAM) {
        return sj_ingest_text(in, entry->path, number);
    }
    sj_db_path(place, entry->path, &in->path);
    return sj_ingest_text(in, sj_buf_text(&in->path), number);
}

static int name_set(struct sj_ingest *in, const struct sj_db_place *place,
                    const struct sj_pathset *set, struct sj_named_set *out)
{
    SJ_AUTO(sj_auto_free) struct sj_named_path *paths = sj_calloc(set->count + 1, sizeof *paths);
    for (size_t i = 0; i < set->count; i++) {
        paths[i].index = (uint32_t)i;
        paths[i].need = (char)set->entries[i].need;
        int status = name_path(in, place, &set->entries[i], &paths[i].path);
        if (status < 0) {
            return status;
        }
    }
    qsort(paths, set->count, sizeof *paths, compare_names);
    out->inputs = set->count;
    out->count = drop_twins(paths, set->count);
    out->paths = sj_steal(paths);
    return 0;
}

// A path set lies in the namespace that its record came from: "default" is what a server calls the
// one without a name, and this machine's own records are of the one that the store was opened for.
static int read_bytes(struct sj_ingest *in, const char *space, const struct sj_key *key,
                      struct sj_buf *out)
{
    const struct sj_db_intake *intake = in->intake;
    const char *name = strcmp(space, "default") == 0 ? "" : space;
    if (intake->pathsets) {
        return intake->pathsets(name, key, out, intake->user);
    }
    if (!intake->store || sj_store_use(intake->store, *space ? name : in->home) < 0) {
        return -ENOENT;
    }
    return sj_store_blob_read(intake->store, SJ_BLOB_PATHSET, key, out);
}

// SJ_DB_NONE: the store does not have it any more.
static int read_set(struct sj_ingest *in, const struct sj_db_place *place, const char *space,
                    const struct sj_key *key, struct sj_named_set *out)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    SJ_AUTO(sj_buf_release) struct sj_buf arena = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_pathset set = {0};
    sigjmp_buf *guarded = sj_guard_pause();
    int found = read_bytes(in, space, key, &bytes);
    sj_guard_resume(guarded);
    if (found != 0 || sj_pathset_decode(bytes.data, bytes.len, &set, &arena) < 0) {
        return SJ_DB_NONE;
    }
    int status = name_set(in, place, &set, out);
    sj_pathset_release(&set);
    return status;
}

static void forget_sets(struct sj_ingest *in)
{
    for (size_t i = 0; i < in->named_count; i++) {
        free(in->named[i].paths);
    }
    in->named_count = 0;
    in->named_bytes = 0;
    sj_keymap_release(&in->sets);
}

static int find_set(struct sj_ingest *in, const struct sj_open_build *build,
                    const struct sj_record *record, const struct sj_named_set **out)
{
    const char *cwd = record->cwd ? record->cwd : "";
    sj_buf_clear(&in->key);
    sj_buf_add(&in->key, build->place.bytes, SJ_KEY_SIZE);
    sj_buf_add(&in->key, record->pathset.bytes, SJ_KEY_SIZE);
    sj_buf_adds(&in->key, cwd);
    struct sj_key key = sj_key_of(in->key.data, in->key.len);
    uint32_t index = sj_number_find(&in->sets, &key);
    if (!index) {
        const struct sj_db_place place = {build->root, build->base_dir, cwd};
        struct sj_named_set set = {0};
        int status = read_set(in, &place, build->space, &record->pathset, &set);
        if (status != 0) {
            return status;
        }
        if (in->named_bytes > NAMED_BYTES) {
            forget_sets(in);
        }
        in->named = sj_realloc(in->named, in->named_count + 1, sizeof *in->named);
        in->named[in->named_count++] = set;
        in->named_bytes += set.count * sizeof *set.paths;
        index = (uint32_t)in->named_count;
        sj_number_add(&in->sets, &key, index);
    }
    *out = &in->named[index - 1];
    return 0;
}

static int read_inputs(struct sj_ingest *in, const struct sj_named_set *set,
                       const struct sj_record *record)
{
    static const struct sj_key none;
    if (set->count > in->inputs_size) {
        in->inputs_size = set->count;
        in->inputs = sj_realloc(in->inputs, in->inputs_size, sizeof *in->inputs);
    }
    for (size_t i = 0; i < set->count; i++) {
        const struct sj_key *key = &record->inputs[set->paths[i].index];
        struct sj_input *input = &in->inputs[i];
        *input = (struct sj_input){.path = set->paths[i].path, .need = set->paths[i].need};
        int status = sj_key_eq(key, &none) ? 0 : sj_ingest_content(in, key, &input->content);
        if (status < 0) {
            return status;
        }
    }
    return 0;
}

// What a state is known by. A strong key alone will not do: two repositories may hold the same
// files at different depths, and a state has their names in one of them.
static struct sj_key key_of_state(struct sj_ingest *in, const struct sj_open_build *build,
                                  const struct sj_record *record)
{
    const struct sj_db_place place = {build->root, build->base_dir, record->cwd};
    const char *within = sj_db_place_within(&place);
    sj_buf_clear(&in->key);
    sj_buf_add(&in->key, record->strong.bytes, SJ_KEY_SIZE);
    sj_buf_adds(&in->key, within ? within : "-");
    return sj_key_of(in->key.data, in->key.len);
}

int sj_ingest_state(struct sj_ingest *in, const struct sj_open_build *build,
                    const struct sj_record *record, uint32_t config, uint32_t before,
                    uint32_t *state)
{
    static const struct sj_key none;
    *state = 0;
    bool has_key = !sj_key_eq(&record->strong, &none);
    struct sj_key key = key_of_state(in, build, record);
    int status =
        has_key ? sj_db_id_find(in->db, &in->strongs, SJ_DB_ID_STRONG, &key, state) : SJ_DB_NONE;
    if (status != SJ_DB_NONE || !record->inputs) {
        return status < 0 ? status : 0;
    }
    const struct sj_named_set *set = NULL;
    status = find_set(in, build, record, &set);
    if (status < 0) {
        return status;
    }
    if (status == SJ_DB_NONE || set->inputs != record->inputs_count) {
        in->sum.without_paths += record->outcome == SJ_OUTCOME_MISS;
        return 0;
    }
    status = read_inputs(in, set, record);
    if (status < 0) {
        return status;
    }
    uint32_t number = in->next[SJ_DB_STATE]++;
    status = sj_db_state_put(in->db, number, config, before, in->inputs, set->count);
    if (status == 0 && has_key) {
        status = sj_db_id_put(in->db, &in->strongs, SJ_DB_ID_STRONG, &key, number);
    }
    in->states++;
    *state = number;
    return status;
}
