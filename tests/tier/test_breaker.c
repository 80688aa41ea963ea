// SPDX-License-Identifier: Apache-2.0
#include <criterion/criterion.h>

#include "tier/breaker.h"

#define S UINT64_C(1000000000)

Test(breaker, opens_after_failures_in_a_row)
{
    struct sj_breaker breaker = {0};
    cr_assert_not(sj_breaker_fail(&breaker, S, false));
    cr_assert_not(sj_breaker_fail(&breaker, S, false));
    sj_breaker_succeed(&breaker);
    cr_assert_not(sj_breaker_fail(&breaker, S, false));
    cr_assert_not(sj_breaker_fail(&breaker, S, false));
    cr_assert_not(sj_breaker_is_open(&breaker));
    cr_assert(sj_breaker_fail(&breaker, S, false), "the third in a row opens it");
    cr_assert(sj_breaker_is_open(&breaker));
}

Test(breaker, opens_at_once_when_somebody_waited)
{
    struct sj_breaker breaker = {0};
    cr_assert(sj_breaker_fail(&breaker, S, true));
    cr_assert(sj_breaker_is_open(&breaker));
}

Test(breaker, probes_once_after_the_pause)
{
    struct sj_breaker breaker = {0};
    cr_assert_not(sj_breaker_take_probe(&breaker, S), "nothing to find out while it is closed");
    (void)sj_breaker_fail(&breaker, S, true);
    cr_assert_not(sj_breaker_take_probe(&breaker, S + SJ_BREAKER_PAUSE_NS - 1));
    cr_assert(sj_breaker_take_probe(&breaker, S + SJ_BREAKER_PAUSE_NS));
    cr_assert_not(sj_breaker_take_probe(&breaker, S + 2 * SJ_BREAKER_PAUSE_NS), "one at a time");
    cr_assert_not(sj_breaker_fail(&breaker, 20 * S, false), "it was open before");
    cr_assert_not(sj_breaker_take_probe(&breaker, 20 * S + SJ_BREAKER_PAUSE_NS - 1));
    cr_assert(sj_breaker_take_probe(&breaker, 20 * S + SJ_BREAKER_PAUSE_NS));
    sj_breaker_succeed(&breaker);
    cr_assert_not(sj_breaker_is_open(&breaker));
}

Test(breaker, late_failures_do_not_push_the_probe_away)
{
    struct sj_breaker breaker = {0};
    (void)sj_breaker_fail(&breaker, S, true);
    (void)sj_breaker_fail(&breaker, 9 * S, true);
    cr_assert(sj_breaker_take_probe(&breaker, S + SJ_BREAKER_PAUSE_NS));
}
