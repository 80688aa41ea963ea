// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A build: the records of one run of a build, with its commit, branch, machine, labels, phases and
 * sums. What the record database keeps of it for ever.
 *
 * Text members come from SJ_NOTE_BEGIN, by the names given here: project, commit, head, base,
 * branch, target, pull, run, job, attempt, system, machine, root, base_dir, dirty, cpus, url.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/oid.h"
#include "record/record.h"

#define SJ_OUTCOME_COUNT (SJ_OUTCOME_ERROR + 1) /**< length of an array indexed by outcome */

/** Bits of a build. */
enum sj_build_flags {
    SJ_BUILD_NOTED = 1u << 0,     /**< it has a note of its beginning: came through `run` */
    SJ_BUILD_ENDED = 1u << 1,     /**< it has a note of its end */
    SJ_BUILD_DIRTY = 1u << 2,     /**< tracked files differed from the commit when it began */
    SJ_BUILD_SYNTHETIC = 1u << 3, /**< the commit is a merge that the CI system made: base, head */
    SJ_BUILD_IMPORTED = 1u << 4,  /**< read from another tool's log */
    SJ_BUILD_SKEWED = 1u << 5,    /**< clocks went backwards in it */
    SJ_BUILD_CLASH = 1u << 6,     /**< two notes contradict each other: the first one counts */
    SJ_BUILD_EXPIRED = 1u << 7,   /**< its raw records are gone; the sums stay */
    SJ_BUILD_BACKFILL = 1u << 8,  /**< built later, for the sake of history */
};

/** A part of a build: queue, checkout, configure, build, link, test, … */
struct sj_phase {
    const char *name;    /**< as given */
    uint64_t start_ns;   /**< CLOCK_REALTIME */
    uint64_t wall_ns;    /**< how long */
    uint64_t cpu_ns;     /**< CPU of its processes; 0: not known */
    int32_t exit_status; /**< of its command */
};

/** A build. Texts are never NULL: "" where nothing is known. */
struct sj_build {
    uint32_t number;      /**< in the database, from 1 on, in the order in which they came */
    uint32_t flags;       /**< of enum sj_build_flags */
    uint32_t revision;    /**< counts up whenever it gets records or notes: what was worked out of
                               an earlier one may be wrong */
    const char *id;       /**< build id; "" for records without one, one build a day */
    const char *project;  /**< what is built: host/path of the repository, or a name */
    const char *branch;   /**< branch or tag built */
    const char *target;   /**< branch that a pull request wants to go to */
    const char *pull;     /**< number of the pull request */
    const char *run;      /**< what the CI system calls the run: several jobs have it */
    const char *job;      /**< configuration: what makes builds of one commit differ */
    const char *system;   /**< "github", "gitlab", "jenkins", "buildkite", …; "": a person */
    const char *machine;  /**< host name and 8 digits that tell two of one name apart */
    const char *labels;   /**< K=V,… */
    const char *root;     /**< work tree, absolute */
    const char *url;      /**< page of the run */
    struct sj_oid commit; /**< what was checked out; zero: not known */
    struct sj_oid head;   /**< tip of the pull request; zero: not known */
    struct sj_oid base;   /**< other parent of a synthetic merge; zero: not known */
    uint32_t cpus;        /**< of the machine; 0: not known */
    int32_t exit_status;  /**< of its command, once it has ended; also 128 + a signal */
    uint64_t start_ns;    /**< CLOCK_REALTIME; of the first record where there is no note */
    uint64_t wall_ns;     /**< how long */
    uint64_t user_ns;     /**< CPU of all its processes, user; 0: not known */
    uint64_t system_ns;   /**< CPU of all its processes, system */
    uint64_t count[SJ_OUTCOME_COUNT];  /**< records, by outcome */
    uint64_t cpu_ns[SJ_OUTCOME_COUNT]; /**< CPU of their tools, by outcome */
    uint64_t saved_ns;                 /**< CPU that hits saved */
    uint64_t own_ns;                   /**< CPU of the wrapper itself */
    uint64_t units;                    /**< different units among hits and misses */
    const struct sj_phase *phases;     /**< in order of start */
    size_t phase_count;                /**< length of phases */
};
