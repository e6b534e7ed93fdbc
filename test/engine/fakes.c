#include "fakes.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detect/detector.h"
#include "observe/source.h"
#include "store/store.h"
#include "triage/triage.h"

struct fake_store fake_store;
uint32_t fake_read_rows = BATCH_ROWS;

/* --- the source --- */

struct source {
    FILE *file;
    uint32_t number;
    struct source_counts counts;
};

const char *const source_formats[] = {"lines", NULL};

int source_open(const char *path, const char *format, uint32_t number, struct source **ret_source,
                struct fault *ret_fault)
{
    (void)format;
    struct source *source = calloc(1, sizeof(*source));
    source->file = fopen(path, "r");
    source->number = number;
    if (!source->file) {
        free(source);
        ret_fault->why = "it cannot be opened";
        return -errno;
    }
    *ret_source = source;
    return 0;
}

const char *source_format(const struct source *source)
{
    (void)source;
    return "lines";
}

enum source_clock source_clock(const struct source *source)
{
    (void)source;
    return CLOCK_COLLECTOR;
}

const struct source_counts *source_counts(const struct source *source)
{
    return &source->counts;
}

uint64_t source_size(const struct source *source)
{
    (void)source;
    return 0;
}

uint64_t source_position(const struct source *source)
{
    return source->counts.bytes;
}

int source_read(struct source *source, struct batch *batch, struct fault *ret_fault)
{
    char host[32], word[32];
    long long time;
    while (batch->rows < fake_read_rows && batch->rows < BATCH_ROWS) {
        uint64_t offset = (uint64_t)ftell(source->file);
        if (fscanf(source->file, "%lld %31s %31s\n", &time, host, word) != 3)
            break;
        source->counts.read++;
        if (strcmp(word, "broken") == 0) {
            *ret_fault = (struct fault){"the file breaks off", offset, 0};
            return -EBADMSG;
        }
        uint32_t row = batch->rows++;
        batch->columns.time[row] = time;
        batch->columns.event_source[row] = source->number;
        batch->columns.event_offset[row] = offset;
        assert(strings_intern(&batch->strings, bytes_of(host), &batch->columns.host_name[row]) ==
               0);
        assert(strings_intern(&batch->strings, bytes_of(word), &batch->columns.user_name[row]) ==
               0);
        source->counts.kept++;
    }
    source->counts.bytes = (uint64_t)ftell(source->file);
    return 0;
}

void source_help(struct source *source, unsigned helpers)
{
    (void)source, (void)helpers;
}

int source_seek(struct source *source, uint64_t offset)
{
    source->counts.bytes = offset;
    return fseek(source->file, (long)offset, SEEK_SET);
}

void source_save(const struct source *source, struct buffer *out)
{
    buffer_put_u64(out, source->counts.read);
    buffer_put_u64(out, source->counts.kept);
}

int source_restore(struct source *source, struct cursor *in)
{
    source->counts.read = cursor_u64(in);
    source->counts.kept = cursor_u64(in);
    return cursor_ok(in) ? 0 : -EINVAL;
}

void source_close(struct source *source)
{
    fclose(source->file);
    free(source);
}

int source_walk(const char *path, int (*visit)(void *context, const char *path), void *context)
{
    return visit(context, path);
}

/* --- the detector --- */

struct memory {
    uint64_t seen, rows; /* of a partition: a hash over its rows, in order; of the fleet: of all */
};

static int memory_open(const struct settings *settings, void **ret_state)
{
    (void)settings;
    *ret_state = calloc(1, sizeof(struct memory));
    return *ret_state ? 0 : -ENOMEM;
}

static void finding_say(struct findings *out, const struct batch *batch, uint32_t row,
                        uint64_t seen, uint64_t fleet)
{
    struct finding *finding = findings_add(out);
    finding->id = seen;
    finding->detector = "fake";
    finding->row = row;
    finding->time_start = finding->time_end = batch->columns.time[row];
    struct bytes host = batch_text(batch, batch->columns.host_name, row);
    finding->host = findings_format(out, "%.*s", (int)host.len, host.at);
    finding->title.english =
        findings_format(out, "%llx %llx", (unsigned long long)seen, (unsigned long long)fleet);
}

static int memory_scan(void *state, const void *fleet, const struct batch *batch, struct rows rows,
                       struct findings *out)
{
    struct memory *memory = state;
    const struct memory *all = fleet;
    for (uint32_t i = 0; i < rows.count; i++) {
        uint32_t row = rows.at[i];
        memory->rows++;
        memory->seen = hash_mix(memory->seen, (uint64_t)batch->columns.time[row]);
        memory->seen =
            hash_mix(memory->seen, hash_bytes(batch_text(batch, batch->columns.user_name, row)));
        if (memory->seen % 8 == 0)
            finding_say(out, batch, row, memory->seen, all->seen);
        if (memory->seen % 64 == 0)
            finding_say(out, batch, row, memory->seen + 1, all->rows);
    }
    return 0;
}

static int memory_merge(void *fleet, void *state)
{
    struct memory *all = fleet, *memory = state;
    all->seen = hash_mix(all->seen, memory->seen);
    all->rows += memory->rows;
    memory->rows = 0;
    return 0;
}

static int memory_settle(void *fleet, struct window window)
{
    struct memory *all = fleet;
    all->seen = hash_mix(all->seen, (uint64_t)window.start);
    return 0;
}

static void memory_save(const void *state, struct buffer *out)
{
    const struct memory *memory = state;
    buffer_put_u64(out, memory->seen);
    buffer_put_u64(out, memory->rows);
}

