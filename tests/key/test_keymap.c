// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "key/keymap.h"

#define MANY 20000u

Test(keymap, numbers_are_found_again)
{
    struct sj_keymap map = {0};
    struct sj_key key = sj_key_of("", 0);
    cr_expect_null(sj_keymap_find(&map, &key));
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            bool is_new;
            key = sj_key_of(&i, sizeof i);
            uint32_t *number = sj_keymap_put(&map, &key, &is_new);
            cr_assert(is_new);
            cr_assert_eq(*number, 0);
            *number = i;
        }
        cr_expect_eq(map.count, MANY);
        for (uint32_t i = 0; i < 2 * MANY; i++) {
            bool is_new = true;
            key = sj_key_of(&i, sizeof i);
            const uint32_t *found = sj_keymap_find(&map, &key);
            cr_assert_eq(found != NULL, i < MANY);
            cr_assert(!found || *found == i);
            cr_assert(!found || (*sj_keymap_put(&map, &key, &is_new) == i && !is_new));
        }
        sj_keymap_clear(&map);
        cr_expect_null(sj_keymap_find(&map, &key));
    }
    sj_keymap_release(&map);
}

// Whoever writes a log may choose its keys: alike at one end, they must not meet in one corner.
Test(keymap, keys_that_are_alike_are_spread, .timeout = 60)
{
    for (size_t at = 0; at <= SJ_KEY_SIZE - sizeof(uint32_t); at += 4) {
        struct sj_keymap map = {0};
        for (uint32_t i = 1; i <= MANY; i++) {
            struct sj_key key = {0};
            bool is_new;
            memcpy(key.bytes + at, &i, sizeof i);
            *sj_keymap_put(&map, &key, &is_new) = i;
        }
        size_t run = 0;
        size_t longest = 0;
        for (size_t i = 0; i < map.size; i++) {
            run = map.slots[i].is_used ? run + 1 : 0;
            longest = run > longest ? run : longest;
        }
        cr_expect_lt(longest, 400, "%zu places in a row, where %u keys differ at byte %zu", longest,
                     MANY, at);
        sj_keymap_release(&map);
    }
}

Test(keymap, equal_texts_have_equal_pointers)
{
    struct sj_pool pool = {0};
    char text[] = "abc";
    const char *kept = sj_pool_text(&pool, text);
    cr_expect_neq(kept, text);
    cr_expect_eq(sj_pool_bytes(&pool, "abcd", 3), kept);
    cr_expect_neq(sj_pool_text(&pool, "abcd"), kept);
    cr_expect_str_eq(sj_pool_text(&pool, NULL), "");
    for (int i = 0; i < 1000; i++) {
        SJ_AUTO(sj_auto_free) char *other = sj_asprintf("text %d", i);
        cr_assert_str_eq(sj_pool_text(&pool, other), other);
    }
    cr_expect_str_eq(kept, "abc");
    sj_pool_release(&pool);
}
