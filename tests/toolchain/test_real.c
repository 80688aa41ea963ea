// SPDX-License-Identifier: Apache-2.0
// Asks the compilers themselves: they write what is foretold and nothing else, and where two
// compiles have one key, they write the same bytes.
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parse.h"

enum {
    FILE_LIMIT = 512,
    SITUATION_COUNT = 4
};

struct file {
    char *path; // relative to the situation's directory
    char *data;
    size_t len;
};

struct situation {
    const char *directory; // below the test's own
    const char *output;    // NULL: no -o
};

struct outcome {
    struct parsed *parsed;
    char cwd[PATH_MAX];
    struct file files[FILE_LIMIT]; // what was written
    size_t file_count;
    int status;
};

static const struct situation situations[SITUATION_COUNT] = {
    {"one", "d/y.o"},
    {"another", "d/y.o"},
    {"one", "e/zz.b.o"},
    {"one", NULL},
};

static const struct {
    const char *name;
    const char *text;
} sources[] = {
    {"s/h.h",
     "#ifndef __ASSEMBLER__\nstatic inline const char *h(void){return __FILE__;}\n#endif\n"},
    {"s/t.c", "#include \"h.h\"\nint g(const char *, int);\nstatic int q(int x){return x*x;}\n"
              "int f(int a){int s=0;for(int i=0;i<a;i++)s+=q(i);return g(h(),s);}\n"},
    {"s/t.cc", "#include \"h.h\"\nint g(const char *, int);\nnamespace{int v=g(h(),0);}\n"
               "int f(int a){return g(__FILE__,a+v);}\n"},
    {"s/t.S", "#include \"h.h\"\n .text\n nop\n"},
};

// nftw() hands nothing through, so what it works on stands here.
static struct outcome *collecting;

static char *read_whole(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    cr_assert_geq(size, 0);
    rewind(file);
    char *data = calloc(1, (size_t)size + 1);
    cr_assert_not_null(data);
    *len = fread(data, 1, (size_t)size, file);
    (void)fclose(file);
    return data;
}

static int collect(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
    (void)stat;
    (void)walk;
    const char *relative = path + strlen(collecting->cwd) + 1;
    if (kind != FTW_F || strncmp(relative, "s/", 2) == 0) {
        return 0;
    }
    cr_assert_lt(collecting->file_count, (size_t)FILE_LIMIT);
    struct file *file = &collecting->files[collecting->file_count++];
    file->path = strdup(relative);
    file->data = read_whole(path, &file->len);
    return 0;
}

static int remove_entry(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
    (void)stat;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_tree(const char *cwd)
{
    static const char *const directories[] = {"", "/s", "/d", "/e"};
    char path[PATH_MAX + 64];
    for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", cwd, directories[i]);
        cr_assert_eq(mkdir(path, 0755), 0, "%s", path);
    }
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", cwd, sources[i].name);
        FILE *file = fopen(path, "w");
        cr_assert_not_null(file, "%s", path);
        cr_assert_geq(fputs(sources[i].text, file), 0);
        cr_assert_eq(fclose(file), 0);
    }
}

static int run(const struct parsed *parsed)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        char *argv[ARG_LIMIT];
        for (int i = 0; i <= parsed->request.argc; i++) {
            argv[i] = parsed->argv[i] == NULL ? NULL : strdup(parsed->argv[i]);
        }
        bool is_ready = chdir(parsed->request.cwd) == 0 && unsetenv("PWD") == 0 &&
                        dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0;
        if (is_ready) {
            (void)execvp(argv[0], argv);
        }
        _exit(127);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void outcome_make(struct outcome *outcome, const char *command, const char *base_dir)
{
    outcome->parsed = parse_in(command, outcome->cwd, base_dir);
    cr_assert_null(outcome->parsed->action.bypass, "%s: %s", command,
                   outcome->parsed->action.bypass);

    make_tree(outcome->cwd);
    outcome->status = run(outcome->parsed);
    collecting = outcome;
    cr_assert_eq(nftw(outcome->cwd, collect, 16, FTW_PHYS), 0);
    remove_tree(outcome->cwd);
}

