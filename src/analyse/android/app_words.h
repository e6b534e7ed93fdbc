/*
 * analyse/android/app_words.h -- the words of a description.
 *
 * A word is a run of letters, digits and bytes of other scripts, two bytes at least and
 * APP_WORDS_LENGTH at most (of longer ones the start), ASCII letters folded to small ones. Of a
 * text the first APP_WORDS_TEXT words count.
 */
#ifndef ANALYSE_ANDROID_APP_WORDS_H
#define ANALYSE_ANDROID_APP_WORDS_H

#include "base/strings.h"

enum { APP_WORDS_TEXT = 4096, APP_WORDS_LENGTH = 32 };

/*
 * The ids of a text's words, ascending, and how often each is there; room for APP_WORDS_TEXT each.
 * New words are interned. -ENOMEM, -ENOSPC (strings.h).
 */
int app_words_take(struct strings *words, struct bytes text, uint32_t *ret_ids, uint32_t *ret_times,
                   uint32_t *ret_count) __attribute__((warn_unused_result));

/* The next word of `*rest`, which is shortened, as it stands there, and folded in `word`, which has
 * room for APP_WORDS_LENGTH; empty: there is none. */
struct bytes app_words_next(struct bytes *rest, char *word, size_t *ret_length);

#endif
