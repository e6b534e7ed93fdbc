/*
 * analyse/sample/rules.h -- the user's YARA rules over a file, by libyara.
 *
 * Each file of rules is a namespace of its own. One that does not compile is named and left out;
 * what it says of other files is not affected. External variables that rules for whole systems
 * expect (filename, filepath, extension, filetype, owner) are there; the first three are filled in.
 */
#ifndef ANALYSE_SAMPLE_RULES_H
#define ANALYSE_SAMPLE_RULES_H

#include "base/arena.h"

enum {
    RULES_FILES = 4096,     /* files of rules in a folder; further ones are left out, and told */
    RULES_MATCHES = 128,    /* rules that match a file and are told */
    RULES_STRINGS = 16,     /* strings of a rule that are told, each at the first place */
    RULES_SECONDS_MOST = 10 /* a file; then the rest of the rules is not known */
};

struct rule_string {
    struct bytes name; /* "$mz" */
    uint64_t offset;   /* of the first place */
    uint32_t places;
};

struct rule_match {
    struct bytes rule, file;  /* the rule's name, and the file of rules without its folder */
    struct bytes description; /* meta: description; may be empty */
    struct bytes tags;        /* separated by blanks */
    struct rule_string strings[RULES_STRINGS];
    uint32_t string_count;
};

struct rule_matches {
    struct rule_match items[RULES_MATCHES];
    uint32_t count;
    uint32_t more; /* matched, too, and not told */
    bool late;     /* stopped by the clock */
};

/* Told for each file of rules that is left out. */
typedef void rules_told(void *context, const char *file, int line, const char *why);

struct rules;

/*
 * Compile a file, or the *.yar and *.yara of a folder and the folders in it, in the order of their
 * names. -ENOENT: no such path; -ENODATA: nothing there compiles; -ENOMEM.
 */
int rules_open(const char *path, rules_told *told, void *context, struct rules **ret_rules)
    __attribute__((warn_unused_result));
uint32_t rules_count(const struct rules *rules); /* rules, not files */

/* Run them; texts are kept in `keep`. `name` is the file's, for rules that look at it. */
int rules_run(struct rules *rules, struct bytes content, struct bytes name, struct arena *keep,
              struct rule_matches *ret_matches) __attribute__((warn_unused_result));
void rules_close(struct rules *rules);

#endif
