/*
 * analyse/android/package.h -- the files in an APK, unpacked with bounds.
 *
 * libzip unpacks; what it goes by is a directory of our own making (zip_directory.h), so that
 * headers which Android does not look at cannot stop it. Only what is asked for is unpacked, and
 * into memory: nothing is ever written.
 *
 * Limits (archive bombs): PACKAGE_ENTRY bytes an entry and PACKAGE_ALL in all; an entry above
 * PACKAGE_SMALL bytes may be at most PACKAGE_RATIO times as long as packed.
 */
#ifndef ANALYSE_ANDROID_PACKAGE_H
#define ANALYSE_ANDROID_PACKAGE_H

#include "analyse/android/zip_directory.h"

enum {
    PACKAGE_ENTRY = 128 << 20,
    PACKAGE_ALL = 512 << 20,
    PACKAGE_SMALL = 1 << 20,
    PACKAGE_RATIO = 200,
};

struct zip;

struct package {
    struct bytes file;
    struct zip_directory directory;
    struct zip *archive;
    struct buffer central; /* the directory written anew */
    struct notes *notes;
    uint64_t unpacked; /* bytes so far */
};

/* `file` and `arena` outlive it. -EBADMSG with a fault: no ZIP that Android would read; -ENOMEM. */
int package_open(struct bytes file, struct arena *arena, struct notes *notes,
                 struct package *ret_package, struct fault *ret_fault)
    __attribute__((warn_unused_result));
void package_close(struct package *package);

/* The first entry of that name; -1: none. */
int32_t package_find(const struct package *package, struct bytes name);

/*
 * An entry's content, in `arena` or the file. -E2BIG with a fault: beyond a limit; -EBADMSG with a
 * fault: its bytes are broken; -ENOMEM. A wrong checksum is noted, and the content is given.
 */
int package_read(struct package *package, uint32_t index, struct arena *arena,
                 struct bytes *ret_content, struct fault *ret_fault)
    __attribute__((warn_unused_result));

#endif
