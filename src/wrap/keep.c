// SPDX-License-Identifier: Apache-2.0
#include "wrap/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/result.h"
#include "wrap/evidence.h"
#include "wrap/inputs.h"
#include "wrap/stamp.h"

#define OUTPUT_LIMIT ((size_t)1 << 30)

// What is being stored.
struct keeping {
    struct sj_call *call;
    const struct sj_execution *run;
    struct sj_evidence evidence;
    struct sj_batch *batch;
    enum sj_form form;
    struct sj_pathset set; // of the evidence, in the form's spelling, sorted
    struct sj_key set_key;
    struct sj_buf set_bytes;
    struct sj_inputs inputs;
    struct sj_buf *contents; // of the written files
    struct sj_result result;
    struct sj_key strong;
};

static char *copy(struct sj_call *call, const char *text)
{
    size_t len = strlen(text) + 1;
    return memcpy(sj_call_alloc(call, len), text, len);
}

// Not stored, and why. Always 0, so that it can be returned. The detail is copied: most of them lie
// in the observer's log, which the record outlives.
static int refuse(struct keeping *keeping, const char *reason, const char *detail)
{
    keeping->call->record.reason = reason;
    keeping->call->record.detail = detail ? copy(keeping->call, detail) : NULL;
    return 0;
}

static bool is_special(char byte)
{
    return strchr(" \t\n\\$#:%", byte) != NULL;
}

// Put the mark where the base directory begins a word of a depfile.
static void fold_text(const struct sj_place *place, const struct sj_buf *text, struct sj_buf *out)
{
    size_t base_len = strlen(place->base_dir);
    for (size_t i = 0; i < text->len;) {
        bool is_start = i == 0 || strchr(" \t\n:", text->data[i - 1]);
        if (is_start && text->len - i > base_len && text->data[i + base_len] == '/' &&
            memcmp(text->data + i, place->base_dir, base_len) == 0) {
            sj_buf_addc(out, SJ_BASE_MARK);
            i += base_len;
        } else {
            sj_buf_addc(out, text->data[i++]);
        }
    }
}

static bool is_depfile(const struct keeping *keeping, size_t i)
{
    uint32_t slot = keeping->evidence.written[i].slot;
    return keeping->call->action.outputs[slot].role == SJ_ROLE_DEPFILE;
}

// Read what was written. Positive: refused.
static int read_outputs(struct keeping *keeping)
{
    struct sj_evidence *evidence = &keeping->evidence;
    keeping->contents = sj_calloc(evidence->written_count, sizeof *keeping->contents);
    keeping->result.outputs = sj_calloc(evidence->written_count, sizeof *keeping->result.outputs);
    for (size_t i = 0; i < evidence->written_count; i++) {
        const struct sj_written *written = &evidence->written[i];
        struct sj_filestat stat;
        keeping->contents[i] = SJ_BUF_INIT(OUTPUT_LIMIT);
        if (sj_filestat_get(AT_FDCWD, written->path, &stat) < 0 || !S_ISREG(stat.mode) ||
            sj_file_read(AT_FDCWD, written->path, &keeping->contents[i]) < 0) {
            return refuse(keeping, "bad-output", written->path), 1;
        }
        bool is_main = keeping->call->action.outputs[written->slot].role == SJ_ROLE_OBJECT;
        if (is_main && keeping->contents[i].len == 0) {
            return refuse(keeping, "empty-output", written->path), 1;
        }
        keeping->result.outputs[i] = (struct sj_result_output){
            .slot = written->slot,
            .suffix = sj_str_of(written->suffix),
            .is_executable = (stat.mode & 0111) != 0,
            .is_text = is_depfile(keeping, i),
        };
    }
    keeping->result.output_count = evidence->written_count;
    return 0;
}

// What was written or printed that names the place, or NULL. Depfiles do and are rewritten.
static const char *find_named(const struct keeping *keeping)
{
    const struct sj_place *place = &keeping->call->place;
    const struct sj_execution *run = keeping->run;
    if (sj_place_is_named(place, sj_buf_text(&run->out), run->out.len) ||
        sj_place_is_named(place, sj_buf_text(&run->err), run->err.len)) {
        return "what the compiler printed";
    }
    for (size_t i = 0; i < keeping->result.output_count; i++) {
        const struct sj_buf *content = &keeping->contents[i];
        bool is_rewritten = is_depfile(keeping, i) && place->base_dir;
        if (is_rewritten ? memchr(sj_buf_text(content), SJ_BASE_MARK, content->len) != NULL
                         : sj_place_is_named(place, sj_buf_text(content), content->len)) {
            return keeping->evidence.written[i].path;
        }
    }
    for (const char *at = place->base_dir; at && *at; at++) {
        if (is_special(*at)) {
            return place->base_dir;
        }
    }
    return NULL;
}

