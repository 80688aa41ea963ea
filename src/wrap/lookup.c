// SPDX-License-Identifier: Apache-2.0
#include "wrap/lookup.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "wrap/inputs.h"
#include "wrap/stamp.h"

#define PATHSETS_MAX 16

static int read_result(struct sj_call *call, const struct sj_key *strong, struct sj_found *out)
{
    out->bytes = SJ_BUF_INIT(SJ_RESULT_LIMIT);
    int status = sj_store_blob_read(call->store, SJ_BLOB_RESULT, strong, &out->bytes);
    if (status == 0 && sj_result_decode(out->bytes.data, out->bytes.len, &out->result) < 0) {
        status = SJ_STORE_MISS;
    }
    if (status == 0) {
        call->record.strong = *strong;
        call->record.pathset = out->result.pathset;
        call->record.saved_ns = out->result.cpu_ns;
        call->record.input_bytes = out->result.input_bytes;
        call->record.input_count = out->result.input_count;
        return 0;
    }
    sj_found_release(out);
    return status < 0 ? status : SJ_LOOKUP_MISS;
}

static const char *copy(struct sj_call *call, const char *text)
{
    size_t len = strlen(text) + 1;
    return memcpy(sj_call_alloc(call, len), text, len);
}

int sj_lookup_stamp(struct sj_call *call, struct sj_found *out)
{
    struct sj_str bytes;
    struct sj_stamp stamp;
    int status = sj_store_stamp_find(call->store, &call->literal, &bytes);
    if (status == 0) {
        status = sj_stamp_check(call, bytes.data, bytes.len, &stamp);
    }
    if (status == 0) {
        status = read_result(call, &stamp.strong, out);
    }
    sj_log("stamp: %s", status == 0 ? "fits" : "none, or something has moved");
    if (status != 0) {
        // A stamp that cannot be read is as good as none.
        return status < 0 && status != -EBADMSG ? status : SJ_LOOKUP_MISS;
    }
    if (stamp.path_count != out->result.output_count) {
        sj_found_release(out);
        return SJ_LOOKUP_MISS;
    }
    // The stamp lies in the store's map and goes with it: what outlives the look-up is copied.
    out->paths = sj_call_alloc(call, (stamp.path_count + 1) * sizeof *out->paths);
    for (size_t i = 0; i < out->result.output_count; i++) {
        out->paths[i] = copy(call, sj_stamp_next_path(&stamp));
    }
    out->is_auto_color = stamp.is_auto_color;
    struct sj_record *record = &call->record;
    record->toolchain = copy(call, stamp.toolchain);
    record->source = copy(call, stamp.source);
    record->language = copy(call, stamp.language);
    record->output = stamp.has_outputs ? copy(call, stamp.output) : NULL;
    record->flags |= SJ_RECORD_FAST;
    return 0;
}

// Where this run wants a result's outputs. False: they are not the ones it expects.
static bool place_outputs(struct sj_call *call, struct sj_found *found)
{
    const struct sj_action *action = &call->action;
    found->paths = sj_call_alloc(call, (found->result.output_count + 1) * sizeof *found->paths);
    for (size_t i = 0; i < found->result.output_count; i++) {
        const struct sj_result_output *output = &found->result.outputs[i];
        if (output->slot >= action->output_count ||
            memchr(output->suffix.data, 0, output->suffix.len)) {
            return false;
        }
        const char *expected = action->outputs[output->slot].path;
        size_t len = strlen(expected);
        char *path = sj_call_alloc(call, len + output->suffix.len + 1);
        memcpy(path, expected, len);
        memcpy(path + len, output->suffix.data, output->suffix.len);
        found->paths[i] = path;
    }
    found->is_auto_color = action->color_arg != NULL;
    return true;
}

// One path set: hold it against the present, and look its result up.
static int try_pathset(struct sj_call *call, const struct sj_key *weak, const struct sj_key *key,
                       struct sj_batch *batch, struct sj_found *out)
{
    struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    struct sj_buf arena = SJ_BUF_INIT(SJ_PATHSET_LIMIT * 4);
    struct sj_pathset set = {0};
    struct sj_inputs inputs = {0};
    int status = sj_store_blob_read(call->store, SJ_BLOB_PATHSET, key, &bytes);
    if (status == 0 && sj_pathset_decode(bytes.data, bytes.len, &set, &arena) < 0) {
        status = SJ_STORE_MISS;
    }
    if (status == 0) {
        status = sj_inputs_probe(call, &set, batch, &inputs);
    }
    if (status == 0) {
        struct sj_key strong = sj_inputs_strong(weak, key, &inputs);
        status = read_result(call, &strong, out);
        if (status == 0 && !place_outputs(call, out)) {
            sj_found_release(out);
            status = SJ_LOOKUP_MISS;
        }
        struct sj_buf stamp = SJ_BUF_INIT((size_t)1 << 20);
        if (status == 0 && sj_stamp_make(call, &strong, &out->result, &inputs, &stamp)) {
            sj_batch_stamp(batch, &call->literal, &strong, stamp.data, stamp.len);
        }
        sj_buf_release(&stamp);
    }
    sj_pathset_release(&set);
    sj_buf_release(&arena);
    sj_buf_release(&bytes);
    return status < 0 ? status : (status ? SJ_LOOKUP_MISS : 0);
}

static int try_form(struct sj_call *call, enum sj_form form, struct sj_batch *batch,
                    struct sj_found *out)
{
    struct sj_key keys[PATHSETS_MAX];
    int count = sj_store_pathsets_find(call->store, &call->weak[form], keys, PATHSETS_MAX);
    if (count > 0) {
        call->record.reason = "inputs";
    }
    int status = count < 0 ? count : SJ_LOOKUP_MISS;
    for (int i = 0; status == SJ_LOOKUP_MISS && i < count; i++) {
        status = try_pathset(call, &call->weak[form], &keys[i], batch, out);
    }
    if (status == 0) {
        call->record.weak = call->weak[form];
        call->record.flags |= form == SJ_FORM_SHARED ? SJ_RECORD_SHARED : 0;
    }
    return status;
}

int sj_lookup_content(struct sj_call *call, struct sj_found *out)
{
    struct sj_batch *batch = sj_batch_new(call->store);
    call->record.reason = "new";
    int status = SJ_LOOKUP_MISS;
    for (int form = 0; status == SJ_LOOKUP_MISS && form < SJ_FORM_COUNT; form++) {
        if (call->has_weak[form]) {
            status = try_form(call, (enum sj_form)form, batch, out);
        }
    }
    if (status == 0) {
        call->record.reason = NULL;
        if (!call->config.read_only) {
            // Only speed is lost when this cannot be written.
            (void)sj_batch_commit(batch, NULL);
        }
    }
    sj_batch_free(batch);
    return status;
}

void sj_found_release(struct sj_found *found)
{
    if (found) {
        sj_result_release(&found->result);
        sj_buf_release(&found->bytes);
    }
}
