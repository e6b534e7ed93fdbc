/*
 * bench/observe/send_packets.c -- send the packets of a capture at a steady rate.
 *
 *     send_packets INTERFACE FILE RATE SECONDS
 *
 * The file (pcap, Ethernet, this machine's byte order) is held in memory and
 * sent round and round, RATE packets a second, past the queue discipline, in
 * small batches. Prints the packets that the kernel took, and the seconds. Needs
 * CAP_NET_RAW.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"

enum { BATCH = 64, FILE_HEADER = 24, RECORD_HEADER = 16 };

struct capture {
    unsigned char *bytes;
    size_t length, at;
};

static int capture_map(struct capture *capture, const char *path)
{
    struct stat about;
    int file = open(path, O_RDONLY);
    if (file < 0 || fstat(file, &about) != 0 || about.st_size <= FILE_HEADER)
        return -1;
    capture->length = (size_t)about.st_size;
    capture->at = FILE_HEADER;
    capture->bytes = mmap(NULL, capture->length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    close(file);
    return capture->bytes == MAP_FAILED ? -1 : 0;
}

static struct iovec frame_next(struct capture *capture)
{
    uint32_t length = 0;
    if (capture->at + RECORD_HEADER <= capture->length)
        memcpy(&length, capture->bytes + capture->at + 8, sizeof length);
    if (length == 0 || capture->at + RECORD_HEADER + length > capture->length) {
        capture->at = FILE_HEADER; /* round again */
        memcpy(&length, capture->bytes + capture->at + 8, sizeof length);
    }
    struct iovec frame = {capture->bytes + capture->at + RECORD_HEADER, length};
    capture->at += RECORD_HEADER + length;
    return frame;
}

static int socket_open(const char *interface)
{
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_ifindex = (int)if_nametoindex(interface)};
    int one = 1, endpoint = socket(AF_PACKET, SOCK_RAW, 0);
    if (endpoint < 0 || address.sll_ifindex == 0 ||
        bind(endpoint, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(endpoint, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one) != 0)
        return -1;
    return endpoint;
}

/* Send a batch; what the kernel had no room for is sent again. */
static int batch_send(int endpoint, struct capture *capture)
{
    struct mmsghdr messages[BATCH];
    struct iovec frames[BATCH];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
        frames[i] = frame_next(capture);
        messages[i].msg_hdr.msg_iov = &frames[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (int done = 0; done < BATCH;) {
        int sent = sendmmsg(endpoint, messages + done, (unsigned)(BATCH - done), 0);
        if (sent < 0)
            return -1;
        done += sent;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct capture capture;
    if (argc != 5) {
        fputs("send_packets INTERFACE FILE RATE SECONDS\n", stderr);
        return EXIT_FAILURE;
    }
    double rate = strtod(argv[3], NULL), seconds = strtod(argv[4], NULL);
    int endpoint = socket_open(argv[1]);
    if (endpoint < 0 || capture_map(&capture, argv[2]) != 0) {
        perror(endpoint < 0 ? argv[1] : argv[2]);
        return EXIT_FAILURE;
    }
    unsigned long long sent = 0;
    int64_t started = time_ticks();
    for (double past = 0; past < seconds;) {
        past = (double)(time_ticks() - started) / (double)TIME_SECOND;
        if ((double)sent > rate * past)
            continue; /* ahead of the clock: wait, without sleeping */
        if (batch_send(endpoint, &capture) != 0) {
            perror("send_packets");
            return EXIT_FAILURE;
        }
        sent += BATCH;
    }
    printf("%llu %.3f\n", sent, (double)(time_ticks() - started) / (double)TIME_SECOND);
    return EXIT_SUCCESS;
}
