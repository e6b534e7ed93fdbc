#include "engine/kdd.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/strings.h"
#include "detect/darknet/backscatter.h"
#include "learn/logistic.h"
#include "observe/lines.h"

/* A nominal feature has room for its values, the last for all that came later. */
enum {
    PROTOCOLS = 4,
    SERVICES = 72,
    FLAGS = 12,
    FEATURES = KDD_NUMBERS + PROTOCOLS + SERVICES + FLAGS,
};

const char *const kdd_model_names[KDD_MODELS] = {"clustering", "line", "last"};

struct record {
    float numbers[KDD_NUMBERS];
    uint8_t nominals[KDD_NOMINALS], class;
};

struct kdd {
    const struct kdd_options *options;
    struct kdd_result result;
    struct strings nominals[KDD_NOMINALS];
    struct record *records;
    size_t room;
    struct possibilistic *clustering;
    struct logistic *line;
};

static int record_make(struct kdd *kdd, const struct kdd_line *line, struct record *record)
{
    static const uint32_t rooms[KDD_NOMINALS] = {PROTOCOLS, SERVICES, FLAGS};
    int error = 0;
    *record = (struct record){.class = line->class};
    for (int i = 0; i < KDD_NUMBERS; i++)
        record->numbers[i] = (float)log1p(line->numbers[i]);
    for (int i = 0; i < KDD_NOMINALS && !error; i++) {
        uint32_t id = 0;
        error = strings_intern(&kdd->nominals[i], line->nominals[i], &id);
        record->nominals[i] = (uint8_t)(id - 1 < rooms[i] ? id - 1 : rooms[i] - 1);
    }
    return error;
}

static int line_see(struct kdd *kdd, const struct line *line)
{
    struct kdd_line read;
    if (line->too_long || !kdd_line_read(line->text, &read)) {
        kdd->result.refused += line->too_long || line->text.len > 0;
        return 0;
    }
    if (kdd->result.records == KDD_RECORDS)
        return -ENOSPC;
    if (kdd->result.records == kdd->room) {
        size_t room = kdd->room ? kdd->room * 2 : 4096;
        struct record *records = reallocarray(kdd->records, room, sizeof(*records));
        if (!records)
            return -ENOMEM;
        kdd->records = records;
        kdd->room = room;
    }
    return record_make(kdd, &read, &kdd->records[kdd->result.records++]);
}

static int records_load(struct kdd *kdd, struct fault *ret_fault)
{
    struct lines *lines;
    struct line line;
    *ret_fault = (struct fault){.why = "cannot be read"};
    int error = lines_open(kdd->options->path, &lines), more = 0;
    if (error)
        return error;
    while (!error && (more = lines_next(lines, &line, ret_fault)) > 0)
        error = line_see(kdd, &line);
    lines_close(lines);
    if (!error && more == 0 && kdd->result.records == 0)
        return -ENOTSUP;
    return error ? error : more;
}

static uint64_t record_hash(const struct record *record)
{
    return XXH3_64bits(record, sizeof(*record)); /* padded by none: 38 floats and four bytes */
}

/* One of equal records stays, the first; equal by a hash of 64 bits. */
static int records_unite(struct kdd *kdd)
{
    size_t places = 1, kept = 0;
    while (places < 2 * kdd->result.records)
        places *= 2;
    uint64_t *seen = calloc(places, sizeof(*seen));
    if (!seen)
        return -ENOMEM;
    for (size_t i = 0; i < kdd->result.records; i++) {
        uint64_t hash = record_hash(&kdd->records[i]) | 1;
        size_t at = (hash >> 1) & (places - 1);
        while (seen[at] && seen[at] != hash)
            at = (at + 1) & (places - 1);
        if (seen[at])
            continue;
        seen[at] = hash;
        kdd->records[kept++] = kdd->records[i];
    }
    kdd->result.records = kept;
    free(seen);
    return 0;
}

/* Fisher and Yates, by a generator that always begins the same. */
static void records_shuffle(struct kdd *kdd)
{
    uint64_t seed = 1;
    for (size_t i = kdd->result.records; i > 1; i--) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t other = (size_t)((seed >> 20) % i);
        struct record kept = kdd->records[i - 1];
        kdd->records[i - 1] = kdd->records[other];
        kdd->records[other] = kept;
    }
}

