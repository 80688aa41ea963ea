// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/links.h"
#include "wrap/link.h"

static char root[PATH_MAX];

static void enter(void)
{
    char name[] = "/tmp/scrubjay-links.XXXXXX";
    cr_assert(mkdtemp(name));
    cr_assert(realpath(name, root));
    cr_assert_eq(chdir(root), 0);
}

static void leave(void)
{
    (void)sj_tree_remove(root);
}

static bool claims(const char *name)
{
    static const char *const names[] = {"cc", "gcc", "gcc-12", "clang", "arm-none-eabi-gcc"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void make_program(const char *path, const char *content)
{
    SJ_AUTO(sj_auto_free) char *dir = sj_strdup(path);
    *strrchr(dir, '/') = '\0';
    cr_assert_eq(sj_dir_make(dir, 0777), 0);
    cr_assert_eq(sj_file_write(path, 0777, content, strlen(content)), 0);
}

// Runs an update with the directories below the test's own, and gives the new PATH.
static char *update(const char *dirs[], size_t count)
{
    SJ_AUTO(sj_buf_release) struct sj_buf path = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t i = 0; i < count; i++) {
        sj_buf_addf(&path, "%s%s/%s", i ? ":" : "", root, dirs[i]);
    }
    SJ_AUTO(sj_auto_free) char *cache = sj_asprintf("%s/cache", root);
    SJ_AUTO(sj_auto_free) char *wrapper = sj_asprintf("%s/bin/scrubjay", root);
    make_program("bin/scrubjay", "wrapper");
    struct sj_links links = {.cache_dir = cache, .wrapper = wrapper, .claims = claims};
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_err err = {0};
    cr_assert_eq(sj_links_update(&links, sj_buf_text(&path), &out, &err), 0, "%s", err.text);
    return sj_strdup(sj_buf_text(&out));
}

static char *link_to(const char *compiler)
{
    return sj_asprintf("%s/cache/" SJ_LINK_DIR "%s/%s", root, root, compiler);
}

static bool is_linked(const char *compiler)
{
    SJ_AUTO(sj_auto_free) char *link = link_to(compiler);
    SJ_AUTO(sj_auto_free) char *wrapper = sj_asprintf("%s/bin/scrubjay", root);
    char target[PATH_MAX] = {0};
    return readlink(link, target, sizeof target - 1) > 0 && strcmp(target, wrapper) == 0;
}

TestSuite(links, .init = enter, .fini = leave);

Test(links, a_link_tells_its_compiler)
{
    cr_expect_str_eq(sj_link_origin("/home/u/.cache/scrubjay/scrubjay-links/usr/bin/gcc"),
                     "/usr/bin/gcc");
    cr_expect_null(sj_link_origin("/usr/bin/gcc"));
    cr_expect_null(sj_link_origin("gcc"));
    cr_expect_null(sj_link_origin(NULL));
    cr_expect_null(sj_link_origin("/usr/scrubjay-links"));
}

Test(links, every_compiler_gets_one_in_front)
{
    make_program("usr/bin/gcc", "\177ELF");
    make_program("usr/bin/arm-none-eabi-gcc", "\177ELF");
    make_program("usr/bin/gcc-ar", "\177ELF");
    const char *dirs[] = {"sbin", "usr/bin"};
    SJ_AUTO(sj_auto_free) char *path = update(dirs, 2);
    SJ_AUTO(sj_auto_free)
    char *expected = sj_asprintf("%s/cache/" SJ_LINK_DIR "%s/usr/bin:%s/sbin:%s/usr/bin", root,
                                 root, root, root);
    cr_expect_str_eq(path, expected);
    cr_expect(is_linked("usr/bin/gcc"));
    cr_expect(is_linked("usr/bin/arm-none-eabi-gcc"));
    cr_expect_not(is_linked("usr/bin/gcc-ar"));
}

Test(links, what_is_no_compiler_gets_none)
{
    make_program("d/ccache", "\177ELF");
    make_program("d/gcc", "#!/bin/sh\n");
    cr_assert_eq(symlink("ccache", "d/cc"), 0);
    cr_assert_eq(symlink("../bin/scrubjay", "d/clang"), 0);
    cr_assert_eq(mkdir("d/gcc-12", 0777), 0);
    const char *dirs[] = {"d"};
    SJ_AUTO(sj_auto_free) char *path = update(dirs, 1);
    SJ_AUTO(sj_auto_free) char *expected = sj_asprintf("%s/d", root);
    cr_expect_str_eq(path, expected);
}

Test(links, the_name_at_the_end_of_a_chain_counts)
{
    make_program("d/gcc-12", "\177ELF");
    cr_assert_eq(symlink("gcc-12", "d/gcc"), 0);
    cr_assert_eq(symlink("gcc", "d/cc"), 0);
    cr_assert_eq(symlink("nowhere", "d/clang"), 0);
    const char *dirs[] = {"d"};
    free(update(dirs, 1));
    cr_expect(is_linked("d/cc"));
    cr_expect(is_linked("d/gcc"));
    cr_expect_not(is_linked("d/clang"));
}

Test(links, one_whose_compiler_is_gone_goes_too)
{
    make_program("d/gcc", "\177ELF");
    make_program("d/clang", "\177ELF");
    const char *dirs[] = {"d"};
    free(update(dirs, 1));
    cr_assert(is_linked("d/clang"));
    cr_assert_eq(unlink("d/clang"), 0);
    free(update(dirs, 1));
    cr_expect_not(is_linked("d/clang"));
    cr_expect(is_linked("d/gcc"));
}

Test(links, one_that_leads_elsewhere_is_mended)
{
    make_program("d/gcc", "\177ELF");
    const char *dirs[] = {"d"};
    free(update(dirs, 1));
    SJ_AUTO(sj_auto_free) char *link = link_to("d/gcc");
    cr_assert_eq(unlink(link), 0);
    cr_assert_eq(symlink("/old/scrubjay", link), 0);
    free(update(dirs, 1));
    cr_expect(is_linked("d/gcc"));
}

Test(links, a_path_with_links_is_not_linked_again)
{
    make_program("d/gcc", "\177ELF");
    const char *dirs[] = {"d"};
    SJ_AUTO(sj_auto_free) char *once = update(dirs, 1);
    SJ_AUTO(sj_auto_free) char *rest = sj_strdup(once + strlen(root) + 1);
    const char *both[] = {rest};
    SJ_AUTO(sj_auto_free) char *twice = update(both, 1);
    cr_expect_str_eq(twice, once);
}

Test(links, directories_below_each_other_do_not_meet)
{
    make_program("d/gcc", "\177ELF");
    make_program("d/sub/clang", "\177ELF");
    const char *dirs[] = {"d/sub", "d"};
    free(update(dirs, 2));
    free(update(dirs, 2));
    cr_expect(is_linked("d/gcc"));
    cr_expect(is_linked("d/sub/clang"));
}

Test(links, odd_entries_of_path_are_kept)
{
    make_program("d/gcc", "\177ELF");
    cr_assert_eq(symlink("d", "again"), 0);
    SJ_AUTO(sj_auto_free) char *cache = sj_asprintf("%s/cache", root);
    SJ_AUTO(sj_auto_free) char *wrapper = sj_asprintf("%s/bin/scrubjay", root);
    make_program("bin/scrubjay", "wrapper");
    struct sj_links links = {.cache_dir = cache, .wrapper = wrapper, .claims = claims};
    SJ_AUTO(sj_auto_free)
    char *path = sj_asprintf(":.:/nonexistent:%s//d/:%s/again:", root, root);
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_err err = {0};
    cr_assert_eq(sj_links_update(&links, path, &out, &err), 0, "%s", err.text);
    SJ_AUTO(sj_auto_free)
    char *expected = sj_asprintf("%s/" SJ_LINK_DIR "%s/d:%s", cache, root, path);
    cr_expect_str_eq(sj_buf_text(&out), expected);
    cr_expect_eq(links.count, 1);
}

Test(links, an_absolute_compiler_is_replaced)
{
    make_program("d/gcc", "\177ELF");
    make_program("bin/scrubjay", "wrapper");
    SJ_AUTO(sj_auto_free) char *cache = sj_asprintf("%s/cache", root);
    SJ_AUTO(sj_auto_free) char *wrapper = sj_asprintf("%s/bin/scrubjay", root);
    struct sj_links links = {.cache_dir = cache, .wrapper = wrapper, .claims = claims};
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    SJ_AUTO(sj_auto_free) char *command = sj_asprintf("%s/d/gcc -m32", root);
    SJ_AUTO(sj_auto_free) char *link = link_to("d/gcc");
    cr_assert(sj_links_replace(&links, command, &out, NULL));
    SJ_AUTO(sj_auto_free) char *expected = sj_asprintf("%s -m32", link);
    cr_expect_str_eq(out.data, expected);
    cr_expect(is_linked("d/gcc"));

    static const char *const others[] = {"gcc", "ccache gcc", "/nonexistent/gcc", "/bin/sh", ""};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        cr_expect_not(sj_links_replace(&links, others[i], &out, NULL), "%s", others[i]);
    }
    cr_expect_not(sj_links_replace(&links, link, &out, NULL));
}

Test(links, a_place_that_cannot_hold_them_is_named)
{
    make_program("d/gcc", "\177ELF");
    make_program("bin/scrubjay", "wrapper");
    make_program("file/x", "");
    SJ_AUTO(sj_auto_free) char *cache = sj_asprintf("%s/file/x", root);
    SJ_AUTO(sj_auto_free) char *wrapper = sj_asprintf("%s/bin/scrubjay", root);
    struct sj_links links = {.cache_dir = cache, .wrapper = wrapper, .claims = claims};
    SJ_AUTO(sj_auto_free) char *path = sj_asprintf("%s/d", root);
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    struct sj_err err = {0};
    cr_expect_lt(sj_links_update(&links, path, &out, &err), 0);
    cr_expect(strstr(err.text, "file/x"), "%s", err.text);
    cr_expect_eq(out.len, 0);
}
