/* Any bytes as a report: told the same whole and in pieces, or refused with a reason. */
#include <stdlib.h>

#include "analyse/report/report.h"
#include "base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static int mark(void *context)
{
    uint64_t *sum = context;
    *sum = hash_mix(*sum, 1);
    return 0;
}

static int item(void *context, enum report_kind kind, struct bytes text)
{
    uint64_t *sum = context;
    if (text.len == 0 || kind >= REPORT_KIND_COUNT)
        abort();
    *sum = hash_mix(hash_mix(*sum, kind), hash_bytes(text));
    return 0;
}

static int read_in_pieces(struct bytes text, size_t step, uint64_t *sum)
{
    const struct report_listener listener = {mark, item, mark, sum};
    struct fault fault = {NULL, 0, 0};
    struct report_reader *reader = report_reader_create(&listener);
    int error = 0;
    if (!reader)
        abort();
    for (size_t i = 0; i < text.len && !error; i += step) {
        struct bytes rest = bytes_from(text, i);
        rest.len = rest.len < step ? rest.len : step;
        error = report_reader_feed(reader, rest, &fault);
    }
    if (!error)
        error = report_reader_end(reader, &fault);
    if (error && (!fault.why || fault.offset > text.len))
        abort();
    report_reader_destroy(reader);
    return error;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct bytes text = {(const char *)at, length};
    uint64_t whole = 0, pieces = 0;
    int error = read_in_pieces(text, length + 1, &whole);
    if (read_in_pieces(text, length ? 1 + at[0] % 5 : 1, &pieces) != error || whole != pieces)
        abort();
    return 0;
}
