/*
 * show/case_indicators.h -- from a case to a hunt: what sets its processes apart from all others
 * that are stored, and where else that was seen.
 */
#ifndef SHOW_CASE_INDICATORS_H
#define SHOW_CASE_INDICATORS_H

#include "base/json.h"

enum { CASE_HITS = 1000 /* that are told */ };

/*
 * {"indicators": [as docs/samples.md has them], "found", "found_of", "spared", "spared_of"
 * (processes of the case and of others that they cover all together), "hits": [{"inside", "hit":
 * {time, host, process, program, family, indicator, event}}], "hits_total", "events"}: `inside`: a
 * process of the case itself. Reads the whole history: slow. -EBUSY: it is being done already;
 * -ENOENT: no case that names processes; -ENOMEM; the store's error.
 */
int case_indicators_json(const char *data, int64_t id, struct json *json)
    __attribute__((warn_unused_result));

/*
 * The same indicators as rules of another tool (share/exporter.h): `format` is sigma, yara, stix,
 * openioc or osquery. Made anew. As above; -EINVAL: there is no such format.
 */
int case_indicators_export(const char *data, int64_t id, struct bytes format, struct buffer *out)
    __attribute__((warn_unused_result));

#endif
