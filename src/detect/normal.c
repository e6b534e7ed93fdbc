#include "detect/normal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detect/explain.h"
#include "detect/memory.h"
#include "detect/tree.h"

/* Without a word from the user, learning ends by itself after so long. */
#define LEARNING_SPAN (7 * TIME_DAY)

/* A tree already told of is told again when its score has grown by this. */
static const double TELL_AGAIN = 0.75;

enum { HOST_NAME_SIZE = 64, HOSTS_LIMIT = 16384, CALIBRATION_LIMIT = 1 << 17 };

struct host {
    struct ledger_head head;
    uint64_t group;
    int32_t days;
    char name[HOST_NAME_SIZE], address[IP_TEXT_SIZE];
};

struct partition {
    struct name_cache *names;
    struct ledger hosts;
    struct host_memory memory;
    struct forest forest;
    struct lessons lessons;
    int64_t first_time, merged; /* merged: newest time told to the fleet */
};

/* How high a tree of the learning time came: what the threshold is fitted to. */
struct height {
    struct ledger_head head; /* key: the tree */
    int64_t started;
    double score;
};

struct fleet {
    struct fleet_memory memory;
    struct ledger heights;
    struct settings settings;
    int64_t first_time, last_time;
    int64_t learned_until; /* TIME_NONE while learning */
    uint8_t taught;        /* an earlier run ended with everything taken as normal */
    struct budget_fit fit;
};

static bool fleet_learning(const struct fleet *fleet)
{
    return fleet->learned_until == TIME_NONE || fleet->settings.learn_all;
}

static int fleet_open(const struct settings *settings, void **ret_fleet)
{
    struct fleet *fleet = calloc(1, sizeof(*fleet));
    if (!fleet)
        return -ENOMEM;
    fleet_memory_init(&fleet->memory, settings->memory / 4);
    ledger_init(&fleet->heights, sizeof(struct height), CALIBRATION_LIMIT);
    fleet->settings = *settings;
    fleet->first_time = fleet->last_time = fleet->learned_until = TIME_NONE;
    *ret_fleet = fleet;
    return 0;
}

static void fleet_close(void *state)
{
    struct fleet *fleet = state;
    fleet_memory_finish(&fleet->memory);
    ledger_finish(&fleet->heights);
    free(fleet);
}

static int partition_open(const struct settings *settings, void **ret_state)
{
    struct partition *part = calloc(1, sizeof(*part));
    size_t share = settings->memory / 4 * 3 / PARTITIONS;
    int error = part ? name_cache_create(&part->names) : -ENOMEM;
    if (error) {
        free(part);
        return error;
    }
    part->first_time = part->merged = TIME_NONE;
    ledger_init(&part->hosts, sizeof(struct host), HOSTS_LIMIT);
    host_memory_init(&part->memory, share / 2);
    forest_init(&part->forest, share / 2);
    *ret_state = part;
    return 0;
}

static void partition_close(void *state)
{
    struct partition *part = state;
    name_cache_destroy(part->names);
    ledger_finish(&part->hosts);
    host_memory_finish(&part->memory);
    forest_finish(&part->forest);
    free(part->lessons.items);
    free(part);
}

/* One row on its way through the partition. */
struct visit {
    struct partition *part;
    const struct fleet *fleet;
    const struct batch *batch;
    struct findings *out;
    struct standpoint at;
    uint32_t row, hour;
    int64_t time;
    uint64_t actor, top;     /* keys of the acting process and the topmost of its tree */
    struct process *process; /* the acting one; NULL when it was evicted at once */
    bool suspect;
};

static void put_name(char *to, size_t size, struct bytes text)
{
    size_t len = text.len < size - 1 ? text.len : size - 1;
    memcpy(to, text.at, len);
    to[len] = '\0';
}

