#include "lab/simulate.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/time.h"
#include "lab/attack.h"
#include "lab/changes.h"
#include "lab/life.h"
#include "lab/output.h"

/* Rows that come whatever the density, and natural noise, of a machine's working day. */
enum { ROWS_GIVEN = 340, ROWS_NOISE = 2000 };

struct simulation {
    const struct lab_options *options;
    struct world world;
    struct truth truth;
    struct output_counts counts;
    uint32_t attack_day;               /* from 0; UINT32_MAX: none */
    double noise_weight, given_weight; /* rows a day, as measured so far */
    struct shift *shifts;              /* of this day, by host */
};

static bool day_free_at(const struct lab_options *options, uint32_t day)
{
    return day_is_free(options->start + day * TIME_DAY);
}

static uint32_t attack_day_of(const struct lab_options *options)
{
    if (options->attack_day == LAB_ATTACK_NONE)
        return UINT32_MAX;
    if (options->attack_day > 0)
        return (uint32_t)options->attack_day - 1;
    uint32_t day = options->days > 1 ? options->days - 2 : 0;
    while (day > 0 && day_free_at(options, day))
        day--;
    return day;
}

/* The density that brings the rest of the days to the rest of the rows. */
static double density_for(const struct simulation *simulation)
{
    const struct lab_options *options = simulation->options;
    const struct world *world = &simulation->world;
    double days = 0;
    if (!options->events)
        return 1;
    for (uint32_t day = world->day; day < options->days; day++)
        days += day_free_at(options, day) ? 0.2 : 1;
    double left = (double)options->events - (double)simulation->counts.rows;
    double density = (left / days - simulation->given_weight) / simulation->noise_weight;
    return density < 0.02 ? 0.02 : density;
}

/* What this working day was like, for the next one's density. */
static void density_learn(struct simulation *simulation, uint64_t rows)
{
    const struct world *world = &simulation->world;
    if (day_is_free(world->day_start) || rows <= world->noise)
        return;
    simulation->noise_weight = (double)world->noise / world->density;
    simulation->given_weight = (double)(rows - world->noise);
}

static void day_live(struct simulation *simulation)
{
    struct world *world = &simulation->world;
    struct enterprise *enterprise = &world->enterprise;
    bool attacked = world->day == simulation->attack_day;
    for (uint32_t i = 0; i < enterprise->server_count; i++) {
        world->random = random_stream(world->seed, 1 + world->day, 500000 + i);
        server_restart(world, &enterprise->hosts[i]);
    }
    for (uint32_t i = 0; i < enterprise->host_count; i++) {
        struct host *host = &enterprise->hosts[i];
        world->random = random_stream(world->seed, 1 + world->day, i);
        changes_before(world, host, &simulation->truth);
        if (host->role == ROLE_PC)
            pc_day(world, host, attacked ? attack_demand(world, host) : DEMAND_NONE,
                   &simulation->shifts[i]);
        else
            server_day(world, host);
    }
    world->random = random_stream(world->seed, 1 + world->day, 1000000);
    servers_work(world);
    changes_during(world, simulation->shifts, &simulation->truth);
    world->random = random_stream(world->seed, 1 + world->day, 2000000);
    if (attacked)
        attack_run(world, simulation->shifts, &simulation->truth);
}

static int day_write(struct simulation *simulation)
{
    const struct lab_options *options = simulation->options;
    struct world *world = &simulation->world;
    char path[PATH_MAX], day[TIME_TEXT_SIZE];
    struct bytes name = time_format_day(world->day_start, day);
    int length = snprintf(path, sizeof path, "%s/events-%.*s.ndjson%s", options->folder,
                          (int)name.len, name.at, options->compress ? ".zst" : "");
    if (length >= (int)sizeof path)
        return -ENAMETOOLONG;
    if (world->text.failed || world->scratch.failed)
        return -ENOMEM;
    if (world->failed)
        return world->failed;
    uint64_t before = simulation->counts.rows;
    int64_t until = world->day_start + TIME_DAY;
    int error = output_day(world, path, options->compress, until, &simulation->counts);
    if (!error)
        density_learn(simulation, simulation->counts.rows - before);
    world_forget(world, until);
    return error;
}

static int truth_save(struct simulation *simulation)
{
    struct buffer out = {0};
    char path[PATH_MAX];
    truth_write(&simulation->truth, &simulation->world, &out);
    int error = out.failed ? -ENOMEM : 0;
    if (!error && snprintf(path, sizeof path, "%s/truth.json", simulation->options->folder) >=
                      (int)sizeof path)
        error = -ENAMETOOLONG;
    if (!error)
        error = output_file(path, buffer_bytes(&out));
    buffer_finish(&out);
    return error;
}

static int simulation_run(struct simulation *simulation, void (*progress)(void *, uint64_t, double),
                          void *context)
{
    const struct lab_options *options = simulation->options;
    struct world *world = &simulation->world;
    double machines = world->enterprise.host_count;
    simulation->given_weight = ROWS_GIVEN * machines;
    simulation->noise_weight = ROWS_NOISE * machines;
    for (world->day = 0; world->day < options->days; world->day++) {
        world->day_start = options->start + world->day * TIME_DAY;
        world->noise = 0;
        world->density = density_for(simulation);
        day_live(simulation);
        int error = day_write(simulation);
        if (error)
            return error;
        if (progress)
            progress(context, simulation->counts.rows, (world->day + 1.0) / options->days);
    }
    return truth_save(simulation);
}

int lab_simulate_run(const struct lab_options *options, struct lab_result *ret_result,
                     void (*progress)(void *context, uint64_t events, double part), void *context)
{
    struct simulation simulation = {.options = options,
                                    .attack_day = attack_day_of(options),
                                    .truth = {.start = TIME_NONE, .theft = TIME_NONE}};
    if (options->days < 1 || options->days > LAB_DAYS_MAX || options->start % TIME_DAY != 0 ||
        options->attack_day < LAB_ATTACK_NONE || options->attack_day > (int)options->days)
        return -EINVAL;
    int error = world_create(&simulation.world, options->seed, options->pcs, options->servers,
                             options->days);
    if (error)
        return error;
    if (mkdir(options->folder, 0777) != 0 && errno != EEXIST) {
        error = -errno;
        world_finish(&simulation.world);
        return error;
    }
    simulation.shifts = calloc(simulation.world.enterprise.host_count, sizeof(struct shift));
    error = simulation.shifts ? simulation_run(&simulation, progress, context) : -ENOMEM;
    if (!error)
        *ret_result = (struct lab_result){.events = simulation.counts.rows,
                                          .processes = simulation.counts.processes,
                                          .bytes = simulation.counts.bytes,
                                          .attack_day = simulation.truth.start == TIME_NONE
                                                            ? LAB_ATTACK_NONE
                                                            : (int)simulation.attack_day + 1,
                                          .attack_start = simulation.truth.start,
                                          .attack_theft = simulation.truth.theft};
    truth_finish(&simulation.truth);
    free(simulation.shifts);
    world_finish(&simulation.world);
    return error;
}
