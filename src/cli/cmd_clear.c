// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/storage.h"
#include "cli/ui.h"
#include "store/maintain.h"

enum {
    OPT_RECORDS,
};

static const struct sj_option options[] = {
    {"records", NULL, "Remove the records, too: the statistics begin anew."},
    {NULL, NULL, NULL},
};

static int clear_store(const struct sj_config *config, struct sj_store_stat *before,
                       struct sj_err *err)
{
    SJ_AUTO(sj_storage_close) struct sj_store *store = NULL;
    int status = sj_storage_open(config, SJ_STORAGE_WRITE, &store, err);
    if (status != 0) {
        return status < 0 ? status : 0;
    }
    if (config->read_only) {
        return sj_fail_plain(err, -EROFS, "read_only is set: nothing is removed");
    }
    status = sj_store_stat(store, before, err);
    return status < 0 ? status : sj_store_clear(store, err);
}

static int clear_records(const struct sj_config *config, struct sj_err *err)
{
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/journal", config->cache_dir);
    int status = sj_tree_remove(path);
    return status < 0 ? sj_fail(err, status, "cannot remove '%s'", path) : 0;
}

static void report(const struct sj_invocation *call, const struct sj_store_stat *gone,
                   struct sj_buf *out)
{
    bool is_all = call->value[OPT_RECORDS] != NULL;
    if (call->is_json) {
        struct sj_json json = sj_json_of(out);
        sj_json_open(&json, NULL, '{');
        sj_json_u64(&json, "removed_bytes", gone->size_bytes);
        sj_json_u64(&json, "removed_objects", gone->objects);
        sj_json_u64(&json, "removed_results", gone->results);
        sj_json_bool(&json, "removed_records", is_all);
        sj_json_close(&json, '}');
        sj_buf_addc(out, '\n');
        return;
    }
    sj_buf_adds(out, "removed ");
    sj_ui_count(out, gone->results);
    sj_buf_adds(out, gone->results == 1 ? " result and " : " results and ");
    sj_ui_count(out, gone->objects);
    sj_buf_adds(out, gone->objects == 1 ? " object (" : " objects (");
    sj_ui_size(out, gone->size_bytes);
    sj_buf_adds(out, is_all ? "), and all records, from '" : ") from '");
    sj_ui_text(out, call->config.cache_dir);
    sj_buf_adds(out, "'\n");
}

static int run(struct sj_invocation *call)
{
    struct sj_err err;
    struct sj_store_stat gone = {0};
    if (clear_store(&call->config, &gone, &err) < 0 ||
        (call->value[OPT_RECORDS] && clear_records(&call->config, &err) < 0)) {
        return sj_command_fail(&err);
    }
    report(call, &gone, &call->out);
    return SJ_EXIT_OK;
}

const struct sj_command sj_command_clear = {
    .name = "clear",
    .words = "",
    .summary = "Remove everything from the store.",
    .text = "Remove every result of every namespace from the store. Compiles that are under way "
            "go on, and miss. Records stay, unless --records is given. It does not ask; it says "
            "what it has removed.\n",
    .options = options,
    .flags = SJ_COMMAND_JSON,
    .run = run,
};