/* The peer group is the subnet: /24, or /64. */
static int host_place(struct visit *visit, struct host *host)
{
    const struct batch_columns *c = &visit->batch->columns;
    const struct ip *own = &c->source_ip[visit->row];
    if (host->group || c->network_direction[visit->row] != DIRECTION_egress || !ip_is_inner(own))
        return 0;
    struct bytes net = {(const char *)own, own->octets[10] == 0xff ? 15 : 8};
    host->group = hash_bytes(net) | 1;
    ip_format(own, host->address);
    return lessons_add(
        &visit->part->lessons,
        (struct lesson){.kind = LESSON_GROUP, .group = host->group, .day = visit->at.day});
}

static int visit_host(struct visit *visit)
{
    const struct batch_columns *c = &visit->batch->columns;
    uint64_t key = strings_hash(&visit->batch->strings, c->host_name[visit->row]) | 1;
    struct host *host = ledger_enter(&visit->part->hosts, key);
    int error = 0;
    if (!host)
        return -ENOMEM;
    if (host->days == 0) {
        put_name(host->name, sizeof(host->name),
                 batch_text(visit->batch, c->host_name, visit->row));
        error = lessons_add(&visit->part->lessons,
                            (struct lesson){.kind = LESSON_HOST, .day = visit->at.day});
    }
    if (!error && (host->days == 0 || host->head.last_day != visit->at.day)) {
        host->days++;
        host->head.last_day = visit->at.day;
        error = lessons_add(&visit->part->lessons,
                            (struct lesson){.kind = LESSON_DAY, .day = visit->at.day});
    }
    if (!error)
        error = host_place(visit, host);
    visit->at.host = key;
    visit->at.group = host->group;
    return error;
}

static uint64_t process_key(const struct visit *visit, uint32_t entity)
{
    return hash_mix(strings_hash(&visit->batch->strings, entity), visit->at.host);
}

static struct process *process_enter(const struct visit *visit, uint32_t entity,
                                     uint32_t executable)
{
    return forest_process(&visit->part->forest, process_key(visit, entity),
                          strings_at(&visit->batch->strings, entity),
                          strings_at(&visit->batch->strings, executable), visit->time);
}

/* A row that names no process acts for its program on this host as a whole. */
static int visit_program(struct visit *visit)
{
    uint32_t executable = visit->batch->columns.process_executable[visit->row];
    struct program program = program_of(visit->part->names, visit->batch, executable);
    visit->actor = visit->top = hash_mix(visit->at.host, program.hash) | 1;
    struct process *process =
        forest_process(&visit->part->forest, visit->actor, (struct bytes){"", 0},
                       strings_at(&visit->batch->strings, executable), visit->time);
    if (!process)
        return -ENOMEM;
    process->rows++;
    visit->process = process;
    visit->suspect = process->suspect;
    return 0;
}

/* The key under which a file of this host is remembered with whoever put it there. */
static uint64_t file_key(const struct visit *visit, uint32_t path)
{
    uint64_t file = file_identity(visit->part->names, visit->batch, path);
    return file ? hash_mix(file, visit->at.host) : 0;
}

/* The suspect tree that put a file there; 0 when none did. */
static uint64_t origin_of(struct visit *visit, uint32_t path)
{
    uint64_t key = file_key(visit, path);
    struct dropper *dropper = key ? ledger_find(&visit->part->forest.droppers, key) : NULL;
    if (!dropper)
        return 0;
    uint64_t top = forest_top(&visit->part->forest, dropper->process);
    const struct process *process = ledger_find(&visit->part->forest.processes, top);
    return process && process->suspect && top != visit->top ? top : 0;
}

static int remember_dropper(struct visit *visit)
{
    const struct batch_columns *c = &visit->batch->columns;
    uint8_t action = c->event_action[visit->row];
    uint64_t key = action == ACTION_delete || action == ACTION_load || action == ACTION_access
                       ? 0
                       : file_key(visit, c->file_path[visit->row]);
    struct dropper *dropper = key ? ledger_enter(&visit->part->forest.droppers, key) : NULL;
    if (!key)
        return 0;
    if (!dropper)
        return -ENOMEM;
    dropper->head.last_day = (int32_t)(visit->time / TIME_MINUTE);
    dropper->process = visit->actor;
    return 0;
}

