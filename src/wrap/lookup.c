// SPDX-License-Identifier: Apache-2.0
#include "wrap/lookup.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "wrap/inputs.h"
#include "wrap/remote.h"
#include "wrap/stamp.h"

#define PATHSETS_MAX 16                 // of one form that are looked at at one time
#define TRIES_MAX    (2 * PATHSETS_MAX) // … here, and again when a remote has sent more

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

/** A path set that fits the present, but whose result is not here. */
struct candidate {
    enum sj_form form;
    struct sj_key strong;
    struct sj_inputs inputs;
    struct sj_buf arena; // holds the inputs' paths
};

/** A look-up by content under way. */
struct search {
    struct sj_call *call;
    struct sj_batch *batch; // takes what is learnt
    struct sj_found *out;
    struct sj_key tried[SJ_FORM_COUNT]
                       [PATHSETS_MAX]; // path sets that were held against the present
    int tried_count[SJ_FORM_COUNT];
    struct candidate candidates[SJ_FORM_COUNT * TRIES_MAX];
    size_t candidate_count;
};

// The result of a path set that fits: where it is here, all that makes the next hit faster.
static int take_result(struct search *search, const struct candidate *candidate)
{
    struct sj_call *call = search->call;
    struct sj_found *out = search->out;
    int status = read_result(call, &candidate->strong, out);
    if (status == 0 && !place_outputs(call, out)) {
        sj_found_release(out);
        status = SJ_LOOKUP_MISS;
    }
    if (status != 0) {
        return status;
    }
    struct sj_buf stamp = SJ_BUF_INIT((size_t)1 << 20);
    if (sj_stamp_make(call, &candidate->strong, &out->result, &candidate->inputs, &stamp)) {
        sj_batch_stamp(search->batch, &call->literal, &candidate->strong, stamp.data, stamp.len);
    }
    sj_buf_release(&stamp);
    call->record.weak = call->weak[candidate->form];
    call->record.flags |= candidate->form == SJ_FORM_SHARED ? SJ_RECORD_SHARED : 0;
    return 0;
}

// One path set: hold it against the present, and look its result up.
static int try_pathset(struct search *search, enum sj_form form, const struct sj_key *key)
{
    struct sj_call *call = search->call;
    struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    struct sj_pathset set = {0};
    struct candidate candidate = {.form = form, .arena = SJ_BUF_INIT(SJ_PATHSET_LIMIT * 4)};
    int status = sj_store_blob_read(call->store, SJ_BLOB_PATHSET, key, &bytes);
    if (status == 0 && sj_pathset_decode(bytes.data, bytes.len, &set, &candidate.arena) < 0) {
        status = SJ_STORE_MISS;
    }
    if (status == 0) {
        status = sj_inputs_probe(call, &set, search->batch, &candidate.inputs);
    }
    if (status == 0) {
        candidate.strong = sj_inputs_strong(&call->weak[form], key, &candidate.inputs);
        status = take_result(search, &candidate);
        if (status == SJ_LOOKUP_MISS) {
            search->candidates[search->candidate_count++] = candidate;
            candidate.arena = (struct sj_buf){0};
        }
    }
    sj_pathset_release(&set);
    sj_buf_release(&candidate.arena);
    sj_buf_release(&bytes);
    return status < 0 ? status : (status ? SJ_LOOKUP_MISS : 0);
}

static bool was_tried(const struct search *search, enum sj_form form, const struct sj_key *key)
{
    for (int i = 0; i < search->tried_count[form]; i++) {
        if (sj_key_eq(&search->tried[form][i], key)) {
            return true;
        }
    }
    return false;
}

// The path sets of one form that were not tried before.
static int try_form(struct search *search, enum sj_form form)
{
    struct sj_call *call = search->call;
    struct sj_key keys[PATHSETS_MAX];
    int count = sj_store_pathsets_find(call->store, &call->weak[form], keys, PATHSETS_MAX);
    if (count > 0) {
        call->record.reason = "inputs";
    }
    int status = count < 0 ? count : SJ_LOOKUP_MISS;
    for (int i = 0; status == SJ_LOOKUP_MISS && i < count; i++) {
        int *tried = &search->tried_count[form];
        if (*tried < TRIES_MAX && !was_tried(search, form, &keys[i])) {
            search->tried[form][(*tried)++] = keys[i];
            status = try_pathset(search, form, &keys[i]);
        }
    }
    return status;
}

static int try_forms(struct search *search)
{
    int status = SJ_LOOKUP_MISS;
    for (int form = 0; status == SJ_LOOKUP_MISS && form < SJ_FORM_COUNT; form++) {
        if (search->call->has_weak[form]) {
            status = try_form(search, (enum sj_form)form);
        }
    }
    return status;
}

// Results of candidates from the given one on, which may have come meanwhile.
static int take_candidates(struct search *search, size_t first)
{
    int status = SJ_LOOKUP_MISS;
    for (size_t i = first; status == SJ_LOOKUP_MISS && i < search->candidate_count; i++) {
        status = take_result(search, &search->candidates[i]);
    }
    return status;
}

static void name_candidates(const struct search *search, size_t first,
                            struct sj_remote_names *names)
{
    for (size_t i = first; i < search->candidate_count; i++) {
        sj_remote_name(names, SJ_FRAME_RESULT, &search->candidates[i].strong);
    }
}

// What is not here may be elsewhere: the path sets that others have, and the results of those that
// fit. At most two requests.
static int try_remote(struct search *search)
{
    struct sj_call *call = search->call;
    SJ_AUTO(sj_remote_names_release) struct sj_remote_names names = {0};
    for (int form = 0; form < SJ_FORM_COUNT; form++) {
        if (call->has_weak[form]) {
            sj_remote_name(&names, SJ_FRAME_PATHSET, &call->weak[form]);
        }
    }
    name_candidates(search, 0, &names);
    if (sj_remote_fetch(call, &names) != 0) {
        return SJ_LOOKUP_MISS;
    }
    int status = take_candidates(search, 0);
    size_t known = search->candidate_count;
    if (status == SJ_LOOKUP_MISS) {
        status = try_forms(search);
    }
    if (status != SJ_LOOKUP_MISS || search->candidate_count == known) {
        return status;
    }
    sj_remote_names_clear(&names);
    name_candidates(search, known, &names);
    return sj_remote_fetch(call, &names) == 0 ? take_candidates(search, known) : SJ_LOOKUP_MISS;
}

int sj_lookup_content(struct sj_call *call, struct sj_found *out)
{
    struct search *search = sj_call_alloc(call, sizeof *search);
    search->call = call;
    search->out = out;
    search->batch = sj_batch_new(call->store);
    call->record.reason = "new";
    int status = try_forms(search);
    if (status == SJ_LOOKUP_MISS && sj_remote_is_on(call)) {
        status = try_remote(search);
        call->record.flags |= status == 0 ? SJ_RECORD_REMOTE : 0;
    }
    if (status == 0) {
        call->record.reason = NULL;
        if (!call->config.read_only) {
            // Only speed is lost when this cannot be written.
            (void)sj_batch_commit(search->batch, NULL);
        }
    }
    sj_batch_free(search->batch);
    for (size_t i = 0; i < search->candidate_count; i++) {
        sj_buf_release(&search->candidates[i].arena);
    }
    return status;
}

void sj_found_release(struct sj_found *found)
{
    if (found) {
        sj_result_release(&found->result);
        sj_buf_release(&found->bytes);
    }
}
