/*
 * show/darknet_who.h -- lists of scanners and geography for the verbs: opened as asked for.
 */
#ifndef SHOW_DARKNET_WHO_H
#define SHOW_DARKNET_WHO_H

#include "model/darknet_configuration.h"
#include "observe/geography/geography.h"
#include "observe/list/scanner_list.h"

struct darknet_who {
    struct scanner_lists *lists; /* NULL: none was given */
    struct geography *geography; /* NULL: none was given */
};

/*
 * What the options --scanners and --geoip name (NULL: not given), and what
 * darknet.yaml at `config` names; its files lie beside it unless their paths are
 * absolute. An option takes the place of the file's geography and adds to its
 * lists. An exit status, after a message by `verb`; finish it in any case.
 */
int darknet_who_open(struct darknet_who *who, const char *verb, const char *scanners,
                     const char *geoip, const char *config,
                     const struct darknet_configuration *configuration);

void darknet_who_finish(struct darknet_who *who);

#endif
