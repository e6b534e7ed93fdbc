/*
 * bench_store [ROWS [FILE [FOLDER]]] -- what storing and finding costs.
 *
 * Rows come from FILE (any log `hinomi ingest` reads), told anew with later
 * times and other process ids until there are ROWS, or from a generator. CPU
 * seconds are those of the store's calls alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/source.h"
#include "store/observables.h"
#include "store/store.h"

enum { COMMIT_ROWS = 65536, PIVOTS = 1000, HELD = 512 };

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, why);
    exit(1);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double wall_seconds(void)
{
    return (double)time_ticks() / 1e9;
}

static uint64_t chance(uint64_t *state, uint64_t below)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

static uint32_t text_put(struct batch *batch, const char *format, unsigned long long number)
{
    char text[256];
    uint32_t id = 0;
    int len = snprintf(text, sizeof(text), format, number);
    if (strings_intern(&batch->strings, (struct bytes){text, (size_t)len}, &id) != 0)
        die("strings", "out of memory");
    return id;
}

/* A row of about the width and variety of real ones. */
static void row_make(struct batch *batch, uint64_t number)
{
    struct batch_columns *columns = &batch->columns;
    uint64_t state = number;
    uint32_t row = batch->rows++;
    uint64_t process = number / 400 * 8 + chance(&state, 8);
    columns->time[row] = (INT64_C(19850) * 86400 * 1000 + (int64_t)number * 4) * 1000000;
    columns->event_category[row] = CATEGORY_file;
    columns->event_action[row] = ACTION_change;
    columns->event_code[row] = 11;
    columns->event_provider[row] = text_put(batch, "Microsoft-Windows-Sysmon", 0);
    columns->host_name[row] = text_put(batch, "pc%03llu.corp.example", chance(&state, 110));
    columns->user_name[row] = text_put(batch, "user%llu", chance(&state, 100));
    columns->process_entity_id[row] = text_put(batch, "{b3c1-%012llx}", process);
    columns->process_parent_entity_id[row] = text_put(batch, "{b3c1-%012llx}", process / 50);
    columns->process_pid[row] = (uint32_t)process;
    columns->process_executable[row] =
        text_put(batch, "C:\\Program Files\\Vendor\\Application\\program%llu.exe", process % 300);
    if (chance(&state, 10) < 7)
        columns->file_path[row] =
            text_put(batch, "C:\\Users\\user\\AppData\\Local\\Vendor\\Cache\\data_%llu.tmp",
                     chance(&state, 10) ? chance(&state, 20000) : number);
    else {
        uint8_t ip[16] = {[10] = 0xff,
                          [11] = 0xff,
                          [12] = 10,
                          [13] = 1,
                          [14] = (uint8_t)chance(&state, 16),
                          [15] = (uint8_t)chance(&state, 256)};
        memcpy(columns->destination_ip[row].octets, ip, sizeof(ip));
        columns->destination_port[row] = 443;
    }
    columns->event_source[row] = 1;
    columns->event_offset[row] = number * 700;
}

static void process_rename(struct batch *batch, uint32_t *column, uint32_t row, uint32_t round)
{
    struct bytes old = strings_at(&batch->strings, column[row]);
    char text[256];
    int len = snprintf(text, sizeof(text), "%u-%.*s", round, (int)old.len, old.at);
    if (old.len && len < (int)sizeof(text) &&
        strings_intern(&batch->strings, (struct bytes){text, (size_t)len}, &column[row]) != 0)
        die("strings", "out of memory");
}

/* Tell a batch of round 0 anew: later, and by other processes. */
static void batch_retell(struct batch *to, const struct batch *from, uint32_t round, int64_t later)
{
    batch_clear(to);
    for (uint32_t row = 0; row < from->rows; row++) {
        if (batch_append(to, from, row) != 0)
            die("batch", "out of memory");
        to->columns.time[row] += later * round;
        to->columns.event_source[row] = round;
        process_rename(to, to->columns.process_entity_id, row, round);
        process_rename(to, to->columns.process_parent_entity_id, row, round);
        process_rename(to, to->columns.target_process_entity_id, row, round);
    }
}

struct rows {
    struct batch *held[HELD]; /* of the file */
    uint32_t held_count, next, round;
    uint64_t made;
};

struct place {
    int64_t time;
    const struct batch *batch;
    uint32_t row;
};

static int place_order(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    if (left->time != right->time)
        return left->time > right->time ? 1 : -1;
    return (left->batch > right->batch) - (left->batch < right->batch);
}

