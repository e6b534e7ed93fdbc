#include "show/ioc_report.h"

static void bytes_print(FILE *to, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) /* what was seen may hold anything */
        fputc((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f ? '?' : text.at[i], to);
}

void ioc_report_print(FILE *to, const struct indicator *indicator, bool explain)
{
    bytes_print(to, indicator->family);
    fprintf(to, "  %u of %u, %u false, clarity %.2f\n", indicator->found, indicator->found_of,
            indicator->spared, indicator->clarity);
    for (uint32_t i = 0; i < indicator->part_count; i++) {
        const struct indicator_part *part = &indicator->parts[i];
        fprintf(to, "  %-3s %-11s ", i ? "and" : "", report_kind_name(part->kind).at);
        bytes_print(to, part->mask);
        fputc('\n', to);
        if (explain) {
            fputs("        /", to);
            bytes_print(to, part->regex);
            fputs("/i\n", to);
        }
    }
    if (!explain)
        return;
    fputs("      ", to);
    bytes_print(to, indicator->why);
    for (uint32_t i = 0; i < indicator->sample_count; i++) {
        fputs(i ? ", " : "\n      e.g. ", to);
        bytes_print(to, indicator->samples[i]);
    }
    fputc('\n', to);
}