/* Find out who acts, and below whom; `*ret_started` when its parent is first known by this row. */
static int visit_process(struct visit *visit, bool *ret_started)
{
    const struct batch_columns *c = &visit->batch->columns;
    uint32_t row = visit->row, parent = c->process_parent_entity_id[row];
    struct forest *forest = &visit->part->forest;
    struct process *process =
        process_enter(visit, c->process_entity_id[row], c->process_executable[row]);
    *ret_started = false;
    if (!process)
        return -ENOMEM;
    visit->actor = process->head.key;
    if (parent && !process->has_parent) {
        process->has_parent = 1;
        *ret_started = true;
        if (!process_enter(visit, parent, c->process_parent_executable[row]))
            return -ENOMEM;
        struct program program =
            program_of(visit->part->names, visit->batch, c->process_parent_executable[row]);
        bool session = program.hash == 0 || program.facts & FACT_SESSION;
        int error = session ? 0 : forest_link(forest, visit->actor, process_key(visit, parent));
        if (error)
            return error;
        process = ledger_find(&forest->processes, visit->actor); /* entering may have moved it */
    }
    bool topmost = process && process->tree == visit->actor;
    visit->process = process;
    visit->top = topmost ? visit->actor : forest_top(forest, visit->actor);
    struct process *top = topmost ? process : ledger_find(&forest->processes, visit->top);
    if (top) {
        top->rows++;
        top->head.last_day = (int32_t)(visit->time / TIME_MINUTE);
        visit->suspect = top->suspect;
    }
    return 0;
}

static struct evidence evidence_of(const struct visit *visit, const struct relation *relation,
                                   const struct surprise *surprise)
{
    const struct batch_columns *c = &visit->batch->columns;
    uint32_t row = visit->row;
    char room[128];
    struct relation_names names = relation_names(visit->batch, row, relation->type, room);
    struct evidence piece = {
        .relation = relation_key(relation),
        .time = visit->time,
        .event = {c->event_source[row], c->event_offset[row]},
        .surprise = *surprise,
        .type = relation->type,
        .facts = relation->facts,
        .port = c->destination_port[row],
        .inner = ip_is_inner(c->network_direction[row] == DIRECTION_egress ? &c->destination_ip[row]
                                                                           : &c->source_ip[row]),
        .action = c->event_action[row],
        .category = c->event_category[row],
    };
    put_name(piece.entity, sizeof(piece.entity),
             batch_text(visit->batch, c->process_entity_id, row));
    put_name(piece.subject, sizeof(piece.subject), names.subject);
    put_name(piece.object, sizeof(piece.object), names.object);
    return piece;
}

static int say(struct visit *visit, struct tree *tree, double score)
{
    struct forest *forest = &visit->part->forest;
    const struct host *host = ledger_find(&visit->part->hosts, visit->at.host);
    struct process *top = ledger_find(&forest->processes, visit->top);
    const struct process *cause =
        top && top->origin ? ledger_find(&forest->processes, top->origin) : NULL;
    const char *entity = top ? top->entity : tree->evidence[0].entity;
    struct suspect suspect = {
        .host = host->name,
        .address = host->address,
        .root_name = top && top->name[0] ? top->name : tree->evidence[0].subject,
        .root_entity = entity,
        .cause_entity = cause ? cause->entity : entity,
        .score = score,
        .now = visit->time,
        .row = visit->row,
    };
    struct finding *finding = explain_tree(visit->out, tree, &suspect, &visit->fleet->fit);
    if (!finding)
        return -ENOMEM;
    finding->detector = detector_normal.name;
    tree->told_score = score;
    tree->tellings++;
    if (top)
        top->suspect = 1;
    visit->suspect = true;
    return 0;
}

static int keep_evidence(struct visit *visit, const struct evidence *piece)
{
    struct tree *tree = forest_keep(&visit->part->forest, visit->actor, piece);
    if (!tree)
        return -ENOMEM;
    const struct process *top = ledger_find(&visit->part->forest.processes, visit->top);
    double score = tree_score(tree, visit->time, top ? top->rows : 0);
    if (score > tree->score)
        tree->score = score;
    if (fleet_learning(visit->fleet) || score < visit->fleet->fit.threshold ||
        score < tree->told_score + (tree->tellings ? TELL_AGAIN : 0) ||
        !tree_convinces(tree, visit->time))
        return 0;
    return say(visit, tree, score);
}

