/*
 * A list from a damaged file gives at most the rows it announces, in ascending order as long as
 * numbers don't run over; a list made of any rows gives just these rows.
 */
#include "store/postings.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

struct written {
    struct buffer list;
    uint64_t key;
};

static int list_keep(void *context, uint64_t key, struct bytes list)
{
    struct written *written = context;
    if (key == written->key)
        buffer_put(&written->list, list);
    return 0;
}

static void damaged_read(struct bytes list)
{
    struct posting_list posting = posting_list_over(list, 1000);
    uint64_t count = posting.count, given = 0;
    int64_t row;
    while (given < 100000 && posting_list_next(&posting, &row))
        given++;
    if (given > count)
        abort();
}

/* Each byte is the distance to the next row, 0 a row that names the host in no column. */
static void round_trip(const uint8_t *at, size_t length)
{
    static struct batch *batch;
    struct postings postings;
    struct observable host = {OBSERVABLE_host, BYTES("a")};
    struct written written = {.key = observable_key(&host)};
    int64_t number = 5000;
    if (!batch)
        batch = batch_create();
    if (!batch || postings_init(&postings) != 0)
        abort();
    batch_clear(batch);
    uint32_t name;
    if (strings_intern(&batch->strings, host.value, &name) != 0)
        abort();
    batch->columns.host_name[0] = name;
    batch->rows = 2;
    if (postings_begin(&postings, batch) != 0)
        abort();
    for (size_t i = 0; i < length; i++) {
        number += at[i] ? at[i] : 1;
        if (postings_take(&postings, batch, at[i] == 0, number) != 0)
            abort();
    }
    if (length && postings_write(&postings, 0, postings.base, list_keep, &written) != 0)
        abort();
    struct posting_list list = posting_list_over(buffer_bytes(&written.list), postings.base);
    int64_t row = 0;
    number = 5000;
    for (size_t i = 0; i < length; i++) {
        number += at[i] ? at[i] : 1;
        if (at[i] && (!posting_list_next(&list, &row) || row != number))
            abort();
    }
    if (posting_list_next(&list, &row))
        abort();
    buffer_finish(&written.list);
    postings_finish(&postings);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    damaged_read((struct bytes){(const char *)at, length});
    round_trip(at, length < 5000 ? length : 5000);
    return 0;
}
