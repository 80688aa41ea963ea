// SPDX-License-Identifier: Apache-2.0
#include "analyze/charge.h"

#include <assert.h>

uint64_t sj_charge_share(uint64_t amount, size_t count, size_t index)
{
    assert(index < count);
    return amount / count + (index < amount % count);
}

void sj_charge_equal(uint64_t amount, size_t count, uint64_t *shares)
{
    for (size_t i = 0; i < count; i++) {
        shares[i] = sj_charge_share(amount, count, i);
    }
}

void sj_charge_owen(uint64_t amount, const size_t *sizes, size_t count, uint64_t *shares)
{
    for (size_t i = 0; i < count; i++) {
        assert(sizes[i] > 0);
        sj_charge_equal(sj_charge_share(amount, count, i), sizes[i], shares);
        shares += sizes[i];
    }
}
