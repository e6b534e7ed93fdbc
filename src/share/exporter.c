#include "share/exporter.h"

const struct exporter *share_exporter_find(struct bytes name)
{
    static const struct exporter *const list[] = {&share_sigma, &share_yara, &share_stix,
                                                  &share_openioc, &share_osquery};
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
        if (bytes_equal(bytes_of(list[i]->name), name))
            return list[i];
    return NULL;
}
