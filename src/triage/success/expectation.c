#include "triage/success/expectation.h"

struct expectation *expectations_add(struct expectations *expectations)
{
    if (expectations->count == EXPECTATIONS) {
        expectations->dropped++;
        return NULL;
    }
    struct expectation *expectation = &expectations->items[expectations->count++];
    *expectation = (struct expectation){0};
    return expectation;
}
