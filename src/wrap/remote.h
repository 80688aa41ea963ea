// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What one compile asks of the remotes, by way of the agent. Whatever goes wrong there, the compile
 * goes on without: it waits at most once, and the next compiles do not wait at all.
 */
#pragma once

#include "store/frame.h"
#include "wrap/call.h"

/** Names to ask for. Zeroed: none. */
struct sj_remote_names {
    struct sj_buf bytes; /**< as they are sent */
};

/** Add a name. @param names names @param kind kind @param key key; of path sets the weak key */
void sj_remote_name(struct sj_remote_names *names, enum sj_frame_kind kind,
                    const struct sj_key *key);

/** Start over. @param names names */
void sj_remote_names_clear(struct sj_remote_names *names);

/** Free. @param names names */
void sj_remote_names_release(struct sj_remote_names *names);

/**
 * Whether remotes are to be asked for results. Without the setting `remote` it costs nothing.
 *
 * @param call invocation
 * @return false: there are none, they are being left alone, no hits are wanted, or what comes could
 * not be stored
 */
bool sj_remote_is_on(const struct sj_call *call);

/** Outcome: no remote has it. */
#define SJ_REMOTE_NONE 1

/**
 * Have the agent bring values into the local store. Ends the store's read.
 *
 * @param call  invocation
 * @param names what is wanted, at least one
 * @return 0 (something new is in the store), SJ_REMOTE_NONE, or a negative errno: nothing will come
 */
int sj_remote_fetch(struct sj_call *call, const struct sj_remote_names *names);

/** Have the agent upload the result that was just stored; the record has its keys. @param call
 * invocation */
void sj_remote_push(struct sj_call *call);
