#include "base/region.h"

#include <errno.h>
#include <sys/mman.h>

/* A sparse region wastes no more of a huge page than a quarter of what it has. */
enum { HUGE_PAGE = 2 << 20, SPARSE = 8 << 20 };

int region_open(struct region *region, size_t size, enum region_kind kind)
{
    if (size > SIZE_MAX - HUGE_PAGE)
        return -ENOMEM;
    size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *at = mmap(NULL, size ? size : HUGE_PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return -ENOMEM;
    /* Only a wish: without huge pages it is slower, not wrong. */
    size_t from = kind == REGION_DENSE ? 0 : SPARSE;
    if (size > from)
        (void)!madvise((char *)at + from, size - from, MADV_HUGEPAGE);
    *region = (struct region){at, size ? size : HUGE_PAGE};
    return 0;
}

void region_close(struct region *region)
{
    if (region->at)
        munmap(region->at, region->size);
    *region = (struct region){0};
}
