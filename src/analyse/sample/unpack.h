/*
 * analyse/sample/unpack.h -- what stands in an archive, by libarchive, within bounds.
 *
 * Nothing is written anywhere: a member is bytes in memory, its path a text, a link a text that is
 * never followed. Formats: ZIP (also encrypted), 7z, RAR 4 and 5, CAB, tar, cpio, ar, ISO 9660,
 * LHA, XAR, and single files in gzip, bzip2, xz, lzma, zstd, lz4, compress. Filters that would
 * start another program are left out. Encrypted members are tried with the word analysts' archives
 * are locked with, "infected".
 *
 * Every bound below holds for a whole tree of archives in archives, and one that was met is told:
 * what stands behind it was not seen.
 */
#ifndef ANALYSE_SAMPLE_UNPACK_H
#define ANALYSE_SAMPLE_UNPACK_H

#include "base/bytes.h"

#define UNPACK_BOUNDS(X)                                                                           \
    X(depth, "archives stand in archives deeper than is looked")                                   \
    X(members, "there are more members than are looked at")                                        \
    X(size, "a member is larger than is kept of it")                                               \
    X(total, "all members together are larger than is unpacked")                                   \
    X(ratio, "it unpacks to far more than honest packing gives")                                   \
    X(encrypted, "members are encrypted, and the usual password does not open them")               \
    X(broken, "it is cut or broken, and the rest cannot be read")

enum unpack_bound {
#define X(name, why) UNPACK_##name,
    UNPACK_BOUNDS(X)
#undef X
        UNPACK_BOUND_COUNT
};

enum {
    UNPACK_DEPTH_MOST = 8,
    UNPACK_MEMBERS_MOST = 10000, /* of a tree */
    UNPACK_SIZE_MOST = 64 << 20, /* bytes of a member */
    UNPACK_TOTAL_MOST = 256 << 20,
    UNPACK_RATIO_MOST = 250,     /* bytes out for a byte of the archive … */
    UNPACK_RATIO_FREE = 8 << 20, /* … beyond so many, of one archive */
    UNPACK_PATH_MOST = 1024,
};

const char *unpack_bound_name(enum unpack_bound bound);
const char *unpack_bound_why(enum unpack_bound bound);

/* What is left for a tree of archives. */
struct unpack_budget {
    uint32_t members;
    uint64_t bytes;
};

#define UNPACK_BUDGET ((struct unpack_budget){UNPACK_MEMBERS_MOST, UNPACK_TOTAL_MOST})

struct unpack_member {
    struct bytes path;    /* as the archive has it; at most UNPACK_PATH_MOST bytes */
    struct bytes content; /* of a file; valid during the visit */
    bool cut;             /* there was more of it */
    bool outside;         /* an absolute path, or one that leads out of the folder by ".." */
    bool link;            /* symbolic or hard; no content */
    bool locked;          /* encrypted, and the password does not open it; no content */
};

struct unpack_told {
    char format[64];  /* "ZIP 2.0 (deflation)"; empty: no archive */
    uint32_t members; /* seen, folders left out */
    bool opened_by_password;
    uint32_t bounds; /* bits, 1 << UNPACK_depth … */
};

/*
 * Visit the files and links of `content`, in the archive's order. `depth`: how many archives it
 * stands in already. A visit that returns other than 0 ends the walk, and that is returned. 0 also
 * for what is no archive; -ENOMEM.
 */
int unpack_walk(struct bytes content, uint32_t depth, struct unpack_budget *budget,
                int (*visit)(void *context, const struct unpack_member *member), void *context,
                struct unpack_told *ret_told) __attribute__((warn_unused_result));

#endif
