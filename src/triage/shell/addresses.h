/*
 * triage/shell/addresses.h -- where a program nobody runs would connect to.
 *
 * Programs of other languages are only searched for the usual shapes of an
 * address beside a port, and for what they would fetch.
 */
#ifndef TRIAGE_SHELL_ADDRESSES_H
#define TRIAGE_SHELL_ADDRESSES_H

#include "triage/shell/machine.h"

/* A connection or a request in `text`, noted as an effect; false when there is none. */
bool program_connects(struct machine *machine, struct bytes text);
bool program_requests(struct machine *machine, struct bytes text);

#endif
