/*
 * show/ioc_input.h -- what the verbs of indicators read: reports, events of hosts, sets.
 */
#ifndef SHOW_IOC_INPUT_H
#define SHOW_IOC_INPUT_H

#include "analyse/ioc/corpus.h"
#include "model/indicator.h"
#include "show/options.h"

/* Which processes of events are malware, by id: "PROCESS<TAB>FAMILY" lines; '-': leave it out. */
struct ioc_labels {
    struct strings strings;
    struct hash_table families; /* id in lower case, without braces → family in `strings` */
};

/* False after a message on stderr. */
bool ioc_labels_read(const char *verb, const char *path, struct ioc_labels *labels);
void ioc_labels_finish(struct ioc_labels *labels);

/* What samples of paths are. */
struct ioc_role {
    bool malicious, held;
    const char *family;              /* NULL: what the report says, else its folder's name */
    const struct ioc_labels *labels; /* of events: those named are malware; NULL: none */
};

/*
 * All files of paths and folders into a corpus: logs of events that hinomi ingest reads, one sample
 * a process, the file being its group; else reports (analyse/report/report.h), one sample each,
 * equal ones being a group; compressed or not. False after a message on stderr; a file that can't
 * be read is said and passed over.
 */
bool ioc_read(const char *verb, const char *const *paths, uint32_t count,
              const struct ioc_role *role, struct corpus *corpus);

/* False after a message on stderr. */
bool ioc_set_read(const char *verb, const char *path, struct indicator_set *ret_set);

/*
 * All processes of a stored history into a corpus, one sample each, grouped by program. Those of
 * the case (named by its findings, and what they started) are malware of the family "case-ID"; the
 * shells and service managers that start everything are not followed. False after a message.
 */
bool ioc_history_read(const char *data, const char *case_id, struct corpus *corpus);

int ioc_make(int argc, char **argv);
int ioc_eval(int argc, char **argv);
int ioc_match(int argc, char **argv);
int ioc_export(int argc, char **argv);

#endif