static void outcome_release(struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->file_count; i++) {
        free(outcome->files[i].path);
        free(outcome->files[i].data);
    }
    parsed_free(outcome->parsed);
}

static const struct file *find_file(const struct outcome *outcome, const char *path)
{
    for (size_t i = 0; i < outcome->file_count; i++) {
        if (strcmp(outcome->files[i].path, path) == 0) {
            return &outcome->files[i];
        }
    }
    return NULL;
}

static bool is_foretold(const struct sj_action *action, const char *path)
{
    for (size_t i = 0; i < action->output_count; i++) {
        const struct sj_output *output = &action->outputs[i];
        bool is_prefix = output->flags & SJ_OUTPUT_PREFIX;
        size_t len = strlen(output->path) + (is_prefix ? 0 : 1);
        if (strncmp(path, output->path, len) == 0) {
            return true;
        }
    }
    return false;
}

static void check_outputs(const char *command, const struct outcome *outcome)
{
    const struct sj_action *action = &outcome->parsed->action;
    for (size_t i = 0; i < outcome->file_count; i++) {
        cr_expect(is_foretold(action, outcome->files[i].path), "%s also writes %s", command,
                  outcome->files[i].path);
    }
    for (size_t i = 0; i < action->output_count; i++) {
        const struct sj_output *output = &action->outputs[i];
        cr_expect((output->flags & SJ_OUTPUT_OPTIONAL) || find_file(outcome, output->path) != NULL,
                  "%s does not write %s", command, output->path);
    }
}

static bool have_one_key(const struct outcome *left, const struct outcome *right)
{
    char left_key[TEXT_LIMIT];
    char right_key[TEXT_LIMIT];
    key_text(left->parsed, left_key);
    key_text(right->parsed, right_key);
    return strcmp(left_key, right_key) == 0;
}

static void check_equal(const char *command, const struct outcome *left,
                        const struct outcome *right)
{
    const struct sj_action *action = &left->parsed->action;
    cr_expect_eq(action->output_count, right->parsed->action.output_count, "%s", command);
    for (size_t i = 0; i < action->output_count; i++) {
        if (action->outputs[i].flags & SJ_OUTPUT_PREFIX) {
            continue;
        }
        const struct file *one = find_file(left, action->outputs[i].path);
        const struct file *other = find_file(right, right->parsed->action.outputs[i].path);
        cr_expect_eq(one == NULL, other == NULL, "%s: %s", command, action->outputs[i].path);
        bool is_equal = one == NULL || other == NULL ||
                        (one->len == other->len && memcmp(one->data, other->data, one->len) == 0);
        cr_expect(is_equal, "%s writes another %s in %s", command, action->outputs[i].path,
                  right->cwd);
    }
}

// Returns whether the compiler knows these options.
static bool check_command(const char *root, const char *command)
{
    struct outcome outcomes[SITUATION_COUNT] = {0};
    bool is_known = true;
    for (size_t i = 0; i < SITUATION_COUNT; i++) {
        const char *output = situations[i].output;
        char full[2 * TEXT_LIMIT];
        (void)snprintf(full, sizeof(full), "%s%s%s", command, output == NULL ? "" : " -o ",
                       output == NULL ? "" : output);
        (void)snprintf(outcomes[i].cwd, sizeof(outcomes[i].cwd), "%s/%s", root,
                       situations[i].directory);
        outcome_make(&outcomes[i], full, NULL);
        is_known = is_known && outcomes[i].status == 0;
    }
    for (size_t i = 0; is_known && i < SITUATION_COUNT; i++) {
        check_outputs(command, &outcomes[i]);
        if (i > 0 && have_one_key(&outcomes[0], &outcomes[i])) {
            check_equal(command, &outcomes[0], &outcomes[i]);
        }
    }
    for (size_t i = 0; i < SITUATION_COUNT; i++) {
        outcome_release(&outcomes[i]);
    }
    return is_known;
}

// Put "@" in place of every mention of directory, or directory in place of every "@".
static void replace_all(const char *text, const char *what, const char *with, char *out,
                        size_t out_size)
{
    size_t len = 0;
    for (const char *at = text; *at != '\0';) {
        bool is_match = strncmp(at, what, strlen(what)) == 0;
        size_t part_len = is_match ? strlen(with) : 1;
        cr_assert_lt(len + part_len, out_size);
        memcpy(out + len, is_match ? with : at, part_len);
        len += part_len;
        at += is_match ? strlen(what) : 1;
    }
    out[len] = '\0';
}

