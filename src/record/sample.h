// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Rows of the record database: samples, units, configurations, inputs, contents. Numbers are of
 * interned texts and rows of one database; 0: not known.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/oid.h"
#include "key/key.h"
#include "record/build.h"

/** One action. Numbers are of interned texts and rows of this database; 0: not known. */
struct sj_sample {
    uint64_t start_ns;       /**< CLOCK_REALTIME; microseconds are kept */
    uint64_t wall_ns;        /**< microseconds are kept */
    uint64_t cpu_ns;         /**< of the tool's process tree, user and system, exact; 0 on a hit */
    uint64_t saved_ns;       /**< on a hit: CPU that the stored compile took, exact */
    uint64_t instructions;   /**< user-mode; 0: the machine does not count them */
    uint64_t peak_rss_bytes; /**< of the largest process */
    uint64_t input_bytes;    /**< sum of all inputs */
    uint64_t output_bytes;   /**< sum of all outputs */
    uint32_t input_count;    /**< inputs, absent ones not counted */
    uint32_t build;          /**< sj_build.number */
    uint32_t unit;           /**< sj_unit.number */
    uint32_t state;          /**< of its inputs: sj_db_inputs() */
    uint32_t config;         /**< how it is compiled: sj_db_config() */
    uint32_t reason;         /**< text */
    uint32_t detail;         /**< text */
    uint32_t args;           /**< text: command line; misses only */
    int32_t exit_status;     /**< of the tool */
    uint16_t flags;          /**< low bits of enum sj_record_flags */
    uint8_t outcome;         /**< enum sj_outcome */
};

/** A unit: what is compiled again and again. Its name is the main output, or the source where that
 * is not known, written as a path of this database. */
struct sj_unit {
    uint32_t number;                  /**< from 1 on */
    uint32_t project;                 /**< text */
    uint32_t name;                    /**< text */
    uint32_t source;                  /**< text: latest source; 0: not known */
    uint32_t language;                /**< text */
    uint64_t first_ns;                /**< start of its first sample ever */
    uint64_t last_ns;                 /**< start of its latest sample */
    uint64_t count[SJ_OUTCOME_COUNT]; /**< samples ever, by outcome */
    uint64_t cpu_ns;                  /**< CPU of all its compiles ever */
    uint64_t saved_ns;                /**< CPU that its hits ever saved */
    uint64_t last_cpu_ns;             /**< CPU of its latest successful compile */
    uint32_t last_state;              /**< inputs of its latest sample that knew them */
};

/** How a unit is compiled: everything of the key but inputs. */
struct sj_db_config {
    uint32_t tool;                               /**< text: the compiler's file */
    uint32_t toolchain;                          /**< text: "gcc", "clang", … */
    struct sj_key component[SJ_COMPONENT_COUNT]; /**< parts of the weak key's local form, which
                                                      always holds the place; zero: not known, as
                                                      of a hit by stamp */
};

/** An input of a unit. */
struct sj_input {
    uint32_t path;    /**< text; for need 'E' a variable's name */
    uint32_t content; /**< sj_db_content(); 0: none, such as of an absent path */
    char need;        /**< enum sj_need of record/pathset.h */
};

/** A content. */
struct sj_content {
    struct sj_key key;  /**< XXH3-128 */
    struct sj_oid blob; /**< git's name of it; zero: none known */
    bool is_untracked;  /**< somebody looked: git does not track it */
};

#define SJ_OUTCOME_BIT(outcome) (1u << (outcome)) /**< for a mask of outcomes */
#define SJ_OUTCOME_ANY          (~0u)             /**< all of them */
