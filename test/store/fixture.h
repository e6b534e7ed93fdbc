/* A temporary folder and random observations for the tests of the store. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store.h"

/* 2024-05-07T00:00:00Z */
#define FIXTURE_DAY (INT64_C(19850) * TIME_DAY)

static inline void folder_make(char folder[64])
{
    snprintf(folder, 64, "%s", "/tmp/hinomi-store-XXXXXX");
    if (!mkdtemp(folder))
        abort();
}

static inline void folder_remove(const char *folder)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command) != 0)
        abort();
}

/* splitmix64: the same rows in every run. */
static inline uint64_t chance(uint64_t *state, uint64_t below)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

static inline uint32_t text_put(struct batch *batch, const char *format, unsigned long long number)
{
    char text[128];
    uint32_t id = 0;
    int len = snprintf(text, sizeof(text), format, number);
    if (strings_intern(&batch->strings, (struct bytes){text, (size_t)len}, &id) != 0)
        abort();
    return id;
}

/* A row that names a process, files, addresses, a user: some often, some once. */
static inline void row_make(struct batch *batch, uint64_t *state, uint64_t number, int64_t time)
{
    struct batch_columns *columns = &batch->columns;
    uint32_t row = batch->rows++;
    columns->time[row] = time;
    columns->event_category[row] = (uint8_t)chance(state, CATEGORY_COUNT);
    columns->event_action[row] = (uint8_t)chance(state, ACTION_COUNT);
    columns->host_name[row] = text_put(batch, "Host%llu", chance(state, 5));
    columns->process_entity_id[row] = text_put(batch, "P%llu", chance(state, 200));
    columns->process_parent_entity_id[row] = text_put(batch, "p%llu", chance(state, 200));
    columns->process_executable[row] = text_put(batch, "C:\\Program\\%llu.EXE", chance(state, 30));
    if (chance(state, 2))
        columns->file_path[row] = text_put(batch, "c:\\users\\%llu.txt", chance(state, 500));
    if (chance(state, 3) == 0)
        columns->registry_path[row] =
            text_put(batch, "\\REGISTRY\\MACHINE\\Software\\%llu", chance(state, 300));
    if (chance(state, 50) == 0) {
        columns->registry_path[row] =
            text_put(batch, "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\Entry%llu",
                     chance(state, 5));
        columns->registry_data[row] =
            text_put(batch, "\"C:\\Entries\\%llu.exe\" /start", chance(state, 5));
    }
    if (chance(state, 4) == 0) {
        char text[48];
        unsigned host = (unsigned)chance(state, 250); /* one by one: the order is the story */
        unsigned subnet = (unsigned)chance(state, 4);
        snprintf(text, sizeof(text), "10.0.%u.%u", subnet, host);
        (void)ip_parse(bytes_of(text), &columns->destination_ip[row]);
        columns->destination_port[row] = 443;
    }
    if (chance(state, 6) == 0) {
        columns->user_name[row] = text_put(batch, "user%llu", chance(state, 9));
        columns->user_domain[row] = text_put(batch, "CORP%llu", chance(state, 2));
    }
    columns->event_source[row] = (uint32_t)(number % 3);
    columns->event_offset[row] = number * 300;
}

#endif
