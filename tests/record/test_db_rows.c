// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "record/db_block.h"
#include "record/db_ids.h"
#include "record/db_rows.h"
#include "record/db_states.h"

static uint64_t state = 1;

static uint64_t next_random(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 16;
}

static struct sj_sample random_sample(uint32_t unit)
{
    return (struct sj_sample){
        .start_ns = next_random() % (UINT64_C(1) << 60) / 1000 * 1000,
        .wall_ns = next_random() % 100 * 1000,
        .cpu_ns = next_random() << 16,
        .saved_ns = next_random() % 5,
        .instructions = UINT64_MAX,
        .input_bytes = next_random(),
        .input_count = (uint32_t)next_random(),
        .build = 7,
        .unit = unit,
        .state = (uint32_t)next_random(),
        .config = UINT32_MAX,
        .detail = (uint32_t)next_random() % 2 * 77,
        .exit_status = (int32_t)(uint32_t)next_random(),
        .flags = (uint16_t)next_random(),
        .outcome = 2,
    };
}

Test(db_rows, samples_come_back_as_they_were)
{
    static const size_t counts[] = {1, 2, 100, SJ_BLOCK_MAX};
    struct sj_buf block = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        size_t count = counts[c];
        size_t many = 0;
        struct sj_sample *samples = sj_calloc(count, sizeof *samples);
        struct sj_sample *got = sj_calloc(count, sizeof *got);
        for (size_t i = 0; i < count; i++) {
            samples[i] = random_sample((uint32_t)(i / 3));
        }
        sj_buf_clear(&block);
        sj_block_encode(samples, count, &block);
        cr_assert_eq(sj_block_count(block.data, block.len, &many), 0);
        cr_assert_eq(many, count);
        cr_assert_eq(sj_block_decode(block.data, block.len, 7, 2, got), 0);
        cr_expect_eq(memcmp(got, samples, count * sizeof *got), 0, "%zu samples", count);
        cr_expect_eq(sj_block_decode(block.data, block.len - 1, 7, 2, got), -EBADMSG);
        free(samples);
        free(got);
    }
    sj_buf_release(&block);
}

Test(db_rows, columns_that_are_not_known_yet_are_passed_over)
{
    // One sample; columns 0 (unit) and 20, which a later version writes.
    static const unsigned char block[] = {1, 0x81, 0x80, 0x40, 0, 5, 1, 9, 3};
    struct sj_sample got;
    cr_assert_eq(sj_block_decode(block, sizeof block, 7, 2, &got), 0);
    cr_expect_eq(got.unit, 5);
}

Test(db_rows, builds_and_units_come_back_as_they_were)
{
    struct sj_phase_row phases[] = {{3, {"", 10, 20, 30, -4}}, {9, {"", 11, 0, UINT64_MAX, 0}}};
    struct sj_build_row row = {
        .build = {.number = 4,
                  .flags = SJ_BUILD_NOTED,
                  .revision = 6,
                  .commit = {{1}},
                  .base = {{2}},
                  .cpus = 3,
                  .exit_status = INT32_MIN,
                  .start_ns = UINT64_MAX,
                  .wall_ns = 7,
                  .count = {0, 5, 6, 7, 8, 9},
                  .cpu_ns = {9, 8, 7, 6, 5, 4},
                  .saved_ns = 1,
                  .own_ns = 2,
                  .units = 3},
        .texts = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, UINT32_MAX},
        .end_ns = 12345,
        .phases = phases,
        .phase_count = 2,
    };
    struct sj_unit unit = {4, 1, 2, 3, UINT32_MAX, 10, 20, {0, 1, 2, 3, 4, 5}, 6, 7, 8, 9};
    struct sj_buf bytes = SJ_BUF_INIT(65536);
    struct sj_build_row got;
    struct sj_unit got_unit;
    sj_build_encode(&row, &bytes);
    cr_assert_eq(sj_build_decode((struct sj_str){bytes.data, bytes.len}, 4, &got), 0);
    cr_expect_eq(memcmp(&got.build, &row.build, sizeof got.build), 0);
    cr_expect_eq(memcmp(got.texts, row.texts, sizeof got.texts), 0);
    cr_expect_eq(got.end_ns, row.end_ns);
    cr_assert_eq(got.phase_count, 2);
    cr_expect_eq(got.phases[0].sum.exit_status, -4);
    cr_expect_eq(got.phases[1].sum.cpu_ns, UINT64_MAX);
    sj_build_row_release(&got);
    // Rows without a revision were written once.
    cr_assert_eq(sj_build_decode((struct sj_str){bytes.data, bytes.len - 1}, 4, &got), 0);
    cr_expect_eq(got.build.revision, 0);
    sj_build_row_release(&got);
    for (size_t len = 0; len < bytes.len - 1; len++) {
        cr_expect_eq(sj_build_decode((struct sj_str){bytes.data, len}, 4, &got), -EBADMSG);
    }
    sj_buf_clear(&bytes);
    sj_unit_encode(&unit, &bytes);
    cr_assert_eq(sj_unit_decode((struct sj_str){bytes.data, bytes.len}, 4, &got_unit), 0);
    cr_expect_eq(got_unit.language, UINT32_MAX);
    cr_expect_eq(got_unit.last_ns, 20);
    cr_expect_eq(got_unit.count[SJ_OUTCOME_ERROR], 5);
    cr_expect_eq(got_unit.last_state, 9);
    for (size_t len = 0; len < bytes.len; len++) {
        cr_expect_eq(sj_unit_decode((struct sj_str){bytes.data, len}, 4, &got_unit), -EBADMSG);
    }
    sj_buf_release(&bytes);
}

