#include "analyse/dependency.h"

#include <strings.h>

#include "model/autostart.h"

const char relation_started[] = "started";
const char relation_ran_as[] = "ran as";
const char relation_ran_in[] = "ran in";
const char relation_starts[] = "starts";

/* Rights on a process that change it, and that read it (Windows access masks). */
enum {
    PROCESS_CREATE_THREAD = 0x0002,
    PROCESS_VM_OPERATION = 0x0008,
    PROCESS_VM_READ = 0x0010,
    PROCESS_VM_WRITE = 0x0020,
    PROCESS_DUP_HANDLE = 0x0040,
};

enum { FIRST_EPHEMERAL_PORT = 32768 };

static bool start_letters(struct bytes text, struct bytes with)
{
    return text.len >= with.len && strncasecmp(text.at, with.at, with.len) == 0;
}

bool path_of_system(struct bytes path)
{
    static const struct bytes folders[] = {
        BYTES("\\windows\\"),
        BYTES("\\program files"),
        BYTES("\\programdata\\microsoft\\"),
    };
    struct bytes rest = path.len > 2 && path.at[1] == ':' ? bytes_from(path, 2) : path;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (start_letters(rest, folders[i]))
            return true;
    return start_letters(path, BYTES("/usr/")) || start_letters(path, BYTES("/lib"));
}

static void add(struct dependencies *all, struct thing from, struct thing to, const char *relation,
                double strength)
{
    if (from.value.len == 0 || to.value.len == 0 || all->count == ROW_DEPENDENCIES)
        return;
    all->at[all->count++] = (struct dependency){from, to, relation, strength, false};
}

/* Both ways through a pipe. */
static void add_pipe(struct dependencies *all, struct thing process, struct thing pipe)
{
    uint32_t first = all->count;
    add(all, process, pipe, "wrote", 0.3);
    add(all, pipe, process, "was read by", 0.3);
    for (uint32_t i = first; i < all->count; i++)
        all->at[i].fleeting = true;
}

static struct thing process_of(const struct batch *batch, uint32_t row)
{
    return (struct thing){OBSERVABLE_process,
                          batch_text(batch, batch->columns.process_entity_id, row),
                          batch_text(batch, batch->columns.process_executable, row), 0};
}

static struct thing parent_of(const struct batch *batch, uint32_t row)
{
    return (struct thing){OBSERVABLE_process,
                          batch_text(batch, batch->columns.process_parent_entity_id, row),
                          batch_text(batch, batch->columns.process_parent_executable, row), 0};
}

static struct thing target_of(const struct batch *batch, uint32_t row)
{
    return (struct thing){OBSERVABLE_process,
                          batch_text(batch, batch->columns.target_process_entity_id, row),
                          batch_text(batch, batch->columns.target_process_executable, row), 0};
}

static struct thing text_of(enum observable_type type, const struct batch *batch,
                            const uint32_t *column, uint32_t row)
{
    return (struct thing){type, batch_text(batch, column, row), {"", 0}, 0};
}

static void process_dependencies(const struct batch *batch, uint32_t row, struct dependencies *all)
{
    struct thing process = process_of(batch, row), target = target_of(batch, row);
    uint32_t access = batch->columns.target_process_access[row];
    uint8_t action = batch->columns.event_action[row];
    if (target.value.len == 0)
        return;
    if (action == ACTION_inject) {
        add(all, process, target, "injected", 0.9);
    } else if (action == ACTION_access && access == 0) {
        /* Sensors that give no mask report handles of every kind, often both ways. */
        add(all, process, target, "opened", 0.05);
    } else if (action == ACTION_access) {
        if (access & (PROCESS_CREATE_THREAD | PROCESS_VM_WRITE | PROCESS_VM_OPERATION))
            add(all, process, target, "opened", 0.4);
        if (access & (PROCESS_VM_READ | PROCESS_DUP_HANDLE))
            add(all, target, process, "was read by", 0.4);
    }
}

static void file_dependencies(const struct batch *batch, uint32_t row, struct dependencies *all)
{
    struct thing process = process_of(batch, row);
    struct thing file = text_of(OBSERVABLE_file, batch, batch->columns.file_path, row);
    switch (batch->columns.event_action[row]) {
    case ACTION_create:
        add(all, process, file, "created", 0.9);
        break;
    case ACTION_change:
        add(all, process, file, "wrote", 0.9);
        break;
    case ACTION_rename:
        add(all, process, file, "renamed", 0.8);
        break;
    case ACTION_delete:
        add(all, process, file, "deleted", 0.3);
        break;
    case ACTION_load:
    case ACTION_execute:
    case ACTION_start:
        add(all, file, process, relation_ran_in, path_of_system(file.value) ? 0.1 : 0.9);
        break;
    case ACTION_access:
    case ACTION_query:
        add(all, file, process, "was read by", path_of_system(file.value) ? 0.1 : 0.5);
        break;
    default:
        break;
    }
}

