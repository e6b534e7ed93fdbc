#include "observe/darknet_check.h"

#include <errno.h>
#include <stdlib.h>

static bool organisation_owns(const struct prefix_table *organisations, uint32_t number,
                              const struct prefix *prefix)
{
    struct ip last = prefix_last(prefix);
    return prefix_table_find(organisations, &prefix->address) == number &&
           prefix_table_find(organisations, &last) == number;
}

static int check_unused(const struct darknet_configuration *configuration, uint32_t *ret_culprit,
                        const char **ret_why)
{
    struct darknet_prefixes prefixes;
    int status = darknet_prefixes_make(configuration, &prefixes);
    if (status)
        return status;
    for (uint32_t i = 0; i < configuration->organisation_count && !status; i++) {
        const struct prefix_list *unused = &configuration->organisations[i].unused;
        for (uint32_t j = 0; j < unused->count && !status; j++)
            if (!organisation_owns(&prefixes.organisations, i + 1, &unused->at[j])) {
                *ret_culprit = i;
                *ret_why = "unused addresses must lie within the organisation's own prefixes";
                status = -EINVAL;
            }
    }
    darknet_prefixes_finish(&prefixes);
    return status;
}

/* Something only one organisation may have: a name, or a prefix. */
struct claim {
    const char *name; /* NULL: the prefix */
    struct prefix prefix;
    uint32_t organisation;
};

static int claim_compare_kind(const struct claim *a, const struct claim *b)
{
    if (!a->name != !b->name)
        return a->name ? -1 : 1;
    if (a->name)
        return strcmp(a->name, b->name);
    int order = memcmp(&a->prefix.address, &b->prefix.address, sizeof(a->prefix.address));
    return order ? order : (int)a->prefix.length - (int)b->prefix.length;
}

static int claim_compare(const void *left, const void *right)
{
    const struct claim *a = left, *b = right;
    int order = claim_compare_kind(a, b);
    return order ? order
                 : (a->organisation > b->organisation) - (a->organisation < b->organisation);
}

static size_t claims_make(const struct darknet_configuration *configuration, struct claim *claims)
{
    size_t count = 0;
    for (uint32_t i = 0; i < configuration->organisation_count; i++) {
        const struct organisation *organisation = &configuration->organisations[i];
        claims[count++] = (struct claim){.name = organisation->name, .organisation = i};
        for (uint32_t j = 0; j < organisation->prefixes.count; j++)
            claims[count++] =
                (struct claim){.prefix = organisation->prefixes.at[j], .organisation = i};
    }
    return count;
}

static int check_claims(const struct darknet_configuration *configuration, uint32_t *ret_culprit,
                        const char **ret_why)
{
    size_t room = configuration->organisation_count;
    for (uint32_t i = 0; i < configuration->organisation_count; i++)
        room += configuration->organisations[i].prefixes.count;
    struct claim *claims = calloc(room ? room : 1, sizeof(*claims));
    if (!claims)
        return -ENOMEM;
    size_t count = claims_make(configuration, claims);
    if (count)
        qsort(claims, count, sizeof(*claims), claim_compare);
    int status = 0;
    for (size_t i = 1; i < count && !status; i++)
        if (claim_compare_kind(&claims[i - 1], &claims[i]) == 0 &&
            (claims[i].name || claims[i - 1].organisation != claims[i].organisation)) {
            *ret_culprit = claims[i].organisation;
            *ret_why = claims[i].name ? "two organisations have this name"
                                      : "a prefix of this organisation is another's already";
            status = -EINVAL;
        }
    free(claims);
    return status;
}

int darknet_check_organisations(const struct darknet_configuration *configuration,
                                uint32_t *ret_culprit, const char **ret_why)
{
    int status = check_claims(configuration, ret_culprit, ret_why);
    return status ? status : check_unused(configuration, ret_culprit, ret_why);
}
