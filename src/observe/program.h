// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * What kind of program a file is, so that the preload library is only asked into programs that can
 * load it. Linked into the wrapper and into the library: nothing but libc and plain system calls.
 * Source: elf(5), ld.so(8) (LD_PRELOAD, secure-execution mode), execve(2) (interpreter scripts).
 */
#pragma once

#include <linux/limits.h>

/** Result of sj_program_judge(). */
enum sj_program {
    SJ_PROGRAM_SEEN,   /**< dynamic, started by our own dynamic loader: the library gets in */
    SJ_PROGRAM_UNSEEN, /**< static, foreign, privileged, of no format that we know, or with a
                             sanitizer that wants to be loaded first */
};

/** Longest "#!" line that the kernel reads. */
#define SJ_SHEBANG_MAX 256

/**
 * Judge a program. A script is judged by its interpreter, as the kernel would find it.
 *
 * @param dir_fd      directory for a relative path, or AT_FDCWD
 * @param path        NUL-terminated; "" with the descriptor of the file itself as dir_fd
 * @param interpreter takes the path of the script's interpreter; "" when it is no script; may be
 *                    NULL
 * @return an enum sj_program, or a negative errno when the file cannot be opened
 *
 * Safe from several threads, in signal handlers and between vfork() and exec.
 */
int sj_program_judge(int dir_fd, const char *path, char interpreter[SJ_SHEBANG_MAX]);
