/*
 * analyse/ioc/endpoint.h -- what a process on a host did, event by event.
 */
#ifndef ANALYSE_IOC_ENDPOINT_H
#define ANALYSE_IOC_ENDPOINT_H

#include "model/batch.h"
#include "model/report_kind.h"

/* The acting process of a row by its id; empty where the row names none. */
struct bytes endpoint_process(const struct batch *batch, uint32_t row);

/* Tell what it did, thing by thing; texts are valid only within the call. The first value that is
 * not 0 ends it and is returned. */
typedef int endpoint_tell(void *context, enum report_kind kind, struct bytes text);
int endpoint_deeds(const struct batch *batch, uint32_t row, endpoint_tell *tell, void *context)
    __attribute__((warn_unused_result));

#endif