/* Count the process-hour, for the novelty-proneness of the relation's subject. */
static int count_unit(struct visit *visit, const struct relation *relation,
                      const struct surprise *surprise)
{
    const struct batch_columns *c = &visit->batch->columns;
    uint32_t parent = c->process_parent_entity_id[visit->row];
    struct process *process =
        relation->type == RELATION_START && parent
            ? ledger_find(&visit->part->forest.processes, process_key(visit, parent))
            : visit->process;
    if (!process)
        return 0;
    bool unit = process->unit_hours[relation->type] != visit->hour;
    bool news = surprise->novel && surprise->hosts == 0 &&
                process->novel_hours[relation->type] != visit->hour;
    process->unit_hours[relation->type] = visit->hour;
    if (news)
        process->novel_hours[relation->type] = visit->hour;
    return memory_count(&visit->part->memory, &visit->part->lessons, &visit->at, relation, unit,
                        news);
}

static int meet(struct visit *visit, const struct relation *relation)
{
    struct surprise surprise;
    int error = memory_meet(&visit->part->memory, &visit->fleet->memory, &visit->part->lessons,
                            &visit->at, relation, !visit->suspect, &surprise);
    if (!error)
        error = count_unit(visit, relation, &surprise);
    if (!error && relation->type == RELATION_DROP)
        error = remember_dropper(visit);
    if (error || surprise.value < EVIDENCE_LEAST)
        return error;
    struct evidence piece = evidence_of(visit, relation, &surprise);
    return keep_evidence(visit, &piece);
}

/* A program started, or a script run, that a suspect put there: as if it were his child. */
static int meet_origin(struct visit *visit, uint32_t path)
{
    uint64_t origin = path ? origin_of(visit, path) : 0;
    struct process *top = origin ? ledger_find(&visit->part->forest.processes, visit->top) : NULL;
    if (!top || top->origin == origin)
        return 0;
    top->origin = origin;
    struct relation relation = {.type = RELATION_ORIGIN,
                                .subject = visit->actor,
                                .object = file_key(visit, path),
                                .facts = FACT_INTERPRETER};
    struct surprise surprise = {.value = 2 * relation_weights[RELATION_ORIGIN],
                                .novel = true,
                                .hosts_all = visit->fleet->memory.hosts};
    struct evidence piece = evidence_of(visit, &relation, &surprise);
    put_name(piece.object, sizeof(piece.object), strings_at(&visit->batch->strings, path));
    return keep_evidence(visit, &piece);
}

static int visit_row(struct visit *visit)
{
    const struct batch_columns *c = &visit->batch->columns;
    struct relation relations[RELATIONS_PER_ROW];
    bool started = false;
    visit->time = c->time[visit->row];
    visit->hour = (uint32_t)(visit->time / TIME_HOUR);
    visit->at.day = time_day(visit->time);
    visit->suspect = false;
    visit->actor = visit->top = 0;
    visit->process = NULL;
    int error = visit_host(visit);
    if (!error)
        error = c->process_entity_id[visit->row] ? visit_process(visit, &started)
                                                 : visit_program(visit);
    bool process_event = c->event_category[visit->row] == CATEGORY_process &&
                         !c->target_process_executable[visit->row];
    if (error || (process_event && !started))
        return error;
    uint32_t count = relations_of(visit->part->names, visit->batch, visit->row, relations);
    for (uint32_t i = 0; i < count && !error; i++)
        error = meet(visit, &relations[i]);
    if (!error && !fleet_learning(visit->fleet))
        error = meet_origin(visit, process_event ? c->process_executable[visit->row]
                                   : c->event_action[visit->row] == ACTION_load ||
                                           c->event_category[visit->row] == CATEGORY_script
                                       ? c->file_path[visit->row]
                                       : 0);
    return error;
}

