// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "key/key.h"

Test(key, is_xxh3_128_in_canonical_order)
{
    char hex[SJ_KEY_HEX_SIZE];
    struct sj_key key = sj_key_of("", 0);
    sj_key_hex(&key, hex);
    cr_expect_str_eq(hex, "99aa06d3014798d86001c324468d497f");
    key = sj_key_of("abc", 3);
    sj_key_hex(&key, hex);
    cr_expect_str_eq(hex, "06b05ab6733a618578af5f94892f3950");
}

Test(key, hexadecimal_goes_both_ways)
{
    struct sj_key key = sj_key_of("x", 1);
    struct sj_key back;
    char hex[SJ_KEY_HEX_SIZE];
    sj_key_hex(&key, hex);
    cr_assert_eq(sj_key_parse(hex, &back), 0);
    cr_expect(sj_key_eq(&key, &back));
    hex[31] = 'g';
    cr_expect_eq(sj_key_parse(hex, &back), -EINVAL);
    cr_expect_eq(sj_key_parse("00", &back), -EINVAL);
}

Test(key, fields_do_not_run_into_each_other)
{
    struct sj_hasher *one = sj_hasher_new();
    struct sj_hasher *two = sj_hasher_new();
    sj_hasher_text(one, "ab");
    sj_hasher_text(one, "c");
    sj_hasher_text(two, "a");
    sj_hasher_text(two, "bc");
    struct sj_key a = sj_hasher_key(one);
    struct sj_key b = sj_hasher_key(two);
    cr_expect(!sj_key_eq(&a, &b));

    sj_hasher_reset(one);
    sj_hasher_reset(two);
    sj_hasher_text(one, NULL);
    sj_hasher_text(two, "");
    a = sj_hasher_key(one);
    b = sj_hasher_key(two);
    cr_expect(!sj_key_eq(&a, &b));
    sj_hasher_free(one);
    sj_hasher_free(two);
}

Test(key, of_a_file_equals_that_of_its_bytes_at_any_size)
{
    static char data[200000];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (char)(i * 31 + i / 251);
    }
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 200000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        FILE *file = tmpfile();
        cr_assert_not_null(file);
        cr_assert_eq(fwrite(data, 1, sizes[i], file), sizes[i]);
        rewind(file);
        struct sj_key key;
        uint64_t size;
        cr_assert_eq(sj_key_of_fd(fileno(file), &key, &size), 0);
        struct sj_key want = sj_key_of(data, sizes[i]);
        cr_expect(sj_key_eq(&key, &want), "%zu bytes", sizes[i]);
        cr_expect_eq(size, sizes[i]);
        (void)fclose(file);
    }
}
