/* A block of a foreign store is refused or gives rows whose block is the same, byte for byte. */
#include <stdlib.h>

#include "store/darknet_counts.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

/* Numbers may be written longer than they must: such a block comes back shorter, once. */
static bool block_again(struct bytes bytes, struct count_block *block)
{
    struct count_reader reader;
    struct count_row row;
    int status = count_reader_open(&reader, bytes);
    if (status < 0)
        return false;
    count_block_begin(block, reader.form);
    while ((status = count_reader_next(&reader, &row)) == 1) {
        if (row.name.len > bytes.len && row.name.len >= COUNT_NAME_SIZE)
            abort();
        count_block_put(block, &row);
    }
    return status == 0 && !block->out.failed;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct count_block one = {0}, other = {0};
    if (block_again((struct bytes){(const char *)at, length}, &one) &&
        (!block_again(buffer_bytes(&one.out), &other) || one.out.len > length ||
         !bytes_equal(buffer_bytes(&one.out), buffer_bytes(&other.out))))
        abort();
    buffer_finish(&one.out);
    buffer_finish(&other.out);
    return 0;
}
