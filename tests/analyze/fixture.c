// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "record/pathset.h"

#define PROJECT "example.org/project"

void fixture_make(struct fixture *at)
{
    struct sj_err err;
    *at = (struct fixture){.dir = "/tmp/test-analyze-XXXXXX", .now_ns = FIXTURE_START};
    cr_assert(mkdtemp(at->dir));
    (void)snprintf(at->tree, sizeof at->tree, "%s/tree", at->dir);
    (void)snprintf(at->cache, sizeof at->cache, "%s/cache", at->dir);
    cr_assert_eq(mkdir(at->tree, 0700), 0);
    cr_assert_eq(mkdir(at->cache, 0700), 0);
    struct sj_store_options options = {.dir = at->cache};
    cr_assert_eq(sj_store_open(&options, &at->store, &err), 0, "%s", err.text);
    fixture_git(at, "init -q -b main");
    fixture_git(at, "config core.fsync none");
    fixture_git(at, "config protocol.file.allow always");
    fixture_git(at, "config gc.auto 0");
}

static void close_view(struct fixture *at)
{
    sj_view_release(&at->view);
    sj_history_close(at->history);
    sj_db_close(at->db);
    at->history = NULL;
    at->db = NULL;
}

static void close_repo(struct fixture *at)
{
    sj_repo_close(at->repo);
    at->repo = NULL;
}

void fixture_remove(struct fixture *at)
{
    close_view(at);
    close_repo(at);
    sj_store_close(at->store);
    free(at->stored);
    (void)sj_tree_remove(at->dir);
}

// Nothing of the machine's configuration counts, and times go by as the fixture says.
static char *git_command(const struct fixture *at, const char *arguments)
{
    uint64_t seconds = at->now_ns / 1000 / FIXTURE_MS;
    return sj_asprintf("cd '%s' && GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null "
                       "GIT_AUTHOR_NAME='Ann Author' GIT_AUTHOR_EMAIL=ann@example.org "
                       "GIT_COMMITTER_NAME='Ann Author' GIT_COMMITTER_EMAIL=ann@example.org "
                       "GIT_AUTHOR_DATE='%" PRIu64 " +0000' GIT_COMMITTER_DATE='%" PRIu64
                       " +0000' git %s",
                       at->tree, seconds, seconds, arguments);
}

static void read_git(struct fixture *at, const char *arguments, char *out, size_t size)
{
    SJ_AUTO(sj_auto_free) char *command = git_command(at, arguments);
    FILE *pipe = popen(command, "r");
    cr_assert(pipe);
    size_t len = fread(out, 1, size - 1, pipe);
    out[len] = '\0';
    out[strcspn(out, "\n")] = '\0';
    char rest[4096];
    while (fread(rest, 1, sizeof rest, pipe) > 0) {
    }
    int status = pclose(pipe);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "git %s", arguments);
    close_repo(at);
}

void fixture_git(struct fixture *at, const char *format, ...)
{
    char arguments[4096];
    char ignored[256];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(arguments, sizeof arguments, format, list);
    va_end(list);
    read_git(at, arguments, ignored, sizeof ignored);
}

void fixture_write(struct fixture *at, const char *path, const char *text)
{
    SJ_AUTO(sj_auto_free) char *full = sj_asprintf("%s/%s", at->tree, path);
    char *slash = strrchr(full, '/');
    *slash = '\0';
    cr_assert_eq(sj_dir_make(full, 0777), 0);
    *slash = '/';
    cr_assert_eq(sj_file_write(full, 0666, text, strlen(text)), 0, "%s", full);
}

void fixture_delete(struct fixture *at, const char *path)
{
    SJ_AUTO(sj_auto_free) char *full = sj_asprintf("%s/%s", at->tree, path);
    cr_assert_eq(unlink(full), 0, "%s", full);
}

const char *fixture_name(struct fixture *at, const char *text)
{
    static char names[8][SJ_OID_HEX_SIZE];
    static unsigned next;
    char *name = names[next++ % 8];
    SJ_AUTO(sj_auto_free) char *arguments = sj_asprintf("rev-parse --verify '%s'", text);
    read_git(at, arguments, name, SJ_OID_HEX_SIZE);
    return name;
}

const char *fixture_commit(struct fixture *at, const char *subject)
{
    at->now_ns += 1000 * FIXTURE_MS;
    fixture_git(at, "add -A");
    fixture_git(at, "commit -q --allow-empty -m '%s'", subject);
    return fixture_name(at, "HEAD");
}

