/* Any bytes are a list or skipped; what was taken is found again by the list's number. */
#include <errno.h>
#include <stdlib.h>

#include "observe/list/scanner_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct scanner_lists lists;
    struct ip ip = {.octets = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}};
    int result = scanner_list_take(&lists, BYTES("fuzz"), (struct bytes){(const char *)at, length});
    if ((result && result != -ENOMEM && result != -ENOSPC) || lists.count + lists.skipped != 1)
        abort();
    if (scanner_lists_freeze(&lists) == 0) {
        uint32_t found = scanner_lists_find(&lists, &ip);
        if (found > lists.count || (lists.prefixes == 0 && prefix_table_addresses(&lists.table)))
            abort();
    }
    scanner_lists_finish(&lists);
    return 0;
}
