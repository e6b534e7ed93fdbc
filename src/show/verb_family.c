/* hinomi family: whose a sample is, by what it does. */
#include <string.h>

#include "show/family_input.h"
#include "show/verb.h"

int verb_family(int argc, char **argv)
{
    static const struct verb verbs[] = {
        {"train", "learn which family is which from tables of behaviours", family_train},
        {"eval", "how well families are told", family_eval},
        {NULL, NULL, NULL},
    };
    return verb_area("family", "Whose a sample is, by what it does and is made of.", verbs, argc,
                     argv);
}