/* The engine gives rows in time order. */
static void rows_sort(struct rows *rows)
{
    uint32_t count = 0;
    struct place *places = calloc((size_t)HELD * BATCH_ROWS, sizeof(*places));
    struct batch *sorted[HELD] = {0};
    if (!places)
        die("sorting", "out of memory");
    for (uint32_t i = 0; i < rows->held_count; i++)
        for (uint32_t row = 0; row < rows->held[i]->rows; row++)
            places[count++] = (struct place){rows->held[i]->columns.time[row], rows->held[i], row};
    qsort(places, count, sizeof(*places), place_order);
    for (uint32_t i = 0; i < count; i++) {
        struct batch **to = &sorted[i / BATCH_ROWS];
        if (!*to)
            *to = batch_create();
        if (!*to || batch_append(*to, places[i].batch, places[i].row) != 0)
            die("sorting", "out of memory");
    }
    for (uint32_t i = 0; i < rows->held_count; i++)
        batch_destroy(rows->held[i]);
    rows->held_count = (count + BATCH_ROWS - 1) / BATCH_ROWS;
    memcpy(rows->held, sorted, sizeof(sorted));
    free(places);
}

static void rows_load(struct rows *rows, const char *path)
{
    struct source *source;
    struct fault fault;
    if (source_open(path, NULL, 0, &source, &fault) != 0)
        die(path, "can't be read");
    for (bool more = true; more && rows->held_count < HELD;) {
        struct batch *batch = batch_create();
        if (!batch || source_read(source, batch, &fault) != 0)
            die(path, "can't be read");
        more = batch->rows > 0;
        if (more)
            rows->held[rows->held_count++] = batch;
        else
            batch_destroy(batch);
    }
    source_close(source);
    rows_sort(rows);
}

static const struct batch *rows_next(struct rows *rows, struct batch *spare)
{
    if (rows->held_count == 0) {
        batch_clear(spare);
        while (spare->rows < BATCH_ROWS)
            row_make(spare, rows->made++);
        return spare;
    }
    if (rows->next == rows->held_count) {
        rows->next = 0;
        rows->round++;
    }
    batch_retell(spare, rows->held[rows->next++], rows->round, 28 * TIME_HOUR);
    return spare;
}

/* Every so many rows, something to look for later. */
struct sample {
    struct observable observables[PIVOTS];
    struct event_id events[PIVOTS];
    struct arena arena;
    uint32_t count;
};

static void sample_take(struct sample *sample, const struct batch *batch, uint64_t every,
                        uint64_t *until)
{
    if (*until > batch->rows || sample->count == PIVOTS) {
        *until -= batch->rows < *until ? batch->rows : *until;
        return;
    }
    *until = every;
    uint32_t row = batch->rows / 2;
    const struct batch_columns *columns = &batch->columns;
    char text[IP_TEXT_SIZE];
    enum observable_type type = OBSERVABLE_process;
    struct bytes value = batch_text(batch, columns->process_entity_id, row);
    if (sample->count % 3 == 1 && columns->file_path[row]) {
        type = OBSERVABLE_file;
        value = batch_text(batch, columns->file_path, row);
    } else if (ip_given(&columns->destination_ip[row])) {
        type = OBSERVABLE_ip;
        value = ip_format(&columns->destination_ip[row], text);
    }
    sample->events[sample->count] =
        (struct event_id){columns->event_source[row], columns->event_offset[row]};
    sample->observables[sample->count++] =
        (struct observable){type, arena_copy(&sample->arena, value)};
}

static double folder_bytes(const char *folder)
{
    char command[256], line[64] = "0";
    snprintf(command, sizeof(command), "du -sb %s", folder);
    FILE *pipe = popen(command, "r");
    if (!pipe || !fgets(line, sizeof(line), pipe))
        die(folder, "can't be measured");
    pclose(pipe);
    return strtod(line, NULL);
}

