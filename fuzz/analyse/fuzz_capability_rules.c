/* Any bytes as rules: refused with a line, or such as take evidence without leaving it. */
#include <stdlib.h>

#include "analyse/capability/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    const struct bytes text = {(const char *)at, length};
    struct arena arena = {.newest = NULL};
    struct capability_rules rules;
    struct capability_matcher *matcher;
    struct capability_found found;
    struct fault fault = {NULL, 0, 0};
    int error = capability_rules_read(text, &arena, &rules, &fault);
    if (error && (!fault.why || fault.line == 0))
        abort();
    if (!error && capability_matcher_create(&rules, &matcher) == 0) {
        for (int kind = 0; kind < REPORT_KIND_COUNT; kind++) {
            struct bytes rest = text;
            while (rest.len)
                capability_report_take(matcher, (enum report_kind)kind,
                                       bytes_take_part(&rest, ' '));
        }
        for (uint32_t i = 0; i < rules.rule_count; i++)
            if (capability_find(matcher, i, &found) && found.count == 0)
                abort();
        capability_matcher_destroy(matcher);
    }
    if (!error)
        capability_rules_finish(&rules);
    arena_finish(&arena);
    return 0;
}
