#include "observe/key.h"

#include <assert.h>
#include <pthread.h>

enum { TABLE_SIZE = 1024, LONGEST = 255 };

/* A name as numbers: up to 16 bytes they are the name, so comparing them is comparing it. */
struct spelling {
    uint64_t head, tail; /* its first and its last bytes, which may be the same */
    uint8_t len, from;
};

struct entry {
    const char *name; /* NULL: free */
    struct spelling spelling;
    struct key_step step;
};

struct path {
    const char *text;
    uint8_t key;
};

static const struct path schema_paths[] = {
#define X(name, path) {path, KEY_##name},
    SCHEMA_KEYS(X)
#undef X
#define X(name, path) {path, FLOW_##name},
        FLOW_KEYS(X)
#undef X
    /* The same things under the names of other shippers. */
    {"winlog.event_id", KEY_event_id},
    {"event.code", KEY_event_id},
    {"winlog.channel", KEY_channel},
    {"log_name", KEY_channel},
    {"winlog.provider_name", KEY_provider},
    {"winlog.computer_name", KEY_computer},
    {"Computer", KEY_computer},
    {"MachineName", KEY_computer},
    {"ProviderName", KEY_provider},
    {"event_id", KEY_event_id},
    {"computer_name", KEY_computer},
    {"source_name", KEY_provider},
    {"network.protocol_number", KEY_network_number},
    {"network.application", KEY_service_name},
    {"process.Ext.hash.sha256", KEY_process_hash_sha256},
    {"Event.System.EventID", KEY_event_id},
    {"Event.System.EventID.#text", KEY_event_id},
    {"Event.System.EventID.text", KEY_event_id},
    {"Event.System.EventID.Value", KEY_event_id},
    {"Event.System.Channel", KEY_channel},
    {"Event.System.Computer", KEY_computer},
    {"Event.System.Provider.Name", KEY_provider},
    {"Event.System.Provider.@Name", KEY_provider},
    {"Event.System.Provider.#attributes.Name", KEY_provider},
    {"Event.System.Provider_attributes.Name", KEY_provider},
    {"Event.System.Execution.@ProcessID", KEY_execution_pid},
    {"Event.System.Execution.#attributes.ProcessID", KEY_execution_pid},
    {"Event.System.Execution_attributes.ProcessID", KEY_execution_pid},
    {"winlog.process.pid", KEY_execution_pid},
    {"ExecutionProcessID", KEY_execution_pid},
    {"Event.System.TimeCreated.@SystemTime", KEY_system_time},
    {"Event.System.TimeCreated.#attributes.SystemTime", KEY_system_time},
    {"Event.System.TimeCreated_attributes.SystemTime", KEY_system_time},
};

static const struct path data_paths[] = {
#define X(name) {#name, DATA_##name},
    DATA_KEYS(X)
#undef X
};

static struct entry table[TABLE_SIZE];
static uint8_t places = 1, data_place, list_place;
static bool any_name[KEY_NOWHERE + 1]; /* places where "*" stands for every name not listed */
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static uint64_t load(const char *at, size_t len)
{
    uint64_t wide = 0;
    uint32_t half = 0;
    if (len == sizeof(wide)) {
        memcpy(&wide, at, sizeof(wide));
        return wide;
    }
    memcpy(&half, at, sizeof(half));
    return half;
}

static struct spelling spell(uint8_t from, struct bytes name)
{
    size_t size = name.len >= 8 ? 8 : 4;
    struct spelling spelling = {0, 0, (uint8_t)name.len, from};
    if (name.len >= size) {
        spelling.head = load(name.at, size);
        spelling.tail = load(name.at + name.len - size, size);
        return spelling;
    }
    for (size_t i = 0; i < name.len; i++)
        spelling.head = spelling.head << 8 | (uint8_t)name.at[i];
    return spelling;
}

static uint32_t home_of(const struct spelling *spelling)
{
    uint64_t mixed = spelling->head * 0x9e3779b97f4a7c15u ^ spelling->tail * 0xff51afd7ed558ccdu;
    mixed ^= spelling->len + ((uint64_t)spelling->from << 8);
    return (uint32_t)(mixed * 0xc4ceb9fe1a85ec53u >> 40) % TABLE_SIZE;
}

