/*
 * analyse/android/zip_directory.h -- the entries of an APK, as Android's installer sees them.
 *
 * Android goes by the central directory and by as little of it as it can: it does not care whether
 * an entry is said to be encrypted, what stands in extra fields, which version is needed, or
 * whether the header before an entry's bytes agrees. Those who do care (unpackers, analysers) are
 * thrown off by breaking just these. So the directory is read here, and written anew with nothing
 * but what Android looks at, for libzip to unpack by (package.h).
 *
 * Limits: ZIP_ENTRIES entries, which the format has; no ZIP64, whose archives Android does not
 * install.
 */
#ifndef ANALYSE_ANDROID_ZIP_DIRECTORY_H
#define ANALYSE_ANDROID_ZIP_DIRECTORY_H

#include "analyse/android/notes.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/fault.h"

enum { ZIP_ENTRIES = 65535 };

enum zip_method { ZIP_STORED = 0, ZIP_DEFLATED = 8 };

struct zip_entry {
    struct bytes name;
    uint32_t header; /* offset of the header before its bytes */
    uint32_t crc, packed, size;
    uint16_t method;    /* stored or deflated: how it is tried first */
    bool method_broken; /* said to be neither: Android takes it for one of them */
};

struct zip_directory {
    struct zip_entry *entries;
    uint32_t count;
    uint32_t start; /* offset of the central directory: entries are before it */
    size_t end;     /* offset of the record that ends the archive */
    bool gap;       /* bytes stand between the directory and that record */
};

/*
 * Names point into `file`, entries are in `arena`. -EBADMSG with a fault: Android would refuse it;
 * -ENOMEM.
 */
int zip_directory_read(struct bytes file, struct arena *arena, struct notes *notes,
                       struct zip_directory *ret_directory, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* As the plainest directory with these entries, to stand at `start`. */
void zip_directory_write(const struct zip_directory *directory, struct buffer *out);

/* The entry's bytes as they lie in the file, `len` of them; empty where they do not fit. */
struct bytes zip_entry_bytes(const struct zip_directory *directory, struct bytes file,
                             const struct zip_entry *entry, size_t len);

#endif
