/*
 * analyse/ioc/corpus.h -- what many programs did: who did what, and who they are.
 *
 * A sample is one program that ran: a report of a sandbox, or a process on a host. It has an id, a
 * family ("" for none), a group (samples that come from one place, or are copies of each other:
 * never split between learning and trying) and what it did. Things are kept once, with the samples
 * that did them.
 *
 * Limits: CORPUS_SAMPLES samples, CORPUS_THINGS different things, CORPUS_DEEDS things done; what
 * is beyond is left out and counted. Texts are cut at PATTERN_TEXT bytes.
 */
#ifndef ANALYSE_IOC_CORPUS_H
#define ANALYSE_IOC_CORPUS_H

#include "analyse/ioc/pattern.h"
#include "base/strings.h"

enum { CORPUS_SAMPLES = 1 << 21, CORPUS_THINGS = 1 << 25, CORPUS_DEEDS = 1 << 28 };

struct corpus_sample {
    uint32_t id, family, group; /* in `strings` */
    bool malicious;
    bool held; /* never learned from: only tried on */
};

struct corpus_thing {
    uint32_t kind, text; /* enum report_kind; in `strings` */
};

struct corpus_deed {
    uint32_t thing, sample;
};

struct corpus {
    struct strings strings;
    struct corpus_sample *samples;
    struct corpus_thing *things;
    struct corpus_deed *deeds; /* as they came; given back by corpus_seal */
    struct hash_table index;   /* kind and text → thing */
    uint32_t sample_count, sample_capacity, thing_count, thing_capacity;
    size_t deed_count, deed_capacity;
    /* After corpus_seal: the samples of thing i are at doers[starts[i]] … doers[starts[i + 1]],
     * ascending. */
    size_t *starts;
    uint32_t *doers;
    uint64_t left;
};

/* A new sample; -ENOMEM, -ENOSPC when there are too many. */
int corpus_sample_add(struct corpus *corpus, struct bytes id, struct bytes family,
                      struct bytes group, uint32_t *ret_sample) __attribute__((warn_unused_result));

/* What a sample did; kinds that indicators do not speak of are passed over. -ENOMEM. */
int corpus_deed_add(struct corpus *corpus, uint32_t sample, enum report_kind kind,
                    struct bytes text) __attribute__((warn_unused_result));

/* No more is added; nothing else may be asked before. -ENOMEM. */
int corpus_seal(struct corpus *corpus) __attribute__((warn_unused_result));

void corpus_finish(struct corpus *corpus);

static inline struct bytes corpus_text(const struct corpus *corpus, uint32_t text)
{
    return strings_at(&corpus->strings, text);
}

#endif
