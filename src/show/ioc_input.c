#include "show/ioc_input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/ioc/endpoint.h"
#include "analyse/ioc/notation.h"
#include "analyse/report/texts.h"
#include "base/hash.h"
#include "base/progress.h"
#include "observe/source.h"
#include "observe/stream.h"
#include "show/whole_file.h"

enum { PIECE = 1 << 18 };

/* Files being read into a corpus. */
struct filling {
    const char *verb, *top; /* top: the path as it was given */
    const struct ioc_role *role;
    struct corpus *corpus;
    struct report_texts texts;
    struct hash_table processes; /* of the log now: id → sample */
    struct progress progress;
    const char *path;
    uint32_t sample, passed;
    int error;
};

/* A process's id as labels have it. */
static uint64_t process_key(struct bytes id)
{
    char text[128];
    size_t len = 0;
    for (size_t i = 0; i < id.len && len < sizeof(text); i++)
        if (id.at[i] != '{' && id.at[i] != '}')
            text[len++] = ascii_lower(id.at[i]);
    return hash_bytes((struct bytes){text, len});
}

static bool label_add(struct ioc_labels *labels, struct bytes line)
{
    const char *tab = line.len ? memchr(line.at, '\t', line.len) : NULL;
    uint32_t family;
    if (!tab || line.at[0] == '#')
        return true;
    struct bytes id = {line.at, (size_t)(tab - line.at)};
    return strings_intern(&labels->strings, bytes_from(line, id.len + 1), &family) == 0 &&
           hash_table_put(&labels->families, process_key(id), family) == 0;
}

bool ioc_labels_read(const char *verb, const char *path, struct ioc_labels *labels)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    FILE *from = fopen(path, "rb");
    bool good = from != NULL;
    while (good && (len = getline(&line, &room, from)) >= 0) {
        while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
            len--;
        good = label_add(labels, (struct bytes){line, (size_t)len});
    }
    if (!good)
        fprintf(stderr, "hinomi %s: %s: %s\n", verb, path, strerror(from ? ENOMEM : errno));
    free(line);
    if (from)
        fclose(from);
    return good;
}

void ioc_labels_finish(struct ioc_labels *labels)
{
    strings_finish(&labels->strings);
    hash_table_finish(&labels->families);
}

/* The folder a file is in, where that is below the path given: the family's name. */
static struct bytes folder_name(const struct filling *filling)
{
    struct bytes path = bytes_of(filling->path), name = bytes_base_name(path);
    size_t top = strlen(filling->top);
    struct bytes folder = {path.at, path.len > name.len ? path.len - name.len - 1 : 0};
    return folder.len > top ? bytes_base_name(folder) : BYTES("malware");
}

static int text_take(void *context, enum report_kind kind, struct bytes text)
{
    struct filling *filling = context;
    return kind == REPORT_call ? 0 : report_texts_add(&filling->texts, kind, text);
}

static int report_begin(void *context)
{
    struct filling *filling = context;
    report_texts_clear(&filling->texts);
    return 0;
}

/* Equal reports are one group: a sum of what they did, in no order. */
static uint64_t deeds_sum(const struct report_texts *texts)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < texts->count; i++)
        if (pattern_usable((enum report_kind)texts->items[i].kind))
            sum +=
                hash_mix(strings_hash(&texts->strings, texts->items[i].text), texts->items[i].kind);
    return sum;
}

static int report_end(void *context)
{
    struct filling *filling = context;
    const struct report_texts *texts = &filling->texts;
    const struct ioc_role *role = filling->role;
    struct bytes id = report_texts_first(texts, REPORT_sample);
    struct bytes family = report_texts_first(texts, REPORT_family);
    char group[20];
    uint32_t sample;
    int len = snprintf(group, sizeof(group), "%016" PRIx64, deeds_sum(texts));
    if (role->family)
        family = bytes_of(role->family);
    else if (family.len == 0)
        family = folder_name(filling);
    int error = corpus_sample_add(filling->corpus, id.len ? id : bytes_of(filling->path),
                                  role->malicious ? family : BYTES(""),
                                  (struct bytes){group, (size_t)len}, &sample);
    if (error)
        return error;
    filling->corpus->samples[sample].malicious = role->malicious;
    filling->corpus->samples[sample].held = role->held;
    for (uint32_t i = 0; i < texts->count && !error; i++)
        error = corpus_deed_add(filling->corpus, sample, (enum report_kind)texts->items[i].kind,
                                strings_at(&texts->strings, texts->items[i].text));
    progress_step(&filling->progress, filling->corpus->sample_count, -1);
    return error;
}

static int reports_read(struct filling *filling, struct fault *fault)
{
    const struct report_listener listener = {report_begin, text_take, report_end, filling};
    struct report_reader *reader = report_reader_create(&listener);
    struct stream *stream = NULL;
    char *piece = malloc(PIECE);
    int descriptor = open(filling->path, O_RDONLY | O_CLOEXEC);
    int error = !reader || !piece ? -ENOMEM : descriptor < 0 ? -errno : 0;
    size_t len = PIECE;
    if (descriptor >= 0)
        error = error ? error : stream_open(descriptor, &stream);
    while (!error && len == PIECE) {
        error = stream_read(stream, piece, PIECE, &len, fault);
        if (!error)
            error = report_reader_feed(reader, (struct bytes){piece, len}, fault);
    }
    if (!error)
        error = report_reader_end(reader, fault);
    if (stream)
        stream_close(stream);
    report_reader_destroy(reader);
    free(piece);
    return error;
}

