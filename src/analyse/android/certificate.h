/*
 * analyse/android/certificate.h -- who signed: what an X.509 certificate says (RFC 5280), by
 * GnuTLS.
 */
#ifndef ANALYSE_ANDROID_CERTIFICATE_H
#define ANALYSE_ANDROID_CERTIFICATE_H

#include "base/arena.h"

enum { CERTIFICATE_DIGEST = 32 };

struct certificate {
    struct bytes der;
    struct bytes subject, issuer;       /* RFC 4514; empty where GnuTLS cannot read it */
    struct bytes serial;                /* hexadecimal */
    struct bytes algorithm;             /* of its own signature: "RSA-SHA256" */
    struct bytes key;                   /* "RSA", "EC/ECDSA", … */
    uint32_t bits;                      /* of the key */
    int64_t from, until;                /* ns since 1970; TIME_NONE: not said, or after 2262 */
    uint8_t sha256[CERTIFICATE_DIGEST]; /* of the DER */
    bool debug;                         /* made by the SDK for trying out: CN=Android Debug */
    bool read;                          /* by GnuTLS; else only `der` and `sha256` */
};

/* Of any bytes: what cannot be read stays empty. Texts in `arena`. -ENOMEM. */
int certificate_read(struct bytes der, struct arena *arena, struct certificate *ret_certificate)
    __attribute__((warn_unused_result));

#endif
