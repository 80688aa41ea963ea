// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The file that a history is kept in. For this room only.
 */
#pragma once

#include "repo/history_data.h"

/**
 * Open the file, make it when missing, and read what it holds.
 *
 * @param history history, its cache set
 * @param err     what failed
 * @return 0 (also where it cannot be written: it is only read then) or a negative errno
 */
int sj_history_file_open(struct sj_history *history, struct sj_err *err);
