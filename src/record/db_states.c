// SPDX-License-Identifier: Apache-2.0
#include "record/db_states.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/varint.h"
#include "record/db_handle.h"

#define BUCKETS    8192u
#define KEPT_BYTES ((size_t)64 << 20)
#define KEPT_LEAST 20 /**< states stay valid until as many others were asked for */

void sj_states_release(struct sj_db_states *states)
{
    for (struct sj_db_state *state = states->newest; state;) {
        struct sj_db_state *older = state->older;
        free(state->inputs);
        free(state);
        state = older;
    }
    free(states->buckets);
    *states = (struct sj_db_states){0};
}

static void unlink_state(struct sj_db_states *states, struct sj_db_state *state)
{
    *(state->newer ? &state->newer->older : &states->newest) = state->older;
    *(state->older ? &state->older->newer : &states->oldest) = state->newer;
}

static void link_newest(struct sj_db_states *states, struct sj_db_state *state)
{
    state->newer = NULL;
    state->older = states->newest;
    *(state->older ? &state->older->newer : &states->oldest) = state;
    states->newest = state;
}

struct sj_db_state *sj_states_find(struct sj_db_states *states, uint32_t number)
{
    struct sj_db_state *state = states->buckets ? states->buckets[number % BUCKETS] : NULL;
    while (state && state->number != number) {
        state = state->next;
    }
    if (state && state != states->newest) {
        unlink_state(states, state);
        link_newest(states, state);
    }
    return state;
}

static void drop_oldest(struct sj_db_states *states)
{
    struct sj_db_state *state = states->oldest;
    struct sj_db_state **at = &states->buckets[state->number % BUCKETS];
    while (*at != state) {
        at = &(*at)->next;
    }
    *at = state->next;
    unlink_state(states, state);
    states->count--;
    states->bytes -= state->count * sizeof *state->inputs;
    free(state->inputs);
    free(state);
}

struct sj_db_state *sj_states_keep(struct sj_db_states *states, uint32_t number, uint32_t depth,
                                   struct sj_input *inputs, size_t count)
{
    if (!states->buckets) {
        states->buckets = sj_calloc(BUCKETS, sizeof(struct sj_db_state *));
    }
    struct sj_db_state *state = sj_new(struct sj_db_state);
    struct sj_db_state **bucket = &states->buckets[number % BUCKETS];
    *state = (struct sj_db_state){
        .number = number, .depth = depth, .inputs = inputs, .count = count, .next = *bucket};
    *bucket = state;
    link_newest(states, state);
    states->count++;
    states->bytes += count * sizeof *inputs;
    while (states->bytes > KEPT_BYTES && states->count > KEPT_LEAST) {
        drop_oldest(states);
    }
    return state;
}

static int compare(const struct sj_input *a, const struct sj_input *b)
{
    if (a->path != b->path) {
        return a->path < b->path ? -1 : 1;
    }
    return (int)a->need - (int)b->need;
}

// What a list is made of: three of them are written one behind the other.
struct lists {
    size_t *gone;
    size_t *changed; // in the base
    size_t *now;     // … and in the new state
    size_t *came;    // in the new state
    size_t gone_count;
    size_t changed_count;
    size_t came_count;
};

static void compare_states(const struct sj_input *old, size_t old_count,
                           const struct sj_input *inputs, size_t count, struct lists *lists)
{
    size_t i = 0;
    size_t j = 0;
    while (i < old_count || j < count) {
        int order = i == old_count ? 1 : j == count ? -1 : compare(&old[i], &inputs[j]);
        if (order < 0) {
            lists->gone[lists->gone_count++] = i++;
        } else if (order > 0) {
            lists->came[lists->came_count++] = j++;
        } else {
            if (old[i].content != inputs[j].content) {
                lists->changed[lists->changed_count] = i;
                lists->now[lists->changed_count++] = j;
            }
            i++;
            j++;
        }
    }
}