void fixture_begin(struct fixture *at, const struct fixture_build *build)
{
    if (build->is_bare) {
        return;
    }
    const char *commit = build->commit ? build->commit : fixture_name(at, "HEAD");
    const struct sj_note_pair pairs[] = {
        {"project", PROJECT},
        {"root", build->root ? build->root : at->tree},
        {"branch", build->branch ? build->branch : "main"},
        {"machine", build->machine ? build->machine : "host-1"},
        {"system", build->system ? build->system : ""},
        {"job", build->job ? build->job : ""},
        {"commit", commit},
        {"dirty", build->is_dirty ? "true" : "false"},
        {"base", build->base ? build->base : ""},
        {"head", build->head ? build->head : ""},
    };
    const struct sj_note note = {
        .kind = SJ_NOTE_BEGIN,
        .time_ns = at->now_ns,
        .build = build->id,
        .pairs = pairs,
        .pair_count = build->base ? 10 : 8,
    };
    cr_assert_geq(sj_journal_append_note(at->cache, 0, &note), 0);
}

void fixture_end(struct fixture *at, const struct fixture_build *build)
{
    if (!build->is_bare) {
        const struct sj_note_pair pairs[] = {{"exit_status", "0"}};
        const struct sj_note note = {
            .kind = SJ_NOTE_END,
            .time_ns = at->now_ns,
            .build = build->id,
            .pairs = pairs,
            .pair_count = 1,
        };
        cr_assert_geq(sj_journal_append_note(at->cache, 0, &note), 0);
    }
    at->now_ns += FIXTURE_HOUR;
}

void fixture_forget(struct fixture *at)
{
    at->stored_count = 0;
}

static bool is_stored(const struct fixture *at, const struct sj_key *key)
{
    for (size_t i = 0; i < at->stored_count; i++) {
        if (sj_key_eq(&at->stored[i], key)) {
            return true;
        }
    }
    return false;
}

static void store(struct fixture *at, const struct sj_key *key)
{
    at->stored = sj_realloc(at->stored, at->stored_count + 1, sizeof *at->stored);
    at->stored[at->stored_count++] = *key;
}

static struct sj_key key_of_text(const char *text)
{
    return sj_key_of(text ? text : "", text ? strlen(text) : 0);
}

/** What a compile reads. */
struct reading {
    struct sj_pathset set;
    struct sj_key contents[64]; // by place in the set
    struct sj_note_blob blobs[64];
    size_t blob_count;
};

// The name in git of a file of the work tree, as the record's note tells it.
static void name_blob(struct fixture *at, const char *path, const struct sj_key *content,
                      struct reading *reading)
{
    struct sj_err err;
    if (!at->repo) {
        cr_assert_eq(sj_repo_open(at->tree, &at->repo, &err), 0, "%s", err.text);
    }
    struct sj_note_blob blob = {.content = *content};
    int status = sj_repo_blob_of(at->repo, path, content, UINT64_MAX, &blob.blob);
    cr_assert(status == 0 || status == SJ_REPO_UNTRACKED, "%s: %d", path, status);
    reading->blobs[reading->blob_count++] = blob;
}

static void read_inputs(struct fixture *at, const struct fixture_compile *compile,
                        struct reading *reading)
{
    const char *paths[64] = {compile->source};
    size_t count = 1;
    for (const char *const *path = compile->inputs; path && *path; path++) {
        cr_assert_lt(count, 63);
        paths[count++] = *path;
    }
    for (size_t i = 0; i < count; i++) {
        SJ_AUTO(sj_auto_free)
        char *full =
            sj_asprintf("%s%s%s", at->tree, paths[i][0] == '/' ? "/../system" : "/", paths[i]);
        bool is_variable = paths[i][0] == '=';
        bool is_there = access(full, F_OK) == 0;
        sj_pathset_add(&reading->set, (struct sj_path_entry){
                                          .need = is_variable ? SJ_NEED_ENV
                                                  : is_there  ? SJ_NEED_CONTENT
                                                              : SJ_NEED_ABSENT,
                                          .path = paths[i] + is_variable,
                                      });
    }
    sj_pathset_sort(&reading->set);
    for (size_t i = 0; i < reading->set.count; i++) {
        const struct sj_path_entry *entry = &reading->set.entries[i];
        if (entry->need == SJ_NEED_ENV) {
            reading->contents[i] = key_of_text(compile->environment);
        }
        if (entry->need != SJ_NEED_CONTENT) {
            continue;
        }
        bool is_system = entry->path[0] == '/';
        SJ_AUTO(sj_auto_free)
        char *full = sj_asprintf("%s%s%s", at->tree, is_system ? "/../system" : "/", entry->path);
        SJ_AUTO(sj_buf_release) struct sj_buf text = SJ_BUF_INIT(1 << 20);
        cr_assert_eq(sj_file_read(-1, full, &text), 0);
        reading->contents[i] = sj_key_of(sj_buf_text(&text), text.len);
        if (!is_system) {
            name_blob(at, entry->path, &reading->contents[i], reading);
        }
    }
}

