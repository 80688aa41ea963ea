// SPDX-License-Identifier: Apache-2.0
// A command line: words that end in NUL. Both toolchains must understand or refuse it, twice alike.
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <scrubjay/toolchain.h>

#include "base/buf.h"
#include "base/mem.h"
#include "toolchain-clang/clang.h"
#include "toolchain-gcc/gcc.h"

enum {
    WORDS_MAX = 256,
    BLOCKS_MAX = 8192
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct host {
    void *blocks[BLOCKS_MAX];
    size_t count;
};

static void *host_alloc(const struct sj_request *request, size_t len_bytes)
{
    struct host *host = request->host;
    if (host->count == BLOCKS_MAX || len_bytes > (size_t)64 << 20) {
        abort(); // out of all proportion to the command line
    }
    return host->blocks[host->count++] = sj_calloc(1, len_bytes ? len_bytes : 1);
}

static const char *host_env(const struct sj_request *request, const char *name)
{
    (void)request;
    return strcmp(name, "PWD") == 0 ? "/work" : NULL;
}

static char host_file_type(const struct sj_request *request, const char *path)
{
    (void)request;
    size_t len = strlen(path);
    return len > 0 && path[len - 1] == '/' ? 'd' : len % 3 ? 'f' : 0;
}

static void require(bool is_true)
{
    if (!is_true) {
        abort();
    }
}

// What a host relies on.
static void check(const struct sj_toolchain *toolchain, const struct sj_action *action)
{
    if (action->bypass != NULL) {
        const struct sj_bypass *reason = toolchain->bypass;
        while (reason->id != NULL && strcmp(reason->id, action->bypass) != 0) {
            reason++;
        }
        require(reason->id != NULL);
        return;
    }

    require(action->source != NULL && action->language != NULL);
    for (size_t i = 0; i < action->item_count; i++) {
        require(action->items[i].text != NULL);
    }
    for (size_t i = 0; i < action->output_count; i++) {
        const struct sj_output *output = &action->outputs[i];
        require(output->path != NULL);
        require(output->role >= SJ_ROLE_OBJECT && output->role < SJ_ROLE_COUNT);
        require(output->role != SJ_ROLE_OBJECT || i == 0);
    }
}

static void describe(const struct sj_action *action, struct sj_buf *out)
{
    sj_buf_addf(out, "%s|%s|%s|%s|%u\n", action->bypass ? action->bypass : "",
                action->bypass_detail ? action->bypass_detail : "",
                action->source ? action->source : "", action->language ? action->language : "",
                action->flags);
    for (size_t i = 0; i < action->item_count; i++) {
        sj_buf_addf(out, "%s %s\n", action->items[i].text,
                    action->items[i].path ? action->items[i].path : "");
    }
    for (size_t i = 0; i < action->output_count; i++) {
        sj_buf_addf(out, "%d %u %s\n", (int)action->outputs[i].role, action->outputs[i].flags,
                    action->outputs[i].path);
    }
    for (size_t i = 0; i < action->input_count; i++) {
        sj_buf_addf(out, "%s\n", action->inputs[i]);
    }
}

static void parse(const struct sj_toolchain *toolchain, int argc, const char *const *argv,
                  struct sj_buf *out)
{
    struct host *host = sj_new(struct host);
    const struct sj_request request = {
        .argc = argc,
        .argv = argv,
        .cwd = "/work",
        .base_dir = "/work",
        .tool_path = "/usr/bin/cc",
        .alloc = host_alloc,
        .env = host_env,
        .file_type = host_file_type,
        .host = host,
    };
    struct sj_action action = {0};
    int status = toolchain->parse(&request, &action);
    if (status < 0) {
        sj_buf_addf(out, "%d\n", status);
    } else {
        check(toolchain, &action);
        describe(&action, out);
    }
    for (size_t i = 0; i < host->count; i++) {
        free(host->blocks[i]);
    }
    free(host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sj_toolchain *const toolchains[] = {&sj_toolchain_gcc, &sj_toolchain_clang};
    SJ_AUTO(sj_auto_free) char *text = sj_calloc(size + 1, 1);
    if (size > 0) {
        memcpy(text, data, size);
    }

    const char *argv[WORDS_MAX + 2] = {"cc"};
    int argc = 1;
    for (size_t at = 0; at < size && argc <= WORDS_MAX; at += strlen(text + at) + 1) {
        argv[argc++] = text + at;
    }
    for (size_t i = 0; i < 2; i++) {
        SJ_AUTO(sj_buf_release) struct sj_buf once = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        SJ_AUTO(sj_buf_release) struct sj_buf twice = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
        parse(toolchains[i], argc, argv, &once);
        parse(toolchains[i], argc, argv, &twice);
        if (strcmp(sj_buf_text(&once), sj_buf_text(&twice)) != 0) {
            abort();
        }
    }
    return 0;
}
