// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "record/pathset.h"
#include "trace/intake.h"

#define START INT64_C(1700000000000000000)

// Events of files are told by functions of these tests.
typedef int tell(const struct sj_import_sink *sink);

static tell *telling;

static int detect(const struct sj_import_source *source)
{
    (void)source;
    return 1;
}

static int read_told(const struct sj_import_source *source, const struct sj_import_sink *sink,
                     char *problem, size_t len)
{
    (void)source;
    (void)problem;
    (void)len;
    return telling(sink);
}

static const struct sj_import_format format = {
    .name = "told", .summary = "", .detect = detect, .read = read_told};

static int tell_file(struct sj_trace_model *model, tell *what, const char *content)
{
    const struct sj_import_source source = {
        .path = "/b/log", .data = content, .len = strlen(content), .mtime_ns = START + 500};
    char problem[64] = "";
    telling = what;
    return sj_trace_model_read(model, &format, &source, problem, sizeof problem);
}

/** What was written: a line for each record and note. */
struct written {
    struct sj_buf text;
    struct sj_buf set; // of the last path set
    struct sj_record last;
    const char *known;
};

static int take_record(void *user, const struct sj_record *record)
{
    struct written *written = user;
    written->last = *record;
    sj_buf_addf(&written->text, "record %s %s in %s from %s at %lld wall %llu cpu %llu%s%s%s\n",
                sj_outcome_name(record->outcome), record->output, record->cwd,
                record->source ? record->source : "?", (long long)record->start_ns - START,
                (unsigned long long)record->wall_ns, (unsigned long long)record->user_ns,
                record->reason ? " as " : "", record->reason ? record->reason : "",
                record->inputs_count ? " with inputs" : "");
    return 0;
}

static int take_note(void *user, const struct sj_note *note)
{
    static const char *const kinds[] = {"", "begin", "end", "phase", "blobs", "trace", "edges"};
    struct written *written = user;
    sj_buf_addf(&written->text, "%s %s", kinds[note->kind], note->build);
    for (uint32_t i = 0; i < note->pair_count; i++) {
        if (strcmp(note->pairs[i].name, "import") != 0 &&
            strcmp(note->pairs[i].name, "origin") != 0) {
            sj_buf_addf(&written->text, " %s=%s", note->pairs[i].name, note->pairs[i].value);
        }
    }
    for (uint32_t i = 0; i < note->span_count; i++) {
        sj_buf_addf(&written->text, " [%s %s %lld+%llu/%u]", note->spans[i].name,
                    note->spans[i].detail ? note->spans[i].detail : "-",
                    (long long)note->spans[i].start_ns - START,
                    (unsigned long long)note->spans[i].wall_ns, note->spans[i].depth);
    }
    sj_buf_addf(&written->text, "%s\n", note->blob_count ? " blob" : "");
    return 0;
}

static int take_set(void *user, const struct sj_key *key, const void *data, size_t len)
{
    struct written *written = user;
    struct sj_key want = sj_key_of(data, len);
    cr_assert(sj_key_eq(key, &want));
    sj_buf_clear(&written->set);
    sj_buf_add(&written->set, data, len);
    return 0;
}

static bool is_known(void *user, const char *id)
{
    struct written *written = user;
    return written->known && strcmp(written->known, id) == 0;
}

static void release_written(struct written *written)
{
    sj_buf_release(&written->text);
    sj_buf_release(&written->set);
}

#define WRITTEN \
    ((struct written){.text = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT), .set = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT)})

static void take_in(struct sj_trace_model *model, const struct sj_trace_options *options,
                    struct written *written, struct sj_trace_done *done)
{
    const struct sj_trace_writer writer = {
        .record = take_record,
        .note = take_note,
        .pathset = take_set,
        .is_known = is_known,
        .user = written,
    };
    sj_trace_model_join(model);
    cr_assert_eq(sj_trace_intake(model, options, &writer, done, NULL), 0);
}

