// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The ids of reasons that stand in records, in words.
 */
#pragma once

/**
 * A reason in words.
 *
 * @param id from a record; NULL: none
 * @return half a sentence, such as "links a program or library"; the id itself where there is none;
 *         never NULL
 */
const char *sj_reason_text(const char *id);
