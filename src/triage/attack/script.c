/* Script for other people's browsers: markup in a parameter that a page may give back. */
#include <errno.h>

#include "triage/attack/recogniser.h"

static const char *const script_marks[] = {
    "<\\s*/?(script|img|svg|iframe|body|a|object|embed|video|audio|details|input|marquee|math|form|"
    "link|meta|style|base|button|select|textarea|isindex|div|x)[\\s/>]",
    "\\bon[a-z]{3,}\\s*=",
    "(javascript|vbscript)\\s*:",
    "(alert|prompt|confirm|eval|fetch)\\s*[(`]",
    "document\\.(cookie|domain|location|write)",
    NULL,
};

static int script_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion);
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (suspicion->attempts->items[i].class == ATTACK_cross_site_scripting)
            return 0;
    struct attempt *attempt =
        attempt_begin(suspicion, ATTACK_cross_site_scripting, 0.85, (struct bytes){0});
    struct expectation *expectation =
        attempt ? expectations_add(&attempt->expectations, suspicion->arena) : NULL;
    if (!expectation)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    expectation->kind = EXPECT_markup;
    expectation->text = text;
    expectation->command = text;
    expectation->visible = true;
    return 0;
}

const struct recogniser script_recogniser = {
    .name = "script",
    .places = PLACES_PARAMETERS | PLACE_BIT(path) | PLACE_BIT(header),
    .marks = script_marks,
    .look = script_look,
};
