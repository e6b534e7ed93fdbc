/* A chunk of an event log, as it lies in the file. */
#include <stdlib.h>

#include "observe/evtx.h"
#include "observe/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct parser parser;
    static struct batch *batch;
    struct block *block = calloc(1, sizeof(*block));
    struct tally tally;
    if (!batch && (!(batch = batch_create()) || parser_init(&parser)))
        abort();
    if (!block)
        abort();
    block->framing = FRAMING_evtx;
    buffer_put(&block->text, (struct bytes){(const char *)at,
                                            length < EVTX_CHUNK_SIZE ? length : EVTX_CHUNK_SIZE});
    if (parser_run(&parser, block, 1, batch, &tally))
        abort();
    if (tally.read != tally.kept + tally.refused)
        abort();
    block_finish(block);
    free(block);
    return 0;
}
