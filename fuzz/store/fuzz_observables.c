/*
 * The first byte says what kind of thing the rest names. Case never matters, lists of addresses
 * stay within their bound, and what a row is posted under is what is asked for in a pivot.
 */
#include "store/observables.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void row_names(const struct observable *observable, uint64_t key)
{
    static struct batch *batch;
    uint64_t keys[ROW_OBSERVABLES];
    if (!batch)
        batch = batch_create();
    if (!batch)
        abort();
    for (uint32_t i = 0; i < observable_column_count; i++) {
        if (observable_columns[i].type != observable->type)
            continue;
        batch_clear(batch);
        uint32_t *column = batch_column(batch, observable_columns[i].field);
        if (strings_intern(&batch->strings, observable->value, &column[0]) != 0)
            abort();
        batch->rows = 1;
        uint32_t count = row_observables(batch, 0, keys), found = 0;
        for (uint32_t j = 0; j < count; j++)
            found += keys[j] == key;
        if (found != (key != 0))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    if (length == 0)
        return 0;
    char *shouted = malloc(length);
    if (!shouted)
        return 0;
    for (size_t i = 1; i < length; i++)
        shouted[i - 1] = at[i] >= 'a' && at[i] <= 'z' ? (char)(at[i] - 32) : (char)at[i];
    struct observable observable = {(enum observable_type)(at[0] % OBSERVABLE_TYPES),
                                    {(const char *)at + 1, length - 1}};
    struct observable loud = {observable.type, {shouted, length - 1}};
    uint64_t key = observable_key(&observable);
    if (key != observable_key(&loud))
        abort();
    row_names(&observable, key);
    struct ip addresses[RESOLVED_ADDRESSES];
    if (resolved_addresses(observable.value, addresses) > RESOLVED_ADDRESSES)
        abort();
    free(shouted);
    return 0;
}