static int tell_times(const struct sj_import_sink *sink)
{
    const struct sj_import_build build = {.id = "7",
                                          .system = "sys",
                                          .start_ns = START,
                                          .wall_ns = 90,
                                          .exit_status = 3,
                                          .queued_ns = 20,
                                          .commit = "0123456789012345678901234567890123456789"};
    const struct sj_import_unit units[] = {
        {.build = "7",
         .name = "a.o",
         .directory = "/b",
         .start_ns = 5,
         .wall_ns = 40,
         .is_relative = 1},
        {.build = "7",
         .name = "c.o",
         .directory = "/b",
         .start_ns = 6,
         .wall_ns = 30,
         .user_ns = 20,
         .is_relative = 1,
         .outcome = SJ_IMPORT_FAILED,
         .exit_status = 1},
        {.build = "7",
         .name = "h.o",
         .directory = "/b",
         .wall_ns = 3,
         .saved_ns = 50,
         .is_relative = 1,
         .outcome = SJ_IMPORT_HIT},
    };
    const struct sj_import_span phase = {
        .build = "7", .name = "checkout", .start_ns = 1, .wall_ns = 4, .is_relative = 1};
    int status = sink->build(sink->user, &build);
    for (size_t i = 0; status == 0 && i < 3; i++) {
        status = sink->unit(sink->user, &units[i]);
    }
    return status == 0 ? sink->span(sink->user, &phase) : status;
}

// Of no build in particular.
static int tell_commands(const struct sj_import_sink *sink)
{
    const struct sj_import_unit units[] = {
        {.name = "../b/a.o",
         .directory = "/b",
         .source = "a.c",
         .args = "-c a.c",
         .outcome = SJ_IMPORT_KNOWN},
        {.name = "z.o",
         .directory = "/b",
         .source = "z.c",
         .args = "-c z.c",
         .outcome = SJ_IMPORT_KNOWN},
    };
    const struct sj_import_span span = {.unit = "../b/a.o",
                                        .name = "Source",
                                        .detail = "a.h",
                                        .start_ns = 2,
                                        .wall_ns = 9,
                                        .is_relative = 1};
    const struct sj_import_edge edges[] = {
        {.unit = "../b/a.o", .to = "a.h"},
        {.unit = "../b/a.o", .from = "a.h", .to = "/r/b.h"},
        {.unit = "../b/a.o", .from = "./a.h", .to = "/r/b.h"},
    };
    int status = sink->unit(sink->user, &units[0]);
    status = status == 0 ? sink->unit(sink->user, &units[1]) : status;
    status = status == 0 ? sink->span(sink->user, &span) : status;
    for (size_t i = 0; status == 0 && i < 3; i++) {
        status = sink->edge(sink->user, &edges[i]);
    }
    return status;
}

Test(intake, files_that_tell_of_one_build_are_put_together)
{
    SJ_AUTO(sj_trace_model_release) struct sj_trace_model model;
    SJ_AUTO(sj_trace_done_release) struct sj_trace_done done = {0};
    SJ_AUTO(release_written) struct written written = WRITTEN;
    const struct sj_trace_options options = {
        .format = "told", .root = "/b", .branch = "main", .is_blind = true, .now_ns = START};
    sj_trace_model_init(&model);
    cr_assert_eq(tell_file(&model, tell_commands, "1"), 0);
    cr_assert_eq(tell_file(&model, tell_times, "2"), 0);
    take_in(&model, &options, &written, &done);
    cr_assert_str_eq(
        sj_buf_text(&written.text),
        "begin sys-7 imported=1 format=told "
        "commit=0123456789012345678901234567890123456789 branch=main system=sys root=/b\n"
        "record miss a.o in /b from a.c at 5 wall 40 cpu 40\n"
        "trace sys-7 unit=a.o [Source a.h 7+9/0]\n"
        "record failed c.o in /b from ? at 6 wall 30 cpu 20\n"
        "record hit h.o in /b from ? at 0 wall 3 cpu 0\n"
        "trace sys-7 unit=z.o is_built=0 directory=/b source=z.c args=-c z.c\n"
        "phase sys-7 name=queue wall_ns=20 exit_status=0\n"
        "phase sys-7 name=checkout wall_ns=4 exit_status=0\n"
        "edges sys-7 a.c=a.h a.h=/r/b.h\n"
        "end sys-7 exit_status=3 wall_ns=90 is_wall_cpu=1\n");
    cr_assert_eq(done.count, 1);
    cr_assert_eq(done.builds[0].units, 3);
    cr_assert_eq(done.builds[0].known, 1);
    cr_assert_eq(done.builds[0].edges, 2);
}

Test(intake, what_was_taken_in_before_is_left_alone)
{
    SJ_AUTO(sj_trace_model_release) struct sj_trace_model model;
    SJ_AUTO(sj_trace_done_release) struct sj_trace_done done = {0};
    SJ_AUTO(release_written) struct written written = WRITTEN;
    const struct sj_trace_options options = {.format = "told", .build_id = "mine"};
    written.known = "sys-7"; // under the name that the log gives it
    sj_trace_model_init(&model);
    cr_assert_eq(tell_file(&model, tell_times, "2"), 0);
    take_in(&model, &options, &written, &done);
    cr_assert_eq(done.count, 1);
    cr_assert(done.builds[0].was_known);
    cr_assert_str_eq(done.builds[0].id, "mine");
    cr_assert_eq(written.text.len, 0);
}