// As the host does it: the base directory is cut off paths that begin with it, and nothing else.
static bool have_one_shared_key(const struct outcome *left, const struct outcome *right)
{
    const struct sj_action *one = &left->parsed->action;
    const struct sj_action *other = &right->parsed->action;
    bool is_shared = (one->flags & SJ_ACTION_RELOCATABLE) &&
                     (other->flags & SJ_ACTION_RELOCATABLE) &&
                     !(one->flags & SJ_ACTION_NEEDS_CWD) && one->item_count == other->item_count;
    for (size_t i = 0; is_shared && i < one->item_count; i++) {
        const struct sj_item *item = &one->items[i];
        const struct sj_item *twin = &other->items[i];
        is_shared = strcmp(item->text, twin->text) == 0 && !item->path == !twin->path;
        if (is_shared && item->path != NULL) {
            size_t cut = strncmp(item->path, left->cwd, strlen(left->cwd)) ? 0 : strlen(left->cwd);
            size_t twin_cut =
                strncmp(twin->path, right->cwd, strlen(right->cwd)) ? 0 : strlen(right->cwd);
            is_shared = !cut == !twin_cut && strcmp(item->path + cut, twin->path + twin_cut) == 0;
        }
    }
    return is_shared;
}

// The host moves what a dependency file says of the base directory.
static void fold_depfiles(struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->file_count; i++) {
        struct file *file = &outcome->files[i];
        const char *dot = strrchr(file->path, '.');
        if (dot != NULL && strcmp(dot, ".d") == 0) {
            replace_all(file->data, outcome->cwd, "@", file->data, file->len + 1);
            file->len = strlen(file->data);
        }
    }
}

// Compile in two checkouts, "@" being where each lies. Returns whether they share a key.
static bool check_sharing(const char *root, const char *pattern)
{
    static const char *const directories[] = {"one", "another"};
    struct outcome outcomes[2] = {0};
    for (size_t i = 0; i < 2; i++) {
        char command[2 * TEXT_LIMIT];
        struct outcome *outcome = &outcomes[i];
        (void)snprintf(outcome->cwd, sizeof(outcome->cwd), "%s/%s", root, directories[i]);
        replace_all(pattern, "@", outcome->cwd, command, sizeof(command));
        outcome_make(outcome, command, outcome->cwd);
        cr_expect_eq(outcome->status, 0, "%s", command);
        fold_depfiles(outcome);
    }

    bool is_shared = have_one_shared_key(&outcomes[0], &outcomes[1]);
    for (size_t i = 0; is_shared && i < outcomes[0].file_count; i++) {
        const struct file *file = &outcomes[0].files[i];
        const struct file *twin = find_file(&outcomes[1], file->path);
        bool is_equal = twin != NULL && twin->len == file->len &&
                        memcmp(twin->data, file->data, file->len) == 0;
        cr_expect(is_equal, "%s: %s differs between checkouts", pattern, file->path);
    }
    outcome_release(&outcomes[0]);
    outcome_release(&outcomes[1]);
    return is_shared;
}

static void skip_without(const char *compiler)
{
    char version[64];
    (void)snprintf(version, sizeof(version), "%s --version", compiler);
    struct parsed *asked = parse_in(version, "/", NULL);
    int status = run(asked);
    parsed_free(asked);
    if (status != 0) {
        cr_skip_test("no %s here", compiler);
    }
}

static void check_compiler(const char *compiler, const char *const *options, size_t count)
{
    skip_without(compiler);
    char root[] = "/tmp/scrubjay-toolchain-XXXXXX";
    cr_assert_not_null(mkdtemp(root));
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        char command[TEXT_LIMIT];
        (void)snprintf(command, sizeof(command), "%s %s", compiler, options[i]);
        known += check_command(root, command);
    }
    remove_tree(root);
    // A compiler too old for a few is welcome; one that knows none would make this test pass.
    cr_expect_gt(known, count * 3 / 4, "%s knows %zu of %zu", compiler, known, count);
}

