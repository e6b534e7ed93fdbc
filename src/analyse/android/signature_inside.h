/*
 * analyse/android/signature_inside.h -- what the files that read signatures share.
 */
#ifndef ANALYSE_ANDROID_SIGNATURE_INSIDE_H
#define ANALYSE_ANDROID_SIGNATURE_INSIDE_H

#include "analyse/android/signature.h"

/* Where the parts of an APK are that schemes 2 and 3 sign: three runs with the block left out. */
struct signed_file {
    struct bytes entries, directory;
    struct bytes end;   /* with the offset of the directory as if there were no block */
    struct bytes block; /* pairs of ids and values; empty: none */
};

/* `end` is a copy in the arena. False: there is no block, or it is broken (noted). */
bool signed_file_find(const struct package *package, struct arena *arena, struct notes *notes,
                      struct signed_file *ret_file);

/* The signers of one scheme's value. -ENOMEM. */
int block_signers_read(const struct signed_file *file, enum scheme scheme, struct bytes value,
                       struct arena *arena, struct notes *notes, struct signatures *signatures);

/* Those of scheme 1. -ENOMEM. */
int jar_signers_read(struct package *package, struct arena *arena, struct notes *notes,
                     struct signatures *signatures);

/* NULL: the list of digests is the one that `signed_text` (an .SF) names; else why not. */
const char *jar_list_compare(struct package *package, struct bytes signed_text);

/* Whether an .SF says that the application is signed by scheme '2' or '3', too. */
bool jar_names_scheme(struct bytes signed_text, char scheme);

/* NULL: what is read of the application is what the list of digests has; else why not. */
const char *jar_files_compare(struct package *package);

/* NULL: the digests of the file are those signed; else why not. `algorithm` as the block has it. */
const char *file_digest_compare(const struct signed_file *file, uint32_t algorithm,
                                struct bytes expected);

/* NULL: it verifies; else why not. */
const char *block_signature_verify(uint32_t algorithm, struct bytes key, struct bytes data,
                                   struct bytes signature);

/* One more, or NULL and a note. */
struct signer *signer_add(struct signatures *signatures, enum scheme scheme, struct notes *notes);

#endif
