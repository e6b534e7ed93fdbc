/* hinomi ioc …: indicators of compromise, from what programs did to rules for other tools. */
#include "show/ioc_input.h"
#include "show/verb.h"

int verb_ioc(int argc, char **argv)
{
    static const struct verb verbs[] = {
        {"make", "indicators from what malware did and harmless software did not", ioc_make},
        {"match", "what indicators find in reports, events or the stored history", ioc_match},
        {"export", "indicators as Sigma, YARA, STIX, OpenIOC, osquery", ioc_export},
        {"eval", "how well indicators find what they were not made from", ioc_eval},
        {NULL, NULL, NULL},
    };
    return verb_area("ioc", "Indicators of compromise, made from what malware does.", verbs, argc,
                     argv);
}
