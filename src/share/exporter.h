/*
 * share/exporter.h -- indicators as rules of other tools.
 *
 * An exporter is a constant and a line in the list. It writes a whole set; what its tool cannot
 * look for is left out and counted. Nothing depends on the clock: the same set gives the same
 * bytes.
 */
#ifndef SHARE_EXPORTER_H
#define SHARE_EXPORTER_H

#include "base/buffer.h"
#include "model/indicator.h"

struct exporter {
    const char *name; /* of --format */
    const char *what;
    /* Append all of `set`; *ret_left: indicators the tool cannot look for. -ENOMEM. */
    int (*write)(const struct indicator_set *set, struct buffer *out, uint32_t *ret_left);
};

/* NULL: there is none of that name. */
const struct exporter *share_exporter_find(struct bytes name);

extern const struct exporter share_sigma, share_yara, share_stix, share_openioc, share_osquery;

#endif
