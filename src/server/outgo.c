// SPDX-License-Identifier: Apache-2.0
#include "server/outgo.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/entry.h"
#include "server/trail.h"
#include "store/result.h"

#define PATHSETS_MAX 16

struct sj_outgo sj_outgo_of(struct sj_request *request)
{
    return (struct sj_outgo){.request = request, .frames = SJ_BUF_INIT(SJ_FRAMES_FIRST_MAX)};
}

void sj_outgo_release(struct sj_outgo *outgo)
{
    sj_buf_release(&outgo->frames);
    free(outgo->objects);
}

// Add a blob as it is stored. False: it does not fit, or is not there after all.
static bool add_view(struct sj_outgo *outgo, enum sj_frame_kind kind, const struct sj_key *key,
                     const struct sj_view *view)
{
    // The first value may be a large one: who asks for it alone gets it.
    size_t most = outgo->frames.len == 0 ? SJ_FRAMES_FIRST_MAX : SJ_FRAMES_MAX;
    if (outgo->frames.len + SJ_FRAME_HEAD_SIZE + view->stored_len > most) {
        return false;
    }
    struct sj_buf data = SJ_BUF_INIT((size_t)view->stored_len + 1);
    bool is_good = sj_view_read_stored(outgo->request->shared, view, &data) == 0;
    if (is_good) {
        const struct sj_frame frame = {
            .kind = kind,
            .is_compressed = sj_view_is_compressed(view),
            .raw_len = view->raw_len,
            .key = *key,
            .data = data.data,
            .len = (uint32_t)data.len,
        };
        sj_frame_add(&outgo->frames, &frame);
    }
    sj_buf_release(&data);
    return is_good;
}

static void add_object(struct sj_outgo *outgo, const struct sj_key *key)
{
    for (size_t i = 0; i < outgo->object_count; i++) {
        if (sj_key_eq(&outgo->objects[i], key)) {
            return;
        }
    }
    struct sj_view view;
    if (sj_request_find(outgo->request, SJ_BLOB_OBJECT, key, &view) != 0) {
        return;
    }
    if (add_view(outgo, SJ_FRAME_OBJECT, key, &view)) {
        // Grown at powers of two.
        if ((outgo->object_count & (outgo->object_count - 1)) == 0) {
            size_t room = outgo->object_count ? outgo->object_count * 2 : 1;
            outgo->objects = sj_realloc(outgo->objects, room, sizeof *outgo->objects);
        }
        outgo->objects[outgo->object_count++] = *key;
    }
    sj_view_close(outgo->request->shared, &view);
}

static void add_objects_of(struct sj_outgo *outgo, const struct sj_buf *bytes)
{
    struct sj_result result;
    if (sj_result_decode(bytes->data, bytes->len, &result) < 0) {
        return;
    }
    for (size_t i = 0; i < result.output_count; i++) {
        if (!result.outputs[i].data) {
            add_object(outgo, &result.outputs[i].key);
        }
    }
    sj_result_release(&result);
}

static void add_result(struct sj_outgo *outgo, const struct sj_key *key)
{
    struct sj_view view;
    if (sj_request_find(outgo->request, SJ_BLOB_RESULT, key, &view) != 0) {
        return;
    }
    struct sj_buf bytes = SJ_BUF_INIT((size_t)SJ_RESULT_LIMIT + 1);
    if (add_view(outgo, SJ_FRAME_RESULT, key, &view) &&
        sj_view_read(outgo->request->shared, &view, &bytes) == 0) {
        add_objects_of(outgo, &bytes);
    }
    sj_buf_release(&bytes);
    sj_view_close(outgo->request->shared, &view);
}

static void add_pathsets(struct sj_outgo *outgo, const struct sj_key *weak)
{
    struct sj_request *request = outgo->request;
    struct sj_str chain[SJ_OVERLAY_MAX];
    size_t count = sj_space_chain(&request->rules->spaces, request->route.space, chain);
    for (size_t i = 0; i < count; i++) {
        struct sj_key sets[PATHSETS_MAX];
        int found = sj_shared_pathsets(request->shared, chain[i], weak, sets, PATHSETS_MAX);
        for (int j = 0; j < found; j++) {
            struct sj_view view;
            if (sj_shared_find(request->shared, chain[i], SJ_BLOB_PATHSET, &sets[j], &view) == 0) {
                (void)add_view(outgo, SJ_FRAME_PATHSET, weak, &view);
                sj_view_close(request->shared, &view);
            }
        }
    }
}

bool sj_outgo_trail(struct sj_request *request, const struct sj_key *weak, struct sj_buf *out)
{
    char text[SJ_TRAIL_TEXT_SIZE];
    sj_trail_text(weak, text);
    struct sj_key key = sj_key_of(text, strlen(text));
    struct sj_view view;
    if (sj_request_find(request, SJ_BLOB_ENTRY, &key, &view) != 0) {
        return false;
    }
    struct sj_buf bytes = SJ_BUF_INIT(SJ_ENTRY_HEAD_MAX + out->limit_bytes);
    struct sj_entry_head head;
    int64_t head_len = sj_view_read(request->shared, &view, &bytes) == 0
                           ? sj_entry_decode(bytes.data, bytes.len, &head)
                           : -1;
    bool is_good = head_len >= 0 && sj_str_eq(head.text, sj_str_of(text));
    if (is_good) {
        sj_buf_add(out, bytes.data + head_len, bytes.len - (size_t)head_len);
    }
    sj_buf_release(&bytes);
    sj_view_close(request->shared, &view);
    return is_good;
}

static void add_trail(struct sj_outgo *outgo, const struct sj_key *weak)
{
    struct sj_buf pairs = SJ_BUF_INIT((size_t)SJ_TRAIL_PAIRS_MAX * SJ_TRAIL_PAIR_SIZE);
    if (sj_outgo_trail(outgo->request, weak, &pairs) &&
        outgo->frames.len + SJ_FRAME_HEAD_SIZE + pairs.len <= SJ_FRAMES_MAX) {
        const struct sj_frame frame = {
            .kind = SJ_FRAME_TRAIL,
            .raw_len = (uint32_t)pairs.len,
            .key = *weak,
            .data = pairs.data,
            .len = (uint32_t)pairs.len,
        };
        sj_frame_add(&outgo->frames, &frame);
    }
    sj_buf_release(&pairs);
}

void sj_outgo_add(struct sj_outgo *outgo, enum sj_frame_kind kind, const struct sj_key *key)
{
    switch (kind) {
    case SJ_FRAME_OBJECT:
        add_object(outgo, key);
        return;
    case SJ_FRAME_RESULT:
        add_result(outgo, key);
        return;
    case SJ_FRAME_PATHSET:
        add_pathsets(outgo, key);
        return;
    case SJ_FRAME_TRAIL:
        add_trail(outgo, key);
        return;
    }
}