Test(real, gcc, .timeout = 240)
{
    static const char *const options[] = {
        "-c s/t.c",
        "-S s/t.c -fverbose-asm",
        "-c s/t.cc -std=c++17 -O2",
        "-c s/t.S",
        "-c s/t.c -MD",
        "-S s/t.c -MMD -MP",
        "-c s/t.S -MD",
        "-c s/t.c -Wp,-MMD,q.d",
        "-c s/t.c -Wp,-MD,q.d -MMD",
        "-c s/t.c -MD -MF q.d -MT t",
        "-fsyntax-only s/t.c",
        "-c s/t.c -g",
        "-c s/t.c -g -g0",
        "-c s/t.c -g -ffile-prefix-map=/tmp=x",
        "-c s/t.cc -g3 -fdebug-types-section",
        "-c s/t.S -g",
        "-c s/t.S -Wa,-gdwarf-4",
        "-c s/t.c -g -gsplit-dwarf",
        "-c s/t.c -gsplit-dwarf -g0",
        "-S s/t.c -g -gsplit-dwarf",
        "-c s/t.c --coverage -frandom-seed=1",
        "-c s/t.c -ftest-coverage -frandom-seed=1",
        "-c s/t.c -fprofile-generate -frandom-seed=1",
        "-c s/t.c -flto -frandom-seed=1",
        "-c s/t.c -fstack-usage",
        "-c s/t.c -fcallgraph-info",
        "-c s/t.c -aux-info q.X",
        "-c s/t.c -O2 -fopt-info-all=q.txt",
        "-c s/t.c -O2 -fdump-tree-all",
        "-S s/t.c -fdump-rtl-expand",
        "-c s/t.c -O2 -fdump-ipa-clones -fdump-noaddr",
        "-c s/t.c -fdump-tree-original=q.txt",
        "-c s/t.c -frecord-gcc-switches",
        "-c s/t.c -fsanitize=address",
        "-c s/t.c -fsanitize=undefined",
        "-c s/t.c -pg -O2 -fopenmp",
        "-c s/t.c -Wa,--noexecstack,-I,s",
        "-c -x c++ s/t.c",
    };
    check_compiler("gcc", options, sizeof(options) / sizeof(options[0]));
}

Test(real, clang, .timeout = 240)
{
    static const char *const options[] = {
        "-c s/t.c",
        "-S s/t.c -fverbose-asm",
        "-c s/t.cc -std=c++17 -O2",
        "-c s/t.S",
        "-c s/t.c -MD",
        "-S s/t.c -MMD -MP",
        "-c s/t.c -Wp,-MMD,q.d",
        "-c s/t.c -MD -MF q.d -MT t",
        "-fsyntax-only s/t.c",
        "-c s/t.c -g",
        "-c s/t.c -gline-tables-only",
        "-c s/t.c -g -fdebug-compilation-dir=.",
        "-c s/t.c -g -ffile-prefix-map=/tmp=x",
        "-c s/t.S -g -ffile-prefix-map=/tmp=x",
        "-c s/t.c -g -gsplit-dwarf",
        "-c s/t.c -gsplit-dwarf",
        "-c s/t.c -g -gsplit-dwarf=single",
        "-S s/t.c -g -gsplit-dwarf",
        "-c s/t.c --coverage",
        "-c s/t.c -ftest-coverage",
        "-c s/t.c -fcoverage-mapping -fprofile-instr-generate",
        "-c s/t.c -fprofile-generate",
        "-c s/t.c -flto",
        "-c s/t.c -flto=thin -g",
        "-c s/t.c -emit-llvm",
        "-S s/t.c -emit-llvm -g",
        "-c s/t.c -fstack-usage",
        "-c s/t.c -O2 -fsave-optimization-record",
        "-c s/t.c -O2 -foptimization-record-file=q.yaml",
        "-c s/t.c --serialize-diagnostics q.dia",
        "-c s/t.c -grecord-command-line -g",
        "-c s/t.c -fembed-bitcode=marker",
        "-c s/t.c -fsanitize=address",
        "-c s/t.c -fxray-instrument",
        "-c s/t.c -mllvm -inline-threshold=3",
        "-c -x c++ s/t.c",
    };
    check_compiler("clang", options, sizeof(options) / sizeof(options[0]));
}