static void add_indexes(const size_t *indexes, size_t count, struct sj_buf *out)
{
    size_t next = 0;
    sj_buf_add_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        sj_buf_add_varint(out, indexes[i] - next);
        next = indexes[i] + 1;
    }
}

static void add_inputs(const struct sj_input *inputs, const size_t *which, size_t count,
                       struct sj_buf *out)
{
    uint32_t path = 0;
    uint32_t content = 0;
    sj_buf_add_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        sj_buf_add_varint(out, inputs[which[i]].path - path);
        path = inputs[which[i]].path;
    }
    for (size_t i = 0; i < count; i++) {
        sj_buf_addc(out, inputs[which[i]].need);
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t now = inputs[which[i]].content;
        sj_buf_add_varint(out, sj_zigzag((int64_t)now - content));
        content = now ? now : content;
    }
}

static void add_row(const struct sj_db_state *base, uint32_t number, const struct sj_input *inputs,
                    const struct lists *lists, struct sj_buf *out)
{
    sj_buf_add_varint(out, base ? number - base->number : 0);
    sj_buf_add_varint(out, base ? base->depth + 1 : 0);
    add_indexes(lists->gone, lists->gone_count, out);
    add_indexes(lists->changed, lists->changed_count, out);
    for (size_t i = 0; i < lists->changed_count; i++) {
        sj_buf_add_varint(out, sj_zigzag((int64_t)inputs[lists->now[i]].content -
                                         base->inputs[lists->changed[i]].content));
    }
    add_inputs(inputs, lists->came, lists->came_count, out);
}

uint32_t sj_db_state_encode(const struct sj_db_state *base, uint32_t number,
                            const struct sj_input *inputs, size_t count, struct sj_buf *out)
{
    size_t old_count = base ? base->count : 0;
    SJ_AUTO(sj_auto_free) size_t *room = sj_calloc(2 * (old_count + count) + 1, sizeof *room);
    struct lists lists = {
        .gone = room,
        .changed = room + old_count,
        .now = room + 2 * old_count,
        .came = room + 2 * old_count + count,
    };
    compare_states(base ? base->inputs : NULL, old_count, inputs, count, &lists);
    // A difference of half the inputs is hardly shorter than all of them, and slower to read.
    size_t changes = lists.gone_count + lists.changed_count + lists.came_count;
    if (base && (base->depth >= SJ_STATE_DEPTH_MAX || 2 * changes > count)) {
        return sj_db_state_encode(NULL, number, inputs, count, out);
    }
    add_row(base, number, inputs, &lists, out);
    return base ? base->depth + 1 : 0;
}

int sj_db_state_head(const void *data, size_t len, uint32_t number, uint32_t *base, uint32_t *depth)
{
    struct sj_reader reader = sj_reader_of(data, len);
    uint64_t back = sj_reader_varint(&reader);
    uint64_t chain = sj_reader_varint(&reader);
    if (reader.is_bad || back >= number || chain > SJ_STATE_DEPTH_MAX ||
        (back == 0) != (chain == 0)) {
        return -EBADMSG;
    }
    *base = back ? number - (uint32_t)back : 0;
    *depth = (uint32_t)chain;
    return 0;
}

// Indexes of a list, ascending and below a limit; each takes at least a byte.
static size_t *read_indexes(struct sj_reader *reader, size_t limit, size_t *count)
{
    uint64_t many = sj_reader_varint(reader);
    if (reader->is_bad || many > limit || many > (size_t)(reader->end - reader->at)) {
        reader->is_bad = true;
        many = 0;
    }
    size_t *indexes = sj_calloc((size_t)many + 1, sizeof *indexes);
    uint64_t next = 0;
    for (size_t i = 0; i < many && !reader->is_bad; i++) {
        uint64_t step = sj_reader_varint(reader);
        if (step >= limit - next) {
            reader->is_bad = true;
            break;
        }
        indexes[i] = (size_t)(next + step);
        next += step + 1;
    }
    *count = (size_t)many;
    return indexes;
}

