#include "engine/occurrence_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "model/packet.h"

/* Numbers count from 1 for ever; number n lies at n % OCCURRENCES_KEPT. 0 is none. */
struct entry {
    struct occurrence occurrence;
    struct buffer text; /* its text, then its host */
    uint64_t same_host; /* the one before of the same source (or one of the same hash) */
    uint64_t same_kind; /* of a name: the name before */
};

enum { HEADS = 1 << 14 };

struct occurrence_table {
    struct entry *entries;
    uint64_t newest;
    uint64_t heads[HEADS]; /* newest number by hash of the source */
    uint64_t newest_name;
};

int occurrence_table_new(struct occurrence_table **ret_table)
{
    struct occurrence_table *table = calloc(1, sizeof(*table));
    if (!table)
        return -ENOMEM;
    table->entries = calloc(OCCURRENCES_KEPT, sizeof(*table->entries));
    if (!table->entries) {
        free(table);
        return -ENOMEM;
    }
    *ret_table = table;
    return 0;
}

void occurrence_table_free(struct occurrence_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < OCCURRENCES_KEPT; i++)
        buffer_finish(&table->entries[i].text);
    free(table->entries);
    free(table);
}

static uint32_t head_of(const struct ip *host)
{
    return (uint32_t)(packet_source_hash(host) % HEADS);
}

int occurrence_table_add(struct occurrence_table *table, const struct occurrence *occurrence)
{
    uint64_t number = table->newest + 1;
    struct entry *entry = &table->entries[number % OCCURRENCES_KEPT];
    buffer_clear(&entry->text);
    buffer_put(&entry->text, occurrence->text);
    buffer_put(&entry->text, occurrence->host);
    if (entry->text.failed)
        return -ENOMEM;
    uint64_t *head = &table->heads[head_of(&occurrence->source_ip)];
    entry->occurrence = *occurrence;
    entry->same_host = *head;
    entry->same_kind = 0;
    *head = number;
    if (occurrence->kind == OCCURRENCE_dns) {
        entry->same_kind = table->newest_name;
        table->newest_name = number;
    }
    table->newest = number;
    return 0;
}

uint64_t occurrence_table_overwritten(const struct occurrence_table *table)
{
    return table->newest > OCCURRENCES_KEPT ? table->newest - OCCURRENCES_KEPT : 0;
}

bool occurrence_table_knows(const struct occurrence_table *table, const struct ip *host)
{
    uint64_t oldest = occurrence_table_overwritten(table);
    uint64_t number = table->heads[head_of(host)];
    while (number > oldest) {
        const struct entry *entry = &table->entries[number % OCCURRENCES_KEPT];
        if (entry->occurrence.kind != OCCURRENCE_accepted &&
            memcmp(&entry->occurrence.source_ip, host, sizeof(*host)) == 0)
            return true;
        number = entry->same_host;
    }
    return false;
}

/* Two chains walked together, newest first, into the numbers they name. */
static size_t numbers_collect(const struct occurrence_table *table, const struct ip *host,
                              int64_t since, uint64_t numbers[OCCURRENCES_ANSWERED])
{
    uint64_t oldest = occurrence_table_overwritten(table);
    uint64_t by_host = table->heads[head_of(host)], by_name = table->newest_name;
    size_t count = 0;
    while (count < OCCURRENCES_ANSWERED) {
        uint64_t number = by_host > by_name ? by_host : by_name;
        if (number <= oldest)
            break;
        const struct entry *entry = &table->entries[number % OCCURRENCES_KEPT];
        if (entry->occurrence.time < since)
            break;
        bool of_host = memcmp(&entry->occurrence.source_ip, host, sizeof(*host)) == 0;
        if (of_host || entry->occurrence.kind == OCCURRENCE_dns)
            numbers[count++] = number;
        if (number == by_host)
            by_host = entry->same_host;
        if (number == by_name)
            by_name = entry->same_kind;
    }
    return count;
}

int occurrence_table_find(const struct occurrence_table *table, const struct ip *host,
                          int64_t since, struct arena *arena, const struct occurrence **ret_at,
                          size_t *ret_count)
{
    uint64_t numbers[OCCURRENCES_ANSWERED];
    size_t count = numbers_collect(table, host, since, numbers);
    struct occurrence *found = arena_take_array(arena, count + 1, sizeof(*found));
    if (!found)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = &table->entries[numbers[count - 1 - i] % OCCURRENCES_KEPT];
        size_t len = entry->occurrence.text.len;
        found[i] = entry->occurrence;
        found[i].text = (struct bytes){entry->text.at, len};
        found[i].host = bytes_from(buffer_bytes(&entry->text), len);
    }
    *ret_at = found;
    *ret_count = count;
    return 0;
}