// The form that the result may be stored under. For the local one the record's detail says why.
static enum sj_form choose_form(struct keeping *keeping)
{
    struct sj_call *call = keeping->call;
    if (!call->has_weak[SJ_FORM_SHARED]) {
        return SJ_FORM_LOCAL;
    }
    const char *binding = keeping->evidence.bound_by;
    if (!binding) {
        binding = find_named(keeping);
    }
    if (binding) {
        call->record.detail = copy(call, binding);
        return SJ_FORM_LOCAL;
    }
    call->record.flags |= SJ_RECORD_SHARED;
    return SJ_FORM_SHARED;
}

static void spell_set(struct keeping *keeping)
{
    struct sj_call *call = keeping->call;
    struct sj_buf folded = SJ_BUF_INIT(1u << 16);
    for (size_t i = 0; i < keeping->evidence.set.count; i++) {
        struct sj_path_entry entry = keeping->evidence.set.entries[i];
        if (keeping->form == SJ_FORM_SHARED && entry.need != SJ_NEED_ENV &&
            entry.need != SJ_NEED_PROGRAM) {
            sj_buf_clear(&folded);
            sj_place_fold(&call->place, entry.path, &folded);
            entry.path = copy(call, sj_buf_text(&folded));
        }
        sj_pathset_add(&keeping->set, entry);
    }
    sj_buf_release(&folded);
    sj_pathset_sort(&keeping->set);
    keeping->set_bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    sj_pathset_encode(&keeping->set, &keeping->set_bytes);
    keeping->set_key = sj_key_of(sj_buf_text(&keeping->set_bytes), keeping->set_bytes.len);
}

// Files come and go in a directory that is still the same one.
static bool is_as_seen(const struct sj_input *input, const struct sj_filestat *seen)
{
    if (input->need == SJ_NEED_DIR) {
        return input->stat.dev == seen->dev && input->stat.ino == seen->ino;
    }
    return sj_filestat_eq(seen, &input->stat);
}

// Whether every input is still what the tool saw: no younger than the start, and in the state in
// which it was opened. Gives the offending path, or NULL.
static const char *find_racy(const struct keeping *keeping)
{
    uint64_t since_ns = keeping->call->start_coarse_ns;
    for (size_t i = 0; i < keeping->inputs.count; i++) {
        const struct sj_input *input = &keeping->inputs.items[i];
        const struct sj_filestat *seen = keeping->set.entries[i].seen;
        bool is_dated = input->need == SJ_NEED_CONTENT || input->need == SJ_NEED_NAMES;
        if (is_dated && sj_filestat_is_racy(&input->stat, since_ns)) {
            return input->path;
        }
        if (seen && !is_as_seen(input, seen)) {
            return input->path;
        }
    }
    return NULL;
}

static void note_inputs(struct keeping *keeping)
{
    struct sj_call *call = keeping->call;
    struct sj_record *record = &call->record;
    struct sj_key *keys = sj_call_alloc(call, (keeping->inputs.count + 1) * sizeof *keys);
    for (size_t i = 0; i < keeping->inputs.count; i++) {
        keys[i] = keeping->inputs.items[i].key;
    }
    record->inputs = keys;
    record->inputs_count = (uint32_t)keeping->inputs.count;
    record->input_bytes = keeping->inputs.bytes;
    record->input_count = keeping->inputs.files;
    record->weak = call->weak[keeping->form];
    record->pathset = keeping->set_key;
    record->strong = keeping->strong;
}

static void add_outputs(struct keeping *keeping)
{
    struct sj_result *result = &keeping->result;
    for (size_t i = 0; i < result->output_count; i++) {
        struct sj_result_output *output = &result->outputs[i];
        struct sj_buf *content = &keeping->contents[i];
        if (output->is_text && keeping->form == SJ_FORM_SHARED && keeping->call->place.base_dir) {
            struct sj_buf folded = SJ_BUF_INIT(OUTPUT_LIMIT);
            fold_text(&keeping->call->place, content, &folded);
            sj_buf_release(content);
            *content = folded;
            result->flags |= SJ_RESULT_BASED;
        }
        output->size = content->len;
        output->key = sj_key_of(sj_buf_text(content), content->len);
        keeping->call->record.output_bytes += content->len;
        if (content->len <= SJ_RESULT_INLINE) {
            output->data = sj_buf_text(content);
        } else {
            sj_batch_blob(keeping->batch, SJ_BLOB_OBJECT, &output->key, content->data,
                          content->len);
        }
    }
}

// A result that is not kept still was made from something, which tells why this compile was needed,
// and the next: the record gets the inputs, the store their names. Nothing leads a look-up there.
static void note_unkept(struct keeping *keeping)
{
    struct sj_call *call = keeping->call;
    if (keeping->set_bytes.is_full) {
        return;
    }
    keeping->strong =
        sj_inputs_strong(&call->weak[keeping->form], &keeping->set_key, &keeping->inputs);
    note_inputs(keeping);
    struct sj_batch *batch = sj_batch_new(call->store);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &keeping->set_key, keeping->set_bytes.data,
                  keeping->set_bytes.len);
    (void)sj_batch_commit(batch, NULL);
    sj_batch_free(batch);
}

