#include "engine/kdd.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/strings.h"
#include "detect/darknet/backscatter.h"
#include "learn/logistic.h"
#include "observe/stream.h"

/* Fields 1, 2 and 3 are nominal; each has room for its values, the last for all that came later. */
enum {
    FIELDS = 41,
    NOMINALS = 3,
    NUMBERS = FIELDS - NOMINALS,
    PROTOCOLS = 4,
    SERVICES = 72,
    FLAGS = 12,
    FEATURES = NUMBERS + PROTOCOLS + SERVICES + FLAGS,
    BLOCK = 1 << 20,
};

const char *const kdd_model_names[KDD_MODELS] = {"clustering", "line", "last"};
const char *const kdd_class_names[KDD_CLASSES] = {"normal", "dos", "probe", "r2l", "u2r"};

/* The labels of training and test set, as the competition classed them. */
static const struct {
    const char *name;
    uint8_t class;
} labels[] = {
    {"normal", 0},      {"back", 1},
    {"land", 1},        {"neptune", 1},
    {"pod", 1},         {"smurf", 1},
    {"teardrop", 1},    {"apache2", 1},
    {"mailbomb", 1},    {"processtable", 1},
    {"udpstorm", 1},    {"ipsweep", 2},
    {"nmap", 2},        {"portsweep", 2},
    {"satan", 2},       {"mscan", 2},
    {"saint", 2},       {"ftp_write", 3},
    {"imap", 3},        {"guess_passwd", 3},
    {"multihop", 3},    {"phf", 3},
    {"spy", 3},         {"warezclient", 3},
    {"warezmaster", 3}, {"named", 3},
    {"sendmail", 3},    {"snmpgetattack", 3},
    {"snmpguess", 3},   {"worm", 3},
    {"xlock", 3},       {"xsnoop", 3},
    {"httptunnel", 3},  {"buffer_overflow", 4},
    {"loadmodule", 4},  {"perl", 4},
    {"rootkit", 4},     {"ps", 4},
    {"sqlattack", 4},   {"xterm", 4},
};

struct record {
    float numbers[NUMBERS];
    uint8_t nominals[NOMINALS], class;
};

struct kdd {
    const struct kdd_options *options;
    struct kdd_result result;
    struct strings nominals[NOMINALS];
    struct record *records;
    size_t room;
    struct possibilistic *clustering;
    struct logistic *line;
};

static bool label_read(struct bytes text, uint8_t *ret_class)
{
    if (text.len > 0 && text.at[text.len - 1] == '.')
        text.len--;
    for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
        if (bytes_equal(text, bytes_of(labels[i].name))) {
            *ret_class = labels[i].class;
            return true;
        }
    return false;
}

/* "0.05", "181": digits and a point, nothing else. */
static bool number_read(struct bytes text, float *ret_number)
{
    double number = 0, scale = 0;
    if (text.len == 0 || text.len > 20)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '.' && scale == 0) {
            scale = 1;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
        scale *= 10;
    }
    *ret_number = (float)log1p(scale > 0 ? number / scale : number);
    return true;
}

/* The next field of a line, which gets shorter by it. */
static struct bytes field_take(struct bytes *line)
{
    const char *comma = line->len ? memchr(line->at, ',', line->len) : NULL;
    struct bytes field = {line->at, comma ? (size_t)(comma - line->at) : line->len};
    *line = bytes_from(*line, field.len + 1);
    return field;
}

static bool record_read(struct kdd *kdd, struct bytes line, struct record *record)
{
    static const uint32_t rooms[NOMINALS] = {PROTOCOLS, SERVICES, FLAGS};
    uint32_t number = 0;
    *record = (struct record){0};
    for (uint32_t i = 0; i < FIELDS; i++) {
        struct bytes field = field_take(&line);
        if (i < 1 || i > NOMINALS) {
            if (!number_read(field, &record->numbers[number++]))
                return false;
            continue;
        }
        uint32_t id, room = rooms[i - 1];
        if (field.len == 0 || field.len > 32 ||
            strings_intern(&kdd->nominals[i - 1], field, &id) != 0)
            return false;
        record->nominals[i - 1] = (uint8_t)(id - 1 < room ? id - 1 : room - 1);
    }
    return label_read(field_take(&line), &record->class) && line.len == 0;
}

static int line_see(struct kdd *kdd, struct bytes line)
{
    struct record record;
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    if (!record_read(kdd, line, &record)) {
        kdd->result.refused += line.len > 0;
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
    kdd->records[kdd->result.records++] = record;
    return 0;
}

/* Whole lines of the block; how many bytes they were. */
static int block_see(struct kdd *kdd, struct bytes block, bool last, size_t *ret_seen)
{
    size_t from = 0;
    int error = 0;
    while (from < block.len && !error) {
        const char *end = memchr(block.at + from, '\n', block.len - from);
        if (!end && !last && (from > 0 || block.len < BLOCK))
            break;
        size_t len = end ? (size_t)(end - block.at) - from : block.len - from;
        error = line_see(kdd, (struct bytes){block.at + from, len});
        from += len + 1;
    }
    *ret_seen = from < block.len ? from : block.len;
    return error;
}

static int records_read(struct kdd *kdd, struct stream *stream, struct fault *ret_fault)
{
    char *block = malloc(BLOCK);
    size_t held = 0, got, seen;
    int error = block ? 0 : -ENOMEM;
    bool last = false;
    while (!error && !last) {
        error = stream_read(stream, block + held, BLOCK - held, &got, ret_fault);
        last = got < BLOCK - held;
        held += got;
        if (!error)
            error = block_see(kdd, (struct bytes){block, held}, last, &seen);
        if (!error) {
            held -= seen;
            memmove(block, block + seen, held);
        }
    }
    free(block);
    return !error && kdd->result.records == 0 ? -ENOTSUP : error;
}

static int records_load(struct kdd *kdd, struct fault *ret_fault)
{
    struct stream *stream = NULL;
    *ret_fault = (struct fault){.why = "cannot be read"};
    int descriptor = open(kdd->options->path, O_RDONLY | O_CLOEXEC);
    int error = descriptor < 0 ? -errno : stream_open(descriptor, &stream);
    if (!error)
        error = records_read(kdd, stream, ret_fault);
    stream_close(stream);
    return error;
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
    static const uint32_t starts[NOMINALS] = {NUMBERS, NUMBERS + PROTOCOLS,
                                              NUMBERS + PROTOCOLS + SERVICES};
    memset(sample, 0, FEATURES * sizeof(*sample));
    for (int i = 0; i < NUMBERS; i++)
        sample[i] = (double)record->numbers[i];
    for (int i = 0; i < NOMINALS; i++)
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
    for (int i = 0; i < NOMINALS; i++)
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
