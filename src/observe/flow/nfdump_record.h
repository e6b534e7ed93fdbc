/*
 * observe/flow/nfdump_record.h -- a record of an nfdump file → a flow. For nfdump.c only.
 */
#ifndef OBSERVE_FLOW_NFDUMP_RECORD_H
#define OBSERVE_FLOW_NFDUMP_RECORD_H

#include "base/bytes.h"
#include "model/flow.h"

/* Where a map puts the counters of the way back, behind the counters of the way there. */
struct nfdump_map {
    bool known;
    uint16_t packets_at, bytes_at;
    uint8_t packets_size, bytes_size; /* 4 or 8; 0: not in it */
};

enum { NFDUMP_MAPS = 1 << 16 /* as many as there are numbers for */ };

/*
 * The record `type` whose header is cut off. A map is put where it belongs among the NFDUMP_MAPS
 * `maps`. Returns NULL, or the sentence why it is refused; *ret_whole is false when it is no flow.
 */
const char *nfdump_record_read(struct nfdump_map *maps, uint16_t type, struct bytes body,
                               struct flow *ret_flow, bool *ret_whole);

#endif