static uint32_t read_step(struct sj_reader *reader, uint32_t from)
{
    uint64_t value = (uint64_t)from + (uint64_t)sj_unzigzag(sj_reader_varint(reader));
    reader->is_bad = reader->is_bad || value > UINT32_MAX;
    return (uint32_t)value;
}

static bool is_need(char need)
{
    return need && strchr("FDALEX", need);
}

static struct sj_input *read_inputs(struct sj_reader *reader, size_t *count)
{
    uint64_t many = sj_reader_varint(reader);
    if (reader->is_bad || many > SJ_STATE_INPUTS || many > (size_t)(reader->end - reader->at) / 3) {
        reader->is_bad = true;
        many = 0;
    }
    struct sj_input *inputs = sj_calloc((size_t)many + 1, sizeof *inputs);
    uint64_t path = 0;
    for (size_t i = 0; i < many; i++) {
        uint64_t step = sj_reader_varint(reader);
        reader->is_bad = reader->is_bad || step > UINT32_MAX - path;
        path += reader->is_bad ? 0 : step;
        inputs[i].path = (uint32_t)path;
    }
    for (size_t i = 0; i < many; i++) {
        inputs[i].need = (char)sj_reader_u8(reader);
        reader->is_bad = reader->is_bad || !is_need(inputs[i].need);
    }
    uint32_t content = 0;
    for (size_t i = 0; i < many; i++) {
        inputs[i].content = read_step(reader, content);
        content = inputs[i].content ? inputs[i].content : content;
    }
    *count = (size_t)many;
    return inputs;
}

// The base without what is gone, and what came, in order.
static size_t merge(const struct sj_input *old, size_t old_count, const size_t *gone,
                    size_t gone_count, const struct sj_input *came, size_t came_count,
                    struct sj_input *out)
{
    size_t n = 0;
    size_t g = 0;
    size_t c = 0;
    for (size_t i = 0; i < old_count; i++) {
        if (g < gone_count && gone[g] == i) {
            g++;
            continue;
        }
        while (c < came_count && compare(&came[c], &old[i]) < 0) {
            out[n++] = came[c++];
        }
        out[n++] = old[i];
    }
    while (c < came_count) {
        out[n++] = came[c++];
    }
    return n;
}

int sj_db_state_decode(const void *data, size_t len, const struct sj_input *base, size_t bases,
                       struct sj_input **out, size_t *count)
{
    struct sj_reader reader = sj_reader_of(data, len);
    (void)sj_reader_varint(&reader); // the head, which the caller has read
    (void)sj_reader_varint(&reader);
    size_t gone_count = 0;
    size_t changed_count = 0;
    size_t came_count = 0;
    SJ_AUTO(sj_auto_free) size_t *gone = read_indexes(&reader, bases, &gone_count);
    SJ_AUTO(sj_auto_free) size_t *changed = read_indexes(&reader, bases, &changed_count);
    SJ_AUTO(sj_auto_free) struct sj_input *old = sj_calloc(bases + 1, sizeof *old);
    if (bases > 0) {
        memcpy(old, base, bases * sizeof *old);
    }
    for (size_t i = 0; i < changed_count && !reader.is_bad; i++) {
        old[changed[i]].content = read_step(&reader, old[changed[i]].content);
    }
    SJ_AUTO(sj_auto_free) struct sj_input *came = read_inputs(&reader, &came_count);
    if (reader.is_bad || reader.at != reader.end) {
        return -EBADMSG;
    }
    if (gone_count == 0 && came_count == 0) {
        *out = sj_steal(old);
        *count = bases;
        return 0;
    }
    *out = sj_calloc(bases + came_count + 1, sizeof **out);
    *count = merge(old, bases, gone, gone_count, came, came_count, *out);
    return 0;
}

int sj_db_state_row(struct sj_db *db, uint32_t number, uint32_t *config, struct sj_str *row)
{
    int status = sj_db_row(db, SJ_DB_STATE, number, row);
    if (status != 0) {
        return status;
    }
    struct sj_reader reader = sj_reader_of(row->data, row->len);
    uint64_t value = sj_reader_varint(&reader);
    if (reader.is_bad || value > UINT32_MAX) {
        return -EBADMSG;
    }
    *config = (uint32_t)value;
    *row = (struct sj_str){(const char *)reader.at, (size_t)(reader.end - reader.at)};
    return 0;
}

