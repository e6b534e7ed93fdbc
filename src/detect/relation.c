#include "detect/relation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

const double relation_weights[RELATION_TYPES] = {
#define X(name, weight, kind) weight,
    RELATION_LIST(X)
#undef X
};

const enum evidence_kind relation_kinds[RELATION_TYPES] = {
#define X(name, weight, kind) kind,
    RELATION_LIST(X)
#undef X
};

/* What a text is read as decides its canonical form. */
enum role { ROLE_PROGRAM = 1, ROLE_AREA, ROLE_MODULE_AREA, ROLE_KEY, ROLE_COMMAND, ROLE_FILE };

enum { CACHE_SLOTS = 1 << 14, AREA_DEPTH = 4, MODULE_DEPTH = 5 };

struct name {
    uint64_t raw; /* hash of role and text as it came; 0: free slot */
    uint64_t hash;
    unsigned facts;
    enum file_use use;
};

struct name_cache {
    struct name slots[CACHE_SLOTS];
};

int name_cache_create(struct name_cache **ret_cache)
{
    struct name_cache *cache = calloc(1, sizeof(*cache));
    if (!cache)
        return -ENOMEM;
    *ret_cache = cache;
    return 0;
}

void name_cache_destroy(struct name_cache *cache)
{
    free(cache);
}

static struct name name_make(struct bytes text, enum role role)
{
    struct canonical canonical, whole;
    struct name name = {.use = FILE_PLAIN};
    switch (role) {
    case ROLE_PROGRAM:
        canonical_path(text, &canonical);
        name.facts = facts_of_program(canonical_bytes(&canonical));
        break;
    case ROLE_AREA:
    case ROLE_MODULE_AREA:
        canonical_path(text, &whole);
        canonical_area(text, role == ROLE_AREA ? AREA_DEPTH : MODULE_DEPTH, &canonical);
        name.facts = facts_of_file(canonical_bytes(&whole));
        name.use = file_use(text);
        break;
    case ROLE_KEY:
        canonical_path(text, &whole);
        canonical_key(text, &canonical);
        name.facts = facts_of_key(canonical_bytes(&whole));
        break;
    case ROLE_FILE:
        canonical_exact(text, &canonical);
        break;
    case ROLE_COMMAND:
        canonical_command(text, &canonical);
        break;
    }
    name.hash = hash_mix((uint64_t)role, hash_bytes(canonical_bytes(&canonical)));
    return name;
}

static struct name name_of(struct name_cache *cache, const struct batch *batch, uint32_t id,
                           enum role role)
{
    if (id == 0)
        return (struct name){0};
    uint64_t raw = hash_mix((uint64_t)role, strings_hash(&batch->strings, id)) | 1;
    struct name *slot = &cache->slots[(raw >> 17) % CACHE_SLOTS];
    if (slot->raw != raw) {
        *slot = name_make(strings_at(&batch->strings, id), role);
        slot->raw = raw;
    }
    return *slot;
}

struct program program_of(struct name_cache *cache, const struct batch *batch, uint32_t text_id)
{
    struct name name = name_of(cache, batch, text_id, ROLE_PROGRAM);
    return (struct program){name.hash, name.facts};
}

uint64_t file_identity(struct name_cache *cache, const struct batch *batch, uint32_t text_id)
{
    return name_of(cache, batch, text_id, ROLE_FILE).hash;
}

/* Nobody in particular: loopback, multicast, broadcast, addresses of the link alone. */
static bool ip_is_nobody(const struct ip *ip)
{
    const uint8_t *o = ip->octets;
    if (o[10] == 0xff && o[0] == 0)
        return o[12] >= 224 || o[12] == 127 || o[12] == 0 || o[15] == 255 ||
               (o[12] == 169 && o[13] == 254);
    return o[0] == 0xff || (o[0] == 0xfe && (o[1] & 0xc0) == 0x80) || (o[0] == 0 && o[15] <= 1);
}

/* A peer is itself inside, and one of many outside; ephemeral ports are one port. */
static uint64_t peer_hash(const struct ip *ip, uint16_t port)
{
    uint64_t place =
        ip_is_inner(ip) ? hash_bytes((struct bytes){(const char *)ip, sizeof(*ip)}) : 1;
    return hash_mix(place, port >= 49152 ? 65536 : port);
}

struct builder {
    struct relation *relations;
    uint32_t count;
};

