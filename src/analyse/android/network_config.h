/*
 * analyse/android/network_config.h -- an application's rules for TLS ("Network security
 * configuration", Android developers): where it may speak in the clear, whom it trusts.
 *
 * Limits: NETWORK_DOMAINS domains are kept.
 */
#ifndef ANALYSE_ANDROID_NETWORK_CONFIG_H
#define ANALYSE_ANDROID_NETWORK_CONFIG_H

#include "analyse/android/manifest.h"

enum { NETWORK_DOMAINS = 32 };

struct network_config {
    bool present;
    enum said cleartext; /* everywhere, by the base configuration */
    bool trusts_user;    /* certificates that the user put in, outside debugging */
    struct bytes domains[NETWORK_DOMAINS]; /* where speaking in the clear is allowed */
    uint32_t domain_count;
    uint32_t pins; /* sets of pinned keys */
};

/* Of a document; `present` is set. */
void network_config_read(const struct axml *axml, struct network_config *ret_config);

#endif
