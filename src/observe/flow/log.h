/*
 * observe/flow/log.h -- a flow log, read for its flows.
 *
 * The same logs that observe/source.h makes rows of: one record a line, in
 * columns or JSON; or the files of nfcapd (observe/flow/nfdump.h). Records that
 * are no flow of their own (alerts, requests within a flow) are passed over and
 * counted.
 */
#ifndef OBSERVE_FLOW_LOG_H
#define OBSERVE_FLOW_LOG_H

#include "model/flow.h"
#include "observe/flow/log_counts.h"

struct stream;

/*
 * Read a stream from its beginning; `take` gets each flow, its first non-zero
 * return ends the reading and is returned. -ENOTSUP: no flow log we know;
 * -EIO, -EBADMSG: broken behind what was taken; -ENOMEM.
 */
int flow_log_read_stream(struct stream *stream, int (*take)(void *context, const struct flow *flow),
                         void *context, struct flow_log_counts *ret_counts, struct fault *ret_fault)
    __attribute__((warn_unused_result));

/* The same for a file ("-": standard input); -errno. */
int flow_log_read(const char *path, int (*take)(void *context, const struct flow *flow),
                  void *context, struct flow_log_counts *ret_counts, struct fault *ret_fault)
    __attribute__((warn_unused_result));

#endif
