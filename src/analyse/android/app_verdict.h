/*
 * analyse/android/app_verdict.h -- two lights for an application, each with its reasons: is it open
 * to attack (vulnerability), and is it an attack itself (threat)?
 *
 * Reasons are findings from what was read: a weakness with its CWE, or something that malware does
 * with its technique of ATT&CK for Mobile. One finding alone says little of a threat: messengers
 * send SMS, launchers list what is installed. So findings have weights, and without a model the
 * light is red only where several heavy ones meet. With a model (app_model.h) its probability
 * decides, and findings can raise the light to amber at most.
 */
#ifndef ANALYSE_ANDROID_APP_VERDICT_H
#define ANALYSE_ANDROID_APP_VERDICT_H

#include "analyse/android/app.h"

enum { APP_FINDINGS = 96, FINDING_EVIDENCE = 4 };

enum light { LIGHT_GREEN, LIGHT_AMBER, LIGHT_RED };

enum weight { WEIGHT_LIGHT = 1, WEIGHT_MIDDLE = 2, WEIGHT_HEAVY = 3 };

struct finding_kind {
    const char *name;      /* "debuggable": stable, for programs */
    const char *what;      /* a sentence without a full stop */
    const char *reference; /* "CWE-489", "T1582"; NULL: none */
    enum weight weight;
};

struct app_finding {
    struct finding_kind kind;
    struct bytes evidence[FINDING_EVIDENCE]; /* names of components, methods, texts */
    uint32_t evidence_count;
    uint32_t more; /* evidence that is not kept */
};

struct app_side {
    struct app_finding findings[APP_FINDINGS]; /* the heaviest first */
    uint32_t count;
    enum light light;
};

struct app_verdict {
    struct app_side vulnerability, threat;
};

/* Evidence is the application's own: it must stay. `ret_verdict` is large: not for the stack. */
void app_verdict_find(const struct app *app, struct app_verdict *ret_verdict);

/* The light of a threat where a model says how likely it is. */
enum light threat_light(const struct app_side *threat, double probability);

/* "green", "amber", "red". */
const char *light_name(enum light light);

/* Parts of app_verdict_find. */
void weaknesses_find(const struct app *app, struct app_side *side);
void threats_find(const struct app *app, struct app_side *side);

/* A finding, or the one of that name that is there; `evidence` may be empty. */
void finding_add(struct app_side *side, struct finding_kind kind, struct bytes evidence);

#endif
