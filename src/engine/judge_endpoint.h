/*
 * engine/judge_endpoint.h -- what the victim's own sensor saw of an attack.
 *
 * An answer may hide what happened; a process that the attacker's command
 * became hides nothing. Of every command that a request wants run, the simple
 * commands are looked for among the processes that the victim started from
 * shortly before the request until shortly after its answer: the same program
 * with the same arguments. The victim is the host whose address is the
 * request's destination; its events are those of the store in DATA.
 *
 * A program that is handed the payload as an argument did not run it, so the
 * whole command line must be the command, not hold it. What the host did often
 * before, it may do again by itself: the information of a match is that of its
 * rate on that host, from the host's first event on, and of arguments that were
 * never seen there.
 */
#ifndef ENGINE_JUDGE_ENDPOINT_H
#define ENGINE_JUDGE_ENDPOINT_H

#include "triage/success/verdict.h"

#define ENDPOINT_EARLY (2 * TIME_SECOND) /* two clocks agree no better */
#define ENDPOINT_LATE  (5 * TIME_SECOND)

enum {
    ENDPOINT_COMMANDS = 16, /* simple commands of one attempt that are looked for */
    ENDPOINT_PAST = 100000, /* earlier processes of a program that are compared */
};

struct judge_endpoint;

/* *ret_endpoint is NULL without endpoint events in DATA, which is nothing wrong. -errno. */
int judge_endpoint_open(const char *folder, struct judge_endpoint **ret_endpoint)
    __attribute__((warn_unused_result));
void judge_endpoint_close(struct judge_endpoint *endpoint); /* NULL is allowed */

/*
 * A verdict that is not SUCCESS becomes it, with the process as proof (EXPECT_process), where one
 * was started that only success starts. Text in `arena`. -ENOMEM, or the store's error.
 */
int judge_endpoint_look(struct judge_endpoint *endpoint, const struct exchange *exchange,
                        const struct attempts *attempts, struct arena *arena,
                        struct verdict *verdict) __attribute__((warn_unused_result));

#endif
