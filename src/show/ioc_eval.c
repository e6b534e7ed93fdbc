/* hinomi ioc eval: how well indicators find what they were not made from. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "analyse/ioc/evaluate.h"
#include "analyse/ioc/match.h"
#include "base/json.h"
#include "base/progress.h"
#include "show/ioc_input.h"
#include "show/learning.h"
#include "show/verb.h"

static const char verb[] = "ioc eval";

struct request {
    struct option_texts malware, benign, held, events;
    const char *labels, *family, *predictions;
    uint32_t folds;
    double most, spare;
    bool others, single, json;
};

static double share(uint64_t part, uint64_t of)
{
    return of ? (double)part / (double)of : 0;
}

static void family_json(const struct corpus *corpus, const struct evaluate_family *family,
                        struct json *json)
{
    json_object(json);
    json_key_text(json, "family", corpus_text(corpus, family->family));
    json_key(json, "samples"), json_unsigned(json, family->samples);
    json_key(json, "found"), json_unsigned(json, family->found);
    json_key(json, "tpr"), json_number(json, share(family->found, family->samples));
    json_key(json, "groups"), json_unsigned(json, family->groups);
    json_key(json, "groups_found"), json_unsigned(json, family->groups_found);
    json_key(json, "spared"), json_unsigned(json, family->spared);
    json_key(json, "covered"), json_unsigned(json, family->covered);
    json_key(json, "fpr"), json_number(json, share(family->covered, family->spared));
    json_key(json, "held"), json_unsigned(json, family->held);
    json_key(json, "held_covered"), json_unsigned(json, family->held_covered);
    json_key(json, "held_fpr"), json_number(json, share(family->held_covered, family->held));
    json_key(json, "indicators"), json_number(json, share(family->indicators, family->folds));
    json_key(json, "at_least"), json_number(json, family->at_least);
    json_end_object(json);
}

static void family_line(const struct corpus *corpus, const struct evaluate_family *family)
{
    struct bytes name = corpus_text(corpus, family->family);
    printf("%-24.*s TPR %6.2f %% (%u of %u; groups %u of %u)  FPR %6.3f %% (%" PRIu64 " of %" PRIu64
           ")",
           (int)name.len, name.at, 100 * share(family->found, family->samples), family->found,
           family->samples, family->groups_found, family->groups,
           100 * share(family->covered, family->spared), family->covered, family->spared);
    if (family->held)
        printf("  never seen %6.3f %% (%" PRIu64 " of %" PRIu64 ")",
               100 * share(family->held_covered, family->held), family->held_covered, family->held);
    printf("  %.1f IOCs, at least %.0f %% of the best\n", share(family->indicators, family->folds),
           100 * family->at_least);
}

static void result_tell(const struct corpus *corpus, const struct evaluate_result *result,
                        bool json_wanted)
{
    struct buffer line = {0};
    for (uint32_t i = 0; i < result->family_count; i++) {
        if (!json_wanted) {
            family_line(corpus, &result->families[i]);
            continue;
        }
        struct json json = {.out = &line};
        family_json(corpus, &result->families[i], &json);
        buffer_put_char(&line, '\n');
    }
    if (line.len)
        fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
    if (!json_wanted)
        printf("%-24s TPR %6.2f %% (%u of %u)  FPR %6.3f %% (%u of %u)  never seen %6.3f %% "
               "(%u of %u)\n",
               "by any of them", 100 * share(result->found, result->samples), result->found,
               result->samples, 100 * share(result->harmless_found, result->harmless),
               result->harmless_found, result->harmless,
               100 * share(result->held_found, result->held), result->held_found, result->held);
}

/* One JSON object a sample that was tried, in the order they were read. */
static bool predictions_write(const char *path, const struct corpus *corpus,
                              const struct evaluate_result *result)
{
    struct buffer out = {0};
    for (uint32_t i = 0; i < corpus->sample_count; i++) {
        const struct corpus_sample *sample = &corpus->samples[i];
        struct json json = {.out = &out};
        bool found = result->predicted[i] != MATCH_NONE;
        if (!result->tried[i])
            continue;
        json_object(&json);
        json_key(&json, "row"), json_unsigned(&json, i);
        json_key_text(&json, "sample", corpus_text(corpus, sample->id));
        json_key_text(&json, "truth",
                      sample->malicious ? corpus_text(corpus, sample->family) : BYTES("benign"));
        json_key_text(&json, "predicted",
                      found ? corpus_text(corpus, result->families[result->predicted[i]].family)
                            : BYTES("benign"));
        json_key(&json, "score"), json_number(&json, found);
        json_key(&json, "unknown"), json_bool(&json, false);
        json_end_object(&json);
        buffer_put_char(&out, '\n');
    }
    return learning_predictions(verb, path, &out);
}

