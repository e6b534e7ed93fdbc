/* hinomi livenet watch: an interface, or what exporters send, window by window. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "observe/packet/live.h"
#include "show/livenet_input.h"
#include "show/verb.h"

struct watch {
    struct livenet_input input;
    const char *interface, *write, *address;
    uint32_t port;
    size_t ring;
    int64_t lasting;
    bool json;
    struct livenet_counts told; /* when the last line was printed */
};

enum { DATAGRAM = 65536, GRACE_SECONDS = 2 };

/* A line for each window that was written. */
static void window_print(struct watch *watch)
{
    const struct livenet_counts *now = livenet_counts(watch->input.livenet);
    uint64_t flows = now->flows - watch->told.flows, bytes = now->bytes - watch->told.bytes;
    uint64_t packets = now->packets - watch->told.packets;
    char text[TIME_TEXT_SIZE];
    if (now->rows == watch->told.rows)
        return;
    struct bytes time = time_format(time_now(), text);
    if (watch->json)
        printf("{\"time\":\"%.*s\",\"flows\":%" PRIu64 ",\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64
               "}\n",
               (int)time.len, time.at, flows, packets, bytes);
    else
        printf("%.*s  %" PRIu64 " flows  %" PRIu64 " packets  %" PRIu64 " bytes\n", (int)time.len,
               time.at, flows, packets, bytes);
    fflush(stdout);
    watch->told = *now;
}

static bool watch_over(const struct watch *watch, int64_t began)
{
    return livenet_stopped() || (watch->lasting && time_ticks() - began >= watch->lasting);
}

static int tap_watch(struct watch *watch, struct tap *tap)
{
    struct packets *packets = calloc(1, sizeof(*packets));
    int64_t began = time_ticks();
    int error = packets ? 0 : -ENOMEM;
    while (!error && !watch_over(watch, began)) {
        int more = tap_read(tap, packets);
        error = more > 0 ? livenet_packets(watch->input.livenet, packets)
                : more == -EAGAIN
                    ? livenet_tick(watch->input.livenet, time_now() - GRACE_SECONDS * TIME_SECOND)
                    : more;
        window_print(watch);
    }
    free(packets);
    return error;
}

static int fail(const struct watch *watch, const char *what, const char *why)
{
    fprintf(stderr, "hinomi %s: %s: %s\n", watch->input.verb, what, why);
    return EXIT_FAILED;
}

static int interface_watch(struct watch *watch)
{
    struct live *live;
    char why[256] = "";
    struct live_options options = {.interface = watch->interface,
                                   .taps = 1,
                                   .ring = watch->ring,
                                   .filter = watch->input.filter,
                                   .write = watch->write};
    int error = live_open(&options, &live, why);
    if (error)
        return fail(watch, watch->interface, *why ? why : strerror(-error));
    error = tap_watch(watch, live_tap(live, 0));
    struct tap_counts counts = *tap_counts(live_tap(live, 0));
    int closed = live_close(live);
    fprintf(stderr, "hinomi %s: %" PRIu64 " packets, %" PRIu64 " dropped by the kernel\n",
            watch->input.verb, counts.records, counts.dropped);
    livenet_faults_print(&watch->input, &counts);
    error = error ? error : closed;
    return error ? fail(watch, watch->interface, strerror(-error)) : EXIT_OK;
}

/* Dual-stack unless an IPv4 address is given. */
static int collector_open(const struct watch *watch)
{
    struct ip ip;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons((uint16_t)watch->port)};
    struct timeval wait = {.tv_usec = 100000};
    int off = 0;
    if (!ip_parse(bytes_of(watch->address), &ip)) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    memcpy(&address.sin6_addr, &ip, sizeof(ip));
    int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -1;
    if (setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) ||
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
        bind(descriptor, (const struct sockaddr *)&address, sizeof(address))) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static int datagrams_take(struct watch *watch, int descriptor)
{
    static char datagram[DATAGRAM];
    int64_t began = time_ticks();
    int error = 0;
    while (!error && !watch_over(watch, began)) {
        struct sockaddr_in6 from = {0};
        socklen_t size = sizeof(from);
        struct ip exporter;
        ssize_t got =
            recvfrom(descriptor, datagram, sizeof(datagram), 0, (struct sockaddr *)&from, &size);
        memcpy(&exporter, &from.sin6_addr, sizeof(exporter));
        if (got >= 0)
            error = livenet_datagram(watch->input.livenet, &exporter, time_now(),
                                     (struct bytes){datagram, (size_t)got});
        else if (errno != EAGAIN && errno != EINTR)
            error = -errno;
        if (!error)
            error = livenet_tick(watch->input.livenet, time_now());
        window_print(watch);
    }
    return error;
}

static int exporters_watch(struct watch *watch)
{
    int descriptor = collector_open(watch);
    if (descriptor < 0)
        return fail(watch, "--collect", strerror(errno));
    int error = datagrams_take(watch, descriptor);
    close(descriptor);
    const struct export_counts *counts = livenet_export_counts(watch->input.livenet);
    fprintf(stderr,
            "hinomi %s: %" PRIu64 " datagrams, %" PRIu64 " flows, %" PRIu64 " broken, %" PRIu64
            " sets without their template\n",
            watch->input.verb, counts->datagrams, counts->flows, counts->broken, counts->unknown);
    return error ? fail(watch, "--collect", strerror(-error)) : EXIT_OK;
}

static int watch_run(struct watch *watch)
{
    int status = livenet_input_open(&watch->input, NULL, NULL);
    if (status == EXIT_OK) {
        livenet_stop_arm();
        status = watch->interface ? interface_watch(watch) : exporters_watch(watch);
        int error = livenet_flush(watch->input.livenet);
        if (error)
            status = fail(watch, "the last window", strerror(-error));
        window_print(watch);
    }
    livenet_input_close(&watch->input);
    return status;
}

int livenet_watch(int argc, char **argv)
{
    struct watch watch = {
        .input = LIVENET_INPUT("livenet watch"), .address = "::1", .ring = 64 << 20};
    const struct option_entry options[] = {
        {"-i", OPTION_TEXT, &watch.interface, "IFACE", "the interface to capture from (as root)"},
        {"--collect", OPTION_COUNT, &watch.port, "PORT",
         "take NetFlow v5, v9 and IPFIX at this UDP port instead"},
        {"--address", OPTION_TEXT, &watch.address, "IP",
         "… of this address (default ::1; :: is all of the machine's)"},
        {"--write", OPTION_TEXT, &watch.write, "FILE", "write what is captured there (pcap)"},
        {"--ring", OPTION_SIZE, &watch.ring, "SIZE", "the kernel's buffer (default 64M)"},
        {"--for", OPTION_DURATION, &watch.lasting, "TIME", "stop after that long"},
        LIVENET_INPUT_OPTIONS(&watch.input),
        OPTION_JSON(&watch.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "livenet watch",
        .arguments = "",
        .does = "Flows as they happen: of an interface, with the applications recognised, or\n"
                "of what routers export. A line for each window; Ctrl-C ends it.",
        .example = "hinomi livenet watch -i eth0 --window 1m --data /var/lib/hinomi",
        .options = options,
        .least = 0,
        .most = 0,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!watch.interface == !watch.port || watch.port > UINT16_MAX) {
        fprintf(stderr, "hinomi livenet watch: either -i IFACE or --collect PORT\n");
        return EXIT_USAGE;
    }
    return watch_run(&watch);
}
