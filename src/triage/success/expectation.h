/*
 * triage/success/expectation.h -- the traces that success would leave.
 *
 * Whoever understands an attack (the shell, SQL, a template language …) runs it
 * in imitation and writes down what one would see had it worked: the heart of
 * "did the attack succeed?". Each expectation says how telling it is, and
 * whether it would surely be visible in the answer: only a visible one that is
 * missing from a complete answer proves failure.
 */
#ifndef TRIAGE_SUCCESS_EXPECTATION_H
#define TRIAGE_SUCCESS_EXPECTATION_H

#include "base/arena.h"
#include "model/alert.h"
#include "model/exchange.h"

#define EXPECTATION_KINDS(X)                                                                       \
    X(literal, "`text` stands in the answer, byte for byte")                                       \
    X(pattern, "`text`, a PCRE2 pattern of typed output, matches in the answer")                   \
    X(delay, "the answer comes `seconds` later than this endpoint's answers do")                   \
    X(connection, "the victim connects to `host`:`port`")                                          \
    X(contact, "somebody connects to the victim's `port`, which nobody saw answer before")         \
    X(request, "… and asks there for `text`: a path, or the first bytes sent")                     \
    X(dns, "the victim asks for the name `host`")                                                  \
    X(icmp, "the victim pings `host`")                                                             \
    X(file, "`text`, a path below the web root, can be asked for afterwards")                      \
    X(process, "the victim's endpoint sensor sees `text` start as a process")                      \
    X(markup, "`text` stands in the page where a browser would run it")                            \
    X(rows, "the answer differs from this endpoint's other answers as `text` says")
enum expectation_kind {
#define X(name, doc) EXPECT_##name,
    EXPECTATION_KINDS(X)
#undef X
        EXPECTATION_KIND_COUNT
};

/* "literal", "delay" … */
const char *expectation_kind_name(enum expectation_kind kind);

/*
 * By which way output comes to the page: a page that shows what is run behind a
 * separator shows all output, one that shows a substitution's does not show what
 * is printed beside it. Learned where it was seen (baseline_learn_channel).
 */
#define CHANNELS(X)                                                                                \
    X(none, "nothing is to be concluded from its absence")                                         \
    X(sequence, "printed by a command behind another: all that the shell prints is shown")         \
    X(pipe, "printed by the last command of a pipe")                                               \
    X(substitution, "put in place of a substitution")                                              \
    X(text, "the value of an expression: any")                                                     \
    X(number, "the value of an expression: a number")                                              \
    X(row, "a value in a row of a table")                                                          \
    X(error, "a value in a database's error")
enum channel {
#define X(name, doc) CHANNEL_##name,
    CHANNELS(X)
#undef X
        CHANNEL_COUNT
};

struct expectation {
    enum expectation_kind kind;
    enum channel channel; /* of output that any system where it is run prints */
    struct bytes text;
    struct bytes host; /* name or address */
    uint16_t port;     /* 0: any */
    double seconds;
    double bits;          /* information: -log2 of the chance to see it without success */
    bool visible;         /* were the attack to work as written, the answer would surely show it */
    bool printed;         /* … it would be printed, which a page may show or not */
    bool certain;         /* no page has it by itself: others may have got the same answer */
    bool error;           /* the trace of a command that ran and failed: ran is success too */
    struct bytes command; /* what leaves it, as it would have been run */
};

/* The first word of a substitution's output, joined to what was sent before it. */
static inline bool expectation_is_joint(const struct expectation *expectation)
{
    return expectation->channel == CHANNEL_substitution && !expectation->printed;
}

enum { EXPECTATIONS = 48 }; /* of one attack at most */

/* What one attack would leave, most telling first. Everything lives in one arena. */
struct expectations {
    struct expectation *items;
    uint32_t count, capacity;
    uint32_t dropped; /* beyond EXPECTATIONS */
};

/* A zeroed expectation at the end; NULL when there are EXPECTATIONS already (counted) or memory
 * ran out. */
struct expectation *expectations_add(struct expectations *expectations, struct arena *arena);

#endif
