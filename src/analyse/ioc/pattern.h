/*
 * analyse/ioc/pattern.h -- one thing a program did, at every level of abstraction.
 *
 * A mask is text in lower case in which some parts stand for many: "<drive>\users\<user>\appdata\
 * <letters:5>.exe". From a thing seen, pattern_derive makes the masks that describe it, from the
 * thing itself to nearly anything of its kind; each is something a person can read and say why it
 * is there. Two things share a mask exactly when the mask describes both, so what masks cover is
 * counted by joining, and no expression is run while candidates are weighed (NTT's EIGER, Kurogome
 * et al., ACSAC 2019, enumerates regular expressions in this spirit).
 *
 * Masks become regular expressions (pattern_regex) in the part of the language that PCRE,
 * Hyperscan, RE2, YARA and Python share; they are to be matched without regard to case.
 *
 * Elements: <drive> <user> <hklm> <hkcu> <hkcr> <hku> <controlset> <sid> <guid> <hex> <digits>
 * <letters> <letters:N> <alnum:N> <any> (within a folder) <path> (any folders) <rest> (anything)
 * <word> <edge> (where a word begins and ends) <gap> (between words) <long> (40 and more characters
 * of a word) <sub> (any subdomains); "<<" is '<' itself.
 *
 * A mask with elements has PATTERN_PLAIN plain letters and digits at least: less says nothing.
 *
 * Limits: things over PATTERN_TEXT bytes are cut there, PATTERN_WORDS words of a command or script
 * count, PATTERN_RUNS runs of letters and digits of a name are varied.
 */
#ifndef ANALYSE_IOC_PATTERN_H
#define ANALYSE_IOC_PATTERN_H

#include "base/buffer.h"
#include "model/report_kind.h"

enum {
    PATTERN_TEXT = 2048,
    PATTERN_WORDS = 512,
    PATTERN_RUNS = 6,
    PATTERN_PLAIN = 4,
    PATTERN_COUNTED = 255 /* N of <letters:N> at most */
};

/* How a mask came from what was seen, and how readable that is: 1 is the thing itself. */
#define PATTERN_LEVELS(X)                                                                          \
    X(literal, 0.99, "exactly as seen")                                                            \
    X(path, 1.0, "whoever the user, whatever the drive or control set")                            \
    X(name, 0.9, "of this name, anywhere")                                                         \
    X(tail, 0.9, "of this name in a folder of this name, anywhere")                                \
    X(numbers, 0.85, "numbers, identifiers and hexadecimal digits vary")                           \
    X(words, 0.85, "with these words next to each other")                                          \
    X(word, 0.8, "with this word")                                                                 \
    X(folder, 0.75, "anything in this folder")                                                     \
    X(middle, 0.75, "one folder on the way varies")                                                \
    X(class, 0.7, "one part of the name varies")                                                   \
    X(shape, 0.4, "names of this shape")                                                           \
    X(extension, 0.5, "files of this extension")

enum pattern_level {
#define X(name, clarity, says) PATTERN_##name,
    PATTERN_LEVELS(X)
#undef X
        PATTERN_LEVEL_COUNT
};

/* "numbers"; and back, PATTERN_LEVEL_COUNT when it is none. */
struct bytes pattern_level_name(enum pattern_level level);
enum pattern_level pattern_level_find(struct bytes name);
const char *pattern_level_says(enum pattern_level level);

/* How well a mask of this level is understood, 0 to 1: less for one with little plain text, or of a
 * kind that says little by itself, as that a system library was loaded. */
double pattern_clarity(enum report_kind kind, enum pattern_level level, struct bytes mask);

/* Do indicators say anything of this kind? Not of whose a program is, or the order of its calls. */
bool pattern_usable(enum report_kind kind);

/* The mask is valid only within the call. */
typedef void pattern_take(void *context, enum pattern_level level, struct bytes mask);

/* Every mask that describes `text`; some may come twice. */
void pattern_derive(enum report_kind kind, struct bytes text, pattern_take *take, void *context);

/* The expression, whole texts unless the mask is of words. -EINVAL: this is no mask; -ENOMEM. */
int pattern_regex(struct bytes mask, struct buffer *out) __attribute__((warn_unused_result));

#endif
