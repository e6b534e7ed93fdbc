#include "observe/lineage.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

/* A start told by two sensors: how far apart they may tell it. */
#define SAME_START (2 * TIME_SECOND)

struct lineage_entry {
    uint64_t key;
    int64_t started; /* TIME_NONE: the start was not seen */
    uint8_t len;
    char id[LINEAGE_ID_SIZE];
};

static uint64_t key_of(const struct batch *batch, uint32_t row, uint32_t pid)
{
    return hash_mix(strings_hash(&batch->strings, batch->columns.host_name[row]), pid);
}

static struct lineage_entry *entry_get(const struct lineage *lineage, uint64_t key)
{
    uint32_t at = hash_table_get(&lineage->index, key);
    return at == HASH_TABLE_NONE ? NULL : &lineage->entries[at];
}

/* The entry of a key: found, new, or the oldest taken over. */
static struct lineage_entry *entry_make(struct lineage *lineage, uint64_t key)
{
    struct lineage_entry *entry = entry_get(lineage, key);
    if (entry)
        return entry;
    if (!lineage->entries)
        lineage->entries = calloc(LINEAGE_LIMIT, sizeof(*lineage->entries));
    if (!lineage->entries)
        return NULL;
    uint32_t at = lineage->next;
    if (lineage->count == LINEAGE_LIMIT)
        hash_table_remove(&lineage->index, lineage->entries[at].key);
    if (hash_table_put(&lineage->index, key, at))
        return NULL;
    lineage->count += lineage->count < LINEAGE_LIMIT;
    lineage->next = (at + 1) % LINEAGE_LIMIT;
    entry = &lineage->entries[at];
    *entry = (struct lineage_entry){.key = key, .started = TIME_NONE};
    return entry;
}

/* Note that this number is that process. */
static int remember(struct lineage *lineage, uint64_t key, struct bytes id, int64_t started)
{
    if (id.len > LINEAGE_ID_SIZE)
        return 0;
    struct lineage_entry *entry = entry_make(lineage, key);
    if (!entry)
        return -ENOMEM;
    if (bytes_equal((struct bytes){entry->id, entry->len}, id)) {
        if (started != TIME_NONE)
            entry->started = started;
        return 0;
    }
    entry->started = started;
    entry->len = (uint8_t)id.len;
    memcpy(entry->id, id.at, id.len);
    return 0;
}

static struct bytes id_make(struct lineage *lineage, const struct batch *batch, uint32_t row,
                            uint32_t pid, int64_t started)
{
    buffer_clear(&lineage->id);
    buffer_put(&lineage->id, batch_text(batch, batch->columns.host_name, row));
    buffer_put_format(&lineage->id, ":%u", pid);
    if (started != TIME_NONE)
        buffer_put_format(&lineage->id, ":%lld", (long long)started);
    return buffer_bytes(&lineage->id);
}

/* A process that only is referred to: what is known of its number. */
static int refer(struct lineage *lineage, struct batch *batch, uint32_t row, uint32_t pid,
                 uint32_t *column)
{
    if (!pid)
        return 0;
    if (column[row])
        return remember(lineage, key_of(batch, row, pid), batch_text(batch, column, row),
                        TIME_NONE);
    const struct lineage_entry *entry = entry_get(lineage, key_of(batch, row, pid));
    struct bytes id = entry ? (struct bytes){entry->id, entry->len}
                            : id_make(lineage, batch, row, pid, TIME_NONE);
    return lineage->id.failed ? -ENOMEM : strings_intern(&batch->strings, id, &column[row]);
}

static struct bytes id_copy(struct lineage *lineage, struct bytes id)
{
    buffer_clear(&lineage->id);
    buffer_put(&lineage->id, id);
    return buffer_bytes(&lineage->id);
}

static bool same_start(int64_t a, int64_t b)
{
    return a - b < SAME_START && b - a < SAME_START;
}

/* Another sensor's id for the start of this process, from before or from further on in the batch.
 */
static struct bytes told_start(const struct lineage *lineage, const struct batch *batch,
                               uint64_t key, int64_t time)
{
    const struct lineage_entry *entry = entry_get(lineage, key);
    uint32_t row = hash_table_get(&lineage->ahead, key);
    if (row != HASH_TABLE_NONE && same_start(batch->columns.time[row], time))
        return batch_text(batch, batch->columns.process_entity_id, row);
    if (entry && entry->started != TIME_NONE && same_start(entry->started, time))
        return (struct bytes){entry->id, entry->len};
    return (struct bytes){"", 0};
}

