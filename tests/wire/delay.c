// SPDX-License-Identifier: Apache-2.0
/**
 * @file
 * A link between two network namespaces that delays packets, for kernels without netem:
 *
 *     serve-delay ROUND-TRIP-MS NAMESPACE DEVICE NAMESPACE DEVICE
 *
 * makes two tun devices, prints "ready" and hands what one is sent to the other, half of the round
 * trip later. Nothing is lost, reordered or held back beyond that. Ends with its standard input.
 * Source: Linux, Documentation/networking/tuntap.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parse.h"

#define PACKET_MAX 2048
#define QUEUE_LEN  65536u

/** A packet under way. */
struct packet {
    uint64_t due_ns;
    size_t len;
    char data[PACKET_MAX];
};

/** One direction. */
struct way {
    int from;
    int to;
    struct packet *packets; /**< ring of QUEUE_LEN */
    size_t first;
    size_t count;
};

static int open_tun(const char *space, const char *device)
{
    char path[128];
    (void)snprintf(path, sizeof path, "/run/netns/%s", space);
    SJ_AUTO(sj_auto_close) int space_fd = open(path, O_RDONLY | O_CLOEXEC);
    if (space_fd < 0 || setns(space_fd, CLONE_NEWNET) < 0) {
        return -1;
    }
    SJ_AUTO(sj_auto_close) int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    (void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0) {
        return -1;
    }
    return sj_take_fd(&fd);
}

static void take(struct way *way, uint64_t now_ns, uint64_t delay_ns)
{
    while (way->count < QUEUE_LEN) {
        struct packet *packet = &way->packets[(way->first + way->count) % QUEUE_LEN];
        ssize_t len = read(way->from, packet->data, sizeof packet->data);
        if (len <= 0) {
            return;
        }
        packet->len = (size_t)len;
        packet->due_ns = now_ns + delay_ns;
        way->count++;
    }
}

static void give(struct way *way, uint64_t now_ns)
{
    while (way->count > 0 && way->packets[way->first].due_ns <= now_ns) {
        struct packet *packet = &way->packets[way->first];
        (void)!write(way->to, packet->data, packet->len);
        way->first = (way->first + 1) % QUEUE_LEN;
        way->count--;
    }
}

static void relay(struct way ways[2], uint64_t delay_ns)
{
    for (;;) {
        uint64_t now_ns = sj_clock_ns(CLOCK_MONOTONIC);
        uint64_t next_ns = now_ns + SJ_NS_PER_S;
        for (int i = 0; i < 2; i++) {
            take(&ways[i], now_ns, delay_ns);
            give(&ways[i], now_ns);
            if (ways[i].count > 0 && ways[i].packets[ways[i].first].due_ns < next_ns) {
                next_ns = ways[i].packets[ways[i].first].due_ns;
            }
        }
        struct pollfd items[3] = {{.fd = ways[0].from, .events = POLLIN},
                                  {.fd = ways[1].from, .events = POLLIN},
                                  {.fd = STDIN_FILENO, .events = POLLIN}};
        struct timespec wait = {.tv_sec = (time_t)((next_ns - now_ns) / SJ_NS_PER_S),
                                .tv_nsec = (long)((next_ns - now_ns) % SJ_NS_PER_S)};
        if (ppoll(items, 3, &wait, NULL) < 0 && errno != EINTR) {
            return;
        }
        if (items[2].revents) {
            return;
        }
    }
}

int main(int argc, char **argv)
{
    uint64_t round_trip_ms = 0;
    if (argc != 6 || sj_parse_u64(argv[1], 10000, &round_trip_ms) < 0) {
        (void)fputs("usage: serve-delay ROUND-TRIP-MS NAMESPACE DEVICE NAMESPACE DEVICE\n", stderr);
        return 2;
    }
    // Back to where it began: it is no process of either of them.
    SJ_AUTO(sj_auto_close) int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int one = open_tun(argv[2], argv[3]);
    int other = open_tun(argv[4], argv[5]);
    (void)setns(home, CLONE_NEWNET);
    if (one < 0 || other < 0) {
        perror("tun");
        return 1;
    }
    (void)puts("ready");
    (void)fflush(stdout);
    struct way ways[2] = {
        {.from = one, .to = other, .packets = sj_calloc(QUEUE_LEN, sizeof(struct packet))},
        {.from = other, .to = one, .packets = sj_calloc(QUEUE_LEN, sizeof(struct packet))}};
    relay(ways, round_trip_ms * SJ_NS_PER_MS / 2);
    free(ways[0].packets);
    free(ways[1].packets);
    return 0;
}
