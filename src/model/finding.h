/*
 * model/finding.h -- something a detector says, with its reasons.
 *
 * A finding explains itself: what was seen, the normal it broke with counts,
 * the observations that prove it, what it is called in ATT&CK. All text lives
 * in the arena of the `findings` it was added to; text is given in English and
 * Japanese, built by the same detector from the same numbers.
 */
#ifndef MODEL_FINDING_H
#define MODEL_FINDING_H

#include "base/arena.h"
#include "base/json.h"
#include "base/time.h"

enum {
    FINDING_SENTENCES = 8,
    FINDING_OBSERVABLES = 24,
    FINDING_EVIDENCE = 32,
    FINDING_TECHNIQUES = 6,
};

/* What can be named, linked and looked for elsewhere. */
enum observable_type {
    OBSERVABLE_process, /* entity id */
    OBSERVABLE_file,
    OBSERVABLE_registry,
    OBSERVABLE_ip,
    OBSERVABLE_domain,
    OBSERVABLE_hash,
    OBSERVABLE_user,
    OBSERVABLE_host,
    OBSERVABLE_service,
    OBSERVABLE_TYPES
};

struct observable {
    enum observable_type type;
    struct bytes value;
};

/* An observation's name: the source it was read from and where; "3:118273" as text. */
struct event_id {
    uint32_t source;
    uint64_t offset;
};

/* A sentence in both languages of the product. */
struct sentence {
    struct bytes english, japanese;
};

struct finding {
    uint64_t id;          /* from detector, host, process and first evidence: same input, same id */
    const char *detector; /* struct detector.name */
    int64_t time_start, time_end;
    double score;  /* calibrated, in [0,1] */
    uint8_t level; /* 1 to 4 */
    uint32_t row;  /* row of the batch at which it was said; orders findings of a batch */
    struct bytes host, process_entity_id;
    struct bytes cause;   /* entity id of the root of the process tree it belongs to */
    struct bytes address; /* the host's own, where known */
    struct bytes peer;    /* the other host of a hop, empty without one */
    uint64_t novelty; /* its strongest piece of evidence, the same on every host that shows it */
    struct sentence title;
    struct sentence explanation[FINDING_SENTENCES];
    struct observable observables[FINDING_OBSERVABLES];
    struct event_id evidence[FINDING_EVIDENCE];
    const char *attack[FINDING_TECHNIQUES]; /* ATT&CK ids, "T1547.001" */
    uint8_t sentences, observable_count, evidence_count, techniques;
};

/* Findings of one batch, in the order they were said. */
struct findings {
    struct arena arena;
    struct finding **items;
    uint32_t count, capacity;
};

/* A zeroed finding in the list, or NULL when memory ran out. */
struct finding *findings_add(struct findings *findings);

/* printf into the list's arena. */
struct bytes findings_format(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bounded appends: beyond the limits of this header they are dropped, the first ones stay. */
void finding_explain(struct finding *finding, struct bytes english, struct bytes japanese);
void finding_observe(struct finding *finding, enum observable_type type, struct bytes value);
void finding_prove(struct finding *finding, struct event_id event);
void finding_technique(struct finding *finding, const char *attack);

void findings_clear(struct findings *findings);
void findings_finish(struct findings *findings);

/* "process", "file", …: the names used in JSON, in the console and in postings. */
const char *observable_type_name(enum observable_type type);

/* Sixteen hexadecimal digits: how finding ids are written. */
enum { FINDING_ID_SIZE = 17 };
struct bytes finding_id_format(uint64_t id, char text[FINDING_ID_SIZE]);

/* The three JSON arrays that are stored and shown as they are. */
void finding_observables_json(const struct finding *finding, struct json *json);
void finding_evidence_json(const struct finding *finding, struct json *json);
void finding_attack_json(const struct finding *finding, struct json *json);
void finding_explanation_json(const struct finding *finding, bool japanese, struct json *json);

#endif
