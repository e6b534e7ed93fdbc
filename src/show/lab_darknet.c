/* hinomi lab darknet: a capture of a darknet, with the truth about each source beside it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "base/time.h"
#include "lab/darknet.h"
#include "show/options.h"
#include "show/verb.h"

static void progress_show(void *context, uint64_t packets, double part)
{
    progress_step(context, packets, part);
}

static void result_print(const struct darknet_options *options, const struct darknet_result *result,
                         bool as_json, double seconds)
{
    if (as_json) {
        printf("{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64
               ",\"sources\":%u,\"one_packet_sources\":%" PRIu64 ",\"seconds\":%.3f}\n",
               result->packets, result->bytes, result->sources, result->singles, seconds);
        return;
    }
    printf("%" PRIu64 " packets of %" PRIu64 " sources in %.1f s (%.0f packets/s)\n",
           result->packets, result->sources + result->singles, seconds,
           (double)result->packets / seconds);
    printf("written to %s, the truth to %s.truth.ndjson\n", options->path, options->path);
}

static int generate(const struct darknet_options *options, bool as_json)
{
    struct darknet_result result;
    struct progress progress;
    const char *wrong = "";
    int64_t started = time_ticks();
    progress_begin(&progress, "packets");
    int error = darknet_generate(options, &result, &wrong, progress_show, &progress);
    progress_end(&progress);
    if (error == -EINVAL) {
        fprintf(stderr, "hinomi lab darknet: that is no value for %s; see --help\n", wrong);
        return EXIT_USAGE;
    }
    if (error) {
        fprintf(stderr, "hinomi lab darknet: %s: %s\n", options->path, strerror(-error));
        return EXIT_FAILED;
    }
    result_print(options, &result, as_json, (double)(time_ticks() - started) / (double)TIME_SECOND);
    return EXIT_OK;
}

int lab_darknet(int argc, char **argv)
{
    bool as_json = false;
    struct darknet_options options = {.prefix = "198.18.0.0/15",
                                      .mix = "default",
                                      .seed = 1,
                                      .packets = 1000000,
                                      .months = 1,
                                      .hours = 24};
    if (time_from_parts(2026, 1, 5, 0, &options.start) != 0)
        return EXIT_FAILED;
    const struct option_entry entries[] = {
        {"-o", OPTION_TEXT, &options.path, "FILE",
         "the capture to write; FILE.truth.ndjson beside"},
        {"--packets", OPTION_WHOLE, &options.packets, "N", "about so many (default 1000000)"},
        {"--hours", OPTION_NUMBER, &options.hours, "H", "in so many hours (default 24)"},
        {"--seed", OPTION_WHOLE, &options.seed, "N", "other sources, other tools, other victims"},
        {"--prefix", OPTION_TEXT, &options.prefix, "PREFIX",
         "the telescope (default 198.18.0.0/15); also IPv6"},
        {"--sources", OPTION_COUNT, &options.sources, "N",
         "about so many (default: as the mix has it, one for 40 packets)"},
        {"--mix", OPTION_TEXT, &options.mix, "NAME|KEY=PART,...",
         "default, storm, quiet, udp, iot, survey, backscatter, scans, hard; and parts of "
         "behaviours"},
        {"--members", OPTION_TEXT, &options.members, "FILE",
         "lines of NAME PREFIX: organisations among the sources"},
        {"--one-packet-sources", OPTION_WHOLE, &options.singles, "N",
         "so many sources more, of a packet each, which the truth leaves out"},
        {"--months", OPTION_COUNT, &options.months, "N",
         "deal the hours to N months, whose tools and victims differ (default 1)"},
        {"--synchronised", OPTION_NUMBER, &options.synchronised, "PART",
         "this part of the packets comes from a botnet in step (default 0)"},
        {"--start", OPTION_TIME, &options.start, "DATE", "(default 2026-01-05)"},
        {"--microseconds", OPTION_FLAG, &options.microseconds, NULL,
         "the capture format of old, not nanoseconds"},
        OPTION_JSON(&as_json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "lab darknet",
        .arguments = "",
        .does = "Write what a darknet would receive: scanners, botnets, backscatter of attacks, "
                "wrong configurations, as a capture file in the order of time, and the truth about "
                "each source beside it.",
        .example = "hinomi lab darknet -o /tmp/dark.pcap --packets 2000000 --hours 6 --seed 7\n"
                   "hinomi lab darknet -o /tmp/storm.pcap --mix storm,mirai=0.4",
        .options = entries,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!options.path) {
        fputs("hinomi lab darknet: it wants -o FILE\n", stderr);
        return EXIT_USAGE;
    }
    return generate(&options, as_json);
}
