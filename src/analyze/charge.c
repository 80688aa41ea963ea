// SPDX-License-Identifier: Apache-2.0
#include "analyze/charge.h"

#include <assert.h>

uint64_t sj_charge_share(uint64_t amount, size_t count, size_t index)
{
    assert(index < count);
    return amount / count + (index < amount % count);
}
