// SPDX-License-Identifier: Apache-2.0
#include "tier/breaker.h"

bool sj_breaker_is_open(const struct sj_breaker *breaker)
{
    return breaker->until_ns != 0;
}

void sj_breaker_succeed(struct sj_breaker *breaker)
{
    *breaker = (struct sj_breaker){0};
}

bool sj_breaker_fail(struct sj_breaker *breaker, uint64_t now_ns, bool is_costly)
{
    bool was_open = sj_breaker_is_open(breaker);
    breaker->failures++;
    // What was under way when it opened must not push the probe further away.
    if (was_open && !breaker->is_probing) {
        return false;
    }
    if (was_open || is_costly || breaker->failures >= SJ_BREAKER_FAILURES) {
        breaker->until_ns = now_ns + SJ_BREAKER_PAUSE_NS;
        breaker->is_probing = false;
    }
    return !was_open && sj_breaker_is_open(breaker);
}

bool sj_breaker_take_probe(struct sj_breaker *breaker, uint64_t now_ns)
{
    if (!sj_breaker_is_open(breaker) || breaker->is_probing || now_ns < breaker->until_ns) {
        return false;
    }
    breaker->is_probing = true;
    return true;
}