static struct sj_key put_pathset(struct fixture *at, const struct sj_pathset *set)
{
    SJ_AUTO(sj_buf_release) struct sj_buf bytes = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    struct sj_err err;
    sj_pathset_encode(set, &bytes);
    struct sj_key key = sj_key_of(bytes.data, bytes.len);
    for (size_t i = 0; i < at->set_count; i++) {
        if (sj_key_eq(&at->sets[i], &key)) {
            return key;
        }
    }
    struct sj_batch *batch = sj_batch_new(at->store);
    sj_batch_blob(batch, SJ_BLOB_PATHSET, &key, bytes.data, bytes.len);
    cr_assert_eq(sj_batch_commit(batch, &err), 0, "%s", err.text);
    sj_batch_free(batch);
    cr_assert_lt(at->set_count, FIXTURE_SETS);
    at->sets[at->set_count++] = key;
    return key;
}

static void weigh(const struct fixture *at, const struct fixture_build *build,
                  const struct fixture_compile *compile, const char *args,
                  const struct reading *reading, struct sj_record *record)
{
    const char *root = build->root ? build->root : at->tree;
    record->component[SJ_COMPONENT_TOOL] = key_of_text(compile->tool ? compile->tool : "gcc 12");
    record->component[SJ_COMPONENT_ARGS] = key_of_text(args);
    record->component[SJ_COMPONENT_ENV] = key_of_text(compile->environment);
    record->component[SJ_COMPONENT_SOURCE] = key_of_text(compile->source);
    record->component[SJ_COMPONENT_PLACE] = key_of_text(root);
    // What is shared holds no place.
    size_t parts = compile->is_shared ? SJ_COMPONENT_PLACE : SJ_COMPONENT_COUNT;
    record->weak = sj_key_of(record->component, parts * sizeof record->component[0]);
    struct sj_hasher *hasher = sj_hasher_new();
    sj_hasher_field(hasher, record->weak.bytes, SJ_KEY_SIZE);
    sj_hasher_field(hasher, record->pathset.bytes, SJ_KEY_SIZE);
    sj_hasher_field(hasher, reading->contents, reading->set.count * sizeof reading->contents[0]);
    record->strong = sj_hasher_key(hasher);
    sj_hasher_free(hasher);
}

static bool is_hit(const struct fixture *at, const struct fixture_compile *compile,
                   const struct sj_record *record)
{
    switch (compile->way) {
    case FIXTURE_BY_KEY:
        return is_stored(at, &record->strong);
    case FIXTURE_HIT:
    case FIXTURE_FAST:
        return true;
    case FIXTURE_MISS:
    default:
        return false;
    }
}

static void finish_hit(const struct fixture_compile *compile, struct sj_record *record)
{
    record->outcome = SJ_OUTCOME_HIT;
    record->saved_ns = record->user_ns;
    record->user_ns = 0;
    record->wall_ns = FIXTURE_MS;
    record->args = NULL;
    if (compile->way == FIXTURE_FAST) {
        record->flags |= SJ_RECORD_FAST;
        memset(record->component, 0, sizeof record->component);
    }
}

static void finish_miss(struct fixture *at, const struct fixture_compile *compile,
                        const struct reading *reading, struct sj_record *record)
{
    record->outcome = compile->outcome ? compile->outcome : SJ_OUTCOME_MISS;
    record->reason = compile->reason ? compile->reason : "new";
    if (record->outcome != SJ_OUTCOME_MISS) {
        return;
    }
    if (!compile->is_untraced) {
        record->inputs = reading->contents;
        record->inputs_count = (uint32_t)reading->set.count;
    }
    if (!compile->is_unstored) {
        record->flags |= SJ_RECORD_STORED;
        store(at, &record->strong);
    }
}

