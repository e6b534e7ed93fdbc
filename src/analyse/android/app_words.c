#include "analyse/android/app_words.h"

#include <stdlib.h>

static bool is_of_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80;
}

struct bytes app_words_next(struct bytes *rest, char *word, size_t *ret_length)
{
    while (rest->len) {
        size_t start = 0, end;
        while (start < rest->len && !is_of_word(rest->at[start]))
            start++;
        for (end = start; end < rest->len && is_of_word(rest->at[end]); end++)
            if (end - start < APP_WORDS_LENGTH)
                word[end - start] = ascii_lower(rest->at[end]);
        struct bytes found = {rest->at + start, end - start};
        *rest = bytes_from(*rest, end);
        *ret_length = found.len < APP_WORDS_LENGTH ? found.len : APP_WORDS_LENGTH;
        if (found.len >= 2)
            return found;
    }
    return (struct bytes){NULL, 0};
}

static int ids_compare(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

int app_words_take(struct strings *words, struct bytes text, uint32_t *ret_ids, uint32_t *ret_times,
                   uint32_t *ret_count)
{
    char word[APP_WORDS_LENGTH];
    uint32_t taken = 0, kept = 0;
    size_t length;
    while (taken < APP_WORDS_TEXT && app_words_next(&text, word, &length).len) {
        int error = strings_intern(words, (struct bytes){word, length}, &ret_ids[taken]);
        if (error)
            return error;
        taken++;
    }
    if (taken)
        qsort(ret_ids, taken, sizeof(*ret_ids), ids_compare);
    for (uint32_t i = 0; i < taken; i++) {
        if (kept && ret_ids[kept - 1] == ret_ids[i]) {
            ret_times[kept - 1]++;
            continue;
        }
        ret_ids[kept] = ret_ids[i];
        ret_times[kept++] = 1;
    }
    *ret_count = kept;
    return 0;
}
