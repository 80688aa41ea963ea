// SPDX-License-Identifier: Apache-2.0
// What pages have worked out: in memory, in its file, with damage, and by several at once.
#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "dash/cache.h"

#define LIMIT ((size_t)1 << 20)

static char dir[64];
static char *path;

static void setup(void)
{
    (void)snprintf(dir, sizeof dir, "/tmp/scrubjay-cache.XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    path = sj_asprintf("%s/pages", dir);
}

static void teardown(void)
{
    (void)sj_tree_remove(dir);
    free(path);
}

TestSuite(cache, .init = setup, .fini = teardown);

static struct sj_key key_of(unsigned number)
{
    return sj_key_of(&number, sizeof number);
}

static void put(struct sj_dash_cache *cache, unsigned number, const char *text)
{
    struct sj_key key = key_of(number);
    sj_dash_cache_put(cache, &key, text, strlen(text));
}

static bool has(struct sj_dash_cache *cache, unsigned number, const char *text)
{
    SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(LIMIT);
    struct sj_key key = key_of(number);
    return sj_dash_cache_get(cache, &key, &out) && strcmp(sj_buf_text(&out), text) == 0;
}

static off_t size_of(const char *name)
{
    struct stat st;
    return stat(name, &st) == 0 ? st.st_size : -1;
}

// Two entries, in a file.
static void make_file(void)
{
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, LIMIT);
    put(cache, 1, "one");
    put(cache, 2, "two");
    sj_dash_cache_free(cache);
}

Test(cache, what_was_put_is_there)
{
    struct sj_dash_cache *cache = sj_dash_cache_new(NULL, false, LIMIT);
    cr_expect_not(has(cache, 1, "one"));
    put(cache, 1, "one");
    put(cache, 2, "");
    cr_expect(has(cache, 1, "one"));
    cr_expect(has(cache, 2, ""));
    put(cache, 1, "another");
    cr_expect(has(cache, 1, "another"));
    cr_expect_not(has(NULL, 1, "one"));
    put(NULL, 1, "one");
    sj_dash_cache_free(cache);
}

Test(cache, another_process_finds_it)
{
    make_file();
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, LIMIT);
    cr_expect(has(cache, 1, "one"));
    cr_expect(has(cache, 2, "two"));
    put(cache, 2, "second");
    sj_dash_cache_free(cache);
    cache = sj_dash_cache_new(path, false, LIMIT);
    cr_expect(has(cache, 1, "one"));
    cr_expect(has(cache, 2, "second"), "the later one counts");
    sj_dash_cache_free(cache);
}

Test(cache, the_same_twice_is_written_once)
{
    make_file();
    off_t size = size_of(path);
    make_file();
    cr_expect_eq(size_of(path), size);
}

Test(cache, two_may_write_at_once)
{
    struct sj_dash_cache *a = sj_dash_cache_new(path, false, LIMIT);
    struct sj_dash_cache *b = sj_dash_cache_new(path, false, LIMIT);
    put(a, 1, "one");
    put(b, 2, "two");
    put(a, 3, "three");
    put(b, 4, "four");
    sj_dash_cache_free(a);
    sj_dash_cache_free(b);
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, LIMIT);
    cr_expect(has(cache, 1, "one"));
    cr_expect(has(cache, 2, "two"));
    cr_expect(has(cache, 3, "three"));
    cr_expect(has(cache, 4, "four"));
    sj_dash_cache_free(cache);
}

#define THREADS 4
#define EACH    200

/** A thread that writes. */
struct writer {
    pthread_barrier_t *start;
    unsigned first;
};

static void *write_some(void *user)
{
    const struct writer *writer = user;
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, LIMIT);
    (void)has(cache, 1, "one"); // it opens the file
    (void)pthread_barrier_wait(writer->start);
    for (unsigned i = writer->first; i < writer->first + EACH; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "text %u", i);
        put(cache, i, text);
    }
    sj_dash_cache_free(cache);
    return NULL;
}

Test(cache, handles_that_write_at_once_lose_nothing)
{
    make_file();
    pthread_barrier_t start;
    pthread_t threads[THREADS];
    struct writer writers[THREADS];
    cr_assert_eq(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){&start, 1000 * (i + 1)};
        cr_assert_eq(pthread_create(&threads[i], NULL, write_some, &writers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    (void)pthread_barrier_destroy(&start);
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, LIMIT);
    for (unsigned i = 0; i < THREADS * EACH; i++) {
        unsigned number = writers[i / EACH].first + i % EACH;
        char text[32];
        (void)snprintf(text, sizeof text, "text %u", number);
        cr_expect(has(cache, number, text), "%u", number);
    }
    cr_expect(has(cache, 1, "one"));
    sj_dash_cache_free(cache);
}

Test(cache, what_stands_before_a_torn_end_is_good)
{
    make_file();
    off_t size = size_of(path);
    cr_assert_eq(truncate(path, size - 1), 0);
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, LIMIT);
    cr_expect(has(cache, 1, "one"));
    cr_expect_not(has(cache, 2, "two"));
    put(cache, 3, "three");
    sj_dash_cache_free(cache);
    cache = sj_dash_cache_new(path, false, LIMIT);
    cr_expect(has(cache, 1, "one"));
    cr_expect(has(cache, 3, "three"));
    sj_dash_cache_free(cache);
}