static void write_measure(const char *folder, struct rows *rows, uint64_t wanted,
                          struct sample *sample)
{
    struct store *store;
    struct batch *spare = batch_create();
    double cpu = 0, wall = 0;
    uint64_t put = 0, since = 0, every = wanted / PIVOTS, until = every;
    if (!spare || store_open_write(folder, &store) != 0)
        die(folder, store_error(NULL));
    while (put < wanted) {
        const struct batch *batch = rows_next(rows, spare);
        sample_take(sample, batch, every, &until);
        double cpu_before = cpu_seconds(), wall_before = wall_seconds();
        int error = store_put_rows(store, batch);
        put += batch->rows;
        since += batch->rows;
        if (!error && since >= COMMIT_ROWS) {
            error = store_commit(store);
            since = 0;
        }
        if (error)
            die(folder, store_error(store));
        cpu += cpu_seconds() - cpu_before;
        wall += wall_seconds() - wall_before;
    }
    double cpu_before = cpu_seconds(), wall_before = wall_seconds();
    if (store_put_checkpoint(store, BYTES("bench")) != 0 || store_commit(store) != 0)
        die(folder, store_error(store));
    store_close(store);
    cpu += cpu_seconds() - cpu_before;
    wall += wall_seconds() - wall_before;
    batch_destroy(spare);
    printf("rows stored                 %12llu\n", (unsigned long long)put);
    printf("rows / CPU s                %12.0f\n", (double)put / cpu);
    printf("rows / s                    %12.0f\n", (double)put / wall);
    printf("bytes / row on disk         %12.1f\n", folder_bytes(folder) / (double)put);
}

static int number_order(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void times_print(const char *name, double *times, uint32_t count)
{
    qsort(times, count, sizeof(*times), number_order);
    if (count)
        printf("%-27s %9.3f ms median %9.3f ms 99 %% %9.3f ms most\n", name, times[count / 2] * 1e3,
               times[count * 99 / 100] * 1e3, times[count - 1] * 1e3);
}

static int row_count(void *context, const struct batch *batch, uint32_t row)
{
    (void)batch, (void)row;
    return ++*(uint64_t *)context >= 1000;
}

static int statement_ignore(void *context, struct sqlite3_stmt *statement)
{
    (void)context, (void)statement;
    return 0;
}

static void query_measure(struct store *store, const char *sql)
{
    double before = wall_seconds();
    if (store_query(store, bytes_of(sql), 600, statement_ignore, NULL) != 0)
        die(sql, store_error(store));
    printf("%9.3f ms  %s\n", (wall_seconds() - before) * 1e3, sql);
}

static void read_measure(const char *folder, const struct sample *sample)
{
    struct store *store;
    double pivots[PIVOTS], counts[PIVOTS], events[PIVOTS];
    struct batch *batch = batch_create();
    uint64_t rows = 0;
    if (!batch || store_open_read(folder, &store) != 0)
        die(folder, store_error(NULL));
    for (uint32_t i = 0; i < sample->count; i++) {
        struct store_span all = {TIME_NONE, INT64_MAX, false};
        uint64_t visited = 0, counted;
        double start = wall_seconds();
        int error = store_pivot(store, &sample->observables[i], all, row_count, &visited);
        double pivoted = wall_seconds();
        if (!error)
            error = store_pivot_count(store, &sample->observables[i], all, &counted);
        double counted_at = wall_seconds();
        if (!error)
            error = store_event(store, sample->events[i], batch);
        if (error)
            die(folder, store_error(store));
        events[i] = wall_seconds() - counted_at;
        counts[i] = counted_at - pivoted;
        pivots[i] = pivoted - start;
        rows += visited;
    }
    times_print("pivot (first 1,000 rows)", pivots, sample->count);
    times_print("count of a pivot", counts, sample->count);
    times_print("event by id", events, sample->count);
    printf("rows visited by the pivots  %12llu\n", (unsigned long long)rows);
    query_measure(store, "SELECT count(*) FROM events");
    query_measure(store, "SELECT * FROM events ORDER BY time DESC LIMIT 100");
    query_measure(store, "SELECT * FROM events WHERE destination_ip='10.1.3.70'");
    query_measure(store, "SELECT event_category, count(*) FROM events GROUP BY 1");
    batch_destroy(batch);
    store_close(store);
}

int main(int argc, char **argv)
{
    static struct rows rows;
    static struct sample sample;
    uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    char folder[] = "/tmp/hinomi-bench-XXXXXX", command[64];
    if (argc > 2 && argv[2][0])
        rows_load(&rows, argv[2]);
    if (argc <= 3 && !mkdtemp(folder))
        die(folder, "can't be made");
    const char *used = argc > 3 ? argv[3] : folder;
    write_measure(used, &rows, wanted < PIVOTS ? PIVOTS : wanted, &sample);
    read_measure(used, &sample);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    for (uint32_t i = 0; i < rows.held_count; i++)
        batch_destroy(rows.held[i]);
    arena_finish(&sample.arena);
    return argc > 3 ? 0 : system(command);
}