static bool entry_is(const struct entry *entry, const struct spelling *spelling, const char *name)
{
    return entry->spelling.head == spelling->head && entry->spelling.tail == spelling->tail &&
           entry->spelling.len == spelling->len && entry->spelling.from == spelling->from &&
           (spelling->len <= 16 || memcmp(entry->name, name, spelling->len) == 0);
}

/* No name we know is longer than LONGEST: one that is is never looked for. */
static struct entry *entry_of(uint8_t from, struct bytes name)
{
    struct spelling spelling = spell(from, name);
    uint32_t at = home_of(&spelling);
    while (table[at].name && !entry_is(&table[at], &spelling, name.at))
        at = (at + 1) % TABLE_SIZE;
    return &table[at];
}

static struct entry *entry_add(uint8_t from, struct bytes name)
{
    struct entry *entry = entry_of(from, name);
    if (!entry->name)
        *entry = (struct entry){name.at, spell(from, name), {KEY_NONE, KEY_NOWHERE, false}};
    return entry;
}

/* The entry at the end of a dotted path, with the places on the way made as needed. */
static struct entry *path_add(uint8_t from, const char *text)
{
    for (;;) {
        size_t len = strcspn(text, ".");
        struct entry *entry = entry_add(from, (struct bytes){text, len});
        if (!text[len])
            return entry;
        if (entry->step.place == KEY_NOWHERE) {
            assert(places < KEY_NOWHERE);
            entry->step.place = places++;
        }
        from = entry->step.place;
        text += len + 1;
    }
}

static void prepare(void)
{
    for (size_t i = 0; i < sizeof(schema_paths) / sizeof(schema_paths[0]); i++)
        if (schema_paths[i].text[0])
            path_add(KEY_ROOT, schema_paths[i].text)->step.key = schema_paths[i].key;
    data_place = places++;
    for (size_t i = 0; i < sizeof(data_paths) / sizeof(data_paths[0]); i++) {
        path_add(data_place, data_paths[i].text)->step.key = data_paths[i].key;
        struct entry *flat = path_add(KEY_ROOT, data_paths[i].text);
        if (flat->step.key == KEY_NONE) /* a name of the envelope goes first */
            flat->step.key = data_paths[i].key;
    }
    static const char *const data_roots[] = {"winlog.event_data", "winlog.user_data", "event_data",
                                             "Event.EventData", "EventData"};
    for (size_t i = 0; i < sizeof(data_roots) / sizeof(data_roots[0]); i++)
        path_add(KEY_ROOT, data_roots[i])->step.place = data_place;
    struct entry *list = path_add(data_place, "Data");
    list->step = (struct key_step){KEY_NONE, data_place, true};
    list_place = places++;
    static const char *const list_names[] = {"Name", "@Name", "#attributes.Name"};
    static const char *const list_texts[] = {"#text", "text", "Value"};
    for (size_t i = 0; i < 3; i++) {
        path_add(list_place, list_names[i])->step.key = KEY_data_name;
        path_add(list_place, list_texts[i])->step.key = KEY_data_text;
    }
    /* UserData holds one element of any name, and the data in that. */
    struct entry *any = path_add(KEY_ROOT, "Event.UserData.*");
    any->step.place = data_place;
    any_name[any->spelling.from] = true;
}

void keys_prepare(void)
{
    pthread_once(&prepared, prepare);
}

struct key_step key_find(uint8_t place, struct bytes name)
{
    if (name.len > LONGEST)
        return (struct key_step){KEY_NONE, KEY_NOWHERE, false};
    const struct entry *entry = entry_of(place, name);
    if (!entry->name && any_name[place])
        entry = entry_of(place, BYTES("*"));
    return entry->name ? entry->step : (struct key_step){KEY_NONE, KEY_NOWHERE, false};
}

struct key_step key_find_dotted(uint8_t place, struct bytes name)
{
    struct key_step step = {KEY_NONE, place, false};
    while (name.len && step.place != KEY_NOWHERE) {
        const char *dot = memchr(name.at, '.', name.len);
        size_t len = dot ? (size_t)(dot - name.at) : name.len;
        step = key_find(step.place, (struct bytes){name.at, len});
        name = bytes_from(name, dot ? len + 1 : name.len);
    }
    return step;
}

uint8_t key_data_place(void)
{
    return data_place;
}

uint8_t key_list_place(void)
{
    return list_place;
}