// Whatever byte is wrong, nothing wrong is told, and what is put is kept again.
Test(cache, any_wrong_byte_costs_only_time)
{
    make_file();
    off_t size = size_of(path);
    SJ_AUTO(sj_buf_release) struct sj_buf good = SJ_BUF_INIT(LIMIT);
    cr_assert_eq(sj_file_read(AT_FDCWD, path, &good), 0);
    for (off_t i = 0; i < size; i++) {
        good.data[i] = (char)(good.data[i] ^ 0x40);
        cr_assert_eq(sj_file_write(path, 0600, good.data, good.len), 0);
        good.data[i] = (char)(good.data[i] ^ 0x40);
        struct sj_dash_cache *cache = sj_dash_cache_new(path, false, LIMIT);
        SJ_AUTO(sj_buf_release) struct sj_buf out = SJ_BUF_INIT(LIMIT);
        struct sj_key key = key_of(1);
        cr_expect(!sj_dash_cache_get(cache, &key, &out) || has(cache, 1, "one"), "byte %ld", i);
        cr_expect_not(has(cache, 2, "two") && !has(cache, 1, "one"), "byte %ld", i);
        put(cache, 2, "two");
        sj_dash_cache_free(cache);
        cache = sj_dash_cache_new(path, false, LIMIT);
        cr_expect(has(cache, 2, "two"), "byte %ld", i);
        sj_dash_cache_free(cache);
    }
}

Test(cache, a_foreign_file_is_replaced)
{
    static const char *const texts[] = {"", "x", "something else that is long enough for a header"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_assert_eq(sj_file_write(path, 0600, texts[i], strlen(texts[i])), 0);
        make_file();
        struct sj_dash_cache *cache = sj_dash_cache_new(path, false, LIMIT);
        cr_expect(has(cache, 1, "one"));
        sj_dash_cache_free(cache);
    }
}

Test(cache, where_nothing_can_be_written_it_is_kept_in_memory)
{
    SJ_AUTO(sj_auto_free) char *target = sj_asprintf("%s/target", dir);
    cr_assert_eq(sj_file_write(target, 0600, "mine", 4), 0);
    static const char *const names[] = {"pipe", "folder", "none/pages", "link"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        SJ_AUTO(sj_auto_free) char *name = sj_asprintf("%s/%s", dir, names[i]);
        if (i == 0) {
            cr_assert_eq(mkfifo(name, 0600), 0);
        } else if (i == 1) {
            cr_assert_eq(mkdir(name, 0700), 0);
        } else if (i == 3) {
            cr_assert_eq(symlink(target, name), 0);
        }
        struct sj_dash_cache *cache = sj_dash_cache_new(name, false, LIMIT);
        put(cache, 1, "one");
        cr_expect(has(cache, 1, "one"), "%s", names[i]);
        sj_dash_cache_free(cache);
    }
    cr_expect_eq(size_of(target), 4, "what a link leads to stays as it is");
}

Test(cache, read_only_reads_only)
{
    struct sj_dash_cache *cache = sj_dash_cache_new(path, true, LIMIT);
    put(cache, 1, "one");
    cr_expect(has(cache, 1, "one"));
    sj_dash_cache_free(cache);
    cr_expect_eq(size_of(path), -1);
    make_file();
    off_t size = size_of(path);
    cr_assert_eq(truncate(path, size - 1), 0);
    cache = sj_dash_cache_new(path, true, LIMIT);
    cr_expect(has(cache, 1, "one"));
    put(cache, 5, "five");
    sj_dash_cache_free(cache);
    cr_expect_eq(size_of(path), size - 1);
}

Test(cache, what_is_used_stays_within_the_bound)
{
    SJ_AUTO(sj_auto_free) char *old = sj_asprintf("%s.old", path);
    SJ_AUTO(sj_auto_free) char *text = sj_calloc(1001, 1);
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, 20000);
    put(cache, 0, "used");
    memset(text, 'x', 1000);
    for (unsigned i = 1; i < 100; i++) {
        put(cache, i, text);
        cr_expect(has(cache, 0, "used"), "%u", i);
        cr_expect_leq(size_of(path), 10016);
        cr_expect_leq(size_of(old), 10016);
    }
    cr_expect_not(has(cache, 1, text));
    cr_expect(has(cache, 99, text));
    put(cache, 7, "small");
    memset(text, 'y', 1000);
    sj_dash_cache_free(cache);
    cache = sj_dash_cache_new(path, false, 20000);
    cr_expect(has(cache, 0, "used"));
    cr_expect(has(cache, 7, "small"));
    sj_dash_cache_free(cache);
}

Test(cache, what_is_too_large_is_not_kept)
{
    SJ_AUTO(sj_auto_free) char *text = sj_calloc(5001, 1);
    memset(text, 'x', 5000);
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, 16000);
    put(cache, 1, text);
    cr_expect_not(has(cache, 1, text));
    sj_dash_cache_free(cache);
}

Test(cache, forgotten_it_is_read_anew)
{
    struct sj_dash_cache *cache = sj_dash_cache_new(path, false, LIMIT);
    put(cache, 1, "one");
    cr_assert_eq(unlink(path), 0);
    sj_dash_cache_forget(cache);
    cr_expect_not(has(cache, 1, "one"));
    put(cache, 2, "two");
    sj_dash_cache_forget(cache);
    cr_expect(has(cache, 2, "two"));
    sj_dash_cache_free(cache);
}