#define INPUTS 300

static size_t random_inputs(struct sj_input *inputs, const struct sj_input *before, size_t count)
{
    static const char needs[] = "FDALEX";
    size_t n = 0;
    uint32_t path = 1;
    for (size_t i = 0; i < count; i++) {
        if (next_random() % 50 == 0) {
            continue; // gone
        }
        inputs[n] = before[i];
        inputs[n].content = next_random() % 20 ? before[i].content : (uint32_t)next_random();
        n++;
    }
    for (size_t i = n; i < INPUTS; i++) {
        path = n ? inputs[n - 1].path + 1 + (uint32_t)next_random() % 5 : path;
        inputs[n] = (struct sj_input){.path = path,
                                      .content = (uint32_t)next_random() % 1000,
                                      .need = needs[next_random() % 6]};
        n++;
    }
    return n;
}

Test(db_rows, states_come_back_through_chains)
{
    struct sj_input inputs[INPUTS];
    struct sj_db_state base = {0};
    struct sj_buf row = SJ_BUF_INIT(SJ_BUF_OWN_LIMIT);
    uint32_t deepest = 0;
    for (uint32_t number = 1; number < 200; number++) {
        size_t count = random_inputs(inputs, base.inputs, base.count);
        sj_buf_clear(&row);
        uint32_t depth = sj_db_state_encode(number > 1 ? &base : NULL, number, inputs, count, &row);
        uint32_t base_number = 0;
        uint32_t told = 0;
        struct sj_input *got = NULL;
        size_t got_count = 0;
        cr_assert_eq(sj_db_state_head(row.data, row.len, number, &base_number, &told), 0);
        cr_assert_eq(told, depth);
        cr_assert_eq(base_number, depth ? number - 1 : 0);
        bool is_whole = base_number == 0;
        cr_assert_eq(sj_db_state_decode(row.data, row.len, is_whole ? NULL : base.inputs,
                                        is_whole ? 0 : base.count, &got, &got_count),
                     0);
        cr_assert_eq(got_count, count);
        for (size_t i = 0; i < count; i++) {
            cr_assert_eq(got[i].path, inputs[i].path);
            cr_assert_eq(got[i].content, inputs[i].content);
            cr_assert_eq(got[i].need, inputs[i].need);
        }
        free(base.inputs);
        base =
            (struct sj_db_state){.number = number, .depth = depth, .inputs = got, .count = count};
        deepest = depth > deepest ? depth : deepest;
    }
    cr_expect_eq(deepest, SJ_STATE_DEPTH_MAX);
    free(base.inputs);
    sj_buf_release(&row);
}

Test(db_rows, states_that_are_kept_are_bounded)
{
    struct sj_db_states states = {0};
    for (uint32_t i = 1; i <= 200; i++) {
        struct sj_input *inputs = sj_calloc(100000, sizeof *inputs);
        (void)sj_states_keep(&states, i, 0, inputs, 100000);
        cr_assert(sj_states_find(&states, i));
        cr_assert_leq(states.bytes, (size_t)66 << 20);
    }
    for (uint32_t i = 181; i <= 200; i++) {
        cr_expect(sj_states_find(&states, i), "one of the twenty used last");
    }
    cr_expect_not(sj_states_find(&states, 1));
    sj_states_release(&states);
}

Test(db_rows, numbers_are_found_by_key)
{
    struct sj_keymap map = {0};
    struct sj_key key = sj_key_of("0", 1);
    cr_expect_eq(sj_number_find(&map, &key), 0);
    for (uint32_t i = 1; i < 5000; i++) {
        key = sj_key_of(&i, sizeof i);
        sj_number_add(&map, &key, i);
    }
    for (uint32_t i = 1; i < 5000; i++) {
        key = sj_key_of(&i, sizeof i);
        cr_assert_eq(sj_number_find(&map, &key), i);
    }
    sj_keymap_release(&map);
}