static void add(struct builder *to, enum relation_type type, uint64_t subject, uint64_t object,
                double sensitivity, unsigned facts)
{
    if (subject && object && to->count < RELATIONS_PER_ROW)
        to->relations[to->count++] = (struct relation){type, subject, object, sensitivity, facts};
}

/* What runs from where people pass files on matters more, from where installers unpack a little. */
static double place_sensitivity(unsigned facts)
{
    return facts & FACT_DROP_PLACE ? RELATION_SENSITIVE : facts & FACT_TEMPORARY ? 1.2 : 1;
}

static void add_start(struct builder *to, struct name_cache *cache, const struct batch *batch,
                      uint32_t row, const struct name *program)
{
    const struct batch_columns *c = &batch->columns;
    struct name parent = name_of(cache, batch, c->process_parent_executable[row], ROLE_PROGRAM);
    struct name command = name_of(cache, batch, c->process_command_line[row], ROLE_COMMAND);
    add(to, RELATION_START, parent.hash, program->hash, place_sensitivity(program->facts),
        program->facts);
    add(to, RELATION_COMMAND, program->hash, command.hash, 1, program->facts);
    add(to, RELATION_USER, strings_hash(&batch->strings, c->user_name[row]), program->hash, 1,
        program->facts);
}

static void add_file(struct builder *to, struct name_cache *cache, const struct batch *batch,
                     uint32_t row, const struct name *program)
{
    const struct batch_columns *c = &batch->columns;
    struct name area = name_of(cache, batch, c->file_path[row], ROLE_AREA);
    bool runs = area.use == FILE_PROGRAM || area.use == FILE_SCRIPT;
    bool reads = c->event_action[row] == ACTION_load || c->event_category[row] == CATEGORY_script;
    double sensitivity = runs ? place_sensitivity(area.facts) : 1;
    if (area.facts & (FACT_AUTOSTART | FACT_CREDENTIALS))
        sensitivity = 2;
    add(to,
        reads  ? RELATION_SCRIPT
        : runs ? RELATION_DROP
               : RELATION_FILE,
        program->hash, area.hash, sensitivity, area.facts);
}

static void add_network(struct builder *to, const struct batch *batch, uint32_t row,
                        const struct name *program)
{
    const struct batch_columns *c = &batch->columns;
    uint64_t host = strings_hash(&batch->strings, c->host_name[row]);
    bool accepts =
        c->network_direction[row] == DIRECTION_ingress || c->event_action[row] == ACTION_accept;
    const struct ip *peer = accepts ? &c->source_ip[row] : &c->destination_ip[row];
    if (!ip_given(peer) || ip_is_nobody(peer))
        return;
    /* Whoever calls uses a port of chance; what counts is the door he knocks at. */
    uint64_t door =
        accepts ? hash_mix(2, peer_hash(peer, 65535)) : peer_hash(peer, c->destination_port[row]);
    add(to, RELATION_NETWORK, program->hash, door, 1, 0);
    if (ip_is_inner(peer))
        add(to, RELATION_HOST, host, door, 1, 0);
}

static void add_logon(struct builder *to, const struct batch *batch, uint32_t row)
{
    const struct batch_columns *c = &batch->columns;
    uint64_t host = strings_hash(&batch->strings, c->host_name[row]);
    const struct ip *peer = &c->source_ip[row];
    if (c->event_action[row] == ACTION_logon && ip_given(peer) && !ip_is_nobody(peer))
        add(to, RELATION_HOST, host, hash_mix(3 + c->logon_type[row], peer_hash(peer, 65535)), 1,
            0);
}

/* PROCESS_VM_READ lets one read credentials, VM_WRITE and CREATE_THREAD another's mind. */
enum { ACCESS_CREATE_THREAD = 0x2, ACCESS_VM_READ = 0x10, ACCESS_VM_WRITE = 0x20 };

static void add_process(struct builder *to, struct name_cache *cache, const struct batch *batch,
                        uint32_t row, const struct name *program)
{
    const struct batch_columns *c = &batch->columns;
    struct name target = name_of(cache, batch, c->target_process_executable[row], ROLE_PROGRAM);
    uint32_t access = c->target_process_access[row];
    bool injects = c->event_action[row] == ACTION_inject;
    unsigned how = injects                                             ? 4u
                   : access & (ACCESS_VM_WRITE | ACCESS_CREATE_THREAD) ? 3u
                   : access & ACCESS_VM_READ                           ? 2u
                                                                       : 1u;
    double sensitivity = injects || (how >= 2 && target.facts & FACT_CREDENTIALS) ? 3 : 1;
    add(to, RELATION_PROCESS, program->hash, hash_mix(how, target.hash), sensitivity,
        how >= 2 ? target.facts : 0);
}

