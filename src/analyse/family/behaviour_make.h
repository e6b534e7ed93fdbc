/*
 * analyse/family/behaviour_make.h -- behaviours from reports and from files.
 */
#ifndef ANALYSE_FAMILY_BEHAVIOUR_MAKE_H
#define ANALYSE_FAMILY_BEHAVIOUR_MAKE_H

#include "analyse/family/behaviour.h"
#include "analyse/image/image.h"
#include "analyse/report/texts.h"
#include "base/arena.h"

enum { BEHAVIOUR_FILE_TEXTS = 4096 /* of a file, the first ones */ };

/*
 * What a sandbox told: calls in order; other things as tokens "KIND:TEXT", folded, long numbers as
 * "0" and the folder of a user as "*", so that another machine gives the same. What the sandbox
 * says of the sample itself -- its name, its family, whose rules it meets -- is no behaviour and
 * left out. Beyond the limits of behaviour.h the rest is left out. Texts are the arena's. -ENOMEM.
 */
int behaviour_of_report(const struct report_texts *texts, struct arena *arena,
                        struct behaviour *ret_behaviour) __attribute__((warn_unused_result));

/*
 * What a file is made of: imports, libraries, names of sections, texts, and its TLSH. Of a file
 * that is no executable texts and TLSH. -ENOMEM.
 */
int behaviour_of_file(struct bytes content, const struct image *image, struct arena *arena,
                      struct behaviour *ret_behaviour) __attribute__((warn_unused_result));

#endif