static int tell_odd(const struct sj_import_sink *sink)
{
    const struct sj_import_unit units[] = {
        {.name = NULL},
        {.name = "x",
         .start_ns = -5,
         .wall_ns = INT64_MAX,
         .user_ns = -1,
         .outcome = (enum sj_import_outcome)99},
        {.name = "y", .start_ns = INT64_MAX, .wall_ns = INT64_MAX / 2, .is_relative = 1},
    };
    const struct sj_import_input inputs[] = {
        {.unit = "never told", .path = "p"}, {.unit = NULL, .path = "p"}, {.unit = "x"}};
    const struct sj_import_edge edge = {.to = "b.h"};
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(sink->unit(sink->user, &units[i]), 0);
        cr_assert_eq(sink->input(sink->user, &inputs[i]), 0);
    }
    cr_assert_eq(sink->edge(sink->user, &edge), 0);
    for (int i = 0; i < 5; i++) {
        sink->problem(sink->user, (uint64_t)i + 1, "odd");
    }
    return 0;
}

Test(intake, what_makes_no_sense_is_counted)
{
    SJ_AUTO(sj_trace_model_release) struct sj_trace_model model;
    SJ_AUTO(sj_trace_done_release) struct sj_trace_done done = {0};
    SJ_AUTO(release_written) struct written written = WRITTEN;
    const struct sj_trace_options options = {.format = "told", .now_ns = START};
    sj_trace_model_init(&model);
    cr_assert_eq(tell_file(&model, tell_odd, "3"), 0);
    take_in(&model, &options, &written, &done);
    cr_assert_eq(done.count, 1);
    cr_assert_eq(done.builds[0].units, 1); // y; of x nobody knows how it ended
    cr_assert_eq(done.builds[0].known, 2);
    bool has_odd = false;
    for (size_t i = 0; i < model.problem_count; i++) {
        if (strcmp(model.problems[i].what, "odd") == 0) {
            has_odd = model.problems[i].count == 5 && model.problems[i].where == 1;
        }
    }
    cr_assert(has_odd);
    cr_assert_geq(model.problem_count, 4);
}

static const char *input_path;

static int tell_inputs(const struct sj_import_sink *sink)
{
    const struct sj_import_unit unit = {.name = "a.o", .start_ns = INT64_MAX / 2, .wall_ns = 1};
    const struct sj_import_input inputs[] = {
        {.unit = "a.o", .path = "z.h", .hash = "sha256:77"},
        {.unit = "a.o", .path = "a.c", .hash = "git:0123456789012345678901234567890123456789"},
        {.unit = "a.o", .path = input_path},
        {.unit = "a.o", .path = "z.h"},
    };
    int status = sink->unit(sink->user, &unit);
    for (size_t i = 0; status == 0 && i < 4; i++) {
        status = sink->input(sink->user, &inputs[i]);
    }
    return status;
}

Test(intake, inputs_get_contents_and_a_path_set)
{
    char dir[] = "/tmp/scrubjay-intake.XXXXXX";
    cr_assert_not_null(mkdtemp(dir));
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/in.h", dir);
    cr_assert_eq(sj_file_write(path, 0666, "text", 4), 0);
    input_path = path;

    SJ_AUTO(sj_trace_model_release) struct sj_trace_model model;
    SJ_AUTO(sj_trace_done_release) struct sj_trace_done done = {0};
    SJ_AUTO(release_written) struct written written = WRITTEN;
    const struct sj_trace_options options = {.format = "told", .now_ns = START};
    sj_trace_model_init(&model);
    cr_assert_eq(tell_file(&model, tell_inputs, "4"), 0);
    take_in(&model, &options, &written, &done);

    cr_assert_eq(done.builds[0].inputs, 3);
    cr_assert_eq(done.builds[0].contents, 3);
    cr_assert(strstr(sj_buf_text(&written.text), "blobs"));
    SJ_AUTO(sj_buf_release) struct sj_buf arena = SJ_BUF_INIT(SJ_PATHSET_LIMIT);
    SJ_AUTO(sj_pathset_release) struct sj_pathset set = {0};
    cr_assert_eq(sj_pathset_decode(written.set.data, written.set.len, &set, &arena), 0);
    cr_assert_eq(set.count, 3);
    cr_assert_str_eq(set.entries[0].path, path);
    cr_assert_str_eq(set.entries[1].path, "a.c");
    cr_assert_str_eq(set.entries[2].path, "z.h");
    (void)sj_tree_remove(dir);
}
