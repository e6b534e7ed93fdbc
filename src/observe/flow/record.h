/*
 * observe/flow/record.h -- a record of a flow log → a flow, a row.
 *
 * Zeek conn logs, Suricata EVE, argus' CSV (binetflow) and flow tables with
 * internal and external ends (intIP, extIP) name the same things differently;
 * the table of observe/key.h knows the names.
 */
#ifndef OBSERVE_FLOW_RECORD_H
#define OBSERVE_FLOW_RECORD_H

#include "model/batch.h"
#include "model/flow.h"
#include "observe/record.h"

/* Does the record name ends as flow logs do? */
bool record_is_flow(const struct record *record);

/*
 * Read it. REASON_none; REASON_no_time and its like; REASON_no_ends: neither end
 * is an address. *ret_whole: the record sums up a connection, which an alert or a
 * request within one does not.
 */
enum reason flow_of_record(const struct record *record, struct flow *ret_flow, bool *ret_whole);

/*
 * Write it as row `row` (already absent in every field) of an observation: the
 * host is the machine inside the organisation, of two the one that began.
 * -ENOMEM, -ENOSPC.
 */
int flow_write(const struct flow *flow, struct batch *batch, uint32_t row)
    __attribute__((warn_unused_result));

#endif
