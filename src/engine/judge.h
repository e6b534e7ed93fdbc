/*
 * engine/judge.h -- traffic → every request, judged: did what it tried succeed?
 *
 * Requests nobody suspects teach the baseline and are told at once. Suspects
 * wait, `wait` of event time after their answer, for what they may cause
 * (connections, look-ups, requests for dropped files), then are judged. The
 * clock is the packets', so a file and a wire judge alike. JUDGE_PENDING wait at
 * most, and hold JUDGE_MEMORY together; beyond, the oldest is judged early, and
 * counted.
 */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

#include "engine/judge_code.h"
#include "engine/judge_endpoint.h"
#include "model/packet.h"
#include "observe/exchange/watcher.h"
#include "triage/success/verdict.h"

enum {
    JUDGE_PENDING = 8192,
    JUDGE_MEMORY = 1 << 28,    /* bytes, about: bodies and what was understood of them */
    JUDGE_LATER = 8,           /* exchanges kept that ask for what a suspect may have dropped */
    JUDGE_BASELINE = 64 << 20, /* bytes */
};

struct judgement {
    const struct exchange *exchange;
    const struct attempts *attempts; /* strongest first; none: harmless as far as one can see */
    const struct verdict *verdict;
    const struct alert *const *alerts; /* of appliances, about this exchange */
    uint32_t alert_count;
};

struct judge_options {
    int64_t wait;                    /* ns */
    const char *helper;              /* that runs machine code; NULL: the one beside the program */
    struct judge_endpoint *endpoint; /* what the victims' own sensors saw; NULL: nothing */
    int (*judged)(void *context, const struct judgement *judgement); /* -errno stops */
    void *context;
};

struct judge_counts {
    uint64_t judged, outcomes[OUTCOME_COUNT];
    uint64_t hurried; /* judged before their time because too many waited */
};

struct judge;

/* -ENOMEM. */
int judge_new(const struct judge_options *options, struct judge **ret_judge)
    __attribute__((warn_unused_result));

/*
 * An appliance's alert, to be told with the exchange it is about (its ends and
 * time). Before the packets it belongs to. The judge keeps the pointer. -ENOMEM, -ENOSPC.
 */
int judge_alert(struct judge *judge, const struct alert *alert) __attribute__((warn_unused_result));

/* Alerts from before `time` wait no more, and are not told either. */
void judge_forget_alerts(struct judge *judge, int64_t time);

/* An alert for which there is no traffic: judged at once by what it carries itself, as UNKNOWN with
 * the class of what was tried. -ENOMEM, judged()'s -errno. */
int judge_alert_alone(struct judge *judge, const struct alert *alert)
    __attribute__((warn_unused_result));

/* It is `time` (ns since 1970), and no packet from before it will come: what is due is judged.
 * judge_packets does it packet by packet; only a wire that is silent needs it. As judge_packets. */
int judge_clock(struct judge *judge, int64_t time) __attribute__((warn_unused_result));

/* The next packets of one tap, in order, whatever the size of the batches. -ENOMEM, judged()'s
 * -errno. */
int judge_packets(struct judge *judge, const struct packets *packets)
    __attribute__((warn_unused_result));

/* No more will come: judge what waits, then tell alerts that no traffic was seen for. */
int judge_flush(struct judge *judge) __attribute__((warn_unused_result));

const struct judge_counts *judge_counts(const struct judge *judge);
const struct watcher_counts *judge_watcher_counts(const struct judge *judge);
const struct code_counts *judge_code_counts(const struct judge *judge);

/* Answers that would have told what is harmless, and were not kept for want of room
 * (JUDGE_BASELINE): attacks on their pages are judged with less to compare with. */
uint64_t judge_unlearned(const struct judge *judge);

void judge_free(struct judge *judge);

#endif
