#include "model/darknet_configuration.h"

static int list_add(struct prefix_table *table, const struct prefix_list *list, uint32_t value)
{
    int status = 0;
    for (uint32_t i = 0; i < list->count && !status; i++)
        status = prefix_table_add(table, &list->at[i], value);
    return status;
}

static int telescope_make(const struct darknet_configuration *configuration,
                          struct prefix_table *table)
{
    int status = list_add(table, &configuration->prefixes, 1);
    for (uint32_t i = 0; i < configuration->exclude.count && !status; i++)
        status = prefix_table_exclude(table, &configuration->exclude.at[i]);
    return status ? status : prefix_table_freeze(table);
}

static int organisations_make(const struct darknet_configuration *configuration,
                              struct darknet_prefixes *prefixes)
{
    int status = 0;
    for (uint32_t i = 0; i < configuration->organisation_count && !status; i++) {
        const struct organisation *organisation = &configuration->organisations[i];
        status = list_add(&prefixes->organisations, &organisation->prefixes, i + 1);
        if (!status)
            status = list_add(&prefixes->unused, &organisation->unused, i + 1);
    }
    if (!status)
        status = prefix_table_freeze(&prefixes->organisations);
    return status ? status : prefix_table_freeze(&prefixes->unused);
}

int darknet_prefixes_make(const struct darknet_configuration *configuration,
                          struct darknet_prefixes *ret_prefixes)
{
    struct darknet_prefixes prefixes = {0};
    int status = telescope_make(configuration, &prefixes.telescope);
    if (!status)
        status = organisations_make(configuration, &prefixes);
    if (status) {
        darknet_prefixes_finish(&prefixes);
        return status;
    }
    *ret_prefixes = prefixes;
    return 0;
}

void darknet_prefixes_finish(struct darknet_prefixes *prefixes)
{
    prefix_table_finish(&prefixes->telescope);
    prefix_table_finish(&prefixes->organisations);
    prefix_table_finish(&prefixes->unused);
}