/* A process that starts. Two sensors may both tell it. */
static int start(struct lineage *lineage, struct batch *batch, uint32_t row)
{
    struct batch_columns *columns = &batch->columns;
    uint32_t pid = columns->process_pid[row], *column = columns->process_entity_id;
    int64_t time = columns->time[row];
    if (!pid)
        return 0;
    uint64_t key = key_of(batch, row, pid);
    if (column[row])
        return remember(lineage, key, batch_text(batch, column, row), time);
    struct bytes id = told_start(lineage, batch, key, time);
    /* Copied, because the batch's text may move while it is interned. */
    id = id.len ? id_copy(lineage, id) : id_make(lineage, batch, row, pid, time);
    int error = lineage->id.failed ? -ENOMEM : strings_intern(&batch->strings, id, &column[row]);
    return error ? error : remember(lineage, key, id, time);
}

/* Sysmon writes a GUID of zeros for a process it does not know: that is no name. */
static void forget_zero(const struct batch *batch, uint32_t *column, uint32_t row)
{
    struct bytes id = batch_text(batch, column, row), zeros = BYTES("00000000-0000-0000-0000-");
    if (id.len && id.at[0] == '{')
        id = bytes_from(id, 1);
    if (bytes_start(id, zeros))
        column[row] = 0;
}

static bool is_start(const struct batch *batch, uint32_t row)
{
    return batch->columns.event_category[row] == CATEGORY_process &&
           batch->columns.event_action[row] == ACTION_start;
}

/* Note the starts of this batch that have an entity id, for rows before them that have none. */
static int look_ahead(struct lineage *lineage, const struct batch *batch)
{
    const struct batch_columns *columns = &batch->columns;
    int error = 0;
    hash_table_clear(&lineage->ahead);
    for (uint32_t row = 0; row < batch->rows && !error; row++)
        if (columns->process_pid[row] && columns->process_entity_id[row] && is_start(batch, row))
            error =
                hash_table_put(&lineage->ahead, key_of(batch, row, columns->process_pid[row]), row);
    return error;
}

int lineage_apply(struct lineage *lineage, struct batch *batch)
{
    struct batch_columns *columns = &batch->columns;
    int error = look_ahead(lineage, batch);
    for (uint32_t row = 0; row < batch->rows && !error; row++) {
        uint32_t pid = columns->process_pid[row], parent = columns->process_parent_pid[row],
                 target = columns->target_process_pid[row];
        if (!(pid | parent | target))
            continue;
        forget_zero(batch, columns->process_entity_id, row);
        forget_zero(batch, columns->process_parent_entity_id, row);
        forget_zero(batch, columns->target_process_entity_id, row);
        error = refer(lineage, batch, row, parent, columns->process_parent_entity_id);
        if (!error)
            error = refer(lineage, batch, row, target, columns->target_process_entity_id);
        if (!error && is_start(batch, row))
            error = start(lineage, batch, row);
        else if (!error)
            error = refer(lineage, batch, row, pid, columns->process_entity_id);
    }
    return error;
}

void lineage_save(const struct lineage *lineage, struct buffer *out)
{
    buffer_put_u32(out, lineage->count);
    buffer_put_u32(out, lineage->next);
    for (uint32_t i = 0; i < lineage->count; i++) {
        const struct lineage_entry *entry = &lineage->entries[i];
        buffer_put_u64(out, entry->key);
        buffer_put_u64(out, (uint64_t)entry->started);
        buffer_put_block(out, (struct bytes){entry->id, entry->len});
    }
}

int lineage_restore(struct lineage *lineage, struct cursor *in)
{
    uint32_t count = cursor_u32(in), next = cursor_u32(in);
    if (count > LINEAGE_LIMIT || next >= LINEAGE_LIMIT)
        return -EBADMSG;
    for (uint32_t i = 0; i < count && cursor_ok(in); i++) {
        uint64_t key = cursor_u64(in);
        int64_t started = (int64_t)cursor_u64(in);
        struct bytes id = cursor_block(in);
        struct lineage_entry *entry = entry_make(lineage, key);
        if (!entry)
            return -ENOMEM;
        if (id.len > LINEAGE_ID_SIZE)
            return -EBADMSG;
        entry->started = started;
        entry->len = (uint8_t)id.len;
        memcpy(entry->id, id.at, id.len);
    }
    lineage->next = next;
    return cursor_ok(in) ? 0 : -EBADMSG;
}

void lineage_finish(struct lineage *lineage)
{
    hash_table_finish(&lineage->index);
    hash_table_finish(&lineage->ahead);
    free(lineage->entries);
    buffer_finish(&lineage->id);
    *lineage = (struct lineage){0};
}
