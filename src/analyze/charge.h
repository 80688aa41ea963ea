// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * How the CPU of one compile is split among what made it necessary.
 *
 * Any one of the causes alone would have made the compile necessary: v(S) is its whole CPU for
 * every set S of causes but the empty one. The Shapley value of that game is the equal split, the
 * only rule that adds up, treats like alike, charges nothing to what changed nothing and adds over
 * compiles. With causes in groups (the files of one commit) it is the Owen value: equal among
 * groups, then equal within each, so that a commit does not pay more because it touched ten files
 * of one unit. docs/causes.md has the proof.
 *
 * All amounts are whole nanoseconds. What does not divide is handed out one nanosecond each by the
 * largest remainder, the earlier one first where remainders are equal: shares always add up.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * The share of one player, by the Shapley value: equal shares. Of a share, split among a player's
 * files in the same way, it is the Owen value.
 *
 * @param amount what is split
 * @param count  among how many, at least 1
 * @param index  which, below count
 * @return its share; those of all add up to amount
 */
uint64_t sj_charge_share(uint64_t amount, size_t count, size_t index);
