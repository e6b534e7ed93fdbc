/*
 * bench/observe/count_packets.c -- the ceilings of reading a capture.
 *
 *     count_packets blocks|libpcap FILE
 *
 * blocks reads the file in blocks of 4 MB and looks at nothing; libpcap calls
 * back for each packet and counts. Prints the bytes, or the packets.
 */
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4 << 20 };

static int blocks_read(const char *path)
{
    static char block[BLOCK];
    int file = open(path, O_RDONLY);
    if (file < 0) {
        perror(path);
        return EXIT_FAILURE;
    }
    ssize_t got;
    long long bytes = 0;
    while ((got = read(file, block, BLOCK)) > 0)
        bytes += got;
    printf("%lld\n", bytes);
    close(file);
    return got < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void packet_count(u_char *context, const struct pcap_pkthdr *header, const u_char *packet)
{
    (void)header;
    (void)packet;
    (*(unsigned long long *)(void *)context)++;
}

static int packets_count(const char *path)
{
    char why[PCAP_ERRBUF_SIZE];
    unsigned long long packets = 0;
    pcap_t *capture = pcap_open_offline(path, why);
    if (!capture) {
        fprintf(stderr, "%s\n", why);
        return EXIT_FAILURE;
    }
    int result = pcap_loop(capture, -1, packet_count, (u_char *)&packets);
    pcap_close(capture);
    printf("%llu\n", packets);
    return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "blocks") == 0)
        return blocks_read(argv[2]);
    if (argc == 3 && strcmp(argv[1], "libpcap") == 0)
        return packets_count(argv[2]);
    fputs("count_packets blocks|libpcap FILE\n", stderr);
    return EXIT_FAILURE;
}
