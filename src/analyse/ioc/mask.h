/*
 * analyse/ioc/mask.h -- masks while they are made: see analyse/ioc/pattern.h.
 */
#ifndef ANALYSE_IOC_MASK_H
#define ANALYSE_IOC_MASK_H

#include "analyse/ioc/pattern.h"

enum { MASK_SIZE = 2 * PATTERN_TEXT + 256 };

/* Text of at most MASK_SIZE bytes; what does not fit makes it `over`, and it is not used. */
struct mask {
    size_t len;
    bool over;
    char at[MASK_SIZE];
};

static inline struct bytes mask_bytes(const struct mask *mask)
{
    return (struct bytes){mask->at, mask->len};
}

void mask_put(struct mask *mask, struct bytes text);       /* as it is */
void mask_put_plain(struct mask *mask, struct bytes text); /* with '<' doubled */

/* In lower case, for the level of plain text. */
void mask_lower(struct mask *mask, struct bytes text);

/* Paths, keys and names with what differs between machines made elements. */
void mask_canonical(struct mask *mask, struct bytes text);

/* The same with numbers made elements; false where there are none. `canonical` is a mask. */
bool mask_numbers(struct mask *mask, struct bytes canonical);

/* Length of the element that begins at `at` of a mask, "<<" too; 0: a plain byte. */
size_t mask_element(struct bytes mask, size_t at);

static inline bool mask_is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Bytes of words of commands and scripts; those beyond ASCII are too. */
bool mask_is_word(char c);
#define MASK_WORD_CLASS "a-z0-9_.:$@!+~#%^*\\x80-\\xff-"

#endif
