/*
 * analyse/android/signature.h -- how an application is signed, and by whom.
 *
 * Scheme 1 (JAR: META-INF/NAME.SF with a PKCS#7 beside it, RFC 2315), schemes 2, 3 and 3.1 (a block
 * before the ZIP's directory; "APK Signature Scheme v2", "… v3", Android Open Source Project).
 * Of schemes 2 and 3 the signatures are verified, and the digests of the file that they sign; of
 * scheme 1 the signature of the .SF file, the list of digests that it names, and the digests of
 * what is read of the application: manifest, resources, code.
 *
 * Limits: SIGNERS in all.
 */
#ifndef ANALYSE_ANDROID_SIGNATURE_H
#define ANALYSE_ANDROID_SIGNATURE_H

#include "analyse/android/certificate.h"
#include "analyse/android/package.h"

enum { SIGNERS = 16 };

enum scheme { SCHEME_1, SCHEME_2, SCHEME_3, SCHEME_31, SCHEMES };

struct signer {
    enum scheme scheme;
    struct certificate certificate;
    uint32_t chain; /* certificates given, its own included */
    bool verified;
    const char *why;                 /* not verified; NULL when verified */
    int32_t least_sdk, greatest_sdk; /* of schemes 3; 0: any */
    uint32_t newer;                  /* scheme 2 or 3 that it says there is besides; 0: none */
};

struct signatures {
    struct signer signers[SIGNERS];
    uint32_t count;
    bool schemes[SCHEMES]; /* there is something of it, read or not */
};

/* -ENOMEM. What is broken is noted, and told of its signer. */
int signatures_read(struct package *package, struct arena *arena, struct notes *notes,
                    struct signatures *ret_signatures) __attribute__((warn_unused_result));

/* "v1", "v2", "v3", "v3.1". */
const char *scheme_name(enum scheme scheme);

#endif