static void sample_make(const struct record *record, double sample[FEATURES])
{
    static const uint32_t starts[KDD_NOMINALS] = {KDD_NUMBERS, KDD_NUMBERS + PROTOCOLS,
                                                  KDD_NUMBERS + PROTOCOLS + SERVICES};
    memset(sample, 0, FEATURES * sizeof(*sample));
    for (int i = 0; i < KDD_NUMBERS; i++)
        sample[i] = (double)record->numbers[i];
    for (int i = 0; i < KDD_NOMINALS; i++)
        sample[starts[i] + record->nominals[i]] = 1;
}

static void record_see(struct kdd *kdd, const struct record *record, uint32_t last)
{
    double sample[FEATURES], chance[KDD_CLASSES], typicality;
    struct kdd_score *scores = kdd->result.scores;
    sample_make(record, sample);
    uint32_t said = possibilistic_classify(kdd->clustering, sample, chance, &typicality);
    scores[KDD_CLUSTERING].said[record->class][said]++;
    said = logistic_judge(kdd->line, sample, chance);
    scores[KDD_LINE].said[record->class][said]++;
    scores[KDD_LAST].said[record->class][last]++;
    possibilistic_learn(kdd->clustering, sample, record->class);
    logistic_learn(kdd->line, sample, record->class);
}

static int models_open(struct kdd *kdd)
{
    struct possibilistic_options options = backscatter_options;
    options.features = FEATURES;
    options.classes = KDD_CLASSES;
    int error = possibilistic_open(&options, &kdd->clustering);
    return error ? error : logistic_open(FEATURES, KDD_CLASSES, 0.5, &kdd->line);
}

static void records_see(struct kdd *kdd)
{
    uint32_t last = 0;
    for (size_t i = 0; i < kdd->result.records; i++) {
        record_see(kdd, &kdd->records[i], last);
        last = kdd->records[i].class;
        if (kdd->options->progress && i % 256 == 0)
            kdd->options->progress(kdd->options->context, i,
                                   (double)i / (double)kdd->result.records);
    }
    kdd->result.clusters = possibilistic_counts(kdd->clustering);
}

int kdd_run(const struct kdd_options *options, struct kdd_result *ret_result,
            struct fault *ret_fault)
{
    struct kdd kdd = {.options = options};
    int error = records_load(&kdd, ret_fault);
    if (!error && options->unique)
        error = records_unite(&kdd);
    if (!error && options->shuffled)
        records_shuffle(&kdd);
    if (!error)
        error = models_open(&kdd);
    if (!error) {
        records_see(&kdd);
        *ret_result = kdd.result;
    }
    possibilistic_close(kdd.clustering);
    logistic_close(kdd.line);
    free(kdd.records);
    for (int i = 0; i < KDD_NOMINALS; i++)
        strings_finish(&kdd.nominals[i]);
    return error;
}

/* Of the records whose truth is in [first, last), the part that was called an attack. */
static double part_attack(const struct kdd_score *score, int first, int last)
{
    uint64_t all = 0, said = 0;
    for (int truth = first; truth < last; truth++)
        for (int class = 0; class < KDD_CLASSES; class ++) {
            all += score->said[truth][class];
            said += class > 0 ? score->said[truth][class] : 0;
        }
    return all ? (double)said / (double)all : 0;
}

double kdd_accuracy(const struct kdd_score *score)
{
    uint64_t all = 0, right = 0;
    for (int truth = 0; truth < KDD_CLASSES; truth++)
        for (int class = 0; class < KDD_CLASSES; class ++) {
            all += score->said[truth][class];
            right += class == truth ? score->said[truth][class] : 0;
        }
    return all ? (double)right / (double)all : 0;
}

double kdd_detection(const struct kdd_score *score)
{
    return part_attack(score, 1, KDD_CLASSES);
}

double kdd_false_alarms(const struct kdd_score *score)
{
    return part_attack(score, 0, 1);
}
