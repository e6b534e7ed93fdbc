#include "store/postings.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

/* Terms stand in the caches plus one, so that zero is "not asked yet". */
enum { ADDRESS_SLOTS = 1024, CACHED_NONE = 1, CACHED_TERM = 2 };

struct user_slot {
    uint32_t domain, cached;
};

struct address_slot {
    struct ip ip;
    uint32_t cached;
};

struct term_cache {
    uint32_t *strings[OBSERVABLE_TYPES]; /* by string id */
    struct user_slot *users;             /* by string id of the name */
    uint32_t capacity;
    struct address_slot addresses[ADDRESS_SLOTS];
    struct event_id place;
    uint32_t place_cached;
};

int postings_init(struct postings *postings)
{
    *postings = (struct postings){.cache = calloc(1, sizeof(struct term_cache))};
    return postings->cache ? 0 : -ENOMEM;
}

static void cache_finish(struct term_cache *cache)
{
    for (int type = 0; cache && type < OBSERVABLE_TYPES; type++)
        free(cache->strings[type]);
    if (cache)
        free(cache->users);
    free(cache);
}

void postings_finish(struct postings *postings)
{
    cache_finish(postings->cache);
    hash_table_finish(&postings->index);
    buffer_finish(&postings->list);
    free(postings->terms);
    free(postings->entries);
    free(postings->sorted);
    free(postings->order);
    *postings = (struct postings){0};
}

void postings_clear(struct postings *postings)
{
    hash_table_clear(&postings->index);
    postings->term_count = postings->entry_count = 0;
}

/* Grow an array to hold one more than `count`. */
static int array_grow(void **array, uint32_t *capacity, uint32_t count, size_t size)
{
    if (count < *capacity)
        return 0;
    uint32_t room = *capacity ? *capacity * 2 : 4096;
    void *grown = room > *capacity ? realloc(*array, room * size) : NULL;
    if (!grown)
        return -ENOMEM;
    *array = grown;
    *capacity = room;
    return 0;
}

