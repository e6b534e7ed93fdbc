/*
 * show/darknet_input.h -- what the darknet verbs that read packets have in common.
 *
 *     struct darknet_input input = DARKNET_INPUT("darknet report");
 *     … entries: DARKNET_INPUT_OPTIONS(&input) …
 *     status = darknet_input_open(&input, paths, count);       an exit status
 *     error = darknet_input_run(&input, &options, &result);
 *     return darknet_input_close(&input, &result, error);      an exit status
 */
#ifndef SHOW_DARKNET_INPUT_H
#define SHOW_DARKNET_INPUT_H

#include "base/progress.h"
#include "engine/telescope.h"
#include "observe/packet/capture.h"
#include "observe/packet/live.h"
#include "show/darknet_setup.h"
#include "show/darknet_who.h"
#include "show/options.h"

struct darknet_input {
    const char *verb;
    const char *prefixes, *exclusions, *filter, *scanners, *geoip; /* as given */
    const char *config;
    const char *interface, *write; /* live: instead of files */
    int64_t duration;              /* live, ns; 0: for ever */
    size_t ring;                   /* live; 0: DARKNET_RING */
    struct darknet_setup setup;    /* of --config; all zero without */
    uint32_t threads;
    size_t memory;
    struct prefix_table darknet;
    bool darknet_known; /* a prefix was given */
    struct darknet_who who;
    struct capture *capture; /* or: */
    struct live *live;
    struct tap *taps[CAPTURE_TAPS];
    struct progress progress;
    /* At most once a second while packets are read, on the first tap's thread; or NULL. */
    void (*pulse)(void *context);
    void *pulse_context;
    int64_t pulsed; /* ticks */
};

#define DARKNET_RING ((size_t)256 << 20)

#define DARKNET_INPUT(name)                                                                        \
    {                                                                                              \
        .verb = (name)                                                                             \
    }

/* Entries of a table of options, the last without a comma behind it. */
#define DARKNET_INPUT_OPTIONS(input)                                                               \
    {"--config", OPTION_TEXT, &(input)->config, "FILE",                                            \
     "darknet.yaml: the telescope, organisations, whom to tell"},                                  \
        {"--prefix", OPTION_TEXT, &(input)->prefixes, "P[,P…]",                                    \
         "the telescope's prefixes; without them every packet counts"},                            \
        {"--exclude", OPTION_TEXT, &(input)->exclusions, "P[,P…]",                                 \
         "addresses inside them that are in use"},                                                 \
        {"--filter", OPTION_TEXT, &(input)->filter, "EXPRESSION",                                  \
         "only packets that pass it, in tcpdump's language"},                                      \
        {"--scanners", OPTION_TEXT, &(input)->scanners, "FILE|DIR",                                \
         "published lists of scanners (text, MISP warninglists, archives)"},                       \
        {"--geoip", OPTION_TEXT, &(input)->geoip, "FILE[,FILE]",                                   \
         "databases of countries and networks in MaxMind's format (mmdb)"},                        \
        {"--threads", OPTION_COUNT, &(input)->threads, "N",                                        \
         "at most 16 (default: the cores; live: 1)"},                                              \
    {                                                                                              \
        "--memory", OPTION_SIZE, &(input)->memory, "SIZE",                                         \
            "bound on memory (default 2G, at least 256M)"                                          \
    }

/* By which rule an attack is told; the default is the caller's. */
#define OPTION_RULE(into)                                                                          \
    {                                                                                              \
        "--rule", OPTION_TEXT, (into), "RULE",                                                     \
            "of attacks. moore: 100 packets in 60 s or longer (default); rsdos: corsaro's 25"      \
            " packets in 60 s or longer, 30 within 60 s"                                           \
    }

/* What --rule says; false: no rule, after a message. */
bool darknet_rule_read(const char *verb, const char *name, enum episode_rule *ret_rule);

/* Of a verb that has no FILE: whether an option is given that only makes sense with one. */
bool darknet_input_asked(const struct darknet_input *input);

/* EXIT_OK, or an exit status after a message. Then close must not be called. */
int darknet_input_open(struct darknet_input *input, char **paths, int count);

/* The telescope's, of an input that was opened; 0: unknown. */
double darknet_input_addresses(const struct darknet_input *input);

/*
 * telescope_run with the input's taps, prefixes, memory and progress; the
 * caller fills the rest of `options`. The first SIGINT ends it as the input's end would.
 */
int darknet_input_run(struct darknet_input *input, struct telescope_options *options,
                      struct telescope_result *ret_result) __attribute__((warn_unused_result));

/* Say on stderr what could not be read and what `error` was; frees all. */
int darknet_input_close(struct darknet_input *input, const struct telescope_result *result,
                        int error);

#endif