static int memory_load(void *state, struct cursor *in)
{
    struct memory *memory = state;
    memory->seen = cursor_u64(in);
    memory->rows = cursor_u64(in);
    return cursor_ok(in) ? 0 : -EINVAL;
}

static const struct detector short_windows = {
    .name = "short",
    .claim = "",
    .window = 1000,
    .open_fleet = memory_open,
    .open = memory_open,
    .scan = memory_scan,
    .merge = memory_merge,
    .settle = memory_settle,
    .save_fleet = memory_save,
    .save = memory_save,
    .load_fleet = memory_load,
    .load = memory_load,
    .close = free,
    .close_fleet = free,
};

static const struct detector long_windows = {
    .name = "long",
    .claim = "",
    .window = 7777,
    .open_fleet = memory_open,
    .open = memory_open,
    .scan = memory_scan,
    .merge = memory_merge,
    .settle = memory_settle,
    .save_fleet = memory_save,
    .save = memory_save,
    .load_fleet = memory_load,
    .load = memory_load,
    .close = free,
    .close_fleet = free,
};

const struct detector *const detectors[] = {&short_windows, &long_windows, NULL};

/* --- triage: a case for every hundred findings --- */

struct triage {
    uint64_t taken;
    struct incident incident;
};

int triage_open(struct triage **ret_triage)
{
    *ret_triage = calloc(1, sizeof(**ret_triage));
    return *ret_triage ? 0 : -ENOMEM;
}

int triage_take(struct triage *triage, const struct finding *finding,
                const struct incident **ret_case)
{
    triage->incident.id = (uint32_t)(triage->taken++ / 100 + 1);
    triage->incident.time_end = finding->time_end;
    *ret_case = &triage->incident;
    return 0;
}

void triage_save(const struct triage *triage, struct buffer *out)
{
    buffer_put_u64(out, triage->taken);
}

int triage_load(struct triage *triage, struct cursor *in)
{
    triage->taken = cursor_u64(in);
    return 0;
}

void triage_close(struct triage *triage)
{
    free(triage);
}

/* --- the store --- */

struct store {
    int unused;
};

static struct store the_store;

void fake_store_forget(void)
{
    buffer_finish(&fake_store.rows);
    buffer_finish(&fake_store.findings);
    buffer_finish(&fake_store.checkpoint);
    buffer_finish(&fake_store.next_checkpoint);
    fake_store = (struct fake_store){0};
}

int store_open_write(const char *folder, struct store **ret_store)
{
    (void)folder;
    fake_store.rows.len = fake_store.rows_kept;
    fake_store.findings.len = fake_store.findings_kept;
    fake_store.mark = false;
    fake_store.row_count = 0;
    *ret_store = &the_store;
    return 0;
}

void store_close(struct store *store)
{
    (void)store;
}

const char *store_error(const struct store *store)
{
    (void)store;
    return "the fake store was told to fail";
}

int store_put_some_rows(struct store *store, const struct batch *batch, const uint32_t *at,
                        uint32_t count)
{
    (void)store;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = at[i];
        if (fake_store.fail_at && fake_store.row_count++ == fake_store.fail_at)
            return -EIO;
        buffer_put_format(&fake_store.rows, "%lld %u:%llu\n", (long long)batch->columns.time[row],
                          batch->columns.event_source[row],
                          (unsigned long long)batch->columns.event_offset[row]);
    }
    return 0;
}

int store_put_finding(struct store *store, const struct finding *finding, uint32_t case_id)
{
    (void)store;
    buffer_put_format(&fake_store.findings, "%016llx %lld %u ", (unsigned long long)finding->id,
                      (long long)finding->time_start, case_id);
    buffer_put(&fake_store.findings, finding->title.english);
    buffer_put_char(&fake_store.findings, '\n');
    return 0;
}

int store_put_case(struct store *store, const struct incident *incident)
{
    (void)store;
    (void)incident;
    return 0;
}

int store_put_health(struct store *store, const char *name, double value, struct bytes text)
{
    (void)store;
    (void)name;
    (void)value;
    (void)text;
    return 0;
}

int store_put_source(struct store *store, const struct store_source *source)
{
    (void)store;
    (void)source;
    return 0;
}

int store_put_host(struct store *store, const struct store_host *host)
{
    (void)store;
    (void)host;
    return 0;
}

int store_put_relation(struct store *store, const struct store_relation *relation)
{
    (void)store;
    (void)relation;
    return 0;
}

int store_put_checkpoint(struct store *store, struct bytes checkpoint)
{
    (void)store;
    buffer_clear(&fake_store.next_checkpoint);
    buffer_put(&fake_store.next_checkpoint, checkpoint);
    fake_store.mark = true;
    return 0;
}

int store_commit(struct store *store)
{
    (void)store;
    if (!fake_store.mark)
        return 0;
    buffer_clear(&fake_store.checkpoint);
    buffer_put(&fake_store.checkpoint, buffer_bytes(&fake_store.next_checkpoint));
    fake_store.rows_kept = fake_store.rows.len;
    fake_store.findings_kept = fake_store.findings.len;
    fake_store.mark = false;
    fake_store.checkpoints++;
    return 0;
}

int store_checkpoint(struct store *store, struct arena *arena, struct bytes *ret_checkpoint)
{
    (void)store;
    *ret_checkpoint = arena_copy(arena, buffer_bytes(&fake_store.checkpoint));
    return 0;
}