struct checkout {
    const char *options;
    bool is_shared;
};

static void check_checkouts(const char *compiler, const struct checkout *cases, size_t count)
{
    skip_without(compiler);
    char root[] = "/tmp/scrubjay-toolchain-XXXXXX";
    cr_assert_not_null(mkdtemp(root));
    for (size_t i = 0; i < count; i++) {
        char command[TEXT_LIMIT];
        (void)snprintf(command, sizeof(command), "%s %s", compiler, cases[i].options);
        cr_expect_eq(check_sharing(root, command), cases[i].is_shared, "%s", command);
    }
    remove_tree(root);
}

Test(real, gcc_in_two_checkouts, .timeout = 240)
{
    static const struct checkout cases[] = {
        {"-c s/t.c -o d/y.o", true},
        {"-c -I@/s s/t.c", false},
        {"-c -I@/s -ffile-prefix-map=@=. s/t.c", true},
        {"-c -g -ffile-prefix-map=@=. @/s/t.c -o @/d/y.o", true},
        {"-c -g -ffile-prefix-map=@= @/s/t.c", false},
        {"-c -g -fdebug-prefix-map=@=. @/s/t.c", false},
        {"-c -g -fdebug-prefix-map=@=. -fmacro-prefix-map=@=. @/s/t.cc", true},
        {"-c -MD -I@/s @/s/t.c -ffile-prefix-map=@=. -o @/d/y.o", true},
        {"-c -g -gsplit-dwarf -ffile-prefix-map=@=. @/s/t.c -o d/y.o", true},
        {"-c -g -gsplit-dwarf -ffile-prefix-map=@=. @/s/t.c -o @/d/y.o", false},
        {"-c -flto -frandom-seed=1 -ffile-prefix-map=@=. s/t.c", false},
        {"-c --coverage -ffile-prefix-map=@=. s/t.c", false},
        {"-c -fsanitize=undefined -ffile-prefix-map=@=. @/s/t.c", false},
        {"-c -fstack-usage -ffile-prefix-map=@=. @/s/t.c", false},
        {"-c -fstack-usage -ffile-prefix-map=@=. s/t.c", true},
        {"-c -DX=\"@\" -ffile-prefix-map=@=. s/t.c", false},
        {"-c -ffile-prefix-map=@=. @/s/t.S", true},
        {"-c -g3 -O2 -ffile-prefix-map=@=. @/s/t.cc", true},
    };
    check_checkouts("gcc", cases, sizeof(cases) / sizeof(cases[0]));
}

Test(real, clang_in_two_checkouts, .timeout = 240)
{
    static const struct checkout cases[] = {
        {"-c s/t.c -o d/y.o", true},
        {"-c -I@/s s/t.c", false},
        {"-c -g -ffile-prefix-map=@=. @/s/t.c -o @/d/y.o", true},
        {"-c -MD -I@/s @/s/t.c -ffile-prefix-map=@=. -o @/d/y.o", true},
        {"-c -g -ffile-compilation-dir=. s/t.c", true},
        {"-c -g -gsplit-dwarf -ffile-prefix-map=@=. @/s/t.c -o @/d/y.o", false},
        {"-c -g -gsplit-dwarf=single -ffile-prefix-map=@=. @/s/t.c -o @/d/y.o", false},
        {"-c -g -ffile-prefix-map=@=. s/t.S", false},
        {"-c -flto -ffile-prefix-map=@=. @/s/t.c", false},
        {"-c -flto -ffile-prefix-map=@=. s/t.c", true},
        {"-c -emit-llvm -ffile-prefix-map=@=. @/s/t.c", false},
        {"-c -fsanitize=address -ffile-prefix-map=@=. @/s/t.c", false},
        {"-c -fprofile-instr-generate -ffile-prefix-map=@=. @/s/t.c", false},
        {"-c -g3 -O2 -ffile-prefix-map=@=. @/s/t.cc", true},
    };
    check_checkouts("clang", cases, sizeof(cases) / sizeof(cases[0]));
}
