/*
 * detect/darknet/survey.h -- surveys told over several windows, and not forgotten.
 *
 * One window shows only a part of a slow survey, and a fast one may pause. So
 * sources that look for services are followed over the windows: how many packets
 * they sent, how many ports they looked for and how many addresses they reached,
 * all windows together. A source is a survey from the window on in which
 *
 *   rule 4 of classify.h holds for that window alone; or
 *   it has, since it was first seen, looked for SURVEY_PORTS ports or more,
 *   reached the whole range (half as many addresses as evenly drawn packets
 *   would have), and done so at a pace of a tenth of the telescope's addresses
 *   a day, sustained for an hour: as many addresses as that pace makes of the
 *   time since then, of an hour at least, never below SURVEY_LEAST.
 *
 * A tenth of the addresses is the dispersion at which "Aggressive Internet-Wide
 * Scanners" (Anand et al., 2023) calls a scan aggressive; thirty ports are those
 * of NICT's reports. After a day without a verdict it begins anew, so that slow
 * years do not add up. Once told, a source stays a survey until it was silent for
 * SURVEY_FORGET. Like a list of scanners this never overrules an infection or
 * backscatter: those rules come first, window by window.
 *
 * Memory: SURVEY_LIMIT sources of 560 bytes at most. When a part is full, those
 * not told and silent for a day go, then those of the fewest packets; told ones
 * only when there is no other. That is counted.
 */
#ifndef DETECT_DARKNET_SURVEY_H
#define DETECT_DARKNET_SURVEY_H

#include "base/time.h"
#include "detect/darknet/classify.h"

enum {
    SURVEY_LIMIT = 65536,
    SURVEY_GLIMPSE = 8, /* packets in a window: fewer begin nothing */
    SURVEY_SLOW = 10,   /* so many times slower than SURVEY_PACKETS */
};

#define SURVEY_PACE   TIME_HOUR
#define SURVEY_PERIOD TIME_DAY
#define SURVEY_FORGET (7 * TIME_DAY)

struct surveys;
struct survey;

/*
 * Room for as many sources as `memory` bytes hold, SURVEY_LIMIT at most; `addresses`
 * the telescope has, 0: unknown, as for source_classify. -ENOMEM.
 */
int surveys_open(size_t memory, double addresses, struct surveys **ret_surveys)
    __attribute__((warn_unused_result));

/*
 * At the end of a window, what is known of a source of partition `part`, which
 * is the caller's; `verdict` is that of the window alone. NULL: not followed.
 * What is returned is good until the next call for the part.
 */
struct survey *surveys_find(struct surveys *surveys, uint32_t part,
                            const struct source_summary *source,
                            const struct source_verdict *verdict);

/* It was told a survey: its ports and addresses need no more be counted. */
bool survey_told(const struct survey *survey);

/* A port it looked for, an address's number it reached, in this window. */
void survey_add_port(struct survey *survey, uint32_t port);
void survey_add_destination(struct survey *survey, uint32_t destination);

/* All of the window was added: is it a survey by now? */
bool survey_judge(const struct surveys *surveys, struct survey *survey,
                  const struct source_summary *source, const struct source_verdict *verdict);

uint64_t surveys_evicted(const struct surveys *surveys);
void surveys_close(struct surveys *surveys); /* NULL is fine */

#endif
