// SPDX-License-Identifier: Apache-2.0
#include "wrap/evidence.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "wrap/action.h"
#include "wrap/inputs.h"
#include "wrap/link.h"

static void refuse(struct sj_evidence *evidence, const char *id, const char *detail)
{
    if (!evidence->refusal) {
        evidence->refusal = id;
        evidence->detail = detail;
    }
}

// What tools look at to size themselves (memory, processors), to find their own program, to draw
// random numbers or to throw bytes away: nothing of it reaches an output. -march=native has a key
// of its own.
static bool is_harmless(const char *path)
{
    static const char *const files[] = {
        "/dev/null",
        "/dev/random",
        "/dev/tty",
        "/dev/urandom",
        "/dev/zero",
        "/proc",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/self/exe",
        "/proc/self/cgroup",
        "/proc/self/maps",
        "/proc/self/status",
        "/proc/self/mountinfo",
        "/proc/self/stat",
        "/proc/self/cwd",
    };
    static const char *const dirs[] = {
        "/proc/sys/",
        "/sys/devices/system/cpu",
        "/sys/fs/cgroup",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(path, files[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        if (sj_skip_prefix(path, dirs[i])) {
            return true;
        }
    }
    return false;
}

// Files that the kernel makes up, and descriptors under a path: they have no content to go by.
// What merely lives there (/dev/shm, what is reached through /proc/self/cwd) is a file like others.
static bool is_made_up(const char *path)
{
    if (sj_skip_prefix(path, "/dev/fd/") || sj_skip_prefix(path, "/dev/std")) {
        return true;
    }
    if (sj_skip_prefix(path, "/proc/self/cwd/")) {
        return false;
    }
    return sj_skip_prefix(path, "/proc/") || sj_skip_prefix(path, "/sys/");
}

static bool is_temp_dir(const struct sj_call *call, const char *path)
{
    static const char *const variables[] = {"TMPDIR", "TMP", "TEMP"};
    static const char *const fixed[] = {"/tmp", "/var/tmp", "/usr/tmp", "/tmp/", "/var/tmp/"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = sj_call_env(call, variables[i]);
        if (value && strcmp(value, path) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (strcmp(fixed[i], path) == 0) {
            return true;
        }
    }
    return false;
}

static const char *plain(const char *path)
{
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (*path == '/') {
            path++;
        }
    }
    return path;
}

// A path as the command line would spell it: tools resolve their outputs' paths now and then.
static const char *as_written(const struct sj_call *call, const char *path)
{
    const char *rest = sj_skip_prefix(path, call->place.cwd);
    return rest && *rest == '/' ? rest + 1 : plain(path);
}

static bool is_same_file(const char *a, const char *b)
{
    struct sj_filestat left;
    struct sj_filestat right;
    return sj_filestat_get(AT_FDCWD, a, &left) == 0 && left.mode &&
           sj_filestat_get(AT_FDCWD, b, &right) == 0 && left.dev == right.dev &&
           left.ino == right.ino;
}

// What follows an expected output's path in another path; NULL: it is not that output.
static const char *match_output(const struct sj_call *call, const struct sj_output *output,
                                const char *path)
{
    const char *expected = as_written(call, output->path);
    const char *actual = as_written(call, path);
    if (output->flags & SJ_OUTPUT_PREFIX) {
        return sj_skip_prefix(actual, expected);
    }
    return strcmp(expected, actual) == 0 ? "" : NULL;
}

static bool find_output(const struct sj_call *call, const char *path, struct sj_written *out)
{
    const struct sj_action *action = &call->action;
    for (size_t i = 0; i < action->output_count; i++) {
        const char *suffix = match_output(call, &action->outputs[i], path);
        if (suffix) {
            *out = (struct sj_written){(uint32_t)i, path, suffix};
            return true;
        }
    }
    return false;
}

// The same by identity, for a path that the tool spelt another way.
static bool find_output_by_file(const struct sj_call *call, const char *path,
                                struct sj_written *out)
{
    const struct sj_action *action = &call->action;
    for (size_t i = 0; i < action->output_count; i++) {
        const struct sj_output *output = &action->outputs[i];
        if (!(output->flags & SJ_OUTPUT_PREFIX) && is_same_file(output->path, path)) {
            *out = (struct sj_written){(uint32_t)i, output->path, ""};
            return true;
        }
    }
    return false;
}

static void judge_written(struct sj_call *call, const struct sj_sighting *sighting,
                          struct sj_evidence *evidence)
{
    const char *path = sighting->path;
    if (sighting->kind == SJ_EVENT_OPEN || sighting->kind == SJ_EVENT_EXEC ||
        sighting->kind == SJ_EVENT_LOAD) {
        refuse(evidence, "rewrites-input", path);
        return;
    }
    struct sj_filestat stat;
    if (sighting->was_removed || sj_filestat_get(AT_FDCWD, path, &stat) < 0 || stat.mode == 0) {
        return;
    }
    struct sj_written written;
    if (!find_output(call, path, &written) && !find_output_by_file(call, path, &written)) {
        refuse(evidence, S_ISDIR(stat.mode) ? "unexpected-directory" : "unexpected-output", path);
        return;
    }
    for (size_t i = 0; i < evidence->written_count; i++) {
        if (evidence->written[i].slot == written.slot &&
            strcmp(evidence->written[i].suffix, written.suffix) == 0) {
            return;
        }
    }
    evidence->written =
        sj_realloc(evidence->written, evidence->written_count + 1, sizeof *evidence->written);
    evidence->written[evidence->written_count++] = written;
}

static void add(struct sj_call *call, struct sj_evidence *evidence, enum sj_need need,
                const struct sj_sighting *sighting)
{
    bool is_seen = (need == SJ_NEED_CONTENT || need == SJ_NEED_DIR) && sighting->stat.ino;
    sj_pathset_add(&evidence->set, (struct sj_path_entry){
                                       .need = need,
                                       .path = plain(sighting->path),
                                       .seen = is_seen ? &sighting->stat : NULL,
                                   });
    if (!evidence->bound_by && sj_place_binds(&call->place, sighting->path)) {
        evidence->bound_by = sighting->path;
    }
}

static bool is_on_command_line(const struct sj_call *call, const char *path)
{
    for (size_t i = 0; i < call->action.item_count; i++) {
        const char *named = call->action.items[i].path;
        if (named && strcmp(named, path) == 0) {
            return true;
        }
    }
    return false;
}

// Tools resolve relative names to absolute ones now and then, and compare $PWD with the working
// directory. That says nothing new of a file that was opened by its relative name, and would tie
// the result to this place.
static bool is_resolved_name(const struct sj_call *call, const struct sj_sightings *sightings,
                             const char *path, const struct sj_filestat *stat)
{
    if (strcmp(path, call->place.cwd) == 0 ||
        (call->place.pwd && strcmp(path, call->place.pwd) == 0)) {
        return !is_on_command_line(call, path);
    }
    for (size_t i = 0; i < sightings->count; i++) {
        const struct sj_sighting *other = &sightings->items[i];
        if (other->kind == SJ_EVENT_OPEN && other->path[0] != '/' && other->stat.ino == stat->ino &&
            other->stat.dev == stat->dev) {
            return true;
        }
    }
    return false;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// Whether it is worth a system call to see if a path is an output spelt another way, such as
// `../x.o` by its absolute path.
static bool has_output_name(const struct sj_call *call, const char *path)
{
    const struct sj_action *action = &call->action;
    for (size_t i = 0; i < action->output_count; i++) {
        if (strcmp(last_part(action->outputs[i].path), last_part(path)) == 0) {
            return true;
        }
    }
    return false;
}

// Whether a path that was merely looked at is one of the files to be written: what stands there
// now, from an earlier run, does not matter. A family of outputs is no such file: inputs may be
// named alike.
static bool is_own_output(const struct sj_call *call, const char *path)
{
    struct sj_written written;
    if (find_output(call, path, &written)) {
        return !(call->action.outputs[written.slot].flags & SJ_OUTPUT_PREFIX);
    }
    return path[0] == '/' && has_output_name(call, path) &&
           find_output_by_file(call, path, &written);
}

static void judge_existing(struct sj_call *call, const struct sj_sightings *sightings,
                           const struct sj_sighting *sighting, struct sj_evidence *evidence)
{
    struct sj_filestat stat;
    bool is_looked_at = sighting->kind == SJ_EVENT_EXISTS || sighting->kind == SJ_EVENT_LINK;
    if (is_looked_at &&
        (is_own_output(call, sighting->path) || is_temp_dir(call, sighting->path))) {
        return;
    }
    if (sj_filestat_get(AT_FDCWD, sighting->path, &stat) < 0 || stat.mode == 0) {
        refuse(evidence, "racy", sighting->path);
        return;
    }
    if (is_looked_at && sj_place_binds(&call->place, sighting->path) &&
        is_resolved_name(call, sightings, sighting->path, &stat)) {
        return;
    }
    if (S_ISDIR(stat.mode)) {
        add(call, evidence, SJ_NEED_DIR, sighting);
    } else if (S_ISREG(stat.mode)) {
        add(call, evidence, SJ_NEED_CONTENT, sighting);
    } else {
        refuse(evidence, "unstable-input", sighting->path);
    }
}

static void judge_absent(struct sj_call *call, const struct sj_sighting *sighting,
                         struct sj_evidence *evidence)
{
    // Among the links of `run` nothing but compilers ever stands, and those we know.
    if (sj_link_origin(sighting->path)) {
        return;
    }
    bool is_relaxed =
        (call->config.relax & SJ_RELAX_SYSTEM_HEADERS) && sj_skip_prefix(sighting->path, "/usr/");
    if (!is_relaxed && !is_own_output(call, sighting->path)) {
        add(call, evidence, SJ_NEED_ABSENT, sighting);
    }
}

static void judge_clock(struct sj_call *call, const struct sj_sighting *sighting,
                        struct sj_evidence *evidence)
{
    // Local time is asked for by __DATE__, __TIME__ and __TIMESTAMP__ only; with SOURCE_DATE_EPOCH
    // the compilers break that time down as UTC, and then it is the variable that counts.
    bool is_local = sj_skip_prefix(sighting->path, "localtime") ||
                    sj_skip_prefix(sighting->path, "ctime") ||
                    sj_skip_prefix(sighting->path, "mktime");
    bool is_utc = sj_skip_prefix(sighting->path, "gmtime");
    if (is_local || (is_utc && !sj_call_env(call, "SOURCE_DATE_EPOCH"))) {
        refuse(evidence, "time", sighting->path);
    }
}

static void judge_path(struct sj_call *call, const struct sj_sightings *sightings,
                       const struct sj_sighting *sighting, struct sj_evidence *evidence)
{
    const char *path = sighting->path;
    // Looking at one's own descriptors and links is how programs learn a file's real name.
    bool is_look = sighting->kind == SJ_EVENT_EXISTS || sighting->kind == SJ_EVENT_LINK;
    if (!*path || is_harmless(path) || (is_look && sj_skip_prefix(path, "/proc/self/"))) {
        return;
    }
    if (is_made_up(path)) {
        refuse(evidence, "unstable-input", path);
        return;
    }
    if (sighting->was_written) {
        judge_written(call, sighting, evidence);
        return;
    }
    if (sighting->kind == SJ_EVENT_ABSENT) {
        judge_absent(call, sighting, evidence);
    } else {
        judge_existing(call, sightings, sighting, evidence);
    }
    if (sighting->was_listed) {
        add(call, evidence, SJ_NEED_NAMES, sighting);
    }
}

static void judge_one(struct sj_call *call, const struct sj_sightings *sightings,
                      const struct sj_sighting *sighting, struct sj_evidence *evidence)
{
    switch (sighting->kind) {
    case SJ_EVENT_ENV:
        // PATH counts by where it leads, see judge_programs().
        if (call->place.path && strcmp(sighting->path, "PATH") == 0) {
            break;
        }
        if (!sj_action_ignores_env(call, sighting->path)) {
            sj_pathset_add(&evidence->set,
                           (struct sj_path_entry){.need = SJ_NEED_ENV, .path = sighting->path});
        }
        break;
    case SJ_EVENT_CLOCK:
        judge_clock(call, sighting, evidence);
        break;
    case SJ_EVENT_NETWORK:
        // A launcher that compiles elsewhere is what its user chose; a compiler has no business
        // there.
        if (!call->prefix) {
            refuse(evidence, "network", NULL);
        }
        break;
    case SJ_EVENT_END:
    case SJ_EVENT_HELLO:
    case SJ_EVENT_FORK:
    case SJ_EVENT_FAILURE:
    case SJ_EVENT_UNSEEN:
        break;
    case SJ_EVENT_OPEN:
    case SJ_EVENT_WRITE:
    case SJ_EVENT_REMOVE:
    case SJ_EVENT_EXISTS:
    case SJ_EVENT_ABSENT:
    case SJ_EVENT_LIST:
    case SJ_EVENT_EXEC:
    case SJ_EVENT_LOAD:
    case SJ_EVENT_LINK:
        judge_path(call, sightings, sighting, evidence);
        break;
    }
}

// Two machines need not have the same PATH: every name that was looked for in one of its
// directories becomes a program that must be the same one. The compiler itself is part of every
// key.
static void judge_programs(struct sj_call *call, const struct sj_sightings *sightings,
                           struct sj_evidence *evidence)
{
    for (size_t i = 0; i < sightings->count; i++) {
        const char *path = sightings->items[i].path;
        enum sj_event kind = sightings->items[i].kind;
        // A script is opened by its interpreter once it has been executed.
        bool is_look = kind == SJ_EVENT_EXEC || kind == SJ_EVENT_OPEN || kind == SJ_EVENT_EXISTS ||
                       kind == SJ_EVENT_LINK || kind == SJ_EVENT_ABSENT;
        if (!is_look || path[0] != '/' || !sj_place_searches(&call->place, path)) {
            continue;
        }
        struct sj_filestat stat;
        bool is_tool = sj_filestat_get(AT_FDCWD, path, &stat) == 0 &&
                       stat.dev == call->tool.stat.dev && stat.ino == call->tool.stat.ino;
        if (!is_tool) {
            struct sj_path_entry entry = {.need = SJ_NEED_PROGRAM, .path = strrchr(path, '/') + 1};
            sj_pathset_add(&evidence->set, entry);
        }
    }
}

static bool is_script(const char *path)
{
    char head[2];
    SJ_AUTO(sj_auto_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
           memcmp(head, "#!", sizeof head) == 0;
}

// Shells and other interpreters read their environment without asking libc for it. One that runs a
// script is reported as loaded by it.
static bool reads_environment(const struct sj_sighting *sighting)
{
    static const char *const names[] = {"awk",  "bash", "busybox", "dash", "gawk", "ksh",
                                        "lua",  "mawk", "node",    "perl", "php",  "python",
                                        "ruby", "sh",   "tclsh",   "zsh"};
    if (sighting->kind != SJ_EVENT_EXEC && sighting->kind != SJ_EVENT_LOAD) {
        return false;
    }
    const char *name = last_part(sighting->path);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *version = sj_skip_prefix(name, names[i]);
        if (version && strspn(version, "0123456789.-") == strlen(version)) {
            return true;
        }
    }
    return sighting->kind == SJ_EVENT_EXEC && is_script(sighting->path);
}

static void judge_environment(const struct sj_call *call, const struct sj_sightings *sightings,
                              struct sj_evidence *evidence)
{
    bool is_read = is_script(call->tool.path);
    for (size_t i = 0; !is_read && i < sightings->count; i++) {
        is_read = reads_environment(&sightings->items[i]);
    }
    if (is_read) {
        sj_pathset_add(&evidence->set,
                       (struct sj_path_entry){.need = SJ_NEED_ENV, .path = SJ_ENV_ALL});
    }
}

// Outputs that must have been written, unless something that is no file took them.
static void require_outputs(struct sj_call *call, struct sj_evidence *evidence)
{
    for (size_t slot = 0; slot < call->action.output_count; slot++) {
        const struct sj_output *output = &call->action.outputs[slot];
        if (output->flags & (SJ_OUTPUT_OPTIONAL | SJ_OUTPUT_PREFIX)) {
            continue;
        }
        bool is_written = false;
        for (size_t i = 0; i < evidence->written_count; i++) {
            is_written = is_written || evidence->written[i].slot == slot;
        }
        if (!is_written && strcmp(output->path, "/dev/null") != 0) {
            refuse(evidence, "no-output", output->path);
        }
    }
}

void sj_evidence_judge(struct sj_call *call, const struct sj_sightings *sightings,
                       struct sj_evidence *out)
{
    if (!sightings->is_complete) {
        refuse(out, "unobserved", sightings->gap);
        return;
    }
    for (size_t i = 0; i < sightings->count; i++) {
        judge_one(call, sightings, &sightings->items[i], out);
    }
    judge_programs(call, sightings, out);
    judge_environment(call, sightings, out);
    const struct sj_action *action = &call->action;
    for (size_t i = 0; i < action->input_count; i++) {
        struct sj_path_entry entry = {.need = SJ_NEED_CONTENT, .path = plain(action->inputs[i])};
        sj_pathset_add(&out->set, entry);
    }
    require_outputs(call, out);
}

void sj_evidence_release(struct sj_evidence *evidence)
{
    if (evidence) {
        sj_pathset_release(&evidence->set);
        free(evidence->written);
        *evidence = (struct sj_evidence){0};
    }
}