/* The sample of a process, made when it is first seen; CORPUS_SAMPLES: it is left out. */
static int process_find(struct filling *filling, struct bytes id, uint32_t *ret_sample)
{
    const struct ioc_role *role = filling->role;
    uint64_t key = process_key(id);
    struct bytes family =
        role->malicious ? bytes_of(role->family ? role->family : "malware") : BYTES("");
    bool malicious = role->malicious;
    *ret_sample = hash_table_get(&filling->processes, key);
    if (*ret_sample != HASH_TABLE_NONE)
        return 0;
    uint32_t label = role->labels ? hash_table_get(&role->labels->families, key) : HASH_TABLE_NONE;
    *ret_sample = CORPUS_SAMPLES;
    if (label != HASH_TABLE_NONE) {
        family = strings_at(&role->labels->strings, label);
        malicious = true;
        if (bytes_equal(family, BYTES("-")))
            return hash_table_put(&filling->processes, key, CORPUS_SAMPLES);
    }
    int error = corpus_sample_add(filling->corpus, id, family,
                                  bytes_base_name(bytes_of(filling->path)), ret_sample);
    if (error)
        return error;
    filling->corpus->samples[*ret_sample].malicious = malicious;
    filling->corpus->samples[*ret_sample].held = role->held;
    return hash_table_put(&filling->processes, key, *ret_sample);
}

static int deed_take(void *context, enum report_kind kind, struct bytes text)
{
    struct filling *filling = context;
    return corpus_deed_add(filling->corpus, filling->sample, kind, text);
}

static int events_read(struct filling *filling, struct source *source, struct fault *fault)
{
    struct batch *batch = batch_create();
    int error = batch ? 0 : -ENOMEM;
    hash_table_clear(&filling->processes);
    while (!error && (error = source_read(source, batch, fault)) == 0 && batch->rows > 0)
        for (uint32_t row = 0; row < batch->rows && !error; row++) {
            struct bytes id = endpoint_process(batch, row);
            if (id.len == 0)
                continue;
            error = process_find(filling, id, &filling->sample);
            if (!error && filling->sample != CORPUS_SAMPLES)
                error = endpoint_deeds(batch, row, deed_take, filling);
            progress_step(&filling->progress, filling->corpus->sample_count, -1);
        }
    batch_destroy(batch);
    return error;
}

static int file_read(void *context, const char *path)
{
    struct filling *filling = context;
    struct fault fault = {NULL, 0, 0};
    struct source *source = NULL;
    filling->path = path;
    int error = source_open(path, NULL, 0, &source, &fault);
    if (error == 0) {
        error = events_read(filling, source, &fault);
        source_close(source);
    } else if (error == -ENOTSUP) {
        error = reports_read(filling, &fault);
    }
    if (error == -ENOMEM || error == -ENOSPC) {
        fprintf(stderr, "hinomi %s: %s: %s\n", filling->verb, path,
                error == -ENOMEM ? "out of memory" : "too many samples");
        return filling->error = error;
    }
    if (error) {
        fprintf(stderr, "hinomi %s: %s: %s\n", filling->verb, path,
                fault.why ? fault.why : strerror(-error));
        filling->passed++;
    }
    return 0;
}

bool ioc_read(const char *verb, const char *const *paths, uint32_t count,
              const struct ioc_role *role, struct corpus *corpus)
{
    struct filling filling = {.verb = verb, .role = role, .corpus = corpus};
    uint32_t before = corpus->sample_count;
    progress_begin(&filling.progress, "samples");
    for (uint32_t i = 0; i < count && !filling.error; i++) {
        filling.top = paths[i];
        int error = source_walk(paths[i], file_read, &filling);
        if (error && !filling.error)
            fprintf(stderr, "hinomi %s: %s: %s\n", verb, paths[i], strerror(-error));
        filling.error = error;
    }
    progress_end(&filling.progress);
    report_texts_finish(&filling.texts);
    hash_table_finish(&filling.processes);
    if (!filling.error && count && corpus->sample_count == before) {
        fprintf(stderr, "hinomi %s: %s: nothing in it that could be read\n", verb, paths[0]);
        return false;
    }
    return filling.error == 0;
}

bool ioc_set_read(const char *verb, const char *path, struct indicator_set *ret_set)
{
    struct indicator_set set = {.count = 0};
    struct buffer content = {0};
    struct fault fault = {NULL, 0, 0};
    int error = whole_file_read(path, true, &content);
    if (!error)
        error = indicators_read(buffer_bytes(&content), &set, &fault);
    buffer_finish(&content);
    if (fault.why)
        fprintf(stderr, "hinomi %s: %s, line %llu: %s\n", verb, path,
                (unsigned long long)fault.line, fault.why);
    else if (error)
        fprintf(stderr, "hinomi %s: %s: %s\n", verb, path, strerror(-error));
    if (error)
        indicator_set_finish(&set);
    else
        *ret_set = set;
    return error == 0;
}
