// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/storage.h"
#include "cli/ui.h"
#include "store/maintain.h"

static void show(uint64_t done, uint64_t total, void *user)
{
    sj_progress_show(user, "checking", done, total);
}

static void report(const struct sj_invocation *call, const struct sj_verify_report *found,
                   struct sj_buf *out)
{
    if (call->is_json) {
        struct sj_json json = sj_json_of(out);
        sj_json_open(&json, NULL, '{');
        sj_json_u64(&json, "checked", found->checked);
        sj_json_u64(&json, "checked_bytes", found->checked_bytes);
        sj_json_u64(&json, "damaged", found->damaged);
        sj_json_u64(&json, "dangling", found->dangling);
        sj_json_close(&json, '}');
        sj_buf_addc(out, '\n');
        return;
    }
    sj_buf_adds(out, "checked ");
    sj_ui_count(out, found->checked);
    sj_buf_adds(out, found->checked == 1 ? " entry, " : " entries, ");
    sj_ui_size(out, found->checked_bytes);
    sj_buf_adds(out, ": ");
    if (found->damaged == 0 && found->dangling == 0) {
        sj_buf_adds(out, "all whole\n");
        return;
    }
    sj_ui_count(out, found->damaged);
    sj_buf_adds(out, " damaged, ");
    sj_ui_count(out, found->dangling);
    sj_buf_adds(out, " dangling: forgotten, they will be compiled again\n");
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    SJ_AUTO(sj_storage_close) struct sj_store *store = NULL;
    int status = sj_storage_open(&call->config, SJ_STORAGE_WRITE, &store, &err);
    if (status < 0) {
        return sj_command_fail(&err);
    }
    struct sj_verify_report found = {0};
    if (status == 0) {
        struct sj_progress progress;
        sj_progress_begin(&progress);
        status = sj_store_verify(store, show, &progress, &found, &err);
        sj_progress_end(&progress);
    }
    if (status < 0) {
        return sj_command_fail(&err);
    }
    report(call, &found, &call->out);
    return found.damaged > 0 ? SJ_EXIT_FAILED : SJ_EXIT_OK;
}

const struct sj_command sj_command_verify = {
    .name = "verify",
    .words = "",
    .summary = "Read and check everything in the store.",
    .text = "Read every object, result and path set of every generation, check it against its key, "
            "and follow every entry of the index. What is damaged is forgotten, so that it is "
            "compiled again. The exit status is 1 when there was damage.\n"
            "A damaged entry is never used, also without this: it is checked whenever it is "
            "read.\n",
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
