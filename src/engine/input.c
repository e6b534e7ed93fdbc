#include "engine/input.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

static struct input *input_create(struct inputs *inputs, const char *path)
{
    if (inputs->count == inputs->capacity) {
        uint32_t room = inputs->capacity ? inputs->capacity * 2 : 16;
        struct input **items = realloc(inputs->items, room * sizeof(*items));
        if (!items)
            return NULL;
        inputs->items = items;
        inputs->capacity = room;
    }
    struct input *input = calloc(1, sizeof(*input));
    if (!input || !(input->path = strdup(path))) {
        free(input);
        return NULL;
    }
    input->state = INPUT_WAITING;
    input->first = INT64_MIN;
    input->format = "";
    input->lane.lateness = inputs->lateness;
    input->lane.floor = INT64_MIN;
    input->lane.pool = inputs->pool;
    inputs->items[inputs->count++] = input;
    return input;
}

static void input_number(struct inputs *inputs, struct input *input)
{
    input->number = input->lane.number = ++inputs->numbers;
}

static void input_fail(struct input *input, int error, const char *why)
{
    input->state = INPUT_OVER;
    input->status = STATUS_FAILED;
    input->error = error;
    input->fault = (struct fault){.why = why};
}

/* What a file is known again by. */
struct identity {
    char known[PATH_MAX];
    uint64_t size, head_hash, head_size;
};

