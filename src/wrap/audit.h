// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Audits: a share of hits is compiled again, and what comes out is held against what was restored.
 */
#pragma once

#include "wrap/call.h"
#include "wrap/lookup.h"

/**
 * Draw whether this hit is audited.
 *
 * @param call invocation
 * @return true for the share of hits that the setting `audit` asks for
 */
bool sj_audit_is_due(const struct sj_call *call);

/**
 * Compile again, over the restored outputs, at low priority, and compare. A difference is reported
 * loudly, the restored bytes are kept beside the journal, and the record says so. The outputs are
 * those of the compile, whatever comes out.
 *
 * @param call  invocation that was a hit; takes the cost of the compile in its record
 * @param found what was restored
 * @return exit status of the compile
 */
int sj_audit_run(struct sj_call *call, const struct sj_found *found);
