// SPDX-License-Identifier: Apache-2.0
#include "wrap/action.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

// Part of every key: raise it when keys or stored formats change their meaning.
static const char key_version[] = "scrubjay 1";

static void field(struct sj_buf *buf, const char *text)
{
    if (text) {
        sj_buf_add_bytes(buf, text, strlen(text));
    } else {
        sj_buf_add_u32(buf, UINT32_MAX);
    }
}

static bool is_relaxed_env(const struct sj_call *call, const char *name)
{
    return (call->config.relax & SJ_RELAX_LOCALE) &&
           (strcmp(name, "LANG") == 0 || strcmp(name, "LANGUAGE") == 0 ||
            sj_skip_prefix(name, "LC_"));
}

// What libc and the dynamic loader read by themselves, before or behind the observer. The observer
// itself stands in front of LD_PRELOAD in the tool's environment; ours has what the user gave.
static const char *const libc_env[] = {
    "GCONV_PATH", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD", "LOCPATH", "OUTPUT_CHARSET", NULL,
};

static void add_libc_env(const struct sj_call *call, struct sj_buf *buf)
{
    for (const char *const *name = libc_env; *name; name++) {
        field(buf, sj_call_env(call, *name));
    }
}

static void add_env(const struct sj_call *call, const struct sj_toolchain *toolchain,
                    struct sj_buf *buf)
{
    for (const char *const *name = toolchain->env; *name; name++) {
        if (!is_relaxed_env(call, *name)) {
            field(buf, sj_call_env(call, *name));
        }
    }
}

void sj_action_digest(struct sj_call *call)
{
    struct sj_buf buf = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    (void)sj_buf_reserve(&buf, 4000);
    field(&buf, key_version);
    field(&buf, call->tool.path);
    unsigned char stat[SJ_FILESTAT_SIZE];
    sj_filestat_encode(&call->tool.stat, stat);
    sj_buf_add(&buf, stat, sizeof stat);
    field(&buf, call->place.cwd);
    field(&buf, call->place.pwd);
    field(&buf, call->place.base_dir);
    field(&buf, call->place.path);
    sj_buf_add_u32(&buf, call->config.relax);
    sj_buf_addc(&buf, call->config.map_base_dir);
    field(&buf, call->prefix);
    // Which family the compiler is of is not looked into yet, so the variables of all count.
    const struct sj_toolchain *toolchain;
    for (size_t i = 0; (toolchain = sj_toolchain_at(i)); i++) {
        add_env(call, toolchain, &buf);
    }
    add_libc_env(call, &buf);
    for (const char *const *arg = call->argv + 1; *arg; arg++) {
        field(&buf, *arg);
    }
    call->literal = sj_key_of(buf.data, buf.len);
    sj_buf_release(&buf);
}

static void *request_alloc(const struct sj_request *request, size_t len_bytes)
{
    return sj_call_alloc(request->host, len_bytes);
}

static const char *request_env(const struct sj_request *request, const char *name)
{
    return sj_call_env(request->host, name);
}

static char request_file_type(const struct sj_request *request, const char *path)
{
    (void)request;
    struct sj_filestat stat;
    if (sj_filestat_get(AT_FDCWD, path, &stat) < 0 || stat.mode == 0) {
        return 0;
    }
    if (S_ISREG(stat.mode)) {
        return 'f';
    }
    return S_ISDIR(stat.mode) ? 'd' : 'o';
}

static void bypass(struct sj_call *call, const char *id, const char *detail)
{
    call->action.bypass = id;
    call->action.bypass_detail = detail;
}

static const char *output_env(const struct sj_call *call)
{
    for (const char *const *name = call->tool.toolchain->env_output; *name; name++) {
        if (sj_call_env(call, *name)) {
            return *name;
        }
    }
    return NULL;
}

// The working directory as compilers write it down: $PWD, if it leads there.
static const char *written_cwd(const struct sj_call *call)
{
    const struct sj_place *place = &call->place;
    struct sj_filestat named;
    struct sj_filestat real;
    bool is_right = place->pwd && place->pwd[0] == '/' &&
                    sj_filestat_get(AT_FDCWD, place->pwd, &named) == 0 &&
                    sj_filestat_get(AT_FDCWD, ".", &real) == 0 && named.dev == real.dev &&
                    named.ino == real.ino;
    return is_right ? place->pwd : place->cwd;
}

int sj_action_parse(struct sj_call *call)
{
    int status = sj_args_expand(&call->args, call->argv);
    call->is_parsed = true;
    if (status < 0) {
        const char *why = status == -ELOOP ? "nests without end" : "too large";
        bypass(call, "response-file", status == -ESPIPE ? "is no regular file" : why);
        return 0;
    }
    if (call->config.map_base_dir && call->place.base_dir) {
        char *map = sj_asprintf("-ffile-prefix-map=%s=.", call->place.base_dir);
        sj_args_insert(&call->args, 1, map);
        free(map);
    }
    const struct sj_request request = {
        .argc = (int)call->args.count,
        .argv = (const char *const *)call->args.items,
        .cwd = written_cwd(call),
        .base_dir = call->place.base_dir,
        .tool_path = call->tool.path,
        .alloc = request_alloc,
        .env = request_env,
        .file_type = request_file_type,
        .host = call,
    };
    status = call->tool.toolchain->parse(&request, &call->action);
    const char *variable = status < 0 ? NULL : output_env(call);
    if (variable && !call->action.bypass) {
        bypass(call, "env-output", variable);
    }
    return status;
}

