/*
 * show/livenet_input.h -- what the livenet verbs have in common.
 *
 *     struct livenet_input input = LIVENET_INPUT("livenet report");
 *     … entries: LIVENET_INPUT_OPTIONS(&input) …
 *     status = livenet_input_open(&input, window, flow, context);   an exit status
 *     status = livenet_input_read(&input, paths, count);
 *     … print …
 *     livenet_input_close(&input);
 */
#ifndef SHOW_LIVENET_INPUT_H
#define SHOW_LIVENET_INPUT_H

#include "base/progress.h"
#include "engine/livenet.h"
#include "observe/packet/tap.h"
#include "show/options.h"

struct livenet_input {
    const char *verb;
    const char *inside, *data, *filter; /* as given */
    int64_t window;
    bool exports;
    struct prefix_table prefixes;
    struct bytes *units; /* texts of the prefixes, in `inside` */
    uint32_t unit_count;
    struct livenet *livenet;
    struct progress progress;
    uint64_t packets; /* progress: read so far */
};

#define LIVENET_INPUT(name)                                                                        \
    {                                                                                              \
        .verb = (name), .window = 10 * TIME_MINUTE                                                 \
    }

#define LIVENET_INPUT_OPTIONS(input)                                                               \
    {"--inside", OPTION_TEXT, &(input)->inside, "P[,P…]",                                          \
     "the organisation's prefixes, each a unit of it (default: private addresses, by /24)"},       \
        {"--data", OPTION_TEXT, &(input)->data, "DIR",                                             \
         "store the windows there (darknet.db: livenet_flows)"},                                   \
        {"--window", OPTION_DURATION, &(input)->window, "TIME", "length of a window"},             \
        {"--filter", OPTION_TEXT, &(input)->filter, "EXPRESSION",                                  \
         "only packets that pass it, in tcpdump's language"},                                      \
    {                                                                                              \
        "--exports", OPTION_FLAG, &(input)->exports, NULL,                                         \
            "read the NetFlow and IPFIX in the packets instead of metering them"                   \
    }

/* EXIT_OK, or an exit status after a message; close it in any case. `flow` may be NULL. */
int livenet_input_open(struct livenet_input *input,
                       int (*flow)(void *context, const struct flow *flow), void *context);

/*
 * Read captures and flow logs, folders of them, or "-". Says on stderr what could not be read;
 * EXIT_FAILED when something could not.
 */
int livenet_input_read(struct livenet_input *input, char **paths, int count);

/* Say what was wrong with the packets of a tap; EXIT_FAILED when a file was. */
int livenet_faults_print(const struct livenet_input *input, const struct tap_counts *counts);

void livenet_input_close(struct livenet_input *input);

/* The first SIGINT or SIGTERM makes this true. */
void livenet_stop_arm(void);
bool livenet_stopped(void);

#endif
