#include "show/alerts_live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/packet/live.h"
#include "show/livenet_input.h"
#include "show/verb.h"

enum { PERSISTING = 1 /* s between two looks at the store */ };

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "hinomi alerts judge: %s: %s\n", what, why);
    return EXIT_FAILED;
}

/* What was gathered meanwhile comes in, what was judged goes out. */
static int store_visit(const struct alerts_live *live)
{
    if (!live->stored)
        return 0;
    int error = judged_alerts_read(live->stored);
    if (!error)
        error = judged_alerts_commit(live->stored);
    return error == -EBUSY ? 0 : error; /* then at the next look */
}

/* One reading of the tap. When it is silent, the clock goes on: to where all that came was read. */
static int tap_judge(const struct alerts_live *live, struct tap *tap, struct packets *packets)
{
    static const int64_t behind = (LIVE_WAIT + LIVE_RETIRE) * (TIME_SECOND / 1000);
    int more = tap_read(tap, packets);
    if (more > 0)
        return judge_packets(live->judge, packets);
    return more == -EAGAIN ? judge_clock(live->judge, time_now() - behind) : more;
}

static int wire_judge(const struct alerts_live *live, struct tap *tap)
{
    struct packets *packets = calloc(1, sizeof(*packets));
    int64_t began = time_ticks(), visited = began;
    int error = packets ? 0 : -ENOMEM;
    while (!error && !livenet_stopped() &&
           (!live->lasting || time_ticks() - began < live->lasting)) {
        error = tap_judge(live, tap, packets);
        if (!error && time_ticks() - visited >= PERSISTING * TIME_SECOND) {
            visited = time_ticks();
            error = store_visit(live);
        }
        if (fflush(stdout) != 0)
            error = -errno; /* nobody reads on */
    }
    free(packets);
    return error;
}

static void counts_print(const struct tap_counts *counts)
{
    fprintf(stderr, "%" PRIu64 " packets captured, %" PRIu64 " dropped by the kernel\n",
            counts->records, counts->dropped);
    for (int i = 0; i < PACKET_FAULT_COUNT; i++)
        if (counts->faults[i].count)
            fprintf(stderr, "%" PRIu64 " × %s\n", counts->faults[i].count, packet_faults[i].text);
}

int alerts_live_judge(const struct alerts_live *live)
{
    const struct live_options options = {.interface = live->interface,
                                         .taps = 1,
                                         .ring = live->ring,
                                         .filter = live->filter,
                                         .outgoing = true};
    struct live *wire;
    char why[256] = "";
    livenet_stop_arm();
    int error = live_open(&options, &wire, why);
    if (error) {
        failed(live->interface, *why ? why : strerror(-error));
        return error == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
    }
    /* A large ring takes its time; what is sent before this line is not seen. */
    fprintf(stderr, "hinomi alerts judge: listening on %s\n", live->interface);
    error = wire_judge(live, live_tap(wire, 0));
    counts_print(tap_counts(live_tap(wire, 0)));
    (void)live_close(wire);
    return error ? failed(live->interface, live->stored && error != -ENETDOWN
                                               ? judged_alerts_error(live->stored)
                                               : strerror(-error))
                 : EXIT_OK;
}
