/* hinomi darknet: one table of its verbs, wiring only. */
#include <stddef.h>

#include "show/verb.h"

static const struct verb verbs[] = {
    {"report", "what arrived: packets, ports, classes of sources, windows", darknet_report},
    {"watch", "the same from a network interface, now", darknet_watch},
    {"sources", "every source: what it is, and its features", darknet_sources},
    {"episodes", "attacks on others, from their victims' answers", darknet_episodes},
    {"synchrony", "when its visitors move together, and who they are", darknet_synchrony},
    {"trend", "what changed, what repeats itself, what is likely next", darknet_trend},
    {"contacts", "organisations' addresses that reached the darknet", darknet_contacts},
    {"token", "the secret that opens an organisation's own contacts", darknet_token},
    {"drift", "backscatter month by month: a model that learns on, and one that doesn't",
     darknet_drift},
    {"kdd", "score the clustering on KDD Cup 1999, learning on", darknet_kdd},
    {NULL, NULL, NULL},
};

int verb_darknet(int argc, char **argv)
{
    return verb_area("darknet", "Watches addresses nobody uses: whatever arrives there is news.",
                     verbs, argc, argv);
}
