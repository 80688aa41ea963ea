// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Sums over records as JSON: the same members wherever they are told.
 */
#pragma once

#include "base/json.h"
#include "record/summary.h"

/** Add the members to an open object. @param json writer @param summary sums; reasons sorted */
void sj_sums_json(struct sj_json *json, const struct sj_summary *summary);
