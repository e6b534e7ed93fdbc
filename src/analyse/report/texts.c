#include "analyse/report/texts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

/* Room for one more element of `size` bytes. */
static bool grow(void **array, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    uint32_t more = *capacity ? 2 * *capacity : 64;
    void *grown = realloc(*array, more * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}

static int call_add(struct report_texts *texts, uint32_t name)
{
    if (texts->call_count == REPORT_CALLS) {
        texts->left++;
        return 0;
    }
    if (!grow((void **)&texts->calls, texts->call_count, &texts->call_capacity,
              sizeof(*texts->calls)))
        return -ENOMEM;
    texts->calls[texts->call_count++] = name;
    return 0;
}

int report_texts_add(struct report_texts *texts, enum report_kind kind, struct bytes text)
{
    uint64_t key = hash_mix(hash_bytes(text), kind);
    uint32_t id;
    if (kind != REPORT_call && hash_table_get(&texts->seen, key) != HASH_TABLE_NONE)
        return 0;
    if (kind != REPORT_call && texts->count == REPORT_TEXTS) {
        texts->left++;
        return 0;
    }
    int error = strings_intern(&texts->strings, text, &id);
    if (error)
        return error;
    if (kind == REPORT_call)
        return call_add(texts, id);
    if (!grow((void **)&texts->items, texts->count, &texts->capacity, sizeof(*texts->items)))
        return -ENOMEM;
    error = hash_table_put(&texts->seen, key, texts->count);
    if (!error)
        texts->items[texts->count++] = (struct report_text){kind, id};
    return error;
}

struct bytes report_texts_first(const struct report_texts *texts, enum report_kind kind)
{
    for (uint32_t i = 0; i < texts->count; i++)
        if (texts->items[i].kind == (uint32_t)kind)
            return strings_at(&texts->strings, texts->items[i].text);
    return (struct bytes){"", 0};
}

void report_texts_clear(struct report_texts *texts)
{
    strings_clear(&texts->strings);
    hash_table_clear(&texts->seen);
    texts->count = texts->call_count = 0;
    texts->left = 0;
}

void report_texts_finish(struct report_texts *texts)
{
    strings_finish(&texts->strings);
    hash_table_finish(&texts->seen);
    free(texts->items);
    free(texts->calls);
    *texts = (struct report_texts){.count = 0};
}