static int cache_reserve(struct term_cache *cache, uint32_t count)
{
    if (count <= cache->capacity)
        return 0;
    uint32_t room = count + count / 2;
    for (int type = 0; type < OBSERVABLE_TYPES; type++) {
        uint32_t *grown = realloc(cache->strings[type], room * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        cache->strings[type] = grown;
    }
    struct user_slot *users = realloc(cache->users, room * sizeof(*users));
    if (!users)
        return -ENOMEM;
    cache->users = users;
    cache->capacity = room;
    return 0;
}

int postings_begin(struct postings *postings, const struct batch *batch)
{
    struct term_cache *cache = postings->cache;
    uint32_t count = batch->strings.count + 1;
    int error = cache_reserve(cache, count);
    if (error)
        return error;
    for (int type = 0; type < OBSERVABLE_TYPES; type++)
        memset(cache->strings[type], 0, count * sizeof(uint32_t));
    memset(cache->users, 0, count * sizeof(*cache->users));
    memset(cache->addresses, 0, sizeof(cache->addresses));
    cache->place_cached = 0;
    return 0;
}

/* CACHED_NONE for key 0, else CACHED_TERM + the term. */
static int term_find(struct postings *postings, uint64_t key, uint32_t *ret_cached)
{
    if (key == 0) {
        *ret_cached = CACHED_NONE;
        return 0;
    }
    uint32_t term = hash_table_get(&postings->index, key);
    if (term == HASH_TABLE_NONE) {
        term = postings->term_count;
        int error = array_grow((void **)&postings->terms, &postings->term_capacity, term,
                               sizeof(*postings->terms));
        if (!error)
            error = hash_table_put(&postings->index, key, term);
        if (error)
            return error;
        postings->terms[postings->term_count++] = (struct posting_term){.key = key};
    }
    *ret_cached = CACHED_TERM + term;
    return 0;
}

static int entry_add(struct postings *postings, uint32_t cached, uint32_t row)
{
    if (cached < CACHED_TERM)
        return 0;
    int error = array_grow((void **)&postings->entries, &postings->entry_capacity,
                           postings->entry_count, sizeof(*postings->entries));
    if (!error)
        postings->entries[postings->entry_count++] =
            (struct posting_entry){cached - CACHED_TERM, row};
    return error;
}

static int take_texts(struct postings *postings, const struct batch *batch, uint32_t row,
                      uint32_t number)
{
    for (uint32_t i = 0; i < observable_column_count; i++) {
        struct observable_column named = observable_columns[i];
        const char *column = (const char *)&batch->columns + batch_column_offsets[named.field];
        uint32_t id = ((const uint32_t *)(const void *)column)[row];
        if (id == 0 || id >= batch->strings.count)
            continue;
        uint32_t *cached = &postings->cache->strings[named.type][id];
        int error = 0;
        if (*cached == 0) {
            struct observable observable = {named.type, strings_at(&batch->strings, id)};
            error = term_find(postings, observable_key(&observable), cached);
        }
        if (!error)
            error = entry_add(postings, *cached, number);
        if (error)
            return error;
    }
    return 0;
}

/* Entries that start by themselves; the cache's unused column of addresses remembers them. */
static int take_entry(struct postings *postings, const struct batch *batch, uint32_t row,
                      uint32_t number)
{
    const struct batch_columns *columns = &batch->columns;
    uint32_t id =
        columns->registry_path[row] ? columns->registry_path[row] : columns->file_path[row];
    uint32_t *cached = &postings->cache->strings[OBSERVABLE_ip][id];
    int error = 0;
    if (id >= batch->strings.count || (id == 0 && columns->service_name[row] == 0))
        return 0;
    if (*cached == 0)
        error = term_find(postings, observable_entry_key(strings_at(&batch->strings, id)), cached);
    if (!error)
        error = entry_add(postings, *cached, number);
    if (error || (*cached < CACHED_TERM && columns->service_name[row] == 0))
        return error;
    uint64_t files[ENTRY_FILES];
    uint32_t count = entry_files(batch, row, files);
    for (uint32_t i = 0; i < count && !error; i++) {
        uint32_t term;
        error = term_find(postings, files[i], &term);
        if (!error)
            error = entry_add(postings, term, number);
    }
    return error;
}

static int take_user(struct postings *postings, const struct batch *batch, uint32_t row,
                     uint32_t number)
{
    uint32_t name = batch->columns.user_name[row], domain = batch->columns.user_domain[row];
    if (name == 0 || domain == 0 || name >= batch->strings.count)
        return 0;
    struct user_slot *slot = &postings->cache->users[name];
    int error = 0;
    if (slot->cached == 0 || slot->domain != domain) {
        slot->domain = domain;
        error = term_find(postings,
                          observable_user_key(strings_at(&batch->strings, domain),
                                              strings_at(&batch->strings, name)),
                          &slot->cached);
    }
    return error ? error : entry_add(postings, slot->cached, number);
}

static int take_address(struct postings *postings, const struct ip *ip, uint32_t number)
{
    uint64_t halves[2];
    memcpy(halves, ip->octets, sizeof(halves));
    if (halves[0] == 0 && halves[1] == 0)
        return 0;
    struct address_slot *slot =
        &postings->cache->addresses[hash_mix(halves[0], halves[1]) % ADDRESS_SLOTS];
    int error = 0;
    if (slot->cached == 0 || memcmp(&slot->ip, ip, sizeof(*ip)) != 0) {
        slot->ip = *ip;
        error = term_find(postings, observable_ip_key(ip), &slot->cached);
    }
    return error ? error : entry_add(postings, slot->cached, number);
}

static int take_addresses(struct postings *postings, const struct batch *batch, uint32_t row,
                          uint32_t number)
{
    const struct batch_columns *columns = &batch->columns;
    int error = take_address(postings, &columns->source_ip[row], number);
    if (!error)
        error = take_address(postings, &columns->destination_ip[row], number);
    if (columns->dns_resolved_ip[row] == 0 || error)
        return error;
    struct ip answers[RESOLVED_ADDRESSES];
    uint32_t count = resolved_addresses(batch_text(batch, columns->dns_resolved_ip, row), answers);
    for (uint32_t i = 0; i < count && !error; i++)
        error = take_address(postings, &answers[i], number);
    return error;
}

static int take_place(struct postings *postings, const struct batch *batch, uint32_t row,
                      uint32_t number)
{
    struct term_cache *cache = postings->cache;
    struct event_id event = {batch->columns.event_source[row], batch->columns.event_offset[row]};
    uint64_t key = place_key(event);
    int error = 0;
    if (cache->place_cached == 0 || postings->terms[cache->place_cached - CACHED_TERM].key != key)
        error = term_find(postings, key, &cache->place_cached);
    return error ? error : entry_add(postings, cache->place_cached, number);
}

int postings_take(struct postings *postings, const struct batch *batch, uint32_t row,
                  int64_t number)
{
    if (postings->entry_count == 0)
        postings->base = number;
    uint32_t above = (uint32_t)(number - postings->base);
    int error = take_texts(postings, batch, row, above);
    if (!error)
        error = take_entry(postings, batch, row, above);
    if (!error)
        error = take_user(postings, batch, row, above);
    if (!error)
        error = take_addresses(postings, batch, row, above);
    if (!error)
        error = take_place(postings, batch, row, above);
    return error;
}

/* Counting sort by term; stable, so each term's rows stay in ascending order. */
static int entries_sort(struct postings *postings, uint32_t first_entry)
{
    uint32_t count = postings->entry_count - first_entry, at = 0;
    const struct posting_entry *entries = postings->entries + first_entry;
    if (count > postings->sorted_capacity) {
        uint32_t *grown = realloc(postings->sorted, count * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        postings->sorted = grown;
        postings->sorted_capacity = count;
    }
    for (uint32_t i = 0; i < postings->term_count; i++)
        postings->terms[i].end = 0;
    for (uint32_t i = 0; i < count; i++)
        postings->terms[entries[i].term].end++;
    for (uint32_t i = 0; i < postings->term_count; i++) {
        uint32_t length = postings->terms[i].end;
        postings->terms[i].begin = postings->terms[i].end = at;
        at += length;
    }
    for (uint32_t i = 0; i < count; i++)
        postings->sorted[postings->terms[entries[i].term].end++] = entries[i].row;
    return 0;
}

static int key_order(const void *a, const void *b)
{
    int64_t left = ((const struct posting_order *)a)->key;
    int64_t right = ((const struct posting_order *)b)->key;
    return (left > right) - (left < right);
}

/* Rows of a term, ascending, perhaps with repeats: a row names it in two columns. */
static uint32_t distinct(uint32_t *rows, uint32_t count)
{
    uint32_t kept = 1;
    for (uint32_t i = 1; i < count; i++)
        if (rows[i] != rows[kept - 1])
            rows[kept++] = rows[i];
    return kept;
}

static void list_write(struct buffer *list, const uint32_t *rows, uint32_t count, uint32_t first)
{
    buffer_clear(list);
    buffer_put_varint(list, count);
    for (uint32_t i = 0, expected = first; i < count;) {
        uint32_t length = 1;
        while (i + length < count && rows[i + length] == rows[i] + length)
            length++;
        buffer_put_varint(list, (uint64_t)(rows[i] - expected) << 1 | (length > 1));
        if (length > 1)
            buffer_put_varint(list, length - 2);
        i += length;
        expected = rows[i - 1] + 2;
    }
}

/* The order in which keys are written: by key, so that a B-tree is appended to. */
static int terms_order(struct postings *postings)
{
    uint32_t count = postings->term_count;
    if (count > postings->order_capacity) {
        struct posting_order *grown = realloc(postings->order, count * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        postings->order = grown;
        postings->order_capacity = count;
    }
    for (uint32_t i = 0; i < count; i++)
        postings->order[i] = (struct posting_order){(int64_t)postings->terms[i].key, i};
    if (count)
        qsort(postings->order, count, sizeof(*postings->order), key_order);
    return 0;
}

int postings_write(struct postings *postings, uint32_t first_entry, int64_t first_row,
                   int (*write)(void *context, uint64_t key, struct bytes list), void *context)
{
    int error = terms_order(postings);
    if (!error)
        error = entries_sort(postings, first_entry);
    uint32_t first = (uint32_t)(first_row - postings->base);
    for (uint32_t i = 0; i < postings->term_count && !error; i++) {
        const struct posting_term *term = &postings->terms[postings->order[i].term];
        if (term->begin == term->end)
            continue;
        uint32_t *rows = postings->sorted + term->begin;
        list_write(&postings->list, rows, distinct(rows, term->end - term->begin), first);
        error = postings->list.failed ? -ENOMEM
                                      : write(context, term->key, buffer_bytes(&postings->list));
    }
    return error;
}

struct posting_list posting_list_over(struct bytes list, int64_t first_row)
{
    struct posting_list posting = {.cursor = cursor_over(list), .next = first_row};
    posting.count = posting.left = cursor_varint(&posting.cursor);
    return posting;
}

bool posting_list_next(struct posting_list *list, int64_t *ret_row)
{
    if (list->left == 0)
        return false;
    if (list->run == 0) {
        if (cursor_left(&list->cursor) == 0)
            return false;
        uint64_t gap = cursor_varint(&list->cursor);
        list->run = 1 + (gap & 1 ? 1 + cursor_varint(&list->cursor) : 0);
        if (!cursor_ok(&list->cursor))
            return false;
        list->next = (int64_t)((uint64_t)list->next + (gap >> 1));
    }
    *ret_row = list->next;
    list->left--;
    list->run--;
    list->next += list->run == 0 ? 2 : 1;
    return true;
}
