/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/explain.h -- the run that explains a shellcode best.
 *
 * Nobody says where in a payload the code begins, for which system it is, or
 * what the registers hold. So it is run in every plausible manner until a run
 * makes a sensible sequence of calls: from its first byte on every system; then
 * as if the registers pointed to it, as if a socket were open already (a part of
 * a longer shellcode), as the parent of its forks; then from every other offset.
 * What the calls say is scored; a manner that assumes more must explain more.
 */
#ifndef EMULATE_EXPLAIN_H
#define EMULATE_EXPLAIN_H

#include "emulate/trial.h"

struct explainer {
    struct machine machine; /* of the processor `open` says */
    bool open;
    enum cpu_name cpu;
    struct windows *windows[2]; /* of 4- and 8-byte words; made when needed */
    struct record records[2];
};

/*
 * Explain the request's code; the run's texts stay valid until the next one.
 * The explainer must be zeroed before its first use. -ENOMEM.
 */
int explain(struct explainer *explainer, const struct shellcode_request *request,
            struct shellcode_run *ret_run) __attribute__((warn_unused_result));

void explainer_finish(struct explainer *explainer);

#endif