static int partition_scan(void *state, const void *fleet, const struct batch *batch,
                          struct rows rows, struct findings *out)
{
    struct partition *part = state;
    struct visit visit = {.part = part, .fleet = fleet, .batch = batch, .out = out};
    int error = 0;
    visit.at.learning = fleet_learning(fleet);
    if (part->first_time == TIME_NONE && rows.count)
        part->first_time = batch->columns.time[rows.at[0]];
    for (uint32_t i = 0; i < rows.count && !error; i++) {
        visit.row = rows.at[i];
        error = visit_row(&visit);
    }
    return error;
}

/* Tell the fleet how high this window's trees came, while it learns. */
static int merge_heights(struct fleet *fleet, const struct partition *part)
{
    for (uint32_t i = 0; i < part->forest.trees.count; i++) {
        const struct tree *tree = ledger_at(&part->forest.trees, i);
        if (tree->score < 1 || tree->changed < part->merged)
            continue;
        struct height *height = ledger_enter(&fleet->heights, tree->head.key);
        if (!height)
            return -ENOMEM;
        height->head.last_day = time_day(tree->changed);
        height->started = tree->started;
        if (height->score < tree->score)
            height->score = tree->score;
    }
    return 0;
}

static int partition_merge(void *state_fleet, void *state)
{
    struct fleet *fleet = state_fleet;
    struct partition *part = state;
    int error = fleet_learning(fleet) ? merge_heights(fleet, part) : 0;
    if (!error)
        error = fleet_memory_take(&fleet->memory, &part->lessons);
    if (part->first_time != TIME_NONE &&
        (fleet->first_time == TIME_NONE || part->first_time < fleet->first_time))
        fleet->first_time = part->first_time;
    for (uint32_t i = 0; i < part->forest.trees.count; i++) {
        const struct tree *tree = ledger_at(&part->forest.trees, i);
        part->merged = tree->changed > part->merged ? tree->changed : part->merged;
    }
    return error;
}

/* Host-days in the second half of the learning: what was scored after learning much. */
static double host_days_from(const struct fleet *fleet, int64_t from, int64_t until)
{
    if (until - from < TIME_DAY)
        return fleet->memory.hosts * (double)(until - from) / (double)TIME_DAY;
    double sum = 0;
    for (uint32_t i = 0; i < fleet->memory.days.count; i++) {
        const struct exposure *day = ledger_at(&fleet->memory.days, i);
        if (day->head.last_day > time_day(from))
            sum += day->units;
    }
    return sum;
}

static int learning_end(struct fleet *fleet, int64_t until)
{
    int64_t begin = fleet->first_time == TIME_NONE ? until : fleet->first_time;
    int64_t middle = begin + (until - begin) / 2;
    double *scores = calloc(fleet->heights.count + 1, sizeof(*scores));
    size_t count = 0;
    if (!scores)
        return -ENOMEM;
    for (uint32_t i = 0; i < fleet->heights.count; i++) {
        const struct height *height = ledger_at(&fleet->heights, i);
        if (height->started >= middle)
            scores[count++] = height->score;
    }
    fleet->fit =
        budget_fit(scores, count, host_days_from(fleet, middle, until), fleet->settings.budget);
    fleet->learned_until = until;
    free(scores);
    return 0;
}

static int fleet_settle(void *state, struct window window)
{
    struct fleet *fleet = state;
    const struct settings *settings = &fleet->settings;
    if (fleet->last_time == TIME_NONE || window.end > fleet->last_time)
        fleet->last_time = window.end;
    if (settings->learn_all) {
        fleet->taught = 1;
        return learning_end(fleet, fleet->last_time);
    }
    if (fleet->learned_until != TIME_NONE || fleet->first_time == TIME_NONE)
        return 0;
    bool over = settings->learn_until != TIME_NONE
                    ? window.end >= settings->learn_until
                    : window.end - fleet->first_time >= LEARNING_SPAN;
    return over ? learning_end(fleet, window.end) : 0;
}

