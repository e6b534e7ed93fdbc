/*
 * store/observables.h -- what an observation names.
 *
 * One place says which columns are observables and how their values are made
 * comparable (paths and names in lower case, addresses in shortest form), so
 * that what is posted at ingest is what is asked for in a pivot.
 */
#ifndef STORE_OBSERVABLES_H
#define STORE_OBSERVABLES_H

#include "model/batch.h"
#include "model/finding.h"

enum { ROW_OBSERVABLES = 20 };

/* Keys of the observables a row names, without repeats; returns how many. */
uint32_t row_observables(const struct batch *batch, uint32_t row, uint64_t keys[ROW_OBSERVABLES]);

/* The key of an observable somebody asks for. */
uint64_t observable_key(const struct observable *observable);

#endif