// Reads one row; its base must be kept already, or there is none.
static int load(struct sj_db *db, uint32_t number, uint32_t *base)
{
    struct sj_str row;
    uint32_t depth = 0;
    uint32_t config = 0;
    int status = sj_db_state_row(db, number, &config, &row);
    if (status != 0) {
        return status < 0 ? status : -ENOENT;
    }
    status = sj_db_unpack(db, row, SJ_STATE_ROW_MAX, &row);
    if (status == 0) {
        status = sj_db_state_head(row.data, row.len, number, base, &depth);
    }
    if (status < 0) {
        return status;
    }
    const struct sj_db_state *old = *base ? sj_states_find(&db->states, *base) : NULL;
    if (*base && (!old || old->depth + 1 != depth)) {
        return old ? -EBADMSG : SJ_DB_NONE;
    }
    struct sj_input *inputs = NULL;
    size_t count = 0;
    status = sj_db_state_decode(row.data, row.len, old ? old->inputs : NULL, old ? old->count : 0,
                                &inputs, &count);
    if (status == 0) {
        (void)sj_states_keep(&db->states, number, depth, inputs, count);
    }
    return status;
}

int sj_db_state(struct sj_db *db, uint32_t number, const struct sj_db_state **out)
{
    // The chain of bases that are not kept, back to a whole one; then forward again.
    uint32_t chain[SJ_STATE_DEPTH_MAX + 1];
    size_t depth = 0;
    uint32_t at = number;
    struct sj_db_state *state = sj_states_find(&db->states, number);
    while (!state) {
        uint32_t base = 0;
        int status = depth > SJ_STATE_DEPTH_MAX ? -EBADMSG : load(db, at, &base);
        if (status < 0) {
            return status == -ENOENT && at != number ? -EBADMSG : status;
        }
        if (status == SJ_DB_NONE) {
            chain[depth++] = at;
            at = base;
        } else if (depth > 0) {
            at = chain[--depth];
        } else {
            state = sj_states_find(&db->states, number);
        }
    }
    *out = state;
    return 0;
}

static int find_inputs(struct sj_db *db, uint32_t state, const struct sj_input **out, size_t *count)
{
    const struct sj_db_state *found = NULL;
    int status = state ? sj_db_state(db, state, &found) : -ENOENT;
    if (status == 0) {
        *out = found->inputs;
        *count = found->count;
    }
    return status;
}

int sj_db_inputs(struct sj_db *db, uint32_t state, const struct sj_input **out, size_t *count)
{
    SJ_DB_GUARD(db, -EBADMSG);
    return find_inputs(db, state, out, count);
}

int sj_db_state_put(struct sj_db *db, uint32_t number, uint32_t config, uint32_t before,
                    const struct sj_input *inputs, size_t count)
{
    const struct sj_db_state *base = NULL;
    int status = before ? sj_db_state(db, before, &base) : 0;
    if (status < 0 && status != -ENOENT) {
        return status;
    }
    sj_buf_clear(&db->scratch);
    uint32_t depth = sj_db_state_encode(base, number, inputs, count, &db->scratch);
    struct sj_str packed = sj_db_pack(db, db->scratch.data, db->scratch.len);
    sj_buf_clear(&db->scratch);
    sj_buf_add_varint(&db->scratch, config);
    sj_buf_add(&db->scratch, packed.data, packed.len);
    status = sj_db_row_put(db, SJ_DB_STATE, number, db->scratch.data, db->scratch.len);
    if (status == 0) {
        struct sj_input *copy = sj_calloc(count + 1, sizeof *copy);
        if (count > 0) {
            memcpy(copy, inputs, count * sizeof *copy);
        }
        (void)sj_states_keep(&db->states, number, depth, copy, count);
    }
    return status;
}