static void fleet_save(const void *state, struct buffer *out)
{
    const struct fleet *fleet = state;
    fleet_memory_save(&fleet->memory, out);
    ledger_save(&fleet->heights, out);
    buffer_put_u64(out, (uint64_t)fleet->first_time);
    buffer_put_u64(out, (uint64_t)fleet->last_time);
    buffer_put_u64(out, (uint64_t)fleet->learned_until);
    buffer_put_u8(out, fleet->taught);
    buffer_put(out, (struct bytes){(const char *)&fleet->fit, sizeof(fleet->fit)});
}

static int fleet_load(void *state, struct cursor *in)
{
    struct fleet *fleet = state;
    int error = fleet_memory_load(&fleet->memory, in);
    if (!error)
        error = ledger_load(&fleet->heights, in);
    if (error)
        return error;
    fleet->first_time = (int64_t)cursor_u64(in);
    fleet->last_time = (int64_t)cursor_u64(in);
    fleet->learned_until = (int64_t)cursor_u64(in);
    fleet->taught = cursor_u8(in);
    struct bytes fit = cursor_take(in, sizeof(fleet->fit));
    if (!cursor_ok(in))
        return -EBADMSG;
    memcpy(&fleet->fit, fit.at, fit.len);
    return 0;
}

static void partition_save(const void *state, struct buffer *out)
{
    const struct partition *part = state;
    ledger_save(&part->hosts, out);
    host_memory_save(&part->memory, out);
    forest_save(&part->forest, out);
    lessons_save(&part->lessons, out);
    buffer_put_u64(out, (uint64_t)part->first_time);
    buffer_put_u64(out, (uint64_t)part->merged);
}

static int hosts_load(struct ledger *hosts, struct cursor *in)
{
    int error = ledger_load(hosts, in);
    for (uint32_t i = 0; i < hosts->count && !error; i++) {
        const struct host *host = ledger_at(hosts, i);
        if (!memchr(host->name, '\0', sizeof(host->name)) ||
            !memchr(host->address, '\0', sizeof(host->address)))
            error = -EBADMSG;
    }
    return error;
}

static int partition_load(void *state, struct cursor *in)
{
    struct partition *part = state;
    int error = hosts_load(&part->hosts, in);
    if (!error)
        error = host_memory_load(&part->memory, in);
    if (!error)
        error = forest_load(&part->forest, in);
    if (!error)
        error = lessons_load(&part->lessons, in);
    part->first_time = (int64_t)cursor_u64(in);
    part->merged = (int64_t)cursor_u64(in);
    return error ? error : cursor_ok(in) ? 0 : -EBADMSG;
}

static void normal_health(const void *state, void *const states[PARTITIONS],
                          void (*tell)(void *context, const char *name, double value),
                          void *context)
{
    const struct fleet *fleet = state;
    uint64_t held = fleet->memory.relations.count, evicted = fleet->memory.relations.evicted;
    uint64_t processes = 0, trees = 0;
    for (int i = 0; i < PARTITIONS; i++) {
        const struct partition *part = states[i];
        held += part->memory.recalls.count;
        evicted += part->memory.recalls.evicted;
        processes += part->forest.processes.evicted;
        trees += part->forest.trees.evicted;
    }
    tell(context, "relations_held", (double)held);
    tell(context, "relations_evicted", (double)evicted);
    tell(context, "processes_evicted", (double)processes);
    tell(context, "trees_evicted", (double)trees);
    tell(context, "hosts_total", fleet->memory.hosts);
    tell(context, "learning", fleet_learning(fleet));
    int64_t until = fleet->learned_until == TIME_NONE ? 0 : fleet->learned_until / TIME_SECOND;
    tell(context, "learned_until", (double)until);
    tell(context, "threshold", fleet->fit.threshold);
    tell(context, "budget", fleet->settings.budget);
}

const struct detector detector_normal = {
    .name = "normal",
    .claim = "This process tree did things its hosts do not normally do.",
    .window = 10 * TIME_MINUTE,
    .open_fleet = fleet_open,
    .open = partition_open,
    .scan = partition_scan,
    .merge = partition_merge,
    .settle = fleet_settle,
    .save_fleet = fleet_save,
    .save = partition_save,
    .load_fleet = fleet_load,
    .load = partition_load,
    .health = normal_health,
    .close = partition_close,
    .close_fleet = fleet_close,
};
