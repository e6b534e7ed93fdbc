/*
 * analyse/packer/explain.h -- why a file is said to be packed by what it is said to be.
 *
 * What decided, most first; the routine that runs first, disassembled along its jumps and calls;
 * and how random each section looks, from its start to its end.
 */
#ifndef ANALYSE_PACKER_EXPLAIN_H
#define ANALYSE_PACKER_EXPLAIN_H

#include "analyse/packer/packer_model.h"

enum {
    EXPLAIN_REASONS = 8,
    EXPLAIN_TEXT = 224,
    EXPLAIN_STEPS = 64,
    EXPLAIN_MAP = 64, /* parts of a section in its map */
};

struct packer_reason {
    char text[EXPLAIN_TEXT]; /* "bytes 60 e8 03 00 at +0"; printable ASCII */
    float weight;            /* what it adds to the answer's score */
};

struct routine_step {
    uint64_t address;
    uint64_t offset; /* of its bytes in the file */
    struct walk_instruction instruction;
    bool jumped; /* comes here from elsewhere, not from the instruction before */
};

struct section_map {
    float entropy;  /* exact */
    uint32_t parts; /* of the map; 0: no bytes in the file */
    float map[EXPLAIN_MAP];
};

struct packer_explanation {
    struct packer_reason reasons[EXPLAIN_REASONS];
    uint32_t reason_count;
    struct routine_step steps[EXPLAIN_STEPS];
    uint32_t step_count;
    struct section_map sections[IMAGE_SECTIONS]; /* of the image's */
    struct section_map file;
};

/*
 * Of `file`, read as `image` and `specimen`, judged by `classifier` as `verdict`. Reasons speak for
 * the answer: those of "unknown" for its being packed at all.
 */
void packer_explain(const struct packer_classifier *classifier, const struct extractor *extractor,
                    struct bytes file, const struct image *image, const struct specimen *specimen,
                    const struct packer_verdict *verdict,
                    struct packer_explanation *ret_explanation);

#endif