/* Hash the first `size` bytes, at most INPUT_HEAD, of an open file. */
static int head_read(int file, uint64_t size, struct identity *identity)
{
    static _Thread_local char head[INPUT_HEAD];
    size_t want = size < INPUT_HEAD ? (size_t)size : INPUT_HEAD, have = 0;
    while (have < want) {
        ssize_t got = pread(file, head + have, want - have, (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    identity->head_size = have;
    identity->head_hash = hash_bytes((struct bytes){head, have});
    return 0;
}

/* `head_size` 0: as much of the head as there is. */
static int identity_read(const char *path, uint64_t head_size, struct identity *identity)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return -errno;
    int error = fstat(file, &status) ? -errno : 0;
    if (!error && !realpath(path, identity->known))
        error = -errno;
    if (!error) {
        identity->size = (uint64_t)status.st_size;
        error = head_read(file, head_size ? head_size : identity->size, identity);
    }
    close(file);
    return error;
}

/* The newest input of that path: a file may have been replaced by another. */
static struct input *inputs_find(const struct inputs *inputs, const char *known)
{
    for (uint32_t i = inputs->count; i > 0; i--)
        if (bytes_equal(buffer_bytes(&inputs->items[i - 1]->known), bytes_of(known)))
            return inputs->items[i - 1];
    return NULL;
}

/* A file read before is named again: nothing new, grown, or not finished last time. */
static int input_again(struct input *input, const struct identity *identity)
{
    struct identity then = {0};
    if (input->state != INPUT_PAST)
        return 0; /* named twice in this run */
    int error = identity_read(buffer_bytes(&input->known).at, input->head_size, &then);
    if (error)
        return error;
    if (then.head_hash != input->head_hash || identity->size < input->size)
        return -ESTALE;
    input->state = INPUT_WAITING;
    input->status = !input->finished                ? STATUS_RESUMED
                    : identity->size == input->size ? STATUS_SAME
                                                    : STATUS_GROWN;
    if (input->status == STATUS_SAME)
        input->state = INPUT_OVER;
    input->size = identity->size;
    if (input->status != STATUS_RESUMED)
        input->before = input->counts;
    input->late_before = input->status == STATUS_RESUMED ? 0 : input->lane.late;
    return 0;
}

static int visit_file(void *context, const char *path)
{
    struct inputs *inputs = context;
    struct identity identity = {0};
    int error = identity_read(path, 0, &identity);
    struct input *input = error ? NULL : inputs_find(inputs, identity.known);
    if (input) {
        int again = input_again(input, &identity);
        input->found = strcmp(path, inputs->named) != 0;
        if (again != -ESTALE)
            return again;
    }
    input = input_create(inputs, path);
    if (!input)
        return -ENOMEM;
    input->found = strcmp(path, inputs->named) != 0;
    if (error) {
        input_fail(input, error, strerror(-error));
        return 0;
    }
    buffer_put(&input->known, bytes_of(identity.known));
    buffer_put_char(&input->known, 0);
    input->known.len--;
    input->size = identity.size;
    input->head_hash = identity.head_hash;
    input->head_size = identity.head_size;
    input_number(inputs, input);
    return input->known.failed ? -ENOMEM : 0;
}

int inputs_add(struct inputs *inputs, const char *path)
{
    bool stream = strcmp(path, "-") == 0;
    inputs->named = path;
    int error = stream ? 0 : source_walk(path, visit_file, inputs);
    if (!stream && (!error || error == -ENOMEM))
        return error;
    struct input *input = input_create(inputs, path);
    if (!input)
        return -ENOMEM;
    if (error)
        input_fail(input, error, strerror(-error));
    else
        input_number(inputs, input);
    return 0;
}

/* Of so many, each may unpack and parse ahead in a thread of its own; more keep each other busy. */
enum { FEW_SOURCES = 2 };

int input_open(struct inputs *inputs, struct input *input)
{
    struct source *source = NULL;
    struct fault fault = {0};
    const struct lane_place *place = &input->lane.usable;
    int error = source_open(input->path, inputs->format, input->number, &source, &fault);
    if (!error && place->known) {
        struct cursor state = cursor_over(buffer_bytes(&place->state));
        error = source_seek(source, place->offset);
        if (!error)
            error = source_restore(source, &state);
        if (error)
            source_close(source);
    }
    if (error) {
        input_fail(input, error, fault.why ? fault.why : strerror(-error));
        input->fault.offset = fault.offset;
        input->fault.line = fault.line;
        if (error == -ENOTSUP && input->found)
            input->status = STATUS_SKIPPED;
        return error == -ENOMEM ? error : 0;
    }
    if (inputs->count <= FEW_SOURCES)
        source_help(source, 1);
    lane_begin(&input->lane, source);
    input->state = INPUT_OPEN;
    return 0;
}

int input_peek(struct inputs *inputs, struct input *input)
{
    int error = 0;
    uint64_t late = input->lane.late;
    if (input->number == 0 || strcmp(input->path, "-") == 0)
        return 0;
    error = input_open(inputs, input);
    if (error || input->state != INPUT_OPEN)
        return error;
    const struct lane_row *head = lane_head(&input->lane, &error);
    if (head && !error)
        input->first = head->order;
    buffer_finish(&input->lane.pending.state);
    input->lane.pending = (struct lane_place){0};
    lane_end(&input->lane);
    input->lane.late = late;
    input->state = INPUT_WAITING;
    return error;
}

void input_count(struct input *input)
{
    if (!input->lane.source)
        return;
    input->counts = *source_counts(input->lane.source);
    input->format = source_format(input->lane.source);
    input->clock = source_clock(input->lane.source);
}

void input_close(struct input *input)
{
    input_count(input);
    lane_place_now(&input->lane);
    input->state = INPUT_OVER;
    input->finished = input->lane.error == 0;
    if (!input->finished) {
        input->status = STATUS_FAILED;
        input->error = input->lane.error;
        input->fault = input->lane.fault;
    }
    lane_end(&input->lane);
}

static void input_save(struct input *input, struct buffer *out)
{
    const struct source_counts *told = input->finished ? &input->counts : &input->before;
    buffer_put_u32(out, input->number);
    buffer_put_block(out, buffer_bytes(&input->known));
    buffer_put_u64(out, input->size);
    buffer_put_u64(out, input->head_hash);
    buffer_put_u64(out, input->head_size);
    buffer_put_u8(out, input->finished);
    buffer_put_u64(out, told->read);
    buffer_put_u64(out, told->kept);
    buffer_put_u64(out, told->refused);
    buffer_put_u64(out, told->two_clocks);
    buffer_put_u64(out, told->clock_disagreements);
    lane_save(&input->lane, out);
}

void inputs_save(struct inputs *inputs, int64_t order, struct buffer *out)
{
    uint32_t known = 0;
    for (uint32_t i = 0; i < inputs->count; i++)
        known += inputs->items[i]->number != 0;
    buffer_put_u32(out, inputs->numbers);
    buffer_put_u64(out, (uint64_t)order);
    buffer_put_u32(out, known);
    for (uint32_t i = 0; i < inputs->count; i++)
        if (inputs->items[i]->number)
            input_save(inputs->items[i], out);
}

static int input_load(struct inputs *inputs, int64_t order, struct cursor *in)
{
    uint32_t number = cursor_u32(in);
    struct bytes known = cursor_block(in);
    char path[PATH_MAX];
    if (known.len >= sizeof(path))
        return -EINVAL;
    memcpy(path, known.at, known.len);
    path[known.len] = 0;
    struct input *input = input_create(inputs, path);
    if (!input)
        return -ENOMEM;
    input->state = INPUT_PAST;
    input->number = input->lane.number = number;
    buffer_put(&input->known, (struct bytes){path, known.len + 1});
    input->known.len = known.len;
    input->size = cursor_u64(in);
    input->head_hash = cursor_u64(in);
    input->head_size = cursor_u64(in);
    input->finished = cursor_u8(in);
    input->before.read = cursor_u64(in);
    input->before.kept = cursor_u64(in);
    input->before.refused = cursor_u64(in);
    input->before.two_clocks = cursor_u64(in);
    input->before.clock_disagreements = cursor_u64(in);
    input->counts = input->before;
    int error = lane_load(&input->lane, in);
    if (!error && !input->lane.opened && !input->finished && order > input->lane.floor)
        input->lane.floor = order;
    return error ? error : input->known.failed ? -ENOMEM : 0;
}

int inputs_load(struct inputs *inputs, struct cursor *in)
{
    inputs->numbers = cursor_u32(in);
    int64_t order = (int64_t)cursor_u64(in);
    uint32_t count = cursor_u32(in);
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++)
        error = cursor_ok(in) ? input_load(inputs, order, in) : -EINVAL;
    return error;
}

void inputs_finish(struct inputs *inputs)
{
    for (uint32_t i = 0; i < inputs->count; i++) {
        lane_finish(&inputs->items[i]->lane);
        buffer_finish(&inputs->items[i]->known);
        free(inputs->items[i]->path);
        free(inputs->items[i]);
    }
    free(inputs->items);
    *inputs = (struct inputs){0};
}
