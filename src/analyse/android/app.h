/*
 * analyse/android/app.h -- all there is to read of an Android application, without running it.
 *
 * A file is an APK, or a part of one by itself: a DEX, a binary XML, a table of resources. Of an
 * APK everything that can be read is read, whatever of it is broken; what Android would refuse is
 * told as `refused`, what is merely odd as notes. Only a file of which nothing can be read is an
 * error.
 *
 * Limits: those of the parts (package.h, axml.h, resources.h, dex.h, app_code.h, signature.h),
 * APP_FILES files of code, and APP_MEMORY bytes for what is read.
 */
#ifndef ANALYSE_ANDROID_APP_H
#define ANALYSE_ANDROID_APP_H

#include "analyse/android/app_code.h"
#include "analyse/android/manifest.h"
#include "analyse/android/network_config.h"
#include "analyse/android/protector.h"
#include "analyse/android/signature.h"

enum { APP_FILES = 100, APP_MEMORY = 1 << 30, APP_LIBRARIES = 64, APP_REFUSED = 8 };

enum app_form { APP_PACKAGE, APP_CODE, APP_DOCUMENT, APP_RESOURCES };

/* Why Android would not take a part of it. */
struct app_refusal {
    struct bytes part; /* "AndroidManifest.xml" */
    const char *why;
};

struct app {
    enum app_form form;
    uint64_t size;
    uint8_t sha256[CERTIFICATE_DIGEST];
    bool has_manifest, has_code;
    struct manifest manifest;
    struct network_config network;
    struct signatures signatures;
    struct app_code code;
    struct protector protector;
    uint32_t entries;       /* of the ZIP */
    struct dex *code_files; /* `files` of them */
    uint32_t files;
    struct bytes libraries[APP_LIBRARIES]; /* native ones: "lib/armeabi/libfoo.so" */
    uint32_t library_count;
    struct app_refusal refused[APP_REFUSED];
    uint32_t refused_count;
    struct notes notes;
    struct arena arena; /* holds it all */
};

/*
 * `file` must outlive it; app_finish afterwards, unless it fails. Large: not for the stack.
 * -EBADMSG with a fault: nothing of Android's can be read; -ENOMEM.
 */
int app_read(struct bytes file, struct app *ret_app, struct fault *ret_fault)
    __attribute__((warn_unused_result));
void app_finish(struct app *app);

/* "apk", "dex", "xml", "resources". */
const char *app_form_name(enum app_form form);

#endif
