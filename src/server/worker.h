// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Threads for what takes too long for a thread that serves connections: unpacking, hashing and
 * reading megabytes.
 */
#pragma once

/** Some threads and a queue before them. */
struct sj_worker;

/** A piece of work. @param user the caller's */
typedef void sj_work(void *user);

/** Start. @param threads how many @return never NULL */
struct sj_worker *sj_worker_new(unsigned threads);

/** Do what is queued, end the threads and free. @param worker worker, or NULL */
void sj_worker_free(struct sj_worker *worker);

/** Queue a piece of work. @param worker worker @param work called once, by one of the threads
 * @param user handed to work. Safe from any thread */
void sj_worker_do(struct sj_worker *worker, sj_work *work, void *user);
