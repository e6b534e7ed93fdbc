/* hinomi alerts: one table of its verbs, wiring only. */
#include <stddef.h>

#include "show/verb.h"

static const struct verb verbs[] = {
    {"gather", "alerts of files, of any sensor, into the store", alerts_gather},
    {"listen", "alerts that come as syslog over UDP, TCP and TLS, into the store", alerts_listen},
    {"list", "groups of alerts", alerts_list},
    {"show", "a group and its members", alerts_show},
    {"decide", "an analyst's level for a group", alerts_decide},
    {"report", "what was decided, by level, in each day, week or month: table, CSV, HTML, PDF",
     alerts_report},
    {"train", "score groups by novelty, and learn levels from decisions", alerts_train},
    {"model", "generations of what was learned, who agreed with them; undo one", alerts_model},
    {"judge", "whether each attack in the traffic succeeded, with the proof", alerts_judge},
    {"imitate", "what a shell script would print and do, without running it", alerts_imitate},
    {"shellcode", "what machine code found in an attack would do", alerts_shellcode},
    {NULL, NULL, NULL},
};

int verb_alerts(int argc, char **argv)
{
    return verb_area("alerts", "Says of each attack whether it succeeded, and how one can see it.",
                     verbs, argc, argv);
}