bool fixture_compile(struct fixture *at, const struct fixture_build *build,
                     const struct fixture_compile *compile)
{
    struct reading reading = {0};
    read_inputs(at, compile, &reading);
    SJ_AUTO(sj_auto_free)
    char *args = compile->args ? sj_strdup(compile->args)
                               : sj_asprintf("-O2 -c %s -o %s", compile->source, compile->output);
    uint64_t cpu_ns = compile->cpu_ns ? compile->cpu_ns : 1000 * FIXTURE_MS;
    struct sj_record record = {
        .start_ns = at->now_ns,
        .wall_ns = compile->wall_ns ? compile->wall_ns : cpu_ns,
        .user_ns = cpu_ns,
        .input_count = (uint32_t)reading.set.count,
        .flags = compile->flags | (compile->is_shared ? (unsigned)SJ_RECORD_SHARED : 0),
        .toolchain = "gcc",
        .tool = "/usr/bin/gcc",
        .language = "c",
        .cwd = build->root ? build->root : at->tree,
        .source = compile->source,
        .output = compile->output,
        .build = build->id,
        .args = args,
        .pathset = put_pathset(at, &reading.set),
    };
    weigh(at, build, compile, args, &reading, &record);
    bool was_hit = !compile->outcome && is_hit(at, compile, &record);
    if (was_hit) {
        finish_hit(compile, &record);
    } else {
        finish_miss(at, compile, &reading, &record);
    }
    cr_assert_geq(sj_journal_append(at->cache, 0, &record), 0);
    const struct sj_note note = {
        .kind = SJ_NOTE_BLOBS,
        .time_ns = at->now_ns,
        .build = build->id,
        .blobs = reading.blobs,
        .blob_count = (uint32_t)reading.blob_count,
    };
    cr_assert_geq(sj_journal_append_note(at->cache, 0, &note), 0);
    at->now_ns += 10 * FIXTURE_MS;
    sj_pathset_release(&reading.set);
    return was_hit;
}

static void take(struct fixture *at, const struct sj_oid *commit)
{
    struct sj_err err;
    if (!sj_oid_is_zero(commit)) {
        // What is not there is for the view to tell.
        (void)sj_history_take(at->history, commit, NULL, &err);
    }
}

static void open_history(struct fixture *at, const char *repo)
{
    struct sj_err err;
    close_repo(at);
    cr_assert_eq(sj_repo_open(repo ? repo : at->tree, &at->repo, &err), 0, "%s", err.text);
    cr_assert_eq(sj_history_open(at->repo, NULL, &at->history, &err), 0, "%s", err.text);
    struct sj_repo_head head = {0};
    cr_assert_eq(sj_repo_head(at->repo, &head, &err), 0, "%s", err.text);
    take(at, &head.commit);
    sj_repo_head_release(&head);
    struct sj_build *builds;
    size_t count;
    cr_assert_eq(sj_db_builds(at->db, &(struct sj_db_filter){0}, &builds, &count), 0);
    for (size_t i = 0; i < count; i++) {
        take(at, &builds[i].commit);
        take(at, &builds[i].base);
        take(at, &builds[i].head);
    }
    free(builds);
}

void fixture_load(struct fixture *at, const char *repo, const struct sj_view_filter *filter,
                  unsigned outcomes)
{
    struct sj_err err;
    struct sj_db_ingested done;
    const struct sj_view_filter all = {.project = PROJECT};
    close_view(at);
    cr_assert_eq(sj_db_open(at->cache, SJ_DB_WRITE, &at->db, &err), 0, "%s", err.text);
    const struct sj_db_intake intake = {.dir = at->cache, .store = at->store};
    cr_assert_eq(sj_db_ingest(at->db, &intake, &done, &err), 0, "%s", err.text);
    cr_assert_eq(done.refused, 0, "%s", done.refused_why);
    if (!repo || *repo) {
        open_history(at, repo);
    }
    cr_assert_eq(sj_view_load(at->db, at->history ? at->repo : NULL, at->history,
                              filter ? filter : &all, outcomes, &at->view, &err),
                 0, "%s", err.text);
}

size_t fixture_build(const struct fixture *at, const char *id)
{
    for (size_t i = 0; i < at->view.build_count; i++) {
        if (strcmp(at->view.builds[i].build.id, id) == 0) {
            return i;
        }
    }
    cr_assert_fail("no build '%s'", id);
    return 0;
}
