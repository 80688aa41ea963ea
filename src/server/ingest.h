// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Takes the records and notes that clients leave into the record database now and then, so that a
 * report on the server's store need not begin with it. A thread of its own, at low priority.
 */
#pragma once

#include "config/config.h"
#include "store/shared.h"

/** Such a thread. */
struct sj_ingester;

/**
 * Start. What is in the journal already is taken in first.
 *
 * @param config settings; outlive the thread
 * @param shared store, for the path sets; outlives the thread
 * @return never NULL; where no thread can be started nothing is taken in, and reports do it
 */
struct sj_ingester *sj_ingester_new(const struct sj_config *config, struct sj_shared *shared);

/** Stop, soon, and free. @param ingester ingester, or NULL */
void sj_ingester_free(struct sj_ingester *ingester);

/** Tell that there are new records: they are taken in when none came for a while, or after a longer
 * while. @param ingester ingester, or NULL. Safe from any thread */
void sj_ingester_wake(struct sj_ingester *ingester);
