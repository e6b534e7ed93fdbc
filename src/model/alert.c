#include "model/alert.h"

const char *attack_class_name(enum attack_class class)
{
    static const char *const names[] = {
#define X(name, doc) #name,
        ATTACK_CLASSES(X)
#undef X
    };
    return (unsigned)class < ATTACK_CLASS_COUNT ? names[class] : names[ATTACK_none];
}

const char *attack_outcome_name(enum attack_outcome outcome)
{
    static const char *const names[] = {
#define X(name) #name,
        ATTACK_OUTCOMES(X)
#undef X
    };
    return (unsigned)outcome < OUTCOME_COUNT ? names[outcome] : names[OUTCOME_unknown];
}
