/*
 * analyse/android/protector.h -- who packed an application, if anybody.
 *
 * Packers of Android applications put a loader in the place of the code and the code, encrypted,
 * beside it. Known ones are named by the files they add and the class that starts first; one that
 * is not known shows by what is missing: components the manifest names whose classes are in no
 * DEX, in an application that can load code.
 */
#ifndef ANALYSE_ANDROID_PROTECTOR_H
#define ANALYSE_ANDROID_PROTECTOR_H

#include "analyse/android/app_code.h"
#include "analyse/android/manifest.h"
#include "analyse/android/zip_directory.h"

enum { PROTECTOR_COMPONENTS = 128 /* that are looked for in the code */ };

enum protector_answer { PROTECTOR_NONE, PROTECTOR_KNOWN, PROTECTOR_UNKNOWN };

struct protector {
    enum protector_answer answer;
    const char *name;             /* of a known one; else NULL */
    struct bytes evidence;        /* a file, a class, or the first component that is missing */
    uint32_t components, missing; /* looked for; not in the code */
};

/* `directory` and `manifest` may be NULL. Evidence is theirs, or the files'. */
struct protector protector_find(const struct zip_directory *directory,
                                const struct manifest *manifest, const struct dex *files,
                                uint32_t count, const struct app_code *code);

#endif
