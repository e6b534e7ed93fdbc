/*
 * Any bytes as an archive, and what stands in it as archives again: the bounds hold, whatever it
 * says.
 */
#include <stdlib.h>

#include "analyse/sample/digest.h"
#include "analyse/sample/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

struct depth {
    struct unpack_budget *budget;
    uint32_t depth;
    uint64_t *bytes;
};

static int member_see(void *context, const struct unpack_member *member)
{
    const struct depth *outer = context;
    struct depth inner = {outer->budget, outer->depth + 1, outer->bytes};
    struct unpack_told told;
    struct sample_digest digest;
    *outer->bytes += member->content.len;
    if (member->path.len >= UNPACK_PATH_MOST || member->content.len > UNPACK_SIZE_MOST ||
        *outer->bytes > UNPACK_TOTAL_MOST || outer->depth >= UNPACK_DEPTH_MOST ||
        (member->link && member->content.len > 0) || (member->locked && member->content.len > 0))
        abort();
    sample_digest_make(member->content, &digest);
    return unpack_walk(member->content, inner.depth, inner.budget, member_see, &inner, &told);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct unpack_budget budget = UNPACK_BUDGET;
    uint64_t bytes = 0;
    struct depth top = {&budget, 0, &bytes};
    struct unpack_told told;
    if (unpack_walk((struct bytes){(const char *)at, length}, 0, &budget, member_see, &top,
                    &told) != 0)
        abort();
    if (told.bounds >> UNPACK_BOUND_COUNT || bytes + budget.bytes != UNPACK_TOTAL_MOST)
        abort();
    return 0;
}