/* What an entry that starts by itself names, it will start: a way through a reboot. */
static void named_programs(const struct batch *batch, uint32_t row, struct thing entry,
                           uint32_t command, struct dependencies *all)
{
    struct bytes name, path, text = strings_at(&batch->strings, command);
    if (batch->columns.event_category[row] == CATEGORY_registry &&
        !autostart_name(entry.value, &name))
        return;
    for (size_t at = 0; command_path(text, &at, &path);)
        add(all, entry, (struct thing){OBSERVABLE_file, path, {"", 0}, 0}, relation_starts,
            path_of_system(path) ? 0.1 : 0.9);
}

static void registry_dependencies(const struct batch *batch, uint32_t row, struct dependencies *all)
{
    struct thing process = process_of(batch, row);
    struct thing key = text_of(OBSERVABLE_registry, batch, batch->columns.registry_path, row);
    switch (batch->columns.event_action[row]) {
    case ACTION_access:
    case ACTION_query:
        add(all, key, process, "was read by", 0.2);
        break;
    case ACTION_delete:
        add(all, process, key, "deleted", 0.3);
        break;
    default:
        add(all, process, key, "wrote", 0.7);
        named_programs(batch, row, key, batch->columns.registry_data[row], all);
    }
}

/* The other end of a connection. `ret_accepted`: it came to us, we did not go there. */
static struct thing remote_of(const struct batch *batch, uint32_t row, char address[IP_TEXT_SIZE],
                              bool *ret_accepted)
{
    const struct batch_columns *at = &batch->columns;
    bool inward = at->network_direction[row] == DIRECTION_ingress ||
                  at->event_action[row] == ACTION_accept || !ip_given(&at->destination_ip[row]);
    const struct ip *ip = inward ? &at->source_ip[row] : &at->destination_ip[row];
    uint16_t far = inward ? at->source_port[row] : at->destination_port[row];
    uint16_t near = inward ? at->destination_port[row] : at->source_port[row];
    /* Some sensors report the way back of a connection we made as one coming in. */
    bool way_back =
        inward && far && far < FIRST_EPHEMERAL_PORT && (near == 0 || near >= FIRST_EPHEMERAL_PORT);
    *ret_accepted = inward && !way_back;
    if (*ret_accepted && far >= FIRST_EPHEMERAL_PORT)
        far = 0;
    struct bytes text = ip_given(ip) ? ip_format(ip, address) : (struct bytes){"", 0};
    return (struct thing){OBSERVABLE_ip, text, {"", 0}, far};
}

static void network_dependencies(const struct batch *batch, uint32_t row, struct dependencies *all)
{
    bool accepted;
    struct thing process = process_of(batch, row);
    struct thing remote = remote_of(batch, row, all->address, &accepted);
    add(all, process, remote, accepted ? "answered" : "connected to", 0.5);
    add(all, remote, process, accepted ? "connected to" : "answered", 0.5);
}

static void module_dependencies(const struct batch *batch, uint32_t row, struct dependencies *all)
{
    struct thing module = text_of(OBSERVABLE_file, batch, batch->columns.dll_path, row);
    add(all, module, process_of(batch, row), "was loaded by",
        path_of_system(module.value) ? 0.02 : 0.5);
}

static void named_dependencies(const struct batch *batch, uint32_t row, struct dependencies *all)
{
    struct thing process = process_of(batch, row);
    switch (batch->columns.event_category[row]) {
    case CATEGORY_dns: {
        struct thing name =
            text_of(OBSERVABLE_domain, batch, batch->columns.dns_question_name, row);
        add(all, process, name, "asked for", 0.3);
        add(all, name, process, "answered", 0.2);
        break;
    }
    case CATEGORY_pipe:
        add_pipe(all, process, text_of(OBSERVABLE_file, batch, batch->columns.file_path, row));
        break;
    case CATEGORY_service:
    case CATEGORY_task: {
        struct thing entry = text_of(OBSERVABLE_service, batch, batch->columns.service_name, row);
        add(all, process, entry, "installed", 0.9);
        named_programs(batch, row, entry, batch->columns.file_path[row], all);
        named_programs(batch, row, entry, batch->columns.process_command_line[row], all);
        break;
    }
    default:
        break;
    }
}

void row_dependencies(const struct batch *batch, uint32_t row,
                      struct dependencies *ret_dependencies)
{
    ret_dependencies->count = 0;
    struct thing process = process_of(batch, row);
    struct thing image = {OBSERVABLE_file, process.name, {"", 0}, 0};
    add(ret_dependencies, parent_of(batch, row), process, relation_started, 0.95);
    add(ret_dependencies, image, process, relation_ran_as, path_of_system(image.value) ? 0.1 : 0.9);
    switch (batch->columns.event_category[row]) {
    case CATEGORY_process:
        process_dependencies(batch, row, ret_dependencies);
        break;
    case CATEGORY_file:
    case CATEGORY_script:
        file_dependencies(batch, row, ret_dependencies);
        break;
    case CATEGORY_registry:
        registry_dependencies(batch, row, ret_dependencies);
        break;
    case CATEGORY_library:
        module_dependencies(batch, row, ret_dependencies);
        break;
    case CATEGORY_network:
        network_dependencies(batch, row, ret_dependencies);
        break;
    default:
        named_dependencies(batch, row, ret_dependencies);
    }
}
