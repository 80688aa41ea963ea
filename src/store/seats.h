// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * Seats: how the threads of one process read one index while a thread of it writes, and closes and
 * opens the environment when it must.
 *
 * Each seat holds a read transaction of its own, which is renewed for a look-up and reset right
 * after it, without a system call. Whoever is to close the environment takes all seats first.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "store/files.h"
#include "store/index.h"

#define SJ_SEATS_MAX   32 /**< look-ups at one moment; more wait for each other */
#define SJ_SEAT_SPACES 16 /**< namespaces whose number a seat remembers */

/** A namespace that a seat remembers. */
struct sj_seat_space {
    uint64_t check;                  /**< sj_space_check() of the name; 0: none */
    uint32_t number;                 /**< its number */
    uint32_t len;                    /**< bytes of the name */
    char name[SJ_ITEM_NAME_MAX + 1]; /**< the name */
};

/** A seat. */
struct sj_seat {
    _Alignas(64) pthread_mutex_t lock;           /**< guards all of it */
    struct sj_index index;                       /**< borrows env and tables; its read is renewed
                                                    while somebody sits here */
    MDB_txn *idle;                               /**< the read while nobody does; NULL: none yet */
    size_t state_id;                             /**< transaction that the state is of; 0: none */
    struct sj_seat_space spaces[SJ_SEAT_SPACES]; /**< by their check's remainder */
};

/** Seats of an index. */
struct sj_seats {
    struct sj_seat seats[SJ_SEATS_MAX]; /**< seats */
    struct sj_files files;              /**< see files.h */
    bool is_open;                       /**< published; the writing thread's alone */
};

/** Seats of an index that is not open yet. @return never NULL */
struct sj_seats *sj_seats_new(void);

/** Free seats that nobody sits in. @param seats retracted, or NULL */
void sj_seats_free(struct sj_seats *seats);

/**
 * Let threads read. Called by the thread that has opened the index.
 *
 * @param seats seats; nothing happens when they are published already
 * @param index open, with tables
 */
void sj_seats_publish(struct sj_seats *seats, const struct sj_index *index);

/** Wait until nobody reads, and let nobody read until they are published again. @param seats seats
 */
void sj_seats_retract(struct sj_seats *seats);

/** Close the files of generations that are gone, where no view needs them. @param seats seats
 * @param oldest lowest number that stays */
void sj_seats_drop_files(struct sj_seats *seats, uint32_t oldest);

/**
 * Sit down: a read transaction is open, and the state known.
 *
 * @param seats seats
 * @param out   takes the seat; leave it with sj_seat_leave(), soon
 * @return 0, SJ_STORE_MISS (the index is being opened) or a negative errno
 */
int sj_seat_take(struct sj_seats *seats, struct sj_seat **out);

/** Stand up. @param seat seat */
void sj_seat_leave(struct sj_seat *seat);

/** What tells namespaces apart that one has not the name of at hand. @param name its name @return
 * never 0 */
uint64_t sj_space_check(struct sj_str name);

/**
 * Number of a namespace.
 *
 * @param seat  taken
 * @param name  its name
 * @param check sj_space_check() of it
 * @param out   takes the number
 * @return 0, SJ_STORE_MISS (it was never written to) or a negative errno
 */
int sj_seat_space(struct sj_seat *seat, struct sj_str name, uint64_t check, uint32_t *out);
