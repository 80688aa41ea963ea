// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "tier/queue.h"

static struct sj_upload upload(unsigned number)
{
    return (struct sj_upload){.strong = sj_key_of(&number, sizeof number)};
}

static void expect(struct sj_queue *queue, unsigned number)
{
    struct sj_upload out;
    struct sj_upload want = upload(number);
    cr_assert(sj_queue_take(queue, &out), "%u", number);
    cr_assert(sj_key_eq(&out.strong, &want.strong), "%u", number);
}

Test(queue, gives_in_order)
{
    struct sj_queue queue = {.max = 1000};
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 300; i++) {
            struct sj_upload item = upload(i);
            cr_assert(sj_queue_add(&queue, &item));
        }
        for (unsigned i = 0; i < 300; i++) {
            expect(&queue, i);
        }
    }
    struct sj_upload none;
    cr_assert_not(sj_queue_take(&queue, &none));
    sj_queue_release(&queue);
}

Test(queue, drops_what_does_not_fit)
{
    struct sj_queue queue = {.max = 3};
    for (unsigned i = 0; i < 5; i++) {
        struct sj_upload item = upload(i);
        cr_assert_eq(sj_queue_add(&queue, &item), i < 3, "%u", i);
    }
    struct sj_upload back = upload(9);
    cr_assert_not(sj_queue_return(&queue, &back));
    expect(&queue, 0);
    cr_assert(sj_queue_return(&queue, &back));
    expect(&queue, 9);
    expect(&queue, 1);
    expect(&queue, 2);
    sj_queue_release(&queue);
}

Test(queue, takes_the_same_upload_once)
{
    struct sj_queue queue = {.max = 10};
    struct sj_upload item = upload(1);
    cr_assert(sj_queue_add(&queue, &item));
    cr_assert(sj_queue_add(&queue, &item));
    cr_assert_eq(queue.count, 1);
    item.has_weak = true;
    cr_assert(sj_queue_add(&queue, &item));
    cr_assert_eq(queue.count, 2, "another weak key leads to it");
    sj_queue_release(&queue);
}