static int tool_content(struct sj_call *call)
{
    int status =
        sj_store_file_find(call->store, call->tool.path, &call->tool.stat, &call->tool_key);
    call->is_tool_known = status == 0;
    if (status != SJ_STORE_MISS) {
        return status;
    }
    SJ_AUTO(sj_auto_close) int fd = open(call->tool.path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : sj_key_of_fd(fd, &call->tool_key, NULL);
}

// What -march=native and its kin look at, as far as the kernel tells: model, features, caches.
static void add_cpu(struct sj_buf *buf)
{
    static const char *const names[] = {"vendor_id", "cpu family", "model",    "stepping",
                                        "flags",     "cache size", "Features", "CPU "};
    struct sj_buf text = SJ_BUF_INIT((size_t)16 << 20);
    (void)sj_file_read(AT_FDCWD, "/proc/cpuinfo", &text);
    const char *end = strstr(sj_buf_text(&text), "\n\n");
    for (const char *line = sj_buf_text(&text); *line && line != end;) {
        const char *next = strchrnul(line, '\n');
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (sj_skip_prefix(line, names[i])) {
                sj_buf_add_bytes(buf, line, (size_t)(next - line));
                break;
            }
        }
        line = *next && next != end ? next + 1 : next;
    }
    sj_buf_release(&text);
}

static void add_path(const struct sj_call *call, enum sj_form form, const char *path,
                     struct sj_buf *buf)
{
    if (form == SJ_FORM_LOCAL) {
        field(buf, path);
        return;
    }
    struct sj_buf folded = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    sj_place_fold(&call->place, path, &folded);
    field(buf, sj_buf_text(&folded));
    sj_buf_release(&folded);
}

static struct sj_key take_key(struct sj_buf *buf)
{
    struct sj_key key = sj_key_of(buf->data ? buf->data : "", buf->len);
    sj_buf_clear(buf);
    return key;
}

static void weigh_form(struct sj_call *call, enum sj_form form, struct sj_key *component)
{
    const struct sj_action *action = &call->action;
    struct sj_buf buf = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);

    // Drivers tell by the name that they are called whether they are a C or a C++ compiler.
    const char *slash = strrchr(call->tool.path, '/');
    field(&buf, slash ? slash + 1 : call->tool.path);
    field(&buf, call->tool.toolchain->name);
    sj_buf_add(&buf, call->tool_key.bytes, SJ_KEY_SIZE);
    component[SJ_COMPONENT_TOOL] = take_key(&buf);

    for (size_t i = 0; i < action->item_count; i++) {
        if ((call->config.relax & SJ_RELAX_RANDOM_SEED) &&
            sj_skip_prefix(action->items[i].text, "-frandom-seed")) {
            continue;
        }
        field(&buf, action->items[i].text);
        if (action->items[i].path) {
            add_path(call, form, action->items[i].path, &buf);
        } else {
            field(&buf, NULL);
        }
    }
    component[SJ_COMPONENT_ARGS] = take_key(&buf);

    add_env(call, call->tool.toolchain, &buf);
    add_libc_env(call, &buf);
    component[SJ_COMPONENT_ENV] = take_key(&buf);

    field(&buf, action->language);
    add_path(call, form, action->source ? action->source : "", &buf);
    component[SJ_COMPONENT_SOURCE] = take_key(&buf);

    if (form == SJ_FORM_LOCAL) {
        field(&buf, call->place.cwd);
        field(&buf, call->place.pwd);
    }
    if (action->flags & SJ_ACTION_NEEDS_CPU) {
        add_cpu(&buf);
    }
    component[SJ_COMPONENT_PLACE] = take_key(&buf);

    field(&buf, key_version);
    sj_buf_addc(&buf, (char)form);
    for (int i = 0; i < SJ_COMPONENT_COUNT; i++) {
        sj_buf_add(&buf, component[i].bytes, SJ_KEY_SIZE);
    }
    call->weak[form] = take_key(&buf);
    if (sj_log_is_on()) {
        char hex[SJ_KEY_HEX_SIZE];
        sj_key_hex(&call->weak[form], hex);
        sj_log("weak key %s (%s)", hex, form == SJ_FORM_SHARED ? "shared" : "local");
    }
    call->has_weak[form] = true;
    sj_buf_release(&buf);
}

int sj_action_weigh(struct sj_call *call)
{
    int status = tool_content(call);
    if (status < 0) {
        return status;
    }
    bool is_placed = (call->action.flags & SJ_ACTION_NEEDS_CWD) ||
                     (call->place.base_dir && !(call->action.flags & SJ_ACTION_RELOCATABLE));
    struct sj_key component[SJ_COMPONENT_COUNT];
    weigh_form(call, SJ_FORM_LOCAL, call->record.component);
    if (!is_placed) {
        weigh_form(call, SJ_FORM_SHARED, component);
    }
    return 0;
}

static bool is_listed(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return false;
}

bool sj_action_ignores_env(const struct sj_call *call, const char *name)
{
    // PWD is part of the place; the other three are how the observer gets in and the tool's child
    // processes are told that they are being cached.
    static const char *const ours[] = {"LD_PRELOAD", "PWD", NULL};
    const struct sj_toolchain *toolchain = call->tool.toolchain;
    return is_listed(ours, name) || sj_skip_prefix(name, "SCRUBJAY_") ||
           is_listed(toolchain->env, name) || is_listed(toolchain->env_neutral, name) ||
           is_relaxed_env(call, name);
}
