// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * The net under the wrapper: when our own machinery crashes (a truncated store raises SIGBUS under
 * the map) or memory runs out, the compiler still runs, exactly once.
 */
#pragma once

#include <signal.h>
#include <sys/types.h>

/** What the net needs to know. Strings and arrays are borrowed and must outlive the process. */
struct sj_guard {
    const char *program;     /**< the real compiler, or the launcher in front of it */
    const char *const *argv; /**< its arguments, NULL-terminated */
    char *const *env;        /**< its environment, NULL-terminated */
    const char *store_dir;   /**< store to condemn when reading it crashed */
};

/**
 * Spread the net: from now on SIGSEGV, SIGBUS and lack of memory execute the compiler, and a write
 * that nobody reads (SIGPIPE) or that a limit forbids (SIGXFSZ) is a failed write.
 *
 * @param guard copied
 */
void sj_guard_set(const struct sj_guard *guard);

/**
 * The signals that sj_guard_set() has us ignore and the compiler must not.
 *
 * @param out takes the set
 */
void sj_guard_defaults(sigset_t *out);

/**
 * Tell the net which process the compiler runs in: a crash now ends that one before the compiler is
 * executed anew, so that two never write the same output.
 *
 * @param pid the process; 0: it has ended
 */
void sj_guard_child(pid_t pid);

/**
 * Tell the net that the compiler has run: from now on a crash only ends this process with the
 * compiler's status.
 *
 * @param status exit status to end with
 */
void sj_guard_ran(int status);

/** Execute the compiler in place of this process, as if we had never been there. */
_Noreturn void sj_guard_fall(void);
