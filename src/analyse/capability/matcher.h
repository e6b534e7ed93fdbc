/*
 * analyse/capability/matcher.h -- evidence in, capabilities out, each with where it was seen.
 *
 * Evidence is taken a piece at a time and not kept: of each pattern the first text that met it and
 * its place. One matcher for one sample at a time; clear it for the next. A text costs a look-up a
 * character, however many rules there are.
 */
#ifndef ANALYSE_CAPABILITY_MATCHER_H
#define ANALYSE_CAPABILITY_MATCHER_H

#include "analyse/capability/rules.h"
#include "analyse/image/image.h"
#include "analyse/report/report.h"

enum { CAPABILITY_TEXT = 160 /* of what met a pattern, with its NUL; longer ones are cut */ };

/* Where evidence is from. */
enum capability_source {
    EVIDENCE_CALL,   /* place: which call it was, from 0 */
    EVIDENCE_REPORT, /* which thing of the report */
    EVIDENCE_IMPORT, /* offset in the file */
    EVIDENCE_STRING, /* likewise */
};

struct capability_evidence {
    uint8_t kind;   /* of the term it meets */
    uint8_t source; /* enum capability_source */
    uint64_t place;
    char text[CAPABILITY_TEXT]; /* printable ASCII; of an order the names of its calls */
};

/* One that the sample has. */
struct capability_found {
    const struct capability_rule *rule;
    bool seen; /* else able */
    uint8_t count;
    struct capability_evidence evidence[CAPABILITY_TERMS]; /* one a term of the line that held */
};

struct capability_matcher;

/* The rules must stay. -ENOMEM. */
int capability_matcher_create(const struct capability_rules *rules,
                              struct capability_matcher **ret_matcher)
    __attribute__((warn_unused_result));
void capability_matcher_clear(struct capability_matcher *matcher);
void capability_matcher_destroy(struct capability_matcher *matcher);

/* A thing of a report; calls in their order. */
void capability_report_take(struct capability_matcher *matcher, enum report_kind kind,
                            struct bytes text);

/* All that is in a file: its imports and texts. */
void capability_file_take(struct capability_matcher *matcher, struct bytes file,
                          const struct image *image);

/* A function by name, and a text, as if from a file: what the above is made of. */
void capability_import_take(struct capability_matcher *matcher, struct bytes name, uint64_t offset);
void capability_text_take(struct capability_matcher *matcher, struct bytes text, uint64_t offset);

/*
 * What rule `number` comes to: a line seen, else one able, the first that holds. False: none does.
 * Terms that speak of functions in "able" lines are met by calls, too.
 */
bool capability_find(const struct capability_matcher *matcher, uint32_t number,
                     struct capability_found *ret_found);

#endif
