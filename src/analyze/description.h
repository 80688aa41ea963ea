// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Which files of a repository describe how it is built: a commit that touches one of them is what
 * a change of flags, compiler or environment is put down to.
 */
#pragma once

/** What a build description decides. */
enum sj_description {
    SJ_DESCRIBES_ARGS = 1u << 0, /**< targets and command lines */
    SJ_DESCRIBES_TOOL = 1u << 1, /**< compilers and what is installed beside them */
    SJ_DESCRIBES_ENV = 1u << 2,  /**< environment variables of the build */
};

/**
 * What a path describes.
 *
 * @param path   relative to the root
 * @param system CI system that built, sj_build.system: what describes the jobs of another one says
 *               nothing of its builds; NULL: any
 * @return bits of enum sj_description; 0: it is no build description
 */
unsigned sj_description_of(const char *path, const char *system);

/**
 * Whether a tracked file may be what a generated one is made from: "config.h.in" and "config.h",
 * "rpc.proto" and "rpc.pb.h", "scan.l" and "scan.c".
 *
 * @param source    path of the tracked file
 * @param generated path of the generated file
 * @return nonzero when the names say so
 */
int sj_description_makes(const char *source, const char *generated);
