/* A record of any shape: whatever it says, its row is one the rest can work with. */
#include <stdlib.h>

#include "base/json.h"
#include "observe/json_reader.h"
#include "observe/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void row_check(struct batch *batch)
{
    struct buffer out = {0};
    struct json json = {.out = &out};
    const struct batch_columns *columns = &batch->columns;
    if (columns->time[0] == TIME_NONE && columns->event_created[0] == TIME_NONE)
        abort();
    if (columns->event_category[0] >= CATEGORY_COUNT || columns->event_action[0] >= ACTION_COUNT)
        abort();
    batch_row_json(batch, 0, &json);
    buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct json_reader *reader;
    static struct record record;
    static struct batch *batch;
    static struct writer writer;
    char *text = calloc(1, length + JSON_PADDING);
    enum reason reason;
    if (!reader &&
        (!(reader = json_reader_create()) || !(batch = batch_create()) || writer_init(&writer)))
        abort();
    if (!text)
        abort();
    batch_clear(batch);
    memcpy(text, at, length);
    writer_begin(&writer, batch);
    if (json_reader_read(reader, (struct bytes){text, length}, &record) == REASON_none) {
        if (record_write(&record, &writer, 0, &reason))
            abort();
        if (reason == REASON_none)
            batch->rows = 1, row_check(batch);
    }
    free(text);
    return 0;
}