uint32_t relations_of(struct name_cache *cache, const struct batch *batch, uint32_t row,
                      struct relation relations[RELATIONS_PER_ROW])
{
    const struct batch_columns *c = &batch->columns;
    struct builder to = {relations, 0};
    struct name program = name_of(cache, batch, c->process_executable[row], ROLE_PROGRAM);
    switch (c->event_category[row]) {
    case CATEGORY_process:
        if (c->target_process_executable[row])
            add_process(&to, cache, batch, row, &program);
        else if (c->process_parent_executable[row])
            add_start(&to, cache, batch, row, &program);
        break;
    case CATEGORY_file:
    case CATEGORY_pipe:
    case CATEGORY_script:
        add_file(&to, cache, batch, row, &program);
        break;
    case CATEGORY_library: {
        struct name area = name_of(cache, batch, c->dll_path[row], ROLE_MODULE_AREA);
        add(&to, RELATION_MODULE, program.hash, area.hash, place_sensitivity(area.facts),
            area.facts);
        break;
    }
    case CATEGORY_registry: {
        struct name key = name_of(cache, batch, c->registry_path[row], ROLE_KEY);
        add(&to, RELATION_REGISTRY, program.hash, key.hash, key.facts & FACT_AUTOSTART ? 3 : 1,
            key.facts);
        break;
    }
    case CATEGORY_network:
        add_network(&to, batch, row, &program);
        break;
    case CATEGORY_logon:
        add_logon(&to, batch, row);
        break;
    case CATEGORY_service:
    case CATEGORY_task: {
        struct name image = name_of(cache, batch, c->file_path[row], ROLE_AREA);
        if (c->event_action[row] == ACTION_install)
            add(&to, RELATION_SERVICE, program.hash ? program.hash : 1,
                hash_mix(image.hash, c->event_category[row]), 2, image.facts);
        break;
    }
    default:
        break;
    }
    return to.count;
}

uint64_t relation_key(const struct relation *relation)
{
    return hash_mix(hash_mix((uint64_t)relation->type + 1, relation->subject), relation->object);
}

static struct bytes peer_text(const struct ip *ip, uint16_t port, char room[128])
{
    char text[IP_TEXT_SIZE];
    struct bytes address = ip_format(ip, text);
    bool colon = memchr(address.at, ':', address.len) != NULL;
    int len = port ? snprintf(room, 128, colon ? "[%s]:%u" : "%s:%u", address.at, port)
                   : snprintf(room, 128, "%s", address.at);
    return (struct bytes){room, (size_t)len};
}

struct relation_names relation_names(const struct batch *batch, uint32_t row,
                                     enum relation_type type, char room[128])
{
    const struct batch_columns *c = &batch->columns;
    struct bytes program = bytes_base_name(batch_text(batch, c->process_executable, row));
    bool accepts = c->network_direction[row] != DIRECTION_egress && ip_given(&c->source_ip[row]) &&
                   (c->event_category[row] == CATEGORY_logon ||
                    c->network_direction[row] == DIRECTION_ingress);
    switch (type) {
    case RELATION_START:
        return (struct relation_names){
            bytes_base_name(batch_text(batch, c->process_parent_executable, row)),
            batch_text(batch, c->process_executable, row)};
    case RELATION_COMMAND:
        return (struct relation_names){program, batch_text(batch, c->process_command_line, row)};
    case RELATION_USER:
        return (struct relation_names){batch_text(batch, c->user_name, row), program};
    case RELATION_MODULE:
        return (struct relation_names){program, batch_text(batch, c->dll_path, row)};
    case RELATION_NETWORK:
    case RELATION_HOST:
        return (struct relation_names){
            type == RELATION_HOST ? batch_text(batch, c->host_name, row) : program,
            accepts ? peer_text(&c->source_ip[row], 0, room)
                    : peer_text(&c->destination_ip[row], c->destination_port[row], room)};
    case RELATION_REGISTRY:
        return (struct relation_names){program, batch_text(batch, c->registry_path, row)};
    case RELATION_SERVICE:
        return (struct relation_names){program, batch_text(batch, c->service_name, row)};
    case RELATION_PROCESS:
        return (struct relation_names){program,
                                       batch_text(batch, c->target_process_executable, row)};
    default:
        return (struct relation_names){program, batch_text(batch, c->file_path, row)};
    }
}
