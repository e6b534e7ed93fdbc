/* A file of nfcapd: every record is a flow, another thing or refused, and a flow has its times. */
#include <errno.h>
#include <stdlib.h>

#include "observe/flow/nfdump.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static int flow_check(void *context, const struct flow *flow)
{
    uint64_t *count = context;
    if (flow->end < flow->start || flow->start < 0 || flow->logged != flow->end)
        abort();
    ++*count;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct flow_log_counts counts = {0};
    struct fault fault = {0};
    uint64_t flows = 0;
    struct bytes text = {(const char *)at, length};
    if (!nfdump_recognise(text))
        return 0;
    int error = nfdump_read(text, NULL, flow_check, &flows, &counts, &fault);
    if (error && ((error != -ENOTSUP && error != -EBADMSG) || !fault.why))
        abort();
    if (flows != counts.flows || counts.read != counts.flows + counts.others + counts.refused)
        abort();
    if ((counts.refused && !counts.why) || (counts.damaged && !counts.first_damage.why))
        abort();
    return 0;
}
