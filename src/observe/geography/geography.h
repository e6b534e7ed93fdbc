/*
 * observe/geography/geography.h -- in which country, and which network's, an address is.
 *
 * Read from databases the user has, in MaxMind's format (mmdb; MaxMind's own,
 * DB-IP's and others'), by libmaxminddb: those with a country (country.iso_code,
 * or registered_country) and those with an autonomous system
 * (autonomous_system_number), in one file or two. Nothing is asked of anybody.
 */
#ifndef OBSERVE_GEOGRAPHY_GEOGRAPHY_H
#define OBSERVE_GEOGRAPHY_GEOGRAPHY_H

#include "base/fault.h"
#include "model/observation.h"

enum { GEOGRAPHY_FILES = 4 };

struct place {
    char country[3]; /* ISO 3166: two capital letters, or empty: unknown */
    uint32_t system; /* number of the autonomous system; 0: unknown */
};

struct geography;

/* Files separated by commas. -EINVAL: more than GEOGRAPHY_FILES; -EBADMSG; -errno; -ENOMEM. */
int geography_open(const char *paths, struct geography **ret_geography, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* What the first file that knows says; by any number of threads. */
struct place geography_find(const struct geography *geography, const struct ip *ip);

void geography_close(struct geography *geography);

#endif
