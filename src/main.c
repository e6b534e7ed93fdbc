/* The command line: one table of verbs, wiring only. */
#include <stdio.h>
#include <string.h>

#include "show/verb.h"

static const struct verb verbs[] = {
    {"demo", "a sample enterprise, learned and watched: start here", verb_demo},
    {"ingest", "read endpoint events, learn the normal state, say what leaves it", verb_ingest},
    {"cases", "the cases, most urgent first", verb_cases},
    {"case", "one case: why, its course, its cause and scope, what next", verb_case},
    {"findings", "what the detectors said", verb_findings},
    {"trace", "causes and consequences of one thing, in time order", verb_trace},
    {"hunt", "read-only SQL over everything", verb_hunt},
    {"darknet", "a telescope's packets: who scans, who is attacked, who of ours is infected",
     verb_darknet},
    {"livenet", "the network in use: flows, applications, who talks to whom", verb_livenet},
    {"alerts", "what became of an attack: judged from the traffic, not from the alert",
     verb_alerts},
    {"ioc", "indicators of compromise: made from behaviour, looked for, exported", verb_ioc},
    {"packer", "executables: packed by what, if at all, and why", verb_packer},
    {"family", "samples: whose they are, by what they do", verb_family},
    {"sample", "files: what they are and hold, whose rules they match, where else they were seen",
     verb_sample},
    {"apk", "Android applications: what they ask for, leave open and do", verb_apk},
    {"capability", "samples: what they do, or have the means for", verb_capability},
    {"serve", "the console and its API, on this machine", verb_serve},
    {"lab", "simulate a small enterprise, with an attack and the truth about it", verb_lab},
    {NULL, NULL, NULL},
};

static void usage(FILE *to)
{
    fputs("Usage: hinomi VERB [--data DIR] [--json] ...\n\n", to);
    for (const struct verb *verb = verbs; verb->name; verb++)
        fprintf(to, "  %-10s %s\n", verb->name, verb->summary);
    fputs("\nhinomi VERB --help shows the options of a verb, with an example.\n", to);
}

/* What was printed has arrived, or it is said: a full disk behind a pipe is no success. */
static int end(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fputs("hinomi: the output could not be written\n", stderr);
    return status == EXIT_OK ? EXIT_FAILED : status;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return EXIT_OK;
    }
    for (const struct verb *verb = verbs; verb->name; verb++)
        if (strcmp(argv[1], verb->name) == 0)
            return end(verb->run(argc - 1, argv + 1));
    fprintf(stderr, "hinomi: there is no verb '%s'; hinomi --help lists them\n", argv[1]);
    return EXIT_USAGE;
}