static int commit(struct keeping *keeping, struct sj_err *err)
{
    struct sj_call *call = keeping->call;
    struct sj_batch *batch = keeping->batch;
    struct sj_buf bytes = SJ_BUF_INIT(SJ_RESULT_LIMIT);
    sj_result_encode(&keeping->result, &bytes);
    if (bytes.is_full || keeping->set_bytes.is_full) {
        sj_buf_release(&bytes);
        return refuse(keeping, "too-large", NULL);
    }
    sj_batch_blob(batch, SJ_BLOB_RESULT, &keeping->strong, bytes.data, bytes.len);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &keeping->set_key, keeping->set_bytes.data,
                  keeping->set_bytes.len);
    sj_batch_pathset(batch, &call->weak[keeping->form], &keeping->set_key);

    struct sj_buf stamp = SJ_BUF_INIT((size_t)1 << 20);
    if (sj_stamp_make(call, &keeping->strong, &keeping->result, &keeping->inputs, &stamp)) {
        sj_batch_stamp(batch, &call->literal, &keeping->strong, stamp.data, stamp.len);
    }
    if (!call->is_tool_known && !sj_filestat_is_racy(&call->tool.stat, call->start_coarse_ns)) {
        sj_batch_file(batch, call->tool.path, &call->tool.stat, &call->tool_key);
    }
    int status = sj_batch_commit(batch, err);
    if (status == 0) {
        call->record.flags |= SJ_RECORD_STORED;
    }
    sj_buf_release(&stamp);
    sj_buf_release(&bytes);
    return status;
}

static void describe(struct keeping *keeping, bool is_forced)
{
    const struct sj_execution *run = keeping->run;
    struct sj_result *result = &keeping->result;
    result->flags = is_forced ? SJ_RESULT_COLORED : 0;
    result->cpu_ns = run->user_ns + run->system_ns;
    result->wall_ns = run->wall_ns;
    result->peak_bytes = run->peak_bytes;
    result->input_bytes = keeping->inputs.bytes;
    result->input_count = keeping->inputs.files;
    result->pathset = keeping->set_key;
    result->out = (struct sj_str){sj_buf_text(&run->out), run->out.len};
    result->err = (struct sj_str){sj_buf_text(&run->err), run->err.len};
}

static int keep(struct keeping *keeping, bool is_forced, struct sj_err *err)
{
    struct sj_call *call = keeping->call;
    const struct sj_evidence *evidence = &keeping->evidence;
    if (evidence->refusal) {
        return refuse(keeping, evidence->refusal, evidence->detail);
    }
    if (keeping->run->out.is_full || keeping->run->err.is_full) {
        return refuse(keeping, "too-much-output", NULL);
    }
    if (read_outputs(keeping)) {
        return 0;
    }
    keeping->form = choose_form(keeping);
    spell_set(keeping);
    int status = sj_inputs_probe(call, &keeping->set, keeping->batch, &keeping->inputs);
    const char *racy = status == 0 ? find_racy(keeping) : NULL;
    if (racy) {
        note_unkept(keeping);
    }
    if (status == SJ_INPUTS_DIFFER || racy) {
        return refuse(keeping, "racy", racy);
    }
    if (status < 0) {
        return sj_fail(err, status, "cannot look at the compiler's inputs");
    }
    keeping->strong =
        sj_inputs_strong(&call->weak[keeping->form], &keeping->set_key, &keeping->inputs);
    note_inputs(keeping);
    describe(keeping, is_forced);
    add_outputs(keeping);
    return commit(keeping, err);
}

int sj_keep(struct sj_call *call, const struct sj_execution *run, const struct sj_observe_log *log,
            bool is_forced, struct sj_err *err)
{
    struct keeping keeping = {.call = call, .run = run};
    struct sj_sightings sightings = {0};
    int status = sj_observe_log_read(log, &sightings);
    if (status < 0) {
        return refuse(&keeping, "unobserved", "the observer's log is damaged");
    }
    sj_evidence_judge(call, &sightings, &keeping.evidence);
    keeping.batch = sj_batch_new(call->store);
    status = keep(&keeping, is_forced, err);
    sj_batch_free(keeping.batch);
    for (size_t i = 0; keeping.contents && i < keeping.evidence.written_count; i++) {
        sj_buf_release(&keeping.contents[i]);
    }
    free(keeping.contents);
    sj_result_release(&keeping.result);
    sj_pathset_release(&keeping.set);
    sj_buf_release(&keeping.set_bytes);
    sj_evidence_release(&keeping.evidence);
    sj_sightings_release(&sightings);
    return status;
}
