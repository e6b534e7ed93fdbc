/*
 * observe/flow/nfdump.h -- the files that nfcapd and nfpcapd write: bytes → flows.
 *
 * nfdump's layout 1 (nfdump 1.6, records with extension maps) and layout 2
 * (nfdump 1.7, records of elements), written by a little-endian machine; blocks
 * plain or compressed by LZO, bzip2, LZ4 or zstd. A block that does not
 * unpack, or whose records do not fill it, is counted with the place of the
 * first, and the next one is read. Both ways of a connection are two flows, as
 * the exporter told them; where it looked at some packets only, nfcapd has
 * scaled the counters up already.
 */
#ifndef OBSERVE_FLOW_NFDUMP_H
#define OBSERVE_FLOW_NFDUMP_H

#include "base/bytes.h"
#include "model/flow.h"
#include "observe/flow/log_counts.h"
#include "observe/stream.h"

enum {
    NFDUMP_BLOCK = 16 << 20 /* bytes of a block, packed and unpacked; a larger one is damage */
};

/* Whether it begins as such a file does, of either byte order. */
bool nfdump_recognise(struct bytes beginning);

/*
 * Read what was read of a file already (`beginning`), then the rest of it (`stream`; NULL: there is
 * none). `take` and the errors are those of flow_log_read; -ENOTSUP also: another layout, byte
 * order or an encrypted file. *ret_counts is added to, and true also after an error.
 */
int nfdump_read(struct bytes beginning, struct stream *stream,
                int (*take)(void *context, const struct flow *flow), void *context,
                struct flow_log_counts *ret_counts, struct fault *ret_fault)
    __attribute__((warn_unused_result));

#endif
