/* hinomi livenet: one table of its verbs, wiring only. */
#include <stddef.h>

#include "show/verb.h"

static const struct verb verbs[] = {
    {"report", "who talks to whom, by application, service, host and unit", livenet_report},
    {"flows", "each flow as a line of JSON, for ingest and others", livenet_flows},
    {"watch", "an interface or exporters, live", livenet_watch},
    {NULL, NULL, NULL},
};

int verb_livenet(int argc, char **argv)
{
    return verb_area("livenet", "Watches the network that is in use: its flows and applications.",
                     verbs, argc, argv);
}