static int request_run(const struct request *request, const struct corpus *corpus)
{
    struct progress progress;
    const struct evaluate_options options = {
        .generate = {.most = request->most, .spare = request->spare, .single = request->single},
        .folds = request->folds,
        .others = request->others,
        .family = bytes_of(request->family),
        .step = learning_step,
        .context = &progress,
    };
    struct evaluate_result result;
    progress_begin(&progress, "folds");
    int error = indicators_evaluate(corpus, &options, &result);
    progress_end(&progress);
    if (error) {
        fprintf(stderr, "hinomi %s: %s\n", verb,
                error == -ENODATA ? "no family has samples of two groups" : strerror(-error));
        return EXIT_FAILED;
    }
    result_tell(corpus, &result, request->json);
    bool good = !request->predictions || predictions_write(request->predictions, corpus, &result);
    evaluate_result_finish(&result);
    return good ? EXIT_OK : EXIT_FAILED;
}

static bool request_read(const struct request *request, struct corpus *corpus)
{
    struct ioc_labels labels = {0};
    const struct ioc_role malware = {.malicious = true}, benign = {0}, held = {.held = true},
                          events = {.labels = &labels};
    bool good = !request->labels || ioc_labels_read(verb, request->labels, &labels);
    good = good && ioc_read(verb, request->malware.items, request->malware.count, &malware, corpus);
    good = good && ioc_read(verb, request->benign.items, request->benign.count, &benign, corpus);
    good = good && ioc_read(verb, request->held.items, request->held.count, &held, corpus);
    good = good && ioc_read(verb, request->events.items, request->events.count, &events, corpus);
    ioc_labels_finish(&labels);
    if (good && corpus_seal(corpus) != 0) {
        fprintf(stderr, "hinomi %s: out of memory\n", verb);
        good = false;
    }
    return good;
}

int ioc_eval(int argc, char **argv)
{
    struct request request = {.folds = 5, .most = 25, .spare = 0.005};
    const struct option_entry options[] = {
        {"--malware", OPTION_TEXTS, &request.malware, "PATH", "reports of malware"},
        {"--benign", OPTION_TEXTS, &request.benign, "PATH", "reports or events of the harmless"},
        {"--held", OPTION_TEXTS, &request.held, "PATH",
         "the harmless that no fold learns from: only tried on"},
        {"--events", OPTION_TEXTS, &request.events, "PATH",
         "events of hosts with both; --labels says which processes are malware"},
        {"--labels", OPTION_TEXT, &request.labels, "TABLE",
         "PROCESS<TAB>FAMILY a line; the family '-' leaves it out"},
        {"--family", OPTION_TEXT, &request.family, "NAME", "this family alone"},
        {"--others", OPTION_FLAG, &request.others, NULL,
         "samples of other families must not be found, either"},
        {"--folds", OPTION_COUNT, &request.folds, "N", "(default 5)"},
        {"--most", OPTION_NUMBER, &request.most, "N", "indicators a family, about (default 25)"},
        {"--spare", OPTION_NUMBER, &request.spare, "SHARE",
         "of harmless samples that may be found (default 0.005)"},
        {"--single", OPTION_FLAG, &request.single, NULL, "no pairs: one mask an indicator"},
        {"--predictions", OPTION_TEXT, &request.predictions, "FILE", "one JSON line a sample"},
        OPTION_JSON(&request.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = verb,
        .does = "Makes indicators from all groups of samples but a fifth, and tries them on that,\n"
                "in turn: how many samples of the family they find, how many others.",
        .example = "hinomi ioc eval --events captures --labels labels.tsv --benign office.ndjson",
        .options = options,
    };
    struct corpus corpus = {0};
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (request.folds < 2 || request.folds > 100 || request.most < 1) {
        fprintf(stderr, "hinomi %s: --folds takes 2 to 100, --most 1 and more\n", verb);
        return EXIT_USAGE;
    }
    status = request_read(&request, &corpus) ? request_run(&request, &corpus) : EXIT_FAILED;
    corpus_finish(&corpus);
    return status;
}
